"""The backlog ledger 信访积案台账 (§3.2.1, §5.1): the cases that higher offices handed down, until they are settled.

A case enters when it is reported as backlog or handed down, and leaves where a correction says that it was never one.
It stays in the table, so that it comes back as it stands where that correction was a mistake itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, get_args

from shared.contracts.assignment import VisitCompleted, WorkRetracted
from shared.contracts.codes import CaseKind, CaseStatus, VisitResult
from shared.contracts.days import start_of
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseEscalated,
    CaseFollowedUp,
    CaseHandedDown,
    CaseReclassified,
    CaseReopened,
    CaseReported,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
    Ending,
    ended_as,
)
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A handed-down case: who handed it down, by when it is due, and when it was last seen to."""

    id: str
    community: str
    grid: str | None
    status: CaseStatus
    by_unit: str | None = None
    document: str | None = None
    handed_down_at: datetime
    due_on: date | None
    contacts_at: tuple[datetime, ...] = ()
    """Visits and follow-ups since it was handed down."""
    contacts: int = 0
    """How many."""
    last_contact_at: datetime | None = None
    """The last of them."""
    followed_up_at: datetime | None = None
    """The last follow-up."""
    ended_at: datetime | None = None
    stable: bool | None = None
    """What the last follow-up found (稳控); None before one, and again since it was reopened."""
    no_backlog_since: datetime | None = None
    """When it was said that it is no petition backlog (any more) 移出; none while it is."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event, at = recorded.event, recorded.occurred_at
    if type(event) is CaseReported:
        return _entered(event, at, key, CaseStatus.REPORTED, None) if event.kind is CaseKind.BACKLOG else None
    if type(event) is CaseHandedDown:
        status = CaseStatus.REPORTED if event.due_on is None else CaseStatus.ACCEPTED
        row = row or _entered(event, at, key, status, event.due_on)
        return replace(row, by_unit=event.by_unit, document=event.document, handed_down_at=at, no_backlog_since=None)
    return None if row is None else _CHANGES[type(event)](row, event, at)  # most never were backlog cases


def _entered(
    event: CaseReported | CaseHandedDown, at: datetime, key: str, status: CaseStatus, due_on: date | None
) -> Row:
    return Row(id=key, community=event.community, grid=event.grid, status=status, handed_down_at=at, due_on=due_on)


def _accepted(row: Row, event: CaseAccepted | CaseReopened, at: datetime) -> Row:
    return replace(row, status=CaseStatus.ACCEPTED, due_on=event.due_on, ended_at=None)


def _reopened(row: Row, event: CaseReopened, at: datetime) -> Row:
    """What the last follow-up found is past."""
    return replace(_accepted(row, event, at), followed_up_at=None, stable=None)


def _put_off(row: Row, event: ClockResumed | DeadlineExtended, at: datetime) -> Row:
    return replace(row, due_on=event.due_on)


def _unmoved(row: Row, event: CaseEscalated | ClockPaused, at: datetime) -> Row:
    return row


def _ended(row: Row, event: Ending, at: datetime) -> Row:
    return replace(row, status=ended_as(event), ended_at=at)


def _reclassified(row: Row, event: CaseReclassified, at: datetime) -> Row:
    return replace(row, no_backlog_since=None if event.kind is CaseKind.BACKLOG else at)


def _contacted(row: Row, event: VisitCompleted | CaseFollowedUp, at: datetime) -> Row:
    return _with_contacts(row, (*row.contacts_at, at))


def _with_contacts(row: Row, contacts_at: tuple[datetime, ...]) -> Row:
    return replace(
        row, contacts_at=contacts_at, contacts=len(contacts_at), last_contact_at=max(contacts_at, default=None)
    )


def _without_contact(row: Row, at: datetime | None) -> Row:
    """Without one that did not take place; one before it was handed down was not counted."""
    if at not in row.contacts_at:
        return row
    place = row.contacts_at.index(at)
    return _with_contacts(row, (*row.contacts_at[:place], *row.contacts_at[place + 1 :]))


def _followed_up(row: Row, event: CaseFollowedUp, at: datetime) -> Row:
    row = _contacted(row, event, at)
    return replace(row, status=CaseStatus.FOLLOWED_UP, followed_up_at=at, stable=event.stable)


def _closed(row: Row, event: CaseClosed, at: datetime) -> Row:
    return replace(row, status=CaseStatus.CLOSED)


def _voided(row: Row, event: CaseVoided, at: datetime) -> Row:
    return replace(row, status=CaseStatus.VOIDED)


def _retracted(row: Row, event: CaseStepRetracted, at: datetime) -> Row:
    """Where the case stands again; a follow-up that did not take place was no contact."""
    not_over = event.back_to in (CaseStatus.REPORTED, CaseStatus.ACCEPTED)
    row = replace(row, status=event.back_to, ended_at=None if not_over else row.ended_at)
    if event.step is CaseStep.FOLLOWED_UP:
        return replace(_without_contact(row, row.followed_up_at), followed_up_at=None, stable=None)
    if event.clock is not None:
        return replace(row, due_on=event.clock.due_on)
    return replace(row, due_on=None) if event.back_to is CaseStatus.REPORTED else row


def _work_retracted(row: Row, event: WorkRetracted, at: datetime) -> Row:
    return _without_contact(row, event.done_at) if event.visit is VisitResult.COMPLETED else row


def _corrected(row: Row, event: CaseCorrected, at: datetime) -> Row:
    given: dict[str, Any] = {
        name: new for name in ("community", "grid", "due_on") if (new := getattr(event, name)) is not None
    }
    if event.kind is not None:
        given["no_backlog_since"] = None if event.kind is CaseKind.BACKLOG else at
    if event.reported_on is not None and row.by_unit is None:
        given["handed_down_at"] = start_of(event.reported_on)  # no other day is known for it
    if event.resolved_on is not None:
        given["ended_at"] = start_of(event.resolved_on)
    return replace(row, **given)


_CHANGES: Final[Mapping[type[Event], Callable[[Row, Any, datetime], Row]]] = {
    CaseAccepted: _accepted,
    CaseReopened: _reopened,
    **dict.fromkeys(get_args(Ending), _ended),
    CaseEscalated: _unmoved,
    ClockPaused: _unmoved,
    ClockResumed: _put_off,
    DeadlineExtended: _put_off,
    CaseReclassified: _reclassified,
    VisitCompleted: _contacted,
    WorkRetracted: _work_retracted,
    CaseFollowedUp: _followed_up,
    CaseClosed: _closed,
    CaseCorrected: _corrected,
    CaseVoided: _voided,
    CaseStepRetracted: _retracted,
}
"""What each event changes of a case that is in the backlog."""

LEDGER = Ledger(
    name="backlog",
    row=Row,
    handles=(CaseReported, CaseHandedDown, *_CHANGES),
    evolve=_evolve,
    title_zh="信访积案台账",
    title_en="Petition backlog",
    clause="5.1",
    filters=("community", "status"),
)
