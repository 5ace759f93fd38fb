"""A community's 社区 studio and contact cards (§3.1.1, 3.3.2). That there is such a community the directory says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import CloseStudio, IssueContactCards, OpenStudio, RetractCommunityWork
from services.assignment.ledgers import communities
from services.assignment.roles import CLERKS, OFFICE
from shared.contracts.assignment import (
    CommunityAct,
    CommunityRegistered,
    CommunityWork,
    CommunityWorkRetracted,
    ContactCardsIssued,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Command = OpenStudio | CloseStudio | IssueContactCards | RetractCommunityWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What later decisions rest on."""

    studio_open: bool = False
    opened_before: bool = False
    """Whether the studio was ever opened."""
    cards: int = 0
    """Households that got a contact card."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of the community."""

    registered: communities.Row | None = None


def decide(command: Command, community: Community, context: Context) -> Sequence[CommunityWork]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    facts: Facts = context.facts
    if facts.registered is None:
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
        case RetractCommunityWork():
            return [_retracted(command, community)]
        case _:
            assert_never(command)


def _retracted(command: RetractCommunityWork, community: Community) -> CommunityWorkRetracted:
    cards, said = command.act is CommunityAct.CARDS, {"act": command.act.en, "act_zh": command.act.zh}
    if cards != (command.households is not None):
        raise Refused("item_missing" if cards else "item_not_needed", field="households", **said)
    recorded = {
        CommunityAct.STUDIO_OPENED: community.studio_open,
        CommunityAct.STUDIO_CLOSED: community.opened_before and not community.studio_open,
        CommunityAct.CARDS: (command.households or 0) <= community.cards,
    }
    if not recorded[command.act]:
        raise Refused("nothing_to_retract", field="households" if cards else "act", **said)
    return CommunityWorkRetracted(act=command.act, households=command.households, reason=command.reason)


def evolve(community: Community, event: CommunityWork | CommunityRegistered, occurred_at: datetime) -> Community:
    """The community after an event that was decided about it."""
    match event:
        case StudioOpened():
            return replace(community, studio_open=True, opened_before=True)
        case StudioClosed():
            return replace(community, studio_open=False)
        case ContactCardsIssued():
            return replace(community, cards=community.cards + event.households)
        case CommunityWorkRetracted(act=CommunityAct.CARDS):
            return replace(community, cards=community.cards - (event.households or 0))
        case CommunityWorkRetracted():
            return replace(community, studio_open=event.act is CommunityAct.STUDIO_CLOSED)
        case CommunityRegistered():  # before there was a directory, it stood here
            return community
        case _:
            assert_never(event)


def _registered(command: Command, id: str, look: Look) -> Facts:
    return Facts(look.row(communities.LEDGER, id))


DECIDER: Final[Decider[Community]] = Decider(
    category="community",
    accepts=(
        Accepts(OpenStudio, OFFICE, "3.1.1", facts=_registered),
        Accepts(CloseStudio, OFFICE, "3.1.1", facts=_registered),
        Accepts(IssueContactCards, CLERKS, "3.3.2", facts=_registered),
        Accepts(RetractCommunityWork, CLERKS, "3.1.4", facts=_registered),
    ),
    events=get_args(CommunityWork),
    initial=Community(),
    decide=decide,
    evolve=evolve,
)
