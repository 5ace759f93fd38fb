"""A command for every step of every kind of entry of all three services, in an office with one case and one meeting.

All data is invented (synthetic).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.assessment import entry_commands as supervision
from services.assessment.entries import ENTRIES as SUPERVISION
from services.assignment import entry_commands as work
from services.assignment.entries import ENTRIES as WORK
from services.intake import entry_commands as finding
from services.intake.entries import ENTRIES as FINDING
from shared.contracts.assessment_entries import (
    ArchiveKind,
    CircularKind,
    Commended,
    Finding,
    GroupPost,
    Portfolio,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.assignment_entries import (
    HelperKind,
    LawField,
    NoticePlace,
    OutreachForm,
    ReleaseReason,
    SafeUnitKind,
    Shown,
    SupportCount,
    SupportKind,
    TeamKind,
)
from shared.contracts.entries import Entries
from shared.contracts.intake_entries import (
    AreaKind,
    FireGrade,
    HazardKind,
    OpinionChannel,
    OpinionOutcome,
    OpinionTopic,
    Severity,
    VenueKind,
)
from tests.assignment.invented import WENBO

ALL: Final[tuple[Entries, ...]] = (FINDING, WORK, SUPERVISION)
MEETING, INSPECTION, PUBLICATION = "joint-1", "inspection-1", "month-2015-06.2015-07-06"
FLAG, FLAGGED = "month_end", "2015-06"
"""What entries name, and must be there before them."""
IN: Final[dict[str, Any]] = {"community": WENBO}
DUE = date(2015, 8, 1)
_LAW: Final[dict[str, Any]] = IN | {"grid": "1网格", "law": LawField.FAMILY}

_GIVEN: Final = (
    finding.RecordOpinion(
        **IN, topic=OpinionTopic.LAW, channel=OpinionChannel.CARD, opinion="想了解继承"
    ),
    finding.AnswerOpinion(outcome=OpinionOutcome.EXPLAINED, answered_by="社区", answer="已说明"),
    finding.ListKeyArea(**IN, area=AreaKind.MARKET, place="示例市场", lead_unit="综治办", due_on=DUE),
    finding.ReinspectKeyArea(passed=True, inspected_by="综治办"),
    finding.InspectVenue(**IN, venue=VenueKind.HOTEL, place="示例旅馆", inspected_by="派出所", faults=1),
    finding.ReportHazard(
        **IN, hazard=HazardKind.GAS, severity=Severity.MAJOR, place="示例小区", responsible_unit="物业", due_on=DUE
    ),
    finding.ClearHazard(checked_by="综治办"),
    finding.ReportMajorFire(**IN, grade=FireGrade.LARGER, place="示例厂房", dead=0, injured=1),
    work.PostNotice(**IN, place=NoticePlace.BOARD, shows=(Shown.NAMES, Shown.HOURS)),
    work.ReviseNotice(now_shows=(Shown.NAMES, Shown.PHOTOS), revision="补照片"),
    work.AdoptProcedure(**IN, title="工作流程"),
    work.FormPatrolTeam(**IN, team=TeamKind.STEWARDS, strength=9),
    work.CompletePatrol(**IN, team=TeamKind.STEWARDS, participants=3, minutes=60, matters=0),
    work.HoldTraining(**IN, officer="judge-1", topic="调解", attended=9, hours=2),
    work.CompleteCoachedCase(**IN, officer="judge-1", mediators=1, lesson="示例：先听后说"),
    work.HoldOutreach(**IN, grid="1网格", form=OutreachForm.LECTURE, topic="民法典", audience=40),
    work.GiveLegalAdvice(**_LAW, inquiries=4),
    work.GrantLegalAid(**_LAW, matters=1, by_unit="司法所"),
    work.ProvideSupport(**IN, unit="司法所", services=(SupportCount(kind=SupportKind.MIGRANTS, count=3),)),
    work.SettleIssue(**IN, meeting=MEETING, units=("派出所",), issue="示例：路灯"),
    work.AppointLeader(**IN, leader="leader-1", post="副书记", name="示例甲"),
    work.RelieveLeader(relieved_because="示例：调整"),
    work.CompleteLeaderVisit(**IN, leader="leader-0", purpose="调研"),
    work.EstablishEnterpriseSecurity(**IN, enterprise="示例公司", staff=2),
    work.EnrolHelper(**IN, helper=HelperKind.GUARD, name="示例乙"),
    work.ReleaseHelper(left_because=ReleaseReason.TERM),
    work.DesignateSafeUnit(**IN, unit_kind=SafeUnitKind.HOSPITAL, title="示例医院", by_unit="综治办"),
    work.FormWorkingBody(**IN, title="专班", members=5),
    supervision.ConstituteLeadingGroup(
        seats=(supervision.SeatGiven(post=GroupPost.HEAD, office="党工委书记", name="示例丙"),), office_at="综治办"
    ),
    supervision.AssignPortfolio(portfolio=Portfolio.DAILY, holder="综治办主任"),
    supervision.ConcludeSurvey(
        **IN, survey=SurveyKind.AWARENESS, method=SurveyMethod.DOOR, sample=100, valid=96, positive=95
    ),
    supervision.RecordPublicReview(**IN, meeting="debriefing-1", good=9, fair=1, poor=0),
    supervision.AppealScore(**IN, publication=PUBLICATION, grounds="示例：一件已化解"),
    supervision.HearAppeal(heard_by="领导小组", account="示例：双方陈述"),
    supervision.DecideAppeal(finding=Finding.UPHELD, decided_by="领导小组办公室", decision="示例：维持"),
    supervision.AnswerFlag(**IN, flag=FLAG, month=FLAGGED, answer="示例：月末集中送达"),
    supervision.AddArchiveEntry(officer="judge-1", archive=ArchiveKind.WORK, period="2015", entry="示例：走访十次"),
    supervision.RecordArchiveReply(reply="示例：无异议"),
    supervision.FileArchive(filed_with="区委政法委", filing="档2015-1"),
    supervision.ConductInspection(**IN, inspected_by="综治办", looked_at="台账", faults=1),
    supervision.OrderRectification(**IN, inspection=INSPECTION, due_on=DUE, order="示例：补台账"),
    supervision.CompleteRectification(passed=True, rechecked_by="综治办"),
    supervision.IssueCircular(circular=CircularKind.PRAISE, document="通1", title="表扬", communities=(WENBO,)),
    supervision.FileCommunityPlan(**IN, title="社区方案", measures=3),
    supervision.SubmitSummary(**IN, title="活动总结", practices=1),
    supervision.AwardCommendation(
        commended=Commended.COMMUNITY, subject=WENBO, award="先进", publication=PUBLICATION
    ),
    supervision.ReportYouthOffenceRate(period="2015", offenders=2, youths=1_000, by_unit="派出所"),
    supervision.AllocateFunds(amount_fen=100_000, purpose="工作室"),
    supervision.RecommendModelCase(**IN, title="物业议事会", worth_keeping="示例：三方共议"),
)  # fmt: skip
COMMANDS: Final[Mapping[type, Any]] = {type(command): command for command in _GIVEN}
"""By the command's class."""
VOIDS: Final[Mapping[str, Any]] = {
    "finding": finding.VoidFinding(reason="误登"),
    "work": work.VoidWork(reason="误登"),
    "supervision": supervision.VoidSupervision(reason="误登"),
}
"""By the category of streams."""
