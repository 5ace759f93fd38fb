"""Group commit: all that wait are appended together, in one transaction, by one thread.

While a batch is being committed the next one gathers; so one request alone waits for one commit, and two hundred
requests share one. One appender serves a process.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.log.append import Outcome, Proposal
from shared.log.store import Log

LARGEST_BATCH = 500


class Appender:
    """Takes proposals from the event loop and appends them, in batches of one log each."""

    def __init__(self, log: Log, appended: Callable[[str], None] = lambda log: None) -> None:
        """`appended(log)` is called in the loop after each commit: it wakes whoever tails the log."""
        self._log, self._appended = log, appended
        self._waiting: dict[str, deque[tuple[Proposal, asyncio.Future[Outcome]]]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="appender")
        self._running: asyncio.Task[None] | None = None

    async def append(self, proposal: Proposal) -> Outcome:
        """The outcome, once it is durable. Raises what the database raises; nothing was appended then."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(proposal.log, deque()).append((proposal, future))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                log = next(iter(self._waiting))
                queue = self._waiting.pop(log)
                batch = [queue.popleft() for _ in range(min(LARGEST_BATCH, len(queue)))]
                if queue:
                    self._waiting[log] = queue  # behind the other logs: each gets its turn
                try:
                    outcomes = await loop.run_in_executor(
                        self._thread, self._log.append, [proposal for proposal, _ in batch]
                    )
                except Exception as error:
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():  # the asker may have gone away; the event is in the log all the same
                        future.set_result(outcome)
                self._appended(log)
        finally:
            self._running = None

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()
