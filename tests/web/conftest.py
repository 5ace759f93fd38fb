"""What several suites of pages look at."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.web.campaign import fill, opened


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an invented campaign whose scores are published, made once: it is looked at, and not changed."""
    data = tmp_path_factory.mktemp("campaign")

    async def work() -> None:
        async with opened(data) as (node, _):
            await fill(node)

    asyncio.run(work())
    return data


@pytest.fixture
def spoilt(filled: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(filled, tmp_path / "data")
    return tmp_path / "data"
