"""What intake publishes: a case 案件 as it comes in, and the office's decisions about it (§3.2.1, §5.1)."""

from collections.abc import Mapping
from typing import Annotated, Final

from shared.contracts.codes import (
    Basis,
    CaseKind,
    CaseStatus,
    DeclineReason,
    DisputeType,
    Named,
    PartyRole,
    Source,
    Termination,
    Tier,
)
from shared.contracts.event import Event, event, value
from shared.contracts.fields import (
    Code,
    Count,
    Day,
    Division,
    Line,
    Many,
    Moment,
    Month,
    Ordinal,
    Sealed,
    Text,
    Whole,
)


@value
class Party:
    """A party 当事人, sealed; known to this case only (person keys are per case)."""

    role: PartyRole
    name: Sealed
    phone: Sealed | None
    id_number: Sealed | None


RowNumber = Annotated[str, Text(32, code=True, plain=True, pattern=r"^[0-9A-Za-z\u3400-\u9fff._-]{1,32}$")]
"""A row's own number 序号. It becomes a part of the case's id: hence its length, and no colon."""


@value
class PaperRow:
    """Where in a clerk's workbook a taken-over case stands: a row's key is community, month and number."""

    import_id: Code
    sheet: Line
    row: Ordinal
    month: Month
    number: RowNumber


@event("sanguan.intake.case-reported.v1")
class CaseReported(Event):
    """A dispute was reported 登记 (§3.2.1, 5.1, 5.2). `occurred_at` is when it was reported or found."""

    community: Division
    grid: Code | None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source | None
    """None where a paper ledger does not say."""
    summary: Sealed
    parties: Annotated[tuple[Party, ...], Many(50)]
    basis: Basis
    paper: PaperRow | None


@event("sanguan.intake.case-accepted.v1")
class CaseAccepted(Event):
    """The office took the case on 受理 (§3.2.1, 5.1). It is to be settled by `due_on`, as `due_rule` has it."""

    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    """How many parties there are; none where a paper ledger names none."""
    reported_at: Moment
    """When it was reported, for those who may not do anything about it before."""
    due_on: Day
    due_rule: Code
    to_be_handled: bool
    """False where a paper ledger says that it was over when it was taken over: nothing is assigned then."""
    basis: Basis
    due_provisional: bool = False
    """暂定: the due day lies in a year whose working calendar had not been announced (also below)."""


@event("sanguan.intake.case-declined.v1")
class CaseDeclined(Event):
    """The office did not take the case on 不予受理, with the remedy told."""

    reason: DeclineReason
    remedy: Sealed


@event("sanguan.intake.case-handed-down.v1")
class CaseHandedDown(Event):
    """A higher office handed the case down: from then on it is petition backlog 交办信访积案 (§3.2.1, 5.1)."""

    community: Division
    grid: Code | None
    by_unit: Line | None
    """None where a paper ledger does not name it."""
    document: Code | None
    due_on: Day | None
    """The day by which it is to be settled, as told at acceptance; None before that."""
    basis: Basis


@event("sanguan.intake.case-linked-as-duplicate.v1")
class CaseLinkedAsDuplicate(Event):
    """A clerk found that this is the same matter as another case 并案."""

    duplicate_of: Code
    """The other case's id."""
    handled: bool = False
    """Whether its handling was open, and so ends now (also below)."""


@event("sanguan.intake.case-reclassified.v1")
class CaseReclassified(Event):
    """The matter turned out to be of another kind or type 改类; the entry had been right before."""

    kind: CaseKind
    dispute_type: DisputeType
    reason: Sealed


@event("sanguan.intake.case-referred.v1")
class CaseReferred(Event):
    """The case was passed to another authority 移送 (§3.2.1, 5.1)."""

    to_unit: Line
    outside: bool
    """Whether that authority is outside the sub-district (such cases leave the denominator of §5.1)."""
    basis: Basis
    day_known: bool = True
    """False where a paper ledger gives none: `occurred_at` is then the end of its month (also below)."""
    handled: bool = False


@event("sanguan.intake.case-withdrawn.v1")
class CaseWithdrawn(Event):
    """The applicant took the case back 撤回 (§3.2.1, 5.1)."""

    reason: Sealed | None
    """None where a paper ledger gives none."""
    basis: Basis = Basis.ACT
    day_known: bool = True
    handled: bool = False


@event("sanguan.intake.case-resolved.v1")
class CaseResolved(Event):
    """The dispute is settled 化解 (§3.2.1, 5.1)."""

    tier: Tier
    by_agreement: bool
    """Whether an agreement of the parties settled it (人民调解法 28)."""
    basis: Basis
    day_known: bool = True
    handled: bool = False


@event("sanguan.intake.case-terminated.v1")
class CaseTerminated(Event):
    """Mediation ended lawfully without a settlement, the remedies told 终止调解 (人民调解法 17, 26; §3.2.1, 5.1)."""

    reason: Termination
    remedies_told: bool | None
    """None where a paper ledger does not say."""
    basis: Basis
    day_known: bool = True
    handled: bool = False


@event("sanguan.intake.case-followed-up.v1")
class CaseFollowedUp(Event):
    """The parties were asked afterwards how it stands 回访 (§3.2.1, 5.1)."""

    satisfied: bool | None
    """None where they did not say."""
    stable: bool
    """Whether the matter has stayed settled (稳控, §5.1)."""
    note: Sealed | None


@event("sanguan.intake.case-closed.v1")
class CaseClosed(Event):
    """The file is closed 结案 (§3.2.1, 5.1)."""


@event("sanguan.intake.case-reopened.v1")
class CaseReopened(Event):
    """A closed case came back 重启: it stands as accepted again, and is handled from then on (§3.2.1, 5.1)."""

    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    reported_at: Moment
    reason: Sealed
    due_on: Day
    due_rule: Code
    due_provisional: bool = False


@event("sanguan.intake.case-escalated.v1")
class CaseEscalated(Event):
    """The case was passed up to those above 提级督办: it stands as it stood, and is looked after there as well."""

    to: Tier
    reason: Sealed


class PauseReason(Named):
    """Why a deadline's clock stands still 中止事由."""

    APPRAISAL = "appraisal", "鉴定、评估", "an expert's appraisal"
    OTHER_PROCEEDINGS = "other_proceedings", "等待其他程序结果", "other proceedings must end first"
    PARTY_UNABLE = "party_unable", "当事人暂时不能参加", "a party cannot take part for a time"
    FORCE_MAJEURE = "force_majeure", "不可抗力", "force majeure"


@event("sanguan.intake.clock-paused.v1")
class ClockPaused(Event):
    """The deadline's clock was stopped 中止计算, on the day of `occurred_at` (§3.2.1, 5.1)."""

    reason: PauseReason
    note: Sealed | None


@event("sanguan.intake.clock-resumed.v1")
class ClockResumed(Event):
    """The clock goes on 恢复计算 (§3.2.1, 5.1); the deadline was put off by the days for which it stood."""

    paused_days: Count
    due_on: Day
    due_provisional: bool


@event("sanguan.intake.deadline-extended.v1")
class DeadlineExtended(Event):
    """The deadline was put off with leave 延期 (§3.2.1, 5.1; 信访条例 33, 信访工作条例 34); who applied is told why."""

    days: Ordinal
    due_on: Day
    due_provisional: bool
    approved_by: Line
    """The institution's head who allowed it, by office."""
    reason: Sealed


@event("sanguan.intake.case-corrected.v1")
class CaseCorrected(Event):
    """A wrong entry was put right 更正; a field that is None stays as it was. Nothing is deleted."""

    reason: Sealed
    community: Division | None = None
    grid: Code | None = None
    kind: CaseKind | None = None
    dispute_type: DisputeType | None = None
    source: Source | None = None
    reported_on: Day | None = None
    resolved_on: Day | None = None
    due_on: Day | None = None
    summary: Sealed | None = None
    parties: Annotated[tuple[Party, ...], Many(50)] | None = None
    paper: PaperRow | None = None
    handed_down_at: Moment | None = None
    """Where it was petition backlog after all: when it had been handed down."""


@event("sanguan.intake.case-voided.v1")
class CaseVoided(Event):
    """A mistaken entry was made void 作废: it counts nowhere, and stays in the record."""

    reason: Sealed
    handled: bool = False


class CaseStep(Named):
    """A step that can be retracted 可撤销的登记. Those of a case's life are named after the status that they led to;
    the last five stand beside it."""

    ACCEPTED = "accepted", "受理", "acceptance"
    DECLINED = "declined", "不予受理", "declining"
    LINKED = "linked", "并案", "linking"
    RESOLVED = "resolved", "化解", "resolution"
    TERMINATED = "terminated", "终止", "termination"
    REFERRED = "referred", "移送", "referral"
    WITHDRAWN = "withdrawn", "撤回", "withdrawal"
    FOLLOWED_UP = "followed_up", "回访", "follow-up"
    CLOSED = "closed", "结案", "closing"
    VOIDED = "voided", "作废", "voiding"
    ESCALATED = "escalated", "报上级", "escalation"
    PAUSED = "paused", "期限中止", "pause of the clock"
    RESUMED = "resumed", "期限恢复", "resumption of the clock"
    EXTENDED = "extended", "延期", "extension of the deadline"
    DUE_CORRECTED = "due_corrected", "期限更正", "correction of the deadline"

    @property
    def of_clock(self) -> bool:
        """Whether it is a step of the deadline's clock."""
        return self in (CaseStep.PAUSED, CaseStep.RESUMED, CaseStep.EXTENDED, CaseStep.DUE_CORRECTED)

    @property
    def of_life(self) -> bool:
        """Whether it is a step of the case's life, which changed its status."""
        return self is not CaseStep.ESCALATED and not self.of_clock


@value
class ClockStanding:
    """How a deadline stands 期限状况."""

    due_on: Day
    due_rule: Code
    due_provisional: bool
    extended_days: Count
    paused_days: Count
    paused_since: Moment | None
    """Since when the clock stands; none while it goes."""


@value
class Escalation:
    """To whom a case was passed up, and when."""

    to: Tier
    at: Moment


@event("sanguan.intake.case-step-retracted.v1")
class CaseStepRetracted(Event):
    """A step that was recorded never took place 撤销登记: the case stands as it stood before it (§3.1.4)."""

    step: CaseStep
    back_to: CaseStatus
    """The status in which the case stands again."""
    reason: Sealed
    handled: bool
    """Whether assignment was handling the case."""
    community: Division
    grid: Code | None
    kind: CaseKind
    parties: Count
    reported_at: Moment
    due_on: Day | None
    """The day by which it is to be settled; none where it is not accepted (any more)."""
    clock: ClockStanding | None = None
    """Of a step of the clock: how the deadline stands without it."""
    escalated: Escalation | None = None
    """Of an escalation: the one before, which stands again."""


Ending = CaseDeclined | CaseLinkedAsDuplicate | CaseReferred | CaseWithdrawn | CaseResolved | CaseTerminated
"""What ends a case, or ends it until it is reopened."""


def ended_as(event: Ending | CaseVoided) -> CaseStatus:
    """The status in which an ending, or being made void, leaves a case."""
    return _ENDED_AS[type(event)]


_ENDED_AS: Final[Mapping[type[Ending | CaseVoided], CaseStatus]] = {
    CaseDeclined: CaseStatus.DECLINED,
    CaseLinkedAsDuplicate: CaseStatus.LINKED,
    CaseReferred: CaseStatus.REFERRED,
    CaseWithdrawn: CaseStatus.WITHDRAWN,
    CaseResolved: CaseStatus.RESOLVED,
    CaseTerminated: CaseStatus.TERMINATED,
    CaseVoided: CaseStatus.VOIDED,
}

# calendar/<log> -------------------------------------------------------------------------------------------------


@event("sanguan.intake.calendar-amended.v1")
class CalendarAmended(Event):
    """The State Council announced days off, or weekends worked in their place 放假安排: of a whole year (`year`), or a
    change within one. Deadlines are counted with what had been announced by then."""

    year: Annotated[int, Whole(1949, 2199)] | None
    """The year whose whole calendar this is; none for a change within a year."""
    off: Annotated[tuple[Day, ...], Many(100)]
    worked: Annotated[tuple[Day, ...], Many(100)]
    announced_on: Day
    document: Line
    withdrawn: Annotated[tuple[Day, ...], Many(100)] = ()
    """Days of which something was entered by mistake 撤销: they stand as though nothing had been."""
    withdrawn_year: Annotated[int, Whole(1949, 2199)] | None = None
    """A year that was entered as announced by mistake."""


CaseEvent = (
    CaseReported | CaseAccepted | CaseHandedDown | CaseReclassified | CaseEscalated | ClockPaused | ClockResumed
    | DeadlineExtended | Ending | CaseFollowedUp | CaseClosed | CaseReopened | CaseCorrected | CaseVoided
    | CaseStepRetracted
)  # fmt: skip
"""What may stand in a case's stream."""

EVENTS = (
    CaseReported, CaseAccepted, CaseDeclined, CaseHandedDown, CaseLinkedAsDuplicate, CaseReclassified,
    CaseEscalated, ClockPaused, ClockResumed, DeadlineExtended, CaseReferred, CaseWithdrawn, CaseResolved,
    CaseTerminated, CaseFollowedUp, CaseClosed, CaseReopened, CaseCorrected, CaseVoided, CaseStepRetracted,
    CalendarAmended,
)  # fmt: skip
