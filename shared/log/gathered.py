"""Look-ups that are asked for at the same time, answered together: one query in a thread instead of one each.

While a batch is being looked up the next one gathers, as with appending; so one request alone waits for one query, and
two hundred share a few.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Found = TypeVar("_Found")

LARGEST_BATCH = 500


class Gathered(Generic[_Key, _Found]):
    """Asks `find(keys)` for many keys at once. Used by one event loop."""

    def __init__(self, find: Callable[[Sequence[_Key]], Mapping[_Key, _Found]]) -> None:
        """`find` runs in a thread and gives something for every key."""
        self._find = find
        self._waiting: dict[_Key, list[asyncio.Future[_Found]]] = {}
        self._running: asyncio.Task[None] | None = None

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
                batch = {key: self._waiting.pop(key) for key in list(self._waiting)[:LARGEST_BATCH]}
                try:
                    found = await asyncio.to_thread(self._find, list(batch))
                except Exception as error:
                    for future in (one for waiting in batch.values() for one in waiting):
                        if not future.done():
                            future.set_exception(error)
                    continue
                for key, waiting in batch.items():
                    for future in waiting:
                        if not future.done():  # the asker may have gone away
                            future.set_result(found[key])
        finally:
            self._running = None
