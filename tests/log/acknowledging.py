"""A process that appends for ever, fifty askers at once, and prints each command id after its acknowledgement:
`python -m tests.log.acknowledging URL`. It is there to be killed."""

import asyncio
import sys

from shared.clock import utc_now
from shared.log.append import Appended
from shared.log.appender import Appender
from shared.log.database import open_engine
from shared.log.opening import open_log
from tests.parts import CODEC, proposal, voided, withdrawn

ASKERS = 50


async def main(url: str) -> None:
    appender = Appender(open_log(open_engine(url), CODEC, utc_now))

    async def ask(asker: int) -> None:
        version = 0
        while True:
            one = proposal(f"case/{asker}", version, withdrawn(version), voided(version))
            outcome = await appender.append(one)
            assert isinstance(outcome, Appended)
            version = outcome.version
            print(one.command_id, outcome.position, flush=True)

    await asyncio.gather(*(ask(asker) for asker in range(ASKERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
