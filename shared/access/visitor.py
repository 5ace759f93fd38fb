"""A visitor: who asks, in which role, and how far that reaches 管辖范围."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from shared.contracts.event import Actor
from shared.contracts.model import Refused

COMMUNITY_DIGITS: Final = 12
LOG_DIGITS: Final = 9


class Way(StrEnum):
    """How a visitor was known."""

    TOKEN = "token"  # noqa: S105  # the name of a way, no secret
    """A signed token that expires soon."""
    MACHINE = "machine"
    """A kept token, whose digest is stored."""
    SESSION = "session"
    """A browser's session, opened by signing in."""
    GUEST = "guest"
    """Nothing at all: only the sample campaign has guests."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who asks: an actor, and how far they reach."""

    actor: Actor
    log: str
    """The log (sub-district) that they ask about: their own, or one within their place."""
    place: str = ""
    """What they belong to: a community (12 digits), a sub-district (9), a district (6) or a city (4); empty for the
    log's own sub-district."""
    logs: frozenset[str] = frozenset()
    """For who belongs to more than one sub-district: the logs within. They are read, never written to."""
    case: str | None = None
    """The one case that a resident reaches, by its code."""
    card: str | None = None
    """The card whose code opened it (see `case_codes`): as long as that code is good, and no longer."""
    scopes: frozenset[str] | None = None
    """What a machine's token is for (see `policy.Rule.scope`); None for all that the role may."""
    way: Way = Way.TOKEN
    session: str | None = None
    """The name of the session, by which it can be ended; it opens nothing."""

    @property
    def community(self) -> str | None:
        """The one community that they reach; None for who reaches the whole sub-district."""
        return self.place if len(self.place) == COMMUNITY_DIGITS else None

    @property
    def above(self) -> bool:
        """Whether they belong to a district or a city: those look on, and change nothing."""
        return 0 < len(self.place) < LOG_DIGITS

    def at(self, log: str) -> Self:
        """The visitor, asking about a log. Raises `Refused("wrong_jurisdiction")` where that is beyond them."""
        if log == self.log:
            return self
        if log not in self.logs:
            raise Refused("wrong_jurisdiction", field="log")
        return replace(self, log=log)

    def acts_in(self, log: str) -> None:
        """That they may change something in a log; raises `Refused("wrong_jurisdiction")`."""
        if self.above or log != self.log:
            raise Refused("wrong_jurisdiction", field="log")
