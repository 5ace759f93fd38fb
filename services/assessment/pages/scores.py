"""The home page and the scoreboard."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.assessment.evidence.gathered import evidence_at
from services.assessment.ledgers import communities_served, plans, rulebooks, scores
from services.assessment.pages.boards import (
    Board,
    computed_board,
    latest,
    line_of,
    published_board,
)
from services.assessment.pages.flags import flags_beside
from services.assessment.pages.what_if import may_try
from services.assessment.rules.periods import plan_period
from services.assessment.rules.versions import by_day, chosen, edition, rulebook_of
from services.assessment.scoring.measuring import Institution, score
from services.assessment.scoring.ranking import ranks, shown_to
from shared.clock import utc_now
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.record_pages import state_of

_SHOWN_PUBLICATIONS: Final = 40


class ScorePages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def home(self, ask: Ask) -> Page:
        """How the campaign goes, where to go from here, and whether the system is well. It reads what is published, and
        computes nothing: everybody who signs in comes by here."""
        with self._node.look("assessment", ask.log) as look:
            plan = _plan(look, ask, "")
            publication = next(iter(_published(look, plan)), "")
            board = self._publication(look, ask, publication) if publication else None
            choices, begun = choices_of(look.rows(plans.LEDGER), plan), bool(communities_served.names(look))
        plan = board.plan if board else plan
        shows = {
            "board": board,
            "begun": begun,
            "choices": choices,
            "plan": plan.plan if plan else None,
            "line": self._line(board, plan),
            "state": state_of(self._node, ask.log),
        }
        return Page("assessment/home.html", ask.words("home"), shows)

    def board(self, ask: Ask) -> Page:
        """The scoreboard of a publication, the newest unless another is asked for."""
        with self._node.look("assessment", ask.log) as look:
            plan = _plan(look, ask, ask.query("publication"))
            published = _published(look, plan)
            board = self._board(look, ask, plan, ask.query("publication"))
            choices = choices_of(look.rows(plans.LEDGER), plan)
            odd = self._odd(look, board)
        plan = board.plan if board else plan
        words = ask.words
        shows = {
            "board": board,
            "choices": choices,
            "plan": plan.plan if plan else None,
            "line": self._line(board, plan),
            "publications": [
                (id, words("publication_of", kind=row.period_kind, period=row.period, day=row.as_of))
                for id, row in list(published.items())[:_SHOWN_PUBLICATIONS]
            ],
            "publication": ask.query("publication") or next(iter(published), ""),
            "may_try": may_try(ask.visitor.actor.role),
            "odd": odd,
        }
        return Page("assessment/board.html", words("scores_title"), shows)

    def _odd(self, look: LedgerLook, board: Board | None) -> Mapping[str, int]:
        """How many flags stand beside each community's score."""
        if board is None:
            return {}
        days = board.period.from_day, board.period.to_day, board.as_of
        return Counter(one.community for one in flags_beside(look, None, board.rulebook.rulebook, *days))

    def _line(self, board: Board | None, plan: plans.Row | None) -> Any:
        today = civil_day(utc_now())
        return line_of(plan.plan, board.as_of if board else today, today) if plan else None

    def _board(self, look: LedgerLook, ask: Ask, plan: plans.Row | None, publication: str) -> Board | None:
        """The board published under a plan; else one computed now; None where there is no plan or rulebook."""
        publication = publication or next(iter(_published(look, plan)), "")
        return self._publication(look, ask, publication) if publication else self._computed(look, plan)

    def _publication(self, look: LedgerLook, ask: Ask, publication: str) -> Board:
        """The board that was published; raises `Refused("not_found")`."""
        names = communities_served.names(look)
        rows = look.rows(scores.LEDGER, publication=publication)
        if not rows:
            raise Refused("not_found", field="publication")
        rules = {(one.plan, one.plan_version, one.rulebook, one.rulebook_version): one for one in rows}
        under = [rules_of(look, one) for one in rules.values()]
        books = {(book.code, book.version): book for _, book in under}
        order = ranks(rows, shown_to(book.rulebook for book in books.values()), ask.visitor.actor.role)
        return published_board(rows, max((one for one, _ in under), key=lambda one: one.position), books, names, order)

    def _computed(self, look: LedgerLook, plan: plans.Row | None) -> Board | None:
        names = communities_served.names(look)
        rulebook = rulebook_of(plan.plan if plan else None, look.rows(rulebooks.LEDGER))
        if plan is None or rulebook is None or not names:
            return None
        as_of = civil_day(utc_now())
        period = plan_period(plan.plan, as_of)
        computed = score(rulebook.rulebook, plan.plan, evidence_at(look), period, as_of, whole=_whole(look.log))
        return computed_board(computed, plan, rulebook, names, period, as_of)


def rules_of(look: LedgerLook, row: scores.Row) -> tuple[plans.Row, rulebooks.Row]:
    """The plan and the rulebook that a score was made under."""
    return (
        edition(look.rows(plans.LEDGER), row.plan, row.plan_version),
        edition(look.rows(rulebooks.LEDGER), row.rulebook, row.rulebook_version),
    )


def _plan(look: LedgerLook, ask: Ask, publication: str) -> plans.Row | None:
    """The plan of a publication; else the one that is asked for; else today's. Raises `Refused("not_found")`."""
    under = next((row.plan for row in look.rows(scores.LEDGER, publication=publication)), "") if publication else ""
    return chosen(look.rows(plans.LEDGER), under or ask.query("plan"), civil_day(utc_now()))


def choices_of(rows: Sequence[plans.Row], shown: plans.Row | None) -> Sequence[tuple[str, str, bool]]:
    """Code and title of each plan, and whether it is the one that is shown; nothing where there is no choice."""
    there = by_day(rows, civil_day(utc_now()))
    if len(there) < 2:
        return ()
    return [(row.code, row.plan.title, shown is not None and row.code == shown.code) for row in there]


def _whole(log: str) -> Institution | None:
    """The sub-district itself, where the log is named by its division code."""
    return Institution(log) if re.fullmatch("[0-9]{9}", log) else None


def _published(look: LedgerLook, plan: plans.Row | None) -> dict[str, scores.Row]:
    """A row of each publication under a plan, the newest first: that of the sub-district, where there is one."""
    if plan is None:
        return {}
    of = {"plan": plan.code}
    return latest(look.rows(scores.LEDGER, community=look.log, **of) or look.rows(scores.LEDGER, **of))
