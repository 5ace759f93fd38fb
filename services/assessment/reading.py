"""What a published score rests on, worked out again: the evidence at its position, every row of it, and what each is.

Explanations, comparisons and pages are made of readings. A reading is pure: the rows and the types of events come from
whoever replayed the log.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from services.assessment.evidence import Evidence, evidence_of
from services.assessment.filters import Frame
from services.assessment.items import Item
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.marks import RETROACTIVE, Mark
from services.assessment.rescoring import rules
from services.assessment.scoring import Institution, Measured, sorted_out, tallied
from services.assessment.tables import tables
from shared.contracts.assessment import IndicatorScore, Period
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day
from shared.contracts.frozen import dataclass

Key = tuple[str, str]
"""Table and key of a row."""
STATES: Final = frozenset({"communities", "postings", "cards"})
"""Tables of what lasts: looked at on the period's last day, if that comes first (`tables`)."""


@value
class Event:
    """An event behind a row: what it did, on which day, when it was recorded, where it stands and what it is called."""

    what: Code
    on: Day
    recorded_on: Day
    position: Count
    type: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One publication's plan, rulebook and evidence, sorted out for each institution."""

    plan: plans.Row
    rulebook: rulebooks.Row
    frame: Frame
    measured: Mapping[Institution, tuple[Measured, ...]]
    items: Mapping[Key, Item]
    """Every row, whatever it is to an indicator."""
    names: Mapping[str, str]
    """The communities' by their codes."""
    matters: Mapping[str, tuple[Mark, ...]] = field(repr=False)
    """What happened to each case: a duty or a visit about a case rests on it."""
    calendar: tuple[Mark, ...]
    """Amendments of the working calendar."""
    types: Mapping[int, str] = field(repr=False)
    """The events' stored names by position."""

    def of(self, community: str) -> Mapping[str, Measured]:
        """An institution's indicators by their codes; raises `LookupError` where it had no score."""
        return {one.indicator.code: one for one in self.measured[Institution(community)]}

    def numbers(self, community: str) -> Mapping[str, IndicatorScore]:
        """An institution's numbers by their indicators' codes, worked out again."""
        subject = Institution(community)
        begun = self.frame.as_of >= self.frame.issued_on
        (again,) = tallied({subject: self.measured[subject]}, begun=begun).tallies
        return {one.code: one for one in again.indicators}

    def marks(self, item: Item, indicator: str) -> tuple[Mark, ...]:
        """What happened by the day on which the row is looked at, as far as it concerns an indicator, in the order of
        the log."""
        by = min(self.frame.as_of, self.frame.period.to_day) if item.table in STATES else self.frame.as_of
        told = {*item.marks, *item.appeals.get(indicator, ()), *self.matters.get(_about(item), ())}
        known = (m for m in told if m.on <= by or m.what in RETROACTIVE)
        return tuple(sorted(known, key=lambda m: (m.position, m.what)))

    def matter(self, item: Item) -> str | None:
        """The case that a row is, or is about."""
        about = item.key if item.table == "cases" else _about(item)
        return about if about in self.matters else None

    def events(self, marks: Iterable[Mark]) -> tuple[Event, ...]:
        """The events that left the marks."""
        return tuple(
            Event(
                what=m.what, on=m.on, recorded_on=m.recorded_on, position=m.position, type=self.types[m.position]
            )
            for m in marks
        )  # fmt: skip


def reading(row: scores.Row, rows: Mapping[str, Sequence[Any]], type_at: Callable[[int], str]) -> Reading:
    """The reading of a score's publication, from ledgers as they stood at `row.evidence_position`.

    Raises `LookupError` where the rows lack the plan or the rulebook that the score names.
    """
    plan, rulebook = rules(rows, (row.plan, row.plan_version), (row.rulebook, row.rulebook_version))
    evidence = evidence_of(rows)
    period = Period(kind=row.period_kind, name=row.period, from_day=row.from_day, to_day=row.to_day)
    frame = Frame(period, row.as_of, plan.plan.issued_on, rulebook.rulebook.grace_days)
    everything = tables(evidence, plan.plan, period, row.as_of)
    items = {(item.table, item.key): item for of_table in everything.values() for item in of_table}
    matters = {case.id: case.marks for case in evidence.cases}
    calendar = _amendments(evidence)
    measured = sorted_out(rulebook.rulebook, everything, frame, whole=Institution(row.community[:9]))
    marks = [some for item in items.values() for some in (item.marks, *item.appeals.values())]
    positions = {m.position for some in (*marks, *matters.values(), calendar) for m in some}
    return Reading(
        plan=plan, rulebook=rulebook, frame=frame, items=items, matters=matters, calendar=calendar,
        measured=measured, names={one.id: one.name for one in evidence.communities},
        types={at: type_at(at) for at in sorted(positions)},
    )  # fmt: skip


def _about(item: Item) -> str:
    """What a duty or a visit is about, which may be a case; a visit is called by its case and its own id."""
    known = {"duties": item.fields.get("about"), "visits": item.key}
    return str(known.get(item.table, "")).partition("/")[0]


def _amendments(evidence: Evidence) -> tuple[Mark, ...]:
    """The calendar's entries as marks, one for each event that entered some."""
    found = {one.position: one.announced_on for one in evidence.calendar}
    return tuple(Mark("calendar", on, on, position) for position, on in sorted(found.items()))
