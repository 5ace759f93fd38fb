"""Bringing a database to this version's log tables, by alembic, in one transaction.

Alembic is loaded where something is to be done: to see that nothing is takes one query.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from shared.access.tables import accounts
from shared.errors import Unusable
from shared.log.database import writing
from shared.log.row_security import secure, secure_schema
from shared.log.tables import METADATA
from shared.log.tree_tables import checkpoints, tiles

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_REVISIONS: Final = sorted(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
"""Each goes on from the one before it (a test holds that alembic sees the same)."""
NEWEST: Final = _REVISIONS[-1]
_TABLES: Final = (*METADATA.sorted_tables,)
assert {accounts, checkpoints, tiles} <= {*_TABLES}, "all that belong to the log are declared by now"
_ADVISORY_LOCK: Final = 7_405_010
"""Any number that nothing else on the server uses: two processes that start at once migrate one after the other."""


class SchemaUnfit(Unusable):
    """The database is not laid out as this program's tables are."""


class SchemaBehind(SchemaUnfit):
    """It is older than this program, or not laid out at all."""

    def __init__(self) -> None:
        super().__init__(
            "schema_behind",
            "数据库的表结构旧于本程序：请先备份，再运行 sanguan migrate。",
            "The database is older than this version's tables: keep a copy of it, then run `sanguan migrate`.",
        )


class SchemaAhead(SchemaUnfit):
    """A newer program has laid it out."""

    def __init__(self) -> None:
        super().__init__(
            "schema_ahead",
            "数据库的表结构新于本程序：请安装曾用于该数据库的版本，或更新的版本。",
            "The database was laid out by a newer version: install the version that it was used with, or a newer one.",
        )


class SchemaStrange(SchemaUnfit):
    """It says that it is at this revision, and lacks what belongs to it."""

    def __init__(self, lacking: str) -> None:
        super().__init__(
            "schema_strange",
            f"数据库缺少本版本的 {lacking}：它不是由正式版本建立的，或已被人改动。请从备份恢复。",
            f"The database lacks {lacking} of this version: no release made it so, or someone changed it. "
            "Restore it from a backup.",
        )


def migrate(engine: Engine) -> str:
    """Bring the log's tables to the newest revision; gives its name. Safe to run again, and at once from two places.

    Raises `SchemaUnfit` where that cannot be done.
    """
    there = revision(engine)
    if there is not None:
        _known(there)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        if there != NEWEST:
            _upgrade(connection)
        _complete(connection)
        secure(connection, _TABLES)
        secure_schema(connection)
    return NEWEST


def revision(engine: Engine) -> str | None:
    """The revision that a database is at; None for an empty one."""
    with engine.connect() as connection:
        return revision_on(connection)


def revision_on(connection: Connection) -> str | None:
    """The same, as a transaction sees it."""
    if not inspect(connection).has_table("log_revision"):
        return None
    there: str | None = connection.execute(text("SELECT version_num FROM log_revision")).scalar()
    return there


def require_known(there: str | None) -> None:
    """Raises `SchemaAhead` for a revision that this program has never heard of, `SchemaBehind` for none."""
    if not there:
        raise SchemaBehind
    _known(there)


def require(engine: Engine) -> None:
    """Raises `SchemaUnfit` where the database is not at this program's revision."""
    if (there := revision(engine)) != NEWEST:
        if there is not None:
            _known(there)
        raise SchemaBehind
    _complete(engine)


def _known(there: str) -> None:
    """Raises `SchemaAhead` for a revision that this program has never heard of."""
    if there not in _REVISIONS:
        raise SchemaAhead


def _complete(database: Engine | Connection) -> None:
    """Raises `SchemaStrange` where a table or a column is not there."""
    there = inspect(database).get_multi_columns(filter_names=[table.name for table in _TABLES])
    for table in _TABLES:
        columns = {column["name"] for (_, name), found in there.items() if name == table.name for column in found}
        lacking = next((column.name for column in table.columns if column.name not in columns), None)
        if lacking is not None:
            raise SchemaStrange(f"{table.name}.{lacking}")


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
