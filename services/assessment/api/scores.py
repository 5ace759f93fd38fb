"""`/assessment/scores`: published scores 考核结果, each with its explanation, and what changed since (§3.3.5)."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.assessment.explaining.telling import told
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.service import EXPLANATION, SERVICE, SINCE
from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.model import Refused, Within
from shared.queries import page_size, visible, whole
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.heavy import HEAVY
from shared.web.ledgers import PAGE_ROWS, LedgerEndpoint, known_parameters, shown
from shared.web.questions import answer, question_rule


def routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The routes of published scores."""
    endpoint = ScoresEndpoint(node)

    def rule(path: str, within: Within) -> Rule:
        return Rule(
            method="GET", path=f"/{SERVICE.name}/{path}", kind=Kind.LEDGER, roles=LEDGER.by, within=within,
            clause=LEDGER.clause,
        )  # fmt: skip

    return [
        doorkeeper.route(rule("scores", LEDGER.shown_within), endpoint.scores),
        doorkeeper.route(rule("scores/{id}", Within.AGGREGATE), endpoint.score),
        doorkeeper.route(question_rule(SERVICE.name, EXPLANATION), endpoint.explanation),
        doorkeeper.route(question_rule(SERVICE.name, SINCE), endpoint.since),
    ]


class ScoresEndpoint:
    """Published scores, for readers of ledgers."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._ledgers = LedgerEndpoint(node, SERVICE.name)
        self._rows = node.followers[SERVICE.name].runner.tables[LEDGER.name]
        self._told = told(node)

    async def scores(self, request: Request, visitor: Visitor) -> Response:
        """All published scores: the ledger of scores, under a name of its own."""
        return await self._ledgers.page(LEDGER.name, request, visitor)

    async def score(self, request: Request, visitor: Visitor) -> Response:
        """One score, as last published or restated."""
        known_parameters(request)
        position, row = await asyncio.to_thread(self._found, visitor, _id(request))
        return answer({"log": visitor.log, "position": position, "score": shown(self._rows, row.id, row)})

    async def explanation(self, request: Request, visitor: Visitor) -> Response:
        """Each number of a score down to its events, from the ledgers as they stood where the score says, page by page
        of its rows."""
        known_parameters(request, EXPLANATION.parameters)
        said = request.query_params
        first, limit = whole(said.get("cursor", "0"), "cursor"), page_size(said.get("limit"), PAGE_ROWS)
        return await HEAVY.run(self._explained, visitor, _id(request), said.get("indicator"), first, limit)

    async def since(self, request: Request, visitor: Visitor) -> Response:
        """What changed since an earlier score of the same institution."""
        known_parameters(request, SINCE.parameters)
        return await HEAVY.run(self._since, visitor, _id(request), request.query_params.get("before", ""))

    def _found(self, visitor: Visitor, id: str) -> tuple[int, Row]:
        """The position of the log's ledgers, and the score; raises `Refused`."""
        with self._node.look(SERVICE.name, visitor.log) as look:
            row = look.row(LEDGER, id)
            if row is None or visitor.community not in (None, row.community):
                raise Refused("not_found", field="id")
            return look.position, row

    def _explained(self, visitor: Visitor, id: str, indicator: str | None, first: int, limit: int) -> Response:
        return answer(self._told.page(visitor.log, self._found(visitor, id)[1], indicator, first, limit))

    def _since(self, visitor: Visitor, id: str, before: str) -> Response:
        return answer(self._told.since(visitor.log, self._found(visitor, id)[1], before))


def _id(request: Request) -> str:
    return visible(request.path_params["id"], "id")
