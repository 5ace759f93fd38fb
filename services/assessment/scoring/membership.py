"""What a row of evidence is to an indicator 归类, and how much it adds to each of the indicator's numbers.

Explanations, comparisons and restatements all tell rows apart by it, and by the same words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Final

from services.assessment.evidence.items import Item
from services.assessment.explaining.vocabulary import Pair
from services.assessment.scoring.measuring import Measured, amount, held_to
from shared.contracts.assessment import Exclusion, IndicatorKind, Measure
from shared.contracts.codes import Named
from shared.contracts.event import value
from shared.contracts.fields import Code

Key = tuple[str, str]
"""A row's table and key."""


class Part(Named):
    """What a row of evidence is to an indicator."""

    NUMERATOR = "numerator", "计入分子", "counted"
    MISSED = "missed", "未计入分子", "missed"
    SPARED = "spared", "未发生", "nothing happened"
    """Of what should not happen: in the denominator, and it did not."""
    DENOMINATOR = "denominator", "计入分母", "in the denominator"
    """Of a denominator that has a table of its own: no row of it can be said to have been missed."""
    EXCLUDED = "excluded", "剔除", "excluded"
    NOT_YET_DUE = "not_yet_due", "未到期", "not yet due"
    OUTSIDE = "outside", "不在其中", "not among the rows"


@value
class Membership:
    """What a row is to an indicator, and how much it adds to each number."""

    part: Part = Part.OUTSIDE
    reason: Code | None = None
    """The exclusion's code."""
    reason_zh: str | None = None
    reason_en: str | None = None
    numerator: int = 0
    denominator: int = 0
    unadjusted_numerator: int = 0
    unadjusted_denominator: int = 0
    taken_over: bool = False
    """Whether it counts among those of the denominator that were entered from paper."""

    @property
    def waits(self) -> bool:
        """Whether its day has not come yet."""
        return self.part is Part.NOT_YET_DUE

    @property
    def left_out(self) -> int:
        """How much it would add to the denominator, and does not."""
        return self.unadjusted_denominator - self.denominator


OUTSIDE: Final = Membership()
EVERYTHING: Final = frozenset(one.name for one in fields(Membership))
"""All that a membership says."""


def memberships(measured: Measured) -> Mapping[Key, tuple[Item, Membership]]:
    """What each row is to an indicator; a row that is not named is outside. What counts comes first."""
    of = measured.indicator
    counted, kept = _keys(measured.numerator), _keys(measured.denominator)
    unadjusted = _keys(measured.unadjusted_numerator)
    reasons = {_key(item): why for why, item in measured.excluded}
    found: dict[Key, tuple[Item, Membership]] = {}
    for item in _rows(measured):
        key = _key(item)
        why = reasons.get(key)
        owed, done = adds(of.denominator, item), adds(of.numerator, item)
        found[key] = item, Membership(
            part=_part(measured, key in counted, key in kept, why), reason=why.code if why else None,
            reason_zh=why.title_zh if why else None, reason_en=why.title_en if why else None,
            numerator=done if key in counted else 0, denominator=owed if key in kept else 0,
            unadjusted_numerator=done if key in unadjusted else 0,
            unadjusted_denominator=owed if key in kept or why else 0, taken_over=key in kept and item.taken_over,
        )  # fmt: skip
    return found


def adds(measure: Measure | None, item: Item) -> int:
    """How much a row would add to what is measured."""
    return amount(measure, [item]) if measure is not None and measure.table == item.table else 0


def one_table(measured: Measured) -> bool:
    """Whether numerator and denominator are counted in the same rows: else none can be told to have been missed."""
    denominator = measured.indicator.denominator
    return denominator is not None and denominator.table == measured.indicator.numerator.table


def _part(measured: Measured, counted: bool, kept: bool, why: Exclusion | None) -> Part:
    if counted:
        return Part.NUMERATOR
    if not kept:
        return Part.EXCLUDED if why else Part.NOT_YET_DUE
    if not one_table(measured):
        return Part.DENOMINATOR
    return Part.SPARED if measured.indicator.kind is IndicatorKind.ZERO_INCIDENT else Part.MISSED


def _rows(measured: Measured) -> Iterable[Item]:
    left_out = (item for _, item in measured.excluded)
    return (*measured.numerator, *measured.denominator, *left_out, *measured.unadjusted_numerator, *measured.later)


def _key(item: Item) -> Key:
    return item.table, item.key


def _keys(items: Iterable[Item]) -> frozenset[Key]:
    return frozenset(map(_key, items))


# in words -------------------------------------------------------------------------------------------------------------


def turned(was: Membership, now: Membership) -> Pair:
    """From what to what a row turned; where both are called alike, which of its numbers is another."""
    (was_zh, was_en), (now_zh, now_en) = _called(was), _called(now)
    if (was_zh, was_en) != (now_zh, now_en):
        return f"{was_zh} → {now_zh}", f"{was_en} → {now_en}"
    other = [
        (pair, getattr(was, name), getattr(now, name))
        for name, pair in _NUMBERS.items() if getattr(was, name) != getattr(now, name)
    ]  # fmt: skip
    zh = "，".join(f"{zh} {int(before)} → {int(after)}" for (zh, _), before, after in other)
    en = ", ".join(f"{en} {int(before)} → {int(after)}" for (_, en), before, after in other)
    return f"{was_zh}：{zh}", f"{was_en}: {en}"


_NUMBERS: Final[Mapping[str, Pair]] = {
    "numerator": ("分子", "numerator"),
    "denominator": ("分母", "denominator"),
    "unadjusted_numerator": ("剔除前分子", "numerator before exclusions"),
    "unadjusted_denominator": ("剔除前分母", "denominator before exclusions"),
    "taken_over": ("从纸质台账转录", "taken over from paper"),
}


def _called(one: Membership) -> Pair:
    if one.reason is None:
        return one.part.zh, one.part.en
    return f"{one.part.zh}（{one.reason_zh}）", f"{one.part.en} ({one.reason_en})"


# numbers --------------------------------------------------------------------------------------------------------------

MADE_OF: Final[Mapping[str, frozenset[str]]] = {
    "kind": frozenset(),
    "standing": frozenset({"denominator", "waits"}),
    "numerator": frozenset({"numerator"}),
    "denominator": frozenset({"denominator"}),
    "excluded": frozenset({"left_out"}),
    "rate": frozenset({"numerator", "denominator"}),
    "unadjusted_numerator": frozenset({"unadjusted_numerator"}),
    "unadjusted_denominator": frozenset({"unadjusted_denominator"}),
    "unadjusted_rate": frozenset({"unadjusted_numerator", "unadjusted_denominator"}),
    "target": frozenset(),
    "reached": frozenset({"numerator", "denominator"}),
    "weight": frozenset(),
    "points": frozenset({"numerator", "denominator"}),
    "taken_over": frozenset({"taken_over"}),
    "enough": frozenset({"denominator"}),
}
"""Of what of its rows each number of an `IndicatorScore` is made; what is made of none is the rulebook's."""


def made_of(number: str, *measured: Measured | None) -> frozenset[str]:
    """The same, for these rows: where there are more cards than households, the households make the numerator, too."""
    names = MADE_OF[number]
    for counted, of in (("numerator", "denominator"), ("unadjusted_numerator", "unadjusted_denominator")):
        if counted in names and any(one is not None and counted in held_to(one) for one in measured):
            names |= {of}
    return names


def other(was: Membership, now: Membership, names: Iterable[str]) -> bool:
    """Whether a row is something else, as far as that makes a number."""
    return any(getattr(was, name) != getattr(now, name) for name in names)
