"""Who serves where: communities, officers and rosters, told in sentences (§3.1.1, 3.1.3, 3.3.2)."""

from dataclasses import replace
from datetime import date

from services.assignment import community, directory, officer, roster
from services.assignment.commands import (
    CloseStudio,
    EndPosting,
    EnrolOfficer,
    IssueContactCards,
    OpenHandover,
    OpenStudio,
    PostOfficer,
    RegisterCommunity,
    RetractPostingEnd,
    SetVisitTimes,
)
from services.assignment.reactions import REACTIONS
from services.assignment.roster import Facts
from shared.contracts.assignment import (
    CommunityRegistered,
    ContactCardsIssued,
    OfficerEnrolled,
    OfficerPosted,
    PostingEnded,
    PostingEndRetracted,
    StudioClosed,
    StudioOpened,
    VisitTimesSet,
    WorkAct,
)
from shared.contracts.codes import PostingEnd, Profession
from shared.contracts.model import Sent
from tests.assignment.invented import COMMUNITY, WENBO, box, enrolled
from tests.declarations import recorded
from tests.spec import spec

# communities

DIRECTORY = spec(directory.DECIDER)
REGISTRATION = RegisterCommunity(code=WENBO, name="文博社区", grids=("1网格",), households=1200)
REGISTERED = CommunityRegistered(code=WENBO, name="文博社区", grids=("1网格",), households=1200)
ENTERED = DIRECTORY.given(REGISTERED)
HERE = replace(spec(community.DECIDER), facts=community.Facts(COMMUNITY))


def test_a_community_is_registered_once() -> None:
    DIRECTORY.when(REGISTRATION).then(REGISTERED)
    ENTERED.when(replace(REGISTRATION, name="别名社区")).then_refused("already_registered", field="code")


def test_a_communitys_code_belongs_to_the_sub_district() -> None:
    for code in ("410105011001", "410105010"):
        foreign = RegisterCommunity(code=code, name="别处社区", grids=(), households=1)
        refused = DIRECTORY.when(foreign).then_refused("foreign_code", field="code")
        assert refused.known == {"log": "410105010"}


def test_two_communities_do_not_bear_one_name() -> None:
    other = RegisterCommunity(code="410105010002", name="文博社区", grids=(), households=1)
    ENTERED.when(other).then_refused("name_taken", field="name")


def test_a_studio_opens_and_closes_in_turn() -> None:
    opening, closing = OpenStudio(place="社区警务室"), CloseStudio(reason="搬迁")
    opened, closed = StudioOpened(place="社区警务室"), StudioClosed(reason="搬迁")
    HERE.when(opening).then(opened)
    HERE.given(opened).when(closing).then(closed)
    HERE.given(opened, closed).when(opening).then(opened)
    assert "close-studio" in HERE.given(opened).when(opening).then_refused("studio_open").allowed
    assert "open-studio" in HERE.when(closing).then_refused("studio_not_open").allowed


def test_contact_cards_are_counted_by_households() -> None:
    HERE.when(IssueContactCards(households=300)).then(ContactCardsIssued(households=300))


def test_nothing_happens_in_a_community_that_is_not_registered() -> None:
    for command in (OpenStudio(place="警务室"), CloseStudio(reason="搬迁"), IssueContactCards(households=1)):
        spec(community.DECIDER).when(command, facts=community.Facts()).then_refused("not_registered", field="stream")


# officers


def test_an_officer_is_enrolled_once() -> None:
    enrolment = EnrolOfficer(profession=Profession.LAWYER, unit="某律师事务所", name=box("n"), phone=box("p"))
    event = OfficerEnrolled(profession=Profession.LAWYER, unit="某律师事务所", name=box("n"), phone=box("p"))
    officers = spec(officer.DECIDER)
    officers.when(enrolment).then(event)
    officers.given(event).when(enrolment).then_refused("already_enrolled")


# rosters

ROSTER = spec(roster.DECIDER)
FACTS = roster.Facts(COMMUNITY, enrolled())
POST = PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 6, 1))
POSTED = OfficerPosted(officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 6, 1))
ENDED = PostingEnded(
    officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 6, 1), last_day=date(2015, 9, 30),
    reason=PostingEnd.TRANSFER,
)  # fmt: skip


def test_an_officer_is_posted_in_the_profession_of_the_enrolment() -> None:
    ROSTER.when(POST, facts=FACTS).then(POSTED)


def test_only_an_enrolled_officer_is_posted_and_only_to_a_registered_community() -> None:
    ROSTER.when(POST, facts=roster.Facts(COMMUNITY, None)).then_refused("officer_not_enrolled", field="officer")
    ROSTER.when(POST, facts=roster.Facts(None, enrolled())).then_refused("unknown_community", field="community")


def test_an_officer_has_one_open_posting_in_a_community() -> None:
    refused = ROSTER.given(POSTED).when(POST, facts=FACTS).then_refused("already_posted", field="officer")
    assert refused.allowed == ("set-visit-times", "end-posting")
    other = OfficerPosted(officer="judge-2", profession=Profession.JUDGE, from_day=date(2015, 6, 1))
    ROSTER.given(other).when(POST, facts=FACTS).then(POSTED)


def test_visit_times_belong_to_an_open_posting() -> None:
    times = SetVisitTimes(community=WENBO, officer="judge-1", times="每周二、周四上午")
    ROSTER.given(POSTED).when(times).then(
        VisitTimesSet(officer="judge-1", from_day=date(2015, 6, 1), times="每周二、周四上午")
    )
    ROSTER.when(times).then_refused("no_open_posting", field="officer")
    ROSTER.given(POSTED, ENDED).when(times).then_refused("no_open_posting")


def test_a_posting_ends_once_and_not_before_it_began() -> None:
    end = EndPosting(community=WENBO, officer="judge-1", last_day=date(2015, 9, 30), reason=PostingEnd.TRANSFER)
    ROSTER.given(POSTED).when(end, facts=Facts()).then(ENDED)
    assert ROSTER.given(POSTED, ENDED).when(end).then_refused("no_open_posting").allowed == ("post-officer",)
    early = EndPosting(community=WENBO, officer="judge-1", last_day=date(2015, 5, 31), reason=PostingEnd.TRANSFER)
    ROSTER.given(POSTED).when(early, facts=Facts()).then_refused("ends_before_it_begins", field="last_day")


def test_an_officer_comes_back_only_after_the_last_day() -> None:
    back = OfficerPosted(officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 10, 1))
    again = PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 10, 1))
    ROSTER.given(POSTED, ENDED).when(again, facts=FACTS).then(back)
    overlapping = PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 9, 30))
    ROSTER.given(POSTED, ENDED).when(overlapping, facts=FACTS).then_refused("posting_overlaps", field="from_day")


def test_the_end_of_a_posting_says_which_cases_are_to_be_handed_over() -> None:
    end = EndPosting(community=WENBO, officer="judge-1", last_day=date(2015, 9, 30), reason=PostingEnd.TRANSFER)
    facts = Facts(open_cases=("case-1", "case-2"))
    ended = replace(ENDED, open_cases=("case-1", "case-2"))
    ROSTER.given(POSTED).when(end, facts=facts).then(ended)
    opening = next(reaction for reaction in REACTIONS if reaction.name == "open-handover")
    sent = opening.react(recorded(ended, id=WENBO))
    assert sent == [Sent(OpenHandover(officer="judge-1"), case) for case in ("case-1", "case-2")]
    assert opening.react(recorded(ENDED, id=WENBO)) == []


def test_an_end_taken_back_leaves_the_officer_the_cases_that_waited() -> None:
    facts = Facts(open_cases=("case-1", "case-2"), waiting=("case-2",))
    retract = RetractPostingEnd(community=WENBO, officer="judge-1", reason="sealed:r")
    event = PostingEndRetracted(
        officer="judge-1", from_day=POSTED.from_day, last_day=ENDED.last_day, reason="sealed:r", open_cases=("case-2",)
    )
    ROSTER.given(POSTED, ENDED).when(retract, facts=facts).then(event)
    dropping = next(reaction for reaction in REACTIONS if reaction.name == "drop-handover")
    (sent,) = dropping.react(recorded(event, id=WENBO))
    assert (sent.command.act, sent.command.item, sent.id) == (WorkAct.HANDOVER, "judge-1", "case-2")
