"""A published score explained 得分说明: which rows made each number, and which events made each row."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.assessment.evidence import evidence_of
from services.assessment.items import Item
from services.assessment.ledgers import scores
from services.assessment.rescoring import rules
from services.assessment.scoring import Institution, Measured, explain
from shared.contracts.assessment import Period
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Line


@value
class Event:
    """An event behind a row: what it did, on which day, and its position in the log."""

    what: Code
    on: Day
    position: Count


@value
class Member:
    """A row of evidence by its key, and the events behind it."""

    table: Code
    key: Line
    events: tuple[Event, ...]


@value
class ExcludedMember:
    """A row that left the denominator, and why."""

    reason: Code
    member: Member


@value
class Explained:
    """One indicator: what counted, what was missed, what was left out."""

    indicator: Code
    numerator: tuple[Member, ...]
    missed: tuple[Member, ...]
    """In the denominator, and not in the numerator."""
    excluded: tuple[ExcludedMember, ...]


def explanation(row: scores.Row, rows: Mapping[str, Sequence[Any]]) -> tuple[Explained, ...]:
    """The score's numbers down to their events, from ledgers as they stood at `row.evidence_position`.

    Raises `LookupError` where the rows lack the plan, the rulebook or the institution that the score names.
    """
    subject = Institution(row.community)
    plan, rulebook = rules(rows, (row.plan, row.plan_version), (row.rulebook, row.rulebook_version))
    period = Period(kind=row.period_kind, name=row.period, from_day=row.from_day, to_day=row.to_day)
    whole = subject if subject.whole else None
    found = explain(rulebook.rulebook, plan.plan, evidence_of(rows), period, row.as_of, whole=whole)
    return tuple(_explained(measured) for measured in found[subject])


def _explained(measured: Measured) -> Explained:
    return Explained(
        indicator=measured.indicator.code,
        numerator=_members(measured.numerator),
        missed=_members(measured.missed) if measured.indicator.numerator.table == _table(measured) else (),
        excluded=tuple(ExcludedMember(reason=why.code, member=_member(item)) for why, item in measured.excluded),
    )


def _table(measured: Measured) -> str | None:
    """The denominator's table: where the numerator has another, rows cannot be told to have been missed."""
    return measured.indicator.denominator.table if measured.indicator.denominator else None


def _members(items: Iterable[Item]) -> tuple[Member, ...]:
    return tuple(_member(item) for item in items)


def _member(item: Item) -> Member:
    events = tuple(Event(what=mark.what, on=mark.on, position=mark.position) for mark in item.marks)
    return Member(table=item.table, key=item.key, events=events)
