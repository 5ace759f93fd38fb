"""By when a case is to be settled 办理时限, and which rule says so.

Mediation is normally concluded within one month (若干规定 33); a petition is answered within sixty days of being taken
on (信访条例 33, since 2022-05-01 信访工作条例 34). Both are counted in calendar days from the day of acceptance.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from shared.contracts.codes import CaseKind
from shared.contracts.days import month_after

DUE_AS_WRITTEN: Final = "paper"
"""The paper ledger's own due date."""
DUE_AS_CORRECTED: Final = "correction"
"""A due date that was put right by hand."""


class Due(NamedTuple):
    """A deadline that can explain itself."""

    on: date
    rule: str


def due(kind: CaseKind, accepted_on: date) -> Due:
    """The deadline of a case of that kind that was taken on (or reopened) that day."""
    if kind is CaseKind.BACKLOG:
        return Due(accepted_on + timedelta(days=60), "petition-60-days")
    return Due(month_after(accepted_on), "mediation-one-month")
