"""A ledger's table, made from its row class; how rows go in and come out; and how far each ledger has come."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Generic, Union, get_args, get_origin, get_type_hints

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, String, Table, Text, bindparam, event, select

from shared.contracts.model import Ledger, Row, Service
from shared.log.codec import canonical
from shared.log.row_security import secure
from shared.log.tables import KEY

LEDGERS: Final = MetaData()
"""The tables of the runner itself; each service's ledgers are added when it is declared."""
event.listen(LEDGERS, "after_create", lambda _target, connection, tables, **_: secure(connection, tables or ()))

progress: Final = Table(
    "progress",
    LEDGERS,
    Column("log", KEY, primary_key=True),
    Column("follower", KEY, primary_key=True, comment="<service>.<ledger>"),
    Column("position", BigInteger, nullable=False, comment="the last position that was applied; -1 for none"),
    Column("halted", Text, comment="why it stopped, where it did"),
)

parked: Final = Table(
    "parked",
    LEDGERS,
    Column("log", KEY, primary_key=True),
    Column("follower", KEY, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("error", Text, nullable=False, comment="of the first event that waits; empty for those behind it"),
)

interventions: Final = Table(
    "interventions",
    LEDGERS,
    Column("log", KEY, primary_key=True),
    Column("follower", KEY, primary_key=True),
    Column("at", KEY, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("what", Text, nullable=False, comment="un-parked, rebuilt"),
)


class Rows(Generic[Row]):
    """One ledger's rows in a database."""

    def __init__(self, service: str, ledger: Ledger[Row]) -> None:
        self.ledger, self.follower = ledger, f"{service}.{ledger.name}"
        hints = get_type_hints(ledger.row, include_extras=True)
        self._columns = [_column(field.name, hints[field.name]) for field in fields(ledger.row)]  # type: ignore[arg-type]  # every row class is a dataclass
        self.names = tuple(column.name for column in self._columns)
        self._into = {column.name: column.into for column in self._columns}
        self._changed_out = [(place, c.out) for place, c in enumerate(self._columns) if c.out is not _same]
        self.table = _table(f"ledger_{service}_{ledger.name}", [column.sql for column in self._columns])
        self._sql = _Statements(self.table)

    def values(self, row: Row) -> tuple[Any, ...]:
        """A row as the database keeps it."""
        return tuple(column.into(getattr(row, column.name)) for column in self._columns)

    def row(self, values: Iterable[Any]) -> Row:
        """A row as the fold knows it, from its columns' values."""
        held = [*values]
        for place, out in self._changed_out:  # most columns hold what the fold knows
            held[place] = out(held[place])
        return self.ledger.row(**dict(zip(self.names, held, strict=True)))

    def fetch(self, connection: Connection, log: str, keys: Iterable[str]) -> dict[str, Row]:
        """The rows of these keys that exist."""
        wanted = list(keys)
        return {key: self.row(values) for key, *values in self._sql.fetch(connection, log, wanted)} if wanted else {}

    def store(self, connection: Connection, log: str, rows: Mapping[str, Row | None]) -> None:
        """Put rows in, in place of those they replace; a None takes one out."""
        gone = [key for key, row in rows.items() if row is None]
        if gone:
            drop = self.table.delete().where(self.table.c.log == log, self.table.c.key == bindparam("gone"))
            connection.execute(drop, [{"gone": key} for key in gone])
        kept = {key: row for key, row in rows.items() if row is not None}
        if kept and connection.dialect.name == "sqlite":
            self._sql.store(connection, [(log, key, *self.values(row)) for key, row in kept.items()])
        elif kept:
            self._sql.store_written(connection, log, kept)

    def clear(self, connection: Connection, log: str) -> None:
        """Take all of a log's rows out."""
        connection.execute(self.table.delete().where(self.table.c.log == log))

    def query(
        self,
        connection: Connection,
        log: str,
        equal: Mapping[str, Any],
        after: str | None = None,
        limit: int | None = None,
    ) -> list[tuple[str, Row]]:
        """Rows in the order of their keys, those after a key, whose columns equal the given values."""
        table = self.table
        query = select(table.c.key, *(table.c[name] for name in self.names)).where(table.c.log == log)
        for name, value in equal.items():
            query = query.where(table.c[name] == self._into[name](value))
        if after is not None:
            query = query.where(table.c.key > after)
        query = query.order_by(table.c.key).limit(limit)
        return [(key, self.row(values)) for key, *values in connection.execute(query)]

    def all(self, connection: Connection, log: str) -> Iterator[tuple[str, Row]]:
        """Every row in the order of their keys, in flat memory."""
        after: str | None = None
        while page := self.query(connection, log, {}, after, 5_000):
            yield from page
            after = page[-1][0]


def row_bytes(key: str, row: Any) -> bytes:
    """A row's canonical bytes: what live and replayed ledgers are compared by."""
    return canonical([key, row])


def digest(rows: Iterable[tuple[str, Any]]) -> str:
    """SHA-256 over rows in the order of their keys, in hexadecimal."""
    sha = hashlib.sha256()
    for key, row in rows:
        sha.update(row_bytes(key, row) + b"\n")
    return sha.hexdigest()


def tables_of(service: Service) -> dict[str, Rows[Any]]:
    """A service's ledgers by name."""
    return {ledger.name: Rows(service.name, ledger) for ledger in service.ledgers}


# columns --------------------------------------------------------------------------------------------------------


class _Column:
    """A column: its SQL type, and the way of a value in and out."""

    def __init__(self, name: str, sql: Any, into: Callable[[Any], Any], out: Callable[[Any], Any]) -> None:
        self.name, self.sql, self.into, self.out = name, Column(name, sql, nullable=True), into, out


def _same(value: Any) -> Any:
    return value


def _column(name: str, hint: Any) -> _Column:
    bare = _bare(hint)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _Column(name, String(), _same, _out(bare))
    if bare is bool:
        return _Column(name, Boolean(), _same, _out(bool))
    if bare is int:
        return _Column(name, BigInteger(), _same, _same)
    if bare is str:
        return _Column(name, String(), _same, _same)
    if bare is datetime:
        return _Column(name, String(), _optional(_moment), _out(datetime.fromisoformat))
    if bare is date:
        return _Column(name, String(), _optional(date.isoformat), _out(date.fromisoformat))
    decoder = msgspec.json.Decoder(bare)
    return _Column(name, Text(), _optional(lambda value: canonical(value).decode()), _out(decoder.decode))


def _moment(value: datetime) -> str:
    """As JSON has it."""
    return canonical(value).decode()[1:-1]


def _bare(hint: Any) -> Any:
    """A field's type without its markers, and without None (every column may be empty)."""
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    if get_origin(hint) in (UnionType, Union):
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        if len(arms) == 1:
            return _bare(arms[0])
    return hint


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _out(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """As `_optional`; what is not a value of the column's type was altered by hand, and stays as it is for the audit
    to name."""

    def out(value: Any) -> Any:
        if value is None:
            return None
        try:
            return convert(value)
        except (ValueError, TypeError, msgspec.MsgspecError):
            return value

    return out


def _table(name: str, columns: Sequence[Column[Any]]) -> Table:
    if name in LEDGERS.tables:
        return LEDGERS.tables[name]
    keys = (Column("log", KEY, primary_key=True), Column("key", KEY, primary_key=True))
    return Table(name, LEDGERS, *keys, *columns)


class _Statements:
    """The runner's hot statements, written for the driver: executemany on SQLite; on PostgreSQL one JSON text, which
    costs this process a quarter of what arrays do."""

    def __init__(self, table: Table) -> None:
        names = [column.name for column in table.columns]
        quoted = ", ".join(f'"{name}"' for name in names)
        picked = ", ".join(f't."{name}"' for name in names[1:])
        self._sqlite_fetch = (
            f"SELECT {picked} FROM json_each(?) j CROSS JOIN {table.name} t ON t.log = ? AND t.key = j.value"
        )
        self._sqlite_store = f"INSERT OR REPLACE INTO {table.name} ({quoted}) VALUES ({', '.join('?' * len(names))})"
        types = {"BIGINT": "int8", "BOOLEAN": "bool"}
        typed = ", ".join(f'"{c.name}" {types.get(str(c.type), "text")}' for c in list(table.columns)[1:])
        self._postgres_fetch = (
            f"SELECT {picked} FROM unnest(%b::text[]) u(k) CROSS JOIN LATERAL "
            f"(SELECT * FROM {table.name} WHERE log = %b AND key = u.k LIMIT 1) t"
        )
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names[2:])
        self._postgres_store = (
            f"INSERT INTO {table.name} ({quoted}) SELECT %b, r.* FROM json_to_recordset(%b::json) r({typed}) "
            f"ON CONFLICT (log, key) DO UPDATE SET {changed}"
        )

    def fetch(self, connection: Connection, log: str, keys: list[str]) -> list[Any]:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            return driver.execute(self._sqlite_fetch, (msgspec.json.encode(keys).decode(), log)).fetchall()  # type: ignore[no-any-return]  # the driver is untyped here
        return driver.execute(self._postgres_fetch, (keys, log), prepare=True).fetchall()  # type: ignore[no-any-return]  # as above

    def store(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """On SQLite."""
        driver: Any = connection.connection.driver_connection
        driver.executemany(self._sqlite_store, rows)

    def store_written(self, connection: Connection, log: str, rows: Mapping[str, Any]) -> None:
        """On PostgreSQL."""
        driver: Any = connection.connection.driver_connection
        # A row is written at once; its key goes in at its front.
        lines = [b'{"key":%b,%b' % (canonical(key), canonical(row)[1:]) for key, row in rows.items()]
        driver.execute(self._postgres_store, (log, (b"[%b]" % b",".join(lines)).decode()), prepare=True)
