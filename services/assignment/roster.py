"""A community's roster 派驻 (§3.1.3): one stream per community, so that it is right under concurrency."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import EndPosting, PostOfficer, SetVisitTimes
from services.assignment.ledgers import communities, handling, officers
from services.assignment.roles import CLERKS, OFFICE
from shared.contracts.assignment import OfficerPosted, PostingEnded, RosterEvent, VisitTimesSet
from shared.contracts.codes import Profession
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Command = PostOfficer | SetVisitTimes | EndPosting


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting that has not ended."""

    profession: Profession
    from_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What later decisions rest on: open postings and last days of ended ones, by officer."""

    open: Mapping[str, Posting] = field(default_factory=dict)
    served_until: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of what a command names."""

    community: communities.Row | None = None
    officer: officers.Row | None = None
    open_cases: tuple[str, ...] = ()
    """The cases that the officer is handling in the community."""


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
        case _:
            assert_never(command)


def _posted(command: PostOfficer, roster: Roster, facts: Facts) -> OfficerPosted:
    if facts.community is None:
        raise Refused("unknown_community", field="community")
    if facts.officer is None:
        raise Refused("officer_not_enrolled", field="officer")
    if command.officer in roster.open:
        raise Refused("already_posted", field="officer", allowed=("set-visit-times", "end-posting"))
    until = roster.served_until.get(command.officer)
    if until is not None and command.from_day <= until:
        days = {"from_day": command.from_day.isoformat(), "last_day": until.isoformat()}
        raise Refused("posting_overlaps", field="from_day", **days)
    return OfficerPosted(officer=command.officer, profession=facts.officer.profession, from_day=command.from_day)


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


def evolve(roster: Roster, event: RosterEvent, occurred_at: datetime) -> Roster:
    """The roster after an event that was decided about it."""
    match event:
        case OfficerPosted():
            posting = Posting(event.profession, event.from_day)
            return replace(roster, open={**roster.open, event.officer: posting})
        case VisitTimesSet():
            return roster
        case PostingEnded():
            left = {officer: posting for officer, posting in roster.open.items() if officer != event.officer}
            return Roster(open=left, served_until={**roster.served_until, event.officer: event.last_day})
        case _:
            assert_never(event)


def _community(command: Command) -> str:
    return command.community


def _facts(command: PostOfficer, id: str, look: Look) -> Facts:
    return Facts(look.row(communities.LEDGER, command.community), look.row(officers.LEDGER, command.officer))


def _in_hand(command: EndPosting, id: str, look: Look) -> Facts:
    rows = look.rows(handling.LEDGER, community=command.community, handler=command.officer)
    return Facts(open_cases=tuple(row.id for row in rows if row.ended_as is None))


DECIDER: Final[Decider[Roster]] = Decider(
    category="roster",
    accepts=(
        Accepts(PostOfficer, OFFICE, "3.1.3", id=_community, facts=_facts),
        Accepts(SetVisitTimes, CLERKS, "3.1.3", id=_community),
        Accepts(EndPosting, OFFICE, "3.1.3", id=_community, facts=_in_hand),
    ),
    events=get_args(RosterEvent),
    initial=Roster(),
    decide=decide,
    evolve=evolve,
)
