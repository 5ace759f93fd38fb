"""How much anyone may ask 限流: what is beyond it is answered 429, with the seconds to wait.

Counted in this process alone, by the minute: it keeps one client from taking all, and a flood of guesses from costing
anything. Passwords and residents' codes have a throttle of their own, which remembers (`shared.access.throttle`).
"""

import time
from collections.abc import Callable
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from shared.access.policy import Kind
from shared.access.visitor import Visitor
from shared.contracts.model import Refused
from shared.settings import Settings

_OPENING: Final = frozenset({Kind.READING, Kind.CARD})


class Limits:
    """Counts what visitors ask for, and what strangers try."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._limiter, self._clock = FixedWindowRateLimiter(MemoryStorage()), clock
        self._asked = RateLimitItemPerMinute(settings.requests_per_minute, namespace="asked")
        self._opened = RateLimitItemPerMinute(settings.readings_per_minute, namespace="opened")
        self._open = RateLimitItemPerMinute(settings.open_requests_per_minute, namespace="open")
        self._strange = RateLimitItemPerMinute(settings.refusals_per_minute, namespace="strange")

    def visitor(self, visitor: Visitor, kind: Kind) -> None:
        """A visitor who was let in asks for something; raises `Refused("too_many_requests")`."""
        self._count(self._asked, visitor.actor.id)
        if kind in _OPENING:
            self._count(self._opened, visitor.actor.id)

    def anyone(self, source: str) -> None:
        """Somebody asks for what is open to all; raises `Refused("too_many_requests")`."""
        self._count(self._open, source)

    def stranger(self, source: str) -> None:
        """Somebody showed no proof, or a false one; raises `Refused("too_many_requests")`."""
        self._count(self._strange, source)

    def _count(self, item: RateLimitItem, whose: str) -> None:
        if not self._limiter.hit(item, whose):
            ends_at = self._limiter.get_window_stats(item, whose).reset_time
            raise Refused("too_many_requests", seconds=max(1, round(ends_at - self._clock())))
