"""Who did the work that is scored 承办人员 (§3.3.5): so that nobody scores what they did themselves 回避.

Pseudonyms of the institution's own staff, as every event of the record has them, and nothing else: no count, no case.
What was taken back later was done all the same.
"""

from collections.abc import Iterable
from typing import Final

from shared.contracts.assignment import MediationHeld, VisitCompleted, VisitDeclined
from shared.contracts.codes import Role
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.intake import CaseFollowedUp, CaseResolved
from shared.contracts.model import Ledger

_DOERS: Final = frozenset({Role.CLERK, Role.OFFICER})
"""Whose acts these are; the office that enters what an officer did has not done it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody who visited, mediated, settled or followed up."""

    id: str


def _keys(recorded: Recorded) -> Iterable[str]:
    match recorded.event:
        case MediationHeld(officers=named):
            who = set(named)
        case VisitCompleted(officer=officer) | VisitDeclined(officer=officer):
            who = {officer}
        case _:
            who = set()
    return {*who, *((recorded.actor.id,) if recorded.actor.role in _DOERS else ())} - {None}


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    return row or Row(id=key)


LEDGER = Ledger(
    name="did_work",
    row=Row,
    handles=(VisitCompleted, VisitDeclined, MediationHeld, CaseResolved, CaseFollowedUp),
    keys=_keys,
    evolve=_evolve,
    title_zh="承办人员（考核回避依据）",
    title_en="Who did the work (and so does not score it)",
    clause="3.3.5",
    filters=(),
    internal=True,
    across=(VisitCompleted, VisitDeclined, MediationHeld, CaseResolved, CaseFollowedUp),
)
