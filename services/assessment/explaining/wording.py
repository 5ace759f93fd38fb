"""A rule in words 考核办法文字, made from an indicator's data, and why a row of evidence did or did not meet it.

The data are the rule; this text says the same for people, in Chinese and English, and decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, assert_never

from services.assessment.evidence.items import Item, Value
from services.assessment.explaining.vocabulary import Pair, coded, field_words, table_name
from services.assessment.rules.filters import Frame, holds
from services.assessment.scoring.exact import decimal_of
from shared.contracts.assessment import (
    Change,
    Comparison,
    Exclusion,
    Filter,
    Indicator,
    IndicatorKind,
    Measure,
    Op,
    Standing,
    SubjectKind,
)
from shared.contracts.frozen import dataclass
from shared.web.columns import COLUMNS

BLANK: Final[Pair] = ("", "")


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a rule."""

    code: str
    label: Pair
    text: Pair


def rule(indicator: Indicator, grace_days: int) -> tuple[Part, ...]:
    """An indicator's rule, line by line: what is counted of what, what is left out, target and weight."""
    return (
        *_counted(indicator, grace_days),
        Part("target", ("目标", "Target"), target(indicator)),
        Part("weight", ("权重", "Weight"), _weight(indicator)),
        *_bounds(indicator, grace_days),
    )


def joined(parts: Iterable[Part]) -> Pair:
    """The lines of a rule as one sentence."""
    told = list(parts)
    zh = "；".join(f"{part.label[0]}：{part.text[0]}" for part in told)
    return zh, "; ".join(f"{part.label[1]}: {part.text[1]}" for part in told)


# what is counted ------------------------------------------------------------------------------------------------------


def _counted(indicator: Indicator, grace_days: int) -> Iterable[Part]:
    numerator, denominator = indicator.numerator, indicator.denominator
    if denominator is None:
        yield Part("numerator", ("计数", "Counted"), _measured(numerator, grace_days))
        return
    yield Part("denominator", ("分母", "Denominator"), _measured(denominator, grace_days))
    for why in indicator.exclusions:
        yield Part("excluded", ("剔除", "Excluded"), _left_out(why, denominator, grace_days))
    if numerator.table == denominator.table:
        yield Part("numerator", ("分子", "Numerator"), _of_them(numerator, denominator, grace_days))
    else:
        text = _measured(numerator, grace_days)
        if indicator.kind is not IndicatorKind.ZERO_INCIDENT:
            text = (f"{text[0]}（各社区最多按其分母计）", f"{text[1]}, in each community no more than its denominator")
        yield Part("numerator", ("分子", "Numerator"), text)


def _measured(measure: Measure, grace_days: int) -> Pair:
    """The rows of a table that meet all conditions."""
    table_zh, table_en = table_name(measure.table)
    zh, en = _all(measure.where, measure, grace_days)
    rows = (f"{zh}的{table_zh}", f"{table_en} where {en}") if en else (f"全部{table_zh}", f"all {table_en}")
    return _added(measure, rows)


def _of_them(numerator: Measure, denominator: Measure, grace_days: int) -> Pair:
    """The numerator among the denominator's rows: only the conditions that are its own are said."""
    own = [condition for condition in numerator.where if condition not in denominator.where]
    zh, en = _all(own, numerator, grace_days)
    return _added(numerator, (f"其中{zh}的", f"those of them where {en}") if en else ("上述全部", "all of them"))


def _added(measure: Measure, rows: Pair) -> Pair:
    if measure.adds is None:
        return rows
    zh, en = field_words(measure.table, measure.adds).name
    return f"{rows[0]}，其{zh}合计", f"{rows[1]}: their {en}, added up"


def _left_out(why: Exclusion, denominator: Measure, grace_days: int) -> Pair:
    zh, en = _all(why.where, denominator, grace_days)
    return f"{why.title_zh}（{zh}）", f"{why.title_en} ({en})"


def _all(conditions: Sequence[Filter], measure: Measure, grace_days: int) -> Pair:
    """All conditions, joined; blank where there is none."""
    work = _work(measure)
    told = [said(condition, measure.table, grace_days, work) for condition in conditions]
    return "、".join(zh for zh, _ in told), " and ".join(en for _, en in told)


def _work(measure: Measure) -> str | None:
    """The one kind of work that a measure of entries is about, where there is one."""
    named = [one.values for one in measure.where if (one.field, one.op) == ("work", Op.IS)]
    return named[0][0] if named and len(named[0]) == 1 else None


def said(condition: Filter, table: str, grace_days: int, work: str | None = None) -> Pair:
    """A condition as a rule says it. A field that is not known meets `is_not`, and this says so of none."""
    words = field_words(table, condition.field)
    zh, en = words.name
    match condition.op:
        case Op.IS:
            return _is(condition, table, work)
        case Op.IS_NOT:
            any_zh, any_en = _any(condition, table, work)
            return f"{zh}不是{any_zh}", f"the {en} is not {any_en}"
        case Op.PRESENT:
            return words.known
        case Op.ABSENT:
            return words.unknown
        case Op.IN_PERIOD:
            return f"{zh}在考核周期内", f"the {en} lies in the period"
        case Op.PASSED:
            return f"{zh}已到", f"the {en} has come"
        case Op.NOT_AFTER | Op.WITHIN_GRACE:
            other_zh, other_en = field_words(table, condition.values[0]).name
            if condition.op is Op.NOT_AFTER:
                return f"{zh}不晚于{other_zh}", f"the {en} is not after the {other_en}"
            return (
                f"{zh}不晚于{other_zh}后{grace_days}天",
                f"the {en} is at most {_days(grace_days)} after the {other_en}",
            )
        case Op.LESS_THAN:
            return f"{zh}小于{condition.values[0]}", f"the {en} is less than {condition.values[0]}"
        case _:
            assert_never(condition.op)


def _is(condition: Filter, table: str, work: str | None) -> Pair:
    words = field_words(table, condition.field)
    if condition.values in (("true",), ("false",)):
        return words.known if condition.values == ("true",) else words.unknown
    any_zh, any_en = _any(condition, table, work)
    return f"{words.name[0]}为{any_zh}", f"the {words.name[1]} is {any_en}"


def _any(condition: Filter, table: str, work: str | None) -> Pair:
    """The values of a condition: A、B或C."""
    told = [coded(table, condition.field, code, work) for code in condition.values]
    zh, en = [zh for zh, _ in told], [f"“{en}”" for _, en in told]
    if len(told) == 1:
        return zh[0], en[0]
    return f"{'、'.join(zh[:-1])}或{zh[-1]}", f"{', '.join(en[:-1])} or {en[-1]}"


# target, weight, bounds -----------------------------------------------------------------------------------------------


def target(indicator: Indicator) -> Pair:
    """What is to be reached, and who says so."""
    if indicator.target is None:
        if indicator.kind is IndicatorKind.COUNT:
            return "只计数，不设目标", "counted, without a target"
        return "只公布，不设目标", "shown, without a target"
    given = indicator.target_given
    if indicator.kind is IndicatorKind.ZERO_INCIDENT:
        return f"不发生（{given.zh}）", f"none may happen ({given.en})"
    sign = "<" if indicator.comparison is Comparison.BELOW else "≥"
    share = per_cent(indicator.target)
    return f"{sign} {share}（{given.zh}）", f"{sign} {share} ({given.en})"


def _weight(indicator: Indicator) -> Pair:
    points = f"{Decimal(indicator.weight):f}"
    zh, en = _earned(indicator)
    given = indicator.weight_given
    return f"{points}（{given.zh}），{zh}", f"{points} ({given.en}), {en}"


def _earned(indicator: Indicator) -> Pair:
    """How points follow from the result."""
    if Decimal(indicator.weight) == 0 or indicator.target is None:
        return "与得分并列公布，不计入得分", "published beside the score, not part of it"
    if indicator.kind is IndicatorKind.ZERO_INCIDENT:
        return "发生即不得分", "no points where it happened"
    if indicator.comparison is Comparison.BELOW:
        return "达标得满分，未达标按比例得分，最多99%", "in full where reached, else in proportion, 99% at most"
    return "达标得满分，未达标按比例得分", "in full where reached, else in proportion"


def _bounds(indicator: Indicator, grace_days: int) -> Iterable[Part]:
    """What holds for some indicators only."""
    if indicator.minimum:
        least = indicator.minimum
        text = (f"分母不足{least}的社区不参加排名", f"no rank where the denominator is below {least}")
        yield Part("minimum", ("排名", "Rank"), text)
    if any(condition.op is Op.WITHIN_GRACE for condition in indicator.numerator.where):
        text = (
            f"按时办结、迟录不超过{grace_days}天的，仍算按时",
            f"done in time and entered up to {_days(grace_days)} late counts as in time",
        )
        yield Part("grace", ("宽限", "Grace"), text)
    if indicator.subject is SubjectKind.UNIT:
        yield Part("subject", ("对象", "Of"), ("只考核街道整体", "the sub-district as a whole only"))
    if indicator.periods:
        text = ("、".join(one.zh for one in indicator.periods), ", ".join(one.en for one in indicator.periods))
        yield Part("periods", ("周期", "Periods"), text)


# why ------------------------------------------------------------------------------------------------------------------


def unmet(conditions: Iterable[Filter], item: Item, frame: Frame) -> Pair:
    """Which of the conditions a row does not meet, and what it holds instead; blank where it meets them all."""
    told = [_failed(condition, item, frame) for condition in conditions if not holds(condition, item, frame)]
    return "；".join(zh for zh, _ in told), "; ".join(en for _, en in told)


def _failed(condition: Filter, item: Item, frame: Frame) -> Pair:
    words, value = field_words(item.table, condition.field), item.fields[condition.field]
    (zh, en), (has_zh, has_en) = words.name, shown(item, condition.field)
    match condition.op:
        case Op.PRESENT:
            return words.unknown
        case Op.ABSENT:
            return f"{words.known[0]}（{has_zh}）", f"{words.known[1]} ({has_en})"
        case Op.IS_NOT:
            return f"{zh}为{has_zh}", f"the {en} is “{has_en}”"
        case _ if value is None:
            return _unknown(condition, item)
        case Op.IS:
            return _other(condition, item)
        case Op.IN_PERIOD:
            first, last = frame.period.from_day, frame.period.to_day
            return (
                f"{zh}{has_zh}不在考核周期（{day_zh(first)}至{day_zh(last)}）内",
                f"the {en}, {has_en}, lies outside the period ({first} to {last})",
            )
        case Op.PASSED:
            return f"{zh}{has_zh}尚未到", f"the {en}, {has_en}, has not come yet"
        case Op.NOT_AFTER | Op.WITHIN_GRACE:
            return _late(condition, item, frame)
        case Op.LESS_THAN:
            least = condition.values[0]
            return f"{zh}为{has_zh}，不小于{least}", f"the {en}, {has_en}, is not less than {least}"
        case _:
            assert_never(condition.op)


def _unknown(condition: Filter, item: Item) -> Pair:
    """Of a field that is not known; where it was to be by a day, that day."""
    zh, en = field_words(item.table, condition.field).unknown
    if condition.op not in (Op.NOT_AFTER, Op.WITHIN_GRACE):
        return zh, en
    limit = condition.values[0]
    (name_zh, name_en), (by_zh, by_en) = field_words(item.table, limit).name, shown(item, limit)
    return f"{zh}（{name_zh}{by_zh}）", f"{en} ({name_en}: {by_en})"


def _other(condition: Filter, item: Item) -> Pair:
    words, value = field_words(item.table, condition.field), item.fields[condition.field]
    if isinstance(value, bool):
        return words.known if value else words.unknown
    (zh, en), (has_zh, has_en) = words.name, shown(item, condition.field)
    any_zh, any_en = _any(condition, item.table, _text(item.fields.get("work")))
    return f"{zh}为{has_zh}，不是{any_zh}", f"the {en} is “{has_en}”, not {any_en}"


def _late(condition: Filter, item: Item, frame: Frame) -> Pair:
    limit = condition.values[0]
    (zh, en), (has_zh, has_en) = field_words(item.table, condition.field).name, shown(item, condition.field)
    (other_zh, other_en), (by_zh, by_en) = field_words(item.table, limit).name, shown(item, limit)
    grace_zh, grace_en = "", ""
    if condition.op is Op.WITHIN_GRACE:
        grace_zh, grace_en = f"后{frame.grace_days}天", f" by more than {_days(frame.grace_days)}"
    return (
        f"{zh}{has_zh}晚于{other_zh}{by_zh}{grace_zh}",
        f"the {en}, {has_en}, is after the {other_en}, {by_en}{grace_en}",
    )


# values ---------------------------------------------------------------------------------------------------------------


def shown(item: Item, field: str) -> Pair:
    """What a row holds in a field. What was taken over from paper is judged by the day that is written there, as if it
    had been entered then: the log took it later."""
    zh, en = _value(item.fields[field], item.table, field, _text(item.fields.get("work")))
    if field == "entered_on" and item.taken_over and item.fields[field] is not None:
        return f"视同{zh}（从纸质台账转录，按所记日期计）", f"counted as {en}, as it was taken over from paper"
    if field == "accepted_on" and field in item.told_by:
        return f"视同{zh}（截至该日未决定是否受理）", f"counted as {en}, as nobody had decided by then"
    return zh, en


def _value(value: Value, table: str, field: str, work: str | None) -> Pair:
    match value:
        case None:
            return "无", "none"
        case bool():
            return ("是", "yes") if value else ("否", "no")
        case date():
            return day_zh(value), value.isoformat()
        case int():
            return str(value), str(value)
        case str():
            return coded(table, field, value, work)
        case _:
            assert_never(value)


def changed(change: Change) -> Pair:
    """What became of a number, as pages and papers say it: 达标：否 → 是. Its causes, `happenings.causes` tells."""
    zh, en = COLUMNS.get(change.number, (change.number, change.number))
    (was_zh, was_en), (now_zh, now_en) = (_number(change.number, text) for text in (change.before, change.after))
    return f"{zh}：{was_zh} → {now_zh}", f"{en}: {was_en} → {now_en}"


def _number(name: str, text: str) -> Pair:
    """A number of a score as a change has it, which is its text."""
    if text == "–":
        return "无", "none"
    match name:
        case "standing" | "kind":
            found = Standing(text) if name == "standing" else IndicatorKind(text)
            return found.zh, found.en
        case "reached" | "enough" | "rankable":
            return ("是", "yes") if text == "True" else ("否", "no")
        case "rate" | "unadjusted_rate" | "target":
            return per_cent(text), per_cent(text)
        case "per_cent":
            return f"{_plain(text)}%", f"{_plain(text)}%"
        case _:
            return _plain(text), _plain(text)


def _plain(number: str) -> str:
    """An exact fraction to four places, and nothing behind the point that says nothing."""
    text = decimal_of(Fraction(number)) if "/" in number else number
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_zh(day: date) -> str:
    """2015年7月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def per_cent(share: str) -> str:
    """A share of 1 as a percentage, exactly: 0.9 → 90%."""
    return f"{_plain(f'{Decimal(share) * 100:f}')}%"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


# a row in words -------------------------------------------------------------------------------------------------------

_NAMED_BY: Final[Mapping[str, Sequence[str]]] = {
    "postings": ("profession", "from_day", "ended_on"),
    "cards": ("issued_on", "households"),
    "visits": ("must", "due_on", "done_on", "result"),
    "cases": ("kind", "reported_on", "ended"),
    "voids": ("reported_on", "voided_on", "ended"),
    "deeds": ("work", "detail", "begun_on", "done_on"),
    "duties": ("what", "about", "due_on", "done_on"),
}
"""The fields by which people tell the rows of a table apart; communities have names."""


def named(item: Item, names: Mapping[str, str]) -> Pair:
    """A row as people call it. `names` are the communities' by their codes."""
    if item.table == "communities":
        name = names.get(item.key, item.key)
        return name, name
    told = [_told(item, field) for field in _NAMED_BY[item.table] if item.fields[field] not in (None, "")]
    return "，".join(zh for zh, _ in told), ", ".join(en for _, en in told)


def _told(item: Item, field: str) -> Pair:
    """A code by its name alone, whatever else with its field's name."""
    value, words = item.fields[field], field_words(item.table, field)
    if isinstance(value, bool):
        return words.known if value else words.unknown
    zh, en = shown(item, field)
    if isinstance(value, str):
        return zh, en
    return f"{words.name[0]}{zh}", f"{words.name[1]} {en}"
