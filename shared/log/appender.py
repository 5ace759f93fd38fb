"""Group commit: all that wait are appended together, in one transaction, by one thread.

While a batch is being committed the next one gathers; so one request alone waits for one commit, and two hundred
requests share a few. One appender serves a process.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from shared.log.append import Outcome, Proposal
from shared.log.store import Log

LARGEST_BATCH = 500
CROWD = 4
LOT = 64
"""In a crowd, so many are sent off without waiting for more: they are committed while others are being decided."""
PAUSE_SECONDS = 0.001
"""In a crowd, fewer than a lot wait this long for more: each transaction costs as much as several of its members."""

_Asked = tuple[Proposal, "asyncio.Future[Outcome]"]


class Appender:
    """Takes proposals from the event loop and appends them, in batches of one log each."""

    def __init__(self, log: Log, appended: Callable[[str], None] = lambda log: None) -> None:
        """`appended(log)` is called in the loop after each commit: it wakes whoever tails the log."""
        self._log, self._appended = log, appended
        self._waiting: dict[str, deque[_Asked]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="appender")
        self._busy = False
        """Whether a batch is being committed."""
        self._planned: asyncio.Handle | None = None
        """When the next one is to be sent off, unless a lot comes together before."""
        self._crowd = 0
        """How many the last batch was of."""
        self._idle: asyncio.Future[None] | None = None
        """Done when nothing is under way any more."""
        self._closed = False

    def append(self, proposal: Proposal) -> "asyncio.Future[Outcome]":
        """The outcome, once it is durable. Raises what the database raises; where the connection was lost, only the
        same command id, sent again, tells whether it was appended. Raises `RuntimeError` once it is closed."""
        if self._closed:
            raise RuntimeError("this appender is closed")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(proposal.log, deque()).append((proposal, future))
        if not self._busy:
            self._plan()
        return future

    def _plan(self) -> None:
        """Send off a lot at once; else wait for more, in a crowd a little longer."""
        loop = asyncio.get_running_loop()
        crowded = self._crowd >= CROWD
        if crowded and any(len(queue) >= LOT for queue in self._waiting.values()):
            self._send_off()
        elif self._planned is None and crowded:
            self._planned = loop.call_later(PAUSE_SECONDS, self._send_off)
        elif self._planned is None:
            self._planned = loop.call_soon(self._send_off)

    def _send_off(self) -> None:
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None
        log = next(iter(self._waiting))
        queue = self._waiting.pop(log)
        batch = [queue.popleft() for _ in range(min(LARGEST_BATCH, len(queue)))]
        if queue:
            self._waiting[log] = queue  # behind the other logs: each gets its turn
        self._busy, self._crowd = True, len(batch)
        self._thread.submit(self._work, asyncio.get_running_loop(), log, batch)

    def _work(self, loop: asyncio.AbstractEventLoop, log: str, batch: list[_Asked]) -> None:
        outcomes: list[Outcome | Exception]
        try:
            outcomes = self._append([proposal for proposal, _ in batch])
        except BaseException as error:  # whatever ends this thread, nobody may wait for ever
            outcomes = [RuntimeError(f"the appender was interrupted: {type(error).__name__}")] * len(batch)
        loop.call_soon_threadsafe(self._done, log, batch, outcomes)

    def _done(self, log: str, batch: list[_Asked], outcomes: list[Outcome | Exception]) -> None:
        self._busy = False
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # the asker has gone away; the event is in the log all the same
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if self._waiting:
            self._plan()
        elif self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
        self._appended(log)

    def _append(self, batch: list[Proposal]) -> list[Outcome | Exception]:
        """The outcomes. A proposal that cannot be appended at all (not its owner's, not sealed, not storable) fails
        alone; a database that is away fails all."""
        try:
            return list(self._log.append(batch))
        except Exception as error:
            if len(batch) == 1 or _is_outage(error):
                return [error] * len(batch)
        return [outcome for proposal in batch for outcome in self._append([proposal])]

    async def close(self) -> None:
        """Wait for what is under way, and take nothing more."""
        self._closed = True
        if self._busy or self._waiting:
            self._idle = self._idle or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._idle)
        self._thread.shutdown()


def _is_outage(error: Exception) -> bool:
    """Whether the database is at fault: DB-API 2.0 gives both drivers' errors the same names."""
    names = {cls.__name__ for cls in type(error).__mro__}
    return isinstance(error, SQLAlchemyError | OSError) or bool(names & {"OperationalError", "InterfaceError"})
