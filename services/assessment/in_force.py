"""Which plan is meant where there are several 方案并行: campaigns, years and standing plans stand side by side."""

from collections.abc import Sequence
from datetime import date

from services.assessment.ledgers.plans import Row
from services.assessment.periods import span
from shared.contracts.model import Refused


def newest(rows: Sequence[Row]) -> list[Row]:
    """Each plan in its newest version, the one adopted or amended last first."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.position):
        found[row.code] = row
    return sorted(found.values(), key=lambda row: -row.position)


def by_day(rows: Sequence[Row], day: date) -> list[Row]:
    """Each plan in its newest version, the one that a day belongs to first: a campaign before a standing plan, and
    where no plan has the day, the one that is nearest."""
    return sorted(newest(rows), key=lambda row: (_away(row, day), row.plan.since is not None))


def _away(row: Row, day: date) -> int:
    """How many days a day lies outside of a plan."""
    first, last = span(row.plan)
    return max((first - day).days, 0 if last is None else (day - last).days, 0)


def chosen(rows: Sequence[Row], code: str, day: date) -> Row | None:
    """The plan of that code, or without one the day's; None where there is no plan at all. Raises
    `Refused("not_found")` where no plan has the code."""
    found = by_day(rows, day)
    if not code:
        return found[0] if found else None
    named = next((row for row in found if row.code == code), None)
    if named is None:
        raise Refused("not_found", field="plan")
    return named
