"""A published score explained: each row, why it counts or does not, and the events behind it."""

import json
from dataclasses import replace
from datetime import date

from services.assessment.explaining.explanation import Explained, Member, clause_title, explanation
from services.assessment.explaining.happenings import happened
from shared.contracts.assessment import Change, PeriodKind
from shared.contracts.assignment import StudioOpened
from shared.contracts.codes import Basis, CaseKind, CaseStatus, MeetingKind, PostingEnd, Profession
from shared.contracts.intake import CaseCorrected, CaseStep
from shared.log.codec import canonical
from tests.assessment.campaign import EAST, LOG, PLAN, STANDING_PLAN, WEST, Campaign
from tests.assessment.histories import retracted
from tests.assessment.published import explained, publish, read, rows_of, told

JUNE = "month-2015-06.2015-07-06"


def season() -> Campaign:
    """Two communities in June; the east settles most of what it takes on, and its minutes come in time."""
    campaign = Campaign().adopt()
    for code in (EAST, WEST):
        campaign.community(code, households=60)
        campaign.post_all(code)
    campaign.cards(45, "2015-06-20")
    for number in range(4):
        campaign.case(f"e{number}", "2015-06-12", due="2015-07-12")
    campaign.resolve("e0", "2015-06-20")
    campaign.refer("e1", "2015-06-20", outside=True)
    campaign.terminate("e2", "2015-06-21")
    campaign.minutes("2015-06", "2015-07-03")
    return campaign


def june(campaign: Campaign) -> Campaign:
    assert publish(campaign, "2015-06", "2015-07-06") in JUNE
    return campaign


def keys(members: tuple[Member, ...]) -> list[str]:
    return [member.key for member in members]


def types(member: Member) -> list[str]:
    return [event.type.split(".")[2] for event in member.events]


# which rows -----------------------------------------------------------------------------------------------------------


def test_each_case_of_a_rate_stands_on_one_side_with_its_reason() -> None:
    resolve = explained(june(season()), "resolve_rate", JUNE)
    assert keys(resolve.numerator) == ["e0"]
    assert [(one.member.key, one.why_zh, one.why_en) for one in resolve.missed] == [
        ("e3", "尚未办结", "it is not over yet")
    ]
    assert [(one.member.key, one.reason) for one in resolve.excluded] == [
        ("e1", "referred_outside"), ("e2", "lawfully_terminated")
    ]  # fmt: skip
    assert (resolve.excluded[0].why_zh, resolve.excluded[0].why_en) == (
        "移送街道以外机关", "Referred outside the sub-district"
    )  # fmt: skip
    assert (resolve.score.numerator, resolve.score.denominator, resolve.score.excluded) == (1, 2, 2)
    assert resolve.rule_zh.startswith("分母：受理日期在考核周期内的案件；剔除：")
    assert resolve.rule_en.startswith("Denominator: cases where the day of acceptance lies in the period; Excluded: ")
    assert (resolve.clause, resolve.clause_zh, resolve.clause_en) == (
        "5.1", "积极化解社会矛盾", "Resolve at least 90 %, keep 100 % stable"
    )  # fmt: skip


def test_a_row_tells_what_it_is_what_it_adds_and_which_events_made_it() -> None:
    campaign = june(season())
    (member,) = explained(campaign, "resolve_rate", JUNE).numerator
    assert (member.name_zh, member.name_en) == (
        "矛盾纠纷，登记日期2015年6月12日，化解", "dispute, day of report 2015-06-12, resolved"
    )  # fmt: skip
    assert (member.table, member.community, member.numerator, member.denominator) == ("cases", EAST, 1, 1)
    assert member.fields["ended_on"] == "2015-06-20"
    assert types(member) == ["case-reported", "case-accepted", "case-resolved"]
    recorded = campaign.recorded()
    for event in member.events:
        behind = recorded[event.position]
        assert (behind.id, behind.type) == ("e0", event.type)
        assert event.recorded_on == behind.recorded_at.date()


def test_minutes_that_were_entered_too_late_and_those_that_never_came_say_so() -> None:
    campaign = season()
    campaign.minutes("2015-06", "2015-07-03", "2015-07-20", code=WEST)
    assert publish(campaign, "2015-06", "2015-07-31") == "month-2015-06.2015-07-31"
    (late,) = explained(campaign, "minutes_on_time", "month-2015-06.2015-07-31", WEST).missed
    assert late.why_zh == "录入日期2015年7月20日晚于期限2015年7月5日后7天"
    assert types(late.member)[-1] == "minutes-submitted"
    nothing = Campaign().adopt()
    nothing.community()
    publish(nothing, "2015-06", "2015-07-06")
    (missing,) = explained(nothing, "minutes_on_time", JUNE).missed
    assert missing.why_en == (
        "it was not done (due day: 2015-07-05); it was not entered (due day: 2015-07-05)"
    )  # fmt: skip
    assert types(missing.member) == ["community-registered"], "by which it owes them"


def test_what_waits_for_its_day_is_told_apart() -> None:
    campaign = season()
    publish(campaign, "2015-06", "2015-07-01")
    minutes = explained(campaign, "minutes_on_time", "month-2015-06.2015-07-01")
    assert minutes.score.standing == "not_yet_due"
    assert (minutes.numerator, minutes.missed) == ((), ())
    (waiting,) = minutes.not_yet_due
    assert (waiting.why_zh, waiting.why_en) == (
        "期限2015年7月5日尚未到", "the due day, 2015-07-05, has not come yet"
    )  # fmt: skip


def test_where_the_numerator_has_a_table_of_its_own_both_lists_stand() -> None:
    cards = explained(june(season()), "contact_cards", JUNE)
    assert [(one.table, one.numerator, one.denominator) for one in cards.numerator] == [("cards", 45, 0)]
    assert [(one.table, one.name_zh, one.numerator, one.denominator) for one in cards.denominator] == [
        ("communities", "虚构社区1", 0, 60)
    ]
    assert cards.missed == ()
    assert (cards.score.numerator, cards.score.denominator) == (45, 60)


def test_a_duty_about_a_case_is_explained_by_what_happened_to_the_case() -> None:
    campaign = season()
    campaign.case("late", "2015-06-12")  # due the same day, and not settled by then: it cannot take its visit out
    campaign.case("slow", "2015-06-12", due="2015-07-12")
    campaign.resolve("slow", "2015-07-02")
    june(campaign)
    visits = explained(campaign, "must_visits", JUNE)
    missed = {one.member.fields["about"]: one.member for one in visits.missed}
    assert "late" in missed
    assert types(missed["late"]) == ["case-reported", "case-accepted"]
    excluded = {one.member.fields["about"]: one for one in visits.excluded}
    assert "case-resolved" in types(excluded["slow"].member)


def test_the_sub_district_has_its_communities_rows_with_whose_they_are() -> None:
    campaign = season()
    campaign.case("w0", "2015-06-14", WEST)
    resolve = explained(june(campaign), "resolve_rate", JUNE, LOG)
    assert [(one.member.key, one.member.community) for one in resolve.missed] == [("e3", EAST), ("w0", WEST)]
    assert told(campaign, JUNE, LOG).name == ""
    assert told(campaign, JUNE, EAST).name == "虚构社区1"


def test_what_was_taken_over_from_paper_is_said() -> None:
    campaign = season()
    campaign.taken_in("2015-06-11")
    campaign.case("paper", "2015-06-10", basis=Basis.PAPER_LEDGER)
    resolve = explained(june(campaign), "resolve_rate", JUNE)
    taken_over = {one.member.key: one.member.taken_over for one in resolve.missed}
    assert taken_over == {"e3": False, "paper": True}


def test_what_happened_after_the_as_of_day_is_not_among_the_events() -> None:
    campaign = season()
    campaign.resolve("e3", "2015-07-08")
    publish(campaign, "2015-06", "2015-07-06")
    (missed,) = explained(campaign, "resolve_rate", JUNE).missed
    assert types(missed.member) == ["case-reported", "case-accepted"]


# numbers --------------------------------------------------------------------------------------------------------------


def add_up(one: Explained) -> None:
    """The rows of an indicator give its numbers."""
    score = one.score
    numerator = sum(member.numerator for member in one.numerator)
    alone = [*(missed.member for missed in (*one.missed, *one.spared)), *one.denominator]
    owed = [*one.numerator, *alone]
    denominator = sum(member.denominator for member in owed)
    left_out = [excluded.member for excluded in one.excluded]
    assert denominator == score.denominator
    assert numerator == score.numerator
    assert sum(member.denominator for member in left_out) == score.excluded
    unadjusted = numerator + sum(member.numerator for member in left_out)
    assert score.kind == "count" or unadjusted == score.unadjusted_numerator
    assert sum(member.taken_over for member in owed if member.denominator) == score.taken_over
    for member in alone:
        assert member.numerator == 0


def test_the_rows_add_up_to_the_numbers_of_every_indicator() -> None:
    campaign = season()
    campaign.case("paper", "2015-06-10", WEST, basis=Basis.PAPER_LEDGER)
    campaign.case("backlog", "2015-06-13", kind=CaseKind.BACKLOG)
    campaign.sign("backlog", "2015-06-15")
    campaign.plan_visit("e0", "v1", "2015-06-20", "2015-06-13")
    campaign.visit("e0", "v1", "2015-06-19")
    campaign.cards(30, "2015-06-25", WEST)
    june(campaign)
    publish(campaign, "2015", "2015-07-06", PeriodKind.YEAR)
    for publication in (JUNE, "year-2015.2015-07-06"):
        for subject in (LOG, EAST, WEST):
            for one in told(campaign, publication, subject).indicators:
                add_up(one)


def test_a_yearly_debriefing_falls_due_under_the_standing_plan() -> None:
    campaign = Campaign().adopt()
    campaign.plan(STANDING_PLAN)
    for code in (EAST, WEST):
        campaign.community(code)
    campaign.meet("2016-11", "2016-11-20", EAST, MeetingKind.DEBRIEFING)
    publish(campaign, "2016", "2017-01-31", PeriodKind.YEAR, STANDING_PLAN.code)
    debriefings = explained(campaign, "debriefings", "year-2016.2017-01-31", LOG)
    add_up(debriefings)
    assert [one.community for one in debriefings.numerator] == [EAST]
    assert "meeting-convened" in types(debriefings.numerator[0])
    assert [(one.member.community, one.why_zh) for one in debriefings.missed] == [(WEST, "未办理")]


def test_numbers_that_this_build_does_not_find_again_are_said_to_differ() -> None:
    campaign = june(season())
    row = rows_of(campaign)[f"{JUNE}.{EAST}"]
    other = [replace(one, numerator=one.numerator + 1) if one.code == "resolve_rate" else one for one in row.indicators]
    again = replace(row, indicators=tuple(other))
    found = explanation(LOG, again, read(campaign, row), (), lambda position: happened(campaign.recorded()[position]))
    assert [one.indicator for one in found.indicators if not one.agrees] == ["resolve_rate"]


# the whole ------------------------------------------------------------------------------------------------------------


def test_a_restated_score_tells_each_restatement_with_before_after_and_causes() -> None:
    campaign = june(season())
    assert told(campaign, JUNE).restatements == ()
    was_position = len(campaign.written) - 4
    late = campaign.resolve("e3", "2015-07-06", "2015-07-08")
    publish(campaign, "2015-06", "2015-07-06")
    corrected = campaign.put("case/e1", CaseCorrected(reason="误录", community=WEST), "2015-07-09")
    publish(campaign, "2015-06", "2015-07-06")
    found = told(campaign, JUNE)
    assert [one.evidence_position for one in found.restatements] == [late, corrected]
    assert found.restatements[0].was_position == was_position
    assert found.position == corrected
    change = Change(indicator="resolve_rate", number="numerator", before="1", after="2", causes=(late,))
    assert change in found.restatements[0].changes
    assert all(corrected in one.causes for one in found.restatements[1].changes)
    assert keys(explained(campaign, "resolve_rate", JUNE).numerator) == ["e0", "e3"]


def test_an_explanation_is_canonical_holds_no_float_and_nothing_sealed() -> None:
    campaign = season()
    campaign.sign("e0", "2015-06-15")
    text = canonical(told(june(campaign), JUNE, LOG)).decode()

    def refuse(number: str) -> None:
        raise AssertionError(number)

    json.loads(text, parse_float=refuse)
    assert "sealed:" not in text


def test_a_clause_has_its_title_in_the_plan_that_is_scored() -> None:
    assert clause_title(PLAN, "3.3.3") == ("工作报告制度", "Monthly meeting, minutes to the office")
    other = replace(PLAN, document="虚构〔2016〕1号")
    duty = other.duties[0]
    assert clause_title(other, "3.3.3") != ("工作报告制度", "Monthly meeting, minutes to the office")
    assert clause_title(replace(other, phases=()), duty.clause)[0] in {one.title_zh for one in other.duties}
    assert clause_title(other, "9.9") == ("", "")


def test_a_posting_that_ended_early_is_an_incident_that_is_named_by_its_post() -> None:
    campaign = season()
    campaign.end("judge-1", Profession.JUDGE, "2015-06-28", PostingEnd.TRANSFER)
    ends = explained(june(campaign), "early_ends", JUNE)
    (incident,) = ends.numerator
    assert incident.name_zh == "法官，派驻起始日2015年6月1日，离任日期2015年6月28日"
    assert ends.missed == (), "nobody missed what should not happen"
    assert {one.why_zh for one in ends.spared} == {"未提前调整"}
    assert len(ends.spared) == 3
    assert date.fromisoformat(incident.fields["ended_on"] or "") == date(2015, 6, 28)


def test_the_events_that_decide_what_a_row_is_are_told_apart_from_what_else_is_known_of_it() -> None:
    campaign = season()
    opened = campaign.put(f"community/{EAST}", StudioOpened(place="警务室"), "2015-06-15")
    june(campaign)
    posted = [at for at, one in enumerate(campaign.written) if one.stream == f"roster/{EAST}"]
    (served,) = explained(campaign, "four_roles", JUNE).numerator
    assert [event.position for event in served.events if event.decides] == posted
    assert opened in [event.position for event in served.events]
    (studio,) = explained(campaign, "studios", JUNE).numerator
    assert [event.position for event in studio.events if event.decides] == [opened]
    (resolved,) = explained(campaign, "resolve_rate", JUNE).numerator
    campaign.sign("e0", "2015-06-13")
    assert [event.says_en for event in resolved.events if event.decides] == ["Accepted", "Resolved"]


def test_each_cause_of_a_restatement_says_what_happened_when_and_to_what() -> None:
    campaign = june(season())
    late = campaign.resolve("e3", "2015-07-06", "2015-07-08")
    cards = campaign.cards(3, "2015-06-30")
    publish(campaign, "2015-06", "2015-07-06")
    (restated,) = told(campaign, JUNE).restatements
    resolved, issued = restated.causes
    assert {at for change in restated.changes for at in change.causes} == {resolved.position, issued.position}
    assert (resolved.position, resolved.case, resolved.says_zh, resolved.says_en) == (late, "e3", "化解", "Resolved")
    assert (resolved.on, resolved.recorded_on) == (date(2015, 7, 6), date(2015, 7, 8))
    assert (issued.position, issued.community, issued.says_zh) == (cards, EAST, "发放便民联系卡")


def test_an_event_that_was_taken_back_is_told_as_such() -> None:
    campaign = season()
    retraction = retracted(EAST, CaseStep.RESOLVED, CaseStatus.ACCEPTED)
    campaign.put("case/e0", retraction, "2015-06-25")
    june(campaign)
    missed = {one.member.key: one.member for one in explained(campaign, "resolve_rate", JUNE).missed}
    assert [(event.says_en, event.taken_back) for event in missed["e0"].events][-2:] == [
        ("Resolved", True), ("Taken back", False)
    ]  # fmt: skip
