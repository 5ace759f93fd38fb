"""A published score on a page: each number with its rule and its clause, the rows behind it and why, down to the
events; what was put right since it was published, and what changed since the score before."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from services.assessment.clauses import DOCUMENT, KNOWN
from services.assessment.exact import decimal_of
from services.assessment.explanation import ExcludedMember, Explained, Member, Reasoned, Restated
from services.assessment.ledgers import scores
from services.assessment.pages.boards import Result, result_of
from services.assessment.pages.flags import flags_beside
from services.assessment.pages.scores import names_of, rules_of
from services.assessment.pages.texts import TEXTS
from services.assessment.reading import Event
from services.assessment.scoring import Institution
from services.assessment.since import How, IndicatorSince, Moved, Side, Since
from services.assessment.telling import Told
from services.assessment.wording import Part, rule
from shared.contracts.assessment import IndicatorKind, Rulebook
from shared.contracts.model import Refused
from shared.runtime import Node
from shared.web.ledgers import whole
from shared.web.pages import Ask, Page
from shared.web.words import Words

FEW: Final = 3
"""Rows of a group that the page of all indicators lists; a page of one indicator has the others."""
MOST: Final = 50
"""Rows of a group on one page of one indicator."""
_FEW_EVENTS: Final = 4
_MOST_EVENTS: Final = 12
_TELLING: Final = frozenset({"standing", "numerator", "denominator", "excluded", "reached", "points"})
"""Numbers whose change is worth a line."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event behind a row."""

    event: Event
    word: str
    late: bool
    """Whether it was entered later than the rulebook's days of grace allow."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of evidence."""

    name: str
    key: str
    path: str | None
    place: str | None
    """Whose it is, on the sub-district's page."""
    why: str
    adds: tuple[int, int] | None
    """What it adds to numerator and denominator, where that is not one."""
    steps: Sequence[Step]
    more: int
    """Earlier events that are not listed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are the same thing to an indicator."""

    part: str
    title: str
    lines: Sequence[Line]
    count: int
    first: int
    """Place of the first line, from 1."""
    before: str | None
    """The address of the page before, and of the next."""
    after: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One indicator of a score."""

    told: Explained
    result: Result
    rule: Sequence[Part]
    clause_path: str | None
    groups: Sequence[Group]


class ScorePage:
    """The view. It replays the log, as programs' answers do, so that both agree."""

    def __init__(self, node: Node) -> None:
        self._node, self._told = node, Told(node)

    def score(self, ask: Ask) -> Page:
        """All indicators with a few rows of each, or (`indicator=`) one with all, page by page; raises `Refused`."""
        id = ask.request.path_params["id"]
        with self._node.look("assessment", ask.log) as look:
            row = look.row(scores.LEDGER, id)
            if row is None:
                raise Refused("not_found")
            plan, rulebook = rules_of(look, row)
            names = names_of(look)
            own = None if Institution(row.community).whole else row.community
            odd = flags_beside(look, own, row.rulebook, row.from_day, row.to_day, row.as_of)
        since = self._since(ask.log, row)  # first: one walk through the log serves both scores
        told, wanted = self._told.explained(ask.log, row), ask.query("indicator")
        if wanted and wanted not in {one.indicator for one in told.indicators}:
            raise Refused("not_found")
        ours = DOCUMENT in plan.plan.document
        shown = _Showing(ask, row, names, rulebook.rulebook, since, ours)
        name = ask.words("whole") if Institution(row.community).whole else names.get(row.community, row.community)
        shows = {
            "row": row, "name": name, "names": names, "odd": odd, "rulebook": rulebook, "wanted": wanted,
            "indicators": [shown.of(one) for one in told.indicators if wanted in ("", one.indicator)],
            "since": since, "differences": _differences(since, ask.words),
            "restatements": _put_right(told.restatements),
            "titles": {one.code: ask.words.pick(one.title_zh, one.title_en) for one in rulebook.rulebook.indicators},
            "json": f"/assessment/scores/{row.id}/explanation", "json_since": f"/assessment/scores/{row.id}/since",
        }  # fmt: skip
        return Page("assessment/score.html", ask.words("score_title", name=name), shows)

    def _since(self, log: str, row: scores.Row) -> Since | None:
        """What changed since the score before; None where there is none."""
        try:
            return self._told.since(log, row)
        except Refused as refused:
            if refused.code != "nothing_before":
                raise
            return None


# rows -----------------------------------------------------------------------------------------------------------------

_T = TypeVar("_T")


class _Showing:
    """How the indicators of one score are shown to whoever asks."""

    def __init__(
        self, ask: Ask, row: scores.Row, names: Mapping[str, str], rulebook: Rulebook, since: Since | None, ours: bool
    ) -> None:
        self._words, self._names, self._ours = ask.words, names, ours
        self._path, self._whole = f"/scores/{row.id}", Institution(row.community).whole
        self._rules = {one.code: rule(one, rulebook.grace_days) for one in rulebook.indicators}
        self._grace = timedelta(days=rulebook.grace_days)
        self._since = {one.indicator: one for one in since.indicators} if since else {}
        self._alone, self._part = bool(ask.query("indicator")), ask.query("part")
        self._skip = whole(ask.query("skip") or "0", "skip") if self._part else 0

    def of(self, told: Explained) -> Shown:
        return Shown(
            told=told, result=result_of(told.score), rule=self._rules[told.indicator], groups=self._groups(told),
            clause_path=f"/clauses/{told.clause}" if self._ours and told.clause in KNOWN else None,
        )  # fmt: skip

    def _groups(self, told: Explained) -> list[Group]:
        """What was missed first, then what is left out, what waits, what counts, and what made the difference to the
        score before; nothing of what is empty."""
        code, zero = told.indicator, told.kind is IndicatorKind.ZERO_INCIDENT
        counted = "in_count" if zero or told.kind is IndicatorKind.COUNT else "in_numerator"
        groups = [
            self._group(code, "missed", "spared" if zero else "not_in_numerator", told.missed, self._reasoned),
            *(
                self._group(code, reason, "left_out", some, self._left_out, why=self._words.pick(*_why(some[0])))
                for reason, some in _by_reason(told.excluded).items()
            ),
            self._group(code, "not_yet_due", "waiting", told.not_yet_due, self._reasoned),
            self._group(code, "numerator", counted, told.numerator, self._counted),
            self._group(code, "denominator", "in_denominator", told.denominator, self._counted),
            self._group(code, "since", "since_rows", self._moved(code), self._move),
        ]
        return [group for group in groups if group.count and self._part in ("", group.part)]

    def _moved(self, code: str) -> Sequence[Moved]:
        return self._since[code].moved if self._alone and code in self._since else ()

    def _group(
        self, code: str, part: str, title: str, rows: Sequence[_T], line: Callable[[_T], Line], **known: str
    ) -> Group:
        """A group's page: from where it is asked for, or its beginning."""
        size, first = (MOST, self._skip) if self._alone else (FEW, 0)
        return Group(
            part=part, title=self._words(title, count=len(rows), **known), count=len(rows), first=first + 1,
            lines=[line(one) for one in rows[first : first + size]],
            before=self._address(code, part, max(first - size, 0)) if first else None,
            after=self._address(code, part, first + size if self._alone else 0) if first + size < len(rows) else None,
        )  # fmt: skip

    def _address(self, code: str, part: str, skip: int) -> str:
        return f"{self._path}?{urlencode({'indicator': code, 'part': part, 'skip': skip})}"

    # lines --------------------------------------------------------------------------------------------------------

    def _counted(self, member: Member) -> Line:
        return self._line(member)

    def _reasoned(self, one: Reasoned) -> Line:
        return self._line(one.member, self._words.pick(one.why_zh, one.why_en))

    def _left_out(self, one: ExcludedMember) -> Line:
        return self._line(one.member)  # the reason stands above the group

    def _line(self, member: Member, why: str = "") -> Line:
        numbers = (member.numerator, member.denominator)
        return Line(
            name=self._words.pick(member.name_zh, member.name_en), key=member.key, path=_path(member),
            place=self._place(member.table, member.community), why=why,
            adds=None if set(numbers) <= {0, 1} else numbers, **self._steps(member.events),
        )  # fmt: skip

    def _move(self, one: Moved) -> Line:
        words = self._words
        sides = words("changed", number=one.how, before=self._side(one.was), after=self._side(one.now))
        why = words.pick(one.why_zh, one.why_en)
        return Line(
            name=words.pick(one.name_zh, one.name_en), key=one.key, path=_path(one),
            place=self._place(one.table, one.community), why=f"{sides} · {why}", adds=None, **self._steps(one.causes),
        )  # fmt: skip

    def _side(self, side: Side | None) -> str:
        return "—" if side is None else self._words.shown(side.part)

    def _place(self, table: str, community: str) -> str | None:
        """Whose a row is, where that does not go without saying."""
        return self._names.get(community) if self._whole and table != "communities" else None

    def _steps(self, events: Sequence[Event]) -> Mapping[str, Any]:
        most = _MOST_EVENTS if self._alone else _FEW_EVENTS
        return {"steps": [self._step(one) for one in events[-most:]], "more": max(len(events) - most, 0)}

    def _step(self, event: Event) -> Step:
        key = f"mark.{event.what.partition(':')[0]}"
        word = self._words(key) if key in TEXTS else self._words.event_title(event.type)
        return Step(event, word, event.recorded_on - event.on > self._grace)


def _path(row: Member | Moved) -> str | None:
    """The page of the case or the community that a row is about."""
    if row.case is not None:
        return f"/cases/{quote(row.case)}"
    return f"/communities/{quote(row.key)}" if row.table == "communities" else None


def _put_right(restatements: Sequence[Restated]) -> Sequence[Restated]:
    """The restatements with their exact fractions to four places."""
    return [
        replace(one, changes=tuple(replace(c, before=_plain(c.before), after=_plain(c.after)) for c in one.changes))
        for one in restatements
    ]


def _plain(number: str) -> str:
    return decimal_of(Fraction(number)) if re.fullmatch("[0-9]+/[0-9]+", number) else number


def _why(one: ExcludedMember) -> tuple[str, str]:
    return one.why_zh, one.why_en


def _by_reason(members: Iterable[ExcludedMember]) -> Mapping[str, list[ExcludedMember]]:
    found: dict[str, list[ExcludedMember]] = {}
    for one in members:
        found.setdefault(one.reason, []).append(one)
    return found


# since the score before -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """An indicator whose numbers are others than in the score before, or whose rule is."""

    code: str
    title: str
    before: Result | None
    after: Result | None
    rows: Sequence[str]
    """How many rows make the difference, by the way in which they do."""
    rule: tuple[str, str] | None
    """In words, where it is another."""
    causes: Sequence[int]


def _differences(since: Since | None, words: Words) -> list[Difference]:
    """The indicators that changed, in the score's order."""
    return [] if since is None else [_difference(one, words) for one in since.indicators if _changed(one)]


def _changed(one: IndicatorSince) -> bool:
    return bool(one.rule_after_zh or one.rule_before_zh or {change.number for change in one.changes} & _TELLING)


def _difference(one: IndicatorSince, words: Words) -> Difference:
    counts = Counter(moved.how for moved in one.moved)
    said = words.pick(one.rule_before_zh, one.rule_before_en), words.pick(one.rule_after_zh, one.rule_after_en)
    return Difference(
        code=one.indicator, title=words.pick(one.title_zh, one.title_en),
        before=None if one.before is None else result_of(one.before),
        after=None if one.after is None else result_of(one.after),
        rows=[words("since_how", how=how, count=counts[how]) for how in How if counts[how]],
        rule=said if any(said) else None,
        causes=sorted({at for change in one.changes for at in change.causes}),
    )  # fmt: skip
