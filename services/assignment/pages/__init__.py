"""Assignment's pages: the communities and who serves them, and their meetings."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from services.assignment.pages.communities import CommunityPages
from services.assignment.pages.entries_told import ENTRIES
from services.assignment.pages.forms import FORMS
from services.assignment.pages.printed import PrintedPages
from services.assignment.pages.texts import TEXTS
from services.assignment.pages.told import EVENTS
from shared.contracts.model import Within
from shared.web.pages import Link, Notice, Section, Site


def routes(site: Site) -> list[BaseRoute]:
    """`/communities`, `/communities/{code}`, `/meetings`, and what is printed for them."""
    communities, printed = CommunityPages(site.node), PrintedPages(site.node)
    return [
        site.page("/communities", communities.all, within=Within.ROWS),
        site.page("/communities/{code}", communities.one, within=Within.AGGREGATE),
        site.file("/communities/{code}/notice-board.pdf", printed.board, within=Within.AGGREGATE),
        site.file("/communities/{code}/contact-card.pdf", printed.card, within=Within.AGGREGATE),
        site.page("/meetings", communities.meetings, within=Within.ROWS),
        site.file("/meetings/{id}/minutes.pdf", printed.minutes, within=Within.AGGREGATE),
    ]


SECTION: Final = Section(
    service="assignment",
    links=(Link("/communities", TEXTS["communities"]), Link("/meetings", TEXTS["meetings"])),
    texts=TEXTS,
    events={**EVENTS, **ENTRIES},
    templates=Path(__file__).parent / "templates",
    routes=routes,
    notice=Notice("declarations", "synthetic"),
    forms=FORMS,
)
