"""The relay: everything that is in the log comes to the stream, whatever happens to Redis or to the relay."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from shared.delivery import channels
from shared.delivery.embedded import EmbeddedValkey
from shared.delivery.relay import Relay
from shared.delivery.tables import load_positions
from tests.delivery.parts import (
    LOG,
    OTHER_LOG,
    MemoryLog,
    eventually,
    messages,
    process,
    redis_at,
    run,
    running,
    said,
)  # fmt: skip

STREAM = channels.stream_key(0)


@contextlib.asynccontextmanager
async def relaying(url: str, engine: Engine, log: MemoryLog, **options: Any) -> AsyncIterator[tuple[Relay, Any]]:
    """A relay that runs beside the body, and a client that looks at what it did."""
    async with redis_at(url) as its, redis_at(url) as client:
        relay = Relay(log, engine, its, **{"check_seconds": 0.05, **options})
        async with running(relay.run()):
            yield relay, client


async def ids(client: Any, log: str = LOG) -> list[str]:
    return [event["id"] for event in await messages(client) if event["source"] == f"/logs/{log}"]


def reached(relay: Relay, log: str, position: int) -> Callable[[], bool]:
    return lambda: relay.position(log) >= position


def test_every_event_comes_once_and_in_order(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=1234)
        log.append(OTHER_LOG, count=7)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 1233), "what was there before")
            log.append(count=2)
            await eventually(reached(relay, LOG, 1235), "what was appended by another process, which wakes nobody")
            assert await ids(client) == log.ids()
            assert await ids(client, OTHER_LOG) == log.ids(OTHER_LOG)

    run(scenario())


def test_an_append_in_this_process_wakes_it(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append()
        async with relaying(valkey.url, engine, log, poll_seconds=3600) as (relay, _):
            await eventually(reached(relay, LOG, 0), "the first")
            log.append()
            relay.wake()
            await eventually(reached(relay, LOG, 1), "the second, an hour before the next look")

    run(scenario())


def test_readings_of_personal_data_are_never_published(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(f"{LOG}.access", count=3)
        log.append(count=3)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 2), "the published log")
            assert {event["source"] for event in await messages(client)} == {f"/logs/{LOG}"}

    run(scenario())


def test_each_log_has_its_shard(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        names = [f"4101050{number:02}" for number in range(12)]
        for name in names:
            log.append(name, count=2)
        async with relaying(valkey.url, engine, log, shards=3) as (relay, client):
            for name in names:
                await eventually(reached(relay, name, 1), name)
            for shard in range(3):
                found = {event["source"].removeprefix("/logs/") for event in await messages(client, shard)}
                assert found == {name for name in names if channels.shard_of(name, 3) == shard} != set()

    run(scenario())


def test_a_new_relay_goes_on_where_the_last_one_stopped(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=20)
        async with relaying(valkey.url, engine, log) as (relay, _):
            await eventually(reached(relay, LOG, 19), "the first part")
        log.append(count=5)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 24), "the second part")
            assert await ids(client) == log.ids()
            assert relay.published_total == 5
        assert load_positions(engine) == {LOG: 24}

    run(scenario())


def test_a_relay_killed_in_the_middle_loses_nothing(valkey: EmbeddedValkey, engine: Engine, tmp_path: Path) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=2000)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 1999), "the end")
            published = await ids(client)
            assert list(dict.fromkeys(published)) == log.ids()  # perhaps again, never out of order, never less

    with process("relay_process.py", valkey.url, str(tmp_path), "2000") as relay:
        assert said(relay) == "half"
        relay.kill()
    run(scenario())


def test_redis_comes_later_than_the_relay(tmp_path: Path, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        with EmbeddedValkey(tmp_path) as server:
            url = server.url
        log.append(count=3)
        async with relaying(url, engine, log) as (relay, client):
            await asyncio.sleep(0)
            log.append(count=3)  # appends do not wait for Redis
            assert not relay.connected
            with EmbeddedValkey(tmp_path):
                await eventually(reached(relay, LOG, 5), "all of it")
                await eventually(lambda: relay.connected, "the connection")
                assert await ids(client) == log.ids()

    run(scenario())


def test_a_redis_that_forgot_everything_is_told_again(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=50)
        log.append(OTHER_LOG, count=3)
        async with relaying(valkey.url, engine, log, rewind=10) as (relay, client):
            await eventually(reached(relay, LOG, 49), "the first time")
            await eventually(reached(relay, OTHER_LOG, 2), "the first time")
            await client.flushall()

            async def again() -> bool:
                return await ids(client) == log.ids()[-10:] and await ids(client, OTHER_LOG) == log.ids(OTHER_LOG)

            await eventually(again, "the latest events of every log")
            log.append()
            await eventually(reached(relay, LOG, 50), "the next one")
            assert (await ids(client))[-1] == f"{LOG}/50"

    run(scenario())


def test_a_deleted_stream_is_told_again_although_the_account_is_there(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=5)
        log.append(OTHER_LOG, count=5)
        async with relaying(valkey.url, engine, log, check_seconds=3600) as (relay, client):
            await eventually(reached(relay, LOG, 4), "the first time")
            await eventually(reached(relay, OTHER_LOG, 4), "the first time")
            await client.delete(STREAM)
            log.append()  # published to the new stream before any check: this is what notices

            async def again() -> bool:
                return (await ids(client, OTHER_LOG))[-1:] == [f"{OTHER_LOG}/4"]

            await eventually(again, "the other log, which had nothing new")

    run(scenario())


def test_a_redis_that_lost_its_last_second_is_told_that_again(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=10)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 9), "the first time")
            # What a power cut leaves with appendfsync everysec: an older state of stream and account.
            lost = (await client.xrange(STREAM))[7:]
            await client.xdel(STREAM, *(entry for entry, _ in lost))
            await client.hset(channels.account_key(0), LOG, "6")

            async def whole() -> bool:
                return await ids(client) == log.ids()

            await eventually(whole, "the lost entries, and only those")

    run(scenario())


def test_a_restarted_empty_redis_is_told_again(tmp_path: Path, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=5)
        server = EmbeddedValkey(tmp_path)
        server.start()
        try:
            async with relaying(server.url, engine, log) as (relay, client):
                await eventually(reached(relay, LOG, 4), "the first time")
                server.stop()
                shutil.rmtree(tmp_path / "valkey" / "appendonlydir")
                server.start()

                async def again() -> bool:
                    return await client.exists(STREAM) == 1 and await ids(client) == log.ids()

                await eventually(lambda: relay.connected, "the connection")
                await eventually(again, "the events")
        finally:
            server.stop()

    run(scenario())


def test_a_log_restored_from_an_older_backup_goes_on(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=10)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await eventually(reached(relay, LOG, 9), "the first time")
            del log.events[LOG][5:]
            await eventually(lambda: relay.position(LOG) == 4, "the relay's own step back")
            log.append(summary="另一件（虚构）")
            await eventually(reached(relay, LOG, 5), "the new event at an old position")
            assert (await messages(client))[-1]["data"]["summary"] == "另一件（虚构）"

    run(scenario())


def test_the_stream_stays_short(valkey: EmbeddedValkey, engine: Engine) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=5000)
        async with relaying(valkey.url, engine, log, stream_length=200) as (relay, client):
            await eventually(reached(relay, LOG, 4999), "the end")
            assert relay.published_total <= 300  # what would be trimmed at once is not written
            log.append(count=2000)
            await eventually(reached(relay, LOG, 6999), "the end")
            assert await client.xlen(STREAM) < 500
            assert (await ids(client))[-1] == f"{LOG}/6999"

    run(scenario())


def test_a_log_that_cannot_be_read_interrupts_it_and_no_more(valkey: EmbeddedValkey, engine: Engine) -> None:
    class Faulty(MemoryLog):
        broken = True

        def heads(self) -> dict[str, int]:
            if self.broken:
                raise OSError("the log's disk is away")
            return super().heads()

    async def scenario() -> None:
        log = Faulty()
        log.append(count=3)
        async with relaying(valkey.url, engine, log) as (relay, client):
            await asyncio.sleep(0)
            log.broken = False
            await eventually(reached(relay, LOG, 2), "the events")
            assert await ids(client) == log.ids()

    run(scenario())
