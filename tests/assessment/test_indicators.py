"""Each indicator of the default rulebook, worked by hand on synthetic campaigns, to the exact number."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from services.assessment.evidence.tables import tables
from services.assessment.ledgers import deeds
from services.assessment.rules.periods import period
from services.assessment.scoring.measuring import explain, score
from shared.contracts.assessment import IndicatorScore, PeriodKind, Standing, Work
from shared.contracts.assessment_entries import SurveyConcluded, SurveyKind, SurveyMethod, YouthOffenceRateReported
from shared.contracts.assignment import StudioClosed, StudioOpened, WorkAct
from shared.contracts.codes import Basis, CaseKind, DeclineReason, MeetingKind, PostingEnd, Profession, Tier
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseDeclined,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseResolved,
    CaseVoided,
)
from tests.assessment.campaign import (
    EAST,
    LOG,
    PLAN,
    RULEBOOK,
    STANDING_PLAN,
    WEST,
    WHOLE,
    Campaign,
    moment,
    month,
)

JUNE = month("2015-06")
JULY = month("2015-07")


def numbers(one: IndicatorScore) -> tuple[int, int, int]:
    return one.numerator, one.denominator, one.excluded


# §3.1.3 four roles ----------------------------------------------------------------------------------------------


def test_a_community_served_by_all_four_counts_fully_and_one_short_counts_nothing() -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    campaign.post_all(EAST)
    campaign.post("judge-2", Profession.JUDGE, code=WEST)
    east = campaign.indicator("four_roles", JUNE, "2015-06-30")
    west = campaign.indicator("four_roles", JUNE, "2015-06-30", WEST)
    whole = campaign.indicator("four_roles", JUNE, "2015-06-30", LOG)
    assert (numbers(east), east.rate, east.reached, east.points and east.points.exact) == (
        (1, 1, 0),
        "1.0000",
        True,
        "7/1",
    )
    assert (numbers(west), west.rate, west.reached, west.points and west.points.exact) == (
        (0, 1, 0),
        "0.0000",
        False,
        "0/1",
    )
    assert (numbers(whole), whole.rate, whole.points and whole.points.exact) == ((1, 2, 0), "0.5000", "7/2")


def test_a_role_that_became_vacant_is_missing_from_the_day_after_its_last() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.post_all()
    campaign.end("lawyer-1", Profession.LAWYER, "2015-07-15", PostingEnd.ILLNESS)
    assert campaign.indicator("four_roles", JULY, "2015-07-15").numerator == 1
    assert campaign.indicator("four_roles", JULY, "2015-07-16").numerator == 0
    assert campaign.indicator("four_roles", JUNE, "2015-08-01").numerator == 1  # a month looks at its own last day


# §3.1.3 early ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "incidents"),
    [
        (PostingEnd.TRANSFER, 1),
        (PostingEnd.CONDUCT, 1),
        (PostingEnd.ILLNESS, 0),
        (PostingEnd.RETIRED, 0),
        (PostingEnd.TERM, 0),
    ],
)
def test_an_early_end_is_an_incident_unless_its_reason_excuses_it(reason: PostingEnd, incidents: int) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.post_all()
    campaign.end("judge-1", Profession.JUDGE, "2015-06-30", reason)
    found = campaign.indicator("early_ends", JUNE, "2015-06-30")
    assert numbers(found) == (incidents, 4, 0)
    assert found.reached is (incidents == 0)
    assert found.points is not None
    assert found.points.exact == ("4/1" if incidents == 0 else "0/1")
    assert campaign.indicator("early_ends", JULY, "2015-07-31").denominator == 3  # counted once, in its month


@pytest.mark.parametrize(("last", "incidents"), [("2016-05-30", 1), ("2016-05-31", 0)])
def test_a_posting_kept_for_a_whole_year_did_not_end_early(last: str, incidents: int) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.post("judge-1", Profession.JUDGE, "2015-06-01")
    campaign.end("judge-1", Profession.JUDGE, last, PostingEnd.TRANSFER)
    assert campaign.indicator("early_ends", month("2016-05"), "2016-05-31").numerator == incidents


# §3.3.2 must-visits and cards -----------------------------------------------------------------------------------


def test_must_visits_done_or_declined_are_divided_by_those_due() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")  # its family is to be visited within 10 days, by the 23rd: the 22nd is off
    for visit, due in (("v1", "2015-06-15"), ("v2", "2015-06-16"), ("v3", "2015-06-17"), ("v4", "2015-07-02")):
        campaign.plan_visit("a", visit, due, "2015-06-12")
    campaign.plan_visit("a", "v5", "2015-06-18", "2015-06-12", must=False)
    campaign.visit("a", "v1", "2015-06-15")
    campaign.decline("a", "v2", "2015-06-16")
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-22")) == (2, 3, 0)
    found = campaign.indicator("must_visits", JUNE, "2015-06-30")  # v1 is the first visit, and counted once
    assert (numbers(found), found.rate, found.reached) == ((2, 3, 0), "0.6667", False)
    assert found.points is not None
    assert (found.points.exact, found.points.decimal) == ("20/3", "6.6667")


@pytest.mark.parametrize(("planned_for", "expected"), [("2015-06-23", (0, 1, 0)), ("2015-06-24", (0, 2, 0))])
def test_a_first_visit_that_is_planned_as_a_must_visit_is_counted_once_unless_it_is_planned_too_late(
    planned_for: str, expected: tuple[int, int, int]
) -> None:
    """The family is to be visited by the 23rd."""
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.plan_visit("a", "v1", planned_for, "2015-06-12")
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-30")) == expected
    campaign.visit("a", "v1", "2015-06-22")
    met = campaign.indicator("must_visits", JUNE, "2015-06-30")
    assert numbers(met) == (expected[1], expected[1], 0)


def test_a_planned_must_visit_that_was_taken_back_leaves_the_first_visit_due() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.plan_visit("a", "v1", "2015-06-15", "2015-06-12")
    campaign.retract("a", WorkAct.VISIT, "2015-06-16", "v1")
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-22")) == (0, 0, 0)
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-23")) == (0, 1, 0)


def test_a_family_that_nobody_planned_to_visit_is_owed_a_visit_all_the_same() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    assert campaign.indicator("must_visits", JUNE, "2015-06-22").standing is Standing.NOT_YET_DUE
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-23")) == (0, 1, 0)
    campaign.visit("a", "late", "2015-07-01", must=False)
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-07-01")) == (1, 1, 0)


def test_a_visit_is_not_due_before_its_day_and_not_before_the_plan_was_issued() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-02")  # its family is to be visited by the 12th
    campaign.plan_visit("a", "v1", "2015-06-05", "2015-06-02")
    campaign.plan_visit("a", "v2", "2015-06-20", "2015-06-02")
    assert campaign.indicator("must_visits", JUNE, "2015-06-09").standing is Standing.NOT_YET_DUE
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-10")) == (0, 1, 0)
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-19")) == (0, 1, 0)
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-20")) == (0, 2, 0)


@pytest.mark.parametrize(("due", "expected"), [("2015-06-19", (0, 1, 0)), ("2015-06-20", (0, 0, 1))])
def test_a_visit_missed_before_the_case_was_settled_counts_unless_that_was_in_time(
    due: str, expected: tuple[int, int, int]
) -> None:
    """What was planned for after the case was over, and what was not due yet by then, is owed no more."""
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12", due=due)
    campaign.plan_visit("a", "v1", "2015-06-15", "2015-06-12")
    campaign.plan_visit("a", "v2", "2015-06-25", "2015-06-12")
    campaign.resolve("a", "2015-06-20")
    found = campaign.indicator("must_visits", JUNE, "2015-06-30")
    assert numbers(found) == expected
    assert (found.unadjusted_numerator, found.unadjusted_denominator) == (0, 1)


def test_households_with_a_card_are_added_up_and_never_more_than_all() -> None:
    campaign = Campaign()
    campaign.community(households=300)
    campaign.cards(120, "2015-06-12")
    campaign.cards(80, "2015-06-20")
    campaign.cards(150, "2015-07-03")
    june = campaign.indicator("contact_cards", JUNE, "2015-07-05")
    assert (numbers(june), june.rate) == ((200, 300, 0), "0.6667")
    july = campaign.indicator("contact_cards", JULY, "2015-07-31")
    assert (numbers(july), july.rate, july.reached) == ((300, 300, 0), "1.0000", True)


# §3.3.3 minutes -------------------------------------------------------------------------------------------------


def test_minutes_are_due_by_the_fifth_of_the_following_month() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.meet("2015-06", "2015-06-28")
    assert campaign.indicator("minutes_on_time", JUNE, "2015-06-30").standing is Standing.NOT_YET_DUE
    assert campaign.indicator("minutes_on_time", JUNE, "2015-07-04").standing is Standing.NOT_YET_DUE
    assert numbers(campaign.indicator("minutes_on_time", JUNE, "2015-07-05")) == (0, 1, 0)
    campaign.minutes("2015-06", "2015-07-05")
    found = campaign.indicator("minutes_on_time", JUNE, "2015-07-05")
    assert (numbers(found), found.reached) == ((1, 1, 0), True)


def test_minutes_a_day_late_are_late_for_ever() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.minutes("2015-06", "2015-07-06")
    assert numbers(campaign.indicator("minutes_on_time", JUNE, "2015-12-31")) == (0, 1, 0)


@pytest.mark.parametrize(("recorded", "on_time"), [("2015-07-12", 1), ("2015-07-13", 0)])
def test_minutes_in_time_must_be_recorded_within_the_grace(recorded: str, on_time: int) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.minutes("2015-06", "2015-07-03", recorded=recorded)
    found = campaign.indicator("minutes_on_time", JUNE, "2015-07-31")
    assert (found.numerator, found.taken_over) == (on_time, 0)


def test_minutes_from_before_the_log_took_the_community_in_are_judged_by_the_day_written_and_flagged() -> None:
    campaign = Campaign()
    registered = Campaign()
    registered.community()
    one = registered.written[0]
    campaign.put(one.stream, one.event, "2015-06-01", recorded="2016-02-01")
    campaign.minutes("2015-06", "2015-07-03", recorded="2016-03-20")
    found = campaign.indicator("minutes_on_time", JUNE, "2016-03-31")
    assert (found.numerator, found.denominator, found.taken_over) == (1, 1, 1)


def test_a_phase_counts_the_months_that_end_in_it_and_joint_conferences_are_no_monthly_meetings() -> None:
    campaign = Campaign()
    campaign.community()
    for name in ("2015-06", "2015-07", "2015-08", "2015-10"):
        campaign.minutes(name, f"{name[:5]}{int(name[5:]) + 1:02}-01")
    campaign.minutes("2015-09", "2015-10-01", kind=MeetingKind.JOINT)
    found = campaign.indicator("minutes_on_time", period(PeriodKind.PHASE, "2", PLAN), "2015-12-20")
    assert (numbers(found), found.rate) == ((4, 6, 0), "0.6667")  # June to November


def test_a_community_owes_no_minutes_for_months_before_it_joined() -> None:
    campaign = Campaign()
    campaign.community(EAST, on="2015-08-01")
    assert all(one.subject.code != EAST for one in campaign.scores(JULY, "2015-08-31").tallies)
    assert numbers(campaign.indicator("minutes_on_time", month("2015-08"), "2015-09-05")) == (0, 1, 0)


def test_a_yearly_debriefing_is_no_monthly_meeting() -> None:
    campaign = Campaign()
    campaign.community()
    year = period(PeriodKind.YEAR, "2015", PLAN)
    assert campaign.indicator("minutes_on_time", year, "2016-01-31").denominator == 7


# §5.1 resolve rate ----------------------------------------------------------------------------------------------


def twelve_cases() -> Campaign:
    """12 accepted in June: 8 resolved, 1 referred outside, 1 lawfully terminated, 1 referred within, 1 open."""
    campaign = Campaign()
    campaign.community()
    for number in range(12):
        campaign.case(f"c{number:02}", "2015-06-12")
    for number in range(8):
        campaign.resolve(f"c{number:02}", "2015-06-20")
    campaign.refer("c08", "2015-06-21", outside=True)
    campaign.terminate("c09", "2015-06-22")
    campaign.refer("c10", "2015-06-23", outside=False)
    return campaign


def test_the_adjusted_rate_stands_beside_the_unadjusted_one() -> None:
    found = twelve_cases().indicator("resolve_rate", JUNE, "2015-06-30")
    assert numbers(found) == (8, 10, 2)
    assert (found.rate, found.unadjusted_numerator, found.unadjusted_denominator, found.unadjusted_rate) == (
        "0.8000",
        8,
        12,
        "0.6667",
    )
    assert found.reached is False
    assert found.points is not None
    assert found.points.exact == "40/3"  # 15 × 8/10 ÷ 9/10
    assert found.points.decimal == "13.3333"


def test_ninety_per_cent_exactly_reaches_the_target() -> None:
    campaign = twelve_cases()
    campaign.resolve("c11", "2015-06-24")
    found = campaign.indicator("resolve_rate", JUNE, "2015-06-30")
    assert (numbers(found), found.rate, found.reached) == ((9, 10, 2), "0.9000", True)
    assert found.points is not None
    assert found.points.exact == "15/1"


def test_a_termination_without_telling_the_remedies_stays_in_the_denominator() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.case("b", "2015-06-12")
    campaign.terminate("a", "2015-06-20", told=False)
    campaign.terminate("b", "2015-06-20", told=None)  # an old paper ledger does not say
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-06-30")) == (0, 1, 1)


def test_a_linked_duplicate_leaves_the_denominator() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.case("b", "2015-06-12")
    campaign.put("case/b", CaseLinkedAsDuplicate(duplicate_of="a"), "2015-06-13")
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-06-30")) == (0, 1, 1)


def test_a_case_reopened_and_settled_again_keeps_what_it_was_on_each_day() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.resolve("a", "2015-06-20")
    campaign.reopen("a", "2015-07-05")
    campaign.resolve("a", "2015-07-20")
    days = ("2015-06-19", "2015-06-20", "2015-07-04", "2015-07-05", "2015-07-19", "2015-07-20")
    assert [campaign.indicator("resolve_rate", JUNE, day).numerator for day in days] == [0, 1, 1, 0, 0, 1]


def test_an_accepted_case_belongs_to_the_month_in_which_it_was_accepted() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-30")
    campaign.case("b", "2015-07-01")
    assert campaign.indicator("resolve_rate", JUNE, "2015-07-31").denominator == 1
    assert campaign.indicator("resolve_rate", JULY, "2015-07-31").denominator == 1


def test_corrections_move_a_case_in_time_and_place_and_a_void_one_counts_nowhere() -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    campaign.case("a", "2015-06-12", basis=Basis.PAPER_LEDGER)
    campaign.case("b", "2015-06-12")
    campaign.case("c", "2015-06-12")
    campaign.put("case/a", CaseCorrected(reason="日期", reported_on=date(2015, 7, 2)), "2015-07-10")
    campaign.put("case/b", CaseCorrected(reason="社区", community=WEST), "2015-07-10")
    campaign.put("case/c", CaseVoided(reason="误录"), "2015-07-10")
    june = [campaign.indicator("resolve_rate", JUNE, "2015-06-30", code).denominator for code in (EAST, WEST, LOG)]
    assert june == [0, 1, 1]
    july = campaign.indicator("resolve_rate", JULY, "2015-07-31")
    assert (july.denominator, july.taken_over) == (1, 0)
    assert numbers(campaign.indicator("voided", JUNE, "2015-07-31")) == (1, 0, 0)


# what does not pay: late paper, back-dated ends, nobody's decision, far days ------------------------------------------


def on_paper(known: str) -> Campaign:
    """Rows of June's paper, typed in August as settled in June; the log knows the community since a day."""
    campaign = Campaign()
    campaign.community(recorded=known)
    for number in range(4):
        campaign.case(f"p{number}", "2015-06-12", basis=Basis.PAPER_LEDGER, handled=False, due="2015-07-13")
        campaign.resolve(f"p{number}", "2015-06-30", recorded="2015-08-20")
    return campaign


def test_paper_rows_of_days_on_which_the_log_knew_the_community_are_judged_as_late_entries() -> None:
    late = on_paper(known="2015-06-01")
    assert numbers(late.indicator("must_visits", JUNE, "2015-09-01")) == (0, 4, 0)
    assert late.indicator("resolve_rate", JUNE, "2015-09-01").taken_over == 0
    taken_over = on_paper(known="2015-08-20")
    assert numbers(taken_over.indicator("must_visits", JUNE, "2015-09-01")) == (0, 0, 0)
    assert taken_over.indicator("resolve_rate", JUNE, "2015-09-01").taken_over == 4


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [("2015-07-20", (0, 0, 1)), ("2015-07-21", (0, 1, 0)), ("2015-10-01", (0, 1, 0))],
)
def test_settled_in_time_is_what_was_entered_so_within_the_grace(recorded: str, expected: tuple[int, int, int]) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12", due="2015-07-13", kind=CaseKind.BACKLOG)
    campaign.resolve("a", "2015-06-30", recorded=recorded)
    for code in ("must_visits", "stability", "letters"):
        assert numbers(campaign.indicator(code, JUNE, "2015-11-01")) == expected, code


def test_who_corrects_the_day_of_a_late_settlement_does_not_make_it_timely() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12", due="2015-07-13")
    campaign.resolve("a", "2015-10-01")
    campaign.put("case/a", CaseCorrected(reason="日期", resolved_on=date(2015, 6, 30)), "2015-10-02")
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-11-01")) == (0, 1, 0)


DECLINED = CaseDeclined(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉")


def test_a_report_on_which_nobody_decides_counts_as_accepted_from_the_last_day_for_that() -> None:
    campaign = Campaign()
    campaign.community()
    for number in range(6):
        campaign.case(f"a{number}", "2015-06-12")
        campaign.resolve(f"a{number}", "2015-06-12")
    for number in range(20):
        campaign.reported(f"r{number}", "2015-06-11")
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-06-26")) == (6, 6, 0)
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-06-27")) == (6, 26, 0)
    assert numbers(campaign.indicator("undecided", JUNE, "2015-06-26")) == (0, 0, 0)
    assert numbers(campaign.indicator("undecided", JUNE, "2015-06-27")) == (20, 0, 0)


@pytest.mark.parametrize(("declined_on", "expected"), [("2015-06-26", (0, 0, 0)), ("2015-07-06", (0, 1, 0))])
def test_who_declines_in_time_is_not_measured_by_it_and_who_does_so_too_late_is(
    declined_on: str, expected: tuple[int, int, int]
) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.reported("a", "2015-06-11")
    campaign.put("case/a", DECLINED, declined_on)
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-07-31")) == expected
    assert numbers(campaign.indicator("declined", JUNE, "2015-07-31")) == (1, 0, 0)


def test_a_petition_that_is_handed_down_is_not_kept_stable_by_leaving_it_undecided() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.reported("open", "2015-06-11", kind=CaseKind.BACKLOG)
    campaign.reported("declined", "2015-06-11", kind=CaseKind.BACKLOG)
    campaign.put("case/declined", DECLINED, "2015-07-06")
    assert numbers(campaign.indicator("stability", JUNE, "2015-07-31")) == (0, 1, 1)


def test_a_case_that_is_accepted_too_late_stays_in_the_month_in_which_that_was_to_be_decided() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.reported("a", "2015-06-11")
    campaign.put(
        "case/a",
        CaseAccepted(
            community=EAST, grid="01", kind=CaseKind.DISPUTE, parties=2, reported_at=moment("2015-06-11"),
            due_on=date(2015, 8, 20), due_rule="synthetic", to_be_handled=True, basis=Basis.ACT,
        ),
        "2015-07-20",
    )  # fmt: skip
    campaign.resolve("a", "2015-08-01")
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-08-31")) == (1, 1, 0)
    assert numbers(campaign.indicator("resolve_rate", JULY, "2015-08-31")) == (0, 0, 0)


def test_cases_that_are_made_void_stand_beside_the_rate() -> None:
    campaign = Campaign()
    campaign.community()
    for number in range(4):
        campaign.case(f"v{number}", "2015-06-12")
        campaign.put(f"case/v{number}", CaseVoided(reason="误录"), "2015-07-02")
    assert numbers(campaign.indicator("resolve_rate", JUNE, "2015-07-31")) == (0, 0, 0)
    assert numbers(campaign.indicator("voided", JUNE, "2015-07-31")) == (4, 0, 0)
    assert campaign.indicator("voided", JUNE, "2015-07-31").points is None


# §5.1 stability -------------------------------------------------------------------------------------------------


def test_backlog_is_stable_where_someone_signed_for_it_and_kept_contact_and_no_follow_up_found_it_unsettled() -> None:
    campaign = Campaign()
    campaign.community()
    for id in ("a", "b", "c", "d"):
        campaign.case(id, "2015-06-12", kind=CaseKind.BACKLOG)
    campaign.sign("a", "2015-06-12")
    campaign.sign("b", "2015-06-12", contact_days=7)
    campaign.sign("c", "2015-06-12")
    campaign.visit("b", "v1", "2015-06-18")
    campaign.put("case/c", CaseFollowedUp(satisfied=None, stable=False, note=None), "2015-06-20")
    assert campaign.indicator("stability", JUNE, "2015-06-25").numerator == 2  # b was seen; nobody signed for d
    found = campaign.indicator("stability", JUNE, "2015-06-30")  # b should have been seen again by the 25th
    assert (numbers(found), found.rate, found.reached) == ((1, 4, 0), "0.2500", False)
    campaign.put("case/c", CaseFollowedUp(satisfied=True, stable=True, note=None), "2015-07-02")
    assert campaign.indicator("stability", JUNE, "2015-07-02").numerator == 2


def handed_down() -> CaseHandedDown:
    return CaseHandedDown(community=EAST, grid=None, by_unit="区信访局", document=None, due_on=None, basis=Basis.ACT)


def test_a_case_handed_down_later_counts_once_its_letter_is_overdue() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.put("case/a", handed_down(), "2015-06-20")  # a letter within 10 days
    days = ("2015-06-19", "2015-06-20", "2015-06-30", "2015-07-01")
    found = [numbers(campaign.indicator("stability", JUNE, day)) for day in days]
    assert found == [(0, 0, 0), (0, 0, 1), (0, 0, 1), (0, 1, 0)]


def test_a_case_that_was_no_backlog_after_all_leaves_the_denominator() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.put("case/a", handed_down(), "2015-06-13")
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-30")) == (0, 1, 0)
    campaign.put("case/a", CaseCorrected(reason="非积案", kind=CaseKind.DISPUTE), "2015-06-25")
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-30")) == (0, 0, 0)
    assert campaign.indicator("stability", JUNE, "2015-06-30").standing is Standing.NOTHING


def test_a_correction_of_the_day_of_settlement_moves_it() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.resolve("a", "2015-06-20")
    campaign.put("case/a", CaseCorrected(reason="日期", resolved_on=date(2015, 7, 3)), "2015-07-10")
    assert [campaign.indicator("resolve_rate", JUNE, day).numerator for day in ("2015-07-02", "2015-07-03")] == [0, 1]


def backlog(due: str = "2015-06-12") -> Campaign:
    """A case that is handed down when it is reported, on 12 June: a letter is owed by the 23rd, for the 22nd is off."""
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12", kind=CaseKind.BACKLOG, due=due)
    return campaign


def excluded(campaign: Campaign, code: str, as_of: str) -> list[str]:
    """The reasons for which members of an indicator are left out."""
    explained = explain(RULEBOOK, PLAN, campaign.evidence(), JUNE, date.fromisoformat(as_of), whole=WHOLE)
    east = next(measured for subject, measured in explained.items() if subject.code == EAST)
    return [why.code for why, _ in next(one for one in east if one.indicator.code == code).excluded]


def test_backlog_that_was_settled_in_time_without_a_letter_is_left_out_unless_it_is_unsettled_again() -> None:
    campaign = backlog(due="2015-07-12")
    campaign.resolve("a", "2015-06-29")
    assert excluded(campaign, "stability", "2015-06-28") == []
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-28")) == (0, 1, 0)
    assert excluded(campaign, "stability", "2015-06-30") == ["settled_without_letter"]
    campaign.put("case/a", CaseFollowedUp(satisfied=None, stable=False, note=None), "2015-07-05")
    assert numbers(campaign.indicator("stability", JUNE, "2015-07-05")) == (0, 1, 0)


def test_backlog_over_before_its_letter_was_due_is_left_out() -> None:
    campaign = backlog()
    campaign.refer("a", "2015-06-20", outside=True)
    assert excluded(campaign, "stability", "2015-06-30") == ["letter_not_owed"]


def test_backlog_that_was_settled_in_time_after_a_contact_was_missed_is_left_out() -> None:
    campaign = backlog(due="2015-07-12")
    campaign.sign("a", "2015-06-13", contact_days=5)
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-18")) == (1, 1, 0)
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-19")) == (0, 1, 0)
    campaign.resolve("a", "2015-06-25")
    assert excluded(campaign, "stability", "2015-06-25") == ["settled_without_contact"]


def test_linked_backlog_and_backlog_that_was_over_on_paper_are_left_out() -> None:
    campaign = backlog()
    campaign.put("case/a", CaseLinkedAsDuplicate(duplicate_of="b"), "2015-06-24")
    campaign.taken_in("2015-06-24")
    campaign.case("p", "2015-06-12", kind=CaseKind.BACKLOG, basis=Basis.PAPER_LEDGER, handled=False)
    campaign.resolve("p", "2015-06-20")
    assert excluded(campaign, "stability", "2015-06-30") == ["duplicate", "over_on_paper"]
    assert numbers(campaign.indicator("stability", JUNE, "2015-06-30")) == (0, 0, 2)


# §3.4.1 letters -------------------------------------------------------------------------------------------------


def test_a_letter_counts_from_the_day_on_which_it_is_due() -> None:
    campaign = backlog()
    assert campaign.indicator("letters", JUNE, "2015-06-22").standing is Standing.NOT_YET_DUE
    missed = campaign.indicator("letters", JUNE, "2015-06-23")
    assert (numbers(missed), missed.points and missed.points.exact) == ((0, 1, 0), "0/1")
    campaign.sign("a", "2015-06-28")
    signed = campaign.indicator("letters", JUNE, "2015-06-28")
    assert (numbers(signed), signed.points and signed.points.exact) == ((1, 1, 0), "5/1")


def test_a_letter_that_was_missed_before_the_case_was_settled_in_time_is_left_out() -> None:
    late, in_time = backlog(due="2015-06-24"), backlog(due="2015-06-25")
    for campaign in (late, in_time):
        campaign.resolve("a", "2015-06-25")
    assert numbers(late.indicator("letters", JUNE, "2015-06-30")) == (0, 1, 0)
    assert numbers(in_time.indicator("letters", JUNE, "2015-06-30")) == (0, 0, 1)
    assert excluded(in_time, "letters", "2015-06-30") == ["settled_in_time"]


def test_without_backlog_no_letter_is_owed() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    assert campaign.indicator("letters", JUNE, "2015-06-30").standing is Standing.NOTHING


# §3.1.1 studios, 5.5 fires --------------------------------------------------------------------------------------


def test_a_studio_counts_as_long_as_it_is_open() -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    campaign.put(f"community/{EAST}", StudioOpened(place="警务室"), "2015-06-15")
    campaign.put(f"community/{EAST}", StudioClosed(reason="搬迁"), "2015-07-10")
    found = campaign.indicator("studios", JUNE, "2015-06-30", LOG)
    assert (numbers(found), found.rate, found.points and found.points.exact) == ((1, 2, 0), "0.5000", "2/1")
    assert campaign.indicator("studios", JUNE, "2015-06-14").numerator == 0
    assert campaign.indicator("studios", JULY, "2015-07-31").numerator == 0
    assert campaign.indicator("studios", JUNE, "2015-07-31").numerator == 1  # June looks at its own last day


def test_one_major_fire_loses_all_points_in_its_period_alone() -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    campaign.enter(deeds.MAJOR_FIRE, "f", "2015-06-20")
    east, west, whole = (campaign.indicator("major_fires", JUNE, "2015-06-30", code) for code in (EAST, WEST, LOG))
    assert [(numbers(one), one.points and one.points.exact) for one in (east, west, whole)] == [
        ((1, 1, 0), "0/1"), ((0, 1, 0), "3/1"), ((1, 2, 0), "0/1"),
    ]  # fmt: skip
    assert campaign.indicator("major_fires", JULY, "2015-07-31").numerator == 0
    campaign.void(deeds.MAJOR_FIRE, "f", "2015-07-31")
    assert campaign.indicator("major_fires", JUNE, "2015-06-30").reached is True


# §3.1.2 awareness, 6.1 satisfaction -----------------------------------------------------------------------------


def asked_about(kind: SurveyKind, positive: int, valid: int) -> SurveyConcluded:
    return SurveyConcluded(
        community=EAST, survey=kind, method=SurveyMethod.DOOR, sample=200, valid=valid, positive=positive
    )


def test_answers_of_all_surveys_of_the_period_are_added_up() -> None:
    campaign = Campaign()
    campaign.community()
    assert campaign.indicator("awareness", JUNE, "2015-06-30").standing is Standing.NOTHING
    campaign.put("supervision/s1", asked_about(SurveyKind.AWARENESS, 90, 100), "2015-06-15")
    campaign.put("supervision/s2", asked_about(SurveyKind.AWARENESS, 24, 50), "2015-06-25")
    campaign.put("supervision/s3", asked_about(SurveyKind.SATISFACTION, 30, 40), "2015-06-25")
    campaign.put("supervision/s4", asked_about(SurveyKind.AWARENESS, 1, 60), "2015-07-02")
    aware = campaign.indicator("awareness", JUNE, "2015-07-31")
    assert (numbers(aware), aware.rate, aware.reached) == ((114, 150, 0), "0.7600", False)
    assert aware.points is not None
    assert aware.points.exact == "4/1"  # 5 × 0.76 ÷ 0.95
    satisfied = campaign.indicator("satisfaction", JUNE, "2015-07-31")
    assert (numbers(satisfied), satisfied.rate, satisfied.points) == ((30, 40, 0), "0.7500", None)


@pytest.mark.parametrize("kind", SurveyKind)
def test_a_survey_of_fewer_than_thirty_valid_answers_is_left_out_and_shown(kind: SurveyKind) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.put("supervision/s1", asked_about(kind, 1, 1), "2015-06-15")
    campaign.put("supervision/s2", asked_about(kind, 29, 29), "2015-06-15")
    alone = campaign.indicator(kind.value, JUNE, "2015-06-30")
    assert (numbers(alone), alone.standing, alone.points) == ((0, 0, 30), Standing.NOTHING, None)
    assert (alone.unadjusted_numerator, alone.unadjusted_denominator) == (30, 30)
    assert excluded(campaign, kind.value, "2015-06-30") == ["sample_too_small", "sample_too_small"]
    campaign.put("supervision/s3", asked_about(kind, 15, 30), "2015-06-20")
    assert numbers(campaign.indicator(kind.value, JUNE, "2015-06-30")) == (15, 30, 30)


# §3.2.6 joint conferences, 3.3.4 debriefings --------------------------------------------------------------------


def test_joint_conferences_are_due_once_a_quarter_from_the_plan_s_first_month_on() -> None:
    """June to August, September to November: due by the end of each."""
    campaign = Campaign()
    campaign.community()
    assert campaign.indicator("joint_conferences", JUNE, "2015-06-30").standing is Standing.NOTHING
    autumn = period(PeriodKind.QUARTER, "2015-Q3", PLAN)
    assert campaign.indicator("joint_conferences", autumn, "2015-08-30").standing is Standing.NOT_YET_DUE
    assert numbers(campaign.indicator("joint_conferences", autumn, "2015-08-31")) == (0, 1, 0)
    campaign.meet("2015-07", "2015-07-20", kind=MeetingKind.JOINT)
    found = campaign.indicator("joint_conferences", autumn, "2015-09-30")
    assert (numbers(found), found.points and found.points.exact) == ((1, 1, 0), "4/1")
    year = campaign.indicator("joint_conferences", period(PeriodKind.YEAR, "2015", PLAN), "2015-12-31")
    assert (numbers(year), year.points and year.points.exact) == ((1, 2, 0), "2/1")


def test_a_yearly_debriefing_never_falls_due_in_a_shorter_campaign_and_counts_where_it_was_held() -> None:
    """The turn, June to May, outlasts the campaign."""
    campaign = Campaign()
    campaign.community()
    year = period(PeriodKind.YEAR, "2015", PLAN)
    december = (
        year, period(PeriodKind.QUARTER, "2015-Q4", PLAN), month("2015-12"), period(PeriodKind.PHASE, "3", PLAN)
    )  # fmt: skip
    for one in december:
        for day in ("2015-12-31", "2016-06-30"):
            assert campaign.indicator("debriefings", one, day).standing is Standing.NOT_YET_DUE
    assert campaign.indicator("debriefings", month("2015-11"), "2015-12-31").standing is Standing.NOTHING
    campaign.meet("2015-12", "2015-12-21", kind=MeetingKind.DEBRIEFING)
    for one in december:
        assert campaign.indicator("debriefings", one, "2015-12-20").standing is Standing.NOT_YET_DUE
        found = campaign.indicator("debriefings", one, "2015-12-31")
        assert (numbers(found), found.points and found.points.exact) == ((1, 1, 0), "4/1")
    standing = score(
        RULEBOOK, STANDING_PLAN, campaign.evidence(), period(PeriodKind.YEAR, "2015", PLAN), date(2016, 1, 31),
        whole=WHOLE,
    )  # fmt: skip
    whole = next(one for one in standing.tallies[0].indicators if one.code == "debriefings")
    assert numbers(whole) == (1, 1, 0)  # a plan that goes on has its debriefing due by the end of the year


@pytest.mark.parametrize(
    ("held", "turn", "belongs_to"),
    [("2015-09-20", "2015-09", "2015-09"), ("2016-03-10", "2016-03", "2015-12"), ("2016-06-10", "2016-05", "2015-12")],
)
def test_a_debriefing_belongs_to_the_day_on_which_it_was_held_at_the_latest_to_the_plan_s_last(
    held: str, turn: str, belongs_to: str
) -> None:
    campaign = Campaign()
    campaign.community()
    campaign.meet(turn, held, kind=MeetingKind.DEBRIEFING)
    for name in ("2015-09", "2015-12", "2016-03", "2016-06"):
        found = campaign.indicator("debriefings", month(name), "2016-06-30")
        assert numbers(found) == ((1, 1, 0) if name == belongs_to else (0, 0, 0))


# what is found and must be dealt with: §3.3.7, 5.4, 5.5, 3.3.2 --------------------------------------------------


@pytest.mark.parametrize(("work", "code"), [(deeds.HAZARD, "hazards"), (deeds.RECTIFICATION, "rectifications")])
def test_what_is_to_be_dealt_with_in_time_counts_from_its_day_on(work: str, code: str) -> None:
    campaign = Campaign()
    campaign.community()
    assert campaign.indicator(code, JUNE, "2015-06-30").standing is Standing.NOTHING
    for id in ("in_time", "late", "never", "entered_late", "void"):
        campaign.enter(work, id, "2015-06-12", due="2015-06-20")
    campaign.enter(work, "july", "2015-06-12", due="2015-07-01")
    assert campaign.indicator(code, JUNE, "2015-06-19").standing is Standing.NOT_YET_DUE
    campaign.go_on(work, "in_time", "2015-06-20", recorded="2015-06-27")  # within the seven days of grace
    campaign.go_on(work, "late", "2015-06-21")
    campaign.go_on(work, "entered_late", "2015-06-20", recorded="2015-06-28")
    campaign.void(work, "void", "2015-06-28")
    found = campaign.indicator(code, JUNE, "2015-06-30")
    assert (numbers(found), found.rate, found.points and found.points.exact) == ((1, 4, 0), "0.2500", "1/1")


def test_a_rectification_that_did_not_pass_is_none_yet() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.enter(deeds.RECTIFICATION, "r", "2015-06-12", due="2015-06-20")
    campaign.go_on(deeds.RECTIFICATION, "r", "2015-06-18", step=0)
    assert numbers(campaign.indicator("rectifications", JUNE, "2015-06-30")) == (0, 1, 0)


def test_a_key_area_counts_as_long_as_it_passed_last_whenever_that_was() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.enter(deeds.KEY_AREA, "k", "2015-06-12", due="2015-06-25")
    assert campaign.indicator("key_areas", JUNE, "2015-06-24").standing is Standing.NOT_YET_DUE
    campaign.go_on(deeds.KEY_AREA, "k", "2015-06-26", step=0)
    campaign.go_on(deeds.KEY_AREA, "k", "2015-06-28", step=1)
    campaign.go_on(deeds.KEY_AREA, "k", "2015-07-15", step=2)
    days = ("2015-06-25", "2015-06-27", "2015-06-28", "2015-07-14", "2015-07-15")
    assert [campaign.indicator("key_areas", JUNE, day).numerator for day in days] == [0, 0, 1, 1, 0]
    found = campaign.indicator("key_areas", JUNE, "2015-06-30")
    assert (numbers(found), found.points and found.points.exact) == ((1, 1, 0), "4/1")


def test_opinions_that_were_answered_are_shown_of_those_recorded() -> None:
    campaign = Campaign()
    campaign.community()
    for id in ("a", "b", "c"):
        campaign.enter(deeds.OPINION, id, "2015-06-12")
    campaign.go_on(deeds.OPINION, "a", "2015-07-20")
    found = campaign.indicator("opinions", JUNE, "2015-07-31")
    assert (numbers(found), found.rate, found.points, found.reached) == ((1, 3, 0), "0.3333", None, None)


# §3.4.3 summaries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "recorded", "expected"),
    [
        ("2015-11-14", "2015-11-21", (1, 1, 0)), ("2015-11-14", "2015-11-22", (0, 1, 0)),
        ("2015-11-15", "2015-11-15", (0, 1, 0)),
    ],
)  # fmt: skip
def test_the_summary_is_due_by_14_november_as_issued(on: str, recorded: str, expected: tuple[int, int, int]) -> None:
    """A Saturday, and before phase 3 opens: an oddity that is kept."""
    campaign = Campaign()
    campaign.community()
    november = month("2015-11")
    assert campaign.indicator("summaries", november, "2015-11-13").standing is Standing.NOT_YET_DUE
    campaign.enter(Work.SUMMARY, "s", on, recorded=recorded)
    assert numbers(campaign.indicator("summaries", november, "2015-11-30")) == expected
    assert campaign.indicator("summaries", JUNE, "2015-11-30").standing is Standing.NOTHING


# of the sub-district alone: §3.3.6 archives, 5.6 youth offending ------------------------------------------------


def test_archives_are_the_sub_district_s_and_due_by_the_plan_s_end_whether_one_was_begun_or_not() -> None:
    """The plan's own duty, and each that was begun."""
    campaign = Campaign()
    campaign.community()
    year = period(PeriodKind.YEAR, "2015", PLAN)
    assert campaign.indicator("archives", year, "2015-12-30", LOG).standing is Standing.NOT_YET_DUE
    none_begun = campaign.indicator("archives", year, "2015-12-31", LOG)
    assert (numbers(none_begun), none_begun.points and none_begun.points.exact) == ((0, 1, 0), "0/1")
    campaign.enter(Work.ARCHIVE, "a", "2015-06-12")
    campaign.enter(Work.ARCHIVE, "b", "2015-06-12")
    campaign.enter(Work.ARCHIVE, "void", "2015-06-12")
    campaign.void(Work.ARCHIVE, "void", "2015-06-13")
    campaign.enter(Work.ARCHIVE, "later", "2016-01-12")
    assert numbers(campaign.indicator("archives", year, "2016-01-31", LOG)) == (0, 3, 0)
    campaign.go_on(Work.ARCHIVE, "b", "2015-12-12")
    found = campaign.indicator("archives", year, "2015-12-31", LOG)
    assert (numbers(found), found.points and found.points.exact) == ((2, 3, 0), "4/3")
    assert "archives" not in {one.code for one in campaign.tally(year, "2015-12-31", EAST).indicators}
    assert campaign.indicator("archives", JUNE, "2015-12-31", LOG).standing is Standing.NOTHING


def test_no_officer_is_named_by_what_an_archive_makes_due() -> None:
    campaign = Campaign()
    campaign.enter(Work.ARCHIVE, "a", "2015-06-12")
    found = tables(campaign.evidence(), PLAN, JUNE, date(2015, 6, 30))["duties"]
    (filing,) = (one for one in found if one.fields["what"] == "archive.filing")
    assert (filing.key, filing.community) == ("archive.filing//supervision/a", "")
    assert "judge" not in repr(filing)


@pytest.mark.parametrize(
    ("offenders", "points"), [(0, "2/1"), (19, "2/1"), (20, "99/50"), (40, "1/1")]
)  # fmt: skip
def test_youth_offending_stays_below_two_in_a_hundred_and_is_told_by_the_year(offenders: int, points: str) -> None:
    """Two in a hundred exactly are not below: then no more than 99 of 100 parts are attained."""
    campaign = Campaign()
    campaign.community()
    told = YouthOffenceRateReported(
        community=None, period="2015", offenders=offenders, youths=1000, by_unit="派出所"
    )  # fmt: skip
    campaign.put("supervision/y", told, "2015-12-20")
    year = period(PeriodKind.YEAR, "2015", PLAN)
    found = campaign.indicator("youth_offending", year, "2016-01-31", LOG)
    assert (numbers(found), found.points and found.points.exact) == ((offenders, 1000, 0), points)
    assert found.reached is (offenders < 20)
    over_its_end = period(PeriodKind.DATES, "2015-06-01_2015-12-31", PLAN)  # as the campaign's own days are
    assert numbers(campaign.indicator("youth_offending", over_its_end, "2016-01-31", LOG)) == (offenders, 1000, 0)
    before = period(PeriodKind.DATES, "2015-01-01_2015-12-30", PLAN)
    assert numbers(campaign.indicator("youth_offending", before, "2016-01-31", LOG)) == (0, 0, 0)


def test_youth_offending_is_of_the_year_that_the_figure_tells_of_and_no_part_is_added_to_the_whole() -> None:
    campaign = Campaign()
    campaign.community()
    for code, community, offenders in (("whole", None, 10), ("part", EAST, 400)):
        told = YouthOffenceRateReported(
            community=community, period="2015", offenders=offenders, youths=1000, by_unit="派出所"
        )  # fmt: skip
        campaign.put(f"supervision/{code}", told, "2016-01-15")
    of_2015, of_2016 = (period(PeriodKind.YEAR, name, STANDING_PLAN) for name in ("2015", "2016"))
    assert numbers(campaign.indicator("youth_offending", of_2015, "2016-01-31", LOG)) == (10, 1000, 0)
    assert numbers(campaign.indicator("youth_offending", of_2016, "2017-01-31", LOG)) == (0, 0, 0)


def test_a_month_a_quarter_and_a_phase_say_nothing_of_youth_offending() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.enter(deeds.YOUTH_RATE, "y", "2015-12-20")
    for kind, name in ((PeriodKind.MONTH, "2015-12"), (PeriodKind.QUARTER, "2015-Q4"), (PeriodKind.PHASE, "2")):
        codes = {one.code for one in campaign.tally(period(kind, name, PLAN), "2016-01-31", LOG).indicators}
        assert codes == {one.code for one in RULEBOOK.indicators} - {"youth_offending"}


# what is counted, without a target or points --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "work", "amount"),
    [
        ("patrols", Work.PATROL, 1), ("training", Work.TRAINING, 1), ("outreach", Work.OUTREACH, 1),
        ("legal_advice", Work.ADVICE, 4), ("support", Work.SUPPORT, 7), ("leader_visits", Work.LEADER_VISIT, 1),
        ("coached", Work.COACHED_CASE, 1), ("legal_aid", Work.AID, 1), ("grid_work", Work.OUTREACH, 1),
        ("grid_work", deeds.HAZARD, 1), ("grid_work", Work.AID, 1), ("grid_work", Work.PATROL, 0),
        ("grid_work", deeds.OPINION, 0), ("grid_work", Work.ADVICE, 0),
    ],
)  # fmt: skip
def test_work_is_counted_in_the_period_in_which_it_was_done(code: str, work: str, amount: int) -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    assert campaign.indicator(code, JUNE, "2015-06-30").numerator == 0
    campaign.enter(work, "one", "2015-06-12")
    campaign.enter(work, "two", "2015-06-30", code=WEST)
    campaign.enter(work, "void", "2015-06-12")
    campaign.enter(work, "july", "2015-07-01")
    campaign.void(work, "void", "2015-06-20")
    whole = campaign.indicator(code, JUNE, "2015-07-31", LOG)
    assert [campaign.indicator(code, JUNE, "2015-07-31", of).numerator for of in (EAST, WEST)] == [amount, amount]
    assert (whole.numerator, whole.denominator, whole.standing) == (2 * amount, 0, Standing.MEASURED)
    assert (whole.rate, whole.points, whole.reached) == (None, None, None)


def test_mediation_is_work_in_its_case_s_grid_unless_it_was_taken_back() -> None:
    campaign = Campaign()
    campaign.community(EAST)
    campaign.community(WEST)
    for id in ("a", "b", "void"):
        campaign.case(id, "2015-06-12")
        campaign.mediate(id, "2015-06-15")
    campaign.put("case/void", CaseVoided(reason="误录"), "2015-06-16")
    campaign.mediate("a", "2015-07-02")
    campaign.mediate("b", "2015-06-18")
    assert campaign.indicator("grid_work", JUNE, "2015-06-17").numerator == 2
    assert campaign.indicator("grid_work", JUNE, "2015-07-31").numerator == 3
    assert campaign.indicator("grid_work", JULY, "2015-07-31").numerator == 1
    campaign.retract("b", WorkAct.MEDIATION, "2015-07-31")
    assert campaign.indicator("grid_work", JUNE, "2015-07-31").numerator == 2
    campaign.put("case/a", CaseCorrected(reason="社区", community=WEST), "2015-07-31")
    found = [campaign.indicator("grid_work", JUNE, "2015-07-31", code).numerator for code in (EAST, WEST)]
    assert found == [1, 1]


def test_disputes_are_counted_when_they_are_reported_and_visits_when_they_are_made() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.reported("never accepted", "2015-06-12")
    campaign.case("a", "2015-06-30")
    campaign.case("b", "2015-07-01")
    campaign.visit("a", "v1", "2015-06-30", must=False)
    campaign.decline("a", "v2", "2015-07-02")
    assert campaign.indicator("reported", JUNE, "2015-07-31").numerator == 2
    assert [campaign.indicator("visits", of, "2015-07-31").numerator for of in (JUNE, JULY)] == [1, 1]


def test_what_was_settled_in_the_community_is_shown_of_all_that_was_settled() -> None:
    campaign = Campaign()
    campaign.community()
    for number in range(4):
        campaign.case(f"c{number}", "2015-06-12")
    campaign.resolve("c0", "2015-06-20")
    campaign.resolve("c1", "2015-06-20")
    campaign.put("case/c2", CaseResolved(tier=Tier.SUBDISTRICT, by_agreement=True, basis=Basis.ACT), "2015-06-20")
    found = campaign.indicator("small_matters", JUNE, "2015-06-30")
    assert (numbers(found), found.rate, found.points) == ((2, 3, 0), "0.6667", None)


def test_helpers_are_those_enrolled_on_the_day() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.enter(Work.HELPER, "a", "2015-06-12")
    campaign.enter(Work.HELPER, "b", "2015-06-12")
    campaign.go_on(Work.HELPER, "b", "2015-07-10")
    days = ("2015-06-11", "2015-06-30", "2015-07-10")
    assert [campaign.indicator("helpers", JUNE, day).numerator for day in days] == [0, 2, 1]


def test_days_on_which_a_post_was_vacant_are_those_of_the_period() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.post_all()
    campaign.end("judge-1", Profession.JUDGE, "2015-06-20", PostingEnd.TRANSFER)
    campaign.post("judge-2", Profession.JUDGE, "2015-07-06")
    campaign.end("lawyer-1", Profession.LAWYER, "2015-06-28", PostingEnd.ILLNESS)
    june = campaign.indicator("vacant_days", JUNE, "2015-07-31")
    assert (june.numerator, june.points) == (10 + 2, None)  # 21 to 30 June; 29 and 30 June
    assert campaign.indicator("vacant_days", JUNE, "2015-06-25").numerator == 5
    assert campaign.indicator("vacant_days", JULY, "2015-07-10").numerator == 5 + 10  # 1 to 5 July; 1 to 10 July


# periods of every kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "accepted"),
    [
        (PeriodKind.PHASE, "1", 2), (PeriodKind.PHASE, "2", 3), (PeriodKind.MONTH, "2015-06", 3),
        (PeriodKind.QUARTER, "2015-Q2", 3), (PeriodKind.QUARTER, "2015-Q3", 2), (PeriodKind.YEAR, "2015", 5),
        (PeriodKind.DATES, "2015-06-10_2015-07-01", 3),
    ],
)  # fmt: skip
def test_a_period_has_both_its_first_and_its_last_day(kind: PeriodKind, name: str, accepted: int) -> None:
    campaign = Campaign()
    campaign.community()
    for number, on in enumerate(("2015-06-01", "2015-06-10", "2015-06-11", "2015-07-01", "2015-09-30")):
        campaign.case(f"c{number}", on)
    assert campaign.indicator("resolve_rate", period(kind, name, PLAN), "2015-12-31").denominator == accepted


def test_every_indicator_of_the_rulebook_is_worked_by_hand_here() -> None:
    said = Path(__file__).read_text(encoding="utf-8")
    assert [one.code for one in RULEBOOK.indicators if f'"{one.code}"' not in said] == []


# standing, sums, explanation ------------------------------------------------------------------------------------


def test_nothing_is_measured_before_the_plan_was_issued() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-02")
    tally = campaign.tally(JUNE, "2015-06-09")
    assert {one.standing for one in tally.indicators} == {Standing.NOT_YET_DUE}
    assert (tally.points, tally.possible) == (Fraction(0), Fraction(0))


def test_what_cannot_be_measured_takes_no_weight() -> None:
    campaign = Campaign()
    campaign.community(households=10)
    campaign.post_all()
    campaign.cards(5, "2015-06-12")
    tally = campaign.tally(JUNE, "2015-06-30")
    standings = {one.code: one.standing for one in tally.indicators}
    assert standings["resolve_rate"] is Standing.NOTHING
    assert standings["minutes_on_time"] is Standing.NOT_YET_DUE
    # 7 for the four roles, 4 for no early end, half of 4 for the cards, 0 of 4 without a studio, 3 for no fire
    assert (tally.points, tally.possible) == (Fraction(16), Fraction(22))


def test_every_number_is_explained_down_to_its_events() -> None:
    campaign = twelve_cases()
    explained = explain(RULEBOOK, PLAN, campaign.evidence(), JUNE, date(2015, 6, 30), whole=WHOLE)
    east = next(measured for subject, measured in explained.items() if subject.code == EAST)
    resolve = next(one for one in east if one.indicator.code == "resolve_rate")
    assert [item.key for item in resolve.numerator] == [f"c{number:02}" for number in range(8)]
    assert [item.key for item in resolve.missed] == ["c10", "c11"]
    assert [(why.code, item.key) for why, item in resolve.excluded] == [
        ("referred_outside", "c08"),
        ("lawfully_terminated", "c09"),
    ]
    first = resolve.numerator[0]
    assert [(mark.what, mark.position) for mark in first.marks] == [("reported", 1), ("accepted", 2), ("resolved", 25)]
    recorded = campaign.recorded()
    assert [recorded[mark.position].id for mark in first.marks] == ["c00"] * 3
