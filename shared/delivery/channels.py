"""Where an event goes: shards, keys and names on Redis Streams."""

import os
import socket
import zlib
from typing import Final

DATA_FIELD: Final = "__data__"
"""The one field of a stream entry: the CloudEvent itself, as JSON. FastStream reads it, and so does any client."""


def shard_of(log: str, shards: int) -> int:
    """The shard of a log: CRC-32 of its name modulo the number of shards, the same in every process and language."""
    return zlib.crc32(log.encode()) % shards


def stream_key(shard: int) -> str:
    """The stream of a shard. The braces are Redis Cluster's hash tag and belong to the key."""
    return f"sanguan:events:{{{shard}}}"


def account_key(shard: int) -> str:
    """A hash beside the stream: per log, the last position that the stream was given (same slot as the stream).

    It is Redis' own word on what it was told, so that a relay notices when Redis has forgotten.
    """
    return f"sanguan:relay:{{{shard}}}"


def group_name(service: str) -> str:
    """The consumer group of a service: each service sees every event once."""
    return f"sanguan:{service}"


def consumer_name(pid: int | None = None) -> str:
    """The consumer of a process (this one by default): host and pid, so that the dead ones of a host are known."""
    return f"{socket.gethostname()}-{os.getpid() if pid is None else pid}"


def is_published(log: str) -> bool:
    """Whether the events of a log go to the stream. Readings of personal data (`<log>.access`) never do."""
    return not log.endswith(".access")
