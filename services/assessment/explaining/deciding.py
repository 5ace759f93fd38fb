"""Which of the events behind a row decide about it: those that tell of a field that the indicator looks at."""

from collections.abc import Collection, Iterable, Mapping, Set
from typing import Final

from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import STRUCK, Mark
from services.assessment.ledgers.case_results import ENDINGS
from shared.contracts.assessment import Indicator

_ENDED: Final = ENDINGS | {"reopened"}
_TELLS: Final[Mapping[tuple[str, str], Set[str]]] = {
    ("cases", "reported_on"): frozenset({"reported"}),
    ("cases", "accepted_on"): frozenset({"accepted"}),
    ("cases", "handed_down_on"): frozenset({"handed_down"}),
    ("cases", "ended"): _ENDED,
    ("cases", "ended_on"): _ENDED,
    ("cases", "tier"): _ENDED,
    ("cases", "settled_in_time"): _ENDED,
    ("cases", "settled_entered_on"): _ENDED,
    ("voids", "reported_on"): frozenset({"reported"}),
    ("voids", "voided_on"): frozenset({"voided"}),
    ("voids", "ended"): _ENDED,
    ("cases", "kept_since"): _ENDED | {"answered_for"},
    ("cases", "unstable_on"): frozenset({"found_stable", "found_unstable"}),
    ("cases", "letter_on"): frozenset({"letter"}),
    ("cases", "letter_owed"): frozenset({"letter", "handed_down"}),
    ("cases", "contact_missed_on"): frozenset({"letter"}),
    ("duties", "settled_in_time"): _ENDED,
    ("duties", "settled_entered_on"): _ENDED,
    ("duties", "due_on"): frozenset({"accepted", "reopened", "handed_down", "letter", "planned"}),
}
"""The marks that tell of a field, where not all of the row's do."""
_ALWAYS: Final = frozenset({"corrected", "voided", "excused"})
"""Marks that may tell of any field."""


def decides(marks: Collection[Mark], item: Item, indicator: Indicator) -> Set[Mark]:
    """Of what happened to a row, what decides; all of it where nothing stands out."""
    asked = list(_asked(indicator, item.table))
    found = {m for m in marks if m.what in _ALWAYS or any(_tells(m, item, field) for field in asked)}
    return found or {*marks}


def _tells(m: Mark, item: Item, field: str) -> bool:
    if field in item.told_by:
        return m in item.told_by[field]
    names = _TELLS.get((item.table, field))
    own = m in item.marks and m.what != "registered"
    return own if names is None else m.what.removeprefix(STRUCK) in names


def _asked(indicator: Indicator, table: str) -> Iterable[str]:
    """The fields that an indicator looks at, in the rows of a table."""
    measures = [one for one in (indicator.numerator, indicator.denominator) if one and one.table == table]
    for measure in measures:
        yield from (one.field for one in measure.where)
        yield from () if measure.adds is None else (measure.adds,)
    if indicator.denominator is not None and indicator.denominator.table == table:
        yield from (one.field for why in indicator.exclusions for one in why.where)
