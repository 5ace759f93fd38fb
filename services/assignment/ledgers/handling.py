"""The handling ledger 办理台账 (§3.2.1, 3.3.2): per accepted case who answers for it, and what has been done.

It follows intake's corrections too, so that decisions about the work rest on the case as it is known now.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never, get_args

from shared.contracts.assignment import (
    AgreementReached,
    ConflictDeclared,
    ConsentRecorded,
    ConsentWithdrawn,
    HandlerAssigned,
    HandlerReplaced,
    HandlingEnded,
    HandlingEvent,
    HandlingOpened,
    MediationHeld,
    MediationTerminated,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
)
from shared.contracts.codes import AgreementForm, CaseKind, CaseStatus, Termination
from shared.contracts.days import start_of
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import CaseCorrected, CaseHandedDown, CaseReclassified, CaseVoided
from shared.contracts.model import Ledger, held

Known = CaseCorrected | CaseHandedDown | CaseReclassified | CaseVoided
"""What intake says of a case that changes what is known of it here."""


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
    opened_at: datetime
    """When it was last opened; reopened cases are opened again."""
    times_opened: int = 1
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
    ended_as: CaseStatus | None = None
    """How the case ended at intake; none while it is being handled."""
    ended_at: datetime | None = None


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.id,)  # of handling/<case id> and of case/<id>


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: HandlingEvent | Known = recorded.event
    if isinstance(event, HandlingOpened):
        return _opened(row, event, recorded.occurred_at, key)
    if isinstance(event, Known):
        return None if row is None else _known(row, event, recorded.occurred_at)
    return _worked(held(row, recorded), event, recorded.occurred_at)


def _opened(row: Row | None, event: HandlingOpened, at: datetime, key: str) -> Row:
    if row is None:
        return Row(
            id=key, community=event.community, grid=event.grid, kind=event.kind, parties=event.parties,
            reported_at=event.reported_at, due_on=event.due_on, opened_at=at,
        )  # fmt: skip
    return replace(
        row, community=event.community, grid=event.grid, kind=event.kind, parties=event.parties,
        reported_at=event.reported_at, due_on=event.due_on, opened_at=at, times_opened=row.times_opened + 1,
        consents=(), mediations=0, agreed_at=None, agreement_form=None, terms=None, terminated_at=None,
        termination=None, ended_as=None, ended_at=None,
    )  # fmt: skip


def _worked(
    row: Row,
    event: HandlerAssigned | HandlerReplaced | ConflictDeclared | VisitPlanned | VisitCompleted | VisitDeclined
    | ConsentRecorded | ConsentWithdrawn | MediationHeld | AgreementReached | MediationTerminated | HandlingEnded,
    at: datetime,
) -> Row:  # fmt: skip
    match event:
        case HandlerAssigned() | HandlerReplaced():
            return replace(row, handler=event.officer, handler_since=at)
        case ConflictDeclared():
            return replace(row, conflicted=tuple(sorted({*row.conflicted, event.officer})))
        case VisitPlanned():
            return replace(row, visits_planned=row.visits_planned + 1)
        case VisitCompleted():
            last = at if row.last_visit_at is None else max(at, row.last_visit_at)
            return replace(row, visits_done=row.visits_done + 1, last_visit_at=last)
        case VisitDeclined():
            return replace(row, visits_declined=row.visits_declined + 1)
        case ConsentRecorded():
            return replace(row, consents=tuple(sorted({*row.consents, event.party})))
        case ConsentWithdrawn():
            return replace(row, consents=tuple(party for party in row.consents if party != event.party))
        case MediationHeld():
            return replace(row, mediations=row.mediations + 1)
        case AgreementReached():
            return replace(row, agreed_at=at, agreement_form=event.form, terms=event.terms)
        case MediationTerminated():
            return replace(row, terminated_at=at, termination=event.reason)
        case HandlingEnded():
            return replace(row, ended_as=event.status, ended_at=at)
        case _:
            assert_never(event)


def _known(row: Row, event: Known, at: datetime) -> Row:
    match event:
        case CaseHandedDown():
            return replace(row, kind=CaseKind.BACKLOG)
        case CaseReclassified():
            return replace(row, kind=event.kind)
        case CaseVoided():
            return replace(row, ended_as=CaseStatus.VOIDED, ended_at=at)
        case CaseCorrected():
            return replace(
                row,
                community=event.community or row.community,
                grid=event.grid or row.grid,
                kind=event.kind or row.kind,
                parties=row.parties if event.parties is None else len(event.parties),
                reported_at=row.reported_at if event.reported_on is None else start_of(event.reported_on),
                due_on=event.due_on or row.due_on,
            )
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="handling",
    row=Row,
    handles=(*get_args(HandlingEvent), *get_args(Known)),
    keys=_keys,
    evolve=_evolve,
    title_zh="办理台账",
    title_en="Handling of cases",
    clause="3.2.1",
    filters=("community", "grid", "kind", "handler", "ended_as"),
    sealed=("terms",),
)
