"""Which civil day a moment lies in, in whatever offset it is written."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.days import CIVIL, civil_day

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
zones = st.one_of(st.just(UTC), st.just(CIVIL), offsets)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), zones, zones)
def test_the_offset_in_which_a_moment_is_written_does_not_matter(
    moment: datetime, one: timezone, other: timezone
) -> None:
    written = moment.replace(tzinfo=one)
    assert civil_day(written) == civil_day(written.astimezone(other)) == written.astimezone(CIVIL).date()


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2015-06-11T15:59:59.999999+00:00", date(2015, 6, 11)),
        ("2015-06-11T16:00:00+00:00", date(2015, 6, 12)),
        ("2015-06-11T00:00:00+08:00", date(2015, 6, 11)),
        ("2015-06-11T23:59:59+08:00", date(2015, 6, 11)),
        ("2015-06-11T23:59:59-05:00", date(2015, 6, 12)),
    ],
)
def test_a_day_begins_at_midnight_in_beijing(moment: str, day: date) -> None:
    assert civil_day(datetime.fromisoformat(moment)) == day
