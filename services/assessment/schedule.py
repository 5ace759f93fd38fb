"""What is published by itself 公布安排 (§3.3.5, 3.3.7): each period on the plan's day, and once more where late entries
have changed its numbers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, assert_never

from services.assessment import periods
from services.assessment.commands import PublishScores
from services.assessment.evidence import evidence_at
from services.assessment.in_force import newest
from services.assessment.ledgers import appeal_results, plans, rulebooks, scores
from services.assessment.periods import months_after, span
from services.assessment.restating import Restating, differing
from services.assessment.score import scores as scored
from services.assessment.scoring import Institution
from shared.contracts.assessment import Period, PeriodKind, Plan, Publishing
from shared.contracts.days import civil_day
from shared.contracts.model import Look, Timely, Timer

CATCH_UP_DAYS: Final = 35
"""A publication that was missed for longer (nothing ran) is the office's, to be made by hand."""
_MOOT: Final = frozenset({"scores_unchanged", "no_communities"})
"""Somebody else was quicker, or there is nobody to be scored yet."""
_MONTHS: Final = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


# publishing -------------------------------------------------------------------------------------------------------


def publications(plan_rows: Sequence[plans.Row], published: Sequence[scores.Row], today: date) -> list[Timely]:
    """What the plans in force have published by today and nobody has published yet.

    The as-of day is over, so that all that was entered on it counts; it came after the plan was given this schedule.
    """
    made = {(one.plan, one.period_kind, one.period, one.as_of) for one in published}
    found = []
    for row in newest(plan_rows):
        for publishing in row.plan.publishing:
            given_on = _given_on(plan_rows, row.code, publishing.code)
            for period, as_of in _wanted(row.plan, publishing, today):
                by_hand = any(
                    (plan, kind, name) == (row.code, period.kind, period.name) and day >= as_of
                    for plan, kind, name, day in made
                )
                if as_of >= given_on and not by_hand:
                    found.append(_publication(row.code, publishing, period, as_of))
    return found


def _given_on(rows: Sequence[plans.Row], plan: str, publishing: str) -> date:
    """The day of the plan's first version that has this schedule."""
    having = (row for row in rows if row.code == plan and publishing in {one.code for one in row.plan.publishing})
    return min(civil_day(row.adopted_at) for row in having)


def _publication(plan: str, publishing: Publishing, period: Period, as_of: date) -> Timely:
    command = PublishScores(
        plan=plan, rulebook=publishing.rulebook, period_kind=period.kind, period=period.name, as_of=as_of
    )
    return Timely(f"{plan}/{publishing.code}/{period.name}/{as_of}", command, moot=_MOOT)


def _wanted(plan: Plan, publishing: Publishing, today: date) -> Iterator[tuple[Period, date]]:
    """The periods whose as-of day is over, and not for too long."""
    after = timedelta(days=publishing.after_days)
    latest = today - timedelta(days=1) - after
    earliest = today - timedelta(days=CATCH_UP_DAYS) - after
    for period in _periods(plan, publishing.period_kind, earliest, latest):
        if earliest <= period.to_day <= latest:
            yield period, period.to_day + after


def _periods(plan: Plan, kind: PeriodKind, earliest: date, latest: date) -> Iterator[Period]:
    """The plan's periods of a kind, those at least that end between two days: its phases, and the months, quarters and
    years whose last month begins within it."""
    match kind:
        case PeriodKind.PHASE:
            yield from (periods.period(kind, phase.code, plan) for phase in plan.phases)
        case PeriodKind.MONTH | PeriodKind.QUARTER | PeriodKind.YEAR:
            month = earliest.replace(day=1)
            while month <= latest:
                if month.month % _MONTHS[kind] == 0 and span(plan).has(month):
                    yield periods.period(kind, _name(kind, month), plan)
                month = months_after(month, 1)
        case PeriodKind.DATES:
            return  # has no days of its own: a plan that asks for it is refused
        case _:
            assert_never(kind)


def _name(kind: PeriodKind, last_month: date) -> str:
    if kind is PeriodKind.MONTH:
        return f"{last_month:%Y-%m}"
    return f"{last_month.year}-Q{last_month.month // 3}" if kind is PeriodKind.QUARTER else str(last_month.year)


# restating --------------------------------------------------------------------------------------------------------


def restatements(look: Look, today: date) -> list[Timely]:
    """Publications whose numbers would be others now. They are scored by the same versions of plan and rulebook: what
    other rules would change is for the office to say."""
    plan_rows, published = look.rows(plans.LEDGER), look.rows(scores.LEDGER)
    appeals = look.rows(appeal_results.LEDGER)
    open_ones = [rows for rows in _by_publication(published) if _is_open(rows, plan_rows, appeals, today)]
    if not open_ones:
        return []
    evidence, rulebook_rows = evidence_at(look), look.rows(rulebooks.LEDGER)
    found = []
    for rows in open_ones:
        one = max(rows, key=lambda row: row.position)  # as it was stated last
        plan = plans.current(plan_rows, one.plan, one.plan_version)
        rulebook = rulebooks.current(rulebook_rows, one.rulebook, one.rulebook_version)
        assert plan is not None, "what scores were published under is in force, or was"
        assert rulebook is not None, "the same"
        period = Period(kind=one.period_kind, name=one.period, from_day=one.from_day, to_day=one.to_day)
        basis = Restating(plan, rulebook, evidence, period, one.as_of, Institution(look.log))
        if _is_other(basis, {row.community: row for row in rows}):
            command = PublishScores(
                plan=one.plan, rulebook=one.rulebook, period_kind=one.period_kind, period=one.period, as_of=one.as_of,
                plan_version=plan.version, rulebook_version=rulebook.version,
            )  # fmt: skip
            found.append(Timely(f"{one.publication}/{today}", command, moot=_MOOT))
    return found


def _by_publication(published: Sequence[scores.Row]) -> list[Sequence[scores.Row]]:
    """Each publication's rows."""
    found: dict[str, list[scores.Row]] = defaultdict(list)
    for row in published:
        found[row.publication].append(row)
    return list(found.values())


def _is_open(
    rows: Sequence[scores.Row], plan_rows: Sequence[plans.Row], appeals: Sequence[appeal_results.Row], today: date
) -> bool:
    """Whether late entries still restate it by themselves: as long as its plan says, and in any case after an appeal
    that changes it has been decided."""
    plan = plans.current(plan_rows, rows[0].plan)
    days = [one.restate_days for one in plan.plan.publishing if one.period_kind is rows[0].period_kind] if plan else []
    if days and today <= rows[0].as_of + timedelta(days=max(days)):
        return True
    scored_at = {row.community: row.evidence_position for row in rows}
    return any(
        appeal.excused and appeal.publication == rows[0].publication
        and appeal.marks[-1].position > scored_at[appeal.community]
        and today <= appeal.marks[-1].recorded_on + timedelta(days=CATCH_UP_DAYS)
        for appeal in appeals
    )  # fmt: skip


def _is_other(basis: Restating, published: Mapping[str, scores.Row]) -> bool:
    """Whether any number would be another now, or an institution has none yet."""
    return any(
        (was := published.get(now.subject)) is None or next(iter(differing(was, now)), None) is not None
        for now in scored(basis, -1, "")
    )


def _publish(look: Look, today: date) -> Sequence[Timely]:
    return publications(look.rows(plans.LEDGER), look.rows(scores.LEDGER), today)


TIMERS: Final = (Timer("publish", _publish), Timer("restate", restatements, daily=True))
