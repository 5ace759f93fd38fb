"""A community's 社区 studio and contact cards (§3.1.1, 3.3.2). That there is such a community the directory says."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import CloseStudio, IssueContactCards, OpenStudio, RetractCommunityWork
from services.assignment.ledgers import communities
from services.assignment.roles import CLERKS, OFFICE
from shared.contracts.assignment import (
    CardsLeft,
    CommunityAct,
    CommunityRegistered,
    CommunityWork,
    CommunityWorkRetracted,
    ContactCardsIssued,
    StudioBefore,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused, placed_in

Command = OpenStudio | CloseStudio | IssueContactCards | RetractCommunityWork


@dataclass(frozen=True, slots=True)
class Studio:
    """A studio, from its opening on."""

    place: str
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What later decisions rest on."""

    version: int = 0
    """Of its stream."""
    studios: tuple[Studio, ...] = ()
    """Each that was opened after the one before had been closed."""
    issued: tuple[CardsLeft, ...] = ()
    """The times at which contact cards were given."""

    @property
    def studio_open(self) -> bool:
        return bool(self.studios) and self.studios[-1].closed_at is None

    @property
    def cards(self) -> int:
        """Households that got a contact card."""
        return sum(one.households for one in self.issued)


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
        CommunityAct.STUDIO_CLOSED: bool(community.studios) and not community.studio_open,
        CommunityAct.CARDS: (command.households or 0) <= community.cards,
    }
    if not recorded[command.act]:
        raise Refused("nothing_to_retract", field="households" if cards else "act", **said)
    return CommunityWorkRetracted(
        act=command.act, households=command.households, reason=command.reason,
        cards=tuple(_left(community.issued, command.households or 0)),
        studio=_before(community.studios) if command.act is CommunityAct.STUDIO_OPENED else None,
    )  # fmt: skip


def _left(issued: Sequence[CardsLeft], fewer: int) -> Iterator[CardsLeft]:
    """Where so many fewer were given: the last time first."""
    for one in reversed(issued):
        if fewer and one.households:
            gone = min(fewer, one.households)
            fewer -= gone
            yield replace(one, households=one.households - gone)


def _before(studios: Sequence[Studio]) -> StudioBefore | None:
    """The studio before the last one."""
    if len(studios) < 2:
        return None
    before = studios[-2]
    assert before.closed_at is not None, "the next was opened after it had been closed"
    return StudioBefore(place=before.place, opened_at=before.opened_at, closed_at=before.closed_at)


def evolve(community: Community, event: CommunityWork | CommunityRegistered, occurred_at: datetime) -> Community:
    """The community after an event that was decided about it."""
    community = replace(community, version=community.version + 1)
    match event:
        case StudioOpened():
            return replace(community, studios=(*community.studios, Studio(event.place, occurred_at)))
        case StudioClosed():
            return _closed(community, occurred_at)
        case ContactCardsIssued():
            now = CardsLeft(version=community.version, households=event.households)
            return replace(community, issued=(*community.issued, now))
        case CommunityWorkRetracted():
            return _without(community, event)
        case CommunityRegistered():  # before there was a directory, it stood here
            return community
        case _:
            assert_never(event)


def _closed(community: Community, at: datetime | None) -> Community:
    *before, last = community.studios
    return replace(community, studios=(*before, replace(last, closed_at=at)))


def _without(community: Community, event: CommunityWorkRetracted) -> Community:
    match event.act:
        case CommunityAct.STUDIO_OPENED:
            return replace(community, studios=community.studios[:-1])
        case CommunityAct.STUDIO_CLOSED:
            return _closed(community, None)
        case CommunityAct.CARDS:
            left = {one.version: one for one in event.cards or _left(community.issued, event.households or 0)}
            return replace(community, issued=tuple(left.get(one.version, one) for one in community.issued))
        case _:
            assert_never(event.act)


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
    place=placed_in(communities.LEDGER),
)
