"""Flags that a community answers (§3.3.7): once a year officers who are behind copy one diary into all others of a
month; the office asks, and the community says why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from services.assessment.entry_commands import AnswerFlag
from services.assessment.rules.rulebook_file import load_rulebook
from services.assignment.commands import CompleteVisit
from services.intake.commands import CorrectCase, ReportCase, VoidCase
from services.season.rhythm import Rhythm
from services.season.scenario import TAIL_DAYS, Act, Scenario, Turn, Year
from shared.contracts.assessment import FlagKind, FlagRule
from shared.contracts.codes import Role
from shared.contracts.days import last_day_of

COPIED: Final = "示例：入户走访，情况正常。"
ASKED_AFTER: Final = timedelta(days=12)
"""After the month: it takes the office some days to look."""
_Month = tuple[str, str]
"""YYYY-MM and a community's code."""


def told(scenario: Scenario, rhythm: Rhythm, acts: Sequence[Act]) -> Iterator[Act]:
    """All acts, the copied diaries among them, and the answers: each year in the month and community with the most
    visits, as long as they are enough for a flag. `acts` are all others."""
    rule = next(one for one in load_rulebook().flags if one.kind is FlagKind.REPEATED_TEXT)
    visits = _visits(acts)
    found = {year: where for year in scenario.years if (where := _fullest(scenario, year, visits, rule)) is not None}
    copies = {act.name for where in found.values() for act in visits[where]}
    for act in acts:
        yield replace(act, command=_copied(act.command)) if act.name in copies else act
    for year, where in found.items():
        yield _answer(scenario, rhythm, year, rule, where, visits[where])


def _visits(acts: Iterable[Act]) -> Mapping[_Month, Sequence[Act]]:
    """The visits that took place, of cases that stay what they were."""
    community: dict[str | None, str] = {}
    for act in acts:
        if isinstance(act.command, ReportCase):
            community[act.id] = act.command.community
    for act in acts:
        if isinstance(act.command, VoidCase) or (isinstance(act.command, CorrectCase) and act.command.community):
            community.pop(act.id, None)
    found: dict[_Month, list[Act]] = defaultdict(list)
    for act in acts:
        if isinstance(act.command, CompleteVisit) and act.id in community:
            found[f"{act.at:%Y-%m}", community[act.id]].append(act)
    return found


def _fullest(scenario: Scenario, year: Year, visits: Mapping[_Month, Sequence[Act]], rule: FlagRule) -> _Month | None:
    """The month and community of the year with the most visits, the first of them. What goes on from the year before
    is left as it was: a year more changes nothing of those before. The first of the copies repeats nothing."""
    first = year.from_day if year.from_day == scenario.from_day else date(year.number, 1, 1) + timedelta(TAIL_DAYS)
    months = sorted(one for one in visits if f"{first:%Y-%m}" <= one[0] <= f"{year.to_day:%Y-%m}")
    fullest = max(months, key=lambda one: len(visits[one]), default=None)
    return fullest if fullest is not None and len(visits[fullest]) > rule.least else None


def _copied(visit: CompleteVisit) -> CompleteVisit:
    return CompleteVisit(visit=visit.visit, officer=visit.officer, diary=COPIED)


def _answer(
    scenario: Scenario, rhythm: Rhythm, year: Year, rule: FlagRule, where: _Month, visits: Sequence[Act]
) -> Act:
    month, community = where
    number = int(community.removeprefix(scenario.log))
    at = rhythm.on(scenario.chance("flagged", year.number), last_day_of(month) + ASKED_AFTER)
    said = AnswerFlag(
        community=community, flag=rule.code, month=month, answer="示例：人手不足，事后补记时照抄，已约谈并逐户补访。"
    )  # fmt: skip
    return Act(
        name=f"flagged-{year.number}/{community}@{month}", service="assessment", command=said, at=at, role=Role.CLERK,
        wave=max(act.wave for act in visits) + 1, turn=Turn.AFTER, id=f"flagged-{year.number}-{number:02}",
        who=f"{Role.CLERK}-{number:02}",
    )  # fmt: skip
