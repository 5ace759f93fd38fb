"""The officers 三官一师 who are enrolled (§3.1.3). Facts only: no officer is ranked or scored."""

from datetime import datetime
from typing import assert_never, get_args

from shared.contracts.assignment import OfficerCorrected, OfficerEnrolled, OfficerEvent, OfficerVoided
from shared.contracts.codes import Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An officer."""

    id: str
    profession: Profession
    unit: str
    name: str
    """Sealed."""
    phone: str | None
    """Sealed."""
    enrolled_at: datetime


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: OfficerEvent = recorded.event
    if isinstance(event, OfficerEnrolled):
        return Row(
            id=key, profession=event.profession, unit=event.unit, name=event.name, phone=event.phone,
            enrolled_at=recorded.occurred_at,
        )  # fmt: skip
    row = held(row, recorded)
    match event:
        case OfficerCorrected():
            return replace(
                row, profession=event.profession or row.profession, unit=event.unit or row.unit,
                name=event.name or row.name, phone=event.phone or row.phone,
            )  # fmt: skip
        case OfficerVoided():
            return None  # a directory shows who is there; the record keeps what was entered
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="officers",
    row=Row,
    handles=get_args(OfficerEvent),
    evolve=_evolve,
    title_zh="三官一师名册",
    title_en="Officers",
    clause="3.1.3",
    filters=("profession",),
    sealed=("name", "phone"),
)
