"""The directory 社区名录 (§3.1.1): one stream for all of a sub-district's communities, so that no two of them have one
code or one name, however many are entered at once."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import CorrectCommunity, DeclareSynthetic, RegisterCommunity, VoidCommunity
from services.assignment.ledgers import communities, handling, roster
from services.assignment.roles import OFFICE
from shared.contracts.assignment import (
    CommunityCorrected,
    CommunityRegistered,
    CommunityVoided,
    DirectoryEvent,
    SyntheticDeclared,
)
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Command = DeclareSynthetic | RegisterCommunity | CorrectCommunity | VoidCommunity
Event = SyntheticDeclared | DirectoryEvent


@dataclass(frozen=True, slots=True)
class Directory:
    """What later decisions rest on: what each community is called, and whose each name is, old ones included."""

    called: Mapping[str, str] = field(default_factory=dict)
    """The names by the codes."""
    names: Mapping[str, str] = field(default_factory=dict)
    begun: bool = False
    """Whether anything was ever entered: a community that was made void, too, may have had cases."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of the community that a command names."""

    community: communities.Row | None = None
    in_use: bool = False
    """Whether it has a studio, somebody serves it, or cases are handled there."""
    any_community: bool = False
    """Whether any community is registered: before there was a directory, each stood in its own stream."""


def decide(command: Command, directory: Directory, context: Context) -> Sequence[Event]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if isinstance(command, DeclareSynthetic):
        return [_declared(command, directory, context)]
    if isinstance(command, RegisterCommunity):
        return [_registered(command, directory, context)]
    if command.code not in directory.called:
        raise Refused("not_registered", field="code")
    match command:
        case CorrectCommunity():
            return [_corrected(command, directory, context.facts)]
        case VoidCommunity():
            facts: Facts = context.facts
            if facts.in_use:
                raise Refused("community_in_use", field="code")
            names = tuple(name for name, code in directory.names.items() if code == command.code)
            return [CommunityVoided(code=command.code, names=names, reason=command.reason)]
        case _:
            assert_never(command)


def _declared(command: DeclareSynthetic, directory: Directory, context: Context) -> SyntheticDeclared:
    if command.code != context.log:
        raise Refused("foreign_sub_district", field="code", log=context.log)
    if directory.begun or context.facts.any_community:
        raise Refused("directory_not_empty")
    return SyntheticDeclared(made_by=command.made_by)


def _registered(command: RegisterCommunity, directory: Directory, context: Context) -> CommunityRegistered:
    if len(command.code) != 12 or not command.code.startswith(context.log):
        raise Refused("foreign_code", field="code", log=context.log)
    if command.code in directory.called:
        raise Refused("already_registered", field="code", allowed=("correct-community",))
    return CommunityRegistered(
        code=command.code, name=command.name, grids=command.grids, households=command.households,
        named_before=_named_before(command.name, command.code, directory),
    )  # fmt: skip


def _named_before(name: str | None, code: str, directory: Directory) -> str | None:
    """Whose name it was, where that community has another now: a mistaken name keeps nobody from it."""
    holder = None if name is None else directory.names.get(name, code)
    if holder is None or holder == code:
        return None
    if directory.called[holder] == name:
        raise Refused("name_taken", field="name")
    return holder


def _corrected(command: CorrectCommunity, directory: Directory, facts: Facts) -> CommunityCorrected:
    named_before = _named_before(command.name, command.code, directory)
    fields = ("name", "grids", "households")
    given = {field: new for field in fields if (new := getattr(command, field)) is not None}
    if all(new == getattr(facts.community, field, None) for field, new in given.items()):
        raise Refused("nothing_changes")
    return CommunityCorrected(
        code=command.code, reason=command.reason, name=command.name, grids=command.grids,
        households=command.households, named_before=named_before,
    )  # fmt: skip


def evolve(directory: Directory, event: Event, occurred_at: datetime) -> Directory:
    """The directory after an event that was decided about it."""
    directory = replace(directory, begun=True)
    match event:
        case SyntheticDeclared():
            return directory
        case CommunityRegistered(name=name) | CommunityCorrected(name=str(name)):
            called, names = {**directory.called, event.code: name}, {**directory.names, name: event.code}
            return replace(directory, called=called, names=names)
        case CommunityCorrected():
            return directory
        case CommunityVoided():
            called = {code: name for code, name in directory.called.items() if code != event.code}
            left = {name: code for name, code in directory.names.items() if code != event.code}
            return replace(directory, called=called, names=left)
        case _:
            assert_never(event)


def _sub_district(command: Command) -> str:
    return command.code[:9]


def _any(command: DeclareSynthetic, id: str, look: Look) -> Facts:
    return Facts(any_community=bool(look.rows(communities.LEDGER)))


def _facts(command: CorrectCommunity | VoidCommunity, id: str, look: Look) -> Facts:
    row = look.row(communities.LEDGER, command.code)
    serving = any(
        posting.last_day is None and not posting.voided for posting in look.rows(roster.LEDGER, community=command.code)
    )
    handled = any(case.ended_as is None for case in look.rows(handling.LEDGER, community=command.code))
    return Facts(row, serving or handled or (row is not None and row.studio_open))


DECIDER: Final[Decider[Directory]] = Decider(
    category="directory",
    accepts=(
        Accepts(DeclareSynthetic, OFFICE, "3.1.4", id=_sub_district, facts=_any),
        Accepts(RegisterCommunity, OFFICE, "3.1.1", id=_sub_district),
        Accepts(CorrectCommunity, OFFICE, "3.1.1", id=_sub_district, facts=_facts),
        Accepts(VoidCommunity, OFFICE, "3.1.1", id=_sub_district, facts=_facts),
    ),
    events=(SyntheticDeclared, *get_args(DirectoryEvent)),
    initial=Directory(),
    decide=decide,
    evolve=evolve,
)
