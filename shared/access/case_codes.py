"""The code on a resident's card 查询码: with it a resident reaches their own case, and nothing else.

Twelve characters of an alphabet without look-alikes: 58 random bits, and the throttle stands before them. Of a code
only a keyed digest is kept: it is shown once, to whoever hands the card over. A new one ends the one before.
"""

import hmac
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, insert, select, update

from shared.access.tables import case_codes
from shared.log.append import microseconds
from shared.log.database import writing

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXY"
LENGTH: Final = 12
VALID: Final = timedelta(days=366)
"""How long a code is good: a case that lasts longer gets a new card."""


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

    def issue(self, log: str, case: str) -> str:
        """A new code for a case."""
        code, now = self._drawn(), microseconds(self._clock())
        digest = self._digest(log, code)
        of_case = (case_codes.c.log == log) & (case_codes.c.case == case) & case_codes.c.ended_at.is_(None)
        with writing(self._engine) as connection:
            connection.execute(update(case_codes).where(of_case).values(ended_at=now))
            connection.execute(insert(case_codes).values(log=log, code=digest, case=case, issued_at=now))
        return code

    def case_of(self, log: str, said: str) -> str | None:
        """The case of a code that is good; written with or without dashes, in either case of letters."""
        code = said.replace("-", "").replace(" ", "").upper()
        since = microseconds(self._clock() - VALID)
        query = select(case_codes.c.case).where(
            case_codes.c.log == log, case_codes.c.code == self._digest(log, code), case_codes.c.ended_at.is_(None),
            case_codes.c.issued_at > since,
        )  # fmt: skip
        with self._engine.connect() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def _digest(self, log: str, code: str) -> bytes:
        return hmac.digest(self._key(), f"{log}\0{code}".encode(), "sha256")

    def _drawn(self) -> str:
        """Each character as likely as any other."""
        drawn = ""
        while len(drawn) < LENGTH:
            if (byte := self._random(1)[0]) < len(ALPHABET) * (256 // len(ALPHABET)):
                drawn += ALPHABET[byte % len(ALPHABET)]
        return drawn


def on_card(code: str) -> str:
    """A code as it is printed: in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))
