"""The broker: FastStream on Redis, with every publisher declared, so that the AsyncAPI document shows them."""

import asyncio

from faststream.redis import RedisBroker, StreamSub
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from shared.delivery import channels
from shared.delivery.cloudevent import CloudEvent

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
"""How long a connection and an answer may take before Redis counts as absent."""


def connect(url: str) -> Redis:
    """A plain client, for the relay and the metrics. It fails fast: those who use it retry in their own way."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def heed_cancellation() -> None:
    """Raise `CancelledError` if this task was asked to end: redis-py swallows a cancellation that meets an answer.

    To be called once in every endless loop that awaits Redis; without it such a loop now and then cannot be stopped.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def make_broker(url: str, *, shards: int = 1, stream_length: int = 100_000) -> RedisBroker:
    """A broker that is not connected yet, with one declared publisher per shard.

    The relay publishes by raw pipelines (several times faster); the declaration says the same in the document.
    Start subscriptions by `Subscription.run`, never by a FastStream app: an app exits, with code 0, when a stream is
    deleted. FastStream's own logger is off because it writes a traceback per attempt while Redis is away; the
    subscription logs each change once.
    """
    broker = RedisBroker(
        url,
        apply_types=False,
        logger=None,  # type: ignore[arg-type]  # None is taken as silence; the annotation leaves it out
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    for shard in range(shards):
        broker.publisher(
            stream=StreamSub(channels.stream_key(shard), maxlen=stream_length),
            title=f"relay.{shard}",
            description="The relay publishes every event of the logs of this shard, in order per log, at least once.",
            schema=CloudEvent,
        )
    return broker
