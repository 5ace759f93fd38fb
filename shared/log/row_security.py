"""Row security on PostgreSQL 行级安全: the server itself is the second wall between sub-districts.

Two roles that nobody signs in with. `sanguan_reader` reads the rows of one log, named by the setting `sanguan.log`, and
none where none is named: every reading for one log goes under it (`shared.log.database.reading`). `sanguan_app` is what
the processes' own login is a member of: it sees all logs, adds events, and never changes or takes one out. The tables
belong to a third, which migrates and serves nobody.

Where one login does all, as on a server that is tried out, it owns the tables: the first wall and the reader's stand.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from shared.errors import Unusable
from shared.log.database import READER

APP: Final = "sanguan_app"
"""The role of the processes."""
ADDED_TO_ONLY: Final = frozenset({"events", "checkpoints", "vault_destroyed", "cosignatures"})
"""Tables whose rows are never changed."""
_POLICY: Final = "one_log"
_DENIED: Final = "42501"
"""PostgreSQL's insufficient_privilege."""

_THERE: Final = text("SELECT count(*) FROM pg_roles WHERE rolname IN (:reader, :app)")
_MAY_BECOME: Final = text(
    "SELECT pg_has_role(:member, :role,"
    " CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)"
)
_SECURED: Final = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema()))"
    " AND c.relkind IN ('r', 'p') AND has_table_privilege(:app, c.oid, 'SELECT') AND"
    " (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = :policy)"
    "  OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'log'))"
)
_USABLE: Final = text("SELECT has_schema_privilege(:role, current_schema(), 'USAGE')")


class RolesMissing(Unusable):
    """This login may not make the roles."""

    def __init__(self) -> None:
        command = (
            f"CREATE ROLE {READER} NOLOGIN; CREATE ROLE {APP} NOLOGIN; GRANT {READER} TO {APP};"
            f" GRANT {READER}, {APP} TO <login>;"
        )
        super().__init__(
            "roles_missing", f"此登录名不能建立数据库角色：请管理员执行 {command}",
            f"This login may not make the roles of row security: have an administrator run {command}",
        )  # fmt: skip


class NotTheTablesOwner(Unusable):
    """This login may not secure the tables."""

    def __init__(self) -> None:
        super().__init__(
            "not_the_owner", "此登录名不是数据表的所有者：请以所有者运行 sanguan migrate。",
            "This login does not own the tables: run `sanguan migrate` as the one that does.",
        )  # fmt: skip


def secure(connection: Connection, tables: Iterable[Table]) -> None:
    """Have the server hold readers to one log in these tables. Does nothing on SQLite, nor where it was done; raises
    `RolesMissing`, `NotTheTablesOwner`."""
    if connection.dialect.name != "postgresql":
        return
    with _or(RolesMissing, connection):
        _make_roles(connection)
    done = set(connection.execute(_SECURED, {"app": APP, "policy": _POLICY}).scalars())
    with _or(NotTheTablesOwner, connection):
        for table in tables:
            for statement in () if table.name in done else _statements(table.name, of_a_log="log" in table.columns):
                connection.execute(text(statement))


def secure_schema(connection: Connection) -> None:
    """Let the roles find the tables, and the processes see which version they are of."""
    if connection.dialect.name != "postgresql":
        return
    with _or(NotTheTablesOwner, connection):
        schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
        for role in (READER, APP):
            if not connection.execute(_USABLE, {"role": role}).scalar():
                connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {role}"))
        if not connection.execute(
            text("SELECT has_table_privilege(:role, 'log_revision', 'SELECT')"), {"role": APP}
        ).scalar():
            connection.execute(text(f"GRANT SELECT ON log_revision TO {APP}"))


@contextmanager
def _or(unusable: type[Unusable], connection: Connection) -> Iterator[None]:
    """What the server does not allow is said in a way that helps."""
    try:
        with connection.begin_nested():
            yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _DENIED:
            raise
        raise unusable() from None  # type: ignore[call-arg]  # those above say all by themselves


def _make_roles(connection: Connection) -> None:
    if connection.execute(_THERE, {"reader": READER, "app": APP}).scalar() != 2:
        for role in (READER, APP):
            connection.execute(
                text(
                    f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN;"
                    " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                )
            )
    login = connection.execute(text("SELECT current_user")).scalar_one()
    for member in (APP, login):
        if not connection.execute(_MAY_BECOME, {"member": member, "role": READER}).scalar():
            connection.execute(text(f"GRANT {READER} TO {_quoted(member)}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _statements(name: str, *, of_a_log: bool) -> Iterator[str]:
    rights = "SELECT, INSERT" if name in ADDED_TO_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {rights} ON {name} TO {APP}"
    if of_a_log:
        yield f"GRANT SELECT ON {name} TO {READER}"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {_POLICY} ON {name}"
        yield f"DROP POLICY IF EXISTS all_logs ON {name}"
        yield (
            f"CREATE POLICY {_POLICY} ON {name} FOR SELECT TO {READER}"
            " USING (log = current_setting('sanguan.log', true))"
        )
        yield f"CREATE POLICY all_logs ON {name} TO {APP} USING (true) WITH CHECK (true)"
