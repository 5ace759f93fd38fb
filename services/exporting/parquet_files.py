"""The tables of an export as Parquet files, by pyarrow, which need not be there for anything else."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from services.exporting.objects import Thing
from services.exporting.ocel_json import written
from services.exporting.projection import Told, type_of
from services.exporting.tables import CHANGES, EVENT_OBJECTS, EVENTS, SAID, TABLES, THINGS, TIES, Column, Table
from services.exporting.vocabulary import Type
from shared.errors import Unusable

GROUP_ROWS: Final = 20_000
"""Rows that are written together: what is held in memory, and what a reader can skip."""
FORMAT: Final = "sanguan-export/1"
_DIGITS: Final = (19, 4)
"""Of a decimal: fifteen before the point, four behind it."""


def arrow() -> Any:
    """pyarrow with its Parquet; raises `Unusable` that says what to install."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Unusable(
            "pyarrow_missing", "导出 Parquet 需要 pyarrow：请用运行本程序的 python 执行 -m pip install pyarrow。",
            "Parquet needs pyarrow: run python -m pip install pyarrow, with the python that runs this program.",
        ) from None  # fmt: skip
    return pyarrow


class ParquetFiles:
    """Writes one file of events, or into a directory that is there a file of each table."""

    def __init__(self, out: Path, log: str, position: int, root: str) -> None:
        self._arrow = arrow()
        metadata = {
            "sanguan.format": FORMAT, "sanguan.log": log, "sanguan.position": str(position), "sanguan.root": root,
        }  # fmt: skip
        wanted = TABLES if out.is_dir() else (EVENTS,)
        self._schemas = {one.name: self._schema(one, metadata) for one in wanted}
        self._open = ExitStack()
        self._files = {
            name: self._open.enter_context(
                self._arrow.parquet.ParquetWriter(
                    out / f"{name}.parquet" if out.is_dir() else out, schema, compression="zstd"
                )
            )
            for name, schema in self._schemas.items()
        }
        self._rows: dict[str, list[Sequence[Any]]] = defaultdict(list)
        self._nothing_said = dict.fromkeys(column.name for column in SAID)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            for name in self._files:
                self._write(name)
        self._open.close()

    def event(self, told: Told) -> None:
        said: dict[str, Any] = dict(self._nothing_said)
        for attribute, value in zip(told.shape.attributes, told.values, strict=True):
            said[attribute.name] = _typed(attribute.type, value)
        of = defaultdict[str, list[str]](list)
        for object in told.relations:
            of[type_of(object)].append(object)
        self._put(
            EVENTS, told.id, told.position, told.shape.activity, told.shape.event.NAME, told.occurred_at,
            told.recorded_at, told.role, told.subject, next(iter(of["case"]), None), next(iter(of["community"]), None),
            of["officer"], *said.values(),
        )  # fmt: skip
        for object, qualifier in told.relations.items():
            self._put(EVENT_OBJECTS, told.id, object, qualifier)

    def turn(self) -> None:
        for name in [name for name, rows in self._rows.items() if len(rows) >= GROUP_ROWS]:
            self._write(name)

    def thing(self, thing: Thing) -> None:
        now = thing.initial | {one.attribute: one.value for one in thing.changes}
        columns = (_typed(column.type, now.get(column.name)) for column in THINGS.columns[2:])
        self._put(THINGS, thing.id, thing.type, *columns)
        for name, value in thing.initial.items():
            self._put(CHANGES, thing.id, None, name, written(value))
        for one in thing.changes:
            self._put(CHANGES, thing.id, datetime.fromisoformat(one.at), one.attribute, written(one.value))
        for other, how in thing.ties:
            self._put(TIES, thing.id, other, how)
        self.turn()

    def _put(self, table: Table, *row: Any) -> None:
        if table.name in self._files:
            self._rows[table.name].append(row)

    def _write(self, name: str) -> None:
        """What waits of a table, as a group of rows."""
        schema, rows = self._schemas[name], self._rows.pop(name, [])
        if not rows:
            return
        columns = zip(*rows, strict=True)
        arrays = [self._arrow.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
        self._files[name].write_table(self._arrow.Table.from_arrays(arrays, schema=schema), row_group_size=GROUP_ROWS)

    def _schema(self, table: Table, metadata: dict[str, str]) -> Any:
        fields = [self._field(column) for column in table.columns]
        return self._arrow.schema(fields, metadata={**metadata, "description": table.means})

    def _field(self, column: Column) -> Any:
        arrow = self._arrow
        type = {
            Type.TEXT: arrow.string(), Type.WHOLE: arrow.int64(), Type.TRUTH: arrow.bool_(), Type.DAY: arrow.date32(),
            Type.MOMENT: arrow.timestamp("us", tz="+08:00"), Type.EXACT: arrow.decimal128(*_DIGITS),
        }[column.type]  # fmt: skip
        return arrow.field(
            column.name, arrow.list_(type) if column.many else type, nullable=not column.always,
            metadata={"description": column.means},
        )  # fmt: skip


def _typed(type: Type, value: Any) -> Any:
    """A value as its column has it: of an event as it is, of an object from its text."""
    match type:
        case Type.DAY if isinstance(value, str):
            return date.fromisoformat(value)
        case Type.EXACT if value is not None:
            return Decimal(value)
        case _:
            return value
