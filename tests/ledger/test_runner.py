"""Live ledgers equal replayed ledgers, whatever happens to those who keep them."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

import shared.ledger.runner
from shared.contracts.model import Ledger
from shared.ledger.look import look
from shared.ledger.memory import NotHeld
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner
from shared.ledger.tables import digest, interventions, progress
from shared.log.store import Log
from tests.ledger.drill import (
    NEWER,
    OLDER,
    Item,
    ItemDoubled,
    ItemRemoved,
    NoiseEnded,
    NoiseHeard,
    Tally,
    drill_log,
    live,
    replayed,
    service,
)
from tests.ledger.histories import HISTORIES, Said, item, tell
from tests.parts import LOG, Clock, proposal

ROOT = Path(__file__).parents[2]
EXAMPLES = count()
ITEMS: Ledger[Item] = service().ledgers[0]


@pytest.fixture
def log(log_engine: Engine) -> Log:
    return drill_log(log_engine)


@pytest.fixture
def runner(log: Log, ledgers_engine: Engine) -> Runner:
    return runner_on(log, ledgers_engine)


def runner_on(log: Log, engine: Engine) -> Runner:
    return Runner(service(), log, engine, Clock())


@contextmanager
def pages_of(size: int) -> Iterator[None]:
    """The runner reads so many events at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared.ledger.runner, "PAGE", size)
        yield


# live = replayed ----------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=HISTORIES, page=st.integers(1, 7), seed=st.integers(0, 2**32))
def test_invariant_3_live_ledgers_equal_replayed_ledgers(
    log: Log, ledgers_engine: Engine, history: list[Said], page: int, seed: int
) -> None:
    """Any page boundaries, any interleaving of appending and following, restarts in between, and needless wake-ups."""
    chance, name = random.Random(seed), f"log-{next(EXAMPLES)}"
    runner, told = runner_on(log, ledgers_engine), 0
    with pages_of(page):
        while told < len(history):
            match chance.randrange(4):
                case 0:
                    runner = runner_on(log, ledgers_engine)
                case 1:
                    runner.advance(name)
                case _:
                    some = chance.randint(1, len(history) - told)
                    tell(log, name, *history[told : told + some])
                    told += some
        assert runner.catch_up(name) == len(history) - 1
    assert live(runner, ledgers_engine, name) == replayed(log, name, service())
    assert runner.advance(name) == 0


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=HISTORIES, stops=st.lists(st.integers(0, 23), max_size=5))
def test_a_replay_that_stops_on_its_way_equals_one_that_does_not(
    log: Log, history: list[Said], stops: list[int]
) -> None:
    name = f"log-{next(EXAMPLES)}"
    tell(log, name, *history)
    walked = Replay(log, name, [(service(), ledger) for ledger in service().ledgers])
    for stop in sorted(stops):
        walked.to(stop)
        assert {f: digest(walked.rows(f)) for f in walked.ledgers} == replayed(log, name, service(), stop)
    walked.to()
    assert {f: digest(walked.rows(f)) for f in walked.ledgers} == replayed(log, name, service())


def test_the_rows_are_what_the_events_say(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    """The digests above compare two computations: here is one result, written out."""
    tell(
        log,
        LOG,
        ("a", item(2)),
        ("b", item(5)),
        ("a", item(1, "虚构")),
        ("", NoiseHeard(where="east")),
        ("b", ItemRemoved()),
    )
    assert runner.catch_up(LOG) == 4
    with ledgers_engine.connect() as connection:
        rows = {name: dict(table.all(connection, LOG)) for name, table in runner.tables.items()}
    assert list(rows["items"]) == ["a"]
    assert (rows["items"]["a"].number, rows["items"]["a"].text, rows["items"]["a"].maybe_text) == (3, "a 第2版", "虚构")
    tallies = {key: (row.count, row.last) for key, row in rows["tallies"].items()}
    assert tallies == {"all": (4, 4), "sanguan.drill.item-set.v1": (3, 2), "sanguan.drill.item-removed.v1": (1, 4)}
    assert {key: (row.count, row.last) for key, row in rows["noises"].items()} == {"east": (1, 3)}


def test_a_row_that_was_deleted_may_come_again(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    for said in (("a", item(1)), ("a", ItemRemoved()), ("a", ItemRemoved()), ("a", item(7)), ("a", item(1))):
        tell(log, LOG, said)
        runner.catch_up(LOG)
        assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())
    with ledgers_engine.connect() as connection:
        ((key, row),) = runner.tables["items"].all(connection, LOG)
    assert (key, row.number) == ("a", 8)


def test_logs_are_apart(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", item(1)))
    tell(log, "other", ("a", item(2)), ("b", item(3)))
    runner.catch_up("other")
    assert runner.position(LOG) == -1
    runner.catch_up(LOG)
    for name in (LOG, "other"):
        assert live(runner, ledgers_engine, name) == replayed(log, name, service())
    runner.rebuild("other", "items")
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())


def test_a_ledger_that_joins_later_catches_up_beside_the_others(log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, *(("a", item(n)) for n in range(9)))
    whole = service()
    Runner(replace(whole, ledgers=whole.ledgers[:1]), log, ledgers_engine, Clock()).catch_up(LOG)
    tell(log, LOG, *(("b", item(n)) for n in range(3)))
    runner = runner_on(log, ledgers_engine)
    assert runner.position(LOG) == -1
    with pages_of(2):
        assert runner.catch_up(LOG) == 11
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, whole)


# several at once ----------------------------------------------------------------------------------------------------


def _follow(engines: tuple[Engine, Engine], name: str, page: int, upto: int) -> "subprocess.Popen[str]":
    urls = [engine.url.render_as_string(hide_password=False) for engine in engines]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.following", *urls, name, str(page), str(upto)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _tell_many(log: Log, events: int) -> None:
    """Many events, of which each counts: what is applied twice is seen in sums and tallies."""
    for start in range(0, events, 100):
        batch = [
            proposal(f"item/{n % 10}", (start + n) // 10, item(1), owner="drill", log=LOG, command_id=f"k-{start + n}")
            for n in range(100)
        ]
        log.append(batch)


def test_invariant_3_two_processes_that_follow_one_log_apply_each_event_once(
    log: Log, log_engine: Engine, ledgers_engine: Engine
) -> None:
    _tell_many(log, 400)
    children = [_follow((log_engine, ledgers_engine), LOG, 3, 599) for _ in range(3)]
    try:
        for child in children:  # all are at work
            assert child.stdout is not None
            assert child.stdout.readline()
        _tell_more(log, 400, 200)
        said = [child.communicate(timeout=120)[0].split() for child in children]
    finally:
        for child in children:
            child.kill()
    assert [words[-1] for words in said] == ["there"] * 3
    runner = runner_on(log, ledgers_engine)
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())
    with ledgers_engine.connect() as connection:
        assert {row.number for _, row in runner.tables["items"].all(connection, LOG)} == {60}


def _tell_more(log: Log, start: int, events: int) -> None:
    for at in range(start, start + events):
        log.append([proposal(f"item/{at % 10}", at // 10, item(1), owner="drill", log=LOG, command_id=f"k-{at}")])


def test_invariant_3_a_runner_that_is_killed_in_the_middle_goes_on_where_it_was(
    log: Log, log_engine: Engine, ledgers_engine: Engine
) -> None:
    _tell_many(log, 1_500)
    for lines in (5, 9):
        child = _follow((log_engine, ledgers_engine), LOG, 2, 1_499)
        assert child.stdout is not None
        for _ in range(lines):
            child.stdout.readline()
        child.kill()
        child.communicate()
    runner = runner_on(log, ledgers_engine)
    assert -1 < runner.position(LOG) < 1_499
    reached = runner.position(LOG)
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service(), reached)
    assert runner.catch_up(LOG) == 1_499
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())


# anywhere -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "surroundings",
    [
        {"TZ": "America/New_York", "PYTHONHASHSEED": "1", "LC_ALL": "C"},
        {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    ],
    ids=lambda surroundings: surroundings["TZ"],
)
def test_invariant_3_a_replay_is_the_same_anywhere(
    log: Log, log_engine: Engine, runner: Runner, ledgers_engine: Engine, surroundings: dict[str, str]
) -> None:
    tell(log, LOG, *((f"沙门-{n % 3}", item(n, "虚构")) for n in range(12)), ("", NoiseHeard(where="east")))
    runner.catch_up(LOG)
    url = log_engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger.replaying", url, LOG],
        cwd=ROOT, env=os.environ | surroundings, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == live(runner, ledgers_engine, LOG)


# rebuilding ---------------------------------------------------------------------------------------------------------


def test_a_rebuilt_ledger_equals_the_live_one(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    tell(log, LOG, *((f"{n % 4}", item(n)) for n in range(20)), ("1", ItemRemoved()))
    runner.catch_up(LOG)
    before = live(runner, ledgers_engine, LOG)
    table = runner.tables["items"].table
    with ledgers_engine.execution_options(writes=True).begin() as connection:  # someone has tampered with it
        connection.execute(table.update().where(table.c.key == "2").values(number=99))
        connection.execute(table.delete().where(table.c.key == "3"))
        connection.execute(table.insert().values(log=LOG, key="false", number=1, colour="none", day="?", marks="["))
    assert live(runner, ledgers_engine, LOG) != before
    assert runner.rebuild(LOG, "items") == 20
    assert live(runner, ledgers_engine, LOG) == before
    with ledgers_engine.connect() as connection:
        done = connection.execute(select(interventions)).one()
    assert (done.log, done.follower, done.key, done.what) == (LOG, "drill.items", "*", "rebuilt")
    tell(log, LOG, ("2", item(1)))
    assert runner.catch_up(LOG) == 21
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())


def test_a_rebuild_takes_no_reader_back(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    """While the old log is folded again, the live ledger goes on: the new rows are as far as it is by then."""
    tell(log, LOG, *(("a", item(1)) for _ in range(5)))
    runner.catch_up(LOG)

    class Busy(Runner):
        """Another process follows on while this one has folded, and before it may write."""

        @contextmanager
        def _alone(self, name: str) -> Iterator[object]:  # type: ignore[override]  # what it yields is only passed on
            tell(log, LOG, ("a", item(1)), ("b", item(1)))
            assert runner.catch_up(name) == 6
            with super()._alone(name) as connection:
                yield connection

    assert Busy(service(), log, ledgers_engine, Clock()).rebuild(LOG, "items") == 6
    assert runner.position(LOG) == 6
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())


# looking ------------------------------------------------------------------------------------------------------------


def test_a_look_sees_all_ledgers_at_one_position(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", item(1)), ("b", item(2)))
    runner.catch_up(LOG)
    tallies: Ledger[Tally] = service().ledgers[1]
    with look(ledgers_engine, runner, LOG, lambda log, size: f"{log}:{size}") as seen:
        assert seen.position == 1
        tell(log, LOG, ("a", item(5)), ("c", item(2)))
        runner.catch_up(LOG)  # meanwhile the ledgers go on
        row, all_ = seen.row(ITEMS, "a"), seen.row(tallies, "all")
        assert row is not None
        assert all_ is not None
        assert (row.number, all_.count, seen.row(ITEMS, "c"), seen.root()) == (1, 2, None, f"{LOG}:2")
        assert [found.number for found in seen.rows(ITEMS)] == [1, 2]
    with look(ledgers_engine, runner, LOG, lambda log, size: "") as seen:
        assert seen.position == 3
        assert [found.number for found in seen.rows(ITEMS, flag=False)] == [2, 2]
        assert [found.number for found in seen.rows(ITEMS, maybe_day=None, number=6)] == [6]
        first = seen.rows(ITEMS)[0]
        assert seen.rows(ITEMS, at=first.at, day=first.day, colour=first.colour, text=first.text) == [first]


def test_what_memory_holds_is_what_the_ledgers_hold(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    chance = random.Random(20150611)
    tell(log, LOG, ("a", item(1)))
    runner.catch_up(LOG)
    held = 0
    for _ in range(60):
        match chance.randrange(4):
            case 0:
                tell(log, LOG, (chance.choice("abc"), chance.choice([item(1), ItemRemoved()])))
                runner.catch_up(LOG)
            case 1:  # another process goes on instead
                tell(log, LOG, (chance.choice("abc"), item(1)))
                runner_on(log, ledgers_engine).catch_up(LOG)
                runner.advance(LOG)
            case _:
                pass
        key = chance.choice("abc")
        with look(ledgers_engine, runner, LOG, lambda log, size: "", decides=True) as seen:
            position, row, rows = seen.position, seen.row(ITEMS, key), seen.rows(ITEMS, flag=True)
            try:
                with runner.memory.look(LOG) as remembered:
                    assert remembered.position == position
                    assert remembered.row(ITEMS, key) == row
                    assert remembered.rows(ITEMS, flag=True) == rows
                    held += 1
            except NotHeld:
                pass
    assert held > 10


# where it stands ----------------------------------------------------------------------------------------------------


def assert_reached(runner: Runner, wanted: int) -> None:
    """After an advance, what the runner says from memory is what the database says."""
    assert (runner.reached[LOG], runner.position(LOG)) == (wanted, wanted)


def test_what_a_runner_has_reached_is_where_its_ledgers_stand(log: Log, runner: Runner, ledgers_engine: Engine) -> None:
    assert LOG not in runner.reached
    for _ in range(2):
        assert runner.advance(LOG) == 0
        assert_reached(runner, -1)  # an empty log
    tell(log, LOG, *(("a", item(1)) for _ in range(5)), ("", NoiseHeard(where="east")))
    with pages_of(4):
        for read, wanted in ((4, 3), (2, 5), (0, 5)):
            assert runner.advance(LOG) == read
            assert_reached(runner, wanted)
    tell(log, LOG, ("b", item(1)))
    other = runner_on(log, ledgers_engine)  # another process goes on
    other.advance(LOG)
    assert_reached(other, 6)
    assert runner.advance(LOG) == 0
    assert_reached(runner, 6)
    assert "other" not in runner.reached


def test_what_is_reached_where_ledgers_have_halted(log_engine: Engine, ledgers_engine: Engine) -> None:
    newer_log, older_log = drill_log(log_engine, NEWER), drill_log(log_engine, OLDER)
    tell(newer_log, LOG, ("a", item(1)), ("a", ItemDoubled()), ("", NoiseHeard(where="east")), ("a", item(1)))
    older = runner_on(older_log, ledgers_engine)
    with pages_of(1):
        for wanted in (0, 1, 2, 3, 3):  # of the one that goes on
            older.advance(LOG)
            assert_reached(older, wanted)
    tell(newer_log, LOG, ("", NoiseEnded(where="east")))
    older.advance(LOG)
    assert_reached(older, -1)  # none goes on
    assert older.advance(LOG) == 0
    assert_reached(older, -1)
    again = runner_on(older_log, ledgers_engine)  # it tries once more, and is no wiser
    for _ in range(2):
        again.advance(LOG)
        assert_reached(again, -1)
    newer = Runner(service(newer=True), newer_log, ledgers_engine, Clock())
    with pages_of(1):
        while newer.advance(LOG):
            assert newer.reached[LOG] == newer.position(LOG)
    assert_reached(newer, 4)
    assert live(newer, ledgers_engine, LOG) == replayed(newer_log, LOG, service(newer=True))
    older.advance(LOG)
    assert_reached(older, 4)
    for name in again.tables:  # another process of the older program folds them again, and halts where it did
        again.rebuild(LOG, name)
    assert older.advance(LOG) == 0
    assert_reached(older, -1)


def test_what_is_reached_where_a_ledger_is_ahead_of_the_others(log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, *(("a", item(n)) for n in range(6)))
    whole = service()
    ahead = Runner(replace(whole, ledgers=whole.ledgers[:1]), log, ledgers_engine, Clock())
    ahead.advance(LOG)
    assert_reached(ahead, 5)
    runner = runner_on(log, ledgers_engine)
    with pages_of(4):
        for read, wanted in ((4, 3), (2, 5), (0, 5)):
            assert runner.advance(LOG) == read
            assert_reached(runner, wanted)
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, whole)


def test_what_is_reached_where_the_ledgers_are_ahead_of_the_log(
    log: Log, runner: Runner, ledgers_engine: Engine
) -> None:
    """An older backup of the log was restored: they wait where they are."""
    tell(log, LOG, *(("a", item(n)) for n in range(3)))
    runner.catch_up(LOG)
    with ledgers_engine.execution_options(writes=True).begin() as connection:
        connection.execute(progress.update().values(position=9))
        connection.execute(progress.update().where(progress.c.follower == "drill.noises").values(position=7))
    for one in (runner, runner_on(log, ledgers_engine)):
        assert one.advance(LOG) == 0
        assert_reached(one, 7)
