"""A subscription wakes the runner, whatever is done to the stream; the ledger is always what the log says."""

import asyncio
import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import Engine
from structlog.testing import capture_logs

from shared.delivery import channels, cloudevent
from shared.delivery.broker import make_broker
from shared.delivery.embedded import EmbeddedValkey
from shared.delivery.relay import Relay
from shared.delivery.subscriber import Subscription, group_states
from tests.delivery.parts import (
    LOG,
    OTHER_LOG,
    Event,
    MemoryLog,
    Runner,
    eventually,
    pending,
    process,
    redis_at,
    run,
    running,
    said,
    subscribed,
)  # fmt: skip

STREAM = channels.stream_key(0)
GROUP = channels.group_name("intake")
SECRET = "王某某 13800000000"  # synthetic: stands for what must not be repeated anywhere


async def publish(client: Redis, *events: Event) -> None:
    for event in events:
        await client.xadd(STREAM, {channels.DATA_FIELD: cloudevent.encode(event)})


async def settled(client: Redis) -> bool:
    """Everything was delivered and acknowledged."""
    states = await group_states(client, ["intake"])
    return [(state.lag, state.pending) for state in states] == [(0, 0)]


def test_what_was_published_before_the_first_start_is_delivered(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=1200)
        runner = Runner(log)
        async with redis_at(valkey.url) as client:
            await publish(client, *log.events[LOG])
            async with subscribed(valkey.url, runner) as subscription:
                await eventually(lambda: runner.rows == log.ids(), "every event")
                await eventually(lambda: settled(client), "the acknowledgements")
                assert subscription.received_total == 1200
                assert len(runner.woken) < 1200  # once per batch, not once per message

    run(scenario())


@pytest.mark.parametrize("order", ["twice", "backwards", "shuffled with gaps"])
def test_repetition_reordering_and_loss_do_no_harm(valkey: EmbeddedValkey, order: str) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=30)
        log.append(OTHER_LOG, count=30)
        ours, others = log.events[LOG], log.events[OTHER_LOG]
        sequence = {
            "twice": [*ours, *ours, *others, *others],
            "backwards": [*others[::-1], *ours[::-1]],
            "shuffled with gaps": [ours[29], others[3], ours[0], ours[7], others[29], ours[7]],
        }[order]
        runner = Runner(log)
        async with redis_at(valkey.url) as client, subscribed(valkey.url, runner, batch=7):
            await publish(client, *sequence)
            await eventually(lambda: settled(client), "the acknowledgements")
            assert [row for row in runner.rows if row.startswith(LOG)] == log.ids()
            assert [row for row in runner.rows if row.startswith(OTHER_LOG)] == log.ids(OTHER_LOG)

    run(scenario())


def test_an_event_put_into_redis_by_hand_changes_no_ledger(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log, forged = MemoryLog(), MemoryLog()
        log.append(count=3)
        forged.append(count=9, summary="伪造（虚构）")
        forged.append("999999999", count=1)
        runner = Runner(log)
        async with redis_at(valkey.url) as client, subscribed(valkey.url, runner):
            await publish(client, *forged.events[LOG][5:], *forged.events["999999999"])
            await eventually(lambda: settled(client), "the acknowledgements")
            assert runner.rows == log.ids()

    run(scenario())


def test_garbage_is_counted_acknowledged_and_quoted_nowhere(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append()
        runner = Runner(log)
        garbage: list[dict[Any, Any]] = [
            {"x": SECRET},
            {channels.DATA_FIELD: SECRET},
            {channels.DATA_FIELD: b"\x89BIN\x0d\x0a\x1a\x0a\xff\xff\xff\xff"},
            {channels.DATA_FIELD: json.dumps({"name": SECRET})},
            {channels.DATA_FIELD: "[" * 50_000},
        ]
        async with redis_at(valkey.url) as client:
            with capture_logs() as logs:
                async with subscribed(valkey.url, runner) as subscription:
                    for entry in garbage:
                        await client.xadd(STREAM, entry)
                    await eventually(lambda: settled(client), "the acknowledgements")
                    await publish(client, *log.events[LOG])
                    await eventually(lambda: runner.rows == log.ids(), "the good message after")
                    assert subscription.malformed_total == len(garbage)
            assert any(entry.get("entries") for entry in logs)
            assert SECRET not in str(logs)

    run(scenario())


@pytest.mark.parametrize("same_host", [True, False], ids=["of this host", "of another host"])
def test_what_a_consumer_killed_with_9_held_is_delivered_again(valkey: EmbeddedValkey, same_host: bool) -> None:
    """One of this host is reaped at the start; one of another host loses its entries to the claimer in time."""

    async def scenario(dead: str) -> None:
        log = MemoryLog()
        log.append(count=20)
        runner = Runner(log)
        claim_after = 3600 if same_host else 0.5  # one of this host does not have to wait for that
        async with redis_at(valkey.url) as client:
            assert await pending(client) == 20
            async with subscribed(valkey.url, runner, claim_after_seconds=claim_after):
                await eventually(lambda: runner.rows == log.ids(), "the events that were held")
                await eventually(lambda: settled(client), "the acknowledgements")
            names = {consumer["name"].decode() for consumer in await client.xinfo_consumers(STREAM, GROUP)}
            assert channels.consumer_name() in names
            assert (dead in names) is not same_host

    async def fill() -> None:
        log = MemoryLog()
        log.append(count=20)
        async with redis_at(valkey.url) as client:
            await publish(client, *log.events[LOG])

    run(fill())
    with process("hold_process.py", valkey.url, "" if same_host else "another-host-1") as holder:
        assert said(holder).startswith("holding")
        holder.kill()
        holder.wait()
        run(scenario(channels.consumer_name(holder.pid) if same_host else "another-host-1"))


def test_a_consumer_that_lives_is_left_alone(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        living = channels.consumer_name(os.getppid())
        async with redis_at(valkey.url) as client:
            await client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
            await client.xgroup_createconsumer(STREAM, GROUP, living)
            log = MemoryLog()
            log.append()
            runner = Runner(log)
            async with subscribed(valkey.url, runner):
                await publish(client, *log.events[LOG])
                await eventually(lambda: runner.rows == log.ids(), "an event, so the start is over")
            assert living in {c["name"].decode() for c in await client.xinfo_consumers(STREAM, GROUP)}

    run(scenario())


def test_a_wake_that_fails_leaves_the_batch_pending_until_it_succeeds(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=5)
        runner = Runner(log)
        runner.failing = True
        async with (
            redis_at(valkey.url) as client,
            subscribed(valkey.url, runner, claim_after_seconds=0.2) as subscription,
        ):
            await publish(client, *log.events[LOG])
            await eventually(lambda: subscription.failed_total > 0, "the failure")
            assert await pending(client) > 0
            runner.failing = False
            await eventually(lambda: runner.rows == log.ids(), "the events")
            await eventually(lambda: settled(client), "the acknowledgements")

    monkeypatch.setattr("shared.delivery.subscriber.FAILED_WAKE_PAUSE_SECONDS", 0.01)
    run(scenario())


def test_redis_absent_is_said_once_and_its_return_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        with EmbeddedValkey(tmp_path) as server:
            url = server.url
        log = MemoryLog()
        log.append(count=4)
        runner = Runner(log)
        with capture_logs() as logs:
            async with subscribed(url, runner) as subscription:
                await eventually(lambda: bool(logs), "the warning")
                await asyncio.sleep(0.3)  # several more attempts
                assert not subscription.connected
                assert [entry["event"] for entry in logs] == ["redis absent: polling the log"]
                with EmbeddedValkey(tmp_path):
                    await eventually(lambda: subscription.connected, "the connection")
                    async with redis_at(url) as client:
                        await publish(client, *log.events[LOG])
                    await eventually(lambda: runner.rows == log.ids(), "the events")
                await eventually(lambda: not subscription.connected, "the loss of the connection")

    run(scenario())


def test_a_read_only_redis_counts_as_absent(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append()
        runner = Runner(log)
        async with redis_at(valkey.url) as client, subscribed(valkey.url, runner) as subscription:
            await eventually(lambda: subscription.connected, "the connection")
            await client.execute_command("REPLICAOF", "127.0.0.1", "1")
            await eventually(lambda: not subscription.connected, "the notice")
            await client.execute_command("REPLICAOF", "NO", "ONE")
            await eventually(lambda: subscription.connected, "the return")
            await publish(client, *log.events[LOG])
            await eventually(lambda: runner.rows == log.ids(), "the event")

    run(scenario())


@pytest.mark.parametrize("fault", ["FLUSHALL", "DEL", "restart", "restart empty", "group destroyed"])
def test_relay_and_subscription_together_survive_it(tmp_path: Path, engine: Engine, fault: str) -> None:
    async def harm(server: EmbeddedValkey, client: Redis) -> None:
        match fault:
            case "FLUSHALL":
                await client.flushall()
            case "DEL":
                await client.delete(STREAM)
            case "group destroyed":
                await client.xgroup_destroy(STREAM, GROUP)
            case _:
                server.stop()
                if fault == "restart empty":
                    for file in (tmp_path / "valkey" / "appendonlydir").iterdir():
                        file.unlink()
                server.start()

    async def scenario(server: EmbeddedValkey) -> None:
        log = MemoryLog()
        runner = Runner(log)
        async with redis_at(server.url) as its, redis_at(server.url) as client:
            relay = Relay(log, engine, its, check_seconds=0.05)
            async with running(relay.run()), subscribed(server.url, runner) as subscription:
                for _ in range(3):
                    log.append(count=40)
                    await eventually(lambda: runner.checkpoints[LOG] >= len(log.events[LOG]) - 20, "half of them")
                    log.append(OTHER_LOG, count=3)
                    await harm(server, client)
                    log.append(count=40)
                    await eventually(lambda: runner.checkpoints[LOG] == len(log.events[LOG]) - 1, "all of one log")
                    await eventually(
                        lambda: runner.checkpoints[OTHER_LOG] == len(log.events[OTHER_LOG]) - 1,
                        "all of the other",
                    )
                await eventually(lambda: subscription.connected, "the connection")
                assert [row for row in runner.rows if row.startswith(LOG)] == log.ids()
                assert [row for row in runner.rows if row.startswith(OTHER_LOG)] == log.ids(OTHER_LOG)

    with EmbeddedValkey(tmp_path) as server:
        run(scenario(server))


def test_a_group_that_vanishes_just_before_the_start_is_made_again_from_the_beginning(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure = Subscription._ensure_groups
    destroyed: list[bool] = []

    async def ensure_and_destroy(self: Subscription, client: Redis) -> int:
        made = await ensure(self, client)
        if not destroyed:
            destroyed.append(await client.xgroup_destroy(STREAM, GROUP))
        return made

    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=5)
        runner = Runner(log)
        async with redis_at(valkey.url) as client:
            await publish(client, *log.events[LOG])
            async with subscribed(valkey.url, runner):
                await eventually(lambda: runner.rows == log.ids(), "what FastStream by itself would have passed over")
        assert destroyed

    monkeypatch.setattr(Subscription, "_ensure_groups", ensure_and_destroy)
    run(scenario())


def test_it_ends_when_told_to_at_whatever_moment(valkey: EmbeddedValkey, engine: Engine) -> None:
    """redis-py swallows a cancellation that meets an answer."""

    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=2000)
        for moment in range(40):
            async with redis_at(valkey.url) as client, subscribed(valkey.url, Runner(log)):
                async with running(Relay(log, engine, client).run()):
                    await asyncio.sleep(moment / 2000)
                await client.flushall()

    run(scenario())


def test_services_share_a_broker_and_each_sees_everything(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=10)
        runners = {service: Runner(log) for service in ("intake", "assignment", "assessment")}
        broker = make_broker(valkey.url)
        subscriptions = [Subscription(broker, service, runner.wake) for service, runner in runners.items()]
        async with contextlib.AsyncExitStack() as stack:
            client = await stack.enter_async_context(redis_at(valkey.url))
            stack.push_async_callback(broker.stop)
            for subscription in subscriptions:
                await stack.enter_async_context(running(subscription.run()))
            await publish(client, *log.events[LOG])
            await eventually(lambda: all(r.rows == log.ids() for r in runners.values()), "every event, for each")

    run(scenario())


def test_the_state_of_a_group_is_a_number(valkey: EmbeddedValkey) -> None:
    async def scenario() -> None:
        log = MemoryLog()
        log.append(count=6)
        async with redis_at(valkey.url) as client:
            assert await group_states(client, ["intake"]) == []
            await publish(client, *log.events[LOG])
            await client.xgroup_create(STREAM, GROUP, id="0")
            await client.xreadgroup(GROUP, "c", {STREAM: ">"}, count=2)
            [state] = await group_states(client, ["intake", "assignment"])
            assert (state.service, state.shard, state.lag, state.pending, state.consumers) == (
                "intake",
                0,
                4,
                2,
                1,
            )
            entries = await client.xrange(STREAM)
            await client.xdel(STREAM, entries[4][0])  # now Redis does not know the lag any more
            [state] = await group_states(client, ["intake"])
            assert state.lag >= 3

    run(scenario())
