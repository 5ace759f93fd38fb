"""An appeal's whole life (§3.3.5): lodged in time, heard and decided by others than scored; what it amends."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal, VoidSupervision
from services.assessment.ledgers import appeal_results, took_part
from services.assessment.ledgers.appeal_results import reaches
from services.assessment.rules.periods import period
from services.assessment.scoring.measuring import EXCUSED, Institution, explain
from services.assessment.scoring.recomputing import rescored
from services.assessment.service import SERVICE
from shared.contracts.assessment import Comparison, Period, PeriodKind, RulebookAdopted, ScoreRestated
from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    Excused,
    Finding,
    ScoreAppealed,
    SurveyConcluded,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.assignment import CommunityCorrected
from shared.contracts.codes import Basis
from shared.contracts.event import Actor
from shared.contracts.intake_entries import FireGrade, MajorFireReported
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, LOG, OFFICE, PLAN, RULEBOOK, WEST, WHOLE, Campaign, folded, month
from tests.assessment.test_score import JUNE, season
from tests.declarations import assert_refusal_is_told

PUBLICATION = "month-2015-06.2015-07-06"
CLERK = Actor(id="clerk-1", role="clerk")
OTHER = Actor(id="office-2", role="office")
"""Of the office, and had no part in the scores."""
APPEAL = AppealScore(community=EAST, publication=PUBLICATION, indicator="resolve_rate", grounds="sealed:g")
HEAR = HearAppeal(heard_by="虚构的领导小组", account="sealed:a")
UNSETTLED = Excused(indicator="resolve_rate", table="cases", member="e5")
WHOLLY = replace(APPEAL, indicator=None)
"""Against the score with all its indicators."""
UPHOLD = DecideAppeal(finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED,))
QUARTER = PublishScores(
    plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=PeriodKind.QUARTER, period="2015-Q2", as_of=date(2015, 7, 6)
)


def published() -> Campaign:
    campaign = season()
    campaign.send(JUNE, "2015-07-07")
    return campaign


def lodged(campaign: Campaign | None = None, appeal: AppealScore = APPEAL) -> Campaign:
    campaign = campaign or published()
    campaign.send(appeal, "2015-07-10", "ap1", CLERK)
    return campaign


def decided(command: DecideAppeal = UPHOLD) -> Campaign:
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    campaign.send(command, "2015-07-14", "ap1", OTHER)
    return campaign


def refused(
    campaign: Campaign, command: Any, by: Actor, on: str = "2015-07-14", id: str = "ap1", recorded: str | None = None
) -> Refused:
    """A refusal, which has its sentences, and leaves everything as it was."""
    before = list(campaign.written)
    with pytest.raises(Refused) as caught:
        campaign.send(command, on, id, by, recorded)
    assert campaign.written == before
    assert_refusal_is_told(SERVICE, caught.value)
    return caught.value


def resolved(campaign: Campaign, code: str = EAST) -> tuple[int, int, int, int]:
    """Numerator, denominator, what is left out, unadjusted denominator."""
    one = campaign.indicator("resolve_rate", month("2015-06"), "2015-07-06", code)
    return one.numerator, one.denominator, one.excluded, one.unadjusted_denominator


def test_an_appeal_is_lodged_heard_and_decided_with_reasons() -> None:
    campaign = decided()
    *_, lodging, hearing, decision = (one.event for one in campaign.written)
    assert lodging == ScoreAppealed(
        community=EAST, publication=PUBLICATION, indicator="resolve_rate", grounds="sealed:g"
    )
    assert hearing == AppealHeard(heard_by="虚构的领导小组", account="sealed:a")
    assert decision == AppealDecided(
        finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED,),
        excused_in=month("2015-06"),
    )  # fmt: skip
    (row,) = campaign.rows()["appeals"]
    assert (row.finding, row.heard_by, row.excused) == (Finding.UPHELD, "虚构的领导小组", (UNSETTLED,))
    assert refused(campaign, UPHOLD, OTHER, on="2015-07-15").code == "entry_not_now"


def test_only_what_was_published_is_appealed_against_and_by_an_indicator_that_it_has() -> None:
    campaign = published()
    other = AppealScore(community=EAST, publication="month-2015-07.2015-08-06", grounds="sealed:g")
    assert refused(campaign, other, CLERK).code == "unknown_publication"
    nothing = AppealScore(community=EAST, publication=PUBLICATION, indicator="nothing", grounds="sealed:g")
    assert refused(campaign, nothing, CLERK).code == "unknown_indicator"
    nobody = AppealScore(community="410105010009", publication=PUBLICATION, grounds="sealed:g")
    assert refused(campaign, nobody, CLERK).code == "unknown_community"


def test_an_appeal_comes_within_thirty_days_of_what_it_is_against() -> None:
    late = refused(published(), APPEAL, CLERK, on="2015-08-07")
    assert (late.code, late.known) == ("appeal_too_late", {"last_day": "2015-08-06"})
    published().send(APPEAL, "2015-08-06", "ap1", CLERK)
    restated = published()
    restated.resolve("e5", "2015-06-25", recorded="2015-08-01")
    restated.send(JUNE, "2015-08-02")
    restated.send(APPEAL, "2015-09-01", "ap1", CLERK)  # there is a new rate to appeal against
    assert refused(restated, APPEAL, CLERK, on="2015-09-02", id="ap2").known == {"last_day": "2015-09-01"}
    for other in ("four_roles", None):  # which the restatement has left as they were, or is not all there is
        late = refused(restated, replace(APPEAL, indicator=other), CLERK, on="2015-08-07", id="ap2")
        assert (late.code, late.known) == ("appeal_too_late", {"last_day": "2015-08-06"})


def test_what_another_restatement_left_alone_is_not_opened_by_it_again() -> None:
    campaign = published()
    campaign.resolve("e5", "2015-06-25", recorded="2015-07-10")
    campaign.send(JUNE, "2015-07-10")
    corrected = CommunityCorrected(code=EAST, reason="sealed:r", name=None, grids=None, households=61)
    campaign.put(f"community/{EAST}", corrected, "2015-08-05")
    assert campaign.send(JUNE, "2015-08-05")
    assert refused(campaign, APPEAL, CLERK, on="2015-08-10").known == {"last_day": "2015-08-09"}
    campaign.send(replace(APPEAL, indicator="contact_cards"), "2015-09-04", "ap1", CLERK)


def test_the_day_that_an_appeal_names_does_not_make_it_earlier() -> None:
    late = refused(published(), APPEAL, CLERK, on="2015-08-01", recorded="2015-08-07")
    assert (late.code, late.known) == ("appeal_too_late", {"last_day": "2015-08-06"})
    published().send(APPEAL, "2015-08-01", "ap1", CLERK, "2015-08-06")


def test_an_appeal_that_is_taken_over_from_paper_is_judged_by_the_day_written_there_and_says_so() -> None:
    paper = replace(APPEAL, basis=Basis.PAPER_LEDGER)
    campaign = published()
    campaign.send(paper, "2015-08-06", "ap1", CLERK, "2015-09-30")
    assert campaign.written[-1].event.basis is Basis.PAPER_LEDGER
    assert refused(published(), paper, CLERK, on="2015-08-07", recorded="2015-09-30").code == "appeal_too_late"


def test_time_to_appeal_begins_when_the_score_was_really_stated() -> None:
    """The office says that it was published on 7 July, and the log took it on 20 July."""
    campaign = season()
    campaign.send(JUNE, "2015-07-07", recorded="2015-07-20")
    campaign.send(APPEAL, "2015-08-19", "ap1", CLERK)
    assert refused(campaign, APPEAL, CLERK, on="2015-08-20", id="ap2").known == {"last_day": "2015-08-19"}


def test_no_appeal_is_dated_before_there_was_a_score() -> None:
    early = refused(published(), APPEAL, CLERK, on="2015-07-06", recorded="2015-07-10")
    assert (early.code, early.field, early.known) == (
        "before_published", "occurred_at", {"published_on": "2015-07-07"}
    )  # fmt: skip
    published().send(APPEAL, "2015-07-07", "ap1", CLERK)


def test_it_is_decided_only_when_it_was_heard() -> None:
    assert refused(lodged(), UPHOLD, OTHER).code == "entry_not_now"
    assert refused(published(), HEAR, OTHER, id="ap9").code == "unknown_entry"
    assert refused(published(), UPHOLD, OTHER, id="ap9").code == "unknown_entry"


def test_whoever_published_or_restated_the_score_neither_hears_nor_decides_the_appeal() -> None:
    restating = Actor(id="office-3", role="office")
    campaign = published()
    campaign.resolve("w0", "2015-06-25", recorded="2015-07-08")
    campaign.send(JUNE, "2015-07-08", by=restating)
    lodged(campaign)
    for who in (OFFICE, restating):
        assert refused(campaign, HEAR, who, on="2015-07-13").code == "scored_it"
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    for who in (OFFICE, restating):
        assert refused(campaign, UPHOLD, who).code == "scored_it"
    campaign.send(UPHOLD, "2015-07-14", "ap1", Actor(id="office-4", role="office"))


def test_whoever_lodged_it_neither_hears_nor_decides_it() -> None:
    campaign = published()
    campaign.send(APPEAL, "2015-07-10", "ap1", OTHER)  # the office may lodge it for the community
    assert refused(campaign, HEAR, OTHER).code == "lodged_it"
    campaign.send(HEAR, "2015-07-13", "ap1", Actor(id="office-3", role="office"))
    assert refused(campaign, UPHOLD, OTHER).code == "lodged_it"


def test_who_acts_for_them_or_for_whom_they_acted_has_had_the_same_part() -> None:
    campaign = season()
    campaign.send(JUNE, "2015-07-07", by=Actor(id="office-1", role="office", on_behalf_of="office-7"))
    campaign.send(APPEAL, "2015-07-10", "ap1", Actor(id="office-2", role="office", on_behalf_of="clerk-1"))
    scored = (
        Actor(id="office-7", role="office"), Actor(id="office-8", role="office", on_behalf_of="office-1"),
        Actor(id="office-8", role="office", on_behalf_of="office-7"),
    )  # fmt: skip
    for_clerk = Actor(id="office-9", role="office", on_behalf_of="clerk-1")
    for who in scored:
        assert refused(campaign, HEAR, who).code == "scored_it"
    assert refused(campaign, HEAR, for_clerk).code == "lodged_it"
    campaign.send(HEAR, "2015-07-13", "ap1", Actor(id="office-9", role="office"))
    void = VoidSupervision(reason="sealed:r")
    for who in scored:
        assert refused(campaign, UPHOLD, who).code == "scored_it"
        assert refused(campaign, void, who).code == "scored_it"
    assert refused(campaign, UPHOLD, for_clerk).code == "lodged_it"


def test_what_is_published_by_itself_may_be_heard_by_anybody_of_the_office() -> None:
    campaign = season()
    campaign.send(JUNE, "2015-07-07", by=Actor(id="service:assessment", role="service"))
    lodged(campaign).send(HEAR, "2015-07-13", "ap1", OFFICE)


def test_a_dismissed_appeal_leaves_nothing_out_and_changes_nothing() -> None:
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    told: dict[str, Any] = {"decided_by": "虚构的领导小组", "decision": "sealed:d"}
    dismissal = DecideAppeal(finding=Finding.DISMISSED, **told, excused=(UNSETTLED,))
    assert refused(campaign, dismissal, OTHER).code == "nothing_to_excuse"
    before = campaign.scores(month("2015-06"), "2015-07-06")
    campaign.send(DecideAppeal(finding=Finding.DISMISSED, **told), "2015-07-14", "ap1", OTHER)
    assert campaign.scores(month("2015-06"), "2015-07-06") == before
    with pytest.raises(Refused, match="scores_unchanged"):
        campaign.send(JUNE, "2015-07-15")


@pytest.mark.parametrize(
    "not_there",
    [
        Excused(indicator="resolve_rate", table="cases", member="w0"),  # another community's
        Excused(indicator="resolve_rate", table="cases", member="e99"),
        Excused(indicator="resolve_rate", table="visits", member="e5"),
        Excused(indicator="stability", table="cases", member="e5"),  # it was never handed down
        Excused(indicator="nothing", table="cases", member="e5"),
        Excused(indicator="reported", table="cases", member="e5"),  # a count, which has no denominator
    ],
    ids=lambda one: f"{one.indicator}-{one.table}-{one.member}",
)
def test_only_a_member_of_the_community_s_own_denominator_can_be_left_out(not_there: Excused) -> None:
    campaign = lodged(appeal=WHOLLY)
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    command = DecideAppeal(
        finding=Finding.PARTLY, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED, not_there)
    )
    told = refused(campaign, command, OTHER)
    assert (told.code, told.known) == (
        "unknown_member", {"indicator": not_there.indicator, "member": not_there.member}
    )  # fmt: skip


def test_what_counts_for_the_community_is_not_left_out() -> None:
    """It would only lower its rate: e0 was resolved."""
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    resolved_case = Excused(indicator="resolve_rate", table="cases", member="e0")
    command = replace(UPHOLD, excused=(UNSETTLED, resolved_case))
    told = refused(campaign, command, OTHER)
    assert (told.code, told.field) == ("nothing_to_excuse", "excused")


def test_of_what_is_added_up_the_part_that_pulls_the_rate_down_may_be_left_out() -> None:
    """Two surveys: 96 of 100 know of it, and 40 of 100."""
    campaign = season()
    for id, positive in (("good", 96), ("poor", 40)):
        survey = SurveyConcluded(
            community=EAST, survey=SurveyKind.AWARENESS, method=SurveyMethod.DOOR, sample=100, valid=100,
            positive=positive,
        )  # fmt: skip
        campaign.put(f"supervision/{id}", survey, "2015-06-20")
    campaign.send(JUNE, "2015-07-07")
    lodged(campaign, WHOLLY).send(HEAR, "2015-07-13", "ap1", OTHER)
    good, poor = (
        replace(UPHOLD, excused=(Excused(indicator="awareness", table="deeds", member=f"supervision/{id}"),))
        for id in ("good", "poor")
    )
    assert refused(campaign, good, OTHER).code == "nothing_to_excuse"
    campaign.send(poor, "2015-07-14", "ap1", OTHER)
    assert campaign.indicator("awareness", month("2015-06"), "2015-07-06").rate == "0.9600"


@pytest.mark.parametrize(("comparison", "allowed"), [("at_least", False), ("below", True)])
def test_where_little_is_good_it_is_the_members_of_the_numerator_that_may_be_left_out(
    comparison: str, allowed: bool
) -> None:
    """The same cases, under a rulebook whose rate is to stay below its target."""
    rules = tuple(
        replace(one, comparison=Comparison(comparison)) if one.code == "resolve_rate" else one
        for one in RULEBOOK.indicators
    )
    campaign = season()
    changed = RulebookAdopted(rulebook=replace(RULEBOOK, indicators=rules), version=2, author="办公室", reason="试验")
    campaign.put(f"rulebook/{RULEBOOK.code}", changed, "2015-07-01")
    campaign.send(JUNE, "2015-07-07")
    lodged(campaign).send(HEAR, "2015-07-13", "ap1", OTHER)
    counted, uncounted = (
        replace(UPHOLD, excused=(Excused(indicator="resolve_rate", table="cases", member=case),))
        for case in ("e0", "e5")
    )
    assert refused(campaign, uncounted if allowed else counted, OTHER).code == "nothing_to_excuse"
    campaign.send(counted if allowed else uncounted, "2015-07-14", "ap1", OTHER)


def test_what_is_left_out_once_cannot_be_left_out_again() -> None:
    campaign = decided()
    campaign.send(APPEAL, "2015-07-20", "ap2", CLERK)
    campaign.send(HEAR, "2015-07-21", "ap2", OTHER)
    assert refused(campaign, UPHOLD, OTHER, on="2015-07-22", id="ap2").code == "unknown_member"


def test_an_appeal_against_one_indicator_leaves_nothing_out_of_another() -> None:
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    other = Excused(indicator="contact_cards", table="communities", member=EAST)
    told = refused(campaign, replace(UPHOLD, excused=(UNSETTLED, other)), OTHER)
    assert (told.code, told.known["indicator"]) == ("not_appealed_against", "contact_cards")


def test_what_must_not_happen_is_not_excused() -> None:
    """The fire would still have happened; the community would only be measured by it no more."""
    campaign = season()
    burnt = MajorFireReported(
        community=EAST, grade=FireGrade.MAJOR, place="示例商铺", dead=0, injured=0, loss_fen=None
    )  # fmt: skip
    campaign.put("finding/fire", burnt, "2015-06-20")
    campaign.send(JUNE, "2015-07-07")
    assert campaign.indicator("major_fires", month("2015-06"), "2015-07-06").numerator == 1
    lodged(campaign, WHOLLY).send(HEAR, "2015-07-13", "ap1", OTHER)
    fire = Excused(indicator="major_fires", table="communities", member=EAST)
    assert refused(campaign, replace(UPHOLD, excused=(fire,)), OTHER).code == "not_excusable"


def test_a_state_is_excused_in_the_period_that_was_appealed_against_and_in_no_other() -> None:
    campaign = season()
    for command in (JUNE, QUARTER):
        campaign.send(command, "2015-07-07")
    lodged(campaign, WHOLLY).send(HEAR, "2015-07-13", "ap1", OTHER)
    cards = Excused(indicator="contact_cards", table="communities", member=EAST)
    campaign.send(replace(UPHOLD, excused=(cards,)), "2015-07-14", "ap1", OTHER)

    def households(of: Period, as_of: str) -> int:
        return campaign.indicator("contact_cards", of, as_of).denominator

    assert households(month("2015-06"), "2015-07-06") == 0
    assert households(month("2015-06"), "2015-08-06") == 0  # looked at on another day, it is the same month
    assert households(month("2015-07"), "2015-08-06") == 60
    assert households(period(PeriodKind.QUARTER, "2015-Q2", PLAN), "2015-07-06") == 60
    assert campaign.indicator("studios", month("2015-06"), "2015-07-06").denominator == 1
    assert campaign.send(JUNE, "2015-07-15")
    with pytest.raises(Refused, match="scores_unchanged"):
        campaign.send(QUARTER, "2015-07-15")


@pytest.mark.parametrize(
    ("kind", "name", "excused"),
    [
        (PeriodKind.MONTH, "2015-06", True), (PeriodKind.QUARTER, "2015-Q2", True), (PeriodKind.YEAR, "2015", True),
        (PeriodKind.PHASE, "2", True), (PeriodKind.DATES, "2015-06-30_2015-07-31", True),
        (PeriodKind.MONTH, "2015-07", False), (PeriodKind.MONTH, "2015-05", False),
        (PeriodKind.QUARTER, "2015-Q3", False), (PeriodKind.PHASE, "3", False), (PeriodKind.YEAR, "2016", False),
    ],
)  # fmt: skip
def test_what_happened_is_excused_in_every_period_that_has_days_of_the_one_appealed_against(
    kind: PeriodKind, name: str, excused: bool
) -> None:
    row = folded(appeal_results.LEDGER, decided().recorded())["ap1"]
    assert reaches(row, "cases", period(kind, name, PLAN)) is excused


def test_an_upheld_appeal_takes_its_member_out_and_nothing_else() -> None:
    before, after = lodged(), decided()
    assert resolved(before) == (5, 6, 0, 6)
    assert resolved(after) == (5, 5, 1, 6)
    assert resolved(after, LOG) == (5, 11, 1, 12)
    assert resolved(after, WEST) == resolved(before, WEST) == (0, 6, 0, 6)
    quarter = [one.indicator("resolve_rate", month("2015-07"), "2015-08-06") for one in (before, after)]
    assert quarter[0] == quarter[1]  # it is no member there
    others = [
        {one.code: one for one in made.tally(month("2015-06"), "2015-07-06").indicators if one.code != "resolve_rate"}
        for made in (before, after)
    ]
    assert others[0] == others[1]


def test_the_exclusion_says_why_and_names_the_decision() -> None:
    campaign = decided()
    made = explain(RULEBOOK, PLAN, campaign.evidence(), month("2015-06"), date(2015, 7, 6), whole=WHOLE)
    for subject in (Institution(EAST), WHOLE):
        measured = next(one for one in made[subject] if one.indicator.code == "resolve_rate")
        ((why, item),) = measured.excluded
        assert (why, why.code, item.key) == (EXCUSED, "excused_on_appeal", "e5")
        assert campaign.written[item.marks[-1].position].event.NAME == AppealDecided.NAME


def test_the_rulebook_s_own_exclusion_goes_before() -> None:
    campaign = decided()
    campaign.refer("e5", "2015-06-25", outside=True)
    made = explain(RULEBOOK, PLAN, campaign.evidence(), month("2015-06"), date(2015, 7, 6), whole=None)
    measured = next(one for one in made[Institution(EAST)] if one.indicator.code == "resolve_rate")
    assert [why.code for why, _ in measured.excluded] == ["referred_outside"]


def test_the_score_is_restated_in_every_period_and_names_the_decision_as_the_cause() -> None:
    campaign = season()
    for command in (JUNE, QUARTER):
        campaign.send(command, "2015-07-07")
    lodged(campaign).send(HEAR, "2015-07-13", "ap1", OTHER)
    (decision,) = campaign.send(UPHOLD, "2015-07-14", "ap1", OTHER)
    for command in (JUNE, QUARTER):
        restated = [campaign.written[at].event for at in campaign.send(command, "2015-07-15")]
        assert {type(event) for event in restated} == {ScoreRestated}
        assert {event.score.subject for event in restated} == {LOG, EAST}
        for event in restated:
            assert event.changes
            assert {change.causes for change in event.changes} == {(decision,)}
            assert {change.indicator for change in event.changes} <= {"resolve_rate", None}
        east = next(event for event in restated if event.score.subject == EAST)
        told = {(one.number, one.before, one.after) for one in east.changes if one.indicator == "resolve_rate"}
        assert {("denominator", "6", "5"), ("excluded", "0", "1")} <= told
        assert not {"unadjusted_numerator", "unadjusted_denominator"} & {number for number, *_ in told}


def test_a_decision_made_void_takes_it_back_and_is_named_for_it() -> None:
    campaign = decided()
    campaign.send(JUNE, "2015-07-15")
    (void,) = campaign.send(VoidSupervision(reason="误录"), "2015-07-16", "ap1", OTHER)
    assert resolved(campaign) == (5, 6, 0, 6)
    back = [campaign.written[at].event for at in campaign.send(JUNE, "2015-07-17")]
    assert {event.score.subject for event in back} == {LOG, EAST}
    assert {change.causes for event in back for change in event.changes} == {(void,)}


def test_whoever_published_the_score_cannot_make_the_appeal_or_its_decision_void() -> None:
    void = VoidSupervision(reason="不予采信")
    for campaign in (lodged(), decided()):
        assert refused(campaign, void, OFFICE, on="2015-07-16").code == "scored_it"
        campaign.send(void, "2015-07-16", "ap1", OTHER)


def test_another_late_event_about_another_member_is_a_cause_of_its_own() -> None:
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    settled = campaign.resolve("w0", "2015-06-25", recorded="2015-07-14")
    (decision,) = campaign.send(UPHOLD, "2015-07-14", "ap1", OTHER)
    restated = {e.score.subject: e for at in campaign.send(JUNE, "2015-07-15") for e in [campaign.written[at].event]}
    causes = {
        subject: {at for change in event.changes if change.indicator == "resolve_rate" for at in change.causes}
        for subject, event in restated.items()
    }
    assert causes == {LOG: {settled, decision}, EAST: {decision}, WEST: {settled}}


def test_an_auditor_gets_the_amended_scores_again() -> None:
    campaign = decided()
    for at in campaign.send(JUNE, "2015-07-15"):
        event = campaign.written[at].event
        rows = campaign.rows(up_to=event.score.position)
        assert rescored(rows, event.score.position, event.score.root)(event) == event


def test_the_ledgers_know_what_was_left_out_and_who_had_a_part() -> None:
    taken = decided().recorded()
    row = folded(appeal_results.LEDGER, taken)["ap1"]
    assert (row.community, row.publication, row.excused) == (EAST, PUBLICATION, (UNSETTLED,))
    assert (row.indicator, row.excused_in) == ("resolve_rate", month("2015-06"))
    assert [mark.what for mark in row.marks] == ["lodged", "excused"]
    assert {key: one.who for key, one in folded(took_part.LEDGER, taken).items()} == {
        f"score/{PUBLICATION}": ("office-1",), "supervision/ap1": ("clerk-1",),
    }  # fmt: skip
