"""What assignment does about intake's events: handling begins with acceptance, and ends when the case is over."""

from collections.abc import Sequence
from typing import Final

from services.assignment.commands import EndHandling, OpenHandling, OpenHandover, ResumeHandling, RetractWork
from shared.contracts.assignment import OfficerPosted, PostingEnded, PostingEndRetracted, PostingVoided, WorkAct
from shared.contracts.codes import CaseStatus
from shared.contracts.event import Recorded
from shared.contracts.intake import (
    CaseAccepted,
    CaseLinkedAsDuplicate,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    CaseStepRetracted,
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


def _taken_back(recorded: Recorded) -> Sequence[Sent]:
    """What ended the case did not: it is handled again. Or it was never accepted: it is handled no more."""
    event: CaseStepRetracted = recorded.event
    if event.back_to is CaseStatus.ACCEPTED and event.step.of_life:
        assert event.due_on is not None, "an accepted case has a deadline"
        command = ResumeHandling(
            community=event.community, grid=event.grid, kind=event.kind, parties=event.parties,
            reported_at=event.reported_at, due_on=event.due_on,
        )  # fmt: skip
        return (Sent(command, recorded.id),)
    if event.handled and event.back_to is CaseStatus.REPORTED:
        return (Sent(EndHandling(status=event.back_to), recorded.id),)
    return ()


def _hand_over(recorded: Recorded) -> Sequence[Sent]:
    """Each case that the officer was handling is to be handed over."""
    event: PostingEnded | PostingVoided = recorded.event
    return [Sent(OpenHandover(officer=event.officer), case) for case in event.open_cases]


def _stays(recorded: Recorded) -> Sequence[Sent]:
    """The officer's posting is as it was: no case of theirs is to be handed over."""
    event: PostingEndRetracted | OfficerPosted = recorded.event
    command = RetractWork(act=WorkAct.HANDOVER, item=event.officer, reason="派驻终止或作废系误登")
    return [Sent(command, case) for case in event.open_cases]


REACTIONS: Final = (
    Reaction("open-handling", (CaseAccepted, CaseReopened), _open),
    Reaction(
        "end-handling",
        (CaseLinkedAsDuplicate, CaseReferred, CaseWithdrawn, CaseResolved, CaseTerminated, CaseVoided),
        _end,
    ),
    Reaction("follow-retraction", (CaseStepRetracted,), _taken_back),
    Reaction("open-handover", (PostingEnded, PostingVoided), _hand_over),
    Reaction("drop-handover", (PostingEndRetracted, OfficerPosted), _stays),
)
