"""The runner: reads the log from each ledger's checkpoint, folds, and commits rows and checkpoint together.

The stream only wakes it; what it applies it has read from the log itself (docs/decisions/0003). So Redis may lose,
repeat, reorder or forge messages, or be absent, and every ledger stays right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from shared.contracts.event import Recorded
from shared.contracts.model import Service
from shared.ledger.fold import Folded, Halt, Page, decoded, fold, touched
from shared.ledger.memory import Memory
from shared.ledger.replay import Replay
from shared.ledger.tables import Rows, interventions, parked, progress, tables_of
from shared.log.database import writing
from shared.log.store import Log

PAGE = 5_000
"""Events per read. A page is also the most that one transaction applies."""

# What every page needs is put together once: that costs as much as asking it.
_STANDING = select(progress.c.follower, progress.c.position, progress.c.halted).where(
    progress.c.log == bindparam("log")
)
_PARKED = select(parked.c.follower, parked.c.key).where(parked.c.log == bindparam("log"))
_REACHED = (
    update(progress)
    .where(progress.c.log == bindparam("of"), progress.c.follower.in_(bindparam("followers", expanding=True)))
    .values(position=bindparam("position"), halted=bindparam("halted"))
)
_ALONE = select(
    func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)),
    # What a crash takes of the last moments is folded again: the checkpoint goes with its rows.
    func.set_config("synchronous_commit", "off", True),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a ledger has come in a log, and why it goes no further, where it does not."""

    position: int
    halted: str | None


class Runner:
    """Keeps one service's ledgers up to the log. Synchronous; used by one thread at a time."""

    def __init__(self, service: Service, log: Log, ledgers: Engine, clock: Callable[[], datetime]) -> None:
        self.service, self._log, self._ledgers, self._clock = service, log, ledgers, clock
        self.tables: Mapping[str, Rows[Any]] = tables_of(service)
        self.memory = Memory()
        self.reached: dict[str, int] = {}
        """Per log, the position up to which every ledger that is not halted has come; for those advanced here."""
        self._seen_halts: set[tuple[str, str, int]] = set()

    def checkpoints(self, connection: Connection, log: str) -> dict[str, Checkpoint]:
        """Where each ledger of the service stands in a log."""
        rows = connection.execute(_STANDING, {"log": log})
        found = {follower: Checkpoint(position, halted) for follower, position, halted in rows}
        return {rows.follower: found.get(rows.follower, Checkpoint(-1, None)) for rows in self.tables.values()}

    def position(self, log: str) -> int:
        """The position up to which every ledger of the service that is not halted has come."""
        with self._ledgers.connect() as connection:
            states = self.checkpoints(connection, log).values()
        return min((state.position for state in states if state.halted is None), default=-1)

    def advance(self, log: str) -> int:
        """Apply the next page to all ledgers in one transaction; gives how many events were read (0: nothing new).

        Afterwards `reached` says where the log's ledgers stand, as `position` would.
        """
        with self._alone(log) as connection:
            standing = self.checkpoints(connection, log)
            running = [rows for rows in self.tables.values() if not self._waits(log, rows, standing[rows.follower])]
            if not running:
                self.reached[log] = -1
                return 0
            after = min(standing[rows.follower].position for rows in running)
            waiting = parked_keys(connection, log)
            items = decoded(self._log.codec, self._log.raw(log, after, PAGE))
            page = Page(items)
            changed = {
                rows.ledger.name: self._apply(
                    connection, log, rows, page, standing[rows.follower].position,
                    waiting.setdefault(rows.follower, set()),
                )
                for rows in (running if items else [])
            }  # fmt: skip
            well = [
                rows.follower
                for rows in running
                if changed.get(rows.ledger.name) is not None and standing[rows.follower].position <= page.last
            ]  # a ledger that was ahead of the others stays where it is
            if well:
                _reach(connection, log, well, page.last, None)
        going_on = [rows.follower for rows in running if not items or changed[rows.ledger.name] is not None]
        after_it = {follower: max(standing[follower].position, page.last) for follower in going_on}
        self.reached[log] = min(after_it.values(), default=-1)
        together = {state.position for state in standing.values()}
        if len(together) == 1 and None not in changed.values():
            rows = {name: folded.rows for name, folded in changed.items() if folded}
            parked_here = {name: waiting.get(table.follower, set()) for name, table in self.tables.items()}
            self.memory.moved(log, together.pop(), page.last if items else after, rows, parked_here)
        else:  # ledgers that stand apart have no one position that a decision could name
            self.memory.forget(log)
        return len(items)

    def catch_up(self, log: str, wanted: int | None = None) -> int:
        """Apply pages until there is nothing new (or a position is reached); gives the position."""
        while self.advance(log):
            if wanted is not None and self.position(log) >= wanted:
                break
        return self.position(log)

    def _waits(self, log: str, rows: Rows[Any], state: Checkpoint) -> bool:
        """Whether a halted ledger has been tried by this process already: a newer program tries once more."""
        return state.halted is not None and (log, rows.follower, state.position) in self._seen_halts

    @contextmanager
    def _alone(self, log: str) -> Iterator[Connection]:
        """A transaction that no other runner of this service has at the same time, in whatever process: a page that
        two apply at once would be folded into rows that hold it already. (On SQLite every writer is alone.)"""
        with writing(self._ledgers) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_ALONE, {"name": f"sanguan ledgers {self.service.name} {log}"})
            yield connection

    def _apply(
        self, connection: Connection, log: str, rows: Rows[Any], page: Page, after: int,
        waiting: set[str],
    ) -> Folded | None:  # fmt: skip
        """Apply a page to one ledger; gives what it made of it, or None where it halted. `waiting`, the keys that are
        parked, grows by those that are from now on."""
        folded = Folded()
        touches, halt = touched(rows.ledger, page, after)
        if touches:
            keys = {key for key, _ in touches} - waiting
            folded = Folded(rows.fetch(connection, log, sorted(keys)))
            fold(rows.ledger, touches, folded, waiting)
            rows.store(connection, log, folded.rows)
            _park(connection, log, rows.follower, folded)
        if halt is not None:
            reached = halt.position - 1
            self._seen_halts.add((log, rows.follower, reached))
            if reached >= after:
                _reach(connection, log, [rows.follower], reached, halt)
            return None
        return folded

    # interventions ----------------------------------------------------------------------------------------------

    def unpark(self, log: str, ledger: str, key: str) -> bool:
        """Try a parked key's events again, in order, and record that it was done; False where it still cannot go on.

        Raises `LookupError` where nothing of that key waits.
        """
        rows = self.tables[ledger]
        mine = (parked.c.log == log) & (parked.c.follower == rows.follower) & (parked.c.key == key)
        with self._alone(log) as connection:
            positions = connection.execute(
                select(parked.c.position).where(mine).order_by(parked.c.position)
            ).scalars().all()  # fmt: skip
            if not positions:
                raise LookupError(f"{rows.follower}: nothing of this key waits")
            items = [decoded(self._log.codec, self._log.raw(log, at - 1, 1))[0] for at in positions]
            events = [(key, item) for item in items if isinstance(item, Recorded)]
            if len(events) < len(items):  # an older program than the one that parked it: nothing may be left out
                self._intervene(connection, log, rows.follower, key, "tried again")
                return False
            folded = Folded(rows.fetch(connection, log, [key]))
            fold(rows.ledger, events, folded, set())
            rows.store(connection, log, folded.rows)
            connection.execute(delete(parked).where(mine))
            _park(connection, log, rows.follower, folded)
            self._intervene(connection, log, rows.follower, key, "un-parked" if not folded.parked else "tried again")
        self.memory.forget(log)
        return not folded.parked

    def rebuild(self, log: str, ledger: str) -> int:
        """Fold a ledger again from the beginning and put it in place of the old one; gives its position."""
        rows = self.tables[ledger]
        made = Replay(self._log, log, [(self.service, rows.ledger)]).to()
        folded = made.ledgers[rows.follower]
        with self._alone(log) as connection:
            made.to(self.checkpoints(connection, log)[rows.follower].position)  # no reader may see it go back
            rows.clear(connection, log)
            rows.store(connection, log, folded.rows)
            connection.execute(delete(parked).where(parked.c.log == log, parked.c.follower == rows.follower))
            _park(connection, log, rows.follower, folded)
            reached = made.position if folded.halt is None else folded.halt.position - 1
            _reach(connection, log, [rows.follower], reached, folded.halt)
            self._intervene(connection, log, rows.follower, "*", "rebuilt")
        self.memory.forget(log)
        return reached

    def _intervene(self, connection: Connection, log: str, follower: str, key: str, what: str) -> None:
        at = self._clock().isoformat()
        connection.execute(insert(interventions).values(log=log, follower=follower, at=at, key=key, what=what))


def parked_keys(connection: Connection, log: str) -> dict[str, set[str]]:
    """The keys that wait, by ledger."""
    found: dict[str, set[str]] = {}
    for follower, key in connection.execute(_PARKED, {"log": log}):
        found.setdefault(follower, set()).add(key)
    return found


def _park(connection: Connection, log: str, follower: str, folded: Folded) -> None:
    lines = [
        {"log": log, "follower": follower, "key": key, "position": position, "error": "" if number else waits.error}
        for key, waits in folded.parked.items()
        for number, position in enumerate(waits.positions)
    ]
    if lines:
        connection.execute(insert(parked), lines)


def _reach(connection: Connection, log: str, followers: Sequence[str], position: int, halt: Halt | None) -> None:
    """Ledgers have come to a position, or halted there."""
    reason = None if halt is None else halt.reason
    moved = connection.execute(_REACHED, {"of": log, "followers": followers, "position": position, "halted": reason})
    if moved.rowcount < len(followers):  # it is the first page of some
        mine = (progress.c.log == log) & progress.c.follower.in_(followers)
        there = set(connection.execute(select(progress.c.follower).where(mine)).scalars())
        new = [follower for follower in followers if follower not in there]
        lines = [{"log": log, "follower": follower, "position": position, "halted": reason} for follower in new]
        connection.execute(insert(progress), lines)
