"""Rulebooks 考核办法 (§3.3.5), every version that was ever in force. One row per version."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.assessment import Rulebook, RulebookAdopted
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A version of a rulebook."""

    code: str
    version: int
    rulebook: Rulebook
    author: str
    reason: str
    adopted_at: datetime
    position: int


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    return Row(
        code=event.rulebook.code, version=event.version, rulebook=event.rulebook, author=event.author,
        reason=event.reason, adopted_at=recorded.occurred_at, position=recorded.position,
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    return (f"{recorded.event.rulebook.code}/{recorded.event.version:06}",)


LEDGER = Ledger(
    name="rulebooks",
    row=Row,
    handles=(RulebookAdopted,),
    keys=_keys,
    evolve=_evolve,
    title_zh="考核办法",
    title_en="Rulebooks",
    clause="3.3.5",
    filters=("code",),
)
