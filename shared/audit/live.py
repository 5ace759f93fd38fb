"""One look 一次核对: what is served of one log, beside a replay from the log's beginning.

Every live row is compared, at the position at which its ledger stands, under one snapshot: so a row that was changed,
added or taken out by hand is found whether or not an event has touched it. One walk through the log serves the ledgers
and the published scores of all services. What cannot be looked at is said for each service by itself.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import Connection, Engine

from shared.audit.runs import Run
from shared.audit.scores import Span, again
from shared.contracts.model import Ledger, Service
from shared.ledger.replay import PAGE, Replay
from shared.ledger.runner import Checkpoint, Runner, parked_keys
from shared.ledger.schema import columns_of
from shared.ledger.tables import Rows, parked, progress, row_bytes
from shared.log.database import snapshot
from shared.log.store import Log

NEAR: Final = PAGE
"""Events that are folded while the snapshot is held; the long way is gone before anything is."""


def look(
    log: Log, ledgers: Engine, services: Sequence[Service], name: str, clock: Callable[[], datetime], scored: int = -1
) -> tuple[list[Run], int]:
    """Compare what is served of a log: a run for each service. Published scores are computed again from after a
    position; where all are the same, the second value says up to where, else it is the one that was given."""
    looking = _Look(log, ledgers, services, name, clock)
    return looking.runs(scored), looking.scored


def standing(connection: Connection, runners: Sequence[Runner], log: str) -> dict[str, Checkpoint]:
    """How far each ledger has come; nowhere, where the table that says so is gone."""
    if columns_of(connection, progress):
        return {name: state for runner in runners for name, state in runner.checkpoints(connection, log).items()}
    return {rows.follower: Checkpoint(-1, None) for runner in runners for rows in runner.tables.values()}


def waiting_keys(connection: Connection, log: str) -> dict[str, set[str]]:
    """The keys that wait, by ledger; none where the table that says so is gone."""
    return parked_keys(connection, log) if columns_of(connection, parked) else {}


@dataclass(slots=True)
class _Seen:
    """What is found of one service."""

    differs: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    """At which its ledgers were compared, one for each."""
    waiting: int = 0
    failed: str | None = None


class _Look:
    def __init__(
        self, log: Log, ledgers: Engine, services: Sequence[Service], name: str, clock: Callable[[], datetime]
    ) -> None:  # fmt: skip
        self._log, self._engine, self._name, self._clock = log, ledgers, name, clock
        self._services = services
        self._runners = [Runner(service, log, ledgers, clock) for service in services]  # which say where ledgers stand
        self._seen = {service.name: _Seen() for service in services}
        self._tables = {
            rows.follower: (runner.service, rows) for runner in self._runners for rows in runner.tables.values()
        }
        self.scored = -1

    def runs(self, scored: int) -> list[Run]:
        begun, at = time.perf_counter(), self._clock()
        with snapshot(self._engine) as connection:
            stand = standing(connection, self._runners, self._name)
        replay = self._replay(stand)
        upto = min(_where_most_are(stand), self._log.size(self._name) - 1)
        self.scored = upto if self._scores_hold(replay, Span(scored, upto)) else scored
        left = self._compare(replay, set(stand))
        if left:  # ledgers that halted, or were folded again, stand where the walk has passed by
            self._compare(self._replay(left), left)
        micros = round((time.perf_counter() - begun) * 1e6)
        return [
            Run(
                service.name, at, min(seen.positions, default=-1), tuple(seen.differs), micros, len(service.ledgers),
                len(seen.positions), seen.waiting, seen.failed,
            )
            for service, seen in zip(self._services, self._seen.values(), strict=True)
        ]  # fmt: skip

    def _replay(self, followers: Mapping[str, Any] | set[str]) -> Replay:
        pairs: list[tuple[Service, Ledger[Any]]] = [
            (service, rows.ledger) for name, (service, rows) in self._tables.items() if name in followers
        ]
        return Replay(self._log, self._name, pairs)

    def _scores_hold(self, walk: Replay | None, span: Span) -> bool:
        """Compute what was published once more. A scorer takes the walk along that the ledgers go on with; if there
        were a second, it would walk by itself."""
        hold = True
        for service in self._services:
            if service.scorer is None:
                continue
            seen = self._seen[service.name]
            try:
                scores = again(self._log, self._name, service, span, replay=walk)
                seen.differs += [f"{service.name}.score {one.position}" for one in scores if one.wrong is not None]
            except Exception as error:  # it is this service's alone; the kind only, as a message may quote data
                seen.failed = type(error).__name__
            hold = hold and not seen.differs and seen.failed is None
            walk = None
        return hold

    def _compare(self, replay: Replay, left: set[str]) -> set[str]:
        """Compare ledgers, the hindmost first; gives those that stand before where the replay does."""
        behind: set[str] = set()
        ended = False  # where the log has nothing more, a ledger is not far away: it is ahead
        while left:
            with snapshot(self._engine) as connection:
                stand = {
                    name: state.position for name, state in standing(connection, self._runners, self._name).items()
                }
                waiting = waiting_keys(connection, self._name)
                behind |= {name for name in left if stand[name] < replay.position}
                left = left - behind
                near = {stand[name] for name in left if ended or stand[name] <= replay.position + NEAR}
                for position in sorted(near):
                    replay.to(position)
                    here = {name for name in left if stand[name] == position}
                    for name in sorted(here):
                        self._one(connection, name, position, replay, waiting.get(name, set()))
                    left = left - here
            if left:
                hindmost = min(stand[name] for name in left)
                ended = replay.to(hindmost).position < hindmost
        return behind

    def _one(self, connection: Connection, name: str, position: int, replay: Replay, waiting: set[str]) -> None:
        """Compare one ledger, which stands at a position."""
        service, rows = self._tables[name]
        seen = self._seen[service.name]
        but = waiting | replay.ledgers[name].parked.keys()
        try:
            with connection.begin_nested():  # what fails here spoils the snapshot for no other
                ahead = replay.position < position  # of the log, which has no such event
                same = not ahead and _as_declared(connection, rows) and _same(connection, self._name, rows, replay, but)
        except Exception as error:  # as above
            seen.failed = type(error).__name__
            return
        seen.positions.append(replay.position)
        seen.waiting += len(but)
        if not same:
            seen.differs.append(name)


def _where_most_are(stand: Mapping[str, Checkpoint]) -> int:
    """The position at which most ledgers stand, and the others soon."""
    counted = Counter(state.position for state in stand.values() if state.halted is None)
    return max(counted, key=lambda position: (counted[position], position), default=-1)


def _as_declared(connection: Connection, rows: Rows[Any]) -> bool:
    """Whether the table is there, and of the row's shape."""
    return columns_of(connection, rows.table) == [column.name for column in rows.table.columns]


def _same(connection: Connection, log: str, rows: Rows[Any], replay: Replay, but: set[str]) -> bool:
    """Whether the live rows are the replayed ones, but those of some keys."""

    def written(lines: Iterator[tuple[str, Any]] | Sequence[tuple[str, Any]]) -> Iterator[bytes]:
        return (row_bytes(key, row) for key, row in lines if key not in but)

    live, must = written(rows.all(connection, log)), written(replay.rows(rows.follower))
    return all(here == there for here, there in zip_longest(live, must))
