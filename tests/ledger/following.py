"""A process that follows the drill's log: `python -m tests.ledger.following LOG_URL LEDGERS_URL LOG PAGE UPTO`.

It prints each position that its ledgers have reached, and ends when they hold `UPTO`. There may be several at once, and
they may be killed.
"""

import sys
import time

import shared.ledger.runner
from shared.log.database import open_engine
from tests.ledger.drill import drill_log, service
from tests.parts import Clock


def main(log_url: str, ledgers_url: str, name: str, page: int, upto: int) -> None:
    shared.ledger.runner.PAGE = page
    log, ledgers = drill_log(open_engine(log_url)), open_engine(ledgers_url)
    runner = shared.ledger.runner.Runner(service(), log, ledgers, Clock())
    while (reached := runner.position(name)) < upto:
        print(reached, flush=True)
        if not runner.advance(name):
            time.sleep(0.001)
    print("there", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
