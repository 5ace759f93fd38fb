"""What if other rules applied 假设推算: the same evidence, scored under two sets of rules, and what differs and why.

Nothing is published by it and nothing is ranked; as in every score, there are institutions only. Evidence, rules and
days come from outside, so that whoever holds them finds the same.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from services.assessment.evidence.gathered import Evidence
from services.assessment.evidence.tables import Tables, tables
from services.assessment.explaining.wording import named
from services.assessment.rules.filters import Frame
from services.assessment.scoring.exact import decimal_of, figure
from services.assessment.scoring.measuring import Institution, Measured, Tally, sorted_out, tallied
from services.assessment.scoring.membership import OUTSIDE, Membership, memberships, turned
from services.assessment.what_if.differing import Difference, differences
from shared.contracts.assessment import Figure, Indicator, IndicatorScore, Period, Plan, Rulebook
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A row that is to an indicator something else under the other rules."""

    table: str
    key: str
    name_zh: str
    name_en: str
    before: Membership
    after: Membership
    says_zh: str
    says_en: str
    """From what to what it turned; or, where both are called alike, which of its numbers is another."""
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
    there = tables(evidence, before.plan, before.period, as_of)
    was = _side(there, before, as_of, log)
    if (before.plan, before.period) != (after.plan, after.period):  # a rulebook makes no rows: it reads them
        there = tables(evidence, after.plan, after.period, as_of)
    now = _side(there, after, as_of, log)
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


@dataclass(frozen=True, slots=True)
class _Result:
    """One institution under one set of rules."""

    tally: Tally
    measured: tuple[Measured, ...]


def _side(there: Tables, rules: Rules, as_of: date, log: str) -> Mapping[str, _Result]:
    frame = Frame(rules.period, as_of, rules.plan.issued_on, rules.rulebook.grace_days)
    found = sorted_out(rules.rulebook, there, frame, whole=Institution(log))
    scores = tallied(found, begun=as_of >= rules.plan.issued_on)
    return {tally.subject.code: _Result(tally, found[tally.subject]) for tally in scores.tallies}


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
    was, now = memberships(before), memberships(after)
    for key in sorted({*was, *now}):
        item, old = was.get(key, (None, OUTSIDE))
        other, new = now.get(key, (None, OUTSIDE))
        told = other or item
        if old != new and told is not None:
            (name_zh, name_en), (says_zh, says_en) = named(told, names), turned(old, new)
            yield Moved(
                table=told.table, key=told.key, name_zh=name_zh, name_en=name_en, before=old, after=new,
                says_zh=says_zh, says_en=says_en, positions=tuple(sorted({mark.position for mark in told.marks})),
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
    if result is None or result.tally.share is None:
        return None
    return 100 * result.tally.share


def _points(score: IndicatorScore | None) -> Fraction:
    return Fraction(score.points.exact) if score is not None and score.points is not None else Fraction(0)


def _shift(before: Fraction, after: Fraction) -> Shift:
    change = after - before
    size = figure(abs(change))
    sign = "-" if change < 0 else ""
    return Shift(exact=f"{sign}{size.exact}", decimal=f"{sign}{size.decimal}")
