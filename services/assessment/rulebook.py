"""A rulebook's life 考核办法 (§3.3.5): each version is adopted whole, and checked before it can score anyone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

from services.assessment.commands import AdoptRulebook
from services.assessment.items import TABLES
from shared.contracts.assessment import (
    Filter,
    Indicator,
    IndicatorKind,
    Measure,
    Op,
    Rulebook,
    RulebookAdopted,
)
from shared.contracts.codes import Role
from shared.contracts.days import refuse_future
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
    """Raises `Refused`: no_indicators, repeated_code and what an indicator must not be."""
    if not rulebook.indicators:
        raise Refused("no_indicators", field="rulebook.indicators")
    seen: set[str] = set()
    for indicator in rulebook.indicators:
        if indicator.code in seen:
            raise Refused("repeated_code", field="rulebook.indicators", item=indicator.code)
        seen.add(indicator.code)
        _check_indicator(indicator)


def _check_indicator(indicator: Indicator) -> None:
    """A count has neither denominator nor target; a zero_incident has target 0; all others one from above 0 to 1."""
    denominator, target = indicator.denominator, indicator.target
    if (denominator is None) != (indicator.kind is IndicatorKind.COUNT):
        raise Refused("denominator_unfit", field="rulebook.indicators", indicator=indicator.code)
    if denominator is None:
        fits = target is None and not indicator.exclusions
    elif indicator.kind is IndicatorKind.ZERO_INCIDENT:
        fits = target is not None and Fraction(target) == 0
    else:
        fits = target is not None and 0 < Fraction(target) <= 1
    if not fits:
        raise Refused("target_unfit", field="rulebook.indicators", indicator=indicator.code)
    if denominator is not None:
        _check_measure(indicator, denominator)
        for exclusion in indicator.exclusions:
            _check_filters(indicator, denominator.table, exclusion.where)
    _check_measure(indicator, indicator.numerator)


def _check_measure(indicator: Indicator, measure: Measure) -> None:
    fields = _fields(indicator, measure.table)
    if measure.adds is not None and fields.get(measure.adds) is not int:
        raise Refused("unknown_evidence", field="rulebook.indicators", indicator=indicator.code, names=measure.adds)
    _check_filters(indicator, measure.table, measure.where)


def _check_filters(indicator: Indicator, table: str, conditions: Sequence[Filter]) -> None:
    fields = _fields(indicator, table)
    for condition in conditions:
        _check_filter(indicator, condition, fields)


def _check_filter(indicator: Indicator, condition: Filter, fields: Mapping[str, type]) -> None:
    """Every field is known, days are asked as days, and each question has the values that it needs."""
    kind = fields.get(condition.field)
    if kind is None:
        raise Refused("unknown_evidence", field="rulebook.indicators", indicator=indicator.code, names=condition.field)
    values = condition.values
    match condition.op:
        case Op.IS | Op.IS_NOT:
            fits = bool(values)
        case Op.PRESENT | Op.ABSENT:
            fits = not values
        case Op.IN_PERIOD | Op.PASSED:
            fits = kind is date and not values
        case Op.NOT_AFTER | Op.WITHIN_GRACE:
            fits = kind is date and len(values) == 1 and fields.get(values[0]) is date
    if not fits:
        known = {"indicator": indicator.code, "names": condition.field, "op": condition.op.value}
        raise Refused("filter_unfit", field="rulebook.indicators", **known)


def _fields(indicator: Indicator, table: str) -> Mapping[str, type]:
    if table not in TABLES:
        raise Refused("unknown_evidence", field="rulebook.indicators", indicator=indicator.code, names=table)
    return TABLES[table]


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
