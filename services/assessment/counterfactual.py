"""What if other rules applied 假设推算: the same evidence, scored under two sets of rules, and what differs and why.

Nothing is published by it and nothing is ranked; as in every score, there are institutions only. Evidence, rules and
days come from outside, so that whoever holds them finds the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from services.assessment.differing import Difference, differences
from services.assessment.evidence import Evidence
from services.assessment.exact import decimal_of, figure
from services.assessment.items import Item
from services.assessment.scoring import Institution, Measured, Tally, amount, explain, tallied
from services.assessment.wording import named
from shared.contracts.assessment import Exclusion, Figure, Indicator, IndicatorScore, Measure, Period, Plan, Rulebook
from shared.contracts.codes import Named
from shared.contracts.frozen import dataclass

NOTE: Final = (
    "假设推算：同一记录改用另一办法或方案会怎样。不是考核结果，不公布，不排名。",
    "A what-if: what the same record would give under other rules. No score, never published, never ranked.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A plan and a rulebook to score under. A version is None where the text is not in force: somebody's draft."""

    plan: Plan
    plan_version: int | None
    rulebook: Rulebook
    rulebook_version: int | None
    period: Period
    """As the plan has it: a phase's days are its plan's."""


class Part(Named):
    """What a row of evidence is to an indicator."""

    NUMERATOR = "numerator", "计入分子", "in the numerator"
    DENOMINATOR = "denominator", "只计入分母", "in the denominator only"
    EXCLUDED = "excluded", "剔除", "excluded"
    NOT_YET_DUE = "not_yet_due", "未到期", "not yet due"
    OUTSIDE = "outside", "不在其中", "not among the rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a row is to an indicator under one set of rules, and how much it adds to each number."""

    part: Part = Part.OUTSIDE
    reason: str | None = None
    """The exclusion's code."""
    reason_zh: str | None = None
    reason_en: str | None = None
    numerator: int = 0
    denominator: int = 0
    unadjusted_numerator: int = 0
    unadjusted_denominator: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A row that is to an indicator something else under the other rules."""

    table: str
    key: str
    name_zh: str
    name_en: str
    before: Membership
    after: Membership
    positions: tuple[int, ...]
    """Where in the log the events behind it stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By how much a number differs: exactly, and to four places; it may be negative."""

    exact: str
    decimal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One indicator of one institution under both; None where it is no part of that rulebook or period."""

    code: str
    clause: str
    title_zh: str
    title_en: str
    before: IndicatorScore | None
    after: IndicatorScore | None
    change: Shift
    """Of its points; what is not measured has none."""
    moved: tuple[Moved, ...]
    """Empty where only one has the indicator: then each of its rows is as its rule says."""

    @property
    def same(self) -> bool:
        """Whether nothing about it differs, weight and target included."""
        return self.before == self.after and not self.moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of one institution's indicators."""

    points: Figure
    possible: Figure
    per_cent: str | None
    rankable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One institution under both; None where it was in the programme by the end of one of the two periods only."""

    community: str
    """A division code: of the sub-district, or of a community."""
    name: str | None
    """None for the sub-district as a whole."""
    before: Total | None
    after: Total | None
    change: Shift | None
    """Of its per cent; None where one side has none."""
    indicators: tuple[Compared, ...]
    """Those that differ; all, where all were asked for."""
    unchanged: int
    """How many do not differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """Which rules one side was reckoned under; a version is None where the text is not in force."""

    plan: str
    plan_version: int | None
    rulebook: str
    rulebook_version: int | None
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The whole comparison 假设推算. Nobody has this score: it is not published."""

    note_zh: str
    note_en: str
    log: str
    position: int
    """Of the evidence."""
    as_of: date
    before: Under
    after: Under
    plan: tuple[Difference, ...]
    """Where the two plans differ."""
    rulebook: tuple[Difference, ...]
    """Where the two rulebooks differ."""
    institutions: tuple[Outcome, ...]

    @property
    def same(self) -> bool:
        """Whether no number of any institution differs."""
        return all(
            one.before == one.after and all(compared.same for compared in one.indicators) for one in self.institutions
        )


def what_if(
    evidence: Evidence, before: Rules, after: Rules, as_of: date, *, log: str, position: int, everything: bool = False
) -> WhatIf:
    """Every institution under both rules. `everything` keeps the indicators in which nothing differs."""
    was, now = (_side(evidence, rules, as_of, log) for rules in (before, after))
    names = {row.id: row.name for row in evidence.communities}
    return WhatIf(
        note_zh=NOTE[0], note_en=NOTE[1], log=log, position=position, as_of=as_of,
        before=_under(before), after=_under(after),
        plan=differences(before.plan, after.plan), rulebook=differences(before.rulebook, after.rulebook),
        institutions=tuple(
            _outcome(code, was.get(code), now.get(code), names, everything) for code in sorted({*was, *now})
        ),
    )  # fmt: skip


def _under(rules: Rules) -> Under:
    return Under(
        plan=rules.plan.code, plan_version=rules.plan_version,
        rulebook=rules.rulebook.code, rulebook_version=rules.rulebook_version, period=rules.period,
    )  # fmt: skip


# one side -------------------------------------------------------------------------------------------------------------


_Key = tuple[str, str]
"""A row's table and key."""


@dataclass(frozen=True, slots=True)
class _Result:
    """One institution under one set of rules."""

    tally: Tally
    measured: tuple[Measured, ...]


def _side(evidence: Evidence, rules: Rules, as_of: date, log: str) -> Mapping[str, _Result]:
    found = explain(rules.rulebook, rules.plan, evidence, rules.period, as_of, whole=Institution(log))
    scores = tallied(found, begun=as_of >= rules.plan.issued_on)
    return {tally.subject.code: _Result(tally, found[tally.subject]) for tally in scores.tallies}


def _memberships(measured: Measured) -> Mapping[_Key, tuple[Item, Membership]]:
    """What each row is to an indicator; what is not named is outside."""
    indicator = measured.indicator
    counted, unadjusted = _keys(measured.numerator), _keys(measured.unadjusted_numerator)
    kept, reasons = _keys(measured.denominator), {_key(item): why for why, item in measured.excluded}
    found: dict[_Key, tuple[Item, Membership]] = {}
    for item in _rows(measured):
        key = _key(item)
        why = reasons.get(key)
        of, done = _adds(indicator.denominator, item), _adds(indicator.numerator, item)
        found[key] = item, Membership(
            part=_part(key, counted, kept, reasons), reason=why.code if why else None,
            reason_zh=why.title_zh if why else None, reason_en=why.title_en if why else None,
            numerator=done if key in counted else 0, denominator=of if key in kept else 0,
            unadjusted_numerator=done if key in unadjusted else 0,
            unadjusted_denominator=of if key in kept or key in reasons else 0,
        )  # fmt: skip
    return found


def _adds(measure: Measure | None, item: Item) -> int:
    return amount(measure, [item]) if measure is not None and measure.table == item.table else 0


def _rows(measured: Measured) -> Iterator[Item]:
    yield from measured.denominator
    yield from measured.numerator
    yield from (item for _, item in measured.excluded)
    yield from measured.unadjusted_numerator
    yield from measured.later


def _part(key: _Key, counted: set[_Key], kept: set[_Key], reasons: Mapping[_Key, Exclusion]) -> Part:
    if key in counted:
        return Part.NUMERATOR
    if key in kept:
        return Part.DENOMINATOR
    return Part.EXCLUDED if key in reasons else Part.NOT_YET_DUE


def _key(item: Item) -> _Key:
    return item.table, item.key


def _keys(items: Iterable[Item]) -> set[_Key]:
    return {_key(item) for item in items}


# both sides -----------------------------------------------------------------------------------------------------------


def _outcome(
    code: str, before: _Result | None, after: _Result | None, names: Mapping[str, str], everything: bool
) -> Outcome:  # fmt: skip
    compared = list(_compared(before, after, names))
    return Outcome(
        community=code, name=names.get(code), before=_total(before), after=_total(after),
        change=_gained(before, after),
        indicators=tuple(one for one in compared if everything or not one.same),
        unchanged=sum(one.same for one in compared),
    )  # fmt: skip


def _compared(before: _Result | None, after: _Result | None, names: Mapping[str, str]) -> Iterator[Compared]:
    """The indicators of both, in the order of the rulebooks."""
    was, now = _by_code(before), _by_code(after)
    for code in dict.fromkeys((*was, *now)):
        (old, old_score), (new, new_score) = was.get(code, _NEITHER), now.get(code, _NEITHER)
        indicator = _told_by(new, old)
        yield Compared(
            code=code, clause=indicator.clause, title_zh=indicator.title_zh, title_en=indicator.title_en,
            before=old_score, after=new_score, change=_shift(_points(old_score), _points(new_score)),
            moved=tuple(_moves(old, new, names)) if old and new else (),
        )  # fmt: skip


_NEITHER: Final[tuple[None, None]] = (None, None)


def _by_code(result: _Result | None) -> Mapping[str, tuple[Measured, IndicatorScore]]:
    if result is None:
        return {}
    pairs = zip(result.measured, result.tally.indicators, strict=True)
    return {measured.indicator.code: (measured, score) for measured, score in pairs}


def _told_by(*measured: Measured | None) -> Indicator:
    """The indicator as the first that has it tells it."""
    return next(one.indicator for one in measured if one is not None)


def _moves(before: Measured, after: Measured, names: Mapping[str, str]) -> Iterator[Moved]:
    was, now = _memberships(before), _memberships(after)
    for key in sorted({*was, *now}):
        item, old = was.get(key, (None, Membership()))
        other, new = now.get(key, (None, Membership()))
        told = other or item
        if old != new and told is not None:
            name_zh, name_en = named(told, names)
            yield Moved(
                table=told.table, key=told.key, name_zh=name_zh, name_en=name_en, before=old, after=new,
                positions=tuple(sorted({mark.position for mark in told.marks})),
            )  # fmt: skip


def _total(result: _Result | None) -> Total | None:
    if result is None:
        return None
    tally, share = result.tally, _per_cent(result)
    return Total(
        points=figure(tally.points), possible=figure(tally.possible), rankable=tally.rankable,
        per_cent=None if share is None else decimal_of(share),
    )  # fmt: skip


def _gained(before: _Result | None, after: _Result | None) -> Shift | None:
    was, now = _per_cent(before), _per_cent(after)
    return None if was is None or now is None else _shift(was, now)


def _per_cent(result: _Result | None) -> Fraction | None:
    """None where nothing could be measured."""
    if result is None or not result.tally.possible:
        return None
    return 100 * result.tally.points / result.tally.possible


def _points(score: IndicatorScore | None) -> Fraction:
    return Fraction(score.points.exact) if score is not None and score.points is not None else Fraction(0)


def _shift(before: Fraction, after: Fraction) -> Shift:
    change = after - before
    size = figure(abs(change))
    sign = "-" if change < 0 else ""
    return Shift(exact=f"{sign}{size.exact}", decimal=f"{sign}{size.decimal}")
