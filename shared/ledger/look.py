"""Looking into a service's own ledgers: the facts of a decision, all read at one position."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from shared.contracts.model import Ledger, Refused, Row
from shared.ledger.memory import Equal
from shared.ledger.runner import Runner, parked_keys
from shared.ledger.tables import Rows
from shared.log.database import snapshot


class LedgerLook:
    """The ledgers as one transaction sees them. Satisfies `contracts.model.Look`."""

    def __init__(
        self,
        connection: Connection,
        log: str,
        position: int,
        tables: Mapping[str, Rows[Any]],
        root: Callable[[int], str],
        stopped: Mapping[str, Set[str] | None],
    ) -> None:
        """`stopped` are the ledgers that may not be relied on: for these keys, or (None) altogether."""
        self._connection, self._tables, self._root, self._stopped = connection, tables, root, stopped
        self.log, self.position = log, position
        self.seen_rows: dict[tuple[str, str], Any] = {}
        self.seen_lists: dict[tuple[str, Equal], Sequence[Any]] = {}
        """What was looked at already: not asked again here, and kept for the memory."""

    def row(self, ledger: Ledger[Row], key: str) -> Row | None:
        stopped = self._stopped.get(ledger.name, frozenset())
        if stopped is None or key in stopped:
            raise Refused("ledger_behind", ledger=ledger.name)
        if (at := (ledger.name, key)) not in self.seen_rows:
            self.seen_rows[at] = self._tables[ledger.name].fetch(self._connection, self.log, [key]).get(key)
        row: Row | None = self.seen_rows[at]
        return row

    def rows(self, ledger: Ledger[Row], **equal: object) -> Sequence[Row]:
        if ledger.name in self._stopped:
            raise Refused("ledger_behind", ledger=ledger.name)
        if (at := (ledger.name, tuple(equal.items()))) not in self.seen_lists:
            found = self._tables[ledger.name].query(self._connection, self.log, equal)
            self.seen_lists[at] = [row for _, row in found]
        return self.seen_lists[at]

    def root(self) -> str:
        return self._root(self.position + 1)


@contextmanager
def look(
    ledgers: Engine, runner: Runner, log: str, root: Callable[[str, int], str], *, decides: bool = False
) -> Iterator[LedgerLook]:
    """A look at a service's ledgers; `root(log, size)` gives the tree's root.

    Where a decision rests on it (`decides`), all that it reads stands at the look's position, which is that of the
    ledgers furthest on: a published score names it, and is computed again from there (invariant 4). A ledger that
    halted or is being folded again, and a key that is parked, raise `Refused("ledger_behind")`. A reader is shown what
    there is, and the position that every ledger has reached.
    """
    with snapshot(ledgers, log) as connection:
        states = runner.checkpoints(connection, log)
        standing = [state.position for state in states.values() if state.halted is None]
        position = (max if decides else min)(standing, default=-1)
        stopped: dict[str, Set[str] | None] = {}
        if decides:
            waiting = parked_keys(connection, log)
            for name, rows in runner.tables.items():
                state = states[rows.follower]
                if state.halted is not None or state.position != position:
                    stopped[name] = None
                elif rows.follower in waiting:
                    stopped[name] = waiting[rows.follower]
        seen = LedgerLook(connection, log, position, runner.tables, lambda size: root(log, size), stopped)
        yield seen
    if decides:  # what a reader was shown may be parked
        runner.memory.learn(log, position, seen.seen_rows, seen.seen_lists)
