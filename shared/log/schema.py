"""Bringing a database to this version's log tables, by alembic, in one transaction."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from shared.log.database import writing

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 7_405_010
"""Any number that nothing else on the server uses: two processes that start at once migrate one after the other."""


class SchemaBehind(Exception):
    """The database is not at this program's revision: run `sanguan migrate` first."""


def migrate(engine: Engine) -> str:
    """Bring the log's tables to the newest revision; gives its name. Safe to run again, and at once from two places."""
    config = _config()
    newest = _newest(config)
    if revision(engine) == newest:
        return newest
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest


def revision(engine: Engine) -> str | None:
    """The revision that a database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection, opts={"version_table": "log_revision"}).get_current_revision()


def require(engine: Engine) -> None:
    """Raises `SchemaBehind`."""
    if revision(engine) != _newest(_config()):
        raise SchemaBehind("The database is not at this version's tables: run `sanguan migrate` first.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _newest(config: Config) -> str:
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None, "there is a first migration"
    return head
