"""The one page that needs no sign-in: quarterly figures of the communities, small numbers kept back."""

import asyncio
import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.assessment.public.editions import Editions, Figures
from services.assessment.public.figures import Quarter
from services.assessment.public.suppression import THRESHOLD
from shared.access.policy import ANYONE, Kind, Rule
from shared.contracts.model import Refused
from shared.log.codec import canonical
from shared.log.store import Log
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.heavy import HEAVY
from shared.web.pages import Page, Site
from shared.web.words import Words, language_of

_LOG: Final = re.compile(r"[0-9]{9}")


def data_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """`/public/{log}.json`: the figures for programs."""
    view = PublicFigures(node.storage.log)

    async def data(request: Request) -> Response:
        _refuse_parameters(request)
        log, editions = await view.of(request)
        return Response(canonical(as_data(log, editions)), media_type="application/json")

    return [doorkeeper.open_route(_rule("/public/{log}.json"), data)]


def page_routes(site: Site) -> list[BaseRoute]:
    """`/public/{log}`: the figures for people."""
    view = PublicFigures(site.node.storage.log)

    async def page(request: Request) -> Response:
        _refuse_parameters(request, "lang")
        log, editions = await view.of(request)
        words = site.words(language_of(request))
        return await asyncio.to_thread(lambda: site.render(request, words, as_page(words, log, editions), None))

    return [site.doorkeeper.open_route(_rule("/public/{log}"), page)]


def _rule(path: str) -> Rule:
    return Rule(method="GET", path=path, kind=Kind.PUBLIC, roles=ANYONE)


class PublicFigures:
    """The figures of the log that an address names. Nobody is asked who they are, and there is nothing else to ask."""

    def __init__(self, log: Log) -> None:
        self._log, self._figures = log, Figures(log)

    async def of(self, request: Request) -> tuple[str, Editions]:
        """The log and its editions; raises `Refused("not_found")` for what is no sub-district's log."""
        log = request.path_params["log"]
        if not _LOG.fullmatch(log):
            raise Refused("not_found", field="log")
        return log, await HEAVY.run(self._editions, log)

    def _editions(self, log: str) -> Editions:
        if not self._log.size(log):
            raise Refused("not_found", field="log")
        return self._figures.of(log)


def as_data(log: str, editions: Editions) -> dict[str, Any]:
    """The editions as JSON has them: null where a count is kept back."""
    return {
        "log": log, "threshold": THRESHOLD,
        "quarters": [
            {
                "quarter": quarter.name, "position": quarter.position, "types": list(quarter.types),
                "communities": [{"code": code, "name": _name(editions, code)} for code in quarter.communities],
                "counts": [list(row) for row in quarter.shown],
            }
            for quarter in editions.quarters
        ],
    }  # fmt: skip


def as_page(words: Words, log: str, editions: Editions) -> Page:
    """The same as a page."""

    def rows(quarter: Quarter) -> list[tuple[str, tuple[int | None, ...]]]:
        names = [*(_name(editions, code) for code in quarter.communities), words("public_total")]
        return [*zip(names, quarter.shown, strict=False)]

    shows = {"log": log, "threshold": THRESHOLD, "quarters": [(one, rows(one)) for one in editions.quarters]}
    return Page("assessment/public.html", words("public_title"), shows, log=log)


def _name(editions: Editions, code: str) -> str:
    return editions.names.get(code, code)


def _refuse_parameters(request: Request, *known: str) -> None:
    """Raises `Refused("bad_parameter")`: these figures are as they are, and cannot be asked for any part of them."""
    for name in request.query_params:
        if name not in known:
            raise Refused("bad_parameter", field=name)
