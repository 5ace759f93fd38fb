"""The meetings 会议台账 (§3.2.6, 3.3.3, 3.3.4): when they were held, and when their minutes reached the office."""

from datetime import datetime
from typing import assert_never, get_args

from shared.contracts.assignment import MeetingConvened, MeetingEvent, MeetingVoided, MinutesSubmitted
from shared.contracts.codes import MeetingKind
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A meeting."""

    id: str
    community: str
    kind: MeetingKind
    month: str
    """The month that it answers for, YYYY-MM."""
    held_at: datetime
    attended: int
    subject: str
    """Sealed."""
    minutes_at: datetime | None = None
    """When the minutes reached the office."""
    decisions: tuple[str, ...] = ()
    """Sealed."""
    voided_at: datetime | None = None


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: MeetingEvent = recorded.event
    match event:
        case MeetingConvened():
            return Row(
                id=key, community=event.community, kind=event.kind, month=event.month, held_at=recorded.occurred_at,
                attended=event.attended, subject=event.subject,
            )  # fmt: skip
        case MinutesSubmitted():
            return replace(held(row, recorded), minutes_at=recorded.occurred_at, decisions=event.decisions)
        case MeetingVoided():
            return replace(held(row, recorded), voided_at=recorded.occurred_at)
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="meetings",
    row=Row,
    handles=get_args(MeetingEvent),
    evolve=_evolve,
    title_zh="会议台账",
    title_en="Meetings",
    clause="3.3.3",
    filters=("community", "kind", "month"),
    sealed=("subject", "decisions"),
)
