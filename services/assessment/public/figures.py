"""What anybody may see 公开数据: per quarter, how many cases of each type were reported in each community.

A quarter's figures are those of the first publication of scores that covers all of it, for ever: what the log took
later changes none of them, so that nobody can tell a single case from the difference of two editions. Small numbers are
kept back (`suppression`). Nothing leads from here to a case.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from services.assessment.public.suppression import Shown, suppress
from services.assessment.rules.periods import months_after
from shared.contracts.codes import CaseStatus, DisputeType
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseCorrected,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReported,
    CaseStepRetracted,
    CaseVoided,
)
from shared.contracts.model import Ledger, held

UNCOUNTED = frozenset({CaseStatus.VOIDED, CaseStatus.LINKED})
"""A case made void never was one; a duplicate is counted once, as the case that it is linked to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A case as it is counted, from a position of the log on."""

    position: int
    community: str
    dispute_type: DisputeType
    reported_on: date
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A case: each of its versions, the oldest first."""

    versions: tuple[Version, ...]

    def at(self, position: int) -> Version | None:
        """As it stood at a position; None before it was reported."""
        return next((one for one in reversed(self.versions) if one.position <= position), None)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event, position = recorded.event, recorded.position
    if isinstance(event, CaseReported):
        reported_on = civil_day(recorded.occurred_at)
        first = Version(
            position=position, community=event.community, dispute_type=event.dispute_type, reported_on=reported_on
        )
        return Row((first,))
    row = held(row, recorded)
    return Row((*row.versions, replace(row.versions[-1], position=position, **_changes(event))))


def _changes(event: object) -> Mapping[str, Any]:
    match event:
        case CaseCorrected():
            names = ("community", "dispute_type", "reported_on")
            return {name: new for name in names if (new := getattr(event, name)) is not None}
        case CaseReclassified(dispute_type=dispute_type):
            return {"dispute_type": dispute_type}
        case CaseVoided() | CaseLinkedAsDuplicate():
            return {"counts": False}
        case CaseStepRetracted(back_to=status):
            return {"counts": status not in UNCOUNTED}
        case _:
            raise TypeError(type(event))


LEDGER = Ledger(
    name="public_figures",
    row=Row,
    handles=(CaseReported, CaseCorrected, CaseReclassified, CaseVoided, CaseLinkedAsDuplicate, CaseStepRetracted),
    evolve=_evolve,
    title_zh="公开数据（依据）",
    title_en="What public figures are counted from",
    clause="6.1",
    filters=(),
)
"""Folded when figures are asked for, and kept in no table."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Where the log says that scores were published, and up to which day they look."""

    position: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter's table: a row for each community and one of totals, a column for each type and one of totals."""

    name: str
    """2015-Q3."""
    position: int
    """Of the publication whose edition it is."""
    communities: tuple[str, ...]
    types: tuple[DisputeType, ...]
    shown: Shown


def quarters(publications: Iterable[Publication], cases: Sequence[Row]) -> list[Quarter]:
    """All quarters that a publication covers, from the first case's on, the newest first."""
    found: list[Quarter] = []
    for publication in sorted(publications, key=lambda one: one.position):
        known = [one for case in cases if (one := case.at(publication.position)) and one.counts]
        if not known:
            continue
        told = {quarter.name for quarter in found}
        for name, from_day, to_day in _names(min(one.reported_on for one in known), publication.as_of):
            if name not in told:
                these = [one for one in known if from_day <= one.reported_on <= to_day]
                found.append(_quarter(name, publication.position, these))
    return sorted(found, key=lambda quarter: quarter.name, reverse=True)


def _quarter(name: str, position: int, cases: Sequence[Version]) -> Quarter:
    """Of the communities and types that occur: were others added later, other cells would hide the same small ones."""
    places = tuple(sorted({case.community for case in cases}))
    types = tuple(type_ for type_ in DisputeType if any(case.dispute_type is type_ for case in cases))
    counted = Counter((case.community, case.dispute_type) for case in cases)
    counts = [[counted[place, type_] for type_ in types] for place in places]
    return Quarter(name, position, places, types, suppress(counts) if cases else ())


def _names(first: date, last: date) -> Iterator[tuple[str, date, date]]:
    """The quarters from that of the first day on which are over on the last one: name, first day, last day."""
    start = date(first.year, 3 * ((first.month - 1) // 3) + 1, 1)
    while (end := months_after(start, 3) - timedelta(days=1)) <= last:
        yield f"{start.year}-Q{(start.month + 2) // 3}", start, end
        start = months_after(start, 3)
