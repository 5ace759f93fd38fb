"""Synthetic entries of work, findings and supervision, by what the evidence calls them: all in them is invented."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.assessment.ledgers import deeds
from shared.contracts.assessment import Work
from shared.contracts.assessment_entries import (
    ArchiveEntryAdded,
    ArchiveFiled,
    ArchiveKind,
    CircularIssued,
    CircularKind,
    CommendationAwarded,
    Commended,
    CommunityPlanFiled,
    FundsAllocated,
    GroupPost,
    InspectionConducted,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    Seat,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    SurveyKind,
    SurveyMethod,
    YouthOffenceRateReported,
)
from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    EnterpriseSecurityEstablished,
    HelperEnrolled,
    HelperKind,
    HelperReleased,
    LawField,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    LegalAdviceGiven,
    LegalAidGranted,
    NoticePlace,
    NoticePosted,
    OutreachForm,
    OutreachHeld,
    PatrolCompleted,
    ProcedureAdopted,
    ReleaseReason,
    Shown,
    SupportCount,
    SupportKind,
    SupportProvided,
    TeamKind,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.contracts.intake_entries import (
    AreaKind,
    FindingVoided,
    FireGrade,
    HazardCleared,
    HazardFound,
    HazardKind,
    KeyAreaListed,
    KeyAreaReinspected,
    MajorFireReported,
    OpinionAnswered,
    OpinionChannel,
    OpinionOutcome,
    OpinionRecorded,
    OpinionTopic,
    Severity,
    VenueInspected,
    VenueKind,
)

VOID: Final[Mapping[str, Any]] = {
    "work": WorkVoided(kind="any", reason="误录"),
    "finding": FindingVoided(kind="any", reason="误录"),
    "supervision": SupervisionVoided(kind="any", reason="误录"),
}
"""What makes an entry void, by the category of its stream."""


@dataclass(frozen=True)
class Entry:
    """How a kind of entry is made."""

    category: str
    """Of its stream."""
    begins: Callable[[str, date], Any]
    """By its community and, of what must be dealt with, the day by which."""
    goes_on: tuple[Any, ...] = ()
    """What may follow it, in the same stream."""


def _survey(kind: SurveyKind) -> Callable[[str, date], Any]:
    return lambda code, due: SurveyConcluded(
        community=code, survey=kind, method=SurveyMethod.DOOR, sample=100, valid=90, positive=81
    )


ENTRIES: Final[Mapping[str, Entry]] = {
    Work.LEADING_GROUP: Entry(
        "supervision",
        lambda code, due: LeadingGroupConstituted(
            seats=(Seat(post=GroupPost.HEAD, office="街道", name="sealed:n"),), office_at="综治办"
        ),
    ),
    Work.NOTICE: Entry(
        "work", lambda code, due: NoticePosted(community=code, place=NoticePlace.BOARD, shows=(Shown.NAMES,))
    ),
    Work.PROCEDURE: Entry("work", lambda code, due: ProcedureAdopted(community=code, title="流程", document=None)),
    Work.WORKING_BODY: Entry("work", lambda code, due: WorkingBodyFormed(community=code, title="机构", members=5)),
    Work.COMMUNITY_PLAN: Entry(
        "supervision", lambda code, due: CommunityPlanFiled(community=code, title="方案", measures=3)
    ),
    Work.LEADER: Entry(
        "work",
        lambda code, due: LeaderAppointed(community=code, leader="leader-1", post="副主任", name="sealed:n"),
        (LeaderRelieved(relieved_because="调整"),),
    ),
    Work.LEADER_VISIT: Entry(
        "work",
        lambda code, due: LeaderVisitCompleted(community=code, leader="leader-1", purpose="调研", heard=None),
    ),
    Work.PATROL: Entry(
        "work",
        lambda code, due: PatrolCompleted(
            community=code, grid="01", team=TeamKind.RED_ARMBANDS, participants=3, minutes=60, matters=0
        ),
    ),
    Work.TRAINING: Entry(
        "work", lambda code, due: TrainingHeld(community=code, officer=None, topic="调解", attended=9, hours=2)
    ),
    Work.OUTREACH: Entry(
        "work",
        lambda code, due: OutreachHeld(
            community=code, grid="01", form=OutreachForm.LECTURE, topic="普法", audience=30
        ),
    ),
    Work.COACHED_CASE: Entry(
        "work",
        lambda code, due: CoachedCaseCompleted(
            community=code, officer="judge-1", case=None, mediators=2, lesson="sealed:l"
        ),
    ),
    Work.ADVICE: Entry(
        "work", lambda code, due: LegalAdviceGiven(community=code, grid=None, law=LawField.FAMILY, inquiries=4)
    ),
    Work.AID: Entry(
        "work",
        lambda code, due: LegalAidGranted(
            community=code, grid="01", law=LawField.LABOUR, matters=1, by_unit="虚构法援中心"
        ),
    ),
    Work.SUPPORT: Entry(
        "work",
        lambda code, due: SupportProvided(
            community=code, unit="综治办", services=(SupportCount(kind=SupportKind.MIGRANTS, count=7),)
        ),
    ),
    Work.HELPER: Entry(
        "work",
        lambda code, due: HelperEnrolled(community=code, helper=HelperKind.GUARD, name="sealed:n"),
        (HelperReleased(left_because=ReleaseReason.TERM),),
    ),
    Work.ENTERPRISE_SECURITY: Entry(
        "work", lambda code, due: EnterpriseSecurityEstablished(community=code, enterprise="虚构公司", staff=6)
    ),
    Work.VENUE: Entry(
        "finding",
        lambda code, due: VenueInspected(
            community=code, venue=VenueKind.HOTEL, place="虚构旅馆", inspected_by="派出所", faults=1, ordered=None
        ),
    ),
    Work.REVIEW: Entry(
        "supervision",
        lambda code, due: PublicReviewRecorded(
            community=code, meeting="meeting-1", officer=None, good=8, fair=1, poor=1
        ),
    ),
    Work.INSPECTION: Entry(
        "supervision",
        lambda code, due: InspectionConducted(community=code, inspected_by="综治办", looked_at="台账", faults=0),
    ),
    Work.CIRCULAR: Entry(
        "supervision",
        lambda code, due: CircularIssued(
            circular=CircularKind.PROGRESS, document="D-1", title="通报", communities=(code,)
        ),
    ),
    "survey/awareness": Entry("supervision", _survey(SurveyKind.AWARENESS)),
    "survey/satisfaction": Entry("supervision", _survey(SurveyKind.SATISFACTION)),
    Work.SUMMARY: Entry("supervision", lambda code, due: SummarySubmitted(community=code, title="总结", practices=1)),
    Work.MODEL_CASE: Entry(
        "supervision",
        lambda code, due: ModelCaseRecommended(community=code, case=None, title="典型", worth_keeping="sealed:w"),
    ),
    Work.COMMENDATION: Entry(
        "supervision",
        lambda code, due: CommendationAwarded(
            commended=Commended.COMMUNITY, subject=code, award="先进", publication=None
        ),
    ),
    Work.FUNDS: Entry(
        "supervision",
        lambda code, due: FundsAllocated(community=None, amount_fen=100_000, purpose="工作经费", document=None),
    ),
    Work.ARCHIVE: Entry(
        "supervision",
        lambda code, due: ArchiveEntryAdded(
            officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="sealed:e"
        ),
        (ArchiveFiled(filed_with="区委政法委", filing="F-1"),),
    ),
    deeds.YOUTH_RATE: Entry(
        "supervision",
        lambda code, due: YouthOffenceRateReported(
            community=None, period="2015", offenders=1, youths=200, by_unit="派出所"
        ),
    ),
    deeds.MAJOR_FIRE: Entry(
        "finding",
        lambda code, due: MajorFireReported(
            community=code, grade=FireGrade.MAJOR, place="虚构市场", dead=0, injured=1, loss_fen=None
        ),
    ),
    deeds.HAZARD: Entry(
        "finding",
        lambda code, due: HazardFound(
            community=code, grid="01", hazard=HazardKind.FIRE, severity=Severity.GENERAL, place="虚构楼道",
            responsible_unit="物业", due_on=due,
        ),
        (HazardCleared(checked_by="社区", how=None),),
    ),
    deeds.KEY_AREA: Entry(
        "finding",
        lambda code, due: KeyAreaListed(
            community=code, grid=None, area=AreaKind.MARKET, place="虚构市场", lead_unit="综治办", due_on=due
        ),
        (
            KeyAreaReinspected(passed=False, inspected_by="综治办", inspection_note=None),
            KeyAreaReinspected(passed=True, inspected_by="综治办", inspection_note=None),
            KeyAreaReinspected(passed=False, inspected_by="综治办", inspection_note=None),
        ),
    ),
    deeds.RECTIFICATION: Entry(
        "supervision",
        lambda code, due: RectificationOrdered(
            community=code, inspection="inspection-1", due_on=due, order="sealed:o"
        ),
        (
            RectificationCompleted(passed=False, rechecked_by="综治办", outcome=None),
            RectificationCompleted(passed=True, rechecked_by="综治办", outcome=None),
        ),
    ),
    deeds.OPINION: Entry(
        "finding",
        lambda code, due: OpinionRecorded(
            community=code, grid=None, topic=OpinionTopic.LAW, channel=OpinionChannel.VISIT, opinion="sealed:o"
        ),
        (OpinionAnswered(outcome=OpinionOutcome.EXPLAINED, answered_by="司法所", answer="sealed:a"),),
    ),
}  # fmt: skip
"""By the evidence's name of the work; surveys by what was asked, too."""
