"""Visits that took place 走访实况 (§3.3.2): evidence of flags, and of no score. One row per visit.

The officer's id only tells visits apart: a day has so many hours. It leaves this ledger for no flag, and the ledger is
served to nobody: it would tell whose diaries repeat others.
"""

from collections.abc import Iterable
from datetime import datetime

from services.assessment.evidence.marks import Mark, mark
from shared.contracts.assignment import VisitCompleted, WorkAct, WorkRetracted
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A visit that took place."""

    id: str
    case: str
    community: str
    """The case's when it was entered."""
    officer: str
    at: datetime
    with_diary: bool
    repeated: int
    """How many earlier diaries of the community said the same, word for word."""
    marks: tuple[Mark, ...]
    """completed, voided."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if isinstance(event, WorkRetracted):
        if row is None:
            return None  # it was only planned
        return replace(row, marks=(*row.marks, mark(recorded, "voided")))
    return Row(
        id=key, case=recorded.id, community=event.community, officer=event.officer, at=recorded.occurred_at,
        with_diary=event.diary is not None, repeated=event.repeated, marks=(mark(recorded, "completed"),),
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    event: VisitCompleted | WorkRetracted = recorded.event
    if isinstance(event, WorkRetracted):
        return (f"{recorded.id}/{event.item}",) if event.act is WorkAct.VISIT else ()
    return (f"{recorded.id}/{event.visit}",)


LEDGER = Ledger(
    name="visits_made",
    row=Row,
    handles=(VisitCompleted, WorkRetracted),
    keys=_keys,
    evolve=_evolve,
    title_zh="走访实况（疑点依据）",
    title_en="Visits that took place (evidence of flags)",
    clause="3.3.2",
    filters=(),
    internal=True,
)
