"""The log over HTTP: what an auditor or a subscriber gets is enough to check it, and is for them only."""

import asyncio
import hashlib
import json
import signal
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from shared.contracts.codes import RECORD_READERS, Role
from shared.log.keys import load_verifier, origin
from shared.log.note import Checkpoint, open_checkpoint
from shared.log.proofs import verify_consistency, verify_inclusion
from shared.web.record import Sizes
from tests.web.toy import LOG, Running, running, scene

PATIENCE_SECONDS = 60


async def write(toy: Running, files: int, first: int = 0) -> int:
    """Open so many files, of two events each; gives the log's size."""
    for number in range(first, first + files):
        answer = await toy.open_file(f"k-{number}")
    return int(answer["positions"][-1]) + 1


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def root_of_leaves(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162 §2.1.1 writes it: what an auditor computes alone."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of_leaves(leaves[:split]) + root_of_leaves(leaves[split:])).digest()


async def all_bytes(toy: Running) -> list[bytes]:
    page = (await toy.get("/record/events?limit=1000")).json()
    return [b64decode(event["bytes"]) for event in page["events"]]


def test_pages_give_every_event_once_in_order_in_the_bytes_that_were_hashed(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        size = await write(toy, 4)
        seen, after = [], -1
        while True:
            page = (await toy.get(f"/record/events?log={LOG}&after={after}&limit=3")).json()
            assert page["log"] == LOG
            assert len(page["events"]) <= 3
            seen += page["events"]
            if page["next"] is None:
                break
            assert page["next"] == page["events"][-1]["position"]
            after = page["next"]
        assert [event["position"] for event in seen] == list(range(size))
        stored = toy.node.storage.log.read(LOG, -1, 1000)
        assert [b64decode(event["bytes"]) for event in seen] == [one.bytes for one in stored]
        beyond = (await toy.get(f"/record/events?after={size - 1}")).json()
        assert beyond == {"log": LOG, "events": [], "next": None}

    scene(play, tmp_path)


def test_nothing_personal_is_in_what_is_read(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await write(toy, 1)
        whole = b"".join(await all_bytes(toy)).decode()
        assert "某街道" in whole
        assert "sealed:" in whole
        assert "测试甲" not in whole
        assert "漏水" not in whole

    scene(play, tmp_path)


def test_the_checkpoint_is_made_when_first_asked_for_and_signed(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        none = await toy.get("/record/checkpoint")
        assert (none.status_code, none.json()["code"]) == (404, "not_found")
        size = await write(toy, 3)
        answer = await toy.get(f"/record/checkpoint?log={LOG}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        verifier = load_verifier(tmp_path, LOG)
        checkpoint = open_checkpoint(answer.text, verifier)
        leaves = [leaf_hash(one) for one in await all_bytes(toy)]
        assert checkpoint == Checkpoint(origin(LOG), size, root_of_leaves(leaves))
        assert (await toy.get("/record/checkpoint")).text == answer.text

    scene(play, tmp_path)


def test_proofs_verify_from_the_answers_alone(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        size = await write(toy, 5)
        leaves = [leaf_hash(one) for one in await all_bytes(toy)]
        root = root_of_leaves(leaves)
        for position in range(size):
            answer = await toy.get(f"/record/proof/inclusion?log={LOG}&position={position}&size={size}")
            proof = [b64decode(hash_) for hash_ in answer.json()["hashes"]]
            assert verify_inclusion(leaves[position], position, size, proof, root)
            assert not verify_inclusion(leaves[position - 1], position, size, proof, root)
        for first in range(size + 1):
            answer = await toy.get(f"/record/proof/consistency?log={LOG}&from={first}&to={size}")
            proof = [b64decode(hash_) for hash_ in answer.json()["hashes"]]
            assert verify_consistency(first, size, proof, root_of_leaves(leaves[:first]), root)

    scene(play, tmp_path)


@pytest.mark.parametrize(
    ("path", "field", "code", "status"),
    [
        ("events?after=-2", "after", "malformed", 400), ("events?after=x", "after", "malformed", 400),
        ("events?after=１", "after", "malformed", 400), ("events?limit=1e3", "limit", "malformed", 400),
        ("events?limit=", "limit", "malformed", 400), ("events?after=9999999999999999999", "after", "malformed", 400),
        ("stream?after=x", "after", "malformed", 400),
        ("events?before=3", "before", "bad_parameter", 400), ("checkpoint?size=1", "size", "bad_parameter", 400),
        ("proof/inclusion?size=4", "position", "missing_parameter", 400),
        ("proof/inclusion?position=1", "size", "missing_parameter", 400),
        ("proof/consistency?to=2", "from", "missing_parameter", 400),
        ("proof/inclusion?position=4&size=4", "position", "beyond_the_end", 422),
        ("proof/inclusion?position=0&size=5", "size", "beyond_the_end", 422),
        ("proof/consistency?from=0&to=5", "to", "beyond_the_end", 422),
        ("proof/consistency?from=3&to=2", "from", "out_of_range", 422),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(path: str, field: str, code: str, status: int, tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await write(toy, 2)
        answer = await toy.get(f"/record/{path}")
        body = answer.json()
        assert (answer.status_code, body["code"], body["field"]) == (status, code, field)
        assert answer.headers["content-type"] == "application/problem+json"

    scene(play, tmp_path)


PATHS = ("events", "stream", "checkpoint", "proof/inclusion?position=0&size=1", "proof/consistency?from=0&to=1")


def test_only_those_who_may_read_the_record_do(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await write(toy, 1)
        for path in PATHS:
            nobody = await toy.client.get(f"/record/{path}")
            assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
            for role in set(Role) - RECORD_READERS - {Role.SERVICE}:  # a service shows no token
                answer = await toy.get(f"/record/{path}", role)
                assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")
        for role in RECORD_READERS:
            assert (await toy.get("/record/events", role)).status_code == 200

    scene(play, tmp_path)


def test_another_jurisdiction_is_refused_whether_it_exists_or_not(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await write(toy, 1)
        stranger = toy.token(Role.AUDITOR, "410105011")
        for path in ("events", "stream", "checkpoint"):
            answer = await toy.client.get(f"/record/{path}?log={LOG}", headers=stranger)
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong_jurisdiction")
        assert (await toy.client.get("/record/events", headers=stranger)).json()["events"] == []

    scene(play, tmp_path)


def test_the_log_of_readings_is_never_given_out(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        hidden = f"{LOG}.access"
        answer = await toy.client.get("/record/events", headers=toy.token(Role.AUDITOR, hidden))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    scene(play, tmp_path)


# the stream, over a real server ---------------------------------------------------------------------------------


@asynccontextmanager
async def served(toy: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the toy on a real uvicorn."""
    server = uvicorn.Server(uvicorn.Config(toy.app, port=0, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client:
            yield client
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


Message = tuple[str, dict[str, Any]]


async def messages(response: httpx.Response) -> AsyncIterator[Message]:
    """(id, data) of each server-sent event."""
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield fields["id"], json.loads(fields["data"])
            fields = {}


async def take(stream: AsyncIterator[Message], count: int) -> list[Message]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(stream) for _ in range(count)]


def test_the_stream_gives_what_is_there_then_what_comes_and_resumes_after_the_last_id(tmp_path: Path) -> None:
    async def play() -> None:
        async with running(tmp_path) as toy, served(toy) as client:
            await write(toy, 2)
            async with client.stream("GET", f"/record/stream?log={LOG}", headers=toy.token()) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                assert response.headers["cache-control"] == "no-store"
                stream = messages(response)
                first = await take(stream, 4)
                await write(toy, 1, first=2)
                later = await take(stream, 2)
            assert [id for id, _ in first + later] == [f"{LOG}/{position}" for position in range(6)]
            await write(toy, 1, first=3)
            resumed = {**toy.token(Role.SUBSCRIBER), "last-event-id": first[2][0]}
            async with client.stream("GET", "/record/stream?after=0", headers=resumed) as response:
                assert [id for id, _ in await take(messages(response), 5)] == [f"{LOG}/{n}" for n in range(3, 8)]

    asyncio.run(play())


def test_a_stream_ends_when_its_token_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.record.PROOF_SECONDS", 0.05)

    async def play() -> None:
        async with running(tmp_path) as toy, served(toy) as client:
            await write(toy, 1)
            machines = toy.node.storage.machines
            token = machines.open("reader", Role.SUBSCRIBER, LOG, ["record"], timedelta(days=1))
            headers = {"authorization": f"Bearer {token}"}
            async with client.stream("GET", "/record/stream", headers=headers) as response:
                stream = messages(response)
                await take(stream, 2)
                machines.end("reader")
                async with asyncio.timeout(PATIENCE_SECONDS):
                    assert [id async for id, _ in stream] == []

    asyncio.run(play())


def test_however_many_readers_wait_there_is_one_look_at_the_log() -> None:
    looks: list[int] = []

    def look() -> dict[str, int]:
        looks.append(1)
        if len(looks) == 3:
            raise OSError("the log's disk is away")
        return {LOG: len(looks)}

    async def play() -> None:
        sizes = Sizes(look)
        waiting = [asyncio.create_task(sizes.next()) for _ in range(50)]
        await asyncio.sleep(0)
        waiting.pop().cancel()  # one leaves, and disturbs nobody
        assert await asyncio.gather(*waiting) == [{LOG: 1}] * 49
        assert await sizes.next() == {LOG: 2}, "who asks later is told by a later look"
        failed = await asyncio.gather(sizes.next(), sizes.next(), return_exceptions=True)
        assert [type(one) for one in failed] == [OSError, OSError]
        assert await sizes.next() == {LOG: 4}, "and it goes on when that is over"

    asyncio.run(play())


def test_many_readers_of_one_log_get_what_comes(tmp_path: Path) -> None:
    async def play() -> None:
        async with running(tmp_path) as toy, served(toy) as client, AsyncExitStack() as connections:
            await write(toy, 1)
            streams = []
            for _ in range(20):
                response = client.stream("GET", "/record/stream", headers=toy.token())
                streams.append(messages(await connections.enter_async_context(response)))
            for number in range(3):
                for stream in streams:
                    assert [id for id, _ in await take(stream, 2)] == [f"{LOG}/{2 * number}", f"{LOG}/{2 * number + 1}"]
                await write(toy, 1, first=number + 1)

    asyncio.run(play())


def test_each_message_is_the_cloud_event_of_the_stored_event(tmp_path: Path) -> None:
    async def play() -> None:
        async with running(tmp_path) as toy, served(toy) as client:
            await write(toy, 1)
            async with client.stream("GET", "/record/stream", headers=toy.token()) as response:
                _, message = (await take(messages(response), 1))[0]
            stored = toy.node.storage.log.read(LOG, -1, 1)[0]
            said = msgspec.json.decode(stored.bytes)
            assert message["id"] == f"{LOG}/0"
            assert message["source"] == f"/logs/{LOG}"
            assert (message["type"], message["subject"]) == (stored.type, stored.stream)
            assert message["data"] == said["data"]
            assert message["time"] == said["recorded_at"]
            schema = await client.get(message["dataschema"])
            assert schema.json()["title"] == "CaseReported"

    asyncio.run(play())


@pytest.mark.parametrize("last", ["410105011/0", "x", f"{LOG}/-1", f"{LOG}/", f"{LOG}/1e3", "/0"])
def test_a_last_event_id_of_something_else_is_refused(last: str, tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await write(toy, 1)
        answer = await toy.get("/record/stream", headers={"last-event-id": last})
        body = answer.json()
        assert (answer.status_code, body["code"], body["field"]) == (400, "bad_header", "Last-Event-ID")

    scene(play, tmp_path)


def test_a_server_stops_while_somebody_listens_and_ends_the_stream_properly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), running(tmp_path) as toy:
            await write(toy, 1)
            async with served(toy) as client:
                response = await client.send(
                    client.build_request("GET", "/record/stream", headers=toy.token()), stream=True
                )
                lines = response.aiter_lines()
                assert (await anext(lines)).startswith("id: ")
                signal.raise_signal(signal.SIGTERM)
                assert [line async for line in lines][-1] == ""  # it ends; a broken one would raise

    # uvicorn hands the signal on when it has stopped: to this, not to the end of the tests.
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        asyncio.run(play())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
