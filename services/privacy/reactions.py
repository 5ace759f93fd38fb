"""What privacy does about its own events: what two persons agreed to is done."""

from collections.abc import Sequence
from typing import Final

from services.privacy.commands import CompleteErasure
from shared.contracts.event import Recorded
from shared.contracts.model import Reaction, Sent
from shared.contracts.privacy import ErasureApproved


def _complete(recorded: Recorded[ErasureApproved]) -> Sequence[Sent]:
    return [Sent(CompleteErasure(subject=recorded.event.subject))]


REACTIONS: Final = (Reaction("complete-erasure", (ErasureApproved,), _complete),)
