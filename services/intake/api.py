"""What intake answers and needs more than its ledgers for: which cases may be the same matter 疑似重复 (§3.1.4)."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.intake.disclosures import disclosure_routes
from services.intake.ledgers import cases
from services.intake.residents import resident_routes
from services.intake.service import DUPLICATES, SERVICE
from services.intake.suggestions import Suggestions
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.model import Refused
from shared.queries import visible
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.ledgers import known_parameters
from shared.web.questions import answer, question_rule


def routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The route, in a process that runs intake; none in another."""
    if SERVICE.name not in node.followers:
        return []
    return [
        doorkeeper.route(question_rule(SERVICE.name, DUPLICATES), DuplicatesEndpoint(node).possible),
        *disclosure_routes(node, doorkeeper, utc_now),
        *resident_routes(node, doorkeeper),
    ]


class DuplicatesEndpoint:
    """Possible duplicates of a case, for those who may link it."""

    def __init__(self, node: Node) -> None:
        self._node, self._suggestions = node, Suggestions(node)

    async def possible(self, request: Request, visitor: Visitor) -> Response:
        """Of the case of the address; never of a value that somebody gives, which would be a search for a person."""
        known_parameters(request)
        log = visitor.log
        row = await self._row(log, visible(request.path_params["id"], "id"))
        if row is None or visitor.community not in (None, row.community):
            raise Refused("not_found", field="id")
        found = await asyncio.to_thread(self._suggestions.of, log, row, visitor.actor, visitor.community, utc_now())
        return answer(found)

    async def _row(self, log: str, id: str) -> cases.Row | None:
        """The case, which may just have been reported."""
        if (row := await asyncio.to_thread(self._find, log, id)) is None:
            await self._node.followers[SERVICE.name].caught_up(log)
            row = await asyncio.to_thread(self._find, log, id)
        return row

    def _find(self, log: str, id: str) -> cases.Row | None:
        with self._node.look(SERVICE.name, log) as look:
            return look.row(cases.LEDGER, id)
