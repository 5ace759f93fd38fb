"""What assignment may be asked to enter of public work. Times, ids and actors come in the context."""

from typing import Annotated

from shared.contracts.assignment_entries import (
    HelperKind,
    LawField,
    NoticePlace,
    OutreachForm,
    ReleaseReason,
    SafeUnitKind,
    Shown,
    SupportCount,
    TeamKind,
)
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Division, Line, Many, Note, Ordinal, PersonName, Statement


@value
class PostNotice:
    """Hang up who serves the community, when and how to reach them 公示 (§3.1.2)."""

    community: Division
    place: NoticePlace
    shows: Annotated[tuple[Shown, ...], Many(7)]


@value
class ReviseNotice:
    """Bring a notice up to date 公示更新 (§3.1.2)."""

    now_shows: Annotated[tuple[Shown, ...], Many(7)]
    revision: Line
    """What has changed about it."""


@value
class AdoptProcedure:
    """Enter a work procedure or rule that the community adopted 建章立制 (§3.1.4)."""

    community: Division
    title: Line
    document: Code | None = None


@value
class FormPatrolTeam:
    """Enter a patrol team 组建巡防队伍 (§3.2.2)."""

    community: Division
    team: TeamKind
    strength: Ordinal


@value
class CompletePatrol:
    """Record a patrol 巡逻 (§3.2.2, 5.2)."""

    community: Division
    grid: Code | None = None
    team: TeamKind
    participants: Ordinal
    minutes: Ordinal
    matters: Count
    """How many things were noticed; each is entered where it belongs."""


@value
class HoldTraining:
    """Record a training of mediators 培训 (§3.2.3)."""

    community: Division
    officer: Code | None = None
    """Who taught, of those enrolled; none for others."""
    topic: Line
    attended: Ordinal
    hours: Ordinal


@value
class CompleteCoachedCase:
    """Record a case by which mediators learned 传帮带 (§3.2.3)."""

    community: Division
    officer: Code
    case: Code | None = None
    mediators: Ordinal
    """How many learned by it."""
    lesson: Note


@value
class HoldOutreach:
    """Record that law was taught to the public 普法宣传 (§3.2.4, 5.2, 5.6)."""

    community: Division
    grid: Code | None = None
    form: OutreachForm
    topic: Line
    audience: Count


@value
class GiveLegalAdvice:
    """Record legal advice 法律咨询 (§3.2.4, 5.2): how many were answered."""

    community: Division
    grid: Code | None = None
    law: LawField
    inquiries: Ordinal


@value
class GrantLegalAid:
    """Record legal aid 法律援助 (§3.2.4, 5.2): how many matters."""

    community: Division
    grid: Code | None = None
    law: LawField
    matters: Ordinal
    by_unit: Line


@value
class ProvideSupport:
    """Record services to groups 服务帮扶 (§3.2.5, 5.5, 5.6): counts, never a person."""

    community: Division
    unit: Line
    services: Annotated[tuple[SupportCount, ...], Many(20)]


@value
class SettleIssue:
    """Record a real problem that a joint conference settled 解决问题 (§3.2.6)."""

    community: Division
    meeting: Code
    units: Annotated[tuple[Line, ...], Many(30)]
    """Who took part in settling it."""
    issue: Note


@value
class AppointLeader:
    """Make a leader answer for the community 领导包抓 (§3.3.1)."""

    community: Division
    leader: Code
    """A pseudonym."""
    post: Line
    name: PersonName


@value
class RelieveLeader:
    """Say that a leader no longer answers for it (§3.3.1)."""

    relieved_because: Note


@value
class CompleteLeaderVisit:
    """Record a leader's visit 领导下社区 (§3.3.1)."""

    community: Division
    leader: Code
    purpose: Line
    heard: Statement | None = None


@value
class EstablishEnterpriseSecurity:
    """Enter an enterprise's own security body 企业内保 (§5.3)."""

    community: Division
    enterprise: Line
    staff: Ordinal


@value
class EnrolHelper:
    """Enter one of the five kinds of helper 五员 (§5.3)."""

    community: Division
    helper: HelperKind
    name: PersonName


@value
class ReleaseHelper:
    """Say that a helper left 离任 (§5.3)."""

    left_because: ReleaseReason


@value
class DesignateSafeUnit:
    """Enter a unit that was recognised as safe 平安创建 (§5.4)."""

    community: Division
    unit_kind: SafeUnitKind
    title: Line
    by_unit: Line


@value
class FormWorkingBody:
    """Enter the community's working body 工作机构 (§6.2)."""

    community: Division
    title: Line
    members: Ordinal


@value
class VoidWork:
    """Make a mistaken entry void 作废; enter the matter anew with its true days."""

    reason: Note
