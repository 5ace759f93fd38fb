"""Work by grid 网格 (§5.2): what the plan wants done in each grid, counted between two days. Derived, never stored.

A case that names no grid, or an entry that names none, counts for its community under no grid's name: so the sums are
the community's. Clues to crimes and intelligence are no part of it: such a report is referred out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Final

from services.assessment.evidence import Evidence, evidence_at
from services.assessment.items import Item
from services.assessment.ledgers import case_results, deeds
from services.assessment.marks import first
from shared.contracts.assessment import Work
from shared.contracts.days import read_day
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Look, Refused


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
_ENTERED: Final[Mapping[str, tuple[str, Callable[[Item], int]]]] = {
    Work.OUTREACH: ("outreach", lambda item: 1),
    Work.ADVICE: ("advice", lambda item: _whole(item, "count")),
    Work.AID: ("aid", lambda item: _whole(item, "count")),
    Work.PATROL: ("patrols", lambda item: 1),
    deeds.HAZARD: ("hazards", lambda item: 1),
    deeds.OPINION: ("opinions", lambda item: 1),
}
"""What an entry counts for."""

_Key = tuple[str, str | None]


def between(said: Mapping[str, str], today: date) -> tuple[date, date]:
    """The days that a query asks for: the year so far where it names none. Raises `Refused("bad_parameter")`."""
    days = []
    for name, usual in (("from", today.replace(month=1, day=1)), ("to", today)):
        day = read_day(said[name]) if said.get(name) else usual
        if day is None:
            raise Refused("bad_parameter", field=name)
        days.append(day)
    if days[0] > days[1]:
        raise Refused("bad_parameter", field="to")
    return days[0], days[1]


def grids(look: Look, from_day: date, to_day: date) -> Grids:
    """What was done in each grid from one day to another, both included."""
    found: dict[_Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    for key, name, count in _counted(evidence_at(look), from_day, to_day):
        found[key][name] += count
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


def _counted(evidence: Evidence, from_day: date, to_day: date) -> Iterator[tuple[_Key, str, int]]:
    """Everything that counts, as (grid, what, how many)."""

    def within(day: object) -> bool:
        return isinstance(day, date) and from_day <= day <= to_day

    keys: dict[str, _Key] = {}
    for row in evidence.cases:
        item = case_results.item(row, to_day)
        if item.counts:
            keys[row.id] = (item.community, row.grid)
            yield keys[row.id], "cases", int(within(item.fields["reported_on"]))
            settled = item.fields["ended"] == "resolved" and within(item.fields["ended_on"])
            yield keys[row.id], "resolved", int(settled)
    for terms in evidence.terms:
        if terms.id in keys:
            held = [m for m in terms.marks if m.what == "mediated" and within(m.on)]
            yield keys[terms.id], "mediations", len(held)
    for visit in evidence.visits:
        if visit.case in keys and first(visit, "voided", date.max) is None:
            done = [m for m in visit.marks if m.what == "completed" and within(m.on)]
            yield keys[visit.case], "visits", len(done)
    for deed in evidence.deeds:
        if deed.community is not None and deed.work in _ENTERED:
            yield from _of_entry(deed, deed.community, within, to_day)


def _of_entry(
    deed: deeds.Row, community: str, within: Callable[[object], bool], to_day: date
) -> Iterator[tuple[_Key, str, int]]:  # fmt: skip
    item = deeds.item(deed, to_day)
    if not item.counts:
        return
    name, count = _ENTERED[deed.work]
    if within(item.fields["begun_on"]):
        yield (community, deed.grid), name, count(item)
    if deed.work == deeds.HAZARD and within(item.fields["done_on"]):
        yield (community, deed.grid), "hazards_cleared", 1


def _whole(item: Item, name: str) -> int:
    value = item.fields[name]
    return value if isinstance(value, int) else 0
