"""`/assessment/duties`: what is due, done, overdue, vacant or not yet due on a day 应办事项 (§3.3.7)."""

from dataclasses import fields
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.assessment.due.listing import Duties, Line, Wanted, duties, wanted
from services.assessment.service import DUTIES, SERVICE
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.days import civil_day
from shared.contracts.frozen import dataclass, replace
from shared.queries import choice, page_size, whole
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.exports import FORMATS, csv_response
from shared.web.heavy import HEAVY
from shared.web.ledgers import PAGE_ROWS, known_parameters, only
from shared.web.questions import answer, question_rule
from shared.web.workbook import standing, xlsx_response


def routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The route of duties."""
    return [doorkeeper.route(question_rule(SERVICE.name, DUTIES), DutiesEndpoint(node).duties)]


@dataclass(frozen=True, slots=True)
class _File:
    """What a file of obligations is called."""

    name: str = "duties"
    title_zh: str = "应办事项"
    title_en: str = "Duties"
    sealed: tuple[str, ...] = ()


class DutiesEndpoint:
    """Obligations on any day, for readers of ledgers."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def duties(self, request: Request, visitor: Visitor) -> Response:
        """A page of obligations as JSON, or all of them as a file."""
        known_parameters(request, DUTIES.parameters)
        log, said = visitor.log, dict(request.query_params)
        if (community := only(visitor, said.get("community"))) is not None:
            said["community"] = community
        form, limit = choice(said, "format", FORMATS, "json"), page_size(said.get("limit"), PAGE_ROWS)
        first, today = whole(said.get("cursor", "0"), "cursor"), civil_day(utc_now())
        found = await HEAVY.run(self._find, log, wanted(said, today), today)
        if form != "json":
            return await HEAVY.run(self._file, form, log, found)
        more = first + limit < len(found.lines)
        page = replace(found, lines=found.lines[first : first + limit], next=str(first + limit) if more else None)
        return answer(page)

    def _find(self, log: str, asked: Wanted, today: date) -> Duties:
        with self._node.look(SERVICE.name, log) as look:
            return duties(look, asked, today)

    def _file(self, form: str, log: str, found: Duties) -> Response:
        """All obligations as a file."""
        names = [field.name for field in fields(Line) if field.name not in ("title_en", "positions")]
        rows = [(str(number), line) for number, line in enumerate(found.lines, 1)]
        if form == "csv":
            return csv_response(_File(), names, rows, log, found.position)
        only = {"as_of": found.as_of.isoformat()}
        stands = standing(self._node.storage, log, found.position, len(rows), utc_now(), only)
        return xlsx_response(_File(), Line, names, rows, stands)
