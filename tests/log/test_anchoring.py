"""The log of readings is made fast in its sub-district's log day by day: what is done to it afterwards is found."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, text

from shared.audit.readings import ReadingsVerified, verify_readings
from shared.audit.verify import verify_bytes
from shared.contracts.access import READINGS, AccessAnchored, Purpose
from shared.contracts.catalogue import EVENTS
from shared.contracts.event import Actor
from shared.log import keys, sealer
from shared.log.access import access_log, sought
from shared.log.anchoring import STREAM, Anchoring, anchors
from shared.log.append import Proposal
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.tables import events, heads
from tests.log.invented import LOG
from tests.parts import withdrawn

MONDAY = datetime(2015, 6, 15, 2, tzinfo=UTC)
"""Ten in the morning, in China."""
READER = Actor(id="clerk-1", role="clerk")


class Vault:
    """As much of the vault as recording needs: the digest of a body."""

    def body_mac(self, body: Any) -> bytes:
        return b"mac"


class Made:
    """A log with readings, at a time that the test sets."""

    def __init__(self, engine: Engine, data: Path) -> None:
        self.now = MONDAY
        self.data = data
        self.log: Log = open_log(engine, Codec((*EVENTS, *READINGS)), lambda: self.now)
        self.read_so_far = 0

    def work(self, play: Any) -> Any:
        """Run something with an appender."""

        async def whole() -> Any:
            appender = Appender(self.log)
            try:
                return await play(appender)
            finally:
                await appender.close()

        return asyncio.run(whole())

    def read(self, count: int = 1) -> None:
        """Readings, now."""

        async def play(appender: Appender) -> None:
            for _ in range(count):
                self.read_so_far += 1
                id, vault = f"r-{self.read_so_far}", Vault()
                await sought(id, LOG, READER, Purpose.SUBJECT_REQUEST, 0, self.now, appender, vault)  # type: ignore[arg-type]  # it needs no more of it

        self.work(play)

    def anchoring(self, appender: Appender) -> Anchoring:
        return Anchoring(self.log, lambda log, size: sealer.root_at(self.log.engine, log, size).hex(), appender,
                         Vault().body_mac)  # fmt: skip

    def tick(self) -> None:
        self.work(lambda appender: self.anchoring(appender).tick(self.now))

    def anchored(self) -> list[AccessAnchored]:
        return [one.event for one in anchors(self.log, LOG)]

    def verified(self) -> ReadingsVerified | None:
        return verify_readings(self.log, LOG, self.data)

    def sign(self) -> None:
        """Sign what is there, of both logs."""
        for log in (LOG, access_log(LOG)):
            sealer.seal(self.log.engine, log, keys.load_or_create(self.data, log), self.now)


@pytest.fixture
def made(log_engine: Engine, tmp_path: Path) -> Made:
    found = Made(log_engine, tmp_path)
    found.log.append([_of_the_house()])
    return found


def _of_the_house() -> Proposal:
    """Something in the sub-district's own log."""
    return Proposal(
        owner="intake", log=LOG, stream="case/1", expected=0, command_id="k-1", actor=READER, cause=None,
        occurred_at=MONDAY, facts_at=None, events=(withdrawn(1),), body_mac=b"mac",
    )  # fmt: skip


def test_each_day_on_which_something_was_read_is_anchored_once_when_it_is_over(made: Made) -> None:
    made.read(3)
    made.tick()
    assert made.anchored() == [], "the day is not over"
    made.now += timedelta(days=1)
    made.tick()
    made.tick()
    root = sealer.root_at(made.log.engine, access_log(LOG), 3).hex()
    assert made.anchored() == [AccessAnchored(day=date(2015, 6, 15), size=3, root=root)]
    made.read(2)
    made.now += timedelta(days=3)  # nothing was read meanwhile, and nobody looked
    made.tick()
    assert [(one.day, one.size) for one in made.anchored()] == [(date(2015, 6, 15), 3), (date(2015, 6, 18), 5)]
    made.now += timedelta(days=1)
    made.tick()
    assert len(made.anchored()) == 2, "nothing new was read"


def test_a_day_is_one_of_china_s_calendar(made: Made) -> None:
    made.now = datetime(2015, 6, 15, 15, 59, tzinfo=UTC)
    made.read()
    made.now = datetime(2015, 6, 15, 16, 0, tzinfo=UTC)  # the next day has begun
    made.read()
    made.now = datetime(2015, 6, 15, 16, 1, tzinfo=UTC)
    made.tick()
    assert [(one.day, one.size) for one in made.anchored()] == [(date(2015, 6, 15), 1)]


def test_two_processes_make_one_anchor(made: Made) -> None:
    made.read(2)
    made.now += timedelta(days=1)

    async def both(appender: Appender) -> None:
        one, other = self_and_other(appender)
        await asyncio.gather(one.tick(made.now), other.tick(made.now))

    def self_and_other(appender: Appender) -> tuple[Anchoring, Anchoring]:
        return made.anchoring(appender), made.anchoring(appender)

    made.work(both)
    assert [one.size for one in made.anchored()] == [2]


def test_an_anchor_is_an_event_as_all_are_and_published(made: Made) -> None:
    made.read()
    made.now += timedelta(days=1)
    made.tick()
    (anchor,) = anchors(made.log, LOG)
    assert (anchor.stream, anchor.actor.id, anchor.position) == (STREAM, "service:record", 1)
    assert AccessAnchored in EVENTS
    assert AccessAnchored.NAME not in {event.NAME for event in READINGS}


# the auditor ----------------------------------------------------------------------------------------------------------


def test_where_nothing_was_read_there_is_nothing_to_verify(made: Made) -> None:
    assert made.verified() is None


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_a_sound_log_of_readings_fits_its_anchors(made: Made, signed: bool) -> None:
    for _ in range(3):
        made.read(2)
        made.now += timedelta(days=1)
        made.tick()
    if signed:
        made.sign()
    made.read()
    found = made.verified()
    assert found is not None
    assert (found.ok, found.walked.size, found.anchors, found.misfit) == (True, 7, 3, None)
    assert found.as_json()["first_bad"] is None


def test_one_that_was_shortened_is_found_out_by_the_anchor(made: Made) -> None:
    made.read(4)
    made.now += timedelta(days=1)
    made.tick()
    with made.log.engine.begin() as connection:
        let_go(connection)
        connection.execute(delete(events).where(events.c.log == access_log(LOG), events.c.position >= 2))
        connection.execute(heads.update().where(heads.c.log == access_log(LOG)).values(size=2))
    assert verify_bytes(made.log.engine, access_log(LOG)).ok, "by itself it looks sound"
    found = made.verified()
    assert found is not None
    assert not found.ok
    assert found.misfit is not None
    assert (found.misfit.code, found.misfit.position) == ("anchor", 1)


def test_one_that_was_written_anew_with_its_own_key_is_found_out_too(made: Made) -> None:
    made.read(3)
    made.now += timedelta(days=1)
    made.tick()
    with made.log.engine.begin() as connection:
        let_go(connection)
        connection.execute(delete(events).where(events.c.log == access_log(LOG)))
        connection.execute(heads.update().where(heads.c.log == access_log(LOG)).values(size=0))
    made.read(3)  # others, in their place
    made.sign()
    found = made.verified()
    assert found is not None
    assert found.walked.ok, "it is signed and whole"
    assert found.misfit is not None
    assert found.as_json()["first_bad"]["code"] == "anchor"
    assert "3" in found.as_text()


def test_one_whose_bytes_were_altered_is_found_out_by_its_own_walk(made: Made) -> None:
    made.read(3)
    made.now += timedelta(days=1)
    made.tick()
    with made.log.engine.begin() as connection:
        let_go(connection)
        connection.execute(
            events.update().where(events.c.log == access_log(LOG), events.c.position == 1).values(bytes=b"{}")
        )
    found = made.verified()
    assert found is not None
    assert not found.ok
    assert found.as_json()["first_bad"]["position"] == 1


def let_go(connection: Any) -> None:
    """As somebody with the database's owner's rights: what guards the events is taken away."""
    if connection.dialect.name == "sqlite":
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in names:
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        return
    connection.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
