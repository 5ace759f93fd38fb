"""The time that a ledger covers, as its title says it: 2015年6月, 2015年第二季度, 2015年5月26日至6月25日."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.intake.importer.values import WrittenDay, folded, with_arabic


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a ledger covers, both included."""

    first: date
    last: date

    @property
    def month(self) -> str | None:
        """The month of the ledger as 2015-06; None where it covers more than one. A count from the 26th to the 25th
        is named after the month in which it ends."""
        return f"{self.last:%Y-%m}" if (self.last - self.first).days <= 31 else None

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Hint:
    """What one text says about the period: a whole one, or only a year or only a month of it."""

    period: Period | None = None
    year: int | None = None
    month: int | None = None


def month_of(year: int, month: int) -> Period:
    """A calendar month."""
    return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


_Y = r"(?P<y>(?:19|20)\d\d|(?<!\d)\d\d(?=年))"
_TO = r"\s*(?:-|—|–|~|至|到|、)+\s*"
_DAYS = re.compile(
    rf"{_Y}[年./-](?P<m>\d{{1,2}})[月./-](?P<d>\d{{1,2}})日?{_TO}(?:(?P<y2>\d{{4}})[年./-])?(?:(?P<m2>\d{{1,2}})[月./-])?(?P<d2>\d{{1,2}})(?!\d|月)"
)
_MONTHS = re.compile(rf"{_Y}[年./](?P<m>\d{{1,2}})月?份?{_TO}(?:(?P<y2>\d{{4}})年)?(?P<m2>\d{{1,2}})月")
_MONTH = re.compile(rf"{_Y}\s*(?:年度?(?=\s*\d{{1,2}}\s*月)|[./_-])\s*(?P<m>1[0-2]|0?[1-9])(?!\d)")
_JOINED = re.compile(r"(?<!\d)(?P<y>20\d\d|19\d\d)(?P<m>0[1-9]|1[0-2])(?!\d)")
_QUARTER = re.compile(rf"{_Y}年?度?第?(?P<q>[1-4])季度?")
_HALF = re.compile(rf"{_Y}年?度?(?P<h>[上下])半年")
_YEAR = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d|\d\d)\s*年(?!\d)")
_BARE_YEAR = re.compile(r"(?<![\d〔\[(])(?P<y>(?:19|20)\d\d)(?!\d)")
_BARE_MONTH = re.compile(r"(?<![\d年])(?P<m>1[0-2]|0?[1-9])\s*月(?!\d|\s*\d*日|内|前)")
_FILLED = re.compile(
    r"(?:填报|填表|填写|制表|报送|上报|报告|打印|统计|更新|制作)?(?:时间|日期)\s*:?\s*((?:\d{2,4}\s*[年./-]\s*)?\d{1,2}\s*[月./-]\s*(?:\d{1,2}\s*日?)?)"
)


def hint_of(text: str) -> Hint:
    """What a title, a sheet's or a file's name says about the period. When it was filled in is not a title."""
    text = _FILLED.sub(" ", _plain(text))
    try:
        return _read(text)
    except ValueError:  # a thirteenth month, a 31st of June
        return Hint()


def filled_on(text: str) -> Hint:
    """What 填报时间 says: the weakest hint, since a ledger may be filled in after its month."""
    found = _FILLED.search(_plain(text))
    return _read(found[1]) if found else Hint()


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\s*([年月日])\s*", r"\1", with_arabic(folded(text))))


def _year(found: re.Match[str], group: str = "y") -> int:
    year = int(found[group])
    return year + 2000 if year < 100 else year


def _read(text: str) -> Hint:
    if found := _DAYS.search(text):
        first = date(_year(found), int(found["m"]), int(found["d"]))
        month = int(found["m2"] or found["m"])
        year = int(found["y2"]) if found["y2"] else first.year + (month < first.month)
        return Hint(Period(first, date(year, month, int(found["d2"]))))
    if found := _MONTHS.search(text):
        start = month_of(_year(found), int(found["m"]))
        end = month_of(int(found["y2"]) if found["y2"] else start.first.year, int(found["m2"]))
        if start.first <= end.last:
            return Hint(Period(start.first, end.last))
    if found := _QUARTER.search(text):
        quarter = int(found["q"])
        return Hint(Period(month_of(_year(found), quarter * 3 - 2).first, month_of(_year(found), quarter * 3).last))
    if found := _HALF.search(text):
        start_month = 1 if found["h"] == "上" else 7
        return Hint(Period(month_of(_year(found), start_month).first, month_of(_year(found), start_month + 5).last))
    if found := (_MONTH.search(text) or _JOINED.search(text)):
        return Hint(month_of(_year(found), int(found["m"])))
    years, months = _YEAR.search(text) or _BARE_YEAR.search(text), _BARE_MONTH.search(text)
    return Hint(None, _year(years) if years else None, int(months["m"]) if months else None)


def decide_period(hints: Iterable[Hint], filled: Hint, days: Iterable[WrittenDay]) -> Period | None:
    """The period of a ledger from its hints, strongest first: title, sheet name, the book's other titles, file name.

    Where the title says only a year or only a month, the next hint that says the other completes it. Where nothing
    but 填报时间 is told, the rows' own days choose between its month and the one before.
    """
    year = month = None
    for hint in hints:
        if hint.period is not None:
            if month is not None and year is None:
                return month_of(hint.period.first.year, month)
            if year in (None, hint.period.first.year):
                return hint.period
            continue
        year = hint.year if year is None else year
        month = hint.month if month is None else month
        if year is not None and month is not None:
            return month_of(year, month)
    days = [day for day in days if day.month is not None]
    if month is not None:
        years = [day.year for day in days if day.year is not None]
        if not years and filled.period is not None:
            years = [filled.period.first.year]
        return month_of(max(years, key=years.count), month) if years else None
    if year is not None:
        return Period(date(year, 1, 1), date(year, 12, 31))
    if filled.period is None:
        return None
    last = filled.period.first - timedelta(days=1)
    candidates = (filled.period, month_of(last.year, last.month))
    return max(candidates, key=lambda period: sum(day.month == period.first.month for day in days))


def placed(day: WrittenDay, period: Period | None, after: date | None = None) -> date | None:
    """The date of a day as written: `6月3日` takes the title's year, `3日` the title's month.

    `after` is the report's date for a later day of the same row: a bare 1月5日 in a December ledger is next year's.
    None where the title does not tell what the day leaves out, or no such day exists.
    """
    if day.year is not None and day.month is not None:
        return _date(day.year, day.month, day.day)
    if period is None:
        return _date(after.year, day.month, day.day) if after and day.month else None
    if day.month is None:
        start = after or period.first
        if after is None and period.month is None:
            return None
        months = [(start.year, start.month), (start.year + start.month // 12, start.month % 12 + 1)]
        if after is None:
            months = [(period.first.year, period.first.month), (period.last.year, period.last.month)]
        options = [found for year, month in months if (found := _date(year, month, day.day))]
        fitting = [found for found in options if (found >= after if after else found in period)]
        return next(iter(fitting or options), None)
    years = {period.first.year, period.last.year}
    options = [found for year in sorted(years) if (found := _date(year, day.month, day.day))]
    chosen = next((found for found in options if found in period), options[0] if options else None)
    if chosen and after and (after - chosen).days > 180:
        return _date(chosen.year + 1, day.month, day.day)
    return chosen


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
