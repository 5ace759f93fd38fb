"""Rulebooks that ask every question that may be asked of every field: whatever an office writes is recomputed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import count

from services.assessment.evidence.items import TABLES, Item, text_of
from shared.contracts.assessment import (
    MOST_INDICATORS,
    Comparison,
    Exclusion,
    Filter,
    Given,
    Indicator,
    IndicatorKind,
    Measure,
    Op,
    RankUse,
    Rulebook,
    SubjectKind,
)


def rulebooks_asking(rows: Mapping[str, Sequence[Item]]) -> Iterator[Rulebook]:
    """Of each question some indicators of different kinds; the values that are asked for stand in the rows."""
    numbers = count()
    indicators = [
        one
        for table, fields in TABLES.items()
        for name, of in fields.items()
        for question in _questions(table, name, of, rows[table])
        for one in _indicators(next(numbers), table, question)
    ]
    for start in range(0, len(indicators), MOST_INDICATORS):
        yield Rulebook(
            code="asking", title_zh="问", title_en="asking", grace_days=start % 30, ranks=RankUse.NOBODY,
            indicators=tuple(indicators[start : start + MOST_INDICATORS]),
        )  # fmt: skip


def _questions(table: str, name: str, of: type, items: Sequence[Item]) -> Iterator[Filter]:
    known = sorted({text for item in items if (text := text_of(item.fields[name])) is not None})
    some = tuple(known[::2][:3])
    for op in (Op.PRESENT, Op.ABSENT):
        yield Filter(field=name, op=op, values=())
    for op in (Op.IS, Op.IS_NOT) if some else ():
        yield Filter(field=name, op=op, values=some)
    if of is int:
        yield Filter(field=name, op=Op.LESS_THAN, values=("2",))
    if of is date:
        other = max(one for one, kind in TABLES[table].items() if kind is date)
        for op in (Op.IN_PERIOD, Op.PASSED):
            yield Filter(field=name, op=op, values=())
        for op in (Op.NOT_AFTER, Op.WITHIN_GRACE):
            yield Filter(field=name, op=op, values=(other,))


def _indicators(number: int, table: str, question: Filter) -> Iterator[Indicator]:
    """It is counted, and, turn about, asked of a denominator, an exclusion, a numerator, another table's numerator."""
    whole = [name for name, of in TABLES[table].items() if of is int]
    adds = whole[number % len(whole)] if whole and number % 3 == 0 else None
    asked, everything = _measure(table, adds, question), _measure(table, adds)
    yield _indicator(f"count{number}", IndicatorKind.COUNT, None, asked)
    left_out = (Exclusion(code="asked", title_zh="问", title_en="asked", where=(question,)),)
    match number % 5:
        case 0:
            yield _indicator(f"of{number}", IndicatorKind.RATIO, asked, everything)
        case 1:
            yield _indicator(f"left{number}", IndicatorKind.ON_TIME, everything, everything, left_out)
        case 2:
            yield _indicator(f"met{number}", IndicatorKind.RATIO, everything, asked, below=True)
        case 3:
            yield _indicator(f"other{number}", IndicatorKind.COVERAGE, _measure("communities", "households"), asked)
        case _:
            yield _indicator(f"none{number}", IndicatorKind.ZERO_INCIDENT, _measure("communities", None), asked)


def _measure(table: str, adds: str | None, *where: Filter) -> Measure:
    return Measure(table=table, where=where, adds=adds)


def _indicator(
    code: str, kind: IndicatorKind, denominator: Measure | None, numerator: Measure,
    exclusions: tuple[Exclusion, ...] = (), *, below: bool = False,
) -> Indicator:  # fmt: skip
    targets = {IndicatorKind.COUNT: None, IndicatorKind.ZERO_INCIDENT: "0"}
    return Indicator(
        code=code, clause="5.1", title_zh="问", title_en="asking", kind=kind, subject=SubjectKind.COMMUNITY,
        denominator=denominator, exclusions=exclusions, numerator=numerator, target=targets.get(kind, "0.75"),
        target_given=Given.PROPOSAL, weight="1.5", weight_given=Given.PROPOSAL, minimum=2,
        comparison=Comparison.BELOW if below else Comparison.AT_LEAST,
    )  # fmt: skip
