"""Work by grid as a page (§5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.assessment.grids import COUNTED, Grid, between, by_community, grids
from services.assessment.ledgers import communities_served
from shared.clock import utc_now
from shared.contracts.days import civil_day
from shared.runtime import Node
from shared.web.pages import Ask, Page

_SHOWN: Final = COUNTED


@dataclass(frozen=True, slots=True)
class Place:
    """A community with its grids."""

    name: str
    sums: Grid
    grids: Sequence[Grid]


class GridPages:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def all(self, ask: Ask) -> Page:
        """Community by community, grid by grid."""
        from_day, to_day = between({name: ask.query(name) for name in ("from", "to")}, civil_day(utc_now()))
        with self._node.look("assessment", ask.log) as look:
            found = grids(look, from_day, to_day)
            names = communities_served.names(look)
        places = [
            Place(names.get(code, code), sums, [one for one in found.grids if one.community == code])
            for code, sums in by_community(found.grids).items()
        ]
        most = {name: max((getattr(one, name) for one in found.grids), default=0) or 1 for name in COUNTED}
        shows = {"places": places, "from_day": from_day, "to_day": to_day, "shown": _SHOWN, "most": most}
        return Page("assessment/grids.html", ask.words("grids_title"), shows)
