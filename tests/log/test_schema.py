"""The tables: what the migrations make is what the code expects, and a ledger's table follows its row class."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, insert, inspect, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from shared.ledger.schema import prepare
from shared.ledger.tables import progress, tables_of
from shared.log.database import open_engine, writing
from shared.log.schema import _REVISIONS, SchemaAhead, SchemaBehind, SchemaStrange, _config, migrate, require, revision
from shared.log.tables import METADATA, events
from tests import ticketing
from tests.log.invented import LOG, append, envelope, leaves_of, row


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "table" or name in METADATA.tables


def _only_a_comment(difference: Any) -> bool:
    """Comments are for readers of the code; the database need not repeat them."""
    return isinstance(difference, list) and all(part[0] == "modify_comment" for part in difference)


def test_the_migrations_make_the_tables_that_the_code_expects(log_engine: Engine) -> None:
    with log_engine.connect() as connection:
        options = {"version_table": "log_revision", "include_name": _ours, "compare_type": False}
        context = MigrationContext.configure(connection, opts=options)
        found = [one for one in compare_metadata(context, METADATA) if not _only_a_comment(one)]
    assert found == []


def test_the_revisions_are_those_that_alembic_goes_through() -> None:
    found = [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]
    assert found[::-1] == _REVISIONS


def test_migrating_again_changes_nothing(log_engine: Engine) -> None:
    before = revision(log_engine)
    assert migrate(log_engine) == before


def test_a_ledger_of_another_shape_is_dropped_and_folded_again(ledgers_engine: Engine) -> None:
    rows = next(iter(tables_of(ticketing.SERVICE).values()))
    prepare(ledgers_engine, [rows])
    with writing(ledgers_engine) as connection:
        connection.execute(text(f"ALTER TABLE {rows.table.name} ADD COLUMN odd TEXT"))
        connection.execute(progress.insert().values(log="410105010", follower=rows.follower, position=7))
    assert prepare(ledgers_engine, [rows]) == [rows.follower]
    assert "odd" not in {column["name"] for column in inspect(ledgers_engine).get_columns(rows.table.name)}
    with ledgers_engine.connect() as connection:
        assert connection.execute(select(progress).where(progress.c.follower == rows.follower)).all() == []
    assert prepare(ledgers_engine, [rows]) == []


# older, newer, strange ------------------------------------------------------------------------------------------------


def test_a_database_of_the_first_layout_is_brought_to_this_one(log_url: str) -> None:
    engine = open_engine(log_url)
    with pytest.raises(SchemaBehind):
        require(engine)  # it is empty
    config = _config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    assert revision(engine) == "0001"
    append(engine, 20)
    before = leaves_of(engine)
    with pytest.raises(SchemaBehind) as behind:
        require(engine)
    assert "sanguan migrate" in behind.value.detail_zh
    assert "sanguan migrate" in behind.value.detail_en
    assert migrate(engine) == "0010"
    require(engine)
    assert leaves_of(engine) == before
    append(engine, 1)  # it goes on
    with pytest.raises(DBAPIError):
        _put_in_place_of(engine, 7)
    engine.dispose()


def test_a_database_of_a_newer_program_is_left_alone(log_engine: Engine) -> None:
    with writing(log_engine) as connection:
        connection.execute(text("UPDATE log_revision SET version_num = '0999'"))
    for attempt in (require, migrate):
        with pytest.raises(SchemaAhead) as ahead:
            attempt(log_engine)
        assert ahead.value.code == "schema_ahead"
    assert revision(log_engine) == "0999"


@pytest.mark.parametrize(
    ("spoil", "lacking"),
    [
        ("DROP TABLE reactions", "reactions.log"),
        ("ALTER TABLE refused_reactions DROP COLUMN code", "refused_reactions.code"),
    ],
)
def test_a_database_that_lacks_something_says_what(log_engine: Engine, spoil: str, lacking: str) -> None:
    with writing(log_engine) as connection:
        connection.execute(text(spoil))
    for attempt in (require, migrate):
        with pytest.raises(SchemaStrange, match=re.escape(lacking)):
            attempt(log_engine)


# nothing takes an event's place ---------------------------------------------------------------------------------------


def _put_in_place_of(engine: Engine, position: int, **other: Any) -> None:
    """What a client may try: put another event where one stands."""
    said = row(position, envelope(LOG, position) | {"data": {"note": "nothing happened"}}) | other
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(insert(events).prefix_with("OR REPLACE"), [said])
        else:
            put = upsert(events).values(said)
            connection.execute(put.on_conflict_do_update(constraint="events_pkey", set_={"bytes": put.excluded.bytes}))


def test_an_insertion_that_would_take_an_events_place_is_refused(log_engine: Engine) -> None:
    append(log_engine, 10)
    before = leaves_of(log_engine)
    with pytest.raises(DBAPIError, match="never changed"):
        _put_in_place_of(log_engine, 4)
    assert leaves_of(log_engine) == before


TAKEN: dict[str, dict[str, Any]] = {
    "the position": {"position": 4},
    "the stream's version": {"stream": "case/4", "version": 1},
    "the command": {"command_id": "c-4"},
}


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
@pytest.mark.parametrize("taken", [*TAKEN, "the row"])
def test_a_foreign_client_of_sqlite_replaces_nothing(tmp_path: Path, verb: str, taken: str) -> None:
    """With the settings that SQLite has by itself: no recursive triggers."""
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    migrate(engine)
    append(engine, 10)
    before = leaves_of(engine)
    free = row(10, envelope(LOG, 10) | {"stream": "case/other", "version": 1})
    with closing(sqlite3.connect(tmp_path / "log.db")) as foreign:
        assert foreign.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        values = free | TAKEN.get(taken, {})
        if taken == "the row":
            values["rowid"] = foreign.execute("SELECT rowid FROM events WHERE position = 4").fetchone()[0]
        names = ", ".join(values)
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            foreign.execute(f"{verb} INTO events ({names}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
        foreign.rollback()
        # What takes nobody's place is let in, so that it was the key alone that was refused.
        foreign.execute(
            f"{verb} INTO events ({', '.join(free)}) VALUES ({', '.join('?' * len(free))})", [*free.values()]
        )
        foreign.rollback()
    assert leaves_of(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(events)) == 10
    engine.dispose()
