"""Periods 考核周期: which days a name stands for, and which months lie in a plan."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, assert_never

from shared.contracts.assessment import Every, Period, PeriodKind, Plan
from shared.contracts.days import last_day_of
from shared.contracts.model import Refused

_MONTH = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])")
_QUARTER = re.compile(r"((?:19|20|21)[0-9]{2})-Q([1-4])")
_YEAR = re.compile(r"(?:19|20|21)[0-9]{2}")


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def period(kind: PeriodKind, name: str, plan: Plan) -> Period:
    """The period of that name; raises `Refused("unknown_period")` where the name does not say one."""
    days = _days(kind, name, plan)
    if days is None or days[0] > days[1]:
        raise Refused("unknown_period", field="period", period=name, kind=kind)
    return Period(kind=kind, name=name, from_day=days[0], to_day=days[1])


def _days(kind: PeriodKind, name: str, plan: Plan) -> tuple[date, date] | None:
    match kind:
        case PeriodKind.PHASE:
            phase = next((phase for phase in plan.phases if phase.code == name), None)
            return (phase.from_day, phase.to_day) if phase else None
        case PeriodKind.MONTH:
            return _months(name, 1) if _MONTH.fullmatch(name) else None
        case PeriodKind.QUARTER:
            quarter = _QUARTER.fullmatch(name)
            return _months(f"{quarter[1]}-{int(quarter[2]) * 3 - 2:02}", 3) if quarter else None
        case PeriodKind.YEAR:
            return _months(f"{name}-01", 12) if _YEAR.fullmatch(name) else None
        case PeriodKind.DATES:
            return _two_days(name)


def _months(first: str, count: int) -> tuple[date, date]:
    day = date.fromisoformat(f"{first}-01")
    return day, months_after(day, count) - timedelta(days=1)


def _two_days(name: str) -> tuple[date, date] | None:
    start, _, end = name.partition("_")
    try:
        days = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        return None
    # One way of writing a day only, so that one period has one name.
    return days if name == f"{days[0].isoformat()}_{days[1].isoformat()}" else None


class Span(NamedTuple):
    """The days of a plan, both included; no last one where it goes on."""

    first: date
    last: date | None

    def has(self, day: date) -> bool:
        """Whether the plan is in force on a day."""
        return self.first <= day and (self.last is None or day <= self.last)


def span(plan: Plan) -> Span:
    """A campaign's days are its phases'; a standing plan says its own."""
    if plan.since is not None:
        return Span(plan.since, plan.until)
    return Span(min(p.from_day for p in plan.phases), max(p.to_day for p in plan.phases))


def plan_period(plan: Plan, day: date) -> Period:
    """The plan's days as a period; those of a plan without an end up to the day."""
    first, last = span(plan)
    last = max(first, day) if last is None else last
    return Period(kind=PeriodKind.DATES, name=f"{first}_{last}", from_day=first, to_day=last)


_LONG: Final = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


def ending(plan: Plan, kind: PeriodKind, earliest: date, latest: date) -> Iterator[Period]:
    """The plan's periods of a kind that end between two days: its phases, or the months, quarters and years whose last
    month begins within it."""
    match kind:
        case PeriodKind.PHASE:
            for phase in plan.phases:
                if earliest <= phase.to_day <= latest:
                    yield period(kind, phase.code, plan)
        case PeriodKind.MONTH | PeriodKind.QUARTER | PeriodKind.YEAR:
            month = earliest.replace(day=1)
            while month <= latest:
                following = months_after(month, 1)
                ends = earliest < following <= latest + timedelta(days=1)
                if ends and month.month % _LONG[kind] == 0 and span(plan).has(month):
                    yield period(kind, _name(kind, month), plan)
                month = following
        case PeriodKind.DATES:
            return  # has no days of its own: a plan that asks for it is refused
        case _:
            assert_never(kind)


def _name(kind: PeriodKind, last_month: date) -> str:
    if kind is PeriodKind.MONTH:
        return f"{last_month:%Y-%m}"
    return f"{last_month.year}-Q{last_month.month // 3}" if kind is PeriodKind.QUARTER else str(last_month.year)


class Turn(NamedTuple):
    """Whole months in which something is to be done once, by their first and last day."""

    first: date
    last: date

    @property
    def months(self) -> tuple[str, ...]:
        """YYYY-MM."""
        return _months_of(self)


@lru_cache(4_096)
def _months_of(turn: Turn) -> tuple[str, ...]:
    found, day = [], turn.first
    while day <= turn.last:
        found.append(f"{day:%Y-%m}")
        day = months_after(day, 1)
    return tuple(found)


def rounds(plan: Plan, every: Every, by: date) -> Iterator[Turn]:
    """The turns for which a cadence of the plan answers: those whose last month has begun within the plan, or by a day
    where it has no end. The first is always named, so that in a shorter campaign it shows as not yet due."""
    days = span(plan)
    end = by if days.last is None else days.last
    for number, turn in enumerate(turns(plan, every, max(by, days.first))):
        if number == 0 or turn.last.replace(day=1) <= end:
            yield turn


def turns(plan: Plan, every: Every, by: date) -> tuple[Turn, ...]:
    """The turns of work that comes round, in whole months from the plan's first month on; of a plan without an end
    those that have begun by a day. The last turn of a campaign may reach beyond its end."""
    days = span(plan)
    return _turns(days.first.replace(day=1), by if days.last is None else days.last, every.months)


@lru_cache(1_024)  # asked again for each community, each cadence and each stand of the evidence
def _turns(first: date, end: date, months: int) -> tuple[Turn, ...]:
    found = []
    while first <= end:
        following = months_after(first, months)
        found.append(Turn(first, following - timedelta(days=1)))
        first = following
    return tuple(found)


def due_day(month: str, day_of_month: int) -> date:
    """The day of the month after `month` (its last day where it has no such day)."""
    next_month = last_day_of(month) + timedelta(days=1)
    return next_month.replace(day=min(day_of_month, monthrange(next_month.year, next_month.month)[1]))
