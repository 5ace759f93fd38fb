"""What a case makes due 案件应办事项: its deadline, the letter, contacts, handover, performance, follow-up. Evidence of
duties. One row per case that was accepted; nothing of it is personal."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from services.assessment.marks import Mark, mark, marked, struck
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
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseHandedDown,
    CaseReopened,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
)
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case, as far as what it makes due is concerned."""

    id: str
    due_on: date
    """By when it is to be settled, as it was told last."""
    provisional: bool
    """暂定: it rests on a year whose working calendar had not been announced."""
    paused: bool
    """Whether the clock stands."""
    contact_days: int | None
    """How often the person answerable must be in touch, as the letter says."""
    marks: tuple[Mark, ...]
    """accepted, reopened, letter, handover, handed_over, agreed, performed."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if type(event) is CaseAccepted:
        if row is not None:  # its acceptance was taken back, and it is accepted again
            return marked(row, recorded, "accepted", due_on=event.due_on, provisional=event.due_provisional)
        return Row(
            id=key, due_on=event.due_on, provisional=event.due_provisional, paused=False, contact_days=None,
            marks=(mark(recorded, "accepted"),),
        )  # fmt: skip
    return None if row is None else _CHANGES[type(event)](row, event, recorded)  # declined, linked: nothing is due


def _reopened(row: Row, event: CaseReopened, recorded: Recorded) -> Row:
    return marked(
        row, recorded, "reopened", due_on=event.due_on, provisional=event.due_provisional, paused=False
    )  # fmt: skip


def _handed_down(row: Row, event: CaseHandedDown, recorded: Recorded) -> Row:
    return row if event.due_on is None else replace(row, due_on=event.due_on)


def _put_off(row: Row, event: ClockResumed | DeadlineExtended, recorded: Recorded) -> Row:
    return replace(row, due_on=event.due_on, provisional=event.due_provisional, paused=False)


def _corrected(row: Row, event: CaseCorrected, recorded: Recorded) -> Row:
    return row if event.due_on is None else replace(row, due_on=event.due_on)


def _signed(row: Row, event: ResponsibilityLetterSigned, recorded: Recorded) -> Row:
    return marked(row, recorded, "letter", contact_days=event.contact_days)


def _retracted(row: Row, event: WorkRetracted, recorded: Recorded) -> Row:
    if event.act is not WorkAct.LETTER:
        return row
    return replace(struck(row, recorded, {"letter"}), contact_days=None)


def _replaced(row: Row, event: HandlerReplaced, recorded: Recorded) -> Row:
    """Somebody else handles it: there is nothing left to be handed over."""
    steps = [m.what for m in row.marks if m.what in ("handover", "handed_over")]
    return marked(row, recorded, "handed_over") if steps[-1:] == ["handover"] else row


def _resumed(row: Row, event: HandlingResumed, recorded: Recorded) -> Row:
    """The agreement was taken back, and what followed from it."""
    return struck(struck(row, recorded, {"agreed"}), recorded, {"performed"})


_CHANGES: Final[Mapping[type[Event], Callable[[Row, Any, Recorded], Row]]] = {
    CaseReopened: _reopened,
    CaseHandedDown: _handed_down,
    CaseCorrected: _corrected,
    ClockPaused: lambda row, event, recorded: replace(row, paused=True),
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
