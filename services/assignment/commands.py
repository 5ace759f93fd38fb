"""What assignment may be asked: who serves where, and the work done. Times, ids and actors come in the context."""

from typing import Annotated

from shared.contracts.assignment import Confirmation, Performance
from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    CaseStatus,
    MeetingKind,
    PostingEnd,
    Profession,
    Termination,
    Tier,
)
from shared.contracts.event import value
from shared.contracts.fields import (
    Code,
    Count,
    Day,
    Division,
    Line,
    Many,
    Moment,
    Month,
    Name,
    Note,
    Ordinal,
    PersonName,
    Phone,
    Statement,
)

# directory/<log> -------------------------------------------------------------------------------------------------


@value
class RegisterCommunity:
    """Enter a community 社区 or village 村 of the sub-district (§3.1.1)."""

    code: Division
    """Twelve digits that begin with the sub-district's nine."""
    name: Name
    grids: Annotated[tuple[Code, ...], Many(500)]
    households: Count


# community/<code> ------------------------------------------------------------------------------------------------


@value
class OpenStudio:
    """Open the community's 三官一师 studio 工作室 (§3.1.1)."""

    place: Line


@value
class CloseStudio:
    """Close the studio."""

    reason: Note


@value
class IssueContactCards:
    """Give contact cards 便民联系卡 to households (§3.3.2)."""

    households: Ordinal
    """How many households got one this time."""


# officer/<id> ----------------------------------------------------------------------------------------------------


@value
class EnrolOfficer:
    """Enter a judge, prosecutor, police officer or lawyer (§3.1.3)."""

    profession: Profession
    unit: Line
    name: PersonName
    phone: Phone | None = None


# roster/<community code> -----------------------------------------------------------------------------------------


@value
class PostOfficer:
    """Post an officer to the community 派驻 (§3.1.3). The profession is that of the enrolment."""

    community: Division
    officer: Code
    from_day: Day


@value
class SetVisitTimes:
    """Say when the officer comes to the community 下社区时间 (§3.1.3)."""

    community: Division
    officer: Code
    times: Line


@value
class EndPosting:
    """End a posting 调离 (§3.1.3)."""

    community: Division
    officer: Code
    last_day: Day
    reason: PostingEnd


# handling/<case id> ----------------------------------------------------------------------------------------------


@value
class OpenHandling:
    """An accepted or reopened case comes to those who handle it; sent by a reaction only."""

    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    reported_at: Moment
    due_on: Day


@value
class AssignHandler:
    """Make an officer answer for the case 承办."""

    officer: Code


@value
class ReplaceHandler:
    """Give the case to another officer 更换承办人."""

    officer: Code
    reason: Note


@value
class DeclareConflict:
    """Declare an officer's conflict of interest 回避."""

    officer: Code
    reason: Note


@value
class PlanVisit:
    """Plan a visit to a household 走访 (§3.3.2)."""

    officer: Code
    on: Day
    must: bool
    """Whether it is one of the three must-visits 必访."""
    visit: Code | None = None
    """The visit's id; by default the case's next: `v1`, `v2`, …"""


@value
class CompleteVisit:
    """Record that a planned visit took place, and what was heard 民情日记 (§3.3.2)."""

    visit: Code
    officer: Code | None = None
    """Who came; by default the officer of the plan."""
    diary: Statement | None = None


@value
class DeclineVisit:
    """Record that the household declined a planned visit, as it may (§3.3.2)."""

    visit: Code
    reason: Note


@value
class RecordConsent:
    """Record that a party agrees to mediation (人民调解法 17)."""

    party: Ordinal
    """Counted from 1 in the order of the report."""


@value
class WithdrawConsent:
    """Record that a party no longer agrees to mediation (人民调解法 17, 26)."""

    party: Ordinal


@value
class HoldMediation:
    """Record a mediation session 调解."""

    officers: Annotated[tuple[Code, ...], Many(50)]
    """At least one."""
    place: Note
    record: Statement | None = None


@value
class ReachAgreement:
    """Record that the parties agreed (人民调解法 28, 29); the case is resolved by it."""

    form: AgreementForm
    terms: Statement | None = None
    tier: Tier = Tier.COMMUNITY
    """Where it was settled."""


@value
class TerminateMediation:
    """End mediation without an agreement (人民调解法 26); the case is terminated by it."""

    reason: Termination
    remedies_told: bool
    """Whether the parties were told of arbitration, administrative and judicial remedies."""


@value
class CheckPerformance:
    """Record whether the agreement is kept 履行回访 (人民调解法 31); as often as needed, after the case is over too."""

    performance: Performance
    note: Note | None = None


@value
class OfferJudicialConfirmation:
    """Tell the parties that a court may confirm the agreement 告知司法确认, within thirty days (人民调解法 33)."""


@value
class RecordJudicialConfirmation:
    """Record what came of judicial confirmation 司法确认 (人民调解法 33)."""

    confirmation: Confirmation
    document: Code | None = None


@value
class SignResponsibilityLetter:
    """Sign for a handed-down case 签订包案稳控责任书 (§3.4.1, 5.1)."""

    unit: Line
    person: PersonName
    contact_days: Ordinal


@value
class OpenHandover:
    """The handler's posting ended; sent by a reaction only."""

    officer: Code


@value
class CompleteHandover:
    """Hand the case over to an officer who is posted here 移交 (§3.1.3)."""

    officer: Code
    note: Note | None = None


@value
class EndHandling:
    """The case is over at intake; sent by a reaction only."""

    status: CaseStatus


# meeting/<id> ----------------------------------------------------------------------------------------------------


@value
class ConveneMeeting:
    """Record a meeting 会议 (§3.2.6, 3.3.3, 3.3.4, 3.4.1)."""

    community: Division
    kind: MeetingKind
    month: Month
    """The month that it answers for."""
    attended: Ordinal
    subject: Note


@value
class SubmitMinutes:
    """Submit the minutes of a meeting to the office 会议纪要 (§3.3.3)."""

    decisions: Annotated[tuple[Note, ...], Many(100)]
