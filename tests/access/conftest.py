"""Sign-in on each kind of database."""

import pytest
from sqlalchemy import Engine

from tests.access.parts import Entrance


@pytest.fixture
def entrance(log_engine: Engine) -> Entrance:
    """An installation's sign-in, with nobody in it."""
    return Entrance(log_engine)


@pytest.fixture
def sample(log_engine: Engine) -> Entrance:
    """The same, where all data are invented."""
    return Entrance(log_engine, synthetic=True)
