"""What if other rules applied 假设推算, as a page: both numbers of every indicator that differs, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from services.assessment.ledgers import communities_served, plans, rulebooks, scores
from services.assessment.pages.boards import latest
from services.assessment.rules.periods import plan_period
from services.assessment.rules.versions import chosen, rulebook_of
from services.assessment.service import WHAT_IF
from services.assessment.what_if.asked import Wanted, supposed
from services.assessment.what_if.comparing import Compared, Moved, Outcome, Shift, WhatIf
from shared.clock import utc_now
from shared.contracts.assessment import PeriodKind
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.questions import asking
from shared.web.words import Words

MOST_MOVED: Final = 30
"""Rows of a group that are listed; the rest is counted."""
_SHOWN_PUBLICATIONS: Final = 40
_EXAMPLES: Final = (
    "sanguan rulebook check my-rules.yaml",
    "sanguan what-if --period-kind {kind} --period {period} --as-of {as_of} --rulebook my-rules.yaml",
)


@dataclass(frozen=True, slots=True)
class Step:
    """By how much a number differs, as it is shown; its class says whether there is more or less of it."""

    text: str
    sense: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that moved alike."""

    title: str
    members: Sequence[Moved]
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """An indicator that differs."""

    compared: Compared
    change: Step
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Institutional:
    """An institution, with what differs about it."""

    outcome: Outcome
    name: str
    change: Step
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Base:
    """What the other rules are held against: a publication, or the campaign to today."""

    asked: Wanted
    publication: str


class WhatIfPages:
    """The view, for those who weigh rules."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def page(self, ask: Ask) -> Page:
        """Choose a publication and other rules; then what they would have given."""
        other_plan, other_rulebook = ask.query("other_plan"), ask.query("other_rulebook")
        with self._node.look("assessment", ask.log, decides=WHAT_IF.again) as look:
            books, texts = look.rows(rulebooks.LEDGER), look.rows(plans.LEDGER)
            published = latest(look.rows(scores.LEDGER))
            base, asked = _base(ask, look, published), other_plan or other_rulebook
            found = None
            if base is not None and asked:
                found = self._supposed(ask, look, _with(base.asked, other_plan, other_rulebook))
        shows = {
            "publications": _publications(ask.words, published), "publication": base.publication if base else "",
            "books": [
                _option(ask.words, row, ask.words.pick(row.rulebook.title_zh, row.rulebook.title_en)) for row in books
            ],
            "texts": [_option(ask.words, row, row.plan.title) for row in texts],
            "other_plan": other_plan, "other_rulebook": other_rulebook, "base": base, "found": found,
            "itself": asked and found is None,
            "examples": _examples(base), "institutions": _institutions(ask.words, found) if found else (),
            "json": _address(ask.log, base.asked, other_plan, other_rulebook) if base else "",
        }  # fmt: skip
        return Page("assessment/what_if.html", ask.words("what_if_title"), shows)

    def _supposed(self, ask: Ask, look: LedgerLook, wanted: Wanted) -> WhatIf | None:
        """What the other rules would have given; None where they are none other."""
        asked = asking(self._node, "assessment", ask.log, {}, ask.visitor.actor, civil_day(utc_now()))
        try:
            return supposed(look, asked, wanted)
        except Refused as refused:
            if refused.code != "same_rules":
                raise
            return None


def may_try(role: str) -> bool:
    """Whether a role may see the page."""
    return role in WHAT_IF.by


# what is asked --------------------------------------------------------------------------------------------------------


def _base(ask: Ask, look: LedgerLook, published: Mapping[str, scores.Row]) -> _Base | None:
    """The publication that is named; without a name the newest, or the campaign to today where there is none."""
    named = ask.query("publication") or next(iter(published), "")
    if named == _NOW or not published:
        return _to_today(look, civil_day(utc_now()))
    row = published.get(named)
    if row is None:
        raise Refused("not_found", field="publication")
    return _Base(
        Wanted(
            kind=row.period_kind, period=row.period, as_of=row.as_of, plan=f"{row.plan}@{row.plan_version}",
            rulebook=f"{row.rulebook}@{row.rulebook_version}", position=row.evidence_position,
        ),
        named,
    )  # fmt: skip


_NOW: Final = "now"


def _to_today(look: LedgerLook, today: date) -> _Base | None:
    """The campaign so far; None where there is nothing to reckon with."""
    plan = chosen(look.rows(plans.LEDGER), "", today)
    book = rulebook_of(plan.plan if plan else None, look.rows(rulebooks.LEDGER), PeriodKind.DATES)
    if plan is None or book is None or not communities_served.names(look):
        return None
    return _Base(
        Wanted(
            kind=PeriodKind.DATES, period=plan_period(plan.plan, today).name, as_of=today,
            plan=f"{plan.code}@{plan.version}", rulebook=f"{book.code}@{book.version}",
        ),
        _NOW,
    )  # fmt: skip


def _with(asked: Wanted, other_plan: str, other_rulebook: str) -> Wanted:
    return Wanted(
        kind=asked.kind, period=asked.period, as_of=asked.as_of, plan=asked.plan, rulebook=asked.rulebook,
        position=asked.position, other_plan=other_plan, other_rulebook=other_rulebook,
    )  # fmt: skip


def _address(log: str, asked: Wanted, other_plan: str, other_rulebook: str) -> str:
    """Where programs are answered the same."""
    said = {
        "log": log, "period_kind": asked.kind.value, "period": asked.period, "as_of": asked.as_of.isoformat(),
        "plan": asked.plan, "rulebook": asked.rulebook, "other_plan": other_plan, "other_rulebook": other_rulebook,
        "position": asked.position,
    }  # fmt: skip
    return f"/assessment/what-if?{urlencode({name: value for name, value in said.items() if value not in ('', None)})}"


def _publications(words: Words, published: Mapping[str, scores.Row]) -> list[tuple[str, str]]:
    listed = [
        (id, words("publication_of", kind=row.period_kind, period=row.period, day=row.as_of))
        for id, row in list(published.items())[:_SHOWN_PUBLICATIONS]
    ]
    return [*listed, (_NOW, words("what_if_now"))]


def _option(words: Words, row: plans.Row | rulebooks.Row, title: str) -> tuple[str, str]:
    return f"{row.code}@{row.version}", words("what_if_version", title=title, code=row.code, version=row.version)


def _examples(base: _Base | None) -> list[str]:
    if base is None:
        return []
    asked = base.asked
    return [one.format(kind=asked.kind.value, period=asked.period, as_of=asked.as_of) for one in _EXAMPLES]


# what is shown --------------------------------------------------------------------------------------------------------


def _institutions(words: Words, found: WhatIf) -> list[Institutional]:
    return [
        Institutional(
            outcome, outcome.name or words("whole"), _step(words, outcome.change),
            [_line(words, one) for one in outcome.indicators],
        )
        for outcome in found.institutions
    ]  # fmt: skip


def _line(words: Words, compared: Compared) -> Line:
    groups: dict[str, list[Moved]] = {}
    for one in compared.moved:
        groups.setdefault(words.pick(one.says_zh, one.says_en), []).append(one)
    return Line(
        compared, _step(words, compared.change),
        [
            Group(words("what_if_moves", says=says, count=len(members)), members[:MOST_MOVED], len(members))
            for says, members in groups.items()
        ],
    )  # fmt: skip


def _step(words: Words, shift: Shift | None) -> Step:
    """A dash where there is nothing to compare, or no difference."""
    if shift is None or shift.exact == "0/1":
        return Step("—", "none")
    change = Decimal(shift.decimal)
    sign = "+" if change >= 0 and not shift.exact.startswith("-") else ""
    return Step(f"{sign}{words.points(change)}", "less" if shift.exact.startswith("-") else "more")
