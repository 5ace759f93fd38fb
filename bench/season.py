"""A season of invented cases (synthetic), as a log to be replayed: fourteen events each, from report to closing.

Not the seasons of `services.season`: those go through the desks, about two thousand events a second with the ledgers
following, so that a million would take longer to prepare than everything here takes to measure; and the catch-up needs
ledgers that are still empty. These are ready proposals of one shape, so that runs of any size can be compared.
"""

import random
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from bench.work import COMMUNITIES, officer_of, proposal
from shared.contracts.assignment import (
    AgreementReached,
    ConsentRecorded,
    HandlerAssigned,
    HandlingEnded,
    HandlingOpened,
    MediationHeld,
    VisitCompleted,
    VisitPlanned,
)
from shared.contracts.codes import AgreementForm, Basis, CaseKind, CaseStatus, DisputeType, PartyRole, Source, Tier
from shared.contracts.intake import CaseAccepted, CaseClosed, CaseFollowedUp, CaseReported, CaseResolved, Party
from shared.contracts.model import Ledger, Service
from shared.log.append import Proposal

EVENTS_PER_CASE: Final = 14
_DUE: Final = date(2015, 7, 11)
_VISIT_ON: Final = date(2015, 6, 15)
_RANDOM: Final = random.Random(2015)


def season(cases: int) -> Iterator[Proposal]:
    """Proposals of so many cases; what one case does lies beside what the others do."""
    for first in range(0, cases, 100):
        lives = [list(_life(number)) for number in range(first, min(first + 100, cases))]
        for step in zip(*lives, strict=True):
            yield from step


def _life(number: int) -> Iterator[Proposal]:
    case, community = f"season{number:06}", COMMUNITIES[number % len(COMMUNITIES)]
    officer, versions = officer_of(community), {"case": 0, "handling": 0}
    for step, (category, event) in enumerate(_events(case, community, officer)):
        owner = "intake" if category == "case" else "assignment"
        at = timedelta(days=number % 25, hours=step)
        yield proposal(owner, f"{category}/{case}", versions[category], event, at=at)
        versions[category] += 1


def _events(case: str, community: str, officer: str) -> Iterator[tuple[str, Any]]:
    reported = proposal("intake", "", 0).occurred_at
    grid = "grid-1"
    parties = tuple(
        Party(role=role, name=_box(case, n, 30), phone=_box(case, n, 40), id_number=_box(case, n, 46))
        for n, role in enumerate((PartyRole.APPLICANT, PartyRole.RESPONDENT))
    )
    yield "case", CaseReported(
        community=community, grid=grid, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
        summary=_box(case, 0, 120), parties=parties, basis=Basis.ACT, paper=None,
    )  # fmt: skip
    yield "case", CaseAccepted(
        community=community, grid=grid, kind=CaseKind.DISPUTE, parties=2, reported_at=reported, due_on=_DUE,
        due_rule="act-33", to_be_handled=True, basis=Basis.ACT,
    )  # fmt: skip
    yield (
        "handling",
        HandlingOpened(
            community=community, grid=grid, kind=CaseKind.DISPUTE, parties=2, reported_at=reported, due_on=_DUE
        ),
    )
    yield "handling", HandlerAssigned(officer=officer)
    yield (
        "handling",
        VisitPlanned(visit="v1", officer=officer, community=community, grid=grid, on=_VISIT_ON, must=False),
    )
    yield (
        "handling",
        VisitCompleted(
            visit="v1", officer=officer, community=community, grid=grid, must=False, diary=_box(case, 0, 100)
        ),
    )
    yield "handling", ConsentRecorded(party=1)
    yield "handling", ConsentRecorded(party=2)
    yield "handling", MediationHeld(officers=(officer,), place=_box(case, 0, 40), record=_box(case, 0, 100))
    yield "handling", AgreementReached(form=AgreementForm.WRITTEN, terms=_box(case, 0, 100))
    yield "case", CaseResolved(tier=Tier.COMMUNITY, by_agreement=True, basis=Basis.ACT, handled=True)
    yield "handling", HandlingEnded(status=CaseStatus.RESOLVED)
    yield "case", CaseFollowedUp(satisfied=True, stable=True, note=_box(case, 0, 60))
    yield "case", CaseClosed()


def _box(case: str, party: int, length: int) -> str:
    """As long as a sealed value is, as little to be read, and as little to be compressed."""
    return f"sealed:1:case/{case}#parties/{party}:{b64encode(_RANDOM.randbytes(length))[:length].decode()}"


def ledgers_of(services: tuple[Service, ...]) -> list[tuple[Service, Ledger[Any]]]:
    """All ledgers of all services."""
    return [(service, ledger) for service in services for ledger in service.ledgers]
