"""A consumer that reads and never acknowledges: `hold_process.py URL CONSUMER`. Prints a line when it holds entries."""

import asyncio
import sys

from shared.delivery.broker import make_broker
from shared.delivery.subscriber import Subscription


async def hold(log: str, position: int) -> None:
    print("holding", position, flush=True)
    await asyncio.sleep(600)


async def main(url: str, consumer: str) -> None:
    await Subscription(make_broker(url), "intake", hold, consumer=consumer or None).run()


asyncio.run(main(sys.argv[1], sys.argv[2]))
