"""Flags on institutions 疑点 (§3.3.7): what looks odd in a community's month, beside its score and never in it.

A flag asks for an answer. It takes no points, and says nothing of anybody: it is a community's, derived from the
evidence whenever it is asked for, by the rules that a rulebook gives (`Rulebook.flags`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple, Protocol, TypeVar, assert_never

from services.assessment.evidence.gathered import Evidence, evidence_at
from services.assessment.evidence.marks import STRUCK, Mark, last
from services.assessment.flags import words as flag_words
from services.assessment.flags.odd_times import Pair, Visit, odd_times
from services.assessment.ledgers import case_results, communities_served, visits_made
from services.assessment.scoring.exact import figure
from shared.contracts.assessment import Figure, FlagKind, FlagRule
from shared.contracts.days import civil_day, last_day_of, month_after
from shared.contracts.frozen import dataclass
from shared.contracts.model import Look

_SETTLED: Final = frozenset({"resolved"})
_ENDED: Final = frozenset({"resolved", "terminated", "terminated_untold"})
_NO_ENTRIES: Final = frozenset({"voided", "corrected", "excused"})
"""Marks of what puts the record right."""


class Told(Protocol):
    """What has happened to a row, in the order of the log."""

    @property
    def id(self) -> str: ...
    @property
    def marks(self) -> tuple[Mark, ...]: ...


_Row = TypeVar("_Row", bound=Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMember:
    """One thing that looks odd: where in the log it stands, and why it does."""

    key: str
    """The row of the evidence, as its ledger names it."""
    case: str | None
    """The case that it is, or is about."""
    why_zh: str
    why_en: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a community said about a flag 疑点说明; what it said is sealed, in the ledger of answers."""

    id: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that looks odd in a community's month 疑点."""

    code: str
    """The rule's."""
    kind: FlagKind
    clause: str
    title_zh: str
    title_en: str
    community: str
    month: str
    numerator: int
    denominator: int
    share: Figure
    says_zh: str
    says_en: str
    members: tuple[FlagMember, ...]
    """Those of the numerator, in the order of the log."""
    answers: tuple[Answer, ...] = ()


class Seen(NamedTuple):
    """A thing that a rule looks at: one of the denominator, and of the numerator where it says why."""

    community: str
    month: str
    key: str
    position: int
    odd: Pair | None
    case: str | None = None
    """The case that it is, or is about."""
    also: tuple[int, ...] = ()
    """Further positions that explain it."""


class Ground(NamedTuple):
    """What flags are derived from, as it stood at the end of a day."""

    evidence: Evidence
    visits: Sequence[visits_made.Row]
    as_of: date


def flags(
    rules: Iterable[FlagRule],
    evidence: Evidence,
    visits: Sequence[visits_made.Row],
    as_of: date,
    months: Collection[str] | None = None,
    community: str | None = None,
) -> list[Flag]:
    """The flags of those months (YYYY-MM; of all where none are named) and that community: the newest month first, then
    by community, each in the order of the rules."""
    ground = Ground(evidence, visits, as_of)
    found: list[tuple[int, Flag]] = []
    for place, rule in enumerate(rules):
        groups: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for one in seen(rule, ground):
            if (months is None or one.month in months) and community in (None, one.community):
                groups[one.month, one.community].append(one)
        found += [(place, flag) for group in groups.values() if (flag := _flag(rule, group)) is not None]
    found.sort(key=lambda one: (one[1].community, one[0]))
    found.sort(key=lambda one: one[1].month, reverse=True)
    return [flag for _, flag in found]


def flags_of(
    look: Look,
    rules: Collection[FlagRule],
    *,
    months: Collection[str] | None = None,
    community: str | None = None,
    as_of: date = date.max,
) -> list[Flag]:
    """The flags that the ledgers raise by these rules; without what was answered."""
    if not rules:
        return []
    return flags(rules, evidence_at(look), look.rows(visits_made.LEDGER), as_of, months, community)


def _flag(rule: FlagRule, group: Sequence[Seen]) -> Flag | None:
    """The flag of a community's month; None where too few things, or too small a share of them, look odd."""
    odd = sorted((one for one in group if one.odd is not None), key=lambda one: (one.position, one.key))
    share = Fraction(len(odd), len(group))
    if len(odd) < rule.least or share < Fraction(rule.share):
        return None
    says_zh, says_en = flag_words.sentence(rule, group[0].month, len(odd), len(group))
    return Flag(
        code=rule.code, kind=rule.kind, clause=rule.clause, title_zh=rule.title_zh, title_en=rule.title_en,
        community=group[0].community, month=group[0].month, numerator=len(odd), denominator=len(group),
        share=figure(share), says_zh=says_zh, says_en=says_en, members=tuple(map(_member, odd)),
    )  # fmt: skip


def _member(one: Seen) -> FlagMember:
    why_zh, why_en = one.odd or ("", "")
    positions = tuple(sorted({one.position, *one.also}))
    return FlagMember(key=one.key, case=one.case, why_zh=why_zh, why_en=why_en, positions=positions)


# what each kind of rule looks at --------------------------------------------------------------------------------------


def seen(rule: FlagRule, ground: Ground) -> Iterator[Seen]:
    """All that a rule looks at."""
    match rule.kind:
        case FlagKind.MONTH_END:
            return _at_month_s_end(_days(rule), ground)
        case FlagKind.REOPENED:
            return _reopened(_days(rule), ground)
        case FlagKind.BACKDATED:
            return _backdated(_days(rule), ground)
        case FlagKind.REPEATED_TEXT:
            return _repeated(ground)
        case FlagKind.IMPOSSIBLE_TIMES:
            return _at_odd_times(ground)
        case FlagKind.VOIDED:
            return _voided(_days(rule), ground)
        case _:
            assert_never(rule.kind)


def _days(rule: FlagRule) -> int:
    assert rule.days is not None, "a rulebook is not adopted without them"
    return rule.days


def _at_month_s_end(days: int, ground: Ground) -> Iterator[Seen]:
    """Cases by the month in which they ended (last, where more than once). What was taken over from paper tells of no
    day on which somebody was in a hurry."""
    joined = communities_served.known_from(ground.evidence.communities)
    for row in _standing(ground.evidence.cases):
        since = joined.get(row.community, date.min) if row.taken_over else date.min
        ends = {_month(m.on): m for m in row.marks if m.what in _ENDED and since <= m.on <= ground.as_of}
        for month, m in ends.items():
            late = (last_day_of(month) - m.on).days < days
            yield Seen(row.community, month, row.id, m.position, flag_words.ended(m.on) if late else None, row.id)


def _reopened(days: int, ground: Ground) -> Iterator[Seen]:
    """Of each month, the cases that had been settled in it or at most so many days before it began: those that were
    opened again in it, within so many days."""
    for row in _standing(ground.evidence.cases):
        found: dict[str, Seen] = {}
        for settled, again in _settled(row, ground.as_of):
            for month in months_of(settled.on, min(settled.on + timedelta(days=days), ground.as_of)):
                found.setdefault(month, Seen(row.community, month, row.id, settled.position, None, row.id))
            if again is not None and (again.on - settled.on).days <= days:
                why = flag_words.again(settled.on, again.on)
                month, at = _month(again.on), again.position
                found[month] = Seen(row.community, month, row.id, at, why, row.id, (settled.position,))
        yield from found.values()


def _settled(row: case_results.Row, as_of: date) -> Iterator[tuple[Mark, Mark | None]]:
    """Each time that a case was settled, and when it was opened again after that; None where it was not."""
    standing: Mark | None = None
    for m in row.marks:
        if m.on > as_of:
            continue
        if m.what in _SETTLED:
            standing = m
        elif m.what == "reopened" and standing is not None:
            yield standing, m
            standing = None
    if standing is not None:
        yield standing, None


def _backdated(days: int, ground: Ground) -> Iterator[Seen]:
    """Entries by the month in which they were recorded, one for each event. What happened before the log took the
    community in can only have been taken over from paper."""
    joined = communities_served.known_from(ground.evidence.communities)
    told: set[int] = set()
    for community, case, row in _rows(ground.evidence):
        for m in row.marks:
            since = joined.get(community)
            if since is None or m.on < since or m.recorded_on > ground.as_of or m.position in told:
                continue
            if m.what in _NO_ENTRIES or m.what.startswith(STRUCK):
                continue
            told.add(m.position)
            odd = flag_words.late(m.on, m.recorded_on) if (m.recorded_on - m.on).days > days else None
            yield Seen(community, _month(m.recorded_on), row.id, m.position, odd, case)


def _rows(evidence: Evidence) -> Iterator[tuple[str, str | None, Told]]:
    """All that tells of a community's work and stands, with the community that it is of, and the case."""
    cases = {row.id: row for row in _standing(evidence.cases)}
    yield from ((row.community, row.id, row) for row in cases.values())
    for visit in _standing(evidence.visits):
        if (case := cases.get(visit.case)) is not None:
            yield case.community, case.id, visit
    for term in evidence.terms:
        if (case := cases.get(term.id)) is not None:
            yield case.community, case.id, term
    yield from ((row.community, None, row) for row in evidence.meetings)
    yield from ((row.community, None, row) for row in evidence.cards)
    yield from ((row.community, None, row) for row in _standing(evidence.postings))
    yield from ((row.community, None, row) for row in _standing(evidence.deeds) if row.community is not None)


def _voided(days: int, ground: Ground) -> Iterator[Seen]:
    """Cases by the month in which they left the books: those that ended in it, and those that were made void in it
    while they were open, more than so many days after they were entered. A mistake is seen sooner."""
    for row in ground.evidence.cases:
        void = last(row.marks, "voided")
        if void is None:
            ends = {_month(m.on): m for m in row.marks if m.what in case_results.ENDINGS and m.on <= ground.as_of}
            for month, m in ends.items():
                yield Seen(row.community, month, row.id, m.position, None, row.id)
        elif void.recorded_on <= ground.as_of and case_results.ended_before(row, void) is None:
            entered_on = row.marks[0].recorded_on
            if (void.recorded_on - entered_on).days > days:
                odd = flag_words.void(entered_on, void.recorded_on)
                yield Seen(row.community, _month(void.recorded_on), row.id, void.position, odd, row.id)


def _repeated(ground: Ground) -> Iterator[Seen]:
    """Visits with a diary. How many earlier ones said the same was counted when it was entered, and is a fact since."""
    for community, visit in _visits(ground):
        if visit.with_diary:
            odd = flag_words.same(visit.repeated) if visit.repeated else None
            yield Seen(community, _month(civil_day(visit.at)), visit.id, visit.marks[0].position, odd, visit.case)


def _at_odd_times(ground: Ground) -> Iterator[Seen]:
    """Visits, and at what times they began."""
    visits = list(_visits(ground))
    odd = odd_times(Visit(one.id, community, one.officer, one.at) for community, one in visits)
    for community, one in visits:
        yield Seen(community, _month(civil_day(one.at)), one.id, one.marks[0].position, odd.get(one.id), one.case)


def _visits(ground: Ground) -> Iterator[tuple[str, visits_made.Row]]:
    """The visits that took place by the day, each with the community that its case is of."""
    cases = {row.id: row for row in _standing(ground.evidence.cases)}
    for visit in _standing(ground.visits):
        case = cases.get(visit.case)
        if case is not None and civil_day(visit.at) <= ground.as_of:
            yield case.community, visit


def _standing(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Those that are not void."""
    return (row for row in rows if all(m.what != "voided" for m in row.marks))


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def months_of(first: date, last: date) -> Iterator[str]:
    """The months (YYYY-MM) from that of one day to that of another."""
    day = first.replace(day=1)
    while day <= last:
        yield _month(day)
        day = month_after(day)
