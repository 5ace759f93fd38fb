"""What persons asked about their own data 本人请求台账 (个人信息保护法 44–50), by when it is due, and how it ended."""

from datetime import date, datetime
from typing import assert_never, get_args

from services.privacy.roles import OVERSIGHT
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held
from shared.contracts.privacy import (
    AnswerReason,
    PersonRequestAnswered,
    PersonRequestReceived,
    RequestEvent,
    RequestKind,
    RequestOutcome,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A person's request."""

    id: str
    case: str
    """As the vault names it: `case/0f3a#parties/0`."""
    community: str | None
    request: RequestKind
    received_at: datetime
    received_by: str
    """Who entered it: a pseudonym. Nobody looks for a person's cases on a request that they entered themselves."""
    received_for: str | None = None
    """For whom they did."""
    due_on: date
    outcome: RequestOutcome | None = None
    """None until it was answered."""
    answer_reason: AnswerReason | None = None
    answered_at: datetime | None = None
    corrected_position: int | None = None
    """Of a correction that was granted: the event that put it right."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: RequestEvent = recorded.event
    match event:
        case PersonRequestReceived():
            return Row(
                id=key, case=event.subject, community=event.community, request=event.request,
                received_at=recorded.occurred_at, received_by=recorded.actor.id,
                received_for=recorded.actor.on_behalf_of, due_on=event.due_on,
            )  # fmt: skip
        case PersonRequestAnswered():
            return replace(
                held(row, recorded), outcome=event.outcome, answer_reason=event.reason,
                answered_at=recorded.occurred_at, corrected_position=event.corrected_position,
            )  # fmt: skip
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="person_requests",
    row=Row,
    handles=get_args(RequestEvent),
    evolve=_evolve,
    title_zh="本人请求台账",
    title_en="Requests of persons about their data",
    clause="3.1.4",
    filters=("case", "request", "outcome", "community"),
    by=OVERSIGHT,
)
