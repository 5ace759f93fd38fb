"""A published score proven: the event that states it, and the same event computed again from the log alone.

The ledger of scores is not asked. What was published is taken from the event, and computed from the bytes of the events
before it: the very prefix that it names, whose root is computed from the same bytes.
"""

from collections.abc import Sequence
from typing import Any, Final

from services.assessment.scoring.recomputing import SCORER
from shared.contracts.assessment import Score
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Service
from shared.ledger.replay import Raw, Replay
from shared.log.store import Log
from shared.log.tree import Frontier, leaf_hash

STATES: Final = frozenset(event.NAME for event in SCORER.events)
"""The events that state a score."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A score as it was stated, and as the log gives it."""

    stated: Recorded
    again: Any | None
    """The event as it must have been; None where it cannot be computed."""
    why_not: str | None
    read: Frontier
    """The tree over the prefix, from the bytes that were read."""

    @property
    def published(self) -> Score:
        found: Score = self.stated.event.score
        return found

    @property
    def computed(self) -> Score | None:
        return None if self.again is None else self.again.score

    @property
    def root(self) -> str:
        """Of the prefix."""
        return self.read.root().hex()

    @property
    def same_root(self) -> bool:
        return self.root == self.published.root

    @property
    def same(self) -> bool:
        """Every digit, and of a restatement what it says that changed, and why."""
        return self.again is not None and bool(self.again == self.stated.event)


def statements(log: Log, name: str, publication: str, subject: str) -> list[Recorded]:
    """The events that state the score of an institution in a publication, in the order of the log."""
    history = log.stream(name, f"score/{publication}")
    return [one for one in history if one.type in STATES and one.event.score.subject == subject]


def recomputed(log: Log, name: str, service: Service, stated: Recorded) -> Recomputed:
    """Fold what the score rests on up to the position that it names, and compute it."""
    at, root = SCORER.names(stated.event)
    frontier = Frontier()
    if at >= stated.position:
        return Recomputed(stated, None, "names evidence that comes after it", frontier)

    def grow(page: Raw) -> None:
        frontier.extend(b"".join([leaf_hash(data) for _, data in page]))

    replay = Replay(log, name, [(service, ledger) for ledger in SCORER.ledgers])
    replay.to(at, raw=grow)
    rows: dict[str, Sequence[Any]] = {
        ledger.name: [row for _, row in replay.rows(f"{service.name}.{ledger.name}")] for ledger in SCORER.ledgers
    }
    try:
        return Recomputed(stated, SCORER.rescored(rows, at, root)(stated.event), None, frontier)
    except (LookupError, ValueError) as missing:  # rules that are not there, or a subject that is no institution
        return Recomputed(stated, None, str(missing), frontier)
