"""What if other rules applied 假设推算, as a page: both numbers of every indicator that differs, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.assessment.api.what_if import supposed
from services.assessment.counterfactual import Compared, Membership, Moved, Outcome, Shift, WhatIf
from services.assessment.in_force import by_day
from services.assessment.ledgers import communities_served, plans, rulebooks, scores
from services.assessment.pages.boards import latest
from services.assessment.periods import span
from services.assessment.service import WHAT_IF
from services.assessment.supposing import Wanted
from shared.access import utc_now
from shared.contracts.assessment import PeriodKind
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.runtime import Node
from shared.web.pages import Ask, Page
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
        with self._node.look("assessment", ask.log) as look:
            books, texts = look.rows(rulebooks.LEDGER), look.rows(plans.LEDGER)
            published = latest(look.rows(scores.LEDGER))
            base = _base(ask, look, published)
        found = None
        if base is not None and (other_plan or other_rulebook):
            found = supposed(self._node, ask.log, _with(base.asked, other_plan, other_rulebook))
        shows = {
            "publications": _publications(ask.words, published), "publication": base.publication if base else "",
            "books": [
                _option(ask.words, row, ask.words.pick(row.rulebook.title_zh, row.rulebook.title_en)) for row in books
            ],
            "texts": [_option(ask.words, row, row.plan.title) for row in texts],
            "other_plan": other_plan, "other_rulebook": other_rulebook, "base": base, "found": found,
            "examples": _examples(base), "institutions": _institutions(ask.words, found) if found else (),
        }  # fmt: skip
        return Page("assessment/what_if.html", ask.words("what_if_title"), shows)


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
    found, books = by_day(look.rows(plans.LEDGER), today), look.rows(rulebooks.LEDGER)
    if not found or not books or not look.rows(communities_served.LEDGER):
        return None
    first, last = span(found[0].plan)
    name = f"{first}_{max(first, today) if last is None else last}"
    newest = max(books, key=lambda row: row.position)
    return _Base(
        Wanted(
            kind=PeriodKind.DATES, period=name, as_of=today, plan=f"{found[0].code}@{found[0].version}",
            rulebook=f"{newest.code}@{newest.version}",
        ),
        _NOW,
    )  # fmt: skip


def _with(asked: Wanted, other_plan: str, other_rulebook: str) -> Wanted:
    return Wanted(
        kind=asked.kind, period=asked.period, as_of=asked.as_of, plan=asked.plan, rulebook=asked.rulebook,
        position=asked.position, other_plan=other_plan, other_rulebook=other_rulebook,
    )  # fmt: skip


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
    groups: dict[tuple[str, str], list[Moved]] = {}
    for one in compared.moved:
        groups.setdefault((_said(words, one.before), _said(words, one.after)), []).append(one)
    return Line(
        compared, _step(words, compared.change),
        [
            Group(words("what_if_moves", before=was, after=now, count=len(members)), members[:MOST_MOVED], len(members))
            for (was, now), members in groups.items()
        ],
    )  # fmt: skip


def _said(words: Words, membership: Membership) -> str:
    part = words.shown(membership.part)
    if membership.reason is None:
        return part
    return words("what_if_reason", part=part, reason=words.pick(membership.reason_zh or "", membership.reason_en or ""))


def _step(words: Words, shift: Shift | None) -> Step:
    """A dash where there is nothing to compare, or no difference."""
    if shift is None or shift.exact == "0/1":
        return Step("—", "none")
    change = Decimal(shift.decimal)
    sign = "+" if change >= 0 and not shift.exact.startswith("-") else ""
    return Step(f"{sign}{words.points(change)}", "less" if shift.exact.startswith("-") else "more")
