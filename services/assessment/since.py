"""What changed since an earlier score of the same institution 与上期相比 (§3.3.5): each number before and after, the
rows that came, went or changed side, and the events that made the difference; told in the shape of a restatement.

What a period has of its own (June's minutes, July's minutes) is told apart from what became of one and the same row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.assessment.explanation import one_table
from services.assessment.filters import Frame
from services.assessment.items import WHOLE, Item
from services.assessment.ledgers import scores
from services.assessment.marks import Mark
from services.assessment.reading import Event, Key, Reading
from services.assessment.restating import differing
from services.assessment.scoring import Measured, amount
from services.assessment.vocabulary import Pair, field_words
from services.assessment.wording import BLANK, joined, named, rule, shown, unmet
from shared.contracts.assessment import Change, IndicatorScore, Measure, Op
from shared.contracts.codes import Named
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Division, Line, Ordinal
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused


class Place(Named):
    """What a row is to an indicator."""

    NUMERATOR = "numerator", "计入分子", "counted"
    DENOMINATOR = "denominator", "计入分母", "in the denominator"
    MISSED = "missed", "未计入分子", "missed"
    EXCLUDED = "excluded", "剔除", "excluded"
    NOT_YET_DUE = "not_yet_due", "未到期", "not yet due"


class How(Named):
    """How a row makes a difference."""

    TURNED = "turned", "归类改变", "stands otherwise now"
    AMOUNT = "amount", "数量改变", "counts for another number"
    CAME = "came", "新计入", "came in"
    WENT = "went", "不再计入", "went out"
    OWN_AFTER = "own_after", "本期自有", "this period's own"
    OWN_BEFORE = "own_before", "上期自有", "the earlier period's own"


@value
class Side:
    """What a row is to an indicator, and for what reason it is left out."""

    part: Place
    reason: Code | None = None
    """The exclusion's code."""


@value
class RowCount:
    """How many rows stand on a side, before and after, and how many of them are the same."""

    side: Side
    before: Count
    after: Count
    stayed: Count


@value
class Moved:
    """A row that makes a difference."""

    how: How
    was: Side | None
    now: Side | None
    table: Code
    key: Line
    community: Code
    case: Code | None
    """The case that it is, or is about."""
    name_zh: str
    name_en: str
    why_zh: str
    why_en: str
    causes: tuple[Event, ...]
    """The events that the earlier score had not seen, or of the period's days; none where time alone, or other rules,
    made the difference."""


@value
class IndicatorSince:
    """One indicator, then and now."""

    indicator: Code
    clause: Code
    title_zh: Line
    title_en: Line
    before: IndicatorScore | None
    after: IndicatorScore | None
    """None where it was not measured then, or is not now."""
    changes: tuple[Change, ...]
    rule_before_zh: str
    rule_before_en: str
    rule_after_zh: str
    rule_after_en: str
    """The rule in words, where it is another; else empty."""
    rows: tuple[RowCount, ...]
    moved: tuple[Moved, ...]


@value
class RulesChanged:
    """A plan or a rulebook of which another version, or another text altogether, is in force."""

    what: Code
    """`plan` or `rulebook`."""
    before: Code
    before_version: Ordinal
    after: Code
    after_version: Ordinal
    position: Count
    """Of the event that put it in force."""


@value
class Since:
    """What changed since an earlier score."""

    log: Code
    score: Line
    """Its id."""
    before: Line
    """The earlier one's."""
    community: Division
    position: Count
    before_position: Count
    """Of the evidence."""
    rules: tuple[RulesChanged, ...]
    changes: tuple[Change, ...]
    """Of the sum of all."""
    indicators: tuple[IndicatorSince, ...]


def earlier(rows: Iterable[scores.Row], row: scores.Row, wanted: str = "") -> scores.Row:
    """The score to compare with: the one that is asked for by its id, else the last of the period before, of the same
    kind, plan and institution. Raises `Refused`: bad_parameter, nothing_before."""
    same = [one for one in rows if one.community == row.community and one.id != row.id]
    if wanted:
        found = next((one for one in same if one.id == wanted), None)
        if found is None:
            raise Refused("bad_parameter", field="before")
        return found
    before = [
        one for one in same
        if (one.plan, one.period_kind) == (row.plan, row.period_kind)
        and one.from_day < row.from_day and one.to_day < row.to_day
    ]  # fmt: skip
    last = max(before, key=lambda one: (one.from_day, one.as_of, one.id), default=None)
    if last is None:
        raise Refused("nothing_before", field="before")
    return last


def since(log: str, before: tuple[scores.Row, Reading], after: tuple[scores.Row, Reading]) -> Since:
    """What changed from one published score of an institution to another."""
    (was, _), (row, now) = before, after
    rules = tuple(_rules(was, row, now))
    numbers = list(differing(was, row))
    told = [_Compared(code, before, after).told(numbers, rules) for code in _codes(was, row)]
    causes = sorted({at for one in told for change in one.changes for at in change.causes})
    return Since(
        log=log, score=row.id, before=was.id, community=row.community, position=row.evidence_position,
        before_position=was.evidence_position, rules=rules, indicators=tuple(told),
        changes=tuple(_changes(None, numbers, causes)),
    )  # fmt: skip


def _codes(was: scores.Row, row: scores.Row) -> list[str]:
    """The indicators of both, in the later score's order."""
    return list(dict.fromkeys(one.code for one in (*row.indicators, *was.indicators)))


def _rules(was: scores.Row, row: scores.Row, now: Reading) -> Iterator[RulesChanged]:
    if (was.plan, was.plan_version) != (row.plan, row.plan_version):
        yield RulesChanged(
            what="plan", before=was.plan, before_version=was.plan_version, after=row.plan,
            after_version=row.plan_version, position=now.plan.position,
        )  # fmt: skip
    if (was.rulebook, was.rulebook_version) != (row.rulebook, row.rulebook_version):
        yield RulesChanged(
            what="rulebook", before=was.rulebook, before_version=was.rulebook_version, after=row.rulebook,
            after_version=row.rulebook_version, position=now.rulebook.position,
        )  # fmt: skip


_Numbers = Sequence[tuple[str | None, str, str, str]]


def _changes(code: str | None, numbers: _Numbers, causes: Iterable[int]) -> Iterator[Change]:
    positions = tuple(causes)
    for of, number, before, after in numbers:
        if of == code:
            yield Change(indicator=code, number=number, before=before, after=after, causes=positions)


@dataclass(frozen=True, slots=True)
class _Stand:
    """A row and what it is to the indicator."""

    item: Item
    side: Side
    amounts: tuple[int, int]
    """What it adds to the numerator and the denominator."""


class _Compared:
    """One indicator of two scores."""

    def __init__(self, code: str, before: tuple[scores.Row, Reading], after: tuple[scores.Row, Reading]) -> None:
        (self._was, self._then), (self._row, self._now) = before, after
        self._code = code
        self._before, self._after = (read.of(row.community).get(code) for row, read in (before, after))

    def told(self, numbers: _Numbers, rules: Sequence[RulesChanged]) -> IndicatorSince:
        indicator = (self._after or self._before).indicator  # type: ignore[union-attr]  # it is in one of the scores
        both = self._before is not None and self._after is not None
        stood, stands = _stands(self._before), _stands(self._after)
        moved = tuple(self._moved(stood, stands)) if both else ()
        causes = {event.position for one in moved for event in one.causes} | {one.position for one in rules}
        said_before, said_after = self._rules()
        return IndicatorSince(
            indicator=self._code, clause=indicator.clause, title_zh=indicator.title_zh, title_en=indicator.title_en,
            before=_score(self._was, self._code), after=_score(self._row, self._code),
            changes=tuple(_changes(self._code, numbers, sorted(causes))),
            rule_before_zh=said_before[0], rule_before_en=said_before[1], rule_after_zh=said_after[0],
            rule_after_en=said_after[1], rows=tuple(_rows(stood, stands)), moved=moved,
        )  # fmt: skip

    def _rules(self) -> tuple[Pair, Pair]:
        """The rule in words then and now, where it is another."""
        said = [
            BLANK if one is None else joined(rule(one.indicator, read.frame.grace_days))
            for one, read in ((self._before, self._then), (self._after, self._now))
        ]
        return (BLANK, BLANK) if said[0] == said[1] else (said[0], said[1])

    def _moved(self, stood: Mapping[Key, _Stand], stands: Mapping[Key, _Stand]) -> Iterator[Moved]:
        """What became of one and the same row first, the periods' own last."""
        found = [self._one(key, stood.get(key), stands.get(key)) for key in sorted({*stood, *stands})]
        order = list(How)
        yield from sorted((one for one in found if one is not None), key=lambda one: order.index(one.how))

    def _one(self, key: Key, was: _Stand | None, now: _Stand | None) -> Moved | None:
        if was is not None and now is not None and (was.side, was.amounts) == (now.side, now.amounts):
            return None
        how = self._how(was, now)
        item = (now or was).item  # type: ignore[union-attr]  # the key is of one of them
        zh, en = named(item, self._now.names)
        why_zh, why_en = self._why(how, key, was, now)
        return Moved(
            how=how, was=was.side if was else None, now=now.side if now else None, table=item.table, key=item.key,
            community=self._row.community[:9] if item.community == WHOLE else item.community, name_zh=zh, name_en=en,
            case=self._now.matter(item) or self._then.matter(item),
            why_zh=why_zh, why_en=why_en, causes=self._causes(how, key, was, now),
        )  # fmt: skip

    def _how(self, was: _Stand | None, now: _Stand | None) -> How:
        if was is not None and now is not None:
            return How.TURNED if was.side != now.side else How.AMOUNT
        if now is not None:
            own = _own(self._after, now.item, self._now.frame, self._then.frame)
            return How.OWN_AFTER if own else How.CAME
        own = was is not None and _own(self._before, was.item, self._then.frame, self._now.frame)
        return How.OWN_BEFORE if own else How.WENT

    # why ----------------------------------------------------------------------------------------------------------

    def _why(self, how: How, key: Key, was: _Stand | None, now: _Stand | None) -> Pair:
        if how is How.AMOUNT and was is not None and now is not None:
            (a, b), (c, d) = was.amounts, now.amounts
            return f"分子{a}→{c}，分母{b}→{d}", f"numerator {a} → {c}, denominator {b} → {d}"
        if how is How.OWN_BEFORE and was is not None:
            return _of_period(self._before, was.item, self._then.frame)
        if how is How.OWN_AFTER and now is not None:
            return _of_period(self._after, now.item, self._now.frame)
        if how is How.WENT:
            return self._out(self._after, self._now, self._now.items.get(key), ("已不再应办", "it is owed no more"))
        if how is How.CAME:
            zh, en = self._out(self._before, self._then, self._then.items.get(key), ("尚无此项", "it was not there"))
            return f"上次考核时{zh}", f"at the earlier score {en}"
        return BLANK if now is None else self._stands_so(now)

    def _stands_so(self, now: _Stand) -> Pair:
        """Why a row stands where it stands now."""
        measured = self._after
        if measured is None or now.side.part is Place.NUMERATOR:
            return "已符合分子的条件", "it meets the numerator's conditions"
        if now.side.part is Place.EXCLUDED:
            why = next(one for one, _ in measured.excluded if one.code == now.side.reason)
            return why.title_zh, why.title_en
        of = measured.indicator
        where = of.numerator.where if now.side.part is Place.MISSED or of.denominator is None else of.denominator.where
        return unmet(where, now.item, self._now.frame)

    def _out(self, measured: Measured | None, read: Reading, item: Item | None, nothing: Pair) -> Pair:
        """Why a row is none of an indicator's."""
        if item is None:
            return nothing
        if not item.counts:
            return "已作废或尚未开始", "it is void, or had not begun"
        if measured is None or not (said := _unmet(measured, item, read.frame))[0]:
            return "属于其他社区", "it is another community's"
        return said

    # which events -------------------------------------------------------------------------------------------------

    def _causes(self, how: How, key: Key, was: _Stand | None, stands: _Stand | None) -> tuple[Event, ...]:
        """The events behind the row that the earlier score had not seen, and those that no longer tell what they told;
        of a period's own those of its days, too. The calendar's where nothing else moved the due day."""
        if how is How.OWN_BEFORE:
            return ()
        if how is How.OWN_AFTER and stands is not None:
            days, marks = self._now.frame.period, self._now.marks(stands.item, self._code)
            return self._now.events(m for m in marks if self._unseen(m) or days.from_day <= m.on <= days.to_day)
        then = was.item if was else self._then.items.get(key)
        now = stands.item if stands else self._now.items.get(key)
        if then is None:
            marks = self._now.marks(now, self._code) if now is not None else ()
            return self._now.events(m for m in marks if self._unseen(m))
        known, told = self._then.marks(then, self._code), self._now.marks(now or then, self._code)
        stand = {m.position for m in told}
        causes = [m for m in told if m not in known]
        gone = [m for m in known if m not in told and m.position not in stand]
        if not causes and not gone and now is not None and then.fields.get("due_on") != now.fields.get("due_on"):
            causes = [m for m in self._now.calendar if m not in self._then.calendar]
        return (*self._now.events(causes), *self._then.events(gone))

    def _unseen(self, m: Mark) -> bool:
        return m.position > self._was.evidence_position or m.on > self._was.as_of


# sides ----------------------------------------------------------------------------------------------------------------


def _stands(measured: Measured | None) -> dict[Key, _Stand]:
    """What each row is to an indicator, in a fixed order of sides."""
    if measured is None:
        return {}
    of = measured.indicator
    both = one_table(measured)
    found = [(Side(part=Place.NUMERATOR), item, True, both) for item in measured.numerator]
    rest, part = (measured.missed, Place.MISSED) if both else (measured.denominator, Place.DENOMINATOR)
    found += [(Side(part=part), item, False, True) for item in rest]
    found += [(Side(part=Place.EXCLUDED, reason=why.code), item, False, False) for why, item in measured.excluded]
    found += [(Side(part=Place.NOT_YET_DUE), item, False, False) for item in measured.later]
    return {
        (item.table, item.key): _Stand(item, side, (_adds(of.numerator, item, num), _adds(of.denominator, item, den)))
        for side, item, num, den in found
    }


def _adds(measure: Measure | None, item: Item, does: bool) -> int:
    return amount(measure, (item,)) if does else 0


def _rows(stood: Mapping[Key, _Stand], stands: Mapping[Key, _Stand]) -> Iterator[RowCount]:
    before, after = Counter(one.side for one in stood.values()), Counter(one.side for one in stands.values())
    stayed = Counter(one.side for key, one in stands.items() if key in stood and stood[key].side == one.side)
    for side in sorted({*before, *after}, key=lambda side: (list(Place).index(side.part), side.reason or "")):
        yield RowCount(side=side, before=before[side], after=after[side], stayed=stayed[side])


def _score(row: scores.Row, code: str) -> IndicatorScore | None:
    return next((one for one in row.indicators if one.code == code), None)


# periods --------------------------------------------------------------------------------------------------------------


def _of_table(measured: Measured, item: Item) -> Measure:
    """The measure that a row is counted by."""
    denominator = measured.indicator.denominator
    return denominator if denominator and denominator.table == item.table else measured.indicator.numerator


def _unmet(measured: Measured, item: Item, frame: Frame) -> Pair:
    return unmet(_of_table(measured, item).where, item, frame)


def _own(measured: Measured | None, item: Item, here: Frame, there: Frame) -> bool:
    """Whether a row lies in one period by its day, and not in the other."""
    if measured is None or here.period == there.period:
        return False
    where = [one for one in _of_table(measured, item).where if one.op is Op.IN_PERIOD]
    return bool(where) and bool(unmet(where, item, there)[0])


def _of_period(measured: Measured | None, item: Item, frame: Frame) -> Pair:
    """By which day a row belongs to a period."""
    where = _of_table(measured, item).where if measured else ()
    field = next((one.field for one in where if one.op is Op.IN_PERIOD), None)
    if field is None:
        return BLANK
    (zh, en), (day, day_en) = field_words(item.table, field).name, shown(item, field)
    return f"{zh}{day}，属于{frame.period.name}", f"the {en}, {day_en}, lies in {frame.period.name}"
