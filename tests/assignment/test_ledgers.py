"""Assignment's ledgers, told in a few histories."""

from datetime import date

import pytest

from services.assignment.commands import (
    AssignHandler,
    CloseStudio,
    CompleteVisit,
    ConveneMeeting,
    DeclineVisit,
    EndPosting,
    EnrolOfficer,
    HoldMediation,
    IssueContactCards,
    OpenStudio,
    PlanVisit,
    PostOfficer,
    ReachAgreement,
    RecordConsent,
    RegisterCommunity,
    SetVisitTimes,
    SubmitMinutes,
)
from services.assignment.ledgers import communities, meetings, officers, roster, visits
from services.intake.commands import AcceptCase, CorrectCase, Person, ReportCase, VoidCase
from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    CaseStatus,
    DisputeType,
    MeetingKind,
    PartyRole,
    PostingEnd,
    Profession,
    Source,
    VisitResult,
)
from tests.assignment.invented import WENBO, box
from tests.spec import START, at
from tests.world import World


@pytest.fixture
def world() -> World:
    world = World()
    world.send(RegisterCommunity(code=WENBO, name="文博社区", grids=("1网格",), households=900))
    world.send(EnrolOfficer(profession=Profession.JUDGE, unit="区法院", name=box("n"), phone=box("p")), "judge-1")
    world.send(PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 6, 1)))
    return world


def accepted(world: World) -> None:
    persons = tuple(Person(role=PartyRole.APPLICANT, name=box(name)) for name in ("n1", "n2"))
    world.send(
        ReportCase(
            community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary=box("s"), parties=persons,
        ),
        "case-1",
    )  # fmt: skip
    world.send(AcceptCase(), "case-1")


def test_a_community_with_its_studio_and_cards(world: World) -> None:
    world.send(OpenStudio(place="社区警务室"), WENBO, at(1, None).at)
    world.send(IssueContactCards(households=300), WENBO)
    world.send(IssueContactCards(households=200), WENBO)
    row = communities.Row(
        community=WENBO, name="文博社区", grids=("1网格",), households=900, registered_at=START, studio_open=True,
        studio_place="社区警务室", studio_opened_at=at(1, None).at, cards_issued=500,
    )  # fmt: skip
    assert world.rows["communities"] == {WENBO: row}
    world.send(CloseStudio(reason="搬迁"), WENBO, at(2, None).at)
    closed = world.rows["communities"][WENBO]
    assert (closed.studio_open, closed.studio_closed_at) == (False, at(2, None).at)


def test_an_officers_name_stays_in_its_box(world: World) -> None:
    assert world.rows["officers"]["judge-1"] == officers.Row(
        id="judge-1", profession=Profession.JUDGE, unit="区法院", name=box("n"), phone=box("p"), enrolled_at=START
    )
    assert set(officers.LEDGER.sealed) == {"name", "phone"}


def test_the_roster_keeps_each_posting_with_its_days(world: World) -> None:
    world.send(SetVisitTimes(community=WENBO, officer="judge-1", times="每周二上午"))
    world.send(EndPosting(community=WENBO, officer="judge-1", last_day=date(2015, 9, 30), reason=PostingEnd.RETIRED))
    world.send(PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 12, 1)))
    assert world.rows["roster"] == {
        f"{WENBO}/judge-1/2015-06-01": roster.Row(
            community=WENBO, officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 6, 1),
            last_day=date(2015, 9, 30), ended_for=PostingEnd.RETIRED, times="每周二上午",
        ),
        f"{WENBO}/judge-1/2015-12-01": roster.Row(
            community=WENBO, officer="judge-1", profession=Profession.JUDGE, from_day=date(2015, 12, 1)
        ),
    }  # fmt: skip


def test_visits_done_and_declined(world: World) -> None:
    accepted(world)
    for must in (True, False):
        world.send(PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=must), "case-1")
    world.send(CompleteVisit(visit="v1", diary=box("d")), "case-1", at(4, None).at)
    world.send(DeclineVisit(visit="v2", reason=box("谢绝")), "case-1", at(5, None).at)
    common = {
        "case": "case-1", "community": WENBO, "grid": "1网格", "officer": "judge-1", "planned_on": date(2015, 6, 15),
    }  # fmt: skip
    assert world.rows["visits"] == {
        "case-1/v1": visits.Row(
            visit="v1", must=True, result=VisitResult.COMPLETED, done_at=at(4, None).at, diary=box("d"),
            **common,  # type: ignore[arg-type]  # a dictionary of mixed values
        ),
        "case-1/v2": visits.Row(
            visit="v2", must=False, result=VisitResult.DECLINED, done_at=at(5, None).at, reason=box("谢绝"),
            **common,  # type: ignore[arg-type]  # as above
        ),
    }  # fmt: skip
    row = world.rows["handling"]["case-1"]
    assert (row.visits_planned, row.visits_done, row.visits_declined, row.last_visit_at) == (2, 1, 1, at(4, None).at)


def test_a_case_is_mediated_agreed_resolved_and_out_of_hand(world: World) -> None:
    accepted(world)
    world.send(AssignHandler(officer="judge-1"), "case-1")
    for party in (1, 2):
        world.send(RecordConsent(party=party), "case-1")
    world.send(HoldMediation(officers=("judge-1",), place="工作室"), "case-1", at(3, None).at)
    world.send(ReachAgreement(form=AgreementForm.WRITTEN, terms=box("t")), "case-1", at(4, None).at)
    row = world.rows["handling"]["case-1"]
    assert (row.handler, row.consents, row.mediations, row.agreed_at) == ("judge-1", (1, 2), 1, at(4, None).at)
    assert (row.ended_as, row.ended_at) == (CaseStatus.RESOLVED, at(4, None).at)
    case = world.rows["cases"]["case-1"]
    assert (case.status, case.ended_at, case.by_agreement) == (CaseStatus.RESOLVED, at(4, None).at, True)
    assert (case.handler, case.mediations) == ("judge-1", 1)
    assert world.refused_reactions == []


def test_the_handling_follows_intakes_corrections(world: World) -> None:
    accepted(world)
    correction = CorrectCase(
        reason="录入有误", grid="2网格", reported_on=date(2015, 6, 9), due_on=date(2015, 7, 1),
        parties=(Person(role=PartyRole.APPLICANT, name=box("n1")),),
    )  # fmt: skip
    world.send(correction, "case-1", at(1, None).at)
    row = world.rows["handling"]["case-1"]
    assert (row.grid, row.parties, row.due_on) == ("2网格", 1, date(2015, 7, 1))
    assert row.reported_at == at("2015-06-09T00:00:00+08:00", None).at
    world.send(PlanVisit(officer="judge-1", on=date(2015, 6, 9), must=True), "case-1", at(-1, None).at)
    assert world.rows["visits"]["case-1/v1"].grid == "2网格"
    world.send(VoidCase(reason="误登"), "case-1", at(2, None).at)
    assert world.rows["handling"]["case-1"].ended_as is CaseStatus.VOIDED


def test_minutes_reach_the_office(world: World) -> None:
    convene = ConveneMeeting(
        community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=12, subject=box("六月例会")
    )  # fmt: skip
    world.send(convene, "m-1", at(1, None).at)
    held = meetings.Row(
        id="m-1", community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", held_at=at(1, None).at, attended=12,
        subject=box("六月例会"),
    )  # fmt: skip
    assert world.rows["meetings"] == {"m-1": held}
    world.send(SubmitMinutes(decisions=(box("逐案明确责任人"),)), "m-1", at(3, None).at)
    row = world.rows["meetings"]["m-1"]
    assert (row.minutes_at, row.decisions) == (at(3, None).at, (box("逐案明确责任人"),))
