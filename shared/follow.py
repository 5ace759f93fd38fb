"""Following the log: a service's runner and its reactions as a task of the event loop.

Woken by the stream; where the stream is silent or Redis is absent, it polls the log. Either way it reads the log
itself.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import ColumnElement, Engine, insert, select, update

from shared.command import Asked, Desk, own_id
from shared.contracts.codes import Role
from shared.contracts.event import Actor, Recorded
from shared.contracts.model import Reaction, Refused, Service
from shared.delivery.channels import is_published
from shared.ledger.fold import Unknown, decoded
from shared.ledger.runner import PAGE, Runner
from shared.ledger.waiting import keep_refused
from shared.log.database import writing
from shared.log.store import Log
from shared.log.tables import reactions

POLL_SECONDS: Final = 0.02
"""Between two looks at the log while there is no stream."""
IDLE_POLL_SECONDS: Final = 1.0
"""The same while the stream wakes us: a safety net."""
GATHER_SECONDS: Final = 0.02
"""Between two pages: while events keep coming, a page of many costs little more than a page of one."""
BUSY_GATHER_SECONDS: Final = 0.04
"""The same after a page of many: commands are answered meanwhile."""
_MANY: Final = 100
WAIT_SECONDS: Final = 10.0
"""How long a reader or a decision waits for the ledgers at the most."""
_REACTIONS_PAGE: Final = 500
_T = TypeVar("_T")

logger: Final = structlog.get_logger(__name__)


class Follower:
    """Keeps one service's ledgers up to the log and sends its reactions."""

    def __init__(
        self, service: Service, log: Log, ledgers: Engine, thread: ThreadPoolExecutor, clock: Callable[[], datetime]
    ) -> None:
        """`thread` has one thread; on SQLite all services share it, as the file has one writer."""
        self.service, self.runner = service, Runner(service, log, ledgers, clock)
        self._log, self._thread = log, thread
        self._reached: dict[str, int] = {}
        self._troubles: dict[tuple[str, str], str] = {}
        self._moved = asyncio.Condition()
        self._wanted, self._to_react = asyncio.Event(), asyncio.Event()
        self.streaming: Callable[[], bool] = lambda: False
        """Whether the stream wakes us; set by the process."""
        self.reactions = Reactions(service, log, self._in_thread)

    async def run(self, desk: Desk) -> None:
        """Follow until cancelled. What goes wrong is logged and tried again; nothing is skipped.

        Ledgers and reactions go on beside each other: a reaction's command may have to wait for the ledgers.
        """

        async def heads() -> Mapping[str, int]:
            found: Mapping[str, int] = await self._in_thread(self._log.heads)
            return {log: size for log, size in found.items() if is_published(log)}  # readings feed no ledger

        async def reached() -> Mapping[str, int]:
            return self.positions()

        async def react(log: str, upto: int) -> bool:
            return await self.reactions.advance(log, upto, desk)

        async with asyncio.TaskGroup() as both:
            both.create_task(self._rounds("ledgers", heads, self._apply, self._wanted))
            both.create_task(self._rounds("reactions", reached, react, self._to_react))

    async def _rounds(
        self,
        what: str,
        logs: Callable[[], Awaitable[Mapping[str, int]]],
        step: Callable[[str, int], Awaitable[int]],
        wanted: asyncio.Event,
    ) -> None:
        """Take a step in every log, over and over, and rest while there is nothing to do. A log that is in trouble is
        tried again; the others go on."""
        troubled: set[str] = set()

        async def tried(where: str, attempt: Awaitable[_T]) -> _T | None:
            try:
                done = await attempt
            except Exception as error:
                if where not in troubled:
                    service, kind = self.service.name, type(error).__name__
                    logger.error(f"{what} interrupted", service=service, log=where, error=kind)
                troubled.add(where)
                self._troubles[what, where] = type(error).__name__
                return None
            troubled.discard(where)
            self._troubles.pop((what, where), None)
            return done

        while True:
            wanted.clear()
            there = await tried("", logs()) or {}
            steps = [await tried(log, step(log, upto)) for log, upto in there.items()]
            if any(steps):
                most = max(filter(None, steps))
                if most < PAGE:  # there is no hurry but behind a full page
                    await asyncio.sleep(BUSY_GATHER_SECONDS if most >= _MANY else GATHER_SECONDS)
                continue
            pause = IDLE_POLL_SECONDS if self.streaming() or wanted is self._to_react else POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the wake-up.
                async with asyncio.timeout(POLL_SECONDS * 10 if troubled else pause):
                    await wanted.wait()

    async def _apply(self, log: str, size: int) -> int:
        """Apply a page of a log that has grown; how many events were read."""
        if self._reached.get(log, -2) >= size - 1:
            return 0
        read: int = await self._in_thread(self.runner.advance, log)
        self._reached[log] = self.runner.reached[log]
        self._to_react.set()
        async with self._moved:
            self._moved.notify_all()
        return read

    def troubles(self) -> list[tuple[str, str]]:
        """What is being tried again, and why: (ledgers or reactions of a log, kind of error)."""
        return [(f"{what} {log}".strip(), kind) for (what, log), kind in self._troubles.items()]

    def nudge(self) -> None:
        """Look at the log now."""
        self._wanted.set()

    async def wake(self, log: str, position: int) -> None:
        """Return when the ledgers hold the position, or the log is known not to have it (a forged message)."""
        if self._reached.get(log, -1) >= position:
            return
        size = await self._in_thread(self._log.size, log)
        await self.reach(log, min(position, size - 1))

    async def caught_up(self, log: str) -> None:
        """Return when the ledgers hold all that the log holds now; raises `Refused("ledger_behind")`."""
        size = await self._in_thread(self._log.size, log)
        await self.reach(log, size - 1)

    async def reach(self, log: str, position: int, seconds: float = WAIT_SECONDS) -> None:
        """Return when the ledgers hold a position; raises `Refused("ledger_behind")` when they do not in time."""
        if self._reached.get(log, -1) >= position:
            return
        self._wanted.set()
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self._reached.get(log, -1) >= position)
        except TimeoutError:
            raise Refused("ledger_behind", field="at_least", position=self._reached.get(log, -1)) from None

    def positions(self) -> Mapping[str, int]:
        """Per log, the position that the ledgers have reached."""
        return dict(self._reached)

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)


@dataclass(frozen=True, slots=True)
class _Reacting:
    """A reaction's command on its way."""

    recorded: Recorded
    asked: Asked


class Reactions:
    """Events of other services → commands of this one, each with an id derived from the event, so that a reaction
    that is sent twice has one effect. Their checkpoint stands with the log: a rebuild or loss of ledgers never reacts,
    and a reaction that was refused stays refused."""

    def __init__(self, service: Service, log: Log, in_thread: Callable[..., Any]) -> None:
        self._service, self._log, self._in_thread = service, log, in_thread
        self._by_event: dict[type, list[Reaction]] = {}
        for reaction in service.reactions:
            for event in reaction.on:
                self._by_event.setdefault(event, []).append(reaction)
        self._done: dict[str, int] = {}
        self._actor = Actor(id=f"service:{service.name}", role=Role.SERVICE)

    def position(self, log: str) -> int:
        """The last position whose reactions have been sent."""
        return self._done.get(log, -1)

    async def advance(self, log: str, upto: int, desk: Desk) -> bool:
        """React to the next page of what the ledgers hold already; whether there was anything."""
        if log not in self._done:
            self._done[log] = await self._in_thread(self._load, log)
        after = self._done[log]
        if not self._by_event:
            self._done[log] = max(after, upto)
        if self._done[log] >= upto:
            return False
        page = await self._in_thread(self._log.raw, log, after, min(_REACTIONS_PAGE, upto - after))
        items = decoded(self._log.codec, page)
        # An unknown event may be one to react to, for a newer program: wait for it, as its ledgers do.
        known = items[: next((n for n, item in enumerate(items) if isinstance(item, Unknown)), len(items))]
        if not known:
            return False
        sent = [reacting for item in known if isinstance(item, Recorded) for reacting in self._reacting(item)]
        refused = [found for found in await asyncio.gather(*(self._send(desk, one) for one in sent)) if found]
        if sent:  # where there was nothing to send, nothing is lost by looking again after a restart
            await self._in_thread(self._save, log, known[-1].position, refused)
        self._done[log] = known[-1].position
        return True

    def _reacting(self, recorded: Recorded) -> list[_Reacting]:
        found = []
        for reaction in self._by_event.get(type(recorded.event), ()):
            for number, sent in enumerate(reaction.react(recorded)):
                command_id = own_id(f"{recorded.log}/{recorded.position}:{reaction.name}:{number}")
                asked = Asked(
                    log=recorded.log, command_id=command_id, command=sent.command, occurred_at=recorded.occurred_at,
                    actor=self._actor, id=sent.id, cause=f"{recorded.log}/{recorded.position}",
                )  # fmt: skip
                found.append(_Reacting(recorded, asked))
        return found

    async def _send(self, desk: Desk, reacting: _Reacting) -> dict[str, Any] | None:
        """Send one; a refusal is recorded where people see it, not tried for ever."""
        try:
            await desk.send(reacting.asked)
        except Refused as refused:
            if refused.code in ("busy", "ledger_behind"):
                raise  # not an answer to the command: the page is tried again
            logger.warning("reaction refused", command_id=reacting.asked.command_id, code=refused.code)
            position, command_id = reacting.recorded.position, reacting.asked.command_id
            return {"position": position, "command_id": command_id, "code": refused.code}
        return None

    def _mine(self, log: str) -> ColumnElement[bool]:
        return (reactions.c.log == log) & (reactions.c.service == self._service.name)

    def _load(self, log: str) -> int:
        with self._log.engine.connect() as connection:
            found = connection.execute(select(reactions.c.position).where(self._mine(log))).scalar()
        return -1 if found is None else found

    def _save(self, log: str, position: int, refused: list[dict[str, Any]]) -> None:
        with writing(self._log.engine) as connection:
            moved = connection.execute(update(reactions).where(self._mine(log)).values(position=position))
            if not moved.rowcount:
                connection.execute(insert(reactions).values(log=log, service=self._service.name, position=position))
            for one in refused:
                keep_refused(connection, log, **one)
