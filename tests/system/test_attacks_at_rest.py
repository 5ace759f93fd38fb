"""Attacks on what a running server rests on: its log, its ledgers, its memory, its clock. By their rows in the table of
attacks, which must all be held somewhere. All data are invented (synthetic)."""

import json
import re
import select
import socket
import sqlite3
import sys
import uuid
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.installation import SERVICES
from shared.contracts.access import READINGS
from shared.contracts.catalogue import EVENTS
from shared.contracts.event import Actor, Event, event
from shared.contracts.fields import Code
from shared.contracts.intake import CaseVoided
from shared.log.append import Appended, Proposal
from shared.log.codec import Codec, leaf_of
from shared.log.database import open_engine
from shared.log.keys import load_verifier
from shared.log.note import open_checkpoint
from shared.log.opening import open_log
from shared.log.proofs import verify_inclusion
from shared.web.gate import LARGEST_BODY
from shared.web.protocol import LARGEST_HEAD
from tests.system.cli import called
from tests.system.demo import Demo
from tests.system.server import LOG, Server, case, is_problem, wait_for

NEWER, POISONED, EDITED = "410105021", "410105022", "410105023"
"""A sub-district for each that is spoilt."""
MEGABYTE: Final = 2**20
FLAT_BYTES: Final = 24 * MEGABYTE
"""By how much the server may have grown while 300 MB were sent to it."""
ROWS: Final = range(1, 31)
EXCEPTED: Final = {27: "there are no webhooks yet: nothing of ours asks an address that somebody else names"}


def test_every_row_of_the_table_is_held() -> None:
    here = Path(__file__).parent
    said = "".join(path.read_text() for path in sorted(here.glob("test_attacks*.py")))
    held = {int(row) for row in re.findall(r"^def test_row_(\d\d)_", said, re.MULTILINE)}
    assert held == set(ROWS) - set(EXCEPTED)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with three small sub-districts, to be spoilt one by one."""
    with Server.on(tmp_path_factory.mktemp("spoilt") / "data") as server:
        for log in (NEWER, POISONED, EDITED):
            register(server, log, 1)
        yield server


def register(server: Server, log: str, number: int) -> int:
    """A community more; the position of its event."""
    data = {"code": f"{log}{number:03}", "name": f"虚构社区{number}", "grids": ["1网格"], "households": 1}
    position: int = server.done("assignment/register-community", data, role="office", log=log)["positions"][-1]
    return position


def report(server: Server, log: str) -> str:
    """The stream of a case that was just reported."""
    stream: str = server.done("intake/report-case", case(community=f"{log}001"), log=log)["stream"]
    return stream


@contextmanager
def administering(server: Server, name: str) -> Iterator[sqlite3.Connection]:
    """What the administrator of a database can do: anything."""
    connection = sqlite3.connect(server.data / name, timeout=20)
    with connection:
        yield connection
    connection.close()


def metric(server: Server, name: str, log: str) -> dict[str, float]:
    """A number of each ledger of a log."""
    text = server.get("/-/metrics", role=None).text
    (family,) = [family for family in text_string_to_metric_families(text) if family.name == f"sanguan_{name}"]
    return {one.labels["ledger"]: one.value for one in family.samples if one.labels["log"] == log}


def shown(server: Server, log: str, ledger: str, key: str, **query: Any) -> Any:
    """The row of a key as it is served, or the answer where there is none."""
    answer = server.request(
        "GET", f"/{ledger}", params={"log": log, "limit": 1000, **query}, headers=server.bearer("auditor", log)
    )
    if answer.status_code != 200:
        return answer
    return next(row for row in answer.json()["rows"] if row["key"] == key)


# 7: what a newer program wrote --------------------------------------------------------------------------------------


@event("sanguan.intake.case-mirrored.v1")
class CaseMirrored(Event):
    """Of a newer program only."""

    where: Code


def as_a_newer_program(server: Server, stream: str, version: int, *events: Event) -> int:
    """Append to the log's table with another program's catalogue; the first position."""
    engine = open_engine(f"sqlite:///{server.data / 'log.db'}")
    log = open_log(engine, Codec((*EVENTS, *READINGS, CaseMirrored)), lambda: datetime.now(UTC))
    proposal = Proposal(
        owner="intake", log=NEWER, stream=stream, expected=version, command_id=uuid.uuid4().hex,
        actor=Actor(id="clerk-1", role="clerk"), cause=None, occurred_at=datetime.now(UTC), facts_at=None,
        events=events, body_mac=b"x",
    )  # fmt: skip
    (outcome,) = log.append([proposal])
    engine.dispose()
    assert isinstance(outcome, Appended)
    return outcome.position


def test_row_07_an_event_of_a_newer_program_halts_what_follows_its_owner_and_nothing_is_skipped(
    spoilt: Server,
) -> None:
    follows = {
        f"{service.name}.{ledger.name}": any(kind.OWNER == "intake" for kind in ledger.handles)
        for service in SERVICES for ledger in service.ledgers
    }  # fmt: skip
    stream = report(spoilt, NEWER)
    id = stream.removeprefix("case/")
    before = spoilt.quiet(NEWER)
    halts = {ledger for ledger, concerned in follows.items() if concerned}
    assert halts
    assert halts != set(follows)

    void = CaseVoided(reason=f"sealed:1:{stream}#:0")
    assert as_a_newer_program(spoilt, stream, 1, CaseMirrored(where="elsewhere"), void) == before
    wait_for(lambda: spoilt.get("/-/health/ready", None).status_code == 503, "the halt to be seen")
    wait_for(lambda: sum(metric(spoilt, "ledger_halted", NEWER).values()) == len(halts), "all of them to have halted")
    missing = spoilt.get("/-/health/ready", None).json()["missing"]
    assert set(missing) == {f"ledger {ledger} of log {NEWER}: halted" for ledger in halts}
    assert {ledger for ledger, is_so in metric(spoilt, "ledger_halted", NEWER).items() if is_so} == halts
    assert {metric(spoilt, "ledger_position", NEWER)[ledger] for ledger in halts} == {before - 1}
    assert {metric(spoilt, "ledger_lag_events", NEWER)[ledger] for ledger in halts} == {2}

    position = register(spoilt, NEWER, 2)  # what the others follow goes on
    later = shown(spoilt, NEWER, "assignment/ledgers/communities", f"{NEWER}002", at_least=position)
    assert later["name"] == "虚构社区2"
    assert {metric(spoilt, "ledger_lag_events", NEWER)[ledger] for ledger in halts} == {3}
    row = shown(spoilt, NEWER, "intake/ledgers/cases", id)
    assert row["status"] == "reported", "what came behind it is not taken either"
    behind = shown(spoilt, NEWER, "intake/ledgers/cases", id, at_least=position)
    is_problem(behind, 503, "ledger_behind", "at_least")
    told = called("doctor", "--data", spoilt.data, "--json")
    assert told.code == 1
    found = {one["follower"]: one for one in told.json["troubles"] if one["log"] == NEWER}
    assert set(found) == halts
    assert {(one["kind"], one["where"]) for one in found.values()} == {("halted", str(before))}
    assert all(CaseMirrored.NAME in one["why"] for one in found.values())


# 8: what a fold cannot take -----------------------------------------------------------------------------------------


def test_row_08_a_key_whose_event_cannot_be_folded_is_parked_and_un_parking_it_is_recorded(spoilt: Server) -> None:
    """Parked at the first try, not after five: a fold is a function of row and event, and another try says the same."""
    broken, other = report(spoilt, POISONED), report(spoilt, POISONED)
    id, other_id = broken.removeprefix("case/"), other.removeprefix("case/")
    spoilt.quiet(POISONED)
    table = "ledger_intake_cases"
    with administering(spoilt, "ledgers.db") as ledgers:
        (kept,) = ledgers.execute(f"SELECT * FROM {table} WHERE key = ?", (id,)).fetchall()
        assert ledgers.execute(f"DELETE FROM {table} WHERE key = ?", (id,)).rowcount == 1

    for stream in (broken, other):
        answer = spoilt.done("intake/accept-case", {}, stream=stream, log=POISONED)
    wait_for(lambda: metric(spoilt, "ledger_parked_events", POISONED) == {"intake.cases": 1}, "the alarm")
    assert shown(spoilt, POISONED, "intake/ledgers/cases", other_id)["status"] == "accepted", "other keys go on"
    correction = {"reason": "虚构", "grid": "2网格"}
    position = spoilt.done("intake/correct-case", correction, stream=broken, log=POISONED)["positions"][-1]
    wait_for(lambda: metric(spoilt, "ledger_parked_events", POISONED) == {"intake.cases": 2}, "the next to queue")
    is_problem(
        shown(spoilt, POISONED, "intake/ledgers/cases", id, at_least=answer["positions"][-1]), 503, "ledger_behind",
        "at_least",
    )  # fmt: skip
    told = called("doctor", "--data", spoilt.data, "--json").json["troubles"]
    (found,) = [one for one in told if one["log"] == POISONED]
    assert (found["follower"], found["kind"], found["where"]) == ("intake.cases", "parked", id)

    unpark = ("unpark", "intake.cases", id, "--log", POISONED, "--data", spoilt.data, "--json")
    assert called(*unpark).code == 1, "nothing was mended"
    with administering(spoilt, "ledgers.db") as ledgers:
        ledgers.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(kept))})", kept)
    assert called(*unpark).code == 0
    called(*unpark).problem("nothing_parked")
    row = shown(spoilt, POISONED, "intake/ledgers/cases", id, at_least=position)
    assert (row["status"], row["grid"]) == ("accepted", "2网格"), "in order, and nothing left out"
    assert metric(spoilt, "ledger_parked_events", POISONED) == {}
    with administering(spoilt, "ledgers.db") as ledgers:
        said = ledgers.execute(
            "SELECT follower, key, what FROM interventions WHERE log = ? ORDER BY at", (POISONED,)
        ).fetchall()
    assert said == [("intake.cases", id, "tried again"), ("intake.cases", id, "un-parked")]
    assert called("audit", "replay", "--data", spoilt.data, "--log", POISONED, "--json").code == 0


# 14: more than anybody needs ----------------------------------------------------------------------------------------


@dataclass
class Flood:
    """A connection over which more is sent than is wanted."""

    server: Server
    sent: int = 0
    most: int = 0
    """The largest that the server's process was meanwhile."""

    def __post_init__(self) -> None:
        self._process = psutil.Process(self.server.process.pid)
        self.before = self.most = self._process.memory_info().rss

    def pour(self, head: bytes, piece: bytes, whole: int, *, on: bool = False) -> bytes:
        """Send a head and then a piece over and over, so many bytes in all; give what was answered. It ends with the
        answer, unless the rest is sent all the same (`on`)."""
        host, port = self.server.url.removeprefix("http://").split(":")
        answer, self.sent = b"", 0
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head)
            try:
                while self.sent < whole and (on or not answer):
                    connection.sendall(piece)
                    self.sent += len(piece)
                    while select.select([connection], [], [], 0)[0]:
                        if not (got := connection.recv(65_536)):
                            return answer
                        answer += got
                    self.most = max(self.most, self._process.memory_info().rss)
                while b"\r\n\r\n" not in answer or b"}" not in answer:
                    if not (got := connection.recv(65_536)):
                        break
                    answer += got
            except OSError:  # the server has hung up
                pass
        return answer

    def stays_flat(self) -> None:
        assert self.most - self.before < FLAT_BYTES


TAKES_A_BODY: Final = {
    "/intake/commands/report-case": ("clerk", LARGEST_BODY),
    "/intake/cases/none/personal": ("clerk", 8_192),
    "/intake/people/find": ("privacy", 4_096),
    "/intake/residents/session": (None, 1_024),
    "/sign-in": (None, 16 * 1_024),
    "/sign-in/factor": (None, 16 * 1_024),
}


def head(server: Server, path: str, role: str | None, *lines: str) -> bytes:
    proof = {} if role is None else server.bearer(role, EDITED)
    sent = {"host": "test", "content-type": "application/json", "idempotency-key": uuid.uuid4().hex, **proof}
    said = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), *lines, "", ""]
    return "\r\n".join(said).encode()


def told_too_large(answer: bytes, limit: int) -> None:
    status, _, body = answer.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 413"), status[:100]
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == ("too_large", 413)
    assert f"{limit}" in problem["detail_zh"]


@pytest.mark.parametrize("path", TAKES_A_BODY)
def test_row_14_a_body_that_says_that_it_is_too_large_is_not_waited_for(spoilt: Server, path: str) -> None:
    role, limit = TAKES_A_BODY[path]
    with spoilt.nothing_appended(EDITED):
        flood = Flood(spoilt)
        answer = flood.pour(head(spoilt, path, role, f"Content-Length: {300 * MEGABYTE}"), b"", 1)
    told_too_large(answer, limit)
    assert flood.sent == 0


@pytest.mark.parametrize("path", TAKES_A_BODY)
def test_row_14_a_body_without_an_end_is_refused_at_the_limit(spoilt: Server, path: str) -> None:
    role, limit = TAKES_A_BODY[path]
    chunk = b"%x\r\n%b\r\n" % (65_536, b"\t" * 65_536)
    with spoilt.nothing_appended(EDITED):
        flood = Flood(spoilt)
        answer = flood.pour(head(spoilt, path, role, "Transfer-Encoding: chunked"), chunk, 300 * MEGABYTE)
    told_too_large(answer, limit)
    assert limit < flood.sent < 100 * MEGABYTE
    flood.stays_flat()


def test_row_14_300_megabytes_leave_the_memory_flat(spoilt: Server) -> None:
    """Who sends it all, though they were told."""
    piece = b'{"log": "' + b"x" * (MEGABYTE - 9)
    path = "/intake/commands/report-case"
    with spoilt.nothing_appended(EDITED):
        flood = Flood(spoilt)
        said = head(spoilt, path, "clerk", f"Content-Length: {300 * MEGABYTE}")
        told_too_large(flood.pour(said, piece, 300 * MEGABYTE, on=True), LARGEST_BODY)
    assert flood.sent == 300 * MEGABYTE
    flood.stays_flat()


@pytest.mark.parametrize(
    "begin", [b"GET /", b"GET /-/health/live HTTP/1.1\r\nCookie: sanguan_session=", b"GET / HTTP/1.1"]
)
def test_row_14_a_head_without_an_end_is_refused_too(spoilt: Server, begin: bytes) -> None:
    """Nobody has been asked who they are yet."""
    piece = b"\r\nx: y" * 1_024 if begin.endswith(b"1.1") else b"x" * 8_192
    flood = Flood(spoilt)
    answer = flood.pour(begin, piece, 300 * MEGABYTE)
    assert not answer or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert LARGEST_HEAD - len(piece) < flood.sent < 100 * MEGABYTE
    flood.stays_flat()
    assert spoilt.get("/-/health/live", role=None).status_code == 200


def test_row_14_a_large_head_in_one_piece_is_refused_and_one_of_common_size_is_not(spoilt: Server) -> None:
    for size, status in ((8_192, 200), (LARGEST_HEAD - 1_024, 200), (LARGEST_HEAD, 431)):
        answer = spoilt.request("GET", "/-/health/live", headers={"cookie": f"a={'x' * size}"})
        assert answer.status_code == status
    good = spoilt.request("POST", "/sign-in", content=b"token=" + b"x" * 16_000, headers={"x": "y" * 60_000})
    assert good.status_code == 401, "a body that came with its head is no part of it"


# 28: another clock --------------------------------------------------------------------------------------------------


def test_row_28_a_clock_set_back_ten_years_changes_no_order(demo: Demo, tmp_path: Path) -> None:
    data = demo.copy(tmp_path / "data")
    with Server.on(data, prefix=(sys.executable, "-m", "tests.system.another_clock", "10")) as server:
        before = server.quiet()
        stream = server.report()["stream"]
        server.done("intake/accept-case", {}, stream=stream)
        future = server.send("intake/report-case", case(), at=datetime.now(UTC).isoformat())
        is_problem(future, 422, "in_the_future", "occurred_at")  # of that clock
        size = server.quiet()
        row = shown(server, LOG, "intake/ledgers/cases", stream.removeprefix("case/"))
        assert row["status"] == "accepted"
        assert server.ready()
    connection = sqlite3.connect(data / "log.db")
    rows = connection.execute(
        "SELECT position, stream, version, recorded_at, bytes FROM events WHERE log = ? ORDER BY position",
        (LOG,),
    ).fetchall()
    connection.close()
    assert size >= before + 2
    assert [row[0] for row in rows] == list(range(len(rows))), "whatever else it came to say before it stopped"
    assert len(rows) >= size
    assert [row[3] for row in rows] == sorted(row[3] for row in rows), "no time goes back"
    assert rows[size - 1][3] == rows[before - 1][3], "it stands still until the clock has caught up"
    told = [json.loads(row[4])["recorded_at"] for row in rows]
    assert told == sorted(told)
    versions: dict[str, int] = {}
    for _, of, version, _, _ in rows:
        assert version == versions.get(of, 0) + 1
        versions[of] = version
    for what in ("verify", "replay"):
        assert called("audit", what, "--data", data, "--json").code == 0


# 29: one byte -------------------------------------------------------------------------------------------------------


def test_row_29_one_byte_that_an_administrator_changed_is_named_by_its_position(spoilt: Server) -> None:
    for _ in range(3):
        report(spoilt, EDITED)
    size, position = spoilt.quiet(EDITED), 2
    bearer = spoilt.bearer("auditor", EDITED)

    def checkpoint() -> Any:
        note = spoilt.request("GET", "/record/checkpoint", headers=bearer).text
        return open_checkpoint(note, load_verifier(spoilt.data, EDITED))

    wait_for(lambda: checkpoint().size == size, "all to be signed")
    audit = ("audit", "verify", "--data", spoilt.data, "--log", EDITED, "--json")
    assert called(*audit).code == 0
    with administering(spoilt, "log.db") as log:
        where = "WHERE log = ? AND position = ?"
        (stored,) = log.execute(f"SELECT bytes FROM events {where}", (EDITED, position)).fetchone()
        spoilt_byte = stored.replace(b'"kind":"dispute"', b'"kind":"dispuue"')
        assert spoilt_byte != stored
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            log.execute(f"UPDATE events SET bytes = ? {where}", (spoilt_byte, EDITED, position))
        for (name,) in log.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
        ).fetchall():
            log.execute(f"DROP TRIGGER {name}")
        log.execute(f"UPDATE events SET bytes = ? {where}", (spoilt_byte, EDITED, position))
    for what in ("verify", "replay"):
        done = called("audit", what, *audit[2:])
        assert (done.code, done.json["ok"], done.json["first_bad"]["position"]) == (1, False, position)
    # and whoever reads the record over HTTP finds it by themselves
    page = spoilt.request("GET", "/record/events", headers=bearer).json()["events"]
    signed = checkpoint()
    for one in page:
        query = {"position": one["position"], "size": signed.size}
        hashes = spoilt.request("GET", "/record/proof/inclusion", params=query, headers=bearer).json()["hashes"]
        path = [b64decode(hash_) for hash_ in hashes]
        proved = verify_inclusion(leaf_of(b64decode(one["bytes"])), one["position"], signed.size, path, signed.root)
        assert proved == (one["position"] != position)
    report(spoilt, EDITED)  # the record goes on
    wait_for(lambda: checkpoint().size > size, "what came later to be signed")
    assert called(*audit).json["first_bad"]["position"] == position
