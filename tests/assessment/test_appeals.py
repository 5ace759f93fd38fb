"""An appeal's whole life (§3.3.5): lodged in time, heard and decided by others than scored; what it amends."""

from datetime import date
from typing import Any

import pytest

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal, VoidSupervision
from services.assessment.ledgers import appeal_results, took_part
from services.assessment.rescoring import recompute
from services.assessment.scoring import EXCUSED, Institution, explain
from services.assessment.service import SERVICE
from shared.contracts.assessment import PeriodKind, ScoreRestated
from shared.contracts.assessment_entries import AppealDecided, AppealHeard, Excused, Finding, ScoreAppealed
from shared.contracts.event import Actor
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
UPHOLD = DecideAppeal(finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED,))
QUARTER = PublishScores(
    plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=PeriodKind.QUARTER, period="2015-Q2", as_of=date(2015, 7, 6)
)


def published() -> Campaign:
    campaign = season()
    campaign.send(JUNE, "2015-07-07")
    return campaign


def lodged(campaign: Campaign | None = None) -> Campaign:
    campaign = campaign or published()
    campaign.send(APPEAL, "2015-07-10", "ap1", CLERK)
    return campaign


def decided(command: DecideAppeal = UPHOLD) -> Campaign:
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    campaign.send(command, "2015-07-14", "ap1", OTHER)
    return campaign


def refused(campaign: Campaign, command: Any, by: Actor, on: str = "2015-07-14", id: str = "ap1") -> Refused:
    """A refusal, which has its sentences, and leaves everything as it was."""
    before = list(campaign.written)
    with pytest.raises(Refused) as caught:
        campaign.send(command, on, id, by)
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
        finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED,)
    )
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
    restated.send(APPEAL, "2015-08-07", "ap1", CLERK)  # there is a new score to appeal against


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
    campaign = lodged()
    campaign.send(HEAR, "2015-07-13", "ap1", OTHER)
    command = DecideAppeal(
        finding=Finding.PARTLY, decided_by="虚构的领导小组", decision="sealed:d", excused=(UNSETTLED, not_there)
    )
    told = refused(campaign, command, OTHER)
    assert (told.code, told.known) == (
        "unknown_member", {"indicator": not_there.indicator, "member": not_there.member}
    )  # fmt: skip


def test_what_is_left_out_once_cannot_be_left_out_again() -> None:
    campaign = decided()
    campaign.send(APPEAL, "2015-07-20", "ap2", CLERK)
    campaign.send(HEAR, "2015-07-21", "ap2", OTHER)
    assert refused(campaign, UPHOLD, OTHER, on="2015-07-22", id="ap2").code == "unknown_member"


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
        assert recompute(event, rows, event.score.position, event.score.root) == event


def test_the_ledgers_know_what_was_left_out_and_who_had_a_part() -> None:
    taken = decided().recorded()
    row = folded(appeal_results.LEDGER, taken)["ap1"]
    assert (row.community, row.publication, row.excused) == (EAST, PUBLICATION, (UNSETTLED,))
    assert [mark.what for mark in row.marks] == ["lodged", "excused"]
    assert {key: one.who for key, one in folded(took_part.LEDGER, taken).items()} == {
        f"score/{PUBLICATION}": ("office-1",), "supervision/ap1": ("clerk-1",),
    }  # fmt: skip
