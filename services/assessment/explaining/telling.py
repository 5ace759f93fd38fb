"""Published scores as they are told, to programs and on pages alike, from the log replayed to where a score says."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from services.assessment.explaining.explanation import Choose, Explanation, RowPage, explanation
from services.assessment.explaining.happenings import Event, happened
from services.assessment.explaining.reading import Reading, reading
from services.assessment.explaining.since import Since, earlier, since
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.service import SERVICE
from shared.contracts.event import Recorded
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.codec import UnreadableEvent
from shared.log.store import Log

if TYPE_CHECKING:  # else a command that explains would load all that serves
    from shared.runtime import Node

MOST_KEPT: Final = 4
"""Publications: a reader looks at the institutions of one or two of them."""

_Key = tuple[object, ...]


class Told:
    """What is told of scores. To be called from `HEAVY`, as the log is replayed."""

    def __init__(self, node: "Node") -> None:
        self._node, self._readings = node, Readings(node)

    def explained(self, log: str, row: Row, indicator: str | None, choose: Choose) -> Explanation:
        """A score's numbers, or those of one indicator, and of the rows behind them those that are chosen; raises
        `Refused`: unknown_indicator."""
        if indicator is not None and indicator not in {one.code for one in row.indicators}:
            raise Refused("unknown_indicator", field="indicator")
        (read,) = self._readings.of(log, row)
        history = self._node.storage.log.stream(log, f"score/{row.publication}")
        told_at = partial(at, self._node.storage.log, log)
        return explanation(log, row, read, history, told_at, indicator=indicator, choose=choose)

    def page(self, log: str, row: Row, indicator: str | None, first: int, limit: int) -> Explanation:
        """So many of the rows of a score, or of one indicator; raises `Refused`: unknown_indicator."""
        rows = RowPage(first, limit)
        found = self.explained(log, row, indicator, rows)
        return replace(found, next=rows.next, restatements=() if first else found.restatements)

    def since(self, log: str, row: Row, before: str = "") -> Since:
        """What changed since an earlier score; raises `Refused` as `earlier` does."""
        with self._node.look(SERVICE.name, log) as look:
            was = earlier(look.rows(LEDGER, community=row.community), row, before)
        then, now = self._readings.of(log, was, row)
        return since(log, (was, then), (row, now))


@lru_cache(maxsize=1)
def told(node: "Node") -> Told:
    """What is told in a process, to whomever: what was read for a page serves the programs, too."""
    return Told(node)


class Readings:
    """The newest readings, by publication."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._kept: OrderedDict[_Key, Reading] = OrderedDict()
        self._lock = Lock()
        """One walks through the log at a time; who asks for the same meanwhile finds it."""

    def of(self, log: str, *rows: Row) -> list[Reading]:
        """The reading of each score. One walk through the log serves them all."""
        wanted = {_key(log, row): row for row in rows}
        with self._lock:
            found = {key: self._kept[key] for key in wanted if key in self._kept}
            if missing := {key: row for key, row in wanted.items() if key not in found}:
                found |= self._read(log, missing)
            self._kept.update(found)
            for key in found:
                self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return [found[_key(log, row)] for row in rows]

    def _read(self, log: str, missing: dict[_Key, Row]) -> dict[_Key, Reading]:
        assert SERVICE.scorer is not None
        ledgers = [(SERVICE, ledger) for ledger in SERVICE.scorer.ledgers]
        replay = Replay(self._node.storage.log, log, ledgers)
        told: list[Event] = []

        def remember(recorded: Recorded) -> None:
            told.append(happened(recorded))

        found: dict[_Key, Reading] = {}
        for key, row in sorted(missing.items(), key=lambda one: one[1].evidence_position):
            replay.to(row.evidence_position, remember)
            if halts := [folded.halt for folded in replay.ledgers.values() if folded.halt is not None]:
                raise UnreadableEvent(min(halt.position for halt in halts), "")
            rows: dict[str, Sequence[Any]] = {
                ledger.name: [one for _, one in replay.rows(f"{SERVICE.name}.{ledger.name}")] for _, ledger in ledgers
            }
            found[key] = reading(row, rows, told.__getitem__)
        return found


def at(events: Log, log: str, position: int) -> Event:
    """What the event at a position of a log did."""
    (recorded,) = events.recorded(log, position - 1, 1)
    return happened(recorded)


def _key(log: str, row: Row) -> _Key:
    """What one publication's scores share."""
    return (
        log, row.evidence_position, row.plan, row.plan_version, row.rulebook, row.rulebook_version, row.period_kind,
        row.period, row.as_of,
    )  # fmt: skip
