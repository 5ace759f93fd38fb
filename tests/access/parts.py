"""What the tests of access share: a clock that is set by hand, and sign-in put together. Everyone is synthetic."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import Engine

from shared.access.machines import Machines
from shared.access.passwords import Passwords
from shared.access.places import Places
from shared.access.sign_in import SignIn
from shared.contracts.codes import Role
from shared.log.wrapping import Masters
from shared.settings import load

LOG = "410105010"
COMMUNITY = "410105010001"
DISTRICT = "410105"
CITY = "4101"
PASSWORD = "正确的马 电池 订书钉 9"
SOURCE = "192.0.2.7"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The real thing, at a price that many attempts can be made for."""


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class Entrance:
    """Sign-in, as an installation has it."""

    engine: Engine
    synthetic: bool = False
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = load(Path("unused"), **self.settings)
        self.sign_in = SignIn.of(
            self.engine, settings, self.clock, Masters([b"m" * 32]), b"k" * 32, lambda: self.synthetic
        )
        self.accounts, self.sessions = self.sign_in.accounts, self.sign_in.sessions
        self.accounts.passwords = Passwords(CHEAP)
        self.machines, self.places = Machines(self.engine, self.clock), Places(self.engine)

    def opened(
        self, name: str = "clerk-zhao", role: Role = Role.CLERK, place: str = COMMUNITY, password: str = PASSWORD
    ) -> None:
        """An account with one role."""
        self.accounts.open(name, password=password)
        self.accounts.grant(name, role, place, "test")

    def signed_in(self, name: str = "clerk-zhao", password: str = PASSWORD, code: str | None = None) -> str:
        """The cookie of a session."""
        shown = self.sign_in.by_password(name, password, SOURCE)
        if code is not None:
            shown = self.sign_in.by_factor(self.sign_in.read(self.sign_in.noted(shown, "/")), code, SOURCE)
        return self.sign_in.opened(shown)

    def code(self, secret: str, steps: int = 0) -> str:
        """What an authenticator shows, some steps from now."""
        return pyotp.TOTP(secret).at(int(self.clock().timestamp()), counter_offset=steps)

    def factor(self, name: str) -> str:
        """Set a second factor up as at a first sign-in; its secret."""
        shown = self.sign_in.by_password(name, PASSWORD, SOURCE)
        waiting = self.sign_in.read(self.sign_in.noted(shown, "/"))
        assert waiting.secret is not None
        self.sign_in.by_factor(waiting, self.code(waiting.secret), SOURCE)
        return waiting.secret
