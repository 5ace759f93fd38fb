"""What intake answers about one case.

`/intake/cases/{id}/deadline`: by when something is to be done about it, explained 时限说明 (§5.1).
`/intake/cases/{id}/possible-duplicates`: which others may be the same matter 疑似重复 (§3.1.4).
"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.intake.clocks import Clocks, agreement_of, clocks
from services.intake.ledgers import cases, work_calendar
from services.intake.service import DEADLINE, DUPLICATES, SERVICE
from services.intake.suggestions import Suggestions
from shared.access import Visitor, utc_now
from shared.calendar import Calendar
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.log.codec import canonical
from shared.runtime import Node
from shared.web.ledgers import log_asked, visible

logger: Final = structlog.get_logger(__name__)


def routes(node: Node, doorkeeper: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The routes, in a process that runs intake; none in another."""
    if SERVICE.name not in node.followers:
        return []
    return [
        Route(f"/{SERVICE.name}/{DEADLINE.path}", DeadlineEndpoint(node, doorkeeper).deadline),
        Route(f"/{SERVICE.name}/{DUPLICATES.path}", DuplicatesEndpoint(node, doorkeeper).possible),
    ]


class DeadlineEndpoint:
    """The deadlines of a case, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def deadline(self, request: Request) -> Response:
        """What a case's clocks say today."""
        log = log_asked(request, self._visitor(request), DEADLINE.by)
        id = visible(request.path_params["id"], "id")
        found = await asyncio.to_thread(self._find, log, id, civil_day(utc_now()))
        return Response(canonical(found), media_type="application/json")

    def _find(self, log: str, id: str, today: date) -> Clocks:
        with self._node.look(SERVICE.name, log) as look:
            row, entered, position = look.row(cases.LEDGER, id), look.rows(work_calendar.LEDGER), look.position
        if row is None:
            raise Refused("not_found", field="id")
        agreement = agreement_of(self._node.storage.log.stream(log, f"handling/{id}"))
        found = clocks(row, agreement, Calendar(today, entered), today)
        return Clocks(log=log, position=position, case=id, today=today, clocks=tuple(found))


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
        return Response(canonical(found), media_type="application/json")

    async def _row(self, log: str, id: str) -> cases.Row | None:
        """The case, which may just have been reported."""
        if (row := await asyncio.to_thread(self._find, log, id)) is None:
            await self._node.followers[SERVICE.name].caught_up(log)
            row = await asyncio.to_thread(self._find, log, id)
        return row

    def _find(self, log: str, id: str) -> cases.Row | None:
        with self._node.look(SERVICE.name, log) as look:
            return look.row(cases.LEDGER, id)
