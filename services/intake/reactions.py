"""What intake does about assignment's events: an agreement resolves the case, a failed mediation terminates it."""

from collections.abc import Sequence
from typing import Final

from services.intake.commands import ResolveCase, TerminateCase
from shared.contracts.assignment import AgreementReached, MediationTerminated
from shared.contracts.event import Recorded
from shared.contracts.model import Reaction, Sent


def _resolve(recorded: Recorded) -> Sequence[Sent]:
    event: AgreementReached = recorded.event
    return [Sent(ResolveCase(tier=event.tier, by_agreement=True), recorded.id)]


def _terminate(recorded: Recorded) -> Sequence[Sent]:
    event: MediationTerminated = recorded.event
    return [Sent(TerminateCase(reason=event.reason, remedies_told=event.remedies_told), recorded.id)]


REACTIONS: Final = (
    Reaction("resolve-on-agreement", (AgreementReached,), _resolve),
    Reaction("terminate-with-mediation", (MediationTerminated,), _terminate),
)
