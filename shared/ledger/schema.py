"""A ledger's table follows its row class: what was changed is dropped and folded again from the log."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Engine, Table, delete, inspect, text

from shared.ledger.tables import LEDGERS, Rows, parked, progress
from shared.log.database import writing
from shared.log.row_security import secure

_ADVISORY_LOCK: Final = 7_405_011
"""As the log's (`shared.log.schema`): two processes that start at once prepare one after the other."""


def prepare(engine: Engine, tables: Iterable[Rows[object]]) -> list[str]:
    """Create the tables that are missing; drop those of another shape. Gives the ledgers that will be folded again.
    Safe to run again, and at once from two places."""
    again: list[str] = []
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        LEDGERS.create_all(connection)
        for rows in tables:
            if columns_of(connection, rows.table) == [column.name for column in rows.table.columns]:
                continue
            rows.table.drop(connection)
            rows.table.create(connection)
            connection.execute(delete(progress).where(progress.c.follower == rows.follower))
            connection.execute(delete(parked).where(parked.c.follower == rows.follower))
            again.append(rows.follower)
        secure(connection, LEDGERS.sorted_tables)
    return again


def columns_of(connection: Connection, table: Table) -> list[str]:
    """The columns that a table has in the database, in their order; none where there is no such table."""
    inspector = inspect(connection)
    if not inspector.has_table(table.name):
        return []
    return [column["name"] for column in inspector.get_columns(table.name)]
