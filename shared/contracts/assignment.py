"""What assignment publishes: who serves where, and the work done (§3.1, §3.3)."""

from collections.abc import Iterable
from typing import Annotated

from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    CaseStatus,
    MeetingKind,
    Named,
    PostingEnd,
    Profession,
    Role,
    Termination,
    Tier,
    VisitResult,
)
from shared.contracts.event import Event, Recorded, event, value
from shared.contracts.fields import Code, Count, Day, Days, Division, Line, Many, Moment, Month, Name, Ordinal, Sealed
from shared.contracts.frozen import replace

# directory/<log>: one stream, so that codes and names are unique under concurrency ---------------------------


@event("sanguan.assignment.synthetic-declared.v1")
class SyntheticDeclared(Event):
    """Everything and everyone in this log is invented 合成数据声明 (§3.1.4): for exercises, demonstrations, tests.
    It was said before the first community was registered, and stands for ever."""

    made_by: Line
    """What or which institution makes the data up."""


@event("sanguan.assignment.community-registered.v1")
class CommunityRegistered(Event):
    """A community 社区 (or village 村) of the sub-district joined the programme (§3.1.1)."""

    code: Division
    name: Name
    grids: Annotated[tuple[Code, ...], Many(500)]
    households: Count
    named_before: Division | None = None
    """The community that had this name before, and has another now (also below)."""


@event("sanguan.assignment.community-corrected.v1")
class CommunityCorrected(Event):
    """What was entered of a community was wrong, or has changed 更正; what is None stays (§3.1.1). An old name goes on
    standing for the community, so that old sheets are understood, until another community gets it."""

    code: Division
    reason: Sealed
    name: Name | None
    grids: Annotated[tuple[Code, ...], Many(500)] | None
    households: Count | None
    named_before: Division | None = None


@event("sanguan.assignment.community-voided.v1")
class CommunityVoided(Event):
    """There never was such a community 作废: it was entered by mistake (§3.1.1)."""

    code: Division
    names: Annotated[tuple[Name, ...], Many(500)]
    """All names that stood for it."""
    reason: Sealed


# community/<code> -------------------------------------------------------------------------------------------


@event("sanguan.assignment.studio-opened.v1")
class StudioOpened(Event):
    """The community's 三官一师 studio opened 工作室 (§3.1.1)."""

    place: Line


@event("sanguan.assignment.studio-closed.v1")
class StudioClosed(Event):
    """The studio closed."""

    reason: Sealed


@event("sanguan.assignment.contact-cards-issued.v1")
class ContactCardsIssued(Event):
    """Contact cards 便民联系卡 were given to households (§3.3.2): how many households got one this time."""

    households: Ordinal


class CommunityAct(Named):
    """What can be taken back in a community 可撤销的登记."""

    STUDIO_OPENED = "studio_opened", "工作室启用", "opening of the studio"
    STUDIO_CLOSED = "studio_closed", "工作室停用", "closing of the studio"
    CARDS = "cards", "发放联系卡", "contact cards"


@value
class CardsLeft:
    """How many households really got a card at a time when some were given."""

    version: Ordinal
    """Of the event in the community's stream that recorded it."""
    households: Count


@value
class StudioBefore:
    """A studio that was opened and closed."""

    place: Line
    opened_at: Moment
    closed_at: Moment


@event("sanguan.assignment.community-work-retracted.v1")
class CommunityWorkRetracted(Event):
    """What was recorded of the studio or the cards never took place 撤销登记 (§3.1.1, 3.3.2)."""

    act: CommunityAct
    households: Ordinal | None
    """Of contact cards: how many households did not get one after all."""
    reason: Sealed
    cards: Annotated[tuple[CardsLeft, ...], Many(1000)] = ()
    """Of contact cards: the times at which fewer were given than was recorded."""
    studio: StudioBefore | None = None
    """Of an opening of the studio: the studio before it, which stands again as closed; none where there was none."""


# officer/<id> -----------------------------------------------------------------------------------------------


@event("sanguan.assignment.officer-enrolled.v1")
class OfficerEnrolled(Event):
    """A judge, prosecutor, police officer or lawyer joined the programme (§3.1.3)."""

    profession: Profession
    unit: Line
    name: Sealed
    phone: Sealed | None


@event("sanguan.assignment.officer-corrected.v1")
class OfficerCorrected(Event):
    """What was entered of an officer was wrong, or has changed 更正; what is None stays (§3.1.3)."""

    reason: Sealed
    profession: Profession | None
    unit: Line | None
    name: Sealed | None
    phone: Sealed | None


@event("sanguan.assignment.officer-voided.v1")
class OfficerVoided(Event):
    """The enrolment was a mistake 作废: entered twice, or somebody who never joined (§3.1.3)."""

    reason: Sealed


# roster/<community code>: one stream, so that a community's roster is right under concurrency ---------------


@event("sanguan.assignment.officer-posted.v1")
class OfficerPosted(Event):
    """An officer was posted to the community 派驻 from a day on (§3.1.3)."""

    officer: Code
    profession: Profession
    from_day: Day
    open_cases: Annotated[tuple[Code, ...], Many(1000)] = ()
    """Cases that wait to be handed over although this posting was made void by mistake: they stay with the officer."""


@event("sanguan.assignment.visit-times-set.v1")
class VisitTimesSet(Event):
    """When the officer comes to the community 下社区时间 (§3.1.3)."""

    officer: Code
    from_day: Day
    """When the posting began that the times belong to."""
    times: Line


@event("sanguan.assignment.posting-ended.v1")
class PostingEnded(Event):
    """A posting ended 调离 (§3.1.3). Whether early and excused is derived from the days and the reason."""

    officer: Code
    profession: Profession
    from_day: Day
    last_day: Day
    reason: PostingEnd
    open_cases: Annotated[tuple[Code, ...], Many(10_000)] = ()
    """The cases that the officer was handling in the community: each is to be handed over."""


@value
class Leave:
    """An officer's leave 请假, with who comes in their place 顶岗."""

    first_day: Day
    last_day: Day
    cover: Code | None
    """An officer of the same profession; none where nobody could be found."""


@event("sanguan.assignment.posting-end-retracted.v1")
class PostingEndRetracted(Event):
    """The posting has not ended after all 撤销调离 (§3.1.3)."""

    officer: Code
    from_day: Day
    last_day: Day
    """Of the end that is taken back."""
    reason: Sealed
    open_cases: Annotated[tuple[Code, ...], Many(1000)] = ()
    """Cases that wait to be handed over because of it: they stay with the officer."""


@event("sanguan.assignment.posting-voided.v1")
class PostingVoided(Event):
    """The officer was never posted there 作废 (§3.1.3). What they did meanwhile stays as it was recorded."""

    officer: Code
    from_day: Day
    reason: Sealed
    open_cases: Annotated[tuple[Code, ...], Many(10_000)]
    """The cases that the officer was handling in the community: each is to be handed over."""


@event("sanguan.assignment.leave-recorded.v1")
class LeaveRecorded(Event):
    """An officer is away for some days, and somebody may come in their place 请假顶岗 (§3.1.3, 6.2)."""

    officer: Code
    from_day: Day
    """Of the posting."""
    leave: Leave


@event("sanguan.assignment.leave-ended.v1")
class LeaveEnded(Event):
    """The leave ended on another day than was thought 销假; on the day before its first where it was not taken
    (§3.1.3, 6.2)."""

    officer: Code
    from_day: Day
    first_day: Day
    last_day: Day


def leaves_after(leaves: tuple[Leave, ...], event: LeaveRecorded | LeaveEnded) -> tuple[Leave, ...]:
    """A posting's leaves after an event about one of them; one that was not taken is none."""
    if isinstance(event, LeaveRecorded):
        return (*leaves, event.leave)
    ended = (
        replace(leave, last_day=event.last_day) if leave.first_day == event.first_day else leave for leave in leaves
    )  # fmt: skip
    return tuple(leave for leave in ended if leave.first_day <= leave.last_day)


# handling/<case id> -----------------------------------------------------------------------------------------


@event("sanguan.assignment.handling-opened.v1")
class HandlingOpened(Event):
    """An accepted case came to those who handle it, or a reopened one came back to them.

    Opened by a reaction to CaseAccepted or CaseReopened. Opened again, consents and mediation begin anew;
    handler, conflicts and visits stay.
    """

    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    reported_at: Moment
    due_on: Day


@event("sanguan.assignment.handler-assigned.v1")
class HandlerAssigned(Event):
    """An officer answers for the case 承办."""

    officer: Code


@event("sanguan.assignment.handler-replaced.v1")
class HandlerReplaced(Event):
    """Another officer took the case over 更换承办人."""

    officer: Code
    replaced: Code
    reason: Sealed


@event("sanguan.assignment.conflict-declared.v1")
class ConflictDeclared(Event):
    """An officer declared a conflict of interest 回避: refused for this case from then on."""

    officer: Code
    reason: Sealed


@event("sanguan.assignment.visit-planned.v1")
class VisitPlanned(Event):
    """A visit to the household 走访 was planned (§3.2.1, 3.3.2)."""

    visit: Code
    officer: Code
    community: Division
    grid: Code | None
    on: Day
    must: bool
    """Whether it is one of the three must-visits 必访."""
    household_class: Sealed | None = None
    """The class that makes it one 必访类别: opened for a purpose only, one at a time (decision 15)."""


@event("sanguan.assignment.visit-completed.v1")
class VisitCompleted(Event):
    """A visit took place; `occurred_at` says when (§3.2.1, 3.3.2, 5.2). The diary 民情日记 is sealed."""

    visit: Code
    officer: Code
    community: Division
    grid: Code | None
    must: bool
    diary: Sealed | None
    repeated: Count = 0
    """How many earlier diaries of the community said the same, word for word, when it was entered (§3.3.7). The text
    itself, and any print of it, stands nowhere."""


@event("sanguan.assignment.visit-declined.v1")
class VisitDeclined(Event):
    """The household declined the visit: its right, and the duty counts as done (§3.2.1, 3.3.2)."""

    visit: Code
    officer: Code
    community: Division
    grid: Code | None
    must: bool
    reason: Sealed


@event("sanguan.assignment.consent-recorded.v1")
class ConsentRecorded(Event):
    """A party agreed to mediation (人民调解法 17). Parties are counted from 1 in the order of the report."""

    party: Ordinal


@event("sanguan.assignment.consent-withdrawn.v1")
class ConsentWithdrawn(Event):
    """A party withdrew consent, as is its right (人民调解法 17, 26)."""

    party: Ordinal


@event("sanguan.assignment.mediation-held.v1")
class MediationHeld(Event):
    """A mediation session took place 调解 (§3.2.1, 5.2)."""

    officers: Annotated[tuple[Code, ...], Many(50)]
    place: Sealed
    record: Sealed | None


@event("sanguan.assignment.agreement-reached.v1")
class AgreementReached(Event):
    """The parties agreed (人民调解法 28, 29). Makes intake resolve the case."""

    form: AgreementForm
    terms: Sealed | None
    tier: Tier = Tier.COMMUNITY
    """Where it was settled."""


@event("sanguan.assignment.mediation-terminated.v1")
class MediationTerminated(Event):
    """Mediation ended without an agreement (人民调解法 26). Makes intake terminate the case."""

    reason: Termination
    remedies_told: bool


class Performance(Named):
    """Whether an agreement was kept 协议履行情况 (人民调解法 31)."""

    PERFORMED = "performed", "已履行", "performed"
    PARTLY = "partly", "部分履行", "performed in part"
    NOT_PERFORMED = "not_performed", "未履行", "not performed"


class Confirmation(Named):
    """What came of judicial confirmation 司法确认结果 (人民调解法 33)."""

    CONFIRMED = "confirmed", "法院确认有效", "confirmed by the court"
    REFUSED = "refused", "法院不予确认", "refused by the court"
    NOT_ASKED = "not_asked", "当事人未申请", "the parties did not ask"


@event("sanguan.assignment.performance-checked.v1")
class PerformanceChecked(Event):
    """Somebody looked whether the agreement is kept 履行回访 (人民调解法 31)."""

    performance: Performance
    note: Sealed | None


@event("sanguan.assignment.judicial-confirmation-offered.v1")
class JudicialConfirmationOffered(Event):
    """The parties were told that a court may confirm the agreement 告知司法确认, until `apply_by` (人民调解法 33)."""

    apply_by: Day


@event("sanguan.assignment.judicial-confirmation-recorded.v1")
class JudicialConfirmationRecorded(Event):
    """What came of judicial confirmation 司法确认 (人民调解法 33)."""

    confirmation: Confirmation
    document: Code | None


@event("sanguan.assignment.responsibility-letter-signed.v1")
class ResponsibilityLetterSigned(Event):
    """Who keeps a handed-down case stable signed for it 包案稳控责任书 (§3.4.1, 5.1). A later letter replaces it."""

    community: Division
    unit: Line
    person: Sealed
    contact_days: Days
    """The parties are seen at least once in so many days."""


@event("sanguan.assignment.handover-opened.v1")
class HandoverOpened(Event):
    """The handler's posting ended: the case is to be handed over 移交 (§3.1.3, 3.2.1, 6.3)."""

    officer: Code
    """Who leaves."""


@event("sanguan.assignment.handover-completed.v1")
class HandoverCompleted(Event):
    """The case was handed over, and another officer answers for it 移交完成 (§3.1.3, 3.2.1, 6.3)."""

    officer: Code
    replaced: Code
    note: Sealed | None


class WorkAct(Named):
    """What can be taken back of the work on a case 可撤销的登记."""

    VISIT = "visit", "走访", "visit"
    CONSENT = "consent", "同意调解", "consent"
    MEDIATION = "mediation", "调解", "mediation session"
    CONFLICT = "conflict", "回避", "conflict of interest"
    CONFIRMATION_OFFER = "confirmation_offer", "告知司法确认", "offer of judicial confirmation"
    LETTER = "letter", "包案稳控责任书", "responsibility letter"
    HANDLER = "handler", "确定或更换承办人", "choice of a handler"
    HANDOVER = "handover", "待移交", "need of a handover"
    PERFORMANCE = "performance", "履行回访", "check of performance"


@value
class HandlerStanding:
    """Who answers for a case 承办状况; nobody where nobody was assigned."""

    officer: Code | None
    since: Moment | None
    handover_since: Moment | None
    """Since when it waits to be handed over, as the officer's posting ended; none where it does not."""


@value
class LetterStanding:
    """The responsibility letter in force 责任书状况; nothing where there is none."""

    unit: Line | None
    contact_days: Ordinal | None
    at: Moment | None


@value
class PerformanceStanding:
    """What the last check of an agreement found 履行状况; nothing where there was none."""

    performance: Performance | None
    at: Moment | None


@event("sanguan.assignment.work-retracted.v1")
class WorkRetracted(Event):
    """An act that was recorded never took place 撤销登记 (§3.2.1, 3.3.2): of mediation sessions, handlers, checks
    and letters the last one."""

    act: WorkAct
    item: Code | None
    """The visit, the party's number or the officer; none for acts that a case has one of."""
    visit: VisitResult | None
    """Of a visit: how it stood."""
    community: Division
    reason: Sealed
    done_at: Moment | None = None
    """Of a visit that was said to have taken place or been declined: when."""
    last_visit_at: Moment | None = None
    """Of a visit: when the last of the others took place."""
    handler: HandlerStanding | None = None
    """Of a handler, or the need of a handover: who answers for the case without it."""
    performance: PerformanceStanding | None = None
    """Of a check: what stands without it (also below)."""
    letter: LetterStanding | None = None


@event("sanguan.assignment.handling-resumed.v1")
class HandlingResumed(Event):
    """What ended the case was taken back: it is handled as before 恢复办理; visits, consents and sessions stand."""


@event("sanguan.assignment.handling-ended.v1")
class HandlingEnded(Event):
    """The case is over at intake in the status named (resolved, voided, …): nothing more is due here."""

    status: CaseStatus


# meeting/<id> -----------------------------------------------------------------------------------------------


@event("sanguan.assignment.meeting-convened.v1")
class MeetingConvened(Event):
    """A meeting was held 会议 (§3.2.6, 3.3.3, 3.3.4, 3.4.1), at `occurred_at`; it answers for `month`."""

    community: Division
    kind: MeetingKind
    month: Month
    attended: Ordinal
    """How many attended."""
    subject: Sealed


@event("sanguan.assignment.minutes-submitted.v1")
class MinutesSubmitted(Event):
    """The minutes reached the leading group's office 会议纪要 (§3.3.3); `occurred_at` says when."""

    community: Division
    kind: MeetingKind
    month: Month
    held_at: Moment
    decisions: Annotated[tuple[Sealed, ...], Many(100)]


@event("sanguan.assignment.meeting-voided.v1")
class MeetingVoided(Event):
    """The meeting was entered by mistake 作废: it counts nowhere, nor do its minutes (§3.2.6, 3.3.3, 3.3.4)."""

    community: Division
    kind: MeetingKind
    month: Month
    held_at: Moment
    minutes_at: Moment | None
    reason: Sealed


DirectoryEvent = CommunityRegistered | CommunityCorrected | CommunityVoided
CommunityWork = StudioOpened | StudioClosed | ContactCardsIssued | CommunityWorkRetracted
CommunityEvent = DirectoryEvent | CommunityWork
OfficerEvent = OfficerEnrolled | OfficerCorrected | OfficerVoided
RosterEvent = (
    OfficerPosted | VisitTimesSet | PostingEnded | PostingEndRetracted | PostingVoided | LeaveRecorded | LeaveEnded
)
VisitEvent = VisitPlanned | VisitCompleted | VisitDeclined
HandlingEvent = (
    HandlingOpened | HandlerAssigned | HandlerReplaced | ConflictDeclared | VisitEvent | ConsentRecorded
    | ConsentWithdrawn | MediationHeld | AgreementReached | MediationTerminated | PerformanceChecked
    | JudicialConfirmationOffered | JudicialConfirmationRecorded | ResponsibilityLetterSigned | HandoverOpened
    | HandoverCompleted | WorkRetracted | HandlingResumed | HandlingEnded
)  # fmt: skip
MeetingEvent = MeetingConvened | MinutesSubmitted | MeetingVoided


def entrusted(told: Iterable[Recorded], officer: str) -> bool:
    """Whether an officer is to visit because somebody said so whose it is to say: whoever handled the case then, a
    clerk, the office. What officers plan for themselves, or for each other, gives nobody the case (§3.2.1, 3.3.2)."""
    handler: str | None = None
    visits: set[str] = set()
    for one in told:
        match one.event:
            case HandlerAssigned() | HandlerReplaced() | HandoverCompleted():
                handler = one.event.officer
            case VisitPlanned() if one.event.officer == officer:
                if one.actor.role != Role.OFFICER or one.actor.id == handler:
                    visits.add(one.event.visit)
            case VisitCompleted() | VisitDeclined():
                visits.discard(one.event.visit)
            case WorkRetracted(act=WorkAct.VISIT):
                visits.discard(str(one.event.item))
            case WorkRetracted(act=WorkAct.HANDLER):
                handler = None if one.event.handler is None else one.event.handler.officer
            case _:
                pass
    return bool(visits)


EVENTS = (
    SyntheticDeclared, CommunityRegistered, CommunityCorrected, CommunityVoided, StudioOpened, StudioClosed,
    ContactCardsIssued, CommunityWorkRetracted, OfficerEnrolled, OfficerCorrected, OfficerVoided, OfficerPosted,
    VisitTimesSet, PostingEnded, PostingEndRetracted, PostingVoided, LeaveRecorded, LeaveEnded, HandlingOpened,
    HandlerAssigned, HandlerReplaced, ConflictDeclared, VisitPlanned, VisitCompleted, VisitDeclined,
    ConsentRecorded, ConsentWithdrawn, MediationHeld, AgreementReached, MediationTerminated, PerformanceChecked,
    JudicialConfirmationOffered, JudicialConfirmationRecorded, ResponsibilityLetterSigned, HandoverOpened,
    HandoverCompleted, WorkRetracted, HandlingResumed, HandlingEnded, MeetingConvened, MinutesSubmitted,
    MeetingVoided,
)  # fmt: skip
