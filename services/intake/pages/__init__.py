"""Intake's pages: the case ledger, and a case with its timeline."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from services.intake.pages.cases import CasePages
from services.intake.pages.entries_told import ENTRIES
from services.intake.pages.forms import FORMS
from services.intake.pages.printed import PrintedPages
from services.intake.pages.texts import TEXTS
from services.intake.pages.told import EVENTS
from shared.contracts.model import Within
from shared.web.pages import Link, Section, Site


def routes(site: Site) -> list[BaseRoute]:
    """`/cases`, `/cases/{id}`, `/cases/{id}/agreement.pdf`."""
    cases = CasePages(site.node)
    return [
        site.page("/cases", cases.ledger, within=Within.ROWS),
        site.page("/cases/{id}", cases.case, within=Within.AGGREGATE),
        site.file("/cases/{id}/agreement.pdf", PrintedPages(site.node).agreement, within=Within.AGGREGATE),
    ]


SECTION: Final = Section(
    service="intake",
    links=(Link("/cases", TEXTS["cases"]),),
    texts=TEXTS,
    events={**EVENTS, **ENTRIES},
    templates=Path(__file__).parent / "templates",
    routes=routes,
    forms=FORMS,
)
