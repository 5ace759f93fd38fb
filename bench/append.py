"""Appending: through the command path, and of proposals that are ready, with one or many in flight."""

import asyncio
import gc
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from bench.timing import Timed
from bench.work import LOG, Counter, Lane, draw_up, proposal
from shared.contracts.assignment import VisitCompleted
from shared.log.append import Appended, Proposal
from shared.log.appender import Appender


async def commands(counter: Counter, lanes: Sequence[Lane], seconds: float) -> Timed:
    """Take commands from as many lanes as are to be in flight; each waits for its answer before its next."""
    draw_up(lanes, seconds)
    return await _in_flight(counter.take, lanes, seconds)


async def ready(appender: Appender, lanes: int, seconds: float) -> Timed:
    """Append proposals that are decided already."""
    return await _in_flight(appender.append, [_proposals() for _ in range(lanes)], seconds)


_lanes = itertools.count()


def _proposals() -> Iterator[Proposal]:
    stream = f"handling/ready{next(_lanes)}"
    box = "sealed:1:case/0#:" + "A" * 100
    for version in itertools.count():
        visit = VisitCompleted(
            visit="v1", officer="officer-1", community=f"{LOG}001", grid="grid-1", must=False, diary=box
        )
        yield proposal("assignment", stream, version, visit)


async def _in_flight(send: Callable[[Any], Awaitable[Any]], lanes: Sequence[Iterator[Any]], seconds: float) -> Timed:
    latencies: list[float] = []
    gc.collect()
    gc.freeze()  # as the running node does
    start = time.perf_counter()
    end = start + seconds

    async def one(lane: Iterator[Any]) -> None:
        while (before := time.perf_counter()) < end:
            outcome = await send(next(lane))
            latencies.append(time.perf_counter() - before)
            assert isinstance(outcome, Appended), "nothing is refused here"

    await asyncio.gather(*(one(lane) for lane in lanes))
    return Timed(len(latencies), time.perf_counter() - start, latencies)
