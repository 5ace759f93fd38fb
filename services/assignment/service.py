"""Assignment 派驻与办理: who serves where, and the work done (§3.1, §3.3)."""

from typing import Final

from services.assignment import community, directory, handling, meeting, officer, roster
from services.assignment.compartments import COMPARTMENTS
from services.assignment.entries import ENTRIES
from services.assignment.ledgers import communities, declarations, meetings, officers, visits, work_calendar
from services.assignment.ledgers import handling as handling_ledger
from services.assignment.ledgers import roster as roster_ledger
from services.assignment.reactions import REACTIONS
from services.assignment.refusals import REFUSALS, STATUSES
from shared.contracts import assignment, assignment_entries
from shared.contracts.model import Service

SERVICE: Final = Service(
    name="assignment",
    title_zh="派驻与办理",
    title_en="Assignment",
    events=(*assignment.EVENTS, *assignment_entries.EVENTS),
    deciders=(
        directory.DECIDER, community.DECIDER, officer.DECIDER, roster.DECIDER, handling.DECIDER, meeting.DECIDER,
        ENTRIES.decider,
    ),
    ledgers=(
        declarations.LEDGER, communities.LEDGER, officers.LEDGER, roster_ledger.LEDGER, handling_ledger.LEDGER,
        visits.LEDGER, meetings.LEDGER, work_calendar.LEDGER, *ENTRIES.ledgers,
    ),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
    compartments=COMPARTMENTS,
)  # fmt: skip
