"""A meeting 会议 and its minutes (§3.2.6, 3.3.3, 3.3.4): held once, its minutes submitted once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import ConveneMeeting, SubmitMinutes, VoidMeeting
from services.assignment.ledgers import communities, meetings
from services.assignment.roles import CLERKS
from shared.contracts.assignment import MeetingConvened, MeetingEvent, MeetingVoided, MinutesSubmitted
from shared.contracts.codes import MeetingKind
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused, placed_in

Command = ConveneMeeting | SubmitMinutes | VoidMeeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What later decisions rest on."""

    community: str
    kind: MeetingKind
    month: str
    held_at: datetime
    minutes_at: datetime | None = None
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of what a command names."""

    community: communities.Row | None = None


def decide(command: Command, meeting: Meeting | None, context: Context) -> Sequence[MeetingEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    match command:
        case ConveneMeeting():
            return [_convened(command, meeting, context.facts)]
        case SubmitMinutes():
            return [_submitted(command, _standing(meeting), context)]
        case VoidMeeting():
            meeting = _standing(meeting)
            return [MeetingVoided(
                community=meeting.community, kind=meeting.kind, month=meeting.month, held_at=meeting.held_at,
                minutes_at=meeting.minutes_at, reason=command.reason,
            )]  # fmt: skip
        case _:
            assert_never(command)


def _convened(command: ConveneMeeting, meeting: Meeting | None, facts: Facts) -> MeetingConvened:
    if meeting is not None:
        raise Refused("already_convened", allowed=_allowed(meeting))
    if facts.community is None:
        raise Refused("unknown_community", field="community")
    return MeetingConvened(
        community=command.community, kind=command.kind, month=command.month, attended=command.attended,
        subject=command.subject,
    )  # fmt: skip


def _standing(meeting: Meeting | None) -> Meeting:
    if meeting is None:
        raise Refused("unknown_meeting", field="stream")
    if meeting.voided:
        raise Refused("meeting_voided", field="stream", allowed=("convene-meeting",))
    return meeting


def _allowed(meeting: Meeting) -> Sequence[str]:
    """The commands that would be taken now, given fitting data."""
    if meeting.voided:
        return ()
    return ("void-meeting",) if meeting.minutes_at else ("submit-minutes", "void-meeting")


def _submitted(command: SubmitMinutes, meeting: Meeting, context: Context) -> MinutesSubmitted:
    if meeting.minutes_at is not None:
        raise Refused("minutes_already_submitted", allowed=_allowed(meeting))
    if context.at < meeting.held_at:
        times = {"occurred_at": context.at.isoformat(), "held_at": meeting.held_at.isoformat()}
        raise Refused("before_held", field="occurred_at", **times)
    return MinutesSubmitted(
        community=meeting.community, kind=meeting.kind, month=meeting.month, held_at=meeting.held_at,
        decisions=command.decisions,
    )  # fmt: skip


def evolve(meeting: Meeting | None, event: MeetingEvent, occurred_at: datetime) -> Meeting:
    """The meeting after an event that was decided about it."""
    if isinstance(event, MeetingConvened):
        return Meeting(community=event.community, kind=event.kind, month=event.month, held_at=occurred_at)
    assert meeting is not None, "every meeting begins with being held"
    match event:
        case MinutesSubmitted():
            return replace(meeting, minutes_at=occurred_at)
        case MeetingVoided():
            return replace(meeting, voided=True)
        case _:
            assert_never(event)


def _facts(command: ConveneMeeting, id: str, look: Look) -> Facts:
    return Facts(look.row(communities.LEDGER, command.community))


DECIDER: Final[Decider[Meeting | None]] = Decider(
    category="meeting",
    accepts=(
        Accepts(ConveneMeeting, CLERKS, "3.3.3", creates=True, facts=_facts),
        Accepts(SubmitMinutes, CLERKS, "3.3.3"),
        Accepts(VoidMeeting, CLERKS, "3.1.4"),
    ),
    events=get_args(MeetingEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
    place=placed_in(meetings.LEDGER),
)
