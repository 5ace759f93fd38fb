"""A log in memory, a runner that records what it applies, and patience. All data is invented (synthetic)."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psutil
from redis.asyncio import Redis

from shared.delivery import channels
from shared.delivery.broker import connect, make_broker
from shared.delivery.subscriber import Subscription

ROOT = Path(__file__).parents[2]
LOG = "410105010"
OTHER_LOG = "410105011"
TYPE = "sanguan.intake.case-reported.v1"
PATIENCE_SECONDS = 60.0
"""How long a test waits before it calls something lost. It passes as soon as it is there."""


@dataclass(frozen=True)
class Event:
    log: str
    position: int
    bytes: bytes


class MemoryLog:
    """Satisfies the relay's `LogReader`."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = defaultdict(list)

    def append(self, log: str = LOG, count: int = 1, summary: str = "邻里纠纷（虚构）") -> None:
        for _ in range(count):
            position = len(self.events[log])
            envelope = {
                "log": log, "stream": f"case/c-{position}", "version": 1, "type": TYPE, "command_id": f"k-{position}",
                "ordinal": 0, "actor": {"id": "clerk-1", "role": "clerk", "on_behalf_of": None}, "cause": None,
                "occurred_at": "2015-06-11T09:00:00+08:00", "recorded_at": "2015-06-11T10:00:00+08:00",
                "facts_at": None, "data": {"case": f"c-{position}", "summary": summary},
            }  # fmt: skip
            self.events[log].append(Event(log, position, msgspec.json.encode(envelope, order="sorted")))

    def heads(self) -> dict[str, int]:
        return {log: len(events) for log, events in list(self.events.items())}

    def read(self, log: str, after: int, limit: int) -> Sequence[Event]:
        return self.events[log][after + 1 : after + 1 + limit]

    def ids(self, log: str = LOG) -> list[str]:
        return [f"{event.log}/{event.position}" for event in self.events[log]]


class Runner:
    """Applies the log from its own checkpoint up to where it is woken; `rows` is its ledger."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self.rows: list[str] = []
        self.checkpoints: dict[str, int] = defaultdict(lambda: -1)
        self.woken: list[tuple[str, int]] = []
        self.failing = False

    async def wake(self, log: str, position: int) -> None:
        if self.failing:
            raise ConnectionError("the ledgers' database is away")
        self.woken.append((log, position))
        if log in self._log.events and self.checkpoints[log] < position:
            for event in self._log.read(log, self.checkpoints[log], 1_000_000):
                self.rows.append(f"{event.log}/{event.position}")
                self.checkpoints[log] = event.position


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


async def eventually(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until it holds; fail, naming what did not come, when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come: {what}")
        await asyncio.sleep(0.01)


def eventually_now(condition: Callable[[], bool], what: str) -> None:
    """`eventually` for tests that are not asynchronous."""
    asyncio.run(eventually(condition, what))


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator["asyncio.Task[None]"]:
    """Run it beside the body, and cancel it after; if it ended by itself with an error, that error is raised."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def redis_at(url: str) -> AsyncIterator[Any]:
    """A plain client (untyped: redis-py's answers are unions of all that it may be set to give)."""
    client = connect(url)
    try:
        yield client
    finally:
        await client.aclose()


@contextlib.asynccontextmanager
async def subscribed(url: str, runner: Runner, **options: Any) -> AsyncIterator[Subscription]:
    """A subscription of `intake` that runs beside the body."""
    broker = make_broker(url)
    subscription = Subscription(broker, "intake", runner.wake, check_seconds=0.05, **options)
    try:
        async with running(subscription.run()):
            yield subscription
    finally:
        await broker.stop()


async def pending(client: Redis, shard: int = 0) -> int:
    """Entries of `intake` that were delivered and not acknowledged."""
    summary = await client.xpending(channels.stream_key(shard), channels.group_name("intake"))
    return int(summary["pending"])


async def messages(client: Any, shard: int = 0) -> list[dict[str, Any]]:
    entries = await client.xrange(channels.stream_key(shard))
    return [msgspec.json.decode(fields[b"__data__"]) for _, fields in entries]


@contextlib.contextmanager
def process(script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A script of tests/delivery in a process of its own, killed at the end whatever happens."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def said(child: "subprocess.Popen[str]") -> str:
    """The next line that the process prints."""
    assert child.stdout is not None
    line = child.stdout.readline().strip()
    assert line, "the process ended without a word"
    return line


def is_running(pid: int) -> bool:
    """Whether a process lives (one that is dead and not yet reaped does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
