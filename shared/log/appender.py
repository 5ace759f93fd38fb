"""Group commit: all that wait are appended together, in one transaction, by one thread.

While a batch is being committed the next one gathers; so one request alone waits for one commit, and two hundred
requests share one. One appender serves a process.
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
PAUSE_SECONDS = 0.001
"""After a batch of a crowd, the next one waits this long for more: each costs as much as several of its members."""


class Appender:
    """Takes proposals from the event loop and appends them, in batches of one log each."""

    def __init__(self, log: Log, appended: Callable[[str], None] = lambda log: None) -> None:
        """`appended(log)` is called in the loop after each commit: it wakes whoever tails the log."""
        self._log, self._appended = log, appended
        self._waiting: dict[str, deque[tuple[Proposal, asyncio.Future[Outcome]]]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="appender")
        self._running: asyncio.Task[None] | None = None
        self._crowd = 0
        """How many the last batch was of."""

    async def append(self, proposal: Proposal) -> Outcome:
        """The outcome, once it is durable. Raises what the database raises; where the connection was lost, only the
        same command id, sent again, tells whether it was appended."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(proposal.log, deque()).append((proposal, future))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                if self._crowd >= CROWD:
                    await asyncio.sleep(PAUSE_SECONDS)
                log = next(iter(self._waiting))
                queue = self._waiting.pop(log)
                batch = [queue.popleft() for _ in range(min(LARGEST_BATCH, len(queue)))]
                self._crowd = len(batch)
                if queue:
                    self._waiting[log] = queue  # behind the other logs: each gets its turn
                outcomes = await loop.run_in_executor(self._thread, self._append, [proposal for proposal, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if future.done():
                        continue  # the asker has gone away; the event is in the log all the same
                    if isinstance(outcome, Exception):
                        future.set_exception(outcome)
                    else:
                        future.set_result(outcome)
                self._appended(log)
        finally:
            self._running = None

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
        """Wait for what is under way."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()


def _is_outage(error: Exception) -> bool:
    """Whether the database is at fault: DB-API 2.0 gives both drivers' errors the same names."""
    names = {cls.__name__ for cls in type(error).__mro__}
    return isinstance(error, SQLAlchemyError | OSError) or bool(names & {"OperationalError", "InterfaceError"})
