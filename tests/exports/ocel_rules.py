"""What OCEL 2.0 asks of a file, written down from its specification (Berti et al., version 2.0, 2023, §§6 and 8).

The published JSON schema is draft-07 and loose; this one has its constraints, and those that the text adds in words:
types of attributes are of a closed list, each item has what it may have and nothing else. What a schema cannot say,
that ids are unique and lead somewhere and values are of their declared types, `faults` says.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1}
_TIME: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
"""A moment with its offset."""


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object", "properties": {**required, **(optional or {})}, "required": list(required),
        "additionalProperties": False,
    }  # fmt: skip


def _many(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_TYPE: Final = _object(
    {
        "name": _TEXT,
        "attributes": _many(
            _object({"name": _TEXT, "type": {"enum": ["string", "time", "integer", "float", "boolean"]}})
        ),
    }
)
_RELATIONSHIPS: Final = _many(_object({"objectId": _TEXT, "qualifier": {"type": "string"}}))
SCHEMA: Final = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **_object(
        {
            "eventTypes": _many(_TYPE),
            "objectTypes": _many(_TYPE),
            "events": _many(
                _object(
                    {"id": _TEXT, "type": _TEXT, "time": _TIME},
                    {
                        "attributes": _many(_object({"name": _TEXT, "value": {"type": "string"}})),
                        "relationships": _RELATIONSHIPS,
                    },
                )
            ),
            "objects": _many(
                _object(
                    {"id": _TEXT, "type": _TEXT},
                    {
                        "attributes": _many(_object({"name": _TEXT, "value": {"type": "string"}, "time": _TIME})),
                        "relationships": _RELATIONSHIPS,
                    },
                )
            ),
        }
    ),
}
_FORMS: Final = {
    "string": re.compile(r"(?s).*"), "integer": re.compile(r"-?\d+"), "float": re.compile(r"-?\d+(\.\d+)?"),
    "boolean": re.compile("true|false"), "time": re.compile(_TIME["pattern"]),
}  # fmt: skip


def faults(log: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a log that fits the schema."""
    declared: dict[str, dict[str, dict[str, str]]] = {}
    for kind in ("event", "object"):
        types = log[f"{kind}Types"]
        declared[kind] = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in types}
        if len(declared[kind]) != len(types):
            yield f"a type of {kind}s is declared twice"
        ids = [one["id"] for one in log[f"{kind}s"]]
        if len(set(ids)) != len(ids):
            yield f"an id of {kind}s stands twice"
    objects = {one["id"] for one in log["objects"]}
    for kind in ("event", "object"):
        for one in log[f"{kind}s"]:
            yield from _item_faults(one, declared[kind], objects)


def _item_faults(one: Mapping[str, Any], types: Mapping[str, Mapping[str, str]], objects: set[str]) -> Iterator[str]:
    if one["type"] not in types:
        yield f"{one['id']} is of no declared type"
        return
    for attribute in one["attributes"]:
        type = types[one["type"]].get(attribute["name"])
        if type is None or not _FORMS[type].fullmatch(attribute["value"]):
            yield f"{one['id']}: {attribute}"
    if "time" not in one:  # an object: of each attribute one value at a time
        at = [(attribute["name"], attribute["time"]) for attribute in one["attributes"]]
        if len(set(at)) != len(at):
            yield f"{one['id']} has two values at once"
    related = [(each["objectId"], each["qualifier"]) for each in one["relationships"]]
    if len(set(related)) != len(related):
        yield f"{one['id']} has a relation twice"
    yield from (f"{one['id']} relates to nothing: {other}" for other, _ in related if other not in objects)


# the relational form ----------------------------------------------------------------------------------------------

_FIXED: Final = {
    "event": {"ocel_id", "ocel_type"}, "object": {"ocel_id", "ocel_type"},
    "event_map_type": {"ocel_type", "ocel_type_map"}, "object_map_type": {"ocel_type", "ocel_type_map"},
    "event_object": {"ocel_event_id", "ocel_object_id", "ocel_qualifier"},
    "object_object": {"ocel_source_id", "ocel_target_id", "ocel_qualifier"},
}  # fmt: skip
_KEYS: Final = {
    "event": {"ocel_id"}, "object": {"ocel_id"}, "event_map_type": {"ocel_type"}, "object_map_type": {"ocel_type"},
    "event_object": _FIXED["event_object"], "object_object": _FIXED["object_object"],
}  # fmt: skip
_FOREIGN: Final = {
    "event": {("ocel_type", "event_map_type", "ocel_type")},
    "object": {("ocel_type", "object_map_type", "ocel_type")},
    "event_object": {("ocel_event_id", "event", "ocel_id"), ("ocel_object_id", "object", "ocel_id")},
    "object_object": {("ocel_source_id", "object", "ocel_id"), ("ocel_target_id", "object", "ocel_id")},
}
_SQL_TYPES: Final = {"TEXT", "TIMESTAMP", "INTEGER", "REAL", "BOOLEAN"}


class Relational:
    """A database, looked at by the specification's constraints."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self.tables = {name for (name,) in self._run("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def close(self) -> None:
        self._database.close()

    def _run(self, query: str) -> list[tuple[Any, ...]]:
        return self._database.execute(query).fetchall()

    def _columns(self, table: str) -> dict[str, tuple[str, bool]]:
        """Name → (type, whether it is of the key)."""
        return {name: (type, key > 0) for _, name, type, _, _, key in self._run(f'PRAGMA table_info("{table}")')}

    def _foreign(self, table: str) -> set[tuple[str, str, str]]:
        return {(own, to, theirs) for _, _, to, own, theirs, *_ in self._run(f'PRAGMA foreign_key_list("{table}")')}

    def faults(self) -> Iterator[str]:
        """What is wrong with it."""
        for table, columns in _FIXED.items():
            found = self._columns(table)
            if set(found) != columns:
                yield f"{table} has the columns {set(found)}"
            if {name for name, (_, key) in found.items() if key} != _KEYS[table]:
                yield f"{table} has another key"
            if self._foreign(table) != _FOREIGN.get(table, set()):
                yield f"{table} leads elsewhere"
        mapped = {kind: dict(self._run(f"SELECT * FROM {kind}_map_type")) for kind in ("event", "object")}
        own = {f"{kind}_{name}" for kind, names in mapped.items() for name in names.values()}
        if self.tables != own | set(_FIXED):
            yield f"tables and types are not the same: {self.tables ^ (own | set(_FIXED))}"
        for kind, names in mapped.items():
            for type, name in names.items():
                yield from self._type_faults(kind, type, f"{kind}_{name}")
        yield from (f"leads to nothing: {row}" for row in self._run("PRAGMA foreign_key_check"))

    def _type_faults(self, kind: str, type: str, table: str) -> Iterator[str]:
        columns = self._columns(table)
        if table not in self.tables:
            return  # which was said
        wanted = ["ocel_id", "ocel_time"] + (["ocel_changed_field"] if kind == "object" else [])
        if list(columns)[: len(wanted)] != wanted or columns["ocel_time"][0] != "TIMESTAMP":
            yield f"{table} begins otherwise"
        if columns["ocel_id"][1] != (kind == "event"):
            yield f"{table} has another key"
        if self._foreign(table) != {("ocel_id", kind, "ocel_id")}:
            yield f"{table} leads elsewhere"
        if not {declared for declared, _ in columns.values()} <= _SQL_TYPES:
            yield f"{table} has other types"
        there = {id for (id,) in self._run(f"SELECT ocel_id FROM {kind} WHERE ocel_type = '{type}'")}
        rows = self._run(f'SELECT * FROM "{table}"')
        if {row[0] for row in rows} != there:
            yield f"{table} has not the rows of {type}"
        for row in rows:
            if datetime.fromisoformat(row[1]).tzinfo is None:
                yield f"{row[0]} has a time without an offset"
            if kind == "object":
                yield from _change_faults(row, list(columns))
        firsts = [row[0] for row in rows if kind == "event" or row[2] is None]
        if sorted(firsts) != sorted(there):
            yield f"{table} has not one first row for each id"


def _change_faults(row: tuple[Any, ...], columns: list[str]) -> Iterator[str]:
    """A change tells of the one field that it names."""
    said = {name for name, value in zip(columns[3:], row[3:], strict=True) if value is not None}
    if row[2] is not None and said != {row[2]}:
        yield f"{row[0]} says {row[2]} and tells of {said}"
