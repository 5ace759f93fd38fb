"""Assessment's entries, told in sentences (synthetic)."""

from dataclasses import fields
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from services.assessment.entries import ARCHIVES, ENTRIES, INSPECTIONS, Facts
from services.assessment.entry_commands import (
    AddArchiveEntry,
    AllocateFunds,
    AssignPortfolio,
    AwardCommendation,
    CompleteRectification,
    ConcludeSurvey,
    ConductInspection,
    ConstituteLeadingGroup,
    FileArchive,
    FileCommunityPlan,
    IssueCircular,
    OrderRectification,
    RecommendModelCase,
    RecordArchiveReply,
    RecordPublicReview,
    ReportYouthOffenceRate,
    SeatGiven,
    SubmitSummary,
    VoidSupervision,
)
from services.assessment.ledgers import communities_served
from services.assessment.service import SERVICE
from shared.contracts.assessment_entries import (
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveKind,
    ArchiveReplyRecorded,
    CircularIssued,
    CircularKind,
    CommendationAwarded,
    Commended,
    CommunityPlanFiled,
    FundsAllocated,
    GroupPost,
    InspectionConducted,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    Portfolio,
    PortfolioAssigned,
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    Seat,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    SurveyKind,
    SurveyMethod,
    YouthOffenceRateReported,
)
from shared.contracts.event import Actor
from tests.declarations import assert_refusal_is_told, recorded
from tests.spec import START, at, spec

SUPERVISION = spec(ENTRIES.decider)
EAST = "410105010001"
IN: dict[str, Any] = {"community": EAST}
HERE = Facts(communities_served.Row(id=EAST, community=EAST, name="示例东社区", households=900, marks=()))
SURVEY: dict[str, Any] = IN | {"survey": SurveyKind.AWARENESS, "method": SurveyMethod.DOOR, "sample": 100}
SCORE: Any = SimpleNamespace(community=EAST, indicators=(SimpleNamespace(code="minutes"),))
"""As much of a score as an appeal looks at."""
PUBLISHED = Facts(HERE.community, (SCORE,))
YOUTHS: dict[str, Any] = {"community": None, "period": "2015", "by_unit": "派出所"}
TAKEN = (
    (
        AssignPortfolio(portfolio=Portfolio.DAILY, holder="长"),
        PortfolioAssigned(portfolio=Portfolio.DAILY, holder="长"),
    ),
    (ConcludeSurvey(**SURVEY, valid=96, positive=95), SurveyConcluded(**SURVEY, valid=96, positive=95)),
    (
        RecordPublicReview(**IN, meeting="d1", good=9, fair=1, poor=0),
        PublicReviewRecorded(**IN, meeting="d1", officer=None, good=9, fair=1, poor=0),
    ),
    (
        AddArchiveEntry(officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="sealed:e"),
        ArchiveEntryAdded(officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="sealed:e"),
    ),
    (
        ConductInspection(**IN, inspected_by="综治办", looked_at="台账", faults=1),
        InspectionConducted(**IN, inspected_by="综治办", looked_at="台账", faults=1),
    ),
    (
        IssueCircular(circular=CircularKind.PRAISE, document="通1", title="表扬", communities=(EAST,)),
        CircularIssued(circular=CircularKind.PRAISE, document="通1", title="表扬", communities=(EAST,)),
    ),
    (FileCommunityPlan(**IN, title="方案", measures=3), CommunityPlanFiled(**IN, title="方案", measures=3)),
    (SubmitSummary(**IN, title="总结", practices=0), SummarySubmitted(**IN, title="总结", practices=0)),
    (
        ReportYouthOffenceRate(**YOUTHS, offenders=2, youths=1_000),
        YouthOffenceRateReported(**YOUTHS, offenders=2, youths=1_000),
    ),
    (
        AllocateFunds(amount_fen=500_000, purpose="宣传"),
        FundsAllocated(community=None, amount_fen=500_000, purpose="宣传", document=None),
    ),
    (
        RecommendModelCase(**IN, title="议事会", worth_keeping="sealed:w"),
        ModelCaseRecommended(**IN, case=None, title="议事会", worth_keeping="sealed:w"),
    ),
)


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_an_entry_stands_as_it_was_given(command: Any, event: Any) -> None:
    SUPERVISION.when(command, facts=HERE).then(event)


@pytest.mark.parametrize("command", [command for command, _ in TAKEN if getattr(command, "community", None)])
def test_a_community_is_registered(command: Any) -> None:
    refused = SUPERVISION.when(command, facts=Facts()).then_refused("unknown_community", field="community")
    assert_refusal_is_told(SERVICE, refused)


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_a_mistaken_entry_is_made_void_and_its_ledger_follows(command: Any, event: Any) -> None:
    kind = next(kind for kind in ENTRIES.kinds if type(event) in kind.events)
    voided = SupervisionVoided(kind=kind.name, reason="sealed:r")
    SUPERVISION.given(event).when(VoidSupervision(reason="sealed:r")).then(voided)
    ledger = next(ledger for ledger in ENTRIES.ledgers if ledger.name == kind.name)
    row: Any = ledger.evolve(None, recorded(event), "1")
    assert row.voided_at is None
    assert ledger.evolve(row, recorded(voided, position=1), "1").voided_at == recorded(voided).occurred_at  # type: ignore[union-attr]  # the row stays


def test_a_leading_group_has_a_head_and_the_names_are_sealed() -> None:
    seats = (SeatGiven(post=GroupPost.HEAD, office="副书记", name="sealed:n"),)
    SUPERVISION.when(ConstituteLeadingGroup(seats=seats, office_at="街道")).then(
        LeadingGroupConstituted(seats=(Seat(post=GroupPost.HEAD, office="副书记", name="sealed:n"),), office_at="街道")
    )
    refused = SUPERVISION.when(ConstituteLeadingGroup(seats=(), office_at="街道")).then_refused("no_head")
    assert_refusal_is_told(SERVICE, refused)


@pytest.mark.parametrize(("valid", "positive", "field"), [(101, 5, "valid"), (90, 91, "positive")])
def test_a_part_is_not_larger_than_the_whole(valid: int, positive: int, field: str) -> None:
    command = ConcludeSurvey(**SURVEY, valid=valid, positive=positive)
    refused = SUPERVISION.when(command, facts=HERE).then_refused("numbers_do_not_fit", field=field)
    assert_refusal_is_told(SERVICE, refused)


def test_a_review_counts_votes() -> None:
    command = RecordPublicReview(**IN, meeting="d1", good=0, fair=0, poor=0)
    assert_refusal_is_told(SERVICE, SUPERVISION.when(command, facts=HERE).then_refused("no_votes", field="good"))


def test_a_rate_of_few_people_is_not_told() -> None:
    few = ReportYouthOffenceRate(**YOUTHS, offenders=1, youths=99)
    assert_refusal_is_told(SERVICE, SUPERVISION.when(few, facts=HERE).then_refused("too_few_to_tell", field="youths"))
    more = ReportYouthOffenceRate(**YOUTHS, offenders=101, youths=100)
    SUPERVISION.when(more, facts=HERE).then_refused("numbers_do_not_fit", field="offenders")


@pytest.mark.parametrize("period", ["2016", "2015-06", "15", "0000"])
def test_a_rate_is_of_a_year_that_has_come(period: str) -> None:
    told = ReportYouthOffenceRate(**{**YOUTHS, "period": period}, offenders=1, youths=1_000)
    assert_refusal_is_told(SERVICE, SUPERVISION.when(told, facts=HERE).then_refused("not_a_year", field="period"))


def test_an_officer_s_archive_holds_facts_and_their_own_word_until_it_is_filed() -> None:
    added, reply = TAKEN[3][1], ArchiveReplyRecorded(reply="sealed:r")
    filed = ArchiveFiled(filed_with="区委政法委", filing="备1")
    mine = ARCHIVES.row(
        id="a1", officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="sealed:e", happened_at=START
    )
    say = RecordArchiveReply(reply="sealed:r")
    for filing in ((), (ArchiveFiled(filed_with="区委政法委", filing="备1"),)):  # and it may be said again after that
        own = SUPERVISION.given(added, *filing)
        own.when(say, facts=mine, by=Actor(id="judge-1", role="officer")).then(reply)
        own.when(say, facts=mine, by=Actor(id="office-1", role="office")).then(reply)
        stranger = own.when(say, facts=mine, by=Actor(id="judge-2", role="officer")).then_refused("not_your_archive")
        assert_refusal_is_told(SERVICE, stranger)
    SUPERVISION.given(added, reply).when(FileArchive(filed_with="区委政法委", filing="备1")).then(filed)
    SUPERVISION.given(added, filed).when(FileArchive(filed_with="区委政法委", filing="备1")).then_refused(
        "entry_not_now"
    )
    columns = {field.name for field in fields(ARCHIVES.row)}
    assert not columns & {"score", "points", "rank", "grade"}, "no officer has a composite score"


def test_what_an_inspection_found_is_put_right_in_time() -> None:
    seen = INSPECTIONS.row(
        id="i1", community=EAST, inspected_by="综治办", looked_at="台账", faults=1, happened_at=START
    )
    facts = Facts(HERE.community, inspection=seen)
    order: dict[str, Any] = IN | {"inspection": "i1", "order": "sealed:o"}
    ordered = RectificationOrdered(**order, due_on=date(2015, 7, 1))
    SUPERVISION.when(OrderRectification(**order, due_on=date(2015, 7, 1)), facts=facts).then(ordered)
    early = SUPERVISION.when(OrderRectification(**order, due_on=date(2015, 6, 10)), facts=facts)
    assert_refusal_is_told(SERVICE, early.then_refused("due_in_the_past", field="due_on"))
    SUPERVISION.when(OrderRectification(**order, due_on=date(2015, 7, 1)), facts=HERE).then_refused(
        "unknown_inspection"
    )
    done = RectificationCompleted(passed=True, rechecked_by="综治办", outcome=None)
    SUPERVISION.given(ordered).when(at(3, CompleteRectification(passed=True, rechecked_by="综治办"))).then(done)


def test_who_is_commended_exists_and_so_does_the_score_that_it_rests_on() -> None:
    award: dict[str, Any] = {"commended": Commended.COMMUNITY, "subject": EAST, "award": "先进"}
    SUPERVISION.when(AwardCommendation(**award), facts=HERE).then(CommendationAwarded(**award, publication=None))
    SUPERVISION.when(AwardCommendation(**award), facts=Facts()).then_refused("unknown_community", field="subject")
    based = AwardCommendation(**award, publication="none")
    SUPERVISION.when(based, facts=HERE).then_refused("unknown_publication", field="publication")
