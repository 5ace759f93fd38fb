"""A person's request about their own data 本人请求 (个人信息保护法 44–50): received, and answered in time.

What is done about it is done by the domain's own commands (a correction by `correct-case`, a restriction or an erasure
by this service's): the answer names it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never, get_args

from services.privacy.commands import AnswerPersonRequest, ReceivePersonRequest
from services.privacy.ledgers import person_requests, retention, work_calendar
from services.privacy.roles import DESKS, PRIVACY
from shared.calendar import Calendar, Entered
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused, placed_in
from shared.contracts.privacy import (
    AnswerReason,
    PersonRequestAnswered,
    PersonRequestReceived,
    RequestEvent,
    RequestKind,
    RequestOutcome,
)

ANSWER_WORKING_DAYS: Final = 15
"""个人信息保护法 50 only says that a request is to be dealt with in time. For apps, 国信办秘字〔2019〕191号 (六) gives
fifteen working days at most where something is done by hand; that the same holds here is this product's proposal."""
_GIVEN: Final = frozenset({RequestOutcome.GRANTED, RequestOutcome.PARTLY})
_REASONS: Final = {
    RequestOutcome.GRANTED: frozenset({AnswerReason.AS_ASKED}),
    RequestOutcome.PARTLY: frozenset({AnswerReason.LAW_KEEPS_IT, AnswerReason.OTHERS_AFFECTED, AnswerReason.IS_RIGHT}),
    RequestOutcome.REFUSED: frozenset(
        {
            AnswerReason.IDENTITY_UNPROVEN, AnswerReason.NOTHING_HELD, AnswerReason.IS_RIGHT,
            AnswerReason.LAW_KEEPS_IT, AnswerReason.OTHERS_AFFECTED,
        }
    ),
    RequestOutcome.WITHDRAWN: frozenset({AnswerReason.BY_THE_PERSON, AnswerReason.MISTAKEN}),
}  # fmt: skip
"""Which reasons fit which outcome."""

Command = ReceivePersonRequest | AnswerPersonRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What later decisions rest on."""

    subject: str
    request: RequestKind
    received_at: datetime
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of whom it is about, and of days off."""

    kept: retention.Row | None = None
    amended: Sequence[Entered] = ()


def decide(command: Command, request: Request | None, context: Context) -> Sequence[RequestEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    match command:
        case ReceivePersonRequest():
            return [_received(command, request, context)]
        case AnswerPersonRequest():
            return [_answered(command, request, context)]
        case _:
            assert_never(command)


def _received(command: ReceivePersonRequest, request: Request | None, context: Context) -> PersonRequestReceived:
    facts: Facts = context.facts
    if request is not None:
        raise Refused("already_received", field="stream")
    if facts.kept is None or facts.kept.community != command.community:
        raise Refused("unknown_subject", field="subject")
    calendar = Calendar(civil_day(context.now), facts.amended)
    return PersonRequestReceived(
        subject=command.subject, community=command.community, request=command.request,
        due_on=calendar.after(civil_day(context.at), ANSWER_WORKING_DAYS),
    )  # fmt: skip


def _answered(command: AnswerPersonRequest, request: Request | None, context: Context) -> PersonRequestAnswered:
    if request is None:
        raise Refused("unknown_person_request", field="stream")
    if request.answered:
        raise Refused("already_answered", field="stream")
    if context.at < request.received_at:
        times = {"occurred_at": context.at.isoformat(), "before": request.received_at.isoformat()}
        raise Refused("before_last_act", field="occurred_at", **times)
    if command.reason not in _REASONS[command.outcome]:
        raise Refused("reason_unfit", field="reason", outcome=command.outcome.en, outcome_zh=command.outcome.zh)
    _refuse_uncorrected(command, request, context.facts)
    return PersonRequestAnswered(
        subject=request.subject, request=request.request, outcome=command.outcome, reason=command.reason,
        corrected_position=command.corrected_position,
    )  # fmt: skip


def _refuse_uncorrected(command: AnswerPersonRequest, request: Request, facts: Facts) -> None:
    """A correction that was granted has been made, and is named; nothing else names one."""
    corrects = request.request is RequestKind.CORRECTION and command.outcome in _GIVEN
    if corrects is not (command.corrected_position is not None):
        code = "correction_missing" if corrects else "correction_not_needed"
        raise Refused(code, field="corrected_position")
    if corrects and (facts.kept is None or facts.kept.corrected_position != command.corrected_position):
        raise Refused("not_its_correction", field="corrected_position")


def evolve(request: Request | None, event: RequestEvent, occurred_at: datetime) -> Request:
    """The request after an event that was decided about it."""
    match event:
        case PersonRequestReceived():
            return Request(subject=event.subject, request=event.request, received_at=occurred_at)
        case PersonRequestAnswered():
            assert request is not None, "what is answered was received"
            return replace(request, answered=True)
        case _:
            assert_never(event)


def _receiving(command: ReceivePersonRequest, id: str, look: Look) -> Facts:
    return Facts(look.row(retention.LEDGER, retention.whole(command.subject)), look.rows(work_calendar.LEDGER))


def _answering(command: AnswerPersonRequest, id: str, look: Look) -> Facts:
    row = look.row(person_requests.LEDGER, id)
    return Facts(None if row is None else look.row(retention.LEDGER, retention.whole(row.case)))


DECIDER: Final[Decider[Request | None]] = Decider(
    category="request",
    accepts=(
        Accepts(ReceivePersonRequest, DESKS, "3.1.4", creates=True, facts=_receiving),
        Accepts(AnswerPersonRequest, PRIVACY, "3.1.4", facts=_answering, at_head=True, by_person=True),
    ),
    events=get_args(RequestEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
    place=placed_in(person_requests.LEDGER),
)
