"""Intake 受理: what comes in. Cases, opinions, hazards, key areas (§3.2.1, 3.3.2, 5.1, 5.4, 5.5)."""

from typing import Final

from services.intake import announced, case
from services.intake.clocks import Clocks, clocks_asked
from services.intake.compartments import COMPARTMENTS
from services.intake.duplicates import PossibleDuplicates
from services.intake.entries import ENTRIES
from services.intake.held import FoundCases, Held
from services.intake.ledgers import backlog, cases, places, work_calendar
from services.intake.own_case import AskForCard, CaseCard, OpenSession, OwnCase, ResidentSession
from services.intake.reactions import REACTIONS
from services.intake.refusals import REFUSALS, STATUSES
from shared.contracts import intake, intake_entries
from shared.contracts.access import AskForHeld, FindPerson
from shared.contracts.codes import READERS, Role
from shared.contracts.model import Asking, Errand, Look, Question, Service


def place_of_case(look: Look, asking: Asking) -> str | None:
    """The community of the case that is asked about."""
    row = look.row(cases.LEDGER, asking.said["id"])
    return None if row is None else row.community


DUPLICATES: Final = Question(
    path="cases/{id}/possible-duplicates",
    by=case.CLERKS,  # those who may link
    clause="3.1.4",
    title_zh="疑似重复案件",
    title_en="Possible duplicates of a case",
    answer=PossibleDuplicates,
    place=place_of_case,
)

DEADLINE: Final = Question(
    path="cases/{id}/deadline",
    by=READERS,
    clause="5.1",
    title_zh="案件时限及其说明",
    title_en="The deadlines of a case, each explained",
    answer=Clocks,
    ask=clocks_asked,
    place=place_of_case,
    heavy=False,
)

OWN_CASE: Final = Question(
    path="residents/case",
    by=frozenset({Role.RESIDENT}),
    clause="3.3.4",
    title_zh="本人案件进度",
    title_en="How a resident's own case goes",
    answer=OwnCase,
    open=True,
)
SESSION: Final = Errand(
    path="residents/session",
    by=frozenset(),
    clause="3.3.4",
    title_zh="居民凭查询码进入",
    title_en="A resident's session, by the code of their case",
    told="A token of half an hour that reaches the code's case alone; without a code, one to report a case with. Who"
    " guesses waits, longer each time.",
    refuses=("unknown_code", "too_many_attempts", "too_many_requests"),
    asked=OpenSession,
    answer=ResidentSession,
)
CARD: Final = Errand(
    path="cases/{case}/code",
    by=case.REPORTERS,
    clause="3.3.2",
    title_zh="发放查询码",
    title_en="A code for a resident's card",
    told="The new code is told this once; the one before it ends, and every session that it opened. Who asked for it is"
    " put down before, in the log of readings, with the card's name. A resident gets the code of the case which they"
    " reported in this session.",
    refuses=("busy", "ledger_behind"),
    asked=AskForCard,
    answer=CaseCard,
)

_PRIVACY: Final = frozenset({Role.PRIVACY})
_RECORDED: Final = "The reading is recorded first, with its purpose, in the log of readings, which is never published."
HELD: Final = Errand(
    path="cases/{case}/held",
    by=_PRIVACY,
    clause="3.1.4",
    title_zh="查阅复制：案件中关于本人的全部信息",
    title_en="All that is held about a person in a case",
    told=f"For the person's own request, under an unmasking that another person granted for it. {_RECORDED}",
    refuses=("unmasking_needed", "restricted", "erased", "busy", "ledger_behind"),
    asked=AskForHeld,
    answer=Held,
)
FIND: Final = Errand(
    path="people/find",
    by=_PRIVACY,
    clause="3.1.4",
    title_zh="查找本人的案件",
    title_en="The cases of a person who asks for them",
    told="For the person's own request (receive-person-request), which waits for its answer and which another person "
    "received: the name and a number are those of a party of the case that it is about. Ids alone are told, nothing of "
    f"what is in the cases. {_RECORDED}",
    refuses=("no_open_request", "own_request", "not_who_asked", "busy", "ledger_behind"),
    asked=FindPerson,
    answer=FoundCases,
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
    compartments=COMPARTMENTS,
    errands=(SESSION, CARD, HELD, FIND),
    questions=(DEADLINE, DUPLICATES, OWN_CASE),
)
