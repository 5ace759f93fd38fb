"""Monthly meetings and their minutes (§3.3.3): evidence of scores. One row per community, kind and month.

Months in which nothing was held have no row: what is due comes from the plan's cadence, not from events.
"""

from collections.abc import Iterable

from services.assessment.evidence.marks import Mark, mark, marked, struck
from shared.contracts.assignment import MeetingConvened, MeetingVoided, MinutesSubmitted
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a community did about one kind of meeting in one month."""

    id: str
    community: str
    kind: str
    month: str
    marks: tuple[Mark, ...]
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if isinstance(event, MeetingVoided):
        row = struck(held(row, recorded), recorded, {"held"}, civil_day(event.held_at))
        at = event.minutes_at
        return row if at is None else struck(row, recorded, {"submitted"}, civil_day(at))
    what = "held" if isinstance(event, MeetingConvened) else "submitted"
    if row is not None:
        return marked(row, recorded, what)
    return Row(
        id=key, community=event.community, kind=event.kind, month=event.month, marks=(mark(recorded, what),)
    )  # fmt: skip


def key_of(community: str, kind: str, month: str) -> str:
    """The key of a row."""
    return f"{community}/{kind}/{month}"


def _keys(recorded: Recorded) -> Iterable[str]:
    event = recorded.event
    return (key_of(event.community, event.kind, event.month),)


LEDGER = Ledger(
    name="meeting_duties",
    row=Row,
    handles=(MeetingConvened, MinutesSubmitted, MeetingVoided),
    keys=_keys,
    evolve=_evolve,
    title_zh="例会与纪要（考核依据）",
    title_en="Meetings held and minutes filed (evidence)",
    clause="3.3.3",
    across=(MeetingConvened, MinutesSubmitted, MeetingVoided),
)
