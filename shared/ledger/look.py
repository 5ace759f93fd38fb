"""Looking into a service's own ledgers: the facts of a decision, all read at one position."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from shared.contracts.model import Ledger, Refused, Row
from shared.ledger.memory import Equal
from shared.ledger.runner import Runner, parked_keys
from shared.ledger.tables import Rows


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

    Where a decision rests on it (`decides`), a ledger that halted or a key that is parked raises
    `Refused("ledger_behind")`: what cannot be folded stops what depends on it. A reader is shown what there is.
    """
    with ledgers.connect() as plain:
        in_one = plain.dialect.name == "postgresql"  # SQLite's transactions see one state anyway
        connection = plain.execution_options(isolation_level="REPEATABLE READ") if in_one else plain
        states = runner.checkpoints(connection, log)
        position = min((state.position for state in states.values() if state.halted is None), default=-1)
        stopped: dict[str, Set[str] | None] = {}
        if decides:
            waiting = parked_keys(connection, log)
            for name, rows in runner.tables.items():
                if states[rows.follower].halted is not None:
                    stopped[name] = None
                elif rows.follower in waiting:
                    stopped[name] = waiting[rows.follower]
        seen = LedgerLook(connection, log, position, runner.tables, lambda size: root(log, size), stopped)
        yield seen
    if decides:  # what a reader was shown may be parked
        runner.memory.learn(log, position, seen.seen_rows, seen.seen_lists)
