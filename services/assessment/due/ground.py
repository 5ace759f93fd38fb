"""What obligations rest on: the evidence as the ledgers hold it, the day that is asked about, and the calendar."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.assessment.due.obligation import Frame
from services.assessment.evidence.gathered import Evidence, evidence_at
from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import Mark, first
from services.assessment.ledgers import (
    case_results,
    case_terms,
    communities_served,
    deeds,
    meeting_duties,
    plans,
    postings,
    visit_duties,
)
from services.assessment.rules.periods import span
from services.assessment.rules.versions import newest
from shared.calendar import Calendar
from shared.contracts.assessment import Plan, SubjectKind
from shared.contracts.frozen import dataclass
from shared.contracts.model import Look


class Subject(NamedTuple):
    """An institution that owes what a plan asks."""

    code: str
    joined: date
    """Since when it is in the programme; the sub-district, since the plan's first day."""
    marks: tuple[Mark, ...] = ()
    """That it joined: of this, too, all that it owes is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Evidence at one position of the log, looked at for one day."""

    whole: str
    """The sub-district's division code."""
    frame: Frame
    communities: Sequence[communities_served.Row]
    postings: Sequence[postings.Row]
    deeds: Sequence[deeds.Row]
    meetings: Mapping[str, meeting_duties.Row]
    visits: Sequence[visit_duties.Row]
    cases: Mapping[str, Item]
    """As they stood at the end of the day."""
    terms: Mapping[str, case_terms.Row]
    known_from: Mapping[str, date]
    """Since when the log knows each community."""

    @property
    def as_of(self) -> date:
        return self.frame.as_of

    def subjects(self, per: SubjectKind, plan: Plan) -> Iterator[Subject]:
        """Who owes what a plan asks: those in the programme on the day, or on the plan's last."""
        if per is SubjectKind.UNIT:
            yield Subject(self.whole, span(plan).first)
            return
        last = span(plan).last
        by = self.as_of if last is None else min(self.as_of, last)
        for row in self.communities:
            joined = row.marks[0].on
            if joined <= by and first(row, "voided", date.max) is None:
                yield Subject(row.id, joined, row.marks[:1])


def ground_of(evidence: Evidence, whole: str, frame: Frame) -> Ground:
    """The evidence, looked at for the frame's day."""
    known_from = communities_served.known_from(evidence.communities)
    return Ground(
        whole=whole,
        frame=frame,
        communities=evidence.communities,
        postings=evidence.postings,
        deeds=evidence.deeds,
        meetings={row.id: row for row in evidence.meetings},
        visits=evidence.visits,
        cases={
            row.id: case_results.item(row, frame.as_of, known_from.get(row.community, date.min))
            for row in evidence.cases
        },
        known_from=known_from,
        terms={row.id: row for row in evidence.terms},
    )


def ground_at(look: Look, as_of: date, today: date) -> Ground:
    """The evidence as the service's ledgers hold it now, for a day. The calendar is the one known on that day, and for
    a day to come the one known today."""
    evidence = evidence_at(look)
    return ground_of(evidence, look.log, Frame(as_of, Calendar(min(as_of, today), evidence.calendar)))


def plans_of(look: Look) -> list[Plan]:
    """All plans, each in its newest version: several campaigns, years and standing plans stand side by side."""
    return [row.plan for row in sorted(newest(look.rows(plans.LEDGER)), key=lambda row: row.code)]
