"""What assessment publishes: the plan 方案, the rulebook 考核办法 and the scores of institutions (§3.3.5).

No event here can carry a person: the subject of a score is a division code, of nine digits (the sub-district) or of
twelve (a community), and nothing else. No number here is a float: shares and weights are decimal text, results are
exact fractions in text with a decimal of four places beside them, rounded half up (四舍五入).
"""

from typing import Annotated

from shared.contracts.codes import MeetingKind, Named
from shared.contracts.event import Event, event, value
from shared.contracts.fields import (
    Code,
    Count,
    Day,
    DayOfMonth,
    Days,
    Division,
    Line,
    Many,
    Months,
    Name,
    Ordinal,
    Text,
    Whole,
)

DecimalText = Annotated[str, Text(20, code=True, pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
"""A decimal that is not negative, of at most four places, as text."""
TotalText = Annotated[str, Text(20, code=True, pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
"""The same, where a rulebook's decimals are added up."""
MOST_INDICATORS = 100
"""Of a rulebook. Each may bring 20 digits into the exact sum's denominator (16 of a count, 4 of a target), and all of
them together 8 more (places of targets and weights)."""
FractionText = Annotated[str, Text(2 * 21 * MOST_INDICATORS, code=True, pattern=r"^[0-9]+/[1-9][0-9]*$")]
"""An exact fraction, `numerator/denominator` in lowest terms: as long as any rulebook's sum can become."""
Root = Annotated[str, Text(64, code=True, pattern=r"^[0-9a-f]{64}$")]
"""A root of the log's tree, in hexadecimal."""


class PeriodKind(Named):
    """What kind of stretch of days is scored 考核周期; its `name` is written as the comments say."""

    PHASE = "phase", "阶段", "phase of the plan"  # the phase's code: 2
    MONTH = "month", "月", "month"  # 2015-06
    QUARTER = "quarter", "季度", "quarter"  # 2015-Q3
    YEAR = "year", "年", "year"  # 2015
    DATES = "dates", "起止日期", "from one day to another"  # 2015-06-11_2015-07-31


class SubjectKind(Named):
    """Who is scored: institutions only."""

    COMMUNITY = "community", "社区", "community"
    UNIT = "unit", "街道", "sub-district as a whole"


class IndicatorKind(Named):
    """The closed set of what an indicator may be 指标类别."""

    RATIO = "ratio", "比率", "ratio"
    COVERAGE = "coverage", "覆盖率", "coverage"
    ON_TIME = "on_time", "按时率", "done on time"
    CADENCE = "cadence", "频次", "held as often as due"
    ZERO_INCIDENT = "zero_incident", "零发生", "none may happen"
    COUNT = "count", "数量", "count"


class Op(Named):
    """What a filter asks of one field of an evidence row; `values` are what it is compared with."""

    IS = "is", "等于其一", "is one of the values"
    IS_NOT = "is_not", "不等于", "is none of the values"
    PRESENT = "present", "有", "is known"
    ABSENT = "absent", "无", "is not known"
    IN_PERIOD = "in_period", "在周期内", "is a day of the period"
    PASSED = "passed", "已到", "is a day that has come by the as-of day"
    NOT_AFTER = "not_after", "不晚于", "is a day not after the day in the field named by the value"
    WITHIN_GRACE = "within_grace", "宽限内", "the same, with the rulebook's days of grace added"
    LESS_THAN = "less_than", "小于", "is a whole number smaller than the value"


class Comparison(Named):
    """How a target of the plan is to be met."""

    AT_LEAST = "at_least", "不低于", "at least"
    BELOW = "below", "低于", "below"


class Standing(Named):
    """Whether there is anything to measure."""

    MEASURED = "measured", "已考核", "measured"
    NOT_YET_DUE = "not_yet_due", "未到期", "not yet due"
    NOTHING = "nothing", "无此类事项", "nothing of the kind"


class Every(Named):
    """How often a duty comes round 周期."""

    MONTH = "month", "每月", "every month"
    QUARTER = "quarter", "每季度", "every three months"
    HALF_YEAR = "half_year", "每半年", "every six months"
    YEAR = "year", "每年", "every year"

    @property
    def months(self) -> int:
        return {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}[self]


class Given(Named):
    """Who gave a number: the document as issued, or this product where the document is silent."""

    DOCUMENT = "document", "文件原文", "the document"
    PROPOSAL = "proposal", "本产品建议", "this product's proposal"


class RankUse(Named):
    """Who may be shown the communities' order 排名."""

    NOBODY = "nobody", "不排名", "nobody"
    OFFICE = "office", "仅办公室", "the office only"
    PUBLIC = "public", "公开", "the public"


class Work(Named):
    """What is done about a duty 履职事项, of which the record tells: each is entered by a command of its own."""

    LEADING_GROUP = "leading_group", "成立领导小组", "leading group constituted"
    STUDIO = "studio", "工作室启用", "studio opened"
    NOTICE = "notice", "公示", "notice posted"
    PROCEDURE = "procedure", "建章立制", "procedure adopted"
    WORKING_BODY = "working_body", "成立工作机构", "working body formed"
    COMMUNITY_PLAN = "community_plan", "社区实施方案", "community's plan filed"
    MOBILISATION = "mobilisation", "动员大会", "mobilisation meeting"
    JOINT = "joint", "联席会议", "joint conference"
    LEADER = "leader", "确定包抓领导", "leader appointed"
    LEADER_VISIT = "leader_visit", "领导下社区", "leader's visit"
    PATROL = "patrol", "巡逻", "patrol"
    TRAINING = "training", "调解员培训", "training of mediators"
    OUTREACH = "outreach", "普法宣传", "law outreach"
    COACHED_CASE = "coached_case", "传帮带", "mediators taken along through a case"
    ADVICE = "advice", "法律咨询", "legal advice"
    AID = "aid", "法律援助", "legal aid"
    SUPPORT = "support", "服务帮扶", "services to groups"
    HELPER = "helper", "五员登记", "helper enrolled"
    ENTERPRISE_SECURITY = "enterprise_security", "企业内保", "enterprise's own security"
    VENUE = "venue", "场所检查", "venue inspected"
    REVIEW = "review", "群众评议", "public review"
    INSPECTION = "inspection", "督导检查", "inspection"
    CIRCULAR = "circular", "通报", "circular"
    SURVEY = "survey", "民意调查", "survey"
    SUMMARY = "summary", "总结", "summary"
    MODEL_CASE = "model_case", "典型案例", "model case"
    COMMENDATION = "commendation", "表彰", "commendation"
    ARCHIVE = "archive", "实绩档案备案", "archive filed"
    FUNDS = "funds", "经费保障", "funds allocated"


class FlagKind(Named):
    """What may look odd about an institution's record 疑点类别, a closed set: beside its score, never in it."""

    MONTH_END = "month_end", "月末集中办结", "cases ended in the last days of the month"
    REOPENED = "reopened", "办结后又重开", "settled cases that were opened again"
    BACKDATED = "backdated", "集中补录", "entries made long after the day that they tell of"
    REPEATED_TEXT = "repeated_text", "民情日记雷同", "diaries that say the same, word for word"
    IMPOSSIBLE_TIMES = "impossible_times", "走访时间不合常理", "visits at times at which nobody visits"
    VOIDED = "voided", "未办结即作废", "open cases that were made void"


class Sequel(Named):
    """What must follow when something has happened 后续事项; each says what it follows."""

    LETTER = "letter", "交办后签订包案稳控责任书", "a responsibility letter, after a case was handed down"
    FOLLOW_UP = "follow_up", "办结后回访", "a follow-up, after a case was settled or mediation ended"
    PERFORMANCE = "performance", "达成协议后督促履行", "a check of performance, after an agreement"
    HANDOVER = "handover", "调离后移交案件", "a handover, after a handler left"
    REFILL = "refill", "空缺后补充人员", "a new posting, after one fell vacant"
    ANSWER = "answer", "民情意见答复", "an answer, after an opinion was recorded"
    VISIT = "visit", "受理后走访当事人家庭", "a visit to the family, after a case was accepted"
    REGISTER = "register", "登记后决定是否受理", "word whether it is taken on, after a case was reported"
    CONTACT = "contact", "按责任书约定联系当事人", "contact with the parties, after a letter or the last contact"


# plan/<code> ----------------------------------------------------------------------------------------------------


@value
class Phase:
    """A stage of the campaign 阶段 (§3.4), both days included."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    from_day: Day
    to_day: Day


@value
class Duty:
    """Something that a unit must do 任务, and by when if the document says so."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    lead: Name
    """The unit that answers for it 牵头单位."""
    phase: Code | None
    due_on: Day | None
    done_by: Work | None = None
    """What shows that it was done; none where no single record does."""
    per: SubjectKind = SubjectKind.COMMUNITY
    """Whether each community owes it, or the sub-district once."""


@value
class Cadence:
    """A meeting that comes round 例会周期: its record is due on a day of the month after the one it answers for."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    meeting: MeetingKind
    every: Every
    due_day: DayOfMonth
    """Day of the following month (or January) by which the record must reach the office."""
    due_day_given: Given


@value
class Round:
    """Work that comes round 定期工作: once in each turn, counted in months from the plan's first month on."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    work: Work
    every: Every
    per: SubjectKind
    given: Given
    """Who says how often."""


@value
class Term:
    """How long what must follow may take 后续时限: days, or working days; exactly one of the two."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    sequel: Sequel
    days: Days | None = None
    working_days: Days | None = None
    given: Given
    lead: Name | None = None
    """The unit that answers for it; where none is named, whoever answers for the clause."""


@value
class Target:
    """A number that the document sets 目标."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    comparison: Comparison
    share: DecimalText
    """1 = 100 %."""
    given: Given


@value
class MustVisitClass:
    """A class of households that must be visited 必访. Which household is in it is never in the stream."""

    code: Code
    title_zh: Line
    title_en: Line


@value
class MustVisitRule:
    """三访 (§3.3.2). A household may decline: the duty then counts as done."""

    clause: Code
    classes: Annotated[tuple[MustVisitClass, ...], Many(500)]


@value
class Publishing:
    """When scores are published by themselves 公布安排 (§3.3.5, 3.3.7): so many days after each period of a kind. What
    was published is restated by itself whenever late entries change it."""

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    period_kind: PeriodKind
    after_days: Days
    """The as-of day is so many days after the period's last."""
    rulebook: Code
    given: Given


@value
class Anomaly:
    """An oddity of the document 疑点, kept as issued and flagged; never mended."""

    code: Code
    clause: Code
    concerns: Code | None
    """The code of the phase, duty, cadence or target that it is about."""
    note_zh: Line
    note_en: Line


@value
class Plan:
    """A campaign plan 活动方案: what is to be done, by whom, by when and how well. Every item quotes its §."""

    code: Code
    document: Line
    """The document's number 文号."""
    title: Line
    issuer: Line
    issued_on: Day
    """Nothing is late before this day."""
    phases: Annotated[tuple[Phase, ...], Many(500)]
    duties: Annotated[tuple[Duty, ...], Many(500)]
    cadences: Annotated[tuple[Cadence, ...], Many(500)]
    targets: Annotated[tuple[Target, ...], Many(500)]
    must_visits: MustVisitRule
    posting_months: Months
    """How long a posting is kept, in months (§3.1.3)."""
    anomalies: Annotated[tuple[Anomaly, ...], Many(500)]
    rounds: Annotated[tuple[Round, ...], Many(500)] = ()
    terms: Annotated[tuple[Term, ...], Many(500)] = ()
    publishing: Annotated[tuple[Publishing, ...], Many(500)] = ()
    since: Day | None = None
    """Of a standing plan 常设方案, which has no phases: from when it is in force. A campaign's phases bound it."""
    until: Day | None = None
    """A standing plan's last day; none while it goes on."""


@event("sanguan.assessment.plan-adopted.v1")
class PlanAdopted(Event):
    """A plan was put in force 方案印发. Its version is 1."""

    plan: Plan
    version: Ordinal
    author: Line
    """The institution that entered it."""
    reason: Line


@event("sanguan.assessment.plan-amended.v1")
class PlanAmended(Event):
    """A plan was changed 方案调整: the whole text as it now stands, under the next version."""

    plan: Plan
    version: Ordinal
    author: Line
    reason: Line


# rulebook/<code> ------------------------------------------------------------------------------------------------


@value
class Filter:
    """One condition on one field of an evidence row: data, so that any program can evaluate it."""

    field: Code
    op: Op
    values: Annotated[tuple[Code, ...], Many(500)]


@value
class Measure:
    """Rows of one table of evidence, those that meet every condition, counted or added up."""

    table: Code
    where: Annotated[tuple[Filter, ...], Many(500)]
    adds: Code | None
    """The whole-number field that is added up; none where rows are counted."""


@value
class Exclusion:
    """Rows that leave the denominator 剔除, and why; shown beside the result, with the unadjusted rate."""

    code: Code
    title_zh: Line
    title_en: Line
    where: Annotated[tuple[Filter, ...], Many(500)]


@value
class Indicator:
    """One thing that is measured 指标.

    The numerator is taken from the denominator's remaining rows where both name the same table; else (coverage) from
    a table of its own, and held to the denominator at most, community by community. Incidents are counted as they are.
    A count has no denominator.
    """

    code: Code
    clause: Code
    title_zh: Line
    title_en: Line
    kind: IndicatorKind
    subject: SubjectKind
    """`community`: for each community and for the whole; `unit`: for the sub-district as a whole only."""
    denominator: Measure | None
    exclusions: Annotated[tuple[Exclusion, ...], Many(500)]
    numerator: Measure
    target: DecimalText | None
    """Share to reach, 1 = 100 %; for zero_incident 0; none for a count, and for a ratio that is only shown."""
    target_given: Given
    weight: DecimalText
    """Points for reaching the target."""
    weight_given: Given
    minimum: Count
    """A community whose denominator is smaller is given no rank."""
    comparison: Comparison = Comparison.AT_LEAST
    """`below`: the rate is to stay below the target."""
    periods: Annotated[tuple[PeriodKind, ...], Many(5)] = ()
    """The kinds of periods in which it is measured; all of them where none is named."""
    quote_zh: Line | None = None
    """The document's words on which it rests 原文依据; none where it is not a document's."""
    measures_target: Code | None = None
    """The plan's target that it measures, by its code; none where it measures none."""


@value
class FlagRule:
    """When an institution's record looks odd 疑点规则: an appearance that asks for an answer, and takes no points."""

    code: Code
    kind: FlagKind
    clause: Code
    title_zh: Line
    title_en: Line
    share: DecimalText
    """It is raised where at least this share of the month's entries look so; 1 = 100 %."""
    least: Ordinal
    """And at least so many."""
    days: Days | None = None
    """month_end: the month's last so many days; backdated: recorded more than so many days after; reopened: within so
    many days of its end. The other kinds have none."""
    given: Given


@value
class Rulebook:
    """An assessment rulebook 考核办法 (§3.3.5), which the plan leaves to an outside document."""

    code: Code
    title_zh: Line
    title_en: Line
    grace_days: Annotated[int, Whole(0, 366)]
    """How many days after the due day the record of an act done in time may be entered."""
    ranks: RankUse
    indicators: Annotated[tuple[Indicator, ...], Many(MOST_INDICATORS)]
    flags: Annotated[tuple[FlagRule, ...], Many(50)] = ()


@event("sanguan.assessment.rulebook-adopted.v1")
class RulebookAdopted(Event):
    """A rulebook was put in force 考核办法施行, under the next version of its code."""

    rulebook: Rulebook
    version: Ordinal
    author: Line
    reason: Line


# score/<period>.<as-of day> -------------------------------------------------------------------------------------


@value
class Period:
    """A stretch of days, both ends included."""

    kind: PeriodKind
    name: Code
    from_day: Day
    to_day: Day


@value
class Figure:
    """An exact number, and the same to four places, rounded half up."""

    exact: FractionText
    decimal: TotalText


@value
class IndicatorScore:
    """How one institution did by one indicator."""

    code: Code
    clause: Code
    kind: IndicatorKind
    standing: Standing
    numerator: Count
    denominator: Count
    excluded: Count
    rate: DecimalText | None
    """numerator ÷ denominator, four places, rounded half up; none where there is nothing to divide by."""
    unadjusted_numerator: Count
    unadjusted_denominator: Count
    """The same with nothing excluded."""
    unadjusted_rate: DecimalText | None
    target: DecimalText | None
    reached: bool | None
    weight: DecimalText
    points: Figure | None
    taken_over: Count
    """How many of the denominator were entered from paper and are judged by the days written there."""
    enough: bool
    """Whether the denominator reaches the rulebook's minimum for comparing."""


@value
class Score:
    """How well one institution did in a period 考核得分, and everything needed to compute it again."""

    subject: Division
    period: Period
    as_of: Day
    plan: Code
    plan_version: Ordinal
    rulebook: Code
    rulebook_version: Ordinal
    position: Count
    """The log's position up to which the evidence was taken."""
    root: Root
    """The tree's root over the log up to and including that position."""
    indicators: Annotated[tuple[IndicatorScore, ...], Many(MOST_INDICATORS)]
    points: Figure
    """The sum over the indicators that could be measured."""
    possible: Figure
    """The sum of their weights."""
    per_cent: DecimalText | None
    """100 × points ÷ possible; none where nothing could be measured."""
    rankable: bool
    """False below the rulebook's minimum, and for the sub-district as a whole."""


@value
class Change:
    """One number of a published score that changed."""

    indicator: Code | None
    """None for the sum of all."""
    number: Code
    """The field's name."""
    before: Name
    after: Name
    causes: tuple[Count, ...]
    """The log's positions of the events that changed it."""


@event("sanguan.assessment.score-published.v1")
class ScorePublished(Event):
    """A score was published 公布考核结果 for the first time for its subject, period and as-of day."""

    score: Score


@event("sanguan.assessment.score-restated.v1")
class ScoreRestated(Event):
    """A published score was put right 更正考核结果: late or corrected entries, or other rules, changed numbers."""

    was: Score
    """The score as last published."""
    score: Score
    changes: Annotated[tuple[Change, ...], Many(2 * 16 * MOST_INDICATORS)]
    """Other rules may take every number of every indicator away, and give others."""


EVENTS = (PlanAdopted, PlanAmended, RulebookAdopted, ScorePublished, ScoreRestated)
