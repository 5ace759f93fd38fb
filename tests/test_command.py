"""The command path, on both databases: one answer to a command, for ever, and a decision on what is."""

import asyncio
import hmac
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from starlette.requests import Request

import shared.command
from shared.command import Asked, Desk, derived_id, own_id, said
from shared.contracts.event import value
from shared.contracts.fields import Code
from shared.contracts.model import Refused, Service
from shared.ledger.look import LedgerLook, look
from shared.ledger.runner import Runner
from shared.ledger.tables import tables_of
from shared.log.append import Appended
from shared.log.appender import Appender
from shared.log.codec import Codec, canonical
from shared.log.gathered import Gathered
from shared.log.opening import open_log
from shared.log.store import Log
from shared.log.tables import events, vault_keys
from shared.log.vault import Unreadable, Vault
from shared.web.commands import idempotency_key
from tests import ticketing
from tests.parts import CLERK, LOG, MASTER, NOW, OTHER_LOG, Clock, assert_dense, everything
from tests.ticketing import (
    CloseTicket,
    CountTicket,
    DrawTicket,
    Holder,
    NoteTicket,
    OpenWindow,
    ReopenTicket,
    TicketClosed,
    TicketDrawn,
    TicketNoted,
)

tables_of(ticketing.SERVICE)  # they join those that the fixtures create
MATTER, NAME = "虚构的事由", "虚构张三"
DRAW = DrawTicket(window="w-1", matter=MATTER, holders=(Holder(name=NAME),))


@dataclass
class Office:
    """What one process has: a desk, a runner that nobody calls but the desk, and nothing shared but the databases."""

    desk: Desk
    log: Log
    runner: Runner
    appender: Appender
    vault: Vault
    caught_up: list[str]
    """The logs that the desk has waited for."""

    async def send(self, command: Any, command_id: str, **asked: Any) -> Appended:
        said: dict[str, Any] = {"log": LOG, "occurred_at": NOW, "actor": CLERK} | asked
        return await self.desk.send(Asked(command_id=command_id, command=command, **said))

    async def refused(self, command: Any, command_id: str, **asked: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            await self.send(command, command_id, **asked)
        return caught.value


class Building:
    """Opens offices on the same databases."""

    def __init__(self, log_engine: Engine, ledgers_engine: Engine) -> None:
        self.log_engine, self.ledgers_engine = log_engine, ledgers_engine

    @asynccontextmanager
    async def office(self, service: Service = ticketing.SERVICE) -> AsyncIterator[Office]:
        log = open_log(self.log_engine, Codec(ticketing.EVENTS), Clock())
        runner = Runner(service, log, self.ledgers_engine, Clock())
        appender, vault, waited = Appender(log), Vault(self.log_engine, MASTER), list[str]()

        async def caught_up(name: str) -> None:
            waited.append(name)
            await asyncio.to_thread(runner.catch_up, name)

        desk = Desk(
            service, log, appender, vault,
            lambda name: look(self.ledgers_engine, runner, name, lambda log, size: "", decides=True),
            runner.memory.look, caught_up, Clock(),
        )  # fmt: skip
        yield Office(desk, log, runner, appender, vault, waited)
        await appender.close()


@pytest.fixture
def building(log_engine: Engine, ledgers_engine: Engine) -> Building:
    return Building(log_engine, ledgers_engine)


def in_office(building: Building, scenario: Callable[[Office], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario in one office, where window w-1 and ticket t-1 are there already."""

    async def run() -> None:
        async with building.office() as office:
            await office.send(OpenWindow(code="w-1"), "window")
            await office.send(DRAW, "draw", id="t-1")
            await scenario(office)

    asyncio.run(run())


def in_two_offices(building: Building, scenario: Callable[[Office, Office], Coroutine[Any, Any, None]]) -> None:
    """The same with two, both of which have seen the ticket."""

    async def run() -> None:
        async with building.office() as one, building.office() as other:
            await one.send(OpenWindow(code="w-1"), "window")
            await one.send(DRAW, "draw", id="t-1")
            await one.send(CountTicket(), "count-1", id="t-1")
            await other.send(CountTicket(), "count-2", id="t-1")
            await one.send(CountTicket(), "count-3", id="t-1")
            await scenario(one, other)

    asyncio.run(run())


async def outcomes(*asking: Coroutine[Any, Any, Appended]) -> list[Appended | str]:
    """What comes of commands that are sent at once: an answer, or the code of a refusal."""
    found = await asyncio.gather(*asking, return_exceptions=True)
    said: list[Appended | str] = []
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refused):
            raise one
        said.append(one.code if isinstance(one, Refused) else one)
    return said


def same(one: Appended, other: Appended) -> bool:
    return replace(one, repeated=False) == replace(other, repeated=False)


# one answer, for ever -----------------------------------------------------------------------------------------------


def test_invariant_2_a_command_has_one_effect_and_one_answer_whatever_the_state_is_now(building: Building) -> None:
    """Attack 1: sent again after the state that accepted it has gone, from this process and from another."""

    async def scenario(office: Office) -> None:
        first = await office.send(CloseTicket(reason="虚构"), "close", id="t-1")
        assert (first.position, first.version, first.repeated) == (2, 3, False)
        again = await office.send(CloseTicket(reason="虚构"), "close", id="t-1")  # it would be refused now
        await office.send(ReopenTicket(), "reopen", id="t-1")
        later = await office.send(CloseTicket(reason="虚构"), "close", id="t-1")  # it would be accepted now
        stale = await office.send(CloseTicket(reason="虚构"), "close", id="t-1", if_match=1)
        async with building.office() as other:
            elsewhere = await other.send(CloseTicket(reason="虚构"), "close", id="t-1")
            drawn = await other.send(DRAW, "draw", id="t-1")
        for answer in (again, later, stale, elsewhere):
            assert answer.repeated
            assert same(answer, first)
        assert (drawn.position, drawn.version) == (1, 1)
        assert office.log.size(LOG) == 5
        assert office.desk.outcomes == {"accepted": 4, "repeated": 3}

    in_office(building, scenario)


def test_another_body_under_the_same_command_id_is_refused(building: Building) -> None:
    """Attack 2: other data, another time, another stream, another command; in a state that accepts and in one that
    does not."""

    async def scenario(office: Office) -> None:
        await office.send(DRAW, "draw-2", id="t-2")
        await office.send(CountTicket(), "count", id="t-1")
        others: list[tuple[Any, dict[str, Any]]] = [
            (CountTicket(), {"id": "t-2"}),
            (CountTicket(), {"id": "t-9"}),
            (CountTicket(), {"id": "t-1", "occurred_at": NOW.replace(hour=10)}),
            (ReopenTicket(), {"id": "t-1"}),
            (CloseTicket(reason="虚构"), {"id": "t-1"}),
            (replace(DRAW, matter="虚构的另一件事"), {}),
        ]
        for command, asked in others:
            refused = await office.refused(command, "count", **asked)
            assert (refused.code, refused.field) == ("command_id_reused", "Idempotency-Key")
        assert office.log.size(LOG) == 4
        await office.send(OpenWindow(code="w-1"), "count", log=OTHER_LOG)  # another log, another book of commands

    in_office(building, scenario)


def test_the_same_command_twenty_times_at_once_from_two_processes(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        asking = [office.send(CountTicket(), "count", id="t-1") for _ in range(10) for office in (one, other)]
        answers = await outcomes(*asking)
        first = answers[0]
        assert isinstance(first, Appended)
        assert all(isinstance(answer, Appended) and same(answer, first) for answer in answers)
        assert [answer.repeated for answer in answers if isinstance(answer, Appended)].count(False) == 1
        assert one.log.size(LOG) == 6

    in_two_offices(building, scenario)


def test_a_refusal_is_not_remembered(building: Building) -> None:
    async def scenario(office: Office) -> None:
        assert (await office.refused(ReopenTicket(), "reopen", id="t-1")).code == "not_closed"
        await office.send(CloseTicket(reason="虚构"), "close", id="t-1")
        assert not (await office.send(ReopenTicket(), "reopen", id="t-1")).repeated

    in_office(building, scenario)


# what is opened anew ------------------------------------------------------------------------------------------------


def test_an_aggregate_s_id_follows_from_the_command_that_opens_it(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        answers = await outcomes(*(office.send(DRAW, "draw-new") for _ in range(5) for office in (one, other)))
        assert {answer.stream for answer in answers if isinstance(answer, Appended)} == {
            f"ticket/{derived_id('draw-new')}"
        }
        assert all(isinstance(answer, Appended) for answer in answers)
        assert one.log.size(LOG) == 6
        another = await one.send(DRAW, "draw-newer")
        assert another.stream != f"ticket/{derived_id('draw-new')}"
        await other.send(CloseTicket(reason="虚构"), "close", id=derived_id("draw-newer"))

    in_two_offices(building, scenario)


def test_which_aggregate_is_meant_must_be_said_once(building: Building) -> None:
    async def scenario(office: Office) -> None:
        refused = await office.refused(CountTicket(), "k-1")
        assert (refused.code, refused.field) == ("stream_required", "stream")
        refused = await office.refused(OpenWindow(code="w-2"), "k-1", id="w-3")
        assert (refused.code, refused.field, refused.known) == ("stream_mismatch", "stream", {"expected": "w-2"})
        assert (await office.send(OpenWindow(code="w-2"), "k-1", id="w-2")).stream == "window/w-2"
        assert (await office.refused(OpenWindow(code="w-2"), "k-2")).code == "already_open"
        assert (await office.refused(CountTicket(), "k-3", id="nobody")).code == "no_such_ticket"

    in_office(building, scenario)


# versions -----------------------------------------------------------------------------------------------------------


def test_a_stale_if_match_is_refused_with_the_current_version(building: Building) -> None:
    """Attack 3."""

    async def scenario(office: Office) -> None:
        await office.send(CountTicket(), "k-1", id="t-1", if_match=1)
        for stale in (0, 1, 3, 2**53):
            refused = await office.refused(CountTicket(), "k-2", id="t-1", if_match=stale)
            assert (refused.code, refused.field) == ("version_conflict", "If-Match")
            assert refused.known == {"version": 2}
        await office.send(CountTicket(), "k-2", id="t-1", if_match=2)
        refused = await office.refused(CountTicket(), "k-3", id="nobody", if_match=4)
        assert (refused.code, refused.known) == ("version_conflict", {"version": 0})
        assert_dense(everything(office.log))

    in_office(building, scenario)


def test_what_another_process_has_appended_is_known_here(building: Building) -> None:
    """A process remembers states; it must neither refuse nor decide on one that another has moved on."""

    async def scenario(one: Office, other: Office) -> None:
        await other.send(CloseTicket(reason="虚构"), "close", id="t-1")  # `one` remembers it open
        await one.send(ReopenTicket(), "reopen", id="t-1")
        await other.send(CountTicket(), "k-1", id="t-1")
        seen = await other.send(CountTicket(), "k-2", id="t-1")
        await one.send(CountTicket(), "k-3", id="t-1", if_match=seen.version)  # read there, written here
        await one.send(CloseTicket(reason="虚构"), "close-2", id="t-1")
        refused = await other.refused(CloseTicket(reason="虚构"), "close-3", id="t-1")
        assert (refused.code, refused.allowed) == ("already_closed", ("reopen-ticket",))

    in_two_offices(building, scenario)


# facts --------------------------------------------------------------------------------------------------------------


def test_stale_facts_never_refuse(building: Building) -> None:
    """The window was opened a moment ago, and no ledger has heard of it: the desk waits rather than refuse."""

    async def scenario() -> None:
        async with building.office() as office:
            await office.send(OpenWindow(code="w-1"), "window")
            assert office.runner.position(LOG) == -1
            await office.send(DRAW, "draw")
            assert office.caught_up == [LOG]
            (recorded,) = office.log.recorded(LOG, 0, 9)
            assert isinstance(recorded.event, TicketDrawn)
            assert b'"facts_at":0,' in office.log.read(LOG, 0, 1)[0].bytes
            # Facts that are there are not waited for, old as they may be.
            await office.send(OpenWindow(code="w-2"), "window-2")
            await office.send(DRAW, "draw-2")
            assert office.caught_up == [LOG]
            assert b'"facts_at":0,' in office.log.read(LOG, 2, 1)[0].bytes
            # What no fact was needed for says so.
            assert b'"facts_at":null,' in office.log.read(LOG, 1, 1)[0].bytes

    asyncio.run(scenario())


def test_what_must_miss_nothing_is_decided_on_all_that_the_log_held(building: Building) -> None:
    """The facts are at hand, and would do; but something was recorded a moment ago."""
    accepts = tuple(replace(one, at_head=one.command is DrawTicket) for one in ticketing.TICKET.accepts)
    careful = replace(ticketing.SERVICE, deciders=(replace(ticketing.TICKET, accepts=accepts), ticketing.WINDOW))

    async def scenario() -> None:
        async with building.office(careful) as office:
            await office.send(OpenWindow(code="w-1"), "window")
            await office.send(DRAW, "draw")
            await office.send(OpenWindow(code="w-2"), "window-2")
            await office.send(DRAW, "draw-2")
            assert b'"facts_at":2,' in office.log.read(LOG, 2, 1)[0].bytes

    asyncio.run(scenario())


def test_facts_that_another_process_s_ledgers_hold(building: Building) -> None:
    """Two processes of one service keep the same ledgers, and each remembers some of their rows."""

    async def scenario(one: Office, other: Office) -> None:
        for number in range(6):
            code = f"x-{number}"
            assert (await one.refused(replace(DRAW, window=code), f"early-{number}")).code == "no_such_window"
            assert (await other.refused(replace(DRAW, window=code), f"early-{number}")).code == "no_such_window"
            await other.send(OpenWindow(code=code), f"window-{number}")
            await one.send(replace(DRAW, window=code), f"draw-{number}")
            await other.send(replace(DRAW, window=code), f"draw-too-{number}")

    in_two_offices(building, scenario)


def test_a_refusal_that_stands_is_given_after_catching_up(building: Building) -> None:
    async def scenario(office: Office) -> None:
        office.caught_up.clear()
        refused = await office.refused(replace(DRAW, window="nowhere"), "k-1")
        assert (refused.code, refused.field) == ("no_such_window", "window")
        assert office.caught_up == [LOG]
        assert office.log.size(LOG) == 2

    in_office(building, scenario)


def counted(ask: Callable[[Any, str, Any], Any], heavy: bool = False) -> tuple[Service, list[str]]:
    """The service with another way to look for a window, and the windows that were looked for in the ledgers."""
    looked: list[str] = []

    def facts(command: DrawTicket, id: str, look: Any) -> Any:
        if isinstance(look, LedgerLook):  # and not in memory
            looked.append(command.window)
        return ask(command, id, look)

    accepts = tuple(
        replace(one, facts=facts, heavy=heavy) if one.command is DrawTicket else one for one in ticketing.TICKET.accepts
    )
    drawn = replace(ticketing.TICKET, accepts=accepts)
    return replace(ticketing.SERVICE, deciders=(drawn, ticketing.WINDOW)), looked


def exists(command: DrawTicket, _id: str, look: Any) -> bool:
    return look.row(ticketing.WINDOWS, command.window) is not None


@pytest.mark.parametrize("heavy", [False, True])
def test_what_is_refused_is_decided_again_only_where_something_has_moved(building: Building, heavy: bool) -> None:
    service, looked = counted(exists, heavy)

    async def scenario() -> None:
        async with building.office(service) as office:
            await office.send(OpenWindow(code="w-1"), "window")
            await office.send(DRAW, "draw", id="t-1")  # from here on the desk remembers the stream's state
            looked.clear()
            for number in range(3):
                await asyncio.to_thread(office.runner.catch_up, LOG)
                refused = await office.refused(replace(DRAW, window="nowhere"), f"no-{number}", id="t-2")
                assert refused.code == "no_such_window"
                refused = await office.refused(DRAW, f"again-{number}", id="t-1")
                assert refused.code == "already_drawn"
            assert looked == ["nowhere", "w-1"] * 3

    asyncio.run(scenario())


def test_a_decision_on_whole_ledgers_keeps_no_other_waiting(building: Building) -> None:
    going_on = threading.Event()

    def slowly(command: DrawTicket, id: str, look: Any) -> bool:
        return going_on.wait(30) and exists(command, id, look)

    service, _ = counted(slowly, heavy=True)
    accepts = tuple(
        replace(one, facts=lambda *_: None) if one.command is CountTicket else one
        for one in service.deciders[0].accepts
    )
    service = replace(service, deciders=(replace(service.deciders[0], accepts=accepts), ticketing.WINDOW))

    async def scenario() -> None:
        async with building.office() as first:
            await first.send(OpenWindow(code="w-1"), "window")
            await first.send(DRAW, "draw", id="t-1")
        async with building.office(service) as office:
            slow = asyncio.ensure_future(office.send(DRAW, "slow", id="t-2"))
            await asyncio.sleep(0)
            await office.send(CountTicket(), "count", id="t-1")
            assert not slow.done()
            going_on.set()
            await slow

    try:
        asyncio.run(scenario())
    finally:
        going_on.set()


# many at once -------------------------------------------------------------------------------------------------------


def test_fifty_racing_closes_of_one_ticket(building: Building) -> None:
    """Attack 4: one succeeds, the rest are told what stands."""

    async def scenario(office: Office) -> None:
        closes = [office.send(CloseTicket(reason="虚构"), f"close-{n}", id="t-1") for n in range(50)]
        answers = await outcomes(*closes)
        assert [answer for answer in answers if isinstance(answer, str)] == ["already_closed"] * 49
        assert office.log.size(LOG) == 4

    in_office(building, scenario)


def test_fifty_racing_closes_at_two_processes(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        closes = [
            office.send(CloseTicket(reason="虚构"), f"close-{office is one}-{n}", id="t-1")
            for n in range(25)
            for office in (one, other)
        ]
        answers = await outcomes(*closes)
        assert [answer for answer in answers if isinstance(answer, str)] == ["already_closed"] * 49
        assert [stored.type for stored in everything(one.log)].count(TicketClosed.NAME) == 1
        assert_dense(everything(one.log))

    in_two_offices(building, scenario)


def test_each_of_many_decisions_rests_on_the_one_before(building: Building) -> None:
    """Forty counts at each of two processes: none is lost, none counts twice (the fold asserts it). Whoever loses the
    race three times in a row is told to try again, and may."""

    async def scenario(one: Office, other: Office) -> None:
        todo = {(number, office is one): office for number in range(40) for office in (one, other)}
        while todo:
            keys = list(todo)
            answers = await outcomes(*(todo[key].send(CountTicket(), f"count-{key}", id="t-1") for key in keys))
            assert {answer for answer in answers if isinstance(answer, str)} <= {"busy"}
            todo = {key: todo[key] for key, answer in zip(keys, answers, strict=True) if answer == "busy"}
        assert one.log.size(LOG) == 5 + 80
        assert_dense(everything(one.log))
        await other.send(CountTicket(), "last", id="t-1")

    in_two_offices(building, scenario)


def test_many_tickets_at_once(building: Building) -> None:
    async def scenario(office: Office) -> None:
        drawn = await outcomes(*(office.send(DRAW, f"new-{n}") for n in range(120)))
        streams = [answer.stream for answer in drawn if isinstance(answer, Appended)]
        assert len(set(streams)) == 120
        noted = await outcomes(
            *(office.send(NoteTicket(note=f"虚构 {n}"), f"note-{n}", id=stream.partition("/")[2])
              for n, stream in enumerate(streams * 2))
        )  # fmt: skip
        assert all(isinstance(answer, Appended) for answer in noted)
        assert_dense(everything(office.log))
        assert not office.desk._turns

    in_office(building, scenario)


def test_states_that_are_forgotten_are_folded_again(building: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.command, "_STATES", 2)

    async def scenario(office: Office) -> None:
        for number in range(5):
            await office.send(DRAW, f"draw-{number}", id=f"n-{number}")
        await outcomes(
            *(office.send(CountTicket(), f"count-{n}-{round_}", id=f"n-{n}") for round_ in range(6) for n in range(5))
        )
        refusals = await outcomes(*(office.send(ReopenTicket(), f"re-{n}", id=f"n-{n}") for n in range(5)))
        assert refusals == ["not_closed"] * 5
        assert office.log.size(LOG) == 2 + 5 + 30
        assert len(office.desk._states) <= 2

    in_office(building, scenario)


# faults -------------------------------------------------------------------------------------------------------------


def test_a_broken_decider_harms_nobody_else(building: Building) -> None:
    async def scenario(office: Office) -> None:
        with pytest.raises(ZeroDivisionError):
            await office.send(CloseTicket(reason="fault"), "fault", id="t-1")
        assert office.log.size(LOG) == 2
        await office.send(CloseTicket(reason="虚构"), "close", id="t-1")

    in_office(building, scenario)


def test_an_asker_who_goes_away_leaves_the_stream_to_the_next(building: Building) -> None:
    async def scenario(office: Office) -> None:
        for number in range(10):
            asking = [
                asyncio.create_task(office.send(CountTicket(), f"count-{number}-{n}", id="t-1")) for n in range(4)
            ]
            for _ in range(number):
                await asyncio.sleep(0)
            for task in asking[::2]:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            assert all(task.cancelled() or task.result().stream == "ticket/t-1" for task in asking)
            await office.send(CountTicket(), f"after-{number}", id="t-1")
        assert_dense(everything(office.log))
        assert not office.desk._turns

    in_office(building, scenario)


# what is remembered, and what is told -------------------------------------------------------------------------------


def test_a_state_that_was_remembered_equals_one_that_is_folded_from_the_log(building: Building) -> None:
    """Also where an event happened at another moment than its command."""

    async def scenario(office: Office) -> None:
        await office.send(CloseTicket(reason="虚构"), "close", id="t-1")
        remembered = office.desk._states[LOG, "ticket/t-1"]
        async with building.office() as other:
            assert await other.desk._load(LOG, "ticket/t-1", ticketing.TICKET) == remembered
        assert remembered.state.closed_at == NOW.replace(hour=8)
        counted, closed = office.log.recorded(LOG, 1, 9)
        assert (counted.occurred_at, closed.occurred_at) == (NOW, NOW.replace(hour=8))
        assert counted.recorded_at == closed.recorded_at

    in_office(building, scenario)


def test_who_asked_and_why_is_recorded(building: Building) -> None:
    async def scenario(office: Office) -> None:
        for_whom = replace(CLERK, on_behalf_of="虚构街道办")
        await office.send(CountTicket(), "k-1", id="t-1", actor=for_whom, cause=f"{LOG}/1")
        recorded = office.log.stream(LOG, "ticket/t-1", 1)[0]
        assert (recorded.actor, recorded.cause, recorded.command_id) == (for_whom, f"{LOG}/1", "k-1")

    in_office(building, scenario)


def test_the_body_is_remembered_by_a_keyed_digest_only(building: Building) -> None:
    async def scenario(office: Office) -> None:
        with building.log_engine.connect() as connection:
            stored = connection.execute(select(events.c.body_mac).where(events.c.command_id == "draw")).scalar_one()
        body = [LOG, "draw", "DrawTicket", "t-1", NOW, DRAW]
        assert bytes(stored) == office.vault.body_mac(body)
        assert bytes(stored) != hmac.digest(b"another key", canonical(body), "sha256")

    in_office(building, scenario)


# what is personal ---------------------------------------------------------------------------------------------------


def test_deciders_never_see_what_is_personal(building: Building) -> None:
    async def scenario(office: Office) -> None:
        ticketing.SEEN.clear()
        await office.send(NoteTicket(note="虚构的说明"), "note", id="t-1")
        await office.send(replace(DRAW, holders=(Holder(name=NAME), Holder(name=NAME))), "draw-2")
        assert "虚构" not in repr(ticketing.SEEN)
        drawn = office.log.stream(LOG, f"ticket/{derived_id('draw-2')}")[0].event
        assert [office.vault.open(LOG, holder.name) for holder in drawn.holders] == [NAME, NAME]
        noted = office.log.stream(LOG, "ticket/t-1", 1)[0].event
        assert isinstance(noted, TicketNoted)
        assert office.vault.open(LOG, noted.note) == "虚构的说明"
        assert "虚构".encode() not in b"".join(stored.bytes for stored in everything(office.log))

    in_office(building, scenario)


def test_two_processes_that_race_for_a_subject_s_key(building: Building) -> None:
    """Both note on tickets that have no key yet: one key is stored for each, and every note opens under it."""

    async def scenario(one: Office, other: Office) -> None:
        streams = [f"ticket/n-{n}" for n in range(8)]
        for stream in streams:
            await one.send(replace(DRAW, holders=()), f"draw {stream}", id=stream[7:])
        with building.log_engine.execution_options(writes=True).begin() as connection:
            connection.execute(vault_keys.delete())  # as if they had been drawn without anything personal
        asked = [
            office.send(
                NoteTicket(note=f"虚构 {stream}"), f"note {stream} {office is one}", id=stream.partition("/")[2]
            )
            for stream in streams
            for office in (one, other)
        ]
        assert all(isinstance(answer, Appended) for answer in await outcomes(*asked))
        for stream in streams:
            notes = [recorded.event.note for recorded in one.log.stream(LOG, stream, 1)]
            assert [one.vault.open(LOG, note) for note in notes] == [f"虚构 {stream}"] * 2

    in_two_offices(building, scenario)


def test_nothing_personal_can_be_added_to_what_was_erased(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        await other.send(NoteTicket(note="虚构的说明"), "note", id="t-1")  # both have used the key
        await one.send(NoteTicket(note="虚构的说明"), "note-2", id="t-1")
        box = one.log.stream(LOG, "ticket/t-1", 0)[0].event.matter
        before = everything(one.log)
        assert one.vault.destroy(LOG, "ticket/t-1", 7) == 2
        for office in (one, other):
            assert (await office.refused(NoteTicket(note="虚构的又一说明"), "note-3", id="t-1")).code == "erased"
            again = await office.send(NoteTicket(note="虚构的说明"), "note-2", id="t-1")
            assert again.repeated  # the first answer stays, for ever
            with pytest.raises(Unreadable):
                office.vault.open(LOG, box)
        assert everything(one.log) == before
        await other.send(CloseTicket(reason="虚构"), "close", id="t-1")  # its life goes on

    in_two_offices(building, scenario)


def keys_of(building: Building, stream: str) -> dict[str, bytes]:
    """What is stored of a stream's keys, by name."""
    with building.log_engine.connect() as connection:
        rows = connection.execute(select(vault_keys.c.subject, vault_keys.c.wrapped)).all()
    return {row.subject: bytes(row.wrapped) for row in rows if row.subject.startswith(f"{stream}#")}


def notes_of(office: Office, stream: str) -> list[str]:
    """The boxes of a stream's notes."""
    history = office.log.stream(LOG, stream)
    return [recorded.event.note for recorded in history if isinstance(recorded.event, TicketNoted)]


async def both_hold_the_keys(one: Office, other: Office) -> None:
    """Both have noted on the ticket, and hold its keys in memory."""
    for number, office in enumerate((one, other)):
        await office.send(NoteTicket(note="虚构的说明"), f"held-{number}", id="t-1")
        held = office.vault.held(LOG, "ticket/t-1")
        assert held is not None
        assert set(held.wrapped) == {"ticket/t-1#", "ticket/t-1#holders/0"}


def test_a_subject_that_another_process_destroyed_is_erased_here_too(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        await both_hold_the_keys(one, other)
        before = everything(one.log)
        one.vault.destroy(LOG, "ticket/t-1", 7)
        assert other.vault.held(LOG, "ticket/t-1") is not None  # it has not heard of it
        assert (await other.refused(NoteTicket(note="虚构的又一说明"), "late", id="t-1")).code == "erased"
        assert everything(one.log) == before
        assert keys_of(building, "ticket/t-1") == {}
        assert one.log.answered(LOG, "late") is None
        held = other.vault.held(LOG, "ticket/t-1")
        assert held is None or held.wrapped == {}

    in_two_offices(building, scenario)


def test_one_party_that_another_process_destroyed(building: Building) -> None:
    """The ticket's own notes go on under its own key; the holder's name is nowhere, and gets no new key."""

    async def scenario(one: Office, other: Office) -> None:
        await both_hold_the_keys(one, other)
        kept = keys_of(building, "ticket/t-1")["ticket/t-1#"]
        assert one.vault.destroy(LOG, "ticket/t-1#holders/0", 7) == 1
        await other.send(NoteTicket(note="虚构的又一说明"), "late", id="t-1")
        assert keys_of(building, "ticket/t-1") == {"ticket/t-1#": kept}
        assert one.vault.open(LOG, notes_of(one, "ticket/t-1")[-1]) == "虚构的又一说明"
        drawn = one.log.stream(LOG, "ticket/t-1")[0].event
        for office in (one, other):
            with pytest.raises(Unreadable):
                office.vault.open(LOG, drawn.holders[0].name)
        # The ticket's own key goes as well: what notes seal under is erased, in the process that holds it still.
        one.vault.destroy(LOG, "ticket/t-1#", 8)
        assert (await other.refused(NoteTicket(note="虚构的又一说明"), "later", id="t-1")).code == "erased"
        assert keys_of(building, "ticket/t-1") == {}

    in_two_offices(building, scenario)


def test_a_key_that_is_lost_without_having_been_destroyed_is_made_anew(building: Building) -> None:
    async def scenario(one: Office, other: Office) -> None:
        await both_hold_the_keys(one, other)
        before = keys_of(building, "ticket/t-1")
        with building.log_engine.execution_options(writes=True).begin() as connection:
            connection.execute(vault_keys.delete().where(vault_keys.c.subject == "ticket/t-1#"))
        for number, office in enumerate((other, one, other)):
            await office.send(NoteTicket(note=f"虚构 {number}"), f"late-{number}", id="t-1")
        after = keys_of(building, "ticket/t-1")
        assert after.keys() == before.keys()
        assert after["ticket/t-1#"] != before["ticket/t-1#"]
        boxes = notes_of(one, "ticket/t-1")
        assert [one.vault.open(LOG, box) for box in boxes[-3:]] == ["虚构 0", "虚构 1", "虚构 2"]
        for lost in boxes[:-3]:
            with pytest.raises(Unreadable):
                one.vault.open(LOG, lost)

    in_two_offices(building, scenario)


def test_subjects_that_are_destroyed_while_two_processes_seal_under_them(building: Building) -> None:
    """Some notes go in before, the rest are refused; afterwards nothing of the subjects can be opened by anybody."""

    async def scenario(one: Office, other: Office) -> None:
        streams = [f"ticket/n-{n}" for n in range(6)]
        for stream in streams:
            await one.send(DRAW, f"draw {stream}", id=stream[7:])
            for office in (one, other):
                await office.send(NoteTicket(note="虚构的说明"), f"first {stream} {office is one}", id=stream[7:])

        async def destroy() -> None:
            for stream in streams[:3]:
                await asyncio.to_thread(Vault(building.log_engine, MASTER).destroy, LOG, stream, 7)

        asked = [
            (stream, office.send(NoteTicket(note="虚构的又一说明"), f"{stream} {office is one} {n}", id=stream[7:]))
            for n in range(5)
            for stream in streams
            for office in (one, other)
        ]
        answers, _ = await asyncio.gather(outcomes(*(asking for _, asking in asked)), destroy())
        accepted = dict.fromkeys(streams, 0)
        for (stream, _), answer in zip(asked, answers, strict=True):
            allowed = {"erased", "busy"} if stream in streams[:3] else {"busy"}
            assert isinstance(answer, Appended) or answer in allowed
            accepted[stream] += isinstance(answer, Appended)
        for stream in streams:
            boxes = notes_of(one, stream)
            assert len(boxes) == 2 + accepted[stream]
            assert (keys_of(building, stream) == {}) == (stream in streams[:3])
            for box in boxes:
                if stream in streams[:3]:
                    with pytest.raises(Unreadable):
                        other.vault.open(LOG, box)
                else:
                    assert other.vault.open(LOG, box).startswith("虚构的")
        for stream in streams[:3]:
            for office in (one, other):
                assert (await office.refused(NoteTicket(note="虚构"), "after", id=stream[7:])).code == "erased"
        assert_dense(everything(one.log))

    in_two_offices(building, scenario)


@value
class _Before:
    """A command as it was."""

    name: Code
    parts: tuple[Holder, ...]


@value
class _After:
    """The same command after a field was added to it."""

    name: Code
    parts: tuple[Holder, ...]
    note: Code | None = None


def test_the_same_body_has_the_same_digest_after_a_field_was_added() -> None:
    parts = (Holder(name=NAME),)
    assert said(_Before(name="a", parts=parts)) == said(_After(name="a", parts=parts))
    assert said(_Before(name="a", parts=parts)) != said(_After(name="a", parts=parts, note="b"))


def test_a_look_up_that_fails_fails_alone() -> None:
    def find(keys: Sequence[str]) -> dict[str, str]:
        if "broken" in keys:
            raise ZeroDivisionError
        return {key: key.upper() for key in keys}

    async def ask() -> list[Any]:
        gathered = Gathered(find)
        return await asyncio.gather(*(gathered.get(key) for key in ("a", "broken", "b")), return_exceptions=True)

    first, broken, last = asyncio.run(ask())
    assert (first, last) == ("A", "B")
    assert isinstance(broken, ZeroDivisionError)


def test_a_client_cannot_take_the_id_of_a_command_of_the_systems_own() -> None:
    request = Request({"type": "http", "headers": [(b"idempotency-key", own_id("410105010/3:open:0").encode())]})
    with pytest.raises(Refused) as refused:
        idempotency_key(request)
    assert refused.value.code == "bad_header"
