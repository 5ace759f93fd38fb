"""A community's roster 派驻 (§3.1.3): one stream per community, so that it is right under concurrency."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Final, assert_never, get_args

from services.assignment.commands import (
    EndLeave,
    EndPosting,
    PostOfficer,
    RecordLeave,
    RetractPostingEnd,
    SetVisitTimes,
    VoidPosting,
)
from services.assignment.ledgers import communities, handling, officers
from services.assignment.roles import CLERKS, OFFICE
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
)
from shared.contracts.codes import Profession
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Leaving = RecordLeave | EndLeave
Command = PostOfficer | SetVisitTimes | EndPosting | RetractPostingEnd | VoidPosting | Leaving


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting, with the leaves in it by their first days."""

    profession: Profession
    from_day: date
    leaves: Mapping[date, Leave] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """A posting that has ended."""

    posting: Posting
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What later decisions rest on: open postings and ended ones, by officer."""

    open: Mapping[str, Posting] = field(default_factory=dict)
    ended: Mapping[str, tuple[Ended, ...]] = field(default_factory=dict)
    voided: frozenset[tuple[str, date]] = frozenset()
    """Postings that were made void: the officer and the first day."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of what a command names."""

    community: communities.Row | None = None
    officer: officers.Row | None = None
    cover: officers.Row | None = None
    open_cases: tuple[str, ...] = ()
    """The cases that the officer is handling in the community."""
    waiting: tuple[str, ...] = ()
    """Those of them that wait to be handed over."""


def decide(command: Command, roster: Roster, context: Context) -> Sequence[RosterEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    match command:
        case PostOfficer():
            return [_posted(command, roster, context.facts)]
        case SetVisitTimes():
            posting = _open(roster, command.officer)
            return [VisitTimesSet(officer=command.officer, from_day=posting.from_day, times=command.times)]
        case EndPosting():
            return [_ended(command, _open(roster, command.officer), context.facts)]
        case RetractPostingEnd():
            return [_end_retracted(command, roster, context.facts)]
        case VoidPosting():
            posting, cases = _open(roster, command.officer), context.facts.open_cases
            return [PostingVoided(
                officer=command.officer, from_day=posting.from_day, reason=command.reason, open_cases=cases
            )]  # fmt: skip
        case RecordLeave():
            return [_away(command, _open(roster, command.officer), context.facts)]
        case EndLeave():
            return [_back(command, _open(roster, command.officer))]
        case _:
            assert_never(command)


def _posted(command: PostOfficer, roster: Roster, facts: Facts) -> OfficerPosted:
    if facts.community is None:
        raise Refused("unknown_community", field="community")
    if facts.officer is None:
        raise Refused("officer_not_enrolled", field="officer")
    if command.officer in roster.open:
        raise Refused("already_posted", field="officer", allowed=("set-visit-times", "end-posting"))
    past = roster.ended.get(command.officer)
    if past and command.from_day <= past[-1].last_day:
        days = {"from_day": command.from_day.isoformat(), "last_day": past[-1].last_day.isoformat()}
        raise Refused("posting_overlaps", field="from_day", **days)
    again = (command.officer, command.from_day) in roster.voided
    return OfficerPosted(
        officer=command.officer, profession=facts.officer.profession, from_day=command.from_day,
        open_cases=facts.waiting if again else (),
    )  # fmt: skip


def _open(roster: Roster, officer: str) -> Posting:
    if officer not in roster.open:
        raise Refused("no_open_posting", field="officer", allowed=("post-officer",))
    return roster.open[officer]


def _ended(command: EndPosting, posting: Posting, facts: Facts) -> PostingEnded:
    if command.last_day < posting.from_day:
        days = {"last_day": command.last_day.isoformat(), "from_day": posting.from_day.isoformat()}
        raise Refused("ends_before_it_begins", field="last_day", **days)
    return PostingEnded(
        officer=command.officer, profession=posting.profession, from_day=posting.from_day, last_day=command.last_day,
        reason=command.reason, open_cases=facts.open_cases,
    )  # fmt: skip


def _end_retracted(command: RetractPostingEnd, roster: Roster, facts: Facts) -> PostingEndRetracted:
    past = roster.ended.get(command.officer)
    if command.officer in roster.open or not past:
        raise Refused("no_ended_posting", field="officer")
    last = past[-1]
    return PostingEndRetracted(
        officer=command.officer, from_day=last.posting.from_day, last_day=last.last_day, reason=command.reason,
        open_cases=facts.waiting,
    )  # fmt: skip


def _away(command: RecordLeave, posting: Posting, facts: Facts) -> LeaveRecorded:
    first, last = command.first_day, command.last_day
    if not posting.from_day <= first <= last:
        days = {"from_day": posting.from_day.isoformat(), "first_day": first.isoformat(), "last_day": last.isoformat()}
        raise Refused("leave_days_wrong", field="first_day", **days)
    if any(first <= other.last_day and other.first_day <= last for other in posting.leaves.values()):
        raise Refused("leave_overlaps", field="first_day", allowed=("end-leave",))
    if command.cover is not None:
        unfit = facts.cover is None or facts.cover.profession is not posting.profession
        if unfit or command.cover == command.officer:
            raise Refused("cover_unfit", field="cover", profession=posting.profession.value)
    leave = Leave(first_day=first, last_day=last, cover=command.cover)
    return LeaveRecorded(officer=command.officer, from_day=posting.from_day, leave=leave)


def _back(command: EndLeave, posting: Posting) -> LeaveEnded:
    if command.first_day not in posting.leaves:
        raise Refused("no_such_leave", field="first_day", allowed=("record-leave",))
    if command.last_day < command.first_day - timedelta(days=1):
        days = {"first_day": command.first_day.isoformat(), "last_day": command.last_day.isoformat()}
        raise Refused("leave_days_wrong", field="last_day", from_day=posting.from_day.isoformat(), **days)
    if any(command.first_day < other.first_day <= command.last_day for other in posting.leaves.values()):
        raise Refused("leave_overlaps", field="last_day")
    return LeaveEnded(
        officer=command.officer, from_day=posting.from_day, first_day=command.first_day, last_day=command.last_day
    )


def evolve(roster: Roster, event: RosterEvent, occurred_at: datetime) -> Roster:
    """The roster after an event that was decided about it."""
    match event:
        case OfficerPosted():
            posting = Posting(event.profession, event.from_day)
            return replace(roster, open={**roster.open, event.officer: posting})
        case VisitTimesSet():
            return roster
        case PostingEnded():
            over = Ended(roster.open[event.officer], event.last_day)
            past = (*roster.ended.get(event.officer, ()), over)
            return replace(
                roster, open=_without(roster.open, event.officer), ended={**roster.ended, event.officer: past}
            )  # fmt: skip
        case PostingEndRetracted():
            *earlier, last = roster.ended[event.officer]
            return replace(
                roster, open={**roster.open, event.officer: last.posting},
                ended={**roster.ended, event.officer: tuple(earlier)},
            )  # fmt: skip
        case PostingVoided():
            voided = roster.voided | {(event.officer, event.from_day)}
            return replace(roster, open=_without(roster.open, event.officer), voided=voided)
        case LeaveRecorded():
            return _with_leave(roster, event.officer, event.leave)
        case LeaveEnded():
            leave = roster.open[event.officer].leaves[event.first_day]
            return _with_leave(roster, event.officer, replace(leave, last_day=event.last_day))
        case _:
            assert_never(event)


def _without(open: Mapping[str, Posting], officer: str) -> Mapping[str, Posting]:
    return {other: posting for other, posting in open.items() if other != officer}


def _with_leave(roster: Roster, officer: str, leave: Leave) -> Roster:
    """A leave that was not taken is none."""
    posting = roster.open[officer]
    leaves = {**posting.leaves, leave.first_day: leave}
    if leave.last_day < leave.first_day:
        del leaves[leave.first_day]
    return replace(roster, open={**roster.open, officer: replace(posting, leaves=leaves)})


def _community(command: Command) -> str:
    return command.community


def _facts(command: PostOfficer, id: str, look: Look) -> Facts:
    community, officer = look.row(communities.LEDGER, command.community), look.row(officers.LEDGER, command.officer)
    return replace(_in_hand(command, id, look), community=community, officer=officer)


def _cover(command: RecordLeave, id: str, look: Look) -> Facts:
    return Facts(cover=None if command.cover is None else look.row(officers.LEDGER, command.cover))


def _in_hand(command: PostOfficer | EndPosting | RetractPostingEnd | VoidPosting, id: str, look: Look) -> Facts:
    rows = look.rows(handling.LEDGER, community=command.community, handler=command.officer)
    open_ = [row for row in rows if row.ended_as is None]
    waiting = tuple(row.id for row in open_ if row.handover_since is not None)
    return Facts(open_cases=tuple(row.id for row in open_), waiting=waiting)


DECIDER: Final[Decider[Roster]] = Decider(
    category="roster",
    accepts=(
        Accepts(PostOfficer, OFFICE, "3.1.3", id=_community, facts=_facts),
        Accepts(SetVisitTimes, CLERKS, "3.1.3", id=_community),
        Accepts(EndPosting, OFFICE, "3.1.3", id=_community, facts=_in_hand),
        Accepts(RetractPostingEnd, OFFICE, "3.1.3", id=_community, facts=_in_hand),
        Accepts(VoidPosting, OFFICE, "3.1.3", id=_community, facts=_in_hand),
        Accepts(RecordLeave, CLERKS, "3.1.3", id=_community, facts=_cover),
        Accepts(EndLeave, CLERKS, "3.1.3", id=_community),
    ),
    events=get_args(RosterEvent),
    initial=Roster(),
    decide=decide,
    evolve=evolve,
)
