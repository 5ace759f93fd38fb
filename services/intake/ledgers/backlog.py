"""The backlog ledger 信访积案台账 (§3.2.1, §5.1): the cases that higher offices handed down, until they are settled.

A case enters when it is reported as backlog or handed down, and leaves where a correction says it was never one.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, assert_never

from shared.contracts.assignment import VisitCompleted
from shared.contracts.codes import CaseKind, CaseStatus
from shared.contracts.days import start_of
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    EVENTS,
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseEvent,
    CaseFollowedUp,
    CaseHandedDown,
    CaseReclassified,
    CaseReopened,
    CaseReported,
    CaseVoided,
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
    last_contact_at: datetime | None = None
    """The last visit or follow-up that took place."""
    contacts: int = 0
    """Visits and follow-ups since it was handed down."""
    ended_at: datetime | None = None
    stable: bool | None = None
    """What the last follow-up found (稳控); None before one."""


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.id,)  # of case/<id> and of handling/<case id>


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: CaseEvent | VisitCompleted = recorded.event
    at = recorded.occurred_at
    if isinstance(event, CaseReported):
        return _entered(event, at, key, CaseStatus.REPORTED, None) if event.kind is CaseKind.BACKLOG else None
    if isinstance(event, CaseHandedDown):
        status = CaseStatus.REPORTED if event.due_on is None else CaseStatus.ACCEPTED
        row = row or _entered(event, at, key, status, event.due_on)
        return replace(row, by_unit=event.by_unit, document=event.document, handed_down_at=at)
    if row is None:
        return None  # not a backlog case
    if isinstance(event, Ending):
        return replace(row, status=ended_as(event), ended_at=at)
    match event:
        case CaseAccepted() | CaseReopened():
            return replace(row, status=CaseStatus.ACCEPTED, due_on=event.due_on, ended_at=None)
        case CaseReclassified():
            return row if event.kind is CaseKind.BACKLOG else None
        case VisitCompleted():
            return _contacted(row, at)
        case CaseFollowedUp():
            return replace(_contacted(row, at), status=CaseStatus.FOLLOWED_UP, stable=event.stable)
        case CaseClosed():
            return replace(row, status=CaseStatus.CLOSED)
        case CaseCorrected():
            return _corrected(row, event)
        case CaseVoided():
            return replace(row, status=CaseStatus.VOIDED)
        case _:
            assert_never(event)


def _entered(
    event: CaseReported | CaseHandedDown, at: datetime, key: str, status: CaseStatus, due_on: date | None
) -> Row:
    return Row(id=key, community=event.community, grid=event.grid, status=status, handed_down_at=at, due_on=due_on)


def _contacted(row: Row, at: datetime) -> Row:
    last = at if row.last_contact_at is None else max(at, row.last_contact_at)
    return replace(row, contacts=row.contacts + 1, last_contact_at=last)


def _corrected(row: Row, event: CaseCorrected) -> Row | None:
    if event.kind is not None and event.kind is not CaseKind.BACKLOG:
        return None
    given: dict[str, Any] = {
        name: new for name in ("community", "grid", "due_on") if (new := getattr(event, name)) is not None
    }
    if event.reported_on is not None and row.by_unit is None:
        given["handed_down_at"] = start_of(event.reported_on)  # no other day is known for it
    if event.resolved_on is not None:
        given["ended_at"] = start_of(event.resolved_on)
    return replace(row, **given)


LEDGER = Ledger(
    name="backlog",
    row=Row,
    handles=(*EVENTS, VisitCompleted),
    keys=_keys,
    evolve=_evolve,
    title_zh="信访积案台账",
    title_en="Petition backlog",
    clause="5.1",
    filters=("community", "status"),
)
