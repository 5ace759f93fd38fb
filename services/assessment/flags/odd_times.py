"""Visits at times at which nobody visits 走访时间不合常理 (§3.3.2): of which, and why.

The officer's id is used here to tell an officer's own visits from others', and goes no further.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from shared.contracts.days import CIVIL

EARLIEST: Final = time(6)
LATEST: Final = time(22)
"""Before the one and after the other nobody visits a family."""
APART: Final = timedelta(minutes=10)
"""So near to each other an officer does not begin visits in two communities."""
MOST_A_DAY: Final = 20
"""More visits an officer does not make in a day."""
Pair = tuple[str, str]
_TWO_PLACES: Final[Pair] = (
    "同一人员在10分钟内于另一社区开始另一次走访",
    "the same officer began another within 10 minutes, in another community",
)  # fmt: skip
_TOO_MANY: Final[Pair] = ("同一人员当日走访超过20次", "the same officer made more than 20 that day")


class Visit(NamedTuple):
    """A visit that took place."""

    id: str
    community: str
    officer: str
    at: datetime


def odd_times(visits: Iterable[Visit]) -> Mapping[str, Pair]:
    """Why a visit's time is odd, in Chinese and English, by its id: those at night, those that one officer began in two
    communities at nearly the same time, and all of a day on which one officer made more than anybody can."""
    of_one: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        of_one[visit.officer].append(visit)
    found: dict[str, Pair] = {}
    for own in of_one.values():
        elsewhere = set(_elsewhere(sorted(own, key=lambda one: one.at)))
        in_a_day = Counter(one.at.astimezone(CIVIL).date() for one in own)
        for one in own:
            at = one.at.astimezone(CIVIL)
            why = [
                *([_at_night(at)] if not EARLIEST <= at.time() <= LATEST else ()),
                *([_TWO_PLACES] if one.id in elsewhere else ()),
                *([_TOO_MANY] if in_a_day[at.date()] > MOST_A_DAY else ()),
            ]
            if why:
                found[one.id] = ("；".join(zh for zh, _ in why), "; ".join(en for _, en in why))
    return found


def _at_night(at: datetime) -> Pair:
    return f"{at:%H:%M}开始", f"it began at {at:%H:%M}"


def _elsewhere(begun: list[Visit]) -> Iterator[str]:
    """Of one officer's visits, in order, those near which another began in another community."""
    near: Counter[str] = Counter()
    first = after = 0
    for one in begun:
        while after < len(begun) and begun[after].at - one.at <= APART:
            near[begun[after].community] += 1
            after += 1
        while one.at - begun[first].at > APART:
            near[begun[first].community] -= 1
            first += 1
        if sum(count > 0 for count in near.values()) > 1:
            yield one.id
