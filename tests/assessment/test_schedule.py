"""What the plan has published by itself, and when (§3.3.5, 3.3.7): worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.assessment.commands import AmendPlan, PublishScores
from services.assessment.ledgers import plans, scores
from services.assessment.rules.plan import faults
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.scoring.measuring import score
from services.assessment.scoring.schedule import CATCH_UP_DAYS, publications, restatements
from services.assessment.service import SERVICE
from shared.contracts.assessment import (
    Given,
    Period,
    PeriodKind,
    Plan,
    PlanAdopted,
    PlanAmended,
    Publishing,
    RulebookAdopted,
)
from shared.contracts.event import Actor
from shared.contracts.model import Refused, Timely
from tests.assessment.campaign import LOG, PLAN, RULEBOOK, WHOLE, Campaign, Looking
from tests.assessment.histories import ASKED, Act, Parts, later, streams, written
from tests.assessment.test_appeals import HEAR, UPHOLD, lodged
from tests.assessment.test_score import JUNE, season
from tests.declarations import assert_refusal_is_told

BY_ITSELF = Actor(id="service:assessment", role="service")


def publishing(kind: PeriodKind, after: int, code: str = "p") -> Publishing:
    return Publishing(
        code=code, clause="3.3.5", title_zh="公布", title_en="Publication", period_kind=kind, after_days=after,
        rulebook="default", given=Given.PROPOSAL,
    )  # fmt: skip


def plan(*given: Publishing) -> Plan:
    """The campaign of 2015-06-01 to 2015-12-31 with a schedule of its own."""
    return replace(PLAN, publishing=given)


def adopted(what: Plan, on: str = "2015-06-10") -> Campaign:
    campaign = Campaign()
    campaign.put(f"plan/{what.code}", PlanAdopted(plan=what, version=1, author="办公室", reason="印发"), on)
    return campaign


def due(campaign: Campaign, today: str) -> list[tuple[str, str]]:
    """Period and as-of day of what is due."""
    return [(one.command.period, one.command.as_of.isoformat()) for one in found(campaign, today)]


def found(campaign: Campaign, today: str) -> Sequence[Timely]:
    rows = campaign.rows()
    return publications(rows[plans.LEDGER.name], rows[scores.LEDGER.name], date.fromisoformat(today))


def ever(campaign: Campaign, first: str, last: str) -> list[tuple[str, str, str]]:
    """What becomes due where somebody looks every day: the first day on which it is, the period and the as-of day."""
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    seen: dict[tuple[str, str], str] = {}
    while day <= end:
        for one in due(campaign, day.isoformat()):
            seen.setdefault(one, day.isoformat())
        day += timedelta(days=1)
    return [(on, *one) for one, on in seen.items()]


def test_a_month_is_published_when_its_as_of_day_is_over() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    assert due(campaign, "2015-07-20") == []  # the day's own entries count, too
    assert due(campaign, "2015-07-21") == [("2015-06", "2015-07-20")]
    (one,) = found(campaign, "2015-07-21")
    assert one.command == PublishScores(
        plan=PLAN.code, rulebook="default", period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 20)
    )
    assert one.key == "dongfeng-2015-28/p/2015-06/2015-07-20"


def test_each_month_of_the_campaign_once_and_none_outside_it() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    assert ever(campaign, "2015-06-01", "2016-06-01") == [
        ("2015-07-21", "2015-06", "2015-07-20"), ("2015-08-21", "2015-07", "2015-08-20"),
        ("2015-09-21", "2015-08", "2015-09-20"), ("2015-10-21", "2015-09", "2015-10-20"),
        ("2015-11-21", "2015-10", "2015-11-20"), ("2015-12-21", "2015-11", "2015-12-20"),
        ("2016-01-21", "2015-12", "2016-01-20"),
    ]  # fmt: skip


def test_quarters_and_the_year_are_those_whose_last_month_lies_in_the_plan() -> None:
    given = (publishing(PeriodKind.QUARTER, 20, "q"), publishing(PeriodKind.YEAR, 31, "y"))
    assert ever(adopted(plan(*given)), "2015-06-01", "2016-12-31") == [
        ("2015-07-21", "2015-Q2", "2015-07-20"), ("2015-10-21", "2015-Q3", "2015-10-20"),
        ("2016-01-21", "2015-Q4", "2016-01-20"), ("2016-02-01", "2015", "2016-01-31"),
    ]  # fmt: skip
    half = replace(plan(*given), phases=tuple(one for one in PLAN.phases if one.code == "1"))  # ends on 10 June
    assert ever(adopted(half), "2015-06-01", "2016-12-31") == [("2015-07-21", "2015-Q2", "2015-07-20")]


def test_each_phase_so_many_days_after_its_last() -> None:
    campaign = adopted(plan(publishing(PeriodKind.PHASE, 5)))
    assert ever(campaign, "2015-06-01", "2016-12-31") == [
        ("2015-06-16", "1", "2015-06-15"), ("2015-12-26", "2", "2015-12-25"), ("2016-01-06", "3", "2016-01-05"),
    ]  # fmt: skip


def test_at_once_means_on_the_day_after_the_period() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 0)))
    assert ever(campaign, "2015-06-25", "2015-07-10") == [("2015-07-01", "2015-06", "2015-06-30")]


def test_a_standing_plan_goes_on_and_a_limited_one_ends() -> None:
    standing = replace(load_plan(STANDING), publishing=(publishing(PeriodKind.MONTH, 25),))
    assert due(adopted(standing, "2016-01-04"), "2026-03-10") == [("2026-01", "2026-02-25")]
    limited = replace(standing, until=date(2016, 2, 10))
    assert ever(adopted(limited, "2016-01-04"), "2016-01-01", "2016-12-31") == [
        ("2016-01-26", "2015-12", "2016-01-25"), ("2016-02-26", "2016-01", "2016-02-25"),
        ("2016-03-26", "2016-02", "2016-03-25"),
    ]  # fmt: skip


def test_what_was_missed_is_made_up_for_five_weeks_and_then_left_to_the_office() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    as_of = date(2015, 7, 20)
    last = as_of + timedelta(days=CATCH_UP_DAYS)
    assert ("2015-06", "2015-07-20") in due(campaign, last.isoformat())
    assert ("2015-06", "2015-07-20") not in due(campaign, (last + timedelta(days=1)).isoformat())
    assert due(campaign, "2026-01-01") == []


def test_nothing_is_published_for_the_time_before_the_plan_was_adopted() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)), on="2015-07-21")
    assert due(campaign, "2015-07-22") == []
    on_the_day = adopted(plan(publishing(PeriodKind.MONTH, 20)), on="2015-07-20")
    assert due(on_the_day, "2015-07-21") == [("2015-06", "2015-07-20")]


def amended(campaign: Campaign, what: Plan, on: str, version: int = 2) -> Campaign:
    event = PlanAmended(plan=what, version=version, author="办公室", reason="调整")
    campaign.put(f"plan/{what.code}", event, on)
    return campaign


def test_a_plan_that_is_amended_goes_by_its_newest_text() -> None:
    monthly, later = publishing(PeriodKind.MONTH, 20), publishing(PeriodKind.MONTH, 25)
    campaign = amended(adopted(plan(monthly)), plan(later), "2015-07-22")
    assert ever(campaign, "2015-07-22", "2015-08-01") == [("2015-07-26", "2015-06", "2015-07-25")]
    assert due(amended(campaign, plan(), "2015-07-23", 3), "2015-07-26") == []


def test_an_amendment_of_something_else_loses_no_publication() -> None:
    """It was due on the 21st, nothing ran, and on the 23rd the plan was amended."""
    monthly = publishing(PeriodKind.MONTH, 20)
    other = replace(plan(monthly), posting_months=13)
    assert due(amended(adopted(plan(monthly)), other, "2015-07-23"), "2015-07-24") == [("2015-06", "2015-07-20")]


def test_a_schedule_that_is_new_in_an_amendment_looks_ahead_only() -> None:
    campaign = amended(adopted(plan()), plan(publishing(PeriodKind.MONTH, 20)), "2015-07-23")
    assert due(campaign, "2015-07-24") == []
    assert due(campaign, "2015-08-21") == [("2015-07", "2015-08-20")]


@pytest.mark.parametrize(
    ("as_of", "left"), [("2015-07-20", False), ("2015-07-25", False), ("2015-07-10", True)], ids=str
)
def test_what_the_office_published_by_hand_is_not_published_again(as_of: str, left: bool) -> None:
    """Where it looked at less, the schedule's own day is published beside it."""
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    put_rulebook(campaign)
    campaign.community(households=60)
    campaign.send(replace(JUNE, as_of=date.fromisoformat(as_of)), "2015-07-26")
    assert (("2015-06", "2015-07-20") in due(campaign, "2015-07-27")) == left


def put_rulebook(campaign: Campaign) -> None:
    told = RulebookAdopted(rulebook=RULEBOOK, version=1, author="办公室", reason="施行")
    campaign.put(f"rulebook/{RULEBOOK.code}", told, "2015-06-10")


def lax(campaign: Campaign) -> None:
    """A rulebook of the office's own, of one indicator."""
    book = replace(RULEBOOK, code="lax", indicators=RULEBOOK.indicators[:1])
    told = RulebookAdopted(rulebook=book, version=1, author="办公室", reason="试验")
    campaign.put("rulebook/lax", told, "2015-06-10")


def test_what_was_published_under_another_rulebook_is_another_matter() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    put_rulebook(campaign)
    lax(campaign)
    campaign.community(households=60)
    campaign.send(replace(JUNE, rulebook="lax", as_of=date(2015, 7, 21)), "2015-07-22")
    assert ("2015-06", "2015-07-20") in due(campaign, "2015-07-22")


def test_the_day_that_a_plan_keeps_for_itself_is_published_as_it_says() -> None:
    """Else whoever asks first, on that very day, would have it published under other rules."""
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    put_rulebook(campaign)
    lax(campaign)
    campaign.plan(load_plan(STANDING))
    campaign.community(households=60)
    tighter = RulebookAdopted(rulebook=replace(RULEBOOK, grace_days=0), version=2, author="办公室", reason="收紧")
    campaign.put(f"rulebook/{RULEBOOK.code}", tighter, "2015-06-20")
    asked = replace(JUNE, as_of=date(2015, 7, 20))
    for other in (
        replace(asked, rulebook="lax"),
        replace(asked, plan="standing", rulebook="lax"),
        replace(asked, rulebook_version=1),
    ):
        with pytest.raises(Refused) as caught:
            campaign.send(other, "2015-07-20")
        assert caught.value.code == "kept_for_plan"
        assert_refusal_is_told(SERVICE, caught.value)
    campaign.send(asked, "2015-07-20")
    campaign.send(replace(asked, rulebook="lax", as_of=date(2015, 7, 19)), "2015-07-20")


def test_what_was_published_under_another_plan_is_another_matter() -> None:
    campaign = adopted(plan(publishing(PeriodKind.MONTH, 20)))
    put_rulebook(campaign)
    campaign.community(households=60)
    campaign.plan(load_plan(STANDING))
    campaign.send(replace(JUNE, plan="standing", as_of=date(2015, 7, 21)), "2015-07-22")
    assert ("2015-06", "2015-07-20") in due(campaign, "2015-07-22")


def test_the_plans_that_ship_do_not_get_into_each_other_s_way() -> None:
    campaign = Campaign()
    campaign.plan(PLAN)
    campaign.plan(load_plan(STANDING))
    day, seen = date(2015, 6, 1), {}
    while day < date(2017, 1, 1):
        for one in found(campaign, day.isoformat()):
            seen[one.key] = one.command
        day += timedelta(days=1)
    ids = [(one.period_kind, one.period, one.as_of) for one in seen.values()]
    assert len(set(ids)) == len(ids)
    of_campaign = {one.period_kind for one in seen.values() if one.plan == PLAN.code}
    assert of_campaign == {PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.PHASE, PeriodKind.YEAR}
    assert {one.given for built_in in (PLAN, load_plan(STANDING)) for one in built_in.publishing} == {Given.PROPOSAL}


def test_what_is_due_is_decided_as_though_the_office_had_asked() -> None:
    campaign = season()
    (june,) = [one for one in found(campaign, "2015-07-21") if one.command.period_kind is PeriodKind.MONTH]
    assert len(campaign.send(june.command, "2015-07-21", by=BY_ITSELF)) == 3
    assert june.command not in [one.command for one in found(campaign, "2015-07-22")]


def test_a_rulebook_that_is_not_in_force_is_refused() -> None:
    campaign = adopted(plan(replace(publishing(PeriodKind.MONTH, 20), rulebook="no-such")))
    (one,) = found(campaign, "2015-07-21")
    with pytest.raises(Refused) as caught:
        campaign.send(one.command, "2015-07-21", by=BY_ITSELF)
    assert caught.value.code == "unknown_rulebook"
    assert caught.value.code not in one.moot  # people must look at it
    assert caught.value.code in one.passing  # and then it is published


# what a plan may ask ----------------------------------------------------------------------------------------------


def mistakes(of: Plan) -> list[tuple[Any, str]]:
    return [(fault.at, fault.code) for fault in faults(of)]


def test_a_plan_cannot_have_any_two_days_published_nor_a_standing_one_phases() -> None:
    at = ("publishing", 0, "period_kind")
    assert mistakes(plan(publishing(PeriodKind.DATES, 1))) == [(at, "publishing_unfit")]
    assert mistakes(plan(publishing(PeriodKind.PHASE, 1))) == []
    standing = replace(load_plan(STANDING), publishing=(publishing(PeriodKind.PHASE, 1),))
    assert mistakes(standing) == [(at, "publishing_unfit")]
    campaign = adopted(plan())
    unfit = AmendPlan(plan=plan(publishing(PeriodKind.DATES, 1)), author="办公室", reason="调整")
    with pytest.raises(Refused) as caught:
        campaign.send(unfit, "2015-06-12")
    assert_refusal_is_told(SERVICE, caught.value)


def test_a_schedule_s_code_is_its_own() -> None:
    twice = plan(publishing(PeriodKind.MONTH, 1), publishing(PeriodKind.QUARTER, 1))
    assert mistakes(twice) == [(("publishing", 1, "code"), "repeated_code")]
    like_a_phase = plan(publishing(PeriodKind.MONTH, 1, code="1"))
    assert mistakes(like_a_phase) == [(("publishing", 0, "code"), "repeated_code")]
    assert PLAN.phases[0].code == "1"


# restating --------------------------------------------------------------------------------------------------------


def others(campaign: Campaign, today: str) -> Sequence[Timely]:
    return restatements(Looking(campaign), date.fromisoformat(today))


def published() -> Campaign:
    campaign = season()
    campaign.send(JUNE, "2015-07-07", by=BY_ITSELF)
    return campaign


def test_nothing_is_restated_where_nothing_has_changed() -> None:
    campaign = published()
    assert others(campaign, "2015-07-08") == []
    campaign.case("july", "2015-07-09")  # concerns no number of June
    assert others(campaign, "2015-07-10") == []


def test_a_late_entry_restates_what_it_changes_once_a_day() -> None:
    campaign = published()
    late = campaign.resolve("e5", "2015-06-25", recorded="2015-07-15")
    (one,) = others(campaign, "2015-07-16")
    assert one.key == "month-2015-06.2015-07-06/2015-07-16"
    restated = [campaign.written[at].event for at in campaign.send(one.command, "2015-07-16", by=BY_ITSELF)]
    assert {change.causes for event in restated for change in event.changes} == {(late,)}
    assert ("numerator", "5", "6") in {(c.number, c.before, c.after) for event in restated for c in event.changes}
    assert others(campaign, "2015-07-17") == []
    campaign.resolve("w0", "2015-06-26", recorded="2015-07-17")
    assert [one.key for one in others(campaign, "2015-07-18")] == ["month-2015-06.2015-07-06/2015-07-18"]


def test_a_late_entry_restates_a_score_however_old_it_is() -> None:
    campaign = published()
    campaign.case("next", "2019-03-01")
    assert others(campaign, "2019-03-02") == []
    late = campaign.resolve("e5", "2015-06-25", recorded="2019-03-03")
    (one,) = others(campaign, "2019-03-04")
    restated = [campaign.written[at].event for at in campaign.send(one.command, "2019-03-04", by=BY_ITSELF)]
    assert {change.causes for event in restated for change in event.changes} == {(late,)}
    assert others(campaign, "2019-03-05") == []


def test_what_the_plan_has_no_schedule_for_is_restated_too() -> None:
    campaign = season()
    any_days = replace(JUNE, period_kind=PeriodKind.DATES, period="2015-06-11_2015-06-30")
    campaign.send(any_days, "2015-07-07")
    campaign.resolve("e5", "2015-06-25", recorded="2015-07-15")
    assert [one.command.period for one in others(campaign, "2015-07-16")] == [any_days.period]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(streams(), later(), ASKED)
def test_what_tells_only_of_later_days_changes_no_score(
    parts: Parts, acts: list[Act], asked: tuple[Period, date]
) -> None:
    """So that an old publication is not worked out again for every new case."""
    campaign, as_of = written(parts), asked[1]
    for act in acts:
        act(campaign)
    now = campaign.evidence()
    of_those_days = [at for at, day in now.told() if day <= as_of]
    cut = max(of_those_days, default=-1)
    before, after = (score(RULEBOOK, PLAN, one, *asked, whole=WHOLE) for one in (now.before(cut), now))
    assert before == after


def test_a_community_that_was_registered_late_gets_its_score() -> None:
    campaign = published()
    campaign.community("410105010003", households=10, on="2015-06-20")
    (one,) = others(campaign, "2015-07-16")
    told = [campaign.written[at].event.score.subject for at in campaign.send(one.command, "2015-07-16")]
    assert told == [LOG, "410105010003"]


def test_other_rules_restate_nothing_by_themselves() -> None:
    """A late entry is scored by the rules under which the score was published; the office may apply the new ones."""
    campaign = published()
    lighter = tuple(replace(one, weight=2 * one.weight) for one in RULEBOOK.indicators)
    second = RulebookAdopted(
        rulebook=replace(RULEBOOK, indicators=lighter), version=2, author="办公室", reason="调整权重"
    )
    campaign.put(f"rulebook/{RULEBOOK.code}", second, "2015-07-10")
    amended(campaign, replace(PLAN, posting_months=13), "2015-07-10")
    assert others(campaign, "2015-07-16") == []
    campaign.resolve("e5", "2015-06-25", recorded="2015-07-17")
    (one,) = others(campaign, "2015-07-18")
    assert (one.command.plan_version, one.command.rulebook_version) == (1, 1)
    restated = [campaign.written[at].event for at in campaign.send(one.command, "2015-07-18", by=BY_ITSELF)]
    assert {(event.score.plan_version, event.score.rulebook_version) for event in restated} == {(1, 1)}
    by_hand = [campaign.written[at].event for at in campaign.send(JUNE, "2015-07-19")]
    assert {event.score.rulebook_version for event in by_hand} == {2}


def test_a_version_that_never_was_is_refused() -> None:
    campaign = published()
    for unknown, code in (
        (replace(JUNE, plan_version=9), "unknown_plan"),
        (replace(JUNE, rulebook_version=9), "unknown_rulebook"),
    ):
        with pytest.raises(Refused) as caught:
            campaign.send(unknown, "2015-07-16")
        assert caught.value.code == code


def test_an_appeal_that_leaves_something_out_restates_the_score() -> None:
    campaign = lodged()
    campaign.send(HEAR, "2015-11-02", "ap1", Actor(id="office-2", role="office"))
    assert others(campaign, "2015-11-03") == []
    campaign.send(UPHOLD, "2015-11-03", "ap1", Actor(id="office-2", role="office"))
    (one,) = others(campaign, "2015-11-04")
    assert len(campaign.send(one.command, "2015-11-04", by=BY_ITSELF)) == 2
    assert others(campaign, "2015-11-05") == []
