"""The handling ledger 办理台账 (§3.2.1, 3.3.2): per accepted case who answers for it, and what has been done.

It follows intake's corrections too, so that decisions about the work rest on the case as it is known now.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, assert_never

from shared.contracts.assignment import (
    AgreementReached,
    Confirmation,
    ConflictDeclared,
    ConsentRecorded,
    ConsentWithdrawn,
    HandlerAssigned,
    HandlerReplaced,
    HandlingEnded,
    HandlingOpened,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    MediationHeld,
    MediationTerminated,
    Performance,
    PerformanceChecked,
    ResponsibilityLetterSigned,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import AgreementForm, CaseKind, CaseStatus, Termination, VisitResult
from shared.contracts.days import start_of
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseHandedDown,
    CaseReclassified,
    CaseReopened,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    ClockResumed,
    DeadlineExtended,
)
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The handling of a case."""

    id: str
    """The case's."""
    community: str
    grid: str | None
    kind: CaseKind
    parties: int
    reported_at: datetime
    due_on: date
    opened_at: datetime | None = None
    """When it was last opened; reopened cases are opened again. None while intake has accepted it and no more."""
    times_opened: int = 0
    handler: str | None = None
    handler_since: datetime | None = None
    conflicted: tuple[str, ...] = ()
    """Officers who declared a conflict of interest 回避, in the order of their ids."""
    visits_planned: int = 0
    visits_done: int = 0
    visits_declined: int = 0
    last_visit_at: datetime | None = None
    consents: tuple[int, ...] = ()
    """Parties who agree to mediation now, by their numbers."""
    mediations: int = 0
    """Since it was last opened."""
    agreed_at: datetime | None = None
    agreement_form: AgreementForm | None = None
    terms: str | None = None
    """Sealed."""
    terminated_at: datetime | None = None
    termination: Termination | None = None
    performance: Performance | None = None
    performance_at: datetime | None = None
    confirmation_by: date | None = None
    """Until when the parties may ask a court to confirm the agreement; none before they were told."""
    confirmation: Confirmation | None = None
    letter_unit: str | None = None
    """Who signed for keeping a handed-down case stable."""
    letter_at: datetime | None = None
    contact_days: int | None = None
    handover_since: datetime | None = None
    """Since when it waits to be handed over."""
    ended_as: CaseStatus | None = None
    """How the case ended at intake; none while it is being handled."""
    ended_at: datetime | None = None
    voided_at: datetime | None = None
    """When the case was made void: then nothing of this counts."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event, at = recorded.event, recorded.occurred_at
    if (change := _WORK.get(type(event))) is not None:
        return change(held(row, recorded), event, at)
    if type(event) is HandlingOpened:
        return _opened(row, event, at, key)
    if type(event) in (CaseAccepted, CaseReopened):
        return _accepted(row, event, key)
    return None if row is None else _KNOWN[type(event)](row, event, at)  # not every case comes to be handled


def _accepted(row: Row | None, event: CaseAccepted | CaseReopened, key: str) -> Row | None:
    """From here on, what intake says of the case is known here, however long opening takes."""
    if isinstance(event, CaseAccepted) and not event.to_be_handled:
        return row
    known: dict[str, Any] = {
        name: getattr(event, name) for name in ("community", "grid", "kind", "parties", "reported_at", "due_on")
    }
    return Row(id=key, **known) if row is None else replace(row, **known)


def _opened(row: Row | None, event: HandlingOpened, at: datetime, key: str) -> Row:
    known = event if row is None else row
    opened = Row(
        id=key, community=known.community, grid=known.grid, kind=known.kind, parties=known.parties,
        reported_at=known.reported_at, due_on=known.due_on, opened_at=at, times_opened=1,
    )  # fmt: skip
    if row is None:
        return opened
    return replace(
        opened, times_opened=row.times_opened + 1, handler=row.handler, handler_since=row.handler_since,
        conflicted=row.conflicted, visits_planned=row.visits_planned, visits_done=row.visits_done,
        visits_declined=row.visits_declined, last_visit_at=row.last_visit_at, letter_unit=row.letter_unit,
        letter_at=row.letter_at, contact_days=row.contact_days, handover_since=row.handover_since,
    )  # fmt: skip


def _handler(row: Row, event: HandlerAssigned | HandlerReplaced | HandoverCompleted, at: datetime) -> Row:
    return replace(row, handler=event.officer, handler_since=at, handover_since=None)


def _leaving(row: Row, event: HandoverOpened, at: datetime) -> Row:
    return replace(row, handover_since=at)


def _performed(row: Row, event: PerformanceChecked, at: datetime) -> Row:
    return replace(row, performance=event.performance, performance_at=at)


def _confirmable(row: Row, event: JudicialConfirmationOffered, at: datetime) -> Row:
    return replace(row, confirmation_by=event.apply_by)


def _confirmed(row: Row, event: JudicialConfirmationRecorded, at: datetime) -> Row:
    return replace(row, confirmation=event.confirmation)


def _signed_for(row: Row, event: ResponsibilityLetterSigned, at: datetime) -> Row:
    return replace(row, letter_unit=event.unit, letter_at=at, contact_days=event.contact_days)


def _conflicted(row: Row, event: ConflictDeclared, at: datetime) -> Row:
    return replace(row, conflicted=tuple(sorted({*row.conflicted, event.officer})))


def _planned(row: Row, event: VisitPlanned, at: datetime) -> Row:
    return replace(row, visits_planned=row.visits_planned + 1)


def _visited(row: Row, event: VisitCompleted, at: datetime) -> Row:
    last = at if row.last_visit_at is None else max(at, row.last_visit_at)
    return replace(row, visits_done=row.visits_done + 1, last_visit_at=last)


def _visit_declined(row: Row, event: VisitDeclined, at: datetime) -> Row:
    return replace(row, visits_declined=row.visits_declined + 1)


def _consented(row: Row, event: ConsentRecorded, at: datetime) -> Row:
    return replace(row, consents=tuple(sorted({*row.consents, event.party})))


def _consent_withdrawn(row: Row, event: ConsentWithdrawn, at: datetime) -> Row:
    return replace(row, consents=tuple(party for party in row.consents if party != event.party))


def _mediated(row: Row, event: MediationHeld, at: datetime) -> Row:
    return replace(row, mediations=row.mediations + 1)


def _agreed(row: Row, event: AgreementReached, at: datetime) -> Row:
    return replace(row, agreed_at=at, agreement_form=event.form, terms=event.terms)


def _terminated(row: Row, event: MediationTerminated, at: datetime) -> Row:
    return replace(row, terminated_at=at, termination=event.reason)


def _ended(row: Row, event: HandlingEnded, at: datetime) -> Row:
    return replace(row, ended_as=event.status, ended_at=at)


def _resumed(row: Row, event: HandlingResumed, at: datetime) -> Row:
    return replace(
        row, ended_as=None, ended_at=None, agreed_at=None, agreement_form=None, terms=None, terminated_at=None,
        termination=None, performance=None, performance_at=None, confirmation_by=None, confirmation=None,
    )  # fmt: skip


def _retracted(row: Row, event: WorkRetracted, at: datetime) -> Row:
    match event.act:
        case WorkAct.VISIT:
            return replace(
                row, visits_planned=row.visits_planned - 1,
                visits_done=row.visits_done - (event.visit is VisitResult.COMPLETED),
                visits_declined=row.visits_declined - (event.visit is VisitResult.DECLINED),
                last_visit_at=event.last_visit_at,
            )  # fmt: skip
        case WorkAct.CONSENT:
            return replace(row, consents=tuple(party for party in row.consents if str(party) != event.item))
        case WorkAct.CONFLICT:
            return replace(row, conflicted=tuple(officer for officer in row.conflicted if officer != event.item))
        case WorkAct.MEDIATION:
            return replace(row, mediations=row.mediations - 1)
        case WorkAct.CONFIRMATION_OFFER:
            return replace(row, confirmation_by=None, confirmation=None)
        case WorkAct.LETTER:
            letter = event.letter
            if letter is None:  # said before it was said what stands without it
                return replace(row, letter_unit=None, letter_at=None, contact_days=None)
            return replace(row, letter_unit=letter.unit, letter_at=letter.at, contact_days=letter.contact_days)
        case WorkAct.HANDLER | WorkAct.HANDOVER:
            assert event.handler is not None, "it says who answers for the case without it"
            before = event.handler
            return replace(
                row, handler=before.officer, handler_since=before.since, handover_since=before.handover_since
            )  # fmt: skip
        case WorkAct.PERFORMANCE:
            assert event.performance is not None, "it says what stands without it"
            return replace(row, performance=event.performance.performance, performance_at=event.performance.at)
        case _:
            assert_never(event.act)


def _handed_down(row: Row, event: CaseHandedDown, at: datetime) -> Row:
    return replace(row, kind=CaseKind.BACKLOG)


def _reclassified(row: Row, event: CaseReclassified, at: datetime) -> Row:
    return replace(row, kind=event.kind)


def _put_off(row: Row, event: ClockResumed | DeadlineExtended, at: datetime) -> Row:
    return replace(row, due_on=event.due_on)


def _corrected(row: Row, event: CaseCorrected, at: datetime) -> Row:
    return replace(
        row,
        community=event.community or row.community,
        grid=event.grid or row.grid,
        kind=event.kind or row.kind,
        parties=row.parties if event.parties is None else len(event.parties),
        reported_at=row.reported_at if event.reported_on is None else start_of(event.reported_on),
        due_on=event.due_on or row.due_on,
    )


def _voided(row: Row, event: CaseVoided, at: datetime) -> Row:
    return replace(row, voided_at=at)


def _step_retracted(row: Row, event: CaseStepRetracted, at: datetime) -> Row:
    if event.clock is not None:
        return replace(row, due_on=event.clock.due_on)
    return replace(row, voided_at=None) if event.step is CaseStep.VOIDED else row


_Changes = Mapping[type[Event], Callable[[Row, Any, datetime], Row]]
_WORK: Final[_Changes] = {
    HandlerAssigned: _handler,
    HandlerReplaced: _handler,
    ConflictDeclared: _conflicted,
    VisitPlanned: _planned,
    VisitCompleted: _visited,
    VisitDeclined: _visit_declined,
    ConsentRecorded: _consented,
    ConsentWithdrawn: _consent_withdrawn,
    MediationHeld: _mediated,
    AgreementReached: _agreed,
    MediationTerminated: _terminated,
    PerformanceChecked: _performed,
    JudicialConfirmationOffered: _confirmable,
    JudicialConfirmationRecorded: _confirmed,
    ResponsibilityLetterSigned: _signed_for,
    HandoverOpened: _leaving,
    HandoverCompleted: _handler,
    HandlingEnded: _ended,
    HandlingResumed: _resumed,
    WorkRetracted: _retracted,
}
"""What each event of the work on a case changes."""
_KNOWN: Final[_Changes] = {
    CaseHandedDown: _handed_down,
    CaseReclassified: _reclassified,
    ClockResumed: _put_off,
    DeadlineExtended: _put_off,
    CaseCorrected: _corrected,
    CaseVoided: _voided,
    CaseStepRetracted: _step_retracted,
}
"""What intake says of a case that changes what is known of it here."""

LEDGER = Ledger(
    name="handling",
    row=Row,
    handles=(HandlingOpened, CaseAccepted, CaseReopened, *_WORK, *_KNOWN),
    evolve=_evolve,
    title_zh="办理台账",
    title_en="Handling of cases",
    clause="3.2.1",
    filters=("community", "grid", "kind", "handler", "ended_as"),
    sealed=("terms",),
)
