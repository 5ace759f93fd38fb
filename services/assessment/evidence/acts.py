"""What was done between two days 工作量: every act that counts, in which grid of which community it was done, and how
things stood on the last day. What is added up by grid and what is added up by community is the same."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Final, NamedTuple

from services.assessment.evidence.gathered import Evidence
from services.assessment.evidence.items import Item, Value
from services.assessment.evidence.marks import first
from services.assessment.ledgers import case_results, deeds, visit_duties
from services.assessment.ledgers.communities_served import voided
from services.assessment.rules.periods import Span

MUST: Final = "must"
"""Of a visit: that it was a must-visit 必访."""


class Did(Enum):
    """What was done, or how something stood on the last day."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    HANDED_DOWN = "handed_down"
    REOPENED = "reopened"
    ENDED = "ended"
    """`of` says how."""
    OPEN = "open"
    """Accepted and not over, on the last day."""
    MEDIATED = "mediated"
    """A session."""
    VISITED = "visited"
    DECLINED = "declined"
    ENTERED = "entered"
    """An entry of the kind of work that `of` says."""
    COUNTED = "counted"
    """What such entries tell of: questions answered, listeners."""
    DEALT_WITH = "dealt_with"
    LEFT = "left"
    """Found and not dealt with, on the last day."""


class Act(NamedTuple):
    """One thing that counts, or several of a kind."""

    community: str
    """`items.WHOLE` for what the sub-district does as a whole."""
    grid: str | None
    did: Did
    of: str = ""
    times: int = 1


_Place = tuple[str, str | None]
_DAYS: Final = {"reported_on": Did.REPORTED, "accepted_on": Did.ACCEPTED, "handed_down_on": Did.HANDED_DOWN}
_VISITS: Final = {"completed": Did.VISITED, visit_duties.TURNED_AWAY: Did.DECLINED}


def acts(evidence: Evidence, first_day: date, last_day: date) -> Iterator[Act]:
    """All that was done from one day to another, both included; nothing of a community that never was one."""
    never = {row.id for row in evidence.communities if voided(row)}
    days = Span(first_day, last_day)
    for of in (_of_cases(evidence, days, last_day), _of_entries(evidence, days, last_day)):
        yield from (one for one in of if one.community not in never)


def _within(days: Span, day: Value) -> bool:
    return isinstance(day, date) and days.has(day)


def _of_cases(evidence: Evidence, days: Span, last_day: date) -> Iterator[Act]:
    places: dict[str, _Place] = {}
    for row in evidence.cases:
        item = case_results.item(row, last_day)
        if item.counts:
            places[row.id] = item.community, row.grid
            yield from (Act(*places[row.id], did, of) for did, of in _of_case(item, days))
    for terms in evidence.terms:
        if terms.id in places:
            held = (m for m in terms.marks if m.what == "mediated" and days.has(m.on))
            yield from (Act(*places[terms.id], Did.MEDIATED) for _ in held)
    yield from _of_visits(evidence, days, places)


def _of_case(item: Item, days: Span) -> Iterator[tuple[Did, str]]:
    fields = item.fields
    yield from ((did, "") for name, did in _DAYS.items() if _within(days, fields[name]))
    yield from ((Did.REOPENED, "") for m in item.marks if m.what == "reopened" and days.has(m.on))
    if _within(days, fields["ended_on"]):
        yield Did.ENDED, str(fields["ended"])
    if fields["accepted_on"] is not None and fields["ended"] is None:
        yield Did.OPEN, ""


def _of_visits(evidence: Evidence, days: Span, places: Mapping[str, _Place]) -> Iterator[Act]:
    for visit in evidence.visits:
        if visit.case in places and first(visit, "voided", date.max) is None:
            done = (_VISITS[m.what] for m in visit.marks if m.what in _VISITS and days.has(m.on))
            yield from (Act(*places[visit.case], did, MUST if visit.must else "") for did in done)


def _of_entries(evidence: Evidence, days: Span, last_day: date) -> Iterator[Act]:
    for row in evidence.deeds:
        item = deeds.item(row, last_day)
        if not item.counts:
            continue
        place = item.community, row.grid
        if _within(days, item.fields["begun_on"]):
            yield Act(*place, Did.ENTERED, row.work)
            yield Act(*place, Did.COUNTED, row.work, row.count)
        if _within(days, item.fields["done_on"]):
            yield Act(*place, Did.DEALT_WITH, row.work)
        if item.fields["done_on"] is None:
            yield Act(*place, Did.LEFT, row.work)
