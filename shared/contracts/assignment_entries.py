"""What assignment publishes of public work: notices, patrols, training, outreach, support, leaders, helpers (§3.1.2,
3.1.4, 3.2.2–3.2.6, 3.3.1, 5.3, 5.4, 6.2). Residents stand in it as numbers, never as persons."""

from typing import Annotated

from shared.contracts.codes import Named
from shared.contracts.event import Event, event, value
from shared.contracts.fields import Code, Count, Division, Line, Many, Ordinal, Sealed


class Shown(Named):
    """What a notice shows 公示内容 (§3.1.2)."""

    NAMES = "names", "姓名", "names"
    PHOTOS = "photos", "照片", "photos"
    POSTS = "posts", "职务", "posts"
    CONTACTS = "contacts", "联系方式", "contacts"
    HOURS = "hours", "进社区时间", "hours"
    DUTIES = "duties", "工作职责", "duties"
    RULES = "rules", "工作制度", "rules of work"


class NoticePlace(Named):
    """Where a notice hangs 公示位置 (§3.1.2)."""

    BOARD = "board", "社区公示栏", "the community's notice board"
    STUDIO = "studio", "三官一师工作室", "the studio"


class TeamKind(Named):
    """Who patrols 巡防力量 (§3.2.2)."""

    PROFESSIONAL = "professional", "专职巡防队", "professional patrol"
    RED_ARMBANDS = "red_armbands", "红袖章志愿者", "red-armband volunteers"
    STEWARDS = "stewards", "网格员、楼栋长、治安中心户长", "grid and building stewards"


class OutreachForm(Named):
    """How law is taught 普法形式 (§3.2.4, 5.6)."""

    CASE_TALK = "case_talk", "以案说法", "teaching by cases"
    LECTURE = "lecture", "法治讲座", "lecture"
    LEAFLETS = "leaflets", "发放资料", "leaflets"
    SCHOOL = "school", "法治进校园", "at school"
    ONLINE = "online", "线上宣传", "online"


class LawField(Named):
    """What legal advice was about 咨询领域 (§3.2.4)."""

    FAMILY = "family", "婚姻家庭", "family"
    LABOUR = "labour", "劳动", "labour"
    PROPERTY = "property", "房屋物业", "housing and property"
    DEBT = "debt", "债务合同", "debts and contracts"
    INJURY = "injury", "人身损害", "injuries"
    ADMINISTRATIVE = "administrative", "行政事务", "administrative matters"
    OTHER = "other", "其他", "other"


class SupportKind(Named):
    """Kinds of service to groups 服务帮扶类别 (§3.2.5, 5.5, 5.6)."""

    MIGRANTS = "migrants", "流动人口服务", "services for migrants"
    RELEASED = "released", "刑释解教人员帮扶", "help for released persons"
    CORRECTION = "correction", "社区矫正人员帮扶", "help for those under community correction"
    RECOVERY = "recovery", "社区戒毒（康复）帮教", "help for those in drug recovery"
    MINORS = "minors", "困境未成年人帮扶", "help for minors in difficulty"
    ELDERLY = "elderly", "孤老病残帮扶", "help for the old and the ill"


class HelperKind(Named):
    """The five kinds of helper 五员 (§5.3)."""

    PATROL = "patrol", "巡防队员", "patrol member"
    GUARD = "guard", "保安员", "security guard"
    MEDIATOR = "mediator", "民调员", "people's mediator"
    WARDEN = "warden", "协管员", "warden"
    BUILDING = "building", "楼院管理员", "building steward"


class ReleaseReason(Named):
    """Why a helper leaves 离任原因 (§5.3)."""

    TERM = "term", "期满", "the term ran out"
    OWN_WISH = "own_wish", "本人申请", "own wish"
    MOVED = "moved", "迁离", "moved away"
    UNFIT = "unfit", "不适任", "unfit for it"


class SafeUnitKind(Named):
    """What may be a safe unit 平安创建类型 (§5.4)."""

    COMMUNITY = "community", "平安社区（村）", "safe community"
    SCHOOL = "school", "平安校园", "safe school"
    HOSPITAL = "hospital", "平安医院", "safe hospital"
    BUILDING = "building", "平安楼宇", "safe building"
    MARKET = "market", "平安市场", "safe market"
    ENTERPRISE = "enterprise", "平安企业", "safe enterprise"


@event("sanguan.assignment.notice-posted.v1")
class NoticePosted(Event):
    """A notice of who serves the community was hung up 公示 (§3.1.2)."""

    community: Division
    place: NoticePlace
    shows: Annotated[tuple[Shown, ...], Many(7)]


@event("sanguan.assignment.notice-revised.v1")
class NoticeRevised(Event):
    """A notice was brought up to date 公示更新 (§3.1.2)."""

    now_shows: Annotated[tuple[Shown, ...], Many(7)]
    revision: Line
    """What has changed about it."""


@event("sanguan.assignment.procedure-adopted.v1")
class ProcedureAdopted(Event):
    """A community adopted a work procedure or rule 工作流程和制度 (§3.1.4)."""

    community: Division
    title: Line
    document: Code | None


@event("sanguan.assignment.patrol-team-formed.v1")
class PatrolTeamFormed(Event):
    """A patrol team was formed 巡防队伍 (§3.2.2); its members as a number."""

    community: Division
    team: TeamKind
    strength: Ordinal


@event("sanguan.assignment.patrol-completed.v1")
class PatrolCompleted(Event):
    """A patrol was done 巡逻 (§3.2.2, 5.2)."""

    community: Division
    grid: Code | None
    team: TeamKind
    participants: Ordinal
    minutes: Ordinal
    matters: Count
    """How many things were noticed; each is entered where it belongs."""


@event("sanguan.assignment.training-held.v1")
class TrainingHeld(Event):
    """Mediators were trained 调解员培训 (§3.2.3)."""

    community: Division
    officer: Code | None
    """Who taught, of those enrolled; none for others."""
    topic: Line
    attended: Ordinal
    hours: Ordinal


@event("sanguan.assignment.coached-case-completed.v1")
class CoachedCaseCompleted(Event):
    """An officer took mediators along through a case 传帮带 (§3.2.3)."""

    community: Division
    officer: Code
    case: Code | None
    mediators: Ordinal
    """How many learned by it."""
    lesson: Sealed


@event("sanguan.assignment.outreach-held.v1")
class OutreachHeld(Event):
    """Law was taught to the public 普法宣传 (§3.2.4, 5.2, 5.6)."""

    community: Division
    grid: Code | None
    form: OutreachForm
    topic: Line
    audience: Count


@event("sanguan.assignment.legal-advice-given.v1")
class LegalAdviceGiven(Event):
    """Residents' questions of law were answered 法律咨询 (§3.2.4, 5.2): how many."""

    community: Division
    grid: Code | None
    law: LawField
    inquiries: Ordinal


@event("sanguan.assignment.legal-aid-granted.v1")
class LegalAidGranted(Event):
    """Legal aid was granted 法律援助 (§3.2.4, 5.2): how many matters."""

    community: Division
    grid: Code | None
    law: LawField
    matters: Ordinal
    by_unit: Line


@value
class SupportCount:
    """How many services of a kind were given."""

    kind: SupportKind
    count: Ordinal


@event("sanguan.assignment.support-provided.v1")
class SupportProvided(Event):
    """Services to groups were given 服务帮扶 (§3.2.5, 5.5, 5.6): counts per kind, never a person."""

    community: Division
    unit: Line
    services: Annotated[tuple[SupportCount, ...], Many(20)]


@event("sanguan.assignment.issue-settled.v1")
class IssueSettled(Event):
    """A joint conference settled a real problem 联席会议解决问题 (§3.2.6)."""

    community: Division
    meeting: Code
    units: Annotated[tuple[Line, ...], Many(30)]
    """Who took part in settling it."""
    issue: Sealed


@event("sanguan.assignment.leader-appointed.v1")
class LeaderAppointed(Event):
    """A leader of the sub-district answers for the community 领导包抓 (§3.3.1)."""

    community: Division
    leader: Code
    """A pseudonym."""
    post: Line
    name: Sealed


@event("sanguan.assignment.leader-relieved.v1")
class LeaderRelieved(Event):
    """A leader no longer answers for the community 不再包抓 (§3.3.1)."""

    relieved_because: Sealed


@event("sanguan.assignment.leader-visit-completed.v1")
class LeaderVisitCompleted(Event):
    """A leader came to the community 领导下社区 (§3.3.1)."""

    community: Division
    leader: Code
    purpose: Line
    heard: Sealed | None


@event("sanguan.assignment.enterprise-security-established.v1")
class EnterpriseSecurityEstablished(Event):
    """An enterprise has its own security body 企业内部保卫组织 (§5.3)."""

    community: Division
    enterprise: Line
    staff: Ordinal


@event("sanguan.assignment.helper-enrolled.v1")
class HelperEnrolled(Event):
    """One of the five kinds of helper was enrolled 五员 (§5.3)."""

    community: Division
    helper: HelperKind
    name: Sealed


@event("sanguan.assignment.helper-released.v1")
class HelperReleased(Event):
    """A helper left 离任 (§5.3)."""

    left_because: ReleaseReason


@event("sanguan.assignment.safe-unit-designated.v1")
class SafeUnitDesignated(Event):
    """A unit was recognised as safe 平安创建 (§5.4)."""

    community: Division
    unit_kind: SafeUnitKind
    title: Line
    by_unit: Line


@event("sanguan.assignment.working-body-formed.v1")
class WorkingBodyFormed(Event):
    """The community formed its working body 工作机构 (§6.2)."""

    community: Division
    title: Line
    members: Ordinal


@event("sanguan.assignment.work-voided.v1")
class WorkVoided(Event):
    """An entry was made void 作废 (§3.1.4): it counts nowhere, and stays in the record."""

    kind: Code
    """Its ledger."""
    reason: Sealed


EVENTS = (
    NoticePosted, NoticeRevised, ProcedureAdopted, PatrolTeamFormed, PatrolCompleted, TrainingHeld,
    CoachedCaseCompleted, OutreachHeld, LegalAdviceGiven, LegalAidGranted, SupportProvided, IssueSettled,
    LeaderAppointed, LeaderRelieved, LeaderVisitCompleted, EnterpriseSecurityEstablished, HelperEnrolled,
    HelperReleased, SafeUnitDesignated, WorkingBodyFormed, WorkVoided,
)  # fmt: skip
