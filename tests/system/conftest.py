"""One demo, and one running server on a copy of what it made, for every suite here. All data are invented."""

import fcntl
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.demo import Demo
from tests.system.server import Server


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """What `sanguan demo` printed and kept, and what a stranger read from its stream meanwhile: one for all of
    pytest-xdist's workers, which run side by side."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    told, data = shared / "demo.pickle", shared / "demo" / "data"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_bytes(pickle.dumps(Demo.run(data)))
    found: Demo = pickle.loads(told.read_bytes())
    return found


@pytest.fixture(scope="session")
def server(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the demo's data, so that communities, officers, cases and scores are there already."""
    with Server.on(demo.copy(tmp_path_factory.mktemp("server") / "data")) as running:
        yield running


@pytest.fixture
def data(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's data directory, to be spoilt."""
    return demo.copy(tmp_path / "data")
