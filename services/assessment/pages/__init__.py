"""Assessment's pages: the home page, the plan clause by clause, what is due, work by grid, the scoreboard, each score
explained down to its events, what other rules would give, flags, the office's papers, and the public figures."""

from pathlib import Path
from typing import Final

from starlette.routing import BaseRoute

from services.assessment.pages.clauses import ClausePages
from services.assessment.pages.duties import DutyPages
from services.assessment.pages.entries_told import ENTRIES
from services.assessment.pages.flags import FlagPages
from services.assessment.pages.forms import FORMS
from services.assessment.pages.grids import GridPages
from services.assessment.pages.papers import PaperPages
from services.assessment.pages.proof import ProofPage
from services.assessment.pages.public import page_routes
from services.assessment.pages.score import ScorePage
from services.assessment.pages.scores import ScorePages
from services.assessment.pages.texts import TEXTS
from services.assessment.pages.told import EVENTS
from services.assessment.pages.what_if import WhatIfPages
from services.assessment.papers.kinds import KINDS
from services.assessment.service import WHAT_IF
from shared.contracts.model import Within
from shared.web.pages import Link, Section, Site
from shared.web.texts import TEXTS as SHELL


def routes(site: Site) -> list[BaseRoute]:
    """`/`, `/scores`, `/scores/{id}`, `/scores/{id}/proof`, `/duties`, `/grids`, `/flags`, `/what-if`, `/papers`,
    `/papers/{kind}`, `/papers/{kind}/paper.pdf`, `/clauses`, `/clauses/{clause}`; for all, `/public/{log}`."""
    scores, clauses, duties = ScorePages(site.node), ClausePages(site.node), DutyPages(site.node)
    papers = PaperPages(site.node)
    return [
        site.page("/", scores.home, within=Within.OPEN),
        site.page("/scores", scores.board, within=Within.OPEN, heavy=True),
        site.page("/scores/{id}", ScorePage(site.node).score, within=Within.AGGREGATE, heavy=True),
        site.page("/scores/{id}/proof", ProofPage(site.node).proof, within=Within.AGGREGATE, heavy=True),
        site.page("/duties", duties.all, within=Within.ROWS, heavy=True),
        site.page("/grids", GridPages(site.node).all, heavy=True),
        site.page("/flags", FlagPages(site.node).all, within=Within.ROWS, heavy=True),
        site.page("/what-if", WhatIfPages(site.node).page, WHAT_IF.by, heavy=True),
        site.page("/papers", papers.index),
        *(site.page(f"/papers/{kind.code}", papers.of(kind), kind.by, heavy=True) for kind in KINDS),
        *(site.file(f"/papers/{kind.code}/paper.pdf", papers.file_of(kind), kind.by) for kind in KINDS),
        site.page("/clauses", clauses.index, within=Within.OPEN),
        site.page("/clauses/{clause}", clauses.clause, within=Within.OPEN),
        *page_routes(site),
    ]


SECTION: Final = Section(
    service="assessment",
    links=(
        Link("/", SHELL["home"]),
        Link("/duties", TEXTS["duties"]),
        Link("/scores", TEXTS["scores"]),
        Link("/flags", TEXTS["flags"]),
        Link("/papers", TEXTS["papers"]),
        Link("/clauses", TEXTS["clauses"]),
    ),
    texts=TEXTS,
    events={**EVENTS, **ENTRIES},
    templates=Path(__file__).parent / "templates",
    routes=routes,
    forms=FORMS,
)
