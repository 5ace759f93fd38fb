"""What is announced of the working calendar, entered by the office (synthetic)."""

from datetime import date

from services.intake.announced import DECIDER
from services.intake.calendar import Calendar
from services.intake.commands import AmendCalendar
from services.intake.ledgers.work_calendar import LEDGER, Row
from shared.contracts.intake import CalendarAmended
from tests.declarations import recorded
from tests.spec import spec

CALENDAR = spec(DECIDER)
PAPER = "示例发电〔2015〕1号"
OFF, WORKED, ON = (date(2015, 9, 3),), (date(2015, 9, 6),), date(2015, 5, 13)


def test_an_announcement_stands_as_it_was_entered() -> None:
    CALENDAR.when(AmendCalendar(off=OFF, worked=WORKED, announced_on=ON, document=PAPER)).then(
        CalendarAmended(year=None, off=OFF, worked=WORKED, announced_on=ON, document=PAPER)
    )


def test_what_cannot_be_is_refused() -> None:
    ahead = AmendCalendar(off=OFF, worked=(), announced_on=date(2015, 6, 12), document=PAPER)
    CALENDAR.when(ahead).then_refused("not_announced_yet", field="announced_on")
    CALENDAR.when(AmendCalendar(off=(), worked=(), announced_on=ON, document=PAPER)).then_refused("nothing_changes")
    both = AmendCalendar(off=OFF, worked=OFF, announced_on=ON, document=PAPER)
    CALENDAR.when(both).then_refused("off_and_worked", field="worked")
    stray = AmendCalendar(year=2016, off=(), worked=WORKED, announced_on=ON, document=PAPER)
    CALENDAR.when(stray).then_refused("not_of_the_year", field="worked")


def test_what_is_entered_later_stands_and_the_calendar_follows() -> None:
    rows: dict[str, Row] = {}
    first = CalendarAmended(
        year=2031, off=(date(2031, 1, 1),), worked=(), announced_on=date(2030, 11, 1), document=PAPER
    )
    mended = CalendarAmended(
        year=None, off=(), worked=(date(2031, 1, 1),), announced_on=date(2030, 11, 2), document=PAPER
    )
    for position, event in enumerate((first, mended)):
        item = recorded(event, position=position)
        rows |= {key: LEDGER.evolve(rows.get(key), item, key) for key in LEDGER.keys(item)}  # type: ignore[misc]  # never taken out
        known = Calendar(date(2030, 12, 1), rows.values())
        assert known.is_announced(date(2031, 1, 1))
        assert known.works(date(2031, 1, 1)) is (event is mended)
    assert not Calendar(date(2030, 10, 31), rows.values()).is_announced(date(2031, 1, 1))
