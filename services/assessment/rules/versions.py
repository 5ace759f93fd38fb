"""Which plan and which rulebook are meant, in which version 版本: several stand side by side, each in all its versions.

The rulebook is the publication's where one is asked about. Else it is the one that the plan publishes by, in its newest
version; only where the plan names none, the one put in force last. Rows are those of one position of the log: who asks
about an earlier one is answered from the rows of that one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules.periods import span
from shared.contracts.assessment import PeriodKind, Plan
from shared.contracts.model import Refused


class Version(Protocol):
    """A version of what was put in force under a code."""

    @property
    def code(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def position(self) -> int: ...


_Row = TypeVar("_Row", bound=Version)


def newest(rows: Iterable[_Row]) -> list[_Row]:
    """Each code in its newest version, the one adopted or amended last first."""
    found: dict[str, _Row] = {}
    for row in sorted(rows, key=lambda row: row.position):
        found[row.code] = row
    return sorted(found.values(), key=lambda row: -row.position)


def current(rows: Iterable[_Row], code: str, version: int | None = None) -> _Row | None:
    """The version of a code that is in force, its newest, or the one that is named; None where there is none."""
    found = (row for row in rows if row.code == code and version in (None, row.version))
    return max(found, key=lambda row: row.position, default=None)


def edition(rows: Iterable[_Row], code: str, version: int) -> _Row:
    """The version that a score names; raises `LookupError` where the rows lack it."""
    found = current(rows, code, version)
    if found is None:
        raise LookupError(f"{code} version {version} is not in the evidence")
    return found


class ByVersions(Protocol):
    """What was scored by a plan and a rulebook, each in a version."""

    @property
    def plan(self) -> str: ...
    @property
    def plan_version(self) -> int: ...
    @property
    def rulebook(self) -> str: ...
    @property
    def rulebook_version(self) -> int: ...


def superseded(
    plan: plans.Row, rulebook: rulebooks.Row, rows: Sequence[plans.Row | rulebooks.Row], last: ByVersions | None
) -> plans.Row | rulebooks.Row | None:
    """Which of the two may not be scored by, since a newer version is in force. What was published may be restated by
    the versions by which it was stated `last`: new rules change no old score by themselves."""
    kept = (None, None) if last is None else ((last.plan, last.plan_version), (last.rulebook, last.rulebook_version))
    named: tuple[tuple[plans.Row | rulebooks.Row, object], ...] = ((plan, kept[0]), (rulebook, kept[1]))
    for row, before in named:
        in_force = current((one for one in rows if type(one) is type(row)), row.code)
        if row != in_force and (row.code, row.version) != before:
            return row
    return None


# plans ----------------------------------------------------------------------------------------------------------------


def by_day(rows: Iterable[plans.Row], day: date) -> list[plans.Row]:
    """Each plan in its newest version, the one that a day belongs to first: a campaign before a standing plan, and
    where no plan has the day, the one that is nearest."""
    return sorted(newest(rows), key=lambda row: (_away(row, day), row.plan.since is not None))


def _away(row: plans.Row, day: date) -> int:
    """How many days a day lies outside of a plan."""
    first, last = span(row.plan)
    return max((first - day).days, 0 if last is None else (day - last).days, 0)


def chosen(rows: Iterable[plans.Row], code: str, day: date) -> plans.Row | None:
    """The plan of that code, or without one the day's; None where there is no plan at all. Raises
    `Refused("not_found")` where no plan has the code."""
    found = by_day(rows, day)
    if not code:
        return found[0] if found else None
    named = current(found, code)
    if named is None:
        raise Refused("not_found", field="plan")
    return named


# rulebooks ------------------------------------------------------------------------------------------------------------


def rulebook_of(
    plan: Plan | None, rows: Sequence[rulebooks.Row], kind: PeriodKind | None = None
) -> rulebooks.Row | None:
    """The rulebook that a plan publishes by, that for periods of the kind first; where it names none that is in force,
    the one put in force last. None where there is none at all."""
    publishing = () if plan is None else plan.publishing
    for one in sorted(publishing, key=lambda one: one.period_kind is not kind):
        if (row := current(rows, one.rulebook)) is not None:
            return row
    return max(rows, key=lambda row: row.position, default=None)


def rulebook_on(
    day: date, plan_rows: Iterable[plans.Row], rulebook_rows: Sequence[rulebooks.Row]
) -> rulebooks.Row | None:
    """The rulebook of the day's plan."""
    plan = chosen(plan_rows, "", day)
    return rulebook_of(None if plan is None else plan.plan, rulebook_rows)
