"""What assignment does about intake's events: handling begins with acceptance, and ends when the case is over."""

from collections.abc import Sequence
from typing import Final

from services.assignment.commands import EndHandling, OpenHandling, OpenHandover
from shared.contracts.assignment import PostingEnded
from shared.contracts.event import Recorded
from shared.contracts.intake import (
    CaseAccepted,
    CaseLinkedAsDuplicate,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ended_as,
)
from shared.contracts.model import Reaction, Sent

Over = CaseLinkedAsDuplicate | CaseReferred | CaseWithdrawn | CaseResolved | CaseTerminated | CaseVoided
"""What ends a case that may be in hand; each says whether it was."""


def _open(recorded: Recorded) -> Sequence[Sent]:
    event: CaseAccepted | CaseReopened = recorded.event
    if isinstance(event, CaseAccepted) and not event.to_be_handled:
        return ()  # a paper ledger says that it was over when it was taken over
    command = OpenHandling(
        community=event.community, grid=event.grid, kind=event.kind, parties=event.parties,
        reported_at=event.reported_at, due_on=event.due_on,
    )  # fmt: skip
    return (Sent(command, recorded.id),)


def _end(recorded: Recorded) -> Sequence[Sent]:
    event: Over = recorded.event
    return (Sent(EndHandling(status=ended_as(event)), recorded.id),) if event.handled else ()


def _hand_over(recorded: Recorded) -> Sequence[Sent]:
    """Each case that the officer was handling is to be handed over."""
    event: PostingEnded = recorded.event
    return [Sent(OpenHandover(officer=event.officer), case) for case in event.open_cases]


REACTIONS: Final = (
    Reaction("open-handling", (CaseAccepted, CaseReopened), _open),
    Reaction(
        "end-handling",
        (CaseLinkedAsDuplicate, CaseReferred, CaseWithdrawn, CaseResolved, CaseTerminated, CaseVoided),
        _end,
    ),
    Reaction("open-handover", (PostingEnded,), _hand_over),
)
