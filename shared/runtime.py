"""Turns declarations into a running process: databases, vault, appender, followers, relay, sealer, stream.

`together.py` gives it all three services and the record; `sanguan run intake` gives it one.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

import structlog
from sqlalchemy import Engine, select

from shared.access.case_codes import CaseCodes
from shared.access.machines import Machines
from shared.access.sign_in import SignIn
from shared.access.tokens import Tokens, load_token_key
from shared.clock import utc_now
from shared.command import Desk
from shared.contracts.access import READINGS
from shared.contracts.assignment import SyntheticDeclared
from shared.contracts.catalogue import EVENTS
from shared.contracts.model import Service
from shared.delivery.broker import connect, make_broker
from shared.delivery.channels import is_published
from shared.delivery.relay import Relay
from shared.delivery.subscriber import Subscription
from shared.errors import Sentences
from shared.follow import Follower
from shared.ledger.look import LedgerLook, look
from shared.ledger.schema import prepare
from shared.ledger.tables import Rows, tables_of
from shared.log import destroyed, keys, schema, sealer
from shared.log.anchoring import Anchoring
from shared.log.append import microseconds
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.database import close_engine, open_engine
from shared.log.destroyed import DestroyedList
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.suites import usable
from shared.log.system_keys import CODES, SystemKeys
from shared.log.tables import events, heads
from shared.log.vault import Vault
from shared.log.wrapping import masters_of
from shared.settings import Settings
from shared.timers import Timers

ANCHOR_SECONDS: Final = 300.0
"""Between two looks for a day whose readings are to be anchored."""
SWEEP_SECONDS: Final = 3_600.0
"""Between two looks for what has lived its time: it lives by months."""

logger: Final = structlog.get_logger(__name__)


class Storage:
    """The databases and keys of an installation: what every process and every command of `sanguan` opens."""

    def __init__(self, settings: Settings, services: Sequence[Service]) -> None:
        _tune()
        self.settings, self.services = settings, tuple(services)
        self.sentences = Sentences(self.services)
        self.log_engine: Engine = open_engine(settings.log_url)
        self.ledgers_engine: Engine = (
            self.log_engine
            if settings.database_url
            else open_engine(settings.ledgers_url, durable=False)  # ledgers can be rebuilt from the log
        )
        self.tables: dict[str, dict[str, Rows[object]]] = {
            service.name: tables_of(service) for service in self.services
        }
        self.log: Log = open_log(self.log_engine, Codec((*EVENTS, *READINGS)), utc_now)
        self.masters = masters_of(settings)
        self.vault = Vault(
            self.log_engine, self.masters, suite=usable(settings.suite),
            destroyed=DestroyedList(settings.keys_dir / destroyed.NAME),
        )  # fmt: skip
        key = load_token_key(settings)
        self.tokens = Tokens(key, utc_now)
        self.sign_in = SignIn.of(
            self.log_engine, settings, utc_now, self.masters, key, lambda: is_synthetic(self.log_engine)
        )
        self.sessions = self.sign_in.sessions
        self.machines = Machines(self.log_engine, utc_now)
        own = SystemKeys(self.log_engine, self.masters)
        self.case_codes = CaseCodes(self.log_engine, lambda: own.get(CODES), utc_now)

    def migrate(self) -> None:
        """Bring both databases to this version's tables. Safe to run again."""
        schema.migrate(self.log_engine)
        again = prepare(self.ledgers_engine, self._all_rows())
        if again:
            logger.info("ledgers of a new shape are folded again", ledgers=again)

    def require_migrated(self) -> None:
        """Raises `SchemaBehind` where `sanguan migrate` was not run."""
        schema.require(self.log_engine)

    def revision(self) -> str | None:
        """The log tables' revision."""
        return schema.revision(self.log_engine)

    def _all_rows(self) -> list[Rows[object]]:
        return [rows for tables in self.tables.values() for rows in tables.values()]

    def root(self, log: str, size: int) -> str:
        """The tree's root over the first `size` events, in hexadecimal."""
        return sealer.root_at(self.log_engine, log, size).hex()

    def seal(self, log: str) -> sealer.SignedCheckpoint | None:
        """Extend the tree and sign a checkpoint, where there is something new."""
        return sealer.seal(self.log_engine, log, keys.load_or_create(self.settings.data_dir, log), utc_now())

    def close(self) -> None:
        for engine in {self.log_engine, self.ledgers_engine}:
            close_engine(engine)


def is_synthetic(engine: Engine) -> bool:
    """Whether an installation holds something, and every log of it was declared to be invented (§3.1.4)."""
    with engine.connect() as connection:
        logs = [log for log in connection.execute(select(heads.c.log)).scalars() if is_published(log)]
        declared = select(events.c.log).where(events.c.type == SyntheticDeclared.NAME)  # at its beginning, if at all
        return bool(logs) and all(connection.execute(declared.where(events.c.log == log)).first() for log in logs)


def _tune() -> None:
    """Set the interpreter up for this kind of work, as measured by the bench."""
    # Folding makes many small things and no cycles: the collector's default took a third of all time.
    gc.set_threshold(50_000, 20, 20)
    # The loop, the appender and the ledgers share the interpreter: by default each waits 5 ms for its turn.
    sys.setswitchinterval(0.0005)


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
    ) -> None:
        """`timed`: whether it sends what days alone bring about, as what serves people does. A command line does what
        it is asked to do and nothing else."""
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
        for thread in self._threads:
            thread.shutdown()
