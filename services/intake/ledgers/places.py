"""Places 社区名录: where a case can be, by code and by name; intake's own copy of assignment's communities."""

from collections.abc import Iterable
from typing import get_args

from shared.contracts.assignment import CommunityRegistered, CommunityVoided, DirectoryEvent
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A community under one of its two keys: its twelve-digit code, or its name."""

    community: str
    """The code, under either key."""
    name: str


def _keys(recorded: Recorded) -> Iterable[str]:
    event: DirectoryEvent = recorded.event
    if isinstance(event, CommunityVoided):
        return (event.code, *event.names)
    return (event.code,) if event.name is None else (event.code, event.name)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: DirectoryEvent = recorded.event
    if isinstance(event, CommunityRegistered):
        if row is not None and key != event.code and event.named_before is None:
            return row  # a name belongs to the community that had it first
        return Row(community=event.code, name=event.name)
    if isinstance(event, CommunityVoided):
        return None if row is None or row.community == event.code else row
    new = row is None or event.named_before is not None
    if new and key != event.code and event.name is not None:
        return Row(community=event.code, name=event.name)  # the new name stands for it too
    row = held(row, recorded)
    return row if event.name is None or row.community != event.code else replace(row, name=event.name)


LEDGER = Ledger(
    name="places",
    row=Row,
    handles=get_args(DirectoryEvent),
    keys=_keys,
    evolve=_evolve,
    title_zh="社区名录",
    title_en="Places by code and name",
    clause="3.1.1",
    across=get_args(DirectoryEvent),
)
