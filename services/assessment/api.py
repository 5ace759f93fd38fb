"""What assessment answers beside its ledgers.

`/assessment/scores`: published scores 考核结果, each with its explanation (§3.3.5).
`/assessment/grids`: work by grid 网格 (§5.2).
`/assessment/duties`: what is due, done, overdue, vacant or not yet due on a day 应办事项 (§3.3.7).
"""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.due.listing import Duties, Line, Wanted, duties, wanted
from services.assessment.explanation import explanation
from services.assessment.grids import Grids, between, grids
from services.assessment.ledgers.scores import LEDGER, Row
from services.assessment.pages.public import data_routes
from services.assessment.service import DUTIES, GRIDS, SERVICE
from shared.access import READERS, Visitor, utc_now
from shared.contracts.days import civil_day
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.codec import canonical
from shared.runtime import Node
from shared.web.exports import csv_response, xlsx_response
from shared.web.heavy import HEAVY
from shared.web.ledgers import PAGE_ROWS, LedgerEndpoint, log_asked, page_size, shown, visible, whole


def routes(node: Node, doorkeeper: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The routes, the public figures' too, in a process that runs assessment; none in another."""
    if SERVICE.name not in node.followers:
        return []
    api, duties_api = ScoresEndpoint(node, doorkeeper), DutiesEndpoint(node, doorkeeper)
    return [
        Route("/assessment/scores", api.scores),
        Route("/assessment/scores/{id}", api.score),
        Route("/assessment/scores/{id}/explanation", api.explanation),
        Route(f"/{SERVICE.name}/{DUTIES.path}", duties_api.duties),
        Route(f"/{SERVICE.name}/{GRIDS.path}", GridsEndpoint(node, doorkeeper).grids),
        *data_routes(node),
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
        log = log_asked(request, self._visitor(request), READERS)
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


@dataclass(frozen=True, slots=True)
class _File:
    """What a file of obligations is called."""

    name: str = "duties"
    title_zh: str = "应办事项"
    title_en: str = "Duties"
    sealed: tuple[str, ...] = ()


class DutiesEndpoint:
    """Obligations on any day, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def duties(self, request: Request) -> Response:
        """A page of obligations as JSON, or all of them as a file."""
        log, said = log_asked(request, self._visitor(request), DUTIES.by, DUTIES.parameters), dict(request.query_params)
        form, limit = said.get("format", "json"), page_size(said.get("limit"), PAGE_ROWS)
        if form not in ("json", "csv", "xlsx"):
            raise Refused("bad_parameter", field="format")
        first, today = whole(said.get("cursor", "0"), "cursor"), civil_day(utc_now())
        found = await HEAVY.run(self._find, log, wanted(said, today), today)
        if form != "json":
            write = csv_response if form == "csv" else xlsx_response
            names = [field.name for field in fields(Line) if field.name not in ("title_en", "positions")]
            rows = [(str(number), line) for number, line in enumerate(found.lines, 1)]
            return await HEAVY.run(write, _File(), names, rows, log, found.position)
        more = first + limit < len(found.lines)
        page = replace(found, lines=found.lines[first : first + limit], next=str(first + limit) if more else None)
        return _json(page)

    def _find(self, log: str, asked: Wanted, today: date) -> Duties:
        with self._node.look(SERVICE.name, log) as look:
            return duties(look, asked, today)


class GridsEndpoint:
    """Work by grid, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def grids(self, request: Request) -> Response:
        """What was done in each grid between two days."""
        log = log_asked(request, self._visitor(request), GRIDS.by, GRIDS.parameters)
        days = between(request.query_params, civil_day(utc_now()))
        return _json(await HEAVY.run(self._find, log, *days))

    def _find(self, log: str, from_day: date, to_day: date) -> Grids:
        with self._node.look(SERVICE.name, log) as look:
            return grids(look, from_day, to_day)


def _json(body: Any) -> Response:
    return Response(canonical(body), media_type="application/json")
