"""An OCEL 2.0 log as an SQLite database, in the specification's relational form (its §6)."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from services.exporting.objects import Thing
from services.exporting.ocel_types import SINCE_EVER, Described, described, event_types, object_types
from services.exporting.projection import Told, moment, plain
from services.exporting.vocabulary import Type

_TABLES: Final = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (
    ocel_event_id TEXT REFERENCES event (ocel_id), ocel_object_id TEXT REFERENCES object (ocel_id), ocel_qualifier TEXT,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
CREATE TABLE object_object (
    ocel_source_id TEXT REFERENCES object (ocel_id), ocel_target_id TEXT REFERENCES object (ocel_id),
    ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""
_SQL: Final = {
    Type.TEXT: "TEXT", Type.WHOLE: "INTEGER", Type.TRUTH: "BOOLEAN", Type.MOMENT: "TIMESTAMP", Type.EXACT: "REAL",
    Type.DAY: "TEXT",
}  # fmt: skip
_MOST_WAITING: Final = 5_000


class OcelSqlite:
    """Writes one database."""

    def __init__(self, out: Path) -> None:
        self._database = sqlite3.connect(out, isolation_level=None)
        # Nobody else reads it yet, and a broken one is thrown away: it need not be safe while it is being written.
        self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;")
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._objects = {one.name: one for one in object_types()}
        for kind, types in (("event", event_types()), ("object", object_types())):
            for one in types:
                self._declare(kind, one)
        self._waiting: dict[str, list[Sequence[Any]]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.turn()
            self._database.execute("COMMIT")
        self._database.close()

    def event(self, told: Told) -> None:
        one = described(told.shape)
        self._put("event", told.id, one.name)
        at = moment(told.occurred_at)
        common = (told.position, moment(told.recorded_at), told.role)
        self._put(f"event_{one.map}", told.id, at, *common, *map(plain, told.values))
        for object, qualifier in told.relations.items():
            self._put("event_object", told.id, object, qualifier)

    def turn(self) -> None:
        """Write what waits."""
        for table, rows in self._waiting.items():
            marks = ", ".join("?" * len(rows[0]))
            self._database.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)  # noqa: S608  # a table of ours
        self._waiting.clear()

    def thing(self, thing: Thing) -> None:
        one = self._objects[thing.type]
        table, names = f"object_{one.map}", list(one.attributes)
        self._put("object", thing.id, thing.type)
        self._put(table, thing.id, SINCE_EVER, None, *(thing.initial.get(name) for name in names))
        for change in thing.changes:
            told = (change.value if name == change.attribute else None for name in names)
            self._put(table, thing.id, change.at, change.attribute, *told)
        for other, how in thing.ties:
            self._put("object_object", thing.id, other, how)
        if len(self._waiting["object"]) >= _MOST_WAITING:
            self.turn()

    def _put(self, table: str, *row: Any) -> None:
        self._waiting[table].append(row)

    def _declare(self, kind: str, one: Described) -> None:
        key = "" if kind == "object" else "PRIMARY KEY "
        changed = ", ocel_changed_field TEXT" if kind == "object" else ""
        own = "".join(f', "{name}" {_SQL[type]}' for name, type in one.attributes.items())
        self._database.execute(f"INSERT INTO {kind}_map_type VALUES (?, ?)", (one.name, one.map))  # noqa: S608  # as above
        self._database.execute(
            f'CREATE TABLE "{kind}_{one.map}" (ocel_id TEXT {key}REFERENCES {kind} (ocel_id), ocel_time TIMESTAMP'
            f"{changed}{own})"
        )
        if kind == "object":
            self._database.execute(f'CREATE INDEX "{kind}_{one.map}_id" ON "{kind}_{one.map}" (ocel_id)')
