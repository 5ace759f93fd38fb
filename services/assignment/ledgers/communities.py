"""The communities 社区 of the sub-district (§3.1.1, 3.3.2): their grids, households, studios and contact cards."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never, get_args

from shared.contracts.assignment import (
    CommunityAct,
    CommunityCorrected,
    CommunityEvent,
    CommunityRegistered,
    CommunityVoided,
    CommunityWorkRetracted,
    ContactCardsIssued,
    DirectoryEvent,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A community as it stands."""

    community: str
    """Its twelve-digit code."""
    name: str
    grids: tuple[str, ...]
    households: int
    registered_at: datetime
    studio_open: bool = False
    studio_place: str | None = None
    studio_opened_at: datetime | None = None
    studio_closed_at: datetime | None = None
    cards_issued: int = 0
    """Households that were given a contact card 便民联系卡."""


def _keys(recorded: Recorded) -> Iterable[str]:
    event: CommunityEvent = recorded.event
    return (event.code if isinstance(event, DirectoryEvent) else recorded.id,)  # of community/<code>


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: CommunityEvent = recorded.event
    at = recorded.occurred_at
    if isinstance(event, CommunityRegistered):
        return Row(
            community=event.code, name=event.name, grids=event.grids, households=event.households, registered_at=at
        )
    row = held(row, recorded)
    match event:
        case CommunityCorrected():
            return replace(
                row, name=event.name or row.name, grids=row.grids if event.grids is None else event.grids,
                households=row.households if event.households is None else event.households,
            )  # fmt: skip
        case CommunityVoided():
            return None  # a directory shows what there is; the record keeps what was entered
        case StudioOpened():
            return replace(row, studio_open=True, studio_place=event.place, studio_opened_at=at, studio_closed_at=None)
        case StudioClosed():
            return replace(row, studio_open=False, studio_closed_at=at)
        case ContactCardsIssued():
            return replace(row, cards_issued=row.cards_issued + event.households)
        case CommunityWorkRetracted(act=CommunityAct.STUDIO_OPENED, studio=None):
            return replace(row, studio_open=False, studio_place=None, studio_opened_at=None)
        case CommunityWorkRetracted(act=CommunityAct.STUDIO_OPENED, studio=before):
            assert before is not None, "the case before took that"
            return replace(
                row, studio_open=False, studio_place=before.place, studio_opened_at=before.opened_at,
                studio_closed_at=before.closed_at,
            )  # fmt: skip
        case CommunityWorkRetracted(act=CommunityAct.STUDIO_CLOSED):
            return replace(row, studio_open=True, studio_closed_at=None)
        case CommunityWorkRetracted():
            return replace(row, cards_issued=row.cards_issued - (event.households or 0))
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="communities",
    row=Row,
    handles=get_args(CommunityEvent),
    keys=_keys,
    evolve=_evolve,
    title_zh="社区台账",
    title_en="Communities",
    clause="3.1.1",
    across=get_args(DirectoryEvent),
)
