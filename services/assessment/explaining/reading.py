"""What a published score rests on, worked out again: the evidence at its position, every row of it, and what each is.

Explanations, comparisons and pages are made of readings. A reading is pure: the rows and the events come from
whoever replayed the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from services.assessment.evidence.gathered import Evidence, evidence_of
from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import RETROACTIVE, STRUCK, Mark
from services.assessment.evidence.tables import tables
from services.assessment.explaining.deciding import decides
from services.assessment.explaining.happenings import At, Event
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.rules.filters import Frame
from services.assessment.scoring.measuring import Institution, Measured, sorted_out, tallied
from services.assessment.scoring.membership import Key
from services.assessment.scoring.recomputing import rules
from services.assessment.scoring.restating import all_positions
from shared.contracts.assessment import Indicator, IndicatorScore
from shared.contracts.frozen import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One publication's plan, rulebook and evidence, sorted out for each institution."""

    plan: plans.Row
    rulebook: rulebooks.Row
    evidence: Evidence = field(repr=False)
    frame: Frame
    measured: Mapping[Institution, tuple[Measured, ...]]
    items: Mapping[Key, Item]
    """Every row, whatever it is to an indicator."""
    names: Mapping[str, str]
    """The communities' by their codes."""
    matters: Mapping[str, tuple[Mark, ...]] = field(repr=False)
    """What happened to each case: a duty or a visit about a case rests on it."""
    happened: Mapping[int, Event] = field(repr=False)
    """All that made or changed the evidence and the rules, by position."""

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
        told = {*item.marks, *item.appeals.get(indicator, ()), *self._of_case(item)}
        known = (m for m in told if m.on <= item.day or m.what in RETROACTIVE)
        return tuple(sorted(known, key=lambda m: (m.position, m.what)))

    def _of_case(self, item: Item) -> tuple[Mark, ...]:
        """What happened to the case that a duty or a visit is about."""
        return () if item.case is None or item.table == "cases" else self.matters.get(item.case, ())

    def events(self, marks: Iterable[Mark]) -> tuple[Event, ...]:
        """The events that left the marks."""
        return tuple(replace(self.happened[m.position], on=m.on, taken_back=m.what.startswith(STRUCK)) for m in marks)

    def behind(self, item: Item, indicator: Indicator) -> tuple[Event, ...]:
        """The events behind a row, and which of them tell of what the indicator looks at."""
        marks = self.marks(item, indicator.code)
        deciding = decides(marks, item, indicator)
        return tuple(replace(event, decides=m in deciding) for m, event in zip(marks, self.events(marks), strict=True))


def reading(row: scores.Row, rows: Mapping[str, Sequence[Any]], at: At) -> Reading:
    """The reading of a score's publication, from ledgers as they stood at `row.evidence_position`, and the log's events
    up to there.

    Raises `LookupError` where the rows lack the plan or the rulebook that the score names.
    """
    plan, rulebook = rules(rows, (row.plan, row.plan_version), (row.rulebook, row.rulebook_version))
    evidence = evidence_of(rows)
    period = row.full_period
    frame = Frame(period, row.as_of, plan.plan.issued_on, rulebook.rulebook.grace_days)
    everything = tables(evidence, plan.plan, period, row.as_of)
    items = {(item.table, item.key): item for of_table in everything.values() for item in of_table}
    matters = {case.id: case.marks for case in evidence.cases}
    measured = sorted_out(rulebook.rulebook, everything, frame, whole=Institution(row.community[:9]))
    marks = [some for item in items.values() for some in (item.marks, *item.appeals.values())]
    told = {m.position for some in (*marks, *matters.values()) for m in some}
    made_at = {*told, *all_positions(evidence), plan.position, rulebook.position}
    return Reading(
        plan=plan, rulebook=rulebook, evidence=evidence, frame=frame, items=items, matters=matters,
        measured=measured, names={one.id: one.name for one in evidence.communities},
        happened={position: at(position) for position in sorted(made_at)},
    )  # fmt: skip
