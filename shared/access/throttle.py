"""The throttle 限次: who guesses waits, and longer each time. By account and by where it comes from, whichever is more.

An attempt is counted before it is judged, so that a hundred at once are a hundred. What is kept are keyed digests:
neither names that were typed nor addresses.
"""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Connection, Engine, delete, select, text, update

from shared.access.tables import attempts
from shared.contracts.model import Refused
from shared.log.append import microseconds
from shared.log.database import writing

LONGEST_SECONDS: Final = 900
"""The longest that anybody waits for the next attempt."""
_SECOND: Final = 1_000_000
_NEW: Final = text("INSERT INTO sign_in_attempts (key, failures, last_at) VALUES (:key, 0, 0) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many failures are free, and after how long without one all are forgotten."""

    free: int
    forgotten_seconds: int

    def wait_seconds(self, failures: int) -> int:
        """Seconds between the last failure and the next attempt: none, then 1, 2, 4, …"""
        over = failures - self.free
        return 0 if over < 0 else min(LONGEST_SECONDS, 2 ** min(over, 30))


BY_ACCOUNT: Final = Allowance(5, 24 * 3_600)
BY_SOURCE: Final = Allowance(30, 3_600)
"""An office's people come from one address: they are given more, and sooner."""


CASE_CODE: Final = "case code"
"""What is tried where a resident's code is: whoever guesses codes at a kiosk keeps nobody from signing in there."""


class Rate:
    """How often something that is no guess may be asked for in a minute, by where it comes from: a guard against a
    runaway, in this process alone. Nobody waits longer each time."""

    def __init__(self, what: str, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute, namespace=what)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, source: str) -> None:
        """Count one; raises `Refused("too_many_requests")` where there were too many."""
        if not self._limiter.hit(self._item, source):
            ends_at = self._limiter.get_window_stats(self._item, source).reset_time
            raise Refused("too_many_requests", seconds=max(1, round(ends_at - time.time())))


class Throttle:
    """Counts attempts."""

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], datetime]) -> None:
        self._engine, self._key, self._clock = engine, key, clock

    def attempt(self, account: str, source: str, what: str = "password") -> None:
        """Count an attempt at an account from somewhere; raises `Refused("too_many_attempts")` where they must wait,
        and then counts nothing. Whether it would have been right, nobody learns."""
        now = microseconds(self._clock())
        with writing(self._engine) as connection:
            rows = [
                (key, allowance, self._failures(connection, key, allowance, now))
                for key, allowance in self._keys(what, account, source)
            ]
            until = max(last + allowance.wait_seconds(failures) * _SECOND for _, allowance, (failures, last) in rows)
            if until > now:
                raise Refused("too_many_attempts", seconds=-(-(until - now) // _SECOND))
            for key, _, (failures, _last) in rows:
                changed = update(attempts).where(attempts.c.key == key)
                connection.execute(changed.values(failures=failures + 1, last_at=now))

    def succeeded(self, account: str, source: str, what: str = "password") -> None:
        """The last attempt was right: the account's failures are forgotten, the source's are one less."""
        (by_account, _), (by_source, _) = self._keys(what, account, source)
        with writing(self._engine) as connection:
            # In the order in which `attempt` takes them, so that no two wait for each other.
            connection.execute(update(attempts).where(attempts.c.key == by_account).values(failures=0))
            lessened = update(attempts).where(attempts.c.key == by_source, attempts.c.failures > 0)
            connection.execute(lessened.values(failures=attempts.c.failures - 1))

    def sweep(self) -> int:
        """Delete what is forgotten anyway; gives how many there were."""
        before = microseconds(self._clock()) - BY_ACCOUNT.forgotten_seconds * _SECOND
        with writing(self._engine) as connection:
            return connection.execute(delete(attempts).where(attempts.c.last_at < before)).rowcount

    def _keys(self, what: str, account: str, source: str) -> Sequence[tuple[bytes, Allowance]]:
        return (
            (self._digest(f"{what}\0account\0{account}"), BY_ACCOUNT),
            (self._digest(f"{what}\0source\0{source}" if what == CASE_CODE else f"source\0{source}"), BY_SOURCE),
        )

    def _digest(self, said: str) -> bytes:
        return hmac.digest(self._key, said.encode(), "sha256")

    @staticmethod
    def _failures(connection: Connection, key: bytes, allowance: Allowance, now: int) -> tuple[int, int]:
        """How often it failed of late, and when last. The row is held until the attempt is counted."""
        connection.execute(_NEW, {"key": key})
        row = connection.execute(select(attempts).where(attempts.c.key == key).with_for_update()).one()
        # What would lie ahead is of a clock that was set back: it counts from now.
        last = min(row.last_at, now)
        return (0, last) if last < now - allowance.forgotten_seconds * _SECOND else (row.failures, last)
