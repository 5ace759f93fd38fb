"""A part of a replay 分片重放: some of the aggregates, as one of several processes folds them.

An aggregate belongs to the part that its id's last character says. By most events an aggregate touches rows of its own
alone; those that touch others' (`Ledger.across`) go to every part, and each takes the rows whose keys end as its own.
So every row comes about in one part, from all its events in the log's order. Where a declaration is wrong, two parts
hold one key: whoever puts the parts together sees that, and folds such a ledger whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.contracts.event import Recorded
from shared.contracts.model import Ledger, Service
from shared.ledger.fold import Page, Touch, Unknown, decoded, touched
from shared.ledger.replay import PAGE, Raw, Replay, ahead
from shared.ledger.tables import row_bytes
from shared.log.store import Log
from shared.log.tables import BYTES

_OWN: Final = {
    "sqlite": "(coalesce(unicode(substr(stream, -1)), 0) % ? = ?)", "postgresql": "(ascii(right(stream, 1)) %% %b = %b)"
}  # fmt: skip
"""As `Part.holds` has it, in the database: what is another part's need not come here at all."""
_READ: Final = (
    "SELECT position, {bytes} FROM events WHERE log = {p} AND position > {p} AND position <= {p}"
    " AND ({own} OR type IN ({types})) ORDER BY position"
)

Line = tuple[str, bytes]
"""A row: its key and its canonical bytes, which are empty where there is none (any more)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of so many parts."""

    number: int
    of: int

    def holds(self, text: str) -> bool:
        """Whether what is called so is this part's."""
        return (ord(text[-1]) if text else 0) % self.of == self.number


class PartReplay(Replay):
    """Ledgers as far as they follow from one part's aggregates."""

    def __init__(
        self, log: Log, name: str, ledgers: Sequence[tuple[Service, Ledger[Any]]], part: Part,
        occurred_by: datetime | None = None,
    ) -> None:  # fmt: skip
        super().__init__(log, name, ledgers, occurred_by)
        self._part = part
        self._across = frozenset(event for _, ledger in ledgers for event in ledger.across)
        dialect = log.engine.dialect.name
        types = ", ".join(f"'{event.NAME}'" for event in sorted(self._across, key=lambda event: event.NAME)) or "NULL"
        self._query = _READ.format(
            bytes=BYTES[dialect], own=_OWN[dialect], p="?" if dialect == "sqlite" else "%b", types=types
        )

    def go(self, upto: int, progress: Callable[[int], None]) -> None:
        """Go on to a position."""
        for last, page in self._shared(upto):
            items = decoded(self._log.codec, page)
            self._take(items if self._occurred_by is None else self._happened(items, self._occurred_by))
            self.position = last
            progress(last + 1)

    def lines(self, follower: str) -> list[Line]:
        """A ledger's rows in the order of their keys, with the keys of those that are gone or could not come about: of
        all keys that were touched here."""
        folded = self.ledgers[follower]
        keys = sorted({*folded.rows, *folded.parked} if folded.parked else folded.rows)
        return [(key, b"" if (row := folded.rows.get(key)) is None else row_bytes(key, row)) for key in keys]

    def _shared(self, upto: int) -> Iterator[tuple[int, Raw]]:
        """Its pages: as long as those of one process, of a range as many times as wide as there are parts."""

        def read(after: int) -> tuple[int, Raw] | None:
            last = min(upto, after + PAGE * self._part.of)
            return None if after >= upto else (last, self._rows(after, last))

        return ahead(self.position, read)

    def _rows(self, after: int, last: int) -> Raw:
        values = (self.name, after, last, self._part.of, self._part.number)
        with self._log.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if connection.dialect.name == "sqlite":
                return driver.execute(self._query, values).fetchall()  # type: ignore[no-any-return]  # the driver is untyped here
            return driver.execute(self._query.encode(), values, prepare=True, binary=True).fetchall()  # type: ignore[no-any-return]  # as above

    def _take(self, items: Sequence[Recorded | Unknown]) -> None:
        """Fold a page: this part's events, and of the others' those that may touch its rows."""
        everything = Page(items)
        foreign = {
            item.position for item in everything.known
            if type(item.event) in self._across and not self._part.holds(item.stream)
        }  # fmt: skip
        own = Page([item for item in items if item.position not in foreign]) if foreign else everything
        self.events += len(items) - len(foreign)
        for follower, ledger, waiting in self._folds:
            whole = self.ledgers[follower]
            if whole.halt is not None:
                continue
            touches, whole.halt = touched(ledger, everything if ledger.across else own, -1)
            if ledger.across:
                touches = [touch for touch in touches if self._mine(ledger, touch, foreign)]
            self._apply(follower, ledger, touches, waiting)

    def _mine(self, ledger: Ledger[Any], touch: Touch, foreign: set[int]) -> bool:
        key, recorded = touch
        if type(recorded.event) in ledger.across:
            return self._part.holds(key)
        return recorded.position not in foreign
