"""The office's papers 文书: each by hand on an invented campaign (synthetic), from its events alone."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any, get_args, get_type_hints

import pytest

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import FileCommunityPlan
from services.assessment.grids import by_community, grids
from services.assessment.papers.asking import Asked, asked
from services.assessment.papers.circular import PublicationCircular
from services.assessment.papers.kinds import BY_CODE, KINDS, paper
from services.assessment.papers.labels import LABELS
from services.assessment.papers.layout import Part, Table, laid_out
from services.assessment.papers.monthly_report import MonthlyReport
from services.assessment.papers.performance_archive import PerformanceArchive
from services.assessment.papers.summary import Summary, measured_by, summary
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.scoring.measuring import score
from services.assessment.service import SERVICE
from shared.contracts.assessment import Comparison, Period, PeriodKind, PlanAmended
from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveKind,
    ArchiveReplyRecorded,
    CircularIssued,
    CircularKind,
    CommendationAwarded,
    Commended,
    CommunityPlanFiled,
    Finding,
    ModelCaseRecommended,
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    ScoreAppealed,
    SummarySubmitted,
    SupervisionVoided,
)
from shared.contracts.assignment import (
    CommunityVoided,
    Leave,
    LeaveRecorded,
    MediationHeld,
    MeetingVoided,
    OfficerCorrected,
    OfficerEnrolled,
    OfficerVoided,
    ResponsibilityLetterSigned,
    VisitCompleted,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    OutreachForm,
    OutreachHeld,
    TrainingHeld,
    WorkVoided,
)
from shared.contracts.codes import Basis, CaseKind, MeetingKind, PostingEnd, Profession, Role, VisitResult
from shared.contracts.event import Actor
from shared.contracts.intake import CaseHandedDown, CaseVoided
from shared.contracts.intake_entries import FindingVoided, HazardCleared, HazardFound, HazardKind, Severity
from shared.contracts.model import Refused
from shared.log.codec import canonical
from tests.assessment.campaign import EAST, LOG, OFFICE, PLAN, RULEBOOK, WEST, WHOLE, Campaign, Looking, moment
from tests.assessment.published import publish, rows_of
from tests.assessment.test_score import season
from tests.declarations import assert_refusal_is_told

JUNE = {"month": "2015-06", "as_of": "2015-07-31"}
BOX = "sealed:box"
THIRD = "410105010009"


def drawn(campaign: Campaign, kind: str, by: Actor = OFFICE, today: str = "2016-06-01", /, **said: str) -> Any:
    """A paper as it is answered with."""
    wanted = asked(said, by, date.fromisoformat(today))
    return paper(BY_CODE[kind], Looking(campaign), wanted)


def refused(campaign: Campaign, kind: str, by: Actor = OFFICE, /, **said: str) -> Refused:
    with pytest.raises(Refused) as caught:
        drawn(campaign, kind, by, **said)
    return caught.value


# the monthly report ---------------------------------------------------------------------------------------------------


def june() -> Campaign:
    """Two communities in June: seven cases of the east, one of them void."""
    made = season()
    made.case("e6", "2015-06-25")
    made.put("case/e6", CaseVoided(reason=BOX), "2015-06-26")
    made.terminate("e5", "2015-06-29")
    made.resolve("w0", "2015-07-02")  # not in June
    made.plan_visit("e0", "v1", "2015-06-15", "2015-06-13")
    made.visit("e0", "v1", "2015-06-15")
    made.plan_visit("w0", "v1", "2015-06-16", "2015-06-13", must=False, code=WEST)
    made.decline("w0", "v1", "2015-06-16", must=False, code=WEST)
    made.put("handling/e0", MediationHeld(officers=("judge-1",), place=BOX, record=None), "2015-06-18")
    made.put("work/o1", outreach(40), "2015-06-17")
    made.put("work/o2", outreach(25), "2015-06-19")
    made.put("work/o3", outreach(99), "2015-06-20")
    made.put("work/o3", WorkVoided(kind="outreach", reason=BOX), "2015-06-21")
    made.put("finding/h1", hazard("2015-07-10"), "2015-06-22")
    made.put("finding/h2", hazard("2015-07-10"), "2015-06-23")
    made.put("finding/h3", hazard("2015-07-10"), "2015-06-23")
    made.put("finding/h1", HazardCleared(checked_by="虚构单位", how=None), "2015-06-24")
    made.put("finding/h3", FindingVoided(kind="hazards", reason=BOX), "2015-06-24")
    return made


def outreach(audience: int) -> OutreachHeld:
    return OutreachHeld(community=EAST, grid=None, form=OutreachForm.LECTURE, topic="虚构", audience=audience)


def hazard(due: str) -> HazardFound:
    return HazardFound(
        community=WEST, grid=None, hazard=HazardKind.FIRE, severity=Severity.GENERAL, place="虚构",
        responsible_unit="虚构", due_on=date.fromisoformat(due),
    )  # fmt: skip


def report(campaign: Campaign, **said: str) -> MonthlyReport:
    found = drawn(campaign, "monthly-report", **{**JUNE, **said}).paper
    assert isinstance(found, MonthlyReport)
    return found


def test_a_month_is_told_in_numbers_that_leave_out_what_never_was() -> None:
    found = report(june())
    cases = found.cases
    assert (cases.reported, cases.accepted, cases.handed_down, cases.reopened) == (12, 12, 0, 0)
    assert {one.code: one.count for one in cases.ended} == {"resolved": 5, "terminated": 1}
    assert cases.open == 6
    assert (found.visits.completed, found.visits.must_completed) == (1, 1)
    assert (found.visits.declined, found.visits.must_declined) == (1, 0)
    assert found.mediations == 1
    assert {one.code: (one.entered, one.count) for one in found.work} == {"outreach": (2, 65)}
    hazards = next(one for one in found.findings if one.code == "hazard")
    assert (hazards.found, hazards.dealt_with, hazards.open) == (2, 1, 1)


def test_a_community_s_report_is_its_own_part_and_the_parts_add_up() -> None:
    made = june()
    whole, east, west = report(made), report(made, community=EAST), report(made, community=WEST)
    assert (east.name, whole.name) == ("虚构社区1", None)
    assert {line.community for line in east.unmet} == {EAST}
    assert east.cases.reported + west.cases.reported == whole.cases.reported
    assert [one.community for one in whole.communities] == [EAST, WEST]
    assert [one.community for one in east.communities] == [EAST]
    assert [one.reported for one in whole.communities] == [east.cases.reported, west.cases.reported]
    assert [one.unmet for one in whole.communities] == [len(east.unmet), len(west.unmet)]
    assert {one.code for one in east.work} == {"outreach"}
    assert west.work == ()


def test_a_month_s_work_is_what_the_grids_have_together() -> None:
    made = june()
    found = report(made)
    sums = by_community(grids(Looking(made), date(2015, 6, 1), date(2015, 6, 30)).grids)
    of = {one.community: one for one in found.communities}
    assert set(sums) == {EAST, WEST}
    for code, grid in sums.items():
        told = of[code]
        assert (told.reported, told.resolved, told.visits, told.mediations) == (
            grid.cases, grid.resolved, grid.visits, grid.mediations,
        )  # fmt: skip
    assert sum(one.outreach for one in sums.values()) == next(one.entered for one in found.work)
    hazards = next(one for one in found.findings if one.code == "hazard")
    assert (hazards.found, hazards.dealt_with) == (sums[WEST].hazards, sums[WEST].hazards_cleared)


def test_minutes_are_told_as_they_had_come_by_the_day() -> None:
    made = june()
    (meeting,) = report(made, as_of="2015-07-02").meetings
    assert (meeting.community, meeting.held_on, meeting.minutes_on) == (EAST, date(2015, 6, 28), None)
    assert report(made).meetings[0].minutes_on == date(2015, 7, 3)
    voided = MeetingVoided(
        community=EAST, kind=MeetingKind.MONTHLY, month="2015-06", held_at=moment("2015-06-28"), minutes_at=None,
        reason=BOX,
    )  # fmt: skip
    made.put(f"meeting/{EAST}-monthly-2015-06", voided, "2015-07-20")
    assert report(made).meetings == ()


def test_duties_are_those_that_fell_due_in_the_month_as_they_stand_on_the_day() -> None:
    made = june()
    owed = {
        one.kind.code + one.subject + one.about: one.state for one in made.obligations("2015-07-31")
        if one.due_on is not None and date(2015, 6, 1) <= one.due_on <= date(2015, 6, 30)
    }  # fmt: skip
    assert owed
    counts = {one.state: one.count for one in report(made).duties}
    assert counts == {state: list(owed.values()).count(state) for state in set(owed.values())}


def test_a_vacancy_is_told_by_its_days_of_the_month() -> None:
    made = june()
    made.end("judge-1", Profession.JUDGE, "2015-06-20", PostingEnd.TRANSFER)
    (gap,) = report(made).vacancies
    assert (gap.community, gap.since, gap.filled_on, gap.days) == (EAST, date(2015, 6, 21), None, 10)
    made.post("judge-9", Profession.JUDGE, "2015-06-26")
    (gap,) = report(made).vacancies
    assert (gap.filled_on, gap.days) == (date(2015, 6, 26), 5)


def test_published_scores_of_the_month_stand_in_it_with_the_numbers_of_the_ledger() -> None:
    made = june()
    id = publish(made, "2015-06", "2015-07-06")
    (published,) = report(made).published
    row = rows_of(made)[f"{id}.{EAST}"]
    assert [one.community for one in published.outcomes] == [LOG, EAST, WEST]
    east = published.outcomes[1]
    assert tuple(one.score for one in east.results) == row.indicators
    assert (east.points, east.possible, east.per_cent) == (row.points, row.possible, row.per_cent)
    assert set(east.reached) == {one.code for one in row.indicators if one.reached is True}
    assert set(east.missed) == {one.code for one in row.indicators if one.reached is False}
    assert published.publication.position == row.evidence_position
    assert report(made, as_of="2015-07-05").published == (), "not published by then"


def test_a_month_that_has_not_begun_or_is_none_has_no_report() -> None:
    made = june()
    assert refused(made, "monthly-report", month="2015-06", as_of="2015-05-31").code == "period_not_begun"
    ill: tuple[tuple[dict[str, str], str], ...] = (
        ({}, "missing_parameter"), ({"month": "2015-13"}, "malformed"), ({"month": "2015-6"}, "malformed"),
    )  # fmt: skip
    for said, code in ill:
        caught = refused(made, "monthly-report", **said)
        assert (caught.code, caught.field) == (code, "month")
        assert_refusal_is_told(SERVICE, caught)
    assert refused(made, "monthly-report", **JUNE, community="410105010009").field == "community"


# the circular -----------------------------------------------------------------------------------------------------


def circulated() -> tuple[Campaign, str]:
    """June published, appealed against, restated; circulars issued."""
    made = june()
    id = publish(made, "2015-06", "2015-07-06")
    appeal = ScoreAppealed(community=WEST, publication=id, indicator=None, grounds=BOX)
    for number in (1, 2, 3):
        made.put(f"supervision/ap{number}", appeal, "2015-07-08")
    made.put("supervision/ap1", AppealHeard(heard_by="虚构组", account=BOX), "2015-07-09")
    decision = AppealDecided(finding=Finding.DISMISSED, decided_by="虚构组", decision=BOX)
    made.put("supervision/ap1", decision, "2015-07-10")
    made.put("supervision/ap3", SupervisionVoided(kind="appeals", reason=BOX), "2015-07-10")
    issued = CircularIssued(circular=CircularKind.CRITICISM, document="虚构1号", title="虚构", communities=(WEST,))
    for number in (1, 2):
        made.put(f"supervision/c{number}", issued, "2015-07-12")
    made.put("supervision/c2", SupervisionVoided(kind="circulars", reason=BOX), "2015-07-13")
    made.put(
        "supervision/r1",
        RectificationOrdered(community=WEST, inspection="i1", due_on=date(2015, 7, 20), order=BOX),
        "2015-07-10",
    )
    made.put("supervision/r1", RectificationCompleted(passed=True, rechecked_by="虚构", outcome=None), "2015-07-18")
    return made, id


def circular(campaign: Campaign, publication: str, by: Actor = OFFICE, **said: str) -> PublicationCircular:
    found = drawn(campaign, "circular", by, **{"publication": publication, "as_of": "2015-07-31", **said}).paper
    assert isinstance(found, PublicationCircular)
    return found


def test_a_circular_tells_each_community_s_published_numbers() -> None:
    made, id = circulated()
    found = circular(made, id)
    rows = rows_of(made)
    assert found.whole is not None
    assert tuple(one.score for one in found.whole.results) == rows[f"{id}.{LOG}"].indicators
    assert [one.outcome.community for one in found.communities] == [EAST, WEST]
    for one in found.communities:
        row = rows[f"{id}.{one.outcome.community}"]
        assert tuple(result.score for result in one.outcome.results) == row.indicators
        assert {line.community for line in one.unmet} <= {one.outcome.community}
    (order,) = found.communities[1].rectifications
    assert (order.id, order.due_on, order.done_on) == ("r1", date(2015, 7, 20), date(2015, 7, 18))


def test_a_circular_lists_what_the_office_issued_and_blames_nobody_by_itself() -> None:
    made, id = circulated()
    found = circular(made, id)
    assert [(one.id, one.circular, one.communities) for one in found.issued] == [("c1", "criticism", (WEST,))]
    assert not {"praised", "criticised", "worst", "best"} & {field.name for field in fields(PublicationCircular)}
    assert circular(made, id, as_of="2015-07-11").issued == ()


def test_appeals_wait_or_are_decided_and_void_ones_are_none() -> None:
    made, id = circulated()
    found = circular(made, id)
    assert [one.id for one in found.appeals_pending] == ["ap2"]
    (decided,) = found.appeals_decided
    assert (decided.id, decided.finding, decided.decided_on) == ("ap1", Finding.DISMISSED, date(2015, 7, 10))
    before = circular(made, id, as_of="2015-07-09")
    assert [(one.id, one.heard_on, one.finding) for one in before.appeals_pending] == [
        ("ap1", date(2015, 7, 9), None), ("ap2", None, None),
    ]  # fmt: skip


def test_every_restatement_is_told_with_its_numbers_and_its_cause() -> None:
    made, id = circulated()
    late = made.resolve("w1", "2015-07-01", recorded="2015-07-15")
    publish_again(made, "2015-07-16")
    later = made.resolve("w2", "2015-07-01", recorded="2015-07-17")
    publish_again(made, "2015-07-18")
    found = [one for one in circular(made, id).restatements if one.community == WEST]
    assert [one.restated_on for one in found] == [date(2015, 7, 16), date(2015, 7, 18)]
    for one, cause in zip(found, (late, later), strict=True):
        numerator = next(c for c in one.changes if (c.indicator, c.number) == ("resolve_rate", "numerator"))
        assert numerator.causes == (cause,)
    last = rows_of(made)[f"{id}.{WEST}"]
    assert found[-1].changes == last.changes
    west = circular(made, id).communities[1].outcome
    assert tuple(one.score for one in west.results) == last.indicators


@pytest.mark.parametrize(("as_of", "restated", "resolved"), [("07-15", 0, 0), ("07-16", 1, 1), ("07-18", 2, 2)])
def test_papers_show_scores_as_they_stood_on_their_day(as_of: str, restated: int, resolved: int) -> None:
    """What was restated later is neither told nor shown."""
    made, id = circulated()
    first = rows_of(made)[f"{id}.{WEST}"]
    for case, recorded, on in (("w1", "2015-07-15", "2015-07-16"), ("w2", "2015-07-17", "2015-07-18")):
        made.resolve(case, "2015-07-01", recorded=recorded)
        publish_again(made, on)
    day = f"2015-{as_of}"
    told, (of_month,) = circular(made, id, as_of=day), report(made, as_of=day).published
    west = [told.communities[1].outcome, next(one for one in of_month.outcomes if one.community == WEST)]
    was = next(one.numerator for one in first.indicators if one.code == "resolve_rate")
    for shown in west:
        rate = next(one.score for one in shown.results if one.score.code == "resolve_rate")
        assert rate.numerator == was + resolved
    assert west[0] == west[1]
    for publication in (told.publication, of_month.publication, *summed(made, as_of=day).publications):
        if publication.publication == id:
            assert publication.restated == 2 * restated  # the community's and the whole's
    assert len(told.restatements) == 2 * restated
    if not restated:
        assert (west[0].points, told.publication.position) == (first.points, first.evidence_position)


def publish_again(made: Campaign, on: str) -> None:
    again = PublishScores(
        plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 6)
    )
    made.send(again, on)


def test_places_are_for_those_whom_the_rulebook_names_and_ties_are_said() -> None:
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code)
        for number in range(5):
            made.case(f"{code[-1]}{number}", "2015-06-12", code)
            made.resolve(f"{code[-1]}{number}", "2015-06-20")
    id = publish(made, "2015-06", "2015-07-06")
    assert [(one.place, one.place_shared) for one in circular(made, id).communities] == [(1, True), (1, True)]
    clerk = circular(made, id, Actor(id="clerk-1", role=Role.CLERK))
    assert [(one.place, one.place_shared) for one in clerk.communities] == [(None, None), (None, None)]
    page = next(one for one in laid_out(clerk).within if isinstance(one, Table) and one.name == "communities")
    assert not {"place", "place_shared"} & set(page.columns)


def test_below_the_minimum_there_is_no_place_and_it_is_said_why() -> None:
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code)
        for number in range(5 if code == EAST else 4):
            made.case(f"{code[-1]}{number}", "2015-06-12", code)
    id = publish(made, "2015-06", "2015-07-06")
    east, west = circular(made, id).communities
    assert (east.place, east.without_place) == (1, ())
    assert west.place is None
    assert [(one.why, one.indicator, one.denominator, one.minimum) for one in west.without_place] == [
        ("below_minimum", "resolve_rate", 4, 5)
    ]


def test_a_publication_that_is_not_there_or_not_yet_has_no_circular() -> None:
    made, id = circulated()
    for said in ({}, {"publication": "none"}, {"publication": id, "as_of": "2015-07-05"}):
        caught = refused(made, "circular", **said)
        assert (caught.code, caught.field) == ("unknown_publication" if said else "missing_parameter", "publication")


# the performance archive ------------------------------------------------------------------------------------------


def served() -> Campaign:
    """A judge's work of some weeks, with mistakes that were taken back."""
    made = Campaign().adopt()
    made.community()
    enrolled = OfficerEnrolled(profession=Profession.JUDGE, unit="虚构法院", name=BOX, phone=BOX)
    made.put("officer/judge-1", enrolled, "2015-06-01")
    made.put("officer/judge-2", enrolled, "2015-06-01")
    correction = OfficerCorrected(reason=BOX, profession=None, unit="虚构区法院", name=None, phone=None)
    made.put("officer/judge-1", correction, "2015-06-02")
    made.post("judge-1", Profession.JUDGE, "2015-06-02")
    made.post("judge-2", Profession.JUDGE, "2015-06-05")
    for officer, cover in (("judge-1", None), ("judge-2", "judge-1")):
        away = Leave(first_day=date(2015, 7, 1), last_day=date(2015, 7, 3), cover=cover)
        from_day = date(2015, 6, 2) if officer == "judge-1" else date(2015, 6, 5)
        made.put(f"roster/{EAST}", LeaveRecorded(officer=officer, from_day=from_day, leave=away), "2015-06-25")
    for id in ("c1", "c2"):
        made.case(id, "2015-06-10")
        made.put(f"handling/{id}", MediationHeld(officers=("judge-1", "judge-2"), place=BOX, record=BOX), "2015-06-12")
    made.put("case/c2", CaseVoided(reason=BOX), "2015-06-13")
    made.put("handling/c1", MediationHeld(officers=("judge-1",), place=BOX, record=None), "2015-06-14")
    retracted = WorkRetracted(act=WorkAct.MEDIATION, item=None, visit=None, community=EAST, reason=BOX)
    made.put("handling/c1", retracted, "2015-06-15")
    for visit in ("v1", "v2"):
        made.put("handling/c1", visited(visit), "2015-06-16")
    gone = WorkRetracted(act=WorkAct.VISIT, item="v1", visit=VisitResult.COMPLETED, community=EAST, reason=BOX)
    made.put("handling/c1", gone, "2015-06-17")
    for id in ("t1", "t2"):
        made.put(
            f"work/{id}",
            TrainingHeld(community=EAST, officer="judge-1", topic="虚构", attended=9, hours=2),
            "2015-06-18",
        )
    made.put("work/t2", WorkVoided(kind="training", reason=BOX), "2015-06-19")
    made.put("work/t3", TrainingHeld(community=EAST, officer=None, topic="虚构", attended=9, hours=2), "2015-06-18")
    coached = CoachedCaseCompleted(community=EAST, officer="judge-2", case="c1", mediators=2, lesson=BOX)
    made.put("work/k1", coached, "2015-06-20")
    return made


def visited(visit: str) -> Any:
    return VisitCompleted(visit=visit, officer="judge-1", community=EAST, grid=None, must=True, diary=BOX)


def reviewed(made: Campaign) -> Campaign:
    """A debriefing with votes, the archive's entries and the judge's word on them."""
    made.meet("2015-12", "2015-12-10", kind=MeetingKind.DEBRIEFING)
    made.minutes("2015-12", "2015-12-20", kind=MeetingKind.DEBRIEFING)
    meeting = f"{EAST}-debriefing-2015-12"
    votes = PublicReviewRecorded(community=EAST, meeting=meeting, officer="judge-1", good=30, fair=4, poor=1)
    made.put("supervision/rv1", votes, "2015-12-10")
    made.put("supervision/rv2", votes, "2015-12-10")
    made.put("supervision/rv2", SupervisionVoided(kind="reviews", reason=BOX), "2015-12-11")
    team = PublicReviewRecorded(community=EAST, meeting=meeting, officer=None, good=20, fair=0, poor=0)
    made.put("supervision/rv3", team, "2015-12-10")
    entry = ArchiveEntryAdded(officer="judge-1", archive=ArchiveKind.REVIEW, period="2015", entry=BOX)
    for id in ("a1", "a2"):
        made.put(f"supervision/{id}", entry, "2015-12-12")
    made.put("supervision/a1", ArchiveReplyRecorded(reply=BOX), "2015-12-14")
    made.put("supervision/a1", ArchiveFiled(filed_with="虚构政法委", filing="虚构1"), "2015-12-16")
    made.put("supervision/a2", SupervisionVoided(kind="archives", reason=BOX), "2015-12-13")
    award = CommendationAwarded(commended=Commended.OFFICER, subject="judge-1", award="虚构", publication=None)
    made.put("supervision/aw1", award, "2015-12-28")
    return made


def archive(
    campaign: Campaign, officer: str = "judge-1", by: Actor = OFFICE, as_of: str = "2015-12-31"
) -> PerformanceArchive:
    found = drawn(campaign, "performance-archive", by, officer=officer, as_of=as_of).paper
    assert isinstance(found, PerformanceArchive)
    return found


def test_an_archive_is_the_officer_s_own_acts_day_by_day_without_what_never_took_place() -> None:
    found = archive(served())
    assert (found.profession, found.unit, found.enrolled_on) == (Profession.JUDGE, "虚构区法院", date(2015, 6, 1))
    assert [(one.on.day, one.done.value, one.about) for one in found.facts] == [
        (12, "mediated", "c1"), (16, "visited", "c1"), (18, "taught", "t1"),
    ]  # fmt: skip
    other = archive(served(), "judge-2")
    assert [(one.done.value, one.about) for one in other.facts] == [("mediated", "c1"), ("coached", "k1")]


def test_every_fact_says_where_it_stands_in_the_log() -> None:
    made = served()
    written = made.recorded()
    for fact in archive(made).facts:
        event = written[fact.position].event
        assert type(event).__name__ in ("MediationHeld", "VisitCompleted", "TrainingHeld")
        assert written[fact.position].occurred_at.date() == fact.on


def test_postings_leave_and_cover_stand_in_it() -> None:
    found = archive(served())
    (posting,) = found.postings
    assert (posting.community, posting.from_day, posting.last_day) == (EAST, date(2015, 6, 2), None)
    assert [(one.first_day, one.last_day, one.cover) for one in posting.leave] == [
        (date(2015, 7, 1), date(2015, 7, 3), None)
    ]
    assert [(one.community, one.first_day) for one in found.covered] == [(EAST, date(2015, 7, 1))]
    assert archive(served(), "judge-2").covered == ()


def test_reviews_entries_and_replies_stand_in_it_and_what_is_sealed_is_masked() -> None:
    made = reviewed(served())
    found = archive(made)
    assert [(one.id, one.good, one.fair, one.poor) for one in found.reviews] == [("rv1", 30, 4, 1)]
    (entry,) = found.entries
    assert (entry.id, entry.entry, entry.reply, entry.replied_on) == ("a1", "•••", "•••", date(2015, 12, 14))
    assert (entry.filed_with, entry.filed_on) == ("虚构政法委", date(2015, 12, 16))
    assert [one.id for one in found.commendations] == ["aw1"]
    (earlier,) = archive(made, as_of="2015-12-12").entries
    assert earlier.id == "a1", "what was made void is none, whenever it is asked"
    assert (earlier.reply, earlier.filed_with) == (None, None)


def test_officers_read_their_own_archive_alone_and_are_not_told_who_there_is() -> None:
    made = served()
    own = Actor(id="judge-1", role=Role.OFFICER)
    assert archive(made, by=own) == archive(made)
    for officer in ("judge-2", "nobody"):
        caught = refused(made, "performance-archive", own, officer=officer)
        assert caught.code == "archive_of_another"
        assert_refusal_is_told(SERVICE, caught)
    assert BY_CODE["performance-archive"].by == {Role.OFFICE, Role.AUDITOR, Role.OFFICER}


def test_nobody_who_is_not_enrolled_has_an_archive() -> None:
    made = served()
    made.put("officer/judge-2", OfficerVoided(reason=BOX), "2015-08-01")
    for said in ({}, {"officer": "nobody"}, {"officer": "judge-2"}, {"officer": "judge-1", "as_of": "2015-05-31"}):
        caught = refused(made, "performance-archive", **said)
        assert (caught.code, caught.field) == ("unknown_officer" if said else "missing_parameter", "officer")


# responsibility letters -------------------------------------------------------------------------------------------


def handed_down() -> Campaign:
    made = Campaign().adopt()
    made.community()
    made.case("b1", "2015-06-15", kind=CaseKind.BACKLOG, due="2015-08-14")
    told = CaseHandedDown(
        community=EAST, grid=None, by_unit="虚构信访局", document="虚构7号", due_on=date(2015, 8, 14), basis=Basis.ACT
    )
    made.put("case/b1", told, "2015-06-16")
    made.case("d1", "2015-06-15")  # a dispute: nobody handed it down
    made.case("b2", "2015-06-15", kind=CaseKind.BACKLOG)
    made.put("case/b2", CaseVoided(reason=BOX), "2015-06-17")
    return made


def letters(campaign: Campaign, as_of: str = "2015-08-05", **said: str) -> Any:
    return drawn(campaign, "responsibility-letters", as_of=as_of, **said).paper


def test_a_letter_tells_who_answers_and_how_often_but_not_who_signed() -> None:
    made = handed_down()
    signed = made.sign("b1", "2015-06-20", contact_days=14)
    (case,) = letters(made).cases
    assert (case.case, case.by_unit, case.document) == ("b1", "虚构信访局", "虚构7号")
    assert (case.community, case.handed_down_on, case.ended) == (EAST, date(2015, 6, 16), None)
    (letter,) = case.letters
    assert (letter.unit, letter.signer, letter.contact_days, letter.position) == ("综治办", "•••", 14, signed)
    (owed,) = case.owed
    assert (owed.due_on, owed.done_on, owed.state) == (date(2015, 6, 26), date(2015, 6, 20), "done")


def test_contacts_are_those_that_duties_name() -> None:
    made = handed_down()
    made.sign("b1", "2015-06-20", contact_days=14)
    made.visit("b1", "v1", "2015-06-30")  # in time
    made.visit("b1", "v2", "2015-07-20")  # six days late
    (case,) = letters(made).cases
    assert [(one.due_on, one.met_on, one.state.value) for one in case.contacts] == [
        (date(2015, 7, 4), date(2015, 6, 30), "done"),
        (date(2015, 7, 14), date(2015, 7, 20), "late"),
        (date(2015, 8, 3), None, "overdue"),
    ]
    assert (case.met_in_time, case.late_or_missed) == (1, 2)
    owed = made.owed("contact", "2015-08-05", about="b1")
    assert [(one.due_on, one.state) for one in owed] == [(one.due_on, one.state) for one in case.contacts]


def test_a_letter_that_was_taken_back_is_none_and_one_to_come_is_not_yet() -> None:
    made = handed_down()
    made.sign("b1", "2015-06-20")
    later = ResponsibilityLetterSigned(community=EAST, unit="司法所", person=BOX, contact_days=7)
    made.put("handling/b1", later, "2015-07-10")
    assert [one.unit for one in letters(made).cases[0].letters] == ["综治办", "司法所"]
    assert [one.unit for one in letters(made, as_of="2015-07-01").cases[0].letters] == ["综治办"]
    retracted = WorkRetracted(act=WorkAct.LETTER, item=None, visit=None, community=EAST, reason=BOX)
    made.put("handling/b1", retracted, "2015-07-11")
    assert [one.unit for one in letters(made).cases[0].letters] == ["综治办"]


def test_letters_of_one_case_or_one_community() -> None:
    made = handed_down()
    made.community(WEST)
    assert len(letters(made, case="b1").cases) == len(letters(made, community=EAST).cases) == 1
    assert letters(made, community=WEST).cases == ()
    for case in ("d1", "b2", "nothing"):
        caught = refused(made, "responsibility-letters", as_of="2015-08-05", case=case)
        assert (caught.code, caught.field) == ("unknown_case", "case")
    made.resolve("b1", "2015-07-30")
    (case,) = letters(made).cases
    assert (case.ended, case.ended_zh, case.ended_on) == ("resolved", "化解", date(2015, 7, 30))


# debriefings ------------------------------------------------------------------------------------------------------


def debriefings(campaign: Campaign, as_of: str = "2015-12-31", **said: str) -> Any:
    return drawn(campaign, "debriefing-record", community=EAST, as_of=as_of, **said).paper.debriefings


def test_a_debriefing_tells_who_came_as_a_number_how_they_voted_and_that_the_officers_replied() -> None:
    (found,) = debriefings(reviewed(served()))
    assert (found.held_on, found.attended, found.minutes_on) == (date(2015, 12, 10), 9, date(2015, 12, 20))
    assert [(one.id, one.officer, one.good, one.fair, one.poor) for one in found.reviews] == [
        ("rv1", "judge-1", 30, 4, 1), ("rv3", None, 20, 0, 0),
    ]  # fmt: skip
    assert [(one.archive, one.officer, one.on) for one in found.replies] == [("a1", "judge-1", date(2015, 12, 14))]


def test_a_debriefing_that_was_not_is_none_and_other_meetings_are_no_debriefings() -> None:
    made = reviewed(served())
    made.meet("2015-11", "2015-11-28")
    assert len(debriefings(made)) == 1
    assert debriefings(made, month="2015-11") == debriefings(made, as_of="2015-12-09") == ()
    (earlier,) = debriefings(made, as_of="2015-12-13")
    assert (earlier.minutes_on, earlier.replies) == (None, ())
    voided = MeetingVoided(
        community=EAST, kind=MeetingKind.DEBRIEFING, month="2015-12", held_at=moment("2015-12-10"),
        minutes_at=moment("2015-12-20"), reason=BOX,
    )  # fmt: skip
    made.put(f"meeting/{EAST}-debriefing-2015-12", voided, "2015-12-21")
    assert debriefings(made) == ()
    assert archive(made).reviews == (), "no votes without a meeting"
    assert refused(made, "debriefing-record").field == "community"


# the summary ------------------------------------------------------------------------------------------------------


def summed(campaign: Campaign, phase: str | None = None, as_of: str = "2015-12-31") -> Summary:
    return summary(Looking(campaign), PLAN.code, phase, date.fromisoformat(as_of))


def test_every_target_of_the_built_in_plans_has_its_indicator() -> None:
    assert {target: one.code for target, one in measured_by(PLAN, RULEBOOK).items()} == {
        "four_roles_share": "four_roles", "studio_share": "studios", "awareness": "awareness",
        "cards_share": "contact_cards", "visits_share": "must_visits", "minutes_share": "minutes_on_time",
        "resolve_share": "resolve_rate", "stability_share": "stability", "key_areas_share": "key_areas",
        "youth_offending": "youth_offending",
    }  # fmt: skip
    standing = load_plan(STANDING)
    assert set(measured_by(standing, RULEBOOK)) == {one.code for one in standing.targets}


def test_a_target_that_is_to_be_met_the_other_way_is_measured_by_nothing() -> None:
    turned = replace(
        PLAN,
        targets=tuple(
            replace(one, comparison=Comparison.BELOW) if one.code == "resolve_share" else one for one in PLAN.targets
        ),
    )
    assert set(measured_by(turned, RULEBOOK)) == {one.code for one in PLAN.targets} - {"resolve_share"}


@pytest.mark.parametrize(("target", "indicator"), [("resolve_share", "resolve_rate"), ("cards_share", "contact_cards")])
def test_what_measures_something_else_does_not_stand_in(target: str, indicator: str) -> None:
    without = replace(RULEBOOK, indicators=tuple(one for one in RULEBOOK.indicators if one.code != indicator))
    found = measured_by(PLAN, without)
    assert target not in found
    assert set(found) == {one.code for one in PLAN.targets} - {target}


def test_a_target_is_judged_by_the_plan_s_number_where_the_rulebook_has_another() -> None:
    made = june()
    amended = replace(
        PLAN,
        targets=tuple(replace(one, share="0.5") if one.code == "resolve_share" else one for one in PLAN.targets),
    )
    made.put(f"plan/{PLAN.code}", PlanAmended(plan=amended, version=2, author="办公室", reason="调整"), "2015-07-01")
    resolved = next(one for one in summed(made).targets if one.code == "resolve_share")
    assert (resolved.indicator, resolved.numerator, resolved.denominator) == ("resolve_rate", 6, 11)
    assert resolved.reached is True


def test_a_summary_s_numbers_are_those_of_the_scores() -> None:
    made = june()
    found = summed(made)
    whole = Period(
        kind=PeriodKind.DATES, name="2015-06-01_2015-12-31", from_day=date(2015, 6, 1), to_day=date(2015, 12, 31)
    )
    scored = score(RULEBOOK, PLAN, made.evidence(), whole, date(2015, 12, 31), whole=WHOLE)
    outcomes = (found.whole, *found.communities)
    assert [one.community for one in outcomes] == [tally.subject.code for tally in scored.tallies]
    for outcome, tally in zip(outcomes, scored.tallies, strict=True):
        assert tuple(one.score for one in outcome.results) == tally.indicators
    numbers = {one.score.code: one.score for one in found.whole.results}
    for target in found.targets:
        assert target.indicator is not None
        one = numbers[target.indicator]
        for number in ("numerator", "denominator", "excluded", "rate"):
            assert getattr(target, number) == getattr(one, number)
        for number in ("unadjusted_numerator", "unadjusted_denominator", "unadjusted_rate"):
            assert getattr(target, number) == getattr(one, number), "always beside it"
        assert target.reached == one.reached, "the rulebook's numbers are the plan's"


def test_a_target_is_reached_by_the_plan_s_own_number_and_communities_are_named() -> None:
    found = {one.code: one for one in summed(june()).targets}
    resolved = found["resolve_share"]
    assert (resolved.numerator, resolved.denominator, resolved.excluded) == (6, 11, 1)
    assert (resolved.unadjusted_numerator, resolved.unadjusted_denominator) == (6, 12)
    assert (resolved.rate, resolved.unadjusted_rate) == ("0.5455", "0.5000")
    assert (resolved.reached, resolved.communities_reached, resolved.communities_missed) == (False, (EAST,), (WEST,))
    assert found["youth_offending"].reached is None
    assert found["four_roles_share"].communities_reached == (EAST, WEST)


def test_a_phase_is_summed_up_by_its_own_days() -> None:
    made = june()
    first, second = summed(made, "1"), summed(made, "2")
    assert (first.from_day, first.to_day) == (date(2015, 6, 1), date(2015, 6, 10))
    assert [one.state.value for one in summed(made, "2", "2015-07-01").phases] == ["past", "now", "ahead"]
    assert {line.code for line in first.unmet} <= {line.code for line in summed(made).unmet}
    for line in second.unmet:
        day = line.due_on or line.begins_on
        assert day is not None
        assert second.from_day <= day <= second.to_day
    assert sum(one.count for one in first.duties) < sum(one.count for one in summed(made).duties)
    cases = next(one.score for one in first.whole.results if one.score.code == "reported")
    assert cases.numerator == 0


def test_duties_by_clause_add_up_to_all() -> None:
    found = summed(june())
    by_clause = [one for of in found.duties_by_clause for one in of.counts]
    for all_of_it in found.duties:
        assert sum(one.count for one in by_clause if one.state is all_of_it.state) == all_of_it.count


def test_what_was_filed_awarded_and_published_stands_in_it_and_what_was_void_does_not() -> None:
    made, id = circulated()
    filed = CommunityPlanFiled(community=EAST, title="虚构方案", measures=5)
    made.put("supervision/p1", filed, "2015-06-09")
    made.put("supervision/p2", filed, "2015-06-09")
    made.put("supervision/p2", SupervisionVoided(kind="community_plans", reason=BOX), "2015-06-10")
    made.put("supervision/s1", SummarySubmitted(community=EAST, title="虚构总结", practices=3), "2015-11-10")
    made.put(
        "supervision/m1", ModelCaseRecommended(community=EAST, case=None, title="虚构", worth_keeping=BOX), "2015-12-01"
    )
    award = CommendationAwarded(commended=Commended.COMMUNITY, subject=EAST, award="虚构", publication=id)
    made.put("supervision/w1", award, "2015-12-30")
    found = summed(made)
    assert [one.id for one in found.community_plans] == ["p1"]
    assert [one.id for one in found.summaries] == ["s1"]
    assert [one.id for one in found.model_cases] == ["m1"]
    assert [(one.id, one.publication) for one in found.commendations] == [("w1", id)]
    assert [one.publication for one in found.publications] == [id]
    assert {one.id for one in found.appeals} == {"ap1", "ap2"}
    assert found.anomalies == PLAN.anomalies
    assert summed(made, "1").commendations == ()
    assert summed(made, "3", "2015-12-29").commendations == ()


def test_what_is_not_there_has_no_summary() -> None:
    made = june()
    for said, field in (({"plan": "none"}, "plan"), ({"plan": PLAN.code, "phase": "9"}, "phase")):
        caught = refused(made, "summary", as_of="2015-12-31", **said)
        assert (caught.code, caught.field) == (f"unknown_{field}", field)
    assert refused(made, "summary", plan=PLAN.code, as_of="2015-05-31").code == "period_not_begun"
    assert refused(Campaign(), "summary", as_of="2015-12-31").code == "no_plan"
    planned = Campaign()
    planned.plan(PLAN)
    assert refused(planned, "summary", as_of="2015-12-31").code == "no_rulebook"
    assert drawn(made, "summary", as_of="2015-12-31").paper == summed(made), "the day's plan where none is named"


# all papers -------------------------------------------------------------------------------------------------------


def everything() -> tuple[Campaign, dict[str, dict[str, str]]]:
    """A campaign about which every paper has something to tell."""
    made, id = circulated()
    for one in (*served().written[2:], *reviewed(Campaign()).written, *handed_down().written[3:]):
        if one.stream != f"community/{EAST}":
            made.put(one.stream, one.event, one.on, one.recorded)
    made.sign("b1", "2015-06-20")
    return made, {
        "monthly-report": JUNE, "circular": {"publication": id, "as_of": "2015-12-31"},
        "performance-archive": {"officer": "judge-1", "as_of": "2015-12-31"},
        "responsibility-letters": {"as_of": "2015-12-31"},
        "debriefing-record": {"community": EAST, "as_of": "2015-12-31"}, "summary": {"as_of": "2015-12-31"},
    }  # fmt: skip


def test_the_same_prefix_and_question_give_the_same_bytes_whenever_they_are_asked() -> None:
    made, questions = everything()
    assert set(questions) == {kind.code for kind in KINDS}
    again, _ = everything()
    for kind, said in questions.items():
        first = canonical(drawn(made, kind, OFFICE, "2016-01-01", **said))
        assert first == canonical(drawn(again, kind, OFFICE, "2026-07-01", **said))
        assert json.loads(first)["position"] == len(made.written) - 1


def test_a_community_that_was_made_void_is_in_no_paper() -> None:
    made, questions = everything()
    before = {kind: drawn(made, kind, **said).paper for kind, said in questions.items()}
    made.community(THIRD)
    made.put("work/x1", replace(outreach(40), community=THIRD), "2015-06-17")
    made.put(f"community/{THIRD}", CommunityVoided(code=THIRD, names=("虚构社区9",), reason=BOX), "2015-07-20")
    for kind, said in questions.items():
        assert drawn(made, kind, **said).paper == before[kind], kind
    for kind in ("monthly-report", "responsibility-letters", "debriefing-record"):
        assert refused(made, kind, **{**questions[kind], "community": THIRD}).field == "community"
    with pytest.raises(Refused, match="unknown_community"):
        made.send(FileCommunityPlan(community=THIRD, title="虚构", measures=1), "2015-07-21")
    assert THIRD not in by_community(grids(Looking(made), date(2015, 6, 1), date(2015, 6, 30)).grids)


def test_no_paper_holds_a_box_or_a_float() -> None:
    made, questions = everything()
    for kind, said in questions.items():
        text = canonical(drawn(made, kind, **said)).decode()
        assert "sealed:" not in text
        assert float not in {type(value) for value in values(json.loads(text))}


def values(node: Any) -> Iterator[Any]:
    match node:
        case dict():
            for inner in node.values():
                yield from values(inner)
        case list():
            for inner in node:
                yield from values(inner)
        case _:
            yield node


def test_a_day_that_is_yet_to_come_has_no_paper() -> None:
    made, questions = everything()
    for kind, said in questions.items():
        with pytest.raises(Refused) as caught:
            drawn(made, kind, OFFICE, "2015-12-30", **{**said, "as_of": "2015-12-31"})
        assert (caught.value.code, caught.value.field) == ("in_the_future", "as_of")


@pytest.mark.parametrize(
    ("name", "text"), [("as_of", "2015-02-30"), ("position", "-1"), ("position", "１"), ("month", "x")]
)
def test_what_cannot_be_read_is_named(name: str, text: str) -> None:
    with pytest.raises(Refused) as caught:
        asked({name: text}, OFFICE, date(2016, 1, 1))
    assert (caught.value.code, caught.value.field) == ("malformed", name)


# how they are laid out --------------------------------------------------------------------------------------------


def classes_of(hint: Any) -> set[type]:
    """The dataclasses that a paper is made of."""
    found: set[type] = set()

    def walk(one: Any) -> None:
        for arm in get_args(one):
            walk(arm)
        if isinstance(one, type) and is_dataclass(one) and one not in found:
            found.add(one)
            for inner in get_type_hints(one).values():
                walk(inner)

    walk(hint)
    return found


def test_every_field_of_every_paper_has_words_and_every_word_is_a_field_s() -> None:
    names = {field.name for kind in KINDS for cls in classes_of(kind.content) for field in fields(cls)}
    asked_with = {field.name for field in fields(Asked)} - {"by"}
    shown = {name.removesuffix("_zh").removesuffix("_en") for name in names}
    inner = {"exact", "decimal"}  # of a figure, which is left to the data
    told = {"before", "after", "number", "causes", "indicator"}  # of a change, which is told in a sentence
    assert shown - set(LABELS) - inner - told == set()
    assert set(LABELS) - shown - asked_with == set()
    assert all(zh and en for zh, en in LABELS.values())


def test_nothing_stands_on_a_page_that_is_not_in_the_data() -> None:
    made, questions = everything()
    for kind, said in questions.items():
        told = drawn(made, kind, **said)
        known = {str(value) for value in values(json.loads(canonical(told)))}
        for value in plain(laid_out(told.paper)):
            parts = value.split("/") if "/" in value and value.replace("/", "").isdigit() else [value]
            assert set(parts) <= known | {str(count) for count in range(200)}, value


def plain(part: Part) -> Iterator[str]:
    """The values of a layout, as texts."""
    cells = [value for _, value in part.facts]
    for one in part.within:
        if isinstance(one, Table):
            cells += [cell for row in one.rows for cell in row]
        else:
            yield from plain(one)
    for cell in cells:
        for value in values(json.loads(canonical(cell))):
            yield str(value)


def test_communities_stand_side_by_side_each_number_with_its_denominator() -> None:
    made, id = circulated()
    tables = {one.name: one for one in laid_out(circular(made, id)).within if isinstance(one, Table)}
    side = tables["results"]
    assert side.columns == ["title", EAST, WEST]
    row = next(row for row in side.rows if row[0].zh == "矛盾纠纷化解率")
    assert row[1:] == ["5/5", "1/6"]
