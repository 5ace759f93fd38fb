"""What a plan makes due by itself: duties once, meetings and their minutes, work that comes round (§2, 3.1–3.4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from services.assessment.due.ground import Ground, Subject
from services.assessment.due.obligation import Obligation, State, planned
from services.assessment.evidence.marks import Mark, earliest
from services.assessment.ledgers import deeds, meeting_duties
from services.assessment.rules.periods import Turn, due_day, span, turns
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
            for subject in ground.subjects(duty.per, plan):
                rows = done.get((duty.done_by, _whose(subject.code, duty.per)), ())
                yield _once(plan, duty, subject, rows, until, ground)
    for one in plan.rounds:
        for subject in ground.subjects(one.per, plan):
            rows = done.get((one.work, _whose(subject.code, one.per)), ())
            yield from _each_turn(plan, one, subject, rows, ground)
    for cadence in plan.cadences:
        for subject in ground.subjects(SubjectKind.COMMUNITY, plan):
            yield from _meetings(plan, cadence, subject, ground)


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
    plan: Plan, duty: Duty, subject: Subject, rows: Sequence[deeds.Row], until: date, ground: Ground
) -> Obligation:  # fmt: skip
    """A duty that is done once. A campaign's that names neither a day nor a phase is done by the campaign's end.
    Nothing is late before the plan was issued, or the community had joined."""
    days = span(plan)
    phase = next((phase for phase in plan.phases if phase.code == duty.phase), None)
    due_on = duty.due_on or (phase.to_day if phase else days.last)
    if due_on is not None:
        due_on = max(due_on, plan.issued_on, subject.joined)
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
        planned(plan, duty), subject.code, begins_on=max(begins_on, subject.joined), due_on=due_on, done=done,
        taken_over=_from_paper(subject, done, due_on), marks=(*subject.marks, *((done,) if done else ())),
    )  # fmt: skip


def _from_paper(subject: Subject, done: Mark | None, due_on: date | None) -> bool:
    """Whether what was done can only have been taken over from paper: it was due before the log took the community."""
    known_from = subject.marks[0].recorded_on if subject.marks else date.min
    return done is not None and due_on is not None and due_on < known_from


# work that comes round ----------------------------------------------------------------------------------------------


def _each_turn(
    plan: Plan, one: Round, subject: Subject, rows: Sequence[deeds.Row], ground: Ground
) -> Iterator[Obligation]:  # fmt: skip
    kind, by_month = planned(plan, one), _first_of_each_month(rows, ground.as_of)
    for turn in turns(plan, one.every, ground.as_of):
        if turn.last < subject.joined:  # it owes the turns at whose end it was in the programme
            continue
        within = next((by_month[month] for month in turn.months if month in by_month), None)
        yield ground.frame.obligation(
            kind, subject.code, about=name_of(turn), begins_on=max(turn.first, subject.joined),
            due_on=max(turn.last, plan.issued_on), done=within, state=_outlasts(plan, turn, within),
            turn_ends_on=turn.last, taken_over=_from_paper(subject, within, max(turn.last, plan.issued_on)),
            marks=(*subject.marks, *((within,) if within else ())),
        )  # fmt: skip


def _first_of_each_month(rows: Iterable[deeds.Row], by: date) -> Mapping[str, Mark]:
    found: dict[str, Mark] = {}
    for m in sorted((m for row in rows if (m := deeds.stands(row, by))), key=lambda m: m.on):
        found.setdefault(f"{m.on:%Y-%m}", m)
    return found


@lru_cache(4_096)
def name_of(turn: Turn) -> str:
    """2015-06 for a month, 2015-06/2015-08 for a longer turn."""
    first, last_month = f"{turn.first:%Y-%m}", f"{turn.last:%Y-%m}"
    return first if first == last_month else f"{first}/{last_month}"


def outlasts(plan: Plan, turn_ends_on: date | None, done_on: date | None) -> bool:
    """Whether it comes round more seldom than the campaign lasts, so that it never falls due, and was not done."""
    if done_on is not None or turn_ends_on is None:
        return False
    end = span(plan).last
    return end is not None and turn_ends_on > last_day_of(f"{end:%Y-%m}")


def _outlasts(plan: Plan, turn: Turn, done: Mark | None) -> State | None:
    return State.NOT_YET_DUE if outlasts(plan, turn.last, done.on if done else None) else None


# meetings and their minutes -----------------------------------------------------------------------------------------


def _meetings(plan: Plan, cadence: Cadence, subject: Subject, ground: Ground) -> Iterator[Obligation]:
    """Of each turn the meeting, due by its end, and the minutes, due some days after it. Of a turn that was over before
    the log took the community in, both can only have been taken over from paper."""
    meeting = planned(plan, cadence)
    minutes = planned(plan, cadence, (".minutes", "（纪要上报）", " (minutes)"))
    for turn in turns(plan, cadence.every, ground.as_of):
        if turn.last < subject.joined:  # it owes the turns at whose end it was in the programme
            continue
        keys = (meeting_duties.key_of(subject.code, cadence.meeting, month) for month in turn.months)
        met = [m for key in keys if (row := ground.meetings.get(key)) for m in row.marks]
        held, filed = (earliest(met, what, by=ground.as_of) for what in ("held", "submitted"))
        due_on = max(due_day(f"{turn.last:%Y-%m}", cadence.due_day), plan.issued_on)
        asked_from = turn.last + timedelta(days=1)
        for kind, mark, by, begins_on in (
            (meeting, held, max(turn.last, plan.issued_on), max(turn.first, subject.joined)),
            (minutes, filed, due_on, min(held.on, asked_from) if held else asked_from),
        ):
            yield ground.frame.obligation(
                kind, subject.code, about=name_of(turn), begins_on=begins_on, due_on=by, done=mark,
                state=_outlasts(plan, turn, mark), turn_ends_on=turn.last,
                marks=(*subject.marks, *((mark,) if mark else ())),
                taken_over=_from_paper(subject, mark, by),
            )  # fmt: skip
