"""Replay 重放: the same folds over the log's prefix, in memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from shared.contracts.event import Recorded
from shared.contracts.model import Ledger, Service
from shared.ledger.fold import Folded, Page, Touch, Unknown, decoded, fold, touched
from shared.log.store import Log

PAGE = 5_000

Raw = Sequence[tuple[int, bytes]]
"""A page as it is stored: positions and canonical bytes."""
_Read = TypeVar("_Read")


def ahead(after: int, read: Callable[[int], tuple[int, _Read] | None]) -> Iterator[tuple[int, _Read]]:
    """Page after page of what `read` gives beyond a position, each with the last position that it covers, until it
    gives None; while one is being worked on, the next is read."""
    with ThreadPoolExecutor(1, thread_name_prefix="replay") as reader:
        coming = reader.submit(read, after)
        while (page := coming.result()) is not None:
            coming = reader.submit(read, page[0])
            yield page


class Replay:
    """Ledgers as they follow from a log's prefix. `to` goes on from where it stands, so that a walk over many
    positions reads the log once."""

    def __init__(
        self, log: Log, name: str, ledgers: Sequence[tuple[Service, Ledger[Any]]], occurred_by: datetime | None = None
    ) -> None:
        """`occurred_by` leaves out what happened later (as-of occurred); the order stays the log's."""
        self._log, self.name, self._occurred_by = log, name, occurred_by
        self._folds = [(f"{service.name}.{ledger.name}", ledger, set[str]()) for service, ledger in ledgers]
        self.ledgers: dict[str, Folded] = {follower: Folded() for follower, _, _ in self._folds}
        self.position = -1
        self.events = 0
        """How many were folded: fewer than were read where some happened later."""

    def to(
        self,
        upto: int | None = None,
        each: Callable[[Recorded], None] | None = None,
        progress: Callable[[int], None] = lambda done: None,
        raw: Callable[[Raw], None] | None = None,
    ) -> "Replay":
        """Fold on to a position (or to the log's end); `each` sees every event, `progress` how many were read, `raw`
        every page as it is stored."""
        for _, page in self._pages(upto):
            if raw is not None:
                raw(page)
            items = decoded(self._log.codec, page)
            self._fold(items if self._occurred_by is None else self._happened(items, self._occurred_by), each)
            self.position = items[-1].position
            progress(self.position + 1)
        return self

    def _pages(self, upto: int | None) -> Iterator[tuple[int, Raw]]:
        """The pages from where it stands."""

        def read(after: int) -> tuple[int, Raw] | None:
            limit = PAGE if upto is None else min(PAGE, upto - after)
            page = self._log.raw(self.name, after, limit) if limit > 0 else ()
            return (page[-1][0], page) if page else None

        return ahead(self.position, read)

    def rows(self, follower: str) -> list[tuple[str, Any]]:
        """A ledger's rows in the order of their keys."""
        return sorted((key, row) for key, row in self.ledgers[follower].rows.items() if row is not None)

    @staticmethod
    def _happened(items: Sequence[Recorded | Unknown], by: datetime) -> Sequence[Recorded | Unknown]:
        """Those that had happened by then, for all that is known."""
        return [item for item in items if isinstance(item, Unknown) or item.occurred_at <= by]

    def _fold(self, items: Sequence[Recorded | Unknown], each: Callable[[Recorded], None] | None) -> None:
        page = Page(items)
        self.events += len(items)
        for follower, ledger, waiting in self._folds:
            whole = self.ledgers[follower]
            if whole.halt is None:
                touches, whole.halt = touched(ledger, page, -1)
                self._apply(follower, ledger, touches, waiting)
        if each is not None:
            for recorded in page.known:
                each(recorded)

    def _apply(self, follower: str, ledger: Ledger[Any], touches: Sequence[Touch], waiting: set[str]) -> None:
        """Fold what a page touches of one ledger."""
        fold(ledger, touches, self.ledgers[follower], waiting)
