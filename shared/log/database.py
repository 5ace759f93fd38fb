"""Engines: how the databases are opened."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

READER: Final = "sanguan_reader"
"""The role on PostgreSQL under which one log is read."""
_NARROWED: Final = text(f"SELECT set_config('role', '{READER}', true), set_config('sanguan.log', :log, true)")
"""SET LOCAL ROLE and SET LOCAL at one trip to the server: both end with the transaction."""


def sqlite_engine(path: Path, *, synchronous: str = "FULL") -> Engine:
    """An SQLite file in WAL mode. The log is FULL (durable); ledgers may be NORMAL (they can be rebuilt).

    What it makes is its owner's alone: the file, what SQLite puts beside it (of the same mode), and the directory.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if str(path) != ":memory:":
        path.touch(mode=0o600)
    # The appender runs in its own thread and commits by itself; SQLAlchemy's pool keeps each connection to one user.
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun in the open, below
        for pragma in (
            "journal_mode=WAL", f"synchronous={synchronous}", "busy_timeout=30000", "secure_delete=ON",
            "foreign_keys=ON", "recursive_triggers=ON",  # else REPLACE deletes past the guards of `events`
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that writes: on SQLite it waits for the write lock at its beginning, not in its middle."""
    return engine.execution_options(writes=True).begin()


def snapshot(engine: Engine, log: str | None = None) -> AbstractContextManager[Connection]:
    """A connection that reads one state from its first statement to its end, perhaps of one log only (`reading`).
    (SQLite's transactions do so anyway.)"""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.connect() if log is None else reading(engine, log)


@contextlib.contextmanager
def reading(engine: Engine, log: str) -> Iterator[Connection]:
    """A connection that reads one log. On PostgreSQL the server itself shows it no other's rows, whatever the query
    forgets (`shared.log.row_security`)."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(_NARROWED, {"log": log})
        yield connection


def postgres_engine(url: str) -> Engine:
    """PostgreSQL by psycopg 3."""
    plain = url.replace("postgres://", "postgresql://", 1)
    return create_engine(plain.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=8, max_overflow=16)


def appending_engine(engine: Engine) -> Engine:
    """The same PostgreSQL for the appender, whose statement is planned once for all: planning it anew would take as
    long as a third of a commit. It is closed with the engine that it was made from."""
    made = create_engine(engine.url, pool_size=1, pool_reset_on_return=None)

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET plan_cache_mode = force_generic_plan")

    event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return made


def open_engine(url: str, *, durable: bool = True) -> Engine:
    """The engine of a database URL (`sqlite:///file` or `postgresql://…`)."""
    if url.startswith("sqlite:///"):
        return sqlite_engine(Path(url.removeprefix("sqlite:///")), synchronous="FULL" if durable else "NORMAL")
    return postgres_engine(url)


def close_engine(engine: Engine) -> None:
    """Close an engine. What stands in an SQLite file's WAL goes into the file first, so that the file alone is the
    whole database, also where somebody else holds it open; where somebody is reading just then, it stays in the WAL."""
    if engine.dialect.name == "sqlite" and Path(str(engine.url.database)).exists():
        with contextlib.suppress(sqlite3.Error, DBAPIError), contextlib.closing(engine.raw_connection()) as connection:
            for pragma in ("busy_timeout=1000", "wal_checkpoint(TRUNCATE)"):
                connection.cursor().execute(f"PRAGMA {pragma}").fetchall()
    engine.dispose()
