"""Anchoring 存证: what a log of readings holds is made fast in the log of its sub-district, at the end of each day.

The log of readings is signed as every log is; but whoever has its key and its database could write it anew. The anchor
stands in the log that is published, under everything that comes after it: there it cannot be taken back. A day on which
nothing was read has none.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.command import own_id
from shared.contracts.access import AccessAnchored
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, start_of
from shared.contracts.event import Actor, Recorded
from shared.log.access import access_log, read_of
from shared.log.append import Appended, Proposal
from shared.log.appender import Appender
from shared.log.store import Log

STREAM: Final = "anchor/readings"
_BY: Final = Actor(id="service:record", role=Role.SERVICE)


def anchors(log: Log, name: str) -> list[Recorded[AccessAnchored]]:
    """The anchors in a log, in order."""
    return log.stream(name, STREAM)


class Anchoring:
    """Anchors the logs of readings of an installation. Two that do it at once make one anchor."""

    def __init__(
        self, log: Log, root: Callable[[str, int], str], appender: Appender, body_mac: Callable[[Any], bytes]
    ) -> None:
        """`root(log, size)` gives the tree's root, `body_mac(event)` what remembers it."""
        self._log, self._root, self._appender, self._body_mac = log, root, appender, body_mac
        self._seen: dict[str, date] = {}
        """The day up to which each log of readings was seen to."""

    async def tick(self, now: datetime) -> None:
        """Anchor what was read up to the end of yesterday, in every log."""
        yesterday = civil_day(now) - timedelta(days=1)
        for name in await asyncio.to_thread(self._log.heads):
            if (log := read_of(name)) is not None and self._seen.get(log) != yesterday:
                await self.anchor(log, yesterday, now)
                self._seen[log] = yesterday

    async def anchor(self, log: str, day: date, now: datetime) -> int | None:
        """Anchor what was read up to the end of a day; gives the anchor's position, None where there is nothing new."""
        made = await asyncio.to_thread(self._made, log, day)
        if made is None:
            return None
        event, version = made
        appended = await self._appender.append(
            Proposal(
                owner=AccessAnchored.OWNER, log=log, stream=STREAM, expected=version,
                command_id=own_id(f"record:anchor:{event.day}:{event.size}"), actor=_BY, cause=None, occurred_at=now,
                facts_at=None, events=(event,), body_mac=self._body_mac(event),
            )
        )  # fmt: skip
        return appended.position if isinstance(appended, Appended) else None  # else another process was first

    def _made(self, log: str, day: date) -> tuple[AccessAnchored, int] | None:
        """The anchor that is to be made, and the version of the stream that it follows."""
        readings = access_log(log)
        end = start_of(day + timedelta(days=1)) - timedelta(microseconds=1)
        size = self._log.prefix_recorded_by(readings, end) + 1
        before = anchors(self._log, log)
        if size <= (before[-1].event.size if before else 0):
            return None
        return AccessAnchored(day=day, size=size, root=self._root(readings, size)), len(before)
