"""Privacy 个人信息保护: what is restricted, erased, opened by two, and asked for by persons (个人信息保护法 44–50)."""

from typing import Final

from services.privacy import request, subject, unmasking
from services.privacy.ledgers import (
    erasures,
    invented,
    person_requests,
    restrictions,
    retention,
    unmaskings,
    work_calendar,
)
from services.privacy.reactions import REACTIONS
from services.privacy.refusals import REFUSALS, STATUSES
from services.privacy.timers import TIMERS
from shared.contracts import privacy
from shared.contracts.model import Service

SERVICE: Final = Service(
    name="privacy",
    title_zh="个人信息保护",
    title_en="Privacy",
    events=privacy.EVENTS,
    deciders=(subject.DECIDER, unmasking.DECIDER, request.DECIDER),
    ledgers=(
        retention.LEDGER, restrictions.LEDGER, erasures.LEDGER, unmaskings.LEDGER, person_requests.LEDGER,
        work_calendar.LEDGER, invented.LEDGER,
    ),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
    timers=TIMERS,
    unmaskings=unmaskings.LEDGER,
    person_requests=person_requests.LEDGER,
    restrictions=restrictions.LEDGER,
    retention=retention.LEDGER,
)  # fmt: skip
