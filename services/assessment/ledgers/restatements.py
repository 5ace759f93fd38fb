"""Restatements 更正 (§3.3.5): every one, with what it changed and why, and the score as it had been. The scores' own
ledger keeps what stands now alone."""

from collections.abc import Iterable
from datetime import date, datetime

from shared.contracts.assessment import Change, Score, ScoreRestated
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One institution's score was put right."""

    id: str
    publication: str
    community: str
    restated_at: datetime
    recorded_on: date
    """When the log took it: from then on, what it changed may be appealed against again."""
    evidence_position: int
    position: int
    """Of the event."""
    was: Score
    changes: tuple[Change, ...]


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: ScoreRestated = recorded.event
    return Row(
        id=key, publication=recorded.id, community=event.score.subject, restated_at=recorded.occurred_at,
        recorded_on=civil_day(recorded.recorded_at), evidence_position=event.score.position, position=recorded.position,
        was=event.was, changes=event.changes,
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    return (f"{recorded.id}.{recorded.event.score.subject}/{recorded.version:06}",)


LEDGER = Ledger(
    name="restatements",
    row=Row,
    handles=(ScoreRestated,),
    keys=_keys,
    evolve=_evolve,
    title_zh="考核结果更正",
    title_en="Restatements of scores",
    clause="3.3.5",
    filters=("community", "publication"),
)
