"""Looking into a service's own ledgers: the facts of a decision, all read at one position."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from shared.contracts.model import Ledger, Refused, Row
from shared.ledger.memory import Equal
from shared.ledger.runner import Checkpoint, Runner
from shared.ledger.tables import Rows


class LedgerLook:
    """The ledgers as one transaction sees them. Satisfies `contracts.model.Look`."""

    def __init__(
        self, connection: Connection, log: str, position: int, tables: Mapping[str, Rows[Any]], root: Callable[[int], str]
    ) -> None:
        self._connection, self._tables, self._root = connection, tables, root
        self.log, self.position = log, position
        self.seen_rows: dict[tuple[str, str], Any] = {}
        self.seen_lists: dict[tuple[str, Equal], Sequence[Any]] = {}
        """What was looked at, for the memory."""

    def row(self, ledger: Ledger[Row], key: str) -> Row | None:
        row: Row | None = self._tables[ledger.name].fetch(self._connection, self.log, [key]).get(key)
        self.seen_rows[ledger.name, key] = row
        return row

    def rows(self, ledger: Ledger[Row], **equal: object) -> Sequence[Row]:
        rows = [row for _, row in self._tables[ledger.name].query(self._connection, self.log, equal)]
        self.seen_lists[ledger.name, tuple(equal.items())] = rows
        return rows

    def root(self) -> str:
        return self._root(self.position + 1)


@contextmanager
def look(ledgers: Engine, runner: Runner, log: str, root: Callable[[str, int], str]) -> Iterator[LedgerLook]:
    """A look at a service's ledgers; `root(log, size)` gives the tree's root."""
    with ledgers.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        states = runner.checkpoints(connection, log).values()
        position = min((state.position for state in states if state.halted is None), default=-1)
        seen = LedgerLook(connection, log, position, runner.tables, lambda size: root(log, size))
        yield seen
    runner.memory.learn(log, position, seen.seen_rows, seen.seen_lists)
