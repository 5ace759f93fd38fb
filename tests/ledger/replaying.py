"""A process that replays the drill's log and prints the digests: `python -m tests.ledger.replaying LOG_URL LOG`."""

import json
import sys

from shared.log.database import open_engine
from tests.ledger.drill import drill_log, replayed, service

if __name__ == "__main__":
    print(json.dumps(replayed(drill_log(open_engine(sys.argv[1])), sys.argv[2], service())))
