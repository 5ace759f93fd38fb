"""Invariant 3: one record has one replay digest, on whatever database, under whatever hash seed, time zone and locale,
by however many processes. Everyone in it is invented (synthetic)."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from sqlalchemy import text

from services.installation import SERVICES, opened
from shared.audit.compare import compare
from shared.ledger.runner import Runner
from shared.log.database import postgres_engine
from shared.settings import load
from tests.audit.recorded import Record
from tests.system.cli import called, environment, sanguan
from tests.web.campaign import LOG

DATABASES: Final = ("sqlite", "postgresql")
SEEDS: Final = ("0", "1", "42", "4242", "4294967295")
ZONES: Final = ("UTC", "Asia/Shanghai", "America/St_Johns")
LOCALES: Final = ("C", "C.UTF-8")
WORKERS: Final = (1, 2)

_Circumstances = tuple[str, str, str, str, int]
EVERY: Final[list[_Circumstances]] = [*product(DATABASES, SEEDS, ZONES, LOCALES, WORKERS)]
FEW: Final[list[_Circumstances]] = [
    ("sqlite", "0", "America/St_Johns", "C", 1), ("postgresql", "4242", "Asia/Shanghai", "C.UTF-8", 2),
]  # fmt: skip
"""What every push waits for: all that can differ differs."""


@dataclass(frozen=True, slots=True)
class Place:
    """An installation that holds the record."""

    data: Path
    env: dict[str, str]

    def replay(self, seed: str, zone: str, locale: str, workers: int) -> dict[str, Any]:
        """What `sanguan audit replay` says, in a process of its own under these circumstances."""
        env = environment(**self.env, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale, LANG=locale)
        done = sanguan("audit", "replay", "--data", self.data, "--workers", workers, "--json", env=env)
        assert done.code == 0, done.err
        return done.json


@pytest.fixture(scope="module")
def places(
    record: Record, postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Place]]:
    """The same record on both databases: it was made on SQLite, backed up, and restored to PostgreSQL."""
    home, schema = tmp_path_factory.mktemp("determinism"), f"t{uuid.uuid4().hex}"
    owner = postgres_engine(postgres_server)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    search = quote(f"-csearch_path={schema}", safe="")
    url = f"{postgres_server}{'&' if '?' in postgres_server else '?'}options={search}"
    there = Place(home / "data", {"SANGUAN_DATABASE_URL": url})
    for words in (("backup", home / "backup", "--data", record.data), ("restore", home / "backup", "--no-list")):
        where = ("--data", there.data) if words[0] == "restore" else ()
        done = called(*words, *where, env=there.env if where else {})
        assert done.code == 0, done.err
    with opened(load(there.data, database_url=url)) as storage:  # what is served there, folded there
        for service in SERVICES:
            Runner(service, storage.log, storage.ledgers_engine, storage.log.clock).catch_up(LOG)
    yield {"sqlite": Place(record.data, {}), "postgresql": there}
    with owner.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    owner.dispose()


@pytest.fixture(scope="module")
def digest(record: Record) -> str:
    """As this process finds it."""
    with opened(load(record.data), audits=True) as storage:
        return compare(storage, LOG).digest


def _same(places: dict[str, Place], digest: str, circumstances: _Circumstances) -> None:
    database, seed, zone, locale, workers = circumstances
    told = places[database].replay(seed, zone, locale, workers)
    assert told["ok"]
    assert told["workers"] == workers
    assert told["digest"] == digest


@pytest.mark.parametrize("circumstances", FEW, ids=str)
def test_invariant_3_the_digest_is_the_same(
    places: dict[str, Place], digest: str, circumstances: _Circumstances
) -> None:
    _same(places, digest, circumstances)


@pytest.mark.long
@pytest.mark.parametrize("circumstances", [one for one in EVERY if one not in FEW], ids=str)
def test_invariant_3_the_digest_is_the_same_under_all_circumstances(
    places: dict[str, Place], digest: str, circumstances: _Circumstances
) -> None:
    _same(places, digest, circumstances)


def test_another_record_has_another_digest(record: Record, digest: str) -> None:
    """One event less, and it is another."""
    done = called("audit", "replay", "--data", record.data, "--as-of", record.size - 2, "--json")
    assert done.json["digest"] != digest
