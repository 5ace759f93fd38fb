"""Replay 重放: the same folds over the log's prefix, in memory."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from shared.contracts.event import Recorded
from shared.contracts.model import Ledger, Service
from shared.ledger.fold import Folded, Page, Unknown, decoded, fold, touched
from shared.log.store import Log

PAGE = 5_000


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

    def to(
        self,
        upto: int | None = None,
        each: Callable[[Recorded], None] | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> "Replay":
        """Fold on to a position (or to the log's end); `each` sees every event, `progress` how many were read."""
        for page in self._pages(upto):
            items = decoded(self._log.codec, page)
            self._fold(items if self._occurred_by is None else self._happened(items, self._occurred_by), each)
            self.position = items[-1].position
            progress(self.position + 1)
        return self

    def _pages(self, upto: int | None) -> Iterator[Sequence[tuple[int, bytes]]]:
        """The pages from where it stands; while one is being folded, the next is read."""

        def read(after: int) -> Sequence[tuple[int, bytes]]:
            limit = PAGE if upto is None else min(PAGE, upto - after)
            return self._log.raw(self.name, after, limit) if limit > 0 else ()

        with ThreadPoolExecutor(1, thread_name_prefix="replay") as reader:
            coming = reader.submit(read, self.position)
            while page := coming.result():
                coming = reader.submit(read, page[-1][0])
                yield page

    def rows(self, follower: str) -> list[tuple[str, Any]]:
        """A ledger's rows in the order of their keys."""
        return sorted((key, row) for key, row in self.ledgers[follower].rows.items() if row is not None)

    @staticmethod
    def _happened(items: Sequence[Recorded | Unknown], by: datetime) -> Sequence[Recorded | Unknown]:
        """Those that had happened by then, for all that is known."""
        return [item for item in items if isinstance(item, Unknown) or item.occurred_at <= by]

    def _fold(self, items: Sequence[Recorded | Unknown], each: Callable[[Recorded], None] | None) -> None:
        page = Page(items)
        for follower, ledger, waiting in self._folds:
            whole = self.ledgers[follower]
            if whole.halt is None:
                touches, whole.halt = touched(ledger, page, -1)
                fold(ledger, touches, whole, waiting)
        if each is not None:
            for recorded in page.known:
                each(recorded)
