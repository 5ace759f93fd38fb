"""What a case makes due 案件应办事项: its deadline, the letter, contacts, handover, performance, follow-up. Evidence of
duties. One row per case that was accepted; nothing of it is personal."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from services.assessment.evidence.items import Fields, Item
from services.assessment.evidence.marks import Mark, changed, last, mark, marked, positions, struck
from services.assessment.ledgers import deeds
from shared.contracts.assignment import (
    AgreementReached,
    HandlerReplaced,
    HandlerStanding,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    MediationHeld,
    PerformanceChecked,
    ResponsibilityLetterSigned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import CaseStatus
from shared.contracts.days import civil_day
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseReopened,
    CaseStep,
    CaseStepRetracted,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
)
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True)
class Deadline:
    """How a case's deadline stood 期限 from a day on."""

    on: date
    due_on: date
    provisional: bool
    """暂定: it rests on a year whose working calendar had not been announced."""
    position: int
    """Where it was told."""
    paused: bool = False
    """Whether the clock stands still."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A responsibility letter 包案稳控责任书."""

    signed: Mark
    contact_days: int
    """The parties are seen at least once in so many days."""


@dataclass(frozen=True, slots=True)
class Handover:
    """That the case is to be handed over 移交, and that it was."""

    opened: Mark
    officer: str
    """Who leaves: by this a posting is known whose end was taken back. Nobody is rated by it."""
    done: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case, as far as what it makes due is concerned."""

    id: str
    over_on_paper: bool
    """It was over when it was taken over from paper: nothing follows from it here, unless it is opened again."""
    clocks: tuple[Deadline, ...]
    """As the deadline was told, in the order of the log."""
    letters: tuple[Letter, ...]
    """A later one replaces an earlier one from its day on."""
    handovers: tuple[Handover, ...]
    marks: tuple[Mark, ...]
    """accepted, reopened, mediated, agreed, performed."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


def clock(row: Row, day: date) -> Deadline:
    """How the deadline stood at the end of a day."""
    return next((one for one in reversed(row.clocks) if one.on <= day), row.clocks[0])


def told_at(row: Row) -> Iterator[int]:
    """Where all that it holds was told, or held before that was taken back."""
    yield from positions(row)
    for stood in (row, *(was for _, was in row.earlier)):
        yield from (one.position for one in stood.clocks)
        yield from (one.signed.position for one in stood.letters)
        for one in stood.handovers:
            yield one.opened.position
            if one.done is not None:
                yield one.done.position


def over_on_paper(row: Row, day: date) -> bool:
    """Whether at the end of a day it was over, as it had been when it was taken over from paper."""
    return row.over_on_paper and last(row.marks, "reopened", by=day) is None


def sessions(row: Row, case: Item, as_of: date) -> Iterator[Item]:
    """The mediation sessions 调解 as entries of work: each of its case's community and grid, and void with it."""
    corrected = [m for m in row.marks if m.what == "corrected"]
    for number, m in enumerate((m for m in row.marks if m.what == "mediated"), 1):
        fields: Fields = {
            "work": deeds.MEDIATION, "detail": None, "grid": case.fields["grid"], "begun_on": m.on, "due_on": None,
            "done_on": m.on, "entered_on": m.recorded_on, "count": 1, "of": None, "told_from": None, "told_to": None,
            "whole": False,
        }  # fmt: skip
        marks = tuple(sorted({m, *corrected, *case.marks}, key=lambda one: one.position))
        counts = case.counts and m.on <= as_of
        key = f"{row.id}/mediation/{number}"
        yield Item(
            "deeds", key, case.community, fields, marks, counts, moved_from=case.moved_from, case=row.id, day=as_of
        )


def before(row: Row, position: int) -> Row:
    """The row, as `marks.rewound` gives it, without the letters, clocks and handovers that came after a position."""
    handovers = (
        one if one.done is None or one.done.position <= position else replace(one, done=None)
        for one in row.handovers if one.opened.position <= position
    )  # fmt: skip
    clocks = tuple(one for one in row.clocks if one.position <= position)
    return replace(
        row, clocks=clocks or row.clocks[:1], handovers=tuple(handovers),
        letters=tuple(one for one in row.letters if one.signed.position <= position),
    )  # fmt: skip


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if type(event) is CaseAccepted:
        told = _told(event, recorded)
        if row is not None:  # its acceptance was taken back, and it is accepted again
            return marked(row, recorded, "accepted", clocks=(told,), over_on_paper=not event.to_be_handled)
        return Row(
            id=key, over_on_paper=not event.to_be_handled, clocks=(told,), letters=(), handovers=(),
            marks=(mark(recorded, "accepted"),),
        )  # fmt: skip
    return None if row is None else _CHANGES[type(event)](row, event, recorded)  # declined, linked: nothing is due


def _told(event: CaseAccepted | CaseReopened | ClockResumed | DeadlineExtended, recorded: Recorded) -> Deadline:
    return Deadline(civil_day(recorded.occurred_at), event.due_on, event.due_provisional, recorded.position)


def _put_off(row: Row, event: ClockResumed | DeadlineExtended, recorded: Recorded) -> Row:
    return replace(row, clocks=(*row.clocks, _told(event, recorded)))


def _paused(row: Row, event: ClockPaused, recorded: Recorded) -> Row:
    on, position = civil_day(recorded.occurred_at), recorded.position
    stands = replace(row.clocks[-1], on=on, position=position, paused=True)
    return replace(row, clocks=(*row.clocks, stands))


def _corrected(row: Row, event: CaseCorrected, recorded: Recorded) -> Row:
    """The day that was told last is another, and was so from when it was told."""
    if event.due_on is None:
        return row
    wrong = row.clocks[-1].due_on
    clocks = (replace(one, due_on=event.due_on) if one.due_on == wrong else one for one in row.clocks)
    return changed(row, recorded, clocks=tuple(clocks))


def _reopened(row: Row, event: CaseReopened, recorded: Recorded) -> Row:
    clocks = (*row.clocks, _told(event, recorded))
    return marked(row, recorded, "reopened", clocks=clocks)


def _taken_back(row: Row, event: CaseStepRetracted, recorded: Recorded) -> Row:
    """What ended it on paper did not: it is handled here. A step of the clock left a clock of its own."""
    if event.step is CaseStep.ACCEPTED:
        return struck(row, recorded, {"accepted"})
    if event.clock is None:
        return changed(row, recorded, over_on_paper=False) if event.back_to is CaseStatus.ACCEPTED else row
    if event.step is not CaseStep.DUE_CORRECTED:
        return changed(row, recorded, clocks=row.clocks[:-1])
    wrong, told = row.clocks[-1].due_on, event.clock.due_on
    clocks = tuple(replace(c, due_on=told) if c.due_on == wrong else c for c in row.clocks)
    return changed(row, recorded, clocks=clocks)


def _signed(row: Row, event: ResponsibilityLetterSigned, recorded: Recorded) -> Row:
    return replace(row, letters=(*row.letters, Letter(mark(recorded, "letter"), event.contact_days)))


_TOLD: Final = {WorkAct.PERFORMANCE: "performed", WorkAct.MEDIATION: "mediated"}
"""The marks of acts that can be taken back by themselves."""


def _retracted(row: Row, event: WorkRetracted, recorded: Recorded) -> Row:
    if event.act is WorkAct.LETTER:
        return changed(row, recorded, letters=row.letters[:-1])
    if (told := _TOLD.get(event.act)) is not None:
        return struck(row, recorded, {told})
    return row if event.handler is None else _waiting(row, event.handler, recorded)


def _waiting(row: Row, standing: HandlerStanding, recorded: Recorded) -> Row:
    """With what a choice of a handler, or the end of a posting, had changed of its handover set back."""
    *earlier, last_one = row.handovers or (None,)
    if last_one is None or (last_one.done is None) == (standing.handover_since is not None):
        return row
    again = () if last_one.done is None else (replace(last_one, done=None),)
    return changed(row, recorded, handovers=(*earlier, *again))


def _leaving(row: Row, event: HandoverOpened, recorded: Recorded) -> Row:
    """One that still waits is waited for no more: the end that had opened it was taken back."""
    done = tuple(one for one in row.handovers if one.done is not None)
    handovers = (*done, Handover(mark(recorded, "handover"), event.officer))
    if done != row.handovers:
        return changed(row, recorded, handovers=handovers)
    return replace(row, handovers=handovers)


def _handed_over(row: Row, event: HandoverCompleted | HandlerReplaced, recorded: Recorded) -> Row:
    """By either way somebody else handles it."""
    *earlier, last_one = row.handovers or (None,)
    if last_one is None or last_one.done is not None:
        return row
    return replace(row, handovers=(*earlier, replace(last_one, done=mark(recorded, "handed_over"))))


def _resumed(row: Row, event: HandlingResumed, recorded: Recorded) -> Row:
    """What ended it was taken back. If that was an agreement, there is none; one from before it was reopened stands."""
    step = last(row.marks, "agreed", "reopened")
    if step is None or step.what != "agreed":
        return row
    row = struck(row, recorded, {"agreed"})
    for _ in [m for m in row.marks if m.what == "performed" and m.position > step.position]:
        row = struck(row, recorded, {"performed"})
    return row


_CHANGES: Final[Mapping[type[Event], Callable[[Row, Any, Recorded], Row]]] = {
    CaseReopened: _reopened,
    CaseStepRetracted: _taken_back,
    CaseCorrected: _corrected,
    ClockPaused: _paused,
    ClockResumed: _put_off,
    DeadlineExtended: _put_off,
    ResponsibilityLetterSigned: _signed,
    WorkRetracted: _retracted,
    HandlingResumed: _resumed,
    HandoverOpened: _leaving,
    HandoverCompleted: _handed_over,
    HandlerReplaced: _handed_over,
    MediationHeld: lambda row, event, recorded: marked(row, recorded, "mediated"),
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
