"""Intake 受理: what comes in. Cases now; hazards, key areas and opinions later (§3.2.1, §5.1)."""

from typing import Final

from services.intake import announced, case
from services.intake.ledgers import backlog, cases, places, work_calendar
from services.intake.reactions import REACTIONS
from services.intake.refusals import REFUSALS, STATUSES
from shared.contracts.intake import EVENTS
from shared.contracts.model import Service

SERVICE: Final = Service(
    name="intake",
    title_zh="受理登记",
    title_en="Intake",
    events=EVENTS,
    deciders=(
        case.DECIDER,
        announced.DECIDER,
    ),
    ledgers=(cases.LEDGER, backlog.LEDGER, places.LEDGER, work_calendar.LEDGER),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
)
