"""Responsibility letters 包案稳控责任书 (§3.4.1, 5.1), with the hand-down that they answer. One row per case.

Who signed in person is sealed, and stays with the case's handling: it is not copied here.
"""

from services.assessment.evidence.marks import Mark, mark
from shared.contracts.assignment import ResponsibilityLetterSigned, WorkAct, WorkRetracted
from shared.contracts.codes import CaseKind
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import CaseCorrected, CaseHandedDown
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True)
class UnitLetter:
    """A letter: the unit that answers for the case, and how often the parties are seen."""

    unit: str
    contact_days: int
    """The parties are seen at least once in so many days."""
    signed: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case of which it is known who handed it down, or for which somebody signed."""

    id: str
    by_unit: str | None = None
    """Who handed it down; None where nobody said."""
    document: str | None = None
    letters: tuple[UnitLetter, ...] = ()
    """A later one replaces an earlier one; one that was taken back is not among them."""
    mistaken: bool = False
    """Whether the hand-down was entered by mistake."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if isinstance(event, CaseHandedDown):
        row = row or Row(id=key)
        return _if_told(replace(row, by_unit=event.by_unit, document=event.document, mistaken=False))
    if isinstance(event, CaseCorrected):
        return None if row is None else _corrected(row, event)
    if isinstance(event, ResponsibilityLetterSigned):
        row = row or Row(id=key)
        return replace(
            row, letters=(*row.letters, UnitLetter(event.unit, event.contact_days, mark(recorded, "letter")))
        )
    if row is None or event.act is not WorkAct.LETTER:
        return row
    return _if_told(replace(row, letters=row.letters[:-1]))


def _if_told(row: Row) -> Row | None:
    """The row, where it tells anything."""
    return row if row.letters or row.by_unit is not None or row.document is not None else None


def _corrected(row: Row, event: CaseCorrected) -> Row:
    """What was handed down is backlog; what is corrected to another kind was not handed down."""
    if event.handed_down_at is not None:
        return replace(row, mistaken=False)
    if event.kind in (None, CaseKind.BACKLOG):
        return row
    return replace(row, mistaken=row.by_unit is not None or row.document is not None)


LEDGER = Ledger(
    name="responsibility_letters",
    row=Row,
    handles=(CaseHandedDown, CaseCorrected, ResponsibilityLetterSigned, WorkRetracted),
    evolve=_evolve,
    title_zh="包案稳控责任书",
    title_en="Responsibility letters",
    clause="3.4.1",
    filters=(),
)
