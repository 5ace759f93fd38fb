"""What intake answers and needs more than its ledgers for: which cases may be the same matter 疑似重复 (§3.1.4)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.intake.ledgers import cases
from services.intake.service import DUPLICATES, SERVICE
from services.intake.suggestions import Suggestions
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.model import Refused
from shared.queries import visible
from shared.runtime import Node
from shared.web.ledgers import log_asked
from shared.web.questions import answer

logger: Final = structlog.get_logger(__name__)


def routes(node: Node, doorkeeper: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The route, in a process that runs intake; none in another."""
    if SERVICE.name not in node.followers:
        return []
    return [Route(f"/{SERVICE.name}/{DUPLICATES.path}", DuplicatesEndpoint(node, doorkeeper).possible)]


class DuplicatesEndpoint:
    """Possible duplicates of a case, for those who may link it."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor, self._suggestions = node, visitor, Suggestions(node)

    async def possible(self, request: Request) -> Response:
        """Of the case of the address; never of a value that somebody gives, which would be a search for a person."""
        visitor = self._visitor(request)
        log = log_asked(request, visitor, DUPLICATES.by)
        row = await self._row(log, visible(request.path_params["id"], "id"))
        if row is None:
            logger.warning("no such case in the visitor's log", log=log, actor=visitor.actor.id)
            raise Refused("not_found", field="id")
        found = await asyncio.to_thread(self._suggestions.of, log, row, visitor.actor, utc_now())
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
