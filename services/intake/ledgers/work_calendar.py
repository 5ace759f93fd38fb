"""What was announced of the working calendar 放假安排, by day; and which whole years were."""

from collections.abc import Iterable
from datetime import date

from shared.contracts.event import Recorded
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


def _keys(recorded: Recorded) -> Iterable[str]:
    event: CalendarAmended = recorded.event
    years = () if event.year is None else (str(event.year),)
    return (*years, *(day.isoformat() for day in (*event.off, *event.worked)))


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: CalendarAmended = recorded.event
    announced_on, document = event.announced_on, event.document
    if key == str(event.year):
        return Row(id=key, year=event.year, day=None, works=None, announced_on=announced_on, document=document)
    day = date.fromisoformat(key)
    return Row(id=key, year=None, day=day, works=day in event.worked, announced_on=announced_on, document=document)


LEDGER = Ledger(
    name="calendar",
    row=Row,
    handles=(CalendarAmended,),
    keys=_keys,
    evolve=_evolve,
    title_zh="工作日历",
    title_en="Working calendar",
    clause="5.1",
    filters=("year",),
)
