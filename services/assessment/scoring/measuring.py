"""Scores of institutions (§3.3.5): `score(rulebook, plan, evidence, period, as_of)`, pure and exact.

Whom to score is no argument: it is the communities in the evidence, and the sub-district as a whole. There is no way
to ask for the score of a person, and `Institution` refuses any code that is not a division's.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final

from services.assessment.evidence.gathered import Evidence
from services.assessment.evidence.items import WHOLE, Item
from services.assessment.evidence.tables import Tables, tables
from services.assessment.rules.filters import Frame, all_hold
from services.assessment.scoring.exact import decimal_of, figure
from shared.contracts.assessment import (
    Comparison,
    Exclusion,
    Filter,
    Indicator,
    IndicatorKind,
    IndicatorScore,
    Measure,
    Op,
    Period,
    PeriodKind,
    Plan,
    Rulebook,
    Standing,
    SubjectKind,
)
from shared.contracts.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Institution:
    """Who may have a score: a sub-district (nine digits) or a community (twelve); raises ValueError for all else."""

    code: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[1-8][0-9]{8}(?:[0-9]{3})?", self.code):  # a landline with its area code has twelve, too
            raise ValueError("only institutions are scored: a division code has nine or twelve digits")

    @property
    def whole(self) -> bool:
        """Whether it is the sub-district."""
        return len(self.code) == 9


@dataclass(frozen=True, slots=True)
class Measured:
    """The members behind one indicator's numbers: what explains it, down to the events (each item has its marks)."""

    indicator: Indicator
    denominator: tuple[Item, ...]
    numerator: tuple[Item, ...]
    excluded: tuple[tuple[Exclusion, Item], ...]
    unadjusted_numerator: tuple[Item, ...]
    due_later: bool
    """Whether there are rows that would belong to the denominator but are not due yet."""
    later: tuple[Item, ...] = ()
    """Those rows."""

    @property
    def missed(self) -> tuple[Item, ...]:
        """The denominator without the numerator."""
        counted = {item.key for item in self.numerator}
        return tuple(item for item in self.denominator if item.key not in counted)


@dataclass(frozen=True, slots=True)
class Tally:
    """One institution's result."""

    subject: Institution
    indicators: tuple[IndicatorScore, ...]
    points: Fraction
    possible: Fraction
    rankable: bool

    @property
    def share(self) -> Fraction | None:
        """Of what could be measured, how much was attained; none where nothing could."""
        return self.points / self.possible if self.possible else None

    @property
    def per_cent(self) -> str | None:
        """The share in per cent, as it is published."""
        return None if self.share is None else decimal_of(100 * self.share)


@dataclass(frozen=True, slots=True)
class Scores:
    """The result of all: the sub-district first, then its communities in the order of their codes."""

    tallies: tuple[Tally, ...]


def score(
    rulebook: Rulebook, plan: Plan, evidence: Evidence, period: Period, as_of: date, *, whole: Institution | None
) -> Scores:
    """Score every community that was in the programme, and `whole`, their sub-district, where it is named.

    `as_of` is the civil day up to whose end acts count; it may lie after the period, as what is due often does.
    """
    return tallied(explain(rulebook, plan, evidence, period, as_of, whole=whole), begun=as_of >= plan.issued_on)


def tallied(explained: Mapping[Institution, tuple[Measured, ...]], *, begun: bool) -> Scores:
    """The numbers of what was explained; `begun` says whether the plan was issued by the as-of day."""
    return Scores(tuple(_tally(subject, measured, begun) for subject, measured in explained.items()))


def explain(
    rulebook: Rulebook, plan: Plan, evidence: Evidence, period: Period, as_of: date, *, whole: Institution | None
) -> Mapping[Institution, tuple[Measured, ...]]:
    """Per institution and indicator the members of numerator and denominator, and of each exclusion with its reason."""
    frame = Frame(period, as_of, plan.issued_on, rulebook.grace_days)
    return sorted_out(rulebook, tables(evidence, plan, period, as_of), frame, whole=whole)


def sorted_out(
    rulebook: Rulebook, everything: Tables, frame: Frame, *, whole: Institution | None
) -> Mapping[Institution, tuple[Measured, ...]]:
    """The same, of tables that were made."""
    found = Sorting(rulebook, everything, frame, whole=whole)
    return {
        subject: tuple(one for code in found.asked if (one := found.measured(subject, code)) is not None)
        for subject in found.subjects
    }


class Sorting:
    """Tables, of which each indicator of each institution is sorted out when it is asked for."""

    def __init__(self, rulebook: Rulebook, everything: Tables, frame: Frame, *, whole: Institution | None) -> None:
        codes = sorted(item.community for item in everything["communities"] if item.counts)
        self.asked: Final = {
            one.code: one for one in rulebook.indicators if frame.period.kind in (one.periods or PeriodKind)
        }
        """The rulebook's indicators for the period's kind, by code."""
        self.subjects: Final = (*(() if whole is None else (whole,)), *map(Institution, codes))
        """Who is scored: the sub-district first."""
        self._everything, self._frame, self._whole = everything, frame, whole
        self._parts = _split(everything, codes)
        self._found: dict[tuple[Institution, str], Measured] = {}

    def measured(self, subject: Institution, code: str) -> Measured | None:
        """An indicator of an institution; None where it has none."""
        if (subject, code) not in self._found:
            indicator, evidence = self.asked.get(code), self._of(subject)
            of_all = subject == self._whole
            if indicator is None or evidence is None or not (of_all or indicator.subject is SubjectKind.COMMUNITY):
                return None
            self._found[subject, code] = measure(indicator, evidence, self._frame)
        return self._found[subject, code]

    def _of(self, subject: Institution) -> Tables | None:
        return self._joined if subject == self._whole else self._parts.get(subject.code)

    @cached_property
    def _joined(self) -> Tables:
        """The tables of the sub-district: those of its communities together, and what it does as a whole."""
        return {
            name: [item for part in self._parts.values() for item in part[name]]
            + [one for one in items if one.community == WHOLE]
            for name, items in self._everything.items()
        }


def _split(everything: Tables, codes: Iterable[str]) -> dict[str, dict[str, list[Item]]]:
    """The tables of each community."""
    parts: dict[str, dict[str, list[Item]]] = {code: {name: [] for name in everything} for code in codes}
    for name, items in everything.items():
        for item in items:
            if item.community in parts:
                parts[item.community][name].append(item)
    return parts


# one indicator --------------------------------------------------------------------------------------------------


def measure(indicator: Indicator, evidence: Tables, frame: Frame) -> Measured:
    """Sort the evidence into what is counted, what is not, and what is left out and why."""
    if frame.as_of < frame.issued_on:
        return Measured(indicator, (), (), (), (), due_later=True)
    if indicator.denominator is None:
        counted = _rows(indicator.numerator, evidence, frame)
        return Measured(indicator, (), counted, (), counted, due_later=False)
    population = _rows(indicator.denominator, evidence, frame)
    excluded = tuple(
        (why, _with_appeal(item, indicator, why)) for item in population if (why := _excluded(indicator, item, frame))
    )
    left_out = {item.key for _, item in excluded}
    denominator = tuple(item for item in population if item.key not in left_out)
    if indicator.numerator.table == indicator.denominator.table:
        unadjusted = tuple(item for item in population if all_hold(indicator.numerator.where, item, frame))
        numerator = tuple(item for item in unadjusted if item.key not in left_out)
    else:
        numerator = unadjusted = _rows(indicator.numerator, evidence, frame)
    later = _due_later(indicator.denominator, evidence, frame)
    return Measured(indicator, denominator, numerator, excluded, unadjusted, bool(later), later)


def _rows(measure: Measure, evidence: Tables, frame: Frame) -> tuple[Item, ...]:
    return tuple(
        item for item in evidence.get(measure.table, ()) if item.counts and all_hold(measure.where, item, frame)
    )


EXCUSED: Final = Exclusion(code="excused_on_appeal", title_zh="申诉成立，不计", title_en="Left out on appeal", where=())
"""What an appeal leaves out, under any rulebook; its row's `appeals` say which."""


def _excluded(indicator: Indicator, item: Item, frame: Frame) -> Exclusion | None:
    """The first exclusion that applies; the rulebook's own come first."""
    ruled = next((why for why in indicator.exclusions if all_hold(why.where, item, frame)), None)
    return EXCUSED if ruled is None and indicator.code in item.excused_from else ruled


def _with_appeal(item: Item, indicator: Indicator, why: Exclusion) -> Item:
    """The row; where an appeal leaves it out, with the decision among the events behind it."""
    return replace(item, marks=(*item.marks, *item.appeals[indicator.code])) if why is EXCUSED else item


def _due_later(measure: Measure, evidence: Tables, frame: Frame) -> tuple[Item, ...]:
    """The rows that meet all conditions but that their day has come."""

    def waits(condition: Filter) -> bool:
        return condition.op is Op.PASSED

    timeless = [condition for condition in measure.where if not waits(condition)]
    due = [condition for condition in measure.where if waits(condition)]
    return tuple(  # of most rows the day has come: that is asked first
        item for item in (evidence.get(measure.table, ()) if due else ())
        if item.counts and not all_hold(due, item, frame) and all_hold(timeless, item, frame)
    )  # fmt: skip


# numbers --------------------------------------------------------------------------------------------------------


def _tally(subject: Institution, measured: Sequence[Measured], begun: bool) -> Tally:
    results = [_result(one, begun) for one in measured]
    points = sum((points for _, points in results if points is not None), Fraction(0))
    possible = sum((Fraction(one.weight) for one, points in results if points is not None), Fraction(0))
    rankable = not subject.whole and possible > 0 and all(one.enough for one, _ in results)
    return Tally(subject, tuple(one for one, _ in results), points, possible, rankable)


def _result(measured: Measured, begun: bool) -> tuple[IndicatorScore, Fraction | None]:
    """One indicator's numbers, and its points where it could be measured."""
    indicator = measured.indicator
    denominator = amount(indicator.denominator, measured.denominator)
    all_of_it = (*measured.denominator, *(item for _, item in measured.excluded))
    unadjusted_denominator = amount(indicator.denominator, all_of_it)
    numerator = _counted(indicator, measured.numerator, measured.denominator)
    unadjusted_numerator = _counted(indicator, measured.unadjusted_numerator, all_of_it)
    standing = _standing(measured, denominator, begun)
    attained = _attained(indicator, numerator, denominator) if standing is Standing.MEASURED else None
    points = None if attained is None else Fraction(indicator.weight) * attained
    return IndicatorScore(
        code=indicator.code,
        clause=indicator.clause,
        kind=indicator.kind,
        standing=standing,
        numerator=numerator,
        denominator=denominator,
        excluded=unadjusted_denominator - denominator,
        rate=_rate(numerator, denominator),
        unadjusted_numerator=unadjusted_numerator,
        unadjusted_denominator=unadjusted_denominator,
        unadjusted_rate=_rate(unadjusted_numerator, unadjusted_denominator),
        target=indicator.target,
        reached=None if attained is None else attained == 1,
        weight=indicator.weight,
        points=None if points is None else figure(points),
        taken_over=sum(item.taken_over for item in measured.denominator),
        enough=denominator >= indicator.minimum,
    ), points


def _counted(indicator: Indicator, items: Iterable[Item], of: Iterable[Item]) -> int:
    """The numerator. More cards than households are no more than full coverage, community by community: one cannot make
    up for another. Incidents are counted as they are."""
    if indicator.denominator is None or indicator.kind is IndicatorKind.ZERO_INCIDENT:
        return amount(indicator.numerator, items)
    parts: dict[str, tuple[list[Item], list[Item]]] = defaultdict(lambda: ([], []))
    for place, all_of_them in enumerate((items, of)):
        for item in all_of_them:
            parts[item.community][place].append(item)
    return sum(
        min(amount(indicator.numerator, counted), amount(indicator.denominator, most))
        for counted, most in parts.values()
    )


def held_to(measured: Measured) -> frozenset[str]:
    """Which of its two numerators a denominator holds down."""
    of, left_out = measured.indicator, (item for _, item in measured.excluded)
    both = {
        "numerator": (measured.numerator, measured.denominator),
        "unadjusted_numerator": (measured.unadjusted_numerator, (*measured.denominator, *left_out)),
    }
    return frozenset(
        name for name, (counted, most) in both.items()
        if _counted(of, counted, most) != amount(of.numerator, counted)
    )  # fmt: skip


def amount(measure: Measure | None, items: Iterable[Item]) -> int:
    """Rows counted, or their field added up."""
    if measure is None:
        return 0
    if measure.adds is None:
        return sum(1 for _ in items)
    added = (item.fields[measure.adds] for item in items)
    return sum(value for value in added if isinstance(value, int))


def _standing(measured: Measured, denominator: int, begun: bool) -> Standing:
    if not begun:
        return Standing.NOT_YET_DUE
    if denominator > 0 or measured.indicator.denominator is None:
        return Standing.MEASURED
    return Standing.NOT_YET_DUE if measured.due_later else Standing.NOTHING


_NEARLY: Final = Fraction(99, 100)
"""Of a target to stay below: what is attained at most where it was not."""


def _attained(indicator: Indicator, numerator: int, denominator: int) -> Fraction | None:
    """How much of the target was reached, from 0 to 1; none where there is no target."""
    if indicator.target is None or denominator == 0:
        return None
    if indicator.kind is IndicatorKind.ZERO_INCIDENT:
        return Fraction(int(numerator == 0))
    if indicator.comparison is Comparison.BELOW:
        share, most = Fraction(numerator, denominator), Fraction(indicator.target)
        return Fraction(1) if share < most else min(most / share, _NEARLY)
    return min(Fraction(numerator, denominator) / Fraction(indicator.target), Fraction(1))


def _rate(numerator: int, denominator: int) -> str | None:
    return decimal_of(Fraction(numerator, denominator)) if denominator else None
