"""A community 社区 of the sub-district, its studio and its contact cards (§3.1.1, 3.3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import CloseStudio, IssueContactCards, OpenStudio, RegisterCommunity
from services.assignment.ledgers import communities
from services.assignment.roles import CLERKS, OFFICE
from shared.contracts.assignment import (
    CommunityEvent,
    CommunityRegistered,
    ContactCardsIssued,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.days import refuse_future
from shared.contracts.model import Accepts, Context, Decider, Look, Refused
from shared.contracts.replace import replace

Command = RegisterCommunity | OpenStudio | CloseStudio | IssueContactCards


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What later decisions rest on."""

    studio_open: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say: the communities that bear the name."""

    namesakes: Sequence[communities.Row] = ()


def decide(command: Command, community: Community | None, context: Context) -> Sequence[CommunityEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if isinstance(command, RegisterCommunity):
        return [_registered(command, community, context)]
    if community is None:
        raise Refused("not_registered", field="stream")
    match command:
        case OpenStudio():
            if community.studio_open:
                raise Refused("studio_open", allowed=("close-studio", "issue-contact-cards"))
            return [StudioOpened(place=command.place)]
        case CloseStudio():
            if not community.studio_open:
                raise Refused("studio_not_open", allowed=("open-studio", "issue-contact-cards"))
            return [StudioClosed(reason=command.reason)]
        case IssueContactCards():
            return [ContactCardsIssued(households=command.households)]
        case _:
            assert_never(command)


def _registered(command: RegisterCommunity, community: Community | None, context: Context) -> CommunityRegistered:
    if community is not None:
        raise Refused("already_registered", field="code")
    if len(command.code) != 12 or not command.code.startswith(context.log):
        raise Refused("foreign_code", field="code", log=context.log)
    facts: Facts = context.facts
    if any(row.community != command.code for row in facts.namesakes):
        raise Refused("name_taken", field="name")
    return CommunityRegistered(code=command.code, name=command.name, grids=command.grids, households=command.households)


def evolve(community: Community | None, event: CommunityEvent, occurred_at: datetime) -> Community:
    """The community after an event that was decided about it."""
    if isinstance(event, CommunityRegistered):
        return Community()
    assert community is not None, "every community begins with its registration"
    match event:
        case StudioOpened():
            return replace(community, studio_open=True)
        case StudioClosed():
            return replace(community, studio_open=False)
        case ContactCardsIssued():
            return community
        case _:
            assert_never(event)


def _code(command: RegisterCommunity) -> str:
    return command.code


def _namesakes(command: RegisterCommunity, id: str, look: Look) -> Facts:
    return Facts(look.rows(communities.LEDGER, name=command.name))


DECIDER: Final[Decider[Community | None]] = Decider(
    category="community",
    accepts=(
        Accepts(RegisterCommunity, OFFICE, "3.1.1", id=_code, creates=True, facts=_namesakes),
        Accepts(OpenStudio, OFFICE, "3.1.1"),
        Accepts(CloseStudio, OFFICE, "3.1.1"),
        Accepts(IssueContactCards, CLERKS, "3.3.2"),
    ),
    events=get_args(CommunityEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
)
