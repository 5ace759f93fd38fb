"""Work by grid 网格 (§5.2): what the plan wants done in each grid, counted between two days. Derived, never stored.

A case that names no grid, or an entry that names none, counts for its community under no grid's name: so the sums are
the community's. Clues to crimes and intelligence are no part of it: such a report is referred out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Final

from services.assessment.evidence.acts import MUST, Did, acts
from services.assessment.evidence.gathered import evidence_at
from services.assessment.evidence.items import WHOLE
from services.assessment.ledgers import deeds
from shared.contracts.assessment import Work
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Asking, Look, Refused
from shared.queries import day


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What was done in one grid."""

    community: str
    grid: str | None
    cases: int = 0
    """Reported 登记."""
    resolved: int = 0
    mediations: int = 0
    """Sessions 调解."""
    visits: int = 0
    outreach: int = 0
    """普法宣传."""
    advice: int = 0
    """Questions answered 法律咨询."""
    aid: int = 0
    """Matters granted 法律援助."""
    patrols: int = 0
    hazards: int = 0
    """Found 隐患."""
    hazards_cleared: int = 0
    opinions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grids:
    """Every grid in which anything was done, in the order of their names."""

    log: str
    position: int
    """Of the ledgers that were looked at."""
    from_day: date
    to_day: date
    grids: tuple[Grid, ...]


COUNTED: Final = tuple(field.name for field in fields(Grid) if field.name not in ("community", "grid"))
_COUNTS_FOR: Final[Mapping[tuple[Did, str], str]] = {
    (Did.REPORTED, ""): "cases", (Did.ENDED, "resolved"): "resolved", (Did.MEDIATED, ""): "mediations",
    (Did.VISITED, ""): "visits", (Did.VISITED, MUST): "visits", (Did.ENTERED, Work.OUTREACH): "outreach",
    (Did.COUNTED, Work.ADVICE): "advice", (Did.COUNTED, Work.AID): "aid", (Did.ENTERED, Work.PATROL): "patrols",
    (Did.ENTERED, deeds.HAZARD): "hazards", (Did.DEALT_WITH, deeds.HAZARD): "hazards_cleared",
    (Did.ENTERED, deeds.OPINION): "opinions",
}  # fmt: skip
"""In which column an act is counted."""


def between(said: Mapping[str, str], today: date) -> tuple[date, date]:
    """The days that a query asks for: the year so far where it names none. Raises `Refused`."""
    first, last = day(said, "from", today.replace(month=1, day=1)), day(said, "to", today)
    if first > last:
        raise Refused("ends_before_it_begins", field="to", from_day=first.isoformat())
    return first, last


def grids_asked(look: Look, asking: Asking) -> Grids:
    """The answer to a query; raises `Refused`."""
    return grids(look, *between(asking.said, asking.today))


def grids(look: Look, from_day: date, to_day: date) -> Grids:
    """What was done in each grid from one day to another, both included."""
    found: dict[tuple[str, str | None], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    for one in acts(evidence_at(look), from_day, to_day):
        name = _COUNTS_FOR.get((one.did, one.of))
        if name is not None and one.community != WHOLE:
            found[one.community, one.grid][name] += one.times
    rows = (
        Grid(community=community, grid=grid, **counts)
        for (community, grid), counts in found.items() if any(counts.values())
    )  # fmt: skip
    return Grids(
        log=look.log, position=look.position, from_day=from_day, to_day=to_day,
        grids=tuple(sorted(rows, key=lambda row: (row.community, row.grid or ""))),
    )  # fmt: skip


def by_community(rows: Sequence[Grid]) -> Mapping[str, Grid]:
    """The sums of each community."""
    sums: dict[str, Grid] = {}
    for row in rows:
        held = sums.get(row.community, Grid(community=row.community, grid=None))
        added = {name: getattr(held, name) + getattr(row, name) for name in COUNTED}
        sums[row.community] = replace(held, **added)
    return sums
