"""What a plan makes due by itself: duties once, meetings and their minutes, work that comes round (§2, 3.1–3.4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Obligation, State, planned
from services.assessment.ledgers import deeds, meeting_duties
from services.assessment.marks import Mark, last
from services.assessment.periods import Span, due_day, months_between, span, turns
from shared.contracts.assessment import Cadence, Duty, Plan, Round, SubjectKind
from shared.contracts.days import last_day_of


def of_plan(plan: Plan, ground: Ground) -> Iterator[Obligation]:
    """Every obligation that the plan's own items make."""
    done = _by_work(ground.deeds)
    for duty in plan.duties:
        if duty.done_by is not None:
            for subject, joined in ground.subjects(duty.per, plan):
                yield _once(plan, duty, subject, joined, done[duty.done_by], ground)
    for one in plan.rounds:
        for subject, joined in ground.subjects(one.per, plan):
            yield from _each_turn(plan, one, subject, joined, done[one.work], ground)
    for cadence in plan.cadences:
        for subject, joined in ground.subjects(SubjectKind.COMMUNITY, plan):
            yield from _meetings(plan, cadence, subject, joined, ground)


def _by_work(rows: Iterable[deeds.Row]) -> Mapping[str, list[deeds.Row]]:
    found: dict[str, list[deeds.Row]] = defaultdict(list)
    for row in rows:
        found[row.work].append(row)
    return found


def _theirs(rows: Sequence[deeds.Row], subject: str, per: SubjectKind) -> Iterator[deeds.Row]:
    """What the subject did: the sub-district's work may name a community."""
    return (row for row in rows if per is SubjectKind.UNIT or row.community == subject)


def _done(row: deeds.Row, by: date) -> Mark | None:
    """The mark by which it stood as done at the end of a day; none if it was made void or has ended."""
    if last(row.marks, "voided") is not None:
        return None
    stands = last(row.marks, "done", "ended", by=by)
    return stands if stands is not None and stands.what == "done" else None


# once ---------------------------------------------------------------------------------------------------------------


def _once(
    plan: Plan, duty: Duty, subject: str, joined: date, rows: Sequence[deeds.Row], ground: Ground
) -> Obligation:  # fmt: skip
    """A duty that is done once. Nothing is late before the plan was issued, or the community had joined."""
    phase = next((phase for phase in plan.phases if phase.code == duty.phase), None)
    due_on = duty.due_on or (phase.to_day if phase else None)
    if due_on is not None:
        due_on = max(due_on, plan.issued_on, joined)
    first = span(plan).first
    marks = [m for row in _theirs(rows, subject, duty.per) if (m := _done(row, ground.as_of)) and m.on >= first]
    earliest = min(marks, key=lambda m: m.on, default=None)
    # What is due before its phase opens (an oddity that is kept as issued) is due from the plan's beginning on.
    begins_on = phase.from_day if phase and (due_on is None or phase.from_day <= due_on) else first
    return ground.frame.obligation(
        planned(plan, duty), subject, begins_on=max(begins_on, joined), due_on=due_on,
        done_on=earliest.on if earliest else None, marks=[earliest] if earliest else (),
    )  # fmt: skip


# work that comes round ----------------------------------------------------------------------------------------------


def _each_turn(
    plan: Plan, one: Round, subject: str, joined: date, rows: Sequence[deeds.Row], ground: Ground
) -> Iterator[Obligation]:  # fmt: skip
    marks = [m for row in _theirs(rows, subject, one.per) if (m := _done(row, ground.as_of))]
    kind = planned(plan, one)
    for turn in turns(plan, one.every, ground.as_of):
        assert turn.last is not None, "a turn has an end"
        if turn.last < joined:
            continue
        due_on = max(turn.last, plan.issued_on)
        within = min((m for m in marks if turn.first <= m.on <= turn.last), key=lambda m: m.on, default=None)
        yield ground.frame.obligation(
            kind, subject, about=name_of(turn), begins_on=turn.first, due_on=due_on,
            done_on=within.on if within else None, state=_outlasts(plan, turn.last, within),
            marks=[within] if within else (),
        )  # fmt: skip


def name_of(turn: Span) -> str:
    """2015-06 for a month, 2015-06/2015-08 for a longer turn."""
    assert turn.last is not None, "a turn has an end"
    first, last_month = f"{turn.first:%Y-%m}", f"{turn.last:%Y-%m}"
    return first if first == last_month else f"{first}/{last_month}"


def _outlasts(plan: Plan, turn_ends_on: date, done: Mark | None) -> State | None:
    """What comes round more seldom than the campaign lasts never falls due in it."""
    end = span(plan).last
    if done is not None or end is None or turn_ends_on <= last_day_of(f"{end:%Y-%m}"):
        return None
    return State.NOT_YET_DUE


# meetings and their minutes -----------------------------------------------------------------------------------------


def _meetings(plan: Plan, cadence: Cadence, subject: str, joined: date, ground: Ground) -> Iterator[Obligation]:
    """Of each turn the meeting, due by its end, and the minutes, due some days after it."""
    meeting = planned(plan, cadence)
    minutes = planned(plan, cadence, (".minutes", "（纪要上报）", " (minutes)"))
    for turn in turns(plan, cadence.every, ground.as_of):
        assert turn.last is not None, "a turn has an end"
        if turn.last < joined:  # it owes the turns at whose end it was in the programme
            continue
        rows = [
            row for month in months_between(turn.first, turn.last)
            if (row := ground.meetings.get(meeting_duties.key_of(subject, cadence.meeting, month)))
        ]  # fmt: skip
        held, filed = (_earliest(rows, what, ground.as_of) for what in ("held", "submitted"))
        due_on = max(due_day(f"{turn.last:%Y-%m}", cadence.due_day), plan.issued_on)
        for kind, mark, by, begins_on in (
            (meeting, held, max(turn.last, plan.issued_on), turn.first),
            (minutes, filed, due_on, held.on if held else turn.last + timedelta(days=1)),
        ):
            yield ground.frame.obligation(
                kind, subject, about=name_of(turn), begins_on=begins_on, due_on=by, done_on=mark.on if mark else None,
                state=_outlasts(plan, turn.last, mark), marks=[mark] if mark else (),
            )  # fmt: skip


def _earliest(rows: Iterable[meeting_duties.Row], what: str, by: date) -> Mark | None:
    marks = (m for row in rows for m in row.marks if m.what == what and m.on <= by)
    return min(marks, key=lambda m: m.on, default=None)
