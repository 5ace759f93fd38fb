"""A real server per test, and nothing left of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from shared.delivery.embedded import EmbeddedValkey
from shared.delivery.tables import relay_positions
from shared.log.database import sqlite_engine


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path) as server:
        yield server


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(tmp_path)
    yield engine
    engine.dispose()


def make_engine(directory: Path) -> Engine:
    engine = sqlite_engine(directory / "log.db")
    relay_positions.create(engine, checkfirst=True)
    return engine
