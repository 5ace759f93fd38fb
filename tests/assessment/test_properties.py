"""Properties of scores that must hold for every campaign (hypothesis draws them; all are synthetic)."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment.evidence import evidence_of
from services.assessment.exact import decimal_of, exactly, figure
from services.assessment.items import TABLES
from services.assessment.restating import Restating
from services.assessment.score import scores
from services.assessment.scoring import Institution, Tally, score
from shared.contracts.assessment import IndicatorKind, Standing
from shared.contracts.codes import Basis, CaseKind, PostingEnd, Profession
from shared.contracts.intake import CaseCorrected, CaseFollowedUp, CaseVoided
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, WHOLE, Campaign, Looking, month

JUNE = month("2015-06")
AS_OF = date(2015, 7, 31)
DAYS = st.integers(0, 75).map(lambda n: str(date(2015, 5, 25) + timedelta(days=n)))
COMMUNITIES = st.sampled_from([EAST, WEST])
PROFESSIONS = st.sampled_from(list(Profession))

Act = Callable[[Campaign], object]


def _case(draw: Any, id: str) -> list[Act]:
    """A case's own stream, in an order in which intake would let it happen."""
    code, kind = draw(COMMUNITIES), draw(st.sampled_from(list(CaseKind)))
    basis = draw(st.sampled_from(list(Basis)))
    day = draw(DAYS)
    acts: list[Act] = [lambda c: c.case(id, day, code, kind, basis)]
    if draw(st.booleans()):
        assigned = draw(DAYS)
        acts.append(lambda c: c.assign(id, assigned))
    for n in range(draw(st.integers(0, 3))):
        acts += _visit(draw, id, f"v{n}", code)
    ending = draw(st.sampled_from(["open", "resolve", "terminate", "refer", "reopen", "unstable", "void"]))
    end, later = sorted((draw(DAYS), draw(DAYS)))
    if ending in ("resolve", "reopen", "unstable"):
        acts.append(lambda c: c.resolve(id, end))
    if ending == "reopen":
        acts.append(lambda c: c.reopen(id, later, code))
    if ending == "unstable":
        note = CaseFollowedUp(satisfied=None, stable=False, note=None)
        acts.append(lambda c: c.put(f"case/{id}", note, later))
    if ending == "terminate":
        told = draw(st.sampled_from([True, False, None]))
        acts.append(lambda c: c.terminate(id, end, told))
    if ending == "refer":
        outside = draw(st.booleans())
        acts.append(lambda c: c.refer(id, end, outside))
    if ending == "void":
        acts.append(lambda c: c.put(f"case/{id}", CaseVoided(reason="误录"), end))
    return acts


def _visit(draw: Any, case: str, visit: str, code: str) -> list[Act]:
    due, planned, done, must = draw(DAYS), draw(DAYS), draw(DAYS), draw(st.booleans())
    acts: list[Act] = [lambda c: c.plan_visit(case, visit, due, planned, must, code)]
    how = draw(st.sampled_from(["open", "done", "declined"]))
    if how == "done":
        acts.append(lambda c: c.visit(case, visit, done, must, code))
    if how == "declined":
        acts.append(lambda c: c.decline(case, visit, done, must, code))
    return acts


def _roster(draw: Any, code: str) -> list[Act]:
    acts: list[Act] = []
    for one in draw(st.sets(PROFESSIONS)):
        start, officer = draw(DAYS), f"{one.value}-x"
        acts.append(partial(Campaign.post, officer=officer, profession=one, on=start, code=code))
        if draw(st.booleans()):
            last, reason = max(start, draw(DAYS)), draw(st.sampled_from(list(PostingEnd)))
            acts.append(
                partial(
                    Campaign.end, officer=officer, profession=one, last=last, reason=reason, from_day=start, code=code
                )
            )
    return acts


@st.composite
def streams(draw: Any) -> list[list[Act]]:
    """Lists of acts; within a list the order means something, between lists it does not."""
    found: list[list[Act]] = []
    for code in (EAST, WEST):
        of_it: list[Act] = [partial(Campaign.community, code=code, households=draw(st.integers(0, 50)), on=draw(DAYS))]
        for amount, day in draw(st.lists(st.tuples(st.integers(1, 30), DAYS), max_size=2)):
            of_it.append(partial(Campaign.cards, households=amount, on=day, code=code))
        found += [of_it, _roster(draw, code)]
        for name in draw(st.sets(st.sampled_from(["2015-05", "2015-06", "2015-07"]))):
            found.append([partial(Campaign.minutes, month=name, on=draw(DAYS), code=code)])
    return found + [_case(draw, id) for id in ("a", "b", "c", "d", "e")[: draw(st.integers(0, 5))]]


@st.composite
def later(draw: Any) -> list[Act]:
    """What may be written after a publication: new cases, late minutes and cards, corrections and voids of old ones."""
    acts: list[Act] = [act for id in ("x", "y")[: draw(st.integers(0, 2))] for act in _case(draw, id)]
    for code in (EAST, WEST):
        acts.append(partial(Campaign.minutes, month="2015-06", on=draw(DAYS), code=code))
        acts.append(partial(Campaign.cards, households=3, on=draw(DAYS), code=code))
    moved = CaseCorrected(reason="更正", community=draw(COMMUNITIES), kind=draw(st.sampled_from(list(CaseKind))))
    redated = CaseCorrected(reason="更正", reported_on=date.fromisoformat(draw(DAYS)))
    for note in (moved, redated, CaseVoided(reason="误录")):
        acts.append(partial(_about, id=draw(st.sampled_from(["a", "b", "c"])), note=note, on=draw(DAYS)))
    return acts


def _about(campaign: Campaign, id: str, note: Any, on: str) -> None:
    if campaign.known(id):
        campaign.put(f"case/{id}", note, on)


def written(parts: list[list[Act]]) -> Campaign:
    campaign = Campaign().adopt()
    for acts in parts:
        for act in acts:
            act(campaign)
    return campaign


def tallies(campaign: Campaign) -> tuple[Tally, ...]:
    return score(RULEBOOK, PLAN, campaign.evidence(), JUNE, AS_OF, whole=WHOLE).tallies


def share(tally: Tally) -> Fraction:
    return tally.points / tally.possible if tally.possible else Fraction(0)


def of(campaign: Campaign, code: str = EAST) -> Tally | None:
    return next((one for one in tallies(campaign) if one.subject.code == code), None)


@given(streams())
def test_a_score_lies_in_its_range(parts: list[list[Act]]) -> None:
    for tally in tallies(written(parts)):
        assert 0 <= tally.points <= tally.possible <= 100
        for one in tally.indicators:
            assert one.numerator >= 0
            assert one.kind is IndicatorKind.COUNT or one.numerator <= one.denominator
            assert one.denominator + one.excluded == one.unadjusted_denominator
            assert (one.points is None) == (one.standing is not Standing.MEASURED or one.target is None)
            if one.points is not None:
                assert 0 <= exactly(one.points) <= Fraction(one.weight)
            if one.rate is not None:
                assert 0 <= Fraction(one.rate) <= 1
            assert one.reached is None or one.points is not None


@given(st.data())
def test_the_order_of_unrelated_events_changes_nothing(data: st.DataObject) -> None:
    parts = data.draw(streams())
    queues = [list(acts) for acts in parts]
    shuffled: list[list[Act]] = []
    while any(queues):
        queue = data.draw(st.sampled_from([queue for queue in queues if queue]))
        shuffled.append([queue.pop(0)])
    assert tallies(written(parts)) == tallies(written(shuffled))


@given(st.data())
def test_voiding_a_mistaken_entry_gives_what_would_have_been_without_it(data: st.DataObject) -> None:
    parts = data.draw(streams())
    mistaken = _case(data.draw, "mistaken")
    place = data.draw(st.integers(0, len(parts)))
    voided = written([*parts[:place], mistaken, *parts[place:]])
    voided.put("case/mistaken", CaseVoided(reason="误录"), data.draw(DAYS))
    assert tallies(voided) == tallies(written(parts))


@given(streams(), st.sampled_from([EAST, WEST]), DAYS)
def test_settling_a_due_case_never_lowers_a_score(parts: list[list[Act]], code: str, day: str) -> None:
    campaign = written([*parts, [lambda c: c.case("due", day, code)]])
    before = of(campaign, code)
    campaign.resolve("due", day)
    after = of(campaign, code)
    assert (before is None) == (after is None)
    if before and after:
        assert share(after) >= share(before)


@given(streams(), st.sampled_from([EAST, WEST]), st.integers(1, 30), st.booleans())
def test_completing_a_due_visit_never_lowers_a_score(
    parts: list[list[Act]], code: str, day: int, declined: bool
) -> None:
    due = f"2015-06-{day:02}"
    campaign = written(
        [*parts, [lambda c: c.case("due", due, code), lambda c: c.plan_visit("due", "x", due, due, True, code)]]
    )
    before = of(campaign, code)
    (campaign.decline if declined else campaign.visit)("due", "x", due, True, code)
    after = of(campaign, code)
    if before and after:
        assert share(after) >= share(before)


@given(streams(), st.sampled_from([EAST, WEST]))
def test_filing_due_minutes_on_time_never_lowers_a_score(parts: list[list[Act]], code: str) -> None:
    campaign = written(parts)
    before = of(campaign, code)
    campaign.minutes("2015-06", "2015-07-04", code=code)
    after = of(campaign, code)
    if before and after:
        assert share(after) >= share(before)


@settings(max_examples=50)
@given(streams(), later())
def test_every_changed_number_names_events_that_came_after_the_publication(
    parts: list[list[Act]], more: list[Act]
) -> None:
    """Whatever is written later, a restatement's causes are positions after the one it restates, and never none."""
    campaign = written(parts)
    first, position = _published(campaign, campaign.evidence()), len(campaign.written) - 1
    for act in more:
        act(campaign)
    basis, now = _basis(campaign), _published(campaign, campaign.evidence())
    earlier = {one.subject: one for one in first}
    for one in now:
        for change in basis.changes(earlier[one.subject], one) if one.subject in earlier else ():
            assert change.causes
            assert all(position < cause < len(campaign.written) for cause in change.causes)


def _basis(campaign: Campaign) -> Restating:
    rows = campaign.rows()
    return Restating(rows["plans"][0], rows["rulebooks"][0], evidence_of(rows), JUNE, AS_OF, WHOLE)


def _published(campaign: Campaign, evidence: Any) -> Any:
    look = Looking(campaign)
    return scores(_basis(campaign), look.position, look.root())


# institutions only ----------------------------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True), st.from_regex(r"1[0-9]{10}")))
def test_nothing_but_a_division_can_be_scored(code: str) -> None:
    """Names, ID numbers and telephone numbers are refused; so is a division code with anything after it."""
    division = code.isascii() and code.isdigit() and len(code) in (9, 12) and "1" <= code[0] <= "8"
    if division:
        assert Institution(code).code == code
    else:
        with pytest.raises(ValueError, match="only institutions"):
            Institution(code)


@given(streams())
def test_only_the_communities_and_their_sub_district_have_scores(parts: list[list[Act]]) -> None:
    subjects = [tally.subject.code for tally in tallies(written(parts))]
    assert subjects[0] == LOG
    assert set(subjects[1:]) <= {EAST, WEST}
    assert len(subjects) == len(set(subjects))


def test_evidence_has_no_field_for_a_person() -> None:
    """No table of evidence names an officer, a party or a household, so that no rulebook can ask about one."""
    fields = {field for table in TABLES.values() for field in table}
    assert not fields & {"officer", "name", "phone", "id_number", "party", "parties", "household", "summary", "diary"}


# numbers --------------------------------------------------------------------------------------------------------


@given(st.fractions(min_value=0, max_value=10**6))
def test_four_places_are_rounded_half_up(number: Fraction) -> None:
    shown = decimal_of(number)
    assert len(shown.partition(".")[2]) == 4
    assert -Fraction(1, 20_000) <= number - Fraction(shown) < Fraction(1, 20_000)
    assert exactly(figure(number)) == number


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction(2, 3), "0.6667"),
        (Fraction(1, 20_000), "0.0001"),
        (Fraction(1, 20_001), "0.0000"),
        (Fraction(5), "5.0000"),
    ],
)
def test_rounding_by_hand(number: Fraction, shown: str) -> None:
    assert decimal_of(number) == shown
