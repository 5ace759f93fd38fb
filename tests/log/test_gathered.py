"""Look-ups that are asked for at the same time: one find for many, and to each its own answer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

import shared.log.gathered
from shared.log.appender import CROWD, LARGEST_BATCH
from shared.log.gathered import Gathered


class Register:
    """What is looked up: a text per key, which may change; whoever looks can be kept waiting."""

    def __init__(self) -> None:
        self.finds: list[list[str]] = []
        """The keys of each find."""
        self.edition = 1
        self.began, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def find(self, keys: Sequence[str]) -> dict[str, str]:
        self.finds.append(list(keys))
        if broken := [key for key in keys if key.startswith("broken")]:
            raise LookupError(broken[0])
        found = {key: f"{key} {self.edition}" for key in keys}
        self.began.set()
        assert self.may_end.wait(60)
        return found

    async def kept_waiting(self) -> None:
        """Until a find has read and does not end."""
        assert await asyncio.to_thread(self.began.wait, 60)


@pytest.fixture
def register() -> Register:
    return Register()


def run(register: Register, scenario: Callable[[Gathered[str, str]], Awaitable[None]]) -> None:
    """Run a scenario to its end, after which nothing may be under way."""

    async def inside() -> None:
        gathered = Gathered(register.find)
        await scenario(gathered)
        assert not gathered._waiting
        await asyncio.sleep(0)
        assert gathered._running is None

    asyncio.run(inside())


async def ask(gathered: Gathered[str, str], keys: Sequence[str]) -> list[Any]:
    return await asyncio.gather(*(gathered.get(key) for key in keys), return_exceptions=True)


def test_many_askers_share_one_find(register: Register) -> None:
    keys = [f"k-{n}" for n in range(200)]

    async def scenario(gathered: Gathered[str, str]) -> None:
        assert await ask(gathered, keys) == [f"{key} 1" for key in keys]

    run(register, scenario)
    assert register.finds == [keys]


def test_who_asks_alone_is_answered_alone_and_again(register: Register) -> None:
    async def scenario(gathered: Gathered[str, str]) -> None:
        assert await gathered.get("a") == "a 1"
        register.edition = 2
        assert await gathered.get("a") == "a 2"  # nothing is remembered

    run(register, scenario)
    assert register.finds == [["a"], ["a"]]


def test_a_key_that_several_ask_for_is_looked_up_once(register: Register) -> None:
    async def scenario(gathered: Gathered[str, str]) -> None:
        assert await ask(gathered, ["a", "b", "a", "a"]) == ["a 1", "b 1", "a 1", "a 1"]

    run(register, scenario)
    assert register.finds == [["a", "b"]]


def test_no_find_is_of_more_than_the_largest_batch(register: Register) -> None:
    keys = [f"k-{n}" for n in range(2 * LARGEST_BATCH + 1)]

    async def scenario(gathered: Gathered[str, str]) -> None:
        assert await ask(gathered, keys) == [f"{key} 1" for key in keys]

    run(register, scenario)
    assert [len(batch) for batch in register.finds] == [LARGEST_BATCH, LARGEST_BATCH, 1]
    assert [key for batch in register.finds for key in batch] == keys


def test_a_key_that_fails_fails_alone(register: Register) -> None:
    async def scenario(gathered: Gathered[str, str]) -> None:
        a, broken, b, again, other = await ask(gathered, ["a", "broken", "b", "broken", "broken too"])
        assert (a, b) == ("a 1", "b 1")
        for error, named in ((broken, "broken"), (again, "broken"), (other, "broken too")):
            assert isinstance(error, LookupError)
            assert error.args == (named,)
        assert await gathered.get("a") == "a 1"  # and whoever comes later is served

    run(register, scenario)


def test_what_a_find_forgot_is_an_error_for_its_asker_alone() -> None:
    """It breaks its promise: nobody may wait for ever."""

    async def scenario() -> list[Any]:
        gathered = Gathered(lambda keys: {key: key.upper() for key in keys if key != "lost"})
        return await ask(gathered, ["a", "lost", "b"])

    a, lost, b = asyncio.run(scenario())
    assert (a, b) == ("A", "B")
    assert isinstance(lost, KeyError)


def test_an_asker_who_goes_away_disturbs_nobody(register: Register) -> None:
    """Before the find, and while it is under way; of a key that others want too, and of one that nobody else wants."""
    register.may_end.clear()

    async def scenario(gathered: Gathered[str, str]) -> None:
        askers = [asyncio.create_task(gathered.get(key)) for key in ("a", "a", "b", "c", "c")]
        await asyncio.sleep(0)
        askers[0].cancel()
        await register.kept_waiting()
        askers[3].cancel()
        later = asyncio.create_task(gathered.get("d"))
        gone = asyncio.create_task(gathered.get("e"))
        await asyncio.sleep(0)
        gone.cancel()
        register.may_end.set()
        answers = await asyncio.gather(*askers, return_exceptions=True)
        assert [type(answer) for answer in answers] == [asyncio.CancelledError, str, str, asyncio.CancelledError, str]
        assert [answer for answer in answers if isinstance(answer, str)] == ["a 1", "b 1", "c 1"]
        assert await later == "d 1"

    run(register, scenario)


def test_a_failure_that_nobody_waits_for_any_more_disturbs_nobody(register: Register) -> None:
    async def scenario(gathered: Gathered[str, str]) -> None:
        gone, stays = asyncio.create_task(gathered.get("broken")), asyncio.create_task(gathered.get("a"))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == "a 1"
        assert gone.cancelled()

    run(register, scenario)


def test_what_is_asked_while_a_find_is_under_way_is_looked_up_after_it(register: Register) -> None:
    """Whoever has changed something and asks then must not be told what was before."""
    register.may_end.clear()

    async def scenario(gathered: Gathered[str, str]) -> None:
        before = asyncio.create_task(gathered.get("a"))
        await register.kept_waiting()  # it has read
        register.edition = 2
        after = [asyncio.create_task(gathered.get(key)) for key in ("a", "b")]
        await asyncio.sleep(0)
        register.may_end.set()
        assert await before == "a 1"
        assert [await task for task in after] == ["a 2", "b 2"]

    run(register, scenario)
    assert register.finds == [["a"], ["a", "b"]]


def test_only_a_crowd_waits_for_more(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause is one that nobody would see the end of: who is few never meets it."""
    monkeypatch.setattr(shared.log.gathered, "PAUSE_SECONDS", 3_600)
    few = [f"k-{n}" for n in range(CROWD - 1)]

    async def scenario(gathered: Gathered[str, str]) -> None:
        for _ in range(3):
            assert await ask(gathered, few) == [f"{key} 1" for key in few]
            assert await gathered.get("alone") == "alone 1"

    run(register, scenario)
    assert register.finds == [few, ["alone"]] * 3
