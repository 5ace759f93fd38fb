"""Who had a part in a publication or an appeal 经办人 (§3.3.5): so that an appeal is heard by others 回避.

It stands apart from the scores, which know nobody. Names are the pseudonyms of the institution's own staff, as every
event of the record has them.
"""

from collections.abc import Iterable

from shared.contracts.assessment import ScorePublished, ScoreRestated
from shared.contracts.assessment_entries import ScoreAppealed, SupervisionVoided
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger
from shared.contracts.persons import persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Those who published or restated the scores of a publication, or who lodged an appeal that stands, and for whom
    they did."""

    id: str
    """The stream's: `score/<publication>`, `supervision/<appeal>`."""
    who: tuple[str, ...]


def of_publication(id: str) -> str:
    """The key of those who published it."""
    return f"score/{id}"


def of_appeal(id: str) -> str:
    """The key of whoever lodged it."""
    return f"supervision/{id}"


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    if isinstance(recorded.event, SupervisionVoided):
        return None
    who = sorted(persons(recorded.actor))
    if row is None:
        return Row(id=key, who=tuple(who))
    return replace(row, who=(*row.who, *(one for one in who if one not in row.who)))


def _keys(recorded: Recorded) -> Iterable[str]:
    """Entries of every kind are made void by the same event."""
    event = recorded.event
    return () if isinstance(event, SupervisionVoided) and event.kind != "appeals" else (recorded.stream,)


LEDGER = Ledger(
    name="took_part",
    row=Row,
    handles=(ScorePublished, ScoreRestated, ScoreAppealed, SupervisionVoided),
    keys=_keys,
    evolve=_evolve,
    title_zh="考核与申诉经办人",
    title_en="Who had a part in scores and appeals",
    clause="3.3.5",
    filters=(),
    internal=True,
)
