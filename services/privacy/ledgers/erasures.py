"""Erasures 删除台账 (个人信息保护法 47): what was proposed by whom and decided by whom, what is held, what was erased.
One row per subject: its last proposal; the record has those before."""

from datetime import datetime
from typing import assert_never, get_args

from services.privacy.roles import OVERSIGHT
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held
from shared.contracts.privacy import (
    ErasureApproved,
    ErasureHeld,
    ErasureHoldReleased,
    ErasureProposed,
    ErasureReason,
    ErasureRefusal,
    ErasureRefused,
    HoldReason,
    PersonalDataErased,
)

_Event = ErasureProposed | ErasureApproved | ErasureRefused | ErasureHeld | ErasureHoldReleased | PersonalDataErased


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A subject whose erasure was proposed, or is held."""

    id: str
    """The subject, as the vault names it: `case/0f3a`."""
    because: ErasureReason | None = None
    request_id: str | None = None
    """The person's request, where they asked for it."""
    proposed_by: str | None = None
    """A pseudonym (also below)."""
    proposed_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    """None until it was decided."""
    refusal: ErasureRefusal | None = None
    hold: HoldReason | None = None
    """Why it may not be erased meanwhile; none where it may."""
    held_since: datetime | None = None
    erased_at: datetime | None = None


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: _Event = recorded.event
    at, by = recorded.occurred_at, recorded.actor.id
    match event:
        case ErasureProposed():
            hold = (row.hold, row.held_since) if row is not None else (None, None)
            return Row(
                id=key, because=event.because, request_id=event.request, proposed_by=event.by, proposed_at=at,
                hold=hold[0], held_since=hold[1],
            )  # fmt: skip
        case ErasureApproved():
            return replace(held(row, recorded), decided_by=by, decided_at=at, approved=True)
        case ErasureRefused():
            return replace(held(row, recorded), decided_by=by, decided_at=at, approved=False, refusal=event.reason)
        case ErasureHeld():
            return replace(row or Row(id=key), hold=event.because, held_since=at)
        case ErasureHoldReleased():
            return replace(held(row, recorded), hold=None, held_since=None)
        case PersonalDataErased():
            return replace(held(row, recorded), erased_at=at)
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="erasures",
    row=Row,
    handles=get_args(_Event),
    evolve=_evolve,
    title_zh="个人信息删除台账",
    title_en="Erasures of personal data",
    clause="3.1.4",
    filters=("because", "approved"),
    by=OVERSIGHT,
)
