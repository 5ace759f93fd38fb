"""A rule in words: everything that a rulebook may name has words in both languages, and they say what the data say."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.evidence.gathered import LEDGERS
from services.assessment.evidence.items import TABLES, Item
from services.assessment.explaining.happenings import WORDS, words_of
from services.assessment.explaining.vocabulary import FIELDS, coded
from services.assessment.explaining.vocabulary import TABLES as NAMES
from services.assessment.explaining.wording import changed, joined, named, rule, said, unmet
from services.assessment.rules.filters import Frame, all_hold
from services.assessment.scoring.membership import MADE_OF
from services.together import SECTIONS
from shared.contracts.assessment import (
    Change,
    Comparison,
    Filter,
    Given,
    Indicator,
    Measure,
    Op,
    PeriodKind,
    Plan,
    PlanAdopted,
    PlanAmended,
    RulebookAdopted,
)
from shared.contracts.codes import Named
from shared.web.columns import COLUMNS
from tests.assessment.campaign import EAST, PLAN, RULEBOOK, STANDING_PLAN, month

CHINESE = re.compile("[一-鿿]")
ENGLISH = re.compile("[A-Za-z]")
JULY_6 = date(2015, 7, 6)
FRAME = Frame(month("2015-06"), JULY_6, PLAN.issued_on, 7)
INDICATORS = {one.code: one for one in RULEBOOK.indicators}


def text_of(indicator: Indicator, grace_days: int = 7) -> tuple[str, str]:
    return joined(rule(indicator, grace_days))


# the vocabulary -------------------------------------------------------------------------------------------------------


def test_every_table_and_field_that_a_rulebook_may_name_has_words_and_no_others_do() -> None:
    assert set(NAMES) == set(TABLES)
    assert {table: set(fields) for table, fields in FIELDS.items()} == {
        table: set(fields) for table, fields in TABLES.items()
    }
    pairs = [*NAMES.values(), *(pair for fields in FIELDS.values() for words in fields.values() for pair in words)]
    for zh, en in pairs:
        assert CHINESE.search(zh)
        assert not ENGLISH.search(zh)
        assert ENGLISH.search(en)
        assert not CHINESE.search(en)


@pytest.mark.parametrize("indicator", RULEBOOK.indicators, ids=lambda one: one.code)
def test_every_code_in_the_default_rulebook_has_words(indicator: Indicator) -> None:
    measures = [one for one in (indicator.numerator, indicator.denominator) if one is not None]
    conditions = [(measure.table, one) for measure in measures for one in measure.where]
    conditions += [(measures[-1].table, one) for why in indicator.exclusions for one in why.where]
    works = [one.values[0] for _, one in conditions if one.field == "work"]
    for table, one in conditions:
        if one.op in (Op.IS, Op.IS_NOT) and TABLES[table][one.field] is not bool:
            for code in one.values:
                zh, en = coded(table, one.field, code, works[0] if works else None)
                assert CHINESE.search(zh), code
                assert ENGLISH.search(en), code
                assert (zh, en) != (code, code)


@pytest.mark.parametrize("plan", [PLAN, STANDING_PLAN], ids=["campaign", "standing"])
def test_every_duty_of_the_plans_that_ship_has_words(plan: Plan) -> None:
    works: list[Named] = [*(one.done_by for one in plan.duties if one.done_by), *(one.work for one in plan.rounds)]
    works += [*(one.sequel for one in plan.terms), *(one.meeting for one in plan.cadences)]
    assert works
    for work in works:
        assert coded("duties", "what", work.value) == (work.zh, work.en.partition(" (")[0])


def test_a_code_that_nobody_named_is_shown_as_it_is() -> None:
    assert coded("cases", "grid", "G01-1") == ("G01-1", "G01-1")
    assert coded("duties", "what", "of-their-own.minutes") == ("of-their-own（纪要上报）", "of-their-own (minutes)")


# a rule ---------------------------------------------------------------------------------------------------------------


def test_the_rule_of_the_resolve_rate_reads_as_an_office_would_write_it() -> None:
    resolve = replace(
        INDICATORS["resolve_rate"], weight="25", minimum=5, exclusions=INDICATORS["resolve_rate"].exclusions[:2]
    )
    assert text_of(resolve) == (
        "分母：受理日期在考核周期内的案件；剔除：移送街道以外机关（处理结果为移送街道以外）；"
        "剔除：依法终止调解（人民调解法第17、26条）（处理结果为依法终止）；分子：其中处理结果为化解的；"
        "目标：≥ 90%（文件原文）；权重：25（本产品建议），达标得满分，未达标按比例得分；"
        "排名：分母不足5的社区不参加排名",
        "Denominator: cases where the day of acceptance lies in the period; "
        "Excluded: Referred outside the sub-district (the outcome is “referred outside the sub-district”); "
        "Excluded: Lawfully terminated (People's Mediation Law 17, 26) (the outcome is “lawfully terminated”); "
        "Numerator: those of them where the outcome is “resolved”; Target: ≥ 90% (the document); "
        "Weight: 25 (this product's proposal), in full where reached, else in proportion; "
        "Rank: no rank where the denominator is below 5",
    )


def test_minutes_in_time_tell_of_the_days_of_grace_and_of_the_turn() -> None:
    zh, en = text_of(INDICATORS["minutes_on_time"], grace_days=1)
    assert "事项为月例会（纪要上报）、所属周期末日在考核周期内、期限已到的应办事项" in zh
    assert "其中办理日期不晚于期限、录入日期不晚于期限后1天的" in zh
    assert "the day on which it was entered is at most 1 day after the due day" in en
    assert "宽限：按时办结、迟录不超过1天的，仍算按时" in zh


def test_sums_coverage_counts_and_incidents_say_what_they_are() -> None:
    assert (
        "分母：全部社区，其户数合计；分子：全部便民联系卡发放记录，其发放户数合计（各社区最多按其分母计）"
        in text_of(INDICATORS["contact_cards"])[0]
    )
    assert text_of(INDICATORS["patrols"])[0].startswith(
        "计数：事项为巡逻、完成日期在考核周期内的履职记录；目标：只计数"
    )
    assert "目标：不发生（文件原文）" in text_of(INDICATORS["early_ends"])[0]
    assert "发生即不得分" in text_of(INDICATORS["early_ends"])[0]
    assert "Target: < 2% (the document)" in text_of(INDICATORS["youth_offending"])[1]
    assert "only" in text_of(INDICATORS["youth_offending"])[1]
    assert "分子：上述全部，其数量合计" in text_of(INDICATORS["awareness"])[0], (
        "the denominator's conditions are not said twice"
    )


@pytest.mark.parametrize("indicator", RULEBOOK.indicators, ids=lambda one: one.code)
def test_no_rule_shows_a_code_or_half_a_sentence(indicator: Indicator) -> None:
    zh, en = text_of(indicator)
    assert not re.search("[a-z_]{2,}", zh)
    assert not re.search("[a-z]_[a-z]", en)
    for text in (zh, en):
        assert not re.search(r"[{}]|None|  |，；|：；|“”|（）", text)


def _changed(indicator: Indicator) -> Iterator[Indicator]:
    """The indicator with one thing of it changed, each in turn."""
    yield replace(indicator, weight="99")
    if indicator.numerator.adds is not None:
        yield replace(indicator, numerator=replace(indicator.numerator, adds=None))
    yield replace(indicator, minimum=indicator.minimum + 3)
    yield replace(indicator, periods=(PeriodKind.QUARTER,))
    other = Given.PROPOSAL if indicator.target_given is Given.DOCUMENT else Given.DOCUMENT
    yield replace(indicator, weight_given=Given.DOCUMENT)
    if indicator.target not in (None, "0"):
        yield replace(indicator, target="0.5")
        below = indicator.comparison is Comparison.BELOW
        yield replace(indicator, comparison=Comparison.AT_LEAST if below else Comparison.BELOW)
        yield replace(indicator, target_given=other)
    where, held = indicator.numerator.where, indicator.denominator.where if indicator.denominator else ()
    for at, condition in enumerate(where):
        if condition not in held:  # of the denominator's rows it is true anyway
            yield replace(indicator, numerator=replace(indicator.numerator, where=(*where[:at], *where[at + 1 :])))
    if indicator.denominator is not None:
        for at in range(len(held)):
            less = replace(indicator.denominator, where=(*held[:at], *held[at + 1 :]))
            yield replace(indicator, denominator=less)
    for at in range(len(indicator.exclusions)):
        yield replace(indicator, exclusions=(*indicator.exclusions[:at], *indicator.exclusions[at + 1 :]))


@pytest.mark.parametrize("indicator", RULEBOOK.indicators, ids=lambda one: one.code)
def test_whatever_changes_in_a_rule_changes_its_words(indicator: Indicator) -> None:
    for other in _changed(indicator):
        for mine, theirs in zip(text_of(indicator), text_of(other), strict=True):
            assert mine != theirs, other


def test_a_rule_of_an_older_rulebook_names_by_its_code_what_is_no_more() -> None:
    month_ends = asks("month_ends_on", Op.IN_PERIOD)
    old = replace(
        INDICATORS["minutes_on_time"], numerator=Measure(table="minutes", where=(), adds=None),
        denominator=Measure(table="minutes", where=(month_ends,), adds=None),
    )  # fmt: skip
    assert text_of(old)[1].startswith("Denominator: minutes where the month_ends_on lies in the period")


# conditions -----------------------------------------------------------------------------------------------------------


def row(table: str, **fields: Any) -> Item:
    return Item(table, "k", EAST, {**dict.fromkeys(TABLES[table]), **fields}, ())


def asks(field: str, op: Op, *values: str) -> Filter:
    return Filter(field=field, op=op, values=values)


MISSES = [
    (
        row("cases", ended="terminated"), asks("ended", Op.IS, "resolved", "linked"),
        "处理结果为化解或并案", "处理结果为依法终止，不是化解或并案",
        "the outcome is “lawfully terminated”, not “resolved” or “linked to another case”",
    ),
    (row("cases"), asks("ended", Op.IS, "resolved"), "处理结果为化解", "尚未办结", "it is not over yet"),
    (
        row("postings", ended_early=False), asks("ended_early", Op.IS, "true"),
        "任期未满即调整", "未提前调整", "it did not end before its time",
    ),
    (
        row("postings", reason="retired"), asks("reason", Op.IS_NOT, "retired", "illness"),
        "调整理由不是退休或病休", "调整理由为退休", "the reason of its end is “retired”",
    ),
    (row("visits"), asks("done_on", Op.PRESENT), "已走访或对方谢绝", "未走访", "it was not done"),
    (
        row("cases", contact_missed_on=date(2015, 7, 1)), asks("contact_missed_on", Op.ABSENT),
        "约定的联系日期无一错过", "错过约定的联系日期（2015年7月1日）", "an agreed contact was missed (2015-07-01)",
    ),
    (
        row("cases", accepted_on=date(2015, 7, 1)), asks("accepted_on", Op.IN_PERIOD),
        "受理日期在考核周期内", "受理日期2015年7月1日不在考核周期（2015年6月1日至2015年6月30日）内",
        "the day of acceptance, 2015-07-01, lies outside the period (2015-06-01 to 2015-06-30)",
    ),
    (
        row("duties", due_on=date(2015, 7, 7)), asks("due_on", Op.PASSED),
        "期限已到", "期限2015年7月7日尚未到", "the due day, 2015-07-07, has not come yet",
    ),
    (
        row("duties", due_on=date(2015, 7, 5), done_on=date(2015, 7, 6)), asks("done_on", Op.NOT_AFTER, "due_on"),
        "办理日期不晚于期限", "办理日期2015年7月6日晚于期限2015年7月5日",
        "the day on which it was done, 2015-07-06, is after the due day, 2015-07-05",
    ),
    (
        row("duties", due_on=date(2015, 7, 5)), asks("done_on", Op.NOT_AFTER, "due_on"),
        "办理日期不晚于期限", "未办理（期限2015年7月5日）", "it was not done (due day: 2015-07-05)",
    ),
    (
        row("duties", due_on=date(2015, 7, 5), entered_on=date(2015, 7, 13)),
        asks("entered_on", Op.WITHIN_GRACE, "due_on"),
        "录入日期不晚于期限后7天", "录入日期2015年7月13日晚于期限2015年7月5日后7天",
        "the day on which it was entered, 2015-07-13, is after the due day, 2015-07-05 by more than 7 days",
    ),
    (
        row("deeds", of=40), asks("of", Op.LESS_THAN, "30"), "总数小于30", "总数为40，不小于30",
        "the total, 40, is not less than 30",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("item", "condition", "asked", "why_zh", "why_en"), MISSES)
def test_a_condition_and_why_a_row_does_not_meet_it_are_said(
    item: Item, condition: Filter, asked: str, why_zh: str, why_en: str
) -> None:
    assert not all_hold([condition], item, FRAME), "the case is about a row that misses"
    assert said(condition, item.table, 7)[0] == asked
    assert unmet([condition], item, FRAME) == (why_zh, why_en)


def test_every_question_that_a_rulebook_may_ask_is_among_those() -> None:
    assert {condition.op for _, condition, *_ in MISSES} == set(Op)


def test_of_several_conditions_those_are_said_that_are_not_met() -> None:
    late = row("duties", due_on=date(2015, 7, 5), done_on=date(2015, 7, 4), entered_on=date(2015, 8, 1))
    conditions = INDICATORS["minutes_on_time"].numerator.where
    assert unmet(conditions, late, FRAME)[0] == "录入日期2015年8月1日晚于期限2015年7月5日后7天"
    missing = row("duties", due_on=date(2015, 7, 5))
    assert unmet(conditions, missing, FRAME)[0] == "未办理（期限2015年7月5日）；未录入（期限2015年7月5日）"
    met = row("duties", due_on=date(2015, 7, 5), done_on=date(2015, 7, 5), entered_on=date(2015, 7, 12))
    assert unmet(conditions, met, FRAME) == ("", "")


# rows -----------------------------------------------------------------------------------------------------------------


def test_a_row_is_called_as_people_call_it() -> None:
    names = {EAST: "虚构社区"}
    communities = Item("communities", EAST, EAST, dict.fromkeys(TABLES["communities"]), ())
    assert named(communities, names) == ("虚构社区", "虚构社区")
    minutes = row("duties", what="monthly.minutes", about="2015-06", due_on=date(2015, 7, 5))
    assert named(minutes, names) == (
        "月例会（纪要上报），2015-06，期限2015年7月5日", "monthly meeting (minutes), 2015-06, due day 2015-07-05"
    )  # fmt: skip
    case = row("cases", kind="dispute", reported_on=date(2015, 6, 12), ended="resolved")
    assert named(case, names) == (
        "矛盾纠纷，登记日期2015年6月12日，化解",
        "dispute, day of report 2015-06-12, resolved",
    )
    survey = row("deeds", work="survey", detail="awareness", begun_on=date(2015, 7, 1), done_on=date(2015, 7, 1))
    assert named(survey, names)[0] == "民意调查，知晓率，登记日期2015年7月1日，完成日期2015年7月1日"


def test_what_was_taken_over_from_paper_counts_as_entered_on_the_day_written_there_and_says_why() -> None:
    fields: dict[str, Any] = {
        "due_on": date(2015, 7, 5), "done_on": date(2015, 7, 20), "entered_on": date(2015, 7, 20),
    }  # fmt: skip
    condition = asks("entered_on", Op.WITHIN_GRACE, "due_on")
    assert unmet([condition], replace(row("duties", **fields), taken_over=True), FRAME) == (
        "录入日期视同2015年7月20日（从纸质台账转录，按所记日期计）晚于期限2015年7月5日后7天",
        "the day on which it was entered, counted as 2015-07-20, as it was taken over from paper, is after the "
        "due day, 2015-07-05 by more than 7 days",
    )
    assert unmet([condition], row("duties", **fields), FRAME)[0].startswith("录入日期2015年7月20日晚于")


# changes --------------------------------------------------------------------------------------------------------------

CHANGES = [
    ("numerator", "1", "2", "分子：1 → 2", "Numerator: 1 → 2"),
    ("standing", "nothing", "measured", "考核状态：无此类事项 → 已考核", "Standing: nothing of the kind → measured"),
    ("kind", "ratio", "count", "类别：比率 → 数量", "Kind: ratio → count"),
    ("reached", "False", "True", "达标：否 → 是", "Reached: no → yes"),
    ("reached", "–", "True", "达标：无 → 是", "Reached: none → yes"),
    ("enough", "True", "False", "数量足够：是 → 否", "Enough to rank: yes → no"),
    ("rate", "0.8333", "1.0000", "比率：83.33% → 100%", "Rate: 83.33% → 100%"),
    ("target", "0.9", "0.95", "目标值：90% → 95%", "Target: 90% → 95%"),
    ("points", "2044426643027/24603298056", "10/1", "得分：83.0956 → 10", "Points: 83.0956 → 10"),
    ("weight", "9", "12.5", "权重：9 → 12.5", "Weight: 9 → 12.5"),
    ("per_cent", "95.1000", "100.0000", "得分率：95.1% → 100%", "Per cent: 95.1% → 100%"),
]


@pytest.mark.parametrize(("number", "before", "after", "zh", "en"), CHANGES)
def test_a_change_is_said_in_words_and_decimals(number: str, before: str, after: str, zh: str, en: str) -> None:
    assert changed(Change(indicator="x", number=number, before=before, after=after, causes=())) == (zh, en)


def test_every_number_of_a_score_has_a_name() -> None:
    numbers = {*MADE_OF, "points", "possible", "per_cent", "rankable"}
    assert {name for name in numbers if name not in COLUMNS} == set()


# events ---------------------------------------------------------------------------------------------------------------


def test_every_event_that_may_be_a_cause_has_the_words_that_the_pages_give_it() -> None:
    rules = (PlanAdopted, PlanAmended, RulebookAdopted)
    of_pages = {name: told.title for section in SECTIONS for name, told in section.events.items()}
    known = {event.NAME for ledger in LEDGERS for event in ledger.handles} | {event.NAME for event in rules}
    assert {name: words_of(name) for name in known} == {name: of_pages[name] for name in known}
    assert len(WORDS) == len(known), "and no others"
    assert words_of("sanguan.intake.unheard-of.v1") == ("sanguan.intake.unheard-of.v1",) * 2
