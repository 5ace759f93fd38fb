"""Places 社区名录: where a case can be, by code and by name; intake's own copy of assignment's communities."""

from collections.abc import Iterable

from shared.contracts.assignment import CommunityRegistered
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A community under one of its two keys: its twelve-digit code, or its name."""

    community: str
    """The code, under either key."""
    name: str


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.event.code, recorded.event.name)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    if row is not None and key != recorded.event.code:
        return row  # a name belongs to the community that had it first
    return Row(community=recorded.event.code, name=recorded.event.name)


LEDGER = Ledger(
    name="places",
    row=Row,
    handles=(CommunityRegistered,),
    keys=_keys,
    evolve=_evolve,
    title_zh="社区名录",
    title_en="Places by code and name",
    clause="3.1.1",
)
