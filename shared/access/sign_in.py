"""Sign-in 登录: what somebody shows, and the session that it opens. One way in for each: password, provider, token.

shown:   name and password ─┐
         provider's answer ─┴─ Shown ── second factor, where the account wants one ── session
         signed token ──────────────────────────────────────────────────────────────── session
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import TYPE_CHECKING, Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine

from shared.access.accounts import Account, Accounts
from shared.access.factor import Factors
from shared.access.notes import Notes
from shared.access.passwords import Passwords
from shared.access.sessions import Limits, Sessions
from shared.access.throttle import Throttle
from shared.access.visitor import Visitor
from shared.contracts.model import Refused
from shared.log.append import microseconds, moment
from shared.log.wrapping import Wrapping
from shared.settings import Settings

if TYPE_CHECKING:  # what stands behind a provider takes a fifth of a second to load, and few have one
    from shared.access.oidc import Provider, Round

_FACTOR: Final = "factor"
"""What is tried, to the throttle."""
_SHOWN: Final = "shown"
_OFFERED: Final = "offered"
"""What a note is about."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An account whose first factor was shown."""

    account: Account
    since: datetime
    """When the account was looked up."""
    strong: bool = False
    """Whether a second factor was shown as well."""

    @property
    def enough(self) -> bool:
        """Whether it opens a session."""
        return self.strong or not self.account.factored


class SignIn:
    """Takes what is shown, and opens sessions."""

    def __init__(
        self, accounts: Accounts, sessions: Sessions, factors: Factors, throttle: Throttle, notes: Notes,
        provider: "Provider | None", clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.accounts, self.sessions, self.factors, self.provider = accounts, sessions, factors, provider
        self.notes, self.throttle, self._clock = notes, throttle, clock

    @classmethod
    def of(
        cls, engine: Engine, settings: Settings, clock: Callable[[], datetime], wrapping: Wrapping, key: bytes,
        synthetic: Callable[[], bool], random: Callable[[int], bytes] = urandom,
    ) -> Self:  # fmt: skip
        """Put together for an installation. `key` makes what a browser carries; it outlives the master key."""
        limits = Limits(timedelta(hours=settings.session_hours), timedelta(minutes=settings.session_idle_minutes))
        return cls(
            Accounts(engine, clock, Passwords(random=random), synthetic),
            Sessions(engine, clock, limits, derived(key, "forms"), random),
            Factors(engine, clock, wrapping, random),
            Throttle(engine, derived(key, "attempts"), clock),
            Notes(derived(key, "notes"), clock),
            _provider(settings, clock, random),
            clock,
        )

    # the first factor ---------------------------------------------------------------------------------------------

    def by_password(self, name: str, password: str, source: str) -> Shown:
        """Whose name and password these are; raises `Refused`: `too_many_attempts`, or `sign_in_refused` without
        saying what was wrong. It takes as long where there is no such account."""
        since = self._clock()
        self.throttle.attempt(name, source)
        account = self.accounts.find(name)
        stored = None if account is None or account.closed_at is not None else account.password
        right = self.accounts.passwords.fits(stored, password)
        if account is None or stored is None or not right:
            raise Refused("sign_in_refused")
        self.throttle.succeeded(name, source)
        if self.accounts.passwords.outdated(stored):
            self.accounts.rehashed(account, password)
        return Shown(self._welcome(account), since)

    def to_provider(self, back: str) -> "tuple[str, Round]":
        """Where the provider is asked, and what its answer is held against; raises `Refused`."""
        if self.provider is None:
            raise Refused("no_provider")
        return self.provider.begin(back)

    def by_provider(self, round: "Round", answer: dict[str, str]) -> Shown:
        """Whose account the provider's answer opens; raises `Refused`, `no_account` where none is linked to it."""
        if self.provider is None:
            raise Refused("no_provider")
        since = self._clock()
        known = self.provider.finish(round, answer)
        account = self.accounts.linked(self.provider.client.issuer, known.subject)
        if account is None or account.closed_at is not None:
            raise Refused("no_account")
        return Shown(self._welcome(account), since, known.strong)

    def _welcome(self, account: Account) -> Account:
        """The account, where it may be used here at all."""
        if account.demo and not self.accounts.synthetic():
            raise Refused("not_synthetic")
        if not account.memberships:
            raise Refused("no_membership")
        return account

    # the second ---------------------------------------------------------------------------------------------------

    def noted(self, shown: Shown, onward: str) -> str:
        """A note that the first factor was shown, until the second is. Where none is set up, it holds a new secret."""
        secret = None if shown.account.factor else self.factors.drawn()
        since = microseconds(shown.since)
        return self.notes.write(
            _SHOWN, {"account": shown.account.name, "since": since, "secret": secret, "onward": onward}
        )

    def read(self, note: str) -> "Waiting":
        """Who waits for their second factor; raises `Refused("form_expired")`."""
        said = self.notes.read(_SHOWN, note)
        account, since = self.accounts.find(said["account"]), moment(said["since"])
        changed = account is not None and account.password_at is not None and account.password_at > since
        if account is None or account.closed_at is not None or changed:
            raise Refused("form_expired")
        return Waiting(Shown(account, since), said["secret"], said["onward"])

    def by_factor(self, waiting: "Waiting", code: str, source: str) -> Shown:
        """The second factor too: by its code, which also sets up a new one. Raises `Refused`."""
        account = waiting.shown.account
        self.throttle.attempt(account.name, source, _FACTOR)
        if waiting.secret is None:
            self.factors.check(account, code)
        else:
            self.factors.set_up(account, waiting.secret, code)
        self.throttle.succeeded(account.name, source, _FACTOR)
        return Shown(account, waiting.shown.since, strong=True)

    # the session --------------------------------------------------------------------------------------------------

    def opened(self, shown: Shown) -> str:
        """A session's cookie, in the role that was granted first. Raises `Refused("factor_needed")`."""
        if not shown.enough:
            raise Refused("factor_needed")
        return self.sessions.open(shown.account, shown.account.memberships[0], shown.since)

    def sweep(self) -> int:
        """Let go of attempts and sessions that are long over; gives how many there were."""
        return self.throttle.sweep() + self.sessions.sweep()

    # by whoever is signed in --------------------------------------------------------------------------------------

    def changed_password(self, visitor: Visitor, cookie: str, old: str, new: str, source: str) -> str:
        """Another password for one's own account, by whoever knows the one that it has. All its sessions end; gives
        the cookie of a new one in the same role. Raises `Refused`."""
        account = self._own(visitor)
        self.by_password(account.name, old, source)
        self.accounts.set_password(account.name, new)
        held = next(one for one in account.memberships if (one.role, one.place) == (visitor.actor.role, visitor.place))
        self.sessions.end(cookie)
        return self.sessions.open(account, held, self._clock())

    def offered(self, account: Account) -> tuple[str, str]:
        """A note of a new secret for an account without a second factor, and the secret."""
        secret = self.factors.drawn()
        return self.notes.write(_OFFERED, {"account": account.name, "secret": secret}), secret

    def added_factor(self, visitor: Visitor, note: str, code: str, source: str) -> None:
        """Set up the second factor that was offered; raises `Refused`."""
        account, said = self._own(visitor), self.notes.read(_OFFERED, note)
        if said["account"] != account.name:
            raise Refused("form_expired")
        self.throttle.attempt(account.name, source, _FACTOR)
        self.factors.set_up(account, said["secret"], code)
        self.throttle.succeeded(account.name, source, _FACTOR)

    def _own(self, visitor: Visitor) -> Account:
        name = self.sessions.account_of(visitor)
        if name is None:
            raise Refused("unknown_account")
        return self.accounts.named(name)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody between the first factor and the second."""

    shown: Shown
    secret: str | None
    """Of the factor that is being set up."""
    onward: str


def derived(key: bytes, what: str) -> bytes:
    """A key for one purpose."""
    return HKDF(SHA256(), 32, salt=None, info=f"sanguan sign-in\0{what}".encode()).derive(key)


def _provider(
    settings: Settings, clock: Callable[[], datetime], random: Callable[[int], bytes]
) -> "Provider | None":  # fmt: skip
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    from shared.access.oidc import Client, Provider

    client = Client(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_title)
    return Provider(client, clock, random)
