"""What a plan makes due by itself: duties once, meetings and their minutes, work that comes round (§2, 3.1–3.4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Obligation, State, planned
from services.assessment.ledgers import deeds, meeting_duties
from services.assessment.marks import Mark, earliest
from services.assessment.periods import Turn, due_day, span, turns
from shared.contracts.assessment import Cadence, Duty, Plan, Round, SubjectKind
from shared.contracts.days import last_day_of

Deeds = Mapping[tuple[str, str | None], Sequence[deeds.Row]]
"""What was done, by the kind of work and the community."""
_ANYWHERE: Final = "anywhere"
"""In a community's place: all that was done of a kind. The sub-district's work may name a community."""


def of_plan(plan: Plan, plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """Every obligation that the plan's own items make; `plans` are all of them, it among them."""
    done = _by_work(ground.deeds)
    for duty in plan.duties:
        if duty.done_by is not None:
            until = _until(plan, duty, plans)
            for subject, joined in ground.subjects(duty.per, plan):
                rows = done.get((duty.done_by, _whose(subject, duty.per)), ())
                yield _once(plan, duty, subject, joined, rows, until, ground)
    for one in plan.rounds:
        for subject, joined in ground.subjects(one.per, plan):
            rows = done.get((one.work, _whose(subject, one.per)), ())
            yield from _each_turn(plan, one, subject, joined, rows, ground)
    for cadence in plan.cadences:
        for subject, joined in ground.subjects(SubjectKind.COMMUNITY, plan):
            yield from _meetings(plan, cadence, subject, joined, ground)


def _by_work(rows: Iterable[deeds.Row]) -> Deeds:
    found: dict[tuple[str, str | None], list[deeds.Row]] = defaultdict(list)
    for row in rows:
        found[row.work, row.community].append(row)
        found[row.work, _ANYWHERE].append(row)
    return found


def _whose(subject: str, per: SubjectKind) -> str:
    return _ANYWHERE if per is SubjectKind.UNIT else subject


# once ---------------------------------------------------------------------------------------------------------------


def _until(plan: Plan, duty: Duty, plans: Sequence[Plan]) -> date:
    """From when on such work is a later campaign's: what was done late for this one was done before."""
    last = span(plan).last
    later = (
        span(other).first for other in plans
        if last is not None and span(other).first > last and any(one.done_by == duty.done_by for one in other.duties)
    )  # fmt: skip
    return min(later, default=date.max)


def _once(
    plan: Plan, duty: Duty, subject: str, joined: date, rows: Sequence[deeds.Row], until: date, ground: Ground
) -> Obligation:  # fmt: skip
    """A duty that is done once. A campaign's that names neither a day nor a phase is done by the campaign's end.
    Nothing is late before the plan was issued, or the community had joined."""
    days = span(plan)
    phase = next((phase for phase in plan.phases if phase.code == duty.phase), None)
    due_on = duty.due_on or (phase.to_day if phase else days.last)
    if due_on is not None:
        due_on = max(due_on, plan.issued_on, joined)
    lasts = duty.done_by in deeds.LASTING
    marks = (
        deeds.stands(row, min(ground.as_of, days.last or date.max)) or deeds.stands(row, ground.as_of) for row in rows
    )  # fmt: skip
    done = min(
        (m for m in marks if m is not None and (lasts or m.on >= days.first) and m.on < until),
        key=lambda m: m.on, default=None,
    )  # fmt: skip
    # What is due before its phase opens (an oddity that is kept as issued) is due from the plan's beginning on.
    begins_on = phase.from_day if phase and (due_on is None or phase.from_day <= due_on) else days.first
    return ground.frame.obligation(
        planned(plan, duty), subject, begins_on=max(begins_on, joined), due_on=due_on,
        done_on=done.on if done else None, marks=[done] if done else (),
    )  # fmt: skip


# work that comes round ----------------------------------------------------------------------------------------------


def _each_turn(
    plan: Plan, one: Round, subject: str, joined: date, rows: Sequence[deeds.Row], ground: Ground
) -> Iterator[Obligation]:  # fmt: skip
    kind, by_month = planned(plan, one), _first_of_each_month(rows, ground.as_of)
    for turn in turns(plan, one.every, ground.as_of):
        if turn.last < joined:  # it owes the turns at whose end it was in the programme
            continue
        within = next((by_month[month] for month in turn.months if month in by_month), None)
        yield ground.frame.obligation(
            kind, subject, about=name_of(turn), begins_on=max(turn.first, joined),
            due_on=max(turn.last, plan.issued_on), done_on=within.on if within else None,
            state=_outlasts(plan, turn, within), marks=[within] if within else (),
        )  # fmt: skip


def _first_of_each_month(rows: Iterable[deeds.Row], by: date) -> Mapping[str, Mark]:
    found: dict[str, Mark] = {}
    for m in sorted((m for row in rows if (m := deeds.stands(row, by))), key=lambda m: m.on):
        found.setdefault(f"{m.on:%Y-%m}", m)
    return found


def name_of(turn: Turn) -> str:
    """2015-06 for a month, 2015-06/2015-08 for a longer turn."""
    first, last_month = f"{turn.first:%Y-%m}", f"{turn.last:%Y-%m}"
    return first if first == last_month else f"{first}/{last_month}"


def _outlasts(plan: Plan, turn: Turn, done: Mark | None) -> State | None:
    """What comes round more seldom than the campaign lasts never falls due in it."""
    end = span(plan).last
    if done is not None or end is None or turn.last <= last_day_of(f"{end:%Y-%m}"):
        return None
    return State.NOT_YET_DUE


# meetings and their minutes -----------------------------------------------------------------------------------------


def _meetings(plan: Plan, cadence: Cadence, subject: str, joined: date, ground: Ground) -> Iterator[Obligation]:
    """Of each turn the meeting, due by its end, and the minutes, due some days after it."""
    meeting = planned(plan, cadence)
    minutes = planned(plan, cadence, (".minutes", "（纪要上报）", " (minutes)"))
    for turn in turns(plan, cadence.every, ground.as_of):
        if turn.last < joined:  # it owes the turns at whose end it was in the programme
            continue
        keys = (meeting_duties.key_of(subject, cadence.meeting, month) for month in turn.months)
        met = [m for key in keys if (row := ground.meetings.get(key)) for m in row.marks]
        held, filed = (earliest(met, what, by=ground.as_of) for what in ("held", "submitted"))
        due_on = max(due_day(f"{turn.last:%Y-%m}", cadence.due_day), plan.issued_on)
        asked_from = turn.last + timedelta(days=1)
        for kind, mark, by, begins_on in (
            (meeting, held, max(turn.last, plan.issued_on), max(turn.first, joined)),
            (minutes, filed, due_on, min(held.on, asked_from) if held else asked_from),
        ):
            yield ground.frame.obligation(
                kind, subject, about=name_of(turn), begins_on=begins_on, due_on=by, done_on=mark.on if mark else None,
                state=_outlasts(plan, turn, mark), marks=[mark] if mark else (),
            )  # fmt: skip
