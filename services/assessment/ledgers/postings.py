"""Who was posted where, from when to when (§3.1.3): evidence of scores. One row per posting.

Officers have no score: a posting counts for its community, and the officer's id only tells postings apart.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from services.assessment.evidence.items import Fields, Item
from services.assessment.evidence.marks import Mark, anew, changed, first, mark, marked, struck
from services.assessment.rules.periods import months_after
from shared.contracts.assignment import (
    Leave,
    LeaveEnded,
    LeaveRecorded,
    OfficerPosted,
    PostingEnded,
    PostingEndRetracted,
    PostingVoided,
    leaves_after,
)
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A posting of one of the four professions to a community."""

    id: str
    community: str
    profession: str
    from_day: date
    last_day: date | None
    reason: str | None
    marks: tuple[Mark, ...]
    leaves: tuple[Leave, ...] = ()
    """Days on which nobody, or somebody else, comes 请假顶岗."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if isinstance(event, OfficerPosted):
        again = Row(
            id=key, community=recorded.id, profession=event.profession, from_day=event.from_day, last_day=None,
            reason=None, marks=(mark(recorded, "posted"),),
        )  # fmt: skip
        return anew(row, recorded, again)
    row = held(row, recorded)
    if isinstance(event, PostingEndRetracted):
        return replace(struck(row, recorded, {"ended"}), last_day=None, reason=None)
    if isinstance(event, PostingVoided):
        return marked(row, recorded, "voided")
    if isinstance(event, LeaveRecorded | LeaveEnded):
        return changed(row, recorded, leaves=leaves_after(row.leaves, event))
    return marked(row, recorded, "ended", last_day=event.last_day, reason=event.reason)


def _keys(recorded: Recorded) -> Iterable[str]:
    return (f"{recorded.id}/{recorded.event.officer}/{recorded.event.from_day.isoformat()}",)


def of_whom(row: Row) -> str:
    """What all postings of an officer to a community share: `<community>/<officer>`."""
    return row.id.rpartition("/")[0]


def ended(row: Row) -> bool:
    """Whether it has ended, or is to end, and that was not taken back."""
    return first(row, "ended", date.max) is not None


def item(row: Row, posting_months: int, day: date) -> Item:
    """The posting as it stood at the end of a day: the days themselves count, not when they were entered. It is called
    by the post, not by the officer."""
    end = row.last_day if ended(row) else None
    ended_on = end if end is not None and end <= day else None
    voided = first(row, "voided", date.max) is not None
    kept_until = months_after(row.from_day, posting_months) - timedelta(days=1)
    fields: Fields = {
        "profession": row.profession,
        "from_day": row.from_day,
        "in_force_until": ended_on or day,
        "ended_on": ended_on,
        "ended_early": ended_on is not None and ended_on < kept_until,
        "reason": row.reason if ended_on is not None else None,
    }
    key = f"{row.community}/{row.profession}/{row.from_day.isoformat()}"
    return Item("postings", key, row.community, fields, row.marks, row.from_day <= day and not voided, day=day)


LEDGER = Ledger(
    name="postings",
    row=Row,
    handles=(OfficerPosted, PostingEnded, PostingEndRetracted, PostingVoided, LeaveRecorded, LeaveEnded),
    keys=_keys,
    evolve=_evolve,
    title_zh="派驻与调整（考核依据）",
    title_en="Postings and their ends (evidence)",
    clause="3.1.3",
)
