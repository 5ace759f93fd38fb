"""When things happen: working days and office hours, weekends and holidays, summer and winter."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from services.season.scenario import Scenario
from shared.calendar import Calendar
from shared.contracts.days import CIVIL

OFF_DAY_SHARE: Final = 0.06
"""How often what falls on a weekend or holiday is done there all the same: people are at home then."""
OFF_DAY_REPORTS: Final = 0.15
"""Reports on such a day, by the hotline and to those on duty, as a share of a working day's."""
_HOURS: Final = (8, 9, 9, 9, 10, 10, 10, 11, 14, 15, 15, 16, 16, 17)
"""Office hours 8:00–12:00 and 14:00–18:00, the middle of the morning most."""
_EVENING: Final = (19, 20, 20, 21)
"""When patrols go and people who work are at home."""
_DAY: Final = timedelta(days=1)


class Rhythm:
    """The days of a season."""

    def __init__(self, scenario: Scenario) -> None:
        # Who looks back knows all announcements, those within the year too.
        self._calendar = Calendar(date(scenario.to_day.year + 1, 12, 31))
        self._known: dict[date, bool] = {}

    def works(self, day: date) -> bool:
        """Whether the day is worked."""
        if day not in self._known:
            self._known[day] = self._calendar.works(day)
        return self._known[day]

    def working(self, day: date) -> date:
        """The first day from this one on that is worked."""
        while not self.works(day):
            day += _DAY
        return day

    def on(self, random: Random, day: date) -> datetime:
        """A moment of the day, or of the next that is worked: few things are done on a day off."""
        stays = self.works(day) or random.random() < OFF_DAY_SHARE
        return _moment(random, day if stays else self.working(day), _HOURS)

    def hours(self, random: Random, day: date) -> datetime:
        """A moment of that very day."""
        return _moment(random, day, _HOURS)

    def evening(self, random: Random, day: date) -> datetime:
        """The same, after supper."""
        return _moment(
            random, day if self.works(day) or random.random() < OFF_DAY_SHARE else self.working(day), _EVENING
        )

    def after(self, random: Random, moment: datetime, least: int, most: int) -> datetime:
        """A moment so many days later (calendar days, put off to a working day); never earlier than the first."""
        day = moment.date() + timedelta(days=random.randint(least, most))
        found = self.on(random, day)
        return found if found > moment else moment + timedelta(minutes=random.randint(10, 50))

    def reports(self, random: Random, from_day: date, to_day: date, by_month: Sequence[int], count: int) -> list[date]:
        """The days of so many reports, in order: fewer on days off, more in the months that weigh more."""
        days = [from_day + timedelta(days=number) for number in range((to_day - from_day).days + 1)]
        weights = [by_month[day.month - 1] * (1 if self.works(day) else OFF_DAY_REPORTS) for day in days]
        return sorted(random.choices(days, weights, k=count))


def _moment(random: Random, day: date, hours: Sequence[int]) -> datetime:
    return datetime(day.year, day.month, day.day, random.choice(hours), random.randrange(60), tzinfo=CIVIL)
