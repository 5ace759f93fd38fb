"""Places 辖区: which sub-districts lie within which district, and districts within which city."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, or_, select

from shared.access.tables import places
from shared.access.visitor import COMMUNITY_DIGITS, LOG_DIGITS
from shared.contracts.model import Refused
from shared.log.database import writing

_DIGITS: Final = {4: "city", 6: "district", LOG_DIGITS: "sub-district", COMMUNITY_DIGITS: "community"}
_CODE: Final = re.compile("[1-8][0-9]{3,11}")


@dataclass(frozen=True, slots=True)
class Place:
    """A sub-district or a district, and what it lies in."""

    code: str
    within: str


def check_place(code: str, field: str = "place") -> str:
    """A code of a city, a district, a sub-district or a community; raises `Refused("bad_place")`."""
    if not (_CODE.fullmatch(code) and len(code) in _DIGITS):
        raise Refused("bad_place", field=field)
    return code


def log_of(place: str) -> str:
    """The log of a community or a sub-district; empty for what lies above them."""
    return place[:LOG_DIGITS] if len(place) >= LOG_DIGITS else ""


class Places:
    """The table of them, kept by the operator."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, code: str, within: str) -> None:
        """Say where a sub-district or a district lies, in place of what was said before; raises `Refused`."""
        check_place(code, "code")
        check_place(within, "within")
        if len(code) not in (6, LOG_DIGITS) or len(within) not in (4, 6) or len(within) >= len(code):
            raise Refused("bad_place", field="within")
        with writing(self._engine) as connection:
            connection.execute(delete(places).where(places.c.code == code))
            connection.execute(insert(places).values(code=code, within=within))

    def listed(self) -> list[Place]:
        """All of them, by code."""
        with self._engine.connect() as connection:
            return [Place(row.code, row.within) for row in connection.execute(select(places).order_by(places.c.code))]

    def logs_within(self, place: str) -> frozenset[str]:
        """The logs of a district or a city."""
        with self._engine.connect() as connection:
            return logs_within(connection, place)


def logs_within(connection: Connection, place: str) -> frozenset[str]:
    """The logs of a district or a city: of a city also those of its districts."""
    districts = select(places.c.code).where(places.c.within == place)
    query = select(places.c.code).where(or_(places.c.within == place, places.c.within.in_(districts)))
    found: Collection[str] = connection.execute(query).scalars().all()
    return frozenset(code for code in found if len(code) == LOG_DIGITS)
