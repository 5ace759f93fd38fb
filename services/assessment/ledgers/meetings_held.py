"""Meetings one by one 会议 (§3.2.6, 3.3.3, 3.3.4): who came is a number, what was said is sealed and not kept here.

`meeting_duties`, on which scores rest, has one row per community, kind and month.
"""

from services.assessment.evidence.marks import Mark, mark
from shared.contracts.assignment import MeetingConvened, MeetingVoided, MinutesSubmitted
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
    """The month that it answers for."""
    attended: int
    marks: tuple[Mark, ...]
    """held, submitted, voided."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if isinstance(event, MeetingConvened):
        return Row(
            id=key, community=event.community, kind=event.kind, month=event.month, attended=event.attended,
            marks=(mark(recorded, "held"),),
        )  # fmt: skip
    row, what = held(row, recorded), "voided" if isinstance(event, MeetingVoided) else "submitted"
    return replace(row, marks=(*row.marks, mark(recorded, what)))


def voided(row: Row) -> bool:
    """Whether it was entered by mistake."""
    return any(m.what == "voided" for m in row.marks)


LEDGER = Ledger(
    name="meetings_held",
    row=Row,
    handles=(MeetingConvened, MinutesSubmitted, MeetingVoided),
    evolve=_evolve,
    title_zh="会议（文书依据）",
    title_en="Meetings (for the office's papers)",
    clause="3.3.3",
    filters=("community", "kind", "month"),
)
