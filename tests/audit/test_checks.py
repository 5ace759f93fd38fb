"""A running system compares itself with a replay of its log. Everyone in it is invented (synthetic)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from structlog.testing import capture_logs

from services.installation import SERVICES, declared
from services.intake.service import SERVICE as INTAKE
from services.together import application, together
from shared.audit import checks as checking
from shared.audit import live
from shared.audit.checks import ALL_LOGS, Checks, Looked
from shared.audit.live import look
from shared.audit.runs import ALTERED, KEPT, Run, record, runs, standing
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.model import Service
from shared.ledger.runner import Runner
from shared.ledger.tables import parked, progress, tables_of
from shared.log.append import microseconds
from shared.log.tables import events
from shared.log.tree_tables import audit_runs
from shared.settings import Settings
from shared.storage import Storage
from tests.audit.test_compare import alter, installation, played, played_postgres, published
from tests.system.cli import called
from tests.web.campaign import LOG

__all__ = ["played", "played_postgres"]
CASES, SCORES = "intake.cases", "assessment.scores"
ROWS = {one.follower: one.table for service in SERVICES for one in tables_of(service).values()}
NAMES = [service.name for service in SERVICES]


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


def looked(storage: Storage, services: Sequence[Service] = (INTAKE,)) -> dict[str, Run]:
    """A look in this process, by service."""
    found, _ = look(storage.log, storage.ledgers_engine, services, LOG, utc_now)
    return {run.service: run for run in found}


def differing(storage: Storage, services: Sequence[Service] = (INTAKE,)) -> list[str]:
    return [name for run in looked(storage, services).values() for name in run.differences]


def spoil(storage: Storage, *statements: Any) -> None:
    with storage.ledgers_engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def of(follower: str, **values: Any) -> Any:
    """Where a ledger says it stands, written by hand."""
    return update(progress).where(progress.c.log == LOG, progress.c.follower == follower).values(**values)


OTHER_GRID = update(ROWS[CASES]).where(ROWS[CASES].c.log == LOG).values(grid="99")


# what a look compares -------------------------------------------------------------------------------------------------


def test_an_honest_system_is_as_its_log_says_and_one_walk_through_the_log_tells(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, raw = list[int](), storage.log.raw

    def noting(log: str, after: int, limit: int) -> Any:
        if limit > 1:  # one event by itself is looked up, as when its time is asked for
            read.append(after)
        return raw(log, after, limit)

    monkeypatch.setattr(storage.log, "raw", noting)
    last = storage.log.size(LOG) - 1
    found, scored = look(storage.log, storage.ledgers_engine, SERVICES, LOG, utc_now)
    assert [(run.service, run.position, run.differences, run.failed) for run in found] == [
        (name, last, (), None) for name in NAMES
    ]
    assert [(run.compared, run.ledgers, run.waiting) for run in found] == [
        (len(service.ledgers), len(service.ledgers), 0) for service in SERVICES
    ]
    assert scored == last
    assert len({event.score.position for _, event in published(storage)}) > 2, "scores rest on several positions"
    assert read[0] == -1
    assert read.count(-1) == 1
    assert read == sorted(read), "ledgers and scores of all services are one walk"


def test_a_row_that_was_changed_added_or_taken_out_by_hand_is_found(storage: Storage) -> None:
    table = ROWS[CASES]
    with storage.ledgers_engine.connect() as connection:
        first = connection.execute(select(table).where(table.c.log == LOG).order_by(table.c.key)).mappings().first()
    assert first is not None
    for damage, mended in (
        (update(table).where(table.c.key == first["key"]).values(grid="99"),
         update(table).where(table.c.key == first["key"]).values(grid=first["grid"])),
        (insert(table).values({**first, "key": "zz-by-hand"}), delete(table).where(table.c.key == "zz-by-hand")),
        (delete(table).where(table.c.key == first["key"]), insert(table).values(dict(first))),
    ):  # fmt: skip
        spoil(storage, damage)
        assert differing(storage) == [CASES]
        spoil(storage, mended)
        assert differing(storage) == []


@pytest.mark.parametrize("further", [1, 1_000_000])
def test_a_ledger_that_is_ahead_of_the_log_differs(storage: Storage, further: int) -> None:
    spoil(storage, of(CASES, position=storage.log.size(LOG) - 1 + further))
    assert differing(storage) == [CASES]
    spoil(storage, update(progress).where(progress.c.log == LOG).values(position=progress.c.position + further))
    found = looked(storage)["intake"]
    assert len(found.differences) == found.ledgers, "all of them may be"


def test_ledgers_differ_from_a_log_that_was_cut_short(storage: Storage) -> None:
    with storage.log_engine.begin() as connection:
        _unguarded(connection)
        connection.execute(delete(events).where(events.c.log == LOG, events.c.position == storage.log.size(LOG) - 1))
    assert CASES in differing(storage)


def _unguarded(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        return
    for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.execute(text(f"DROP TRIGGER {name}"))


def test_a_halted_ledger_is_compared_where_it_halted(storage: Storage) -> None:
    spoil(storage, of(CASES, halted="unknown"))
    assert differing(storage, SERVICES) == []
    spoil(storage, OTHER_GRID)
    assert differing(storage, SERVICES) == [CASES]
    spoil(storage, delete(ROWS[CASES]), of(CASES, position=-1))
    found = looked(storage, SERVICES)["intake"]
    assert (found.differences, found.compared, found.position) == ((), found.ledgers, -1), "at its beginning, too"


def test_a_ledger_that_is_folded_again_is_compared_where_it_is_and_well_when_it_is_done(storage: Storage) -> None:
    spoil(storage, OTHER_GRID)
    assert differing(storage) == [CASES]
    spoil(storage, delete(ROWS[CASES]).where(ROWS[CASES].c.log == LOG), of(CASES, position=-1))
    found = looked(storage)["intake"]
    assert (found.differences, found.compared) == ((), found.ledgers)
    runner = Runner(INTAKE, storage.log, storage.ledgers_engine, utc_now)
    while runner.advance(LOG):
        pass
    assert differing(storage) == []


def test_a_ledger_that_goes_back_while_it_is_looked_at_is_counted_as_not_compared(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing_then = live.standing

    def back(*given: Any) -> Any:
        found = standing_then(*given)
        return {**found, CASES: replace(found[CASES], position=next(positions))}

    positions = iter([5, 5, 1, 0, 5, 1])  # twice it is behind when the replay has come to it
    monkeypatch.setattr(live, "NEAR", 0)
    monkeypatch.setattr(live, "standing", back)
    found = looked(storage)["intake"]
    assert (found.differences, found.compared) == ((), found.ledgers - 1)


def test_rows_that_wait_are_counted_as_not_compared(storage: Storage) -> None:
    table = ROWS[CASES]
    with storage.ledgers_engine.begin() as connection:
        key = connection.execute(select(table.c.key).where(table.c.log == LOG)).scalars().first()
        connection.execute(delete(table).where(table.c.key == key))
        connection.execute(
            insert(parked).values(log=LOG, follower=CASES, key=key, position=1, error="ValueError")
        )  # fmt: skip
    found = looked(storage)["intake"]
    assert (found.differences, found.waiting) == ((), 1)


def test_tables_that_are_gone_differ(storage: Storage) -> None:
    with storage.ledgers_engine.begin() as connection:
        ROWS["intake.venues"].drop(connection)
    assert differing(storage) == ["intake.venues"]
    with storage.ledgers_engine.begin() as connection:
        progress.drop(connection)
        parked.drop(connection)
    assert CASES in differing(storage), "nothing says any more that it holds something"


def test_a_score_that_is_shown_otherwise_and_one_that_was_altered_are_named(storage: Storage) -> None:
    spoil(storage, update(ROWS[SCORES]).where(ROWS[SCORES].c.log == LOG).values(as_of="2099-01-01"))
    at, _ = published(storage)[0]
    alter(storage, at, lambda data: data.replace(b'"points":{"decimal":"', b'"points":{"decimal":"9', 1))
    found, scored = look(storage.log, storage.ledgers_engine, SERVICES, LOG, utc_now, 3)
    (differs,) = [run.differences for run in found if run.service == "assessment"]
    assert {SCORES, f"assessment.score {at}"} <= {*differs}
    assert scored == 3, "they are computed again the next time"
    found, _ = look(storage.log, storage.ledgers_engine, SERVICES, LOG, utc_now, storage.log.size(LOG) - 1)
    assert not any("assessment.score " in name for run in found for name in run.differences), "not twice"


def test_a_fault_in_one_ledger_leaves_the_others_compared(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    same = live._same

    def failing(connection: Connection, log: str, rows: Any, *given: Any) -> bool:
        if rows.follower == "assessment.plans":
            connection.execute(text("SELECT * FROM nothing_of_the_kind"))
        return same(connection, log, rows, *given)

    monkeypatch.setattr(live, "_same", failing)
    spoil(storage, OTHER_GRID)
    found = looked(storage, SERVICES)
    assert found["intake"].differences == (CASES,)
    assert {run.service: run.failed for run in found.values() if run.failed} == {
        "assessment": "OperationalError" if storage.ledgers_engine.dialect.name == "sqlite" else "ProgrammingError"
    }
    assert (found["assessment"].compared, found["assessment"].differences) == (found["assessment"].ledgers - 1, ())


# what becomes of it ---------------------------------------------------------------------------------------------------


@pytest.fixture
def checks(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    """Of what looks in this process: what a process of its own says, without one."""
    made = Checks(storage, SERVICES, declared(SERVICES))

    def here() -> tuple[list[Looked], None]:
        scored = made._scored.get(LOG, -1)
        found, scored = look(storage.log, storage.ledgers_engine, SERVICES, LOG, utc_now, scored)
        return [Looked(LOG, tuple(found), scored)], None

    monkeypatch.setattr(made, "_looked", here)
    yield made
    made.close()


def errors(said: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(one["event"], one.get("differs", one.get("error"))) for one in said if one["log_level"] == "error"]


def test_a_difference_is_told_once_and_stands_until_a_look_says_otherwise(checks: Checks, storage: Storage) -> None:
    spoil(storage, OTHER_GRID)
    with capture_logs() as said:
        assert checks.look()
        assert checks.look()
    assert errors(said) == [("what is served differs from its log", [CASES])]
    assert "99" not in str(said)
    ((found, looks),) = [(one.differences, one.looks) for one in standing(storage.log_engine, LOG) if not one.ok]
    assert (found, looks) == ((CASES,), 2)
    Runner(INTAKE, storage.log, storage.ledgers_engine, utc_now).rebuild(LOG, "cases")
    with capture_logs() as said:
        assert checks.look()
    assert [one["event"] for one in said] == ["what is served is as its log says again"]
    assert all(one.ok for one in standing(storage.log_engine, LOG))
    assert next(one.differences for one in runs(storage.log_engine, LOG)) == (CASES,), "and it stays on record"


def test_a_difference_that_cannot_be_put_down_is_told_all_the_same(checks: Checks, storage: Storage) -> None:
    spoil(storage, OTHER_GRID)
    with storage.log_engine.begin() as connection:
        audit_runs.drop(connection)
    with capture_logs() as said:
        assert not checks.look(), "it is tried again soon"
    assert errors(said)[0] == ("what is served differs from its log", [CASES])
    found = checks.last[LOG, "intake"]
    assert found.differences == (CASES,)
    assert found.failed is not None


def test_a_look_that_failed_takes_back_nothing_and_is_on_record(
    checks: Checks, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(storage, OTHER_GRID)
    assert checks.look()
    compared_at = dict(checks.compared_at)
    monkeypatch.setattr(checks, "_looked", lambda: ([], "exit code -9"))
    with capture_logs() as said:
        assert not checks.look()
    assert errors(said) == [("invariants not looked at", "exit code -9")] * len(SERVICES)
    assert {run.failed for run in checks.last.values()} == {"exit code -9"}
    assert checks.last[LOG, "intake"].differences == (CASES,)
    assert checks.compared_at == compared_at
    told = called("doctor", "--data", storage.settings.data_dir, "--json", env=_environment(storage.settings))
    assert told.code == 1
    found = {(one["follower"], one["kind"]): one["why"] for one in told.json["troubles"]}
    assert found == {("intake", "differs"): CASES, **{(name, "not compared"): "exit code -9" for name in NAMES}}


def _environment(settings: Settings) -> dict[str, str]:
    return {} if settings.database_url is None else {"SANGUAN_DATABASE_URL": settings.database_url}


def test_a_look_that_failed_while_no_log_is_known_is_said_of_all(
    checks: Checks, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_looked", lambda: ([], "OperationalError"))
    monkeypatch.setattr(checks, "_logs", lambda: {ALL_LOGS})
    assert not checks.look()
    assert set(checks.last) == {(ALL_LOGS, name) for name in NAMES}
    assert standing(storage.log_engine, LOG) == []


def test_it_looks_by_itself_and_again_soon_after_a_look_that_failed(
    checks: Checks, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(storage, OTHER_GRID)
    pauses, honest = list[float](), checks._looked

    def no_process() -> tuple[list[Looked], None]:
        raise BlockingIOError("no process can be started")

    turns = iter([no_process, honest, honest])

    async def paused(seconds: float) -> None:
        pauses.append(round(seconds))
        if len(pauses) > 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(checks, "_looked", lambda: next(turns)())
    monkeypatch.setattr("shared.audit.checks.asyncio.sleep", paused)
    checks.seconds = 86_400.0
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(checks.run())
    first, second, third, fourth = pauses
    assert first == checking.FIRST_SECONDS
    assert second <= checking.RETRY_SECONDS
    assert min(third, fourth) > checking.RETRY_SECONDS
    found = checks.last[LOG, "intake"]
    assert (found.differences, found.failed) == ((CASES,), None), "and what it found is what there is"
    assert checks._scored == {LOG: storage.log.size(LOG) - 1}


def test_a_process_that_cannot_look_says_why_and_one_that_is_not_wanted_any_more_ends(storage: Storage) -> None:
    broken = Checks(storage, SERVICES, ["services.nothing:SERVICE"])
    assert not broken.look()
    assert {run.failed for run in broken.last.values()} == {"ModuleNotFoundError"}
    broken.close()
    assert broken.look(), "nothing is said of a look that was ended"
    assert {run.failed for run in broken.last.values()} == {"ModuleNotFoundError"}


# what is put down -----------------------------------------------------------------------------------------------------


def test_looks_that_found_the_same_are_one_row_and_those_that_found_something_are_kept_for_good(
    storage: Storage,
) -> None:
    now, engine = utc_now(), storage.log_engine
    for minutes, differs in enumerate(((), (), (CASES,), (CASES,), (), ())):
        record(engine, LOG, Run("intake", now - 2 * KEPT + timedelta(minutes=minutes), minutes, differs))
    assert [(one.differences, one.looks, one.position) for one in runs(engine, LOG)] == [
        ((CASES,), 2, 3), ((), 2, 5), ((), 2, 1),
    ]  # fmt: skip
    record(engine, LOG, Run("intake", now, 9, failed="Trouble"))
    assert [(one.differences, one.failed) for one in runs(engine, LOG)] == [((), "Trouble"), ((CASES,), None)]


GARBAGE: tuple[dict[str, Any], ...] = (
    {"differences": "{"}, {"differences": '{"a": 1}'}, {"since": 9_000_000_000_000_000_000},
    {"at": 9_000_000_000_000_000_000}, {"position": -7}, {"since": microseconds(utc_now() + timedelta(days=900))},
)  # fmt: skip
ONLY_SQLITE: tuple[dict[str, Any], ...] = (
    {"differences": b"\x00\xff"},
    {"since": "soon"},
    {"at": b"\xff"},
    {"looks": "x"},
)


@pytest.mark.parametrize("position_of_the_honest", [4, None])
def test_a_row_that_no_look_has_written_is_a_finding_and_silences_nothing(
    storage: Storage, position_of_the_honest: int | None
) -> None:
    engine, now = storage.log_engine, utc_now()
    for changed in GARBAGE + (ONLY_SQLITE if engine.dialect.name == "sqlite" else ()):
        with engine.begin() as connection:
            connection.execute(delete(audit_runs))
        if position_of_the_honest is not None:
            record(engine, LOG, Run("intake", now - timedelta(hours=1), position_of_the_honest, (CASES,)))
        row = {
            "log": LOG, "service": "intake", "since": microseconds(now), "at": microseconds(now), "looks": 1,
            "position": 5, "ledgers": 1, "compared": 1, "waiting": 0, "differences": "[]", "failed": None, "micros": 1,
        } | changed  # fmt: skip
        names = ", ".join(f'"{name}"' for name in row)
        with engine.begin() as connection:
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO audit_runs ({names}) VALUES ({values})"), row)
        found = standing(engine, LOG)
        assert (ALTERED,) in [one.differences for one in found], changed
        assert (ALTERED,) in [one.differences for one in runs(engine, LOG)]
        if position_of_the_honest is not None and "since" in changed:
            assert (CASES,) in [one.differences for one in found], "it is no newer than what was found"
        record(engine, LOG, Run("intake", utc_now(), 6, (CASES,)))
        assert (CASES,) in [one.differences for one in standing(engine, LOG)]
        told = [one for one in standing(engine, LOG) if not one.altered]
        assert [(one.position, one.minutes_ago(utc_now())) for one in told] == [(6, 0)]


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
        told = f'{{log="{LOG}",service="intake"}}'
        assert (await browser.get("/record", headers=headers)).text.count("警报") == 0
        spoil(node.storage, OTHER_GRID)
        assert await asyncio.to_thread(node.checks.look), "by a process of its own"
        for path in ("/record", "/audit"):
            page = (await browser.get(path, headers=headers)).text
            assert "警报" in page
            assert CASES in page
        numbers = (await browser.get("/-/metrics")).text
        assert f"sanguan_invariants_differ{told} 1.0" in numbers
        assert f"sanguan_invariants_failed{told} 0.0" in numbers
        node.checks._looked = _killed
        assert not await asyncio.to_thread(node.checks.look)
        numbers = (await browser.get("/-/metrics")).text
        assert f"sanguan_invariants_failed{told} 1.0" in numbers
        assert f"sanguan_invariants_differ{told} 1.0" in numbers
        assert (await browser.get("/-/health/ready")).status_code == 200, "people go on working"

    asyncio.run(play())


def _killed() -> tuple[list[Looked], str]:
    return [], "exit code -9"
