"""The log's tables, the same on SQLite and PostgreSQL, and the database's own protection of what was recorded."""

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    cast,
    event,
    text,
)

from shared.log.row_security import secure

METADATA: Final = MetaData()
KEY: Final = String().with_variant(String(collation="C"), "postgresql")
"""Keys compare byte by byte on every server, whatever its locale."""

BYTES: Final = {"sqlite": "CAST(bytes AS BLOB)", "postgresql": "bytes"}
"""How the column is read by the databases' own SQL: in a SQLite file that was tampered with it may hold text."""


class _Bytes(TypeDecorator[bytes]):
    """The same, as SQLAlchemy reads it."""

    impl, cache_ok = LargeBinary, True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, LargeBinary)


events: Final = Table(
    "events",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="from 0, without gaps"),
    Column("stream", KEY, nullable=False),
    Column("version", BigInteger, nullable=False, comment="of the stream, from 1, without gaps"),
    Column("type", KEY, nullable=False),
    Column("command_id", KEY, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, comment="microseconds since 1970, never going back"),
    Column("body_mac", LargeBinary, comment="keyed digest of the command's body; with ordinal 0 only"),
    Column("leaf", LargeBinary, nullable=False, comment="SHA-256(0x00 || bytes)"),
    Column("bytes", _Bytes, nullable=False, comment="the canonical envelope: all that is hashed"),
    UniqueConstraint("log", "stream", "version", name="events_stream_version"),
    UniqueConstraint("log", "command_id", "ordinal", name="events_command"),
)

heads: Final = Table(
    "heads",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, comment="of the last event, in microseconds since 1970"),
    Column("erasures", BigInteger, nullable=False, server_default=text("0"), comment="destructions of keys"),
)

vault_keys: Final = Table(
    "vault_keys",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("subject", KEY, primary_key=True, comment="whose values it seals: a case, or one party of it"),
    Column("wrapped", LargeBinary, nullable=False, comment="the key, sealed under the master key"),
)

vault_destroyed: Final = Table(
    "vault_destroyed",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("subject", KEY, primary_key=True),
    Column("destroyed_at", BigInteger, nullable=False),
)

vault_blind: Final = Table(
    # Goes with `vault_keys`: no event, ledger or stream knows of it (see shared.log.blind).
    "vault_blind",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("epoch", KEY, primary_key=True, comment="the month in which it was written, and its key's"),
    Column("token", Integer, primary_key=True, autoincrement=False, comment="sixteen bits of a keyed digest"),
    Column("subject", KEY, primary_key=True, comment="the part whose value it stands for, as its key is named"),
)

system_keys: Final = Table(
    # Keys of the installation itself: what digests are made under. Wrapped, so that the master key can change.
    "system_keys",
    METADATA,
    Column("name", KEY, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

reactions: Final = Table(
    # With the log, not with the ledgers: a ledger that is lost is folded again, but nothing may be reacted to twice.
    "reactions",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("service", KEY, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="the last event whose reactions were sent; -1 for none"),
)

refused_reactions: Final = Table(
    "refused_reactions",
    METADATA,
    Column("log", KEY, primary_key=True),
    Column("command_id", KEY, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="of the event that caused the reaction"),
    Column("code", KEY, nullable=False),
)

_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
    f"BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
    for verb in ("UPDATE", "DELETE")
)
_POSTGRES_GUARDS = (
    "CREATE FUNCTION events_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are never changed'; END $$",
    "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events "
    "FOR EACH ROW EXECUTE FUNCTION events_are_never_changed()",
    "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events "
    "FOR EACH STATEMENT EXECUTE FUNCTION events_are_never_changed()",
)
GUARDS: Final = {"sqlite": _SQLITE_GUARDS, "postgresql": _POSTGRES_GUARDS}
"""Statements by which the database itself refuses UPDATE, DELETE and TRUNCATE of events."""
REPLACE_GUARDS: Final = {
    "sqlite": (
        "CREATE TRIGGER events_no_replace BEFORE INSERT ON events WHEN"
        " EXISTS (SELECT 1 FROM events WHERE log = NEW.log AND position = NEW.position)"
        " OR EXISTS (SELECT 1 FROM events WHERE log = NEW.log AND stream = NEW.stream AND version = NEW.version)"
        " OR EXISTS (SELECT 1 FROM events WHERE log = NEW.log AND command_id = NEW.command_id"
        " AND ordinal = NEW.ordinal)"
        " OR EXISTS (SELECT 1 FROM events WHERE rowid = NEW.rowid)"
        " BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
    ),
    "postgresql": (),  # where nothing replaces a row but an UPDATE, which fires its trigger
}
"""Against REPLACE: on a connection of SQLite's defaults it deletes what stands in its way past the other guards."""

event.listen(METADATA, "after_create", lambda _target, connection, tables, **_: secure(connection, tables or ()))
for _dialect, _statements in (*GUARDS.items(), *REPLACE_GUARDS.items()):
    for _statement in _statements:
        event.listen(events, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
