"""What residents ask and are told 居民自助: the shapes, and how their own case is told (§3.3.2, 3.3.4)."""

from datetime import date, datetime
from typing import Final

from services.intake.ledgers import cases
from shared.contracts.codes import CaseStatus, Role
from shared.contracts.event import value
from shared.contracts.fields import Code, Division
from shared.contracts.frozen import dataclass

_GOING: Final = frozenset({CaseStatus.REPORTED, CaseStatus.ACCEPTED})


@value
class OpenSession:
    """The code on a resident's card; without one, somebody wants to report."""

    log: Division
    code: Code | None = None


@value
class AskForCard:
    """A new code is asked for 发放查询码; the one before ends, and every session that it opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentSession:
    """A session of half an hour."""

    token: str
    """To be shown as a bearer token."""
    role: Role
    log: str
    case: str | None
    """The stream of the case, for `withdraw-case`."""
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard:
    """What is printed on the card: told this once."""

    log: str
    case: str
    code: str
    card: str
    """The card's name, by which the record tells who handed it out and what was done by its code. It opens nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """How a resident's own case goes: days and states, and nothing of what anybody said."""

    log: str
    case: str
    status: CaseStatus
    reported_at: datetime
    accepted_at: datetime | None
    due_on: date | None
    """By when it is to be settled, by the law that the case's page names."""
    visits: int
    ended_at: datetime | None
    closed_at: datetime | None
    may_withdraw: bool


def told(log: str, row: cases.Row) -> OwnCase:
    """A case, as its resident is told."""
    return OwnCase(
        log=log, case=row.id, status=row.status, reported_at=row.reported_at, accepted_at=row.accepted_at,
        due_on=row.due_on, visits=row.visits_done, ended_at=row.ended_at, closed_at=row.closed_at,
        may_withdraw=row.status in _GOING,
    )  # fmt: skip
