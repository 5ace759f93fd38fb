"""What officers did 工作情况 (§3.3.6): the facts of their performance archives. One row per case or entry.

It is no evidence of scores. Nothing is counted in it, and it is served to nobody: only the archive, which the office,
auditors and the officer may read, brings one officer's acts together. Cases stand in it by opaque ids.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from services.assessment.evidence.marks import Mark, mark
from shared.contracts.assignment import (
    HandlerAssigned,
    HandlerReplaced,
    HandoverCompleted,
    MediationHeld,
    VisitCompleted,
    VisitDeclined,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.assignment_entries import CoachedCaseCompleted, TrainingHeld, WorkVoided
from shared.contracts.codes import Named
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger


class Done(Named):
    """What an officer did 工作事项."""

    TOOK_ON = "took_on", "承办案件", "took a case on"
    VISITED = "visited", "入户走访", "visited"
    TURNED_AWAY = "turned_away", "走访被谢绝", "came to visit, and the household declined"
    MEDIATED = "mediated", "主持或参加调解", "took part in a mediation session"
    TAUGHT = "taught", "培训调解员", "trained mediators"
    COACHED = "coached", "传帮带", "took mediators along through a case"


@dataclass(frozen=True, slots=True)
class Act:
    """One act."""

    did: Done
    officers: tuple[str, ...]
    community: str | None
    """None where the event names none."""
    item: str | None
    """The visit's own id."""
    at: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The acts in one case (`handling/<case>`), or of one entry of public work; those that were taken back or made
    void are not among them."""

    id: str
    acts: tuple[Act, ...]


_DONE: Final[Mapping[type[Event], Done]] = {
    HandlerAssigned: Done.TOOK_ON,
    HandlerReplaced: Done.TOOK_ON,
    HandoverCompleted: Done.TOOK_ON,
    VisitCompleted: Done.VISITED,
    VisitDeclined: Done.TURNED_AWAY,
    MediationHeld: Done.MEDIATED,
    TrainingHeld: Done.TAUGHT,
    CoachedCaseCompleted: Done.COACHED,
}


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if (done := _DONE.get(type(event))) is not None:
        act = Act(
            done, _who(event), getattr(event, "community", None), getattr(event, "visit", None), mark(recorded, "done")
        )
        return Row(id=key, acts=(*(row.acts if row else ()), act))
    if row is None:
        return None  # nothing of it was an officer's
    acts = () if isinstance(event, WorkVoided) else _without(row.acts, event)
    return replace(row, acts=acts) if acts else None


def _who(event: Any) -> tuple[str, ...]:
    """Those who did it; nobody where a training was held by others."""
    if isinstance(event, MediationHeld):
        return event.officers
    return () if event.officer is None else (event.officer,)


_RETRACTED: Final[Mapping[WorkAct, Callable[[Act, str | None], bool]]] = {
    WorkAct.VISIT: lambda act, item: item is not None and act.item == item,
    WorkAct.MEDIATION: lambda act, item: act.did is Done.MEDIATED,
    WorkAct.HANDLER: lambda act, item: act.did is Done.TOOK_ON,
}
"""Which acts a retraction is about: of these the last."""


def _without(acts: tuple[Act, ...], event: WorkRetracted) -> tuple[Act, ...]:
    meant = _RETRACTED.get(event.act)
    last = None if meant is None else max((n for n, act in enumerate(acts) if meant(act, event.item)), default=None)
    return acts if last is None else (*acts[:last], *acts[last + 1 :])


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.stream,)


LEDGER = Ledger(
    name="officer_acts",
    row=Row,
    handles=(*_DONE, WorkRetracted, WorkVoided),
    keys=_keys,
    evolve=_evolve,
    title_zh="工作情况（实绩档案依据）",
    title_en="What officers did (for their archive)",
    clause="3.3.6",
    filters=(),
    internal=True,
)
