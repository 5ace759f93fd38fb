"""The summary 阶段总结、活动总结 (§3.4.3): what became of a phase, or of the whole campaign.

`summary(look, plan_code, phase, as_of) -> Summary`; `phase` is None for the whole plan. Its fields:

- plan, plan_version, document, title, issuer, rulebook, rulebook_version, phase, from_day, to_day
- phases: each with code, clause, titles, days, and its state (past, now, ahead)
- targets: every target of the plan, with the indicator that measures it, numerator, denominator and rate, the same with
  nothing left out, `reached` (True, False; None where it was not measured), and which communities reached or missed it
- whole: the sub-district's `InstitutionOutcome`; communities: each one's, with numerators and denominators
- duties: counts by state; duties_by_clause; unmet: the lines that are overdue, vacant or were not kept
- anomalies: the oddities that the plan flags in itself
- flags: raised in these months, with when they were answered (`answered_on` empty: not yet)
- publications, restatements, appeals, commendations, circulars, model_cases, community_plans, summaries

The numbers are worked out on the ledgers as they stand, under the plan's and the rulebook's newest versions; what was
published says so itself, with its position.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from services.assessment.due.listing import Line as DutyLine
from services.assessment.evidence.gathered import evidence_at
from services.assessment.ledgers import communities_served, plans, rulebooks, scores
from services.assessment.papers import entered, owed
from services.assessment.papers.asking import Asked
from services.assessment.papers.outcome import InstitutionOutcome, of_tally
from services.assessment.papers.raised import Raised, raised
from services.assessment.rules.periods import period, plan_period
from services.assessment.rules.versions import by_day, current, rulebook_of
from services.assessment.scoring.measuring import Institution, Scores, score
from shared.contracts.assessment import (
    Anomaly,
    Comparison,
    DecimalText,
    Given,
    Indicator,
    IndicatorScore,
    Period,
    PeriodKind,
    Phase,
    Plan,
    Rulebook,
    Standing,
    Target,
)
from shared.contracts.codes import Named
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line, Ordinal
from shared.contracts.model import Look, Refused


class PhaseState(Named):
    """Where a phase stands on a day."""

    PAST = "past", "已结束", "over"
    NOW = "now", "进行中", "going on"
    AHEAD = "ahead", "未开始", "to come"


@value
class PhaseStanding:
    """A phase 阶段, and where it stands."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    from_day: Day
    to_day: Day
    state: PhaseState


@value
class TargetResult:
    """A number that the plan sets 目标, and what came of it."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    comparison: Comparison
    share: DecimalText
    given: Given
    indicator: Code | None
    """The rulebook's indicator that measures it; None where it has none."""
    standing: Standing | None
    numerator: Count
    denominator: Count
    excluded: Count
    rate: DecimalText | None
    unadjusted_numerator: Count
    unadjusted_denominator: Count
    """With nothing left out."""
    unadjusted_rate: DecimalText | None
    reached: bool | None
    """By the plan's own number; None where nothing was measured."""
    communities_reached: tuple[Division, ...]
    communities_missed: tuple[Division, ...]


@value
class Summary:
    """What became of a phase, or of the campaign 总结."""

    plan: Code
    plan_version: Ordinal
    document: Line
    title: Line
    issuer: Line
    rulebook: Code
    rulebook_version: Ordinal
    phase: Code | None
    """None for the whole campaign."""
    from_day: Day
    to_day: Day
    phases: tuple[PhaseStanding, ...]
    targets: tuple[TargetResult, ...]
    whole: InstitutionOutcome
    communities: tuple[InstitutionOutcome, ...]
    duties: tuple[owed.StateCount, ...]
    """Of a phase: those that fell due in it."""
    duties_by_clause: tuple[owed.ClauseDuties, ...]
    unmet: tuple[DutyLine, ...]
    anomalies: tuple[Anomaly, ...]
    flags: tuple[Raised, ...]
    """Of the months up to the day."""
    publications: tuple[entered.Publication, ...]
    restatements: tuple[entered.Restatement, ...]
    appeals: tuple[entered.Appeal, ...]
    commendations: tuple[entered.Commendation, ...]
    circulars: tuple[entered.Circular, ...]
    model_cases: tuple[entered.ModelCase, ...]
    community_plans: tuple[entered.CommunityPlan, ...]
    summaries: tuple[entered.CommunitySummary, ...]


def summary(look: Look, plan_code: str, phase: str | None, as_of: date) -> Summary:
    """The summary of a plan's phase, or of the whole plan, as it stands on a day.

    Raises `Refused`: unknown_plan, unknown_phase, no_rulebook, period_not_begun.
    """
    plan_row = current(look.rows(plans.LEDGER, code=plan_code), plan_code)
    if plan_row is None:
        raise Refused("unknown_plan", field="plan", item=plan_code)
    plan, rulebook_row = plan_row.plan, _rulebook(look, plan_row.plan)
    of = _period(plan, phase, as_of)
    if as_of < of.from_day:
        raise Refused("period_not_begun", field="as_of", from_day=of.from_day.isoformat())
    rulebook, names = rulebook_row.rulebook, communities_served.names(look)
    measured = measured_by(plan, rulebook)
    found = score(rulebook, plan, evidence_at(look), of, as_of, whole=Institution(look.log))
    lines = _lines(owed.stood(look, as_of), plan, of, in_phase=phase is not None)
    published = [row for row in entered.stood(look, as_of) if row.plan == plan.code and _within(row, of)]
    publications = entered.publications(published)
    ids = tuple(one.publication for one in publications)
    until = as_of if phase is None else min(as_of, of.to_day)
    return Summary(
        plan=plan.code, plan_version=plan_row.version, document=plan.document, title=plan.title, issuer=plan.issuer,
        rulebook=rulebook.code, rulebook_version=rulebook_row.version, phase=phase, from_day=of.from_day,
        to_day=of.to_day, phases=tuple(_phase(one, as_of) for one in plan.phases),
        targets=tuple(_target(one, measured.get(one.code), found) for one in plan.targets),
        whole=of_tally(found.tallies[0], rulebook, names),
        communities=tuple(of_tally(one, rulebook, names) for one in found.tallies[1:]),
        duties=owed.counted(lines), duties_by_clause=owed.by_clause(lines), unmet=owed.unmet(lines),
        anomalies=plan.anomalies, flags=raised(look, rulebook.flags, of.from_day, min(as_of, of.to_day), as_of),
        publications=publications, restatements=entered.restated(look, ids, as_of),
        appeals=entered.appeals(look, ids, as_of), commendations=entered.commendations(look, of.from_day, until),
        circulars=entered.circulars(look, of.from_day, until),
        model_cases=entered.model_cases(look, of.from_day, until),
        community_plans=entered.community_plans(look, of.from_day, until),
        summaries=entered.summaries(look, of.from_day, until),
    )  # fmt: skip


def summary_asked(look: Look, asked: Asked) -> Summary:
    """The summary that is asked for; without a plan's name, that of the day's. Raises `Refused`."""
    row = next(iter(by_day(look.rows(plans.LEDGER), asked.as_of)), None)
    if asked.plan is None and row is None:
        raise Refused("no_plan", field="plan")
    return summary(look, asked.plan or (row.code if row else ""), asked.phase, asked.as_of)


def _rulebook(look: Look, plan: Plan) -> rulebooks.Row:
    """The plan's (`rulebook_of`); raises `Refused("no_rulebook")`."""
    row = rulebook_of(plan, look.rows(rulebooks.LEDGER))
    if row is None:
        raise Refused("no_rulebook", field="rulebook")
    return row


def _period(plan: Plan, phase: str | None, as_of: date) -> Period:
    """A phase, or the plan's days; those of a plan without an end up to the day."""
    if phase is not None:
        if phase not in {one.code for one in plan.phases}:
            raise Refused("unknown_phase", field="phase", item=phase)
        return period(PeriodKind.PHASE, phase, plan)
    return plan_period(plan, as_of)


def _phase(phase: Phase, as_of: date) -> PhaseStanding:
    past, ahead = phase.to_day < as_of, as_of < phase.from_day
    return PhaseStanding(
        code=phase.code, clause=phase.clause, title_zh=phase.title_zh, title_en=phase.title_en,
        from_day=phase.from_day, to_day=phase.to_day,
        state=PhaseState.PAST if past else PhaseState.AHEAD if ahead else PhaseState.NOW,
    )  # fmt: skip


def _within(row: scores.Row, of: Period) -> bool:
    """Whether a published score is of days that belong to the period, be it in part."""
    return row.from_day <= of.to_day and of.from_day <= row.to_day


def _lines(lines: Sequence[DutyLine], plan: Plan, of: Period, *, in_phase: bool) -> Sequence[DutyLine]:
    """The plan's own obligations, and what the record itself demanded in these days; of a phase, what fell due."""

    def fell_due(line: DutyLine) -> bool:
        day = line.due_on or line.begins_on
        return day is not None and of.from_day <= day <= of.to_day

    return [
        line for line in lines
        if line.plan in (plan.code, None) and (fell_due(line) or (line.plan is not None and not in_phase))
    ]  # fmt: skip


# targets --------------------------------------------------------------------------------------------------------


def measured_by(plan: Plan, rulebook: Rulebook) -> Mapping[str, Indicator]:
    """The indicator by which each target of the plan is measured, by the target's code; a target may have none.

    It says so itself; one that is to be met the other way (below, at least) measures something else.
    """
    named = {one.measures_target: one for one in rulebook.indicators if one.measures_target is not None}
    found = ((target, named[target.code]) for target in plan.targets if target.code in named)
    return {target.code: one for target, one in found if one.comparison is target.comparison}


def _target(target: Target, indicator: Indicator | None, found: Scores) -> TargetResult:
    told = [] if indicator is None else list(_told(indicator, found))
    whole = next((one for subject, one in told if subject.whole), None)
    by_community = [(subject.code, _reached(target, one)) for subject, one in told if not subject.whole]
    return TargetResult(
        code=target.code, clause=target.clause, title_zh=target.title_zh, title_en=target.title_en,
        comparison=target.comparison, share=target.share, given=target.given,
        indicator=None if indicator is None else indicator.code, standing=None if whole is None else whole.standing,
        **{name: getattr(whole, name, nothing) for name, nothing in _NUMBERS.items()},
        reached=None if whole is None else _reached(target, whole),
        communities_reached=tuple(code for code, reached in by_community if reached is True),
        communities_missed=tuple(code for code, reached in by_community if reached is False),
    )  # fmt: skip


_NUMBERS: Final[Mapping[str, Any]] = {
    "numerator": 0, "denominator": 0, "excluded": 0, "rate": None, "unadjusted_numerator": 0,
    "unadjusted_denominator": 0, "unadjusted_rate": None,
}  # fmt: skip
"""What is told of a target's indicator, and what stands there where it has none."""


def _told(indicator: Indicator, found: Scores) -> Iterator[tuple[Institution, IndicatorScore]]:
    for tally in found.tallies:
        for one in tally.indicators:
            if one.code == indicator.code:
                yield tally.subject, one


def _reached(target: Target, told: IndicatorScore) -> bool | None:
    """Whether the plan's number was met, exactly."""
    if told.standing is not Standing.MEASURED or not told.denominator:
        return None
    share = Fraction(told.numerator, told.denominator)
    below = target.comparison is Comparison.BELOW
    return share < Fraction(target.share) if below else share >= Fraction(target.share)
