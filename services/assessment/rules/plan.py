"""A plan's life 方案: adopted once, amended by whole texts. Its oddities are kept as issued, and must be flagged."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from services.assessment.commands import AdoptPlan, AmendPlan
from services.assessment.rules.faults import At, Fault, refuse
from services.assessment.rules.periods import months_after, span
from shared.calendar import Calendar
from shared.contracts.assessment import Anomaly, PeriodKind, Phase, Plan, PlanAdopted, PlanAmended
from shared.contracts.codes import Named, Role
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Refused

Command = AdoptPlan | AmendPlan
Event = PlanAdopted | PlanAmended


@dataclass(frozen=True, slots=True)
class State:
    """The plan as it stands; version 0 before it is adopted."""

    version: int = 0
    plan: Plan | None = None


def decide(command: Command, state: State, context: Context) -> Sequence[Event]:
    """Raises `Refused`: plan_adopted, plan_not_adopted, nothing_changed, other_code and what `check` refuses."""
    refuse_future(context)
    plan = command.plan
    if plan.code != context.id:
        raise Refused("other_code", field="plan.code", item=plan.code)
    check(plan)
    version, author, reason = state.version + 1, command.author, command.reason
    if isinstance(command, AdoptPlan):
        if state.plan is not None:
            raise Refused("plan_adopted", field="plan.code", allowed=("amend-plan",), version=state.version)
        return [PlanAdopted(plan=plan, version=version, author=author, reason=reason)]
    if state.plan is None:
        raise Refused("plan_not_adopted", field="plan.code", allowed=("adopt-plan",), item=plan.code)
    if plan == state.plan:
        raise Refused("nothing_changed", field="plan", version=state.version)
    return [PlanAmended(plan=plan, version=version, author=author, reason=reason)]


def evolve(state: State, event: Event, at: datetime) -> State:
    return State(event.version, event.plan)


def check(plan: Plan) -> None:
    """Raises `Refused` for the first fault of a plan: no_phases, standing_with_phases, ends_before_since,
    repeated_code, phase_backwards, unknown_reference, term_without_length, share_unfit, publishing_unfit,
    oddity_not_flagged."""
    refuse("plan", faults(plan))


def faults(plan: Plan) -> Iterator[Fault]:
    """Everything that is wrong with a plan, part by part."""
    yield from _span_faults(plan)
    yield from _repeated(plan)
    phases = {phase.code for phase in plan.phases}
    for place, phase in enumerate(plan.phases):
        if phase.from_day > phase.to_day:
            yield Fault(("phases", place, "to_day"), "phase_backwards", {"phase": phase.code}, alone=True)
    for place, duty in enumerate(plan.duties):
        if duty.phase is not None and duty.phase not in phases:
            known = {"item": duty.code, "names": duty.phase}
            yield Fault(("duties", place, "phase"), "unknown_reference", known)
    for place, term in enumerate(plan.terms):
        if (term.days is None) == (term.working_days is None):
            yield Fault(("terms", place), "term_without_length", {"item": term.code}, alone=True)
    for place, target in enumerate(plan.targets):
        if Fraction(target.share) > 1:
            yield Fault(("targets", place, "share"), "share_unfit", {"item": target.code}, alone=True)
    for place, one in enumerate(plan.publishing):
        if one.period_kind is PeriodKind.DATES or (one.period_kind is PeriodKind.PHASE and plan.since is not None):
            known = {"item": one.code, "kind": one.period_kind}
            yield Fault(("publishing", place, "period_kind"), "publishing_unfit", known, alone=True)
    yield from _anomaly_faults(plan)


def _span_faults(plan: Plan) -> Iterator[Fault]:
    if plan.since is None and not plan.phases:
        yield Fault(("phases",), "no_phases")
    if plan.since is not None and plan.phases:
        yield Fault(("since",), "standing_with_phases")
    if plan.until is not None and (plan.since is None or plan.until < plan.since):
        yield Fault(("until",), "ends_before_since")


def _repeated(plan: Plan) -> Iterator[Fault]:
    """Codes that are given twice. An anomaly may be called like what it concerns."""
    for parts in (_NUMBERED, ("anomalies",)):
        seen: set[str] = set()
        for part in parts:
            for place, one in enumerate(getattr(plan, part)):
                if one.code in seen:
                    yield Fault((part, place, "code"), "repeated_code", {"item": one.code}, alone=True)
                seen.add(one.code)
    classes: set[str] = set()
    for place, kind in enumerate(plan.must_visits.classes):
        if kind.code in classes:
            yield Fault(("must_visits", "classes", place, "code"), "repeated_code", {"item": kind.code}, alone=True)
        classes.add(kind.code)


def _anomaly_faults(plan: Plan) -> Iterator[Fault]:
    codes = {one.code for part in _NUMBERED for one in getattr(plan, part)}
    for place, anomaly in enumerate(plan.anomalies):
        if anomaly.concerns is not None and anomaly.concerns not in codes:
            known = {"item": anomaly.code, "names": anomaly.concerns}
            yield Fault(("anomalies", place, "concerns"), "unknown_reference", known)
    for odd in oddities(plan):
        if flag_of(plan, odd) is None:
            known = {"names": odd.names, "what": odd.what, "how": odd.how}
            yield Fault(odd.at, "oddity_not_flagged", known)


_NUMBERED: Final = ("phases", "duties", "cadences", "targets", "rounds", "terms", "publishing")
"""The parts of a plan whose items other parts may name by their codes."""


# oddities ---------------------------------------------------------------------------------------------------------


class Odd(Named):
    """What may be odd about a document 疑点类别: it is kept as issued, and its author says that it is so."""

    BEGAN_BEFORE_ISSUE = "began_before_issue", "阶段在文件印发之前就已开始", "it began before the plan was issued"
    GAP = "gap", "与前一阶段之间有空档", "there are days between it and the phase before"
    OVERLAP = "overlap", "与前一阶段有重叠", "it overlaps the phase before"
    DUE_BEFORE_ISSUE = "due_before_issue", "期限早于文件印发日", "it was due before the plan was issued"
    DUE_BEFORE_PHASE = "due_before_phase", "期限早于所属阶段的开始日", "it is due before its phase opens"
    DUE_AFTER_PHASE = "due_after_phase", "期限晚于所属阶段的结束日", "it is due after its phase ends"
    DUE_WHEN_OFF = "due_when_off", "期限当天不是工作日", "it is due on a day that is not worked"
    DUE_ON_WEEKEND = (
        "due_on_weekend", "期限当天是周末（印发时该年放假安排尚未公布，暂定）",
        "it is due on a weekend (provisional: that year's working days were not announced when the plan was issued)",
    )  # fmt: skip
    OUTLASTS = "outlasts", "周期长于方案的起止时间", "it comes round less often than the plan is long"
    NO_SUCH_SECTION = "no_such_section", "没有一项引用这一部分", "nothing quotes this section, though later ones are"


class Oddity(NamedTuple):
    """One odd thing that can be computed."""

    at: At
    names: str
    """The code of the phase, duty, cadence or round that it is about; of a gap in the numbering, the section."""
    what: Odd

    @property
    def how(self) -> str:
        """What an anomaly that flags it says."""
        return f'clause: "{self.names}"' if self.what is Odd.NO_SUCH_SECTION else f'concerns: "{self.names}"'


def flag_of(plan: Plan, odd: Oddity) -> Anomaly | None:
    """The author's note of it, if there is one. One note may tell of all that is odd about an item."""
    said = "clause" if odd.what is Odd.NO_SUCH_SECTION else "concerns"
    return next((one for one in plan.anomalies if getattr(one, said) == odd.names), None)


def oddities(plan: Plan) -> list[Oddity]:
    """What is odd about a plan, as far as it can be computed. Nothing of it is mended."""
    return [*_odd_phases(plan), *_odd_duties(plan), *_odd_turns(plan), *_odd_numbering(plan)]


def _odd_phases(plan: Plan) -> Iterator[Oddity]:
    for place, phase in enumerate(plan.phases):
        if phase.from_day < plan.issued_on:
            yield Oddity(("phases", place, "from_day"), phase.code, Odd.BEGAN_BEFORE_ISSUE)
    in_order = sorted(enumerate(plan.phases), key=lambda placed: placed[1].from_day)
    for (_, before), (place, phase) in pairwise(in_order):
        between = (phase.from_day - before.to_day).days
        if between != 1:
            yield Oddity(("phases", place, "from_day"), phase.code, Odd.GAP if between > 1 else Odd.OVERLAP)


def _odd_duties(plan: Plan) -> Iterator[Oddity]:
    """Duties due on odd days. Which days are worked is what was known when the plan was issued."""
    phases, calendar = {phase.code: phase for phase in plan.phases}, Calendar(plan.issued_on)
    for place, duty in enumerate(plan.duties):
        if duty.due_on is not None:
            phase = None if duty.phase is None else phases.get(duty.phase)
            for what in _odd_days(duty.due_on, phase, plan.issued_on, calendar):
                yield Oddity(("duties", place, "due_on"), duty.code, what)


def _odd_days(due: date, phase: Phase | None, issued_on: date, calendar: Calendar) -> Iterator[Odd]:
    if due < issued_on:
        yield Odd.DUE_BEFORE_ISSUE
    if phase is not None and due < phase.from_day:
        yield Odd.DUE_BEFORE_PHASE
    if phase is not None and due > phase.to_day:
        yield Odd.DUE_AFTER_PHASE
    if not calendar.works(due):
        yield Odd.DUE_WHEN_OFF if calendar.is_announced(due) else Odd.DUE_ON_WEEKEND


def _odd_turns(plan: Plan) -> Iterator[Oddity]:
    """Meetings and work whose first turn ends after the plan does."""
    if plan.since is None and not plan.phases:
        return
    first, last = span(plan)
    if last is None:
        return
    for part in ("cadences", "rounds"):
        for place, one in enumerate(getattr(plan, part)):
            if months_after(first, one.every.months) - timedelta(days=1) > last:
                yield Oddity((part, place, "every"), one.code, Odd.OUTLASTS)


def _odd_numbering(plan: Plan) -> Iterator[Oddity]:
    """Sections that nothing quotes, between the first and the last that are quoted."""
    items = (one.clause for part in _NUMBERED for one in getattr(plan, part))
    numbers = {clause.partition(".")[0] for clause in (*items, plan.must_visits.clause)}
    quoted = {int(number) for number in numbers if number.isdecimal() and len(number) < 3}
    for missing in sorted(set(range(min(quoted, default=0), max(quoted, default=0))) - quoted):
        yield Oddity(("anomalies",), str(missing), Odd.NO_SUCH_SECTION)


def _id(command: Command) -> str:
    return command.plan.code


OFFICE = frozenset({Role.OFFICE.value})

DECIDER: Decider[State] = Decider(
    category="plan",
    accepts=(
        Accepts(command=AdoptPlan, by=OFFICE, clause="3.4", id=_id, creates=True),
        Accepts(command=AmendPlan, by=OFFICE, clause="3.4", id=_id),
    ),
    events=(PlanAdopted, PlanAmended),
    initial=State(),
    decide=decide,
    evolve=evolve,
)
