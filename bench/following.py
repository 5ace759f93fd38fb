"""From a command's reply until a reader of the ledgers sees what came of it, on the whole node."""

import asyncio
import time
from collections.abc import Sequence

from bench.timing import Timed
from bench.work import LOG, Ask, Counter, rounds_of
from services.together import settled, together
from shared.settings import Settings

PER_SECOND = 500


async def visible(settings: Settings, cases: Sequence[str], seconds: float) -> Timed:
    """Commands at an even pace, whatever the answers take; how long each row takes to be seen after its reply."""
    async with together(settings) as node:
        await settled(node)
        counter, lanes = Counter(node), [rounds_of([case]) for case in cases]
        follower = node.followers["assignment"]
        latencies: list[float] = []

        async def one(ask: Ask) -> None:
            appended = await counter.take(ask)
            replied = time.perf_counter()
            await follower.reach(LOG, appended.position)
            latencies.append(time.perf_counter() - replied)

        for lane in lanes:  # states and facts come to memory
            await counter.take(next(lane))
        start = time.perf_counter()
        asked = []
        for number in range(int(PER_SECOND * seconds)):
            due = start + number / PER_SECOND
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            asked.append(asyncio.create_task(one(next(lanes[number % len(lanes)]))))
        await asyncio.gather(*asked)
        return Timed(len(latencies), time.perf_counter() - start, latencies)
