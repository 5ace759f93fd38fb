"""Signed tokens 令牌: for whoever runs a command line. They expire within a day and cannot be ended before.

Tokens are JWTs of one algorithm, with issuer, audience and expiry checked. What lives longer is a machine's token
(`machines`) or a session (`sessions`), which can be ended.
"""

import secrets
from base64 import b64decode
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
from pydantic import TypeAdapter

from shared.access.visitor import COMMUNITY_DIGITS, Visitor
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.fields import Code
from shared.contracts.model import Refused
from shared.log.wrapping import load_master
from shared.settings import Settings

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "sanguan"
_AUDIENCE: Final = "sanguan"
LONGEST: Final = timedelta(hours=24)
"""How long a token lives at most: nobody can end it."""
FACTORED: Final = frozenset({Role.AUDITOR, Role.PRIVACY, Role.OPERATOR})
"""Roles that nobody takes by a password alone: they see all of a log, or rule over who may see it."""
LONGEST_FACTORED: Final = timedelta(hours=8)
"""The same for those roles, of which a token shows no second factor: a working day."""
_SKEW: Final = timedelta(minutes=1)
"""By how much a token's own times may differ from that."""
_TOKENS_SEEN: Final = 1_000
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Code)
"""An actor's name is kept with every event, for ever: a pseudonym."""


class Tokens:
    """Mints and reads tokens under a key that only the system holds."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key, self._clock = key, clock
        self._seen: dict[str, tuple[Visitor, float]] = {}
        """Tokens that were found good, and when each expires: proving one costs more than a decision."""

    def mint(
        self, role: Role, log: str, *, subject: str, valid: timedelta, on_behalf_of: str | None = None,
        community: str | None = None, case: str | None = None, card: str | None = None,
        scopes: Collection[str] | None = None,
    ) -> str:  # fmt: skip
        """A token for an actor of a role in one log, perhaps in one community of it only. A resident's is for a case,
        and good no longer than the code of the card that opened it.

        Raises `ValueError` for a name that is no code or holds a telephone or ID number, for a community of another
        log, for a life that is too long, and for the role of the services: those ask from within only."""
        if role is Role.SERVICE:
            raise ValueError("services show no tokens")
        if valid > longest(role):
            raise ValueError(f"a token of that role lives {longest(role) // timedelta(hours=1)} hours at most")
        subject, on_behalf_of = pseudonym(subject), None if on_behalf_of is None else pseudonym(on_behalf_of)
        if community is not None and not (community.startswith(log) and len(community) == COMMUNITY_DIGITS):
            raise ValueError("the community is not one of that log's")
        now = self._clock()
        claims = {
            "iss": _ISSUER, "aud": _AUDIENCE, "sub": subject, "role": str(role), "log": log, "iat": now,
            "exp": now + valid, "jti": secrets.token_hex(8),
        }  # fmt: skip
        more = {"obo": on_behalf_of, "place": community, "case": case, "card": card,
                "scope": None if scopes is None else " ".join(sorted(scopes))}  # fmt: skip
        claims |= {name: value for name, value in more.items() if value is not None}
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

    def expires_at(self, token: str) -> datetime:
        """Until when a token is good; raises `Refused("unauthenticated")`."""
        return datetime.fromtimestamp(self._proven(token)[1], UTC)

    def _proven(self, token: str) -> tuple[Visitor, float]:
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[_ALGORITHM], audience=_AUDIENCE, issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )  # fmt: skip
            role, log, expires_at = Role(claims["role"]), str(claims["log"]), float(claims["exp"])
            if timedelta(seconds=expires_at - float(claims["iat"])) > longest(role) + _SKEW:
                raise ValueError("it was minted when tokens lived longer")
            behalf = claims.get("obo")
            actor = Actor(
                id=pseudonym(claims["sub"]), role=role, on_behalf_of=None if behalf is None else pseudonym(behalf)
            )
            if role is Role.SERVICE:
                raise ValueError("services show no tokens")
            scope = claims.get("scope")
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Refused("unauthenticated") from None
        visitor = Visitor(
            actor, log, place=str(claims.get("place", "")), case=claims.get("case"), card=claims.get("card"),
            scopes=None if scope is None else frozenset(str(scope).split()),
        )  # fmt: skip
        return visitor, expires_at


def longest(role: Role) -> timedelta:
    """How long a token of a role lives at most."""
    return LONGEST_FACTORED if role in FACTORED else LONGEST


def pseudonym(said: object) -> str:
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
