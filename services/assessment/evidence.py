"""Everything that scores rest on: the ledgers' rows, and the flat tables that they give for a period and a day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from services.assessment.items import Fields, Item
from services.assessment.ledgers import (
    case_results,
    communities_served,
    contact_cards,
    meeting_duties,
    postings,
    visit_duties,
)
from services.assessment.marks import Mark, Marked, first, rewound
from services.assessment.periods import due_day, rounds
from shared.contracts.assessment import Cadence, Period, Plan
from shared.contracts.days import last_day_of
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger, Look

Tables = Mapping[str, Sequence[Item]]

LEDGERS: tuple[Ledger[Any], ...] = (
    communities_served.LEDGER, postings.LEDGER, contact_cards.LEDGER, visit_duties.LEDGER, meeting_duties.LEDGER,
    case_results.LEDGER,
)  # fmt: skip

_Row = TypeVar("_Row", bound=Marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The rows of the evidence ledgers, all at one position of the log."""

    communities: Sequence[communities_served.Row]
    postings: Sequence[postings.Row]
    cards: Sequence[contact_cards.Row]
    visits: Sequence[visit_duties.Row]
    meetings: Sequence[meeting_duties.Row]
    cases: Sequence[case_results.Row]

    def before(self, position: int) -> "Evidence":
        """The evidence without what the log took after a position, as far as marks tell."""
        return Evidence(
            communities=_before(self.communities, position),
            postings=_before(self.postings, position),
            cards=_before(self.cards, position),
            visits=_before(self.visits, position),
            meetings=_before(self.meetings, position),
            cases=_before(self.cases, position),
        )


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
    )


def evidence_at(look: Look) -> Evidence:
    """The evidence as the service's own ledgers hold it."""
    return evidence_of({ledger.name: look.rows(ledger) for ledger in LEDGERS})


def tables(evidence: Evidence, plan: Plan, period: Period, as_of: date) -> Tables:
    """The evidence as flat tables.

    Acts (cases, visits, minutes) stand as they stood at the end of the as-of day; states (communities, postings,
    cards) as at the end of the period or of the as-of day, whichever comes first.
    """
    state_day = min(as_of, period.to_day)
    posted = [postings.item(row, plan.posting_months, state_day) for row in evidence.postings]
    by_community: dict[str, list[Item]] = defaultdict(list)
    for posting in posted:
        by_community[posting.community].append(posting)
    cases = {row.id: case_results.item(row, as_of) for row in evidence.cases}
    return {
        "communities": [communities_served.item(row, by_community[row.id], state_day) for row in evidence.communities],
        "postings": posted,
        "cards": [contact_cards.item(row, state_day) for row in evidence.cards],
        "visits": [visit_duties.item(row, cases.get(row.case), plan.issued_on, as_of) for row in evidence.visits],
        "minutes": _minutes(evidence, plan, as_of, max(as_of, period.to_day)),
        "cases": list(cases.values()),
    }


def _minutes(evidence: Evidence, plan: Plan, as_of: date, by: date) -> list[Item]:
    """What the plan's cadences make due by a day, in each community, and what was done about it."""
    done = {row.id: row for row in evidence.meetings}
    return [
        _due(cadence, month, community, done, plan.issued_on, as_of)
        for cadence in plan.cadences
        for month in rounds(plan, cadence.every, by)
        for community in evidence.communities
    ]


def _due(
    cadence: Cadence,
    month: str,
    community: communities_served.Row,
    done: Mapping[str, meeting_duties.Row],
    issued_on: date,
    as_of: date,
) -> Item:
    """One month's duty. A community owes the months in which it was in the programme at the month's end.

    A month whose minutes were due before the log took the community in can only have been taken over from paper: it
    is judged by the day written there.
    """
    key = meeting_duties.key_of(community.id, cadence.meeting, month)
    row = done.get(key)
    registered, due_on = community.marks[0], max(due_day(month, cadence.due_day), issued_on)
    filed = first(row, "submitted", as_of) if row else None
    held = first(row, "held", as_of) if row else None
    taken_over = filed is not None and due_on < registered.recorded_on
    fields: Fields = {
        "meeting": cadence.meeting.value,
        "month": month,
        "month_ends_on": last_day_of(month),
        "due_on": due_on,
        "held_on": held.on if held else None,
        "done_on": filed.on if filed else None,
        "entered_on": _entered(filed, taken_over),
    }
    marks = (*community.marks, *(row.marks if row else ()))
    return Item("minutes", key, community.id, fields, marks, registered.on <= last_day_of(month), taken_over)


def _entered(filed: Mark | None, taken_over: bool) -> date | None:
    if filed is None:
        return None
    return filed.on if taken_over else filed.recorded_on
