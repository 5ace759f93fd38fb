"""`/assessment/flags`: what looks odd in the communities' records 疑点提示, beside the scores (§3.3.7)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.api.answer import answer
from services.assessment.flagged import Flagged, Wanted, flagged, wanted
from services.assessment.service import FLAGS, SERVICE
from shared.access import Visitor, utc_now
from shared.contracts.days import civil_day
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import log_asked


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The route of flags."""
    return [Route(f"/{SERVICE.name}/{FLAGS.path}", FlagsEndpoint(node, visitor).flags)]


class FlagsEndpoint:
    """Flags on institutions, for readers of ledgers."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def flags(self, request: Request) -> Response:
        """What is raised, each with why and what was answered."""
        log = log_asked(request, self._visitor(request), FLAGS.by, FLAGS.parameters)
        asked = wanted(dict(request.query_params), civil_day(utc_now()))
        return answer(await HEAVY.run(self._find, log, asked))

    def _find(self, log: str, asked: Wanted) -> Flagged:
        with self._node.look(SERVICE.name, log) as look:
            return flagged(look, asked)
