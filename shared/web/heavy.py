"""Reads that replay a log or write a whole ledger into a file: a few at a time, beside the command path."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from shared.contracts.model import Refused

_T = TypeVar("_T")


class HeavyReads:
    """Threads of their own, so that no number of such reads takes those that commands need."""

    def __init__(self, threads: int = 2, waiting: int = 16) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="heavy")
        self._room = threads + waiting

    async def run(self, read: Callable[..., _T], *given: Any) -> _T:
        """What the read gives; raises `Refused("busy")` where too many wait already."""
        if not self._room:
            raise Refused("busy")
        self._room -= 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, read, *given)
        work.add_done_callback(self._leave)  # where its reader is gone, a read that has begun goes on to its end
        return await asyncio.shield(work)

    def _leave(self, work: "asyncio.Future[Any]") -> None:
        self._room += 1
        if not work.cancelled():
            work.exception()  # it may be nobody who hears of it


HEAVY: Final = HeavyReads()
"""Those of this process, whatever its services."""
