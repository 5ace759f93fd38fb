"""What the system says of itself is true while things break, and tells nothing of anyone."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from services.installation import SERVICES
from services.together import whole_policy
from shared.audit.runs import Run
from shared.clock import utc_now
from shared.contracts.codes import READERS, RECORD_READERS, Role
from shared.contracts.event import Recorded
from shared.contracts.intake import CaseClosed
from shared.contracts.model import Service
from shared.delivery.embedded import EmbeddedValkey
from shared.ledger.tables import progress
from shared.web.health import policy
from tests.web.toy import FILES, LOG, TOY, Running, running, scene

PATIENCE_SECONDS = 60
ALERTS = Path(__file__).parents[2] / "deploy" / "alerts.yaml"


def broken_keys(recorded: Recorded) -> tuple[str, ...]:
    raise KeyError("a fold that does not know where to go")


def broken_close(row: Any, recorded: Recorded, key: str) -> Any:
    if recorded.type == CaseClosed.NAME:
        raise LookupError("a fold that cannot take it")
    return FILES.evolve(row, recorded, key)


def with_ledger(**changed: Any) -> Service:
    return replace(TOY, ledgers=(replace(FILES, **changed),))


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await true():  # noqa: ASYNC110  # what it waits for is another program's doing
            await asyncio.sleep(0.02)


Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def numbers(toy: Running) -> Numbers:
    """Sample name and labels → value."""
    answer = await toy.client.get("/-/metrics")
    assert answer.status_code == 200
    return {(s.name, frozenset(s.labels.items())): s.value for s in samples(answer.text)}


def samples(text: str) -> Iterator[Any]:
    for family in text_string_to_metric_families(text):
        assert family.documentation
        yield from family.samples


def number(found: Numbers, name: str, **labels: str) -> float | None:
    return found.get((f"sanguan_{name}", frozenset(labels.items())))


async def ready(toy: Running) -> httpx.Response:
    return await toy.client.get("/-/health/ready")


def test_a_whole_process_lives_and_is_ready_without_a_token(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        live = await toy.client.get("/-/health/live")
        assert (live.status_code, live.json()) == (200, {"status": "live"})
        answer = await ready(toy)
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})

    scene(play, tmp_path)


def test_a_halted_ledger_is_named_and_counted(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-1")

        async def halted() -> bool:
            return (await ready(toy)).status_code == 503

        await until(halted)
        assert (await ready(toy)).json()["missing"] == [f"ledger intake.files of log {LOG}: halted"]
        found = await numbers(toy)
        assert number(found, "ledger_halted", log=LOG, ledger="intake.files") == 1
        assert number(found, "ledger_position", log=LOG, ledger="intake.files") == -1
        assert number(found, "ledger_lag_events", log=LOG, ledger="intake.files") == 2
        assert (await toy.client.get("/-/health/live")).status_code == 200

    scene(play, tmp_path, service=with_ledger(keys=broken_keys))


def test_a_parked_key_is_counted_and_leaves_the_rest_ready(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        opened = await toy.open_file("k-1")
        assert (await toy.send("close-file", {}, "k-2", opened["stream"])).status_code == 201

        async def caught_up() -> bool:
            return number(await numbers(toy), "ledger_lag_events", log=LOG, ledger="intake.files") == 0

        await until(caught_up)
        found = await numbers(toy)
        assert number(found, "ledger_parked_events", log=LOG, ledger="intake.files") == 1
        assert number(found, "ledger_halted", log=LOG, ledger="intake.files") == 0
        assert (await ready(toy)).status_code == 200

    scene(play, tmp_path, service=with_ledger(evolve=broken_close))


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        file = tmp_path / "ledgers.db"
        file.rename(tmp_path / "elsewhere.db")
        file.mkdir()
        toy.node.storage.ledgers_engine.dispose()

        async def away() -> bool:
            return (await ready(toy)).status_code == 503

        await until(away)
        assert (await ready(toy)).json() == {"status": "not_ready", "missing": ["ledgers_database"]}

    scene(play, tmp_path)


def test_numbers_follow_what_happens(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        opened = await toy.open_file("k-1")
        assert await toy.open_file("k-1") == opened
        await toy.send("count-to", {"most": 1}, "k-2", opened["stream"])
        await toy.send("close-file", {}, "k-3", "case/nothing")
        await toy.send("close-file", {}, "k-4", opened["stream"])
        await toy.get("/record/checkpoint")
        await toy.get("/intake/ledgers/files?at_least=2")
        found = await numbers(toy)
        assert number(found, "log_events", log=LOG) == number(found, "log_sealed_events", log=LOG) == 3
        assert number(found, "ledger_position", log=LOG, ledger="intake.files") == 2
        outcomes = {
            dict(labels)["outcome"]: value
            for (name, labels), value in found.items()
            if name == "sanguan_commands_total"
        }
        assert outcomes == {"accepted": 2, "repeated": 1, "not_counted": 1, "not_open": 1}

    scene(play, tmp_path)


def test_a_ledger_that_is_ahead_of_its_log_is_seen(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-1")
        await toy.get("/intake/ledgers/files?at_least=1")
        with toy.node.storage.ledgers_engine.begin() as connection:
            connection.execute(update(progress).values(position=progress.c.position + 5))
        assert number(await numbers(toy), "ledger_lag_events", log=LOG, ledger="intake.files") == -5

    scene(play, tmp_path)


def test_the_alert_rules_ask_for_numbers_that_there_are(tmp_path: Path) -> None:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"sanguan_\w+", rule["expr"])}

    async def play(toy: Running) -> None:
        toy.node.checks.last[LOG, "intake"] = Run("intake", utc_now(), 1, ("intake.files",))
        answer = await toy.client.get("/-/metrics")
        there = {family.name for family in text_string_to_metric_families(answer.text)}
        assert asked
        assert asked <= there
        assert number(await numbers(toy), "invariants_differ", log=LOG, service="intake") == 1

    scene(play, tmp_path)
    absent = next(rule["expr"] for rule in rules if "absent" in rule["expr"])
    assert set(re.findall(r'service="(\w+)"', absent)) == {service.name for service in SERVICES}


def test_nothing_personal_is_in_the_numbers(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-personal")
        text = (await toy.client.get("/-/metrics")).text
        assert LOG in text
        for personal in ("测试甲", "漏水", "sealed:", "k-personal", "clerk-1"):
            assert personal not in text

    scene(play, tmp_path)


def test_redis_counts_when_it_is_configured(tmp_path: Path) -> None:
    async def play(valkey: EmbeddedValkey) -> None:
        async with running(tmp_path, redis_url=valkey.url) as toy:

            async def is_ready() -> bool:
                return (await ready(toy)).status_code == 200

            await until(is_ready)
            await toy.open_file("k-1")

            async def delivered() -> bool:
                found = await numbers(toy)
                lag = number(found, "group_lag_messages", service="intake", shard="0")
                pending = number(found, "group_pending_messages", service="intake", shard="0")
                published = number(found, "relay_published_total")
                return (lag, pending) == (0, 0) and (published or 0) >= 2

            await until(delivered)
            found = await numbers(toy)
            assert number(found, "relay_connected") == 1
            assert number(found, "stream_connected", service="intake") == 1
            await asyncio.to_thread(valkey.stop)

            async def both_away() -> bool:
                answer = await ready(toy)
                return answer.status_code == 503 and answer.json()["missing"] == ["redis: relay", "redis: groups"]

            await until(both_away)
            gone = await numbers(toy)
            assert number(gone, "stream_connected", service="intake") == 0
            assert number(gone, "group_lag_messages", service="intake", shard="0") is None

    with EmbeddedValkey(tmp_path) as valkey:
        asyncio.run(play(valkey))


def test_the_policy_is_what_the_application_does(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        said = (await toy.client.get("/-/policy.json")).json()
        assert said == policy((TOY,), toy.app.state.policy)
        assert said["commands"]["intake"] == {
            "close-file": {"roles": ["clerk", "office"], "clause": "3.2.1"},
            "count-to": {"roles": ["clerk"], "clause": "3.2.1"},
            "open-file": {"roles": ["clerk"], "clause": "3.2.1"},
        }
        assert set(said["roles"]) == {str(role) for role in Role}
        for role in set(Role) - {Role.SERVICE}:  # a service shows no token
            for path, readers in (("/intake/ledgers/files", "ledgers"), ("/record/events", "record")):
                allowed = (await toy.get(path, role)).status_code == 200
                assert allowed == (role in said["reads"][readers])
            for slug, command in said["commands"]["intake"].items():
                headers = {**toy.token(role), "idempotency-key": "k"}
                answer = await toy.client.post(f"/intake/commands/{slug}", json={}, headers=headers)
                # An empty body is refused too, but later.
                assert (answer.json()["code"] != "role_not_allowed") == (role in command["roles"])

    scene(play, tmp_path)


def test_the_whole_policy_names_every_command() -> None:
    said = policy(SERVICES, whole_policy())
    assert set(said["commands"]) == {"intake", "assignment", "assessment", "privacy"}
    assert all(command["roles"] for commands in said["commands"].values() for command in commands.values())
    assert said["reads"]["ledgers"] == sorted(READERS)
    assert said["reads"]["record"] == sorted(RECORD_READERS)
    assert Role.OPERATOR not in said["reads"]["ledgers"]
