"""`/assessment/grids`: work by grid 网格 (§5.2)."""

from collections.abc import Callable
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.api.answer import answer
from services.assessment.grids import Grids, between, grids
from services.assessment.service import GRIDS, SERVICE
from shared.access import Visitor, utc_now
from shared.contracts.days import civil_day
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import log_asked


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The route of work by grid."""
    return [Route(f"/{SERVICE.name}/{GRIDS.path}", GridsEndpoint(node, visitor).grids)]


class GridsEndpoint:
    """Work by grid, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def grids(self, request: Request) -> Response:
        """What was done in each grid between two days."""
        log = log_asked(request, self._visitor(request), GRIDS.by, GRIDS.parameters)
        days = between(request.query_params, civil_day(utc_now()))
        return answer(await HEAVY.run(self._find, log, *days))

    def _find(self, log: str, from_day: date, to_day: date) -> Grids:
        with self._node.look(SERVICE.name, log) as look:
            return grids(look, from_day, to_day)
