"""The databases that tests of the tree and the audit run on, and a record that is audited."""

import pytest

from tests.audit.recorded import Record, made
from tests.log.conftest import database as database


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A campaign that was recorded: to be read, or copied and spoilt."""
    return made(tmp_path_factory.mktemp("record") / "data")
