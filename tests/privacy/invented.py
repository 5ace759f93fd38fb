"""Invented (synthetic) facts for privacy's tests."""

from datetime import date, datetime, timedelta
from typing import Any

from services.privacy.ledgers import person_requests, restrictions, retention
from services.privacy.periods import Kept
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.privacy import RequestKind, RequestOutcome, RestrictionReason
from tests.assignment.invented import WENBO
from tests.spec import START

CASE = "case/c-1"
PARTY = f"{CASE}#parties/0"
GUARD = Actor(id="privacy-1", role="privacy")
OTHER = Actor(id="office-2", role="office")
CLOCK = Actor(id="service:privacy", role="service")


def kept(due_on: date | None = None, **changed: Any) -> retention.Row:
    """What the ledger says of a case."""
    given: dict[str, Any] = {
        "id": CASE, "category": "case", "community": WENBO, "kept": Kept.HANDLED, "due_on": due_on, "over_on": None,
    }  # fmt: skip
    return retention.Row(**(given | changed))


def asked(request: RequestKind, outcome: RequestOutcome | None, case: str = CASE) -> person_requests.Row:
    """What the ledger says of a person's request."""
    return person_requests.Row(
        id="r-1", case=case, community=WENBO, request=request, outcome=outcome, due_on=date(2015, 7, 2),
        received_at=START, received_by="clerk-1",
    )  # fmt: skip


def restricted(entered_at: datetime = START, since: datetime = START) -> restrictions.Row:
    """What the ledger says of a restriction."""
    return restrictions.Row(
        id=CASE, since=since, because=RestrictionReason.RETENTION, entered_at=entered_at,
        propose_from=civil_day(entered_at + timedelta(days=30)),
    )  # fmt: skip
