"""`audit replay`: every ledger and every published score again, from the log alone, beside what is served."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

from sqlalchemy import select

from shared.contracts.model import Ledger, Scorer, Service
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner
from shared.ledger.tables import Rows, digest, row_bytes
from shared.log.tables import events
from shared.runtime import Storage


@dataclass(frozen=True, slots=True)
class ComparedLedger:
    """One ledger: the digests of both, and where they first part."""

    name: str
    position: int
    live: str
    replayed: str
    first_difference: dict[str, Any] | None
    halted: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What a replay found."""

    log: str
    size: int
    root: str
    ledgers: tuple[ComparedLedger, ...]
    scores_checked: int
    scores_equal: int
    first_bad: dict[str, Any] | None

    @property
    def ok(self) -> bool:
        equal = all(one.live == one.replayed and one.halted is None for one in self.ledgers)
        return equal and self.scores_checked == self.scores_equal

    def as_json(self) -> dict[str, Any]:
        """The contract's shape."""
        return {
            "ok": self.ok, "log": self.log, "size": self.size, "root": self.root,
            "ledgers": [{field.name: getattr(one, field.name) for field in fields(one)} for one in self.ledgers],
            "scores": {"checked": self.scores_checked, "equal": self.scores_equal}, "first_bad": self.first_bad,
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        lines = [f"log {self.log}: {self.size} events, root {self.root}"]
        for one in self.ledgers:
            state = "equal" if one.live == one.replayed else f"DIFFERS first at {one.first_difference}"
            halted = f"  HALTED: {one.halted}" if one.halted else ""
            lines.append(f"  {one.name:<34} to {one.position:<8} {state}{halted}")
        lines.append(f"  published scores: {self.scores_equal} of {self.scores_checked} recomputed to the same digits")
        if self.first_bad:
            lines.append(f"  first bad: position {self.first_bad['position']}: {self.first_bad['reason']}")
        return "\n".join(lines)


def compare(storage: Storage, log: str, progress: Callable[[int], None] = lambda done: None) -> Compared:
    """Replay a log and compare."""
    size = storage.log.size(log)
    ledgers: list[ComparedLedger] = []
    for service in storage.services:
        ledgers += _ledgers(storage, service, log, progress)
    checked, equal, first_bad = 0, 0, None
    for service in storage.services:
        if service.scorer is None:
            continue
        for position, wrong in _scores(storage, service, service.scorer, log):
            checked += 1
            equal += wrong is None
            if wrong is not None and first_bad is None:
                first_bad = {"position": position, "reason": wrong}
    root = storage.root(log, size) if size else ""
    return Compared(log, size, root, tuple(ledgers), checked, equal, first_bad)


def _ledgers(storage: Storage, service: Service, log: str, progress: Callable[[int], None]) -> Iterator[ComparedLedger]:
    """A service's ledgers, each at the position that its live rows stand at."""
    runner = Runner(service, storage.log, storage.ledgers_engine, storage.log.clock)
    with storage.ledgers_engine.connect() as connection:
        standing = runner.checkpoints(connection, log)
        replays: dict[int, Replay] = {}
        for at in sorted({state.position for state in standing.values()}):
            wanted = [rows.ledger for rows in runner.tables.values() if standing[rows.follower].position == at]
            pairs: list[tuple[Service, Ledger[Any]]] = [(service, ledger) for ledger in wanted]
            replays[at] = Replay(storage.log, log, pairs).to(at, progress=progress)
        for rows in runner.tables.values():
            state = standing[rows.follower]
            replayed = replays[state.position].rows(rows.follower)
            live, again = digest(rows.all(connection, log)), digest(replayed)
            difference = None if live == again else _first_difference(rows, rows.all(connection, log), iter(replayed))
            yield ComparedLedger(rows.follower, state.position, live, again, difference, state.halted)


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
    published = _published(storage, scorer, log)
    pairs: list[tuple[Service, Ledger[Any]]] = [(service, ledger) for ledger in scorer.ledgers]
    replay = Replay(storage.log, log, pairs)
    for at, root, position, event in sorted(published, key=lambda one: one[0]):
        if at >= position:
            yield position, "names evidence that comes after it"
            continue
        replay.to(at)
        if storage.root(log, at + 1) != root:
            yield position, "names another root than the tree has there"
            continue
        evidence = {
            ledger.name: [row for _, row in replay.rows(f"{service.name}.{ledger.name}")] for ledger in scorer.ledgers
        }
        try:
            again = scorer.recompute(event, evidence, at, root)
        except LookupError as missing:
            yield position, f"cannot be recomputed: {missing}"
            continue
        yield position, None if again == event else "is recomputed to other digits"


def _published(storage: Storage, scorer: Scorer, log: str) -> list[tuple[int, str, int, Any]]:
    """(evidence position, root, own position, event) of every published score."""
    query = (
        select(events.c.position, events.c.bytes)
        .where(events.c.log == log, events.c.type.in_([event.NAME for event in scorer.events]))
        .order_by(events.c.position)
    )
    with storage.log_engine.connect() as connection:
        found = [storage.log.codec.decode(position, data) for position, data in connection.execute(query)]
    return [(*scorer.names(one.event), one.position, one.event) for one in found]
