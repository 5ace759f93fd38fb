"""What a plan makes due by itself, on any day (§3.1–3.4): told in sentences, worked out from the plan's own text.

The seed's plan: phase 1 from 06-01 to 06-10, when it was issued; phase 2 to 12-20; phase 3 to 12-31. All synthetic.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.due.obligation import State
from services.assessment.rules.periods import rounds, turns
from shared.contracts.assessment import Duty, Every, Phase, Plan, PlanAmended, SubjectKind, Work
from shared.contracts.assessment_entries import (
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveKind,
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
    Seat,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.assignment import (
    CommunityAct,
    CommunityVoided,
    CommunityWorkRetracted,
    MeetingVoided,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.assignment_entries import (
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    NoticePlace,
    NoticePosted,
    OutreachForm,
    OutreachHeld,
    PatrolCompleted,
    ProcedureAdopted,
    Shown,
    TeamKind,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.contracts.codes import MeetingKind
from tests.assessment.campaign import EAST, LOG, PLAN, STANDING_PLAN, WEST, Campaign, moment

NOT_YET, DUE, OVERDUE, DONE, LATE = (
    (State.NOT_YET_DUE, 0), (State.DUE, 0), State.OVERDUE, (State.DONE, 0), State.LATE
)  # fmt: skip


def campaign() -> Campaign:
    """The plan in force, and one community from its first day on."""
    begun = Campaign().adopt()
    begun.community(EAST)
    return begun


PLAN_FILED = CommunityPlanFiled(community=EAST, title="方案", measures=3)
SUMMARY = SummarySubmitted(community=EAST, title="总结", practices=1)
OPENED, CLOSED = StudioOpened(place="警务室"), StudioClosed(reason="搬迁")
LEADER = LeaderAppointed(community=EAST, leader="leader-1", post="主任", name="sealed:n")
PATROL = PatrolCompleted(community=EAST, grid=None, team=TeamKind.RED_ARMBANDS, participants=5, minutes=60, matters=0)

MEETING, MINUTES = "monthly_meeting", "monthly_meeting.minutes"

# once


@pytest.mark.parametrize(
    ("on", "stands"), [("2015-05-31", None), ("2015-06-01", DUE), ("2015-06-10", DUE), ("2015-06-11", (OVERDUE, 1))]
)
def test_what_phase_1_asks_is_not_late_before_the_plan_was_issued_on_its_last_day(on: str, stands: Any) -> None:
    assert campaign().stands("community_plans", on) == stands


def test_a_later_issue_puts_off_what_would_have_been_late_before_it() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, issued_on=date(2015, 6, 20)))
    begun.community(EAST)
    assert [one.due_on for one in begun.owed("community_plans", "2015-06-12")] == [date(2015, 6, 20)]
    assert begun.stands("community_plans", "2015-06-20") == DUE
    assert begun.stands("community_plans", "2015-06-21") == (OVERDUE, 1)


def test_no_turn_is_late_before_the_plan_was_issued() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, issued_on=date(2015, 8, 3)))
    begun.community(EAST)
    for code in ("patrol_round", MEETING, MINUTES):
        assert begun.stands(code, "2015-08-03", about="2015-06") == DUE
        assert begun.stands(code, "2015-08-04", about="2015-06") == (OVERDUE, 1)


def test_a_duty_is_done_or_done_late_from_its_day_on_and_as_before_until_then() -> None:
    in_time, late = campaign(), campaign()
    in_time.put("supervision/p", PLAN_FILED, "2015-06-10")
    late.put("supervision/p", PLAN_FILED, "2015-06-15")
    assert in_time.stands("community_plans", "2015-06-09") == DUE
    assert in_time.stands("community_plans", "2015-06-10") == DONE
    assert in_time.stands("community_plans", "2015-12-01") == DONE
    assert late.stands("community_plans", "2015-06-14") == (OVERDUE, 4)
    assert late.stands("community_plans", "2015-06-15") == (LATE, 5)


def test_what_was_entered_by_mistake_counts_nowhere() -> None:
    begun = campaign()
    begun.put("supervision/p", PLAN_FILED, "2015-06-09")
    begun.put("supervision/p", SupervisionVoided(kind="community_plans", reason="误录"), "2015-06-20")
    assert begun.stands("community_plans", "2015-06-10") == DUE
    assert begun.stands("community_plans", "2015-06-21") == (OVERDUE, 11)


def test_the_summary_is_due_on_the_saturday_that_the_plan_writes() -> None:
    """11-14 lies before phase 3 opens: it is kept as issued, due from the plan's beginning on, and said to be off."""
    begun = campaign()
    (summary,) = begun.owed("summary", "2015-10-01")
    assert (summary.begins_on, summary.due_on, summary.works) == (date(2015, 6, 1), date(2015, 11, 14), False)
    assert begun.stands("summary", "2015-11-14") == DUE
    assert begun.stands("summary", "2015-11-15") == (OVERDUE, 1)
    begun.put("supervision/s", SUMMARY, "2015-11-16")
    assert begun.stands("summary", "2015-11-16") == (LATE, 2)


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-12-20", NOT_YET), ("2015-12-21", DUE), ("2015-12-31", DUE), ("2016-01-01", (OVERDUE, 1))],
)
def test_what_phase_3_asks_is_not_yet_due_before_it_opens(on: str, stands: Any) -> None:
    assert campaign().stands("commend", on, LOG) == stands


@pytest.mark.parametrize("code", ["studios", "notices", "procedures", "leaders_answer", "working_body", "what_lasts"])
def test_a_duty_without_a_day_or_a_phase_is_due_until_the_campaign_ends(code: str) -> None:
    begun = campaign()
    assert begun.stands(code, "2015-12-31") == DUE
    assert begun.stands(code, "2016-01-02") == (OVERDUE, 2)


@pytest.mark.parametrize(
    ("code", "stream", "event", "subject"),
    [
        ("leading_group", "supervision/1", LeadingGroupConstituted(
            seats=(Seat(post=GroupPost.HEAD, office="书记", name="sealed:n"),), office_at="综治办"), LOG),
        ("studios", f"community/{EAST}", OPENED, EAST),
        ("notices", "work/1", NoticePosted(community=EAST, place=NoticePlace.BOARD, shows=(Shown.NAMES,)), EAST),
        ("procedures", "work/1", ProcedureAdopted(community=EAST, title="流程", document=None), EAST),
        ("leaders_answer", "work/1", LEADER, EAST),
        ("community_plans", "supervision/1", PLAN_FILED, EAST),
        ("summary", "supervision/1", SUMMARY, EAST),
        ("working_body", "work/1", WorkingBodyFormed(community=EAST, title="工作站", members=5), EAST),
        ("what_lasts", "supervision/1", ModelCaseRecommended(
            community=EAST, case=None, title="案例", worth_keeping="sealed:w"), EAST),
        ("commend", "supervision/1", CommendationAwarded(
            commended=Commended.COMMUNITY, subject=EAST, award="先进", publication=None), LOG),
        ("keep_staff", "supervision/1", FundsAllocated(
            community=None, amount_fen=100, purpose="经费", document=None), LOG),
    ],
)  # fmt: skip
def test_each_duty_is_done_by_the_record_that_the_plan_names(code: str, stream: str, event: Any, subject: str) -> None:
    begun = campaign()
    position = begun.put(stream, event, "2015-06-08")
    joined = [n for n, one in enumerate(begun.written) if one.stream == f"community/{subject}" and n < position]
    (done,) = begun.owed(code, "2015-06-08", subject)
    assert (done.state, done.done_on, done.positions) == (State.DONE, date(2015, 6, 8), (*joined, position))
    assert begun.owed(code, "2015-06-07", subject)[0].done_on is None


def test_the_sub_district_holds_its_mobilisation_once_wherever_it_is() -> None:
    begun = campaign()
    begun.community(WEST)
    begun.meet("2015-06", "2015-06-11", WEST, MeetingKind.MOBILISATION)
    assert begun.stands("mobilisation_meeting", "2015-06-11", LOG) == (LATE, 1)
    assert begun.owed("mobilisation_meeting", "2015-06-11", EAST) == []


def test_an_archive_is_done_when_it_is_filed_upward_and_not_when_it_is_begun() -> None:
    begun = campaign()
    entry = ArchiveEntryAdded(officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="sealed:e")
    begun.put("supervision/a", entry, "2015-12-01")
    assert begun.stands("archive", "2015-12-02", LOG) == DUE
    begun.put("supervision/a", ArchiveFiled(filed_with="区委政法委", filing="1"), "2015-12-10")
    assert begun.stands("archive", "2015-12-09", LOG) == DUE
    assert begun.stands("archive", "2015-12-10", LOG) == DONE


# what lasts until it ends


def test_a_studio_counts_as_long_as_it_is_open() -> None:
    begun = campaign()
    for event, on in ((OPENED, "2015-06-05"), (CLOSED, "2015-08-01"), (OPENED, "2015-09-01")):
        begun.put(f"community/{EAST}", event, on)
    assert [begun.stands("studios", on) for on in ("2015-06-04", "2015-06-05", "2015-07-31")] == [DUE, DONE, DONE]
    assert [begun.stands("studios", on) for on in ("2015-08-01", "2015-08-31", "2015-09-01")] == [DUE, DUE, DONE]


@pytest.mark.parametrize(("act", "stands"), [(CommunityAct.STUDIO_OPENED, DUE), (CommunityAct.STUDIO_CLOSED, DONE)])
def test_an_opening_or_closing_that_was_taken_back_never_was(act: CommunityAct, stands: Any) -> None:
    begun = campaign()
    begun.put(f"community/{EAST}", OPENED, "2015-06-05")
    if act is CommunityAct.STUDIO_CLOSED:
        begun.put(f"community/{EAST}", CLOSED, "2015-08-01")
    begun.put(f"community/{EAST}", CommunityWorkRetracted(act=act, households=None, reason="误录"), "2015-08-20")
    assert [begun.stands("studios", on) for on in ("2015-07-01", "2015-08-10", "2015-09-01")] == [stands] * 3


def test_a_community_whose_leader_was_relieved_needs_another() -> None:
    begun = campaign()
    begun.put("work/l1", LEADER, "2015-06-05")
    begun.put("work/l1", LeaderRelieved(relieved_because="sealed:r"), "2015-08-01")
    assert begun.stands("leaders_answer", "2015-07-31") == DONE
    assert begun.stands("leaders_answer", "2015-08-02") == DUE
    begun.put("work/l2", replace(LEADER, leader="leader-2"), "2015-08-10")
    assert begun.stands("leaders_answer", "2015-08-09") == DUE
    assert begun.stands("leaders_answer", "2015-08-10") == DONE


def test_a_studio_that_stood_before_the_campaign_serves_it() -> None:
    begun = campaign()
    begun.put(f"community/{EAST}", OPENED, "2015-03-01")
    assert begun.stands("studios", "2015-06-01") == DONE


def test_a_studio_that_closes_after_the_campaign_takes_nothing_from_it() -> None:
    begun = campaign()
    begun.put(f"community/{EAST}", OPENED, "2015-06-05")
    begun.put(f"community/{EAST}", CLOSED, "2016-03-01")
    assert begun.stands("studios", "2016-06-01") == DONE


# work that comes round

ROUNDS: list[tuple[str, str, Any, str]] = [
    ("patrol_round", "work/1", PATROL, EAST),
    ("training_round", "work/1", TrainingHeld(community=EAST, officer=None, topic="调解", attended=9, hours=2), EAST),
    ("outreach_round", "work/1", OutreachHeld(
        community=EAST, grid=None, form=next(iter(OutreachForm)), topic="普法", audience=50), EAST),
    ("leader_round", "work/1", LeaderVisitCompleted(
        community=EAST, leader="leader-1", purpose="调研", heard=None), EAST),
    ("inspection_round", "supervision/1", InspectionConducted(
        community=EAST, inspected_by="综治办", looked_at="台账", faults=0), EAST),
    ("survey_round", "supervision/1", SurveyConcluded(
        community=EAST, survey=SurveyKind.AWARENESS, method=SurveyMethod.DOOR, sample=9, valid=9, positive=9), EAST),
    ("circular_round", "supervision/1", CircularIssued(
        circular=CircularKind.PROGRESS, document="1", title="通报", communities=()), LOG),
]  # fmt: skip


@pytest.mark.parametrize(("code", "stream", "event", "subject"), ROUNDS)
def test_work_that_comes_round_is_done_once_in_its_turn(code: str, stream: str, event: Any, subject: str) -> None:
    begun = campaign()
    (first, *_) = begun.owed(code, "2015-06-20", subject)
    assert (first.state, first.begins_on) == (State.DUE, date(2015, 6, 1))
    begun.put(stream, event, "2015-06-20")
    (first, second, *_) = begun.owed(code, "2015-06-20", subject)
    assert (first.state, first.done_on) == (State.DONE, date(2015, 6, 20))
    assert second.state is State.NOT_YET_DUE


@pytest.mark.parametrize(
    ("on", "june", "july"),
    [
        ("2015-06-30", DUE, NOT_YET), ("2015-07-01", (OVERDUE, 1), DUE), ("2015-07-31", (OVERDUE, 31), DONE),
        ("2016-02-01", (OVERDUE, 216), DONE),
    ],
)  # fmt: skip
def test_a_turn_that_was_missed_is_not_made_good_in_the_next(on: str, june: Any, july: Any) -> None:
    begun = campaign()
    begun.put("work/1", PATROL, "2015-07-31")
    assert begun.stands("patrol_round", on, about="2015-06") == june
    assert begun.stands("patrol_round", on, about="2015-07") == july


def test_joint_conferences_come_once_in_three_months_and_the_last_turn_outlasts_the_campaign() -> None:
    begun = campaign()
    turns_of = [(one.about, one.due_on) for one in begun.owed("joint_conference", "2015-07-01")]
    assert turns_of == [
        ("2015-06/2015-08", date(2015, 8, 31)), ("2015-09/2015-11", date(2015, 11, 30)),
        ("2015-12/2016-02", date(2016, 2, 29)),
    ]  # fmt: skip
    begun.meet("2015-08", "2015-08-31", kind=MeetingKind.JOINT)
    assert begun.stands("joint_conference", "2015-08-30", about="2015-06/2015-08") == DUE
    assert begun.stands("joint_conference", "2015-08-31", about="2015-06/2015-08") == DONE
    assert begun.stands("joint_conference", "2015-12-01", about="2015-09/2015-11") == (OVERDUE, 1)
    assert begun.stands("joint_conference", "2017-01-01", about="2015-12/2016-02") == NOT_YET


def test_a_conference_that_was_made_void_counts_nowhere() -> None:
    begun = campaign()
    begun.meet("2015-08", "2015-08-31", kind=MeetingKind.JOINT)
    begun.put(f"meeting/{EAST}-joint-2015-08", MeetingVoided(
        community=EAST, kind=MeetingKind.JOINT, month="2015-08", held_at=moment("2015-08-31"), minutes_at=None,
        reason="误录",
    ), "2015-09-03")  # fmt: skip
    assert begun.stands("joint_conference", "2015-08-31", about="2015-06/2015-08") == DUE
    assert begun.stands("joint_conference", "2015-09-01", about="2015-06/2015-08") == (OVERDUE, 1)


def test_a_patrol_that_was_made_void_counts_nowhere() -> None:
    begun = campaign()
    begun.put("work/1", PATROL, "2015-06-20")
    begun.put("work/1", WorkVoided(kind="patrols", reason="误录"), "2015-06-25")
    assert begun.stands("patrol_round", "2015-06-21", about="2015-06") == DUE


# meetings and minutes


@pytest.mark.parametrize(
    ("on", "meeting", "minutes"),
    [
        ("2015-05-31", None, None), ("2015-06-01", DUE, NOT_YET), ("2015-06-30", DUE, NOT_YET),
        ("2015-07-01", (OVERDUE, 1), DUE), ("2015-07-05", (OVERDUE, 5), DUE),
        ("2015-07-06", (OVERDUE, 6), (OVERDUE, 1)),
    ],
)  # fmt: skip
def test_without_a_meeting_both_it_and_its_minutes_become_overdue(on: str, meeting: Any, minutes: Any) -> None:
    begun = campaign()
    assert begun.stands(MEETING, on, about="2015-06") == meeting
    assert begun.stands(MINUTES, on, about="2015-06") == minutes


def test_the_minutes_of_june_are_due_on_a_sunday_and_from_the_meeting_on() -> None:
    begun = campaign()
    begun.meet("2015-06", "2015-06-20")
    (minutes,) = begun.owed(MINUTES, "2015-06-21", about="2015-06")
    assert (minutes.begins_on, minutes.due_on, minutes.works) == (date(2015, 6, 20), date(2015, 7, 5), False)
    assert minutes.state is State.DUE
    begun.minutes("2015-06", "2015-07-06")
    assert begun.stands(MINUTES, "2015-07-05", about="2015-06") == DUE
    assert begun.stands(MINUTES, "2015-07-06", about="2015-06") == (LATE, 1)
    assert begun.stands(MEETING, "2015-07-06", about="2015-06") == DONE


def test_a_meeting_held_in_the_next_month_is_late_for_the_one_that_it_answers_for() -> None:
    begun = campaign()
    begun.meet("2015-06", "2015-07-02")
    assert begun.stands(MEETING, "2015-07-02", about="2015-06") == (LATE, 2)
    (minutes,) = begun.owed(MINUTES, "2015-07-02", about="2015-06")
    assert minutes.begins_on == date(2015, 7, 1)  # they were owed with the meeting


def test_a_meeting_that_was_made_void_takes_its_minutes_along() -> None:
    begun = campaign()
    begun.meet("2015-06", "2015-06-20")
    begun.minutes("2015-06", "2015-06-25")
    begun.put(f"meeting/{EAST}-monthly-2015-06", MeetingVoided(
        community=EAST, kind=MeetingKind.MONTHLY, month="2015-06", held_at=moment("2015-06-20"),
        minutes_at=moment("2015-06-25"), reason="误录",
    ), "2015-07-10")  # fmt: skip
    assert begun.stands(MEETING, "2015-07-01", about="2015-06") == (OVERDUE, 1)
    assert begun.stands(MINUTES, "2015-07-06", about="2015-06") == (OVERDUE, 1)


@pytest.mark.parametrize("on", ["2015-06-01", "2015-12-31", "2016-05-31", "2017-01-01"])
def test_a_yearly_debriefing_is_not_yet_due_for_ever_in_a_campaign_of_214_days(on: str) -> None:
    begun = campaign()
    assert begun.stands("debriefing", on) == NOT_YET
    assert begun.stands("debriefing.minutes", on) == NOT_YET


def test_a_debriefing_that_is_held_all_the_same_is_done_and_its_minutes_are_evidence_too() -> None:
    begun = campaign()
    begun.meet("2015-12", "2015-12-15", kind=MeetingKind.DEBRIEFING)
    begun.minutes("2015-12", "2015-12-20", kind=MeetingKind.DEBRIEFING)
    assert begun.stands("debriefing", "2015-12-15") == DONE
    assert begun.stands("debriefing.minutes", "2015-12-20") == DONE


# who owes it


def test_a_community_that_joins_late_owes_from_then_on_and_nothing_is_late_the_same_day() -> None:
    begun = campaign()
    begun.community(WEST, on="2015-08-20")
    assert [one for one in begun.obligations("2015-08-19") if one.subject == WEST] == []
    assert begun.stands("community_plans", "2015-08-20", WEST) == DUE
    assert begun.stands("community_plans", "2015-08-21", WEST) == (OVERDUE, 1)
    months = [one.about for one in begun.owed(MEETING, "2015-08-20", WEST)]
    assert months == ["2015-08", "2015-09", "2015-10", "2015-11", "2015-12"]
    for code in (MEETING, "patrol_round", "notices"):
        assert begun.owed(code, "2015-08-20", WEST)[0].begins_on == date(2015, 8, 20)


def test_a_community_that_joins_after_the_campaign_owes_it_nothing() -> None:
    begun = campaign()
    begun.community(WEST, on="2016-01-04")
    assert [one for one in begun.obligations("2016-02-01") if one.subject == WEST] == []


def test_a_community_that_never_was_owes_nothing_on_any_day() -> None:
    begun = campaign()
    begun.community(WEST)
    begun.post_all(WEST)
    begun.put(f"community/{WEST}", CommunityVoided(code=WEST, names=("虚构社区2",), reason="误录"), "2015-09-01")
    for on in ("2015-06-20", "2015-10-01"):
        assert {one.subject for one in begun.obligations(on)} == {LOG, EAST}


# several plans

FIRST_OF_2016, LAST_OF_2016 = date(2016, 3, 1), date(2016, 8, 31)
NEXT = replace(
    PLAN, code="next-2016", issued_on=FIRST_OF_2016, anomalies=(),
    phases=(
        Phase(code="a", clause="3.4", title_zh="全程", title_en="All", from_day=FIRST_OF_2016, to_day=LAST_OF_2016),
    ),
    duties=tuple(replace(duty, phase=None, due_on=None) for duty in PLAN.duties),
)  # fmt: skip
"""An invented second campaign, from March to August of the next year."""


def side_by_side() -> Campaign:
    begun = campaign()
    begun.plan(STANDING_PLAN)
    begun.plan(NEXT)
    return begun


def of(begun: Campaign, plan: Plan, code: str, as_of: str, subject: str = EAST) -> list[tuple[str, State]]:
    return [(one.about, one.state) for one in begun.owed(code, as_of, subject) if one.kind.plan == plan.code]


def test_a_standing_plan_and_two_campaigns_stand_side_by_side_each_with_its_own() -> None:
    begun = side_by_side()
    begun.meet("2015-06", "2015-06-20")
    begun.meet("2016-03", "2016-03-20")
    on = "2016-04-10"
    assert of(begun, PLAN, MEETING, on)[0] == ("2015-06", State.DONE)
    assert len(of(begun, PLAN, MEETING, on)) == 7
    assert of(begun, NEXT, MEETING, on)[:3] == [
        ("2016-03", State.DONE), ("2016-04", State.DUE), ("2016-05", State.NOT_YET_DUE)
    ]  # fmt: skip
    standing = dict(of(begun, STANDING_PLAN, "standing_monthly_meeting", on))
    assert list(standing) == [*(f"2015-{n:02}" for n in range(6, 13)), *(f"2016-{n:02}" for n in range(1, 5))]
    assert (standing["2015-06"], standing["2015-07"], standing["2016-04"]) == (State.DONE, State.OVERDUE, State.DUE)


def test_an_amended_plan_counts_as_it_now_stands() -> None:
    begun = campaign()
    dropped = replace(PLAN, rounds=(), duties=PLAN.duties[:1])
    begun.put(f"plan/{PLAN.code}", PlanAmended(plan=dropped, version=2, author="办公室", reason="调整"), "2015-07-01")
    assert begun.owed("patrol_round", "2015-06-20") == begun.owed("studios", "2015-06-20") == []
    assert begun.stands("leading_group", "2015-06-20", LOG) == DUE


def test_a_standing_duty_without_a_day_goes_on_until_it_is_done() -> None:
    begun = side_by_side()
    (studio,) = begun.owed("standing_studio", "2025-01-01")
    assert (studio.state, studio.due_on) == (State.DUE, None)
    begun.put(f"community/{EAST}", OPENED, "2025-01-01")
    assert begun.stands("standing_studio", "2025-01-01") == DONE


def test_a_studio_serves_every_plan_in_whose_days_it_stands() -> None:
    begun = side_by_side()
    begun.put(f"community/{EAST}", OPENED, "2015-06-05")
    found = begun.owed("studios", "2016-03-01")
    assert {one.kind.plan: one.state for one in found} == {PLAN.code: State.DONE, NEXT.code: State.DONE}


def test_work_of_a_later_campaign_is_not_taken_for_late_work_of_an_earlier() -> None:
    begun = side_by_side()
    begun.put("supervision/s", SUMMARY, "2016-08-20")
    found = begun.owed("summary", "2016-08-20")
    assert {one.kind.plan: one.state for one in found} == {PLAN.code: State.OVERDUE, NEXT.code: State.DONE}
    begun.put("supervision/t", SUMMARY, "2016-01-10")
    found = begun.owed("summary", "2016-08-20")
    assert {one.kind.plan: one.state for one in found} == {PLAN.code: State.LATE, NEXT.code: State.DONE}


def test_work_of_an_earlier_campaign_does_nothing_for_a_later() -> None:
    begun = side_by_side()
    begun.put("supervision/s", SUMMARY, "2015-11-10")
    found = begun.owed("summary", "2016-04-01")
    assert {one.kind.plan: one.state for one in found} == {PLAN.code: State.DONE, NEXT.code: State.DUE}


# turns of a plan that begins within a month


@pytest.mark.parametrize("every", list(Every))
def test_what_scores_and_obligations_take_for_a_turn_is_the_same(every: Every) -> None:
    midway = replace(STANDING_PLAN, since=date(2015, 3, 15), until=date(2017, 5, 20))
    named = list(rounds(midway, every, date(2020, 1, 1)))
    of_all = list(turns(midway, every, date(2020, 1, 1)))
    assert named == of_all[: len(named)]
    assert named[0].first == date(2015, 3, 1)
    assert {len(list(turn.months)) for turn in of_all} == {every.months}
    assert all(turn.first <= date(2017, 5, 20) for turn in of_all)


def test_a_duty_that_no_record_shows_is_shown_by_none() -> None:
    """Such a duty (排查化解) is measured by an indicator: it never stands among obligations as undone."""
    silent = {duty.code for duty in PLAN.duties if duty.done_by is None}
    assert silent & {one.kind.code for one in campaign().obligations("2015-12-31")} == set()


def test_a_plan_may_ask_a_duty_of_the_sub_district_that_communities_do() -> None:
    duty = Duty(
        code="one_training", clause="3.2.3", title_zh="培训", title_en="Training", lead="司法所", phase=None,
        due_on=None, done_by=Work.TRAINING, per=SubjectKind.UNIT,
    )  # fmt: skip
    begun = Campaign()
    begun.plan(replace(PLAN, duties=(duty,)))
    begun.community(EAST)
    begun.put("work/1", ROUNDS[1][2], "2015-07-01")
    assert begun.stands("one_training", "2015-07-01", LOG) == DONE
