"""Taking back what was recorded by mistake of the work on a case, of communities, officers and meetings (§3.1.4)."""

from dataclasses import replace
from datetime import date

import pytest

from services.assignment import community, directory, handling, meeting, officer, roster
from services.assignment.commands import (
    CorrectOfficer,
    EndLeave,
    IssueContactCards,
    RegisterCommunity,
    RetractCommunityWork,
    RetractWork,
    SubmitMinutes,
    VoidCommunity,
    VoidMeeting,
    VoidOfficer,
)
from services.assignment.service import SERVICE
from shared.contracts.assignment import (
    AgreementReached,
    CardsLeft,
    CommunityAct,
    CommunityCorrected,
    CommunityRegistered,
    CommunityWorkRetracted,
    ConsentRecorded,
    ContactCardsIssued,
    HandlerAssigned,
    HandlerReplaced,
    HandlerStanding,
    HandoverOpened,
    Leave,
    LeaveEnded,
    LeaveRecorded,
    MediationHeld,
    MeetingConvened,
    MeetingVoided,
    OfficerEnrolled,
    OfficerPosted,
    Performance,
    PerformanceChecked,
    PerformanceStanding,
    StudioBefore,
    StudioClosed,
    StudioOpened,
    VisitCompleted,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import AgreementForm, MeetingKind, Profession, Tier, VisitResult
from shared.contracts.event import Actor
from tests.assignment.invented import COMMUNITY, POSTED, WENBO, opened, planned, posting, visited
from tests.declarations import assert_refusal_is_told
from tests.spec import START, Spec, at, spec

OPEN = replace(spec(handling.DECIDER), facts=POSTED).given(opened())
ASSIGNED = OPEN.given(at(1, HandlerAssigned(officer="judge-1")))
SERVICE_ITSELF = Actor(id="assignment", role="service")
CONSENTS = (ConsentRecorded(party=1), ConsentRecorded(party=2))
AGREED = OPEN.given(
    *CONSENTS, MediationHeld(officers=("judge-1",), place="sealed:p", record=None),
    AgreementReached(form=AgreementForm.ORAL, terms=None, tier=Tier.COMMUNITY),
)  # fmt: skip


def work(act: WorkAct, item: str | None = None) -> RetractWork:
    return RetractWork(act=act, item=item, reason="sealed:r")


def undone(act: WorkAct, item: str | None = None, **told: object) -> WorkRetracted:
    said = {"visit": None} | told
    return WorkRetracted(act=act, item=item, community=WENBO, reason="sealed:r", **said)  # type: ignore[arg-type]  # as given


# the work on a case


def test_a_visit_taken_back_says_when_it_took_place_and_which_stays_the_last() -> None:
    twice = OPEN.given(planned(), planned("v2"), at(5, visited()), at(6, visited("v2")))
    twice.when(at(7, work(WorkAct.VISIT, "v2"))).then(
        undone(
            WorkAct.VISIT, "v2", visit=VisitResult.COMPLETED, done_at=at(6, None).at, last_visit_at=at(5, None).at
        )
    )  # fmt: skip
    assert isinstance(visited(), VisitCompleted)


def test_a_choice_of_handler_is_taken_back_and_whoever_answered_before_answers_again() -> None:
    ASSIGNED.when(at(2, work(WorkAct.HANDLER))).then(
        undone(WorkAct.HANDLER, handler=HandlerStanding(officer=None, since=None, handover_since=None))
    )
    before = HandlerStanding(officer="judge-1", since=at(1, None).at, handover_since=None)
    replaced = ASSIGNED.given(at(3, HandlerReplaced(officer="police-1", replaced="judge-1", reason="sealed:r")))
    replaced.when(at(4, work(WorkAct.HANDLER))).then(undone(WorkAct.HANDLER, handler=before))
    left = replace(POSTED, postings=(posting("judge-1", last_day=date(2015, 6, 13)), posting("police-1")))
    replaced.when(at(4, work(WorkAct.HANDLER)), facts=left).then_refused("not_posted", field="act")
    OPEN.when(work(WorkAct.HANDLER)).then_refused("nothing_to_retract", field="act")


def test_that_a_case_is_to_be_handed_over_is_taken_back_by_a_reaction_only() -> None:
    leaving = ASSIGNED.given(at(3, HandoverOpened(officer="judge-1")))
    stays = HandlerStanding(officer="judge-1", since=at(1, None).at, handover_since=None)
    leaving.when(at(4, work(WorkAct.HANDOVER, "judge-1")), by=SERVICE_ITSELF).then(
        undone(WorkAct.HANDOVER, "judge-1", handler=stays)
    )
    leaving.when(at(4, work(WorkAct.HANDOVER, "judge-1"))).then_refused("nothing_to_retract", field="item")


def test_a_check_of_performance_is_taken_back_and_the_one_before_stands() -> None:
    once = AGREED.given(at(5, PerformanceChecked(performance=Performance.PARTLY, note=None)))
    none = PerformanceStanding(performance=None, at=None)
    once.when(at(7, work(WorkAct.PERFORMANCE))).then(undone(WorkAct.PERFORMANCE, performance=none))
    twice = once.given(at(6, PerformanceChecked(performance=Performance.PERFORMED, note=None)))
    before = PerformanceStanding(performance=Performance.PARTLY, at=at(5, None).at)
    twice.when(at(7, work(WorkAct.PERFORMANCE))).then(undone(WorkAct.PERFORMANCE, performance=before))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (work(WorkAct.VISIT), "item_missing"),
        (work(WorkAct.LETTER, "v1"), "item_not_needed"),
        (work(WorkAct.VISIT, "v9"), "nothing_to_retract"),
        (work(WorkAct.CONSENT, "2"), "nothing_to_retract"),
    ],
)
def test_what_was_not_recorded_cannot_be_taken_back(command: RetractWork, code: str) -> None:
    assert_refusal_is_told(SERVICE, OPEN.when(command).then_refused(code))


def test_what_led_to_an_ending_stands_as_long_as_that_does() -> None:
    for command in (work(WorkAct.CONSENT, "1"), work(WorkAct.MEDIATION)):
        refused = AGREED.when(command).then_refused("ending_rests_on_it", field="act")
        assert_refusal_is_told(SERVICE, refused)
        assert "retract-work" not in refused.allowed


# a community


def of_community() -> Spec:
    return replace(spec(community.DECIDER), facts=community.Facts(registered=COMMUNITY), id=WENBO)


def cards(households: int | None, act: CommunityAct = CommunityAct.CARDS) -> RetractCommunityWork:
    return RetractCommunityWork(act=act, households=households, reason="sealed:r")


def test_cards_are_taken_back_from_where_they_were_given_last() -> None:
    given_out = of_community().given(ContactCardsIssued(households=30), ContactCardsIssued(households=20))
    left = (CardsLeft(version=2, households=0), CardsLeft(version=1, households=25))
    given_out.when(cards(25)).then(
        CommunityWorkRetracted(act=CommunityAct.CARDS, households=25, reason="sealed:r", cards=left)
    )
    assert_refusal_is_told(SERVICE, given_out.when(cards(51)).then_refused("nothing_to_retract", field="households"))
    assert_refusal_is_told(SERVICE, given_out.when(cards(None)).then_refused("item_missing", field="households"))
    studio = cards(1, CommunityAct.STUDIO_OPENED)
    assert_refusal_is_told(SERVICE, given_out.when(studio).then_refused("item_not_needed", field="households"))
    given_out.when(IssueContactCards(households=1)).then(ContactCardsIssued(households=1))


def test_an_opening_of_the_studio_taken_back_leaves_the_one_that_was_closed() -> None:
    opened_once = of_community().given(at(1, StudioOpened(place="警务室")))
    retract = cards(None, CommunityAct.STUDIO_OPENED)
    undone_ = CommunityWorkRetracted(act=CommunityAct.STUDIO_OPENED, households=None, reason="sealed:r")
    opened_once.when(at(2, retract)).then(undone_)
    again = opened_once.given(at(3, StudioClosed(reason="sealed:r")), at(4, StudioOpened(place="别处")))
    before = StudioBefore(place="警务室", opened_at=at(1, None).at, closed_at=at(3, None).at)
    again.when(at(5, retract)).then(replace_studio(undone_, before))


def replace_studio(event: CommunityWorkRetracted, studio: StudioBefore) -> CommunityWorkRetracted:
    return CommunityWorkRetracted(act=event.act, households=None, reason=event.reason, studio=studio)


# leave, directory, officers, meetings


def test_a_leave_is_not_prolonged_into_the_next_one() -> None:
    def away(first: int, last: int) -> LeaveRecorded:
        leave = Leave(first_day=date(2015, 7, first), last_day=date(2015, 7, last), cover=None)
        return LeaveRecorded(officer="judge-1", from_day=date(2015, 6, 1), leave=leave)

    def back(last: int) -> EndLeave:
        return EndLeave(
            community=WENBO, officer="judge-1", first_day=date(2015, 7, 1), last_day=date(2015, 7, last)
        )  # fmt: skip

    posted = OfficerPosted(officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 6, 1))
    twice = replace(spec(roster.DECIDER), id=WENBO).given(posted, away(1, 3), away(10, 12))
    twice.when(back(9)).then(
        LeaveEnded(
            officer="judge-1", from_day=date(2015, 6, 1), first_day=date(2015, 7, 1), last_day=date(2015, 7, 9)
        )
    )  # fmt: skip
    refused = twice.when(back(10)).then_refused("leave_overlaps", field="last_day")
    assert_refusal_is_told(SERVICE, refused)
    assert "end-leave" not in refused.allowed


REGISTERED = CommunityRegistered(code=WENBO, name="文博里社区", grids=(), households=900)
RENAMED = CommunityCorrected(code=WENBO, reason="sealed:r", name="文博社区", grids=None, households=None)
LANE = "410105010003"


def test_a_name_that_was_a_mistake_is_free_for_the_community_that_bears_it() -> None:
    entered = replace(spec(directory.DECIDER), id="410105010").given(REGISTERED, RENAMED)
    lane = RegisterCommunity(code=LANE, name="文博里社区", grids=(), households=300)
    entered.when(lane).then(
        CommunityRegistered(code=LANE, name="文博里社区", grids=(), households=300, named_before=WENBO)
    )
    taken = RegisterCommunity(code=LANE, name="文博社区", grids=(), households=300)
    entered.when(taken).then_refused("name_taken", field="name")


def test_a_community_in_use_is_not_made_void() -> None:
    entered = replace(spec(directory.DECIDER), id="410105010").given(REGISTERED)
    void = VoidCommunity(code=WENBO, reason="sealed:r")
    refused = entered.when(void, facts=directory.Facts(COMMUNITY, in_use=True)).then_refused("community_in_use")
    assert_refusal_is_told(SERVICE, refused)


def test_an_officer_who_is_posted_keeps_enrolment_and_profession() -> None:
    enrolled = spec(officer.DECIDER).given(
        OfficerEnrolled(profession=Profession.JUDGE, unit="区法院", name="sealed:n", phone=None)
    )
    facts = officer.Facts(posted=True)
    for command in (VoidOfficer(reason="sealed:r"), CorrectOfficer(reason="sealed:r", profession=Profession.POLICE)):
        refused = enrolled.when(command, facts=facts).then_refused("officer_posted")
        assert "void-posting" in refused.allowed
        assert_refusal_is_told(SERVICE, refused)


def test_nothing_is_done_about_a_meeting_that_was_made_void() -> None:
    held = MeetingConvened(community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=9, subject="sealed:s")
    voided = MeetingVoided(
        community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", held_at=START, minutes_at=None, reason="sealed:r"
    )  # fmt: skip
    for command in (SubmitMinutes(decisions=("sealed:d",)), VoidMeeting(reason="sealed:r")):
        refused = spec(meeting.DECIDER).given(held, voided).when(command).then_refused("meeting_voided")
        assert refused.allowed == ("convene-meeting",)
        assert_refusal_is_told(SERVICE, refused)
