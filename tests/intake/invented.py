"""Commands, events and facts of intake to try things with. All data is invented (synthetic); boxes hold nothing."""

from datetime import date
from typing import Any

from services.intake.case import Facts
from services.intake.commands import PaperOutcome, Person, ReportCase, TakeOverCase
from services.intake.ledgers import places
from shared.contracts.codes import Basis, CaseKind, DisputeType, PartyRole, Source, Termination, Tier
from shared.contracts.intake import (
    CaseAccepted,
    CaseFollowedUp,
    CaseReported,
    CaseResolved,
    PaperRow,
    Party,
)
from tests.spec import START

WENBO = "410105010001"
HERE = Facts(place=places.Row(community=WENBO, name="文博社区"))
NOWHERE = Facts()


def box(text: str) -> str:
    """A sealed box, as the edge would put one in the place of a personal value."""
    return f"sealed:{text}"


PERSONS = (
    Person(role=PartyRole.APPLICANT, name=box("n1"), phone=box("p1"), id_number=box("i1")),
    Person(role=PartyRole.RESPONDENT, name=box("n2")),
)
PARTIES = (
    Party(role=PartyRole.APPLICANT, name=box("n1"), phone=box("p1"), id_number=box("i1")),
    Party(role=PartyRole.RESPONDENT, name=box("n2"), phone=None, id_number=None),
)
PAPER = PaperRow(import_id="imp-1", sheet="文博社区", row=5, month="2015-06", number="1")


def report(**changed: Any) -> ReportCase:
    given: dict[str, Any] = {
        "community": "文博社区", "grid": "1网格", "kind": CaseKind.DISPUTE, "dispute_type": DisputeType.NEIGHBOURS,
        "source": Source.SWEEP, "summary": box("s"), "parties": PERSONS,
    }  # fmt: skip
    return ReportCase(**(given | changed))


def take_over(**changed: Any) -> TakeOverCase:
    given: dict[str, Any] = {
        "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "dispute_type": DisputeType.NEIGHBOURS,
        "source": Source.SWEEP, "summary": box("s"), "parties": PERSONS, "paper": PAPER,
        "outcome": PaperOutcome.OPEN,
    }  # fmt: skip
    return TakeOverCase(**(given | changed))


def reported(**changed: Any) -> CaseReported:
    given: dict[str, Any] = {
        "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "dispute_type": DisputeType.NEIGHBOURS,
        "source": Source.SWEEP, "summary": box("s"), "parties": PARTIES, "basis": Basis.ACT, "paper": None,
    }  # fmt: skip
    return CaseReported(**(given | changed))


def accepted(**changed: Any) -> CaseAccepted:
    given: dict[str, Any] = {
        "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "parties": 2, "reported_at": START,
        "due_on": date(2015, 7, 11), "due_rule": "mediation-one-month", "to_be_handled": True, "basis": Basis.ACT,
    }  # fmt: skip
    return CaseAccepted(**(given | changed))


RESOLVED = CaseResolved(tier=Tier.COMMUNITY, by_agreement=False, basis=Basis.ACT, handled=True)
FOLLOWED_UP = CaseFollowedUp(satisfied=True, stable=True, note=None)
NO_AGREEMENT = Termination.NO_AGREEMENT
