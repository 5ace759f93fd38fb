"""Assessment, declared: how well it went (plan, rulebook, scores)."""

from typing import Final

from services.assessment import plan, rulebook, score
from services.assessment.due.listing import Duties
from services.assessment.due.obligation import State
from services.assessment.entries import ENTRIES
from services.assessment.evidence import LEDGERS
from services.assessment.grids import Grids
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.reactions import REACTIONS
from services.assessment.refusals import REFUSALS, STATUSES
from services.assessment.rescoring import SCORER
from shared.access import READERS
from shared.contracts import assessment, assessment_entries
from shared.contracts.model import Document, Question, Service

DUTIES: Final = Question(
    path="duties",
    by=READERS,
    clause="3.3.7",
    title_zh="应办事项：应办、已办、逾期、空缺、未到期",
    title_en="What is due, done, overdue, vacant or not yet due on a day",
    answer=Duties,
    parameters={
        "as_of": "The day, YYYY-MM-DD, two years ahead at most; today where none is given.",
        "plan": "Only what this plan demands, by its code.",
        "community": "Only this institution's, by its division code.",
        "clause": "Only what is owed under this clause.",
        "state": f"Only what stands so: {', '.join(State)}.",
        "format": "json, csv or xlsx; a file holds all lines.",
        "limit": "Lines of a page, 200 where nothing is said, 1,000 at most.",
        "cursor": "The `next` of the page before.",
    },
)

GRIDS: Final = Question(
    path="grids",
    by=READERS,
    clause="5.2",
    title_zh="网格工作",
    title_en="Work by grid, between two days",
    answer=Grids,
    parameters={
        "from": "The first day, YYYY-MM-DD; the year's first where none is given.",
        "to": "The last day; today where none is given.",
    },
)

SERVICE = Service(
    name="assessment",
    title_zh="考核",
    title_en="Assessment",
    events=(*assessment.EVENTS, *assessment_entries.EVENTS),
    deciders=(plan.DECIDER, rulebook.DECIDER, score.DECIDER, ENTRIES.decider),
    ledgers=(plans.LEDGER, rulebooks.LEDGER, scores.LEDGER, *LEDGERS, *ENTRIES.ledgers),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
    scorer=SCORER,
    documents=(
        Document(name="plan", kind=assessment.Plan, title_zh="活动方案", title_en="Plan"),
        Document(name="rulebook", kind=assessment.Rulebook, title_zh="考核办法", title_en="Rulebook"),
    ),
    questions=(DUTIES, GRIDS),
)
