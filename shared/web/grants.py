"""What may be opened beside one's own work 解封许可, and what may not be opened any more 限制处理: what two people
decided, as of the log's head, so that what has ended a moment ago opens nothing.

Which ledgers say so is declared by the service that decides about it (`Service.unmaskings`, `Service.restrictions`). It
need not run in this process: then its ledgers are read beside ours, and waited for. Where they stand still, nothing is
opened.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from shared.clock import utc_now
from shared.contracts.access import THOUGH_RESTRICTED, Purpose
from shared.contracts.event import Actor
from shared.contracts.model import Look, Refused
from shared.contracts.personal import key_of
from shared.contracts.privacy import MOST_UNREVIEWED
from shared.follow import POLL_SECONDS, WAIT_SECONDS
from shared.ledger.look import look
from shared.ledger.runner import Runner
from shared.runtime import Node


class Grants:
    """The unmaskings and restrictions of an installation."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._by = next((one for one in node.storage.services if one.unmaskings is not None), None)
        self._unmaskings = None if self._by is None else self._by.unmaskings
        self._restrictions = None if self._by is None else self._by.restrictions
        self._retention = None if self._by is None else self._by.retention
        self._requests = None if self._by is None else self._by.person_requests
        self._runner: Runner | None = None  # of a service of another process: it looks, and follows nothing
        if self._by is not None and self._by.name not in node.followers:
            self._runner = Runner(self._by, node.storage.log, node.storage.ledgers_engine, utc_now)

    async def caught_up(self, log: str) -> None:
        """Return when they hold all that the log holds now; raises `Refused("ledger_behind")`."""
        if self._by is None:
            return
        if self._runner is None:
            await self._node.followers[self._by.name].caught_up(log)
            return
        size = await asyncio.to_thread(self._node.storage.log.size, log)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while await asyncio.to_thread(self._runner.position, log) < size - 1:  # noqa: ASYNC110  # another process's
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise Refused("ledger_behind") from None

    def of(self, log: str, actor: Actor, boxes: Collection[str], purpose: Purpose, now: datetime) -> str | None:
        """The id of what was granted to this actor for this purpose, holds now, and reaches all of these boxes; None
        where there is none."""
        if self._unmaskings is None:
            return None
        with self._look(log) as seen:
            rows = seen.rows(self._unmaskings, actor=actor.id)
        if sum(row.unreviewed for row in rows) > MOST_UNREVIEWED:  # of several at once, some came past the refusal
            rows = [row for row in rows if not row.emergency]
        return next((row.id for row in rows if _holds(row, actor, purpose, now) and _reaches(row.case, boxes)), None)

    def require_use(self, log: str, boxes: Collection[str], purpose: Purpose, grant: str | None) -> None:
        """That none of these boxes is restricted; those that are open for what the law names alone, and when two people
        have agreed. Raises `Refused("restricted")`."""
        if self._restrictions is None or (grant is not None and purpose in THOUGH_RESTRICTED):
            return
        keys = {key_of(box) for box in boxes}
        subjects = {key.partition("#")[0] for key in keys}
        with self._look(log) as seen:
            rows = [seen.row(self._restrictions, one) for one in sorted(keys | subjects)]
        if any(row is not None and row.since is not None for row in rows):
            raise Refused("restricted")

    def request(self, log: str, id: str) -> Any:
        """A person's request that waits for its answer, by its id: a row of the ledger; None where there is none."""
        if self._requests is None:
            return None
        with self._look(log) as seen:
            row = seen.row(self._requests, id)
        return row if row is not None and row.outcome is None else None

    def kept(self, log: str, subject: str) -> tuple[Any, Any]:
        """Until when a subject is kept, and its restriction: rows of the two ledgers, None where there is none."""
        if self._retention is None or self._restrictions is None:
            return None, None
        with self._look(log) as seen:
            return seen.row(self._retention, subject), seen.row(self._restrictions, subject)

    @contextmanager
    def _look(self, log: str) -> Iterator[Look]:
        assert self._by is not None, "somebody declared a ledger"
        if self._runner is None:
            with self._node.look(self._by.name, log, decides=True) as seen:
                yield seen
            return
        storage = self._node.storage
        with look(storage.ledgers_engine, self._runner, log, storage.root, decides=True) as seen:
            yield seen


def _holds(row: Any, actor: Actor, purpose: Purpose, now: datetime) -> bool:
    """Whether an unmasking is this actor's, for this purpose, was granted or is an emergency's, and is not over."""
    theirs = (row.actor, str(row.role), str(row.purpose)) == (actor.id, str(actor.role), str(purpose))
    open_now = row.ended_at is None and row.until is not None and now < row.until
    return theirs and open_now and (row.granted is True or row.emergency is True)


def _reaches(subject: str, boxes: Collection[str]) -> bool:
    """Whether boxes are sealed under a subject's keys; a subject may be one party alone."""
    keys = [key_of(box) for box in boxes]
    return all(key == subject or key.partition("#")[0] == subject for key in keys)
