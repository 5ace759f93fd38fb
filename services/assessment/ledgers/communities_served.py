"""The communities of the programme (§3.1.1): whom scores are about. One row per community."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import get_args

from services.assessment.evidence.items import Fields, Item
from services.assessment.evidence.marks import Mark, anew, first, mark, marked
from shared.contracts.assignment import CommunityCorrected, CommunityVoided, DirectoryEvent
from shared.contracts.codes import Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger, Look, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A community 社区 or village 村."""

    id: str
    community: str
    name: str
    households: int
    marks: tuple[Mark, ...]
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: DirectoryEvent = recorded.event
    if isinstance(event, CommunityCorrected):
        row = held(row, recorded)
        return marked(
            row, recorded, "corrected", name=event.name or row.name,
            households=row.households if event.households is None else event.households,
        )  # fmt: skip
    if isinstance(event, CommunityVoided):
        return marked(held(row, recorded), recorded, "voided")
    again = Row(
        id=key, community=event.code, name=event.name, households=event.households,
        marks=(mark(recorded, "registered"),),
    )  # fmt: skip
    return anew(row, recorded, again)


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.event.code,)


def item(row: Row, postings: Sequence[Item], studio: Item | None, day: date) -> Item:
    """The community as it stood at the end of a day, with the professions that served it then, and its studio."""
    serving = [p for p in postings if p.counts and p.fields["in_force_until"] == day]
    since: Fields = {
        one.value: min((p.fields["from_day"] for p in serving if p.fields["profession"] == one), key=str, default=None)
        for one in Profession
    }
    fields: Fields = {"registered_on": row.marks[0].on, "households": row.households, **since}
    fields["studio"] = None if studio is None else studio.fields["done_on"]
    told_by: dict[str, tuple[Mark, ...]] = {
        "registered_on": row.marks, "households": row.marks, "studio": () if studio is None else studio.marks,
    }  # fmt: skip
    for one in Profession:
        told_by[one.value] = tuple(m for p in postings if p.fields["profession"] == one for m in p.marks)
    marks = tuple(sorted({m for some in told_by.values() for m in some}, key=lambda m: m.position))
    counts = row.marks[0].on <= day and not voided(row)
    return Item("communities", row.id, row.community, fields, marks, counts, day=day, told_by=told_by)


def known_from(rows: Iterable[Row]) -> Mapping[str, date]:
    """The day on which the log took each community in: what was reported before can only have been taken over from
    paper, and what is told from paper of later days is told late."""
    return {row.id: row.marks[0].recorded_on for row in rows}


def voided(row: Row) -> bool:
    """Whether there never was such a community."""
    return first(row, "voided", date.max) is not None


LEDGER = Ledger(
    name="communities_served",
    row=Row,
    handles=get_args(DirectoryEvent),
    keys=_keys,
    evolve=_evolve,
    title_zh="社区（考核对象）",
    title_en="Communities that are scored",
    clause="3.1.1",
    across=get_args(DirectoryEvent),
)


def served(look: Look, code: str) -> Row | None:
    """The community of that code; None where there is none, or never was."""
    row = look.row(LEDGER, code)
    return None if row is None or voided(row) else row


def names(look: Look) -> Mapping[str, str]:
    """The communities' names by their codes; what was entered by mistake never was one."""
    return {row.id: row.name for row in look.rows(LEDGER) if not voided(row)}
