"""Look-ups that are asked for at the same time, answered together: one query in a thread instead of one each.

While a batch is being looked up the next one gathers, as with appending; so one request alone waits for one query, and
two hundred share a few.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from shared.log.appender import CROWD, LARGEST_BATCH, PAUSE_SECONDS

_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found")


class Gathered(Generic[_Key, _Found]):
    """Asks `find(keys)` for many keys at once. Used by one event loop."""

    def __init__(self, find: Callable[[Sequence[_Key]], Mapping[_Key, _Found]]) -> None:
        """`find` runs in a thread and gives something for every key."""
        self._find = find
        self._waiting: dict[_Key, list[asyncio.Future[_Found]]] = {}
        self._running: asyncio.Task[None] | None = None
        self._crowd = 0
        """How many the last batch was of."""

    async def get(self, key: _Key) -> _Found:
        """What is found, as it stands after this was asked. Raises what `find` raises."""
        future: asyncio.Future[_Found] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                if self._crowd >= CROWD:
                    await asyncio.sleep(PAUSE_SECONDS)
                batch = {key: self._waiting.pop(key) for key in list(self._waiting)[:LARGEST_BATCH]}
                self._crowd = len(batch)
                try:
                    self._answer(batch, await asyncio.to_thread(self._find, list(batch)))
                except Exception:  # one key may be what is wrong: each is looked up by itself, and fails alone
                    for key, waiting in batch.items():
                        await self._alone(key, waiting)
        finally:
            self._running = None

    async def _alone(self, key: _Key, waiting: list[asyncio.Future[_Found]]) -> None:
        try:
            self._answer({key: waiting}, await asyncio.to_thread(self._find, [key]))
        except Exception as error:
            for future in waiting:
                if not future.done():
                    future.set_exception(error)

    def _answer(self, batch: Mapping[_Key, Sequence[asyncio.Future[_Found]]], found: Mapping[_Key, _Found]) -> None:
        for key, waiting in batch.items():
            for future in waiting:
                if not future.done():  # the asker may have gone away
                    future.set_result(found[key])
