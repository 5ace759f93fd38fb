"""`/assessment/ranking`: the communities' order in one publication 排名, for those who may see it (§3.3.5)."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.api.answer import answer
from services.assessment.ranking import Ranking, ranking
from services.assessment.service import RANKING, SERVICE
from shared.access import Visitor
from shared.contracts.model import Refused
from shared.runtime import Node
from shared.web.ledgers import log_asked


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The route of the order."""
    return [Route(f"/{SERVICE.name}/{RANKING.path}", RankingEndpoint(node, visitor).ranking)]


class RankingEndpoint:
    """Places with ties, and those without a place with the reason."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def ranking(self, request: Request) -> Response:
        """The order of the publication that is named."""
        visitor = self._visitor(request)
        log = log_asked(request, visitor, RANKING.by, RANKING.parameters)
        publication = request.query_params.get("publication", "")
        if not publication:
            raise Refused("bad_parameter", field="publication")
        return answer(await asyncio.to_thread(self._find, log, publication, visitor.actor.role))

    def _find(self, log: str, publication: str, role: str) -> Ranking:
        with self._node.look(SERVICE.name, log) as look:
            return ranking(look, publication, role)
