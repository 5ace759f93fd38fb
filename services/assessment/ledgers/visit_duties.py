"""Visits that were planned and how they ended (§3.3.2): evidence of scores. One row per visit."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from services.assessment.evidence.items import Fields, Item
from services.assessment.evidence.marks import Mark, mark, marked
from shared.contracts.assignment import VisitCompleted, VisitDeclined, VisitPlanned, WorkAct, WorkRetracted
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger, held

TURNED_AWAY: Final = "turned_away"
"""The mark of a visit that the household declined. A case that is declined is another matter."""
DONE: Final = {"completed": "completed", TURNED_AWAY: "declined"}
"""The marks by which a visit is done, and the result that a rulebook may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A visit. Whom it was to is known to the case alone."""

    id: str
    case: str
    community: str
    must: bool
    on: date
    """The day for which it was planned; that of the visit where it was not planned."""
    marks: tuple[Mark, ...]
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if isinstance(event, WorkRetracted):
        return marked(held(row, recorded), recorded, "voided")
    what = _WHAT[type(event)]
    planned = type(event) is VisitPlanned
    if row is not None:
        again = {"on": event.on, "must": event.must} if planned else {}
        return marked(row, recorded, what, **again)
    on = event.on if planned else civil_day(recorded.occurred_at)
    return Row(
        id=key, case=recorded.id, community=event.community, must=event.must, on=on, marks=(mark(recorded, what),)
    )  # fmt: skip


_WHAT: Final = {VisitPlanned: "planned", VisitCompleted: "completed", VisitDeclined: TURNED_AWAY}


def _keys(recorded: Recorded) -> Iterable[str]:
    event = recorded.event
    if isinstance(event, WorkRetracted):
        return (f"{recorded.id}/{event.item}",) if event.act is WorkAct.VISIT else ()
    return (f"{recorded.id}/{event.visit}",)


def item(row: Row, case: Item | None, issued_on: date, as_of: date) -> Item:
    """The visit as it stood at the end of a day.

    It goes with its case: to that case's community, void with it, and no longer due once the case is over. Nothing
    is due before the plan was issued.
    """
    done = next((m for m in row.marks if m.what in DONE and m.on <= as_of), None)
    voided = any(m.what == "voided" for m in row.marks)
    over = case.fields["ended_on"] if case else None
    lapsed = done is None and isinstance(over, date) and over < row.on
    fields: Fields = {
        "must": row.must,
        "due_on": None if lapsed else max(row.on, issued_on),
        "done_on": done.on if done else None,
        "result": DONE[done.what] if done else "planned",
    }
    if case is None:
        return Item("visits", row.id, row.community, fields, row.marks, not voided, case=row.case, day=as_of)
    marks = tuple(sorted({*row.marks, *case.marks}, key=lambda m: m.position))
    return Item(
        "visits", row.id, case.community, fields, marks, case.counts and not voided, case.taken_over, case.moved_from,
        case=row.case, day=as_of,
    )  # fmt: skip


LEDGER = Ledger(
    name="visit_duties",
    row=Row,
    handles=(*_WHAT, WorkRetracted),
    keys=_keys,
    evolve=_evolve,
    title_zh="走访任务（考核依据）",
    title_en="Visits due and done (evidence)",
    clause="3.3.2",
)
