"""What assessment answers beside its ledgers, one module for each question."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import BaseRoute

from services.assessment.api import duties, flags, grids, papers, ranking, scores, what_if
from services.assessment.pages.public import data_routes
from services.assessment.service import SERVICE
from shared.access import Visitor
from shared.runtime import Node


def routes(node: Node, doorkeeper: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The routes, the public figures' too, in a process that runs assessment; none in another."""
    if SERVICE.name not in node.followers:
        return []
    answering = (scores, duties, grids, what_if, ranking, flags, papers)
    made = [route for one in answering for route in one.routes(node, doorkeeper)]
    return [*made, *data_routes(node)]
