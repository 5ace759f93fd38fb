"""The record shows its checkpoints to witnesses, over HTTP and on both databases: what it keeps, and when it alarms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from sqlalchemy import Engine, delete, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.audit.witness import app as witness_web
from shared.audit.witness.app import numbers, witness_app
from shared.audit.witness.submission import MOST_BYTES
from shared.audit.witness.submitting import REFUSALS, Submitter
from shared.audit.witness.witness import Witness
from shared.log import keys
from shared.log.cosignatures import WitnessState, note_of, states, witnessed
from shared.log.cosigning import Cosigner, WitnessAt, cosignatures, witnesses_in
from shared.log.key_rotation import change_key
from shared.log.note import NoteRefused, open_checkpoint
from shared.log.sealer import latest, seal
from shared.log.tables import events, heads
from shared.log.tree_tables import checkpoints, tiles, witness_states
from shared.log.tree_tables import cosignatures as kept
from tests.audit.telling import AT, ORIGIN, Story, witness
from tests.audit.test_verify import unguard
from tests.log.invented import BEGAN, LOG, append, append_rows, envelope, row
from tests.system.test_backup import Installation
from tests.system.test_deployed_roles import urls as urls

NOW = BEGAN + timedelta(days=1)
OTHER = "410105011"


def answering(*answers: tuple[int, str]) -> Starlette:
    """Something that is at a witness's address, and says this and that in turn."""
    said = cycle(answers)

    async def handler(request: Request) -> Response:
        status, body = next(said)
        return PlainTextResponse(body, status)

    return Starlette(routes=[Route("/add-checkpoint", handler, methods=["POST"])])


@dataclass
class Record:
    """A log, its keys, and what is at the address of its witness."""

    engine: Engine
    data: Path
    at: Starlette | None = None
    """None: nothing answers."""
    asked: list[bytes] = field(default_factory=list)
    logs: tuple[str, ...] = (LOG,)

    def grow(self, count: int = 10, log: str = LOG, word: str | None = None) -> int:
        """Append and seal; gives the size."""
        before = latest(self.engine, log)
        first = before.size if before else 0
        if word is None:
            append(self.engine, count, log)
        else:
            said = [envelope(log, n) | {"data": {"note": word}} for n in range(first, first + count)]
            append_rows(self.engine, log, [row(first + n, one) for n, one in enumerate(said)])
        with keys.signing(self.data, log) as (signer, since):
            seal(self.engine, log, signer, NOW, since=since)
        return first + count

    def cut(self, size: int) -> None:
        """As an older backup would have it: fewer events, fewer checkpoints, no memory of what was witnessed later."""
        with self.engine.begin() as connection:
            unguard(connection)
            connection.execute(delete(events).where(events.c.position >= size))
            connection.execute(update(heads).values(size=size))
            for table in (checkpoints, kept):
                connection.execute(delete(table).where(table.c.size > size))
            connection.execute(delete(tiles))
        grown = Story()
        with self.engine.begin() as connection:
            leaves = connection.execute(events.select().order_by(events.c.position)).all()
            made = grown.frontier.extend(b"".join(bytes(one.leaf) for one in leaves))
            rows = [{"log": LOG, "level": level, "index": index, "hashes": hashes}
                    for (level, index), hashes in made.items()]  # fmt: skip
            connection.execute(tiles.insert(), rows)

    async def _transport(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(await request.aread())
        if self.at is None:
            raise httpx2.ConnectError("nobody is there")
        return await httpx2.ASGITransport(app=self.at).handle_async_request(request)

    @asynccontextmanager
    async def submitter(self, *witnesses: Witness) -> AsyncIterator[Submitter]:
        at = [WitnessAt("http://witness", one.key) for one in witnesses]
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(self._transport)) as client:
            yield Submitter(
                self.engine, at, lambda: self.logs,
                lambda log: [one.size for one in keys.load_chain(self.data, log).rotations], lambda: NOW, client,
            )  # fmt: skip

    def turn(self, seen: Witness) -> bool:
        """Show the witness what is new."""

        async def play() -> bool:
            async with self.submitter(seen) as submitter:
                return await submitter.turn(submitter.witnesses[0])

        return asyncio.run(play())

    def state(self, log: str = LOG) -> WitnessState:
        (found,) = states(self.engine, log)
        return found

    def refusal(self, seen: Witness) -> str | None:
        """After a turn."""
        assert not self.turn(seen)
        code = self.state().refusal
        assert code in REFUSALS
        return code

    def note(self) -> str:
        signed = latest(self.engine, LOG)
        assert signed is not None
        return note_of(self.engine, signed)

    def told(self, directory: Path, name: str | None = None) -> Witness:
        """A witness that was told of the log's keys, at the address."""
        made = Witness(directory, lambda: AT, name)
        for log in self.logs:
            keys.load_or_create(self.data, log)
            chain = keys.load_chain(self.data, log)
            made.trust([chain.current], chain.rotations)
        self.at = witness_app(made)
        return made


@pytest.fixture
def record(database: Engine, tmp_path: Path) -> Record:
    made = Record(database, tmp_path / "data")
    made.grow()
    return made


# well -----------------------------------------------------------------------------------------------------------------


def test_what_is_sealed_is_cosigned_kept_and_published(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w", "court.example/w1")
    alone = record.note()
    assert record.turn(seen)
    assert record.note().startswith(alone)
    (given,) = cosignatures(record.note(), [seen.key])
    assert given.at == AT
    assert open_checkpoint(record.note(), keys.load_verifier(record.data, LOG)).size == 10
    asked = len(record.asked)
    assert record.turn(seen)
    assert len(record.asked) == asked, "nothing is new: nothing is asked"
    size = record.grow(7)
    assert record.turn(seen)
    assert len(record.asked) == asked + 1, "it remembers what the witness holds"
    assert record.asked[-1].startswith(b"old 10\n")
    assert [(one.size, one.witness, one.holds) for one in witnessed(record.engine, LOG)] == [
        (size, "court.example/w1", True), (10, "court.example/w1", True)
    ]  # fmt: skip
    assert (record.state().held, record.state().cosigned, record.state().refusal) == (size, size, None)
    (latest_one,) = witnessed(record.engine, LOG, most=1)
    assert latest_one.at.timestamp() == AT


def test_many_logs_and_many_witnesses(record: Record, tmp_path: Path) -> None:
    record.logs = (LOG, OTHER)
    record.grow(3, log=OTHER)
    for n in range(3):
        seen = record.told(tmp_path / str(n), f"w{n}")
        assert record.turn(seen)
        seen.close()
    for log, size in ((LOG, 10), (OTHER, 3)):
        found = witnessed(record.engine, log)
        assert [(one.size, one.witness, one.holds) for one in found] == [(size, f"w{n}", True) for n in range(3)]
    assert record.note().count("\n— ") == 4


def test_a_witness_that_was_away_is_shown_the_newest_and_no_more(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    there, record.at = record.at, None
    assert not record.turn(seen)
    assert states(record.engine, LOG) == [], "to be away is no refusal"
    for _ in range(3):
        record.grow()
    record.at = there
    assert record.turn(seen)
    assert [one.size for one in witnessed(record.engine, LOG)] == [40]
    record.at = answering((503, "later"))
    record.grow()
    assert not record.turn(seen)
    assert record.state().refusal is None
    record.at = there
    assert record.turn(seen)


def test_a_witness_that_holds_more_than_was_heard_of_is_met_where_it_is(record: Record, tmp_path: Path) -> None:
    """Its answer was lost, or the record has forgotten what it heard."""
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    with record.engine.begin() as connection:
        for table in (kept, witness_states):
            connection.execute(delete(table))
    assert record.turn(seen), "it is cosigned again"
    record.grow()
    assert record.turn(seen)
    assert [one.size for one in witnessed(record.engine, LOG)] == [20, 10]


def test_a_cosignature_that_was_altered_in_the_database_is_told(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    with record.engine.begin() as connection:
        forged = Cosigner.generate(seen.key.name).line("something else\n", AT)
        connection.execute(update(kept).values(line=forged))
    assert [one.holds for one in witnessed(record.engine, LOG)] == [False]


# keys -----------------------------------------------------------------------------------------------------------------


def test_a_changed_key_is_refused_until_the_witness_is_told_and_then_nothing_is_missing(
    record: Record, tmp_path: Path
) -> None:
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    for _ in range(2):
        record.grow(4)
        change_key(record.engine, record.data, LOG, NOW)
    record.grow(4)
    assert record.refusal(seen) == "forbidden"
    assert record.state().cosigned == 14, "what the old key signed is cosigned meanwhile"
    chain = keys.load_chain(record.data, LOG)
    seen.trust([chain.current], chain.rotations)
    assert record.turn(seen)
    assert [one.size for one in witnessed(record.engine, LOG)] == [22, 18, 14, 10]
    assert record.state().refusal is None
    held = seen.standings()[ORIGIN].held
    assert held is not None
    assert chain.open(held.note).size == 22


def test_a_new_witness_of_a_log_whose_key_was_changed(record: Record, tmp_path: Path) -> None:
    change_key(record.engine, record.data, LOG, NOW)
    record.grow(5)
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    assert [one.size for one in witnessed(record.engine, LOG)] == [15, 10]


# alarms ---------------------------------------------------------------------------------------------------------------


def test_a_restored_older_backup_that_goes_on_otherwise_is_caught(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    record.grow()  # 20
    record.grow(3)  # 23
    assert record.turn(seen)
    truly = record.note()
    record.cut(20)
    record.grow(1, word="otherwise")
    assert record.refusal(seen) == "ahead", "the witness holds more than there is"
    record.grow(9, word="otherwise")  # 30
    assert record.refusal(seen) == "inconsistent"
    standing = seen.standings()[ORIGIN]
    assert standing.fork is not None
    assert (standing.fork.held, standing.fork.shown) == (truly, record.note())
    assert record.refusal(seen) == "forbidden", "for ever"
    assert standing.held is not None
    assert standing.held.size == 23


def test_a_restored_backup_that_goes_on_as_it_did_is_none(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    record.grow()
    assert record.turn(seen)
    record.cut(10)
    record.grow(4)
    assert record.refusal(seen) == "ahead"
    record.grow(10)  # what was lost is there again, to the byte
    assert record.turn(seen)
    assert record.state().refusal is None


def test_another_story_of_the_same_size(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    record.grow()
    assert record.turn(seen)
    record.cut(10)
    record.grow(10, word="otherwise")
    assert record.refusal(seen) == "forked"
    assert record.refusal(seen) == "forbidden"


def test_a_witness_that_does_not_know_the_log(record: Record, tmp_path: Path) -> None:
    seen = witness(tmp_path / "w", Story())
    record.at = witness_app(witness(tmp_path / "other"))
    assert record.refusal(seen) == "unknown_log"


def test_a_witness_whose_key_is_another_is_not_believed(record: Record, tmp_path: Path) -> None:
    expected = record.told(tmp_path / "w", "w")
    there = record.at
    record.told(tmp_path / "another", "w")  # at the same address, of the same name
    assert record.refusal(expected) == "bad_cosignature"
    assert witnessed(record.engine, LOG) == []
    record.at = there
    assert record.turn(expected)
    record.told(tmp_path / "third", "w")
    record.grow()
    assert record.refusal(expected) == "forgetful", "it holds nothing of what the expected one has cosigned"
    assert [one.size for one in witnessed(record.engine, LOG)] == [10]
    assert record.note().count("\n— ") == 1


def test_a_witness_that_has_lost_its_memory_is_told_from_one_that_is_behind(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    record.grow()
    record.at = answering((409, "3\n"))
    assert record.refusal(seen) == "forgetful"


ANSWERS = {
    (200, ""): "bad_cosignature", (200, "— w AAAA\n"): "bad_cosignature", (200, "<html>"): "bad_cosignature",
    (200, "x" * (MOST_BYTES + 9)): "odd_answer", (204, ""): "odd_answer", (302, ""): "odd_answer",
    (400, "no\n"): "odd_answer", (403, "no\n"): "forbidden", (404, "no\n"): "unknown_log",
    (409, "many\n"): "odd_answer", (409, ""): "odd_answer", (409, "0\n"): "forked", (409, "11\n"): "ahead",
    (422, "no\n"): "inconsistent",
}  # fmt: skip


def test_whatever_answers_nothing_is_kept_but_a_cosignature(record: Record, tmp_path: Path) -> None:
    seen, alone = witness(tmp_path / "w"), record.note()
    for answer, code in ANSWERS.items():
        with record.engine.begin() as connection:
            connection.execute(delete(witness_states))
        record.at = answering(answer)
        assert record.refusal(seen) == code, answer
        assert record.note() == alone


def test_an_older_cosignature_in_answer_is_none_of_this_checkpoint(record: Record, tmp_path: Path) -> None:
    seen = record.told(tmp_path / "w")
    assert record.turn(seen)
    (older,) = cosignatures(record.note(), [seen.key])
    record.grow()
    record.at = answering((200, older.line))
    assert record.refusal(seen) == "bad_cosignature"


def test_an_answer_that_names_another_size_each_time_does_not_hold_it_up(record: Record, tmp_path: Path) -> None:
    seen = witness(tmp_path / "w")
    record.at = answering(*((409, f"{size}\n") for size in range(1, 10)))
    record.turn(seen)
    assert len(record.asked) <= 8


def test_an_alarm_is_told_once_and_ends_when_it_is_over(
    record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = witness(tmp_path / "w")
    record.at = answering((403, "no\n"))
    for _ in range(3):
        assert record.refusal(seen) == "forbidden"
    assert capsys.readouterr().out.count("ALARM") == 1
    seen.trust([keys.load_verifier(record.data, LOG)], [])
    record.at = witness_app(seen)
    assert record.turn(seen)
    assert record.state().refusal is None


def test_the_processes_login_keeps_cosignatures_and_changes_none(urls: dict[str, str], tmp_path: Path) -> None:
    """On a PostgreSQL whose tables belong to somebody else (decision 26)."""
    owner, process = (Installation(tmp_path / who, urls[who]) for who in ("sanguan_owner", "sanguan_process"))
    assert owner.sanguan("migrate").code == 0
    process.filled()
    with process.opened() as storage:
        record = Record(storage.log_engine, process.data)
        seen = record.told(tmp_path / "w")
        assert record.turn(seen)
        assert [one.holds for one in witnessed(storage.log_engine, LOG)] == [True]
    with psycopg.connect(urls["sanguan_process"], autocommit=True) as login:
        for statement in (b"UPDATE cosignatures SET line = ''", b"DELETE FROM cosignatures"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(statement)


# settings -------------------------------------------------------------------------------------------------------------


def test_a_list_of_witnesses_is_read_and_a_broken_one_refused() -> None:
    first, second = (Cosigner.generate(name).witness for name in ("w/1", "w/2"))
    for text in (f"https://a/x/ {first}, http://b:1 {second}", f"https://a/x {first}\n\n  http://b:1   {second}\n"):
        assert witnesses_in(text) == [WitnessAt("https://a/x", first), WitnessAt("http://b:1", second)]
    assert witnesses_in("") == []
    log_key = Story().signer.verifier
    for text in (
        str(first), f"ftp://a {first}", f"http:// {first}", f"http://a {log_key}", f"http://a {first} x", "http://a",
        f"http://a {first}, http://b {first}", f"http://a?x=1 {first}",
    ):  # fmt: skip
        with pytest.raises(NoteRefused):
            witnesses_in(text)


# the witness over HTTP ------------------------------------------------------------------------------------------------


async def _asked(seen: Witness, method: str, path: str, body: bytes = b"") -> httpx2.Response:
    transport = httpx2.ASGITransport(app=witness_app(seen))
    async with httpx2.AsyncClient(transport=transport, base_url="http://witness") as client:
        return await client.request(method, path, content=body)


def asked(seen: Witness, method: str, path: str, body: bytes = b"") -> httpx2.Response:
    return asyncio.run(_asked(seen, method, path, body))


def test_what_a_witness_tells_over_http(tmp_path: Path) -> None:
    story = Story().grow(60)
    seen, held = witness(tmp_path / "w", story), f"/checkpoint?origin={ORIGIN}"
    assert asked(seen, "GET", "/").text == f"{seen.key}\n\n{story.signer.verifier}\n"
    assert asked(seen, "GET", held).status_code == 404
    answer = asked(seen, "POST", "/add-checkpoint", story.shown(0, 50))
    assert answer.status_code == 200
    assert asked(seen, "GET", held).text == story.note(50) + answer.text
    conflict = asked(seen, "POST", "/add-checkpoint", story.shown(0, 60))
    assert (conflict.status_code, conflict.text, conflict.headers["content-type"]) == (409, "50\n", "text/x.tlog.size")
    assert asked(seen, "GET", "/add-checkpoint").status_code == 405
    assert asked(seen, "GET", f"/fork?origin={ORIGIN}").status_code == 404
    assert (asked(seen, "GET", "/-/health/ready").status_code, asked(seen, "GET", "/-/health/live").status_code) == (
        200, 200
    )  # fmt: skip
    seen._memory._database.execute("PRAGMA query_only = ON")  # as on a full disk
    full = asked(seen, "GET", "/-/health/ready")
    assert (full.status_code, full.json()) == (503, {"status": "cannot_remember"})
    seen._memory._database.execute("PRAGMA query_only = OFF")
    lie = story.another(20).grow(60, "lie")
    assert asked(seen, "POST", "/add-checkpoint", lie.shown(50, 50)).status_code == 409
    assert asked(seen, "GET", f"/fork?origin={ORIGIN}").text == f"{story.note(50)}{answer.text}\n{lie.note(50)}\n"
    alarm = asked(seen, "GET", "/-/health/ready")
    assert (alarm.status_code, alarm.json()) == (503, {"status": "fork", "origins": [ORIGIN]})
    metrics = asked(seen, "GET", "/-/metrics").text
    for line in (
        f'sanguan_witness_forked{{origin="{ORIGIN}"}} 1.0', f'sanguan_witness_held_events{{origin="{ORIGIN}"}} 50.0',
        f'sanguan_witness_answers_total{{origin="{ORIGIN}",status="409"}} 2.0',
    ):  # fmt: skip
        assert line in metrics
    assert {metric.name for metric in numbers(seen)} >= {"sanguan_witness_doubted", "sanguan_witness_cosigned_seconds"}


@pytest.mark.parametrize("path", ["/checkpoint", "/checkpoint?origin=x", "/fork", "/nowhere", "/../witness.db"])
def test_what_is_not_there_is_404(tmp_path: Path, path: str) -> None:
    assert asked(witness(tmp_path / "w"), "GET", path).status_code == 404


def test_a_body_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    seen, sent = witness(tmp_path / "w"), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 4096

    async def play() -> int:
        messages = endless()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": await anext(messages), "more_body": True}

        said: list[Any] = []

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "method": "POST", "path": "/add-checkpoint", "headers": [], "query_string": b""}
        await witness_app(seen)(scope, receive, send)
        return int(said[0]["status"])

    assert asyncio.run(play()) == 413
    assert sent <= MOST_BYTES // 4096 + 2


def test_a_body_that_never_ends_to_arrive_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_web, "READ_SECONDS", 0.01)

    async def play() -> int:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

        async def send(message: Any) -> None:
            said.append(message)

        scope = {"type": "http", "method": "POST", "path": "/add-checkpoint", "headers": [], "query_string": b""}
        await witness_app(witness(tmp_path / "w"))(scope, receive, send)
        return int(said[0]["status"])

    assert asyncio.run(play()) == 408
