"""What the database itself can do: COPY in and out of rows like ours, with nothing done to them on the way."""

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.timing import Timed, timed

PER_COMMIT = 1_000
"""Rows of one COPY, and so of one commit."""
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_COLUMNS = "log, position, stream, version, type, command_id, ordinal, recorded_at, body_mac, leaf, bytes"


class Copy:
    """COPY into a table with the columns, constraints and indexes of `events`, and out of it."""

    def __init__(self, connection: psycopg.Connection, bytes_length: int) -> None:
        """`bytes_length` is that of an event's canonical bytes."""
        self._connection, self._data = connection, b"x" * bytes_length
        self._position = 0

    def into(self, seconds: float) -> Timed:
        """Rows per second, durable; the rows are formatted before the clock starts."""
        done, took = 0, 0.0
        while took < seconds:
            block = self._block()
            start = time.perf_counter()
            with (
                self._connection.cursor() as cursor,
                cursor.copy(f"COPY limit_events ({_COLUMNS}) FROM STDIN (FORMAT binary)".encode()) as copy,
            ):
                copy.write(block)
            self._connection.commit()
            took += time.perf_counter() - start
            done += PER_COMMIT
        return Timed(done, took)

    def out_of(self, table: str, events: int) -> Timed:
        """Events per second read by COPY, positions and bytes, parsed no further than psycopg's rows."""

        def read() -> int:
            with self._connection.cursor() as cursor, cursor.copy(_out(table, events)) as copy:
                copy.set_types(["int8", "bytea"])
                return sum(1 for _ in copy.rows())

        return timed(read)

    def out_raw(self, table: str, events: int) -> Timed:
        """The same as blocks of bytes, not even split into rows."""

        def read() -> int:
            with self._connection.cursor() as cursor, cursor.copy(_out(table, events)) as copy:
                for _ in copy:
                    pass
            return events

        return timed(read)

    def _block(self) -> bytes:
        rows = [self._row(self._position + n) for n in range(PER_COMMIT)]
        self._position += PER_COMMIT
        return _HEADER + b"".join(rows) + struct.pack("!h", -1)

    def _row(self, n: int) -> bytes:
        values = (
            b"410105010", struct.pack("!q", n), b"handling/case%06d" % (n % 5000), struct.pack("!q", n // 5000 + 1),
            b"sanguan.assignment.visit-completed.v1", b"bench-%d" % n, struct.pack("!i", 0), struct.pack("!q", n),
            bytes(32), bytes(32), self._data,
        )  # fmt: skip
        return struct.pack("!h", len(values)) + b"".join(struct.pack("!i", len(value)) + value for value in values)


def _out(table: str, events: int) -> bytes:
    query = f"SELECT position, bytes FROM {table} ORDER BY log, position LIMIT {events}"
    return f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()


@contextmanager
def copying(url: str, bytes_length: int) -> Iterator[Copy]:
    """COPY on the schema of a log that was migrated already."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE limit_events (LIKE events INCLUDING ALL)")
        connection.commit()
        yield Copy(connection, bytes_length)
