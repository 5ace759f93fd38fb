"""Each indicator of the default rulebook, worked by hand on synthetic campaigns, to the exact number."""

from datetime import date
from fractions import Fraction

import pytest

from services.assessment.periods import period
from services.assessment.scoring import explain
from shared.contracts.assessment import IndicatorScore, PeriodKind, Standing
from shared.contracts.codes import Basis, CaseKind, DisputeType, MeetingKind, PostingEnd, Profession
from shared.contracts.intake import (
    CaseCorrected,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseVoided,
)
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, WHOLE, Campaign, month

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
        "15/1",
    )
    assert (numbers(west), west.rate, west.reached, west.points and west.points.exact) == (
        (0, 1, 0),
        "0.0000",
        False,
        "0/1",
    )
    assert (numbers(whole), whole.rate, whole.points and whole.points.exact) == ((1, 2, 0), "0.5000", "15/2")


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
    assert found.points.exact == ("5/1" if incidents == 0 else "0/1")
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
    campaign.case("a", "2015-06-12")
    for visit, due in (("v1", "2015-06-15"), ("v2", "2015-06-16"), ("v3", "2015-06-17"), ("v4", "2015-07-02")):
        campaign.plan_visit("a", visit, due, "2015-06-12")
    campaign.plan_visit("a", "v5", "2015-06-18", "2015-06-12", must=False)
    campaign.visit("a", "v1", "2015-06-15")
    campaign.decline("a", "v2", "2015-06-16")
    found = campaign.indicator("must_visits", JUNE, "2015-06-30")
    assert numbers(found) == (2, 3, 0)
    assert found.rate == "0.6667"
    assert found.points is not None
    assert (found.points.exact, found.points.decimal) == ("40/3", "13.3333")
    assert found.reached is False


def test_a_visit_is_not_due_before_its_day_and_not_before_the_plan_was_issued() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-02")
    campaign.plan_visit("a", "v1", "2015-06-05", "2015-06-02")
    campaign.plan_visit("a", "v2", "2015-06-20", "2015-06-02")
    assert campaign.indicator("must_visits", JUNE, "2015-06-09").standing is Standing.NOT_YET_DUE
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-10")) == (0, 1, 0)
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-20")) == (0, 2, 0)


def test_a_visit_planned_for_after_the_case_was_over_is_no_longer_due() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.plan_visit("a", "v1", "2015-06-15", "2015-06-12")
    campaign.plan_visit("a", "v2", "2015-06-25", "2015-06-12")
    campaign.resolve("a", "2015-06-20")
    assert numbers(campaign.indicator("must_visits", JUNE, "2015-06-30")) == (0, 1, 0)


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
    assert found.points.exact == str(Fraction(25) * Fraction(8, 10) / Fraction(9, 10))  # 200/9
    assert found.points.decimal == "22.2222"


def test_ninety_per_cent_exactly_reaches_the_target() -> None:
    campaign = twelve_cases()
    campaign.resolve("c11", "2015-06-24")
    found = campaign.indicator("resolve_rate", JUNE, "2015-06-30")
    assert (numbers(found), found.rate, found.reached) == ((9, 10, 2), "0.9000", True)
    assert found.points is not None
    assert found.points.exact == "25/1"


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
    assert (july.denominator, july.taken_over) == (1, 1)


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


def test_a_case_handed_down_or_reclassified_later_counts_from_that_day() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.case("b", "2015-06-12")
    campaign.put(
        "case/a",
        CaseHandedDown(community=EAST, grid=None, by_unit="区信访局", document=None, due_on=None, basis=Basis.ACT),
        "2015-06-20",
    )
    campaign.put(
        "case/b",
        CaseReclassified(kind=CaseKind.BACKLOG, dispute_type=DisputeType.OTHER, reason="查明"),
        "2015-06-25",
    )
    days = ("2015-06-19", "2015-06-20", "2015-06-25")
    assert [campaign.indicator("stability", JUNE, day).denominator for day in days] == [0, 1, 2]


def test_a_case_that_was_no_backlog_after_all_leaves_the_denominator() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    handed = CaseHandedDown(community=EAST, grid=None, by_unit=None, document=None, due_on=None, basis=Basis.ACT)
    campaign.put("case/a", handed, "2015-06-20")
    campaign.put("case/a", CaseCorrected(reason="非积案", kind=CaseKind.DISPUTE), "2015-06-25")
    assert campaign.indicator("stability", JUNE, "2015-06-24").denominator == 0


def test_a_correction_of_the_day_of_settlement_moves_it() -> None:
    campaign = Campaign()
    campaign.community()
    campaign.case("a", "2015-06-12")
    campaign.resolve("a", "2015-06-20")
    campaign.put("case/a", CaseCorrected(reason="日期", resolved_on=date(2015, 7, 3)), "2015-07-10")
    assert [campaign.indicator("resolve_rate", JUNE, day).numerator for day in ("2015-07-02", "2015-07-03")] == [0, 1]


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
    assert (tally.points, tally.possible) == (Fraction(25), Fraction(30))  # 15 + 5 + half of 10


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
