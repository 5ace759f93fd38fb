"""Accounts, passwords, and what is refused. Everyone is invented (synthetic)."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from shared.access.accounts import NOT_GRANTED
from shared.access.passwords import Passwords, drawn
from shared.access.tables import accounts
from shared.access.tokens import FACTORED
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from tests.access.parts import CHEAP, CITY, COMMUNITY, DISTRICT, LOG, PASSWORD, SOURCE, Entrance


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("十一个字符的口令不够长", "password_too_short"),
        ("clerk-zhaoclerk-zhao", "password_like_name"),
        ("CLERK-ZHAO-123456", "password_like_name"),
        ("x" * 1_025, "too_long"),
    ],
)
def test_a_password_that_is_none_is_refused(entrance: Entrance, password: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        entrance.accounts.open("clerk-zhao", password=password)
    assert (refused.value.code, refused.value.field) == (code, "password")
    assert entrance.accounts.listed() == []


@pytest.mark.parametrize("password", ["twelve-chars", PASSWORD, "长" * 200, "x" * 1_024, "nul\0 and\nmore lines"])
def test_any_other_password_is_taken_whole(password: str) -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.digest("clerk-zhao", password)
    assert stored.startswith("$argon2id$")
    assert passwords.fits(stored, password)
    assert not passwords.fits(stored, password[:-1])
    assert not passwords.fits(stored, password + "x")
    assert not passwords.fits(None, password)


def test_full_width_letters_are_the_same_password() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.fits(passwords.digest("a", "correct horse 12"), "ｃｏｒｒｅｃｔ horse １２")


def test_two_digests_of_one_password_differ_and_a_drawn_one_fits() -> None:
    passwords = Passwords(CHEAP)
    made = drawn(lambda count: bytes(range(count)))
    assert passwords.digest("a", made) != passwords.digest("a", made)
    assert made == drawn(lambda count: bytes(range(count)))
    assert len({drawn() for _ in range(50)}) == 50


def test_a_digest_rises_with_the_parameters_when_its_owner_comes(entrance: Entrance) -> None:
    entrance.opened()
    before = entrance.accounts.named("clerk-zhao").password
    entrance.accounts.passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with pytest.raises(Refused):
        entrance.signed_in(password="not the password")
    assert entrance.accounts.named("clerk-zhao").password == before
    cookie = entrance.signed_in()
    after = entrance.accounts.named("clerk-zhao").password
    assert before is not None
    assert after is not None
    assert "t=1" in before
    assert "t=2" in after
    assert entrance.signed_in()
    assert entrance.sessions.visitor(cookie).log == LOG, "that is no change of the password"


def test_nothing_that_is_stored_is_the_password(entrance: Entrance) -> None:
    entrance.opened()
    cookie = entrance.signed_in()
    with entrance.engine.connect() as connection:
        for table in ("accounts", "sessions", "sign_in_attempts", "memberships"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                held = repr(tuple(bytes(one) if isinstance(one, memoryview) else one for one in row))
                for secret in (PASSWORD, cookie, SOURCE):
                    assert secret not in held
        kept = connection.execute(text("SELECT key FROM sign_in_attempts")).scalars().all()
    assert all(b"clerk" not in bytes(key) for key in kept)


def test_names_and_actors_are_codes_and_belong_to_one(entrance: Entrance) -> None:
    entrance.opened()
    for name, actor, code in (
        ("clerk-zhao", "other", "account_exists"),
        ("other", "clerk-zhao", "account_exists"),
        ("13800000000", None, "bad_name"),
        ("two words", None, "bad_name"),
        ("x" * 65, None, "bad_name"),
        ("", None, "bad_name"),
    ):
        with pytest.raises(Refused) as refused:
            entrance.accounts.open(name, actor, PASSWORD)
        assert refused.value.code == code
    entrance.accounts.close("clerk-zhao")
    with pytest.raises(Refused) as refused:
        entrance.accounts.open("clerk-zhao", "other", PASSWORD)
    assert refused.value.code == "account_exists", "a closed account's name is not given again"


def test_what_is_closed_is_not_changed(entrance: Entrance) -> None:
    entrance.opened()
    entrance.accounts.close("clerk-zhao")
    changes: tuple[Callable[[], None], ...] = (
        lambda: entrance.accounts.close("clerk-zhao"),
        lambda: entrance.accounts.set_password("clerk-zhao", PASSWORD),
        lambda: entrance.accounts.grant("clerk-zhao", Role.CLERK, LOG, "test"),
        lambda: entrance.accounts.link("clerk-zhao", "https://id.example", "1"),
        lambda: entrance.accounts.reset_factor("clerk-zhao"),
    )
    for change in changes:
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code == "account_closed"
    with pytest.raises(Refused) as refused:
        entrance.accounts.named("nobody")
    assert (refused.value.code, refused.value.field) == ("unknown_account", "name")


@pytest.mark.parametrize("place", ["", "41", "41010", "4101050100", "410105010001x", "4101050100011", "９９", "0101"])
def test_a_role_is_held_at_a_place_that_is_one(entrance: Entrance, place: str) -> None:
    entrance.accounts.open("clerk-zhao", password=PASSWORD)
    with pytest.raises(Refused) as refused:
        entrance.accounts.grant("clerk-zhao", Role.CLERK, place, "test")
    assert (refused.value.code, refused.value.field) == ("bad_place", "place")


def test_roles_are_granted_once_and_taken_back(entrance: Entrance) -> None:
    entrance.accounts.open("clerk-zhao", password=PASSWORD)
    for role in NOT_GRANTED:
        with pytest.raises(Refused) as refused:
            entrance.accounts.grant("clerk-zhao", role, LOG, "test")
        assert refused.value.code == "role_not_granted"
    granted = entrance.clock()
    for place in (COMMUNITY, LOG, DISTRICT, CITY):
        entrance.accounts.grant("clerk-zhao", Role.CLERK, place, "test")
        entrance.clock.on(seconds=1)
    entrance.accounts.grant("clerk-zhao", Role.CLERK, COMMUNITY, "test")
    held = entrance.accounts.named("clerk-zhao").memberships
    assert [one.place for one in held] == [COMMUNITY, LOG, DISTRICT, CITY]
    assert held[0].granted_at == granted
    entrance.accounts.revoke("clerk-zhao", Role.CLERK, LOG)
    with pytest.raises(Refused) as refused:
        entrance.accounts.revoke("clerk-zhao", Role.CLERK, LOG)
    assert refused.value.code == "no_such_membership"
    assert len(entrance.accounts.named("clerk-zhao").memberships) == 3


def test_somebody_at_a_provider_is_one_account(entrance: Entrance) -> None:
    for name in ("one", "two"):
        entrance.accounts.open(name)
    entrance.accounts.link("one", "https://id.example", "subject-1")
    entrance.accounts.link("one", "https://id.example", "subject-1")
    with pytest.raises(Refused) as refused:
        entrance.accounts.link("two", "https://id.example", "subject-1")
    assert refused.value.code == "subject_linked"
    found = entrance.accounts.linked("https://id.example", "subject-1")
    assert found is not None
    assert found.name == "one"
    assert entrance.accounts.linked("https://other.example", "subject-1") is None


# the sample's ---------------------------------------------------------------------------------------------------------


def test_accounts_of_the_sample_are_for_sample_data_alone(entrance: Entrance) -> None:
    for attempt in (
        lambda: entrance.accounts.open_demo(LOG, COMMUNITY, PASSWORD),
        lambda: entrance.accounts.open("x", password=PASSWORD, demo=True),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "not_synthetic"
    assert entrance.accounts.listed() == []


def test_the_sample_has_an_account_for_each_role_without_a_second_factor(sample: Entrance) -> None:
    made = sample.accounts.open_demo(LOG, COMMUNITY, PASSWORD)
    assert sample.accounts.open_demo(LOG, COMMUNITY, PASSWORD) == made
    assert {one.memberships[0].role for one in made} == set(Role) - NOT_GRANTED
    assert set(FACTORED) < {one.memberships[0].role for one in made}
    for account in made:
        visitor = sample.sessions.visitor(sample.signed_in(account.name))
        assert (visitor.actor.role, visitor.log) == (account.memberships[0].role, LOG)


def test_an_account_of_the_sample_opens_nothing_once_there_are_other_data(sample: Entrance) -> None:
    made = sample.accounts.open_demo(LOG, COMMUNITY, PASSWORD)
    sample.synthetic = False
    for account in made:
        with pytest.raises(Refused) as refused:
            sample.signed_in(account.name)
        assert refused.value.code == "not_synthetic"
    with pytest.raises(Refused) as refused:
        sample.accounts.grant(made[0].name, Role.CLERK, LOG, "test")
    assert refused.value.code == "not_synthetic"
    with sample.engine.connect() as connection:
        assert set(connection.execute(select(accounts.c.demo)).scalars()) == {1}
