"""The case ledger 矛盾纠纷台账 (§3.2.1, §5.1): one row per case, folded from intake's decisions and the work done.

A voided case stays in the ledger with the status voided. What is sealed is copied as it is and never looked at.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never, get_args

from services.intake.deadlines import DUE_AS_CORRECTED
from shared.contracts.assignment import (
    HandlerAssigned,
    HandlerReplaced,
    MediationHeld,
    VisitCompleted,
    VisitDeclined,
)
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Source, Tier
from shared.contracts.days import start_of
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    EVENTS,
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseEvent,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    Ending,
    PaperRow,
    Party,
    ended_as,
)
from shared.contracts.model import Ledger, held

Work = HandlerAssigned | HandlerReplaced | VisitCompleted | VisitDeclined | MediationHeld
"""What assignment records of a case, as far as its row tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case as it stands, with the moments of its transitions."""

    id: str
    community: str
    grid: str | None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source | None
    status: CaseStatus
    basis: Basis
    paper: PaperRow | None
    summary: str
    """Sealed."""
    parties: tuple[Party, ...]
    """Sealed but for their roles."""
    reported_at: datetime
    handed_down_at: datetime | None = None
    accepted_at: datetime | None = None
    to_be_handled: bool = False
    """Whether it is, or was, handled by those posted to the community."""
    due_on: date | None = None
    due_rule: str | None = None
    ending: CaseStatus | None = None
    """Resolved, terminated, referred, withdrawn, declined or linked, as it last ended; none since it was reopened."""
    ended_at: datetime | None = None
    day_known: bool = True
    """False where a paper ledger gives no day for the ending: `ended_at` is then the end of its month."""
    because: str | None = None
    """Why it ended so, or where it went: a reason's code, an authority, another case. A reason in words is sealed."""
    remedies_told: bool | None = None
    outside: bool | None = None
    """Whether it was referred to an authority outside the sub-district."""
    tier: Tier | None = None
    by_agreement: bool | None = None
    followed_up_at: datetime | None = None
    satisfied: bool | None = None
    stable: bool | None = None
    follow_up_note: str | None = None
    """Sealed."""
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    reopened: int = 0
    """How often."""
    corrections: int = 0
    voided_at: datetime | None = None
    handler: str | None = None
    visits_done: int = 0
    visits_declined: int = 0
    mediations: int = 0


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.id,)  # of case/<id> and of handling/<case id>


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: CaseEvent | Work = recorded.event
    at = recorded.occurred_at
    if isinstance(event, CaseReported):
        return _reported(event, at, key)
    row = held(row, recorded)
    if isinstance(event, Work):
        return _worked(row, event)
    if isinstance(event, Ending):
        return _ended(row, event, at)
    match event:
        case CaseAccepted():
            return replace(
                row, status=CaseStatus.ACCEPTED, accepted_at=at, to_be_handled=event.to_be_handled,
                due_on=event.due_on, due_rule=event.due_rule,
            )  # fmt: skip
        case CaseHandedDown():
            return replace(row, kind=CaseKind.BACKLOG, handed_down_at=at)
        case CaseReclassified():
            return replace(row, kind=event.kind, dispute_type=event.dispute_type)
        case CaseFollowedUp():
            return replace(
                row, status=CaseStatus.FOLLOWED_UP, followed_up_at=at, satisfied=event.satisfied,
                stable=event.stable, follow_up_note=event.note,
            )  # fmt: skip
        case CaseClosed():
            return replace(row, status=CaseStatus.CLOSED, closed_at=at)
        case CaseReopened():
            return _reopened(row, event, at)
        case CaseCorrected():
            return _corrected(row, event)
        case CaseVoided():
            return replace(row, status=CaseStatus.VOIDED, voided_at=at)
        case _:
            assert_never(event)


def _reported(event: CaseReported, at: datetime, key: str) -> Row:
    return Row(
        id=key, community=event.community, grid=event.grid, kind=event.kind, dispute_type=event.dispute_type,
        source=event.source, status=CaseStatus.REPORTED, basis=event.basis, paper=event.paper, summary=event.summary,
        parties=event.parties, reported_at=at,
    )  # fmt: skip


def _ended(row: Row, event: Ending, at: datetime) -> Row:
    status = ended_as(event)
    ended = replace(row, status=status, ending=status, ended_at=at)
    match event:
        case CaseDeclined():
            return replace(ended, because=event.reason.value)
        case CaseLinkedAsDuplicate():
            return replace(ended, because=event.duplicate_of)
        case CaseReferred():
            return replace(ended, because=event.to_unit, outside=event.outside, day_known=event.day_known)
        case CaseWithdrawn():
            return replace(ended, because=None, day_known=event.day_known)
        case CaseResolved():
            return replace(ended, tier=event.tier, by_agreement=event.by_agreement, day_known=event.day_known)
        case CaseTerminated():
            return replace(
                ended, because=event.reason.value, remedies_told=event.remedies_told, day_known=event.day_known
            )
        case _:
            assert_never(event)


def _reopened(row: Row, event: CaseReopened, at: datetime) -> Row:
    """The case stands as accepted again: what ended it is past, and is found in the log."""
    return replace(
        row, status=CaseStatus.ACCEPTED, to_be_handled=True, due_on=event.due_on, due_rule=event.due_rule,
        ending=None, ended_at=None, day_known=True, because=None, remedies_told=None, outside=None, tier=None,
        by_agreement=None, followed_up_at=None, satisfied=None, stable=None, follow_up_note=None, closed_at=None,
        reopened_at=at, reopened=row.reopened + 1,
    )  # fmt: skip


def _corrected(row: Row, event: CaseCorrected) -> Row:
    given = {
        name: new
        for name in ("community", "grid", "kind", "dispute_type", "source", "due_on", "summary", "parties", "paper")
        if (new := getattr(event, name)) is not None
    }
    if event.reported_on is not None:
        given["reported_at"] = start_of(event.reported_on)
    if event.resolved_on is not None:
        given["ended_at"], given["day_known"] = start_of(event.resolved_on), True
    if event.due_on is not None:
        given["due_rule"] = DUE_AS_CORRECTED
    if event.kind is not None and event.kind is not CaseKind.BACKLOG:
        given["handed_down_at"] = None
    return replace(row, corrections=row.corrections + 1, **given)


def _worked(row: Row, event: Work) -> Row:
    """Work that assignment records."""
    match event:
        case HandlerAssigned() | HandlerReplaced():
            return replace(row, handler=event.officer)
        case VisitCompleted():
            return replace(row, visits_done=row.visits_done + 1)
        case VisitDeclined():
            return replace(row, visits_declined=row.visits_declined + 1)
        case MediationHeld():
            return replace(row, mediations=row.mediations + 1)
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="cases",
    row=Row,
    handles=(*EVENTS, *get_args(Work)),
    keys=_keys,
    evolve=_evolve,
    title_zh="矛盾纠纷台账",
    title_en="Cases",
    clause="3.2.1",
    filters=("community", "grid", "kind", "dispute_type", "status", "handler"),
    sealed=("summary", "parties", "follow_up_note"),
)
