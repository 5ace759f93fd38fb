"""What days alone bring about: a service's timers, on both databases. All data is invented (synthetic)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

import shared.timers
from shared.command import Desk
from shared.contracts.event import Recorded
from shared.contracts.model import Look, Refused, Timely, Timer
from shared.follow import Follower
from shared.ledger.look import look
from shared.ledger.tables import tables_of
from shared.ledger.waiting import refused
from shared.log.appender import Appender
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.tables import refused_reactions
from shared.log.vault import Vault
from shared.timers import SILENT_DAYS, Timers
from tests import ticketing
from tests.delivery.parts import eventually, running
from tests.parts import CLERK, LOG, MASTER, NOW, OTHER_LOG, Clock
from tests.ticketing import DrawTicket, OpenWindow

tables_of(ticketing.SERVICE)  # they join those that the fixtures create
DAY = timedelta(days=1)


@dataclass
class Schedule:
    """What the toy's timers find due, as a test says, and on which days they were asked."""

    open: Sequence[Timely] = ()
    daily: Sequence[Timely] = ()
    asked: list[tuple[str, str, date]] = field(default_factory=list)
    broken_in: str | None = None

    def timers(self) -> tuple[Timer, ...]:
        return Timer("open", self._find("open")), Timer("daily", self._find("daily"), daily=True)

    def _find(self, name: str) -> Callable[[Look, date], Sequence[Timely]]:
        def due(look: Look, today: date) -> Sequence[Timely]:
            assert threading.current_thread().name.startswith("timers"), "a look keeps the loop waiting"
            self.asked.append((name, look.log, today))
            if look.log == self.broken_in:
                raise ZeroDivisionError("the timer is broken")
            found: Sequence[Timely] = getattr(self, name)
            return found

        return due


@dataclass
class Process:
    """What one process has that serves the service."""

    desk: Desk
    timers: Timers
    log: Log

    def opened(self, log: str = LOG) -> list[Recorded]:
        """What timers had opened, in the order of the log."""
        return [one for one in self.log.recorded(log, -1, 1_000) if one.actor.id != CLERK.id]


class Place:
    """Starts processes on the same databases."""

    def __init__(self, log_engine: Engine, ledgers_engine: Engine) -> None:
        self.log_engine, self.ledgers_engine = log_engine, ledgers_engine
        self.clock = Clock(NOW + 40 * DAY)

    @asynccontextmanager
    async def process(self, schedule: Schedule) -> AsyncIterator[Process]:
        service = replace(ticketing.SERVICE, timers=schedule.timers())
        log = open_log(self.log_engine, Codec(ticketing.EVENTS), self.clock)
        with ThreadPoolExecutor(1) as thread:
            follower = Follower(service, log, self.ledgers_engine, thread, self.clock)
            appender = Appender(log, lambda name: follower.nudge())

            def looking(name: str, decides: bool = True) -> Any:
                return look(self.ledgers_engine, follower.runner, name, lambda log, size: "", decides=decides)

            desk = Desk(
                service, log, appender, Vault(self.log_engine, MASTER), looking, follower.runner.memory.look,
                follower.caught_up, self.clock,
            )  # fmt: skip
            timers = Timers(service, log, desk, looking, follower.caught_up, self.clock)
            async with running(follower.run(desk)):
                yield Process(desk, timers, log)
            timers.close()
            await appender.close()

    def refused(self) -> list[tuple[str, str, str]]:
        with self.log_engine.connect() as connection:
            rows = connection.execute(select(refused_reactions).order_by(refused_reactions.c.command_id)).all()
        return [(row.log, row.command_id, row.code) for row in rows]


@pytest.fixture
def place(log_engine: Engine, ledgers_engine: Engine) -> Place:
    return Place(log_engine, ledgers_engine)


async def begin(process: Process, log: str = LOG) -> None:
    """A log has to be there before a timer looks at it."""
    asked = shared.command.Asked(
        log=log, command_id="first", command=OpenWindow(code="w-0"), occurred_at=NOW, actor=CLERK
    )
    await process.desk.send(asked)


def run(place: Place, schedule: Schedule, scenario: Callable[[Process], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in one process, whose log is there."""

    async def whole() -> None:
        async with asyncio.timeout(120), place.process(schedule) as process:
            await begin(process)
            await scenario(process)

    asyncio.run(whole())


def window(name: str, key: str | None = None, **how: Any) -> Timely:
    return Timely(key or name, OpenWindow(code=name), **how)


TODAY = NOW + 5 * DAY


def test_what_is_due_is_sent_once_by_the_service_itself_on_the_day_on_which_it_is_found(place: Place) -> None:
    schedule = Schedule(open=[window("w-1"), window("w-2")])

    async def scenario(process: Process) -> None:
        assert await process.timers.tick(TODAY)
        for later in (timedelta(minutes=5), DAY, 9 * DAY):
            assert await process.timers.tick(TODAY + later)
        first, second = process.opened()
        assert (first.stream, first.command_id) == ("window/w-1", " ticketing:open:w-1")
        assert (first.actor.id, first.actor.role, first.occurred_at) == ("service:ticketing", "service", TODAY)
        assert second.stream == "window/w-2"
        assert place.refused() == []

    run(place, schedule, scenario)


def test_two_processes_and_a_restart_have_one_effect(place: Place) -> None:
    schedule = Schedule(open=[window(f"w-{n}") for n in range(1, 9)])

    async def whole() -> None:
        async with asyncio.timeout(120):
            async with place.process(schedule) as one, place.process(schedule) as other:
                await begin(one)
                ticks = [p.timers.tick(TODAY + n * timedelta(seconds=1)) for n, p in enumerate((one, other, one))]
                await asyncio.gather(*ticks)
            async with place.process(schedule) as again:
                assert await again.timers.tick(TODAY + DAY)
                assert sorted(one.stream for one in again.opened()) == [f"window/w-{n}" for n in range(1, 9)]
        assert place.refused() == []

    asyncio.run(whole())


def test_a_refusal_is_recorded_once_and_not_tried_again(place: Place) -> None:
    nowhere = Timely("t", DrawTicket(window="nowhere", matter="虚构"), id="t-1")
    schedule = Schedule(open=[nowhere, window("w-1")])

    async def scenario(process: Process) -> None:
        for later in range(3):
            assert await process.timers.tick(TODAY + later * DAY)
        assert [one.stream for one in process.opened()] == ["window/w-1"]  # what comes after it goes on
        ((log, command_id, code),) = place.refused()
        assert (log, command_id, code) == (LOG, " ticketing:open:t", "no_such_window")
        (told,) = refused(place.log_engine)
        assert (told.kind, told.follower, told.why) == ("refused", "ticketing:open:t", "no_such_window")
        assert process.desk.outcomes["no_such_window"] == 1
        assert process.timers.troubles() == []

    run(place, schedule, scenario)


def test_a_refusal_whose_reason_may_pass_is_told_and_tried_until_it_has(place: Place) -> None:
    waits = Timely("t", DrawTicket(window="w-9", matter="虚构"), id="t-1", passing=frozenset({"no_such_window"}))
    schedule = Schedule(open=[waits])

    async def scenario(process: Process) -> None:
        for later in range(2):
            assert await process.timers.tick(TODAY + later * DAY)
        assert place.refused() == [(LOG, " ticketing:open:t", "no_such_window")]
        schedule.open = [window("w-9"), waits]
        assert await process.timers.tick(TODAY + 2 * DAY)
        assert [one.stream for one in process.opened()] == ["window/w-9", "ticket/t-1"]
        assert place.refused() == []

    run(place, schedule, scenario)


def test_a_refusal_that_turned_into_another_is_told_as_it_is_now(place: Place) -> None:
    schedule = Schedule(
        open=[Timely("t", DrawTicket(window="w-9", matter="虚构"), passing=frozenset({"no_such_window"}))]
    )

    async def scenario(process: Process) -> None:
        await process.timers.tick(place.clock.now + (SILENT_DAYS + 1) * DAY)
        assert [code for *_, code in place.refused()] == ["record_silent"]
        await process.timers.tick(place.clock.now + SILENT_DAYS * DAY)
        assert [code for *_, code in place.refused()] == ["no_such_window"]

    run(place, schedule, scenario)


def test_a_clock_that_is_far_ahead_of_the_record_is_not_believed_until_somebody_enters_something(place: Place) -> None:
    schedule = Schedule(open=[window("w-1")], daily=[window("w-2")])

    async def scenario(process: Process) -> None:
        ahead = place.clock.now + (SILENT_DAYS + 1) * DAY
        assert await process.timers.tick(ahead)
        assert process.opened() == []
        assert {code for *_, code in place.refused()} == {"record_silent"}
        assert process.timers.troubles() == []
        place.clock.now = ahead  # the clock was right: it is only long ago that anybody entered anything
        await process.desk.send(
            shared.command.Asked(
                log=LOG, command_id="second", command=OpenWindow(code="w-3"), occurred_at=NOW, actor=CLERK
            )
        )
        assert await process.timers.tick(ahead + DAY)
        assert [one.stream for one in process.opened()] == ["window/w-1", "window/w-2"]
        assert place.refused() == []

    run(place, schedule, scenario)


def test_a_record_that_was_quiet_over_a_holiday_is_no_reason_to_wait(place: Place) -> None:
    schedule = Schedule(open=[window("w-1")])

    async def scenario(process: Process) -> None:
        assert await process.timers.tick(place.clock.now + SILENT_DAYS * DAY)
        assert [one.stream for one in process.opened()] == ["window/w-1"]

    run(place, schedule, scenario)


def test_what_there_is_nothing_to_do_about_is_no_refusal_to_look_at(place: Place) -> None:
    schedule = Schedule(open=[window("w-0", moot=frozenset({"already_open"}))])

    async def scenario(process: Process) -> None:
        for later in range(2):
            assert await process.timers.tick(TODAY + later * DAY)
        assert process.desk.outcomes["already_open"] == 2  # it is tried as long as it is due
        assert place.refused() == []

    run(place, schedule, scenario)


def test_a_daily_timer_looks_once_a_day_and_the_other_every_time(place: Place) -> None:
    schedule = Schedule()

    async def scenario(process: Process) -> None:
        for later in (timedelta(0), timedelta(minutes=5), timedelta(hours=10), DAY):
            await process.timers.tick(TODAY + later)
        first, second = TODAY.date(), (TODAY + DAY).date()
        assert [day for name, _, day in schedule.asked if name == "daily"] == [first, second]
        assert [day for name, _, day in schedule.asked if name == "open"] == [first, first, first, second]

    run(place, schedule, scenario)


def test_the_day_is_that_of_the_civil_calendar(place: Place) -> None:
    schedule = Schedule()

    async def scenario(process: Process) -> None:
        for moment in ("2015-07-20T15:59:00+00:00", "2015-07-20T16:00:00+00:00"):
            await process.timers.tick(datetime.fromisoformat(moment))
        assert [day.isoformat() for name, _, day in schedule.asked if name == "daily"] == ["2015-07-20", "2015-07-21"]

    run(place, schedule, scenario)


def test_a_timer_that_fails_is_told_and_tried_again_and_holds_up_no_other_log(place: Place) -> None:
    schedule = Schedule(open=[window("w-1")], daily=[window("w-2")], broken_in=LOG)

    async def scenario(process: Process) -> None:
        await begin(process, OTHER_LOG)
        await begin(process, f"{LOG}.access")
        assert not await process.timers.tick(TODAY)
        assert process.timers.troubles() == [
            (f"open {LOG}", "ZeroDivisionError"),
            (f"daily {LOG}", "ZeroDivisionError"),
        ]
        assert process.opened() == []
        assert [one.stream for one in process.opened(OTHER_LOG)] == ["window/w-1", "window/w-2"]
        assert {log for _, log, _ in schedule.asked} == {LOG, OTHER_LOG}  # of readings nothing is asked
        schedule.broken_in = None
        assert await process.timers.tick(TODAY)
        assert process.timers.troubles() == []
        assert [one.stream for one in process.opened()] == ["window/w-1", "window/w-2"]

    run(place, schedule, scenario)


def test_ledgers_that_are_behind_are_waited_for(place: Place) -> None:
    schedule = Schedule(open=[window("w-1")])

    async def scenario(process: Process) -> None:
        async def behind(log: str) -> None:
            raise Refused("ledger_behind", field="at_least")

        process.timers._caught_up, caught_up = behind, process.timers._caught_up
        assert not await process.timers.tick(TODAY)
        assert (process.timers.troubles(), process.opened(), place.refused()) == ([], [], [])
        process.timers._caught_up = caught_up
        assert await process.timers.tick(TODAY)
        assert len(process.opened()) == 1

    run(place, schedule, scenario)


def test_it_looks_at_the_start_and_again_soon_where_something_could_not_be_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.timers, "AGAIN_SECONDS", 0.01)
    schedule = Schedule(open=[window("w-1")], broken_in=LOG)

    async def scenario(process: Process) -> None:
        async with running(process.timers.run()):
            await eventually(lambda: bool(process.timers.troubles()), "a trouble")
            schedule.broken_in = None
            await eventually(lambda: len(process.opened()) == 1, "what was due")

    run(place, schedule, scenario)
