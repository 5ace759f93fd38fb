"""What the roster makes due: vacancies to be filled, postings to be kept, leave to be covered (§3.1.3, 6.2, 6.3)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.assessment.due.ground import Ground, Subject
from services.assessment.due.obligation import Kind, Obligation, State, lead_of, planned, term_of
from services.assessment.evidence.marks import Mark, first
from services.assessment.ledgers import postings
from services.assessment.rules.periods import months_after, span
from shared.contracts.assessment import Plan, Sequel, SubjectKind
from shared.contracts.assignment import Leave
from shared.contracts.codes import EXCUSING, PostingEnd, Profession

VACANCY: Final = "vacancy"
"""What a vacancy is called under a plan that gives no term for filling it."""
_DAY: Final = timedelta(days=1)


class _Served(NamedTuple):
    """Days on which somebody was posted, both included."""

    first: date
    last: date
    row: postings.Row


class _Gap(NamedTuple):
    """Days on which nobody was 空缺."""

    first: date
    filled_on: date | None
    """The day on which somebody came; none while it lasts."""
    marks: Sequence[Mark]


def of_people(plan: Plan, ground: Ground) -> Iterator[Obligation]:
    """What the plan asks of the roster, in the communities of the programme."""
    days = span(plan)
    if ground.as_of < days.first:
        return
    by = ground.as_of if days.last is None else min(ground.as_of, days.last)
    posted = _by_place(ground.postings)
    for subject in ground.subjects(SubjectKind.COMMUNITY, plan):
        for profession in Profession:
            rows = posted.get((subject.code, profession), ())
            yield from _refills(plan, subject, profession, rows, ground)
            for row in rows:
                if days.first <= row.from_day <= by:
                    yield from _kept(plan, row, ground)
            if by == ground.as_of:
                yield from _uncovered(plan, rows, ground)


def vacant_days(one: Obligation, first_day: date, last_day: date) -> int:
    """On how many of the days from one to another a post was vacant 空缺天数; 0 for what is owed otherwise."""
    if one.kind.what.partition(".")[0] not in (Sequel.REFILL, VACANCY) or one.begins_on is None:
        return 0
    after = min(one.done_on or date.max, last_day + _DAY)
    return max((after - max(one.begins_on, first_day)).days, 0)


def _by_place(rows: Iterable[postings.Row]) -> Mapping[tuple[str, str], Sequence[postings.Row]]:
    """The postings that are not void, by community and profession."""
    found: dict[tuple[str, str], list[postings.Row]] = defaultdict(list)
    for row in rows:
        if first(row, "voided", date.max) is None:
            found[row.community, row.profession].append(row)
    return found


# vacancies ----------------------------------------------------------------------------------------------------------


def _refills(
    plan: Plan, subject: Subject, profession: Profession, rows: Sequence[postings.Row], ground: Ground
) -> Iterator[Obligation]:  # fmt: skip
    """One obligation for each stretch of days on which nobody of a profession was posted. One that began while the
    plan was in force is followed to its end, as all that began then is."""
    term, (plan_begins, plan_ends) = term_of(plan, Sequel.REFILL), span(plan)
    named = (f".{profession}", f"（{profession.zh}）", f" ({profession.en})")
    kind = _vacancy(plan, named) if term is None else planned(plan, term, named)
    for gap in _gaps(rows, max(subject.joined, plan_begins), ground.as_of):
        if plan_ends is not None and gap.first > plan_ends:
            return
        due_on, provisional = (None, False) if term is None else ground.frame.by_term(term, gap.first - _DAY)
        if due_on is not None:
            due_on = max(due_on, plan.issued_on)
        overdue = due_on is not None and ground.as_of > due_on
        open_now = State.OVERDUE if overdue else State.VACANT
        yield ground.frame.obligation(
            kind, subject.code, about=gap.first.isoformat(), begins_on=gap.first, due_on=due_on, done=gap.filled_on,
            state=open_now if gap.filled_on is None else None, provisional=provisional,
            marks=(*subject.marks, *gap.marks),
        )  # fmt: skip


def _vacancy(plan: Plan, named: tuple[str, str, str]) -> Kind:
    """A plan that gives no term for filling a vacancy still asks for the four."""
    code, zh, en = named
    return Kind(f"{VACANCY}{code}", "3.1.3", f"空缺{zh}", f"Vacancy{en}", lead_of(plan, "3.1.3"), plan.code)


def _gaps(rows: Iterable[postings.Row], start: date, until: date) -> Iterator[_Gap]:
    """The stretches between `start` and `until` that no posting covers."""
    free = start
    marks: tuple[Mark, ...] = ()
    for served in sorted(map(_served, rows), key=lambda one: (one.first, one.last)):
        if served.first > until:
            break
        if served.first > free:
            yield _Gap(free, served.first, (*marks, *served.row.marks))
        if served.last >= free:
            if served.last >= until:
                return
            free, marks = served.last + _DAY, served.row.marks
    if free <= until:
        yield _Gap(free, None, marks)


def _served(row: postings.Row) -> _Served:
    last = row.last_day if postings.ended(row) else None
    return _Served(row.from_day, last or date.max, row)


# kept for the time ----------------------------------------------------------------------------------------------------


def _kept(plan: Plan, row: postings.Row, ground: Ground) -> Iterator[Obligation]:
    """A posting is kept for the months of the plan; a reason that excuses its early end ends the duty too."""
    zh, en = f"派驻保持至少{plan.posting_months}个月", f"The posting is kept for {plan.posting_months} months"
    kind = Kind("tenure", "3.1.3", zh, en, lead_of(plan, "3.1.3"), plan.code)
    until = months_after(row.from_day, plan.posting_months) - _DAY
    last_day = _served(row).last
    short = last_day < until and last_day <= ground.as_of
    if short and PostingEnd(row.reason or "") in EXCUSING:
        return
    kept = ground.as_of >= until and not short
    state = State.BROKEN if short else State.DONE if kept else State.NOT_YET_DUE
    yield ground.frame.obligation(
        kind, row.community, about=_told(row), begins_on=row.from_day, due_on=until, done=until if kept else None,
        state=state, days=(until - last_day).days if short else 0, marks=row.marks,
    )  # fmt: skip


# leave ----------------------------------------------------------------------------------------------------------------


def _uncovered(plan: Plan, rows: Sequence[postings.Row], ground: Ground) -> Iterator[Obligation]:
    """Leave with nobody in the officer's place: vacant as long as it lasts, where no other of the profession serves."""
    zh, en = "请假期间安排顶岗", "Cover while an officer is on leave"
    kind = Kind("cover", "6.3", zh, en, lead_of(plan, "6.3"), plan.code)
    day = ground.as_of
    serving = [row for row in rows if row.from_day <= day <= _served(row).last]
    away = [(row, leave) for row in serving if (leave := _leave_on(row, day)) is not None]
    if len(away) < len(serving) or any(leave.cover is not None for _, leave in away):
        return
    for row, leave in away:
        yield ground.frame.obligation(
            kind, row.community, about=_told(row), begins_on=leave.first_day, state=State.VACANT, marks=row.marks
        )


def _told(row: postings.Row) -> str:
    """The posting as others are told of it: the post, not the officer."""
    return f"{row.profession}/{row.from_day.isoformat()}"


def _leave_on(row: postings.Row, day: date) -> Leave | None:
    return next((leave for leave in row.leaves if leave.first_day <= day <= leave.last_day), None)
