"""Facts at hand: what memory holds stands at one position, or is not held."""

import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import shared.ledger.memory
from shared.contracts.model import Ledger
from shared.ledger.memory import Memory, NotHeld
from tests.ledger.drill import Item, Tally, service
from tests.parts import LOG, OTHER_LOG

ITEMS: Ledger[Item] = service().ledgers[0]
TALLIES: Ledger[Tally] = service().ledgers[1]
ONE, TWO, THREE = (Tally(count=number, last=number) for number in (1, 2, 3))
BY_COUNT = (("count", 1),)


@pytest.fixture
def memory() -> Memory:
    """It stands at position 4, and holds of the tallies: a, that there is no b, and those with a count of 1."""
    memory = Memory()
    move(memory, 3, 4)
    memory.learn(LOG, 4, {("tallies", "a"): ONE, ("tallies", "b"): None}, {("tallies", BY_COUNT): [ONE]})
    return memory


def move(
    memory: Memory, after: int, reached: int, changed: Mapping[str, Mapping[str, Any]] | None = None,
    parked: Mapping[str, Set[str]] | None = None, log: str = LOG,
) -> None:  # fmt: skip
    memory.moved(log, after, reached, changed or {}, parked or {})


def row(memory: Memory, key: str, ledger: Ledger[Any] = TALLIES) -> Any:
    with memory.look(LOG) as look:
        return look.row(ledger, key)


def listed(memory: Memory, **equal: object) -> Sequence[Tally]:
    with memory.look(LOG) as look:
        return look.rows(TALLIES, **equal)


def position(memory: Memory) -> int:
    with memory.look(LOG) as look:
        return look.position


@contextmanager
def not_held() -> Iterator[None]:
    with pytest.raises(NotHeld):
        yield


def is_free(memory: Memory) -> bool:
    """Whether another thread could use it."""
    found: list[bool] = []

    def use() -> None:
        if free := memory._lock.acquire(blocking=False):
            memory._lock.release()
        found.append(free)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return found == [True]


# held or not --------------------------------------------------------------------------------------------------------


def test_nothing_is_held_before_the_ledgers_moved() -> None:
    memory = Memory()
    memory.learn(LOG, -1, {("tallies", "a"): ONE}, {})
    with not_held():
        row(memory, "a")
    move(memory, -1, 4)  # from where to where: what was read before may have changed on the way
    assert position(memory) == 4
    with not_held():
        row(memory, "a")


def test_what_was_learnt_is_held_also_that_there_is_nothing(memory: Memory) -> None:
    assert position(memory) == 4
    assert row(memory, "a") == ONE
    assert row(memory, "b") is None
    assert listed(memory, count=1) == [ONE]
    for key, ledger in (("c", TALLIES), ("a", ITEMS)):
        with not_held():
            row(memory, key, ledger)
    for equal in ({}, {"count": 2}, {"last": 1}, {"count": 1, "last": 1}):
        with not_held():
            listed(memory, **equal)


@pytest.mark.parametrize("elsewhere", [-1, 3, 5])
def test_what_was_read_at_another_position_is_not_learnt(memory: Memory, elsewhere: int) -> None:
    memory.learn(LOG, elsewhere, {("tallies", "a"): TWO, ("tallies", "c"): THREE}, {("tallies", ()): [TWO, THREE]})
    assert row(memory, "a") == ONE
    with not_held():
        row(memory, "c")
    with not_held():
        listed(memory)


def test_logs_are_apart(memory: Memory) -> None:
    memory.learn(OTHER_LOG, 4, {("tallies", "a"): TWO}, {})
    with not_held(), memory.look(OTHER_LOG):
        pass
    move(memory, -1, 7, {"tallies": {"a": TWO}}, log=OTHER_LOG)
    memory.learn(OTHER_LOG, 7, {("tallies", "a"): THREE}, {})
    memory.forget(OTHER_LOG)
    assert (position(memory), row(memory, "a")) == (4, ONE)


def test_who_looks_for_the_root_must_look_into_the_log(memory: Memory) -> None:
    with not_held(), memory.look(LOG) as look:
        look.root()


# moving on ----------------------------------------------------------------------------------------------------------


def test_it_moves_on_with_the_rows_that_changed(memory: Memory) -> None:
    memory.learn(LOG, 4, {("tallies", "d"): TWO, ("tallies", "e"): TWO}, {})
    move(memory, 4, 9, {"tallies": {"a": TWO, "b": THREE, "c": ONE, "d": None}})
    assert position(memory) == 9
    assert [row(memory, key) for key in "abcde"] == [TWO, THREE, ONE, None, TWO]
    with not_held():
        listed(memory, count=1)  # which rows are among them now, it cannot know
    memory.learn(LOG, 9, {}, {("tallies", BY_COUNT): [THREE]})
    assert listed(memory, count=1) == [THREE]


def test_what_a_ledger_did_not_change_stays(memory: Memory) -> None:
    moves: list[dict[str, dict[str, object]]] = [{}, {"tallies": {}}, {"items": {"a": object()}}]
    for changed in moves:
        at = position(memory)
        move(memory, at, at + 1, changed)
        assert (row(memory, "a"), listed(memory, count=1)) == (ONE, [ONE])
    with not_held():
        row(memory, "a", ITEMS)  # nobody asked for the items: nothing of them is kept


def test_of_a_ledger_that_was_asked_for_by_lists_alone_rows_are_kept_too(memory: Memory) -> None:
    memory.learn(LOG, 4, {}, {("items", ()): []})
    kept: Any = object()
    move(memory, 4, 5, {"items": {"a": kept}})
    assert row(memory, "a", ITEMS) is kept
    with not_held(), memory.look(LOG) as look:
        look.rows(ITEMS)


def test_what_is_parked_is_not_held(memory: Memory) -> None:
    """Not the row that was there before, nor the one that a page made before it was parked, nor a list with it."""
    move(memory, 4, 5, {"tallies": {"c": THREE}}, {"tallies": {"a", "c", "nobody"}, "items": {"a"}})
    for key in "ac":
        with not_held():
            row(memory, key)
    with not_held():
        listed(memory, count=1)
    assert row(memory, "b") is None


def test_a_list_of_a_ledger_with_a_parked_key_is_not_held_though_no_row_changed(memory: Memory) -> None:
    move(memory, 4, 5, parked={"tallies": {"z"}})
    with not_held():
        listed(memory, count=1)
    assert row(memory, "a") == ONE


@pytest.mark.parametrize(("after", "reached"), [(5, 6), (3, 5), (-1, 4)])
def test_a_move_from_elsewhere_forgets_all(memory: Memory, after: int, reached: int) -> None:
    """Another process applied a page between: what changed in it is not known."""
    move(memory, after, reached, {"tallies": {"a": TWO}})
    assert position(memory) == reached
    for key in "ab":
        with not_held():
            row(memory, key)
    with not_held():
        listed(memory, count=1)
    memory.learn(LOG, reached, {("tallies", "a"): THREE}, {})
    assert row(memory, "a") == THREE


def test_what_is_forgotten_is_learnt_again_after_the_next_move(memory: Memory) -> None:
    memory.forget(LOG)
    memory.forget(LOG)
    memory.learn(LOG, 4, {("tallies", "a"): ONE}, {})
    with not_held():
        row(memory, "a")
    move(memory, 4, 5)
    with not_held():
        row(memory, "a")
    memory.learn(LOG, 5, {("tallies", "a"): TWO}, {})
    assert row(memory, "a") == TWO


# how much -----------------------------------------------------------------------------------------------------------


def test_where_there_are_too_many_rows_the_oldest_half_goes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ledger.memory, "_MOST_ROWS", 6)
    for key in "cdef":  # with a and b: six
        memory.learn(LOG, 4, {("tallies", key): TWO}, {})
    assert [row(memory, key) for key in "abcdef"] == [ONE, None, TWO, TWO, TWO, TWO]
    memory.learn(LOG, 4, {("tallies", "a"): ONE}, {})  # read again: it is the newest now
    memory.learn(LOG, 4, {("tallies", "g"): TWO}, {})
    for key in "bcd":
        with not_held():
            row(memory, key)
    assert [row(memory, key) for key in "efag"] == [TWO, TWO, ONE, TWO]


def test_rows_that_change_are_not_too_many_either(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ledger.memory, "_MOST_ROWS", 6)
    move(memory, 4, 5, {"tallies": {f"k-{n}": ONE for n in range(100)}})
    assert row(memory, "k-99") == ONE
    held = 0
    for n in range(100):
        with suppress(NotHeld):
            held += row(memory, f"k-{n}") == ONE
    assert 3 <= held <= 6


def test_a_long_list_is_not_held(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.ledger.memory, "_LONGEST_LIST", 3)
    memory.learn(LOG, 4, {}, {("tallies", ()): [ONE] * 4, ("tallies", (("last", 1),)): [ONE] * 3})
    assert listed(memory, last=1) == [ONE] * 3
    with not_held():
        listed(memory)


# one position -------------------------------------------------------------------------------------------------------


def test_a_look_does_not_move_within_its_with(memory: Memory) -> None:
    """Another thread moves the ledgers on meanwhile: it waits, and what is seen stands at one position."""
    tried = threading.Event()

    def go_on() -> None:
        tried.set()
        move(memory, 4, 5, {"tallies": {"a": TWO, "b": TWO}})

    thread = threading.Thread(target=go_on)
    with memory.look(LOG) as look:
        assert look.row(TALLIES, "a") == ONE
        thread.start()
        assert tried.wait(60)
        thread.join(0.05)  # if it could go on, it would have by now
        assert thread.is_alive()
        assert (look.position, look.row(TALLIES, "a"), look.row(TALLIES, "b")) == (4, ONE, None)
        assert look.rows(TALLIES, count=1) == [ONE]
    thread.join(60)
    assert (position(memory), row(memory, "a"), row(memory, "b")) == (5, TWO, TWO)


def test_nobody_ever_sees_half_a_move() -> None:
    memory = Memory()
    move(memory, -1, 0, {})
    memory.learn(LOG, 0, {("tallies", key): Tally(count=0, last=0) for key in "ab"}, {})
    torn: list[tuple[int, int, int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            with memory.look(LOG) as look:
                a, b = look.row(TALLIES, "a"), look.row(TALLIES, "b")
                assert a is not None
                assert b is not None
                if not look.position == a.count == b.count:
                    torn.append((look.position, a.count, b.count))

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for n in range(2_000):
        move(memory, n, n + 1, {"tallies": {key: Tally(count=n + 1, last=0) for key in "ab"}})
    done.set()
    for watcher in watchers:
        watcher.join(60)
    assert torn == []
    assert position(memory) == 2_000


@pytest.mark.parametrize("held", [True, False])
def test_whatever_comes_of_a_look_nobody_is_locked_out(memory: Memory, held: bool) -> None:
    log = LOG if held else OTHER_LOG
    for _ in range(2):
        with not_held(), memory.look(log) as look:
            assert not is_free(memory)
            look.row(TALLIES, "nobody")
        assert is_free(memory)
    with pytest.raises(ZeroDivisionError), memory.look(LOG):
        raise ZeroDivisionError
    assert is_free(memory)
    looks = [memory.look(LOG) for _ in range(3)]  # one that is not entered locks nothing
    assert all(look.position == -1 for look in looks)
    assert is_free(memory)
