"""What is asked of a paper: the day, and what it is about. Queries of HTTP, pages and commands are read here."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from shared import queries
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused

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
_NEEDED: Final[Mapping[str, str]] = {
    "month": "2015-06", "publication": "month-2015-06.2015-07-20", "officer": "police-1", "community": "410105010001",
}  # fmt: skip
"""What papers cannot do without, with an example."""
_MOST_QUOTED: Final = 80


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
    """What a query asks for; raises `Refused` that names what cannot be read or is yet to come."""
    named = {
        name: text for name in PARAMETERS if (text := said.get(name)) and name not in ("as_of", "position", "month")
    }
    return Asked(
        by=by, as_of=queries.day_by(said, "as_of", today), position=queries.position(said),
        month=queries.month(said, "month"), **named,
    )  # fmt: skip


def needed(value: str | None, field: str) -> str:
    """What a paper cannot do without; raises `Refused("missing_parameter")`."""
    return queries.needed({} if value is None else {field: value}, field, _NEEDED[field])


def known(value: str | None, there: Mapping[str, object], field: str) -> None:
    """That what is named is there; raises `Refused`: unknown_community, unknown_publication."""
    if value is not None and value not in there:
        raise Refused(f"unknown_{field}", field=field, item=value[:_MOST_QUOTED])


OFFICE: Final = Actor(id="command-line", role=Role.OFFICE)
"""Whoever has the data directory at hand."""
