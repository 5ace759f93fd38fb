"""Signed tokens: they cannot be ended, so that they end soon. Everyone is invented (synthetic)."""

from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from shared.access.tokens import FACTORED, LONGEST, LONGEST_FACTORED, Tokens, longest
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.model import Refused
from tests.access.parts import LOG, Entrance
from tests.system.cli import environment, sanguan

KEY = b"k" * 32
ROLES = [role for role in Role if role is not Role.SERVICE]


@pytest.mark.parametrize("role", ROLES)
def test_a_token_lives_a_day_at_most_and_less_where_a_second_factor_is_asked_for(role: Role) -> None:
    tokens = Tokens(KEY, utc_now)
    assert longest(role) == (LONGEST_FACTORED if role in FACTORED else LONGEST)
    assert longest(role) <= timedelta(hours=24)
    assert tokens.read(tokens.mint(role, LOG, subject="x-1", valid=longest(role))).actor.role is role
    with pytest.raises(ValueError, match="hours at most"):
        tokens.mint(role, LOG, subject="x-1", valid=longest(role) + timedelta(seconds=1))


def test_one_that_was_minted_when_they_lived_a_year_is_none_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(KEY, utc_now)
    monkeypatch.setattr("shared.access.tokens.LONGEST", timedelta(days=366))
    old = tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(days=365))
    monkeypatch.undo()
    with pytest.raises(Refused, match="unauthenticated"):
        tokens.read(old)
    with pytest.raises(Refused, match="unauthenticated"):
        tokens.expires_at(old)
    backdated = jwt.decode(old, options={"verify_signature": False}) | {"iat": utc_now().timestamp() + 364 * 86_400}
    with pytest.raises(Refused, match="unauthenticated"):  # it is not of today
        tokens.read(jwt.encode(backdated, KEY, algorithm="HS256"))


def test_the_command_mints_none_that_lives_longer(tmp_path: Path) -> None:
    env = {**environment(), "SANGUAN_TOKEN_KEY": b64encode(KEY).decode()}
    words = ("token", "--log", LOG, "--data", tmp_path, "--json")
    for role, hours, code in (("clerk", "24", 0), ("privacy", "8", 0), ("auditor", "9", 2), ("clerk", "25", 2)):
        minted = sanguan(*words, "--role", role, "--hours", hours, env=env)
        assert minted.code == code, (role, hours, minted.err)
    tokens = Tokens(KEY, utc_now)
    for kind, most in ((Role.OFFICE, timedelta(hours=12)), (Role.OPERATOR, LONGEST_FACTORED)):
        said = sanguan(*words, "--role", kind, env=env).json
        assert timedelta(hours=said["hours"]) == most
        assert tokens.expires_at(said["token"]) <= utc_now() + most


@pytest.mark.parametrize("role", ROLES)
def test_a_token_opens_no_session_in_a_role_that_takes_a_second_factor(entrance: Entrance, role: Role) -> None:
    shown = Visitor(Actor(id="x-1", role=role), LOG)
    until = entrance.clock() + timedelta(hours=1)
    if role in FACTORED:
        with pytest.raises(Refused, match="factor_needed"):
            entrance.sessions.open_for(shown, until)
    else:
        assert entrance.sessions.visitor(entrance.sessions.open_for(shown, until)).actor == shown.actor
