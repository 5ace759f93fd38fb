"""What days alone bring about: a service's timers, in the process that serves it.

A timed command's id is made of the timer's name and the key of what is due, so that it has one effect, however often it
is found due and by however many processes. A refusal is recorded where people see it, not tried for ever. No clock is
believed alone: where nobody has recorded anything for long, what it makes due waits until somebody does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog

from shared.command import Asked, Desk, own_id
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.frozen import dataclass
from shared.contracts.model import Look, Refused, Service, Timely, Timer
from shared.delivery.channels import is_published
from shared.ledger.waiting import forget_refused, keep_refused, refused_as
from shared.log.database import writing
from shared.log.store import Log

TICK_SECONDS: Final = 300.0
"""Between two looks for what is due: what days bring about can wait for minutes."""
AGAIN_SECONDS: Final = 10.0
"""The same where something could not be done."""
SILENT_DAYS: Final = 10
"""A record in which nothing was entered for longer than this, as no holiday lasts, says that the clock may be wrong."""
_SILENT: Final = "record_silent"
_NOT_NOW: Final = frozenset({"busy", "ledger_behind"})
"""Refusals that are no answer to the command."""
_SENT_BEFORE: Final = "command_id_reused"
"""Nobody else can take an id of ours: the same was sent at another moment."""

logger: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    """A timed command that was not sent yet, and the last event that the ledgers held when it was found."""

    command_id: str
    timely: Timely
    position: int
    refused_as: str | None
    """Where it was refused before, for a reason that may pass."""


class Timers:
    """Sends what the days have made due in every log, at the service's own desk."""

    def __init__(
        self,
        service: Service,
        log: Log,
        desk: Desk,
        look: Callable[[str], AbstractContextManager[Look]],
        caught_up: Callable[[str], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        """`look(log)` opens the ledgers; `caught_up(log)` waits until they hold what the log holds now."""
        self._service, self._log, self._desk = service, log, desk
        self._look, self._caught_up, self._clock = look, caught_up, clock
        self._actor = Actor(id=f"service:{service.name}", role=Role.SERVICE)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"timers {service.name}")
        self._looked: dict[tuple[str, str], date] = {}
        """The day on which a daily timer was last seen to, by its name and the log."""
        self._troubles: dict[tuple[str, str], str] = {}

    async def run(self) -> None:
        """Look now and every few minutes, until cancelled."""
        while True:
            done = await self.tick(self._clock())
            await asyncio.sleep(TICK_SECONDS if done else AGAIN_SECONDS)

    async def tick(self, now: datetime) -> bool:
        """Send what is due in every log; whether all of it could be seen to. What is in trouble waits for the next
        tick, and the rest goes on."""
        logs: Sequence[str] = ()

        async def heads() -> None:
            nonlocal logs
            logs = [log for log in await self._in_thread(self._log.heads) if is_published(log)]

        done = await self._tried("timers", "", heads())
        for log in logs:
            for timer in self._service.timers:
                done &= await self._tried(timer.name, log, self._see_to(timer, log, now))
        return done

    def troubles(self) -> list[tuple[str, str]]:
        """What is being tried again, and why: (a timer and its log, kind of error)."""
        return [(f"{name} {log}".strip(), kind) for (name, log), kind in self._troubles.items()]

    def close(self) -> None:
        """Wait for a look that has begun."""
        self._thread.shutdown(cancel_futures=True)

    async def _tried(self, name: str, log: str, attempt: Awaitable[None]) -> bool:
        """Whether it went well. Ledgers that are behind are no trouble of the timer's: they tell of it themselves."""
        try:
            await attempt
        except Exception as error:  # whatever it is, it is seen, and time goes on when it is over
            if isinstance(error, Refused) and error.code in _NOT_NOW:
                return False
            kind = type(error).__name__
            if self._troubles.get((name, log)) != kind:
                logger.error("timer interrupted", service=self._service.name, timer=name, log=log, error=kind)
            self._troubles[name, log] = kind
            return False
        self._troubles.pop((name, log), None)
        return True

    async def _see_to(self, timer: Timer, log: str, now: datetime) -> None:
        today = civil_day(now)
        if timer.daily and self._looked.get((timer.name, log)) == today:
            return
        await self._caught_up(log)
        for due in await self._in_thread(self._find, timer, log, today):
            if today - await self._in_thread(self._last_day, log) > timedelta(days=SILENT_DAYS):
                await self._told(log, due, _SILENT)
            else:
                await self._send(due, log, now)
        self._looked[timer.name, log] = today

    def _find(self, timer: Timer, log: str, today: date) -> list[_Due]:
        """What is due, was not sent, and was not refused for good."""
        with self._look(log) as look:
            position, timely = look.position, timer.due(look, today)
        ids = [own_id(f"{self._service.name}:{timer.name}:{one.key}") for one in timely]
        with self._log.engine.connect() as connection:
            refused = [refused_as(connection, log, id) for id in ids]
        return [
            _Due(id, one, position, code)
            for id, one, code in zip(ids, timely, refused, strict=True)
            if code in (None, _SILENT, *one.passing) and self._log.answered(log, id) is None
        ]

    def _last_day(self, log: str) -> date:
        """The day on which the log took its last event."""
        (last,) = self._log.read(log, self._log.size(log) - 2, 1)
        return civil_day(last.recorded_at)

    async def _send(self, due: _Due, log: str, now: datetime) -> None:
        asked = Asked(
            log=log, command_id=due.command_id, command=due.timely.command, occurred_at=now, actor=self._actor,
            id=due.timely.id,
        )  # fmt: skip
        try:
            await self._desk.send(asked)
        except Refused as refused:
            if refused.code in _NOT_NOW:
                raise
            if refused.code != _SENT_BEFORE and refused.code not in due.timely.moot:
                await self._told(log, due, refused.code)
                return
        if due.refused_as is not None:
            await self._in_thread(self._forget, log, due)

    async def _told(self, log: str, due: _Due, code: str) -> None:
        """Record a refusal where people see it."""
        if due.refused_as != code:
            logger.warning("timed command refused", command_id=due.command_id, code=code)
            await self._in_thread(self._keep, log, due, code)

    def _keep(self, log: str, due: _Due, code: str) -> None:
        with writing(self._log.engine) as connection:
            keep_refused(connection, log, due.command_id, due.position, code)

    def _forget(self, log: str, due: _Due) -> None:
        with writing(self._log.engine) as connection:
            forget_refused(connection, log, due.command_id)

    async def _in_thread(self, call: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *given)
