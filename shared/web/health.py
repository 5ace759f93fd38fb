"""What the system says of itself: whether it lives, whether it is ready, its numbers, and who may do what.

Nothing here is personal, and nothing needs a token.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.exceptions import RedisError
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from shared.access.policy import ANYONE, Kind, Policy, Rule
from shared.audit.runs import Run
from shared.contracts.codes import READERS, RECORD_READERS, Role
from shared.contracts.model import Service, Within, slug
from shared.delivery.broker import connect
from shared.delivery.channels import is_published
from shared.delivery.subscriber import GroupState, group_states
from shared.ledger.tables import parked
from shared.log import sealer
from shared.log.cosignatures import states
from shared.log.tables import refused_reactions
from shared.runtime import Node
from shared.web.door import Doorkeeper

ANSWER_SECONDS: Final = 5.0
"""How long a database may take before it counts as absent."""


def health_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The routes under `/-`."""
    health = HealthEndpoint(node, doorkeeper.policy)

    def route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> BaseRoute:
        rule = Rule(method="GET", path=f"/-/{path}", kind=Kind.HEALTH, roles=ANYONE)
        return doorkeeper.open_route(rule, endpoint)

    return [
        route("health/live", health.live),
        route("health/ready", health.ready),
        route("metrics", health.metrics),
        route("policy.json", health.policy),
    ]


class HealthEndpoint:
    """The state of a running process."""

    def __init__(self, node: Node, policy: Policy) -> None:
        self._node, self._policy = node, policy

    async def live(self, request: Request) -> Response:
        """The process runs and answers."""
        return JSONResponse({"status": "live"})

    async def ready(self, request: Request) -> Response:
        """Whether all that it needs is there; 503 with what is missing."""
        missing = [*await self._missing_databases(), *self._missing_redis(), *self._node.troubles()]
        if not missing:
            missing = await asyncio.to_thread(self._halted)
        if missing:
            return JSONResponse({"status": "not_ready", "missing": missing}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(self, request: Request) -> Response:
        """The numbers, as Prometheus reads them."""
        groups = await self._groups()
        text = await asyncio.to_thread(_rendered, lambda: numbers(self._node, groups))
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def policy(self, request: Request) -> Response:
        """Who may do what: the policy that this process keeps to, row by row."""
        return JSONResponse(policy(self._node.services, self._policy))

    async def _missing_databases(self) -> list[str]:
        storage = self._node.storage
        asked = {"log_database": storage.log_engine, "ledgers_database": storage.ledgers_engine}
        answers = await asyncio.gather(*(_answers(engine) for engine in asked.values()))
        return [name for name, answers_ in zip(asked, answers, strict=True) if not answers_]

    def _missing_redis(self) -> list[str]:
        """Asks for the groups and the relay's last attempt: a PING would also answer after everything was deleted."""
        node = self._node
        if node.redis_url is None:
            return []
        relay = node.relay is not None and node.relay.connected
        groups = bool(node.subscriptions) and all(one.connected for one in node.subscriptions)
        return [
            *(["redis: relay"] if node.record and not relay else []),
            *(["redis: groups"] if node.services and not groups else []),
        ]

    def _halted(self) -> list[str]:
        return [
            f"ledger {follower} of log {log}: halted"
            for log, follower, _, halted in _checkpoints(self._node)
            if halted is not None
        ]

    async def _groups(self) -> list[GroupState]:
        """How far the groups are behind; nothing where Redis is absent, which another number says."""
        if self._node.redis_url is None:
            return []
        names, shards = [service.name for service in self._node.services], self._node.storage.settings.shards
        client = connect(self._node.redis_url)
        try:
            return await group_states(client, names, shards=shards)
        except (RedisError, OSError):
            return []
        finally:
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()


def policy(services: Sequence[Service], rules: Policy) -> dict[str, Any]:
    """Who may do what: every address with its row, and the same by command, compartment and question."""
    return {
        "roles": {str(role): {"zh": role.zh, "en": role.en} for role in Role},
        "rules": rules.as_json(),
        "within": {within.value: {"zh": within.zh, "en": within.en} for within in Within},
        "commands": {
            service.name: {
                slug(accepts.command): {"roles": sorted(accepts.by), "clause": accepts.clause}
                for decider in service.deciders
                for accepts in decider.accepts
            }
            for service in services
        },
        "compartments": {
            service.name: {
                one.path: {"field": one.field, "roles": sorted(one.by), "clause": one.clause}
                for one in service.compartments
            }
            for service in services
        },
        "questions": {
            service.name: {one.path: {"roles": sorted(one.by), "clause": one.clause} for one in service.questions}
            for service in services
        },
        "reads": {
            "ledgers": sorted(READERS),
            "record": sorted(RECORD_READERS),
            "documents": "anyone",
            "health": "anyone",
        },
        "jurisdiction": (
            "A sub-district's member reaches its log; a community's member, its community's part of it; a district's or"
            " a city's reads the logs within and changes nothing; a resident reaches their own case. Default: no."
        ),
    }


def numbers(node: Node, groups: Sequence[GroupState]) -> Iterator[Metric]:
    """All metrics of a process, read now."""
    ledgers = list(_checkpoints(node))
    sizes = _published(node)  # after it: a ledger that is ahead now holds what the log does not
    yield _gauge("log_events", "Events in a log.", ["log"], [([log], size) for log, size in sizes.items()])
    yield _gauge("log_sealed_events", "Events under the newest signed checkpoint.", ["log"], [
        ([log], signed.size if (signed := sealer.latest(node.storage.log_engine, log)) else 0) for log in sizes
    ])  # fmt: skip
    labels = ["log", "ledger"]
    yield _gauge("ledger_position", "The last position that a ledger holds; -1 for none.", labels, [
        ([log, follower], position) for log, follower, position, _ in ledgers
    ])  # fmt: skip
    yield _gauge("ledger_lag_events", "Events that a ledger does not hold yet; below 0: ALARM, it is ahead.", labels, [
        ([log, follower], sizes[log] - 1 - position) for log, follower, position, _ in ledgers
    ])  # fmt: skip
    yield _gauge("ledger_halted", "1 where a ledger has stopped at an event that it cannot take.", labels, [
        ([log, follower], float(halted is not None)) for log, follower, _, halted in ledgers
    ])  # fmt: skip
    yield from _checked(node)
    yield from _witnesses(node, sizes)
    yield from _waiting(node)
    yield _gauge("glass_unreviewed", "Emergencies in which somebody opened what is sealed, not looked at yet.", ["log"],
                 [([log], count) for log, count in _emergencies(node, sizes, "unreviewed").items()])  # fmt: skip
    yield _counter("glass_broken", "Emergencies in which somebody opened what is sealed at once.", ["log"],
                   [([log], count) for log, count in _emergencies(node, sizes, "emergency").items()])  # fmt: skip
    yield from _commands(node)
    yield from _delivery(node, groups)


def _checked(node: Node) -> Iterator[Metric]:
    """What the last comparison with a replay found."""
    runs = list(node.checks.last.items())

    def told(name: str, meaning: str, value: Callable[[Run], float]) -> Metric:
        return _gauge(f"invariants_{name}", meaning, ["log", "service"], [([*key], value(run)) for key, run in runs])

    yield told("differ", "Ledgers and scores that are not as the log says: ALARM.", lambda run: len(run.differences))
    yield told("failed", "1 where not everything could be looked at: ALARM.", lambda run: run.failed is not None)
    yield _gauge("invariants_checked_timestamp_seconds", "When all that is served was last compared with a replay.",
                 ["log", "service"], [
        ([*key], at.timestamp()) for key, at in list(node.checks.compared_at.items())
    ])  # fmt: skip
    yield told("position", "The last position up to which it was compared.", lambda run: run.position)
    yield told("compared_ledgers", "Ledgers that were compared.", lambda run: run.compared)
    yield told("left_out_ledgers", "Ledgers that were not.", lambda run: run.ledgers - run.compared)
    yield told("waiting_rows", "Rows that wait at parked keys, and were not compared.", lambda run: run.waiting)
    yield told("check_seconds", "How long the last comparison took.", lambda run: run.micros / 1e6)


def _waiting(node: Node) -> Iterator[Metric]:
    waits = select(parked.c.log, parked.c.follower, func.count()).group_by(parked.c.log, parked.c.follower)
    refused = select(refused_reactions.c.log, refused_reactions.c.code, func.count()).group_by(
        refused_reactions.c.log, refused_reactions.c.code
    )
    with node.storage.ledgers_engine.connect() as connection:
        parked_now = [([log, follower], count) for log, follower, count in connection.execute(waits)]
    with node.storage.log_engine.connect() as connection:
        refused_now = [([log, code], count) for log, code, count in connection.execute(refused)]
    yield _gauge("ledger_parked_events", "Events that wait at a parked key.", ["log", "ledger"], parked_now)
    yield _gauge(
        "refused_reactions",
        "Reactions and timed commands that were refused and recorded.",
        ["log", "code"],
        refused_now,
    )


def _witnesses(node: Node, logs: Iterable[str]) -> Iterator[Metric]:
    """How far each witness is behind, and which of them refuse."""
    if (submitter := node.submitter) is None:
        return
    engine, named = node.storage.log_engine, {str(one.witness): one.witness.name for one in submitter.witnesses}
    behind: list[tuple[list[str], float]] = []
    refuses: list[tuple[list[str], float]] = []
    for log in logs:
        newest = signed.size if (signed := sealer.latest(engine, log)) else 0
        said = {state.key: state for state in states(engine, log)}
        for key, name in named.items():
            state = said.get(key)
            behind.append(([log, name], newest - (state.cosigned if state else 0)))
            if state is not None and state.refusal is not None:
                refuses.append(([log, name, state.refusal], 1.0))
    yield _gauge("witness_behind_events", "Events under the newest checkpoint that a witness has not cosigned yet.",
                 ["log", "witness"], behind)  # fmt: skip
    yield _gauge("witness_refuses", "1 where a witness refuses a log: ALARM.", ["log", "witness", "code"], refuses)
    yield _gauge("witness_reachable", "1 where a witness answered the last time it was asked.", ["witness"],
                 [([name], float(key not in submitter.away)) for key, name in named.items()])  # fmt: skip


def _emergencies(node: Node, logs: Iterable[str], column: str) -> dict[str, int]:
    """How many broken glasses there are of which a column is true (those that wait to be looked at, or all), by log;
    nothing where the service that knows runs elsewhere."""
    declared = [(service.name, service.unmaskings) for service in node.services if service.unmaskings is not None]
    found = dict.fromkeys(logs, 0) if declared else {}
    with node.storage.ledgers_engine.connect() as connection:
        for service, ledger in declared:
            table = node.storage.tables[service][ledger.name].table
            of_them = select(table.c.log, func.count()).where(table.c[column].is_(True)).group_by(table.c.log)
            found |= {log: count for log, count in connection.execute(of_them) if log in found}
    return found


def _commands(node: Node) -> Iterator[Metric]:
    yield _counter("commands", "Commands by what became of them: accepted, repeated, or the code of the refusal.",
                   ["service", "outcome"],
                   [([name, outcome], count) for name, desk in node.desks.items()
                    for outcome, count in list(desk.outcomes.items())])  # fmt: skip


def _delivery(node: Node, groups: Sequence[GroupState]) -> Iterator[Metric]:
    if node.redis_url is None:
        return
    if node.relay is not None:
        yield _counter("relay_published", "Messages handed to Redis, repetitions included.", [],
                       [([], node.relay.published_total)])  # fmt: skip
        yield _gauge("relay_connected", "1 where the relay's last attempt reached Redis.", [],
                     [([], float(node.relay.connected))])  # fmt: skip
    streams = list(zip(node.followers, node.subscriptions, strict=False))  # in the order of the services, both
    yield _gauge("stream_connected", "1 where a service reads the stream; else it polls the log.", ["service"],
                 [([name], float(one.connected)) for name, one in streams])  # fmt: skip
    yield _counter("stream_malformed", "Entries of the stream that were no events of ours.", ["service"],
                   [([name], one.malformed_total) for name, one in streams])  # fmt: skip
    yield _counter("stream_failed_batches", "Batches that stay pending, as their ledgers could not be woken.",
                   ["service"], [([name], one.failed_total) for name, one in streams])  # fmt: skip
    yield _gauge("group_lag_messages", "Messages of the stream not given to a service yet.", ["service", "shard"],
                 [([one.service, str(one.shard)], one.lag) for one in groups])  # fmt: skip
    yield _gauge("group_pending_messages", "Messages given to a service and not acknowledged.", ["service", "shard"],
                 [([one.service, str(one.shard)], one.pending) for one in groups])  # fmt: skip


def _checkpoints(node: Node) -> Iterator[tuple[str, str, int, str | None]]:
    """Log, ledger, position and why it is halted, for each ledger of the process."""
    sizes = _published(node)
    with node.storage.ledgers_engine.connect() as connection:
        for follower in node.followers.values():
            for log in sizes:
                for name, state in follower.runner.checkpoints(connection, log).items():
                    yield log, name, state.position, state.halted


def _published(node: Node) -> dict[str, int]:
    """The sizes of the logs that are for others to see: when somebody read what is sealed is not."""
    return {log: size for log, size in node.storage.log.heads().items() if is_published(log)}


async def _answers(engine: Engine) -> bool:
    def ask() -> None:
        with engine.connect() as connection:
            connection.execute(select(1))

    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await asyncio.to_thread(ask)
    except (DBAPIError, OSError, TimeoutError):
        return False
    return True


Samples = Sequence[tuple[list[str], float]]


def _gauge(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _filled(GaugeMetricFamily(f"sanguan_{name}", meaning, labels=labels), samples)


def _counter(name: str, meaning: str, labels: list[str], samples: Samples) -> Metric:
    return _filled(CounterMetricFamily(f"sanguan_{name}", meaning, labels=labels), samples)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Samples) -> Metric:
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


class _Now:
    """A collector that reads the numbers when it is asked."""

    def __init__(self, read: Callable[[], Iterator[Metric]]) -> None:
        self.collect = read


def _rendered(read: Callable[[], Iterator[Metric]]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(read))
    return generate_latest(registry)
