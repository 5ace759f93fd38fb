"""Another clock for a process of ours: `python -m tests.system.another_clock YEARS python -m services up …` runs what
follows as if it were so many years ago. The product knows nothing of it: its clock comes from one module."""

import runpy
import sys
from datetime import datetime, timedelta

from shared import clock

_now = clock.utc_now


def main(years: int, *words: str) -> None:
    """Run a `python -m MODULE …`, all of which takes its time from a clock that was set back."""
    back = timedelta(days=round(365.25 * years))

    def utc_now() -> datetime:
        return _now() - back

    clock.utc_now = utc_now  # before anything else has taken it from there
    _python, _m, module, *rest = words
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
