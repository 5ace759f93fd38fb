"""The relay: tails the log and publishes CloudEvents, at least once.

Nothing that matters depends on it. It never holds an append back, it may publish an event twice, and what Redis
forgets it publishes again: enough to wake every consumer, who then reads the log.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine

from shared.delivery import channels, cloudevent
from shared.delivery.broker import heed_cancellation
from shared.delivery.cloudevent import Stored
from shared.delivery.tables import load_positions, save_positions

T = TypeVar("T")

logger: Final = structlog.get_logger(__name__)

BACKOFF_SECONDS: Final = (0.1, 2.0)
"""The first pause after a failure and the longest; each is twice the one before."""


class LogReader(Protocol):
    """What the relay needs of the log. Synchronous: it is called on the relay's own thread, and on no other."""

    def heads(self) -> Mapping[str, int]:
        """Per log, the number of its events."""

    def read(self, log: str, after: int, limit: int) -> Sequence[Stored]:
        """The next events after a position (-1: from the beginning), in order, without gaps."""


class Relay:
    """Publishes one log store to Redis, until cancelled.

    `wake` tells it of an append in this process; appends of others it finds by asking for the heads every
    `poll_seconds`. Streams are trimmed to about `stream_length` entries, since a consumer that lags reads the log;
    for the same reason the relay jumps over what would be trimmed at once. After Redis has lost its memory, up to
    `rewind` events of each log are published again.
    """

    def __init__(
        self,
        reader: LogReader,
        engine: Engine,
        redis: Redis,
        *,
        shards: int = 1,
        stream_length: int = 100_000,
        page: int = 500,
        rewind: int = 1_000,
        poll_seconds: float = 0.02,
        check_seconds: float = 1.0,
    ) -> None:
        self._reader, self._engine, self._redis = reader, engine, redis
        self._shards, self._stream_length, self._page, self._rewind = shards, stream_length, page, rewind
        self._poll_seconds, self._check_seconds = poll_seconds, check_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="relay")
        self._woken = asyncio.Event()
        self._published: dict[str, int] = {}
        self._saved: dict[str, int] | None = None
        self._checked_at = -check_seconds
        self._filled: set[int] = set()  # shards whose stream held entries when last looked at
        self.connected = False
        """Whether the last attempt reached Redis."""
        self.published_total = 0
        """Messages handed to Redis by this process, repetitions included."""

    def wake(self) -> None:
        """Say that something was appended. To be called on the relay's event loop; costs nothing, never blocks."""
        self._woken.set()

    def position(self, log: str) -> int:
        """The last position of the log that was published; -1 for none."""
        return self._published.get(log, -1)

    async def run(self) -> None:
        """Publish until cancelled. A failing Redis or log is retried, with growing pauses, and logged once."""
        pause = BACKOFF_SECONDS[0]
        trouble: str | None = None
        try:
            while True:
                heed_cancellation()
                self._woken.clear()
                try:
                    more = await self._round()
                except Exception as error:  # whatever it is, events must flow again when it is over
                    self.connected = not isinstance(error, RedisError | OSError)
                    if trouble != type(error).__name__:
                        trouble = type(error).__name__
                        logger.warning("relay interrupted", error=trouble, redis=not self.connected)
                    self._checked_at = -self._check_seconds  # a server that comes back may have forgotten
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, BACKOFF_SECONDS[1])
                    continue
                if trouble is not None:
                    logger.info("relay resumed", after=trouble)
                    trouble = None
                self.connected, pause = True, BACKOFF_SECONDS[0]
                if not more:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._poll_seconds):
                            await self._woken.wait()
        finally:
            await self._close()

    async def _round(self) -> bool:
        """Publish one page of every log that has grown; true when some log has more."""
        if self._saved is None:
            self._saved = await self._in_thread(partial(load_positions, self._engine))
            self._published = dict(self._saved)
        heads = {k: size for k, size in (await self._in_thread(self._reader.heads)).items() if channels.is_published(k)}
        # Never beyond the log's end: it may have been restored from a backup.
        self._published = {name: min(self.position(name), size - 1) for name, size in heads.items()}
        if time.monotonic() - self._checked_at >= self._check_seconds:
            for shard in range(self._shards):
                await self._check(shard)
            await self._save()
            self._checked_at = time.monotonic()
        more = False
        waiting: dict[int, list[Stored]] = {}
        for name, size in heads.items():
            after = max(self._published[name], size - 1 - self._stream_length)
            if after + 1 >= size:
                continue
            events = await self._in_thread(partial(self._reader.read, name, after, self._page))
            more = more or after + 1 + len(events) < size
            shard = channels.shard_of(name, self._shards)
            queue = waiting.setdefault(shard, [])
            queue.extend(events)
            if len(queue) >= self._page:
                more = await self._publish(shard, waiting.pop(shard)) or more
        for shard, queue in waiting.items():
            more = await self._publish(shard, queue) or more
        return more

    async def _publish(self, shard: int, events: Sequence[Stored]) -> bool:
        """Hand events to a stream, then the account of it; true if the stream turned out to have been emptied."""
        stream = channels.stream_key(shard)
        positions = {event.log: event.position for event in events}  # in order, so the last one stays
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xlen(stream)
        for event in events:
            pipeline.execute_command(
                "XADD",
                stream,
                "MAXLEN",
                "~",
                self._stream_length,
                "*",
                channels.DATA_FIELD,
                cloudevent.encode(event),
            )
        for name, position in positions.items():
            pipeline.hset(channels.account_key(shard), name, str(position))
        length, *_ = await pipeline.execute()
        self.published_total += len(events)
        emptied = length == 0 and shard in self._filled
        self._published.update(positions)
        self._filled.add(shard)
        if emptied:
            self._rewind_to(shard, {})
        return emptied

    async def _check(self, shard: int) -> None:
        """Compare what Redis says that it was given with what was published, and go back to the former."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xlen(channels.stream_key(shard))
        pipeline.hgetall(channels.account_key(shard))
        length, account = await pipeline.execute()
        if length:
            self._filled.add(shard)
        given = {name.decode(): int(position) for name, position in account.items()} if length else {}
        if any(given.get(name, -1) < self.position(name) for name in self._logs_of(shard)):
            self._rewind_to(shard, given)

    def _rewind_to(self, shard: int, given: Mapping[str, int]) -> None:
        names = list(self._logs_of(shard))
        depth = max(1, min(self._rewind, self._stream_length // len(names)))
        logger.warning("stream lost entries: publishing again", shard=shard, logs=len(names))
        self._filled.discard(shard)  # what is missing is known now
        for name in names:
            position = self._published[name]
            self._published[name] = min(position, given.get(name, max(-1, position - depth)))

    def _logs_of(self, shard: int) -> Iterable[str]:
        return [name for name in self._published if channels.shard_of(name, self._shards) == shard]

    async def _save(self) -> None:
        """Keep the positions, seldom: a database has better to do, and publishing again does no harm."""
        changed = {k: v for k, v in self._published.items() if self._saved is None or self._saved.get(k) != v}
        if changed:
            await self._in_thread(partial(save_positions, self._engine, changed))
            self._saved = dict(self._published)

    async def _close(self) -> None:
        try:
            await self._save()
        except Exception as error:  # the next relay publishes a little again
            logger.warning("relay position not saved", error=type(error).__name__)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
