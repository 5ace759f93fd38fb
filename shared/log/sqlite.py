"""Appending on SQLite: one writer at a time, WAL, synchronous=FULL: what is acknowledged survives a power cut."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection

from shared.log.append import Line, Outcome, Proposal, judge, known_before, lines, microseconds, moment, placed
from shared.log.database import writing
from shared.log.store import KnownTo, Log, settle
from shared.log.tables import BYTES

_INSERT = (
    "INSERT INTO events (log, position, stream, version, type, command_id, ordinal, recorded_at, body_mac, leaf, bytes)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)
_BYTES = BYTES["sqlite"]
_READ = "SELECT {} FROM events WHERE log = ? AND position > ? ORDER BY position LIMIT ?"
_INSERT_KEY = "INSERT INTO vault_keys (log, subject, wrapped) VALUES (?,?,?)"
_INSERT_ENTRY = "INSERT INTO vault_blind (log, epoch, token, subject) VALUES (?,?,?,?) ON CONFLICT DO NOTHING"
_STANDING = (
    "SELECT EXISTS (SELECT 1 FROM json_each(?2) s CROSS JOIN vault_destroyed d ON d.log = ?1 AND d.subject = s.value),"
    " (SELECT count(*) FROM json_each(?3) n CROSS JOIN vault_keys k ON k.log = ?1 AND k.subject = n.value)"
)
_HEAD = "SELECT size, recorded_at FROM heads WHERE log = ?"
_MOVE = (
    "INSERT INTO heads (log, size, recorded_at) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (log) DO UPDATE SET size = size + ?2, recorded_at = ?3"
)


class SqliteLog(Log):
    """The log in one SQLite file."""

    def _page(
        self, connection: Connection, columns: str, log: str, after: int, limit: int
    ) -> Sequence[tuple[Any, ...]]:
        return _driver(connection).execute(_READ.format(columns.format(_BYTES)), (log, after, limit)).fetchall()

    def _append_optimistically(self, batch: Sequence[Proposal]) -> list[Outcome] | None:
        try:
            with writing(self.engine) as connection:
                driver = _driver(connection)
                return self._insert(driver, batch) if _keys_stand(driver, batch) else None
        except sqlite3.IntegrityError:
            return None

    def _append_locked(self, batch: Sequence[Proposal]) -> list[Outcome]:
        with writing(self.engine) as connection:
            judged = judge(batch, KnownTo(connection))
            fit = [proposal for proposal, outcome in zip(batch, judged, strict=True) if outcome is None]
            return settle(judged, self._insert(_driver(connection), fit) if fit else [])

    def _insert(self, driver: sqlite3.Connection, batch: Sequence[Proposal]) -> list[Outcome]:
        log = batch[0].log
        size, last = driver.execute(_HEAD, (log,)).fetchone() or (0, 0)
        recorded_us = max(microseconds(self.clock()), last)
        made = lines(self.codec, batch, moment(recorded_us))
        driver.execute(_MOVE, (log, len(made), recorded_us))
        driver.executemany(_INSERT, (_row(log, size + n, recorded_us, line) for n, line in enumerate(made)))
        keys = [(key.log, key.subject, key.wrapped) for proposal in batch for key in proposal.keys]
        if keys:
            driver.executemany(_INSERT_KEY, keys)
        if entries := [(log, e.epoch, e.token, e.subject) for proposal in batch for e in proposal.entries]:
            driver.executemany(_INSERT_ENTRY, entries)
        return placed(batch, size)


def _keys_stand(driver: sqlite3.Connection, batch: Sequence[Proposal]) -> bool:
    """Whether what was sealed with keys known before was sealed with keys that are stored still."""
    subjects, names = known_before(batch)
    if not subjects:
        return True
    destroyed, stored = driver.execute(_STANDING, (batch[0].log, json.dumps(subjects), json.dumps(names))).fetchone()
    return not destroyed and stored == len(names)


def _row(log: str, position: int, recorded_us: int, line: Line) -> tuple[object, ...]:
    return (
        log, position, line.stream, line.version, line.type, line.command_id, line.ordinal, recorded_us,
        line.body_mac, line.leaf, line.bytes,
    )  # fmt: skip


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)
