"""A published score explained 得分说明: the rule, its clause, the numbers, which rows made each of them and why, and
which events made each row (§3.3.5)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from services.assessment.clauses import DOCUMENT, KNOWN
from services.assessment.evidence.items import WHOLE, Item, text_of
from services.assessment.explaining.happenings import At, Event, causes
from services.assessment.explaining.reading import Reading
from services.assessment.explaining.vocabulary import Pair
from services.assessment.explaining.wording import joined, named, rule, unmet
from services.assessment.ledgers import scores
from services.assessment.scoring.measuring import Measured
from services.assessment.scoring.membership import Membership, Part, adds, memberships
from shared.contracts.assessment import Change, IndicatorKind, IndicatorScore, Op, Plan, ScoreRestated
from shared.contracts.event import Recorded, value
from shared.contracts.fields import Code, Count, Day, Division, Line, Ordinal


@value
class Member:
    """A row of evidence, what it adds to the numbers, and the events behind it."""

    table: Code
    key: Line
    community: Code
    """Whose it is: a community's division code, or the sub-district's."""
    case: Code | None
    """The case that it is, or is about."""
    name_zh: str
    name_en: str
    """What people call it."""
    numerator: int
    denominator: int
    """What it adds to each; of a row that is left out or not yet due, what it would add. More of a numerator than there
    is of the denominator in a community is not counted (the rule says so)."""
    taken_over: bool
    """Entered from paper: judged by the days written there."""
    fields: Mapping[str, str | None]
    """What a rulebook's conditions see of it."""
    events: tuple[Event, ...]
    """In the order of the log; those that decide what it is to the indicator are marked."""


@value
class Reasoned:
    """A row that does not count, or not yet, and why."""

    why_zh: str
    why_en: str
    member: Member


@value
class ExcludedMember:
    """A row that left the denominator, and why."""

    reason: Code
    """The exclusion's code."""
    why_zh: str
    why_en: str
    member: Member


@value
class PartCount:
    """How many rows are the same thing to an indicator; of those that left the denominator, for each reason."""

    part: Part
    reason: Code | None
    """The exclusion's code."""
    reason_zh: str | None
    reason_en: str | None
    count: Count


@value
class Explained:
    """One indicator: its rule, its numbers, and what is behind them."""

    indicator: Code
    clause: Code
    clause_zh: str
    clause_en: str
    """The clause's title in the plan; empty where the plan names none."""
    title_zh: Line
    title_en: Line
    quote_zh: Line | None
    """The document's words on which it rests."""
    kind: IndicatorKind
    rule_zh: str
    rule_en: str
    score: IndicatorScore
    """As published."""
    agrees: bool
    """Whether the rows add up to that; if not, another build of this program published it."""
    rows: tuple[PartCount, ...]
    """All that there are, however few of them are told of below."""
    numerator: tuple[Member, ...]
    denominator: tuple[Member, ...]
    """Where the numerator has a table of its own; else the denominator is what counted and what was missed."""
    missed: tuple[Reasoned, ...]
    """In the denominator, and not in the numerator: which of the conditions were not met."""
    spared: tuple[Reasoned, ...]
    """Of what should not happen: in the denominator, and it did not."""
    excluded: tuple[ExcludedMember, ...]
    not_yet_due: tuple[Reasoned, ...]
    """What waits for its day."""


@value
class Restated:
    """One restatement: which number changed, from what to what, and the events that changed it."""

    position: Count
    at: datetime
    was_position: Count
    """Up to where the evidence of the score went that was put right."""
    evidence_position: Count
    changes: tuple[Change, ...]
    causes: tuple[Event, ...]
    """What the events did that the changes name, each once, in the order of the log."""


@value
class Explanation:
    """A published score, explained."""

    log: Code
    position: Count
    """Of the evidence."""
    score: Line
    """Its id."""
    community: Division
    name: str
    """The community's; empty for the sub-district."""
    period: Code
    from_day: Day
    to_day: Day
    as_of: Day
    plan: Code
    plan_version: Ordinal
    rulebook: Code
    rulebook_version: Ordinal
    indicators: tuple[Explained, ...]
    restatements: tuple[Restated, ...]
    """The oldest first; on the first page."""
    next: Line | None
    """The next page's `cursor`; none on the last page, or where all was asked for."""


Rows = Sequence[tuple[Item, Membership]]
Choose = Callable[[Part, Rows], Rows]
"""Of the rows of a part, those that are told of."""


class RowPage:
    """So many rows of a score, whatever indicator and part they are of."""

    def __init__(self, first: int, limit: int) -> None:
        self._first, self._end, self._there = first, first + limit, 0

    def __call__(self, part: Part, rows: Rows) -> Rows:
        """Those of the part, which come after those that were asked about before."""
        before, self._there = self._there, self._there + len(rows)
        return rows[max(self._first - before, 0) : max(self._end - before, 0)]

    @property
    def next(self) -> str | None:
        """Where the next page begins, if there is one."""
        return str(self._end) if self._end < self._there else None


def explanation(
    log: str, row: scores.Row, read: Reading, history: Iterable[Recorded], at: At, *, indicator: str | None = None,
    choose: Choose = lambda part, rows: rows,
) -> Explanation:  # fmt: skip
    """The score's numbers down to their events, or those of one indicator. `history` are the events of its stream, `at`
    those of the log."""
    measured = read.of(row.community)
    again = read.numbers(row.community)
    return Explanation(
        log=log, position=row.evidence_position, score=row.id, community=row.community,
        name=read.names.get(row.community, ""), period=row.period, from_day=row.from_day, to_day=row.to_day,
        as_of=row.as_of, plan=row.plan, plan_version=row.plan_version, rulebook=row.rulebook,
        rulebook_version=row.rulebook_version, restatements=restatements(row, history, at),
        indicators=tuple(
            _explained(one, _Telling(measured[one.code], read, log, choose), read, agrees=again[one.code] == one)
            for one in row.indicators
            if one.code in measured and indicator in (None, one.code)
        ),
        next=None,
    )  # fmt: skip


def restatements(row: scores.Row, history: Iterable[Recorded], at: At) -> tuple[Restated, ...]:
    """What of the stream's events put this score right, the oldest first."""
    return tuple(
        Restated(
            position=one.position, at=one.occurred_at, was_position=one.event.was.position,
            evidence_position=one.event.score.position, changes=one.event.changes,
            causes=causes(one.event.changes, at),
        )
        for one in history
        if isinstance(one.event, ScoreRestated) and one.event.score.subject == row.community
    )  # fmt: skip


def _explained(score: IndicatorScore, told: "_Telling", read: Reading, *, agrees: bool) -> Explained:
    indicator = told.indicator
    rule_zh, rule_en = joined(rule(indicator, read.frame.grace_days))
    clause_zh, clause_en = clause_title(read.plan.plan, indicator.clause)
    return Explained(
        indicator=indicator.code, clause=indicator.clause, clause_zh=clause_zh, clause_en=clause_en,
        title_zh=indicator.title_zh, title_en=indicator.title_en, quote_zh=indicator.quote_zh, kind=indicator.kind,
        rule_zh=rule_zh, rule_en=rule_en, score=score, agrees=agrees, rows=told.counts(),
        numerator=told.plainly(Part.NUMERATOR), denominator=told.plainly(Part.DENOMINATOR),
        missed=told.unmet(Part.MISSED), spared=told.unmet(Part.SPARED), excluded=told.excluded(),
        not_yet_due=told.waiting(),
    )  # fmt: skip


def clause_title(plan: Plan, clause: str) -> Pair:
    """What the plan calls a clause: the document's own title, or that of the first item that quotes it."""
    if DOCUMENT in plan.document and clause in KNOWN:
        return KNOWN[clause].title_zh, KNOWN[clause].title_en
    parts = (plan.phases, plan.duties, plan.cadences, plan.rounds, plan.terms, plan.targets)
    items = (one for part in parts for one in part)
    return next(((one.title_zh, one.title_en) for one in items if one.clause == clause), ("", ""))


class _Telling:
    """How one indicator's rows are told of."""

    def __init__(self, measured: Measured, read: Reading, log: str, choose: Choose) -> None:
        self.indicator, self._read, self._log, self._choose = measured.indicator, read, log, choose
        parts: dict[Part, list[tuple[Item, Membership]]] = defaultdict(list)
        for item, membership in memberships(measured).values():
            parts[membership.part].append((item, membership))
        self._parts: Mapping[Part, Rows] = parts

    def counts(self) -> tuple[PartCount, ...]:
        """How many rows there are of each part that has any."""
        found = Counter(
            (part, one.reason, one.reason_zh, one.reason_en) for part, rows in self._parts.items() for _, one in rows
        )
        return tuple(
            PartCount(part=part, reason=reason, reason_zh=zh, reason_en=en, count=count)
            for (part, reason, zh, en), count in found.items()
        )

    def plainly(self, part: Part) -> tuple[Member, ...]:
        """The rows that count, of a part."""
        return tuple(self._member(item, one.numerator, one.denominator) for item, one in self._rows(part))

    def unmet(self, part: Part) -> tuple[Reasoned, ...]:
        """Those that are in the denominator alone, with what they did not meet of the numerator."""
        return tuple(
            self._reasoned(item, unmet(self.indicator.numerator.where, item, self._read.frame), one.denominator)
            for item, one in self._rows(part)
        )

    def waiting(self) -> tuple[Reasoned, ...]:
        population = self.indicator.denominator
        waits = [one for one in population.where if one.op is Op.PASSED] if population else ()
        return tuple(
            self._reasoned(item, unmet(waits, item, self._read.frame), adds(population, item))
            for item, _ in self._rows(Part.NOT_YET_DUE)
        )

    def excluded(self) -> tuple[ExcludedMember, ...]:
        return tuple(
            ExcludedMember(
                reason=one.reason or "", why_zh=one.reason_zh or "", why_en=one.reason_en or "",
                member=self._member(item, one.unadjusted_numerator, one.unadjusted_denominator),
            )
            for item, one in self._rows(Part.EXCLUDED)
        )  # fmt: skip

    def _rows(self, part: Part) -> Rows:
        return self._choose(part, self._parts.get(part, ()))

    def _reasoned(self, item: Item, why: Pair, denominator: int) -> Reasoned:
        return Reasoned(why_zh=why[0], why_en=why[1], member=self._member(item, 0, denominator))

    def _member(self, item: Item, numerator: int, denominator: int) -> Member:
        zh, en = named(item, self._read.names)
        return Member(
            table=item.table, key=item.key, community=self._log if item.community == WHOLE else item.community,
            case=item.case, name_zh=zh, name_en=en, taken_over=item.taken_over, numerator=numerator,
            denominator=denominator, fields={name: text_of(held) for name, held in item.fields.items()},
            events=self._read.behind(item, self.indicator),
        )  # fmt: skip
