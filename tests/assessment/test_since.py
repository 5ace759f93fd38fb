"""What changed since an earlier score: which numbers, by which rows, through which events."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal, VoidSupervision
from services.assessment.explaining.since import How, IndicatorSince, Since, earlier, since
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.scoring import publishing as score
from services.assessment.scoring.membership import MADE_OF, OUTSIDE, Membership, Part, other
from services.assessment.scoring.restating import Restating
from shared.contracts.assessment import Change, Period, PeriodKind, RulebookAdopted, ScorePublished
from shared.contracts.assessment_entries import AppealDecided, Excused, Finding, ScoreAppealed
from shared.contracts.codes import CaseStatus, Profession
from shared.contracts.event import Actor
from shared.contracts.intake import CaseCorrected, CaseStep, CaseVoided
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, WHOLE, Campaign, Looking, Written, month
from tests.assessment.histories import ASKED, Act, Parts, later, retracted, streams, written
from tests.assessment.published import changed, compared, explained, publish, read, rows_of
from tests.examples import examples

JUNE, AGAIN, JULY = "month-2015-06.2015-07-06", "month-2015-06.2015-07-31", "month-2015-07.2015-08-06"


def season() -> Campaign:
    """June, published on the 6th of July: e0 is settled, e1 is not, and the minutes have not come."""
    campaign = Campaign().adopt()
    for code in (EAST, WEST):
        campaign.community(code, households=60)
    for one in (Profession.JUDGE, Profession.PROSECUTOR, Profession.POLICE):
        campaign.post(f"{one}-1", one)
    campaign.case("e0", "2015-06-12")
    campaign.case("e1", "2015-06-12")
    campaign.resolve("e0", "2015-06-20")
    assert publish(campaign, "2015-06", "2015-07-06") == JUNE
    return campaign


def again(campaign: Campaign) -> None:
    assert publish(campaign, "2015-06", "2015-07-31") == AGAIN


def part(one: Membership) -> str | None:
    return None if one == OUTSIDE else one.part.value


def moves(found: IndicatorSince) -> list[tuple[str, How, str | None, str | None, tuple[int, ...]]]:
    """Each row that makes a difference: key, how, from where, to where, and the positions of the causes."""
    return [
        (one.key, one.how, part(one.was), part(one.now), tuple(event.position for event in one.causes))
        for one in found.moved
    ]


# one period, scored again ---------------------------------------------------------------------------------------------


def test_a_row_that_changed_side_is_told_with_the_event_that_moved_it() -> None:
    campaign = season()
    resolved = campaign.resolve("e1", "2015-07-10")
    again(campaign)
    found = changed(campaign, "resolve_rate", AGAIN, JUNE)
    assert moves(found) == [("e1", How.TURNED, "missed", "numerator", (resolved,))]
    assert found.moved[0].causes[0].type == "sanguan.intake.case-resolved.v1"
    assert (found.moved[0].why_zh, found.moved[0].why_en) == (
        "已符合分子的条件", "it meets the numerator's conditions"
    )  # fmt: skip
    assert (
        Change(indicator="resolve_rate", number="numerator", before="1", after="2", causes=(resolved,)) in found.changes
    )
    assert found.before is not None
    assert found.after is not None
    assert (found.before.numerator, found.after.numerator) == (1, 2)
    assert [(one.part, one.before, one.after, one.stayed) for one in found.rows] == [
        (Part.NUMERATOR, 1, 2, 1), (Part.MISSED, 1, 0, 0)
    ]  # fmt: skip


def test_a_row_that_turned_the_other_way_says_which_condition_it_no_longer_meets() -> None:
    campaign = season()
    reopened = campaign.reopen("e0", "2015-07-10")
    again(campaign)
    found = changed(campaign, "resolve_rate", AGAIN, JUNE)
    assert moves(found) == [("e0", How.TURNED, "numerator", "missed", (reopened,))]
    assert found.moved[0].why_zh == "尚未办结"


def test_a_row_that_is_left_out_now_says_for_what_reason() -> None:
    campaign = season()
    referred = campaign.refer("e1", "2015-07-10", outside=True)
    again(campaign)
    found = changed(campaign, "resolve_rate", AGAIN, JUNE)
    assert moves(found) == [("e1", How.TURNED, "missed", "excluded", (referred,))]
    assert (found.moved[0].now.reason, found.moved[0].why_zh) == ("referred_outside", "移送街道以外机关")


def test_what_came_in_late_and_what_went_out_say_why() -> None:
    campaign = season()
    reported = campaign.reported("late", "2015-06-25")
    campaign.case("late2", "2015-06-26")
    voided = campaign.put("case/e1", CaseVoided(reason="误登"), "2015-07-20")
    again(campaign)
    found = {one.key: one for one in changed(campaign, "resolve_rate", AGAIN, JUNE).moved}
    assert set(found) == {"late2", "e1"}, "the other was not accepted"
    assert (found["late2"].how, found["late2"].why_zh) == (How.CAME, "上次考核时尚无此项")
    assert [event.position for event in found["late2"].causes] == [reported + 1, reported + 2]
    assert (found["e1"].how, found["e1"].why_en) == (How.WENT, "it is void, or had not begun")
    assert [event.position for event in found["e1"].causes] == [voided]


def test_what_an_appeal_left_out_names_the_decision_and_its_being_made_void() -> None:
    campaign = season()
    excused = Excused(indicator="resolve_rate", table="cases", member="e1")
    appeal = AppealScore(community=EAST, publication=JUNE, indicator="resolve_rate", grounds="sealed:g")
    campaign.send(appeal, "2015-07-10", "ap1")
    other = Actor(id="office-2", role="office")
    hear = HearAppeal(heard_by="虚构的领导小组", account="sealed:a")
    campaign.send(hear, "2015-07-13", "ap1", other)
    decide = DecideAppeal(finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="sealed:d", excused=(excused,))
    (decided,) = campaign.send(decide, "2015-07-14", "ap1", other)
    again(campaign)
    found = changed(campaign, "resolve_rate", AGAIN, JUNE)
    assert moves(found) == [("e1", How.TURNED, "missed", "excluded", (decided,))]
    assert found.moved[0].why_en == "Left out on appeal"
    (left_out,) = explained(campaign, "resolve_rate", AGAIN).excluded
    assert left_out.member.events[-1].position == decided
    (void,) = campaign.send(VoidSupervision(reason="误登"), "2015-08-01", "ap1", other)
    publish(campaign, "2015-06", "2015-08-03")
    found = changed(campaign, "resolve_rate", "month-2015-06.2015-08-03", AGAIN)
    assert moves(found) == [("e1", How.TURNED, "excluded", "missed", (void,))]


def test_what_is_left_out_before_and_after_is_told_with_the_number_that_it_changes() -> None:
    campaign = season()
    campaign.refer("e1", "2015-07-10", outside=True)
    again(campaign)
    retraction = retracted(EAST, CaseStep.REFERRED, CaseStatus.ACCEPTED)
    campaign.put("case/e1", retraction, "2015-07-10")
    excused = Excused(indicator="resolve_rate", table="cases", member="e1")
    lodged = ScoreAppealed(community=EAST, publication=JUNE, indicator="resolve_rate", grounds="sealed:g")
    decided = AppealDecided(
        finding=Finding.UPHELD, decided_by="领导小组", decision="sealed:d", excused=(excused,),
        excused_in=month("2015-06"),
    )  # fmt: skip
    campaign.put("supervision/ap1", lodged, "2015-07-10")
    campaign.put("supervision/ap1", decided, "2015-07-11")
    resolved = campaign.resolve("e1", "2015-08-01")
    publish(campaign, "2015-06", "2015-08-03")
    found = changed(campaign, "resolve_rate", "month-2015-06.2015-08-03", AGAIN)
    (moved,) = found.moved
    assert (moved.was.part, moved.now.part) == (Part.EXCLUDED, Part.EXCLUDED)
    assert {change.number for change in found.changes} == {"unadjusted_numerator", "unadjusted_rate"}
    assert all(resolved in change.causes for change in found.changes)
    told = compared(campaign, "month-2015-06.2015-08-03", AGAIN).causes
    assert ("Resolved", "e1", "2015-08-01") in [(one.says_en, one.case, str(one.on)) for one in told]


def test_each_number_names_what_changed_it_and_no_more() -> None:
    campaign = season()
    referred = campaign.refer("e1", "2015-07-10", outside=True)
    late = campaign.case("late", "2015-06-26")
    again(campaign)
    causes = {one.number: one.causes for one in changed(campaign, "resolve_rate", AGAIN, JUNE).changes}
    assert causes["excluded"] == (referred,)
    assert causes["unadjusted_denominator"] == (late - 1, late)
    assert "denominator" not in causes, "one went and one came"


def test_a_case_that_belongs_to_another_community_after_all_goes_from_one_to_the_other() -> None:
    campaign = season()
    moved = campaign.put("case/e1", CaseCorrected(reason="误录", community=WEST), "2015-07-20")
    again(campaign)
    (went,) = changed(campaign, "resolve_rate", AGAIN, JUNE).moved
    assert (went.key, went.how, went.why_zh) == ("e1", How.WENT, "属于其他社区")
    assert [event.position for event in went.causes] == [moved]
    (came,) = changed(campaign, "resolve_rate", AGAIN, JUNE, WEST).moved
    assert (came.key, came.how, came.why_zh) == ("e1", How.CAME, "上次考核时属于其他社区")
    assert changed(campaign, "resolve_rate", AGAIN, JUNE, LOG).moved == ()


def test_a_duty_whose_day_has_come_is_told_to_have_turned_by_time_alone() -> None:
    campaign = Campaign().adopt()
    campaign.community()
    first = publish(campaign, "2015-06", "2015-07-01")
    publish(campaign, "2015-06", "2015-07-06")
    found = changed(campaign, "minutes_on_time", JUNE, first)
    assert [(one.how, one.was.part, one.now.part) for one in found.moved] == [
        (How.TURNED, Part.NOT_YET_DUE, Part.MISSED)
    ]
    assert found.moved[0].causes == ()
    assert found.moved[0].why_en == (
        "it was not done (due day: 2015-07-05); it was not entered (due day: 2015-07-05)"
    )  # fmt: skip
    assert found.changes
    assert {one.causes for one in found.changes} == {()}


def test_more_households_with_a_card_are_another_amount_of_the_same_kind() -> None:
    campaign = season()
    issued = campaign.cards(30, "2015-06-28")
    again(campaign)
    found = changed(campaign, "contact_cards", AGAIN, JUNE)
    assert [(one.how, one.was, one.now.part) for one in found.moved] == [(How.CAME, OUTSIDE, Part.NUMERATOR)]
    assert [event.position for event in found.moved[0].causes] == [issued]
    assert found.changes[0].causes == (issued,)


def test_nothing_changed_where_nothing_did() -> None:
    campaign = Campaign().adopt()
    campaign.community(households=60)
    campaign.cards(60, "2015-06-20")
    first = publish(campaign, "2015-06", "2015-07-06")
    second = publish(campaign, "2015-06", "2015-07-07")
    found = compared(campaign, second, first)
    assert found.changes == ()
    assert [one.indicator for one in found.indicators if one.changes or one.moved] == []
    assert found.rules == ()


def test_what_the_log_knew_but_had_not_happened_by_the_earlier_day_is_a_cause() -> None:
    campaign = Campaign().adopt()
    campaign.community()
    accepted = campaign.case("later", "2015-07-08", due="2015-08-08")
    first = publish(campaign, "2015", "2015-07-06", PeriodKind.YEAR)
    second = publish(campaign, "2015", "2015-07-31", PeriodKind.YEAR)
    (came,) = (one for one in changed(campaign, "must_visits", second, first).moved if one.case == "later")
    assert (came.how, came.why_en) == (How.CAME, "at the earlier score it was not there")
    assert [event.position for event in came.causes] == [accepted - 1, accepted]


# two periods ----------------------------------------------------------------------------------------------------------


def test_each_month_s_own_rows_are_told_apart_from_what_became_of_one_row() -> None:
    campaign = season()
    july = campaign.case("j0", "2015-07-08")
    fourth = campaign.post("lawyer-1", Profession.LAWYER, "2015-07-15")
    assert publish(campaign, "2015-07", "2015-08-06") == JULY
    resolve = changed(campaign, "resolve_rate", JULY)
    assert moves(resolve) == [
        ("j0", How.OWN_AFTER, None, "missed", (july - 1, july)),
        ("e0", How.OWN_BEFORE, "numerator", None, ()),
        ("e1", How.OWN_BEFORE, "missed", None, ()),
    ]
    assert resolve.moved[0].why_zh == "受理日期2015年7月8日，属于2015-07"
    assert resolve.moved[1].why_en == "the day of acceptance, 2015-06-12, lies in 2015-06"
    minutes = changed(campaign, "minutes_on_time", JULY)
    assert {one.how for one in minutes.moved} == {How.OWN_BEFORE, How.OWN_AFTER}
    assert {one.why_en for one in minutes.moved} == {
        "the last day of its turn, 2015-06-30, lies in 2015-06", "the last day of its turn, 2015-07-31, lies in 2015-07"
    }  # fmt: skip
    roles = changed(campaign, "four_roles", JULY)
    assert moves(roles) == [(EAST, How.TURNED, "missed", "numerator", (fourth,))]


def test_what_the_earlier_month_could_not_count_yet_came_in_by_the_day_on_which_it_was_done() -> None:
    campaign = Campaign().adopt()
    campaign.community(households=60)
    early = campaign.cards(45, "2015-07-02")
    accepted = campaign.case("j1", "2015-07-03")
    publish(campaign, "2015-06", "2015-07-06")
    publish(campaign, "2015-07", "2015-08-06")
    (came,) = changed(campaign, "contact_cards", JULY).moved
    assert (came.how, came.why_zh) == (How.CAME, "上次考核时已作废或尚未开始")
    assert [event.position for event in came.causes] == [early]
    (own,) = changed(campaign, "resolve_rate", JULY).moved
    assert (own.how, [event.position for event in own.causes]) == (How.OWN_AFTER, [accepted - 1, accepted])
    assert own.case == "j1"


def test_the_sum_changed_by_all_that_changed_an_indicator() -> None:
    campaign = season()
    resolved = campaign.resolve("e1", "2015-07-10")
    fourth = campaign.post("lawyer-1", Profession.LAWYER, "2015-06-25")
    again(campaign)
    found = compared(campaign, AGAIN, JUNE)
    assert {one.number for one in found.changes} >= {"points"}
    for change in found.changes:
        assert change.indicator is None
        assert {resolved, fourth} <= set(change.causes)


# other rules ----------------------------------------------------------------------------------------------------------


def test_another_rulebook_is_named_with_its_position_and_its_words() -> None:
    campaign = season()
    stricter = replace(
        RULEBOOK,
        indicators=tuple(
            replace(one, weight="30") if one.code == "resolve_rate" else one for one in RULEBOOK.indicators
        ),
    )
    adopted = campaign.put(
        f"rulebook/{RULEBOOK.code}",
        RulebookAdopted(rulebook=stricter, version=2, author="办公室", reason="调整"),
        "2015-07-20",
    )
    again(campaign)
    found = compared(campaign, AGAIN, JUNE)
    assert [(one.what, one.before_version, one.after_version, one.position) for one in found.rules] == [
        ("rulebook", 1, 2, adopted)
    ]
    resolve = next(one for one in found.indicators if one.indicator == "resolve_rate")
    assert "权重：30" in resolve.rule_after_zh
    assert "权重：30" not in resolve.rule_before_zh
    assert {change.number for change in resolve.changes} == {"weight", "points"}
    assert all(change.causes == (adopted,) for change in resolve.changes)
    others = [one for one in found.indicators if one.indicator != "resolve_rate"]
    assert all((one.rule_after_en, one.rule_before_en) == ("", "") for one in others)


def test_an_indicator_that_only_one_rulebook_has_stands_without_the_other_s_numbers() -> None:
    campaign = season()
    shorter = replace(RULEBOOK, indicators=tuple(one for one in RULEBOOK.indicators if one.code != "resolve_rate"))
    campaign.put(
        f"rulebook/{RULEBOOK.code}",
        RulebookAdopted(rulebook=shorter, version=2, author="办公室", reason="调整"),
        "2015-07-20",
    )
    again(campaign)
    gone = changed(campaign, "resolve_rate", AGAIN, JUNE)
    assert gone.before is not None
    assert (gone.after, gone.moved, gone.rule_after_zh) == (None, (), "")
    assert gone.rule_before_zh
    back = changed(campaign, "resolve_rate", JUNE, AGAIN)
    assert (back.before, back.rule_before_en) == (None, "")
    assert back.after is not None


# which score ----------------------------------------------------------------------------------------------------------


def test_the_score_to_compare_with_is_that_of_the_period_before_as_last_published() -> None:
    campaign = season()
    campaign.resolve("e1", "2015-07-10")
    again(campaign)
    publish(campaign, "2015-07", "2015-08-06")
    rows = rows_of(campaign)
    assert earlier(rows.values(), rows[f"{JULY}.{EAST}"]).id == f"{AGAIN}.{EAST}"
    assert compared(campaign, JULY, JUNE).before == f"{JUNE}.{EAST}"


@pytest.mark.parametrize(
    ("id", "wanted", "code"),
    [
        (f"{JUNE}.{EAST}", "", "nothing_before"), (f"{JULY}.{EAST}", "month-1999-01", "unknown_score"),
        (f"{JULY}.{EAST}", f"{JUNE}.{WEST}", "unknown_score"), (f"{JULY}.{EAST}", f"{JULY}.{EAST}", "unknown_score"),
    ],
)  # fmt: skip
def test_nothing_else_is_compared(id: str, wanted: str, code: str) -> None:
    campaign = season()
    publish(campaign, "2015-07", "2015-08-06")
    rows = rows_of(campaign)
    with pytest.raises(Refused) as caught:
        earlier(rows.values(), rows[id], wanted)
    assert caught.value.code == code
    assert PLAN.code == rows[id].plan


# every history --------------------------------------------------------------------------------------------------------

PLENTY = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def put_out(campaign: Campaign, asked: tuple[Period, date]) -> dict[str, scores.Row]:
    """The scores of a period and a day as the campaign stands, each as the ledger would hold it."""
    look = Looking(campaign)
    (plan, *_), (rulebook, *_) = (sorted(look.rows(one), key=lambda row: -row.position) for one in _RULES)
    basis = Restating(plan, rulebook, campaign.evidence(), *asked, WHOLE)
    found = score.scores(basis, look.position, look.root())
    told = Campaign(
        [Written(f"score/{_id(asked)}", ScorePublished(score=one), "2016-02-01", "2016-02-01") for one in found]
    )
    return {row.community: row for row in rows_of(told).values()}


_RULES = (plans.LEDGER, rulebooks.LEDGER)


def _id(asked: tuple[Period, date]) -> str:
    return score.publication(asked[0].kind, asked[0].name, str(asked[1]))


def compare(
    campaign: Campaign, before: Mapping[str, scores.Row], after: Mapping[str, scores.Row]
) -> Iterator[tuple[Since, scores.Row]]:
    """What changed for each institution that has both."""
    (was, *_), (now, *_) = before.values(), after.values()
    then, today = read(campaign, was), read(campaign, now)
    for community in before.keys() & after.keys():
        yield since(LOG, (before[community], then), (after[community], today)), before[community]


@PLENTY
@given(streams(), later(), ASKED)
def test_every_number_that_later_events_changed_names_them(
    parts: Parts, more: list[Act], asked: tuple[Period, date]
) -> None:
    campaign = written(parts)
    before = put_out(campaign, asked)
    for act in more:
        act(campaign)
    after = put_out(campaign, asked)
    for found, was in compare(campaign, before, after):
        told = {event.position: event for event in found.causes}
        for change in (*found.changes, *(change for one in found.indicators for change in one.changes)):
            assert any(cause > was.evidence_position for cause in change.causes), change
            assert told.keys() >= {*change.causes}
        for position, event in told.items():
            assert event.type == campaign.written[position].event.NAME
            assert event.says_en != event.type


@PLENTY
@given(streams(), later(), ASKED, ASKED)
def test_every_number_that_is_another_in_another_period_is_made_of_rows_that_moved(
    parts: Parts, more: list[Act], asked: tuple[Period, date], again: tuple[Period, date]
) -> None:
    campaign = written(parts)
    before = put_out(campaign, asked)
    for act in more:
        act(campaign)
    for found, _ in compare(campaign, before, put_out(campaign, again)):
        for one in found.indicators:
            if one.before is None or one.after is None:
                continue
            for change in one.changes:
                names = MADE_OF[change.number] | {"denominator", "unadjusted_denominator"}  # which may hold it down
                assert any(other(row.was, row.now, names) for row in one.moved) or change.causes, change
