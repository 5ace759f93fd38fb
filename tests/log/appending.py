"""A process that appends: `python -m tests.log.appending URL NAME BATCHES SIZE`.

It prints each command id that was acknowledged, after it was. Its commands go to streams of its own and to one stream
that all such processes share, where most are stale by then: those are tried again until they are in.
"""

import sys
from itertools import count

from shared.clock import utc_now
from shared.log.append import Appended, Conflict, Proposal
from shared.log.database import open_engine
from shared.log.opening import open_log
from shared.log.store import Log
from tests.parts import CODEC, proposal, voided, withdrawn

SHARED_STREAM = "case/shared"


def append_until_in(log: Log, batch: list[Proposal]) -> None:
    """Append a batch; what conflicts is proposed again on the version that the log names."""
    while batch:
        outcomes = log.append(batch)
        again: list[Proposal] = []
        for one, outcome in zip(batch, outcomes, strict=True):
            match outcome:
                case Appended():
                    print(one.command_id, flush=True)
                case Conflict(version):
                    again.append(proposal(one.stream, version, *one.events, command_id=one.command_id))
                case _:
                    raise AssertionError(outcome)
        batch = again


def main(url: str, name: str, batches: int, size: int) -> None:
    engine = open_engine(url)
    log = open_log(engine, CODEC, utc_now)
    print("ready", flush=True)
    for number in range(batches) if batches else count():
        own = [
            proposal(
                f"case/{name}-{n}", 2 * number, withdrawn(number), voided(number), command_id=f"{name}:{number}:{n}"
            )
            for n in range(size)
        ]
        shared = proposal(SHARED_STREAM, 0, withdrawn(number), command_id=f"{name}:{number}:shared")
        append_until_in(log, [*own, shared])
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
