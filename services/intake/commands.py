"""What intake may be asked about a case 案件. When it happened, who asks and the case's id come in the context."""

from typing import Annotated

from shared.contracts.codes import (
    Basis,
    CaseKind,
    DeclineReason,
    DisputeType,
    Named,
    PartyRole,
    Source,
    Termination,
    Tier,
)
from shared.contracts.event import value
from shared.contracts.fields import (
    Code,
    Day,
    Division,
    IdNumber,
    Line,
    Many,
    Name,
    Note,
    Ordinal,
    PersonName,
    Phone,
    Statement,
    Whole,
)
from shared.contracts.intake import CaseStep, PaperRow, PauseReason


@value
class Person:
    """A party 当事人 as given at the counter; sealed for this case before anything is decided."""

    role: PartyRole
    name: PersonName
    phone: Phone | None = None
    id_number: IdNumber | None = None


@value
class ReportCase:
    """Register a dispute, a petition backlog or an instability factor 登记 (§3.2.1)."""

    community: Name
    """Its twelve-digit code, or its name as registered."""
    grid: Code | None = None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source
    summary: Statement
    parties: Annotated[tuple[Person, ...], Many(50)]
    """At least one."""


class PaperOutcome(Named):
    """What a paper ledger says became of a case 办理结果."""

    OPEN = "open", "未化解", "open"
    RESOLVED = "resolved", "已化解", "resolved"
    TERMINATED = "terminated", "终止", "terminated"
    REFERRED = "referred", "移送", "referred"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"


@value
class TakeOverCase:
    """Take one row of a paper ledger over 纸质台账转录: what the office wrote, and no act that it did not.

    It occurred at the first moment of the row's report day. The case's id comes from the row's community, month and
    number, so that the same row is never taken over twice.
    """

    community: Division
    grid: Code | None = None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source | None
    summary: Statement
    parties: Annotated[tuple[Person, ...], Many(50)]
    paper: PaperRow
    taken_on: bool = True
    """Whether the office took the case on; a case that it did not take on has no outcome."""
    due_on: Day | None = None
    """As the paper has it; None leaves it to the rule."""
    handed_down: bool = False
    """Whether the paper marks it as petition backlog; `kind` is then `backlog`."""
    handed_down_by: Line | None = None
    outcome: PaperOutcome
    ended_on: Day | None = None
    """The day of the outcome; where the paper gives none, the end of its month stands for it."""
    tier: Tier = Tier.COMMUNITY
    referred_to: Line | None = None
    """Needed where the outcome is `referred`."""
    referred_outside: bool = True
    undone: Annotated[int, Whole(most=999)] = 0
    """How often this row was taken over before and voided again: a voided case never comes back."""


@value
class AcceptCase:
    """Take the case on 受理 (若干规定 33: mediation is normally concluded within a month)."""


@value
class DeclineCase:
    """Do not take the case on 不予受理, and tell the remedy."""

    reason: DeclineReason
    remedy: Note


@value
class HandDownCase:
    """Mark the case as petition backlog handed down by a higher office 交办信访积案 (§3.2.1)."""

    by_unit: Line
    document: Code | None = None


@value
class LinkCase:
    """Link the case to another one that is the same matter 并案."""

    duplicate_of: Code
    """The other case's id."""


@value
class ReclassifyCase:
    """Say that the matter turned out to be of another kind or type 改类."""

    kind: CaseKind
    dispute_type: DisputeType
    reason: Note


@value
class ReferCase:
    """Pass the case to another authority 移送."""

    to_unit: Line
    outside: bool
    """Whether that authority is outside the sub-district (§5.1)."""
    basis: Basis = Basis.ACT


@value
class WithdrawCase:
    """The applicant takes the case back 撤回."""

    reason: Note
    basis: Basis = Basis.ACT


@value
class ResolveCase:
    """The dispute is settled 化解 (§5.1). After an agreement in mediation this comes by itself."""

    tier: Tier = Tier.COMMUNITY
    by_agreement: bool = False
    basis: Basis = Basis.ACT


@value
class TerminateCase:
    """Mediation ended without a settlement 终止调解 (人民调解法 17, 26). After mediation this comes by itself."""

    reason: Termination
    remedies_told: bool
    """Whether the parties were told of arbitration, administrative and judicial remedies."""
    basis: Basis = Basis.ACT


@value
class FollowUpCase:
    """Ask the parties afterwards how it stands 回访 (§5.1)."""

    satisfied: bool | None = None
    """None where they did not say."""
    stable: bool
    """Whether the matter has stayed settled 稳控."""
    note: Statement | None = None


@value
class CloseCase:
    """Close the file 结案."""


@value
class ReopenCase:
    """Open a closed case again 重启."""

    reason: Note


@value
class EscalateCase:
    """Pass the case up to those above 提级督办; it goes on where it is."""

    to: Tier
    """Above the community."""
    reason: Note


@value
class PauseClock:
    """Stop the deadline's clock 中止计算, with a reason."""

    reason: PauseReason
    note: Note | None = None


@value
class ResumeClock:
    """Let the clock go on 恢复计算: the deadline is put off by the days for which it stood."""


@value
class ExtendDeadline:
    """Put the deadline off with leave 延期 (信访条例 33, 信访工作条例 34): before it is over, thirty days at most."""

    days: Ordinal
    approved_by: Line
    """The institution's head who allowed it, by office."""
    reason: Note


@value
class CorrectCase:
    """Put a wrong entry right 更正; what is None stays as it is. Nothing is deleted."""

    reason: Note
    community: Name | None = None
    grid: Code | None = None
    kind: CaseKind | None = None
    dispute_type: DisputeType | None = None
    source: Source | None = None
    reported_on: Day | None = None
    resolved_on: Day | None = None
    due_on: Day | None = None
    summary: Statement | None = None
    parties: Annotated[tuple[Person, ...], Many(50)] | None = None
    paper: PaperRow | None = None


@value
class VoidCase:
    """Make a mistaken entry void 作废: it counts nowhere, and stays in the record."""

    reason: Note


@value
class RetractStep:
    """Take back a step that was recorded by mistake 撤销登记: the last one of the case's life, or its escalation."""

    step: CaseStep
    """The step meant, so that nobody takes back another one."""
    reason: Note


Command = (
    ReportCase | TakeOverCase | AcceptCase | DeclineCase | HandDownCase | LinkCase | ReclassifyCase | ReferCase
    | WithdrawCase | ResolveCase | TerminateCase | FollowUpCase | CloseCase | ReopenCase | EscalateCase | PauseClock
    | ResumeClock | ExtendDeadline | CorrectCase | VoidCase | RetractStep
)  # fmt: skip


# calendar/<log> -------------------------------------------------------------------------------------------------


@value
class AmendCalendar:
    """Enter what the State Council announced of the working calendar 放假安排. What is entered later stands: a wrong
    entry is put right by another one, or withdrawn."""

    year: Annotated[int, Whole(1949, 2199)] | None = None
    """The year whose whole calendar this is; none for a change within a year."""
    off: Annotated[tuple[Day, ...], Many(100)]
    worked: Annotated[tuple[Day, ...], Many(100)]
    announced_on: Day
    document: Line
    withdrawn: Annotated[tuple[Day, ...], Many(100)] = ()
    """Days of which something was entered by mistake 撤销: they stand as though nothing had been."""
    withdrawn_year: Annotated[int, Whole(1949, 2199)] | None = None
    """A year that was entered as announced by mistake."""
