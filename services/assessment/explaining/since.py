"""What changed since an earlier score of the same institution 与上期相比 (§3.3.5): each number before and after, the
rows that came, went or changed side, and the events that made the difference; told in the shape of a restatement.

What a period has of its own (June's minutes, July's minutes) is told apart from what became of one and the same row.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import assert_never

from services.assessment.evidence.items import WHOLE, Item
from services.assessment.evidence.marks import Mark
from services.assessment.explaining.happenings import Event, causes
from services.assessment.explaining.reading import Reading
from services.assessment.explaining.vocabulary import Pair, field_words
from services.assessment.explaining.wording import BLANK, joined, named, rule, shown, unmet
from services.assessment.ledgers import scores
from services.assessment.rules.filters import Frame
from services.assessment.scoring.measuring import Institution, Measured
from services.assessment.scoring.membership import OUTSIDE, Key, Membership, Part, made_of, memberships, other, turned
from services.assessment.scoring.restating import Restating, differing, of_sum
from shared.contracts.assessment import Change, IndicatorScore, Measure, Op
from shared.contracts.codes import Named
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Division, Line, Ordinal
from shared.contracts.model import Refused


class How(Named):
    """How a row makes a difference."""

    TURNED = "turned", "归类改变", "stands otherwise now"
    AMOUNT = "amount", "数量改变", "counts for another number"
    CAME = "came", "新计入", "came in"
    WENT = "went", "不再计入", "went out"
    OWN_AFTER = "own_after", "本期自有", "this period's own"
    OWN_BEFORE = "own_before", "上期自有", "the earlier period's own"


@value
class RowCount:
    """How many rows are the same thing to the indicator, before and after, and how many of them are the same rows."""

    part: Part
    reason: Code | None
    """The exclusion's code."""
    before: Count
    after: Count
    stayed: Count


@value
class RowSince:
    """A row that makes a difference."""

    how: How
    was: Membership
    now: Membership
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
    moved: tuple[RowSince, ...]


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
    causes: tuple[Event, ...]
    """What the events did that any change names, each once, in the order of the log."""
    indicators: tuple[IndicatorSince, ...]


def earlier(rows: Iterable[scores.Row], row: scores.Row, wanted: str = "") -> scores.Row:
    """The score to compare with: the one that is asked for by its id, else the last of the period before, of the same
    kind, plan and institution. Raises `Refused`: unknown_score, nothing_before."""
    same = [one for one in rows if one.community == row.community and one.id != row.id]
    if wanted:
        found = next((one for one in same if one.id == wanted), None)
        if found is None:
            raise Refused("unknown_score", field="before")
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
    (was, then), (row, now) = before, after
    rules, numbers = tuple(_rules(was, row, now)), list(differing(was, row))
    whole = Institution(row.community[:9])
    basis = Restating(now.plan, now.rulebook, now.evidence, now.frame.period, now.frame.as_of, whole)
    told = tuple(_Compared(code, before, after, basis).told(numbers, rules) for code in _codes(was, row))
    known = {(one.indicator, change.number): change.causes for one in told for change in one.changes}
    summed = tuple(_changes(None, numbers, lambda number: of_sum(number, known)))
    changes = (*summed, *(change for one in told for change in one.changes))
    return Since(
        log=log, score=row.id, before=was.id, community=row.community, position=row.evidence_position,
        before_position=was.evidence_position, rules=rules, changes=summed,
        causes=causes(changes, {**then.happened, **now.happened}.__getitem__), indicators=told,
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


def _changes(code: str | None, numbers: _Numbers, caused: Callable[[str], Iterable[int]]) -> Iterator[Change]:
    for of, number, before, after in numbers:
        if of == code:
            yield Change(
                indicator=code, number=number, before=before, after=after, causes=tuple(sorted({*caused(number)}))
            )


_Rows = Mapping[Key, tuple[Item, Membership]]


class _Compared:
    """One indicator of two scores."""

    def __init__(
        self, code: str, before: tuple[scores.Row, Reading], after: tuple[scores.Row, Reading], basis: Restating
    ) -> None:
        """`basis` is what the later score stands on."""
        (self._was, self._then), (self._row, self._now) = before, after
        self._code, self._basis = code, basis
        self._before, self._after = (read.of(row.community).get(code) for row, read in (before, after))
        self._stood, self._stands = (_rows_of(one) for one in (self._before, self._after))

    def told(self, numbers: _Numbers, rules: Sequence[RulesChanged]) -> IndicatorSince:
        indicator = (self._after or self._before).indicator  # type: ignore[union-attr]  # it is in one of the scores
        both = self._before is not None and self._after is not None
        moved = tuple(self._moved()) if both else ()
        ruled = [one.position for one in rules if self._concerns(one)]

        def caused(number: str) -> Iterable[int]:
            names = made_of(number, self._before, self._after)
            yield from ruled
            yield from (event.position for one in moved if other(one.was, one.now, names) for event in one.causes)

        said_before, said_after = self._rules()
        return IndicatorSince(
            indicator=self._code, clause=indicator.clause, title_zh=indicator.title_zh, title_en=indicator.title_en,
            before=_score(self._was, self._code), after=_score(self._row, self._code),
            changes=tuple(_changes(self._code, numbers, caused)),
            rule_before_zh=said_before[0], rule_before_en=said_before[1], rule_after_zh=said_after[0],
            rule_after_en=said_after[1], rows=tuple(_counts(self._stood, self._stands)), moved=moved,
        )  # fmt: skip

    def _concerns(self, rules: RulesChanged) -> bool:
        """Whether what is in force now may make another number of this indicator: another plan may, and a rulebook that
        says something else of it."""
        sides = ((self._before, self._then), (self._after, self._now))
        said = [one and (one.indicator, read.frame.grace_days) for one, read in sides]
        return rules.what == "plan" or said[0] != said[1]

    def _rules(self) -> tuple[Pair, Pair]:
        """The rule in words then and now, where it is another."""
        said = [
            BLANK if one is None else joined(rule(one.indicator, read.frame.grace_days))
            for one, read in ((self._before, self._then), (self._after, self._now))
        ]
        return (BLANK, BLANK) if said[0] == said[1] else (said[0], said[1])

    def _moved(self) -> Iterator[RowSince]:
        """What became of one and the same row first, the periods' own last."""
        keys = sorted({*self._stood, *self._stands})
        found = [one for key in keys if (one := self._one(key)) is not None]
        order = list(How)
        yield from sorted(found, key=lambda one: order.index(one.how))

    def _one(self, key: Key) -> RowSince | None:
        stood, was = self._stood.get(key, (None, OUTSIDE))
        stands, now = self._stands.get(key, (None, OUTSIDE))
        item = stands or stood
        if item is None or was == now:
            return None
        how = self._how(stood, was, stands, now)
        zh, en = named(item, self._now.names)
        why_zh, why_en = self._why(how, key, item, was, now)
        return RowSince(
            how=how, was=was, now=now, table=item.table, key=item.key,
            community=self._row.community[:9] if item.community == WHOLE else item.community, name_zh=zh, name_en=en,
            case=item.case, why_zh=why_zh, why_en=why_en, causes=self._causes(how, key, stood, stands),
        )  # fmt: skip

    def _how(self, stood: Item | None, was: Membership, stands: Item | None, now: Membership) -> How:
        if stood is not None and stands is not None:
            return How.TURNED if (was.part, was.reason) != (now.part, now.reason) else How.AMOUNT
        if stands is not None:
            own = _own(self._after, stands, self._now.frame, self._then.frame)
            return How.OWN_AFTER if own else How.CAME
        own = stood is not None and _own(self._before, stood, self._then.frame, self._now.frame)
        return How.OWN_BEFORE if own else How.WENT

    # why ----------------------------------------------------------------------------------------------------------

    def _why(self, how: How, key: Key, item: Item, was: Membership, now: Membership) -> Pair:
        match how:
            case How.AMOUNT:
                return turned(was, now)
            case How.OWN_BEFORE:
                return _of_period(self._before, item, self._then.frame)
            case How.OWN_AFTER:
                return _of_period(self._after, item, self._now.frame)
            case How.WENT:
                return self._out(self._after, self._now, self._now.items.get(key), ("已不再应办", "it is owed no more"))
            case How.CAME:
                zh, en = self._out(
                    self._before, self._then, self._then.items.get(key), ("尚无此项", "it was not there")
                )
                return f"上次考核时{zh}", f"at the earlier score {en}"
            case How.TURNED:
                return self._stands_so(item, now)
            case _:
                assert_never(how)

    def _stands_so(self, item: Item, now: Membership) -> Pair:
        """Why a row stands where it stands now."""
        if now.part is Part.NUMERATOR or self._after is None:
            return "已符合分子的条件", "it meets the numerator's conditions"
        if now.part is Part.EXCLUDED:
            return now.reason_zh or "", now.reason_en or ""
        numerator, denominator = self._after.indicator.numerator, self._after.indicator.denominator
        owed = denominator is not None and now.part not in (Part.MISSED, Part.SPARED)
        return unmet(denominator.where if owed and denominator else numerator.where, item, self._now.frame)

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

    def _causes(self, how: How, key: Key, stood: Item | None, stands: Item | None) -> tuple[Event, ...]:
        """The events behind the row that the earlier score had not seen, and those that no longer tell what they told;
        of a period's own those of its days, too. Where the row itself tells of none, those that made another of it: the
        calendar's, of a case's deadline, of a post that somebody else has filled."""
        if how is How.OWN_BEFORE:
            return ()
        if how is How.OWN_AFTER and stands is not None:
            days, marks = self._now.frame.period, self._now.marks(stands, self._code)
            return self._now.events(m for m in marks if self._unseen(m) or days.from_day <= m.on <= days.to_day)
        then, now = stood or self._then.items.get(key), stands or self._now.items.get(key)
        known = () if then is None else self._then.marks(then, self._code)
        item = now or then
        told = () if item is None else self._now.marks(item, self._code)
        stand = {m.position for m in told}
        found = [m for m in told if (self._unseen(m) if then is None else m not in known)]
        gone = [m for m in known if m not in told and m.position not in stand]
        if found or gone or item is None:
            return (*self._now.events(found), *self._then.events(gone))
        turning = self._basis.turned(Institution(self._row.community), self._code, item, self._was.evidence_position)
        return tuple(self._now.happened[at] for at in sorted(turning))

    def _unseen(self, m: Mark) -> bool:
        return m.position > self._was.evidence_position or m.on > self._was.as_of


# rows -----------------------------------------------------------------------------------------------------------------


def _rows_of(measured: Measured | None) -> _Rows:
    return {} if measured is None else memberships(measured)


def _counts(stood: _Rows, stands: _Rows) -> Iterator[RowCount]:
    before, after = Counter(map(_side, stood.values())), Counter(map(_side, stands.values()))
    stayed = Counter(_side(one) for key, one in stands.items() if key in stood and _side(stood[key]) == _side(one))
    parts = list(Part)
    for side in sorted({*before, *after}, key=lambda side: (parts.index(side[0]), side[1] or "")):
        yield RowCount(part=side[0], reason=side[1], before=before[side], after=after[side], stayed=stayed[side])


def _side(one: tuple[Item, Membership]) -> tuple[Part, str | None]:
    return one[1].part, one[1].reason


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
