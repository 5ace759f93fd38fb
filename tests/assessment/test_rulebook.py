"""A rulebook's life (§3.3.5), the default one, and the small language of its conditions."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from services.assessment.clauses import KNOWN
from services.assessment.commands import AdoptRulebook
from services.assessment.evidence.items import Item, Value
from services.assessment.rules import rulebook
from services.assessment.rules.documents import DocumentFault, dump, read
from services.assessment.rules.filters import Frame, holds
from services.assessment.rules.rulebook_file import BUILT_IN, FORM
from shared.contracts.assessment import (
    Filter,
    Given,
    Indicator,
    IndicatorKind,
    Measure,
    Op,
    Rulebook,
    RulebookAdopted,
)
from shared.contracts.model import Refused
from tests.assessment.campaign import OFFICE, PLAN, RULEBOOK, month
from tests.spec import Spec, spec

ADOPT = AdoptRulebook(rulebook=RULEBOOK, author="综治办", reason="施行")
ADOPTED = RulebookAdopted(rulebook=RULEBOOK, version=1, author="综治办", reason="施行")


def asked() -> Spec:
    return replace(spec(rulebook.DECIDER), id=RULEBOOK.code, by=OFFICE)


def test_each_adoption_is_the_next_version() -> None:
    asked().when(ADOPT).then(ADOPTED)
    other = replace(RULEBOOK, grace_days=3)
    asked().given(ADOPTED).when(AdoptRulebook(rulebook=other, author="综治办", reason="收紧")).then(
        RulebookAdopted(rulebook=other, version=2, author="综治办", reason="收紧")
    )


def test_the_same_rulebook_again_is_refused() -> None:
    asked().given(ADOPTED).when(ADOPT).then_refused("nothing_changed")
    replace(asked(), id="other").when(ADOPT).then_refused("other_code")


def with_first(**changes: object) -> Rulebook:
    first, *rest = RULEBOOK.indicators
    return replace(RULEBOOK, indicators=(replace(first, **changes), *rest))  # type: ignore[arg-type]  # spoilt on purpose


def asking(*conditions: Filter) -> Rulebook:
    first: Indicator = RULEBOOK.indicators[0]
    return with_first(numerator=replace(first.numerator, where=conditions))


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (replace(RULEBOOK, indicators=()), "no_indicators"),
        (replace(RULEBOOK, indicators=RULEBOOK.indicators * 2), "repeated_code"),
        (with_first(target="0"), "target_unfit"),
        (with_first(target="1.5"), "target_unfit"),
        (with_first(target=None, kind=IndicatorKind.COVERAGE), "target_unfit"),
        (with_first(denominator=None), "denominator_unfit"),
        (with_first(numerator=replace(RULEBOOK.indicators[0].numerator, table="residents")), "unknown_evidence"),
        (with_first(numerator=replace(RULEBOOK.indicators[0].numerator, adds="judge")), "unknown_evidence"),
        (asking(Filter(field="id_number", op=Op.PRESENT, values=())), "unknown_evidence"),
        (asking(Filter(field="households", op=Op.PASSED, values=())), "filter_unfit"),
        (asking(Filter(field="judge", op=Op.IS, values=())), "filter_unfit"),
        (asking(Filter(field="judge", op=Op.NOT_AFTER, values=("households",))), "filter_unfit"),
        (asking(Filter(field="judge", op=Op.PRESENT, values=("x",))), "filter_unfit"),
        (asking(Filter(field="judge", op=Op.LESS_THAN, values=("3",))), "filter_unfit"),
        (asking(Filter(field="households", op=Op.LESS_THAN, values=("3", "4"))), "filter_unfit"),
        (asking(Filter(field="households", op=Op.LESS_THAN, values=("many",))), "value_unfit"),
        (asking(Filter(field="households", op=Op.IS, values=("030",))), "value_unfit"),
        (asking(Filter(field="judge", op=Op.IS, values=("2015-06-30", "2015-02-30"))), "value_unfit"),
        (asking(Filter(field="judge", op=Op.IS_NOT, values=("20150630",))), "value_unfit"),
        (with_first(measures_target="visits_share"), "measures_unfit"),
        (with_first(measures_target="m", kind=IndicatorKind.ZERO_INCIDENT, target="0"), "measures_unfit"),
    ],
)
def test_a_rulebook_that_could_not_be_evaluated_is_refused_when_it_is_adopted(spoilt: Rulebook, code: str) -> None:
    with pytest.raises(Refused) as caught:
        rulebook.check(spoilt)
    assert caught.value.code == code


def test_the_default_rulebook_holds_the_plan_s_targets_and_marks_its_own_weights() -> None:
    rulebook.check(RULEBOOK)
    assert sum(Fraction(one.weight) for one in RULEBOOK.indicators) == 100
    assert {one.weight_given for one in RULEBOOK.indicators} == {Given.PROPOSAL}
    measuring = {one.measures_target: one for one in RULEBOOK.indicators if one.measures_target is not None}
    assert set(measuring) == {target.code for target in PLAN.targets}
    for target in PLAN.targets:
        one = measuring[target.code]
        assert (one.clause, one.comparison, one.target_given) == (target.clause, target.comparison, target.given)
        assert Fraction(one.target or "0") == Fraction(target.share)


def test_every_indicator_quotes_the_words_on_which_it_rests() -> None:
    quoted = [one.quote_zh for one in RULEBOOK.indicators]
    assert all(quoted)
    assert len(set(quoted)) == len(quoted)


def test_a_rulebook_of_one_s_own_need_not_quote_nor_measure_anything() -> None:
    text = dump(RULEBOOK).replace("measures_target: visits_share", "measures_target: null")
    lines = (line for line in text.splitlines() if "quote_zh" not in line)
    read_back = read("\n".join(lines), "mine.yaml", FORM)
    assert {one.quote_zh for one in read_back.indicators} == {None}
    assert "visits_share" not in {one.measures_target for one in read_back.indicators}


@pytest.mark.parametrize(
    ("table", "field", "value", "fitting"),
    [
        ("cases", "ended", "solved", "resolved"), ("cases", "tier", "street", "subdistrict"),
        ("cases", "kind", "case", "backlog"), ("postings", "reason", "moved", "transfer"),
        ("visits", "result", "done", "completed"), ("deeds", "work", "letter", "mediation"),
        ("duties", "what", "refill", "refill.judge"), ("duties", "state", "open", "overdue"),
        ("cases", "settled_in_time", "yes", "true or false"), ("duties", "days", "1.5", "a whole number"),
        ("cases", "accepted_on", "2015-02-30", "a day, as 2015-06-30"),
    ],
)  # fmt: skip
def test_a_value_that_a_field_never_holds_is_refused_with_what_may_stand_there(
    table: str, field: str, value: str, fitting: str
) -> None:
    asks = Filter(field=field, op=Op.IS_NOT, values=(value,))
    spoilt = with_first(denominator=Measure(table=table, where=(asks,), adds=None))
    (fault,) = rulebook.faults(spoilt)
    assert (fault.code, fault.at) == ("value_unfit", ("indicators", 0, "denominator", "where", 0, "values", 0))
    assert fitting in str(getattr(fault.known["fitting"], "en", fault.known["fitting"]))


@pytest.mark.parametrize(("work", "detail", "fits"), [("survey", "awareness", True), ("survey", "gas", False),
                                                      ("hazard", "gas", True), ("training", "gas", False)])  # fmt: skip
def test_a_detail_is_one_of_the_kind_of_work_that_is_counted(work: str, detail: str, fits: bool) -> None:
    counted = Measure(table="deeds", where=(Filter(field="work", op=Op.IS, values=(work,)),), adds=None)
    asks = Filter(field="detail", op=Op.IS, values=(detail,))
    of_them = with_first(denominator=counted, numerator=Measure(table="deeds", where=(asks,), adds=None))
    assert fits is (list(rulebook.faults(of_them)) == [])


def test_what_a_grid_or_a_duty_is_about_is_anybody_s_to_say() -> None:
    for table, field in (("cases", "grid"), ("deeds", "grid"), ("duties", "about")):
        asks = Filter(field=field, op=Op.IS, values=("任意",))
        assert not [*rulebook.faults(with_first(denominator=Measure(table=table, where=(asks,), adds=None)))]


def test_a_mistake_in_a_rulebook_file_is_told_with_line_and_field() -> None:
    text = BUILT_IN.read_text(encoding="utf-8").replace("op: in_period", "op: in_perod", 1)
    with pytest.raises(DocumentFault) as caught:
        read(text, "default.yaml", FORM)
    (mistake,) = caught.value.mistakes
    assert (mistake.field, mistake.item) == ("indicators.2.denominator.where.1.op", "early_ends")
    assert mistake.line == next(n for n, line in enumerate(text.splitlines(), 1) if "in_perod" in line)
    assert "Is in_period meant?" in mistake.why_en


def test_all_that_is_wrong_with_a_rulebook_is_told_at_once() -> None:
    text = BUILT_IN.read_text(encoding="utf-8")
    for old, new in (
        ("field: judge", "field: juge"),
        ("adds: households", "adds: judge"),
        ('target: "0.9"', 'target: "1.9"'),
        ("ranks: office", "ranks: everybody"),
        ("op: within_grace, values: [due_on]", "op: is, values: [due_on]"),
        ("values: [referred_outside]", "values: [referred_away]"),
        ("code: stability", "code: must_visits"),
        (
            "table: duties\n      where:\n        - {field: done_on, op: not_after",
            "table: duty\n      where:\n        - {field: done_on, op: not_after",
        ),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    text = text.replace("grace_days: 7", "grace_days: -7", 1)
    with pytest.raises(DocumentFault) as caught:
        read(text, "default.yaml", FORM)
    assert [(one.field, one.item, one.code) for one in caught.value.mistakes] == [
        ("grace_days", "", "greater_than_equal"),
        ("ranks", "", "not_in_list"),
        ("indicators.1.numerator.where.1.field", "four_roles", "unknown_evidence"),
        ("indicators.4.denominator.adds", "contact_cards", "unknown_evidence"),
        ("indicators.5.numerator.table", "minutes_on_time", "unknown_evidence"),
        ("indicators.6.exclusions.1.where.1.values.1", "referred_outside", "value_unfit"),
        ("indicators.6.target", "resolve_rate", "target_unfit"),
        ("indicators.7.code", "must_visits", "repeated_code"),
    ]


def test_every_indicator_quotes_a_clause_that_there_is() -> None:
    assert {one.clause for one in RULEBOOK.indicators} <= KNOWN.keys()
    for target in PLAN.targets:
        assert target.clause in KNOWN, target.code
    numbered = {
        one.clause for part in ("cadences", "rounds", "terms", "duties", "phases") for one in getattr(PLAN, part)
    }
    assert numbered <= KNOWN.keys()


# conditions -----------------------------------------------------------------------------------------------------

FRAME = Frame(month("2015-06"), date(2015, 6, 20), date(2015, 6, 10), grace_days=7)
DAY = date(2015, 6, 20)


@pytest.mark.parametrize(
    ("value", "op", "values", "answer"),
    [
        ("a", Op.IS, ("a", "b"), True),
        ("c", Op.IS, ("a", "b"), False),
        (None, Op.IS, ("a",), False),
        (True, Op.IS, ("true",), True),
        (3, Op.IS, ("3",), True),
        (DAY, Op.IS, ("2015-06-20",), True),
        ("c", Op.IS_NOT, ("a",), True),
        (None, Op.IS_NOT, ("a",), True),
        (None, Op.PRESENT, (), False),
        (0, Op.PRESENT, (), True),
        (None, Op.ABSENT, (), True),
        (date(2015, 6, 1), Op.IN_PERIOD, (), True),
        (date(2015, 6, 30), Op.IN_PERIOD, (), True),
        (date(2015, 7, 1), Op.IN_PERIOD, (), False),
        (None, Op.IN_PERIOD, (), False),
        (29, Op.LESS_THAN, ("30",), True),
        (30, Op.LESS_THAN, ("30",), False),
        (None, Op.LESS_THAN, ("30",), False),
        (DAY, Op.PASSED, (), True),
        (date(2015, 6, 21), Op.PASSED, (), False),
        (date(2015, 6, 25), Op.NOT_AFTER, ("due",), True),
        (date(2015, 6, 26), Op.NOT_AFTER, ("due",), False),
        (None, Op.NOT_AFTER, ("due",), False),
        (date(2015, 7, 2), Op.WITHIN_GRACE, ("due",), True),
        (date(2015, 7, 3), Op.WITHIN_GRACE, ("due",), False),
    ],
)
def test_a_condition_means_what_it_says(value: Value, op: Op, values: tuple[str, ...], answer: bool) -> None:
    item = Item("cases", "a", "410105010001", {"x": value, "due": date(2015, 6, 25)}, ())
    assert holds(Filter(field="x", op=op, values=values), item, FRAME) is answer
