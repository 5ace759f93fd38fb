"""A running system compares itself with a replay of its log. Everyone in it is invented (synthetic)."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert, select, text, update
from structlog.testing import capture_logs

from services.assessment.service import SERVICE as ASSESSMENT
from services.installation import SERVICES
from services.intake.service import SERVICE as INTAKE
from services.together import application, together
from shared.audit.checks import Check, Checks, Stopped
from shared.audit.runs import KEPT, Run, record, runs, standing
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.model import Service
from shared.ledger.runner import Runner
from shared.ledger.tables import parked, progress, tables_of
from shared.settings import Settings
from shared.storage import Storage
from tests.audit.test_compare import installation, played, played_postgres
from tests.web.campaign import LOG

__all__ = ["played", "played_postgres"]
CASES, SCORES = "intake.cases", "assessment.scores"
ROWS = {one.follower: one.table for service in SERVICES for one in tables_of(service).values()}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """The campaign's installation, of each kind."""
    yield from installation(request, tmp_path)


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    """The campaign's installation, which stands still."""
    opened = Storage(settings, SERVICES)
    opened.migrate()
    yield opened
    opened.close()


def made(storage: Storage, service: Service = INTAKE) -> Check:
    return Check(service, storage.log, storage.ledgers_engine, utc_now)


def found(check: Check) -> tuple[str, ...]:
    run = check.look(LOG)
    assert run is not None
    return run.differences


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_honest_system_is_as_its_log_says(storage: Storage, service: Service) -> None:
    check = made(storage, service)
    run = check.look(LOG)
    assert run is not None
    assert run.ok
    assert run.position == storage.log.size(LOG) - 1
    assert found(check) == ()


def test_a_row_that_was_changed_added_or_taken_out_by_hand_is_found_at_the_next_look(storage: Storage) -> None:
    table, check = ROWS[CASES], made(storage)
    assert found(check) == ()
    with storage.ledgers_engine.connect() as connection:
        first = connection.execute(select(table).where(table.c.log == LOG).order_by(table.c.key)).mappings().first()
    assert first is not None
    for damage, mended in (
        (update(table).where(table.c.key == first["key"]).values(grid="99"),
         update(table).where(table.c.key == first["key"]).values(grid=first["grid"])),
        (insert(table).values({**first, "key": "zz-by-hand"}), delete(table).where(table.c.key == "zz-by-hand")),
        (delete(table).where(table.c.key == first["key"]), insert(table).values(dict(first))),
    ):  # fmt: skip
        with storage.ledgers_engine.begin() as connection:
            connection.execute(damage)
        with capture_logs() as said:
            assert found(check) == (CASES,)
            assert found(check) == (CASES,)
        assert [(one["event"], one["differs"]) for one in said if one["log_level"] == "error"] == [
            ("what is served differs from its log", [CASES])
        ], "it is told once"
        assert "99" not in str(said)
        with storage.ledgers_engine.begin() as connection:
            connection.execute(mended)
        assert found(check) == ()


def test_what_a_rebuild_mends_is_well_again_and_no_difference_meanwhile(storage: Storage) -> None:
    table, check = ROWS[CASES], made(storage)
    with storage.ledgers_engine.begin() as connection:
        connection.execute(update(table).where(table.c.log == LOG).values(grid="99"))
    assert found(check) == (CASES,)
    runner = Runner(INTAKE, storage.log, storage.ledgers_engine, utc_now)
    with storage.ledgers_engine.begin() as connection:
        connection.execute(delete(table).where(table.c.log == LOG))
        connection.execute(
            update(progress).where(progress.c.log == LOG, progress.c.follower == CASES).values(position=-1)
        )
    assert check.look(LOG) is None, "it is being folded again"
    while runner.advance(LOG):
        pass
    assert found(check) == ()


def test_a_published_score_that_was_altered_is_named(storage: Storage) -> None:
    table, check = ROWS[SCORES], made(storage, ASSESSMENT)
    with storage.ledgers_engine.begin() as connection:
        connection.execute(update(table).where(table.c.log == LOG).values(as_of="2099-01-01"))
    assert found(check) == (SCORES,)


def test_an_altered_event_that_states_a_score_is_named_by_its_position(storage: Storage) -> None:
    with storage.log_engine.begin() as connection:
        at, data = connection.execute(
            text("SELECT position, bytes FROM events WHERE type LIKE '%score-published%' ORDER BY position LIMIT 1")
        ).one()
        if storage.log_engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER events_no_update"))
        else:
            connection.execute(text("DROP TRIGGER events_no_change ON events"))
        altered = bytes(data).replace(b'"points":{"decimal":"', b'"points":{"decimal":"9', 1)
        assert altered != bytes(data)
        connection.execute(text("UPDATE events SET bytes = :bytes WHERE position = :at AND log = :log"),
                           {"bytes": altered, "at": at, "log": LOG})  # fmt: skip
    differs = found(made(storage, ASSESSMENT))
    assert f"assessment.score {at}" in differs


def test_what_waits_is_no_difference(storage: Storage) -> None:
    """A parked key, a halted ledger and one that is behind are seen elsewhere."""
    table, check = ROWS[CASES], made(storage)
    with storage.ledgers_engine.begin() as connection:
        key = connection.execute(select(table.c.key).where(table.c.log == LOG)).scalars().first()
        connection.execute(delete(table).where(table.c.key == key))
        connection.execute(
            insert(parked).values(log=LOG, follower=CASES, key=key, position=1, error="ValueError")
        )  # fmt: skip
    assert found(check) == ()
    halted = update(progress).where(progress.c.log == LOG, progress.c.follower == CASES).values(halted="unknown")
    with storage.ledgers_engine.begin() as connection:
        connection.execute(delete(parked))
        connection.execute(halted)
    assert found(check) == ()


def test_a_look_goes_on_from_where_it_was(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    read, raw = list[int](), storage.log.raw

    def noting(log: str, after: int, limit: int) -> Any:
        read.append(after)
        return raw(log, after, limit)

    monkeypatch.setattr(storage.log, "raw", noting)
    check = made(storage)
    found(check)
    assert read[0] == -1
    read.clear()
    found(check)
    assert read in ([], [storage.log.size(LOG) - 1])


def test_a_process_that_ends_ends_a_look(storage: Storage) -> None:
    check = made(storage)
    check.stopping = True
    with pytest.raises(Stopped):
        check.look(LOG)


def test_runs_are_kept_for_a_while_and_those_that_found_something_for_good(storage: Storage) -> None:
    now, engine = utc_now(), storage.log_engine
    for at, differs in ((now - 2 * KEPT, ()), (now - 2 * KEPT + timedelta(1), (CASES,)), (now, ())):
        record(engine, LOG, Run("intake", at, 5, differs, 1))
    assert [one.differences for one in runs(engine, LOG)] == [(), (CASES,)]
    assert [(one.service, one.ok) for one in standing(engine, LOG)] == [("intake", True)]


# in a running system --------------------------------------------------------------------------------------------------


def test_a_running_system_says_what_is_not_as_its_log_has_it(settings: Settings) -> None:
    async def play() -> None:
        async with together(settings, stream=False) as node:
            app = application(node)
            browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
            async with browser:
                await _plays(node, browser)

    async def _plays(node: Any, browser: httpx.AsyncClient) -> None:
        token = node.storage.tokens.mint(Role.AUDITOR, LOG, subject="auditor-1", valid=timedelta(hours=1))
        headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
        differ = f'sanguan_invariants_differ{{log="{LOG}",service="intake"}}'
        await asyncio.to_thread(node.checks.look)
        assert (await browser.get("/record", headers=headers)).text.count("警报") == 0
        assert f"{differ} 0.0" in (await browser.get("/-/metrics")).text
        table = ROWS[CASES]
        with node.storage.ledgers_engine.begin() as connection:
            connection.execute(update(table).where(table.c.log == LOG).values(grid="99"))
        await asyncio.to_thread(node.checks.look)
        assert CASES in (await browser.get("/record", headers=headers)).text
        assert CASES in (await browser.get("/audit", headers=headers)).text
        assert f"{differ} 1.0" in (await browser.get("/-/metrics")).text
        assert (await browser.get("/-/health/ready")).status_code == 200, "people go on working"

    asyncio.run(play())


def test_it_looks_by_itself_and_what_keeps_it_from_looking_is_seen(storage: Storage) -> None:
    async def play() -> None:
        check = made(storage)
        checks = Checks({"intake": check}, storage.log, minutes=0.0005)
        task = asyncio.create_task(checks.run())
        async with asyncio.timeout(60):
            while LOG not in check.last:  # noqa: ASYNC110  # a thread has no event for it
                await asyncio.sleep(0.01)
        task.cancel()
        checks.close()

    asyncio.run(play())
    broken = Checks({"intake": made(storage)}, storage.log, minutes=15)
    storage.ledgers_engine.dispose()
    with storage.ledgers_engine.begin() as connection:
        connection.execute(text("ALTER TABLE progress RENAME TO elsewhere"))
    broken.look()
    assert broken.trouble is not None
