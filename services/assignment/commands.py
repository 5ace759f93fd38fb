"""What assignment may be asked: who serves where, and the work done. Times, ids and actors come in the context."""

from typing import Annotated

from shared.contracts.assignment import CommunityAct, Confirmation, Performance, WorkAct
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
    Days,
    Division,
    HouseholdClass,
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
class DeclareSynthetic:
    """Say that everything and everyone in this log will be invented 合成数据声明 (§3.1.4). Only before the first
    community is registered, and for ever."""

    code: Division
    """The sub-district's nine digits."""
    made_by: Line
    """What or which institution makes the data up."""


@value
class RegisterCommunity:
    """Enter a community 社区 or village 村 of the sub-district (§3.1.1)."""

    code: Division
    """Twelve digits that begin with the sub-district's nine."""
    name: Name
    grids: Annotated[tuple[Code, ...], Many(500)]
    households: Count


@value
class CorrectCommunity:
    """Put what was entered of a community right 更正, or bring it up to date; what is None stays (§3.1.1)."""

    code: Division
    reason: Note
    name: Name | None = None
    grids: Annotated[tuple[Code, ...], Many(500)] | None = None
    households: Count | None = None


@value
class VoidCommunity:
    """Take out a community that was entered by mistake 作废, as long as nobody serves it (§3.1.1)."""

    code: Division
    reason: Note


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


@value
class RetractCommunityWork:
    """Take back an opening or a closing of the studio, or contact cards, that were recorded by mistake 撤销登记
    (§3.1.1, 3.3.2)."""

    act: CommunityAct
    reason: Note
    households: Ordinal | None = None
    """Of contact cards: for how many households."""


# officer/<id> ----------------------------------------------------------------------------------------------------


@value
class EnrolOfficer:
    """Enter a judge, prosecutor, police officer or lawyer (§3.1.3)."""

    profession: Profession
    unit: Line
    name: PersonName
    phone: Phone | None = None


@value
class CorrectOfficer:
    """Put what was entered of an officer right 更正, or bring it up to date; what is None stays (§3.1.3)."""

    reason: Note
    profession: Profession | None = None
    unit: Line | None = None
    name: PersonName | None = None
    phone: Phone | None = None


@value
class VoidOfficer:
    """Make an enrolment void that was a mistake 作废, as long as the officer is posted nowhere (§3.1.3)."""

    reason: Note


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


@value
class RetractPostingEnd:
    """Take back the last end of an officer's posting, which was recorded by mistake 撤销调离 (§3.1.3)."""

    community: Division
    officer: Code
    reason: Note


@value
class VoidPosting:
    """Make an open posting void that was a mistake 作废; take back its end first where it has one (§3.1.3)."""

    community: Division
    officer: Code
    reason: Note


@value
class RecordLeave:
    """Record that an officer is away 请假, and who comes in their place 顶岗 (§3.1.3, 6.2)."""

    community: Division
    officer: Code
    first_day: Day
    last_day: Day
    cover: Code | None = None
    """Of the same profession, wherever they are posted."""


@value
class EndLeave:
    """Say on which day a leave really ended 销假: earlier or later; on the day before its first if it was not taken
    (§3.1.3)."""

    community: Division
    officer: Code
    first_day: Day
    """Which leave."""
    last_day: Day


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
    household_class: HouseholdClass | None = None
    """Of a must-visit: the plan's code of the class that makes it one 必访类别."""


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
    contact_days: Days


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
class RetractWork:
    """Take back an act that was recorded by mistake 撤销登记 (§3.1.4): a visit, a consent, the last mediation session,
    a conflict of interest, an offer of judicial confirmation, a letter."""

    act: WorkAct
    reason: Note
    item: Code | None = None
    """The visit, the party's number or the officer; none for acts that a case has one of."""


@value
class ResumeHandling:
    """What ended the case was taken back; sent by a reaction only."""

    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    reported_at: Moment
    due_on: Day


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


@value
class VoidMeeting:
    """Make a meeting void that was entered by mistake 作废, with its minutes; enter it again if it was another one."""

    reason: Note
