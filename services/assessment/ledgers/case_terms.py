"""What a case makes due 案件应办事项: its deadline, the letter, contacts, handover, performance, follow-up. Evidence of
duties. One row per case that was accepted; nothing of it is personal."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from services.assessment.marks import Mark, last, mark, marked, struck
from shared.contracts.assignment import (
    AgreementReached,
    HandlerReplaced,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    PerformanceChecked,
    ResponsibilityLetterSigned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.days import civil_day
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseReopened,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
)
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True)
class Clock:
    """How a case's deadline stood 期限 from a day on."""

    on: date
    due_on: date
    provisional: bool
    """暂定: it rests on a year whose working calendar had not been announced."""
    paused: bool = False
    """Whether the clock stands still."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A responsibility letter 包案稳控责任书."""

    signed: Mark
    contact_days: int
    """The parties are seen at least once in so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case, as far as what it makes due is concerned."""

    id: str
    over_on_paper: bool
    """It was over when it was taken over from paper: nothing follows from it here."""
    clocks: tuple[Clock, ...]
    """As the deadline was told, in the order of the log."""
    letters: tuple[Letter, ...]
    """A later one replaces an earlier one from its day on."""
    marks: tuple[Mark, ...]
    """accepted, reopened, handover, handed_over, agreed, performed."""


def clock(row: Row, day: date) -> Clock:
    """How the deadline stood at the end of a day."""
    return next((one for one in reversed(row.clocks) if one.on <= day), row.clocks[0])


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if type(event) is CaseAccepted:
        told = _told(event, recorded)
        if row is not None:  # its acceptance was taken back, and it is accepted again
            return marked(row, recorded, "accepted", clocks=(*row.clocks, told))
        return Row(
            id=key, over_on_paper=not event.to_be_handled, clocks=(told,), letters=(),
            marks=(mark(recorded, "accepted"),),
        )  # fmt: skip
    return None if row is None else _CHANGES[type(event)](row, event, recorded)  # declined, linked: nothing is due


def _told(event: CaseAccepted | CaseReopened | ClockResumed | DeadlineExtended, recorded: Recorded) -> Clock:
    return Clock(civil_day(recorded.occurred_at), event.due_on, event.due_provisional)


def _put_off(row: Row, event: ClockResumed | DeadlineExtended, recorded: Recorded) -> Row:
    return replace(row, clocks=(*row.clocks, _told(event, recorded)))


def _paused(row: Row, event: ClockPaused, recorded: Recorded) -> Row:
    stands = replace(row.clocks[-1], on=civil_day(recorded.occurred_at), paused=True)
    return replace(row, clocks=(*row.clocks, stands))


def _corrected(row: Row, event: CaseCorrected, recorded: Recorded) -> Row:
    """The day that was told last is another, and was so from when it was told."""
    if event.due_on is None:
        return row
    wrong = row.clocks[-1].due_on
    clocks = (replace(one, due_on=event.due_on) if one.due_on == wrong else one for one in row.clocks)
    return replace(row, clocks=tuple(clocks))


def _reopened(row: Row, event: CaseReopened, recorded: Recorded) -> Row:
    return marked(row, recorded, "reopened", clocks=(*row.clocks, _told(event, recorded)))


def _signed(row: Row, event: ResponsibilityLetterSigned, recorded: Recorded) -> Row:
    return replace(row, letters=(*row.letters, Letter(mark(recorded, "letter"), event.contact_days)))


def _retracted(row: Row, event: WorkRetracted, recorded: Recorded) -> Row:
    return replace(row, letters=()) if event.act is WorkAct.LETTER else row


def _replaced(row: Row, event: HandlerReplaced, recorded: Recorded) -> Row:
    """Somebody else handles it: there is nothing left to be handed over."""
    step = last(row.marks, "handover", "handed_over")
    return marked(row, recorded, "handed_over") if step is not None and step.what == "handover" else row


def _resumed(row: Row, event: HandlingResumed, recorded: Recorded) -> Row:
    """What ended it was taken back. If that was an agreement, there is none; one from before it was reopened stands."""
    step = last(row.marks, "agreed", "reopened")
    return struck(row, recorded, {"agreed"}) if step is not None and step.what == "agreed" else row


_CHANGES: Final[Mapping[type[Event], Callable[[Row, Any, Recorded], Row]]] = {
    CaseReopened: _reopened,
    CaseCorrected: _corrected,
    ClockPaused: _paused,
    ClockResumed: _put_off,
    DeadlineExtended: _put_off,
    ResponsibilityLetterSigned: _signed,
    WorkRetracted: _retracted,
    HandlingResumed: _resumed,
    HandoverOpened: lambda row, event, recorded: marked(row, recorded, "handover"),
    HandoverCompleted: lambda row, event, recorded: marked(row, recorded, "handed_over"),
    HandlerReplaced: _replaced,
    AgreementReached: lambda row, event, recorded: marked(row, recorded, "agreed"),
    PerformanceChecked: lambda row, event, recorded: marked(row, recorded, "performed"),
}

LEDGER = Ledger(
    name="case_terms",
    row=Row,
    handles=(CaseAccepted, *_CHANGES),
    evolve=_evolve,
    title_zh="案件应办事项（依据）",
    title_en="What cases make due (evidence)",
    clause="5.1",
    filters=(),
)
