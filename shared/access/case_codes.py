"""The code on a resident's card 查询码: with it a resident reaches their own case, and nothing else.

Twelve characters of an alphabet without look-alikes: 58 random bits, and the throttle stands before them. Of a code
only a keyed digest is kept: it is shown once, to whoever hands the card over. A new one ends the one before, and what
it opened.

Each card has a name, made of the digest, that opens nothing: what is done with its code is done in that name, and the
log of readings tells who handed it out (`shared.log.access`).
"""

import hmac
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, insert, select, update

from shared.access.tables import case_codes
from shared.access.visitor import Visitor
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused
from shared.log.append import microseconds
from shared.log.database import writing

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXY"
LENGTH: Final = 12
VALID: Final = timedelta(days=366)
"""How long a code is good: a case that lasts longer gets a new card."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its name, and the case that its code opens."""

    name: str
    case: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A new code, which opens nothing before it is issued, and the name of its card."""

    code: str
    card: str


class CaseCodes:
    """Gives codes out, and knows the case of one."""

    def __init__(
        self,
        engine: Engine,
        key: Callable[[], bytes],
        clock: Callable[[], datetime],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._engine, self._key, self._clock, self._random = engine, key, clock, random

    def draw(self, log: str) -> Drawn:
        """A new code, to be issued once it is on record who hands it out."""
        code = self._drawn()
        return Drawn(code, _name(self._digest(log, code)))

    def issue(self, log: str, case: str, code: str, by: str) -> None:
        """The code opens the case from now on; the one before opens nothing any more. `by` hands it out."""
        now, digest = microseconds(self._clock()), self._digest(log, code)
        of_case = (case_codes.c.log == log) & (case_codes.c.case == case) & case_codes.c.ended_at.is_(None)
        with writing(self._engine) as connection:
            connection.execute(update(case_codes).where(of_case).values(ended_at=now))
            connection.execute(
                insert(case_codes).values(log=log, code=digest, case=case, issued_by=by, issued_at=now)
            )  # fmt: skip

    def card_of(self, log: str, said: str) -> Card | None:
        """The card of a code that is good; written with or without dashes, in either case of letters."""
        code = said.replace("-", "").replace(" ", "").upper()
        digest = self._digest(log, code)
        query = select(case_codes.c.case).where(self._good(log), case_codes.c.code == digest)
        with self._engine.connect() as connection:
            case: str | None = connection.execute(query).scalar()
        return None if case is None else Card(_name(digest), case)

    def require(self, visitor: Visitor) -> None:
        """That the code is still good that let a resident in, where one did; raises `Refused("unauthenticated")`."""
        if visitor.card is None:
            return
        case = (visitor.case or "").partition("/")[2]
        query = select(case_codes.c.code).where(self._good(visitor.log), case_codes.c.case == case)
        with self._engine.connect() as connection:
            good = {_name(digest) for digest in connection.execute(query).scalars()}
        if visitor.card not in good:
            raise Refused("unauthenticated")

    def _good(self, log: str) -> ColumnElement[bool]:
        since = microseconds(self._clock() - VALID)
        return and_(case_codes.c.log == log, case_codes.c.ended_at.is_(None), case_codes.c.issued_at > since)

    def _digest(self, log: str, code: str) -> bytes:
        return hmac.digest(self._key(), f"{log}\0{code}".encode(), "sha256")

    def _drawn(self) -> str:
        """Each character as likely as any other."""
        drawn = ""
        while len(drawn) < LENGTH:
            if (byte := self._random(1)[0]) < len(ALPHABET) * (256 // len(ALPHABET)):
                drawn += ALPHABET[byte % len(ALPHABET)]
        return drawn


def _name(digest: bytes) -> str:
    """The name of a code's card: nobody comes from it to the digest, and from that to the code."""
    return sha256(b"card\0" + digest).hexdigest()[:16]


def on_card(code: str) -> str:
    """A code as it is printed: in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))
