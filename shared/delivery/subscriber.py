"""The subscription of a service: a batch reader and a claimer per shard that wake the service's runner.

A message is never applied. It says that a log has reached a position; the runner then reads the log itself. So it does
not matter who wrote the message, nor how often or in which order it arrives.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from shared.delivery import channels, cloudevent
from shared.delivery.broker import heed_cancellation
from shared.delivery.cloudevent import CloudEvent, NotACloudEvent

Wake = Callable[[str, int], Awaitable[object]]
"""`await wake(log, position)`: returns when the runner has applied the log up to the position, or knows that the log
does not hold it (a forged message). It raises when it could not do so now; the message then comes again."""

FAILED_WAKE_PAUSE_SECONDS: Final = 1.0

logger: Final = structlog.get_logger(__name__)


class Subscription:
    """What one service reads. Declared on the broker at once, so that the document shows it; `run` starts it."""

    def __init__(
        self,
        broker: RedisBroker,
        service: str,
        wake: Wake,
        *,
        shards: int = 1,
        batch: int = 500,
        claim_after_seconds: float = 30.0,
        check_seconds: float = 1.0,
        consumer: str | None = None,
    ) -> None:
        self._broker, self._service, self._wake, self._shards = broker, service, wake, shards
        self._consumer = consumer or channels.consumer_name()
        self._claim_after_ms = int(claim_after_seconds * 1000)
        self._check_seconds = check_seconds
        self._endpoints = [
            self._declare(shard, role, batch) for shard in range(shards) for role in ("reader", "claimer")
        ]
        self.connected = False
        """Whether the groups exist and are being read. When not, the runner polls the log."""
        self.received_total = 0
        """Well-formed messages read."""
        self.malformed_total = 0
        """Entries that were no CloudEvents of ours: counted, acknowledged, forgotten."""
        self.failed_total = 0
        """Batches whose wake raised: they stay pending, and the claimer takes them up again."""

    def _declare(self, shard: int, role: str, batch: int) -> Any:  # FastStream's class is not public
        claims = role == "claimer"
        subscriber = self._broker.subscriber(
            stream=StreamSub(
                channels.stream_key(shard),
                group=channels.group_name(self._service),
                consumer=self._consumer,
                batch=True,
                max_records=batch,
                min_idle_time=self._claim_after_ms if claims else None,
                polling_interval=max(100, self._claim_after_ms // 10) if claims else 100,
            ),
            parser=_keep_raw,
            decoder=self._decode,
            ack_policy=AckPolicy.NACK_ON_ERROR,  # on Redis: the entries stay pending
            no_reply=True,
            title=f"{self._service}.{role}.{shard}",
            description=(
                f"Takes over what a dead consumer of {self._service} held."
                if claims
                else f"Wakes the ledgers and reactions of {self._service}, which read the log."
            ),
        )
        subscriber(self._on_events)
        return subscriber

    async def run(self) -> None:
        """Keep the groups in being and their subscribers running, until cancelled.

        A deleted stream (FLUSHALL) stops FastStream's subscribers for good; an absent Redis keeps them failing; a
        read-only one makes them spin. One check, which writes, answers to all three.
        """
        absent_said = False
        try:
            client = await self._broker.connect()
            while True:
                try:
                    recreated = await self._ensure_groups(client)
                    if not self.connected:
                        await self._take_over(client)
                    await self._start_stopped()
                except (RedisError, OSError, TimeoutError) as error:
                    await self._stop()
                    if not absent_said:
                        logger.warning(
                            "redis absent: polling the log", service=self._service, error=type(error).__name__
                        )
                        absent_said = True
                else:
                    if absent_said or (recreated and self.connected):
                        logger.info("stream attached again", service=self._service, groups_made=recreated)
                        absent_said = False
                    self.connected = True
                heed_cancellation()
                await asyncio.sleep(self._check_seconds)
        finally:
            await self._stop()

    async def _ensure_groups(self, client: Redis) -> int:
        """Make the groups that are missing, from the stream's beginning; how many those were.

        FastStream would make them at `$`: what was published before the first start would never be delivered.
        """
        made = 0
        for shard in range(self._shards):
            try:
                await client.xgroup_create(
                    channels.stream_key(shard), channels.group_name(self._service), id="0", mkstream=True
                )
                made += 1
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
        return made

    async def _start_stopped(self) -> None:
        for endpoint in self._endpoints:
            if not endpoint.running:
                # A group that vanishes just now is made again by `start`, by default at `$`, which loses what is in
                # the stream. These say: make it at 0, but read what is new (`last_id="0"` in the declaration would
                # also read its own pending entries, for ever).
                endpoint.last_id, endpoint.read_id = "0", ">"
                await endpoint.start()

    async def _stop(self) -> None:
        self.connected = False
        for endpoint in self._endpoints:
            tasks = list(endpoint.tasks)
            if endpoint.running:
                await endpoint.stop()
            # FastStream cancels them and does not wait: they would outlive the connection pool. And once may not be
            # enough (see `heed_cancellation`).
            while tasks := [task for task in tasks if not task.done()]:
                await asyncio.wait(tasks, timeout=0.1)
                for task in tasks:
                    task.cancel()

    async def _take_over(self, client: Redis) -> None:
        """Let the claimer deliver at once what dead consumers of this host hold, and we ourselves from before.

        The dead are removed. Called while none of our readers runs.
        """
        group = channels.group_name(self._service)
        for shard in range(self._shards):
            stream = channels.stream_key(shard)
            for consumer in await client.xinfo_consumers(stream, group):
                name = consumer["name"].decode()
                if name != self._consumer and not _is_dead(name):
                    continue
                start = "-"
                while held := await client.xpending_range(stream, group, start, "+", 500, consumername=name):
                    ids: Any = [entry["message_id"] for entry in held]  # bytes, typed as what redis-py may be set to
                    # As idle as it takes for the claimer to deliver them at its next turn.
                    await client.xclaim(stream, group, self._consumer, 0, ids, idle=self._claim_after_ms, justid=True)
                    start = "(" + ids[-1].decode()
                if name != self._consumer:
                    await client.xgroup_delconsumer(stream, group, name)
                    logger.info("dead consumer reaped", service=self._service, shard=shard)

    async def _decode(self, message: Any) -> list[CloudEvent]:
        events: list[CloudEvent] = []
        malformed = 0
        for entry in message.raw_message["data"]:
            try:
                events.append(cloudevent.decode(entry))
            except NotACloudEvent:
                malformed += 1
        if malformed:
            self.malformed_total += malformed
            logger.warning("entries that are no CloudEvents", service=self._service, entries=malformed)
        self.received_total += len(events)
        return events

    async def _on_events(self, events: list[CloudEvent]) -> None:
        """Wake the runner once per log of the batch. The batch is acknowledged when this returns."""
        reached: dict[str, int] = {}
        for event in events:
            reached[event.log] = max(event.position, reached.get(event.log, -1))
        answers = await asyncio.gather(*(self._wake(*item) for item in reached.items()), return_exceptions=True)
        errors = [answer for answer in answers if isinstance(answer, BaseException)]
        if errors:
            self.failed_total += 1
            logger.warning(
                "wake failed: the batch stays pending", service=self._service, error=type(errors[0]).__name__
            )
            await asyncio.sleep(FAILED_WAKE_PAUSE_SECONDS)  # the cause is rarely over at once
            raise errors[0]


async def _keep_raw(message: Mapping[str, Any], original: Any) -> Any:
    """Build FastStream's message around the raw entries, which it would decode and encode again, one by one."""
    parsed = await original({**message, "data": []})
    parsed.raw_message = message
    return parsed


def _is_dead(consumer: str) -> bool:
    """Whether a consumer is a process of this host that is gone."""
    host, _, pid = consumer.rpartition("-")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@dataclass(frozen=True, slots=True)
class GroupState:
    """How far a service's group is behind on one shard. The runner's own lag, against the log, is another number."""

    service: str
    shard: int
    lag: int
    """Entries not delivered yet. Where Redis cannot tell (entries deleted by hand), all of the stream's entries."""
    pending: int
    """Delivered and not acknowledged."""
    consumers: int


async def group_states(client: Redis, services: Sequence[str], *, shards: int = 1) -> list[GroupState]:
    """The state of the services' groups, for metrics; a group that does not exist is left out.

    Raises redis' errors when Redis is absent.
    """
    states: list[GroupState] = []
    for shard in range(shards):
        stream = channels.stream_key(shard)
        try:
            groups = {group["name"].decode(): group for group in await client.xinfo_groups(stream)}
        except ResponseError:  # no such stream
            continue
        for service in services:
            if group := groups.get(channels.group_name(service)):
                lag = group.get("lag")
                if lag is None:
                    lag = await client.xlen(stream)
                states.append(GroupState(service, shard, lag, group["pending"], group["consumers"]))
    return states
