"""A subject 个人信息主体所在: whether its data are restricted 限制, held 暂缓 or erased 删除 (个人信息保护法 44, 47).

Restricted first, then erased; proposed by one, approved by another; nothing is erased under a legal hold. Once it is
approved only the erasure itself can follow, so that what the log tells of and what was destroyed are the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never, get_args

from services.privacy.commands import (
    ApproveErasure,
    CompleteErasure,
    HoldErasure,
    LiftRestriction,
    PlaceRestriction,
    ProposeErasure,
    RefuseErasure,
    ReleaseErasureHold,
)
from services.privacy.ledgers import person_requests, restrictions, retention
from services.privacy.ledgers.restrictions import RESTRICTED_DAYS
from services.privacy.ledgers.retention import whole
from services.privacy.roles import DUE, GUARDS, PRIVACY, REACTIONS
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused
from shared.contracts.persons import same_person
from shared.contracts.privacy import (
    ErasureApproved,
    ErasureHeld,
    ErasureHoldReleased,
    ErasureProposed,
    ErasureReason,
    ErasureRefusal,
    ErasureRefused,
    PersonalDataErased,
    RequestKind,
    RequestOutcome,
    RestrictionLifted,
    RestrictionPlaced,
    RestrictionReason,
    SubjectEvent,
)

Command = (
    PlaceRestriction | LiftRestriction | ProposeErasure | ApproveErasure | RefuseErasure | HoldErasure
    | ReleaseErasureHold | CompleteErasure
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An erasure that was proposed."""

    by: tuple[str | None, ...]
    """Who proposed it, and for whom."""
    at: datetime
    because: ErasureReason
    request: str | None
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What later decisions rest on."""

    restricted_at: datetime | None = None
    proposal: Proposal | None = None
    held: bool = False
    erased: bool = False

    @property
    def approved(self) -> bool:
        return self.proposal is not None and self.proposal.approved


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of the subject, and of the request that is named."""

    kept: retention.Row | None = None
    request: person_requests.Row | None = None
    restriction: restrictions.Row | None = None


def decide(command: Command, subject: Subject, context: Context) -> Sequence[SubjectEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if subject.erased:
        raise Refused("already_erased", field="subject")
    if isinstance(command, CompleteErasure):
        return [_completed(command, subject)]
    if subject.approved:
        raise Refused("erasure_approved", field="subject")
    match command:
        case PlaceRestriction():
            return [_restricted(command, subject, context)]
        case LiftRestriction():
            return _lifted(command, subject, context)
        case ProposeErasure():
            return [_proposed(command, subject, context)]
        case ApproveErasure():
            return [_approved(command, subject, context)]
        case RefuseErasure():
            return [_refused(command, subject, context)]
        case HoldErasure():
            _known(context)
            if subject.held:
                raise Refused("already_held", allowed=("release-erasure-hold",))
            return [ErasureHeld(subject=command.subject, because=command.because)]
        case ReleaseErasureHold():
            if not subject.held:
                raise Refused("not_held", allowed=("hold-erasure",))
            return [ErasureHoldReleased(subject=command.subject)]
        case _:
            assert_never(command)


def _restricted(command: PlaceRestriction, subject: Subject, context: Context) -> RestrictionPlaced:
    kept = _known(context)
    if subject.restricted_at is not None:
        raise Refused("already_restricted", allowed=("lift-restriction", "propose-erasure"))
    if command.because is RestrictionReason.RETENTION:
        _refuse_early(kept, context)
    _refuse_foreign(command.request, command.subject, context)
    return RestrictionPlaced(subject=command.subject, because=command.because, request=command.request)


def _lifted(command: LiftRestriction, subject: Subject, context: Context) -> Sequence[SubjectEvent]:
    """The restriction ends, and with it an erasure that was proposed."""
    at = _restricted_since(subject)
    _refuse_before(at, context)
    lifted = RestrictionLifted(subject=command.subject, because=command.because)
    if subject.proposal is None:
        return [lifted]
    return [ErasureRefused(subject=command.subject, reason=ErasureRefusal.RESTRICTION_LIFTED), lifted]


def _proposed(command: ProposeErasure, subject: Subject, context: Context) -> ErasureProposed:
    kept, since = _known(context), _restricted_since(subject)
    _refuse_before(since, context)
    if subject.proposal is not None:
        raise Refused("already_proposed", allowed=("approve-erasure", "refuse-erasure"))
    _refuse_held(subject)
    match command.because:
        case ErasureReason.RETENTION:
            _refuse_early(kept, context)
            _refuse_short(context)
        case ErasureReason.REQUEST:
            _refuse_ungranted(command, context)
        case _:
            assert_never(command.because)
    return ErasureProposed(
        subject=command.subject, because=command.because, request=command.request, by=context.by.id,
        on_behalf_of=context.by.on_behalf_of,
    )  # fmt: skip


def _approved(command: ApproveErasure, subject: Subject, context: Context) -> ErasureApproved:
    proposal = _decided_by_another(subject, context)
    _refuse_held(subject)
    if proposal.because is ErasureReason.RETENTION:
        _refuse_early(_known(context), context)
    return ErasureApproved(subject=command.subject, because=proposal.because)


def _refused(command: RefuseErasure, subject: Subject, context: Context) -> ErasureRefused:
    if command.reason is ErasureRefusal.WITHDRAWN:
        proposal = _pending(subject)
        if not same_person(context.by, proposal.by):
            raise Refused("not_the_proposer", field="reason")
    else:
        _decided_by_another(subject, context)
    return ErasureRefused(subject=command.subject, reason=command.reason)


def _completed(command: CompleteErasure, subject: Subject) -> PersonalDataErased:
    if subject.proposal is None or not subject.approved:
        raise Refused("not_approved", field="subject")
    kind = command.subject.partition("/")[0]
    return PersonalDataErased(subject=command.subject, kind=kind, because=subject.proposal.because)


# what must hold --------------------------------------------------------------------------------------------------


def _known(context: Context) -> retention.Row:
    facts: Facts = context.facts
    if facts.kept is None:
        raise Refused("unknown_subject", field="subject")
    return facts.kept


def _restricted_since(subject: Subject) -> datetime:
    if subject.restricted_at is None:
        raise Refused("not_restricted", allowed=("place-restriction",))
    return subject.restricted_at


def _pending(subject: Subject) -> Proposal:
    if subject.proposal is None:
        raise Refused("not_proposed", allowed=("propose-erasure",))
    return subject.proposal


def _decided_by_another(subject: Subject, context: Context) -> Proposal:
    proposal = _pending(subject)
    if same_person(context.by, proposal.by):
        raise Refused("same_person")
    _refuse_before(proposal.at, context)
    return proposal


def _refuse_before(moment: datetime, context: Context) -> None:
    if context.at < moment:
        times = {"occurred_at": context.at.isoformat(), "before": moment.isoformat()}
        raise Refused("before_last_act", field="occurred_at", **times)


def _refuse_held(subject: Subject) -> None:
    if subject.held:
        raise Refused("on_hold", allowed=("release-erasure-hold",))


def _refuse_early(kept: retention.Row, context: Context) -> None:
    """Nobody has kept it long enough before its clock says so, whatever day a command names."""
    if kept.due_on is None:
        raise Refused("clock_not_running", field="because")
    if civil_day(min(context.at, context.now)) < kept.due_on:
        raise Refused("not_due_yet", field="because", due_on=kept.due_on.isoformat())


def _refuse_short(context: Context) -> None:
    """Thirty days have gone by since the log took the restriction, by our clock: what day somebody named for either
    leaves nobody less time to object."""
    facts: Facts = context.facts
    if facts.restriction is None:
        raise Refused("not_restricted", allowed=("place-restriction",))
    from_ = facts.restriction.entered_at + timedelta(days=RESTRICTED_DAYS)
    if context.now < from_:
        raise Refused("restricted_too_short", field="because", from_day=civil_day(from_).isoformat())


def _refuse_foreign(request: str | None, subject: str, context: Context) -> None:
    facts: Facts = context.facts
    if request is not None and (facts.request is None or facts.request.case != subject):
        raise Refused("unknown_request", field="request")


def _refuse_ungranted(command: ProposeErasure, context: Context) -> None:
    """The person asked for the erasure of just this, and it was granted."""
    facts: Facts = context.facts
    _refuse_foreign(command.request, command.subject, context)
    request = facts.request
    if request is None or request.request is not RequestKind.ERASURE:
        raise Refused("unknown_request", field="request")
    if request.outcome not in (RequestOutcome.GRANTED, RequestOutcome.PARTLY):
        raise Refused("request_not_granted", field="request", allowed=("answer-person-request",))


# state -----------------------------------------------------------------------------------------------------------


def evolve(subject: Subject, event: SubjectEvent, occurred_at: datetime) -> Subject:
    """The subject after an event that was decided about it."""
    match event:
        case RestrictionPlaced():
            return replace(subject, restricted_at=occurred_at)
        case RestrictionLifted():
            return replace(subject, restricted_at=None)
        case ErasureProposed():
            by = event.by, event.on_behalf_of
            return replace(subject, proposal=Proposal(
                by=by, at=occurred_at, because=event.because, request=event.request
            ))  # fmt: skip
        case ErasureApproved():
            assert subject.proposal is not None, "what is approved was proposed"
            return replace(subject, proposal=replace(subject.proposal, approved=True))
        case ErasureRefused():
            return replace(subject, proposal=None)
        case ErasureHeld():
            return replace(subject, held=True)
        case ErasureHoldReleased():
            return replace(subject, held=False)
        case PersonalDataErased():
            return replace(subject, erased=True)
        case _:
            assert_never(event)


def _subject(command: Command) -> str:
    return command.subject


def _kept(command: ApproveErasure | HoldErasure, id: str, look: Look) -> Facts:
    return Facts(kept=look.row(retention.LEDGER, whole(id)))


def _asked(command: PlaceRestriction | ProposeErasure, id: str, look: Look) -> Facts:
    asked = None if command.request is None else look.row(person_requests.LEDGER, command.request)
    return Facts(look.row(retention.LEDGER, whole(id)), asked, look.row(restrictions.LEDGER, id))


def _erased(command: CompleteErasure, id: str) -> str:
    return command.subject


DECIDER: Final[Decider[Subject]] = Decider(
    category="subject",
    accepts=(
        Accepts(PlaceRestriction, DUE, "3.1.4", id=_subject, facts=_asked, at_head=True),
        Accepts(LiftRestriction, PRIVACY | REACTIONS, "3.1.4", id=_subject, by_person=True),
        Accepts(ProposeErasure, PRIVACY, "3.1.4", id=_subject, facts=_asked, at_head=True, by_person=True),
        Accepts(ApproveErasure, GUARDS, "3.1.4", id=_subject, facts=_kept, at_head=True, by_person=True),
        Accepts(RefuseErasure, GUARDS, "3.1.4", id=_subject, by_person=True),
        Accepts(HoldErasure, GUARDS, "3.1.4", id=_subject, facts=_kept),
        Accepts(ReleaseErasureHold, GUARDS, "3.1.4", id=_subject, by_person=True),
        Accepts(CompleteErasure, REACTIONS, "3.1.4", id=_subject, destroys=_erased),
    ),
    events=get_args(SubjectEvent),
    initial=Subject(),
    decide=decide,
    evolve=evolve,
)
