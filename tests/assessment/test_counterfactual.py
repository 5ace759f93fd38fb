"""What if other rules applied: the same invented campaign under two sets of rules, and what differs and why."""

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment.rules.periods import period
from services.assessment.scoring.exact import exactly
from services.assessment.scoring.measuring import score
from services.assessment.scoring.membership import Part
from services.assessment.what_if.comparing import Compared, Moved, Outcome, Rules, WhatIf, what_if
from services.assessment.what_if.differing import differences
from shared.contracts.assessment import (
    Every,
    Exclusion,
    Filter,
    Indicator,
    IndicatorKind,
    Op,
    PeriodKind,
    Plan,
    Rulebook,
    SubjectKind,
)
from shared.contracts.codes import PostingEnd, Profession
from shared.contracts.frozen import replace
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, WEST, WHOLE, Campaign
from tests.assessment.histories import Act, streams, written
from tests.assessment.test_appeals import decided

AS_OF = date(2015, 7, 31)


def season() -> Campaign:
    """Two communities in June. The east settles five of seven cases and has one referred outside; its minutes are
    entered six days after they were filed. The west does nothing."""
    made = Campaign().adopt()
    for code in (EAST, WEST):
        made.community(code, households=60)
        made.post_all(code)
    made.cards(45, "2015-06-20")
    for number in range(7):
        made.case(f"e{number}", "2015-06-12")
        if number < 5:
            made.resolve(f"e{number}", "2015-06-20")
    made.case("w0", "2015-06-12", WEST)
    made.refer("e6", "2015-06-21", outside=True)
    made.meet("2015-06", "2015-06-28")
    made.minutes("2015-06", "2015-07-04", recorded="2015-07-10")
    return made


def under(rulebook: Rulebook = RULEBOOK, plan: Plan = PLAN, kind: str = "month", name: str = "2015-06") -> Rules:
    """Rules that nobody has adopted."""
    days = period(PeriodKind(kind), name, plan)
    return Rules(plan=plan, plan_version=None, rulebook=rulebook, rulebook_version=None, period=days)


def supposed(made: Campaign, after: Rules, before: Rules | None = None, *, everything: bool = False) -> WhatIf:
    return what_if(
        made.evidence(), before or under(), after, AS_OF, log=LOG, position=len(made.written) - 1, everything=everything
    )


def with_indicator(code: str, **changed: Any) -> Rulebook:
    """The default rulebook with one indicator changed."""
    return replace(
        RULEBOOK, indicators=tuple(replace(i, **changed) if i.code == code else i for i in RULEBOOK.indicators)
    )


def indicator(code: str) -> Indicator:
    return next(one for one in RULEBOOK.indicators if one.code == code)


def of(found: WhatIf, code: str = EAST) -> Outcome:
    return next(one for one in found.institutions if one.community == code)


def the(found: WhatIf, code: str, community: str = EAST) -> Compared:
    return next(one for one in of(found, community).indicators if one.code == code)


def numbers(one: Any) -> tuple[int, int, int]:
    return one.numerator, one.denominator, one.excluded


def moves(compared: Compared) -> dict[str, tuple[str, str | None, str, str | None]]:
    return {
        one.key: (one.before.part.value, one.before.reason, one.after.part.value, one.after.reason)
        for one in compared.moved
    }


# nothing differs ------------------------------------------------------------------------------------------------------


def test_under_the_same_rules_nothing_differs() -> None:
    found = supposed(season(), under())
    assert found.same
    assert (found.plan, found.rulebook) == ((), ())
    assert [one.community for one in found.institutions] == [LOG, EAST, WEST]
    assert all(one.indicators == () and one.before == one.after for one in found.institutions)
    assert {one.change.exact for one in found.institutions if one.change} == {"0/1"}


def test_all_indicators_are_there_where_all_are_asked_for() -> None:
    found = supposed(season(), under(), everything=True)
    assert found.same
    for one in found.institutions:
        assert one.unchanged == len(one.indicators) > 10
        assert all(compared.moved == () for compared in one.indicators)


def test_it_says_that_it_is_a_what_if_and_ranks_nobody() -> None:
    found = supposed(season(), under(with_indicator("resolve_rate", weight="30")))
    assert "假设" in found.note_zh
    assert "what-if" in found.note_en
    names = {name for cls in _classes(found) for name in cls}
    assert not names & {"rank", "place", "officer", "handler", "person", "party"}


def _classes(value: Any) -> list[set[str]]:
    if isinstance(value, tuple):
        return [names for one in value for names in _classes(one)]
    if not is_dataclass(value):
        return []
    own = {field.name for field in fields(value)}
    return [own, *(names for name in own for names in _classes(getattr(value, name)))]


# each kind of change --------------------------------------------------------------------------------------------------


def test_another_weight_changes_points_and_no_member() -> None:
    was = indicator("resolve_rate").weight
    found = supposed(season(), under(with_indicator("resolve_rate", weight="30")))
    (rule,) = found.rulebook
    assert (rule.at, rule.before, rule.after) == ("indicators.resolve_rate.weight", was, "30")
    one = the(found, "resolve_rate")
    assert one.before is not None
    assert one.after is not None
    assert numbers(one.before) == numbers(one.after) == (5, 6, 1)
    assert one.moved == ()
    gained = (30 - Fraction(was)) * Fraction(5, 6) / Fraction(9, 10)
    assert Fraction(one.change.exact) == gained
    east = of(found)
    assert east.before is not None
    assert east.after is not None
    assert exactly(east.after.points) - exactly(east.before.points) == gained
    assert exactly(east.after.possible) - exactly(east.before.possible) == 30 - Fraction(was)


def test_another_target_is_reached_or_not_by_the_same_numbers() -> None:
    found = supposed(season(), under(with_indicator("resolve_rate", target="0.8")))
    one = the(found, "resolve_rate")
    assert one.before is not None
    assert one.after is not None
    assert (one.before.reached, one.after.reached) == (False, True)
    assert (one.before.rate, one.after.rate) == ("0.8333", "0.8333")
    assert Fraction(one.change.exact) > 0


def test_an_exclusion_that_goes_brings_its_rows_back_into_the_denominator() -> None:
    made = season()
    kept = tuple(why for why in indicator("resolve_rate").exclusions if why.code != "referred_outside")
    found = supposed(made, under(with_indicator("resolve_rate", exclusions=kept)))
    one = the(found, "resolve_rate")
    assert moves(one) == {"e6": ("excluded", "referred_outside", "missed", None)}
    assert one.before is not None
    assert one.after is not None
    assert (numbers(one.before), numbers(one.after)) == ((5, 6, 1), (5, 7, 0))
    assert one.moved[0].name_en
    assert one.moved[0].before.reason_zh == next(
        why.title_zh for why in indicator("resolve_rate").exclusions if why.code == "referred_outside"
    )
    told = {recorded.position for recorded in made.recorded() if recorded.stream == "case/e6"}
    assert set(one.moved[0].positions) == told
    (rule,) = found.rulebook
    assert (rule.at, rule.after) == ("indicators.resolve_rate.exclusions.referred_outside", None)


def test_a_new_exclusion_takes_rows_out_with_its_own_reason() -> None:
    why = Exclusion(
        code="e", title_zh="甲", title_en="A", where=(Filter(field="ended", op=Op.IS, values=("resolved",)),)
    )
    exclusions = (why, *indicator("resolve_rate").exclusions)
    found = supposed(season(), under(with_indicator("resolve_rate", exclusions=exclusions)))
    moved = moves(the(found, "resolve_rate"))
    assert moved == {f"e{n}": ("numerator", None, "excluded", "e") for n in range(5)}


def test_another_numerator_moves_rows_out_of_it() -> None:
    numerator = indicator("resolve_rate").numerator
    never = replace(numerator, where=(*numerator.where, Filter(field="tier", op=Op.IS, values=("district",))))
    found = supposed(season(), under(with_indicator("resolve_rate", numerator=never)))
    assert moves(the(found, "resolve_rate")) == {f"e{n}": ("numerator", None, "missed", None) for n in range(5)}


def test_days_of_grace_say_which_minutes_were_late() -> None:
    found = supposed(season(), under(replace(RULEBOOK, grace_days=3)))
    (rule,) = found.rulebook
    assert (rule.at, rule.before, rule.after) == ("grace_days", str(RULEBOOK.grace_days), "3")
    (moved,) = the(found, "minutes_on_time").moved
    assert (moved.before.part, moved.after.part) == (Part.NUMERATOR, Part.MISSED)
    assert (moved.before.numerator, moved.after.numerator) == (1, 0)


def test_what_is_added_up_moves_by_its_amount() -> None:
    cards = indicator("contact_cards").numerator
    dated = replace(cards, where=(Filter(field="issued_on", op=Op.ABSENT, values=()),))
    found = supposed(season(), under(with_indicator("contact_cards", numerator=dated)))
    (moved,) = the(found, "contact_cards").moved
    assert (moved.table, moved.before.numerator, moved.after.numerator) == ("cards", 45, 0)


def test_an_indicator_that_only_one_rulebook_has_is_shown_with_its_one_number() -> None:
    dropped = replace(RULEBOOK, indicators=tuple(i for i in RULEBOOK.indicators if i.code != "resolve_rate"))
    found = supposed(season(), under(dropped))
    one = the(found, "resolve_rate")
    assert one.before is not None
    assert (numbers(one.before), one.after, one.moved) == ((5, 6, 1), None, ())
    assert one.before.points is not None
    assert Fraction(one.change.exact) == -exactly(one.before.points)
    back = supposed(season(), under(), under(dropped))
    assert the(back, "resolve_rate").before is None
    assert the(back, "resolve_rate").after == one.before


def test_an_indicator_of_the_sub_district_alone_leaves_the_communities() -> None:
    found = supposed(season(), under(with_indicator("resolve_rate", subject=SubjectKind.UNIT)))
    assert the(found, "resolve_rate").after is None
    assert [one.code for one in of(found, LOG).indicators] == []


def test_another_plan_s_due_day_makes_minutes_late() -> None:
    sooner = replace(
        PLAN, cadences=tuple(replace(c, due_day=1) if c.clause == "3.3.3" else c for c in PLAN.cadences)
    )  # fmt: skip
    found = supposed(season(), under(plan=sooner))
    assert found.rulebook == ()
    assert [(one.at.rpartition(".")[2], one.after) for one in found.plan] == [("due_day", "1")]
    (moved,) = the(found, "minutes_on_time").moved
    assert (moved.before.part, moved.after.part) == (Part.NUMERATOR, Part.MISSED)
    assert of(found, WEST).before == of(found, WEST).after


def test_a_phase_has_the_days_that_each_plan_gives_it() -> None:
    later = replace(
        PLAN, phases=tuple(replace(p, from_day=date(2015, 6, 15)) if p.code == "2" else p for p in PLAN.phases)
    )
    found = supposed(season(), under(plan=later, kind="phase", name="2"), under(kind="phase", name="2"))
    assert (found.before.period.from_day, found.after.period.from_day) == (date(2015, 6, 11), date(2015, 6, 15))
    moved = moves(the(found, "resolve_rate"))
    assert {(part, to) for part, _, to, _ in moved.values()} == {
        ("numerator", "outside"), ("missed", "outside"), ("excluded", "outside"),
    }  # fmt: skip
    assert set(moved) == {f"e{n}" for n in range(7)}


def test_another_plan_s_length_of_postings_makes_an_end_early() -> None:
    made = season()
    made.end("judge-1", Profession.JUDGE, "2015-06-30", PostingEnd.TRANSFER)
    found = supposed(made, under(plan=replace(PLAN, posting_months=1)), under())
    (moved,) = the(found, "early_ends").moved
    assert (moved.before.part, moved.after.part) == (Part.NUMERATOR, Part.SPARED)


def test_before_a_later_plan_is_issued_nothing_is_due_and_there_is_no_per_cent_to_compare() -> None:
    unissued = replace(PLAN, issued_on=AS_OF + timedelta(days=1))
    found = supposed(season(), under(plan=unissued))
    east = of(found)
    assert east.after is not None
    assert (east.after.per_cent, east.change) == (None, None)
    assert {part for one in east.indicators for _, _, part, _ in moves(one).values()} == {"outside"}


def test_a_community_that_joined_between_the_two_ends_of_a_phase_is_in_one_of_them() -> None:
    made = season()
    third = "410105010003"
    made.community(third, on="2015-06-18")
    ends = tuple(replace(p, to_day=date(2015, 6, 15)) if p.code == "2" else p for p in PLAN.phases)
    shorter = under(plan=replace(PLAN, phases=ends), kind="phase", name="2")
    found = supposed(made, shorter, under(kind="phase", name="2"))
    assert of(found, third).before is not None
    assert of(found, third).after is None
    assert not found.same


def test_what_an_appeal_left_out_stays_out_under_any_rulebook_and_is_told_by_its_name() -> None:
    made = decided()
    eased = supposed(made, under(with_indicator("resolve_rate", target="0.5")), everything=True)
    one = the(eased, "resolve_rate")
    assert one.before is not None
    assert one.after is not None
    assert one.before.excluded == one.after.excluded == 1
    denominator = indicator("resolve_rate").denominator
    assert denominator is not None
    nothing = replace(denominator, where=(Filter(field="reported_on", op=Op.ABSENT, values=()),))
    moved = the(supposed(made, under(with_indicator("resolve_rate", denominator=nothing))), "resolve_rate").moved
    (appealed,) = (one for one in moved if one.before.part is Part.EXCLUDED)
    assert (appealed.key, appealed.before.reason_en, appealed.after.part) == ("e5", "Left out on appeal", Part.OUTSIDE)


def test_what_is_left_out_under_both_rules_says_which_of_its_numbers_is_another() -> None:
    kept = tuple(why for why in indicator("resolve_rate").exclusions if why.code == "referred_outside")
    anything = replace(indicator("resolve_rate").numerator, where=())
    found = supposed(season(), under(with_indicator("resolve_rate", numerator=anything, exclusions=kept)))
    moved = {one.key: one for one in the(found, "resolve_rate").moved}
    assert (moved["e6"].before.part, moved["e6"].after.part) == (Part.EXCLUDED, Part.EXCLUDED)
    assert (moved["e6"].says_zh, moved["e6"].says_en) == (
        "剔除（移送街道以外机关）：剔除前分子 0 → 1",
        "excluded (Referred outside the sub-district): numerator before exclusions 0 → 1",
    )
    assert (moved["e5"].says_zh, moved["e5"].says_en) == ("未计入分子 → 计入分子", "missed → counted")


# every history and every change ---------------------------------------------------------------------------------------


def _reweighed(draw: Any, book: Rulebook) -> Rulebook:
    code = draw(st.sampled_from([one.code for one in book.indicators]))
    weight = draw(st.sampled_from(["0", "1", "2.5", "40"]))
    return _changed(book, code, lambda one: replace(one, weight=weight))


def _retargeted(draw: Any, book: Rulebook) -> Rulebook:
    judged = [one.code for one in book.indicators if one.target and one.kind is not IndicatorKind.ZERO_INCIDENT]
    share = draw(st.sampled_from(["0.3", "0.5", "0.95", "1"]))
    return _changed(book, draw(st.sampled_from(judged)), lambda one: replace(one, target=share))


def _cut(draw: Any, book: Rulebook) -> Rulebook:
    code = draw(st.sampled_from([one.code for one in book.indicators]))
    return replace(book, indicators=tuple(one for one in book.indicators if one.code != code))


def _unexcluded(draw: Any, book: Rulebook) -> Rulebook:
    code = draw(st.sampled_from([one.code for one in book.indicators if one.exclusions] or [book.indicators[0].code]))
    return _changed(book, code, lambda one: replace(one, exclusions=one.exclusions[1:]))


def _loosened(draw: Any, book: Rulebook) -> Rulebook:
    """A numerator without its last condition."""
    code = draw(st.sampled_from([one.code for one in book.indicators]))
    return _changed(
        book, code, lambda one: replace(one, numerator=replace(one.numerator, where=one.numerator.where[:-1]))
    )


def _graced(draw: Any, book: Rulebook) -> Rulebook:
    return replace(book, grace_days=draw(st.integers(0, 30)))


def _changed(book: Rulebook, code: str, change: Callable[[Indicator], Indicator]) -> Rulebook:
    return replace(book, indicators=tuple(change(one) if one.code == code else one for one in book.indicators))


@st.composite
def rulebooks(draw: Any) -> Rulebook:
    book = RULEBOOK
    for change in draw(
        st.lists(st.sampled_from([_reweighed, _retargeted, _cut, _unexcluded, _loosened, _graced]), max_size=4)
    ):
        book = change(draw, book)
    return book


@st.composite
def plans(draw: Any) -> Plan:
    months, due = draw(st.sampled_from([1, 12, 24])), draw(st.integers(1, 28))
    cadences = tuple(replace(one, due_day=due, every=draw(st.sampled_from(list(Every)))) for one in PLAN.cadences)
    issued = draw(st.sampled_from([PLAN.issued_on, date(2015, 7, 1), date(2015, 9, 1)]))
    changed = replace(PLAN, posting_months=months, cadences=cadences, issued_on=issued)
    return changed if draw(st.booleans()) else PLAN


@settings(deadline=None, max_examples=40)
@given(streams(), rulebooks(), plans())
def test_each_side_is_the_score_under_its_own_rules_and_the_moves_account_for_every_number(
    parts: list[list[Act]], book: Rulebook, plan: Plan
) -> None:
    made = written(parts)
    before, after = under(), under(book, plan)
    found = supposed(made, after, before, everything=True)
    for rules, side in ((before, "before"), (after, "after")):
        scores = score(rules.rulebook, rules.plan, made.evidence(), rules.period, AS_OF, whole=WHOLE)
        totals = {one.community: getattr(one, side) for one in found.institutions if getattr(one, side) is not None}
        assert set(totals) == {tally.subject.code for tally in scores.tallies}
        for tally in scores.tallies:
            told = [getattr(one, side) for one in of(found, tally.subject.code).indicators]
            assert [one for one in told if one is not None] == list(tally.indicators)
            total = totals[tally.subject.code]
            assert (exactly(total.points), exactly(total.possible)) == (tally.points, tally.possible)
    for outcome in found.institutions:
        _accounted(outcome)
    differing = supposed(made, after, before)
    assert differing.same == found.same
    for some, every in zip(differing.institutions, found.institutions, strict=True):
        assert some.indicators == tuple(one for one in every.indicators if not one.same)
        assert some.unchanged + len(some.indicators) == len(every.indicators)


def _accounted(outcome: Outcome) -> None:
    """The points of the indicators add up to the total's, and the moves to each number's difference."""
    if outcome.before is not None and outcome.after is not None:
        gained = exactly(outcome.after.points) - exactly(outcome.before.points)
        assert sum((Fraction(one.change.exact) for one in outcome.indicators), Fraction(0)) == gained
    for one in outcome.indicators:
        if one.before is None or one.after is None:
            assert not one.moved
            continue
        assert _sum(one.moved, "denominator") == one.after.denominator - one.before.denominator
        assert _sum(one.moved, "unadjusted_denominator") == (
            one.after.unadjusted_denominator - one.before.unadjusted_denominator
        )
        if indicator(one.code).kind is not IndicatorKind.COVERAGE:  # whose numerator is held to its denominator
            assert _sum(one.moved, "numerator") == one.after.numerator - one.before.numerator
            assert _sum(one.moved, "unadjusted_numerator") == (
                one.after.unadjusted_numerator - one.before.unadjusted_numerator
            )


def _sum(moved: Iterable[Moved], name: str) -> int:
    return sum(getattr(one.after, name) - getattr(one.before, name) for one in moved)


@settings(deadline=None, max_examples=40)
@given(rulebooks(), rulebooks(), plans(), plans())
def test_two_texts_differ_in_no_place_only_where_they_are_equal(
    book: Rulebook, other: Rulebook, plan: Plan, another: Plan
) -> None:
    assert (differences(book, other) == ()) == (book == other)
    assert (differences(plan, another) == ()) == (plan == another)
    back = {one.at: (one.after, one.before) for one in differences(other, book)}
    assert back == {one.at: (one.before, one.after) for one in differences(book, other)}


def test_the_order_of_exclusions_is_a_difference_since_the_first_that_applies_counts() -> None:
    turned = with_indicator("resolve_rate", exclusions=indicator("resolve_rate").exclusions[::-1])
    (found,) = differences(RULEBOOK, turned)
    assert found.at == "indicators.resolve_rate.exclusions"
    assert found.before is not None
    assert found.after is not None
    assert found.before.strip("[]").split(", ") == found.after.strip("[]").split(", ")[::-1]


def test_what_differs_is_written_as_yaml_has_it() -> None:
    where = indicator("four_roles").numerator.where[:1]
    fewer = with_indicator("four_roles", numerator=replace(indicator("four_roles").numerator, where=where), target=None)
    found = {one.at: one.after for one in differences(RULEBOOK, fewer)}
    assert found == {
        "indicators.four_roles.numerator.where": "[{field: judge, op: present, values: []}]",
        "indicators.four_roles.target": "null",
    }
