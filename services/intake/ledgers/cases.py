"""The case ledger 矛盾纠纷台账 (§3.2.1, §5.1): one row per case, folded from intake's decisions and the work done.

A voided case stays in the ledger with the status voided. What is sealed is copied as it is and never looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from services.intake.deadlines import DUE_AS_CORRECTED
from shared.contracts.assignment import (
    HandlerAssigned,
    HandlerReplaced,
    HandoverCompleted,
    MediationHeld,
    VisitCompleted,
    VisitDeclined,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Source, Tier, VisitResult
from shared.contracts.days import start_of
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseEscalated,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseStep,
    CaseStepRetracted,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ClockPaused,
    ClockResumed,
    ClockStanding,
    DeadlineExtended,
    Ending,
    Escalation,
    PaperRow,
    Party,
    ended_as,
)
from shared.contracts.model import Ledger, held


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
    due_provisional: bool = False
    """暂定: the due day rests on a year whose calendar had not been announced."""
    paused_since: datetime | None = None
    """Since when the deadline's clock stands; none while it goes."""
    paused_days: int = 0
    extended_days: int = 0
    escalated_to: Tier | None = None
    escalated_at: datetime | None = None
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


_NOT_ENDED: Final[Mapping[str, Any]] = {
    "ending": None, "ended_at": None, "day_known": True, "because": None, "remedies_told": None, "outside": None,
    "tier": None, "by_agreement": None,
}  # fmt: skip
_NOT_FOLLOWED_UP: Final[Mapping[str, Any]] = {
    "followed_up_at": None, "satisfied": None, "stable": None, "follow_up_note": None,
}  # fmt: skip
_NOT_ACCEPTED: Final[Mapping[str, Any]] = {
    "accepted_at": None, "to_be_handled": False, "due_on": None, "due_rule": None, "due_provisional": False,
    "paused_since": None, "paused_days": 0, "extended_days": 0,
}  # fmt: skip
_NOT_ESCALATED: Final[Mapping[str, Any]] = {"escalated_to": None, "escalated_at": None}


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event, at = recorded.event, recorded.occurred_at
    if type(event) is CaseReported:
        return _reported(event, at, key)
    return _CHANGES[type(event)](held(row, recorded), event, at)


def _reported(event: CaseReported, at: datetime, key: str) -> Row:
    return Row(
        id=key, community=event.community, grid=event.grid, kind=event.kind, dispute_type=event.dispute_type,
        source=event.source, status=CaseStatus.REPORTED, basis=event.basis, paper=event.paper, summary=event.summary,
        parties=event.parties, reported_at=at,
    )  # fmt: skip


def _accepted(row: Row, event: CaseAccepted, at: datetime) -> Row:
    return replace(
        row, status=CaseStatus.ACCEPTED, accepted_at=at, to_be_handled=event.to_be_handled, due_on=event.due_on,
        due_rule=event.due_rule, due_provisional=event.due_provisional,
    )  # fmt: skip


def _handed_down(row: Row, event: CaseHandedDown, at: datetime) -> Row:
    return replace(row, kind=CaseKind.BACKLOG, handed_down_at=at)


def _reclassified(row: Row, event: CaseReclassified, at: datetime) -> Row:
    return replace(row, kind=event.kind, dispute_type=event.dispute_type)


def _declined(row: Row, event: CaseDeclined, at: datetime) -> Row:
    return _ended(row, event, at, because=event.reason.value)


def _linked(row: Row, event: CaseLinkedAsDuplicate, at: datetime) -> Row:
    return _ended(row, event, at, because=event.duplicate_of)


def _referred(row: Row, event: CaseReferred, at: datetime) -> Row:
    return _ended(row, event, at, because=event.to_unit, outside=event.outside, day_known=event.day_known)


def _withdrawn(row: Row, event: CaseWithdrawn, at: datetime) -> Row:
    return _ended(row, event, at, because=None, day_known=event.day_known)


def _resolved(row: Row, event: CaseResolved, at: datetime) -> Row:
    return _ended(row, event, at, tier=event.tier, by_agreement=event.by_agreement, day_known=event.day_known)


def _terminated(row: Row, event: CaseTerminated, at: datetime) -> Row:
    return _ended(
        row, event, at, because=event.reason.value, remedies_told=event.remedies_told, day_known=event.day_known
    )


def _ended(row: Row, event: Ending, at: datetime, **told: Any) -> Row:
    """Over, with whatever this way of ending tells."""
    status = ended_as(event)
    return replace(row, status=status, ending=status, ended_at=at, **told)


def _followed_up(row: Row, event: CaseFollowedUp, at: datetime) -> Row:
    return replace(
        row, status=CaseStatus.FOLLOWED_UP, followed_up_at=at, satisfied=event.satisfied, stable=event.stable,
        follow_up_note=event.note,
    )  # fmt: skip


def _closed(row: Row, event: CaseClosed, at: datetime) -> Row:
    return replace(row, status=CaseStatus.CLOSED, closed_at=at)


def _reopened(row: Row, event: CaseReopened, at: datetime) -> Row:
    """The case stands as accepted again: what ended it is past, and is found in the log."""
    return replace(
        row, status=CaseStatus.ACCEPTED, to_be_handled=True, due_on=event.due_on, due_rule=event.due_rule,
        due_provisional=event.due_provisional, paused_since=None, paused_days=0, extended_days=0, closed_at=None,
        reopened_at=at, reopened=row.reopened + 1, **_NOT_ENDED, **_NOT_FOLLOWED_UP, **_NOT_ESCALATED,
    )  # fmt: skip


def _escalated(row: Row, event: CaseEscalated, at: datetime) -> Row:
    return replace(row, escalated_to=event.to, escalated_at=at)


def _paused(row: Row, event: ClockPaused, at: datetime) -> Row:
    return replace(row, paused_since=at)


def _resumed(row: Row, event: ClockResumed, at: datetime) -> Row:
    return replace(
        row, paused_since=None, paused_days=row.paused_days + event.paused_days, due_on=event.due_on,
        due_provisional=event.due_provisional,
    )  # fmt: skip


def _extended(row: Row, event: DeadlineExtended, at: datetime) -> Row:
    return replace(
        row, extended_days=row.extended_days + event.days, due_on=event.due_on, due_provisional=event.due_provisional
    )


def _corrected(row: Row, event: CaseCorrected, at: datetime) -> Row:
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
        given["due_rule"], given["due_provisional"] = DUE_AS_CORRECTED, False
    if event.kind is not None:
        given["handed_down_at"] = event.handed_down_at if event.kind is CaseKind.BACKLOG else None
    return replace(row, corrections=row.corrections + 1, **given)


def _voided(row: Row, event: CaseVoided, at: datetime) -> Row:
    return replace(row, status=CaseStatus.VOIDED, voided_at=at)


def _retracted(row: Row, event: CaseStepRetracted, at: datetime) -> Row:
    """Without what the step told."""
    match event.step:
        case CaseStep.ACCEPTED:
            without: Mapping[str, Any] = {**_NOT_ACCEPTED, **_NOT_ESCALATED}
        case CaseStep.FOLLOWED_UP:
            without = _NOT_FOLLOWED_UP
        case CaseStep.CLOSED:
            without = {"closed_at": None}
        case CaseStep.VOIDED:
            without = {"voided_at": None}
        case CaseStep.ESCALATED:
            without = _escalated_before(event.escalated)
        case CaseStep.PAUSED | CaseStep.RESUMED | CaseStep.EXTENDED | CaseStep.DUE_CORRECTED:
            without = _clock_before(event.clock)
        case _:
            handled = row.to_be_handled or event.back_to is CaseStatus.ACCEPTED
            without = {**_NOT_ENDED, "to_be_handled": handled}
    return replace(row, status=event.back_to, corrections=row.corrections + 1, **without)


def _escalated_before(escalated: Escalation | None) -> Mapping[str, Any]:
    return _NOT_ESCALATED if escalated is None else {"escalated_to": escalated.to, "escalated_at": escalated.at}


def _clock_before(clock: ClockStanding | None) -> Mapping[str, Any]:
    assert clock is not None, "a step of the clock says how the deadline stands without it"
    return {column.name: getattr(clock, column.name) for column in fields(clock)}


def _handler(row: Row, event: HandlerAssigned | HandlerReplaced | HandoverCompleted, at: datetime) -> Row:
    return replace(row, handler=event.officer)


def _visited(row: Row, event: VisitCompleted, at: datetime) -> Row:
    return replace(row, visits_done=row.visits_done + 1)


def _visit_declined(row: Row, event: VisitDeclined, at: datetime) -> Row:
    return replace(row, visits_declined=row.visits_declined + 1)


def _mediated(row: Row, event: MediationHeld, at: datetime) -> Row:
    return replace(row, mediations=row.mediations + 1)


def _work_retracted(row: Row, event: WorkRetracted, at: datetime) -> Row:
    return replace(
        row,
        visits_done=row.visits_done - (event.visit is VisitResult.COMPLETED),
        visits_declined=row.visits_declined - (event.visit is VisitResult.DECLINED),
        mediations=row.mediations - (event.act is WorkAct.MEDIATION),
        handler=row.handler if event.handler is None else event.handler.officer,
    )


_CHANGES: Final[Mapping[type[Event], Callable[[Row, Any, datetime], Row]]] = {
    CaseAccepted: _accepted,
    CaseHandedDown: _handed_down,
    CaseReclassified: _reclassified,
    CaseDeclined: _declined,
    CaseLinkedAsDuplicate: _linked,
    CaseReferred: _referred,
    CaseWithdrawn: _withdrawn,
    CaseResolved: _resolved,
    CaseTerminated: _terminated,
    CaseFollowedUp: _followed_up,
    CaseClosed: _closed,
    CaseReopened: _reopened,
    CaseEscalated: _escalated,
    ClockPaused: _paused,
    ClockResumed: _resumed,
    DeadlineExtended: _extended,
    CaseCorrected: _corrected,
    CaseVoided: _voided,
    CaseStepRetracted: _retracted,
    HandlerAssigned: _handler,
    HandlerReplaced: _handler,
    HandoverCompleted: _handler,
    VisitCompleted: _visited,
    VisitDeclined: _visit_declined,
    MediationHeld: _mediated,
    WorkRetracted: _work_retracted,
}
"""What each event of a reported case, or of the work on it, changes."""

LEDGER = Ledger(
    name="cases",
    row=Row,
    handles=(CaseReported, *_CHANGES),
    evolve=_evolve,
    title_zh="矛盾纠纷台账",
    title_en="Cases",
    clause="3.2.1",
    filters=("community", "grid", "kind", "dispute_type", "status", "handler"),
    sealed=("summary", "parties", "follow_up_note"),
)
