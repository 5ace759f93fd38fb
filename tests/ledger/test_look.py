"""What a decision rests on stands at one position, which it names (invariant 4): never a mix."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, delete, update

from shared.contracts.model import Ledger, Refused
from shared.ledger import runner as running
from shared.ledger.look import look
from shared.ledger.prefix import PrefixLook, prefix
from shared.ledger.runner import Runner
from shared.ledger.tables import progress
from shared.log.database import writing
from tests.ledger.drill import NEWER, OLDER, POISON, Item, ItemDoubled, Tally, drill_log, service
from tests.ledger.histories import item, tell
from tests.parts import LOG

ITEMS: Ledger[Item]
TALLIES: Ledger[Tally]
ITEMS, TALLIES = service().ledgers[:2]


@pytest.fixture
def runner(log_engine: Engine, ledgers_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Ledgers of six events; that of the items is being folded again and has come to the second."""
    log = drill_log(log_engine, NEWER)
    tell(log, LOG, *(("a", item(number)) for number in range(6)))
    found = Runner(service(), log, ledgers_engine, log.clock)
    found.catch_up(LOG)
    items = found.tables[ITEMS.name]
    with writing(ledgers_engine) as connection:  # as `schema.prepare` leaves a ledger of a new shape
        items.clear(connection, LOG)
        connection.execute(delete(progress).where(progress.c.follower == items.follower))
    monkeypatch.setattr(running, "PAGE", 2)
    found.advance(LOG)
    return found


def root(log: str, size: int) -> str:
    return f"{log}:{size}"


def test_a_decision_reads_only_what_stands_where_it_says(runner: Runner, ledgers_engine: Engine) -> None:
    with look(ledgers_engine, runner, LOG, root, decides=True) as seen:
        assert seen.position == 5
        tally = seen.row(TALLIES, "all")
        assert tally is not None
        assert tally.last == seen.position
        for ask in (lambda: seen.row(ITEMS, "a"), lambda: seen.rows(ITEMS)):
            with pytest.raises(Refused) as refused:
                ask()
            assert (refused.value.code, refused.value.known["ledger"]) == ("ledger_behind", ITEMS.name)


def test_when_they_have_caught_up_it_reads_all_at_one_position(runner: Runner, ledgers_engine: Engine) -> None:
    runner.catch_up(LOG)
    with look(ledgers_engine, runner, LOG, root, decides=True) as seen:
        assert (seen.position, seen.root()) == (5, f"{LOG}:6")
        rows = (seen.row(ITEMS, "a"), seen.row(TALLIES, "all"))
        assert None not in rows


def test_a_ledger_that_is_ahead_does_not_lend_its_position(runner: Runner, ledgers_engine: Engine) -> None:
    runner.catch_up(LOG)
    with writing(ledgers_engine) as connection:  # as a rebuild leaves it that read the log a moment later
        ahead = update(progress).where(progress.c.follower == runner.tables[ITEMS.name].follower)
        connection.execute(ahead.values(position=6))
    with look(ledgers_engine, runner, LOG, root, decides=True) as seen, pytest.raises(Refused):
        seen.row(TALLIES, "all")


def test_a_reader_is_shown_what_there_is_and_the_position_that_all_have(runner: Runner, ledgers_engine: Engine) -> None:
    with look(ledgers_engine, runner, LOG, root) as seen:
        assert seen.position == 1
        assert None not in (seen.row(ITEMS, "a"), seen.row(TALLIES, "all"))


def test_of_an_earlier_position_too_only_what_could_be_folded_to_there_is_told(log_engine: Engine) -> None:
    tell(drill_log(log_engine, NEWER), LOG, ("a", item(1)), ("b", item(POISON)), ("a", ItemDoubled()))
    log = drill_log(log_engine, OLDER)
    before = prefix(service(), log, LOG, 0, root)
    assert before.row(ITEMS, "a") is not None
    parked, halted = prefix(service(), log, LOG, 1, root), prefix(service(), log, LOG, 2, root)
    assert len(parked.rows(TALLIES)) == 2
    missing: list[tuple[PrefixLook, Ledger[Any]]] = [(parked, ITEMS), (halted, ITEMS), (halted, TALLIES)]
    for seen, ledger in missing:
        for ask in (seen.rows, partial(seen.row, key="a")):
            with pytest.raises(Refused) as refused:
                ask(ledger)
            assert (refused.value.code, refused.value.known["ledger"]) == ("ledger_behind", ledger.name)
