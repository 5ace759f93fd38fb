"""`/assessment/scores`: published scores 考核结果, each with its explanation, and what changed since (§3.3.5)."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.explaining.telling import told
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.service import EXPLANATION, SERVICE, SINCE
from shared.access.visitor import Visitor
from shared.contracts.codes import READERS
from shared.contracts.model import Refused
from shared.queries import page_size, visible, whole
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import PAGE_ROWS, LedgerEndpoint, log_asked, shown
from shared.web.questions import answer


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The routes of published scores."""
    endpoint = ScoresEndpoint(node, visitor)
    return [
        Route(f"/{SERVICE.name}/scores", endpoint.scores),
        Route(f"/{SERVICE.name}/scores/{{id}}", endpoint.score),
        Route(f"/{SERVICE.name}/{EXPLANATION.path}", endpoint.explanation),
        Route(f"/{SERVICE.name}/{SINCE.path}", endpoint.since),
    ]


class ScoresEndpoint:
    """Published scores, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor
        self._ledgers = LedgerEndpoint(node, SERVICE.name, visitor)
        self._rows = node.followers[SERVICE.name].runner.tables[LEDGER.name]
        self._told = told(node)

    async def scores(self, request: Request) -> Response:
        """All published scores: the ledger of scores, under a name of its own."""
        return await self._ledgers.page(request, LEDGER.name)

    async def score(self, request: Request) -> Response:
        """One score, as last published or restated."""
        log = log_asked(request, self._visitor(request), READERS)
        position, row = await asyncio.to_thread(self._found, log, _id(request))
        return answer({"log": log, "position": position, "score": shown(self._rows, row.id, row)})

    async def explanation(self, request: Request) -> Response:
        """Each number of a score down to its events, from the ledgers as they stood where the score says, page by page
        of its rows."""
        log = log_asked(request, self._visitor(request), EXPLANATION.by, EXPLANATION.parameters)
        said = request.query_params
        first, limit = whole(said.get("cursor", "0"), "cursor"), page_size(said.get("limit"), PAGE_ROWS)
        return await HEAVY.run(self._explained, log, _id(request), said.get("indicator"), first, limit)

    async def since(self, request: Request) -> Response:
        """What changed since an earlier score of the same institution."""
        log = log_asked(request, self._visitor(request), SINCE.by, SINCE.parameters)
        return await HEAVY.run(self._since, log, _id(request), request.query_params.get("before", ""))

    def _found(self, log: str, id: str) -> tuple[int, Row]:
        """The position of the log's ledgers, and the score; raises `Refused`."""
        with self._node.look(SERVICE.name, log) as look:
            row = look.row(LEDGER, id)
            if row is None:
                raise Refused("not_found", field="id")
            return look.position, row

    def _explained(self, log: str, id: str, indicator: str | None, first: int, limit: int) -> Response:
        return answer(self._told.page(log, self._found(log, id)[1], indicator, first, limit))

    def _since(self, log: str, id: str, before: str) -> Response:
        return answer(self._told.since(log, self._found(log, id)[1], before))


def _id(request: Request) -> str:
    return visible(request.path_params["id"], "id")
