"""Public figures as they are served: worked out once for each publication, and kept for whoever asks next."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from services.assessment.ledgers import communities_served
from services.assessment.public.figures import LEDGER, Publication, Quarter, quarters
from services.assessment.service import SERVICE
from shared.contracts.assessment import ScorePublished
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger
from shared.ledger.replay import Replay
from shared.log.store import Log

_PAGE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Editions:
    """A log's quarters, the newest first, and the names of its communities by their codes."""

    quarters: Sequence[Quarter] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found up to a position of a log."""

    position: int = -1
    publications: tuple[Publication, ...] = ()
    editions: Editions = Editions()


class Figures:
    """The public figures of all logs of a process. A stranger who asks again costs a look at what came since."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def of(self, log: str) -> Editions:
        """A log's editions."""
        with self._lock:
            known = self._known.get(log, _Known())
            position, new = self._since(log, known.position)
            publications, editions = (*known.publications, *new), known.editions
            if new:
                editions = self._counted(log, publications)
            self._known[log] = _Known(position, publications, editions)
            return editions

    def _since(self, log: str, position: int) -> tuple[int, tuple[Publication, ...]]:
        """The log's last position, and what was published after another one."""
        found: list[Publication] = []
        for page_end, publications in self._pages(log, position):
            position = page_end
            found += publications
        return position, tuple(found)

    def _pages(self, log: str, after: int) -> Iterator[tuple[int, list[Publication]]]:
        while page := self._log.read(log, after, _PAGE):
            after = page[-1].position
            told = (self._log.codec.decode(one.position, one.bytes) for one in page if one.type == ScorePublished.NAME)
            yield after, [Publication(recorded.position, recorded.event.score.as_of) for recorded in told]

    def _counted(self, log: str, publications: Sequence[Publication]) -> Editions:
        ledgers: tuple[Ledger[Any], ...] = (LEDGER, communities_served.LEDGER)
        replay = Replay(self._log, log, [(SERVICE, ledger) for ledger in ledgers])
        replay.to(max(one.position for one in publications))
        cases, communities = ([row for _, row in replay.rows(f"{SERVICE.name}.{one.name}")] for one in ledgers)
        return Editions(quarters(publications, cases), {row.id: row.name for row in communities})
