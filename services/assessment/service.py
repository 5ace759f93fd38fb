"""Assessment, declared: how well it went (plan, rulebook, scores)."""

from services.assessment import plan, rulebook, score
from services.assessment.entries import ENTRIES
from services.assessment.evidence import LEDGERS
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.reactions import REACTIONS
from services.assessment.refusals import REFUSALS, STATUSES
from services.assessment.rescoring import SCORER
from shared.contracts import assessment, assessment_entries
from shared.contracts.model import Service

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
)
