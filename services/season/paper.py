"""What a paper ledger left open when it was taken over: handled like any other case (§3.1.4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.season import pace
from services.season.cases import afterwards
from services.season.handled import told
from services.season.life import Life, PastTheEnd
from services.season.people import People
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, one_of
from services.season.stories import Fate, Story, Twist

BECOMES: Final = (
    (Story(Fate.AGREED), 75), (Story(Fate.NO_AGREEMENT), 8), (Story(Fate.REFUSED), 7), (Story(Fate.STAYS_OPEN), 10),
)  # fmt: skip
_HANDED_DOWN: Final = Story(Fate.AGREED, Twist.HANDED_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An open case of a paper ledger."""

    id: str
    community: str
    accepted_at: datetime
    parties: int
    backlog: bool


def drawn(scenario: Scenario, left_open: Iterable[Open]) -> Iterator[Act]:
    """How those go on. Nobody is mediated whose parties the paper does not name."""
    rhythm, paces = Rhythm(scenario), pace.drawn(scenario)
    rosters = People(scenario, rhythm).rosters
    numbers = {roster.code: roster.number for roster in rosters}
    for case in left_open:
        if case.community in numbers and case.parties:
            number = numbers[case.community]
            random = scenario.chance("paper", case.id)
            at = max(case.accepted_at, rhythm.hours(random, scenario.from_day))
            life = Life(case.id, scenario, rhythm, rosters[number], paces[number], random, at, number, case.parties)
            story = _HANDED_DOWN if case.backlog else one_of(random, BECOMES)
            try:
                life.later(8, 20)  # by then somebody serves there
                told(life, story)
                afterwards(life, story)
            except PastTheEnd:
                pass
            life.closing()
            yield from life.acts
