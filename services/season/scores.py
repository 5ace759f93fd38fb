"""When the office publishes scores (§3.3.5): the first month, each quarter, the campaign's long phase, the year; and
that once more when something came late."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from services.assessment.commands import PublishScores
from services.assessment.rules.plan_file import load_plan
from services.assessment.scoring.publishing import publication
from services.assignment.commands import IssueContactCards
from services.season import meetings, supervised
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year, wave_of
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import Role

AFTER_DAYS: Final = 31
"""How long the office waits for what belongs to a year."""
MONTH_AFTER_DAYS: Final = 20
"""The same for a month and a quarter."""
FOUND_LATER: Final = 30
"""Households whose cards turn up after the year was published."""
CAMPAIGN: Final = "dongfeng-2015-28"
GOES_ON: Final = "standing"
"""The plan of the years after the campaign's."""
_PHASE: Final = "2"


def year_published(scenario: Scenario, year: Year) -> str:
    """The name of the act by which a year is published for the first time."""
    return _name(PeriodKind.YEAR, str(year.number), year.to_day + timedelta(days=AFTER_DAYS))


def closing_wave(year: Year) -> int:
    """The wave in which a year is published: from here on nothing more of it is done but what follows from that."""
    return wave_of(year.to_day + timedelta(days=AFTER_DAYS + 1))


def drawn(scenario: Scenario, rhythm: Rhythm, held: Sequence[Act]) -> Iterator[Act]:
    """All publications, and what follows from them. `held` are the meetings, for somebody appeals about one."""
    for year in scenario.years:
        yield from _in_the_year(scenario, rhythm, year)
        yield from _at_its_end(scenario, rhythm, year)
        yield from _amended(scenario, rhythm, year, held)


def _in_the_year(scenario: Scenario, rhythm: Rhythm, year: Year) -> Iterator[Act]:
    if year.from_day == scenario.from_day:
        month = f"{year.from_day:%Y-%m}"
        end = date(year.number + year.from_day.month // 12, year.from_day.month % 12 + 1, 1)
        yield from _published(scenario, rhythm, PeriodKind.MONTH, month, end + timedelta(days=MONTH_AFTER_DAYS - 1))
    for quarter in (1, 2, 3):
        end = date(year.number, 3 * quarter + 1, 1)
        if year.from_day < end - timedelta(days=80) and end + timedelta(days=MONTH_AFTER_DAYS) <= year.to_day:
            as_of = end + timedelta(days=MONTH_AFTER_DAYS - 1)
            yield from _published(scenario, rhythm, PeriodKind.QUARTER, f"{year.number}-Q{quarter}", as_of)
    phase = next(one for one in load_plan().phases if one.code == _PHASE)
    if year.from_day <= phase.from_day and phase.to_day <= year.to_day:
        yield from _published(scenario, rhythm, PeriodKind.PHASE, _PHASE, phase.to_day)


def _at_its_end(scenario: Scenario, rhythm: Rhythm, year: Year) -> Iterator[Act]:
    """The year is published; then some cards turn up, so that it is restated; a community appeals."""
    as_of = year.to_day + timedelta(days=AFTER_DAYS)
    yield from _published(scenario, rhythm, PeriodKind.YEAR, str(year.number), as_of)
    wave = closing_wave(year)
    for number in range(len(scenario.communities)):
        random = scenario.chance("late cards", year.number, number)
        late = IssueContactCards(households=FOUND_LATER)
        at = rhythm.on(random, year.to_day - timedelta(days=2))
        yield Act(
            name=f"cards/{scenario.code(number)}/late-{year.number}", service="assignment", command=late, at=at,
            role=Role.CLERK, wave=wave, turn=Turn.WORK, id=scenario.code(number),
        )  # fmt: skip
    yield from _published(scenario, rhythm, PeriodKind.YEAR, str(year.number), as_of, again=True)
    name = publication(PeriodKind.YEAR, str(year.number), as_of.isoformat())
    yield from supervised.after_publication(scenario, rhythm, year, scenario.code(0), name, AFTER_DAYS + 17)


def _amended(scenario: Scenario, rhythm: Rhythm, year: Year, held: Sequence[Act]) -> Iterator[Act]:
    """A community whose minutes were late by no fault of its own appeals and is right: the year is stated once more."""
    found = meetings.late_minutes(scenario, year, held)
    if found is None:
        return
    number, month = found
    as_of = year.to_day + timedelta(days=AFTER_DAYS)
    cadence = "monthly_meeting" if _plan(as_of) == CAMPAIGN else "standing_monthly_meeting"
    member = f"{cadence}.minutes/{scenario.code(number)}/{month}"
    name = publication(PeriodKind.YEAR, str(year.number), as_of.isoformat())
    appeal = list(supervised.upheld(scenario, rhythm, year, number, name, member, AFTER_DAYS + 17))
    yield from appeal
    if len(appeal) == supervised.STEPS:
        day = rhythm.working(appeal[-1].at.date() + timedelta(days=1))
        wave = max(act.wave for act in appeal) + 1
        yield _publish(scenario, rhythm, PeriodKind.YEAR, str(year.number), as_of, day, wave, "/amended")


def _name(kind: PeriodKind, period: str, as_of: date) -> str:
    return f"publish/{publication(kind, period, as_of.isoformat())}"


def _plan(as_of: date) -> str:
    """The campaign's year is published a month after it."""
    return CAMPAIGN if as_of < date(2016, 3, 1) else GOES_ON


def _published(
    scenario: Scenario, rhythm: Rhythm, kind: PeriodKind, period: str, as_of: date, again: bool = False
) -> Iterator[Act]:
    """The publication of a period, on the working day after; `again` half a month later."""
    day = rhythm.working(as_of + timedelta(days=16 if again else 1))
    wave = wave_of(as_of + timedelta(days=1)) + again
    yield _publish(scenario, rhythm, kind, period, as_of, day, wave, "/again" if again else "")


def _publish(
    scenario: Scenario, rhythm: Rhythm, kind: PeriodKind, period: str, as_of: date, day: date, wave: int, which: str
) -> Act:
    command: Any = PublishScores(plan=_plan(as_of), rulebook="default", period_kind=kind, period=period, as_of=as_of)
    at = rhythm.hours(scenario.chance("publish", kind, period, which), day)
    return Act(
        name=_name(kind, period, as_of) + which, service="assessment", command=command, at=at, role=Role.OFFICE,
        wave=wave, turn=Turn.FIRST,
    )  # fmt: skip
