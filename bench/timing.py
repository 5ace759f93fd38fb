"""What one measurement gives, and how the rounds of a run are put together."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Timed:
    """How many were done in how long, and how long each took where that was looked at."""

    count: int
    seconds: float
    latencies: list[float] = field(default_factory=list)
    """Of each, in seconds."""

    @property
    def rate(self) -> float:
        """Per second."""
        return self.count / self.seconds

    @property
    def p99_ms(self) -> float:
        return percentile(self.latencies, 99) * 1e3


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` per cent of all do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else 0.0


def timed(work: Callable[[], int]) -> Timed:
    """Run something that says how many it did."""
    start = time.perf_counter()
    count = work()
    return Timed(count, time.perf_counter() - start)


def median_rate(rounds: Sequence[Timed]) -> float:
    """The middle rate of several rounds."""
    return statistics.median(one.rate for one in rounds)


def median_p99_ms(rounds: Sequence[Timed]) -> float:
    """The middle of the rounds' 99th percentiles, in milliseconds."""
    return statistics.median(one.p99_ms for one in rounds)
