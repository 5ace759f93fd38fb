"""What changed between two publications of one score, and which events changed it.

A row of evidence without its later marks is the row as it was. So the members of an indicator then and now are
compared, and the later marks of those that moved are the causes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from datetime import date

from services.assessment.evidence import Evidence
from services.assessment.items import Item
from services.assessment.ledgers import plans, rulebooks
from services.assessment.marks import RETROACTIVE
from services.assessment.scoring import Institution, Measured, explain
from services.assessment.tables import tables
from shared.contracts.assessment import Change, Figure, IndicatorScore, Period, Score
from shared.contracts.frozen import dataclass

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Restating:
    """The evidence and the rules of a new publication, against which earlier ones are compared."""

    plan: plans.Row
    rulebook: rulebooks.Row
    evidence: Evidence
    period: Period
    as_of: date
    whole: Institution | None
    _explained: dict[int | None, Mapping[Institution, tuple[Measured, ...]]] = field(default_factory=dict)

    def changes(self, was: Score, now: Score) -> tuple[Change, ...]:
        """Every number of `was` that is another in `now`, with its causes; empty where all are the same."""
        numbers = list(_differing(was, now))
        if not numbers:
            return ()
        codes = {code for code, *_ in numbers if code is not None}
        causes = {code: self._causes(code, was, now) for code in sorted(codes)}
        all_causes = {position for some in causes.values() for position in some}
        return tuple(
            Change(
                indicator=code, number=number, before=before, after=after,
                causes=tuple(sorted(all_causes if code is None else causes[code])),
            )
            for code, number, before, after in numbers
        )  # fmt: skip

    def _causes(self, code: str, was: Score, now: Score) -> set[int]:
        subject = Institution(now.subject)
        then, present = self._members(code, subject, was.position), self._members(code, subject, None)
        causes: set[int] = set()
        if (was.plan, was.plan_version) != (now.plan, now.plan_version):
            causes.add(self.plan.position)
        if (was.rulebook, was.rulebook_version) != (now.rulebook, now.rulebook_version):
            causes.add(self.rulebook.position)
        moved = {key for key in then.keys() | present.keys() if then.get(key) != present.get(key)}
        for item in self._items(code):
            if (item.table, item.key) in moved:
                causes |= self._later(item, was.position)
            elif subject.whole or subject.code in (item.community, *item.moved_from):
                causes |= {m.position for m in item.marks if m.what == "corrected" and m.position > was.position}
        return causes

    def _later(self, item: Item, position: int) -> set[int]:
        return {
            m.position for m in item.marks if m.position > position and (m.on <= self.as_of or m.what in RETROACTIVE)
        }

    def _members(self, code: str, subject: Institution, position: int | None) -> dict[Key, str]:
        """What each row is to the indicator, by the evidence up to a position (None: all of it)."""
        if position not in self._explained:
            evidence = self.evidence if position is None else self.evidence.before(position)
            self._explained[position] = explain(
                self.rulebook.rulebook, self.plan.plan, evidence, self.period, self.as_of, whole=self.whole
            )
        for measured in self._explained[position].get(subject, ()):
            if measured.indicator.code == code:
                return _parts(measured)
        return {}

    def _items(self, code: str) -> Iterable[Item]:
        everything = tables(self.evidence, self.plan.plan, self.period, self.as_of)
        for indicator in self.rulebook.rulebook.indicators:
            if indicator.code == code:
                names = {indicator.numerator.table}
                if indicator.denominator is not None:
                    names.add(indicator.denominator.table)
                for name in sorted(names):
                    yield from everything[name]


def _parts(measured: Measured) -> dict[Key, str]:
    parts: dict[Key, str] = {}
    for item in measured.denominator:
        parts[item.table, item.key] = "denominator"
    for why, item in measured.excluded:
        parts[item.table, item.key] = why.code
    for item in measured.unadjusted_numerator:
        key = (item.table, item.key)
        parts[key] = f"{parts.get(key, '')}+numerator"
    return parts


def _differing(was: Score, now: Score) -> Iterable[tuple[str | None, str, str, str]]:
    """(indicator or None for the sum, field, before, after) of every published number that differs."""
    earlier = {one.code: one for one in was.indicators}
    later = {one.code: one for one in now.indicators}
    for code in [*later, *(code for code in earlier if code not in later)]:
        for name in _NUMBERS:
            before, after = _shown(earlier.get(code), name), _shown(later.get(code), name)
            if before != after:
                yield code, name, before, after
    for name in ("points", "possible", "per_cent", "rankable"):
        before, after = _shown(was, name), _shown(now, name)
        if before != after:
            yield None, name, before, after


_NUMBERS = tuple(one.name for one in fields(IndicatorScore) if one.name not in ("code", "clause"))


def _shown(holder: IndicatorScore | Score | None, name: str) -> str:
    value = None if holder is None else getattr(holder, name)
    if isinstance(value, Figure):
        return value.exact if len(value.exact) <= 80 else value.decimal
    return "–" if value is None else str(value)
