"""Bringing the ledgers' tables to this version's: from several processes at once, too."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import inspect, text

from services.installation import SERVICES
from shared.ledger.tables import LEDGERS
from shared.settings import load
from shared.storage import Storage

AT_ONCE = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgres_url")) if request.param == "postgresql" else None


@pytest.mark.parametrize("spoilt", [False, True], ids=["an empty database", "a ledger of another shape"])
def test_processes_that_migrate_at_once_all_succeed(tmp_path: Path, database_url: str | None, spoilt: bool) -> None:
    settings = load(tmp_path, database_url=database_url)
    first = Storage(settings, SERVICES)  # it makes the keys
    if spoilt:
        first.migrate()
        with first.ledgers_engine.begin() as connection:
            connection.execute(text("ALTER TABLE ledger_intake_cases ADD COLUMN another TEXT"))
    start = Barrier(AT_ONCE)

    def migrate() -> None:
        storage = Storage(settings, SERVICES)  # connections of its own, as another process has
        try:
            start.wait()
            storage.migrate()
        finally:
            storage.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(migrate) for _ in range(AT_ONCE)]:
            done.result()
    inspector = inspect(first.ledgers_engine)
    assert set(LEDGERS.tables) & set(inspector.get_table_names()) >= {
        rows.table.name for tables in first.tables.values() for rows in tables.values()
    }
    assert "another" not in [column["name"] for column in inspector.get_columns("ledger_intake_cases")]
    first.close()
