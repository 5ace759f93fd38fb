"""A plan's life 方案: adopted once, amended by whole texts. Its oddities are kept as issued, and must be flagged."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.assessment.commands import AdoptPlan, AmendPlan
from shared.contracts.assessment import Plan, PlanAdopted, PlanAmended
from shared.contracts.codes import Role
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
    """Raises `Refused`: no_phases, repeated_code, phase_backwards, unknown_reference, oddity_not_flagged."""
    if not plan.phases:
        raise Refused("no_phases", field="plan.phases")
    numbered = (plan.phases, plan.duties, plan.cadences, plan.targets)
    codes = [one.code for part in numbered for one in part]
    _no_repeats("plan", codes)
    _no_repeats("plan.anomalies", [one.code for one in plan.anomalies])
    for phase in plan.phases:
        if phase.from_day > phase.to_day:
            raise Refused("phase_backwards", field="plan.phases", phase=phase.code)
    phases = {phase.code for phase in plan.phases}
    for duty in plan.duties:
        if duty.phase is not None and duty.phase not in phases:
            raise Refused("unknown_reference", field="plan.duties", item=duty.code, names=duty.phase)
    for anomaly in plan.anomalies:
        if anomaly.concerns is not None and anomaly.concerns not in codes:
            raise Refused("unknown_reference", field="plan.anomalies", item=anomaly.code, names=anomaly.concerns)
    flagged = {anomaly.concerns for anomaly in plan.anomalies}
    for odd in oddities(plan):
        if odd not in flagged:
            raise Refused("oddity_not_flagged", field="plan.anomalies", names=odd)


def oddities(plan: Plan) -> list[str]:
    """The codes of duties due outside their phase, and of phases that began before the plan was issued."""
    phases = {phase.code: phase for phase in plan.phases}
    late = [phase.code for phase in plan.phases if phase.from_day < plan.issued_on]
    for duty in plan.duties:
        phase = phases.get(duty.phase or "")
        if phase is not None and duty.due_on is not None and not phase.from_day <= duty.due_on <= phase.to_day:
            late.append(duty.code)
    return late


def _no_repeats(field: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise Refused("repeated_code", field=field, item=code)
        seen.add(code)


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
