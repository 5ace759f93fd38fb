"""A rulebook's life 考核办法 (§3.3.5): each version is adopted whole, and checked before it can score anyone."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from services.assessment.commands import AdoptRulebook
from services.assessment.evidence.items import TABLES
from services.assessment.explaining.vocabulary import codes_of
from services.assessment.rules.faults import At, Fault, refuse
from shared.contracts.assessment import (
    Exclusion,
    Filter,
    FlagKind,
    FlagRule,
    Indicator,
    IndicatorKind,
    Measure,
    Op,
    Rulebook,
    RulebookAdopted,
)
from shared.contracts.codes import Named, Role
from shared.contracts.days import read_day, refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Refused


@dataclass(frozen=True, slots=True)
class State:
    """The rulebook in force; version 0 before the first."""

    version: int = 0
    rulebook: Rulebook | None = None


def decide(command: AdoptRulebook, state: State, context: Context) -> Sequence[RulebookAdopted]:
    """Raises `Refused`: other_code, nothing_changed and what `check` refuses."""
    refuse_future(context)
    rulebook = command.rulebook
    if rulebook.code != context.id:
        raise Refused("other_code", field="rulebook.code", item=rulebook.code)
    check(rulebook)
    if rulebook == state.rulebook:
        raise Refused("nothing_changed", field="rulebook", version=state.version)
    version = state.version + 1
    return [RulebookAdopted(rulebook=rulebook, version=version, author=command.author, reason=command.reason)]


def evolve(state: State, event: RulebookAdopted, at: datetime) -> State:
    return State(event.version, event.rulebook)


def check(rulebook: Rulebook) -> None:
    """Raises `Refused` for the first fault of a rulebook: no_indicators, repeated_code, what an indicator must not be
    (denominator_unfit, target_unfit, measures_unfit, unknown_evidence, filter_unfit, value_unfit), nor a flag
    (flag_unfit)."""
    refuse("rulebook", faults(rulebook))


def faults(rulebook: Rulebook) -> Iterator[Fault]:
    """Everything that is wrong with a rulebook, indicator by indicator."""
    if not rulebook.indicators:
        yield Fault(("indicators",), "no_indicators")
    seen: set[str] = set()
    measured: set[str] = set()
    for place, indicator in enumerate(rulebook.indicators):
        at: At = ("indicators", place)
        if indicator.code in seen:
            yield Fault((*at, "code"), "repeated_code", {"item": indicator.code}, alone=True)
        seen.add(indicator.code)
        yield from _of_indicator(at, indicator)
        if (of := indicator.measures_target) is not None:
            if of in measured or not _has_share(indicator):
                yield Fault((*at, "measures_target"), "measures_unfit", {"indicator": indicator.code}, alone=True)
            measured.add(of)
    yield from _of_flags(rulebook.flags)


def _has_share(indicator: Indicator) -> bool:
    """Whether it comes to a share of something, as a plan's targets are."""
    return indicator.kind not in (IndicatorKind.COUNT, IndicatorKind.ZERO_INCIDENT)


_WITH_DAYS: Final = frozenset({FlagKind.MONTH_END, FlagKind.REOPENED, FlagKind.BACKDATED, FlagKind.VOIDED})
"""The kinds of flags that count days."""


def _of_flags(rules: Sequence[FlagRule]) -> Iterator[Fault]:
    """A flag's share lies above 0, and at most at 1; it has days where its kind counts them, and else none."""
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        at: At = ("flags", place)
        if rule.code in seen:
            yield Fault((*at, "code"), "repeated_code", {"item": rule.code}, alone=True)
        seen.add(rule.code)
        if not 0 < Fraction(rule.share) <= 1:
            yield Fault((*at, "share"), "flag_unfit", {"item": rule.code}, alone=True)
        if (rule.days is None) == (rule.kind in _WITH_DAYS):
            yield Fault((*at, "days"), "flag_unfit", {"item": rule.code}, alone=True)


def _of_indicator(at: At, indicator: Indicator) -> Iterator[Fault]:
    """A count has neither denominator nor target; a zero_incident has target 0; all others one from above 0 to 1."""
    denominator, target, known = indicator.denominator, indicator.target, {"indicator": indicator.code}
    if (denominator is None) != (indicator.kind is IndicatorKind.COUNT):
        yield Fault((*at, "denominator"), "denominator_unfit", known, alone=True)
    elif not _fits(indicator.kind, target, indicator.exclusions):
        yield Fault((*at, "target"), "target_unfit", known, alone=True)
    if denominator is not None:
        yield from _of_measure((*at, "denominator"), indicator, denominator)
        for place, exclusion in enumerate(indicator.exclusions):
            measure = Measure(table=denominator.table, where=exclusion.where, adds=None)
            where = (*at, "exclusions", place, "where")
            yield from _of_filters(where, indicator, measure, denominator.where)
    yield from _of_measure((*at, "numerator"), indicator, indicator.numerator)


def _fits(kind: IndicatorKind, target: str | None, exclusions: Sequence[Exclusion]) -> bool:
    if kind is IndicatorKind.COUNT:
        return target is None and not exclusions
    if target is None:
        return kind is IndicatorKind.RATIO  # shown, and not judged
    return Fraction(target) == 0 if kind is IndicatorKind.ZERO_INCIDENT else 0 < Fraction(target) <= 1


def _of_measure(at: At, indicator: Indicator, measure: Measure) -> Iterator[Fault]:
    if measure.table not in TABLES:
        yield _unknown((*at, "table"), indicator, measure.table)
        return
    if measure.adds is not None and TABLES[measure.table].get(measure.adds) is not int:
        yield _unknown((*at, "adds"), indicator, measure.adds)
    of_all = indicator.denominator.where if indicator.denominator is not None else ()
    yield from _of_filters((*at, "where"), indicator, measure, of_all)


def _of_filters(at: At, indicator: Indicator, measure: Measure, of_all: Sequence[Filter]) -> Iterator[Fault]:
    """`of_all` are the denominator's conditions, which hold for its exclusions and a numerator of its table, too."""
    if (fields := TABLES.get(measure.table)) is None:
        return  # which is told of the measure that names it
    works = [work for one in (*of_all, *measure.where) if (one.field, one.op) == ("work", Op.IS) for work in one.values]
    for place, condition in enumerate(measure.where):
        if condition.field not in fields:
            yield _unknown((*at, place, "field"), indicator, condition.field)
        elif not _answerable(condition, fields):
            known = {"indicator": indicator.code, "names": condition.field, "op": condition.op}
            yield Fault((*at, place), "filter_unfit", known, alone=True)
        elif condition.op in (Op.IS, Op.IS_NOT, Op.LESS_THAN):
            yield from _of_values((*at, place, "values"), indicator, measure.table, condition, works)


class Fitting(Named):
    """What may stand in a field that is no code 取值."""

    DAY = "day", "日期，如2015-06-30", "a day, as 2015-06-30"
    WHOLE = "whole", "整数", "a whole number"
    TRUTH = "truth", "true或false", "true or false"


_WHOLE: Final = re.compile("0|[1-9][0-9]{0,11}")


def _of_values(
    at: At, indicator: Indicator, table: str, condition: Filter, works: Sequence[str]
) -> Iterator[Fault]:  # fmt: skip
    """Values that the field never holds, so that nothing would ever be as the condition asks."""
    kind, codes = TABLES[table][condition.field], codes_of(table, condition.field, works)
    for place, said in enumerate(condition.values):
        if (fitting := _fitting(said, kind, codes)) is not None:
            known = {"indicator": indicator.code, "names": condition.field, "value": said, "fitting": fitting}
            yield Fault((*at, place), "value_unfit", known, alone=True)


def _fitting(said: str, kind: type, codes: Collection[str] | None) -> str | None:
    """What may stand in the place of a value; none where it may stand there itself."""
    if kind is date:
        return Fitting.DAY if read_day(said) is None else None
    if kind is bool:
        return Fitting.TRUTH if said not in ("true", "false") else None
    if kind is int:
        return Fitting.WHOLE if _WHOLE.fullmatch(said) is None else None
    return " / ".join(dict.fromkeys(codes)) if codes is not None and said not in codes else None


def _unknown(at: At, indicator: Indicator, name: str) -> Fault:
    return Fault(at, "unknown_evidence", {"indicator": indicator.code, "names": name}, alone=True)


def _answerable(condition: Filter, fields: Mapping[str, type]) -> bool:
    """Whether days are asked as days, and each question has the values that it needs."""
    kind, values = fields[condition.field], condition.values
    match condition.op:
        case Op.IS | Op.IS_NOT:
            return bool(values)
        case Op.PRESENT | Op.ABSENT:
            return not values
        case Op.IN_PERIOD | Op.PASSED:
            return kind is date and not values
        case Op.NOT_AFTER | Op.WITHIN_GRACE:
            return kind is date and len(values) == 1 and fields.get(values[0]) is date
        case Op.LESS_THAN:
            return kind is int and len(values) == 1


def _id(command: AdoptRulebook) -> str:
    return command.rulebook.code


DECIDER: Decider[State] = Decider(
    category="rulebook",
    accepts=(Accepts(command=AdoptRulebook, by=frozenset({Role.OFFICE.value}), clause="3.3.5", id=_id, creates=True),),
    events=(RulebookAdopted,),
    initial=State(),
    decide=decide,
    evolve=evolve,
)
