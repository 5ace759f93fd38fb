"""Taking back what was recorded of the work on a case by mistake 撤销登记 (§3.1.4): the act never took place.

A mistaken agreement or termination ended the case: intake takes that step back, and the handling goes on as before.
"""

from services.assignment.commands import RetractWork
from shared.contracts.assignment import WorkAct, WorkRetracted
from shared.contracts.codes import VisitResult
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused

_NAMES = {
    WorkAct.VISIT: "visit", WorkAct.CONSENT: "party", WorkAct.CONFLICT: "officer", WorkAct.HANDOVER: "officer",
}  # fmt: skip
"""What `item` is, where an act needs one."""
MEDIATING = frozenset({WorkAct.CONSENT, WorkAct.MEDIATION})
"""Acts that lead to an ending, and so stand as long as it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was recorded and not taken back."""

    visits: dict[str, VisitResult]
    consents: frozenset[str]
    conflicts: frozenset[str]
    mediations: int
    offered: bool
    letter: bool
    chosen: bool
    """Whether a handler was ever chosen."""
    leaving: str | None
    """The handler whose posting ended; none where that cannot be taken back by whoever asks."""
    checked: bool


def retracted(command: RetractWork, done: Done, community: str) -> WorkRetracted:
    """The event; raises `Refused`: item_missing, item_not_needed, nothing_to_retract."""
    act, item = command.act, command.item
    said = {"act": act.en, "act_zh": act.zh}
    if (act in _NAMES) != (item is not None):
        raise Refused("item_missing" if item is None else "item_not_needed", field="item", **said)
    recorded = {
        WorkAct.VISIT: item in done.visits,
        WorkAct.CONSENT: item in done.consents,
        WorkAct.CONFLICT: item in done.conflicts,
        WorkAct.MEDIATION: done.mediations > 0,
        WorkAct.CONFIRMATION_OFFER: done.offered,
        WorkAct.LETTER: done.letter,
        WorkAct.HANDLER: done.chosen,
        WorkAct.HANDOVER: item == done.leaving,
        WorkAct.PERFORMANCE: done.checked,
    }
    if not recorded[act]:
        raise Refused("nothing_to_retract", field="act" if item is None else "item", **said)
    visit = done.visits.get(item or "") if act is WorkAct.VISIT else None
    return WorkRetracted(act=act, item=item, visit=visit, community=community, reason=command.reason)
