"""`compare` on a real campaign, on both databases: what was published is computed again from the log to the same
digits (invariant 4), and whatever is not as the log says is a finding. Everyone in it is invented (synthetic)."""

import asyncio
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import URL, Connection, delete, insert, make_url, select, text, update

from services.assessment.commands import PublishScores
from services.installation import SERVICES, opened
from services.intake.commands import CorrectCase
from services.intake.service import SERVICE as INTAKE
from services.together import together
from shared.audit import compare as comparing
from shared.audit.compare import Compared, ComparedLedger, compare
from shared.contracts.assessment import PeriodKind, ScorePublished, ScoreRestated
from shared.contracts.intake import CaseResolved
from shared.ledger.runner import Runner
from shared.ledger.tables import LEDGERS, parked, progress, tables_of
from shared.log.append import Appended
from shared.log.database import postgres_engine
from shared.log.tables import events
from shared.log.tree import leaf_hash
from shared.log.tree_tables import checkpoints, tiles
from shared.runtime import Node
from shared.settings import Settings, load
from shared.storage import Storage
from shared.web.ledgers import LedgerEndpoint, Wanted
from tests.parts import proposal, reported
from tests.web.campaign import LOG, day, fill, report

CASES: Final = "intake.cases"
ROWS: Final = tables_of(INTAKE)["cases"].table


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of an installation on which the campaign was run: to be copied, never opened."""
    data = tmp_path_factory.mktemp("played") / "data"
    asyncio.run(_campaign(load(data)))
    return data


@pytest.fixture(scope="module")
def played_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, URL]]:
    """The same on PostgreSQL: the directory of its keys, and a database to take as a template."""
    data = tmp_path_factory.mktemp("played-postgres") / "data"
    with _new_database(postgres_server) as url:
        asyncio.run(_campaign(load(data, database_url=url.render_as_string(hide_password=False))))
        yield data, url


@contextmanager
def _new_database(server: str, template: str = "template1") -> Iterator[URL]:
    """A copy of a database that nobody is using; dropped afterwards."""
    name = f"t{uuid.uuid4().hex}"
    owner = postgres_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield make_url(server).set(database=name)
    with owner.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    owner.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation of each kind on which the campaign was run, and which stands still now."""
    yield from installation(request, tmp_path)


def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """One of the kind that is asked for."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("played"), data)
        yield load(data)
        return
    kept, template = request.getfixturevalue("played_postgres")
    shutil.copytree(kept, data)
    with _new_database(request.getfixturevalue("postgres_server"), template.database) as url:
        yield load(data, database_url=url.render_as_string(hide_password=False))


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    """It, opened as the audit opens it."""
    with opened(settings, audits=True) as found:
        yield found


async def _campaign(settings: Settings) -> None:
    """Scores published at three positions, and the record goes on after each."""
    async with together(settings, stream=False) as node:
        made = await fill(node)
        for turn, (kind, period, upto) in enumerate(
            ((PeriodKind.MONTH, "2015-06", date(2015, 7, 31)), (PeriodKind.PHASE, "2", date(2015, 8, 12)))
        ):
            await report(made, day(f"08-{12 + turn}"), 1 + turn)
            await made.settle()
            publish = PublishScores(
                plan="dongfeng-2015-28", rulebook="default", period_kind=kind, period=period, as_of=upto
            )
            await made.send(publish, day(f"08-{14 + turn}"))
            await made.settle()
        await made.send(CorrectCase(reason="网格填错", grid="G01-1"), day("08-20"), made.cases["handled"])
        await report(made, day("08-21"), 2)
        await made.settle()


def published(storage: Storage) -> list[tuple[int, Any]]:
    """Each published score and its position."""
    names = [ScorePublished.NAME, ScoreRestated.NAME]
    with storage.log_engine.connect() as connection:
        found = connection.execute(
            select(events.c.position, events.c.bytes)
            .where(events.c.log == LOG, events.c.type.in_(names))
            .order_by(events.c.position)
        )
        return [(position, storage.log.codec.decode(position, data).event) for position, data in found]


def forge(storage: Storage, position: int, change: Callable[[bytes], bytes]) -> None:
    """What one can do who has the signing key too: another content, and a tree and a signature that fit it."""
    alter(storage, position, change)
    mine = (events.c.log == LOG) & (events.c.position == position)
    with storage.log_engine.begin() as connection:
        written = connection.execute(select(events.c.bytes).where(mine)).scalar_one()
        connection.execute(update(events).where(mine).values(leaf=leaf_hash(written)))
        for table in (tiles, checkpoints):
            connection.execute(delete(table).where(table.c.log == LOG))
    assert storage.seal(LOG) is not None


def alter(storage: Storage, position: int, change: Callable[[bytes], bytes]) -> None:
    """Another content for an event, behind the log's back."""
    mine = (events.c.log == LOG) & (events.c.position == position)
    with storage.log_engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        before = connection.execute(select(events.c.bytes).where(mine)).scalar_one()
        after = change(before)
        assert after != before
        connection.execute(update(events).where(mine).values(bytes=after))


def only_finding(found: Compared) -> ComparedLedger:
    """The one ledger that is not well."""
    assert not found.ok
    (one,) = [one for one in found.ledgers if not one.ok]
    assert one.name in found.as_text()
    return one


# scores ---------------------------------------------------------------------------------------------------------------


def test_invariant_4_every_published_score_replays_to_the_same_digits(storage: Storage) -> None:
    scores = published(storage)
    evidence = {event.score.position for _, event in scores}
    assert len(evidence) > 2, "published at several positions"
    assert any(event.score.indicators for _, event in scores if isinstance(event, ScorePublished))
    assert scores[-1][0] < storage.log.size(LOG) - 1, "and the record went on"
    found = compare(storage, LOG)
    assert found.ok, found.as_text()
    assert (found.scores_checked, found.scores_equal, found.first_bad) == (len(scores), len(scores), None)


def _other_points(event: Any) -> Callable[[bytes], bytes]:
    shown = f'"points":{{"decimal":"{event.score.points.decimal}"'.encode()
    return lambda stored: stored.replace(shown, b'"points":{"decimal":"99.9999"')


def test_invariant_4_an_altered_digit_is_named_by_its_position(storage: Storage) -> None:
    scores = published(storage)
    position, event = scores[len(scores) // 2]
    alter(storage, position, _other_points(event))
    found = compare(storage, LOG)
    assert not found.ok
    assert (found.scores_checked, found.scores_equal) == (len(scores), len(scores) - 1)
    assert found.first_bad is not None
    assert (found.first_bad["position"], found.first_bad["code"]) == (position, "leaf")
    assert found.root is None, "there is no root over what was altered"


def test_invariant_4_a_digit_forged_with_the_key_is_recomputed_to_another(storage: Storage) -> None:
    scores = published(storage)
    position, event = scores[len(scores) // 2]
    forge(storage, position, _other_points(event))
    found = compare(storage, LOG)
    assert not found.ok
    assert found.scores_equal < found.scores_checked == len(scores)
    assert found.first_bad == {"position": position, "reason": "is recomputed to other digits"}


def _a_resolved_case(storage: Storage) -> int:
    query = select(events.c.position).where(events.c.log == LOG, events.c.type == CaseResolved.NAME)
    with storage.log_engine.connect() as connection:
        position = connection.scalar(query.order_by(events.c.position).limit(1))
    assert position is not None
    return int(position)


def _a_year_later(stored: bytes) -> bytes:
    return stored.replace(b'"occurred_at":"2015', b'"occurred_at":"2016')


def test_an_altered_event_is_named_by_its_own_position(storage: Storage) -> None:
    position = _a_resolved_case(storage)
    alter(storage, position, _a_year_later)
    found = compare(storage, LOG)
    assert not found.ok
    assert found.first_bad is not None
    assert (found.first_bad["position"], found.first_bad["code"]) == (position, "leaf")
    assert found.scores_equal < found.scores_checked, "and it is seen in the scores that rest on it"


def test_an_altered_event_without_weight_is_named_too(storage: Storage) -> None:
    """No ledger holds what was altered, and the leaf that is stored is the old one: only the bytes tell."""
    alter(storage, 3, lambda stored: stored.replace(b'"command_id":"', b'"command_id":"x'))
    found = compare(storage, LOG)
    assert all(one.ok for one in found.ledgers)
    assert not found.ok
    assert found.first_bad is not None
    assert found.first_bad["position"] == 3
    assert found.first_bad["reason"] in found.as_text()


def test_without_the_logs_key_the_bytes_are_held_against_the_tree(storage: Storage, settings: Settings) -> None:
    (settings.data_dir / "keys" / f"{LOG}.pub").unlink()
    assert compare(storage, LOG).ok
    alter(storage, 3, lambda stored: stored.replace(b'"command_id":"', b'"command_id":"x'))
    found = compare(storage, LOG)
    assert found.first_bad is not None
    assert (found.first_bad["position"], found.root) == (3, None)


def test_invariant_4_forged_evidence_is_seen_in_the_scores_that_rest_on_it(storage: Storage) -> None:
    scores = published(storage)
    forge(storage, _a_resolved_case(storage), _a_year_later)
    found = compare(storage, LOG)
    assert not found.ok
    assert found.scores_equal < found.scores_checked == len(scores)
    assert found.first_bad is not None
    assert found.first_bad["position"] == scores[0][0]


def test_a_score_that_cannot_be_read_is_a_finding(storage: Storage) -> None:
    position, _ = published(storage)[0]
    forge(storage, position, lambda stored: stored.replace(b'"points":', b'"pointz":'))
    found = compare(storage, LOG)
    assert not found.ok
    assert found.first_bad == {"position": position, "reason": "cannot be read"}


def test_removed_checkpoints_are_a_finding(storage: Storage) -> None:
    with storage.log_engine.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.log == LOG))
    found = compare(storage, LOG)
    assert found.first_bad is not None
    assert found.first_bad["code"] == "checkpoint_gone"


# ledgers --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs here that a ledger could still follow by."""
    monkeypatch.setattr(comparing, "BEHIND_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
def test_an_emptied_ledger_is_behind_the_log(storage: Storage) -> None:
    with storage.ledgers_engine.begin() as connection:
        connection.execute(delete(ROWS))
        connection.execute(delete(progress).where(progress.c.follower == CASES))
    one = only_finding(compare(storage, LOG))
    assert (one.name, one.position, one.live) == (CASES, -1, one.replayed)
    assert "BEHIND" in one.findings[0]


def test_a_ledger_that_follows_in_a_moment_is_no_finding(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = storage.log.append([proposal("case/a-new-one", 0, reported("sealed:1:case/a-new-one#:AAAA"))])[0]
    assert isinstance(outcome, Appended)
    looks = []

    def pause(seconds: float) -> None:  # the audit waits: another process applies
        looks.append(seconds)
        _catch_up(storage)

    monkeypatch.setattr("shared.audit.compare.time.sleep", pause)
    found = compare(storage, LOG)
    assert found.ok, found.as_text()
    assert len(looks) == 1


@pytest.mark.usefixtures("impatient")
def test_a_ledger_beyond_the_logs_end_is_a_finding(storage: Storage) -> None:
    with storage.ledgers_engine.begin() as connection:
        connection.execute(update(progress).where(progress.c.follower == CASES).values(position=1_000_000))
    one = only_finding(compare(storage, LOG))
    assert one.name == CASES
    assert "AHEAD" in one.findings[0]


def test_a_parked_key_is_a_finding(storage: Storage) -> None:
    with storage.ledgers_engine.begin() as connection:
        connection.execute(insert(parked).values(log=LOG, follower=CASES, key="a", position=1, error="ValueError"))
    one = only_finding(compare(storage, LOG))
    assert (one.name, one.findings) == (CASES, ("PARKED: 1 keys wait",))


def test_another_shape_is_a_finding_and_stays_as_it_is(storage: Storage, settings: Settings) -> None:
    with storage.ledgers_engine.begin() as connection:
        connection.execute(update(ROWS).values(status="closed"))
        connection.execute(text("ALTER TABLE ledger_intake_cases ADD COLUMN another TEXT"))
    for _ in range(2):
        with opened(settings, audits=True) as again:
            one = only_finding(compare(again, LOG))
            assert one.name == CASES
            assert one.first_difference is not None
            assert (one.first_difference["what"], one.first_difference["columns"]) == (
                "the table has another shape", ["another"],
            )  # fmt: skip


@pytest.mark.usefixtures("impatient")
def test_tables_that_are_gone_are_findings(storage: Storage) -> None:
    with storage.ledgers_engine.begin() as connection:
        ROWS.drop(connection)
    assert only_finding(compare(storage, LOG)).findings == ("there is no such table",)
    with storage.ledgers_engine.begin() as connection:
        for table in LEDGERS.tables.values():
            table.drop(connection, checkfirst=True)
    found = compare(storage, LOG)
    assert not any(one.ok for one in found.ledgers)


def test_the_readings_of_what_is_sealed_are_followed_by_no_ledger(storage: Storage) -> None:
    """So none is behind them; that they are what was hashed is looked at all the same."""
    readings = f"{LOG}.access"
    stored = replace(proposal("case/x", 0, reported("sealed:1:case/x#:AAAA")), log=readings)
    assert isinstance(storage.log.append([stored])[0], Appended)
    storage.seal(readings)
    found = compare(storage, readings)
    assert found.ok, found.as_text()
    assert (found.ledgers, found.size, found.scores_checked) == ((), 1, 0)
    assert found.root is not None


def test_what_is_written_meanwhile_is_no_difference(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions and rows are of one moment, while another process applies what comes in."""
    written = _others_write_after_each_look(storage, monkeypatch)
    found = compare(storage, LOG)
    assert found.ok, found.as_text()
    assert len(written) >= len(SERVICES)


def test_a_page_of_a_ledger_holds_what_its_position_says(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(storage, SERVICES, record=False, redis_url=None)
    endpoint = LedgerEndpoint(node, INTAKE.name)
    before = storage.log.size(LOG)
    written = _others_write_after_each_look(storage, monkeypatch)
    wanted = Wanted(LOG, {}, as_of=None, basis="known", at_least=None, cursor=None, format="csv", limit=200)
    position, page = endpoint._find(node.followers[INTAKE.name].runner.tables["cases"], wanted)
    assert written == [before]
    assert position == before - 1
    assert "new-0" not in dict(page)


def _others_write_after_each_look(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on another process appends and applies a case whenever positions were read; gives theirs."""
    checkpoints = Runner.checkpoints
    written: list[int] = []

    def then_others_write(runner: Runner, connection: Connection, log: str) -> Any:
        found = checkpoints(runner, connection, log)
        monkeypatch.setattr(Runner, "checkpoints", checkpoints)
        written.append(_one_more_case(storage, len(written)))
        monkeypatch.setattr(Runner, "checkpoints", then_others_write)
        return found

    monkeypatch.setattr(Runner, "checkpoints", then_others_write)
    return written


def _one_more_case(storage: Storage, number: int) -> int:
    """A case that is reported and applied; its position."""
    stream = f"case/new-{number}"
    outcome = storage.log.append([proposal(stream, 0, reported(f"sealed:1:{stream}#:AAAA"))])[0]
    assert isinstance(outcome, Appended)
    _catch_up(storage)
    return outcome.position


def _catch_up(storage: Storage) -> None:
    for service in SERVICES:
        Runner(service, storage.log, storage.ledgers_engine, storage.log.clock).catch_up(LOG)
