"""Appending on PostgreSQL: one statement for a batch, binary arrays, the head row as the only lock.

psycopg sends arrays as text for `%s` and more than twice as fast as binary for `%b`.
"""

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection

from shared.log.append import Line, Outcome, Proposal, judge, lines, microseconds, moment, placed
from shared.log.store import STORED, KnownTo, Log, settle

_ROWS = (
    "unnest(%b::text[], %b::int8[], %b::text[], %b::text[], %b::int4[], %b::bytea[], %b::bytea[], %b::bytea[])"
    " WITH ORDINALITY AS u(stream, version, type, command_id, ordinal, body_mac, leaf, bytes, o)"
)
_COLUMNS = "log, position, stream, version, type, command_id, ordinal, recorded_at, body_mac, leaf, bytes"
_KEYS = (
    "INSERT INTO vault_keys (log, subject, wrapped) SELECT h.log, k.subject, k.wrapped"
    " FROM h, unnest(%b::text[], %b::bytea[]) AS k(subject, wrapped)"
)
_OPTIMISTIC = (
    "WITH h AS (UPDATE heads SET size = size + %b, recorded_at = %b WHERE log = %b AND recorded_at <= %b"
    "  RETURNING log, size - %b AS p),"
    f" k AS ({_KEYS}),"
    f" i AS (INSERT INTO events ({_COLUMNS}) SELECT h.log, h.p + o - 1, stream, version, type, command_id, ordinal,"
    f"  %b, body_mac, leaf, bytes FROM h, {_ROWS})"
    " SELECT p FROM h"
)
_READ = (
    f"COPY (SELECT {STORED} FROM events WHERE log = %s AND position > %s AND position <= %s ORDER BY position)"
    " TO STDOUT (FORMAT binary)"
)
# A page is a range, as positions have no gap: with a LIMIT and no statistics the whole rest of the log would be sorted.
_NEXT = "SELECT position FROM events WHERE log = %b AND position > %b ORDER BY log, position LIMIT 1"
_READ_TYPES = ("text", "int8", "text", "int8", "text", "int8", "bytea")
_LOCK = "SELECT size, recorded_at FROM heads WHERE log = %b FOR UPDATE"
_OPEN = "INSERT INTO heads (log, size, recorded_at) VALUES (%b, 0, 0) ON CONFLICT (log) DO NOTHING"


class PostgresLog(Log):
    """The log in PostgreSQL. The head row serialises the appends of one log; more processes do not add to them."""

    def _page(self, connection: Connection, log: str, after: int, limit: int) -> Sequence[tuple[Any, ...]]:
        driver = _driver(connection)
        if found := _range(driver, log, after, after + limit):
            return found
        # The end; or a gap, which only a forger can have made, and beyond which an auditor must be able to read.
        beyond = driver.execute(_NEXT, (log, after)).fetchone()
        return [] if beyond is None else _range(driver, log, beyond[0] - 1, beyond[0] - 1 + limit)

    def _append_optimistically(self, batch: Sequence[Proposal]) -> list[Outcome] | None:
        recorded_us = microseconds(self.clock())
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                found = self._insert(_driver(connection), batch, recorded_us)
            except UniqueViolation:
                return None
            except psycopg.OperationalError:
                if _driver(connection).closed:
                    self.engine.dispose()  # the server was away: no other pooled connection is any good either
                raise
        # No row: the log is new, or this clock is behind the last recorded time. Both are settled under the lock.
        return None if found is None else placed(batch, found)

    def _append_locked(self, batch: Sequence[Proposal]) -> list[Outcome]:
        log = batch[0].log
        with self.engine.begin() as connection:
            driver = _driver(connection)
            driver.execute(_OPEN, (log,))
            row = driver.execute(_LOCK, (log,)).fetchone()
            assert row is not None, "the head row was just made sure of"
            judged = judge(batch, KnownTo(connection))
            fit = [proposal for proposal, outcome in zip(batch, judged, strict=True) if outcome is None]
            inserted: list[Outcome] = []
            if fit:
                first = self._insert(driver, fit, max(microseconds(self.clock()), row[1]))
                assert first is not None, "the head row is locked and its time is not ahead"
                inserted = placed(fit, first)
            return settle(judged, inserted)

    def _insert(self, driver: psycopg.Connection[Any], batch: Sequence[Proposal], recorded_us: int) -> int | None:
        made = lines(self.codec, batch, moment(recorded_us))
        keys = [key for proposal in batch for key in proposal.keys]
        log, count = batch[0].log, len(made)
        values = (
            count, recorded_us, log, recorded_us, count, [key.subject for key in keys],
            [key.wrapped for key in keys], recorded_us, *_arrays(made),
        )  # fmt: skip
        row = driver.execute(_OPTIMISTIC, values, prepare=True).fetchone()
        return None if row is None else int(row[0])


def _range(driver: psycopg.Connection[Any], log: str, after: int, upto: int) -> list[tuple[Any, ...]]:
    with driver.cursor() as cursor, cursor.copy(_READ, (log, after, upto)) as copy:
        copy.set_types(_READ_TYPES)
        return [*copy.rows()]


def _arrays(made: Sequence[Line]) -> tuple[list[Any], ...]:
    return (
        [line.stream for line in made], [line.version for line in made], [line.type for line in made],
        [line.command_id for line in made], [line.ordinal for line in made], [line.body_mac for line in made],
        [line.leaf for line in made], [line.bytes for line in made],
    )  # fmt: skip


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
