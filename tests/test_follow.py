"""Following the log: ledgers and reactions, in a running loop, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select

from shared.command import Asked, Desk
from shared.contracts.event import Recorded
from shared.contracts.model import Reaction, Refused, Sent
from shared.follow import Follower
from shared.ledger.look import look
from shared.ledger.tables import LEDGERS, tables_of
from shared.ledger.waiting import refused
from shared.log.append import Appended
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.database import writing
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.tables import reactions, refused_reactions
from shared.log.vault import Vault
from tests import ticketing
from tests.delivery.parts import eventually, running
from tests.parts import CLERK, LOG, MASTER, NOW, OTHER_LOG, Clock, assert_dense, everything
from tests.ticketing import CloseTicket, CountTicket, DrawTicket, OpenWindow, TicketClosed, TicketCounted, WindowOpened

tables_of(ticketing.SERVICE)  # they join those that the fixtures create
OLDER = tuple(event for event in ticketing.EVENTS if event is not TicketCounted)


def _open_a_window(recorded: Recorded) -> Sequence[Sent]:
    """A closed ticket opens the window that its reason names; "broken" is one that the reaction cannot take."""
    if recorded.event.reason == "broken":
        raise ZeroDivisionError("the reaction is broken")
    return [Sent(OpenWindow(code=recorded.event.reason))]


def _draw_at_it(recorded: Recorded) -> Sequence[Sent]:
    """A window that was opened by a reaction gets a ticket: a decision that rests on a fact."""
    code = recorded.event.code
    if not code.startswith("r-"):
        return []
    return [Sent(DrawTicket(window="nowhere" if code == "r-0" else code, matter="虚构的事由"), id=f"at-{code}")]


SERVICE = replace(
    ticketing.SERVICE,
    reactions=(Reaction("open", (TicketClosed,), _open_a_window), Reaction("draw", (WindowOpened,), _draw_at_it)),
)


@dataclass
class Process:
    """What one process has that serves the service."""

    desk: Desk
    follower: Follower
    log: Log

    async def send(self, command: Any, command_id: str, log: str = LOG, **asked: Any) -> Appended:
        return await self.desk.send(
            Asked(log=log, command_id=command_id, command=command, occurred_at=NOW, actor=CLERK, **asked)
        )

    async def reacted(self, log: str = LOG) -> None:
        """Wait until there is nothing more to react to."""
        await eventually(
            lambda: self.follower.reactions.position(log) == self.log.size(log) - 1 > -1, f"reactions in {log}"
        )


class Place:
    """Starts processes on the same databases."""

    def __init__(self, log_engine: Engine, ledgers_engine: Engine) -> None:
        self.log_engine, self.ledgers_engine = log_engine, ledgers_engine

    @asynccontextmanager
    async def process(self, catalogue: tuple[Any, ...] = ticketing.EVENTS) -> AsyncIterator[Process]:
        log = open_log(self.log_engine, Codec(catalogue), Clock())
        with ThreadPoolExecutor(1) as thread:
            follower = Follower(SERVICE, log, self.ledgers_engine, thread, Clock())
            appender = Appender(log, lambda name: follower.nudge())
            desk = Desk(
                SERVICE, log, appender, Vault(self.log_engine, MASTER),
                lambda name: look(self.ledgers_engine, follower.runner, name, lambda log, size: "", decides=True),
                follower.runner.memory.look, follower.caught_up, Clock(),
            )  # fmt: skip
            async with running(follower.run(desk)):
                yield Process(desk, follower, log)
            await appender.close()

    def refused(self) -> list[tuple[str, int, str, str]]:
        with self.log_engine.connect() as connection:
            rows = connection.execute(select(refused_reactions).order_by(refused_reactions.c.command_id)).all()
        return [(row.log, row.position, row.command_id, row.code) for row in rows]


@pytest.fixture
def place(log_engine: Engine, ledgers_engine: Engine) -> Place:
    return Place(log_engine, ledgers_engine)


def run(place: Place, scenario: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in one process, where window w-1 and tickets t-0 to t-9 are there already."""

    async def whole() -> None:
        async with asyncio.timeout(120), place.process() as process:
            await process.send(OpenWindow(code="w-1"), "window")
            for number in range(10):
                await process.send(DrawTicket(window="w-1", matter="虚构"), f"draw-{number}", id=f"t-{number}")
            await scenario(process)

    asyncio.run(whole())


async def close(process: Process, number: int, reason: str) -> Appended:
    return await process.send(CloseTicket(reason=reason), f"close-{number}", id=f"t-{number}")


def test_a_reaction_s_command_names_what_caused_it(place: Place) -> None:
    async def scenario(process: Process) -> None:
        closed = await close(process, 1, "r-1")
        await process.reacted()
        opened, drawn = process.log.recorded(LOG, closed.position + 1, 9)
        assert (opened.stream, opened.cause) == ("window/r-1", f"{LOG}/{closed.position + 1}")
        assert (drawn.stream, drawn.cause) == ("ticket/at-r-1", f"{LOG}/{opened.position}")
        assert (opened.actor.id, opened.actor.role, opened.occurred_at) == (
            "service:ticketing",
            "service",
            NOW.replace(hour=8),
        )
        assert opened.command_id == f" {LOG}/{closed.position + 1}:open:0"

    run(place, scenario)


def test_invariant_2_a_reaction_that_is_sent_again_has_one_effect(place: Place, ledgers_engine: Engine) -> None:
    """Its place is forgotten, as after a restore of the ledgers, and everything is reacted to again."""

    async def scenario(process: Process) -> None:
        for number in range(1, 6):
            await close(process, number, f"r-{number}")
        await process.reacted()
        size = process.log.size(LOG)
        assert size == 11 + 5 * 4
        with writing(place.log_engine) as connection:
            connection.execute(delete(reactions))
        async with place.process() as other:
            await other.reacted()
            assert other.desk.outcomes["repeated"] == 10
        assert process.log.size(LOG) == size
        assert place.refused() == []

    run(place, scenario)


def test_two_processes_react_to_one_log(place: Place) -> None:
    async def scenario(process: Process) -> None:
        async with place.process() as other:
            await asyncio.gather(*(close((process, other)[n % 2], n, f"r-{n}") for n in range(1, 10)))
            await process.reacted()
            await other.reacted()
        types = [stored.type for stored in everything(process.log)]
        assert types.count(WindowOpened.NAME) == 1 + 9
        assert len(types) == 11 + 9 * 4
        assert_dense(everything(process.log))
        assert place.refused() == []

    run(place, scenario)


def test_a_refused_reaction_is_recorded_and_the_next_ones_go_on(place: Place, ledgers_engine: Engine) -> None:
    async def scenario(process: Process) -> None:
        first = await close(process, 0, "w-1")  # that window is open already
        second = await close(process, 1, "r-0")  # that window's ticket is drawn at another one, which is not there
        await close(process, 2, "r-2")
        await process.reacted()
        at, window = first.position + 1, next(
            stored.position for stored in everything(process.log) if stored.stream == "window/r-0"
        )  # fmt: skip
        assert place.refused() == sorted(
            [
                (LOG, at, f" {LOG}/{at}:open:0", "already_open"),
                (LOG, window, f" {LOG}/{window}:draw:0", "no_such_window"),
            ],
            key=lambda row: row[2],
        )
        assert second.position < window
        assert {(one.kind, one.why) for one in refused(place.log_engine)} == {
            ("refused", "already_open"), ("refused", "no_such_window"),
        }  # fmt: skip
        assert process.log.stream(LOG, "ticket/at-r-2") != []
        assert process.desk.outcomes["already_open"] == process.desk.outcomes["no_such_window"] == 1

    run(place, scenario)


def test_a_reaction_may_wait_for_the_ledgers(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its facts are refused at first, while other reactions make the log grow: the ledgers must go on meanwhile, or it
    would wait for itself. (It may wait for ever here, which a run of the tests may not.)"""
    monkeypatch.setattr("shared.follow.WAIT_SECONDS", 1e6)

    async def scenario(process: Process) -> None:
        await asyncio.gather(*(close(process, n, f"r-{n}") for n in range(10)))
        await process.reacted()
        assert [code for *_, code in place.refused()] == ["no_such_window"]
        assert process.log.size(LOG) == 11 + 10 * 4 - 1

    run(place, scenario)


def test_a_log_in_trouble_does_not_hold_up_another(place: Place) -> None:
    async def scenario(process: Process) -> None:
        broken = await close(process, 1, "broken")
        await close(process, 2, "r-2")
        await process.send(OpenWindow(code="w-1"), "window", log=OTHER_LOG)
        await process.send(DrawTicket(window="w-1", matter="虚构"), "draw", log=OTHER_LOG, id="t-1")
        await process.send(CloseTicket(reason="r-1"), "close", log=OTHER_LOG, id="t-1")
        await process.reacted(OTHER_LOG)
        assert process.log.size(OTHER_LOG) == 6
        await process.follower.caught_up(LOG)  # the ledgers of the log itself go on as well
        assert process.follower.reactions.position(LOG) <= broken.position + 1
        assert process.log.stream(LOG, "window/r-2") == []  # and nothing is skipped

    run(place, scenario)


def test_a_rebuild_reacts_to_nothing(place: Place) -> None:
    async def scenario(process: Process) -> None:
        await close(process, 1, "r-1")
        await process.reacted()
        size = process.log.size(LOG)
        reacted = process.desk.outcomes.copy()
        await asyncio.to_thread(process.follower.runner.rebuild, LOG, "windows")
        await process.send(CountTicket(), "count", id="t-2")
        await process.reacted()
        assert process.log.size(LOG) == size + 1
        assert process.desk.outcomes - reacted == {"accepted": 1}

    run(place, scenario)


def test_reactions_wait_for_a_program_that_knows_every_event(place: Place, ledgers_engine: Engine) -> None:
    async def scenario(process: Process) -> None:
        closed = await close(process, 1, "r-1")  # it counts first, which the older program does not know
        await process.reacted()
        with writing(place.log_engine) as connection:
            connection.execute(delete(reactions))
        async with place.process(OLDER) as older:
            await eventually(lambda: older.follower.reactions.position(LOG) == closed.position - 1, "what it knows")
            await older.follower.reactions.advance(LOG, closed.position + 1, older.desk)
            assert older.follower.reactions.position(LOG) == closed.position - 1
            assert older.desk.outcomes == {}
        async with place.process() as newer:
            await newer.reacted()
            assert newer.desk.outcomes == {"repeated": 2}

    run(place, scenario)


def test_waking_for_what_is_not_there_returns(place: Place) -> None:
    """Attack 6: a message that was forged, or is of a log that does not exist, has nobody wait for ever."""

    async def scenario(process: Process) -> None:
        await process.follower.wake(LOG, 10**9)
        assert process.follower.positions()[LOG] == 10
        await process.follower.wake("410105999", 3)
        await process.follower.wake(LOG, -5)
        with pytest.raises(Refused, match="ledger_behind") as refused:
            await process.follower.reach(LOG, 11, seconds=0.01)
        assert refused.value.known == {"position": 10}
        waiting = asyncio.create_task(process.follower.reach(LOG, 11))
        await process.send(CountTicket(), "count", id="t-1")
        await waiting

    run(place, scenario)


def test_a_refused_reaction_stays_refused_when_the_ledgers_are_lost(place: Place, ledgers_engine: Engine) -> None:
    async def scenario(process: Process) -> None:
        await close(process, 1, "r-0")  # its ticket is drawn at a window that is not there
        await process.reacted()
        assert [code for *_, code in place.refused()] == ["no_such_window"]
        await process.send(OpenWindow(code="nowhere"), "later")  # now it is
        await process.reacted()
        size = process.log.size(LOG)
        LEDGERS.drop_all(ledgers_engine)
        LEDGERS.create_all(ledgers_engine)
        async with place.process() as other:
            await other.reacted()
            assert other.log.size(LOG) == size

    run(place, scenario)
