"""Group commit: many askers, one transaction, and to each its own answer."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

import shared.log.appender
from shared.log.append import Appended, Conflict, NotTheOwner, Outcome, Proposal, Reused
from shared.log.appender import CROWD, LARGEST_BATCH, LOT, Appender
from shared.log.codec import NotSealed
from shared.log.database import open_engine
from shared.log.schema import migrate
from shared.log.store import Log
from tests.parts import (
    LOG,
    OTHER_LOG,
    appended,
    assert_dense,
    everything,
    log_on,
    proposal,
    reported,
    studio,
    voided,
    withdrawn,
)

ROOT = Path(__file__).parents[2]
PAST_THE_END = 60
"""Seconds that no test here lasts: where one waits for them, it fails."""


@pytest.fixture
def log(log_engine: Engine) -> Log:
    return log_on(log_engine)


@asynccontextmanager
async def appending(log: Log, told: Callable[[str], None] = lambda log: None) -> AsyncIterator[Appender]:
    appender = Appender(log, told)
    try:
        yield appender
    finally:
        await appender.close()


async def ask(appender: Appender, proposals: Sequence[Proposal]) -> list[Outcome | BaseException]:
    """All at once; what comes of each."""
    return await asyncio.gather(*(appender.append(one) for one in proposals), return_exceptions=True)


def kinds(outcomes: Sequence[Any]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


def test_three_hundred_askers_at_once(log: Log) -> None:
    """Good, repeated, stale, reused: each gets its own answer, and all that was acknowledged is in the log."""
    log.append([proposal("case/old", 0, command_id="old"), proposal("case/old", 1)])
    good = [proposal(f"case/{n}", 0, withdrawn(n), voided(n)) for n in range(250)]
    repeated = [proposal("case/old", 0, command_id="old")] * 10
    reused = [proposal("case/old", 2, command_id="old", body=b"another")] * 10
    stale = [proposal("case/old", 1, command_id=f"stale-{n}") for n in range(30)]
    mixed = [one for group in zip(good[:10], repeated, reused, strict=True) for one in group] + good[10:] + stale

    async def scenario() -> list[Outcome | BaseException]:
        async with appending(log) as appender:
            return await ask(appender, mixed)

    outcomes = asyncio.run(scenario())
    assert len(outcomes) == 300
    for one, outcome in zip(mixed, outcomes, strict=True):
        match one.command_id:
            case "old" if one.body_mac == b"another":
                assert outcome == Reused()
            case "old":
                assert outcome == Appended(0, 1, (withdrawn().NAME,), "case/old", repeated=True)
            case command_id if command_id.startswith("stale-"):
                assert outcome == Conflict(2)
            case _:
                assert isinstance(outcome, Appended)
                assert [stored.stream for stored in log.read(LOG, outcome.position - 1, 2)] == [one.stream] * 2
    stored = everything(log)
    assert len(stored) == 2 + 500
    assert_dense(stored)


def test_more_askers_than_the_largest_batch(log: Log) -> None:
    batches: list[str] = []

    async def scenario() -> list[Outcome | BaseException]:
        async with appending(log, batches.append) as appender:
            return await ask(appender, [proposal(f"case/{n}", 0) for n in range(2 * LARGEST_BATCH + 1)])

    outcomes = asyncio.run(scenario())
    # Whoever asked first stands first.
    assert [appended(one).position for one in outcomes if isinstance(one, Appended)] == list(range(len(outcomes)))
    assert batches == [LOG] * 3


@pytest.fixture
def batches(log: Log, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many proposals each batch was of that the log was given."""
    sizes, append = list[int](), log.append

    def counted(batch: Sequence[Proposal]) -> list[Outcome]:
        sizes.append(len(batch))
        return append(batch)

    monkeypatch.setattr(log, "append", counted)
    return sizes


@pytest.fixture
def endless_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for more of a crowd waits beyond the end of the test, which fails then."""
    monkeypatch.setattr(shared.log.appender, "PAUSE_SECONDS", PAST_THE_END)


@pytest.mark.timeout(PAST_THE_END / 2)
@pytest.mark.usefixtures("endless_pause")
def test_in_a_crowd_a_lot_is_sent_off_before_all_have_asked(log: Log, batches: list[int]) -> None:
    """It is being committed while the rest have not even asked; and whoever asked first stands first."""

    async def scenario() -> list[Outcome]:
        async with appending(log) as appender:
            crowd = [appender.append(proposal(f"first/{n}", 0)) for n in range(CROWD)]
            first = list(await asyncio.gather(*crowd))
            lot = [appender.append(proposal(f"lot/{n}", 0)) for n in range(LOT)]
            answers = list(await asyncio.gather(*lot))  # with the rest unasked, and no pause that would end
            rest = [appender.append(proposal(f"rest/{n}", 0, withdrawn(n), voided(n))) for n in range(3 * LOT)]
            return [*first, *answers, *await asyncio.gather(*rest)]

    outcomes = [appended(outcome) for outcome in asyncio.run(scenario())]
    names = [*(f"first/{n}" for n in range(CROWD)), *(f"lot/{n}" for n in range(LOT))]
    names += [f"rest/{n}" for n in range(3 * LOT)]
    assert [outcome.stream for outcome in outcomes] == names
    assert batches == [CROWD, LOT, LOT, 2 * LOT]
    stored = everything(log)
    assert [stored[outcome.position].stream for outcome in outcomes] == names
    assert [outcome.position for outcome in outcomes] == sorted(outcome.position for outcome in outcomes)
    assert [outcome.version for outcome in outcomes] == [1] * (CROWD + LOT) + [2] * 3 * LOT
    assert_dense(stored)


def test_a_lot_of_a_crowd_gives_each_its_own_answer(log: Log, batches: list[int]) -> None:
    """Stale ones in every lot, and fewer than a lot left over at the end."""

    async def scenario() -> list[Outcome | BaseException]:
        async with appending(log) as appender:
            await ask(appender, [proposal(f"first/{n}", 0) for n in range(CROWD)])
            streams = [f"first/{n % CROWD}" if n % 2 else f"case/{n}" for n in range(2 * LOT + 5)]
            asked = [proposal(stream, 0, command_id=f"k-{n}") for n, stream in enumerate(streams)]
            return await ask(appender, asked)

    outcomes = asyncio.run(scenario())
    assert kinds(outcomes) == [Appended, Conflict] * LOT + [Appended, Conflict] * 2 + [Appended]
    assert sum(batches) == CROWD + 2 * LOT + 5
    assert batches[:2] == [CROWD, LOT]
    assert_dense(everything(log))


@pytest.mark.timeout(PAST_THE_END / 2)
@pytest.mark.usefixtures("endless_pause")
def test_who_asks_alone_or_with_few_waits_for_nobody(log: Log, batches: list[int]) -> None:
    """No pause and no lot: each asker's batch is sent off with whoever asked in the same breath."""

    async def scenario() -> None:
        async with appending(log) as appender:
            for n in range(5):
                assert kinds(await ask(appender, [proposal("case/alone", n)])) == [Appended]
                few = [proposal(f"case/{n}-{i}", 0) for i in range(CROWD - 1)]
                assert kinds(await ask(appender, few)) == [Appended] * (CROWD - 1)

    asyncio.run(scenario())
    assert batches == [1, CROWD - 1] * 5


@pytest.mark.timeout(PAST_THE_END / 2)
def test_who_asks_alone_after_a_crowd_is_answered_and_ends_it(
    log: Log, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with appending(log) as appender:
            await ask(appender, [proposal(f"first/{n}", 0) for n in range(2 * LOT)])
            assert kinds(await ask(appender, [proposal("case/alone", 0)])) == [Appended]  # it waits one pause for more
            monkeypatch.setattr(shared.log.appender, "PAUSE_SECONDS", PAST_THE_END)
            assert kinds(await ask(appender, [proposal("case/alone", 1)])) == [Appended]  # and nobody does any more

    asyncio.run(scenario())
    assert batches == [2 * LOT, 1, 1]


def test_several_logs_take_turns(log: Log) -> None:
    turns: list[str] = []
    logs = [LOG, OTHER_LOG, "410105012"]

    async def scenario() -> None:
        async with appending(log, turns.append) as appender:
            flood = [proposal(f"case/{n}", 0) for n in range(3 * LARGEST_BATCH)]
            others = [proposal(f"case/{n}", 0, log=name) for name in logs[1:] for n in range(3)]
            await ask(appender, flood + others)

    asyncio.run(scenario())
    assert turns == [LOG, OTHER_LOG, "410105012", LOG, LOG]
    assert log.heads() == {LOG: 3 * LARGEST_BATCH, OTHER_LOG: 3, "410105012": 3}
    for name in logs:
        assert_dense(everything(log, name))


def test_an_asker_who_goes_away_disturbs_nobody(log: Log) -> None:
    async def scenario() -> list[Outcome | BaseException]:
        async with appending(log) as appender:
            askers = [asyncio.ensure_future(appender.append(proposal(f"case/{n}", 0))) for n in range(40)]
            await asyncio.sleep(0)
            for asker in askers[::2]:
                asker.cancel()
            return await asyncio.gather(*askers, return_exceptions=True)

    outcomes = asyncio.run(scenario())
    assert kinds(outcomes) == [asyncio.CancelledError, Appended] * 20
    assert_dense(everything(log))
    # What was asked for may be in the log all the same; whoever asks again finds out.
    assert all(isinstance(log.append([proposal(f"case/{n}", 0)])[0], Appended) for n in range(40))
    assert log.size(LOG) == 40


def test_a_database_error_reaches_all_who_wait_and_the_next_batch_works(log: Log, log_engine: Engine) -> None:
    def rename(old: str, new: str) -> None:
        with log_engine.execution_options(writes=True).begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    async def scenario() -> None:
        async with appending(log) as appender:
            assert kinds(await ask(appender, [proposal("case/0", 0)])) == [Appended]
            rename("events", "away")
            failed = await ask(appender, [proposal(f"case/{n}", 0, command_id=f"lost-{n}") for n in range(1, 30)])
            assert all(isinstance(error, Exception) for error in failed)
            rename("away", "events")
            assert kinds(await ask(appender, [proposal(f"case/{n}", 0) for n in range(1, 30)])) == [Appended] * 29

    asyncio.run(scenario())
    stored = everything(log)
    assert len(stored) == 30
    assert_dense(stored)
    assert log.answered(LOG, "lost-1") is None


def test_a_postgresql_that_comes_back_is_used_again(postgres_url: str) -> None:
    """Every pooled connection is dead: one batch fails, the next goes in."""
    name = "sanguan-victim"
    engine = open_engine(f"{postgres_url}&application_name={name}")
    log = log_on(engine)
    migrate(engine)

    async def scenario() -> None:
        async with appending(log) as appender:
            assert kinds(await ask(appender, [proposal("case/0", 0)])) == [Appended]
            held = [engine.connect() for _ in range(5)]
            for connection in held:
                connection.close()
            _terminate(postgres_url, name)
            failed = await ask(appender, [proposal("case/1", 0), proposal("case/2", 0)])
            assert all(isinstance(error, psycopg.OperationalError) for error in failed)
            for _ in range(5):
                assert kinds(await ask(appender, [proposal("case/1", 0), proposal("case/2", 0)])) == [Appended] * 2

    asyncio.run(scenario())
    assert log.size(LOG) == 3
    engine.dispose()


def test_a_faulty_proposal_fails_alone(log: Log) -> None:
    """What the log refuses altogether must not take innocent askers of the same batch with it."""
    faulty = [
        proposal("case/9", 0, studio()),
        proposal("case/9", 0, reported("没有封存的内容（虚构）"), command_id="unsealed"),
        proposal("case/9", 0, withdrawn(), command_id="\ud800"),
    ]

    async def scenario() -> list[Outcome | BaseException]:
        async with appending(log) as appender:
            good = [proposal(f"case/{n}", 0) for n in range(6)]
            return await ask(appender, [*good[:3], faulty[0], good[3], faulty[1], good[4], faulty[2], good[5]])

    outcomes = asyncio.run(scenario())
    assert kinds(outcomes[:3]) == [Appended] * 3
    assert kinds(outcomes[3:6]) == [NotTheOwner, Appended, NotSealed]
    assert isinstance(outcomes[7], UnicodeError)
    assert kinds([outcomes[6], outcomes[8]]) == [Appended] * 2
    assert log.size(LOG) == 6
    assert_dense(everything(log))


def test_closing_waits_for_what_is_under_way(log: Log) -> None:
    async def scenario() -> list[Outcome]:
        appender = Appender(log)
        asked = [asyncio.ensure_future(appender.append(proposal(f"case/{n}", 0))) for n in range(20)]
        await asyncio.sleep(0)
        await appender.close()
        return [task.result() for task in asked]

    assert kinds(asyncio.run(scenario())) == [Appended] * 20


def test_whoever_asks_a_closed_appender_is_told(log: Log) -> None:
    async def scenario() -> None:
        appender = Appender(log)
        asked = asyncio.ensure_future(appender.append(proposal("case/0", 0)))
        await asyncio.gather(appender.close(), appender.close())  # both end
        assert isinstance(await asked, Appended)
        with pytest.raises(RuntimeError, match="closed"):
            await appender.append(proposal("case/1", 0))

    asyncio.run(scenario())


def test_a_close_that_was_given_up_takes_no_answer_from_anybody(log: Log) -> None:
    async def scenario() -> None:
        appender = Appender(log)
        asked = [asyncio.ensure_future(appender.append(proposal(f"case/{n}", 0))) for n in range(20)]
        closing = asyncio.create_task(appender.close())
        await asyncio.sleep(0)
        closing.cancel()
        assert kinds(await asyncio.gather(*asked)) == [Appended] * 20
        await appender.close()

    asyncio.run(scenario())


def test_invariant_1_what_was_acknowledged_survives_kill_9(log: Log, log_url: str) -> None:
    """A process is killed in the middle of its work, three times; what was acknowledged is there."""
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.log.acknowledging", log_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(400)]
        child.kill()
        rest, _ = child.communicate()
        complete = [*said, *(line for line in rest.splitlines(keepends=True) if line.endswith("\n"))]
        assert len(complete) >= 400
        stored = everything(log)
        assert_dense(stored)
        for line in complete:
            command_id, position = line.split()
            at = stored[int(position)]
            assert f"{at.stream}@{at.version - 1}" == command_id
        # A transaction is whole or not there: every command's two events.
        assert len(stored) % 2 == 0


def _terminate(url: str, name: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        query = text(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = :name"
        )
        assert connection.execute(query, {"name": name}).scalar_one() >= 5
    engine.dispose()
