"""Assessment's pages: the home page, the scoreboard, and a score explained down to its events."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from services.assessment.pages.clauses import ClausePages
from services.assessment.pages.duties import DutyPages
from services.assessment.pages.entries_told import ENTRIES
from services.assessment.pages.grids import GridPages
from services.assessment.pages.public import page_routes
from services.assessment.pages.scores import ScorePages
from services.assessment.pages.texts import TEXTS
from services.assessment.pages.told import EVENTS
from shared.web.pages import Link, Section, Site
from shared.web.texts import TEXTS as SHELL


def routes(site: Site) -> list[BaseRoute]:
    """`/`, `/scores`, `/scores/{id}`, `/duties`, `/grids`, `/clauses`, `/clauses/{clause}`; `/public/{log}` for all."""
    scores, clauses, duties = ScorePages(site.node), ClausePages(site.node), DutyPages(site.node)
    return [
        site.page("/", scores.home),
        site.page("/scores", scores.board),
        site.page("/scores/{id}", scores.score),
        site.page("/duties", duties.all),
        site.page("/grids", GridPages(site.node).all),
        site.page("/clauses", clauses.index),
        site.page("/clauses/{clause}", clauses.clause),
        *page_routes(site),
    ]


SECTION: Final = Section(
    service="assessment",
    links=(
        Link("/", SHELL["home"]),
        Link("/duties", TEXTS["duties"]),
        Link("/scores", TEXTS["scores"]),
        Link("/clauses", TEXTS["clauses"]),
    ),
    texts=TEXTS,
    events={**EVENTS, **ENTRIES},
    templates=Path(__file__).parent / "templates",
    routes=routes,
)
