"""The tables: what the migrations make is what the code expects, and a ledger's table follows its row class."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

import shared.log.tree_tables
from shared.ledger.schema import prepare
from shared.ledger.tables import progress, tables_of
from shared.log.database import writing
from shared.log.schema import migrate, revision
from shared.log.tables import METADATA
from tests import ticketing

assert shared.log.tree_tables.tiles.metadata is METADATA


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
