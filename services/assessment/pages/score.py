"""A published score on a page: each number with its rule and its clause, the rows behind it and why, down to the
events; what was put right since it was published, and what changed since the score before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from services.assessment.clauses import DOCUMENT, KNOWN
from services.assessment.explaining.explanation import Explained, Member, Reasoned, Restated, Rows
from services.assessment.explaining.happenings import Event
from services.assessment.explaining.since import How, IndicatorSince, RowSince, Since
from services.assessment.explaining.telling import told as told_in
from services.assessment.explaining.wording import Part, changed, rule
from services.assessment.ledgers import communities_served, scores
from services.assessment.pages.boards import Result, result_of
from services.assessment.pages.flags import flags_beside
from services.assessment.pages.scores import rules_of
from services.assessment.scoring.measuring import Institution
from services.assessment.scoring.membership import Part as Membered
from services.assessment.scoring.membership import turned
from shared.contracts.assessment import IndicatorKind, Rulebook
from shared.contracts.model import Refused
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.words import Words

FEW: Final = 3
"""Rows of a group that the page of all indicators lists; a page of one indicator has the others."""
MOST: Final = 50
"""Rows of a group on one page of one indicator."""
MOST_STEPS: Final = 8
"""Deciding events of a row that are listed at once; the others are beneath."""
_TELLING: Final = frozenset({"standing", "numerator", "denominator", "excluded", "reached", "points"})
"""Numbers whose change is worth a line."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event behind a row or a number."""

    event: Event
    says: str
    late: bool
    """Whether it was entered later than the rulebook's days of grace allow."""
    about: tuple[str, str] | None
    """The case or the community that it is about, and its page; none where the row says so."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of evidence."""

    name: str
    key: str
    case: str | None
    """The case that it is, or is about."""
    path: str | None
    place: str | None
    """Whose it is, on the sub-district's page."""
    why: str
    adds: tuple[int, int] | None
    """What it adds to numerator and denominator, where that is not one."""
    steps: Sequence[Step]
    rest: Sequence[Step]
    """The events that are listed only when asked for."""


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
class Correction:
    """A restatement: each number that changed, in words, and what happened that changed it."""

    at: datetime
    position: int
    numbers: Sequence[tuple[str, Sequence[str], Sequence[int]]]
    """Of which indicator, what changed, and where the events that changed all that stand."""
    causes: Sequence[Step]


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
        self._node, self._told = node, told_in(node)

    def score(self, ask: Ask) -> Page:
        """All indicators with a few rows of each, or (`indicator=`) one with all, page by page; raises `Refused`."""
        id = ask.request.path_params["id"]
        with self._node.look("assessment", ask.log) as look:
            row = look.row(scores.LEDGER, id)
            if row is None:
                raise Refused("not_found")
            ask.require(row.community)
            plan, rulebook = rules_of(look, row)
            names = communities_served.names(look)
            own = None if Institution(row.community).whole else row.community
            odd = flags_beside(look, own, rulebook.rulebook, row.from_day, row.to_day, row.as_of)
        since = self._since(ask.log, row)  # first: one walk through the log serves both scores
        wanted = ask.query("indicator")
        if wanted and wanted not in {one.code for one in row.indicators}:
            raise Refused("not_found")
        ours = DOCUMENT in plan.plan.document
        shown = _Showing(ask, row, names, rulebook.rulebook, since, ours)
        told = self._told.explained(ask.log, row, wanted or None, shown.chosen)
        name = ask.words("whole") if Institution(row.community).whole else names.get(row.community, row.community)
        shows = {
            "row": row, "name": name, "names": names, "odd": odd, "rulebook": rulebook, "wanted": wanted,
            "indicators": [shown.of(one) for one in told.indicators],
            "since": since, "differences": _differences(since, ask.words), "most": MOST,
            "since_causes": shown.happened(since.causes if since else ()),
            "restatements": [shown.correction(one) for one in reversed(told.restatements)],
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
        self._titles = {one.code: ask.words.pick(one.title_zh, one.title_en) for one in rulebook.indicators}
        self._grace = timedelta(days=rulebook.grace_days)
        self._since = {one.indicator: one for one in since.indicators} if since else {}
        self._alone, self._part = bool(ask.query("indicator")), ask.query("part")
        skip = whole(ask.query("skip") or "0", "skip") if self._part else 0
        self._page = (MOST, skip) if self._alone else (FEW, 0)
        """How many rows of a group are shown, and from which on."""

    def of(self, told: Explained) -> Shown:
        return Shown(
            told=told, result=result_of(told.score), rule=self._rules[told.indicator], groups=self._groups(told),
            clause_path=f"/clauses/{told.clause}" if self._ours and told.clause in KNOWN else None,
        )  # fmt: skip

    def correction(self, one: Restated) -> Correction:
        told: dict[tuple[str | None, Sequence[int]], list[str]] = {}
        for change in one.changes:
            told.setdefault((change.indicator, change.causes), []).append(self._words.pick(*changed(change)))
        return Correction(
            at=one.at, position=one.position, causes=self.happened(one.causes),
            numbers=[
                (self._words("sum") if code is None else self._titles.get(code, code), said, causes)
                for (code, causes), said in told.items()
            ],
        )  # fmt: skip

    def happened(self, causes: Iterable[Event]) -> list[Step]:
        """What changed numbers."""
        return [self._step(event, about=True) for event in causes]

    def _groups(self, told: Explained) -> list[Group]:
        """What was missed first, then what is left out, what waits, what counts, and what made the difference to the
        score before; nothing of what is empty."""
        code, zero = told.indicator, told.kind is IndicatorKind.ZERO_INCIDENT
        counted = "in_count" if zero or told.kind is IndicatorKind.COUNT else "in_numerator"
        there, moved = {one.part: one.count for one in told.rows}, self._moved(code)
        lines = {
            Membered.MISSED: ("not_in_numerator", map(self._reasoned, told.missed)),
            Membered.NOT_YET_DUE: ("waiting", map(self._reasoned, told.not_yet_due)),
            Membered.NUMERATOR: (counted, map(self._line, told.numerator)),
            Membered.SPARED: ("spared", map(self._reasoned, told.spared)),
            Membered.DENOMINATOR: ("in_denominator", map(self._line, told.denominator)),
        }
        groups = [self._group(code, part, title, there.get(part, 0), found) for part, (title, found) in lines.items()]
        groups[1:1] = [
            self._group(
                code, one.reason or "", "left_out", one.count,
                [self._line(held.member) for held in told.excluded if held.reason == one.reason],
                why=self._words.pick(one.reason_zh or "", one.reason_en or ""),
            )
            for one in told.rows if one.part is Membered.EXCLUDED
        ]  # fmt: skip
        groups.append(self._group(code, "since", "since_rows", len(moved), map(self._move, self._shown(moved))))
        return [group for group in groups if group.count and self._part in ("", group.part)]

    def _moved(self, code: str) -> Sequence[RowSince]:
        return self._since[code].moved if self._alone and code in self._since else ()

    def chosen(self, part: Membered, rows: Rows) -> Rows:
        """Of the rows of a part, those that the page shows: of what is left out, some for each reason."""
        if part is not Membered.EXCLUDED:
            return self._shown(rows)
        reasons = dict.fromkeys(one.reason for _, one in rows)
        return [row for reason in reasons for row in self._shown([one for one in rows if one[1].reason == reason])]

    def _shown(self, rows: Sequence[_T]) -> Sequence[_T]:
        """A group's page: from where it is asked for, or its beginning."""
        size, first = self._page
        return rows[first : first + size]

    def _group(
        self, code: str, part: str, title: str, count: int, lines: Iterable[Line], **known: str
    ) -> Group:  # fmt: skip
        size, first = self._page
        return Group(
            part=part, title=self._words(title, count=count, **known), count=count, first=first + 1, lines=list(lines),
            before=self._address(code, part, max(first - size, 0)) if first else None,
            after=self._address(code, part, first + size if self._alone else 0) if first + size < count else None,
        )  # fmt: skip

    def _address(self, code: str, part: str, skip: int) -> str:
        return f"{self._path}?{urlencode({'indicator': code, 'part': part, 'skip': skip})}"

    # lines --------------------------------------------------------------------------------------------------------

    def _reasoned(self, one: Reasoned) -> Line:
        return self._line(one.member, self._words.pick(one.why_zh, one.why_en))

    def _line(self, member: Member, why: str = "") -> Line:
        numbers = (member.numerator, member.denominator)
        return Line(
            name=self._words.pick(member.name_zh, member.name_en), key=member.key, case=member.case, path=_path(member),
            place=self._place(member.table, member.community), why=why,
            adds=None if set(numbers) <= {0, 1} else numbers, **self._steps(member.events),
        )  # fmt: skip

    def _move(self, one: RowSince) -> Line:
        words = self._words
        sides = words("labelled", label=one.how, value=words.pick(*turned(one.was, one.now)))
        why = words.pick(one.why_zh, one.why_en)
        return Line(
            name=words.pick(one.name_zh, one.name_en), key=one.key, case=one.case, path=_path(one),
            place=self._place(one.table, one.community), why=f"{sides} · {why}", adds=None, **self._steps(one.causes),
        )  # fmt: skip

    def _place(self, table: str, community: str) -> str | None:
        """Whose a row is, where that does not go without saying."""
        return self._names.get(community) if self._whole and table != "communities" else None

    def _steps(self, events: Sequence[Event]) -> Mapping[str, Any]:
        """Those that decide, and the others."""
        deciding = [one for one in events if one.decides][-MOST_STEPS:]
        return {
            "steps": [self._step(one) for one in deciding],
            "rest": [self._step(one) for one in events if one not in deciding],
        }

    def _step(self, event: Event, *, about: bool = False) -> Step:
        words = self._words
        says = words.pick(event.says_zh, event.says_en)
        return Step(
            event, words("step_taken_back", says=says) if event.taken_back else says,
            event.recorded_on - event.on > self._grace, self._about(event) if about else None,
        )  # fmt: skip

    def _about(self, event: Event) -> tuple[str, str] | None:
        if event.case is not None:
            return event.case, f"/cases/{quote(event.case)}"
        name = self._names.get(event.community or "")
        return None if name is None else (name, f"/communities/{event.community}")


def _path(row: Member | RowSince) -> str | None:
    """The page of the case or the community that a row is about."""
    if row.case is not None:
        return f"/cases/{quote(row.case)}"
    return f"/communities/{quote(row.key)}" if row.table == "communities" else None


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
