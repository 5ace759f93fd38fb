"""Days of the civil calendar and moments: which day a moment lies in does not depend on who asks, or where."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from shared.contracts.codes import Role
from shared.contracts.fields import EARLIEST_YEAR, LATEST_YEAR
from shared.contracts.model import Context, Refused

_AHEAD: Final = timedelta(hours=8)
CIVIL: Final = timezone(_AHEAD)
"""China's civil time 北京时间: days, months and deadlines are counted in it, whatever offset a moment is written in."""

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far an office's clock may be ahead of ours before what it reports lies in the future."""


def civil_day(moment: datetime) -> date:
    """The day of the civil calendar in which a moment lies."""
    # Most moments are written in civil time or in UTC, and most folds ask for their days.
    if moment.tzinfo == CIVIL:
        return moment.date()
    if moment.tzinfo is UTC:
        return (moment + _AHEAD).date()
    return moment.astimezone(CIVIL).date()


def start_of(day: date) -> datetime:
    """The first moment of a day: what a record that gives only the day is taken to mean."""
    return datetime.combine(day, time.min, CIVIL)


def read_day(said: str) -> date | None:
    """The day that a text names, written YYYY-MM-DD and no other way; None where it names none of the years that this
    record knows."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.isoformat() == said and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def last_day_of(month: str) -> date:
    """The last day of a month written YYYY-MM."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def month_after(day: date) -> date:
    """The same day of the next month, or that month's last day where it has no such day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def refuse_future(context: Context) -> None:
    """Refuse what is said to have happened later than now; raises `Refused("in_the_future")`."""
    if context.by.role == Role.SERVICE:
        return  # a reaction answers an event that was accepted; this clock may only be behind that one's
    if context.at > context.now + CLOCK_SKEW:
        raise Refused("in_the_future", field="occurred_at", occurred_at=context.at, now=context.now)


def refuse_future_day(day: date | None, field: str, context: Context) -> None:
    """The same for a day that a field gives."""
    today = civil_day(context.now)
    if day is not None and day > today:
        raise Refused("in_the_future", field=field, day=day.isoformat(), now=today.isoformat())
