"""Assignment's entries 群众工作: notices, patrols, training, outreach, support, leaders, helpers (§3.1–3.3, 5.3, 5.4,
6.2)."""

from typing import Any, Final

from services.assignment.entry_commands import (
    AdoptProcedure,
    AppointLeader,
    CompleteCoachedCase,
    CompleteLeaderVisit,
    CompletePatrol,
    DesignateSafeUnit,
    EnrolHelper,
    EstablishEnterpriseSecurity,
    FormPatrolTeam,
    FormWorkingBody,
    GiveLegalAdvice,
    GrantLegalAid,
    HoldOutreach,
    HoldTraining,
    PostNotice,
    ProvideSupport,
    ReleaseHelper,
    RelieveLeader,
    ReviseNotice,
    SettleIssue,
    VoidWork,
)
from services.assignment.ledgers import communities, meetings, officers
from services.assignment.roles import CLERKS, LEADERS, OFFICE, OFFICERS
from shared.contracts.assignment_entries import (
    CoachedCaseCompleted,
    EnterpriseSecurityEstablished,
    HelperEnrolled,
    HelperReleased,
    IssueSettled,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    LegalAdviceGiven,
    LegalAidGranted,
    NoticePosted,
    NoticeRevised,
    OutreachHeld,
    PatrolCompleted,
    PatrolTeamFormed,
    ProcedureAdopted,
    SafeUnitDesignated,
    SupportProvided,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.contracts.codes import MeetingKind
from shared.contracts.days import civil_day
from shared.contracts.entries import Entries, Entry, Kind, Step, kind
from shared.contracts.event import Event
from shared.contracts.frozen import dataclass
from shared.contracts.model import Context, Ledger, Look, Refused


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of what a command names."""

    community: communities.Row | None = None
    officer: officers.Row | None = None
    meeting: meetings.Row | None = None
    leaders: tuple[Any, ...] = ()
    """The appointments of the leader named, in this community."""


def _facts(command: Any, id: str, look: Look) -> Facts:
    officer, meeting = getattr(command, "officer", None), getattr(command, "meeting", None)
    return Facts(
        community=look.row(communities.LEDGER, command.community),
        officer=None if officer is None else look.row(officers.LEDGER, officer),
        meeting=None if meeting is None else look.row(meetings.LEDGER, meeting),
    )


def _known(command: Any, entry: Entry | None, context: Context) -> dict[str, Any]:
    """The community is registered, and the officer enrolled."""
    facts: Facts = context.facts
    if facts.community is None:
        raise Refused("unknown_community", field="community")
    if getattr(command, "officer", None) is not None and facts.officer is None:
        raise Refused("officer_not_enrolled", field="officer")
    return {}


def _counted(command: ProvideSupport, entry: Entry | None, context: Context) -> dict[str, Any]:
    """Something was given, and each kind is counted once."""
    kinds = [one.kind for one in command.services]
    if not kinds:
        raise Refused("nothing_given", field="services")
    if len(set(kinds)) < len(kinds):
        raise Refused("counted_twice", field="services")
    return _known(command, entry, context)


def _of_a_joint_conference(command: SettleIssue, entry: Entry | None, context: Context) -> dict[str, Any]:
    """The meeting was a joint conference of the community, and was held by then."""
    facts: Facts = context.facts
    if facts.meeting is None or facts.meeting.voided_at is not None:
        raise Refused("unknown_meeting", field="meeting")
    if facts.meeting.kind is not MeetingKind.JOINT or facts.meeting.community != command.community:
        raise Refused("not_a_joint_conference", field="meeting")
    if context.at < facts.meeting.held_at:
        times = {"occurred_at": context.at.isoformat(), "held_at": facts.meeting.held_at.isoformat()}
        raise Refused("before_held", field="occurred_at", **times)
    return _known(command, entry, context)


def _appointments(command: CompleteLeaderVisit, id: str, look: Look) -> Facts:
    rows = look.rows(LEADERS_LEDGER, community=command.community)
    return Facts(
        community=look.row(communities.LEDGER, command.community),
        leaders=tuple(row for row in rows if row.leader == command.leader),
    )


def _answers_for_it(command: CompleteLeaderVisit, entry: Entry | None, context: Context) -> dict[str, Any]:
    """The leader answered for the community on that day."""
    facts: Facts = context.facts
    day = civil_day(context.at)
    if not any(_in_office(row, day) for row in facts.leaders):
        raise Refused("not_its_leader", field="leader", leader=command.leader, day=day.isoformat())
    return _known(command, entry, context)


def _in_office(row: Any, day: Any) -> bool:
    begun = row.voided_at is None and civil_day(row.happened_at) <= day
    return begun and (row.relieved_at is None or day <= civil_day(row.relieved_at))


def _line(
    name: str, zh: str, en: str, command: type, event: type[Event], by: frozenset[str], clause: str, *later: Step,
    check: Any = _known, facts: Any = _facts, filters: tuple[str, ...] = (),
) -> Kind:  # fmt: skip
    """A kind that belongs to a registered community."""
    return kind(name, (zh, en), Step(command, event, by, clause, facts=facts, check=check), *later, filters=filters)


NOTICE = Step(
    ReviseNotice, NoticeRevised, CLERKS, "3.1.2", after=(NoticePosted, NoticeRevised), at="revised_at"
)  # fmt: skip
RELEASE = Step(ReleaseHelper, HelperReleased, CLERKS, "5.3", after=(HelperEnrolled,), at="left_at")
RELIEVE = Step(RelieveLeader, LeaderRelieved, OFFICE, "3.3.1", after=(LeaderAppointed,), at="relieved_at")
LEADING: Final = _line(
    "leaders", "领导包抓台账", "Leaders who answer", AppointLeader, LeaderAppointed, OFFICE, "3.3.1", RELIEVE,
    filters=("leader",),
)  # fmt: skip
LEADERS_LEDGER: Final[Ledger[Any]] = LEADING.ledger(WorkVoided)

KINDS: Final = (
    _line("notices", "公示台账", "Notices", PostNotice, NoticePosted, CLERKS, "3.1.2", NOTICE, filters=("place",)),
    _line("procedures", "制度台账", "Procedures", AdoptProcedure, ProcedureAdopted, CLERKS, "3.1.4"),
    _line(
        "patrol_teams", "巡防队伍台账", "Patrol teams", FormPatrolTeam, PatrolTeamFormed, CLERKS, "3.2.2",
        filters=("team",),
    ),
    _line(
        "patrols", "巡逻台账", "Patrols", CompletePatrol, PatrolCompleted, OFFICERS, "3.2.2", filters=("grid", "team")
    ),
    _line(
        "training", "调解员培训台账", "Training of mediators", HoldTraining, TrainingHeld, OFFICERS, "3.2.3",
        filters=("officer",),
    ),
    _line(
        "coached_cases", "传帮带台账", "Coached cases", CompleteCoachedCase, CoachedCaseCompleted, OFFICERS, "3.2.3",
        filters=("officer",),
    ),
    _line(
        "outreach", "普法宣传台账", "Law outreach", HoldOutreach, OutreachHeld, OFFICERS, "3.2.4",
        filters=("grid", "form"),
    ),
    _line(
        "legal_advice", "法律咨询台账", "Legal advice", GiveLegalAdvice, LegalAdviceGiven, OFFICERS, "3.2.4",
        filters=("grid", "law"),
    ),
    _line(
        "legal_aid", "法律援助台账", "Legal aid", GrantLegalAid, LegalAidGranted, OFFICERS, "3.2.4",
        filters=("grid", "law"),
    ),
    _line(
        "support", "服务帮扶台账", "Services to groups", ProvideSupport, SupportProvided, OFFICERS, "3.2.5",
        check=_counted,
    ),
    _line(
        "issues_settled", "联席会议解决问题台账", "Problems settled", SettleIssue, IssueSettled, CLERKS, "3.2.6",
        check=_of_a_joint_conference, filters=("meeting",),
    ),
    LEADING,
    _line(
        "leader_visits", "领导下社区台账", "Leader visits", CompleteLeaderVisit, LeaderVisitCompleted, LEADERS, "3.3.1",
        check=_answers_for_it, facts=_appointments, filters=("leader",),
    ),
    _line(
        "enterprise_security", "企业内保台账", "Enterprises' own security", EstablishEnterpriseSecurity,
        EnterpriseSecurityEstablished, CLERKS, "5.3",
    ),
    _line("helpers", "五员台账", "Helpers", EnrolHelper, HelperEnrolled, CLERKS, "5.3", RELEASE, filters=("helper",)),
    _line(
        "safe_units", "平安创建台账", "Safe units", DesignateSafeUnit, SafeUnitDesignated, OFFICE, "5.4",
        filters=("unit_kind",),
    ),
    _line("working_bodies", "工作机构台账", "Working bodies", FormWorkingBody, WorkingBodyFormed, CLERKS, "6.2"),
)  # fmt: skip

ENTRIES: Final = Entries("work", KINDS, VoidWork, WorkVoided, CLERKS)
