"""Who guesses waits, and longer each time. Everyone is invented (synthetic)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from argon2 import PasswordHasher

from shared.access.passwords import Passwords
from shared.access.throttle import BY_ACCOUNT, BY_SOURCE, LONGEST_SECONDS
from shared.contracts.model import Refused
from tests.access.parts import PASSWORD, SOURCE, Entrance


def tried(entrance: Entrance, name: str = "clerk-zhao", password: str = "wrong password", source: str = SOURCE) -> str:
    """The code with which an attempt was refused; empty where it was not."""
    try:
        entrance.sign_in.by_password(name, password, source)
    except Refused as refused:
        return refused.code
    return ""


def wait_of(entrance: Entrance, name: str = "clerk-zhao", source: str = SOURCE) -> int:
    """The seconds that an attempt is told to wait; 0 where it is judged."""
    try:
        entrance.sign_in.by_password(name, "wrong password", source)
    except Refused as refused:
        return int(str(refused.known.get("seconds", 0)))
    raise AssertionError


def test_wrong_and_unknown_are_refused_alike(entrance: Entrance) -> None:
    entrance.opened()
    entrance.accounts.open("by-provider")
    entrance.accounts.open("closed", password=PASSWORD)
    entrance.accounts.close("closed")
    told = [
        entrance_refusal(entrance, name, password)
        for name, password in (
            ("clerk-zhao", "wrong password"), ("nobody", PASSWORD), ("by-provider", PASSWORD), ("closed", PASSWORD),
            ("clerk-zhao", ""), ("", ""), ("x" * 5_000, "y" * 50_000), ("a\0b", "c\0d"),
        )
    ]  # fmt: skip
    assert {(one.code, one.field, str(one.known)) for one in told} == {("sign_in_refused", None, "{}")}


def entrance_refusal(entrance: Entrance, name: str, password: str) -> Refused:
    with pytest.raises(Refused) as refused:
        entrance.sign_in.by_password(name, password, SOURCE)
    return refused.value


def test_the_wait_grows_and_the_right_password_waits_too(entrance: Entrance) -> None:
    entrance.opened()
    for _ in range(BY_ACCOUNT.free):
        assert tried(entrance) == "sign_in_refused"
    waits = []
    for _ in range(12):
        assert tried(entrance, password=PASSWORD) == "too_many_attempts"
        waits.append(wait_of(entrance))
        entrance.clock.on(seconds=waits[-1] - 1)
        assert tried(entrance, password=PASSWORD) == "too_many_attempts", "one second early"
        entrance.clock.on(seconds=1)
        assert tried(entrance) == "sign_in_refused"
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, LONGEST_SECONDS, LONGEST_SECONDS]
    entrance.clock.on(seconds=LONGEST_SECONDS)
    assert tried(entrance, password=PASSWORD) == ""
    assert tried(entrance) == "sign_in_refused", "the right one had all forgotten"


def test_attempts_that_must_wait_do_not_prolong_the_wait(entrance: Entrance) -> None:
    entrance.opened()
    for _ in range(BY_ACCOUNT.free):
        tried(entrance)
    for _ in range(20):
        assert tried(entrance) == "too_many_attempts"
    entrance.clock.on(seconds=1)
    assert tried(entrance, password=PASSWORD) == ""


def test_an_account_that_is_not_there_is_throttled_alike(entrance: Entrance) -> None:
    for _ in range(BY_ACCOUNT.free):
        assert tried(entrance, "nobody") == "sign_in_refused"
    assert tried(entrance, "nobody") == "too_many_attempts"
    assert tried(entrance, "nobody", source="198.51.100.9") == "too_many_attempts", "from wherever"
    assert tried(entrance, "somebody") == "sign_in_refused"


def test_one_source_that_tries_many_accounts_waits(entrance: Entrance) -> None:
    entrance.opened()
    for number in range(BY_SOURCE.free):
        assert tried(entrance, f"guess-{number}") == "sign_in_refused"
    assert tried(entrance, password=PASSWORD) == "too_many_attempts"
    assert tried(entrance, password=PASSWORD, source="198.51.100.9") == "", "others come from elsewhere"
    entrance.clock.on(seconds=BY_SOURCE.forgotten_seconds + 1)
    assert tried(entrance, password=PASSWORD) == ""


def test_an_account_of_ones_own_does_not_reset_the_source(entrance: Entrance) -> None:
    entrance.opened()
    for number in range(BY_SOURCE.free):
        tried(entrance, f"guess-{number}")
        if number % 3 == 0:
            tried(entrance, password=PASSWORD)
    assert tried(entrance, "guess-last") == "too_many_attempts"


def test_a_hundred_at_once_are_a_hundred(entrance: Entrance) -> None:
    entrance.opened()
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda number: tried(entrance, password=f"guess number {number}"), range(40)))
    assert codes.count("sign_in_refused") == BY_ACCOUNT.free
    assert codes.count("too_many_attempts") == 40 - BY_ACCOUNT.free


def test_a_clock_that_is_set_back_locks_nobody_out(entrance: Entrance) -> None:
    entrance.opened()
    for _ in range(BY_ACCOUNT.free):
        tried(entrance)
    entrance.clock.on(days=-3_650)
    assert wait_of(entrance) <= 1
    entrance.clock.on(seconds=1)
    assert tried(entrance, password=PASSWORD) in ("", "too_many_attempts")


def test_what_is_forgotten_is_deleted(entrance: Entrance) -> None:
    entrance.opened()
    tried(entrance)
    entrance.signed_in()
    assert entrance.sign_in.sweep() == 0
    entrance.clock.on(seconds=BY_ACCOUNT.forgotten_seconds + 1)
    assert entrance.sign_in.sweep() == 2
    entrance.clock.on(days=31)
    assert entrance.sign_in.sweep() == 1


def test_where_there_is_no_password_one_is_held_against_all_the_same(entrance: Entrance) -> None:
    """An answer that comes sooner would tell which accounts there are."""
    held: list[str | bytes] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            held.append(hash)
            return super().verify(hash, password)

    entrance.opened()
    entrance.accounts.open("by-provider")
    entrance.accounts.passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    for name in ("clerk-zhao", "nobody", "by-provider"):
        assert tried(entrance, name) == "sign_in_refused"
    stored, *others = held
    assert stored == entrance.accounts.named("clerk-zhao").password
    assert len(set(others)) == 1
    assert len(others) == 2
    assert all(one.split("$")[:4] == str(stored).split("$")[:4] for one in map(str, others)), "at the same price"
