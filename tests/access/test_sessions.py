"""How long a sign-in holds, what ends it, and what a form must carry. Everyone is invented (synthetic)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import event, select

from shared.access.tables import sessions
from shared.access.visitor import Visitor, Way
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.model import Refused
from tests.access.parts import CITY, COMMUNITY, DISTRICT, LOG, PASSWORD, SOURCE, Entrance

OTHER_LOG = "410105011"


def is_over(entrance: Entrance, cookie: str) -> bool:
    """Whether a session opens nothing."""
    try:
        entrance.sessions.visitor(cookie)
    except Refused as refused:
        return (refused.code, refused.field, refused.known) == ("unauthenticated", None, {})
    return False


def test_a_session_is_its_account_in_a_role_at_a_place(entrance: Entrance) -> None:
    entrance.accounts.open("clerk-zhao", "pseudonym-7", PASSWORD)
    entrance.accounts.grant("clerk-zhao", Role.CLERK, COMMUNITY, "test")
    visitor = entrance.sessions.visitor(entrance.signed_in())
    assert visitor.actor == Actor(id="pseudonym-7", role=Role.CLERK)
    assert (visitor.log, visitor.place, visitor.community) == (LOG, COMMUNITY, COMMUNITY)
    assert (visitor.logs, visitor.way, visitor.above) == (frozenset(), Way.SESSION, False)
    assert visitor.scopes is None
    visitor.acts_in(LOG)
    with pytest.raises(Refused):
        visitor.at(OTHER_LOG)


def test_who_is_above_reads_the_logs_that_lie_within_and_changes_none(entrance: Entrance) -> None:
    entrance.opened("leader-qian", Role.LEADER, DISTRICT)
    entrance.opened("leader-sun", Role.LEADER, CITY)
    entrance.places.put(DISTRICT, CITY)
    entrance.places.put(OTHER_LOG, DISTRICT)
    entrance.places.put(LOG, DISTRICT)
    entrance.places.put("410106001", "410106")
    for name in ("leader-qian", "leader-sun"):
        cookie = entrance.signed_in(name)
        visitor = entrance.sessions.visitor(cookie)
        assert visitor.logs == {LOG, OTHER_LOG}
        assert visitor.log == LOG
        assert visitor.at(OTHER_LOG).log == OTHER_LOG
        for log in (LOG, OTHER_LOG):
            with pytest.raises(Refused):
                visitor.acts_in(log)
        with pytest.raises(Refused):
            visitor.at("410106001")
    entrance.places.put(OTHER_LOG, "410106")
    assert entrance.sessions.visitor(cookie).logs == {LOG}, "the table of today"


def test_a_district_without_logs_sees_none(entrance: Entrance) -> None:
    entrance.opened("leader-qian", Role.LEADER, DISTRICT)
    visitor = entrance.sessions.visitor(entrance.signed_in("leader-qian"))
    assert (visitor.log, visitor.logs) == ("", frozenset())


@pytest.mark.parametrize("cookie", ["", "x", "x" * 43, "é\0", "' OR 1=1 --"])
def test_what_is_no_session_opens_nothing(entrance: Entrance, cookie: str) -> None:
    entrance.opened()
    held = entrance.signed_in()
    assert is_over(entrance, cookie)
    for near in (held[:-1], held + "=", held.swapcase(), held.upper()):
        assert is_over(entrance, near)
    assert not is_over(entrance, held)


def test_a_cookie_is_256_random_bits_of_which_the_digest_is_stored(entrance: Entrance) -> None:
    entrance.opened()
    cookies = {entrance.signed_in() for _ in range(20)}
    assert len(cookies) == 20
    assert {len(one) for one in cookies} == {43}
    with entrance.engine.connect() as connection:
        digests = {bytes(one) for one in connection.execute(select(sessions.c.digest)).scalars()}
    assert digests == {sha256(one.encode()).digest() for one in cookies}


def test_a_session_ends_where_it_lies_idle(entrance: Entrance) -> None:
    entrance.opened()
    cookie = entrance.signed_in()
    for _ in range(5):
        entrance.clock.on(minutes=59)
        assert not is_over(entrance, cookie)
    entrance.clock.on(minutes=60)
    assert is_over(entrance, cookie)


def test_a_session_ends_however_busy_it_is(entrance: Entrance) -> None:
    entrance.opened()
    cookie = entrance.signed_in()
    for _ in range(23):
        entrance.clock.on(minutes=30)
        assert not is_over(entrance, cookie)
    entrance.clock.on(minutes=30)
    assert is_over(entrance, cookie)


def test_its_last_use_is_written_down_once_a_minute(entrance: Entrance) -> None:
    entrance.opened()
    cookie = entrance.signed_in()
    written: list[str] = []
    event.listen(
        entrance.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, *_: written.append(statement) if statement.startswith("UPDATE") else None,
    )  # fmt: skip
    for _ in range(50):
        entrance.sessions.visitor(cookie)
        entrance.clock.on(seconds=1)
    assert written == []
    entrance.clock.on(seconds=20)
    for _ in range(50):
        entrance.sessions.visitor(cookie)
    assert len(written) == 1


Act = Callable[[Entrance], object]


@pytest.mark.parametrize(
    "act",
    [
        lambda e: e.accounts.close("clerk-zhao"),
        lambda e: e.accounts.set_password("clerk-zhao", "another good password"),
        lambda e: e.accounts.revoke("clerk-zhao", Role.CLERK, COMMUNITY),
        lambda e: e.accounts.end_sessions("clerk-zhao"),
        lambda e: e.accounts.link("clerk-zhao", "https://id.example", "1"),
        lambda e: e.accounts.reset_factor("clerk-zhao"),
        lambda e: (
            e.accounts.revoke("clerk-zhao", Role.CLERK, COMMUNITY),
            e.clock.on(seconds=1),
            e.accounts.grant("clerk-zhao", Role.CLERK, COMMUNITY, "test"),
        ),
    ],
    ids=["closed", "password", "revoked", "ended", "linked", "factor", "revoked and granted again"],
)
def test_what_it_rests_on_ends_it_and_nobody_elses(entrance: Entrance, act: Act) -> None:
    entrance.opened()
    entrance.opened("clerk-qian")
    mine, other = [entrance.signed_in() for _ in range(3)], entrance.signed_in("clerk-qian")
    entrance.clock.on(seconds=1)
    act(entrance)
    assert all(is_over(entrance, one) for one in mine)
    assert not is_over(entrance, other)
    assert entrance.sessions.of_account("clerk-zhao") == []


@pytest.mark.parametrize(
    "act",
    [
        lambda e: e.accounts.close("clerk-zhao"),
        lambda e: e.accounts.set_password("clerk-zhao", "another good password"),
        lambda e: e.accounts.revoke("clerk-zhao", Role.CLERK, COMMUNITY),
    ],
    ids=["closed", "password", "revoked"],
)
def test_what_changes_between_the_password_and_the_session_ends_it_too(entrance: Entrance, act: Act) -> None:
    entrance.opened()
    shown = entrance.sign_in.by_password("clerk-zhao", PASSWORD, SOURCE)
    entrance.clock.on(seconds=1)
    act(entrance)
    entrance.clock.on(seconds=1)
    assert is_over(entrance, entrance.sign_in.opened(shown))


def test_sign_out_ends_one_session(entrance: Entrance) -> None:
    entrance.opened()
    one, two = entrance.signed_in(), entrance.signed_in()
    entrance.sessions.end(one)
    entrance.sessions.end(one)
    entrance.sessions.end("none")
    assert is_over(entrance, one)
    assert not is_over(entrance, two)


def test_ones_own_sessions_are_listed_and_ended_and_nobody_elses(entrance: Entrance) -> None:
    entrance.opened()
    entrance.opened("clerk-qian")
    one = entrance.signed_in()
    entrance.clock.on(seconds=1)
    two, other = entrance.signed_in(), entrance.signed_in("clerk-qian")
    visitor, stranger = entrance.sessions.visitor(one), entrance.sessions.visitor(other)
    second = entrance.sessions.visitor(two).session
    assert [session.name for session in entrance.sessions.of(visitor)] == [second, visitor.session]
    for name in (stranger.session or "", "", "nothing"):
        with pytest.raises(Refused) as refused:
            entrance.sessions.end_named(visitor, name)
        assert (refused.value.code, refused.value.field) == ("unknown_session", "session")
    entrance.sessions.end_named(visitor, second or "")
    assert is_over(entrance, two)
    assert not is_over(entrance, other)
    assert not is_over(entrance, one)


def test_the_name_of_a_session_opens_nothing(entrance: Entrance) -> None:
    entrance.opened()
    visitor = entrance.sessions.visitor(entrance.signed_in())
    assert is_over(entrance, visitor.session or "")


# roles ----------------------------------------------------------------------------------------------------------------


def test_another_of_ones_roles_is_taken_in_a_new_session_that_is_no_longer(entrance: Entrance) -> None:
    entrance.opened()
    entrance.accounts.grant("clerk-zhao", Role.OFFICE, LOG, "test")
    cookie = entrance.signed_in()
    ends = entrance.sessions.of_account("clerk-zhao")[0].ends_at
    entrance.clock.on(minutes=30)
    chosen = entrance.sessions.choose(cookie, Role.OFFICE, LOG)
    assert is_over(entrance, cookie)
    visitor = entrance.sessions.visitor(chosen)
    assert (visitor.actor.role, visitor.place, visitor.community) == (Role.OFFICE, LOG, None)
    assert [one.ends_at for one in entrance.sessions.of_account("clerk-zhao")] == [ends]


def test_a_role_that_one_does_not_hold_is_not_taken(entrance: Entrance) -> None:
    entrance.opened()
    entrance.opened("office-li", Role.OFFICE, LOG)
    cookie = entrance.signed_in()
    for role, place in ((Role.OFFICE, LOG), (Role.CLERK, LOG), (Role.CLERK, COMMUNITY + "x"), (Role.SERVICE, LOG)):
        with pytest.raises(Refused) as refused:
            entrance.sessions.choose(cookie, role, place)
        assert refused.value.code == "no_such_membership"
    assert not is_over(entrance, cookie)


def test_a_role_that_was_granted_later_wants_a_new_sign_in(entrance: Entrance) -> None:
    entrance.opened()
    cookie = entrance.signed_in()
    entrance.clock.on(seconds=1)
    entrance.accounts.grant("clerk-zhao", Role.AUDITOR, LOG, "test")
    with pytest.raises(Refused) as refused:
        entrance.sessions.choose(cookie, Role.AUDITOR, LOG)
    assert refused.value.code == "no_such_membership"
    assert entrance.sessions.visitor(cookie).actor.role is Role.CLERK


# tokens and cards -----------------------------------------------------------------------------------------------------


def test_a_token_opens_a_session_of_its_own_length(entrance: Entrance) -> None:
    shown = Visitor(Actor(id="office-1", role=Role.OFFICE, on_behalf_of="unit-3"), LOG)
    cookie = entrance.sessions.open_for(shown, entrance.clock() + timedelta(minutes=10))
    visitor = entrance.sessions.visitor(cookie)
    assert visitor.actor == shown.actor
    assert (visitor.log, visitor.community, visitor.above) == (LOG, None, False)
    assert len(entrance.sessions.of(visitor)) == 1
    entrance.clock.on(minutes=10)
    assert is_over(entrance, cookie)
    long = entrance.sessions.open_for(shown, entrance.clock() + timedelta(days=300))
    entrance.clock.on(hours=12)
    assert is_over(entrance, long)


def test_a_residents_session_is_for_the_case_and_a_programs_token_opens_none(entrance: Entrance) -> None:
    resident = Visitor(Actor(id="resident", role=Role.RESIDENT), LOG, case="case-1")
    assert entrance.sessions.visitor(entrance.sessions.open_for(resident)).case == "case-1"
    with pytest.raises(Refused) as refused:
        entrance.sessions.open_for(replace(resident, scopes=frozenset({"record"})))
    assert refused.value.code == "unauthenticated"


# forms ----------------------------------------------------------------------------------------------------------------


def test_a_form_is_of_one_session(entrance: Entrance) -> None:
    entrance.opened()
    one, two = (entrance.sessions.visitor(entrance.signed_in()) for _ in range(2))
    token = entrance.sessions.form_token(one)
    entrance.sessions.check_form(one, token)
    for visitor, said in ((two, token), (one, ""), (one, token[:-1]), (one, "é"), (replace(one, session=None), token)):
        with pytest.raises(Refused) as refused:
            entrance.sessions.check_form(visitor, said)
        assert refused.value.code == "form_expired"
