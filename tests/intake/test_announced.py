"""What is announced of the working calendar, entered by the office (synthetic)."""

from datetime import date

from services.intake.announced import DECIDER
from services.intake.commands import AmendCalendar
from services.intake.ledgers.work_calendar import LEDGER
from shared.calendar import Calendar, Entered
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
    after = AmendCalendar(year=2014, off=OFF, worked=(), announced_on=ON, document=PAPER)
    CALENDAR.when(after).then_refused("not_of_the_year", field="off")


def test_what_was_entered_by_mistake_is_withdrawn_and_stands_as_though_nothing_had_been() -> None:
    back = AmendCalendar(off=(), worked=(), announced_on=ON, document=PAPER, withdrawn=OFF, withdrawn_year=2031)
    mended = CalendarAmended(
        year=None, off=(), worked=(), announced_on=ON, document=PAPER, withdrawn=OFF, withdrawn_year=2031
    )
    CALENDAR.when(back).then(mended)
    rows: dict[str, Entered] = {}
    wrong = CalendarAmended(year=2031, off=(), worked=OFF, announced_on=ON, document=PAPER)
    for position, event in enumerate((wrong, mended)):
        item = recorded(event, position=position)
        told = {key: LEDGER.evolve(rows.get(key), item, key) for key in LEDGER.keys(item)}
        rows = {key: row for key, row in {**rows, **told}.items() if row is not None}
        known = Calendar(date(2015, 6, 1), rows.values())
        assert known.works(OFF[0]) is (event is wrong)
        assert known.is_announced(date(2031, 1, 1)) is (event is wrong)
    assert [(row.year, row.day) for row in rows.values()] == [(None, None)] * 2, "neither a day nor a year any more"
    for field, both in (
        ("withdrawn", AmendCalendar(off=OFF, worked=(), announced_on=ON, document=PAPER, withdrawn=OFF)),
        (
            "withdrawn_year",
            AmendCalendar(year=2031, off=(), worked=(), announced_on=ON, document=PAPER, withdrawn_year=2031),
        ),
    ):
        CALENDAR.when(both).then_refused("withdrawn_and_entered", field=field)


def test_a_year_s_announcement_may_begin_in_the_december_before() -> None:
    eve = AmendCalendar(
        year=2016, off=(date(2015, 12, 31), date(2016, 1, 1)), worked=(date(2015, 12, 27),), announced_on=ON,
        document=PAPER,
    )  # fmt: skip
    CALENDAR.when(eve).then(CalendarAmended(year=2016, off=eve.off, worked=eve.worked, announced_on=ON, document=PAPER))
    november = AmendCalendar(year=2016, off=(date(2015, 11, 30),), worked=(), announced_on=ON, document=PAPER)
    CALENDAR.when(november).then_refused("not_of_the_year", field="off")


def test_what_is_entered_later_stands_and_the_calendar_follows() -> None:
    rows: dict[str, Entered] = {}
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
    on_the_eve = Calendar(date(2030, 11, 1), rows.values())
    assert on_the_eve.is_announced(date(2031, 1, 1)), "what is announced later takes nothing from what was known before"
    assert not on_the_eve.works(date(2031, 1, 1))


# the calendar as it was known


def works(known_on: str, *days: str) -> list[bool]:
    """Whether these days are worked, as known on a day."""
    known = Calendar(date.fromisoformat(known_on))
    return [known.works(date.fromisoformat(one)) for one in days]


def test_the_holiday_of_september_2015_is_known_from_the_day_it_was_announced() -> None:
    days = ("2015-09-03", "2015-09-04", "2015-09-05", "2015-09-06")
    assert works("2015-05-12", *days) == [True, True, False, False]
    assert works("2015-05-13", *days) == [False, False, False, True]


def test_labour_day_of_2019_and_the_prolonged_spring_festival_of_2020_were_changed_within_the_year() -> None:
    labour = ("2019-04-28", "2019-05-01", "2019-05-02", "2019-05-03", "2019-05-04", "2019-05-05")
    assert works("2019-03-21", *labour) == [False, False, True, True, False, False]
    assert works("2019-03-22", *labour) == [True, False, False, False, False, True]
    spring = ("2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02", "2020-02-03")
    assert works("2020-01-25", *spring) == [False, True, True, False, True], "Saturday the 1st was to be worked"
    assert works("2020-01-26", *spring) == [False, False, False, False, True]


def test_a_year_that_was_not_announced_has_plain_weeks_whatever_came_later() -> None:
    assert works("2019-11-20", "2020-01-30", "2020-02-01") == [True, False], "a Thursday and a Saturday"
    assert works("2019-11-21", "2020-01-30", "2020-02-01") == [False, True]
    assert not Calendar(date(2029, 6, 1)).is_announced(date(2029, 6, 1)), "this product knows nothing of 2029"
    assert works("2029-12-31", "2029-06-01", "2029-06-02") == [True, False]


def test_new_year_s_eve_is_announced_by_the_next_year_s_notice() -> None:
    eve = ("2018-12-29", "2018-12-31")
    assert works("2018-12-05", *eve) == [False, True], "the calendar of 2018 said nothing of them"
    assert works("2018-12-06", *eve) == [True, False]
    known = Calendar(date(2018, 12, 6)).announced_by(date(2018, 12, 31))
    assert known is not None
    assert known.document == "国务院办公厅关于2019年部分节假日安排的通知（国办发明电〔2018〕15号）"


def test_what_says_whether_a_day_is_worked_is_named() -> None:
    entered = Entered(
        id="2015-09-07",
        year=None,
        day=date(2015, 9, 7),
        works=False,
        announced_on=date(2015, 6, 1),
        document=PAPER,
        position=0,
    )
    known = Calendar(date(2015, 6, 1), [entered])
    documents = {"2015-09-03": "国发明电〔2015〕1号", "2015-09-07": PAPER}
    for text, document in documents.items():
        found = known.announced_by(date.fromisoformat(text))
        assert found is not None
        assert found.document == document
    ordinary = known.announced_by(date(2015, 9, 8))
    assert ordinary is not None
    assert ordinary.on == date(2014, 12, 16), "the year's own notice leaves it as it is"
    assert known.announced_by(date(2016, 1, 4)) is None
