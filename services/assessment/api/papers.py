"""`/assessment/papers/{kind}`: the office's papers as data 文书 (§3.3.6, 3.3.7, 3.4, 6.5)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.api.answer import answer
from services.assessment.papers.asking import Asked, asked
from services.assessment.papers.kinds import KINDS, Kind, paper
from services.assessment.papers.prefix import prefix
from services.assessment.service import SERVICE
from shared.access import Visitor, utc_now
from shared.contracts.days import civil_day
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import log_asked


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """A route for each kind of paper."""
    endpoint = PapersEndpoint(node, visitor)
    return [Route(f"/{SERVICE.name}/papers/{kind.code}", partial(endpoint.paper, kind)) for kind in KINDS]


class PapersEndpoint:
    """Papers, each for those who may read it."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def paper(self, kind: Kind, request: Request) -> Response:
        """A paper as it stands, or as it stood at a position."""
        visitor = self._visitor(request)
        log = log_asked(request, visitor, kind.by, kind.asked_with)
        wanted = asked(dict(request.query_params), visitor.actor, civil_day(utc_now()))
        return answer(await HEAVY.run(paper_at, self._node, kind, log, wanted))


def paper_at(node: Node, kind: Kind, log: str, wanted: Asked) -> Any:
    """The paper, from the ledgers as they are served or, where a position is asked for, from the log's prefix."""
    if wanted.position is not None:
        return paper(kind, prefix(node.storage.log, log, wanted.position, node.storage.root), wanted)
    with node.look(SERVICE.name, log) as look:
        return paper(kind, look, wanted)
