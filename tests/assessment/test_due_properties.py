"""Properties of obligations that must hold for every campaign (hypothesis draws them; all are synthetic)."""

import sys
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assessment.due import obligations
from services.assessment.due.ground import ground_at, plans_of
from services.assessment.due.obligation import Obligation, State
from services.assessment.due.of_cases import SETTLE
from services.assessment.evidence.tables import tables
from services.assessment.ledgers import communities_served
from services.assessment.scoring.measuring import score
from shared.contracts.assignment import (
    AgreementReached,
    HandoverCompleted,
    HandoverOpened,
    PerformanceChecked,
    ResponsibilityLetterSigned,
    StudioClosed,
)
from shared.contracts.assignment import Performance as Kept
from shared.contracts.assignment_entries import LeaderRelieved, PatrolCompleted, TeamKind, WorkVoided
from shared.contracts.codes import AgreementForm, CaseKind, MeetingKind
from shared.contracts.frozen import replace
from shared.contracts.intake import (
    CaseCorrected,
    CaseReopened,
    CaseStepRetracted,
    CaseVoided,
    ClockResumed,
    DeadlineExtended,
)
from shared.contracts.intake_entries import KeyAreaReinspected
from tests.assessment.campaign import LOG, PLAN, RULEBOOK, STANDING_PLAN, WHOLE, Campaign, Looking, month
from tests.assessment.histories import COMMUNITIES, DAYS, Act, shuffled, streams, written
from tests.examples import examples

ASKED = st.integers(0, 100).map(lambda n: date(2015, 5, 25) + timedelta(days=n))
Key = tuple[str, str | None, str, str, date | None]
PLENTY = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _handled(draw: Any, id: str) -> list[Act]:
    """A backlog case that is settled by a letter, contacts, handovers and an agreement, in an order that may be."""
    code, days = draw(COMMUNITIES), sorted(draw(st.lists(DAYS, min_size=8, max_size=8)))
    letter = ResponsibilityLetterSigned(community=code, unit="综治办", person="sealed:p", contact_days=draw(
        st.integers(1, 20)
    ))  # fmt: skip
    acts: list[Act] = [lambda c: c.case(id, days[0], code, CaseKind.BACKLOG, due=days[4])]
    acts += [_put(f"handling/{id}", letter, on) for on in days[1 : draw(st.integers(1, 3))]]
    for n in range(draw(st.integers(0, 3))):
        acts.append(partial(Campaign.visit, case=id, visit=f"c{n}", on=draw(DAYS), must=False, code=code))
    if draw(st.booleans()):
        acts.append(_put(f"handling/{id}", HandoverOpened(officer="gone"), days[3]))
        if draw(st.booleans()):
            acts.append(_put(f"handling/{id}", HandoverCompleted(officer="new", replaced="gone", note=None), days[4]))
    if draw(st.booleans()):
        acts.append(_put(f"handling/{id}", AgreementReached(form=AgreementForm.ORAL, terms=None), days[5]))
        acts.append(partial(Campaign.resolve, id=id, on=days[5]))
        checked = PerformanceChecked(performance=Kept.PERFORMED, note=None)
        acts += [_put(f"handling/{id}", checked, on) for on in days[6 : draw(st.integers(6, 8))]]
    return acts


def _put(stream: str, event: Any, on: str) -> Act:
    return lambda campaign: campaign.put(stream, event, on)


def _patrol(draw: Any, id: str) -> list[Act]:
    done = PatrolCompleted(
        community=draw(COMMUNITIES), grid=None, team=TeamKind.RED_ARMBANDS, participants=3, minutes=60, matters=0
    )
    return [_put(f"work/{id}", done, draw(DAYS))]


@st.composite
def duties(draw: Any, standing: bool = True, calendar_changes: bool = True) -> list[list[Act]]:
    """As `streams`, with what obligations rest on besides."""
    found: list[list[Act]] = draw(streams(calendar_changes))
    found += [_handled(draw, f"h{n}") for n in range(draw(st.integers(0, 2)))]
    if standing and draw(st.booleans()):
        found.append([partial(Campaign.plan, plan=STANDING_PLAN)])
    return found


def owed(campaign: Campaign, on: date) -> Mapping[Key, Obligation]:
    """What is owed on a day: each thing once."""
    found = campaign.obligations(on)
    keyed = {_key(one): one for one in found}
    assert len(keyed) == len(found), "one thing is owed once"
    return keyed


def _key(one: Obligation) -> Key:
    """What it is; of things of which a case has several, with the day on which it begins."""
    several = one.kind.code in ("contact", "follow_up_term", "standing_follow_up", "handover_term", "standing_handover")
    return (one.kind.code, one.kind.plan, one.subject, one.about, one.begins_on if several else None)


@PLENTY
@given(duties(), ASKED)
def test_how_an_obligation_stands_fits_its_days(parts: list[list[Act]], on: date) -> None:
    """None is done and overdue, nor late and in time; and by how many days is never less than none."""
    for one in owed(written(parts), on).values():
        assert (one.done_on is not None) == (one.state in (State.DONE, State.LATE))
        assert one.done_on is None or one.done_on <= on
        in_time = one.done_on is None or one.due_on is None or one.done_on <= one.due_on
        assert in_time == (one.state is not State.LATE)
        assert (one.days > 0) == (one.state in (State.OVERDUE, State.LATE, State.VACANT, State.BROKEN))
        if one.state is State.OVERDUE:
            assert one.due_on is not None
            assert one.due_on < on
        if one.state is State.DUE:
            assert one.begins_on is None or one.begins_on <= on
            assert one.due_on is None or on <= one.due_on
        assert one.due_on is None or one.begins_on is None or one.begins_on <= one.due_on or one.kind.plan is None


def _given_up(campaign: Campaign, one: Obligation, after: date, by: date) -> bool:
    """Whether it ended, or its case began anew, between two days."""
    between = [entry for entry in campaign.written if after < date.fromisoformat(entry.on) <= by]
    about = {f"case/{one.about}", one.about} if one.about else {f"community/{one.subject}"}
    ends = _GIVES_UP | (_MOVES if one.kind is SETTLE else set())
    return any(
        (entry.stream in about and type(entry.event) in ends) or type(entry.event) is LeaderRelieved
        for entry in between
    )


_MOVES = {CaseCorrected, CaseStepRetracted, ClockResumed, DeadlineExtended}
"""What moves a case's own deadline. A pause does not: what was late before it is late still."""
_GIVES_UP = {CaseReopened, StudioClosed, KeyAreaReinspected}
"""What passed once may fail later."""


@PLENTY
@given(duties(calendar_changes=False), ASKED, ASKED)
def test_what_was_done_stays_done_and_what_was_overdue_was_never_in_time(
    parts: list[list[Act]], one_day: date, other: date
) -> None:
    """Unless it ended, the case was reopened, its deadline was moved, or other days were announced to be off."""
    campaign, (first, second) = written(parts), sorted((one_day, other))
    later = owed(campaign, second)
    for key, one in owed(campaign, first).items():
        if _given_up(campaign, one, first, second):
            continue
        if one.state in (State.DONE, State.LATE):
            then = later[key]
            assert (then.state, then.done_on, then.due_on, then.days) == (one.state, one.done_on, one.due_on, one.days)
        if one.state is State.OVERDUE and key in later:
            assert later[key].state in (State.OVERDUE, State.LATE)


@PLENTY
@given(duties(standing=False), ASKED)
def test_the_duties_that_are_owed_are_those_that_are_scored(parts: list[list[Act]], on: date) -> None:
    """One by one, but that what comes round more seldom than the campaign lasts has no day in scores."""
    campaign = written(parts)
    found = {(one.kind.what, one.subject, one.about, one.begins_on): one for one in campaign.obligations(on)}
    scored = tables(campaign.evidence(), PLAN, month("2015-06"), on)["duties"]
    assert len(scored) == len(found)
    assert len({item.key for item in scored}) == len(scored)
    for item in scored:
        told = item.fields
        one = found[str(told["what"]), item.community or LOG, str(told["about"]), told["begins_on"]]  # type: ignore[index]  # a day, or none
        assert (told["done_on"], told["state"]) == (one.done_on, one.state)
        assert told["due_on"] == one.due_on or (told["due_on"] is None and one.state is State.NOT_YET_DUE)


@PLENTY
@given(duties(), ASKED.filter(lambda on: on >= PLAN.issued_on))
def test_whoever_has_no_vacancy_has_four_of_four_in_the_scores(parts: list[list[Act]], on: date) -> None:
    """From the plan's issue on: before it nothing is scored."""
    campaign = written(parts)
    vacant = {
        one.subject for one in owed(campaign, on).values()
        if one.kind.code.startswith("refill_term") and one.state in (State.VACANT, State.OVERDUE)
    }  # fmt: skip
    communities = {
        row.id for row in campaign.evidence().communities
        if row.marks[0].on <= on and not communities_served.voided(row)
    }  # fmt: skip
    period = replace(month(f"{on:%Y-%m}"), to_day=on)
    whole = score(RULEBOOK, PLAN, campaign.evidence(), period, on, whole=WHOLE).tallies[0]
    four = next(one for one in whole.indicators if one.code == "four_roles")
    counted = four.unadjusted_numerator, four.unadjusted_denominator  # whatever an appeal leaves out
    assert counted == (len(communities - vacant), len(communities))


@PLENTY
@given(st.data())
def test_the_order_of_unrelated_events_changes_nothing(data: st.DataObject) -> None:
    parts, on = data.draw(duties()), data.draw(ASKED)
    assert _unplaced(written(parts), on) == _unplaced(written(shuffled(data.draw, parts)), on)


def _unplaced(campaign: Campaign, on: date) -> Mapping[Key, Obligation]:
    """Without that of which it is made, which says where in the log it stands."""
    return {key: replace(one, marks=()) for key, one in owed(campaign, on).items()}


@PLENTY
@given(st.data())
def test_voiding_a_mistaken_entry_gives_what_would_have_been_without_it(data: st.DataObject) -> None:
    parts, on = data.draw(duties()), data.draw(ASKED)
    case, patrol = _handled(data.draw, "mistaken"), _patrol(data.draw, "mistaken")
    voided = written([*parts, case, patrol])
    voided.put("case/mistaken", CaseVoided(reason="误录"), data.draw(DAYS))
    voided.put("work/mistaken", WorkVoided(kind="patrols", reason="误录"), data.draw(DAYS))
    assert _unplaced(voided, on) == _unplaced(written(parts), on)


# what asking costs ------------------------------------------------------------------------------------------------


def sized(communities: int, months: int) -> Campaign:
    """So many communities, each with a case, postings and deeds in every one of so many months."""
    campaign = Campaign()
    campaign.plan(STANDING_PLAN)
    for n in range(communities):
        code = f"410105010{n + 1:03}"
        campaign.community(code, on="2015-01-01")
        campaign.post_all(code, "2015-01-01")
        for m in range(months):
            on = f"{2015 + m // 12}-{m % 12 + 1:02}-10"
            campaign.case(f"{n}-{m}", on, code)
            campaign.visit(f"{n}-{m}", "v", on, must=True, code=code)
            campaign.meet(on[:7], on, code)
            campaign.meet(on[:7], on, code, MeetingKind.JOINT)
    return campaign


def calls(campaign: Campaign, on: date) -> int:
    """How many calls it takes to say what is owed, the ledgers' rows being there: a count, so that no clock matters."""
    look, count = Looking(campaign), 0
    plans, ground = plans_of(look), ground_at(look, on, on)

    def counted(frame: FrameType, what: str, _: object) -> None:
        nonlocal count
        count += what == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        list(obligations(plans, ground))
    finally:
        sys.setprofile(before)
    return count


def test_asking_costs_twice_as_much_for_twice_as_many_communities_or_months() -> None:
    """Not four times: nothing is looked through for each community, turn or case again."""
    small, wide, long = sized(4, 12), sized(8, 12), sized(4, 24)
    one = calls(small, date(2015, 12, 31))
    assert calls(wide, date(2015, 12, 31)) <= 2.1 * one
    assert calls(long, date(2016, 12, 31)) <= 2.3 * one
