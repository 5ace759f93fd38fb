"""Assessment, declared: how well it went (plans, rulebooks, scores, appeals, flags, papers)."""

from typing import Final

from services.assessment.compartments import COMPARTMENTS
from services.assessment.due.listing import Duties
from services.assessment.due.obligation import State
from services.assessment.entries import ENTRIES
from services.assessment.evidence.gathered import LEDGERS
from services.assessment.explaining.explanation import Explanation
from services.assessment.explaining.since import Since
from services.assessment.flags.asked import Flagged, flags_asked
from services.assessment.grids import Grids, grids_asked
from services.assessment.ledgers import (
    did_work,
    meetings_held,
    officer_acts,
    officers_enrolled,
    plans,
    responsibility_letters,
    restatements,
    rulebooks,
    scores,
    took_part,
    visits_made,
)
from services.assessment.papers import kinds
from services.assessment.reactions import REACTIONS
from services.assessment.refusals import REFUSALS, STATUSES
from services.assessment.rules import plan, rulebook
from services.assessment.scoring import publishing as score
from services.assessment.scoring.ranking import Ranking, ranking_asked
from services.assessment.scoring.recomputing import SCORER
from services.assessment.scoring.schedule import TIMERS
from services.assessment.what_if.asked import supposed_asked
from services.assessment.what_if.comparing import WhatIf
from shared.contracts import assessment, assessment_entries
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import READERS, Role
from shared.contracts.model import Asking, Document, Look, Question, Service

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
    refuses=("too_far_ahead", "unknown_plan", "unknown_community"),
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
    ask=grids_asked,
    refuses=("ends_before_it_begins",),
)


def place_of_score(look: Look, asking: Asking) -> str | None:
    """The community of the score that is asked about."""
    row = look.row(scores.LEDGER, asking.said["id"])
    return None if row is None else row.community


EXPLANATION: Final = Question(
    path="scores/{id}/explanation",
    by=READERS,
    clause="3.3.5",
    title_zh="得分说明：规则、条款、分子、分母、剔除及其事件",
    title_en="How a score came about: rule, clause, numerator, denominator, exclusions, down to the events",
    answer=Explanation,
    parameters={
        "indicator": "Only this one, by its code; all where none is given.",
        "limit": "Rows of a page, 200 where nothing is said, 1,000 at most. How many there are is always told.",
        "cursor": "The `next` of the page before.",
    },
    refuses=("unknown_indicator",),
    place=place_of_score,
)

SINCE: Final = Question(
    path="scores/{id}/since",
    by=READERS,
    clause="3.3.5",
    title_zh="与上期相比：变动的数字、变动的对象及其事件",
    title_en="What changed since an earlier score of the institution: numbers, rows, and the events that changed them",
    answer=Since,
    parameters={
        "before": "The earlier score's id; that of the period before, of the same kind and plan, where none is given.",
    },
    refuses=("nothing_before", "unknown_score"),
    place=place_of_score,
)

WHAT_IF: Final = Question(
    path="what-if",
    by=frozenset({Role.OFFICE, Role.AUDITOR, Role.LEADER}),
    clause="3.3.5",
    title_zh="假设推算：同一记录改用另一办法或方案会怎样（不是考核结果，不公布）",
    title_en="What the same record would give under other rules: both numbers, and why they differ; never published",
    answer=WhatIf,
    parameters={
        "period_kind": f"What kind of period: {', '.join(PeriodKind)}.",
        "period": "Its name: 2, 2015-06, 2015-Q3, 2015 or 2015-06-11_2015-07-31.",
        "as_of": "The day up to whose end acts count, YYYY-MM-DD; today where none is given.",
        "plan": "The one side's plan, as CODE or CODE@version; the as-of day's where none is given.",
        "rulebook": "Its rulebook; the one that its plan publishes by where none is given.",
        "other_plan": "The other side's plan; the same where none is given.",
        "other_rulebook": "The other side's rulebook; the same where none is given.",
        "position": "The evidence up to this position of the log, and where no rules are named those in force there; "
        "all of it where none is given.",
        "all": "true: also the indicators in which nothing differs.",
    },
    ask=supposed_asked,
    refuses=(
        "no_plan",
        "no_rulebook",
        "unknown_plan",
        "unknown_rulebook",
        "unknown_version",
        "unknown_period",
        "period_not_begun",
        "same_rules",
    ),
)

RANKING: Final = Question(
    path="ranking",
    by=READERS,
    clause="3.3.5",
    title_zh="排名：并列的注明并列，不排名的说明原因",
    title_en="The communities' order in a publication: places with ties, and why some have none",
    answer=Ranking,
    parameters={"publication": "The publication's id, like month-2015-06.2015-07-06."},
    ask=ranking_asked,
    heavy=False,
    refuses=("unknown_publication", "not_ranked"),
    open=True,
)

FLAGS: Final = Question(
    path="flags",
    by=READERS,
    clause="3.3.7",
    title_zh="疑点提示：登记情况异常之处，不扣分，可作说明",
    title_en="What looks odd in the communities' records: beside the scores, and never in them",
    answer=Flagged,
    parameters={
        "month": "Only this month's, YYYY-MM; all months where none is given.",
        "community": "Only this community's, by its division code.",
        "as_of": "As things stood at the end of this day, YYYY-MM-DD; today where none is given.",
        "rulebook": "The rulebook that gives the rules, by its code; where none is given, the one by which the month's "
        "or the day's plan publishes.",
    },
    ask=flags_asked,
    refuses=("unknown_community", "unknown_rulebook"),
)

SERVICE = Service(
    name="assessment",
    title_zh="考核",
    title_en="Assessment",
    events=(*assessment.EVENTS, *assessment_entries.EVENTS),
    deciders=(plan.DECIDER, rulebook.DECIDER, score.DECIDER, ENTRIES.decider),
    ledgers=(
        plans.LEDGER,
        rulebooks.LEDGER,
        scores.LEDGER,
        took_part.LEDGER,
        did_work.LEDGER,
        *LEDGERS,
        visits_made.LEDGER,
        restatements.LEDGER,
        responsibility_letters.LEDGER,
        meetings_held.LEDGER,
        officers_enrolled.LEDGER,
        officer_acts.LEDGER,
        *ENTRIES.ledgers,
    ),
    reactions=REACTIONS,
    refusals=REFUSALS,
    statuses=STATUSES,
    timers=TIMERS,
    scorer=SCORER,
    compartments=COMPARTMENTS,
    documents=(
        Document(name="plan", kind=assessment.Plan, title_zh="活动方案", title_en="Plan"),
        Document(name="rulebook", kind=assessment.Rulebook, title_zh="考核办法", title_en="Rulebook"),
    ),
    questions=(DUTIES, GRIDS, EXPLANATION, SINCE, WHAT_IF, RANKING, FLAGS, *kinds.QUESTIONS),
)
