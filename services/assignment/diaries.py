"""Diaries 民情日记 that say the same (§3.3.2, 3.3.7): how many earlier ones of the community do, when one is entered.

Nobody reads a diary for that: it is compared by its entry in the blind index, before it is sealed, and the number alone
becomes part of the record (docs/decisions/0019).
"""

import re
import unicodedata
from typing import Any, Final

from services.assignment.commands import CompleteVisit
from services.assignment.ledgers import handling, visits
from shared.contracts.codes import VisitResult
from shared.contracts.model import Compared, Look

_PART: Final = "visits/"
_BEYOND_WORDS: Final = re.compile(r"[\W_]+")


def plain(diary: str) -> str:
    """What a diary says, word for word: without spaces and punctuation, full-width signs and capitals as plain ones."""
    return _BEYOND_WORDS.sub("", unicodedata.normalize("NFKC", diary)).casefold()


def _text(command: CompleteVisit) -> str | None:
    return (plain(command.diary) or None) if command.diary is not None else None


def _part(command: CompleteVisit) -> str:
    return f"{_PART}{command.visit}"


def _community(state: Any, id: str, look: Look) -> str:
    """The case's, as it was corrected; none where nobody handles it."""
    if state is None:
        return ""
    case = look.row(handling.LEDGER, id)
    return str(state.community if case is None else case.community)


def _counts(name: str, community: str, look: Look) -> bool:
    """Whether a visit, by its entry's name `case/<id>#visits/<visit>.<…>`, stands and is of the community still. A
    ledger that lags does not know better than the index that a diary was entered."""
    subject, _, part = name.partition("#")
    visit = part.removeprefix(_PART).rpartition(".")[0]
    case = subject.partition("/")[2]
    row, of = look.row(visits.LEDGER, f"{case}/{visit}"), look.row(handling.LEDGER, case)
    if row is not None and row.result is VisitResult.RETRACTED:
        return False
    return of is None or (of.voided_at is None and of.community == community)


DIARY: Final = Compared(kind="diary", text=_text, part=_part, among=_community, counts=_counts)
