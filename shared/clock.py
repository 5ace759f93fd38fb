"""The one clock of the running system; everything else is given its time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The moment that it is."""
    return datetime.now(UTC)
