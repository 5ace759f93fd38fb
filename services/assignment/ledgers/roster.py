"""The roster 派驻台账 (§3.1.3): who serves which community, from which day to which; one row per posting."""

from collections.abc import Iterable
from datetime import date
from typing import assert_never, get_args

from shared.contracts.assignment import (
    Leave,
    LeaveEnded,
    LeaveRecorded,
    OfficerPosted,
    PostingEnded,
    PostingEndRetracted,
    PostingVoided,
    RosterEvent,
    VisitTimesSet,
    leaves_after,
)
from shared.contracts.codes import PostingEnd, Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A posting, with its first day and, once it has ended, its last."""

    community: str
    officer: str
    profession: Profession
    from_day: date
    last_day: date | None = None
    ended_for: PostingEnd | None = None
    times: str | None = None
    """When the officer comes to the community 下社区时间."""
    leaves: tuple[Leave, ...] = ()
    """Days on which the officer is away 请假, with who comes instead 顶岗."""
    voided: bool = False
    """Entered by mistake 作废: the officer was never posted."""

    def serves(self, day: date) -> bool:
        """Whether the officer was posted to the community on that day."""
        return not self.voided and self.from_day <= day and (self.last_day is None or day <= self.last_day)

    def leave_on(self, day: date) -> Leave | None:
        """The leave in which a day lies."""
        return next((leave for leave in self.leaves if leave.first_day <= day <= leave.last_day), None)


def _keys(recorded: Recorded) -> Iterable[str]:
    event: RosterEvent = recorded.event
    return (f"{recorded.id}/{event.officer}/{event.from_day.isoformat()}",)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: RosterEvent = recorded.event
    if isinstance(event, OfficerPosted):
        return Row(community=recorded.id, officer=event.officer, profession=event.profession, from_day=event.from_day)
    row = held(row, recorded)
    match event:
        case VisitTimesSet():
            return replace(row, times=event.times)
        case PostingEnded():
            return replace(row, last_day=event.last_day, ended_for=event.reason)
        case PostingEndRetracted():
            return replace(row, last_day=None, ended_for=None)
        case PostingVoided():
            return replace(row, voided=True)
        case LeaveRecorded() | LeaveEnded():
            return replace(row, leaves=leaves_after(row.leaves, event))
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="roster",
    row=Row,
    handles=get_args(RosterEvent),
    keys=_keys,
    evolve=_evolve,
    title_zh="派驻台账",
    title_en="Roster",
    clause="3.1.3",
    filters=("community", "officer", "profession"),
)
