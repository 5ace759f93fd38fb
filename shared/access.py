"""Who may do what: the one place where an actor is known and a command or a query is allowed. Default: no.

Tokens are JWTs of one algorithm, with issuer, audience and expiry checked. Sign-in by people comes here too; pages use
the same tokens in a cookie that scripts cannot read.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
from pydantic import TypeAdapter

from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.fields import Code
from shared.contracts.model import Accepts, Refused
from shared.log.vault import load_master
from shared.settings import Settings

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "sanguan"
_AUDIENCE: Final = "sanguan"
_TOKENS_SEEN: Final = 1_000
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Code)
"""An actor's name is kept with every event, for ever: a pseudonym."""
READERS: Final = frozenset(Role) - {Role.OPERATOR, Role.SERVICE}
"""Roles that may read ledgers; an operator runs the system and sees no case data."""
RECORD_READERS: Final = frozenset({Role.AUDITOR, Role.OFFICE, Role.SUBSCRIBER, Role.LEADER})
"""Roles that may read the log itself (its personal fields are sealed)."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who asks: an actor, and the one log (sub-district) that they may reach."""

    actor: Actor
    log: str

    def may_reach(self, log: str) -> None:
        """Raises `Refused("wrong_jurisdiction")`."""
        if log != self.log:
            raise Refused("wrong_jurisdiction", field="log")

    def may_send(self, accepts: Accepts) -> None:
        """Raises `Refused("role_not_allowed")`."""
        if self.actor.role not in accepts.by:
            raise Refused("role_not_allowed", roles=", ".join(sorted(accepts.by)))

    def may_read(self, roles: frozenset[str]) -> None:
        """Raises `Refused("role_not_allowed")`."""
        if self.actor.role not in roles:
            raise Refused("role_not_allowed", roles=", ".join(sorted(roles)))


class Tokens:
    """Mints and reads tokens under a key that only the system holds."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key, self._clock = key, clock
        self._seen: dict[str, tuple[Visitor, float]] = {}
        """Tokens that were found good, and when each expires: proving one costs more than a decision."""

    def mint(self, role: Role, log: str, *, subject: str, on_behalf_of: str | None = None, valid: timedelta) -> str:
        """A token for an actor of a role in one log. Raises `ValueError` for a name that is no code or holds a
        telephone or ID number, and for the role of the services: those ask from within only."""
        if role is Role.SERVICE:
            raise ValueError("services show no tokens")
        subject, on_behalf_of = _pseudonym(subject), None if on_behalf_of is None else _pseudonym(on_behalf_of)
        now = self._clock()
        claims = {
            "iss": _ISSUER, "aud": _AUDIENCE, "sub": subject, "role": str(role), "log": log, "iat": now,
            "exp": now + valid, "jti": secrets.token_hex(8),
        }  # fmt: skip
        if on_behalf_of is not None:
            claims["obo"] = on_behalf_of
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> Visitor:
        """Who shows the token; raises `Refused("unauthenticated")` without saying why."""
        seen = self._seen.get(token)
        if seen is not None and self._clock().timestamp() < seen[1]:
            return seen[0]
        visitor, expires_at = self._proven(token)
        if len(self._seen) >= _TOKENS_SEEN:
            self._seen.clear()
        self._seen[token] = visitor, expires_at
        return visitor

    def _proven(self, token: str) -> tuple[Visitor, float]:
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE, issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )  # fmt: skip
            role, log, expires_at = Role(claims["role"]), str(claims["log"]), float(claims["exp"])
            behalf = claims.get("obo")
            actor = Actor(
                id=_pseudonym(claims["sub"]), role=role, on_behalf_of=None if behalf is None else _pseudonym(behalf)
            )
            if role is Role.SERVICE:
                raise ValueError("services show no tokens")
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Refused("unauthenticated") from None
        return Visitor(actor, log), expires_at


def _pseudonym(said: object) -> str:
    """An actor's name; raises `ValueError`, which does not repeat it."""
    try:
        return _NAME.validate_python(said)
    except ValueError:
        raise ValueError("an actor's name is a code of at most 64 characters, not a telephone or ID number") from None


def load_token_key(settings: Settings) -> bytes:
    """The tokens' key: given, or in a file of mode 0600 that is made on first use."""
    if settings.token_key:
        return b64decode(settings.token_key)
    return load_master(settings.keys_dir / "token.key")


def utc_now() -> datetime:
    """The one clock of the running system."""
    return datetime.now(UTC)
