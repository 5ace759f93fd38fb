"""The rulebook's small language of conditions: a field, one of nine questions, and values. Nothing else."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import assert_never

from services.assessment.evidence.items import Item, text_of
from shared.contracts.assessment import Filter, Op, Period
from shared.contracts.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """What a condition may relate a day to."""

    period: Period
    as_of: date
    issued_on: date
    """When the plan was issued: nothing is due before."""
    grace_days: int


def holds(condition: Filter, item: Item, frame: Frame) -> bool:
    """Whether a row meets a condition. A field that is not known meets only `absent` and `is_not`."""
    value = item.fields[condition.field]
    match condition.op:
        case Op.IS:
            return text_of(value) in condition.values
        case Op.IS_NOT:
            return text_of(value) not in condition.values
        case Op.PRESENT:
            return value is not None
        case Op.ABSENT:
            return value is None
        case Op.IN_PERIOD:
            return isinstance(value, date) and frame.period.from_day <= value <= frame.period.to_day
        case Op.PASSED:
            return isinstance(value, date) and value <= frame.as_of
        case Op.NOT_AFTER:
            return _not_after(value, item.fields[condition.values[0]], 0)
        case Op.WITHIN_GRACE:
            return _not_after(value, item.fields[condition.values[0]], frame.grace_days)
        case Op.LESS_THAN:
            return isinstance(value, int) and value < int(condition.values[0])
        case _:
            assert_never(condition.op)


def _not_after(value: object, other: object, days: int) -> bool:
    return isinstance(value, date) and isinstance(other, date) and value <= other + timedelta(days=days)


def all_hold(conditions: Iterable[Filter], item: Item, frame: Frame) -> bool:
    """Whether a row meets every condition."""
    for condition in conditions:  # noqa: SIM110  # a generator for each row costs half as much again
        if not holds(condition, item, frame):
            return False
    return True
