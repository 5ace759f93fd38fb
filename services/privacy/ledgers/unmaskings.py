"""Who may open what is sealed of which case, and until when 解封许可台账: granted by another person, or an emergency.

Whoever opens something looks here whether they may: by the case, the actor, the purpose and the hour."""

from datetime import datetime
from typing import assert_never, get_args

from services.privacy.roles import OVERSIGHT
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held
from shared.contracts.privacy import (
    GlassBroken,
    GlassReviewed,
    UnmaskingAsked,
    UnmaskingEnded,
    UnmaskingEvent,
    UnmaskingGranted,
    UnmaskingRefused,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What somebody asked to open, or opened in an emergency."""

    id: str
    case: str
    """The subject, as the vault names it: `case/0f3a`."""
    actor: str
    """Who asked: a pseudonym."""
    role: str
    on_behalf_of: str | None = None
    """For whom they asked."""
    purpose: str
    """A code: of `access.Purpose`, or in an emergency of `privacy.Emergency`."""
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    granted: bool | None = None
    """None until it was decided. In an emergency nobody decides."""
    until: datetime | None = None
    """The moment from which on it opens nothing."""
    emergency: bool = False
    ended_at: datetime | None = None
    """When it ended before its time."""
    community: str | None = None
    reviewed_by: str | None = None
    """Who looked at an emergency's opening afterwards."""
    reviewed_at: datetime | None = None
    justified: bool | None = None
    unreviewed: bool = False
    """Whether an emergency's opening waits to be looked at."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: UnmaskingEvent = recorded.event
    at, by = recorded.occurred_at, recorded.actor
    match event:
        case UnmaskingAsked() | GlassBroken():
            broken = isinstance(event, GlassBroken)
            return Row(
                id=key, case=event.case, actor=event.by, role=by.role, on_behalf_of=event.on_behalf_of,
                purpose=event.purpose.value, asked_at=at,
                until=event.until if isinstance(event, GlassBroken) else None, emergency=broken, unreviewed=broken,
                community=event.community,
            )  # fmt: skip
        case UnmaskingGranted():
            return replace(held(row, recorded), decided_by=by.id, decided_at=at, granted=True, until=event.until)
        case UnmaskingRefused():
            return replace(held(row, recorded), decided_by=by.id, decided_at=at, granted=False)
        case UnmaskingEnded():
            return replace(held(row, recorded), ended_at=at)
        case GlassReviewed():
            return replace(
                held(row, recorded), reviewed_by=by.id, reviewed_at=at, justified=event.justified, unreviewed=False
            )
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="unmaskings",
    row=Row,
    handles=get_args(UnmaskingEvent),
    evolve=_evolve,
    title_zh="解封许可台账",
    title_en="Who may open what is sealed",
    clause="3.1.4",
    filters=("case", "actor", "emergency", "unreviewed", "community"),
    by=OVERSIGHT,
)
