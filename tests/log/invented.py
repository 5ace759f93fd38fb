"""An invented log for tests of tree and audit: canonical events of nobody, written without the appender."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine, func, insert, select, update

from shared.log.append import microseconds
from shared.log.tables import events, heads
from shared.log.tree import leaf_hash

LOG = "410105010"
BEGAN = datetime(2015, 6, 1, 8, tzinfo=UTC)
STREAMS = 7


def envelope(log: str, position: int) -> dict[str, Any]:
    """What is hashed of an invented event: seven streams take turns."""
    return {
        "log": log,
        "stream": f"case/{position % STREAMS}",
        "version": position // STREAMS + 1,
        "type": "sanguan.intake.case-noted.v1",
        "command_id": f"c-{position}",
        "ordinal": 0,
        "actor": {"id": "clerk-1", "role": "clerk", "on_behalf_of": None},
        "cause": None,
        "occurred_at": BEGAN,
        "recorded_at": BEGAN + timedelta(milliseconds=position // 3),
        "facts_at": None,
        "data": {"note": "synthetic 合成", "number": position},
    }


def row(position: int, said: dict[str, Any]) -> dict[str, Any]:
    """An event's row, in agreement with what its bytes say."""
    written = msgspec.json.encode(said, order="sorted")
    columns = {name: said[name] for name in ("log", "stream", "version", "type", "command_id", "ordinal")}
    recorded_us = microseconds(said["recorded_at"])
    return columns | {
        "position": position,
        "recorded_at": recorded_us,
        "body_mac": b"",
        "leaf": leaf_hash(written),
        "bytes": written,
    }


def append_rows(engine: Engine, log: str, rows: list[dict[str, Any]]) -> None:
    """Append rows as they stand; their number moves the log's head."""
    with engine.begin() as connection:
        moved = {"size": heads.c.size + len(rows), "recorded_at": rows[-1]["recorded_at"]}
        if not connection.execute(update(heads).where(heads.c.log == log).values(moved)).rowcount:
            head = {"log": log, "size": len(rows), "recorded_at": rows[-1]["recorded_at"]}
            connection.execute(insert(heads).values(head))
        connection.execute(insert(events), rows)


def append(engine: Engine, count: int, log: str = LOG) -> None:
    """Append so many invented events."""
    with engine.connect() as connection:
        first = connection.scalar(select(func.count()).where(events.c.log == log)) or 0
    append_rows(engine, log, [row(position, envelope(log, position)) for position in range(first, first + count)])


def leaves_of(engine: Engine, log: str = LOG) -> list[bytes]:
    """Every leaf, computed from the bytes."""
    with engine.connect() as connection:
        query = select(events.c.bytes).where(events.c.log == log).order_by(events.c.position)
        return [leaf_hash(written) for written in connection.scalars(query)]
