"""What facts were read of the ledgers lately, kept at hand: so that a decision need not ask the database again.

All that is held of a log stands at one position. The runner moves it on after each commit, with the rows that it wrote;
where it cannot (another process applied a page, a ledger halted) everything is forgotten. What is accepted may rest on
facts a moment old, as `facts_at` says; what is refused is always read again (see `shared.command`).
"""

import threading
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from shared.contracts.model import Ledger, Row

_MOST_ROWS: Final = 20_000
"""Rows of one ledger that are held."""
_MOST_LISTS: Final = 1_000
"""Queries of one ledger whose results are held."""
_LONGEST_LIST: Final = 200
"""Rows of one query that are held."""

Equal = tuple[tuple[str, object], ...]


class NotHeld(Exception):
    """A fact is not in memory: look into the ledgers."""


@dataclass(slots=True)
class _Held:
    """What is held of one log: rows by ledger and key, and the results of queries by ledger and condition."""

    position: int
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, dict[Equal, Sequence[Any]]] = field(default_factory=dict)


class Memory:
    """Facts of one service's ledgers, at hand. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[str, _Held] = {}

    def look(self, log: str) -> "MemoryLook":
        """A look at what is held, which does not move within its `with`; it raises `NotHeld`."""
        return MemoryLook(log, self._logs, self._lock)

    def learn(
        self, log: str, position: int, rows: Mapping[tuple[str, str], Any], lists: Mapping[tuple[str, Equal], Any]
    ) -> None:
        """Keep what was read at a position, unless it is not the one that the rest stands at."""
        with self._lock:
            held = self._logs.get(log)
            if held is None or held.position != position:
                return
            for (ledger, key), row in rows.items():
                _put(held.rows.setdefault(ledger, {}), key, row, _MOST_ROWS)
            for (ledger, equal), found in lists.items():
                held.rows.setdefault(ledger, {})
                if len(found) <= _LONGEST_LIST:
                    _put(held.lists.setdefault(ledger, {}), equal, found, _MOST_LISTS)

    def moved(
        self, log: str, after: int, reached: int, changed: Mapping[str, Mapping[str, Any]],
        parked: Mapping[str, Set[str]],
    ) -> None:  # fmt: skip
        """The ledgers went on from one position to another, and these of their rows changed (None: taken out).

        What is parked is not held: a decision must not rest on it, so it looks, and is told.
        """
        with self._lock:
            held = self._logs.get(log)
            if held is None or held.position != after:
                self._logs[log] = _Held(reached)
                return
            held.position = reached
            for ledger, rows in changed.items():
                if ledger in held.rows and rows:  # of ledgers that no fact asks for, nothing is kept
                    held.lists.pop(ledger, None)
                    for key, row in rows.items():
                        _put(held.rows[ledger], key, row, _MOST_ROWS)
            for ledger, keys in parked.items():
                if keys:
                    held.lists.pop(ledger, None)
                    for key in keys:
                        held.rows.get(ledger, {}).pop(key, None)

    def forget(self, log: str) -> None:
        """Hold nothing of a log until it moves again."""
        with self._lock:
            self._logs.pop(log, None)


class MemoryLook:
    """The ledgers as far as they are held. Satisfies `contracts.model.Look`; raises `NotHeld`."""

    def __init__(self, log: str, logs: Mapping[str, _Held], lock: threading.Lock) -> None:
        self.log, self.position = log, -1
        self._logs, self._lock = logs, lock

    def __enter__(self) -> "MemoryLook":
        self._lock.acquire()
        if (held := self._logs.get(self.log)) is None:
            self._lock.release()
            raise NotHeld
        self._held, self.position = held, held.position
        return self

    def __exit__(self, *raised: object) -> None:
        self._lock.release()

    def row(self, ledger: Ledger[Row], key: str) -> Row | None:
        try:
            found: Row | None = self._held.rows[ledger.name][key]
        except KeyError:
            raise NotHeld from None
        return found

    def rows(self, ledger: Ledger[Row], **equal: object) -> Sequence[Row]:
        try:
            return self._held.lists[ledger.name][tuple(equal.items())]
        except KeyError:
            raise NotHeld from None

    def root(self) -> str:
        raise NotHeld


def _put(held: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Last in, and the oldest half out where there are too many."""
    held.pop(key, None)
    held[key] = value
    if len(held) > most:
        for old in list(islice(held, most // 2)):
            del held[old]
