"""The working calendar 工作日历: which days are worked, as it was known on a day.

The State Council announces each year's days off and the weekends worked in their place, late in the year before, and
now and then changes them within the year. `chinesecalendar` knows them as they came out in the end; when each was
announced stands below. What is announced after this version of the product an office enters itself (`amend-calendar`).
A year that nobody has announced yet is taken for plain weeks, and every deadline that rests on it is provisional 暂定.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from chinese_calendar.constants import holidays, workdays  # type: ignore[import-untyped]  # it has no types

_DAY: Final = timedelta(days=1)
_LAST_YEAR: Final = max(day.year for day in holidays)
_ANNOUNCED: Final[Mapping[int, date]] = {
    2015: date(2014, 12, 16), 2016: date(2015, 12, 10), 2017: date(2016, 12, 1), 2018: date(2017, 11, 30),
    2019: date(2018, 12, 6), 2020: date(2019, 11, 21), 2021: date(2020, 11, 25), 2022: date(2021, 10, 25),
    2023: date(2022, 12, 8), 2024: date(2023, 10, 25), 2025: date(2024, 11, 12), 2026: date(2025, 11, 4),
}  # fmt: skip
"""When a year's calendar was announced (国务院办公厅 each time); of earlier years, by the end of the year before."""


class Change(NamedTuple):
    """A day that was changed after its year had been announced."""

    day: date
    works: bool
    announced_on: date
    was: bool
    """Whether it was worked as first announced."""


def _changed(announced_on: str, off: Mapping[str, bool], worked: Mapping[str, bool]) -> Iterable[Change]:
    at = date.fromisoformat(announced_on)
    for works, days in ((False, off), (True, worked)):
        for day, was in days.items():
            yield Change(date.fromisoformat(day), works, at, was)


_WITHIN_THE_YEAR: Final = (
    # 国发明电〔2015〕1号: the seventieth anniversary of victory.
    *_changed("2015-05-13", {"2015-09-03": True, "2015-09-04": True}, {"2015-09-06": False}),
    # 国办发明电〔2019〕3号: Labour Day.
    *_changed("2019-03-22", {"2019-05-02": True, "2019-05-03": True}, {"2019-04-28": False, "2019-05-05": False}),
    # 国办发明电〔2020〕1号: Spring Festival, prolonged by the epidemic.
    *_changed("2020-01-26", {"2020-01-31": True, "2020-02-01": True, "2020-02-02": False}, {}),
)


class Calendar:
    """The calendar as it was known at the end of a day."""

    def __init__(self, known_on: date, amendments: Iterable[Any] = ()) -> None:
        """`amendments` are rows of the calendar ledger: `day`, `year`, `works`, `announced_on`."""
        entered = [row for row in amendments if row.announced_on <= known_on]
        self.known_on = known_on
        self._announced = {row.year for row in entered if row.year is not None}
        self._works: dict[date, bool] = {}
        for change in _WITHIN_THE_YEAR:
            self._works[change.day] = change.works if change.announced_on <= known_on else change.was
        self._works |= {row.day: row.works for row in sorted(entered, key=lambda row: row.announced_on) if row.day}

    def is_announced(self, day: date) -> bool:
        """Whether the calendar of the day's year had been announced."""
        if day.year in self._announced:
            return True
        return day.year <= _LAST_YEAR and _ANNOUNCED.get(day.year, date(day.year - 1, 12, 31)) <= self.known_on

    def works(self, day: date) -> bool:
        """Whether the day is worked; in a year that was not announced yet, whether it is a weekday."""
        if (entered := self._works.get(day)) is not None:
            return entered
        if self.is_announced(day) and (day in holidays or day in workdays):
            return day in workdays
        return day.weekday() < 5

    def from_day(self, day: date) -> date:
        """The first day from this one on that is worked."""
        while not self.works(day):
            day += _DAY
        return day

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after a day, which is not counted itself."""
        for _ in range(count):
            day = self.from_day(day + _DAY)
        return day
