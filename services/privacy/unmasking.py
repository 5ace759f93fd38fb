"""An unmasking 解封许可: what is sealed of a case is opened to somebody whose work it is not, if another person grants
it; in an emergency at once 紧急查阅, for an hour, and looked at afterwards (个人信息保护法 13, 51)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never, get_args

from services.privacy.commands import (
    AskUnmasking,
    BreakGlass,
    EndUnmasking,
    GrantUnmasking,
    RefuseUnmasking,
    ReviewGlass,
)
from services.privacy.ledgers import retention, unmaskings
from services.privacy.roles import ASKING, AT_ONCE, GUARDS, REVIEWERS
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused, placed_in
from shared.contracts.persons import same_person
from shared.contracts.privacy import (
    MOST_UNREVIEWED,
    GlassBroken,
    GlassReviewed,
    UnmaskingAsked,
    UnmaskingEnded,
    UnmaskingEvent,
    UnmaskingGranted,
    UnmaskingRefused,
)

GLASS_MINUTES: Final = 60
"""How long an emergency's opening lasts: long enough to reach somebody, too short to work with."""

Command = AskUnmasking | GrantUnmasking | RefuseUnmasking | EndUnmasking | BreakGlass | ReviewGlass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """What later decisions rest on."""

    case: str
    by: tuple[str | None, ...]
    """Who asked, and for whom."""
    last_at: datetime
    """When the last thing happened to it."""
    emergency: bool
    granted: bool | None = None
    until: datetime | None = None
    ended: bool = False
    reviewed: bool = False

    @property
    def pending(self) -> bool:
        """Whether it waits to be decided."""
        return not self.emergency and self.granted is None and not self.ended

    @property
    def allowed(self) -> Sequence[str]:
        """The commands that would be taken now, given fitting data."""
        if self.pending:
            return ("grant-unmasking", "refuse-unmasking", "end-unmasking")
        ends = () if self.ended or self.until is None else ("end-unmasking",)
        return (*ends, "review-glass") if self.emergency and not self.reviewed else ends


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of the case, and of emergencies."""

    kept: retention.Row | None = None
    unreviewed: Sequence[unmaskings.Row] = ()
    """All that wait to be looked at."""


def decide(command: Command, unmasking: Unmasking | None, context: Context) -> Sequence[UnmaskingEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    match command:
        case AskUnmasking() | BreakGlass():
            return [_begun(command, unmasking, context)]
        case GrantUnmasking():
            asked = _by_another(_waiting(unmasking), context)
            until = _began(context) + timedelta(hours=command.hours)
            return [UnmaskingGranted(case=asked.case, until=until)]
        case RefuseUnmasking():
            asked = _by_another(_waiting(unmasking), context)
            return [UnmaskingRefused(case=asked.case, reason=command.reason)]
        case EndUnmasking():
            return [_ended(_known(unmasking), context)]
        case ReviewGlass():
            return [_reviewed(command, _known(unmasking), context)]
        case _:
            assert_never(command)


def _begun(command: AskUnmasking | BreakGlass, unmasking: Unmasking | None, context: Context) -> UnmaskingEvent:
    facts: Facts = context.facts
    if unmasking is not None:
        raise Refused("already_asked", field="stream", allowed=unmasking.allowed)
    if facts.kept is None or facts.kept.community != command.community:
        raise Refused("unknown_subject", field="case")
    if facts.kept.erased_at is not None:
        raise Refused("already_erased", field="case")
    if isinstance(command, AskUnmasking):
        return UnmaskingAsked(
            case=command.case, community=command.community, purpose=command.purpose, by=context.by.id,
            on_behalf_of=context.by.on_behalf_of,
        )  # fmt: skip
    own = [one for one in facts.unreviewed if same_person(context.by, (one.actor, one.on_behalf_of))]
    if len(own) >= MOST_UNREVIEWED:
        raise Refused("unreviewed_emergencies", field="case", count=len(own))
    until = _began(context) + timedelta(minutes=GLASS_MINUTES)
    return GlassBroken(
        case=command.case, community=command.community, purpose=command.purpose, until=until, by=context.by.id,
        on_behalf_of=context.by.on_behalf_of,
    )  # fmt: skip


def _began(context: Context) -> datetime:
    """From when its time is counted: as it was said, but no later than now by our clock."""
    return min(context.at, context.now)


def _known(unmasking: Unmasking | None) -> Unmasking:
    if unmasking is None:
        raise Refused("unknown_unmasking", field="stream")
    return unmasking


def _waiting(unmasking: Unmasking | None) -> Unmasking:
    unmasking = _known(unmasking)
    if not unmasking.pending:
        raise Refused("already_decided", allowed=unmasking.allowed)
    return unmasking


def _by_another(unmasking: Unmasking, context: Context) -> Unmasking:
    """Nobody decides on what they asked for themselves."""
    if same_person(context.by, unmasking.by):
        raise Refused("same_person")
    _refuse_before(unmasking, context)
    return unmasking


def _ended(unmasking: Unmasking, context: Context) -> UnmaskingEnded:
    """By who asked, or by those who grant."""
    if not same_person(context.by, unmasking.by) and context.by.role not in GUARDS:
        raise Refused("not_yours", field="stream")
    if "end-unmasking" not in unmasking.allowed:
        raise Refused("already_over", allowed=unmasking.allowed)
    _refuse_before(unmasking, context)
    return UnmaskingEnded(case=unmasking.case)


def _reviewed(command: ReviewGlass, unmasking: Unmasking, context: Context) -> GlassReviewed:
    if not unmasking.emergency:
        raise Refused("no_emergency", field="stream")
    if unmasking.reviewed:
        raise Refused("already_reviewed", field="stream")
    _by_another(unmasking, context)
    return GlassReviewed(case=unmasking.case, justified=command.justified)


def _refuse_before(unmasking: Unmasking, context: Context) -> None:
    if context.at < unmasking.last_at:
        times = {"occurred_at": context.at.isoformat(), "before": unmasking.last_at.isoformat()}
        raise Refused("before_last_act", field="occurred_at", **times)


def evolve(unmasking: Unmasking | None, event: UnmaskingEvent, occurred_at: datetime) -> Unmasking:
    """The unmasking after an event that was decided about it."""
    if isinstance(event, UnmaskingAsked | GlassBroken):
        by, until = (event.by, event.on_behalf_of), event.until if isinstance(event, GlassBroken) else None
        return Unmasking(case=event.case, by=by, last_at=occurred_at, emergency=until is not None, until=until)
    assert unmasking is not None, "it begins with being asked for"
    unmasking = replace(unmasking, last_at=max(unmasking.last_at, occurred_at))
    match event:
        case UnmaskingGranted():
            return replace(unmasking, granted=True, until=event.until)
        case UnmaskingRefused():
            return replace(unmasking, granted=False)
        case UnmaskingEnded():
            return replace(unmasking, ended=True)
        case GlassReviewed():
            return replace(unmasking, reviewed=True)
        case _:
            assert_never(event)


def _facts(command: AskUnmasking, id: str, look: Look) -> Facts:
    return Facts(look.row(retention.LEDGER, retention.whole(command.case)))


def _emergencies(command: BreakGlass, id: str, look: Look) -> Facts:
    kept = look.row(retention.LEDGER, retention.whole(command.case))
    return Facts(kept, look.rows(unmaskings.LEDGER, unreviewed=True))


DECIDER: Final[Decider[Unmasking | None]] = Decider(
    category="unmasking",
    accepts=(
        Accepts(AskUnmasking, ASKING, "3.1.4", creates=True, facts=_facts, by_person=True),
        Accepts(GrantUnmasking, GUARDS, "3.1.4", by_person=True),
        Accepts(RefuseUnmasking, GUARDS, "3.1.4", by_person=True),
        Accepts(EndUnmasking, ASKING, "3.1.4"),
        Accepts(
            BreakGlass,
            AT_ONCE,
            "3.1.4",
            creates=True,
            facts=_emergencies,
            at_head=True,
            by_person=True,
            warns="somebody broke the glass: what is sealed of a case is open to them for an hour",
        ),
        Accepts(ReviewGlass, REVIEWERS, "3.1.4", by_person=True),
    ),
    events=get_args(UnmaskingEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
    place=placed_in(unmaskings.LEDGER),
)
