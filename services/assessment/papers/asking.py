"""What is asked of a paper: the day, and what it is about. Queries of HTTP, pages and commands are read here."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from shared.contracts.codes import Role
from shared.contracts.days import read_day
from shared.contracts.event import Actor
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused

_MONTH: Final = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])")
_LONGEST_POSITION: Final = 15
PARAMETERS: Final[Mapping[str, str]] = {
    "as_of": "The day up to whose end acts count, YYYY-MM-DD; today where none is given.",
    "position": "As the record stood at this position of the log: the same prefix gives the same bytes.",
    "community": "Only this community's, by its division code.",
    "month": "The month, YYYY-MM.",
    "plan": "The plan, by its code; the day's where none is given.",
    "phase": "A phase of the plan, by its code; the whole campaign where none is given.",
    "publication": "The publication of scores, by its id.",
    "officer": "The officer, by pseudonym.",
    "case": "Only this case's, by its id.",
}
"""What may be said, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, of which day, and about what; None where nothing is said."""

    by: Actor
    as_of: date
    position: int | None = None
    community: str | None = None
    month: str | None = None
    plan: str | None = None
    phase: str | None = None
    publication: str | None = None
    officer: str | None = None
    case: str | None = None


def asked(said: Mapping[str, str], by: Actor, today: date) -> Asked:
    """What a query asks for; raises `Refused("bad_parameter")` that names what cannot be read or is yet to come."""
    told = {name: text for name, text in said.items() if text and name in PARAMETERS}
    as_of = read_day(told["as_of"]) if "as_of" in told else today
    if as_of is None or as_of > today:
        raise Refused("bad_parameter", field="as_of")
    month = told.get("month")
    if month is not None and not _MONTH.fullmatch(month):
        raise Refused("bad_parameter", field="month")
    position = told.get("position")
    if position is not None and not (position.isascii() and position.isdigit() and len(position) <= _LONGEST_POSITION):
        raise Refused("bad_parameter", field="position")
    named = {name: told[name] for name in PARAMETERS if name in told and name not in ("as_of", "position")}
    return Asked(by=by, as_of=as_of, position=None if position is None else int(position), **named)


def needed(value: str | None, field: str) -> str:
    """What a paper cannot do without; raises `Refused("bad_parameter")`."""
    if value is None:
        raise Refused("bad_parameter", field=field)
    return value


def known(value: str | None, there: Mapping[str, object], field: str) -> None:
    """That what is named is there; raises `Refused("bad_parameter")`."""
    if value is not None and value not in there:
        raise Refused("bad_parameter", field=field)


OFFICE: Final = Actor(id="command-line", role=Role.OFFICE)
"""Whoever has the data directory at hand."""
