"""The officers 三官一师 who are enrolled (§3.1.3). Facts only: no officer is ranked or scored."""

from datetime import datetime

from shared.contracts.assignment import OfficerEnrolled
from shared.contracts.codes import Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


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


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: OfficerEnrolled = recorded.event
    return Row(
        id=key, profession=event.profession, unit=event.unit, name=event.name, phone=event.phone,
        enrolled_at=recorded.occurred_at,
    )  # fmt: skip


LEDGER = Ledger(
    name="officers",
    row=Row,
    handles=(OfficerEnrolled,),
    evolve=_evolve,
    title_zh="三官一师名册",
    title_en="Officers",
    clause="3.1.3",
    filters=("profession",),
    sealed=("name", "phone"),
)
