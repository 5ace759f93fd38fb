"""A ledger's table follows its row class: what was changed is dropped and folded again from the log."""

from collections.abc import Iterable

from sqlalchemy import Engine, delete, inspect
from sqlalchemy.exc import OperationalError, ProgrammingError

from shared.ledger.tables import LEDGERS, Rows, parked, progress
from shared.log.database import writing


def prepare(engine: Engine, tables: Iterable[Rows[object]]) -> list[str]:
    """Create the tables that are missing; drop those of another shape. Gives the ledgers that will be folded again."""
    again: list[str] = []
    try:
        LEDGERS.create_all(engine)
    except (OperationalError, ProgrammingError):  # another process was creating them at the same moment
        LEDGERS.create_all(engine)
    inspector = inspect(engine)
    for rows in tables:
        there = [column["name"] for column in inspector.get_columns(rows.table.name)]
        if there == [column.name for column in rows.table.columns]:
            continue
        with writing(engine) as connection:
            rows.table.drop(connection)
            rows.table.create(connection)
            connection.execute(delete(progress).where(progress.c.follower == rows.follower))
            connection.execute(delete(parked).where(parked.c.follower == rows.follower))
        again.append(rows.follower)
    return again
