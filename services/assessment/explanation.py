"""A published score explained 得分说明: the rule, its clause, the numbers, which rows made each of them and why, and
which events made each row (§3.3.5)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.assessment.clauses import DOCUMENT, KNOWN
from services.assessment.items import WHOLE, Item, text_of
from services.assessment.ledgers import scores
from services.assessment.reading import Event, Reading
from services.assessment.scoring import Measured, amount
from services.assessment.vocabulary import Pair
from services.assessment.wording import joined, named, rule, unmet
from shared.contracts.assessment import Change, IndicatorKind, IndicatorScore, Measure, Op, Plan, ScoreRestated
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
class Explained:
    """One indicator: its rule, its numbers, and what is behind them."""

    indicator: Code
    clause: Code
    clause_zh: str
    clause_en: str
    """The clause's title in the plan; empty where the plan names none."""
    title_zh: Line
    title_en: Line
    kind: IndicatorKind
    rule_zh: str
    rule_en: str
    score: IndicatorScore
    """As published."""
    agrees: bool
    """Whether the rows add up to that; if not, another build of this program published it."""
    numerator: tuple[Member, ...]
    denominator: tuple[Member, ...]
    """Where the numerator has a table of its own; else the denominator is what counted and what was missed."""
    missed: tuple[Reasoned, ...]
    """In the denominator, and not in the numerator: which of the conditions were not met."""
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
    """The oldest first."""


def explanation(log: str, row: scores.Row, read: Reading, history: Iterable[Recorded]) -> Explanation:
    """The score's numbers down to their events. `history` are the events of the score's stream."""
    measured = read.of(row.community)
    again = read.numbers(row.community)
    return Explanation(
        log=log, position=row.evidence_position, score=row.id, community=row.community,
        name=read.names.get(row.community, ""), period=row.period, from_day=row.from_day, to_day=row.to_day,
        as_of=row.as_of, plan=row.plan, plan_version=row.plan_version, rulebook=row.rulebook,
        rulebook_version=row.rulebook_version, restatements=restatements(row, history),
        indicators=tuple(
            _explained(one, measured[one.code], read, log, agrees=again[one.code] == one)
            for one in row.indicators
            if one.code in measured
        ),
    )  # fmt: skip


def restatements(row: scores.Row, history: Iterable[Recorded]) -> tuple[Restated, ...]:
    """What of the stream's events put this score right, the oldest first."""
    return tuple(
        Restated(
            position=one.position, at=one.occurred_at, was_position=one.event.was.position,
            evidence_position=one.event.score.position, changes=one.event.changes,
        )
        for one in history
        if isinstance(one.event, ScoreRestated) and one.event.score.subject == row.community
    )  # fmt: skip


def _explained(score: IndicatorScore, measured: Measured, read: Reading, log: str, *, agrees: bool) -> Explained:
    indicator = measured.indicator
    told = _Telling(measured, read, log)
    rule_zh, rule_en = joined(rule(indicator, read.frame.grace_days))
    clause_zh, clause_en = clause_title(read.plan.plan, indicator.clause)
    return Explained(
        indicator=indicator.code, clause=indicator.clause, clause_zh=clause_zh, clause_en=clause_en,
        title_zh=indicator.title_zh, title_en=indicator.title_en, kind=indicator.kind, rule_zh=rule_zh,
        rule_en=rule_en, score=score, agrees=agrees, numerator=tuple(told.counted(item) for item in measured.numerator),
        denominator=() if one_table(measured) else tuple(told.owed(item) for item in measured.denominator),
        missed=tuple(told.missed(item) for item in measured.missed) if one_table(measured) else (),
        excluded=tuple(
            ExcludedMember(
                reason=why.code, why_zh=why.title_zh, why_en=why.title_en, member=told.left_out(item)
            )
            for why, item in measured.excluded
        ),
        not_yet_due=tuple(told.waiting(item) for item in measured.later),
    )  # fmt: skip


def one_table(measured: Measured) -> bool:
    """Whether numerator and denominator are counted in the same rows: else none can be told to have been missed."""
    denominator = measured.indicator.denominator
    return denominator is not None and denominator.table == measured.indicator.numerator.table


def clause_title(plan: Plan, clause: str) -> Pair:
    """What the plan calls a clause: the document's own title, or that of the first item that quotes it."""
    if DOCUMENT in plan.document and clause in KNOWN:
        return KNOWN[clause].title_zh, KNOWN[clause].title_en
    parts = (plan.phases, plan.duties, plan.cadences, plan.rounds, plan.terms, plan.targets)
    items = (one for part in parts for one in part)
    return next(((one.title_zh, one.title_en) for one in items if one.clause == clause), ("", ""))


class _Telling:
    """How one indicator's rows are told of."""

    def __init__(self, measured: Measured, read: Reading, log: str) -> None:
        self._measured, self._read, self._log = measured, read, log
        self._indicator = measured.indicator
        self._counted = {item.key for item in measured.unadjusted_numerator}

    def counted(self, item: Item) -> Member:
        """A row of the numerator."""
        return self._member(item, numerator=True, denominator=one_table(self._measured))

    def owed(self, item: Item) -> Member:
        """A row of a denominator that has a table of its own."""
        return self._member(item, numerator=False, denominator=True)

    def missed(self, item: Item) -> Reasoned:
        zh, en = unmet(self._indicator.numerator.where, item, self._read.frame)
        return Reasoned(why_zh=zh, why_en=en, member=self.owed(item))

    def waiting(self, item: Item) -> Reasoned:
        population = self._indicator.denominator
        waits = [one for one in population.where if one.op is Op.PASSED] if population else ()
        zh, en = unmet(waits, item, self._read.frame)
        return Reasoned(why_zh=zh, why_en=en, member=self.owed(item))

    def left_out(self, item: Item) -> Member:
        meets = one_table(self._measured) and item.key in self._counted
        return self._member(item, numerator=meets, denominator=True)

    def _member(self, item: Item, *, numerator: bool, denominator: bool) -> Member:
        zh, en = named(item, self._read.names)
        return Member(
            table=item.table, key=item.key, community=self._log if item.community == WHOLE else item.community,
            case=self._read.matter(item), name_zh=zh, name_en=en, taken_over=item.taken_over,
            numerator=_adds(self._indicator.numerator, item) if numerator else 0,
            denominator=_adds(self._indicator.denominator, item) if denominator else 0,
            fields={name: text_of(held) for name, held in item.fields.items()},
            events=self._read.events(self._read.marks(item, self._indicator.code)),
        )  # fmt: skip


def _adds(measure: Measure | None, item: Item) -> int:
    return amount(measure, (item,))
