"""Turns declarations into a running process: appender, followers, relay, sealer, stream, on an opened storage.

`together.py` gives it all three services and the record; `sanguan run intake` gives it one.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

import structlog

from shared.audit.checks import Checks
from shared.audit.witness.submitting import Submitter
from shared.clock import utc_now
from shared.command import Desk
from shared.contracts.model import Service
from shared.delivery.broker import connect, make_broker
from shared.delivery.channels import is_published
from shared.delivery.relay import Relay
from shared.delivery.subscriber import Subscription
from shared.follow import Follower
from shared.ledger.look import LedgerLook, look
from shared.log import keys
from shared.log.anchoring import Anchoring
from shared.log.append import microseconds
from shared.log.appender import Appender
from shared.log.cosigning import witnesses_in
from shared.storage import Storage
from shared.timers import Timers

ANCHOR_SECONDS: Final = 300.0
"""Between two looks for a day whose readings are to be anchored."""
SWEEP_SECONDS: Final = 3_600.0
"""Between two looks for what has lived its time: it lives by months."""

logger: Final = structlog.get_logger(__name__)


def _submitter(storage: Storage) -> Submitter | None:
    """What shows the logs to the witnesses of the settings. When somebody read what is sealed is shown to nobody."""
    data_dir, witnesses = storage.settings.data_dir, witnesses_in(storage.settings.witnesses or "")
    if not witnesses:
        return None
    return Submitter(
        storage.log_engine, witnesses, lambda: [log for log in storage.log.heads() if is_published(log)],
        lambda log: [one.size for one in keys.load_chain(data_dir, log).rotations], utc_now,
    )  # fmt: skip


class Node:
    """A running process: some services, and perhaps the record (relay and sealer)."""

    def __init__(
        self,
        storage: Storage,
        services: Sequence[Service],
        *,
        record: bool,
        redis_url: str | None,
        timed: bool = False,
        declared: Sequence[str] = (),
    ) -> None:
        """`timed`: whether it sends what days alone bring about, as what serves people does. A command line does what
        it is asked to do and nothing else. `declared`: where the services are declared (`module:attribute`), for the
        process that compares what they serve with the log."""
        self.storage, self.services, self.record, self._timed = storage, tuple(services), record, timed
        self.redis_url = redis_url
        self.appender = Appender(storage.log, self._appended)
        threads = 1 if storage.log_engine.dialect.name == "sqlite" else len(self.services) or 1
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix="ledgers") for _ in range(threads)]
        self.followers = {
            service.name: Follower(service, storage.log, storage.ledgers_engine, self._threads[n % threads], utc_now)
            for n, service in enumerate(self.services)
        }
        self.desks = {service.name: self._desk(service) for service in self.services}
        self.timers = {service.name: self._timers(service) for service in self.services if service.timers}
        self.anchoring = Anchoring(storage.log, storage.root, self.appender, storage.vault.body_mac)
        self.submitter = _submitter(storage) if record else None
        self.checks = Checks(storage, self.services, declared)
        self.relay: Relay | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self.subscriptions: list[Subscription] = []
        self._sealing: str | None = None
        """What kept the sealer from signing the last time."""
        self._anchoring: str | None = None
        """What kept the readings from being anchored the last time."""
        self._sweeping: str | None = None
        """What kept the sweeper from deleting the last time."""

    def _desk(self, service: Service) -> Desk:
        follower = self.followers[service.name]
        return Desk(
            service, self.storage.log, self.appender, self.storage.vault,
            lambda log: self.look(service.name, log, decides=True), follower.runner.memory.look, follower.caught_up,
            utc_now,
        )  # fmt: skip

    def _timers(self, service: Service) -> Timers:
        return Timers(
            service, self.storage.log, self.desks[service.name],
            lambda log: self.look(service.name, log, decides=True), self.followers[service.name].caught_up, utc_now,
        )  # fmt: skip

    @contextmanager
    def look(self, service: str, log: str, *, decides: bool = False) -> Iterator[LedgerLook]:
        """The ledgers of a service, at one position (see `shared.ledger.look`)."""
        runner = self.followers[service].runner
        with look(self.storage.ledgers_engine, runner, log, self.storage.root, decides=decides) as seen:
            yield seen

    def _appended(self, log: str) -> None:
        if self.relay is not None:
            self.relay.wake()
        elif self.redis_url is None:
            for follower in self.followers.values():
                follower.nudge()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Node"]:
        """Everything at work; stops in order on the way out."""
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(self.storage.vault.prepare)
            tasks = self._tasks
            stack.push_async_callback(self._stop, tasks)
            if self.redis_url is not None:
                self._join_stream(self.redis_url, tasks)
            for name, follower in self.followers.items():
                tasks.append(asyncio.create_task(follower.run(self.desks[name]), name=f"follow {name}"))
            for name, timers in self.timers.items() if self._timed else ():
                tasks.append(asyncio.create_task(timers.run(), name=f"timers {name}"))
            if self.record:
                tasks.append(asyncio.create_task(self._seal_for_ever(), name="sealer"))
                tasks.append(asyncio.create_task(self._sweep_for_ever(), name="sweeper"))
            if self.submitter is not None:
                showing = self.submitter.run(self.storage.settings.seal_seconds)
                tasks.append(asyncio.create_task(showing, name="witnesses"))
            if self._timed and self.checks.seconds:
                tasks.append(asyncio.create_task(self.checks.run(), name="checks"))
            if self.record and self._timed:
                tasks.append(asyncio.create_task(self._anchor_for_ever(), name="anchoring"))
            gc.collect()
            gc.freeze()  # what was loaded at the start stays: the collector need not look at it again
            yield self

    def _join_stream(self, url: str, tasks: list[asyncio.Task[None]]) -> None:
        settings = self.storage.settings
        if self.record:
            client = connect(url)
            self._closing.append(client.aclose)
            self.relay = Relay(
                self.storage.log, self.storage.ledgers_engine, client,
                shards=settings.shards, stream_length=settings.stream_length,
            )  # fmt: skip
            tasks.append(asyncio.create_task(self.relay.run(), name="relay"))
        broker = make_broker(url, shards=settings.shards, stream_length=settings.stream_length)
        self._closing.append(broker.stop)
        for name, follower in self.followers.items():
            subscription = Subscription(broker, name, follower.wake, shards=settings.shards)
            follower.streaming = lambda subscription=subscription: subscription.connected  # type: ignore[misc]  # bound per turn
            self.subscriptions.append(subscription)
            tasks.append(asyncio.create_task(subscription.run(), name=f"subscribe {name}"))

    async def _seal_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.storage.settings.seal_seconds)
            await self._seal()

    async def _seal(self) -> None:
        """Sign what is new in every log; what cannot be signed now is signed the next time."""
        try:
            for log in await asyncio.to_thread(self.storage.log.heads):
                await asyncio.to_thread(self.storage.seal, log)
            self._sealing = None
        except Exception as error:  # whatever it is, it is seen, and signing goes on when it is over
            if self._sealing != type(error).__name__:
                self._sealing = type(error).__name__
                logger.error("sealer interrupted", error=self._sealing)

    async def _anchor_for_ever(self) -> None:
        while True:
            try:
                await self.anchoring.tick(utc_now())
                self._anchoring = None
            except Exception as error:  # whatever it is, it is seen, and anchoring goes on when it is over
                if self._anchoring != type(error).__name__:
                    self._anchoring = type(error).__name__
                    logger.error("anchoring interrupted", error=self._anchoring)
            await asyncio.sleep(ANCHOR_SECONDS)

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self) -> None:
        """Let go of what the blind index has kept for long enough, and destroy again what has come back; what cannot be
        deleted now is deleted later."""
        vault = self.storage.vault
        try:
            again = await asyncio.to_thread(vault.destroy_again, microseconds(utc_now()))
            swept = await asyncio.to_thread(vault.blind.sweep, utc_now())
            await asyncio.to_thread(self.storage.sign_in.sweep)
            self._sweeping = None
        except Exception as error:  # whatever it is, it is seen, and sweeping goes on when it is over
            self._sweeping = type(error).__name__
            logger.error("sweeper interrupted", error=self._sweeping)
        else:
            if again:
                logger.warning("keys of what was destroyed had come back, and were destroyed again", subjects=again)
            if swept:
                logger.info("the blind index was swept", entries=swept)

    def troubles(self) -> list[str]:
        """What does not go on as it should: sealer, sweeper, a follower, a timer, a task that ended by itself."""
        return [
            *([f"sealer: {self._sealing}"] if self._sealing else []),
            *([f"anchoring: {self._anchoring}"] if self._anchoring else []),
            *([f"sweeper: {self._sweeping}"] if self._sweeping else []),
            *(f"{name} {what}: {kind}" for name, one in self.followers.items() for what, kind in one.troubles()),
            *(f"{name} timer {what}: {kind}" for name, one in self.timers.items() for what, kind in one.troubles()),
            *(f"task {task.get_name()}: ended" for task in self._tasks if task.done()),
        ]

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in self._closing:
            await close()
        await self.appender.close()
        if self.record:
            await self._seal()
        for timers in self.timers.values():
            timers.close()
        await asyncio.to_thread(self.checks.close)
        for thread in self._threads:
            thread.shutdown()
