"""Restatements (§3.3.5): for every indicator, a late event, the notice, the event that it names, and both numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pytest

from services.assessment.commands import PublishScores
from services.assessment.ledgers import deeds, scores
from services.assessment.scoring.membership import EVERYTHING, MADE_OF
from shared.contracts.assessment import (
    Change,
    IndicatorKind,
    IndicatorScore,
    PeriodKind,
    PlanAmended,
    RulebookAdopted,
    ScorePublished,
    ScoreRestated,
    Sequel,
    Work,
)
from shared.contracts.assessment_entries import AppealDecided, Excused, Finding, ScoreAppealed
from shared.contracts.assignment import CommunityCorrected, PostingVoided, StudioOpened, WorkAct
from shared.contracts.codes import Basis, CaseKind, DeclineReason, MeetingKind, PostingEnd, Profession
from shared.contracts.intake import CalendarAmended, CaseCorrected, CaseDeclined, CaseFollowedUp, CaseVoided
from shared.contracts.model import Refused
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, Campaign, folded, month

JUNE = (PeriodKind.MONTH, "2015-06", "2015-07-06")
"""A kind of period, its name, and the as-of day."""
Asked = tuple[PeriodKind, str, str]


def publish(campaign: Campaign, asked: Asked, on: str) -> dict[str, ScorePublished | ScoreRestated]:
    """Have the office publish on a day; what was published or restated, by institution."""
    kind, name, as_of = asked
    command = PublishScores(
        plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=kind, period=name, as_of=date.fromisoformat(as_of)
    )
    return {
        one.score.subject: one for one in (campaign.written[at].event for at in campaign.send(command, on=on))
    }  # fmt: skip


def begun() -> Campaign:
    """Two communities in the programme."""
    campaign = Campaign().adopt()
    campaign.community(EAST)
    campaign.community(WEST)
    return campaign


# every indicator ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Late:
    """What had happened, and what is recorded of it after the scores were published."""

    given: Callable[[Campaign], object]
    late: Callable[[Campaign], int]
    """Gives the position of the late event."""
    numbers: tuple[tuple[int, int], tuple[int, int]]
    """Numerator and denominator of the east, before and after; of the sub-district where it alone is measured."""
    asked: Asked = JUNE
    published_on: str = "2015-07-06"
    restated_on: str = "2015-07-20"
    besides: frozenset[str] = frozenset()
    """Other indicators of which the same event tells."""
    unit: bool = False


def _nothing(campaign: Campaign) -> None:
    """Nothing had been recorded."""


def _entered(work: str, due: str | None = None) -> Callable[[Campaign], object]:
    return lambda c: c.enter(work, "one", "2015-06-12", due=due)


def _enters(work: str) -> Callable[[Campaign], int]:
    return lambda c: c.enter(work, "late", "2015-06-12", recorded="2015-07-20")


def _goes_on(work: str, on: str = "2015-06-20", recorded: str = "2015-07-20") -> Callable[[Campaign], int]:
    return lambda c: c.go_on(work, "one", on, recorded=recorded)


def _case(kind: CaseKind = CaseKind.DISPUTE, *then: Callable[[Campaign], object]) -> Callable[[Campaign], object]:
    """A case of 12 June whose family was visited at once."""

    def given(campaign: Campaign) -> None:
        campaign.case("a", "2015-06-12", kind=kind, due="2015-07-12")
        campaign.visit("a", "first", "2015-06-13", must=False)
        for act in then:
            act(campaign)

    return given


def _judges(campaign: Campaign) -> None:
    campaign.post_all()
    campaign.post("judge-2", Profession.JUDGE, "2015-06-01")


def _late_visit(campaign: Campaign) -> int:
    return _recorded_late(campaign, lambda: campaign.visit("a", "late", "2015-06-20", must=False))


_DECLINED = CaseDeclined(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉")


def _recorded_late(campaign: Campaign, write: Callable[[], int]) -> int:
    """What `write` writes, recorded after the publication."""
    at = write()
    campaign.written[at] = replace(campaign.written[at], recorded="2015-07-20")
    return at


LATE = {
    "four_roles": Late(
        lambda c: [c.post(f"{one}-1", one) for one in list(Profession)[1:]],
        lambda c: c.post("judge-1", Profession.JUDGE), ((0, 1), (1, 1)),
        besides=frozenset({"early_ends", "vacant_days"}),
    ),
    "early_ends": Late(
        _judges, lambda c: c.end("judge-1", Profession.JUDGE, "2015-06-25", PostingEnd.CONDUCT), ((0, 5), (1, 5))
    ),
    "must_visits": Late(
        lambda c: c.case("a", "2015-06-12", due="2015-07-12"), _late_visit, ((0, 1), (1, 1)),
        besides=frozenset({"visits"}),
    ),
    "contact_cards": Late(
        lambda c: c.cards(30, "2015-06-12"), lambda c: c.cards(20, "2015-06-20"), ((30, 100), (50, 100))
    ),
    "minutes_on_time": Late(
        lambda c: c.meet("2015-06", "2015-06-28"),
        lambda c: c.minutes("2015-06", "2015-07-03", recorded="2015-07-12"), ((0, 1), (1, 1)),
        restated_on="2015-07-12",
    ),
    "resolve_rate": Late(
        _case(), lambda c: _recorded_late(c, lambda: c.terminate("a", "2015-06-25")), ((0, 1), (0, 0))
    ),
    "stability": Late(
        _case(
            CaseKind.BACKLOG, lambda c: c.sign("a", "2015-06-13"), lambda c: c.resolve("a", "2015-06-20"),
        ),
        lambda c: c.put(
            "case/a", CaseFollowedUp(satisfied=None, stable=False, note=None), "2015-06-28", "2015-07-20"
        ),
        ((1, 1), (0, 1)),
    ),
    "letters": Late(
        _case(CaseKind.BACKLOG), lambda c: _recorded_late(c, lambda: c.sign("a", "2015-06-20")), ((0, 1), (1, 1)),
        besides=frozenset({"stability"}),
    ),
    "studios": Late(
        _nothing, lambda c: c.put(f"community/{EAST}", StudioOpened(place="警务室"), "2015-06-12", "2015-07-20"),
        ((0, 1), (1, 1)),
    ),
    "awareness": Late(_nothing, _enters("survey/awareness"), ((0, 0), (81, 90))),
    "satisfaction": Late(_nothing, _enters("survey/satisfaction"), ((0, 0), (81, 90))),
    "reported": Late(_nothing, lambda c: c.reported("late", "2015-06-30"), ((0, 0), (1, 0))),
    "declined": Late(
        lambda c: c.reported("a", "2015-06-25"),
        lambda c: c.put("case/a", _DECLINED, "2015-06-28", "2015-07-20"), ((0, 0), (1, 0)),
    ),
    "undecided": Late(
        lambda c: c.reported("a", "2015-06-11"),
        lambda c: c.put("case/a", _DECLINED, "2015-06-20", "2015-07-20"), ((1, 0), (0, 0)),
        besides=frozenset({"declined", "resolve_rate"}),
    ),
    "voided": Late(
        lambda c: c.reported("a", "2015-06-30"),
        lambda c: c.put("case/a", CaseVoided(reason="误录"), "2015-07-01", "2015-07-20"), ((0, 0), (1, 0)),
        besides=frozenset({"reported"}),
    ),
    "small_matters": Late(
        _case(), lambda c: c.resolve("a", "2015-06-25", recorded="2015-07-20"), ((0, 0), (1, 1)),
        besides=frozenset({"resolve_rate"}),
    ),
    "patrols": Late(_nothing, _enters(Work.PATROL), ((0, 0), (1, 0))),
    "training": Late(_nothing, _enters(Work.TRAINING), ((0, 0), (1, 0))),
    "coached": Late(_nothing, _enters(Work.COACHED_CASE), ((0, 0), (1, 0))),
    "legal_aid": Late(_nothing, _enters(Work.AID), ((0, 0), (1, 0)), besides=frozenset({"grid_work"})),
    "outreach": Late(_nothing, _enters(Work.OUTREACH), ((0, 0), (1, 0)), besides=frozenset({"grid_work"})),
    "legal_advice": Late(_nothing, _enters(Work.ADVICE), ((0, 0), (4, 0))),
    "support": Late(_nothing, _enters(Work.SUPPORT), ((0, 0), (7, 0))),
    "leader_visits": Late(_nothing, _enters(Work.LEADER_VISIT), ((0, 0), (1, 0))),
    "visits": Late(_case(), _late_visit, ((1, 0), (2, 0))),
    "joint_conferences": Late(
        _nothing, lambda c: c.meet("2015-08", "2015-08-20", kind=MeetingKind.JOINT), ((0, 1), (1, 1)),
        asked=(PeriodKind.QUARTER, "2015-Q3", "2015-10-06"), published_on="2015-10-06", restated_on="2015-10-20",
    ),
    "opinions": Late(_entered(deeds.OPINION), _goes_on(deeds.OPINION), ((0, 1), (1, 1))),
    "debriefings": Late(
        _nothing, lambda c: c.meet("2015-12", "2015-12-20", kind=MeetingKind.DEBRIEFING), ((0, 0), (1, 1)),
        asked=(PeriodKind.YEAR, "2015", "2016-01-31"), published_on="2016-01-31", restated_on="2016-02-20",
    ),
    "archives": Late(
        _entered(Work.ARCHIVE), _goes_on(Work.ARCHIVE, "2015-12-20", "2016-02-20"), ((0, 2), (2, 2)),
        asked=(PeriodKind.YEAR, "2015", "2016-01-31"), published_on="2016-01-31", restated_on="2016-02-20", unit=True,
    ),
    "rectifications": Late(
        _entered(deeds.RECTIFICATION, due="2015-06-30"), _goes_on(deeds.RECTIFICATION, "2015-06-30", "2015-07-07"),
        ((0, 1), (1, 1)), restated_on="2015-07-07",
    ),
    "summaries": Late(
        _nothing, lambda c: c.enter(Work.SUMMARY, "late", "2015-11-14", recorded="2015-11-20"), ((0, 1), (1, 1)),
        asked=(PeriodKind.MONTH, "2015-11", "2015-11-18"), published_on="2015-11-18", restated_on="2015-11-20",
    ),
    "grid_work": Late(_case(), lambda c: _recorded_late(c, lambda: c.mediate("a", "2015-06-20")), ((0, 0), (1, 0))),
    "helpers": Late(_nothing, _enters(Work.HELPER), ((0, 0), (1, 0))),
    "key_areas": Late(
        _entered(deeds.KEY_AREA, due="2015-06-25"),
        lambda c: c.go_on(deeds.KEY_AREA, "one", "2015-06-24", recorded="2015-07-20", step=1), ((0, 1), (1, 1)),
    ),
    "hazards": Late(
        _entered(deeds.HAZARD, due="2015-06-30"), _goes_on(deeds.HAZARD, "2015-06-30", "2015-07-07"),
        ((0, 1), (1, 1)), restated_on="2015-07-07",
    ),
    "major_fires": Late(_nothing, _enters(deeds.MAJOR_FIRE), ((0, 1), (1, 1))),
    "youth_offending": Late(
        _nothing, lambda c: c.enter(deeds.YOUTH_RATE, "late", "2015-12-20", recorded="2016-02-20"),
        ((0, 0), (1, 200)), asked=(PeriodKind.YEAR, "2015", "2016-01-31"), published_on="2016-01-31",
        restated_on="2016-02-20", unit=True,
    ),
    "vacant_days": Late(
        lambda c: c.post("judge-1", Profession.JUDGE),
        lambda c: c.end("judge-1", Profession.JUDGE, "2015-06-25", PostingEnd.TERM), ((90, 0), (95, 0)),
    ),
}  # fmt: skip
"""By indicator. What is recorded late happened before the as-of day."""


def test_every_indicator_of_the_rulebook_is_restated_here() -> None:
    assert set(LATE) == {one.code for one in RULEBOOK.indicators}


@pytest.mark.parametrize("code", LATE)
def test_a_late_event_restates_its_indicator_and_is_named_as_the_cause(code: str) -> None:
    late = LATE[code]
    campaign = begun()
    late.given(campaign)
    first = publish(campaign, late.asked, late.published_on)
    position = late.late(campaign)
    assert campaign.written[position].on <= late.asked[2]
    again = publish(campaign, late.asked, late.restated_on)

    assert set(again) == ({LOG} if late.unit else {LOG, EAST}), "the west has nothing to do with it"
    for subject, event in again.items():
        assert isinstance(event, ScoreRestated)
        assert event.was == first[subject].score
        assert {change.indicator for change in event.changes} - {None} == {code, *late.besides}
        assert {change.causes for change in event.changes} == {(position,)}

    subject = LOG if late.unit else EAST
    (was, now) = (_of(code, one) for one in (first[subject], again[subject]))
    assert ((was.numerator, was.denominator), (now.numerator, now.denominator)) == late.numbers
    notice = _changes(again[subject], code)
    for name in ("numerator", "denominator"):
        before, after = str(getattr(was, name)), str(getattr(now, name))
        if before != after:
            assert notice[name] == Change(
                indicator=code, number=name, before=before, after=after, causes=(position,)
            )  # fmt: skip
    assert {"numerator", "denominator"} & set(notice)

    for subject, event in again.items():
        row = folded(scores.LEDGER, campaign.recorded())[f"{late.asked[0]}-{late.asked[1]}.{late.asked[2]}.{subject}"]
        assert isinstance(event, ScoreRestated)
        assert (row.changes, row.restatements, row.indicators) == (event.changes, 1, event.score.indicators)


def _of(code: str, event: ScorePublished | ScoreRestated) -> IndicatorScore:
    return next(one for one in event.score.indicators if one.code == code)


def _changes(event: ScorePublished | ScoreRestated, code: str | None) -> dict[str, Change]:
    assert isinstance(event, ScoreRestated)
    return {change.number: change for change in event.changes if change.indicator == code}


# which of several events ----------------------------------------------------------------------------------------------


def test_each_number_names_the_event_that_changed_it_and_no_other() -> None:
    campaign = begun()
    for id in ("a", "b", "c"):
        campaign.case(id, "2015-06-12", due="2015-07-12")
        campaign.visit(id, "first", "2015-06-13", must=False)
    publish(campaign, JUNE, "2015-07-06")
    settled = campaign.resolve("a", "2015-06-25", recorded="2015-07-20")
    void = campaign.put("case/b", CaseVoided(reason="误录"), "2015-07-20")
    campaign.put("case/c", CaseCorrected(reason="网格", grid="02"), "2015-07-20")  # changes no number
    campaign.case("later", "2015-07-03")  # another month's
    east = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "resolve_rate")
    assert east["numerator"].causes == (settled,)
    assert east["denominator"].causes == (void,)
    assert east["rate"].causes == (settled, void)
    assert (east["rate"].before, east["rate"].after) == ("0.0000", "0.5000")


def test_a_row_s_later_events_that_changed_nothing_are_not_named() -> None:
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")
    campaign.visit("a", "first", "2015-06-13", must=False)
    publish(campaign, JUNE, "2015-07-06")
    campaign.put("case/a", CaseCorrected(reason="网格", grid="02"), "2015-07-18")
    settled = campaign.resolve("a", "2015-06-25", recorded="2015-07-20")
    campaign.put("case/a", CaseFollowedUp(satisfied=True, stable=True, note=None), "2015-07-02", "2015-07-21")
    campaign.visit("a", "second", "2015-07-02")  # counts for July, and for visits that must be made
    east = publish(campaign, JUNE, "2015-07-22")[EAST]
    assert {change.causes for change in _changes(east, "resolve_rate").values()} == {(settled,)}


def test_what_was_corrected_and_corrected_back_names_both() -> None:
    campaign = begun()
    publish(campaign, JUNE, "2015-07-06")

    def households(number: int) -> int:
        said = CommunityCorrected(code=EAST, reason="更正", name=None, grids=None, households=number)
        return campaign.put(f"community/{EAST}", said, "2015-07-20")

    up, down = households(120), households(90)
    change = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "contact_cards")["denominator"]
    assert (change.before, change.after, change.causes) == ("100", "90", (up, down))
    households(140)
    households(90)
    with pytest.raises(Refused) as caught:
        publish(campaign, JUNE, "2015-07-21")
    assert caught.value.code == "scores_unchanged"


def test_an_appeal_s_decision_is_named_for_what_it_leaves_out() -> None:
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")
    campaign.visit("a", "first", "2015-06-13", must=False)
    publish(campaign, JUNE, "2015-07-06")
    lodged = ScoreAppealed(community=EAST, publication="p", indicator="resolve_rate", grounds="sealed:g")
    excused = Excused(indicator="resolve_rate", table="cases", member="a")
    decided = AppealDecided(
        finding=Finding.UPHELD, decided_by="领导小组", decision="sealed:d", excused=(excused,),
        excused_in=month("2015-06"),
    )  # fmt: skip
    campaign.put("supervision/appeal", lodged, "2015-07-08")
    position = campaign.put("supervision/appeal", decided, "2015-07-15")
    east = publish(campaign, JUNE, "2015-07-20")[EAST]
    change = _changes(east, "resolve_rate")["excluded"]
    assert (change.before, change.after, change.causes) == ("0", "1", (position,))


def test_a_mediation_session_that_was_taken_back_late_names_what_took_it_back() -> None:
    campaign = begun()
    _case()(campaign)
    campaign.mediate("a", "2015-06-15")
    campaign.mediate("a", "2015-06-20")
    publish(campaign, JUNE, "2015-07-06")
    position = campaign.retract("a", WorkAct.MEDIATION, "2015-07-10")
    change = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "grid_work")["numerator"]
    assert (change.before, change.after, change.causes) == ("2", "1", (position,))


def test_a_must_visit_that_is_planned_late_for_the_first_visit_s_days_is_the_cause_that_this_is_counted_once() -> None:
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")  # the first visit is due by the 23rd
    campaign.plan_visit("a", "v", "2015-06-30", "2015-06-12")
    publish(campaign, JUNE, "2015-07-06")
    position = _recorded_late(campaign, lambda: campaign.plan_visit("a", "v", "2015-06-20", "2015-06-13"))
    change = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "must_visits")["denominator"]
    assert (change.before, change.after, change.causes) == ("2", "1", (position,))


# calendar, plan, rulebook ---------------------------------------------------------------------------------------------

EVE = (PeriodKind.MONTH, "2015-06", "2015-06-24")


def amended(off: tuple[date, ...] = (), withdrawn: tuple[date, ...] = ()) -> CalendarAmended:
    return CalendarAmended(
        year=None, off=off, worked=(), announced_on=date(2015, 6, 15), document="示例通知", withdrawn=withdrawn
    )


def test_a_calendar_amendment_that_is_entered_late_is_named_for_the_days_that_it_moves() -> None:
    """A family is to be visited by the 22nd, a holiday, and so by the 23rd; then the 23rd and 24th are off, too."""
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")
    campaign.case("b", "2015-06-11", due="2015-07-11")  # by the 23rd, too
    off = (date(2015, 6, 23), date(2015, 6, 24))
    publish(campaign, EVE, "2015-06-24")
    campaign.cards(10, "2015-06-20")
    position = campaign.put(f"calendar/{LOG}", amended(off=off), "2015-06-15", recorded="2015-07-01")
    east = publish(campaign, EVE, "2015-07-01")[EAST]
    change = _changes(east, "must_visits")["denominator"]
    assert (change.before, change.after, change.causes) == ("2", "0", (position,))
    assert position not in _changes(east, "contact_cards")["numerator"].causes
    back = campaign.put(f"calendar/{LOG}", amended(withdrawn=off), "2015-06-15", recorded="2015-07-02")
    change = _changes(publish(campaign, EVE, "2015-07-02")[EAST], "must_visits")["denominator"]
    assert (change.before, change.after, change.causes) == ("0", "2", (back,))


def test_an_amended_plan_is_named_for_what_it_changed_and_a_late_event_for_the_rest() -> None:
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")
    publish(campaign, JUNE, "2015-07-06")
    longer = replace(
        PLAN, terms=tuple(replace(one, days=40) if one.sequel == Sequel.VISIT else one for one in PLAN.terms)
    )  # fmt: skip
    changed = PlanAmended(plan=longer, version=2, author="办公室", reason="放宽")
    plan = campaign.put(f"plan/{PLAN.code}", changed, "2015-07-10")
    cards = campaign.cards(10, "2015-06-20")
    east = publish(campaign, JUNE, "2015-07-20")[EAST]
    assert east.score.plan_version == 2
    assert _changes(east, "must_visits")["denominator"].causes == (plan,)
    assert _changes(east, "contact_cards")["numerator"].causes == (cards,)
    assert _changes(east, None)["possible"].causes == (plan,)


def test_a_new_version_of_the_rulebook_is_named_for_what_it_changed_and_a_late_event_for_the_rest() -> None:
    campaign = begun()
    campaign.case("a", "2015-06-12", due="2015-07-12")
    publish(campaign, JUNE, "2015-07-06")
    indicators = (replace(one, weight="9") if one.code == "studios" else one for one in RULEBOOK.indicators)
    heavier = replace(RULEBOOK, indicators=tuple(indicators))
    adopted = RulebookAdopted(rulebook=heavier, version=2, author="综治办", reason="调整权重")
    rulebook = campaign.put(f"rulebook/{RULEBOOK.code}", adopted, "2015-07-20")
    cards = campaign.cards(10, "2015-06-20")
    east = publish(campaign, JUNE, "2015-07-20")[EAST]
    assert {change.causes for change in _changes(east, "studios").values()} == {(rulebook,)}
    assert {change.causes for change in _changes(east, "contact_cards").values()} == {(cards,)}
    assert (_changes(east, None)["points"].causes, _changes(east, None)["possible"].causes) == ((cards,), (rulebook,))


def test_an_indicator_that_the_new_rulebook_drops_names_the_rulebook() -> None:
    campaign = begun()
    publish(campaign, JUNE, "2015-07-06")
    fewer = replace(RULEBOOK, indicators=tuple(one for one in RULEBOOK.indicators if one.code != "studios"))
    adopted = RulebookAdopted(rulebook=fewer, version=2, author="综治办", reason="精简")
    rulebook = campaign.put(f"rulebook/{RULEBOOK.code}", adopted, "2015-07-20")
    east = publish(campaign, JUNE, "2015-07-20")[EAST]
    dropped = _changes(east, "studios")["denominator"]
    assert (dropped.before, dropped.after, dropped.causes) == ("1", "–", (rulebook,))


# each number ----------------------------------------------------------------------------------------------------------


Caused = Mapping[str, frozenset[int]]
"""By number, the positions of the events that changed it."""


def _each(numbers: Iterable[str], *positions: int) -> Caused:
    return {number: frozenset(positions) for number in numbers}


def _five(campaign: Campaign) -> None:
    """Five cases, of which three were settled, in a community that the log took in at the end of June."""
    campaign.taken_in("2015-06-30")
    for id in "abcde":
        campaign.case(id, "2015-06-12", due="2015-07-12")
    for id in "abc":
        campaign.resolve(id, "2015-06-20")


def _other_cases(campaign: Campaign) -> Caused:
    """A fourth was settled, the fifth referred outside, and one is taken over from paper that was settled, too."""
    settled = campaign.resolve("d", "2015-06-25", recorded="2015-07-20")
    referred = _recorded_late(campaign, lambda: campaign.refer("e", "2015-06-25", outside=True))
    paper = campaign.case("paper", "2015-06-20", basis=Basis.PAPER_LEDGER)
    on_paper = campaign.resolve("paper", "2015-06-22", recorded="2015-07-20")
    return {
        **_each(("numerator", "unadjusted_numerator"), settled, on_paper),
        **_each(("excluded",), referred),
        **_each(("taken_over",), paper),
        **_each(("unadjusted_rate",), settled, paper, on_paper),
        **_each(("unadjusted_denominator",), paper),
        **_each(("rate", "reached", "points"), settled, referred, paper, on_paper),
    }


def _first_cases(campaign: Campaign) -> Caused:
    """There are enough to compare, none of them settled. A report is enough: undecided, it would count as well."""
    reported = [campaign.case(id, "2015-06-12", due="2015-07-12") - 1 for id in "abcde"]
    numbers = ("standing", "enough", "denominator", "rate", "unadjusted_denominator", "unadjusted_rate", "points")
    return _each((*numbers, "reached"), *reported)


def _another_rule(campaign: Campaign) -> Caused:
    """A fourth was settled, and the rulebook says something else of them."""
    settled = campaign.resolve("d", "2015-06-25", recorded="2015-07-20")
    told: dict[str, Any] = {"kind": IndicatorKind.COVERAGE, "target": "0.8", "weight": "16"}
    indicators = (replace(one, **told) if one.code == "resolve_rate" else one for one in RULEBOOK.indicators)
    rulebook = replace(RULEBOOK, indicators=tuple(indicators))
    adopted = RulebookAdopted(rulebook=rulebook, version=2, author="综治办", reason="调整")
    rules = campaign.put(f"rulebook/{RULEBOOK.code}", adopted, "2015-07-20")
    return {
        **_each(("numerator", "rate", "unadjusted_numerator", "unadjusted_rate", "reached"), settled),
        **_each(told, rules),
        **_each(("points",), settled, rules),
    }


HISTORIES: Sequence[tuple[Callable[[Campaign], None], Callable[[Campaign], Caused]]] = (
    (_five, _other_cases), (_nothing, _first_cases), (_five, _another_rule)
)  # fmt: skip


@pytest.mark.parametrize(("given", "late"), HISTORIES)
def test_each_number_names_all_that_it_is_made_of_and_nothing_else(
    given: Callable[[Campaign], None], late: Callable[[Campaign], Caused]
) -> None:
    campaign = begun()
    given(campaign)
    publish(campaign, JUNE, "2015-07-06")
    caused = late(campaign)
    east = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "resolve_rate")
    assert {number: frozenset(change.causes) for number, change in east.items()} == caused


def test_every_number_of_a_score_is_known_to_be_made_of_something_and_tried_here() -> None:
    tried = {number for _, late in HISTORIES for number in late(begun())}
    assert tried == set(MADE_OF) == {one.name for one in fields(IndicatorScore)} - {"code", "clause"}
    assert {name for names in MADE_OF.values() for name in names} <= {*EVERYTHING, "waits", "left_out"}


def test_more_cards_than_households_are_no_more_than_all_so_the_households_are_a_cause_too() -> None:
    campaign = begun()
    campaign.cards(120, "2015-06-12")
    publish(campaign, JUNE, "2015-07-06")
    said = CommunityCorrected(code=EAST, reason="更正", name=None, grids=None, households=110)
    corrected = campaign.put(f"community/{EAST}", said, "2015-07-18")
    more = campaign.cards(5, "2015-06-20")
    east = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "contact_cards")
    assert (east["numerator"].before, east["numerator"].after) == ("100", "110")
    assert east["numerator"].causes == (corrected, more)
    assert east["denominator"].causes == (corrected,)


def test_what_was_void_and_entered_again_names_each_step() -> None:
    campaign = begun()
    publish(campaign, JUNE, "2015-07-06")
    posted = campaign.post("judge-1", Profession.JUDGE)
    void = PostingVoided(officer="judge-1", from_day=date(2015, 6, 1), reason="误录", open_cases=())
    voided = campaign.put(f"roster/{EAST}", void, "2015-07-10")
    again = campaign.post("judge-1", Profession.JUDGE)
    change = _changes(publish(campaign, JUNE, "2015-07-20")[EAST], "early_ends")["denominator"]
    assert (change.before, change.after, change.causes) == ("0", "1", (posted, voided, again))


def test_what_waits_for_its_day_is_the_cause_of_being_not_yet_due() -> None:
    campaign = begun()
    publish(campaign, EVE, "2015-06-24")
    ordered = campaign.enter(deeds.RECTIFICATION, "one", "2015-06-12", due="2015-06-30", recorded="2015-07-20")
    change = _changes(publish(campaign, EVE, "2015-07-20")[EAST], "rectifications")["standing"]
    assert (change.before, change.after, change.causes) == ("nothing", "not_yet_due", (ordered,))
