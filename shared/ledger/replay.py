"""Replay 重放: the same folds over the log's prefix, in memory."""

from collections.abc import Callable, Sequence
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
        each: Callable[[Recorded], None] = lambda recorded: None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> "Replay":
        """Fold on to a position (or to the log's end); `each` sees every event, `progress` how many were read."""
        while upto is None or self.position < upto:
            limit = PAGE if upto is None else min(PAGE, upto - self.position)
            items = decoded(self._log.codec, self._log.raw(self.name, self.position, limit))
            if not items:
                break
            self._fold([item for item in items if self._holds(item)], each)
            self.position = items[-1].position
            progress(self.position + 1)
        return self

    def rows(self, follower: str) -> list[tuple[str, Any]]:
        """A ledger's rows in the order of their keys."""
        return sorted((key, row) for key, row in self.ledgers[follower].rows.items() if row is not None)

    def _holds(self, item: Recorded | Unknown) -> bool:
        return self._occurred_by is None or isinstance(item, Unknown) or item.occurred_at <= self._occurred_by

    def _fold(self, items: Sequence[Recorded | Unknown], each: Callable[[Recorded], None]) -> None:
        page = Page(items)
        for follower, ledger, waiting in self._folds:
            _into(self.ledgers[follower], ledger, page, waiting)
        for item in items:
            if isinstance(item, Recorded):
                each(item)


def _into(whole: Folded, ledger: Ledger[Any], page: Page, waiting: set[str]) -> None:
    if whole.halt is not None:
        return
    concerned, halt = touched(ledger, page, -1)
    folded = fold(ledger, concerned, whole.rows, waiting)
    for key, parked in folded.parked.items():
        before = whole.parked.setdefault(key, parked)
        if before is not parked:
            before.positions.extend(parked.positions)
    whole.halt = halt
