"""What was announced of the working calendar 放假安排, by day; and which whole years were."""

from datetime import date

from shared.calendar import days_of, entered_as
from shared.contracts.frozen import dataclass
from shared.contracts.intake import CalendarAmended
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A day that is off or worked, or a year whose whole calendar was announced, as it was entered last."""

    id: str
    """The day or the year."""
    year: int | None
    day: date | None
    works: bool | None
    announced_on: date
    document: str


LEDGER = Ledger(
    name="calendar",
    row=Row,
    handles=(CalendarAmended,),
    keys=days_of,
    evolve=entered_as(Row),
    title_zh="工作日历",
    title_en="Working calendar",
    clause="5.1",
    filters=("year",),
)
