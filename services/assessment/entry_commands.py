"""What assessment may be asked to enter beside plans and scores. Times, ids and actors come in the context."""

from typing import Annotated

from shared.contracts.assessment_entries import (
    ArchiveKind,
    CircularKind,
    Commended,
    Excused,
    Finding,
    GroupPost,
    Portfolio,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.codes import Basis
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line, Many, Month, Note, Ordinal, PersonName, Statement


@value
class SeatGiven:
    """A seat in the leading group."""

    post: GroupPost
    office: Line
    name: PersonName


@value
class ConstituteLeadingGroup:
    """Constitute the leading group and its office 成立领导小组 (§2)."""

    seats: Annotated[tuple[SeatGiven, ...], Many(60)]
    office_at: Line


@value
class AssignPortfolio:
    """Say who of the group sees to what 分工 (§2)."""

    portfolio: Portfolio
    holder: Line


@value
class ConcludeSurvey:
    """Enter what a survey of residents came to 问卷调查 (§3.1.2, 6.1): numbers only."""

    community: Division
    survey: SurveyKind
    method: SurveyMethod
    sample: Ordinal
    valid: Count
    positive: Count


@value
class RecordPublicReview:
    """Enter the votes of a public review 群众评议 (§3.3.4)."""

    community: Division
    meeting: Code
    officer: Code | None = None
    good: Count
    fair: Count
    poor: Count


@value
class AppealScore:
    """Appeal against a published score 申诉 (§3.3.5)."""

    community: Division
    publication: Code
    indicator: Code | None = None
    basis: Basis = Basis.ACT
    """That it is taken over from paper: it is judged by the day that is written there."""
    grounds: Statement


@value
class HearAppeal:
    """Hear an appeal 听取申诉 (§3.3.5): the body that did so, and what both sides said."""

    heard_by: Line
    account: Statement


@value
class DecideAppeal:
    """Decide an appeal 答复申诉 (§3.3.5), with reasons; `excused` is what the score is to leave out."""

    finding: Finding
    decided_by: Line
    decision: Statement
    excused: Annotated[tuple[Excused, ...], Many(200)] = ()


@value
class AnswerFlag:
    """Say what is behind a flag 说明疑点 (§3.3.7)."""

    community: Division
    flag: Code
    """The rule's code."""
    month: Month
    answer: Statement


@value
class AddArchiveEntry:
    """Put something on an officer's archive 实绩档案 (§3.3.6): a fact, never a score."""

    officer: Code
    archive: ArchiveKind
    period: Code
    entry: Statement


@value
class RecordArchiveReply:
    """Add the officer's own word 本人意见 (§3.3.6)."""

    reply: Statement


@value
class FileArchive:
    """File it upward 报备 (§3.3.6)."""

    filed_with: Line
    filing: Code


@value
class ConductInspection:
    """Enter an inspection 督导检查 (§3.3.7, 3.4.2)."""

    community: Division
    inspected_by: Line
    looked_at: Line
    faults: Count


@value
class OrderRectification:
    """Order that what an inspection found be put right 责令整改 (§3.3.7, 3.4.2)."""

    community: Division
    inspection: Code
    due_on: Day
    order: Statement


@value
class CompleteRectification:
    """Say that it was put right, and looked at again 整改完成 (§3.3.7, 3.4.2)."""

    passed: bool
    rechecked_by: Line
    outcome: Note | None = None


@value
class IssueCircular:
    """Send a circular round 通报 (§3.3.7, 6.5)."""

    circular: CircularKind
    document: Code
    title: Line
    communities: Annotated[tuple[Division, ...], Many(200)] = ()


@value
class FileCommunityPlan:
    """File a community's own plan 社区方案 (§3.4.1, 6.2)."""

    community: Division
    title: Line
    measures: Ordinal


@value
class SubmitSummary:
    """Submit a community's summary 活动总结 (§3.4.3)."""

    community: Division
    title: Line
    practices: Count


@value
class AwardCommendation:
    """Commend a community, a unit or an officer 表彰 (§3.4.3)."""

    commended: Commended
    subject: Code
    award: Line
    publication: Code | None = None


@value
class ReportYouthOffenceRate:
    """Enter the police's aggregate figure of youth offending 青少年违法犯罪率 (§5.6)."""

    community: Division | None = None
    period: Code
    offenders: Count
    youths: Ordinal
    by_unit: Line


@value
class AllocateFunds:
    """Put money at the campaign's disposal 经费保障 (§6.3)."""

    community: Division | None = None
    amount_fen: Ordinal
    purpose: Line
    document: Code | None = None


@value
class RecommendModelCase:
    """Recommend a model case or way of working 典型案例 (§6.4)."""

    community: Division
    case: Code | None = None
    title: Line
    worth_keeping: Statement


@value
class VoidSupervision:
    """Make a mistaken entry void 作废; enter the matter anew with its true days."""

    reason: Note
