"""An obligation 应办事项: something that an institution must do, by when, and how it stands on a day.

Obligations are stored nowhere: what is due, done, overdue, vacant or not yet due on any day follows from the plans, the
evidence and the calendar. They are an institution's: nobody who does the work is rated by them.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import assert_never

from services.assessment.clauses import KNOWN
from services.assessment.evidence.marks import Mark
from shared.calendar import Calendar
from shared.contracts.assessment import Cadence, Duty, Plan, Round, Term
from shared.contracts.codes import Named
from shared.contracts.frozen import dataclass


class State(Named):
    """How an obligation stands on a day 状态."""

    NOT_YET_DUE = "not_yet_due", "未到期", "not yet due"
    DUE = "due", "待办", "due"
    OVERDUE = "overdue", "已逾期", "overdue"
    VACANT = "vacant", "空缺", "vacant"
    PAUSED = "paused", "中止计算", "paused"
    DONE = "done", "已办", "done"
    LATE = "late", "逾期办结", "done late"
    BROKEN = "broken", "未保持", "not kept"
    """Of a posting that ended early without an excusing reason: nothing can be done about it any more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is to be done, and who answers for it."""

    code: str
    """The plan item's, or this product's for what the record itself demands."""
    clause: str
    title_zh: str
    title_en: str
    lead: str
    """The unit that answers for it 牵头单位."""
    plan: str | None = None
    """None for what the record demands whatever plan is in force: a statutory deadline, a hazard's."""
    work: str | None = None
    """The work, sequel or kind of meeting that a plan's item asks for, by which a rulebook finds it."""

    @property
    def what(self) -> str:
        """What a rulebook calls it: plans give codes of their own to one and the same thing."""
        return self.work or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One thing that one institution must do."""

    kind: Kind
    subject: str
    """A division code: the community's, or the sub-district's."""
    about: str
    """What it is about: a month, a turn, a case, a posting, an entry; empty where the institution owes it once."""
    begins_on: date | None
    due_on: date | None
    """None where it goes on until it is done."""
    works: bool | None
    """Whether that day is a working day. A day that the plan itself writes is kept as issued, and only said."""
    provisional: bool
    """暂定: the year's working calendar had not been announced."""
    done_on: date | None
    entered_on: date | None
    """When the log took that; for what is taken over from paper, and for what was done by waiting, the day itself."""
    state: State
    days: int
    """Overdue or done late by so many days, vacant for so many, short of so many where it was not kept; else 0."""
    turn_ends_on: date | None
    """Of what comes round: the last day of the turn that it answers for."""
    taken_over: bool
    """Entered from paper: judged by the days written there."""
    marks: tuple[Mark, ...]
    """That of which it is made."""
    case: str | None = None
    """The case that it is about."""

    @property
    def positions(self) -> tuple[int, ...]:
        """Where in the log that stands."""
        return tuple(sorted({m.position for m in self.marks}))


@dataclass(frozen=True, slots=True)
class Frame:
    """The day that is asked about, and the calendar as it was known on it."""

    as_of: date
    calendar: Calendar

    def obligation(
        self, kind: Kind, subject: str, *, about: str = "", begins_on: date | None = None, due_on: date | None = None,
        done: Mark | date | None = None, state: State | None = None, days: int | None = None,
        provisional: bool = False, turn_ends_on: date | None = None, taken_over: bool = False,
        marks: Iterable[Mark] = (), case: str | None = None,
    ) -> Obligation:  # fmt: skip
        """An obligation as it stands on the day; `state` and `days` where they do not follow from the others. `done` is
        the mark of what was done, or the day where no single event tells of it."""
        done_on = done.on if isinstance(done, Mark) else done
        done_on = done_on if done_on is not None and done_on <= self.as_of else None
        recorded_on = done.recorded_on if isinstance(done, Mark) and not taken_over else done_on
        state = state or self._state(begins_on, due_on, done_on)
        return Obligation(
            kind=kind, subject=subject, about=about, begins_on=begins_on, due_on=due_on,
            works=None if due_on is None else self.calendar.works(due_on), provisional=provisional, done_on=done_on,
            entered_on=None if done_on is None else recorded_on, state=state,
            days=self._days(state, begins_on, due_on, done_on) if days is None else days,
            turn_ends_on=turn_ends_on, taken_over=taken_over, marks=tuple(marks), case=case,
        )  # fmt: skip

    def _state(self, begins_on: date | None, due_on: date | None, done_on: date | None) -> State:
        if done_on is not None:
            return State.DONE if due_on is None or done_on <= due_on else State.LATE
        if begins_on is not None and self.as_of < begins_on:
            return State.NOT_YET_DUE
        return State.DUE if due_on is None or self.as_of <= due_on else State.OVERDUE

    def _days(self, state: State, begins_on: date | None, due_on: date | None, done_on: date | None) -> int:
        if state is State.VACANT and begins_on is not None:
            return (self.as_of - begins_on).days + 1
        if due_on is None or state not in (State.OVERDUE, State.LATE):
            return 0
        return ((done_on or self.as_of) - due_on).days

    def by_term(self, term: Term, begins_on: date) -> tuple[date, bool]:
        """The last day of a term of the plan, and whether that is provisional. Both are counted as statutory deadlines
        are: the first day is not counted, and a last day that is not worked gives way to the next that is."""
        if term.working_days is not None:
            on = self.calendar.after(begins_on, term.working_days)
        else:
            on = self.calendar.from_day(begins_on + timedelta(days=term.days or 0))
        return on, not (self.calendar.is_announced(begins_on) and self.calendar.is_announced(on))


def demanded(code: str, clause: str, title_zh: str, title_en: str) -> Kind:
    """What the record itself demands; the clause's lead unit answers for it."""
    return Kind(code, clause, title_zh, title_en, KNOWN[clause].lead)


def lead_of(plan: Plan, clause: str) -> str:
    """The unit that the plan makes answerable for a clause; where it names none, the built-in plan's."""
    named = next((duty.lead for duty in plan.duties if duty.clause == clause), None)
    if named is not None:
        return named
    return KNOWN[clause].lead if clause in KNOWN else plan.issuer


def planned(plan: Plan, item: Duty | Cadence | Round | Term, suffix: tuple[str, str, str] = ("", "", "")) -> Kind:
    """What an item of a plan demands; `suffix` tells two obligations of one item apart (code, Chinese, English)."""
    code, zh, en = suffix
    named = item.lead if isinstance(item, Duty | Term) else None
    lead = named or lead_of(plan, item.clause)
    return Kind(
        f"{item.code}{code}", item.clause, f"{item.title_zh}{zh}", f"{item.title_en}{en}", lead, plan.code,
        f"{_work_of(item)}{code}",
    )  # fmt: skip


def _work_of(item: Duty | Cadence | Round | Term) -> str:
    match item:
        case Duty():
            return item.done_by or item.code
        case Cadence():
            return item.meeting
        case Round():
            return item.work
        case Term():
            return item.sequel
        case _:
            assert_never(item)


def term_of(plan: Plan, sequel: str) -> Term | None:
    """The term that a plan gives for what must follow; none where it gives none."""
    return next((term for term in plan.terms if term.sequel == sequel), None)
