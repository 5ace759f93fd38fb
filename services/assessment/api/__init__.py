"""What assessment answers and needs more than its ledgers for: files of duties, scores explained from the log."""

from starlette.routing import BaseRoute

from services.assessment.api import duties, scores
from services.assessment.pages.public import data_routes
from services.assessment.service import SERVICE
from shared.runtime import Node
from shared.web.door import Doorkeeper


def routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The routes, the public figures' too, in a process that runs assessment; none in another."""
    if SERVICE.name not in node.followers:
        return []
    return [*scores.routes(node, doorkeeper), *duties.routes(node, doorkeeper), *data_routes(node, doorkeeper)]
