"""The home page, the scoreboard and a score's explanation."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.assessment.evidence import evidence_at
from services.assessment.in_force import by_day, chosen
from services.assessment.items import Item
from services.assessment.ledgers import communities_served, plans, rulebooks, scores
from services.assessment.pages.boards import (
    Board,
    Result,
    computed_board,
    latest,
    line_of,
    published_board,
    result_of,
)
from services.assessment.periods import span
from services.assessment.ranking import ranks
from services.assessment.scoring import Institution, Measured, explain, score
from shared.access import utc_now
from shared.contracts.assessment import Exclusion, Indicator, Period, PeriodKind, Plan
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.record_pages import state_of

MOST_MEMBERS: Final = 30
"""Members of a group that are listed; the rest is counted."""
_SHOWN_PUBLICATIONS: Final = 40


@dataclass(frozen=True, slots=True)
class Group:
    """Some members of an indicator's evidence, and what they are to it."""

    title: str
    members: Sequence[Item]
    count: int


@dataclass(frozen=True, slots=True)
class Explained:
    """An indicator of a score, with the evidence that its numbers come from."""

    indicator: Indicator
    result: Result
    groups: Sequence[Group]
    same: bool
    """Whether the evidence as it is marked today still gives the published numbers."""


class ScorePages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def home(self, ask: Ask) -> Page:
        """How the campaign goes, where to go from here, and whether the system is well."""
        with self._node.look("assessment", ask.log) as look:
            plan = _plan(look, ask, "")
            board = self._board(look, ask, plan, "")
            choices = choices_of(look.rows(plans.LEDGER), plan)
        plan = board.plan if board else plan
        shows = {
            "board": board,
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
        }
        return Page("assessment/board.html", words("scores_title"), shows)

    def _line(self, board: Board | None, plan: plans.Row | None) -> Any:
        today = civil_day(utc_now())
        return line_of(plan.plan, board.as_of if board else today, today) if plan else None

    def _board(self, look: LedgerLook, ask: Ask, plan: plans.Row | None, publication: str) -> Board | None:
        """The board published under a plan; else one computed now; None where there is no plan or rulebook.

        Raises `Refused("not_found")` where the publication that is asked for does not exist.
        """
        names = _names(look)
        publication = publication or next(iter(_published(look, plan)), "")
        if not publication:
            return self._computed(look, plan, names)
        rows = look.rows(scores.LEDGER, publication=publication)
        if not rows:
            raise Refused("not_found", field="publication")
        under, rulebook = _rules(look, rows[0])
        order = ranks(rows, rulebook.rulebook.ranks, ask.visitor.actor.role)
        return published_board(rows, under, rulebook, names, order)

    def _computed(self, look: LedgerLook, plan: plans.Row | None, names: Mapping[str, str]) -> Board | None:
        rulebook = _newest(look.rows(rulebooks.LEDGER))
        if plan is None or rulebook is None or not names:
            return None
        as_of = civil_day(utc_now())
        period = _campaign(plan.plan, as_of)
        computed = score(rulebook.rulebook, plan.plan, evidence_at(look), period, as_of, whole=_whole(look.log))
        return computed_board(computed, plan, rulebook, names, period, as_of)

    # a score ------------------------------------------------------------------------------------------------------

    def score(self, ask: Ask) -> Page:
        """A published score, down to its events; raises `Refused("not_found")`."""
        with self._node.look("assessment", ask.log) as look:
            row = look.row(scores.LEDGER, ask.request.path_params["id"])
            if row is None:
                raise Refused("not_found")
            plan, rulebook = _rules(look, row)
            names = _names(look)
            evidence = evidence_at(look).before(row.evidence_position)
        period = Period(kind=row.period_kind, name=row.period, from_day=row.from_day, to_day=row.to_day)
        explained = explain(
            rulebook.rulebook, plan.plan, evidence, period, row.as_of, whole=_whole(ask.log)
        ).get(Institution(row.community), ())  # fmt: skip
        members = {measured.indicator.code: measured for measured in explained}
        name = ask.words("whole") if Institution(row.community).whole else names.get(row.community, row.community)
        shows = {
            "row": row,
            "name": name,
            "names": names,
            "rulebook": rulebook,
            "explained": [
                _explained(indicator, result_of(one), members.get(indicator.code), ask)
                for indicator in rulebook.rulebook.indicators
                for one in row.indicators
                if one.code == indicator.code
            ],
            "titles": {i.code: ask.words.pick(i.title_zh, i.title_en) for i in rulebook.rulebook.indicators},
        }
        return Page("assessment/score.html", ask.words("score_title", name=name), shows)


def _explained(indicator: Indicator, result: Result, measured: Measured | None, ask: Ask) -> Explained:
    if measured is None:
        return Explained(indicator, result, (), same=False)
    words = ask.words
    missed = measured.missed if _same_table(indicator) else ()
    groups = [
        _group(words("not_in_numerator", count=len(missed)), missed),
        *(
            _group(words("left_out", why=words.pick(why.title_zh, why.title_en), count=len(items)), items)
            for why, items in _by_exclusion(measured.excluded)
        ),
        _group(words("in_numerator", count=len(measured.numerator)), measured.numerator),
    ]
    return Explained(indicator, result, [group for group in groups if group.count], _same(result, measured))


def _same_table(indicator: Indicator) -> bool:
    """Whether rows can be told to have been missed: not where the numerator has a table of its own."""
    return indicator.denominator is not None and indicator.denominator.table == indicator.numerator.table


def _group(title: str, items: Sequence[Item]) -> Group:
    return Group(title, items[:MOST_MEMBERS], len(items))


def _by_exclusion(excluded: Iterable[tuple[Exclusion, Item]]) -> list[tuple[Exclusion, list[Item]]]:
    groups: dict[str, tuple[Exclusion, list[Item]]] = {}
    for why, item in excluded:
        groups.setdefault(why.code, (why, []))[1].append(item)
    return list(groups.values())


def _same(result: Result, measured: Measured) -> bool:
    """Whether counted rows agree with the published numbers (sums are the scorer's business)."""
    denominator, numerator = measured.indicator.denominator, measured.indicator.numerator
    if numerator.adds is not None or (denominator is not None and denominator.adds is not None):
        return True
    known = result.score
    return (known.numerator, known.excluded) == (len(measured.numerator), len(measured.excluded)) and (
        denominator is None or known.denominator == len(measured.denominator)
    )


def _names(look: LedgerLook) -> dict[str, str]:
    """The communities' names by their codes."""
    return {row.community: row.name for row in look.rows(communities_served.LEDGER)}


def _rules(look: LedgerLook, row: scores.Row) -> tuple[plans.Row, rulebooks.Row]:
    """The plan and the rulebook that a score was made under; raises `Refused("not_found")`."""
    plan = next(iter(look.rows(plans.LEDGER, code=row.plan, version=row.plan_version)), None)
    rulebook = next(iter(look.rows(rulebooks.LEDGER, code=row.rulebook, version=row.rulebook_version)), None)
    if plan is None or rulebook is None:
        raise Refused("not_found")
    return plan, rulebook


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


def _newest(rows: Sequence[Any]) -> Any:
    """What was put in force last."""
    return max(rows, key=lambda row: row.position, default=None)


def _whole(log: str) -> Institution | None:
    """The sub-district itself, where the log is named by its division code."""
    return Institution(log) if re.fullmatch("[0-9]{9}", log) else None


def _published(look: LedgerLook, plan: plans.Row | None) -> dict[str, scores.Row]:
    """A row of each publication under a plan, the newest first: that of the sub-district, where there is one."""
    if plan is None:
        return {}
    of = {"plan": plan.code}
    return latest(look.rows(scores.LEDGER, community=look.log, **of) or look.rows(scores.LEDGER, **of))


def _campaign(plan: Plan, today: date) -> Period:
    """From the first day of the campaign to its last; of a standing plan, to today."""
    start, last = span(plan)
    end = max(start, today) if last is None else last
    return Period(kind=PeriodKind.DATES, name=f"{start}_{end}", from_day=start, to_day=end)
