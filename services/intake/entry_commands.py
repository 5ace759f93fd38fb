"""What intake may be asked to enter beside cases. Times, ids and actors come in the context."""

from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Line, Name, Note, Statement
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


@value
class RecordOpinion:
    """Write a resident's opinion down 收集意见 (§3.3.2, 5.2): what, never who."""

    community: Name
    """Its code or its name (also below)."""
    grid: Code | None = None
    topic: OpinionTopic
    channel: OpinionChannel
    opinion: Statement


@value
class AnswerOpinion:
    """Answer an opinion 答复意见 (§3.3.2); answered again, the last answer stands."""

    outcome: OpinionOutcome
    answered_by: Line
    answer: Statement


@value
class ListKeyArea:
    """List a key area to be cleaned up 挂牌整治 (§5.4)."""

    community: Name
    grid: Code | None = None
    area: AreaKind
    place: Line
    lead_unit: Line
    due_on: Day


@value
class ReinspectKeyArea:
    """Inspect a key area again 整治验收 (§5.4); as often as needed."""

    passed: bool
    inspected_by: Line
    inspection_note: Note | None = None


@value
class InspectVenue:
    """Record the inspection of a venue or special trade 场所检查 (§5.5)."""

    community: Name
    venue: VenueKind
    place: Line
    inspected_by: Line
    faults: Count
    ordered: Line | None = None


@value
class ReportHazard:
    """Record a hazard 隐患登记 (§5.5, 5.2)."""

    community: Name
    grid: Code | None = None
    hazard: HazardKind
    severity: Severity
    place: Line
    responsible_unit: Line
    due_on: Day


@value
class ClearHazard:
    """Record that a hazard is cleared 隐患消除 (§5.5)."""

    checked_by: Line
    how: Note | None = None


@value
class ReportMajorFire:
    """Report a fire of consequence 重特大火灾 (§5.5)."""

    community: Name
    grade: FireGrade
    place: Line
    dead: Count
    injured: Count
    loss_fen: Count | None = None


@value
class VoidFinding:
    """Make a mistaken entry void 作废; enter the matter anew with its true days."""

    reason: Note
