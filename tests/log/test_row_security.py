"""Row security on PostgreSQL, by roles as a deployment has them: an owner who migrates, a login for the processes, and
the reader's role that holds every reading to one log."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import Engine, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from shared.delivery.tables import relay_positions, save_positions
from shared.ledger.look import look
from shared.ledger.runner import Runner
from shared.ledger.schema import prepare
from shared.ledger.tables import LEDGERS, progress
from shared.log.database import close_engine, open_engine, postgres_engine, reading, snapshot, writing
from shared.log.note import Signer
from shared.log.row_security import ADDED_TO_ONLY, NotTheTablesOwner, RolesMissing, secure
from shared.log.schema import migrate, require
from shared.log.sealer import inclusion, latest, root_at, seal
from shared.log.tables import METADATA, events, heads, vault_keys
from shared.log.vault import Vault
from tests.log.test_vault import CASE, REPORT, SUMMARY, event_of, report
from tests.parts import LOG, MASTER, NOW, OTHER_LOG, Clock, everything, log_on, proposal
from tests.ticketing import SERVICE


@dataclass(frozen=True)
class Server:
    """A schema with its owner, and a login of the processes; neither may more than a deployment gives."""

    owner: Engine
    app: Engine


@pytest.fixture
def server(postgres_server: str, postgres_url: str) -> Iterator[Server]:
    schema = make_url(postgres_url).query["options"]
    assert isinstance(schema, str)
    name = schema.removeprefix("-csearch_path=")
    owner, app = f"{name}_owner", f"{name}_app"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        for statement in (
            f"CREATE ROLE {owner} LOGIN CREATEROLE", f"ALTER SCHEMA {name} OWNER TO {owner}",
            f"CREATE ROLE {app} LOGIN",
        ):  # fmt: skip
            admin.execute(statement.encode())
        for role in ("sanguan_reader", "sanguan_app"):  # those of this server were made by whoever came first
            admin.execute(f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$".encode())
        admin.execute(f"GRANT sanguan_reader, sanguan_app TO {owner} WITH ADMIN OPTION".encode())
    engines = {who: postgres_engine(_as(postgres_url, who)) for who in (owner, app)}
    migrate(engines[owner])
    prepare(engines[owner], [])
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"GRANT sanguan_app TO {app}".encode())
    yield Server(engines[owner], engines[app])
    for engine in engines.values():
        engine.dispose()
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        for who in (app, owner):
            admin.execute(f"REASSIGN OWNED BY {who} TO CURRENT_USER; DROP OWNED BY {who}; DROP ROLE {who}".encode())


def _as(url: str, who: str) -> str:
    return make_url(url).set(username=who).render_as_string(hide_password=False)


def filled(engine: Engine) -> Vault:
    """Two logs, each with a sealed case and a checkpoint."""
    vault = Vault(engine, MASTER)
    report(engine, vault)
    log_on(engine).append([proposal("case/other", 0, log=OTHER_LOG)])
    for log in (LOG, OTHER_LOG):
        seal(engine, log, Signer.generate(f"sanguan/{log}"), NOW)
        with writing(engine) as connection:
            connection.execute(insert(progress).values(log=log, follower="ticketing.tickets", position=0))
    return vault


OF_A_LOG = sorted(table.name for metadata in (METADATA, LEDGERS) for table in metadata.tables.values()
                  if "log" in table.columns and not table.name.startswith("ledger_"))  # fmt: skip
OF_NONE = sorted(set(METADATA.tables) - set(OF_A_LOG))


def test_a_query_that_forgets_its_log_gives_nothing_of_others(server: Server) -> None:
    filled(server.owner)
    for engine in (server.owner, server.app):
        for read in (reading, snapshot):
            for log in (LOG, OTHER_LOG, "410105099"):
                with read(engine, log) as connection:
                    for name in OF_A_LOG:
                        found = set(connection.scalars(text(f"SELECT log FROM {name}")))
                        assert found <= {log}, (name, found)
        with engine.connect() as connection:  # relay, sealer and followers see all
            assert set(connection.scalars(select(events.c.log))) == {LOG, OTHER_LOG}
            assert set(connection.scalars(select(progress.c.log))) == {LOG, OTHER_LOG}


def test_a_reader_without_a_log_sees_nothing(server: Server) -> None:
    filled(server.owner)
    with server.app.connect() as connection:
        connection.execute(text("SET LOCAL ROLE sanguan_reader"))
        for name in OF_A_LOG:
            assert connection.scalars(text(f"SELECT log FROM {name}")).all() == []


def test_what_is_of_no_log_is_not_for_readers(server: Server) -> None:
    assert {"accounts", "system_keys", "sessions"} <= set(OF_NONE)
    for name in OF_NONE:
        with reading(server.app, LOG) as connection, pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text(f"SELECT 1 FROM {name}"))


def test_a_reading_leaves_nothing_behind_on_its_connection(server: Server) -> None:
    filled(server.owner)
    for _ in range(20):  # whichever of the pool
        with reading(server.app, OTHER_LOG) as connection:
            connection.execute(select(heads)).all()
        with server.app.connect() as connection:
            role, log = connection.execute(text("SELECT current_user, current_setting('sanguan.log', true)")).one()
            assert role.endswith("_app")
            assert not log


def test_readers_change_nothing(server: Server) -> None:
    filled(server.owner)
    for statement in (
        f"UPDATE heads SET size = 0 WHERE log = '{LOG}'", f"DELETE FROM vault_keys WHERE log = '{LOG}'",
        f"INSERT INTO vault_destroyed VALUES ('{LOG}', 'case/1', 1)",
    ):  # fmt: skip
        with reading(server.app, LOG) as connection, pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text(statement))


CHANGES = (
    "UPDATE {} SET log = log", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}", "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
)  # fmt: skip


@pytest.mark.parametrize("verb", CHANGES)
def test_the_processes_login_cannot_change_what_was_recorded(server: Server, verb: str) -> None:
    """Not by the trigger, which an owner could take away: it has not the right."""
    filled(server.owner)
    before = everything(log_on(server.app))
    for name in sorted(ADDED_TO_ONLY):
        with server.app.connect() as connection, pytest.raises(DBAPIError) as denied:
            connection.execute(text(verb.format(name)))
        assert getattr(denied.value.orig, "sqlstate", None) == "42501", "insufficient_privilege"
    assert everything(log_on(server.app)) == before


def test_the_processes_login_does_all_their_work(server: Server) -> None:
    """Appends, seals, opens, destroys, folds, relays, rotates: with the rights that it has."""
    require(server.app)
    migrate(server.app)  # nothing is left to do, so that it needs no right to do it
    prepare(server.app, [])
    vault = filled(server.app)
    sealed, keys = vault.seal(LOG, "case/2", REPORT, fresh=True)
    log_on(server.app).append([proposal("case/2", 0, event_of(sealed), command_id="k-2", keys=keys)])
    assert vault.open(LOG, sealed.summary) == SUMMARY
    assert latest(server.app, LOG) is not None
    assert inclusion(server.app, LOG, 0, 2)
    assert root_at(server.app, LOG, 2)
    assert vault.destroy(LOG, CASE, 7) == 3
    assert vault.destroy_again(8) == 0
    assert vault.blind.sweep(NOW) == 0
    save_positions(server.app, {LOG: 1})
    save_positions(server.app, {LOG: 2})
    with server.app.connect() as connection:
        assert connection.execute(select(relay_positions.c.position)).scalars().all() == [2]
    stale = log_on(server.app).append([proposal("case/2", 0, command_id="k-3")])
    assert [type(one).__name__ for one in stale] == ["Conflict"], "the locked way works, too"
    with writing(server.app) as connection:
        connection.execute(update(vault_keys).values(wrapped=vault_keys.c.wrapped))


def test_a_look_at_ledgers_is_held_to_its_log(server: Server) -> None:
    runner = Runner(SERVICE, log_on(server.app), server.app, Clock())
    tables = [rows.table for rows in runner.tables.values()]
    prepare(server.owner, [*runner.tables.values()])
    with writing(server.app) as connection:
        for table in tables:
            connection.execute(insert(table), [{"log": log, "key": "t-1"} for log in (LOG, OTHER_LOG)])
    with look(server.app, runner, LOG, lambda log, size: "") as seen:
        for table in tables:
            assert seen._connection.scalars(text(f"SELECT log FROM {table.name}")).all() == [LOG]
    with server.app.connect() as connection:
        for table in tables:
            assert set(connection.scalars(select(table.c.log))) == {LOG, OTHER_LOG}


def test_reading_one_log_goes_by_the_indexes_still(server: Server) -> None:
    """The policy is no barrier to them: what they compare with is leakproof."""
    filled(server.owner)
    for query in (
        f"SELECT position, bytes FROM events WHERE log = '{LOG}' AND position > 5 AND position <= 9 ORDER BY position",
        f"SELECT position FROM events WHERE log = '{LOG}' AND stream = 'case/1' AND version > 0 ORDER BY version",
        f"SELECT position FROM events WHERE log = '{LOG}' AND command_id IN ('a', 'b')",
        f"SELECT subject FROM vault_keys WHERE log = '{LOG}' AND subject >= 'case/1#' AND subject < 'case/1$'",
    ):
        with reading(server.app, LOG) as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "\n".join(connection.scalars(text(f"EXPLAIN {query}")))
        condition = next(line for line in plan.splitlines() if "Index Cond" in line)
        wanted = {"position", "stream", "command_id", "subject"} & set(query.partition("WHERE")[2].split())
        assert all(column in condition for column in wanted), plan


# setting up -----------------------------------------------------------------------------------------------------------


def test_who_does_not_own_the_tables_is_told_so(server: Server) -> None:
    with writing(server.owner) as connection:
        connection.execute(text("DROP POLICY one_log ON events"))
    with pytest.raises(NotTheTablesOwner, match="sanguan migrate"):
        migrate(server.app)
    migrate(server.owner)
    migrate(server.app)
    filled(server.app)
    with reading(server.app, LOG) as connection:
        assert set(connection.scalars(select(events.c.log))) == {LOG}


def test_a_login_that_may_not_make_roles_says_what_an_administrator_must_do(
    postgres_server: str, postgres_url: str
) -> None:
    who = "sanguan_test_nobody"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {who} LOGIN".encode())
        schema = str(make_url(postgres_url).query["options"]).removeprefix("-csearch_path=")
        admin.execute(f"ALTER SCHEMA {schema} OWNER TO {who}".encode())
    engine = open_engine(_as(postgres_url, who))
    try:
        with pytest.raises(RolesMissing, match="CREATE ROLE sanguan_reader NOLOGIN"):
            migrate(engine)
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            for role in ("sanguan_reader", "sanguan_app"):
                admin.execute(
                    f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$".encode()
                )
            admin.execute(f"GRANT sanguan_reader TO sanguan_app; GRANT sanguan_reader, sanguan_app TO {who}".encode())
        migrate(engine)  # as it was told
    finally:
        close_engine(engine)
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"REASSIGN OWNED BY {who} TO CURRENT_USER; DROP OWNED BY {who}; DROP ROLE {who}".encode())


def test_on_sqlite_there_is_nothing_to_do(log_engine: Engine) -> None:
    if log_engine.dialect.name == "sqlite":
        with writing(log_engine) as connection:
            secure(connection, METADATA.sorted_tables)
