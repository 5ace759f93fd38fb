"""A published score proven: the event that states it, and the same event computed again from the log alone.

The ledger of scores is not asked. What was published is taken from the event, and computed from the bytes of the events
before it: the very prefix that it names, whose root is computed from the same bytes.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from threading import Lock
from typing import Any, Final

from services.assessment.ledgers import scores
from services.assessment.scoring.recomputing import SCORER
from services.assessment.service import SERVICE
from shared.audit.scores import misplaced
from shared.contracts.assessment import Score
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.ledger.fold import Folded, fold
from shared.ledger.replay import PAGE, Replay
from shared.log.codec import canonical, leaf_of
from shared.log.store import Log
from shared.log.tree import Frontier

STATES: Final = frozenset(event.NAME for event in SCORER.events)
"""The events that state a score."""
MOST_KNOWN: Final = 256
"""Scores whose digits a process remembers: those of a few publications."""

Rows = Mapping[str, Sequence[Any]]
"""Of each ledger that a score rests on, by its name."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A score as it was stated, and as the log gives it."""

    stated: Recorded
    again: Any | None
    """The event as it must have been; None where it cannot be computed."""
    why_not: str | None
    read: Frontier
    """The tree over the prefix, from the bytes that were read."""
    rows: Rows = field(default_factory=dict, repr=False)
    """What it rests on; nothing where the digits were known already."""
    known: bool = False
    """Whether this process had worked the digits out before, from a prefix of the same root."""

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

    @property
    def wrong(self) -> str | None:
        """What is wrong with its digits; None where nothing is."""
        if self.again is None:
            return f"cannot be recomputed: {self.why_not}"
        return None if self.same else "is recomputed to other digits"


def statements(log: Log, name: str, publication: str, subject: str) -> list[Recorded]:
    """The events that state the score of an institution in a publication, in the order of the log; raises
    `UnreadableEvent`."""
    history = log.stream(name, f"score/{publication}")
    return [one for one in history if one.type in STATES and one.event.score.subject == subject]


def row_of(stated: Sequence[Recorded]) -> scores.Row:
    """The score's row, as the ledger of scores must have it."""
    folded = Folded()
    fold(scores.LEDGER, ((key, one) for one in stated for key in scores.LEDGER.keys(one)), folded, set())
    (row,) = folded.rows.values()
    found: scores.Row = row
    return found


def recomputed(
    log: Log, name: str, stated: Recorded, progress: Callable[[int], None] = lambda done: None
) -> Recomputed:
    """Fold what the score rests on up to the position that it names, and compute it."""
    at, root = SCORER.names(stated.event)
    why, frontier = misplaced(log, name, SCORER, stated), Frontier()
    if at >= stated.position:
        return Recomputed(stated, None, why, frontier)
    replay = Replay(log, name, [(SERVICE, ledger) for ledger in SCORER.ledgers])
    replay.to(at, progress=progress, raw=frontier.read)
    why = why or _halted(replay)
    rows = {ledger.name: [row for _, row in replay.rows(f"{SERVICE.name}.{ledger.name}")] for ledger in SCORER.ledgers}
    if why is not None:
        return Recomputed(stated, None, why, frontier, rows)
    try:
        return Recomputed(stated, SCORER.rescored(rows, at, root)(stated.event), None, frontier, rows)
    except (LookupError, ValueError) as missing:  # rules that are not there, or a subject that is no institution
        return Recomputed(stated, None, str(missing), frontier, rows)


def _halted(replay: Replay) -> str | None:
    """Where the evidence breaks off, if it does."""
    halts = [folded.halt.position for folded in replay.ledgers.values() if folded.halt is not None]
    return f"event {min(halts)} cannot be read: `sanguan audit verify` says why" if halts else None


class Known:
    """What this process has worked out itself 本进程核算过的, so that it need not be worked out for everybody who asks.

    A score's digits follow from the bytes before it and from nothing else. These are read and hashed anew each time:
    what is remembered counts only where they give the root under which it was worked out.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, bytes], Recomputed] = OrderedDict()
        self._lock = Lock()

    def holds(self, name: str, stated: Recorded) -> bool:
        """Whether the digits were worked out before, for all that can be told without reading."""
        return _key(name, stated) in self._found

    def recomputed(self, log: Log, name: str, stated: Recorded) -> Recomputed:
        """As the function of this name."""
        key = _key(name, stated)
        with self._lock:
            before = self._found.get(key)
        if before is not None and misplaced(log, name, SCORER, stated) is None:
            read = _tree(log, name, stated.event.score.position)
            if (read.size, read.root()) == (before.read.size, before.read.root()):
                return Recomputed(stated, before.again, None, read, known=True)
        found = recomputed(log, name, stated)
        if found.again is not None:
            with self._lock:
                self._found[key] = Recomputed(stated, found.again, None, found.read)
                while len(self._found) > MOST_KNOWN:
                    self._found.popitem(last=False)
        return found


def _key(name: str, stated: Recorded) -> tuple[str, bytes]:
    """A log and what was stated in it, and so of which prefix."""
    return name, leaf_of(canonical(stated.event))


def _tree(log: Log, name: str, last: int) -> Frontier:
    """The tree over a prefix, from its bytes."""
    frontier, after = Frontier(), -1
    while after < last and (page := log.raw(name, after, min(PAGE, last - after))):
        frontier.read(page)
        after = page[-1][0]
    return frontier
