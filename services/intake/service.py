"""Intake 受理: what comes in. Cases, opinions, hazards, key areas (§3.2.1, 3.3.2, 5.1, 5.4, 5.5)."""

from typing import Final

from services.intake import announced, case
from services.intake.clocks import Clocks, clocks_asked
from services.intake.duplicates import PossibleDuplicates
from services.intake.entries import ENTRIES
from services.intake.ledgers import backlog, cases, places, work_calendar
from services.intake.reactions import REACTIONS
from services.intake.refusals import REFUSALS, STATUSES
from shared.contracts.codes import READERS
from shared.contracts import intake, intake_entries
from shared.contracts.model import Question, Service

DUPLICATES: Final = Question(
    path="cases/{id}/possible-duplicates",
    by=case.CLERKS,  # those who may link
    clause="3.1.4",
    title_zh="疑似重复案件",
    title_en="Possible duplicates of a case",
    answer=PossibleDuplicates,
)

DEADLINE: Final = Question(
    path="cases/{id}/deadline",
    by=READERS,
    clause="5.1",
    title_zh="案件时限及其说明",
    title_en="The deadlines of a case, each explained",
    answer=Clocks,
    ask=clocks_asked,
    heavy=False,
)

SERVICE: Final = Service(
    name="intake",
    title_zh="受理登记",
    title_en="Intake",
    events=(*intake.EVENTS, *intake_entries.EVENTS),
    deciders=(
        case.DECIDER,
        announced.DECIDER,
        ENTRIES.decider,
    ),
    ledgers=(cases.LEDGER, backlog.LEDGER, places.LEDGER, work_calendar.LEDGER, *ENTRIES.ledgers),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
    questions=(DEADLINE, DUPLICATES),
)
