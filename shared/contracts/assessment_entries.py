"""What assessment publishes beside plans and scores: organisation, surveys, reviews, inspections, archives, circulars
(§2, 3.1.2, 3.3.4–3.3.7, 3.4, 5.6, 6.1–6.5). Institutions and, in their archive, officers by pseudonym; no resident."""

from typing import Annotated

from shared.contracts.assessment import Period
from shared.contracts.codes import Basis, Named
from shared.contracts.event import Event, event, value
from shared.contracts.fields import Code, Count, Day, Division, Line, Many, Ordinal, Sealed


class GroupPost(Named):
    """Posts of the leading group 领导小组职务 (§2)."""

    HEAD = "head", "组长", "head"
    DEPUTY = "deputy", "副组长", "deputy head"
    MEMBER = "member", "成员", "member"


class Portfolio(Named):
    """What the group's people see to 分工 (§2)."""

    DAILY = "daily", "活动日常管理服务", "daily management of the campaign"
    MEDIATION = "mediation", "司法民调工作", "justice and people's mediation"
    SECURITY = "security", "综治和平安建设工作", "comprehensive governance and safety"
    PETITIONS = "petitions", "信访稳定工作", "petitions and stability"


class SurveyKind(Named):
    """What residents were asked 调查类别."""

    AWARENESS = "awareness", "知晓率", "whether they know of it"
    SATISFACTION = "satisfaction", "满意率", "whether they are satisfied"


class SurveyMethod(Named):
    """How they were asked 调查方式."""

    DOOR = "door", "入户", "at the door"
    PHONE = "phone", "电话", "by telephone"
    ONLINE = "online", "网络", "online"
    STREET = "street", "拦访", "in the street"


class Finding(Named):
    """What an appeal came to 申诉结果 (§3.3.5)."""

    UPHELD = "upheld", "申诉成立", "upheld"
    PARTLY = "partly", "部分成立", "upheld in part"
    DISMISSED = "dismissed", "申诉不成立", "dismissed"


class ArchiveKind(Named):
    """What an archive entry is about 档案类别 (§3.3.6)."""

    WORK = "work", "工作情况", "work done"
    REVIEW = "review", "群众评议", "public review"
    RESULT = "result", "考核结果", "result of the assessment"
    COMMENDATION = "commendation", "表彰奖励", "commendation"


class CircularKind(Named):
    """What a circular is for 通报类别 (§3.3.7, 6.5)."""

    PRAISE = "praise", "通报表扬", "praise"
    CRITICISM = "criticism", "通报批评", "criticism"
    PROGRESS = "progress", "进度通报", "progress"


class Commended(Named):
    """Who is commended 表彰对象 (§3.4.3)."""

    COMMUNITY = "community", "社区", "a community"
    UNIT = "unit", "单位", "a unit"
    OFFICER = "officer", "个人（三官一师）", "an officer"


@value
class Seat:
    """A seat in the leading group."""

    post: GroupPost
    office: Line
    """The office that its holder has."""
    name: Sealed


@event("sanguan.assessment.leading-group-constituted.v1")
class LeadingGroupConstituted(Event):
    """The leading group and its office were constituted 成立领导小组 (§2)."""

    seats: Annotated[tuple[Seat, ...], Many(60)]
    office_at: Line
    """Where its office sits."""


@event("sanguan.assessment.portfolio-assigned.v1")
class PortfolioAssigned(Event):
    """Who of the group sees to what 分工 (§2)."""

    portfolio: Portfolio
    holder: Line
    """By office."""


@event("sanguan.assessment.survey-concluded.v1")
class SurveyConcluded(Event):
    """Residents were asked 问卷调查 (§3.1.2, 6.1): numbers only."""

    community: Division
    survey: SurveyKind
    method: SurveyMethod
    sample: Ordinal
    valid: Count
    positive: Count
    """Of the valid answers, those who know of it or are satisfied."""


@event("sanguan.assessment.public-review-recorded.v1")
class PublicReviewRecorded(Event):
    """Residents' representatives reviewed the officers' debriefing 群众评议 (§3.3.4): votes as numbers."""

    community: Division
    meeting: Code
    """The debriefing."""
    officer: Code | None
    """Whom it is about; none for the community's whole team."""
    good: Count
    fair: Count
    poor: Count


@event("sanguan.assessment.score-appealed.v1")
class ScoreAppealed(Event):
    """A community appealed against a published score 申诉 (§3.3.5)."""

    community: Division
    publication: Code
    indicator: Code | None
    grounds: Sealed
    basis: Basis = Basis.ACT


@event("sanguan.assessment.appeal-heard.v1")
class AppealHeard(Event):
    """An appeal was heard 听取申诉 (§3.3.5), by somebody who had no part in the score."""

    heard_by: Line
    """The body that heard it."""
    account: Sealed
    """What both sides said."""


@value
class Excused:
    """A member of an indicator's denominator that is left out of it 不计: by no fault of the community's."""

    indicator: Code
    table: Code
    member: Line
    """The row's key, as the score's explanation gives it."""


@event("sanguan.assessment.appeal-decided.v1")
class AppealDecided(Event):
    """An appeal was decided 申诉答复 (§3.3.5), with reasons. What was recorded wrong is corrected at its source; what
    is to be judged otherwise is `excused`, in the periods that `excused_in` reaches. Either way the score is
    restated."""

    finding: Finding
    decided_by: Line
    decision: Sealed
    excused: Annotated[tuple[Excused, ...], Many(200)] = ()
    excused_in: Period | None = None
    """The period of the scores appealed against, to which what is excused is bound; none where nothing is."""


@event("sanguan.assessment.flag-answered.v1")
class FlagAnswered(Event):
    """A community said what is behind a flag 疑点说明 (§3.3.7)."""

    community: Division
    flag: Code
    """The rule's code."""
    month: Code
    """The month that it was raised for, YYYY-MM."""
    answer: Sealed


@event("sanguan.assessment.archive-entry-added.v1")
class ArchiveEntryAdded(Event):
    """Something was put on an officer's performance archive 实绩档案 (§3.3.6): a fact, never a score."""

    officer: Code
    archive: ArchiveKind
    period: Code
    entry: Sealed


@event("sanguan.assessment.archive-reply-recorded.v1")
class ArchiveReplyRecorded(Event):
    """The officer's own word on it 本人意见 (§3.3.6)."""

    reply: Sealed


@event("sanguan.assessment.archive-filed.v1")
class ArchiveFiled(Event):
    """It was filed upward 报备 (§3.3.6)."""

    filed_with: Line
    filing: Code
    """The filing's number."""


@event("sanguan.assessment.inspection-conducted.v1")
class InspectionConducted(Event):
    """A community's work was inspected 督导检查 (§3.3.7, 3.4.2)."""

    community: Division
    inspected_by: Line
    looked_at: Line
    faults: Count


@event("sanguan.assessment.rectification-ordered.v1")
class RectificationOrdered(Event):
    """What an inspection found is to be put right 责令整改 (§3.3.7, 3.4.2)."""

    community: Division
    inspection: Code
    due_on: Day
    order: Sealed


@event("sanguan.assessment.rectification-completed.v1")
class RectificationCompleted(Event):
    """It was put right, and looked at again 整改完成 (§3.3.7, 3.4.2)."""

    passed: bool
    rechecked_by: Line
    outcome: Sealed | None


@event("sanguan.assessment.circular-issued.v1")
class CircularIssued(Event):
    """A circular was sent round 通报 (§3.3.7, 6.5)."""

    circular: CircularKind
    document: Code
    title: Line
    communities: Annotated[tuple[Division, ...], Many(200)]
    """Those it names."""


@event("sanguan.assessment.community-plan-filed.v1")
class CommunityPlanFiled(Event):
    """A community filed its own plan 社区方案 (§3.4.1, 6.2)."""

    community: Division
    title: Line
    measures: Ordinal


@event("sanguan.assessment.summary-submitted.v1")
class SummarySubmitted(Event):
    """A community's summary reached the office 活动总结 (§3.4.3)."""

    community: Division
    title: Line
    practices: Count
    """How many practices it proposes to keep."""


@event("sanguan.assessment.commendation-awarded.v1")
class CommendationAwarded(Event):
    """A community, a unit or an officer was commended 表彰 (§3.4.3)."""

    commended: Commended
    subject: Code
    """The community's code, the unit's, or the officer's pseudonym."""
    award: Line
    publication: Code | None
    """The published score that it rests on."""


@event("sanguan.assessment.youth-offence-rate-reported.v1")
class YouthOffenceRateReported(Event):
    """The police's aggregate figure of youth offending 青少年违法犯罪率 (§5.6): two numbers, no person."""

    community: Division | None
    """None for the whole sub-district."""
    period: Code
    offenders: Count
    youths: Ordinal
    by_unit: Line


@event("sanguan.assessment.funds-allocated.v1")
class FundsAllocated(Event):
    """Money was put at the campaign's disposal 经费保障 (§6.3)."""

    community: Division | None
    """None for the whole sub-district."""
    amount_fen: Ordinal
    """In fen 分."""
    purpose: Line
    document: Code | None


@event("sanguan.assessment.model-case-recommended.v1")
class ModelCaseRecommended(Event):
    """A case or a way of working was recommended as a model 典型案例 (§6.4)."""

    community: Division
    case: Code | None
    title: Line
    worth_keeping: Sealed


@event("sanguan.assessment.supervision-voided.v1")
class SupervisionVoided(Event):
    """An entry was made void 作废 (§3.1.4): it counts nowhere, and stays in the record."""

    kind: Code
    """Its ledger."""
    reason: Sealed


EVENTS = (
    LeadingGroupConstituted, PortfolioAssigned, SurveyConcluded, PublicReviewRecorded, ScoreAppealed, AppealHeard,
    AppealDecided, FlagAnswered, ArchiveEntryAdded, ArchiveReplyRecorded, ArchiveFiled, InspectionConducted,
    RectificationOrdered, RectificationCompleted, CircularIssued, CommunityPlanFiled, SummarySubmitted,
    CommendationAwarded, YouthOffenceRateReported, FundsAllocated, ModelCaseRecommended, SupervisionVoided,
)  # fmt: skip
