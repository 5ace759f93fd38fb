"""Who did the work that is scored 承办人员 (§3.3.5): so that nobody scores what they did themselves 回避.

Whatever feeds a measured table counts: cases, visits, deeds, duties, postings, cards, appeals. It was done by whom the
event names (officers, leaders, those in their place), by whom it was entered for, and by the clerk, officer or leader
who entered it. The office's own hand does not count: it writes down what others did, and publishes.

Pseudonyms of the institution's own staff, as every event of the record has them, and nothing else: no count, no case.
What was taken back later was done all the same.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from services.assessment.evidence.gathered import LEDGERS
from shared.contracts.codes import Role
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger

MEASURED: Final[tuple[type[Event], ...]] = tuple(
    sorted({kind for ledger in LEDGERS for kind in ledger.handles}, key=lambda kind: kind.NAME)
)
"""Every event that a measured table is folded from."""
NAMING: Final = ("officer", "officers", "leader", "replaced", "cover")
"""The fields by which an event, or what it holds, names staff. A test knows every code that an event may hold, so that
a new one must be told to be of somebody or of something."""
_DOERS: Final = frozenset({Role.CLERK, Role.OFFICER, Role.LEADER})
"""Those of a community or a case, who enter what they did; the office that enters it has not done it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody who did some of it."""

    id: str
    part: str
    """How the ids of those cases, entries and rosters end in which it was done: so a key ends as its aggregate's id
    does, and several processes may each replay some of the aggregates (`Ledger.across`)."""


def _keys(recorded: Recorded) -> Iterable[str]:
    actor = recorded.actor
    entered = (actor.id if actor.role in _DOERS else None, actor.on_behalf_of)
    who = {one for one in (*_named(recorded.event), *entered) if one is not None}
    return [f"{one}/{recorded.id[-1:]}" for one in sorted(who)]


def _named(event: Any) -> Iterator[str | None]:
    """Whom an event names as those who did it; leave names who comes in the officer's place."""
    for held in (event, getattr(event, "leave", None)):
        for field in NAMING:
            said = getattr(held, field, None)
            yield from said if isinstance(said, tuple) else (said,)


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    id, _, part = key.rpartition("/")
    return row or Row(id=id, part=part)


LEDGER = Ledger(
    name="did_work",
    row=Row,
    handles=MEASURED,
    keys=_keys,
    evolve=_evolve,
    title_zh="承办人员（考核回避依据）",
    title_en="Who did the work (and so does not score it)",
    clause="3.3.5",
    filters=(),
    internal=True,
)
