"""Delivery's one table. It stands with the ledgers: what was published can be published again, and the log's file
is left to those who append."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Engine, Table, insert, select, update

from shared.ledger.tables import LEDGERS
from shared.log.tables import KEY

relay_positions = Table(
    "relay_positions",
    LEDGERS,
    Column("log", KEY, primary_key=True),
    Column(
        "position",
        BigInteger,
        nullable=False,
        comment="the last one published; events before it may be again",
    ),
)


def load_positions(engine: Engine) -> dict[str, int]:
    """Per log, the last position that a relay is known to have published."""
    with engine.connect() as connection:
        rows = connection.execute(select(relay_positions.c.log, relay_positions.c.position))
        return {row.log: row.position for row in rows}


def save_positions(engine: Engine, positions: Mapping[str, int]) -> None:
    """Remember the positions of the given logs."""
    with engine.execution_options(writes=True).begin() as connection:
        for log, position in positions.items():
            moved = connection.execute(
                update(relay_positions).where(relay_positions.c.log == log).values(position=position)
            )
            if moved.rowcount == 0:
                connection.execute(insert(relay_positions).values(log=log, position=position))
