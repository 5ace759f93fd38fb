"""`audit replay`: every ledger and every published score again, from the log alone, beside what is served.

What it replays is held against the tree first, so that a log which was altered does not vouch for itself. It only
reads: what it finds is as it was left.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from shared.audit.verify import Verification, verify_bytes, verify_log
from shared.contracts.model import Ledger, Scorer, Service
from shared.ledger.replay import Replay
from shared.ledger.runner import Checkpoint, Runner, parked_keys
from shared.ledger.schema import columns_of
from shared.ledger.tables import Rows, digest, parked, progress, row_bytes
from shared.log.codec import UnknownEvent
from shared.log.database import snapshot
from shared.log.keys import KeyUnusable, load_verifier
from shared.log.sealer import LogDamaged
from shared.log.tables import events
from shared.log.tree import TreeDamaged
from shared.runtime import Storage

BEHIND_SECONDS: Final = 3.0
"""How long a ledger may be behind the log's size before it is a finding: a running system's follow in a moment."""
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ComparedLedger:
    """One ledger: the digests of both, where they first part, and what else is wrong with it."""

    name: str
    position: int
    live: str
    replayed: str
    first_difference: dict[str, Any] | None
    findings: tuple[str, ...]
    """In words: halted, behind or ahead of the log, keys that are parked, a table of another shape."""

    @property
    def ok(self) -> bool:
        return self.live == self.replayed and not self.findings


@dataclass(frozen=True, slots=True)
class Compared:
    """What a replay found."""

    log: str
    size: int
    root: str | None
    """The root over all events, recomputed from their bytes; none where these are not what was hashed."""
    ledgers: tuple[ComparedLedger, ...]
    scores_checked: int
    scores_equal: int
    first_bad: dict[str, Any] | None

    @property
    def ok(self) -> bool:
        return all(one.ok for one in self.ledgers) and self.first_bad is None

    def as_json(self) -> dict[str, Any]:
        """The contract's shape."""
        return {
            "ok": self.ok, "log": self.log, "size": self.size, "root": self.root,
            "ledgers": [{field.name: getattr(one, field.name) for field in fields(one)} for one in self.ledgers],
            "scores": {"checked": self.scores_checked, "equal": self.scores_equal}, "first_bad": self.first_bad,
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        lines = [f"log {self.log}: {self.size} events, root {self.root or '—'}"]
        for one in self.ledgers:
            state = "equal" if one.live == one.replayed else f"DIFFERS first at {one.first_difference}"
            lines.append("; ".join((f"  {one.name:<34} to {one.position:<8} {state}", *one.findings)))
        lines.append(f"  published scores: {self.scores_equal} of {self.scores_checked} recomputed to the same digits")
        if self.first_bad:
            lines.append(f"  first bad: position {self.first_bad['position']}: {self.first_bad['reason']}")
        return "\n".join(lines)


def compare(storage: Storage, log: str, progress: Callable[[int], None] = lambda done: None) -> Compared:
    """Verify the log's bytes, replay them, and compare."""
    verified = _verified(storage, log)
    size = verified.size
    ledgers: list[ComparedLedger] = []
    for service in storage.services:
        ledgers += _ledgers(storage, service, log, size, progress)
    checked, equal, first_bad = 0, 0, None
    for service in storage.services:
        if service.scorer is None:
            continue
        for position, wrong in _scores(storage, service, service.scorer, log):
            checked += 1
            equal += wrong is None
            if wrong is not None and first_bad is None:
                first_bad = {"position": position, "reason": wrong}
    if (bad := verified.first_bad) is not None:  # before a score: it may be why that one is not equal
        first_bad = {"position": bad.position, "reason": bad.reason, "reason_zh": bad.reason_zh, "code": bad.code}
    root = None if verified.root is None else verified.root.hex()
    return Compared(log, size, root, tuple(ledgers), checked, equal, first_bad)


def _verified(storage: Storage, log: str) -> Verification:
    """The log against its tree, and against its signatures where its key is here (it is the record's alone)."""
    try:
        key = str(load_verifier(storage.settings.data_dir, log))
    except KeyUnusable:
        return verify_bytes(storage.log_engine, log)
    return verify_log(storage.log_engine, log, key)


def _ledgers(
    storage: Storage, service: Service, log: str, size: int, progress: Callable[[int], None]
) -> Iterator[ComparedLedger]:
    """A service's ledgers, each at the position that its live rows stand at."""
    runner = Runner(service, storage.log, storage.ledgers_engine, storage.log.clock)
    _wait(storage, runner, log, size)
    with snapshot(storage.ledgers_engine) as connection:  # positions and rows of one moment, while others write
        standing = _standing(connection, runner, log)
        waiting = parked_keys(connection, log) if columns_of(connection, parked) else {}
        replays: dict[int, Replay] = {}
        for at in sorted({state.position for state in standing.values()}):
            wanted = [rows.ledger for rows in runner.tables.values() if standing[rows.follower].position == at]
            pairs: list[tuple[Service, Ledger[Any]]] = [(service, ledger) for ledger in wanted]
            replays[at] = Replay(storage.log, log, pairs).to(at, progress=progress)
        for rows in runner.tables.values():
            state = standing[rows.follower]
            replay, keys = replays[state.position], waiting.get(rows.follower, set())
            findings = _findings(state, size, replay.position, len(keys))
            yield _compared(connection, rows, log, state, replay.rows(rows.follower), findings)


def _standing(connection: Connection, runner: Runner, log: str) -> dict[str, Checkpoint]:
    """How far each ledger has come; nowhere, where the table that says so is gone."""
    if columns_of(connection, progress):
        return runner.checkpoints(connection, log)
    return {rows.follower: Checkpoint(-1, None) for rows in runner.tables.values()}


def _wait(storage: Storage, runner: Runner, log: str, size: int) -> None:
    """Give ledgers that follow at this moment the time to hold what the log holds."""
    until = time.monotonic() + BEHIND_SECONDS
    while time.monotonic() < until:
        with snapshot(storage.ledgers_engine) as connection:
            standing = _standing(connection, runner, log).values()
        if all(state.position >= size - 1 for state in standing if state.halted is None):
            return
        time.sleep(_LOOK_SECONDS)


def _findings(state: Checkpoint, size: int, replayed_to: int, waiting: int) -> Iterator[str]:
    """What is wrong with a ledger beside its rows."""
    if state.halted is not None:
        yield f"HALTED: {state.halted}"
    if state.position < size - 1:
        yield f"BEHIND the log, which has {size} events"
    if state.position > replayed_to:
        yield f"AHEAD of the log, which ends at {replayed_to}"
    if waiting:
        yield f"PARKED: {waiting} keys wait"


def _compared(
    connection: Connection, rows: Rows[Any], log: str, state: Checkpoint, replayed: list[tuple[str, Any]],
    findings: Iterator[str],
) -> ComparedLedger:  # fmt: skip
    """A ledger's live rows beside the replayed ones."""
    again, found = digest(replayed), tuple(findings)
    there, wanted = columns_of(connection, rows.table), [column.name for column in rows.table.columns]
    if there != wanted:
        what = "the table has another shape" if there else "there is no such table"
        difference = {"key": None, "columns": sorted(set(there) ^ set(wanted)), "what": what}
        return ComparedLedger(rows.follower, state.position, "", again, difference, (*found, what))
    live = digest(rows.all(connection, log))
    parts = None if live == again else _first_difference(rows, rows.all(connection, log), iter(replayed))
    return ComparedLedger(rows.follower, state.position, live, again, parts, found)


def _first_difference(
    rows: Rows[Any], live: Iterator[tuple[str, Any]], replayed: Iterator[tuple[str, Any]]
) -> dict[str, Any] | None:
    """The first key at which the two part, and the columns (their names: values may be personal)."""
    for here, there in zip_longest(live, replayed):
        if here is None or (there is not None and there[0] < here[0]):
            return {"key": there[0], "columns": [], "what": "missing from the live ledger"}
        if there is None or here[0] < there[0]:
            return {"key": here[0], "columns": [], "what": "not in the replay"}
        if row_bytes(*here) != row_bytes(*there):
            columns = [name for name in rows.names if getattr(here[1], name) != getattr(there[1], name)]
            return {"key": here[0], "columns": columns, "what": "differs"}
    return None


def _scores(storage: Storage, service: Service, scorer: Scorer, log: str) -> Iterator[tuple[int, str | None]]:
    """Each published score's position, and what is wrong with it, if anything."""
    named: dict[tuple[int, str], list[tuple[int, Any]]] = defaultdict(list)
    for at, root, position, event in _published(storage, scorer, log):
        if event is None:
            yield position, "cannot be read"
        elif at >= position:
            yield position, "names evidence that comes after it"
        else:
            named[at, root].append((position, event))
    pairs: list[tuple[Service, Ledger[Any]]] = [(service, ledger) for ledger in scorer.ledgers]
    replay = Replay(storage.log, log, pairs)
    for (at, root), scores in sorted(named.items(), key=lambda one: one[0]):
        replay.to(at)
        if _root(storage, log, at + 1) != root:
            yield from ((position, "names another root than the tree has there") for position, _ in scores)
            continue
        evidence = {
            ledger.name: [row for _, row in replay.rows(f"{service.name}.{ledger.name}")] for ledger in scorer.ledgers
        }
        again = scorer.rescored(evidence, at, root)
        yield from ((position, _unequal(event, again)) for position, event in scores)


def _unequal(event: Any, again: Callable[[Any], Any]) -> str | None:
    """What is wrong with a score's digits, if anything."""
    try:
        return None if again(event) == event else "is recomputed to other digits"
    except (LookupError, ValueError) as missing:  # rules that are not there, or a subject that is no institution
        return f"cannot be recomputed: {missing}"


def _published(storage: Storage, scorer: Scorer, log: str) -> Iterator[tuple[int, str, int, Any]]:
    """(evidence position, root, own position, event) of every published score; None for one that cannot be read."""
    query = (
        select(events.c.position, events.c.bytes)
        .where(events.c.log == log, events.c.type.in_([event.NAME for event in scorer.events]))
        .order_by(events.c.position)
    )
    with storage.log_engine.connect() as connection:
        stored = connection.execute(query).all()
    for position, data in stored:
        try:
            event = storage.log.codec.decode(position, data).event
        except (UnknownEvent, msgspec.MsgspecError, UnicodeDecodeError):
            yield -1, "", position, None
        else:
            yield (*scorer.names(event), position, event)


def _root(storage: Storage, log: str, size: int) -> str | None:
    """The tree's root over so many events; None where what is stored does not give it."""
    try:
        return storage.root(log, size)
    except (ValueError, LogDamaged, TreeDamaged):
        return None
