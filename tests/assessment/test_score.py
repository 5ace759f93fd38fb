"""Publishing scores (§3.3.5): what is published, when it is restated, and that an auditor gets the same again."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from pydantic import TypeAdapter

from services.assessment.commands import AdoptRulebook, PublishScores
from services.assessment.ledgers import scores
from services.assessment.scoring import publishing as score
from services.assessment.scoring.exact import figure
from services.assessment.scoring.recomputing import rescored
from services.assessment.scoring.restating import Restating
from services.assessment.service import SERVICE
from shared.contracts.assessment import (
    MOST_INDICATORS,
    Change,
    Figure,
    PeriodKind,
    RulebookAdopted,
    Score,
    ScorePublished,
    ScoreRestated,
)
from shared.contracts.codes import Profession
from shared.contracts.fields import LARGEST_INTEGER
from shared.contracts.intake import CaseCorrected, CaseVoided
from shared.contracts.model import Context, Refused
from tests.assessment.campaign import EAST, LOG, OFFICE, PLAN, RULEBOOK, WEST, Campaign, Looking, folded, moment
from tests.declarations import assert_refusal_is_told

JUNE = PublishScores(
    plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 6)
)
STREAM = "score/month-2015-06.2015-07-06"


def season() -> Campaign:
    """Two communities in June; the east settles 5 of 6 cases and files its minutes, the west does neither."""
    campaign = Campaign().adopt()
    for code in (EAST, WEST):
        campaign.community(code, households=60)
        campaign.post_all(code)
    campaign.cards(45, "2015-06-20")
    for number in range(6):
        campaign.case(f"e{number}", "2015-06-12")
        campaign.case(f"w{number}", "2015-06-12", WEST)
        if number < 5:
            campaign.resolve(f"e{number}", "2015-06-20")
    campaign.meet("2015-06", "2015-06-28")
    campaign.minutes("2015-06", "2015-07-03")
    return campaign


def decide(campaign: Campaign, command: PublishScores = JUNE, on: str = "2015-07-06") -> list[Any]:
    """What the office's command decides on the campaign as it stands, the score's own stream included."""
    look = Looking(campaign)
    accepts = score.DECIDER.accepts[0]
    assert accepts.id is not None
    assert accepts.facts is not None
    id = accepts.id(command)
    state = score.DECIDER.initial
    for one in campaign.recorded():
        if one.stream == f"score/{id}":
            state = score.DECIDER.evolve(state, one.event, one.occurred_at)
    known = accepts.facts(command, id, look)
    context = Context(id=id, at=moment(on, 17), now=moment(on, 17), by=OFFICE, command_id="c", log=LOG, facts=known)
    return list(score.DECIDER.decide(command, state, context))


def publish(campaign: Campaign, on: str = "2015-07-06") -> list[Any]:
    """Decide and write down."""
    events = decide(campaign, on=on)
    for event in events:
        campaign.put(STREAM, event, on)
    return events


def of(events: list[Any], subject: str) -> Score:
    found = next(event.score for event in events if event.score.subject == subject)
    assert isinstance(found, Score)
    return found


def test_a_score_is_published_for_the_whole_and_each_community_with_all_that_it_rests_on() -> None:
    campaign = season()
    events = decide(campaign)
    assert [type(event) for event in events] == [ScorePublished] * 3
    assert [event.score.subject for event in events] == [LOG, EAST, WEST]
    east = of(events, EAST)
    position = len(campaign.written) - 1
    assert (east.plan, east.plan_version, east.rulebook, east.rulebook_version) == (PLAN.code, 1, RULEBOOK.code, 1)
    assert (east.position, east.root, east.as_of) == (position, f"{position:064x}", date(2015, 7, 6))
    assert {one.code: (one.numerator, one.denominator) for one in east.indicators if one.points is not None} == {
        "four_roles": (1, 1), "early_ends": (0, 4), "must_visits": (0, 1), "contact_cards": (45, 60),
        "minutes_on_time": (1, 1), "resolve_rate": (5, 6), "studios": (0, 1), "major_fires": (0, 1),
    }  # fmt: skip
    # 7 + 4 + 0 + 4 × 3/4 + 7 + 15 × (5/6 ÷ 9/10) + 0 + 3 = 24 + 125/9
    assert (east.points.exact, east.points.decimal) == ("341/9", "37.8889")
    # of 7 + 4 + 10 + 4 + 7 + 15 + 4 + 3; of the rest there was nothing, or it was not due yet
    assert (east.possible.exact, east.per_cent) == ("54/1", "70.1646")
    assert (east.rankable, of(events, LOG).rankable) == (True, False)


def test_scores_published_under_one_plan_are_not_restated_under_another() -> None:
    campaign = season()
    publish(campaign)
    campaign.plan(replace(PLAN, code="another"))
    with pytest.raises(Refused) as caught:
        decide(campaign, replace(JUNE, plan="another"))
    assert (caught.value.code, caught.value.known) == ("published_under_another_plan", {"item": PLAN.code})
    later = replace(JUNE, plan="another", as_of=date(2015, 7, 7))
    assert {event.score.plan for event in decide(campaign, later, on="2015-07-07")} == {"another"}


def test_scores_published_under_one_rulebook_are_not_restated_under_another() -> None:
    campaign = season()
    publish(campaign)
    trial = AdoptRulebook(rulebook=replace(RULEBOOK, code="trial"), author="办公室", reason="试行")
    campaign.send(trial, "2015-07-06", id="trial")
    with pytest.raises(Refused) as caught:
        decide(campaign, replace(JUNE, rulebook="trial"))
    assert (caught.value.code, caught.value.field) == ("published_under_another_rulebook", "rulebook")
    assert_refusal_is_told(SERVICE, caught.value)
    later = replace(JUNE, rulebook="trial", as_of=date(2015, 7, 7))
    assert {event.score.rulebook for event in decide(campaign, later, on="2015-07-07")} == {"trial"}


def test_scores_that_were_published_by_another_rulebook_are_put_right_by_the_plan_s_own() -> None:
    """All of them: where no number is another, the score still says what it rests on now."""
    campaign = season()
    trial = AdoptRulebook(rulebook=replace(RULEBOOK, code="trial"), author="办公室", reason="试行")
    campaign.send(trial, "2015-07-06", id="trial")
    campaign.send(replace(JUNE, rulebook="trial"), on="2015-07-06")
    events = decide(campaign, JUNE)
    assert {type(event) for event in events} == {ScoreRestated}
    assert {event.score.rulebook for event in events} == {RULEBOOK.code}
    assert {event.score.subject for event in events} == {LOG, EAST, WEST}


def test_fewer_cases_than_the_rulebook_s_minimum_give_no_rank() -> None:
    campaign = Campaign().adopt()
    campaign.community(EAST)
    for number in range(4):
        campaign.case(f"e{number}", "2015-06-12")
    east = of(decide(campaign), EAST)
    resolve = next(one for one in east.indicators if one.code == "resolve_rate")
    assert (resolve.denominator, resolve.enough, east.rankable) == (4, False, False)


@pytest.mark.parametrize(
    ("command", "on", "code", "field"),
    [
        (replace(JUNE, plan="other"), "2015-07-06", "unknown_plan", "plan"),
        (replace(JUNE, rulebook="other"), "2015-07-06", "unknown_rulebook", "rulebook"),
        (replace(JUNE, period="2015-6"), "2015-07-06", "unknown_period", "period"),
        (replace(JUNE, period="2015-13"), "2015-07-06", "unknown_period", "period"),
        (replace(JUNE, period_kind=PeriodKind.PHASE, period="4"), "2015-07-06", "unknown_period", "period"),
        (JUNE, "2015-07-05", "as_of_in_future", "as_of"),
        (replace(JUNE, as_of=date(2015, 5, 31)), "2015-07-06", "period_not_begun", "as_of"),
        (
            replace(JUNE, period_kind=PeriodKind.DATES, period="2015-05-01_2015-05-31"),
            "2015-07-06",
            "no_communities",
            "period",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(command: PublishScores, on: str, code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        decide(season(), command, on)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_publishing_again_without_a_change_is_refused_even_when_the_log_has_grown() -> None:
    campaign = season()
    publish(campaign)
    campaign.case("later", "2015-07-06")
    campaign.case("e9", "2015-07-10")
    with pytest.raises(Refused) as caught:
        decide(campaign, on="2015-07-12")
    assert caught.value.code == "scores_unchanged"


def test_a_late_entry_leads_to_a_restatement_that_names_it_and_what_it_changed() -> None:
    campaign = season()
    first = publish(campaign)
    campaign.put("case/e5", CaseVoided(reason="误录"), "2015-07-20")
    voided = len(campaign.written) - 1
    campaign.resolve("w0", "2015-07-21")  # after the as-of day: changes nothing in June's score
    events = publish(campaign, "2015-07-22")
    assert [type(event) for event in events] == [ScoreRestated] * 2
    assert [event.score.subject for event in events] == [LOG, EAST]
    east = events[1]
    assert east.was == of(first, EAST)
    assert (
        Change(indicator="resolve_rate", number="denominator", before="6", after="5", causes=(voided,)) in east.changes
    )
    assert {change.causes for change in east.changes} == {(voided,)}
    # The family of the void case was owed a visit; without it there is nothing to be measured by visits.
    assert {change.number for change in east.changes if change.indicator is None} == {"points", "possible", "per_cent"}


def test_a_community_that_a_case_was_moved_to_or_from_is_restated_naming_the_correction() -> None:
    campaign = season()
    publish(campaign)
    campaign.put("case/e0", CaseCorrected(reason="社区有误", community=WEST), "2015-07-20")
    corrected = len(campaign.written) - 1
    events = publish(campaign, "2015-07-22")
    # Of the whole's numbers none has changed.
    assert [event.score.subject for event in events] == [EAST, WEST]
    assert all(change.causes == (corrected,) for event in events for change in event.changes)


def test_a_new_rulebook_restates_and_is_named_as_the_cause() -> None:
    campaign = season()
    publish(campaign)
    heavier = replace(
        RULEBOOK,
        indicators=tuple(replace(one, weight="30") if one.code == "four_roles" else one for one in RULEBOOK.indicators),
    )
    adopted = RulebookAdopted(rulebook=heavier, version=2, author="综治办", reason="调整权重")
    position = campaign.put(f"rulebook/{RULEBOOK.code}", adopted, "2015-07-20")
    events = publish(campaign, "2015-07-22")
    assert {event.score.rulebook_version for event in events} == {2}
    assert {change.causes for event in events for change in event.changes} == {(position,)}


def test_a_second_restatement_starts_from_the_first() -> None:
    campaign = season()
    publish(campaign)
    campaign.resolve("e5", "2015-06-25", recorded="2015-07-20")
    second = publish(campaign, "2015-07-20")
    campaign.put("case/e5", CaseVoided(reason="误录"), "2015-07-25")
    third = publish(campaign, "2015-07-25")
    assert next(event for event in third if event.score.subject == EAST).was == of(second, EAST)
    assert of(third, EAST).position > of(second, EAST).position


# the ledger -----------------------------------------------------------------------------------------------------


def test_the_ledger_holds_the_last_word_and_counts_restatements() -> None:
    campaign = season()
    publish(campaign)
    campaign.resolve("e5", "2015-06-25", recorded="2015-07-20")
    publish(campaign, "2015-07-20")
    rows = folded(scores.LEDGER, campaign.recorded())
    assert sorted(rows) == [f"month-2015-06.2015-07-06.{code}" for code in (LOG, EAST, WEST)]
    east, west = rows[f"month-2015-06.2015-07-06.{EAST}"], rows[f"month-2015-06.2015-07-06.{WEST}"]
    assert (east.restatements, west.restatements) == (1, 0)
    assert east.published_at == moment("2015-07-06")
    assert east.restated_at == moment("2015-07-20")
    assert next(one for one in east.indicators if one.code == "resolve_rate").numerator == 6


# limits ---------------------------------------------------------------------------------------------------------


def test_the_longest_rulebook_s_scores_and_restatements_keep_to_the_contract() -> None:
    """A hundred indicators whose targets have no common factor, and then a hundred others in their place."""
    settled = next(one for one in RULEBOOK.indicators if one.code == "resolve_rate")
    primes = [number for number in range(8_401, 9_999) if all(number % divisor for divisor in range(2, 100))]
    campaign = season()
    for version, letter in enumerate("ab", 2):
        indicators = tuple(
            replace(settled, code=f"{letter}{number}", target=f"0.{target}", weight="1")
            for number, target in enumerate(primes[:MOST_INDICATORS])
        )
        campaign.put(
            f"rulebook/{RULEBOOK.code}",
            RulebookAdopted(
                rulebook=replace(RULEBOOK, indicators=indicators), version=version, author="办公室", reason="试验"
            ),
            "2015-07-01",
        )
        events = publish(campaign)
        for event in events:
            assert TypeAdapter(type(event)).validate_json(msgspec.json.encode(event)) == event
    assert max(len(event.score.points.exact) for event in events) > 700
    assert max(len(event.changes) for event in events) > 2_000


def test_a_sum_of_the_largest_numbers_is_no_longer_than_a_figure_may_be() -> None:
    """Denominators as large as a count may be, a target of four places for each, and a weight of twelve digits."""
    primes = [number for number in range(5_001, 10_000, 2) if all(number % divisor for divisor in range(3, 100, 2))]
    weight, points = Fraction("999999999999.9999"), Fraction(0)
    for place in range(MOST_INDICATORS):
        denominator = LARGEST_INTEGER - 2 * place
        points += weight * Fraction(denominator - 1, denominator) / Fraction(f"0.{primes[place]}")
    assert len(figure(points).exact) > 3_500
    for number in (points, MOST_INDICATORS * weight):
        assert TypeAdapter(Figure).validate_python(figure(number)) == figure(number)


# the audit ------------------------------------------------------------------------------------------------------


def recomputed(campaign: Campaign, event: Any) -> Any:
    scorer = SERVICE.scorer
    assert scorer is not None
    position, _ = scorer.names(event)
    rows = campaign.rows(up_to=position)
    wanted = {ledger.name: rows[ledger.name] for ledger in scorer.ledgers}
    return scorer.rescored(wanted, position, f"{position:064x}")(event)


def test_every_published_score_is_recomputed_from_its_prefix_digit_for_digit() -> None:
    campaign = season()
    events = publish(campaign)
    campaign.put("case/e5", CaseVoided(reason="误录"), "2015-07-20")
    campaign.post("judge-9", Profession.JUDGE, "2015-07-20")
    events += publish(campaign, "2015-07-22")
    assert len(events) == 5
    for event in events:
        assert recomputed(campaign, event) == event


def test_an_auditor_works_a_publication_out_once_for_all_its_institutions(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[Restating] = []

    def counted(basis: Restating, position: int, root: str) -> list[Score]:
        worked_out.append(basis)
        return score.scores(basis, position, root)

    monkeypatch.setattr("services.assessment.scoring.recomputing.scores", counted)
    campaign = season()
    events = publish(campaign)
    position = events[0].score.position
    again = rescored(campaign.rows(up_to=position), position, f"{position:064x}")
    assert [again(event) for event in events] == events
    assert len(events) == 3
    assert len(worked_out) == 1


def test_a_score_that_was_altered_is_not_what_the_auditor_gets() -> None:
    campaign = season()
    published = publish(campaign)[1]
    flattered = replace(published, score=replace(published.score, per_cent="99.0000"))
    assert recomputed(campaign, flattered) == published
    other_root = replace(published, score=replace(published.score, root="f" * 64))
    assert recomputed(campaign, other_root) != other_root


def test_a_score_of_nobody_known_cannot_be_recomputed() -> None:
    campaign = season()
    published = publish(campaign)[1]
    with pytest.raises(LookupError):
        recomputed(campaign, replace(published, score=replace(published.score, subject="410105010099")))
    with pytest.raises(LookupError):
        recomputed(campaign, replace(published, score=replace(published.score, rulebook_version=7)))
