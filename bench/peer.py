"""The peer: `eventsourcing` in its default mode, where inserts lock the table so that readers pass over nothing.

It is given its cheapest write: a new aggregate with one event, so that it need read nothing before it saves. It has no
validation, sealing, hashing or tree to do. Its events hold text of the same length as ours.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.projection import ApplicationSubscription

from bench.timing import Timed, timed


class Visit(Aggregate):
    """What an officer did, in the peer's way."""

    def __init__(self, case: str, officer: str, community: str, grid: str, must: bool, diary: str) -> None:
        self.case, self.officer, self.community = case, officer, community
        self.grid, self.must, self.diary = grid, must, diary


class Peer:
    """An application of the peer's on an empty schema of PostgreSQL."""

    def __init__(self, url: str, text_length: int) -> None:
        """`text_length` fills its events to the size of ours."""
        parts = psycopg.conninfo.conninfo_to_dict(url)
        self._text = "走访" * (text_length // 6)
        self.app: Application[UUID] = Application(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": str(parts.get("dbname", "postgres")),
                "POSTGRES_HOST": str(parts["host"]),
                "POSTGRES_PORT": str(parts.get("port", "5432")),
                "POSTGRES_USER": str(parts.get("user", "postgres")),
                "POSTGRES_PASSWORD": str(parts.get("password", "")),
                "POSTGRES_SCHEMA": "peer",
                "POSTGRES_POOL_SIZE": "10",
            }
        )

    def visit(self) -> Visit:
        return Visit("case", "officer-1", "410105010001", "grid-1", False, self._text)

    def write(self, writers: int, seconds: float) -> Timed:
        """Save visits one by one, as fast as that many threads can."""
        latencies: list[list[float]] = [[] for _ in range(writers)]
        start = time.perf_counter()

        def one(mine: list[float]) -> None:
            while (before := time.perf_counter()) < start + seconds:
                self.app.save(self.visit())
                mine.append(time.perf_counter() - before)

        threads = [threading.Thread(target=one, args=(mine,)) for mine in latencies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        every = [latency for mine in latencies for latency in mine]
        return Timed(len(every), took, every)

    def fill(self, events: int) -> None:
        """Make sure that there are at least so many events to be read."""
        while (self.app.recorder.max_notification_id() or 0) < events:
            self.app.save(*(self.visit() for _ in range(50)))  # many more at once, and its pipeline can hang

    def read(self, events: int, seen: Callable[[Any], None] = lambda event: None) -> Timed:
        """Read events by the peer's subscription, decoded, from the first on."""

        def subscription() -> int:
            with ApplicationSubscription(self.app) as events_of:
                for number, (event, _) in enumerate(events_of, 1):
                    seen(event)
                    if number == events:
                        return number
            return 0

        return timed(subscription)


@contextmanager
def peer(url: str, text_length: int) -> Iterator[Peer]:
    """The peer at work; its connections are closed afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"DROP SCHEMA IF EXISTS peer CASCADE")
        connection.execute(b"CREATE SCHEMA peer")
    made = Peer(url, text_length)
    try:
        yield made
    finally:
        made.app.close()
