"""How a paper is laid out to be read or printed 版式: facts, tables, and parts that have both. Made of the paper's own
fields, so that nothing can stand on it that is not in its data.

Of what a table's row holds within, the number is told; what is read one by one (a case, a debriefing) is a part of its
own. Where the results of several communities stand side by side, each number is shown as its fraction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final, NamedTuple

from services.assessment.papers.circular import CommunityStanding, WithoutPlace
from services.assessment.papers.outcome import InstitutionOutcome
from services.assessment.papers.owed import StateCount
from services.assessment.papers.performance_archive import Absence
from shared.contracts.assessment import Change, IndicatorKind, IndicatorScore, Standing


class Said(NamedTuple):
    """A text in two languages."""

    zh: str | None
    en: str | None


class Table(NamedTuple):
    """Things of a kind, one to a row."""

    name: str
    """Of the field that holds them."""
    columns: Sequence[str]
    """Fields' names; of a table of results, communities' codes."""
    rows: Sequence[Sequence[Any]]


class Part(NamedTuple):
    """A part of a paper."""

    name: str
    facts: Sequence[tuple[str, Any]]
    within: Sequence["Table | Part"]
    """In the order of the fields."""


_PARTS: Final = frozenset({"published", "debriefings", "cases"})
"""Fields whose things are read one by one."""
_INLINE: Final = (StateCount, Change, WithoutPlace, Absence)
"""What is short enough to stand within a row. An officer's leave is told, and not counted."""
_LEFT_OUT: Final = frozenset(
    {
        "unadjusted_numerator", "unadjusted_denominator", "points", "possible", "weight", "taken_over", "enough",
        "rankable", "root", "works", "provisional", "given", "begins_on", "code",
    }
)  # fmt: skip
"""What stands in the data alone: a page is so wide."""


SHARES: Final = frozenset({"rate", "unadjusted_rate", "share", "target"})
"""Fields that are shares of one: people read them as per cent."""


def laid_out(paper: Any) -> Part:
    """The whole paper."""
    return _part("paper", paper)


def _part(name: str, held: Any) -> Part:
    facts: list[tuple[str, Any]] = []
    within: list[Table | Part] = []
    for field, value in _fields(held):
        if not _is_many(value):
            if is_dataclass(value):
                within.append(_part(field, value))
            elif value is not None:
                facts.append((field, value))
        elif field in _PARTS or (len(value) == 1 and isinstance(value[0], InstitutionOutcome)):
            within += [_part(field, one) for one in value]
        else:
            within.append(_table(field, value))
            within += _side_by_side(value)
    return Part(name, facts, within)


def _is_many(value: Any) -> bool:
    """Whether it is a list of things, each with fields."""
    return isinstance(value, tuple) and not isinstance(value, Said) and bool(value) and is_dataclass(value[0])


def _fields(held: Any) -> Iterator[tuple[str, Any]]:
    """The fields with their values; a text in two languages is one, an empty list is none, and a community is called by
    its name."""
    names = [field.name for field in fields(held) if field.name not in _LEFT_OUT]
    if "community" in names and "name" in names:
        names.remove("name")
    for name in names:
        if name.endswith("_zh"):
            both = Said(getattr(held, name), getattr(held, f"{name.removesuffix('_zh')}_en"))
            yield name.removesuffix("_zh"), None if both == (None, None) else both
        elif not name.endswith("_en") and f"{name}_zh" not in names:
            value = getattr(held, name)
            yield name, None if value == () else value


def _table(name: str, things: Sequence[Any]) -> Table:
    rows = [dict(_flat(one)) for one in things]
    told = dict.fromkeys(column for row in rows for column, value in row.items() if value is not None)
    return Table(name, list(told), [[row.get(column) for column in told] for row in rows])


def _flat(thing: Any) -> Iterator[tuple[str, Any]]:
    """A row: what a single value within holds stands beside the rest."""
    for name, value in _fields(thing):
        if name == "results":
            continue  # they stand side by side
        if _is_many(value) and not isinstance(value[0], _INLINE):
            yield name, len(value)
        elif is_dataclass(value):
            yield from _flat(value)
        else:
            yield name, value


# results side by side ---------------------------------------------------------------------------------------------


def _side_by_side(things: Sequence[Any]) -> Iterator[Table]:
    """Indicator by indicator, each community's numerator over its denominator."""
    outcomes = list(_outcomes(things))
    if len(outcomes) < 2:
        return
    titles = {one.score.code: Said(one.title_zh, one.title_en) for of in outcomes for one in of.results}
    scores = [{one.score.code: one.score for one in of.results} for of in outcomes]
    rows = [[title, *(fraction(of.get(code)) for of in scores)] for code, title in titles.items()]
    kept = [row for row in rows if any(cell is not None for cell in row[1:])]
    if kept:
        yield Table("results", ["title", *(of.community for of in outcomes)], kept)


def _outcomes(things: Iterable[Any]) -> Iterator[InstitutionOutcome]:
    for one in things:
        if isinstance(one, InstitutionOutcome):
            yield one
        elif isinstance(one, CommunityStanding):
            yield one.outcome


def fraction(score: IndicatorScore | None) -> str | None:
    """A result as its fraction, a count as its number; None where nothing was measured."""
    if score is None or score.standing is not Standing.MEASURED:
        return None
    counted = score.kind is IndicatorKind.COUNT
    return str(score.numerator) if counted else f"{score.numerator}/{score.denominator}"
