"""`/assessment/scores`: published scores 考核结果 as JSON, each with its explanation (§3.3.5)."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.explanation import explanation
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.service import SERVICE
from shared.access import READERS, Visitor
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.codec import canonical
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import LedgerEndpoint, shown, visible


def routes(node: Node, doorkeeper: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The routes, in a process that runs assessment; none in another."""
    if SERVICE.name not in node.followers:
        return []
    api = ScoresEndpoint(node, doorkeeper)
    return [
        Route("/assessment/scores", api.scores),
        Route("/assessment/scores/{id}", api.score),
        Route("/assessment/scores/{id}/explanation", api.explanation),
    ]


class ScoresEndpoint:
    """Published scores, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor
        self._ledgers = LedgerEndpoint(node, SERVICE.name, visitor)
        self._rows = node.followers[SERVICE.name].runner.tables[LEDGER.name]

    async def scores(self, request: Request) -> Response:
        """All published scores: the ledger of scores, under a name of its own."""
        return await self._ledgers.page(request, LEDGER.name)

    async def score(self, request: Request) -> Response:
        """One score, as last published or restated."""
        log, position, row = await self._one(request)
        return _json({"log": log, "position": position, "score": shown(self._rows, row.id, row)})

    async def explanation(self, request: Request) -> Response:
        """Each number of a score down to its events, from the ledgers as they stood where the score says."""
        log, _, row = await self._one(request)
        indicators = await HEAVY.run(self._explained, log, row)
        return _json({"log": log, "position": row.evidence_position, "score": row.id, "indicators": indicators})

    async def _one(self, request: Request) -> tuple[str, int, Row]:
        """The log, the position of its ledgers, and the score of the address; raises `Refused`."""
        visitor = self._visitor(request)
        visitor.may_read(READERS)
        for name in request.query_params:
            if name != "log":
                raise Refused("bad_parameter", field=name)
        log = request.query_params.get("log", visitor.log)
        visitor.may_reach(log)
        id = visible(request.path_params["id"], "id")
        position, row = await asyncio.to_thread(self._find, log, id)
        if row is None:
            raise Refused("not_found", field="id")
        return log, position, row

    def _find(self, log: str, id: str) -> tuple[int, Row | None]:
        with self._node.look(SERVICE.name, log) as look:
            return look.position, look.row(LEDGER, id)

    def _explained(self, log: str, row: Row) -> Any:
        assert SERVICE.scorer is not None
        ledgers = [(SERVICE, ledger) for ledger in SERVICE.scorer.ledgers]
        replay = Replay(self._node.storage.log, log, ledgers).to(row.evidence_position)
        rows = {ledger.name: [one for _, one in replay.rows(f"{SERVICE.name}.{ledger.name}")] for _, ledger in ledgers}
        return explanation(row, rows)


def _json(body: Mapping[str, Any]) -> Response:
    return Response(canonical(body), media_type="application/json")
