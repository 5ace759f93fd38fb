"""A relay over an invented log: `relay_process.py URL DIR EVENTS`. Says so when it has published half of them."""

import asyncio
import sys
from pathlib import Path

from shared.delivery.relay import Relay
from tests.delivery.conftest import make_engine
from tests.delivery.parts import LOG, MemoryLog, eventually, redis_at, running


async def main(url: str, directory: Path, count: int) -> None:
    log = MemoryLog()
    log.append(count=count)
    async with redis_at(url) as client:
        relay = Relay(log, make_engine(directory), client, page=10)
        async with running(relay.run()):
            await eventually(lambda: relay.position(LOG) >= count // 2, "half of it")
            print("half", flush=True)
            await asyncio.sleep(600)


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
