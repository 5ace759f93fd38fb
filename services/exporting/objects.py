"""The objects of an export, gathered while the events pass by, and told at the end: in flat memory, however many.

They are kept in a database of SQLite's own that has no name and is gone when it is closed (what does not fit into its
cache goes to a file of the system's): an object's attributes come from events far apart.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Self

from services.exporting.projection import Told, Value, moment, type_of

_TABLES: Final = """
CREATE TABLE object (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE setting (object TEXT, position INTEGER, attribute TEXT, at TEXT, value,
                      PRIMARY KEY (object, position, attribute)) WITHOUT ROWID;
CREATE TABLE tie (one TEXT, other TEXT, how TEXT, PRIMARY KEY (one, other, how)) WITHOUT ROWID;
"""
_FIRST: Final = -1
"""Before the first event: what an object was from the beginning."""


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute that got another value."""

    at: str
    attribute: str
    value: Value


@dataclass(frozen=True, slots=True)
class Thing:
    """An object, and all that is known of it."""

    id: str
    initial: dict[str, Value]
    """What the first event that tells anything of it told."""
    changes: tuple[Change, ...]
    """In the order of the log, and only where a value became another."""
    ties: tuple[tuple[str, str], ...]
    """(other object, how)."""

    @property
    def type(self) -> str:
        return type_of(self.id)


class Objects:
    """The objects that events were about."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # of its own, on disk where it grows
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
        self._database.execute("BEGIN")
        self._ids: set[tuple[str]] = set()
        self._settings: list[tuple[str, int, str, str, Value]] = []
        self._ties: set[tuple[str, str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def is_so(self, object: str, attribute: str, value: Value) -> None:
        """What holds of an object from the beginning."""
        self._ids.add((object,))
        self._settings.append((object, _FIRST, attribute, "", value))

    def gather(self, told: Told) -> None:
        """What an event tells of objects."""
        self._ids.update((object,) for object in told.relations)
        if told.sets:
            at = moment(told.occurred_at)
            self._settings += [(object, told.position, name, at, value) for object, name, value in told.sets]
        self._ties.update(tie for tie in told.ties if tie[0] != tie[1])

    def flush(self) -> None:
        """Put away what was gathered."""
        run = self._database.executemany
        run("INSERT OR IGNORE INTO object VALUES (?)", self._ids)
        run("INSERT OR REPLACE INTO setting VALUES (?, ?, ?, ?, ?)", self._settings)
        run("INSERT OR IGNORE INTO tie VALUES (?, ?, ?)", self._ties)
        self._ids, self._settings, self._ties = set(), [], set()

    def __iter__(self) -> Iterator[Thing]:
        """All of them, in the order of their ids: each type's together."""
        self.flush()
        settings = _Groups(self._database, "SELECT * FROM setting ORDER BY object, position, attribute")
        ties = _Groups(self._database, "SELECT * FROM tie ORDER BY one, other, how")
        with closing(self._database.execute("SELECT id FROM object ORDER BY id")) as ids:
            for (id,) in ids:
                initial, changes = _lived(settings.of(id))
                yield Thing(id, initial, changes, tuple((other, how) for _, other, how in ties.of(id)))


class _Groups:
    """Rows in the order of their first column, handed out group by group."""

    def __init__(self, database: sqlite3.Connection, query: str) -> None:
        self._groups = groupby(database.execute(query), itemgetter(0))
        self._next = next(self._groups, None)

    def of(self, id: str) -> list[tuple[Any, ...]]:
        """The rows of one id, if it is the next that has any: ids are asked for in their order."""
        if self._next is None or self._next[0] != id:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _lived(settings: list[tuple[Any, ...]]) -> tuple[dict[str, Value], tuple[Change, ...]]:
    """What an object was at first, and what became of it."""
    initial: dict[str, Value] = {}
    current: dict[str, Value] = {}
    changes: list[Change] = []
    for _, position, attribute, at, value in settings:
        if position == settings[0][1]:
            initial[attribute] = value
        elif current.get(attribute) != value:
            changes.append(Change(at, attribute, value))
        current[attribute] = value
    return initial, tuple(changes)
