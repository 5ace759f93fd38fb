"""The working calendar 工作日历: which days are worked, as it was known on a day.

The State Council announces each year's days off and the weekends worked in their place, late in the year before, and
now and then changes them within the year. `chinesecalendar` knows them as they came out in the end; when each was
announced stands below. What is announced after this version of the product an office enters itself (`amend-calendar`).
A year that nobody has announced yet is taken for plain weeks, and every deadline that rests on it is provisional 暂定.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from chinese_calendar.constants import holidays, workdays  # type: ignore[import-untyped]  # it has no types

from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import CalendarAmended
from shared.contracts.model import Ledger

_DAY: Final = timedelta(days=1)
_LISTED: Final = frozenset(holidays) | frozenset(workdays)
_LAST_YEAR: Final = max(day.year for day in holidays)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where it was made known that days are off, or worked 放假安排."""

    on: date
    document: str


_YEARS: Final[Mapping[int, tuple[str, str | None]]] = {
    2015: ("2014-12-16", "国办发明电〔2014〕28号"), 2016: ("2015-12-10", "国办发明电〔2015〕18号"),
    2017: ("2016-12-01", "国办发明电〔2016〕17号"), 2018: ("2017-11-30", None),
    2019: ("2018-12-06", "国办发明电〔2018〕15号"), 2020: ("2019-11-21", "国办发明电〔2019〕16号"),
    2021: ("2020-11-25", "国办发明电〔2020〕27号"), 2022: ("2021-10-25", "国办发明电〔2021〕11号"),
    2023: ("2022-12-08", "国办发明电〔2022〕16号"), 2024: ("2023-10-25", "国办发明电〔2023〕7号"),
    2025: ("2024-11-12", "国办发明电〔2024〕12号"), 2026: ("2025-11-04", None),
}  # fmt: skip
"""When a year's calendar was announced, and the notice's number where a copy of it was seen."""


def _year_announced(year: int) -> Announcement:
    """The General Office's notice of a year; of years before 2015, it had been given by the end of the year before."""
    on, number = _YEARS.get(year, (f"{year - 1}-12-31", None))
    title = f"国务院办公厅关于{year}年部分节假日安排的通知"
    return Announcement(date.fromisoformat(on), f"{title}（{number}）" if number else title)


@dataclass(frozen=True, slots=True)
class Change:
    """A day that was changed after its year had been announced."""

    day: date
    works: bool
    announced: Announcement
    was: bool
    """Whether it was worked as first announced."""


def _changed(on: str, document: str, off: Mapping[str, bool], worked: Mapping[str, bool]) -> Iterable[Change]:
    announced = Announcement(date.fromisoformat(on), document)
    for works, days in ((False, off), (True, worked)):
        for day, was in days.items():
            yield Change(date.fromisoformat(day), works, announced, was)


_WITHIN_THE_YEAR: Final = (
    # The seventieth anniversary of victory; Saturday the 5th is off anyway.
    *_changed(
        "2015-05-13", "国发明电〔2015〕1号", {"2015-09-03": True, "2015-09-04": True}, {"2015-09-06": False}
    ),
    # Labour Day.
    *_changed(
        "2019-03-22", "国办发明电〔2019〕3号", {"2019-05-02": True, "2019-05-03": True},
        {"2019-04-28": False, "2019-05-05": False},
    ),
    # Spring Festival, prolonged by the epidemic: Saturday the 1st would have been worked.
    *_changed(
        "2020-01-26", "国办发明电〔2020〕1号", {"2020-01-31": True, "2020-02-01": True, "2020-02-02": False}, {}
    ),
)  # fmt: skip


class Notice(NamedTuple):
    """What was announced at once: a year's whole calendar, or a change within one."""

    announced: Announcement
    of_year: int | None
    """The year whose calendar it is; none for a change within a year."""
    off: Sequence[date]
    worked: Sequence[date]


def notices() -> Iterator[Notice]:
    """All that this version knows: each year's calendar as it was first announced, then what was changed since."""
    changed = {change.day: change for change in _WITHIN_THE_YEAR}
    years: dict[int, dict[date, bool]] = {}
    for day in sorted(_LISTED):
        change = changed.get(day)
        works = day in workdays if change is None else change.was
        if change is None or works != (day.weekday() < 5):  # a plain weekday is in no notice
            years.setdefault(day.year + (day.month == 12), {})[day] = works
    for year, days in sorted(years.items()):
        yield _notice(_year_announced(year), year, days)
    for announced in dict.fromkeys(change.announced for change in _WITHIN_THE_YEAR):
        days = {change.day: change.works for change in _WITHIN_THE_YEAR if change.announced == announced}
        yield _notice(announced, None, days)


def _notice(announced: Announcement, of_year: int | None, days: Mapping[date, bool]) -> Notice:
    off = [day for day, works in days.items() if not works]
    return Notice(announced, of_year, off, [day for day, works in days.items() if works])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A day that is off or worked, or a year whose whole calendar was announced, as an office entered it last; neither
    where that was withdrawn."""

    id: str
    """The day or the year."""
    year: int | None
    day: date | None
    works: bool | None
    announced_on: date
    document: str
    position: int
    """Of the event that says so."""
    earlier: "tuple[Entered, ...]" = ()
    """What had been entered before."""

    def before(self, position: int) -> "Entered | None":
        """As it had been entered up to a position of the log."""
        known = [one for one in (*self.earlier, self) if one.position <= position]
        return replace(known[-1], earlier=tuple(known[:-1])) if known else None

    def as_announced(self, by: date) -> "Entered | None":
        """The last that was entered of what had been announced by a day; what was withdrawn never had been."""
        stands: Entered | None = None
        for one in (*self.earlier, self):
            if one.year is None and one.day is None:
                stands = None
            elif one.announced_on <= by:
                stands = one
        return stands


class Calendar:
    """The calendar as it was known at the end of a day."""

    def __init__(self, known_on: date, amendments: Iterable[Entered] = ()) -> None:
        """`amendments` are the rows of the calendar ledger."""
        entered = [known for row in amendments if (known := row.as_announced(known_on)) is not None]
        self.known_on = known_on
        self._years = {row.year: _entered(row) for row in entered if row.year is not None}
        self._days: dict[date, tuple[bool, Announcement]] = {}
        for change in _WITHIN_THE_YEAR:
            if change.announced.on <= known_on:
                self._days[change.day] = change.works, change.announced
            elif (first := self._of_year(change.day.year)) is not None:
                self._days[change.day] = change.was, first
        self._days |= {row.day: (bool(row.works), _entered(row)) for row in entered if row.day is not None}

    def is_announced(self, day: date) -> bool:
        """Whether the calendar of the day's year had been announced."""
        return self._of_year(day.year) is not None

    def announced_by(self, day: date) -> Announcement | None:
        """What says whether the day is worked; None where nobody has said so yet."""
        if (known := self._days.get(day)) is not None:
            return known[1]
        return self._listing(day) or self._of_year(day.year)

    def works(self, day: date) -> bool:
        """Whether the day is worked; in a year that was not announced yet, whether it is a weekday."""
        if (known := self._days.get(day)) is not None:
            return known[0]
        if self._listing(day) is not None:
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

    def _of_year(self, year: int) -> Announcement | None:
        """The year's notice, where it had been given."""
        if (entered := self._years.get(year)) is not None:
            return entered
        if year > _LAST_YEAR:
            return None
        announced = _year_announced(year)
        return announced if announced.on <= self.known_on else None

    def _listing(self, day: date) -> Announcement | None:
        """The notice that lists the day, where it had been given: New Year's holiday begins in December at times, and
        the new year's notice says so (2018-12-31)."""
        return self._of_year(day.year + (day.month == 12)) if day in _LISTED else None


def _entered(row: Entered) -> Announcement:
    return Announcement(row.announced_on, row.document)


# the ledger of what was entered: each service that counts deadlines keeps its own


def calendar_ledger(title_zh: str, title_en: str, clause: str) -> Ledger[Entered]:
    """A service's ledger of amendments, by day and year: what is entered later stands."""
    return Ledger(
        name="calendar", row=Entered, handles=(CalendarAmended,), keys=_keys, evolve=_evolve, title_zh=title_zh,
        title_en=title_en, clause=clause, filters=("year",), across=(CalendarAmended,),
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    event: CalendarAmended = recorded.event
    years = (str(year) for year in (event.year, event.withdrawn_year) if year is not None)
    return (*years, *(day.isoformat() for day in (*event.off, *event.worked, *event.withdrawn)))


def _evolve(row: Entered | None, recorded: Recorded, key: str) -> Entered:
    event: CalendarAmended = recorded.event
    earlier = () if row is None else (*row.earlier, replace(row, earlier=()))
    known: dict[str, Any] = {
        "id": key, "announced_on": event.announced_on, "document": event.document, "position": recorded.position,
        "earlier": earlier,
    }  # fmt: skip
    if key == str(event.year):
        return Entered(year=event.year, day=None, works=None, **known)
    if key == str(event.withdrawn_year):
        return Entered(year=None, day=None, works=None, **known)
    day = date.fromisoformat(key)
    if day in event.withdrawn:
        return Entered(year=None, day=None, works=None, **known)
    return Entered(year=None, day=day, works=day in event.worked, **known)
