"""Privacy's page: what its officer has to see to."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from services.privacy.ledgers import unmaskings
from services.privacy.pages.forms import FORMS
from services.privacy.pages.guarding import GuardingPages
from services.privacy.pages.texts import TEXTS
from services.privacy.pages.told import EVENTS
from services.privacy.roles import OVERSIGHT, REVIEWERS
from shared.web.pages import Link, Notice, Section, Site


def routes(site: Site) -> list[BaseRoute]:
    """`/privacy`."""
    return [site.page("/privacy", GuardingPages(site.node).all, OVERSIGHT)]


SECTION: Final = Section(
    service="privacy",
    links=(Link("/privacy", TEXTS["privacy"], OVERSIGHT),),
    texts=TEXTS,
    events=EVENTS,
    templates=Path(__file__).parent / "templates",
    routes=routes,
    notice=Notice(unmaskings.LEDGER.name, "glasses_wait", waiting="unreviewed", roles=REVIEWERS),
    forms=FORMS,
)
