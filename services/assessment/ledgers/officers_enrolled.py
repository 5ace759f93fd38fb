"""The officers of the programme (§3.1.3): whose performance archive there may be. One row per officer, by pseudonym."""

from typing import get_args

from services.assessment.evidence.marks import Mark, mark
from shared.contracts.assignment import OfficerCorrected, OfficerEvent, OfficerVoided
from shared.contracts.codes import Profession
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger, held


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A judge, prosecutor, police officer or lawyer. Name and telephone stay sealed with assignment."""

    id: str
    profession: Profession
    unit: str
    marks: tuple[Mark, ...]
    """enrolled, corrected, voided."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: OfficerEvent = recorded.event
    if isinstance(event, OfficerCorrected):
        row = _marked(row, recorded, "corrected")
        return replace(row, profession=event.profession or row.profession, unit=event.unit or row.unit)
    if isinstance(event, OfficerVoided):
        return _marked(row, recorded, "voided")
    return Row(id=key, profession=event.profession, unit=event.unit, marks=(mark(recorded, "enrolled"),))


def _marked(row: Row | None, recorded: Recorded, what: str) -> Row:
    row = held(row, recorded)
    return replace(row, marks=(*row.marks, mark(recorded, what)))


def voided(row: Row) -> bool:
    """Whether the enrolment was a mistake."""
    return any(m.what == "voided" for m in row.marks)


LEDGER = Ledger(
    name="officers_enrolled",
    row=Row,
    handles=get_args(OfficerEvent),
    evolve=_evolve,
    title_zh="三官一师名册（实绩档案依据）",
    title_en="Officers (for their archive)",
    clause="3.3.6",
    filters=("profession",),
)
