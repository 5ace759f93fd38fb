"""The communities of the programme (§3.1.1): whom scores are about. One row per community."""

from collections.abc import Iterable
from datetime import date

from services.assessment.items import Fields, Item
from services.assessment.marks import Mark, mark
from shared.contracts.assignment import CommunityRegistered
from shared.contracts.codes import Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A community 社区 or village 村."""

    id: str
    community: str
    name: str
    households: int
    marks: tuple[Mark, ...]


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    return Row(
        id=key, community=event.code, name=event.name, households=event.households,
        marks=(*(row.marks if row else ()), mark(recorded, "registered")),
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.event.code,)


def item(row: Row, postings: Iterable[Item], day: date) -> Item:
    """The community as it stood at the end of a day, with the professions that served it then."""
    serving = [p for p in postings if p.counts and p.fields["in_force_until"] == day]
    since: Fields = {
        one.value: min((p.fields["from_day"] for p in serving if p.fields["profession"] == one), key=str, default=None)
        for one in Profession
    }
    fields: Fields = {"registered_on": row.marks[0].on, "households": row.households, **since}
    marks = tuple(sorted({*row.marks, *(m for p in postings for m in p.marks)}, key=lambda m: m.position))
    return Item("communities", row.id, row.community, fields, marks, row.marks[0].on <= day)


LEDGER = Ledger(
    name="communities_served",
    row=Row,
    handles=(CommunityRegistered,),
    keys=_keys,
    evolve=_evolve,
    title_zh="社区（考核对象）",
    title_en="Communities that are scored",
    clause="3.1.1",
)
