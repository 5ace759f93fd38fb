"""Opening the log that a database holds."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from shared.log.codec import Codec
from shared.log.postgres import PostgresLog
from shared.log.sqlite import SqliteLog
from shared.log.store import Log


def open_log(engine: Engine, codec: Codec, clock: Callable[[], datetime]) -> Log:
    """The log on an engine's database, whichever kind that is."""
    return (SqliteLog if engine.dialect.name == "sqlite" else PostgresLog)(engine, codec, clock)
