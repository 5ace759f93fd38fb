"""How something is erased in an office at work: asked for, restricted, proposed by one, approved by another."""

from datetime import datetime, timedelta

from services.privacy.commands import (
    AnswerPersonRequest,
    ApproveErasure,
    PlaceRestriction,
    ProposeErasure,
    ReceivePersonRequest,
)
from shared.contracts.codes import Role
from shared.contracts.privacy import AnswerReason, ErasureReason, RequestKind, RequestOutcome, RestrictionReason
from tests.harm.office import COMMUNITY, Office

GUARD, OTHER = "privacy-1", "office-2"


async def approve(made: Office, subject: str, at: datetime, *, who: str = OTHER) -> None:
    """The second person agrees, and what follows from that is done."""
    await made.campaign.send(ApproveErasure(subject=subject), at, role=Role.OFFICE, who=who)
    await made.campaign.settle()


async def erase_as_asked(made: Office, subject: str, at: datetime, community: str | None = COMMUNITY) -> None:
    """A person's request for erasure, from its receipt to the destruction of the keys."""
    send = made.campaign.send
    receive = ReceivePersonRequest(subject=subject, community=community, request=RequestKind.ERASURE)
    request = await send(receive, at, role=Role.CLERK)
    answer = AnswerPersonRequest(outcome=RequestOutcome.GRANTED, reason=AnswerReason.AS_ASKED)
    await send(answer, at + timedelta(days=1), request, Role.PRIVACY)
    await made.campaign.settle()
    place = PlaceRestriction(subject=subject, because=RestrictionReason.ERASURE_REQUEST, request=request)
    await send(place, at + timedelta(days=1), role=Role.PRIVACY)
    propose = ProposeErasure(subject=subject, because=ErasureReason.REQUEST, request=request)
    await send(propose, at + timedelta(days=2), role=Role.PRIVACY, who=GUARD)
    await approve(made, subject, at + timedelta(days=3))
