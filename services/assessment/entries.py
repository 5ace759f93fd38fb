"""Assessment's entries 督导考评: organisation, surveys, reviews, appeals, archives, inspections, circulars, funds."""

import re
from collections.abc import Callable
from typing import Any, Final

from services.assessment.entry_commands import (
    AddArchiveEntry,
    AllocateFunds,
    AnswerFlag,
    AppealScore,
    AssignPortfolio,
    AwardCommendation,
    CompleteRectification,
    ConcludeSurvey,
    ConductInspection,
    ConstituteLeadingGroup,
    DecideAppeal,
    FileArchive,
    FileCommunityPlan,
    HearAppeal,
    IssueCircular,
    OrderRectification,
    RecommendModelCase,
    RecordArchiveReply,
    RecordPublicReview,
    ReportYouthOffenceRate,
    SubmitSummary,
    VoidSupervision,
)
from services.assessment.flags import raising as flags
from services.assessment.ledgers import communities_served, restatements, rulebooks, scores
from services.assessment.ledgers.communities_served import served
from services.assessment.ledgers.deeds import YEAR
from services.assessment.scoring import appeals
from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveReplyRecorded,
    CircularIssued,
    CommendationAwarded,
    CommunityPlanFiled,
    FlagAnswered,
    FundsAllocated,
    InspectionConducted,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    PortfolioAssigned,
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    ScoreAppealed,
    Seat,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    YouthOffenceRateReported,
)
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, last_day_of
from shared.contracts.entries import Entries, Entry, Step, kind
from shared.contracts.frozen import dataclass
from shared.contracts.model import Context, Ledger, Look, Refused

OFFICE: Final = frozenset({Role.OFFICE})
CLERKS: Final = frozenset({Role.CLERK, Role.OFFICE})
"""A community's clerk files what the community says: its plan, its summary, its appeal."""
OFFICERS: Final = frozenset({Role.OFFICER, Role.OFFICE})
FEWEST_YOUTHS: Final = 100
"""Below so many, a rate would point at persons (this product's proposal)."""
Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of what a command names."""

    community: communities_served.Row | None = None
    published: tuple[scores.Row, ...] = ()
    """Of the publication named, the community's."""
    restated: tuple[restatements.Row, ...] = ()
    """How it was restated."""
    inspection: Any = None
    raised: Callable[[], bool] = bool
    """Whether the flag named is raised of the community and month: asked last, as it takes all the evidence."""


def _facts(command: Any, id: str, look: Look) -> Facts:
    community = getattr(command, "community", None)
    return Facts(None if community is None else served(look, community))


def _known(command: Any, entry: Entry | None, context: Context) -> Made:
    facts: Facts = context.facts
    if command.community is not None and facts.community is None:
        raise Refused("unknown_community", field="community")
    return {}


def _seats(command: ConstituteLeadingGroup, entry: Entry | None, context: Context) -> Made:
    if not any(seat.post == "head" for seat in command.seats):
        raise Refused("no_head", field="seats")
    return {"seats": tuple(Seat(post=one.post, office=one.office, name=one.name) for one in command.seats)}


def _numbers(command: ConcludeSurvey, entry: Entry | None, context: Context) -> Made:
    if not command.positive <= command.valid <= command.sample:
        raise Refused("numbers_do_not_fit", field="positive" if command.valid <= command.sample else "valid")
    return _known(command, entry, context)


def _votes(command: RecordPublicReview, entry: Entry | None, context: Context) -> Made:
    if not command.good + command.fair + command.poor:
        raise Refused("no_votes", field="good")
    return _known(command, entry, context)


def _published(command: AppealScore, id: str, look: Look) -> Facts:
    of = {"publication": command.publication, "community": command.community}
    found = served(look, command.community)
    return Facts(found, tuple(look.rows(scores.LEDGER, **of)), tuple(look.rows(restatements.LEDGER, **of)))


def _appealed(command: AppealScore, entry: Entry | None, context: Context) -> Made:
    facts: Facts = context.facts
    _known(command, entry, context)
    if not facts.published:
        raise Refused("unknown_publication", field="publication")
    appeals.in_time(command, facts.published[0], facts.restated, context)
    if command.indicator is not None and command.indicator not in {one.code for one in facts.published[0].indicators}:
        raise Refused("unknown_indicator", field="indicator")
    return {}


def _flagged(command: AnswerFlag, id: str, look: Look) -> Facts:
    """What is raised on the evidence now, by the rules of any rulebook that was ever in force."""

    def raised() -> bool:
        every = (rule for row in look.rows(rulebooks.LEDGER) for rule in row.rulebook.flags)
        rules = {rule for rule in every if rule.code == command.flag}
        return bool(flags.flags_of(look, rules, months={command.month}, community=command.community))

    return Facts(served(look, command.community), raised=raised)


def _answered(command: AnswerFlag, entry: Entry | None, context: Context) -> Made:
    facts: Facts = context.facts
    _known(command, entry, context)
    if civil_day(context.at) <= last_day_of(command.month):
        raise Refused("month_not_over", field="occurred_at", month=command.month)
    if not facts.raised():
        raise Refused("no_such_flag", field="flag", item=command.flag, month=command.month)
    return {}


def _inspected(command: OrderRectification, id: str, look: Look) -> Facts:
    found = served(look, command.community)
    return Facts(found, inspection=look.row(INSPECTIONS_LEDGER, command.inspection))


def _ordered(command: OrderRectification, entry: Entry | None, context: Context) -> Made:
    facts: Facts = context.facts
    _known(command, entry, context)
    seen = facts.inspection
    if seen is None or seen.voided_at is not None or seen.community != command.community:
        raise Refused("unknown_inspection", field="inspection")
    day = civil_day(context.at)
    if command.due_on < day:
        raise Refused("due_in_the_past", field="due_on", due_on=command.due_on.isoformat(), day=day.isoformat())
    return {}


def _commended(command: AwardCommendation, id: str, look: Look) -> Facts:
    rows = () if command.publication is None else look.rows(scores.LEDGER, publication=command.publication)
    return Facts(served(look, command.subject) if command.commended == "community" else None, tuple(rows))


def _awarded(command: AwardCommendation, entry: Entry | None, context: Context) -> Made:
    facts: Facts = context.facts
    if command.commended == "community" and facts.community is None:
        raise Refused("unknown_community", field="subject")
    if command.publication is not None and not facts.published:
        raise Refused("unknown_publication", field="publication")
    return {}


def _own(command: RecordArchiveReply, entry: Entry | None, context: Context) -> Made:
    """The right of reply is the officer's own; the office may enter it for them."""
    row = context.facts
    if context.by.role == Role.OFFICER and (row is None or row.officer != context.by.id):
        raise Refused("not_your_archive")
    return {}


def _archived(command: RecordArchiveReply, id: str, look: Look) -> Any:
    return look.row(ARCHIVES_LEDGER, id)


def _many_enough(command: ReportYouthOffenceRate, entry: Entry | None, context: Context) -> Made:
    if command.youths < FEWEST_YOUTHS:
        raise Refused("too_few_to_tell", field="youths", least=FEWEST_YOUTHS)
    if command.offenders > command.youths:
        raise Refused("numbers_do_not_fit", field="offenders")
    if re.fullmatch(YEAR, command.period) is None or int(command.period) > civil_day(context.at).year:
        raise Refused("not_a_year", field="period")
    return _known(command, entry, context)


_ARCHIVED: Final = (ArchiveEntryAdded, ArchiveReplyRecorded)
ARCHIVES: Final = kind(
    "archives", ("实绩档案", "Performance archive"),
    Step(AddArchiveEntry, ArchiveEntryAdded, OFFICE, "3.3.6"),
    Step(
        RecordArchiveReply, ArchiveReplyRecorded, OFFICERS, "3.3.6", after=(*_ARCHIVED, ArchiveFiled), at="replied_at",
        facts=_archived, check=_own,
    ),
    Step(FileArchive, ArchiveFiled, OFFICE, "3.3.6", after=_ARCHIVED, at="filed_at"),
    filters=("officer", "archive"),
)  # fmt: skip
ARCHIVES_LEDGER: Final[Ledger[Any]] = ARCHIVES.ledger(SupervisionVoided)
INSPECTIONS: Final = kind(
    "inspections", ("督导检查台账", "Inspections"),
    Step(ConductInspection, InspectionConducted, OFFICE, "3.3.7", facts=_facts, check=_known),
)  # fmt: skip
INSPECTIONS_LEDGER: Final[Ledger[Any]] = INSPECTIONS.ledger(SupervisionVoided)

FLAG_ANSWERS: Final = kind(
    "flag_answers", ("疑点说明", "Answers to flags"),
    Step(AnswerFlag, FlagAnswered, CLERKS, "3.3.7", facts=_flagged, check=_answered, heavy=True),
    filters=("flag", "month"),
)  # fmt: skip
FLAG_ANSWERS_LEDGER: Final[Ledger[Any]] = FLAG_ANSWERS.ledger(SupervisionVoided)

KINDS: Final = (
    kind(
        "organisation", ("领导小组", "Leading group"),
        Step(ConstituteLeadingGroup, LeadingGroupConstituted, OFFICE, "2", check=_seats),
    ),
    kind("portfolios", ("分工", "Portfolios"), Step(AssignPortfolio, PortfolioAssigned, OFFICE, "2")),
    kind(
        "surveys", ("问卷调查台账", "Surveys"),
        Step(ConcludeSurvey, SurveyConcluded, OFFICE, "3.1.2", facts=_facts, check=_numbers), filters=("survey",),
    ),
    kind(
        "reviews", ("群众评议台账", "Public reviews"),
        Step(RecordPublicReview, PublicReviewRecorded, OFFICE, "3.3.4", facts=_facts, check=_votes),
    ),
    kind(
        "appeals", ("申诉台账", "Appeals"),
        Step(AppealScore, ScoreAppealed, CLERKS, "3.3.5", facts=_published, check=_appealed),
        Step(
            HearAppeal, AppealHeard, OFFICE, "3.3.5", after=(ScoreAppealed,), at="heard_at", facts=appeals.facts,
            check=appeals.heard, at_head=True, by_person=True,
        ),
        Step(
            DecideAppeal, AppealDecided, OFFICE, "3.3.5", after=(AppealHeard,), at="decided_at", facts=appeals.facts,
            check=appeals.decided, at_head=True, heavy=True, by_person=True,
        ),
        filters=("publication",),
    ),
    ARCHIVES,
    FLAG_ANSWERS,
    INSPECTIONS,
    kind(
        "rectifications", ("整改台账", "Rectifications"),
        Step(OrderRectification, RectificationOrdered, OFFICE, "3.3.7", facts=_inspected, check=_ordered),
        Step(
            CompleteRectification, RectificationCompleted, OFFICE, "3.3.7",
            after=(RectificationOrdered, RectificationCompleted), at="completed_at",
        ),
        filters=("inspection",),
    ),
    kind("circulars", ("通报台账", "Circulars"), Step(IssueCircular, CircularIssued, OFFICE, "6.5")),
    kind(
        "community_plans", ("社区方案台账", "Communities' plans"),
        Step(FileCommunityPlan, CommunityPlanFiled, CLERKS, "3.4.1", facts=_facts, check=_known),
    ),
    kind(
        "summaries", ("活动总结台账", "Summaries"),
        Step(SubmitSummary, SummarySubmitted, CLERKS, "3.4.3", facts=_facts, check=_known),
    ),
    kind(
        "commendations", ("表彰台账", "Commendations"),
        Step(AwardCommendation, CommendationAwarded, OFFICE, "3.4.3", facts=_commended, check=_awarded),
    ),
    kind(
        "outcomes", ("青少年违法犯罪率", "Youth offending"),
        Step(ReportYouthOffenceRate, YouthOffenceRateReported, OFFICE, "5.6", facts=_facts, check=_many_enough),
        filters=("period",),
    ),
    kind(
        "funds", ("经费台账", "Funds"),
        Step(AllocateFunds, FundsAllocated, OFFICE, "6.3", facts=_facts, check=_known),
    ),
    kind(
        "model_cases", ("典型案例台账", "Model cases"),
        Step(RecommendModelCase, ModelCaseRecommended, CLERKS, "6.4", facts=_facts, check=_known),
    ),
)  # fmt: skip

ENTRIES: Final = Entries(
    "supervision", KINDS, VoidSupervision, SupervisionVoided, OFFICE, facts=appeals.facts, check=appeals.voided
)
