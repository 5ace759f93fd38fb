"""An event that cannot be folded stops what depends on it, visibly; nothing is skipped (invariant 9)."""

import contextlib

import pytest
from sqlalchemy import Engine, select, text

from shared.contracts.model import Ledger, Refused, Service
from shared.ledger.look import look
from shared.ledger.memory import NotHeld
from shared.ledger.runner import Runner
from shared.ledger.tables import interventions, parked
from shared.ledger.waiting import stuck, troubles
from shared.log.store import Log
from tests.ledger.drill import (
    NEWER,
    OLDER,
    POISON,
    Item,
    ItemDoubled,
    ItemRemoved,
    NoiseEnded,
    NoiseHeard,
    drill_log,
    live,
    replayed,
    service,
)
from tests.ledger.histories import item, tell
from tests.parts import LOG, OTHER_LOG, proposal

ITEMS: Ledger[Item] = service().ledgers[0]


@pytest.fixture
def log(log_engine: Engine) -> Log:
    """The log as a newer program writes it."""
    return drill_log(log_engine, NEWER)


@pytest.fixture
def older_log(log_engine: Engine) -> Log:
    """The same log, read by a program that does not know every event."""
    return drill_log(log_engine, OLDER)


def runner_on(log: Log, engine: Engine, of: Service | None = None) -> Runner:
    return Runner(of or service(), log, engine, log.clock)


def numbers(runner: Runner, engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {key: row.number for key, row in runner.tables["items"].all(connection, LOG)}


def waiting(engine: Engine) -> list[tuple[str, str, int, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(parked).order_by(parked.c.key, parked.c.position)).all()
    return [(row.follower, row.key, row.position, row.error) for row in rows]


def catch_up(runner: Runner, of: str = LOG) -> int:
    """Advance until there is nothing more to read; the position of those that are not halted."""
    while runner.advance(of):
        pass
    return runner.position(of)


# an event of a newer program ----------------------------------------------------------------------------------------


def test_invariant_9_an_unknown_event_halts_the_ledgers_that_follow_its_owner(
    log: Log, older_log: Log, ledgers_engine: Engine
) -> None:
    """Attack 7. Ledgers that follow another owner go on, and nothing that stands is touched."""
    tell(log, LOG, ("a", item(1)), ("", NoiseHeard(where="east")), ("a", ItemDoubled()), ("a", item(5)))
    tell(log, LOG, ("", NoiseHeard(where="east")))
    runner = runner_on(older_log, ledgers_engine)
    assert catch_up(runner) == 4  # of those that go on
    with ledgers_engine.connect() as connection:
        standing = runner.checkpoints(connection, LOG)
        noises = dict(runner.tables["noises"].all(connection, LOG))
    reason = "unknown event type sanguan.drill.item-doubled.v1"
    assert {name: (at.position, at.halted) for name, at in standing.items()} == {
        "drill.items": (1, reason), "drill.tallies": (1, reason), "drill.noises": (4, None),
    }  # fmt: skip
    assert noises["east"].count == 2
    assert numbers(runner, ledgers_engine) == {"a": 1}
    assert stuck(ledgers_engine, LOG, "drill.items")
    assert not stuck(ledgers_engine, LOG, "drill.noises")
    assert {(trouble.follower, trouble.kind, trouble.where) for trouble in troubles(ledgers_engine)} == {
        ("drill.items", "halted", "2"), ("drill.tallies", "halted", "2"),
    }  # fmt: skip


def test_a_halted_ledger_goes_on_with_a_newer_program(log: Log, older_log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", item(1)), ("a", ItemDoubled()), ("a", item(5)), ("", NoiseHeard(where="east")))
    older = runner_on(older_log, ledgers_engine)
    catch_up(older)
    assert live(older, ledgers_engine, LOG) == replayed(older_log, LOG, service())  # a replay halts there as well
    tell(log, LOG, ("b", item(3)))
    catch_up(older)
    again = runner_on(older_log, ledgers_engine)  # the same program, started again, is no wiser
    catch_up(again)
    assert numbers(again, ledgers_engine) == {"a": 1}

    newer = runner_on(log, ledgers_engine, service(newer=True))
    assert catch_up(newer) == 4
    assert numbers(newer, ledgers_engine) == {"a": 7, "b": 3}
    assert live(newer, ledgers_engine, LOG) == replayed(log, LOG, service(newer=True))
    assert troubles(ledgers_engine) == []


def test_an_unknown_event_of_an_owner_that_nobody_follows_that_closely_still_stops_its_ledger(
    log: Log, older_log: Log, ledgers_engine: Engine
) -> None:
    """The program cannot know what an event means that it does not know: it may concern the rows."""
    tell(log, LOG, ("", NoiseHeard(where="east")), ("", NoiseEnded(where="east")), ("a", item(1)))
    runner = runner_on(older_log, ledgers_engine)
    assert catch_up(runner) == 2
    assert {trouble.follower for trouble in troubles(ledgers_engine)} == {"drill.noises"}
    # A program that knows it, and whose ledgers do not handle it, passes by.
    newer = runner_on(log, ledgers_engine)
    assert catch_up(newer) == 2
    assert troubles(ledgers_engine) == []


def test_every_ledger_halted_at_the_first_event(log: Log, older_log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", ItemDoubled()), ("", NoiseEnded(where="east")), ("a", item(1)))
    runner = runner_on(older_log, ledgers_engine)
    assert catch_up(runner) == -1
    newer = runner_on(log, ledgers_engine, service(newer=True))
    assert catch_up(newer) == 2
    assert live(newer, ledgers_engine, LOG) == replayed(log, LOG, service(newer=True))


def test_bytes_of_another_shape_than_their_name_says_halt_too(
    log: Log, log_engine: Engine, ledgers_engine: Engine
) -> None:
    """Whoever owns the database can alter what is stored; a follower must stop there, not fall over."""
    tell(log, LOG, ("a", item(1)), ("a", item(2)), ("", NoiseHeard(where="east")))
    with log_engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER events_no_update"))
        else:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        connection.execute(
            text("UPDATE events SET bytes = :bytes WHERE position = 1"),
            {"bytes": log.read(LOG, 0, 1)[0].bytes.replace(b'"number":2', b'"number":"x"')},
        )
    runner = runner_on(log, ledgers_engine)
    assert catch_up(runner) == 2
    assert {(trouble.follower, trouble.where) for trouble in troubles(ledgers_engine)} == {
        ("drill.items", "1"), ("drill.tallies", "1"),
    }  # fmt: skip


# a known event that a fold cannot take ------------------------------------------------------------------------------


def test_invariant_9_a_failing_fold_parks_its_key_and_the_others_go_on(log: Log, ledgers_engine: Engine) -> None:
    """Attack 8."""
    runner = runner_on(log, ledgers_engine)
    tell(log, LOG, ("a", item(1)), ("b", item(1)), ("a", item(POISON, "虚构")), ("a", item(2)), ("b", item(2)))
    assert catch_up(runner) == 4
    tell(log, LOG, ("a", item(3)), ("a", ItemRemoved()), ("b", item(3)))
    assert catch_up(runner) == 7
    assert numbers(runner, ledgers_engine) == {"a": 1, "b": 6}
    assert waiting(ledgers_engine) == [
        ("drill.items", "a", 2, "ValueError"),  # and not what the error said, which may quote data
        ("drill.items", "a", 3, ""), ("drill.items", "a", 5, ""), ("drill.items", "a", 6, ""),
    ]  # fmt: skip
    assert [(one.kind, one.follower, one.where, one.why) for one in troubles(ledgers_engine)] == [
        ("parked", "drill.items", "a", "ValueError")
    ]
    assert stuck(ledgers_engine, LOG, "drill.items")
    assert not stuck(ledgers_engine, LOG, "drill.tallies")
    assert not stuck(ledgers_engine, OTHER_LOG, "drill.items")
    assert live(runner, ledgers_engine, LOG) == replayed(log, LOG, service())  # a replay parks it as well


def test_un_parking_applies_what_waited_in_order_and_is_recorded(log: Log, ledgers_engine: Engine) -> None:
    broken = runner_on(log, ledgers_engine)
    tell(log, LOG, ("a", item(1)), ("a", item(POISON)), ("a", ItemRemoved()), ("a", item(4)), ("b", item(POISON)))
    catch_up(broken)
    assert not broken.unpark(LOG, "items", "a")  # nothing was mended
    assert [position for _, key, position, _ in waiting(ledgers_engine) if key == "a"] == [1, 2, 3]
    assert numbers(broken, ledgers_engine) == {"a": 1}

    mended = runner_on(log, ledgers_engine, service(mended=True))
    tell(log, LOG, ("a", item(2)))
    catch_up(mended)  # what comes now still queues behind what waits
    assert numbers(mended, ledgers_engine) == {"a": 1}
    assert mended.unpark(LOG, "items", "a")
    assert numbers(mended, ledgers_engine) == {"a": 6}
    assert [key for _, key, _, _ in waiting(ledgers_engine)] == ["b"]
    with pytest.raises(LookupError):
        mended.unpark(LOG, "items", "a")
    assert mended.unpark(LOG, "items", "b")
    assert live(mended, ledgers_engine, LOG) == replayed(log, LOG, service(mended=True))
    with ledgers_engine.connect() as connection:
        done = connection.execute(select(interventions).order_by(interventions.c.at)).all()
    assert [(row.follower, row.key, row.what) for row in done] == [
        ("drill.items", "a", "tried again"), ("drill.items", "a", "un-parked"), ("drill.items", "b", "un-parked"),
    ]  # fmt: skip


def test_un_parking_stops_again_at_the_next_event_that_cannot_be_folded(log: Log, ledgers_engine: Engine) -> None:
    """The first is mended by hand (its event is known to the fold now), the second is not."""
    mended, broken = runner_on(log, ledgers_engine, service(mended=True)), runner_on(log, ledgers_engine)
    tell(log, LOG, ("a", item(POISON)), ("a", item(1)), ("a", item(POISON)), ("a", item(2)))
    catch_up(broken)
    assert [position for _, _, position, _ in waiting(ledgers_engine)] == [0, 1, 2, 3]
    assert not broken.unpark(LOG, "items", "a")
    assert [(position, error) for _, _, position, error in waiting(ledgers_engine)] == [
        (0, "ValueError"), (1, ""), (2, ""), (3, ""),
    ]  # fmt: skip
    assert mended.unpark(LOG, "items", "a")
    assert numbers(mended, ledgers_engine) == {"a": 2 * POISON + 3}


def test_un_parking_by_an_older_program_leaves_nothing_out(log: Log, older_log: Log, ledgers_engine: Engine) -> None:
    newer = runner_on(log, ledgers_engine, service(newer=True))
    tell(log, LOG, ("a", item(1)), ("a", item(POISON)), ("a", ItemDoubled()))
    catch_up(newer)
    older_log.clock = log.clock
    assert not runner_on(older_log, ledgers_engine, service(mended=True)).unpark(LOG, "items", "a")
    assert [position for _, _, position, _ in waiting(ledgers_engine)] == [1, 2]
    assert runner_on(log, ledgers_engine, service(newer=True, mended=True)).unpark(LOG, "items", "a")
    assert numbers(newer, ledgers_engine) == {"a": 2 * (1 + POISON)}


def test_a_rebuild_with_a_mended_fold_un_parks_all(log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", item(1)), ("a", item(POISON)), ("b", item(POISON)), ("a", item(2)))
    catch_up(runner_on(log, ledgers_engine))
    mended = runner_on(log, ledgers_engine, service(mended=True))
    assert mended.rebuild(LOG, "items") == 3
    assert waiting(ledgers_engine) == []
    assert live(mended, ledgers_engine, LOG) == replayed(log, LOG, service(mended=True))
    # And one that is still broken parks again what it cannot take, without losing its place.
    broken = runner_on(log, ledgers_engine)
    assert broken.rebuild(LOG, "items") == 3
    assert [(key, position) for _, key, position, _ in waiting(ledgers_engine)] == [("a", 1), ("a", 3), ("b", 2)]


def test_a_rebuild_that_halts_says_so(log: Log, older_log: Log, ledgers_engine: Engine) -> None:
    tell(log, LOG, ("a", item(1)), ("a", ItemDoubled()), ("a", item(2)))
    older = runner_on(older_log, ledgers_engine)
    assert older.rebuild(LOG, "items") == 0
    assert numbers(older, ledgers_engine) == {"a": 1}
    assert [(one.follower, one.kind, one.where) for one in troubles(ledgers_engine)] == [("drill.items", "halted", "1")]


# decisions that depend on what stopped ------------------------------------------------------------------------------


def test_a_decision_does_not_rest_on_a_ledger_that_stopped(log: Log, older_log: Log, ledgers_engine: Engine) -> None:
    runner = runner_on(older_log, ledgers_engine)
    tell(log, LOG, ("a", item(1)), ("b", item(POISON)))
    catch_up(runner)
    with look(ledgers_engine, runner, LOG, lambda log, size: "", decides=True) as seen:
        assert seen.row(ITEMS, "a") is not None  # this key stands
        for ask in (lambda: seen.row(ITEMS, "b"), lambda: seen.rows(ITEMS)):
            with pytest.raises(Refused, match="ledger_behind"):
                ask()
    with look(ledgers_engine, runner, LOG, lambda log, size: "") as seen:  # who only reads is shown what there is
        assert [row.number for row in seen.rows(ITEMS)] == [1]
    tell(log, LOG, ("a", ItemDoubled()))
    catch_up(runner)
    with look(ledgers_engine, runner, LOG, lambda log, size: "", decides=True) as seen:
        with pytest.raises(Refused, match="ledger_behind"):
            seen.row(ITEMS, "a")
        assert seen.row(service().ledgers[2], "east") is None  # this ledger is not concerned
    with look(ledgers_engine, runner, OTHER_LOG, lambda log, size: "", decides=True) as seen:
        assert seen.rows(ITEMS) == []


def test_memory_holds_nothing_that_is_parked(log: Log, ledgers_engine: Engine) -> None:
    runner = runner_on(log, ledgers_engine)
    tell(log, LOG, ("a", item(1)))
    catch_up(runner)

    def known() -> bool:
        with look(ledgers_engine, runner, LOG, lambda log, size: "") as seen:  # a reader, who is shown what there is
            assert seen.row(ITEMS, "a") is not None
        with (
            contextlib.suppress(Refused),
            look(ledgers_engine, runner, LOG, lambda log, size: "", decides=True) as seen,
        ):
            seen.row(ITEMS, "a")
        try:
            with runner.memory.look(LOG) as remembered:
                return remembered.row(ITEMS, "a") is not None
        except NotHeld:
            return False

    assert known()
    log.append([proposal("item/a", 1, item(POISON), owner="drill")])
    catch_up(runner)
    assert not known()
    mended = runner_on(log, ledgers_engine, service(mended=True))
    assert mended.unpark(LOG, "items", "a")  # in another process
    assert known()
    with runner.memory.look(LOG) as remembered:
        row = remembered.row(ITEMS, "a")
        assert row is not None
        assert row.number == 1 + POISON
