"""What a season is drawn from, and what it is made of: a scenario in, acts out. Everyone and everything is invented.

All is decided by the seed. Each topic draws from a stream of chance of its own, so that a topic more, or a year more,
shifts nothing in the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar

from shared.contracts.codes import Role

TAIL_DAYS: Final = 60
"""What belongs to a year goes on for so long after it: cases are closed, scores published, appeals decided."""
GRIDS: Final = ("1网格", "2网格", "3网格", "4网格", "5网格")
NAMES: Final = (
    "文博", "优胜", "金源", "丰庆", "翰林", "运河", "翠竹", "安泰", "锦绣", "清泉", "长乐", "望湖", "松林", "百花",
    "东苑", "春晖", "凤台", "福民", "和顺", "嘉园",
)  # fmt: skip
"""The first eight are the sample workbook's."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A sub-district and its years, as they are to be played."""

    log: str
    seed: int
    from_day: date
    to_day: date
    communities: tuple[str, ...]
    """Their names."""
    cases: int
    """How many disputes a community of middling size reports in a year."""
    volume: int = 1
    """How often public work is done: a multiple of what is usual."""

    @property
    def last_day(self) -> date:
        """Nothing of the season happens later."""
        return self.to_day + timedelta(days=TAIL_DAYS)

    @property
    def founding(self) -> int:
        """The wave in which all begins."""
        return wave_of(self.from_day) - 1

    @property
    def years(self) -> Sequence["Year"]:
        """The calendar years that the season lies in, each as far as it does."""
        return [
            Year(year, max(date(year, 1, 1), self.from_day), min(date(year, 12, 31), self.to_day))
            for year in range(self.from_day.year, self.to_day.year + 1)
        ]

    def chance(self, *topic: object) -> Random:
        """A topic's own stream of chance."""
        return Random(":".join(map(str, (self.seed, self.log, *topic))))

    def code(self, number: int) -> str:
        """The code of the n-th community (from 0)."""
        return f"{self.log}{number + 1:03}"


@dataclass(frozen=True, slots=True)
class Year:
    """The part of a calendar year that a season covers."""

    number: int
    from_day: date
    to_day: date

    @property
    def days(self) -> int:
        return (self.to_day - self.from_day).days + 1

    @property
    def months(self) -> Sequence[int]:
        return range(self.from_day.month, self.to_day.month + 1)


def names_of(count: int) -> tuple[str, ...]:
    """Names for so many communities."""
    rounds = ("", *"二三四五六七八九十")
    spelled = (f"{name}{rounds[turn] if turn < len(rounds) else turn + 1}社区" for turn in range(50) for name in NAMES)
    return tuple(name for name, _ in zip(spelled, range(count), strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command of the season: who sends it when, to what, and in which wave."""

    name: str
    """Unique in its log: the command's id is made of it."""
    service: str
    command: Any
    at: datetime
    """When it happened."""
    role: Role
    wave: int
    turn: int
    id: str | None = None
    """The aggregate's, where the command does not say it."""
    who: str = ""
    """The pseudonym of who sends it; by default whoever has the role."""


class Turn:
    """The order within a wave, where no reaction need be waited for. What one turn sent, the next may rest on."""

    DECLARED: Final = 0
    """That all is invented: before anything else is sent."""
    FIRST: Final = 1
    """Communities and officers; publications, which look at what the waves before have settled."""
    ROSTER: Final = 2
    """Who serves where."""
    WORK: Final = 3
    AFTER: Final = 4
    """What names something that another stream holds: a duplicate, a meeting, an inspection."""


def wave_of(day: date) -> int:
    """The half-month in which a day lies. What happened in it is sent together; before the next is sent, every
    reaction has been waited for."""
    return (day.year * 12 + day.month - 1) * 2 + (day.day > 15)


def one_of(random: Random, kinds: Sequence[tuple[_T, int]]) -> _T:
    """One thing by the weights."""
    return random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]


def dealt(random: Random, kinds: Sequence[tuple[_T, int]], count: int) -> list[_T]:
    """So many things by their weights, shuffled; each kind is there once as long as there is room, in their order."""
    things, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
    hand = [*things, *random.choices(things, weights, k=max(0, count - len(things)))][:count]
    random.shuffle(hand)
    return hand
