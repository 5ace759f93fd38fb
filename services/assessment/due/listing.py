"""Obligations as they are asked for: of one day, of some institutions, clauses or states; what presses first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.assessment.due import obligations
from services.assessment.due.ground import ground_at, plans_of
from services.assessment.due.obligation import Obligation, State
from services.assessment.ledgers import communities_served
from shared.contracts.frozen import dataclass
from shared.contracts.model import Look, Refused
from shared.queries import choice, day

_PRESSING: Final = {
    state: place
    for place, state in enumerate(
        (State.OVERDUE, State.VACANT, State.DUE, State.PAUSED, State.BROKEN, State.NOT_YET_DUE, State.LATE, State.DONE)
    )
}


AHEAD: Final = timedelta(days=731)
"""How far ahead may be asked: a plan without an end goes on for ever, and so would the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One obligation 应办事项, as it is shown."""

    state: State
    community: str
    """Whose it is: a community's division code, or the sub-district's."""
    clause: str
    code: str
    title_zh: str
    title_en: str
    lead: str
    """The unit that answers for it 牵头单位."""
    plan: str | None
    """None for what the record demands whatever plan is in force."""
    about: str
    """A month, a turn, a case, a posting or an entry; empty where it is owed once."""
    begins_on: date | None
    due_on: date | None
    works: bool | None
    """Whether the due day is a working day. A day that the plan writes is kept as issued, and this says what it is."""
    provisional: bool
    """暂定: the year's working calendar had not been announced."""
    done_on: date | None
    days: int
    """Overdue, late, vacant, or short of the time, by so many days."""
    taken_over: bool
    positions: tuple[int, ...]
    """Where in the log that of which it is made stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which obligations are asked for; None where any will do."""

    as_of: date
    plan: str | None = None
    community: str | None = None
    clause: str | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What was found 应办事项: the counts are of all that fit but for their state, the lines of all that fit."""

    log: str
    position: int
    """Of the ledgers that were looked at."""
    as_of: date
    plans: tuple[str, ...]
    """The codes of all plans."""
    counts: Mapping[str, int]
    """How many there are in each state."""
    lines: tuple[Line, ...]
    next: str | None = None
    """Where the next page begins, in `cursor`."""


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a query asks for; raises `Refused` that names what cannot be read or is too far ahead."""
    as_of = day(said, "as_of", today)
    if as_of > today + AHEAD:
        raise Refused("too_far_ahead", field="as_of", last_day=(today + AHEAD).isoformat())
    state = State(choice(said, "state", tuple(State))) if said.get("state") else None
    return Wanted(
        as_of=as_of, plan=said.get("plan") or None, community=said.get("community") or None,
        clause=said.get("clause") or None, state=state,
    )  # fmt: skip


def duties(look: Look, asked: Wanted, today: date) -> Duties:
    """All that fit, what presses first; raises `Refused`: unknown_plan, unknown_community."""
    plans = plans_of(look)
    if asked.plan is not None and asked.plan not in {plan.code for plan in plans}:
        raise Refused("unknown_plan", field="plan", item=asked.plan)
    if asked.community not in (None, look.log) and asked.community not in communities_served.names(look):
        raise Refused("unknown_community", field="community")
    found = [
        one for one in obligations(plans, ground_at(look, asked.as_of, today))
        if asked.plan in (None, one.kind.plan)
        and asked.community in (None, one.subject)
        and asked.clause in (None, one.kind.clause)
    ]  # fmt: skip
    counts = Counter(one.state for one in found)
    lines = sorted((_line(one) for one in found if asked.state in (None, one.state)), key=_press)
    return Duties(
        log=look.log, position=look.position, as_of=asked.as_of, plans=tuple(plan.code for plan in plans),
        counts={state.value: counts[state] for state in State}, lines=tuple(lines),
    )  # fmt: skip


def by_institution(lines: Sequence[Line]) -> Mapping[str, Mapping[State, int]]:
    """How many of each state each institution has, by its code."""
    found: dict[str, Counter[State]] = {}
    for line in lines:
        found.setdefault(line.community, Counter())[line.state] += 1
    return dict(sorted(found.items()))


def _line(one: Obligation) -> Line:
    kind = one.kind
    return Line(
        state=one.state, community=one.subject, clause=kind.clause, code=kind.code, title_zh=kind.title_zh,
        title_en=kind.title_en, lead=kind.lead, plan=kind.plan, about=one.about, begins_on=one.begins_on,
        due_on=one.due_on, works=one.works, provisional=one.provisional, done_on=one.done_on, days=one.days,
        taken_over=one.taken_over, positions=one.positions,
    )  # fmt: skip


def _press(line: Line) -> tuple[object, ...]:
    """The most pressing first; among equals by day, then in an order that is the same for everybody."""
    due = line.due_on or line.begins_on or date.max
    return (_PRESSING[line.state], due, line.clause, line.code, line.community, line.about)
