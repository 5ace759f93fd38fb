"""How a community works: how much is reported there, and when its officers fall behind."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.season.scenario import Scenario, Year

SIZES: Final = (50, 75, 100, 100, 125, 160)
"""How much is reported in a community, in per cent of what is usual: an old estate quarrels more than a new one."""
FALLS_BEHIND: Final = 0.15
"""Communities whose officers fall behind in a year: somebody is ill, or two posts are filled by one."""
_QUARTERS: Final = ((1, 3), (4, 6), (7, 9), (10, 12))


@dataclass(frozen=True, slots=True)
class Pace:
    """A community's."""

    size: int
    """In per cent."""
    slow: frozenset[tuple[int, int]]
    """The months (year, month) in which visits, minutes and follow-ups come late."""

    def behind(self, day: date) -> bool:
        """Whether its officers are behind on that day."""
        return (day.year, day.month) in self.slow

    def reports(self, cases: int, year: Year) -> int:
        """How many disputes are reported in the year."""
        return max(1, round(cases * self.size * year.days / 36500))


def drawn(scenario: Scenario) -> list[Pace]:
    """Each community's pace."""
    return [Pace(_size(scenario, number), _slow(scenario, number)) for number in range(len(scenario.communities))]


def _size(scenario: Scenario, number: int) -> int:
    return scenario.chance("size", number).choice(SIZES)


def _slow(scenario: Scenario, number: int) -> frozenset[tuple[int, int]]:
    """A quarter of some years; in the second community always, so that there is one to be seen."""
    slow: set[tuple[int, int]] = set()
    for year in scenario.years:
        random = scenario.chance("behind", number, year.number)
        if random.random() < FALLS_BEHIND or number == 1:
            first, last = random.choice(_QUARTERS[2:] if number == 1 else _QUARTERS)
            slow |= {(year.number, month) for month in range(first, last + 1)}
    return frozenset(slow)
