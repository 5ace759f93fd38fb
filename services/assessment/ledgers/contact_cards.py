"""Contact cards given to households 便民联系卡 (§3.3.2): evidence of scores. One row per time that some were given."""

from collections.abc import Iterable
from datetime import date

from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import Mark, changed, mark
from shared.contracts.assignment import CommunityAct, CommunityWorkRetracted, ContactCardsIssued
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How many households got a card this time; below nothing where some were taken back before it was recorded when
    they had been given."""

    id: str
    community: str
    households: int
    marks: tuple[Mark, ...]
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: ContactCardsIssued | CommunityWorkRetracted = recorded.event
    issued = isinstance(event, ContactCardsIssued)
    if row is not None and isinstance(event, CommunityWorkRetracted):
        left = next(one.households for one in event.cards if _key(recorded.id, one.version) == key)
        note = replace(mark(recorded, "corrected"), on=row.marks[0].on)  # it was always so
        return replace(changed(row, recorded, households=left), marks=(*row.marks, note))
    return Row(
        id=key, community=recorded.id, households=(event.households or 0) * (1 if issued else -1),
        marks=(mark(recorded, "issued" if issued else "corrected"),),
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    event: ContactCardsIssued | CommunityWorkRetracted = recorded.event
    if isinstance(event, CommunityWorkRetracted) and event.act is not CommunityAct.CARDS:
        return ()
    if isinstance(event, CommunityWorkRetracted) and event.cards:
        return [_key(recorded.id, one.version) for one in event.cards]
    return (_key(recorded.id, recorded.version),)


def _key(community: str, version: int) -> str:
    return f"{community}/{version}"


def item(row: Row, day: date) -> Item:
    """The cards as known at the end of a day."""
    issued = row.marks[0].on
    return Item(
        "cards", row.id, row.community, {"issued_on": issued, "households": row.households}, row.marks,
        issued <= day and row.households != 0, day=day,
    )  # fmt: skip


LEDGER = Ledger(
    name="contact_cards",
    row=Row,
    handles=(ContactCardsIssued, CommunityWorkRetracted),
    keys=_keys,
    evolve=_evolve,
    title_zh="便民联系卡（考核依据）",
    title_en="Contact cards given out (evidence)",
    clause="3.3.2",
)
