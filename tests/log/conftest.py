"""The tree and the audit know the log's database as `database`."""

import pytest
from sqlalchemy import Engine


@pytest.fixture
def database(log_engine: Engine) -> Engine:
    """An empty log database of each kind."""
    return log_engine
