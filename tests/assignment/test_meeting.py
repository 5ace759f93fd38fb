"""Meetings and their minutes, told in sentences (§3.3.3)."""

from services.assignment.commands import ConveneMeeting, SubmitMinutes
from services.assignment.meeting import DECIDER, Facts
from shared.contracts.assignment import MeetingConvened, MinutesSubmitted
from shared.contracts.codes import MeetingKind
from tests.assignment.invented import COMMUNITY, WENBO
from tests.spec import START, at, spec

MEETING = spec(DECIDER)
CONVENE = ConveneMeeting(
    community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=12, subject="六月例会"
)  # fmt: skip
CONVENED = MeetingConvened(
    community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=12, subject="六月例会"
)  # fmt: skip
MINUTES = SubmitMinutes(decisions=("逐案明确责任人",))
SUBMITTED = MinutesSubmitted(
    community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", held_at=START, decisions=("逐案明确责任人",)
)  # fmt: skip


def test_a_meeting_is_recorded_once_for_a_registered_community() -> None:
    MEETING.when(CONVENE, facts=Facts(COMMUNITY)).then(CONVENED)
    MEETING.when(CONVENE, facts=Facts(None)).then_refused("unknown_community", field="community")
    again = MEETING.given(CONVENED).when(CONVENE, facts=Facts(COMMUNITY)).then_refused("already_convened")
    assert again.allowed == ("submit-minutes", "void-meeting")


def test_minutes_say_which_meeting_they_are_of() -> None:
    MEETING.given(CONVENED).when(at(2, MINUTES)).then(SUBMITTED)


def test_minutes_are_of_a_meeting_that_was_held_and_come_once() -> None:
    MEETING.when(MINUTES).then_refused("unknown_meeting", field="stream")
    MEETING.given(CONVENED, SUBMITTED).when(at(3, MINUTES)).then_refused("minutes_already_submitted")


def test_minutes_do_not_come_before_the_meeting() -> None:
    refused = MEETING.given(CONVENED).when(at(-1, MINUTES)).then_refused("before_held", field="occurred_at")
    assert refused.known == {"occurred_at": "2015-06-10T09:00:00+08:00", "held_at": "2015-06-11T09:00:00+08:00"}


def test_a_meeting_to_come_has_not_been_held() -> None:
    MEETING.when(at(1, CONVENE), facts=Facts(COMMUNITY), now=at(0, None)).then_refused("in_the_future")
