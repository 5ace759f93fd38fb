"""Everything that scores and obligations rest on: the rows of the evidence ledgers, all at one position of the log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from services.assessment.evidence.marks import Marked, rewound, told
from services.assessment.ledgers import (
    appeal_results,
    case_results,
    case_terms,
    communities_served,
    contact_cards,
    deeds,
    meeting_duties,
    postings,
    visit_duties,
    work_calendar,
)
from shared.calendar import Entered
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger, Look

LEDGERS: tuple[Ledger[Any], ...] = (
    communities_served.LEDGER, postings.LEDGER, contact_cards.LEDGER, visit_duties.LEDGER, meeting_duties.LEDGER,
    case_results.LEDGER, case_terms.LEDGER, deeds.LEDGER, appeal_results.LEDGER, work_calendar.LEDGER,
)  # fmt: skip

_Row = TypeVar("_Row", bound=Marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The rows of the evidence ledgers."""

    communities: Sequence[communities_served.Row]
    postings: Sequence[postings.Row]
    cards: Sequence[contact_cards.Row]
    visits: Sequence[visit_duties.Row]
    meetings: Sequence[meeting_duties.Row]
    cases: Sequence[case_results.Row]
    terms: Sequence[case_terms.Row]
    deeds: Sequence[deeds.Row]
    appeals: Sequence[appeal_results.Row]
    calendar: Sequence[Entered]

    def before(self, position: int) -> "Evidence":
        """The evidence as it was at a position of the log."""
        return Evidence(
            communities=_before(self.communities, position),
            postings=_before(self.postings, position),
            cards=_before(self.cards, position),
            visits=_before(self.visits, position),
            meetings=_before(self.meetings, position),
            cases=_before(self.cases, position),
            terms=[case_terms.before(row, position) for row in _before(self.terms, position)],
            deeds=_before(self.deeds, position),
            appeals=_before(self.appeals, position),
            calendar=[known for row in self.calendar if (known := row.before(position)) is not None],
        )

    def told(self) -> Iterator[tuple[int, date]]:
        """Where in the log all of it was told, each with the first day of which that says anything: the day of the act,
        or any day at all where it says how things always were."""
        of_their_days: list[Sequence[Marked]] = [
            self.communities, self.postings, self.cards, self.visits, self.meetings, self.cases, self.terms, self.deeds,
            self.appeals,
        ]  # fmt: skip
        yield from (one for rows in of_their_days for row in rows for one in told(row))
        for row in self.terms:
            known = {m.position for m in row.marks}
            yield from ((at, date.min) for at in case_terms.told_at(row) if at not in known)
        yield from ((one.position, date.min) for row in self.calendar for one in (*row.earlier, row))


def _before(rows: Sequence[_Row], position: int) -> list[_Row]:
    return [earlier for row in rows if (earlier := rewound(row, position)) is not None]


def evidence_of(rows: Mapping[str, Sequence[Any]]) -> Evidence:
    """The evidence in rows by ledger name; raises `LookupError` where a ledger is missing."""
    return Evidence(
        communities=rows[communities_served.LEDGER.name],
        postings=rows[postings.LEDGER.name],
        cards=rows[contact_cards.LEDGER.name],
        visits=rows[visit_duties.LEDGER.name],
        meetings=rows[meeting_duties.LEDGER.name],
        cases=rows[case_results.LEDGER.name],
        terms=rows[case_terms.LEDGER.name],
        deeds=rows[deeds.LEDGER.name],
        appeals=rows[appeal_results.LEDGER.name],
        calendar=rows[work_calendar.LEDGER.name],
    )


def evidence_at(look: Look) -> Evidence:
    """The evidence as the service's own ledgers hold it."""
    return evidence_of({ledger.name: look.rows(ledger) for ledger in LEDGERS})
