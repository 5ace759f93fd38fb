"""The visits 走访台账 (§3.3.2): planned, completed or declined; whom they were to is known to the case alone."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, get_args

from shared.contracts.assignment import VisitCompleted, VisitEvent, VisitPlanned, WorkAct, WorkRetracted
from shared.contracts.codes import VisitResult
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A visit."""

    visit: str
    case: str
    community: str
    grid: str | None
    officer: str
    """Of the plan; once it has taken place, who came."""
    planned_on: date
    must: bool
    """Whether it is one of the three must-visits 必访."""
    result: VisitResult = VisitResult.PLANNED
    done_at: datetime | None = None
    """When it took place or was declined."""
    reason: str | None = None
    """Why it was declined, sealed."""
    diary: str | None = None
    """The diary 民情日记, sealed."""


def _keys(recorded: Recorded) -> Iterable[str]:
    event: VisitEvent | WorkRetracted = recorded.event
    if isinstance(event, WorkRetracted):
        return (f"{recorded.id}/{event.item}",) if event.act is WorkAct.VISIT else ()
    return (f"{recorded.id}/{event.visit}",)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: VisitEvent | WorkRetracted = recorded.event
    if isinstance(event, WorkRetracted):
        return replace(held(row, recorded), result=VisitResult.RETRACTED)
    if isinstance(event, VisitPlanned):
        return Row(
            visit=event.visit, case=recorded.id, community=event.community, grid=event.grid, officer=event.officer,
            planned_on=event.on, must=event.must,
        )  # fmt: skip
    told: dict[str, Any] = (
        {"result": VisitResult.COMPLETED, "diary": event.diary}
        if isinstance(event, VisitCompleted)
        else {"result": VisitResult.DECLINED, "reason": event.reason}
    )
    return replace(
        held(row, recorded), officer=event.officer, community=event.community, grid=event.grid,
        done_at=recorded.occurred_at, **told,
    )  # fmt: skip


LEDGER = Ledger(
    name="visits",
    row=Row,
    handles=(*get_args(VisitEvent), WorkRetracted),
    keys=_keys,
    evolve=_evolve,
    title_zh="走访台账",
    title_en="Visits",
    clause="3.3.2",
    filters=("community", "grid", "case", "officer", "result"),
    sealed=("reason", "diary"),
)
