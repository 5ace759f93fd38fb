"""The roles of `deploy/roles.sql`, on a database of their own: the owner migrates, the processes work, and nobody who
serves can change what was recorded."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from sqlalchemy import make_url

from shared.log.vault import Unreadable
from tests.parts import LOG
from tests.system.cli import called
from tests.system.test_backup import CASES, Installation

DEPLOY = Path(__file__).parents[2] / "deploy"
LOGINS = ("sanguan_owner", "sanguan_process")


def as_psql_would(database: str) -> str:
    script = (DEPLOY / "roles.sql").read_text()
    for name in ("owner", "process"):
        script = script.replace(f":'{name}_password'", "'synthetic'")
    script = script.replace(':"DBNAME"', f'"{database}"')
    for role in ("sanguan_reader", "sanguan_app"):  # other tests of this server have made them
        made = f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        assert f"CREATE ROLE {role} NOLOGIN;" in script
        script = script.replace(f"CREATE ROLE {role} NOLOGIN;", made)
    return script


@pytest.fixture
def urls(postgres_server: str) -> Iterator[dict[str, str]]:
    """What each login is given."""
    database = f"d{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}".encode())
        admin.execute(as_psql_would(database).encode())
    url = make_url(postgres_server).set(database=database)
    yield {who: url.set(username=who, password="synthetic").render_as_string(hide_password=False) for who in LOGINS}
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())
        for who in reversed(LOGINS):
            admin.execute(f"DROP ROLE {who}".encode())


def test_the_owner_migrates_and_the_processes_work(urls: dict[str, str], tmp_path: Path) -> None:
    owner, process = (Installation(tmp_path / who, urls[who]) for who in LOGINS)
    process.sanguan("keys", "list").problem("schema_behind")
    assert owner.sanguan("migrate").code == 0
    made = process.filled()
    assert process.opens(made["case/0000"])
    assert process.sanguan("keys", "rotate").json["rewrapped"] == CASES * 3 + 3
    with process.opened() as storage:
        assert storage.vault.destroy(LOG, "case/0000", 7) == 3
        with pytest.raises(Unreadable):
            storage.vault.open(LOG, made["case/0000"].summary)
    assert process.sanguan("backup", tmp_path / "kept").json["events"] == CASES
    assert process.sanguan("audit", "verify", "--log", LOG).json["ok"]
    assert called("doctor", "--data", tmp_path / "none", "--json", env=process.env).code == 0


def test_the_processes_login_is_held_by_the_server(urls: dict[str, str], tmp_path: Path) -> None:
    owner, process = (Installation(tmp_path / who, urls[who]) for who in LOGINS)
    assert owner.sanguan("migrate").code == 0
    process.filled()
    with psycopg.connect(urls["sanguan_process"], autocommit=True) as login:
        for statement in (
            b"UPDATE events SET bytes = ''", b"DELETE FROM events", b"TRUNCATE events", b"DROP TABLE events",
            b"ALTER TABLE events DISABLE TRIGGER ALL", b"DELETE FROM checkpoints", b"DELETE FROM vault_destroyed",
            b"SET ROLE sanguan_owner", b"CREATE TABLE anything (a int)",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(statement)


def test_compose_gives_the_owner_s_login_to_migrate_alone() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    owners = {
        name for name, service in compose["services"].items() if "owner_database_url" in str(service.get("secrets"))
    }
    assert owners == {"migrate"}
    with_passwords = {
        name for name, service in compose["services"].items() if "_password" in str(service.get("secrets"))
    }
    assert with_passwords == {"postgres"}
    named = {str(one) if isinstance(one, str) else one["source"]
             for service in compose["services"].values() for one in service.get("secrets", ())}  # fmt: skip
    assert named == set(compose["secrets"])
