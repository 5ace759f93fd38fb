"""What changed between two publications of one score, and which events changed it.

Rows remember what they were at any position of the log. So a score's numbers are worked out as they were, then under
the plan that is in force now, under the rulebook, and on the evidence of now: at each step it is seen which numbers
change. Where it is the evidence, the rows that are something else to the indicator are followed from event to event.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from services.assessment.evidence.gathered import Evidence
from services.assessment.evidence.items import WHOLE, Item
from services.assessment.evidence.marks import Marked, positions
from services.assessment.evidence.tables import tables
from services.assessment.ledgers import case_terms, plans, rulebooks, scores
from services.assessment.rules.filters import Frame
from services.assessment.rules.versions import current
from services.assessment.scoring.measuring import Institution, Sorting, tallied
from services.assessment.scoring.membership import EVERYTHING, OUTSIDE, Key, Membership, made_of, memberships, other
from shared.contracts.assessment import Change, Figure, IndicatorScore, Period, Score, Work

_SUMS: Final[Mapping[str, frozenset[str]]] = {
    "points": frozenset({"points"}),
    "possible": frozenset({"standing", "weight", "target"}),
    "per_cent": frozenset({"points", "standing", "weight", "target"}),
    "rankable": frozenset({"enough", "standing", "weight", "target"}),
}
"""Which of the indicators' numbers make the sum's."""


class _Rules(NamedTuple):
    """What a score is worked out by."""

    plan: plans.Row
    rulebook: rulebooks.Row
    period: Period
    """Its days are the plan's where it is a phase."""

    @property
    def known_by(self) -> "_RulesKey":
        return self.plan.position, self.rulebook.position, self.period


_RulesKey = tuple[int, int, Period]


class _Worked:
    """The numbers of one set of rules and one stand of the evidence, and what made them."""

    def __init__(self, sorting: Sorting, items: Mapping[Key, Item]) -> None:
        self.measured = sorting.measured
        self.items = items
        """All rows, whatever they are to an indicator."""
        self._members: dict[tuple[Institution, str], Mapping[Key, Membership]] = {}

    def members(self, subject: Institution, code: str) -> Mapping[Key, Membership]:
        """What each row is to an indicator of an institution."""
        if (subject, code) not in self._members:
            measured = self.measured(subject, code)
            found = {} if measured is None else memberships(measured)
            self._members[subject, code] = {key: membership for key, (_, membership) in found.items()}
        return self._members[subject, code]


class Restating:
    """The evidence and the rules of a new publication, against which earlier ones are compared."""

    def __init__(
        self, plan: plans.Row, rulebook: rulebooks.Row, evidence: Evidence, period: Period, as_of: date,
        whole: Institution | None, versions: Sequence[plans.Row | rulebooks.Row] = (),
    ) -> None:  # fmt: skip
        """`versions` are the plans and rulebooks under which earlier ones may have been published."""
        self.plan, self.rulebook, self.evidence = plan, rulebook, evidence
        self.period, self.as_of, self.whole, self.versions = period, as_of, whole, versions
        self._worked_out: dict[tuple[int | None, _RulesKey], _Worked] = {}
        self._steps: dict[tuple[_Group, int, _RulesKey], Sequence[tuple[int, _Worked]]] = {}

    def changes(self, was: Score, now: Score) -> tuple[Change, ...]:
        """Every number of `was` that is another in `now`, with its causes; empty where all are the same."""
        numbers = list(differing(was, now))
        causes = {(code, number): self._causes(code, number, was) for code, number, *_ in numbers if code is not None}
        return tuple(
            Change(
                indicator=code, number=number, before=before, after=after,
                causes=tuple(sorted(of_sum(number, causes) if code is None else causes[code, number])),
            )
            for code, number, before, after in numbers
        )  # fmt: skip

    def _causes(self, code: str, number: str, was: Score) -> set[int]:
        """The events that made an indicator's number another."""
        subject, causes = Institution(was.subject), set[int]()
        earlier, now = self._rules_of(was), _Rules(self.plan, self.rulebook, self.period)
        steps = (earlier, _Rules(now.plan, earlier.rulebook, now.period), now)
        numbers = [self._number(self._worked(rules, was.position), rules, subject, code, number) for rules in steps]
        last = self._number(self._worked(now, None), now, subject, code, number)
        if numbers[0] != numbers[1] or (earlier.plan is now.plan and self.plan.version != was.plan_version):
            causes.add(self.plan.position)
        if numbers[1] != numbers[2] or (
            earlier.rulebook is now.rulebook and self.rulebook.version != was.rulebook_version
        ):
            causes.add(self.rulebook.position)
        return causes | (self._told(now, subject, code, number, was.position) if numbers[2] != last else set())

    def _rules_of(self, was: Score) -> _Rules:
        """The rules of an earlier score; those of now where its own are not at hand."""
        plan_rows = [row for row in self.versions if isinstance(row, plans.Row)]
        books = [row for row in self.versions if isinstance(row, rulebooks.Row)]
        return _Rules(
            current(plan_rows, was.plan, was.plan_version) or self.plan,
            current(books, was.rulebook, was.rulebook_version) or self.rulebook, was.period,
        )  # fmt: skip

    # the numbers of any rules and any stand of the evidence -----------------------------------------------------------

    def _worked(self, rules: _Rules, position: int | None) -> _Worked:
        """By the evidence up to a position (None: all of it)."""
        key = (position, rules.known_by)
        if key not in self._worked_out:
            evidence = self.evidence if position is None else self.evidence.before(position)
            self._worked_out[key] = self._work(rules, evidence)
        return self._worked_out[key]

    def _work(self, rules: _Rules, evidence: Evidence) -> _Worked:
        plan, rulebook = rules.plan.plan, rules.rulebook.rulebook
        everything = tables(evidence, plan, rules.period, self.as_of)
        frame = Frame(rules.period, self.as_of, plan.issued_on, rulebook.grace_days)
        return _Worked(
            Sorting(rulebook, everything, frame, whole=self.whole),
            items={(item.table, item.key): item for items in everything.values() for item in items},
        )

    def _number(self, worked: _Worked, rules: _Rules, subject: Institution, code: str, number: str) -> str:
        measured = worked.measured(subject, code)
        if measured is None:
            return _shown(None, number)
        begun = self.as_of >= rules.plan.plan.issued_on
        return _shown(tallied({subject: (measured,)}, begun=begun).tallies[0].indicators[0], number)

    # which events of the evidence -------------------------------------------------------------------------------------

    def _told(self, rules: _Rules, subject: Institution, code: str, number: str, position: int) -> set[int]:
        """The events since a position that changed what some row is to a number."""
        then, now = self._worked(rules, position), self._worked(rules, None)
        was, is_now = then.members(subject, code), now.members(subject, code)
        names = made_of(number, then.measured(subject, code), now.measured(subject, code))
        moved = [key for key in {**was, **is_now} if other(was.get(key, OUTSIDE), is_now.get(key, OUTSIDE), names)]
        causes = set[int]()
        for key in moved:
            item = now.items.get(key) or then.items[key]
            causes |= self._turning(rules, item, names, (subject, code, position))
        return causes

    def turned(self, subject: Institution, code: str, item: Item, position: int) -> set[int]:
        """The events since a position that changed what a row is to an indicator."""
        rules = _Rules(self.plan, self.rulebook, self.period)
        return self._turning(rules, item, EVERYTHING, (subject, code, position))

    def _turning(
        self, rules: _Rules, item: Item, names: Iterable[str], at: tuple[Institution, str, int]
    ) -> set[int]:  # fmt: skip
        subject, code, position = at
        causes, before = set[int](), None
        for event, worked in self._followed(rules, item, position):
            after = worked.members(subject, code).get((item.table, item.key), OUTSIDE)
            if before is not None and other(before, after, names):
                causes.add(event)
            before = after
        return causes

    def _followed(self, rules: _Rules, item: Item, position: int) -> Sequence[tuple[int, _Worked]]:
        """What the rows that an item rests on came to by a position, and with each event since."""
        group = self._index.group(item)
        key = (group, position, rules.known_by)
        if key not in self._steps:
            rests_on = self._index.evidence(group)
            later = sorted({at for at in all_positions(rests_on) if at > position})
            self._steps[key] = [(at, self._work(rules, rests_on.before(at))) for at in (position, *later)]
        return self._steps[key]

    @cached_property
    def _index(self) -> "_Index":
        return _Index(self.evidence)


def of_sum(number: str, causes: Mapping[tuple[str, str], Iterable[int]]) -> set[int]:
    """The causes of the sum's number: those of the indicators' numbers that make it, by indicator and number."""
    return {at for (_, one), some in causes.items() if one in _SUMS[number] for at in some}


# what a row rests on --------------------------------------------------------------------------------------------------


class _Group(NamedTuple):
    """Rows of evidence that make some items and no others: of a case, of an entry, or of a community's work."""

    case: str = ""
    entry: str = ""
    community: str = ""
    work: str = ""


class _Index:
    """The rows of evidence, by what they are about."""

    def __init__(self, evidence: Evidence) -> None:
        self._all = evidence
        self._cases = {row.id: row for row in evidence.cases}
        self._terms = {row.id: row for row in evidence.terms}
        self._entries = {row.id: row for row in evidence.deeds}
        self._cards = {row.id: row for row in evidence.cards}

    @cached_property
    def _visits(self) -> Mapping[str, Sequence[Any]]:
        return _grouped(self._all.visits, "case")

    @cached_property
    def _postings(self) -> Mapping[str, Sequence[Any]]:
        return _grouped(self._all.postings, "community")

    @cached_property
    def _meetings(self) -> Mapping[str, Sequence[Any]]:
        return _grouped(self._all.meetings, "community")

    @cached_property
    def _works(self) -> Mapping[str, Sequence[Any]]:
        return _grouped(self._all.deeds, "work")

    def group(self, item: Item) -> _Group:
        """The rows that an item rests on."""
        if item.case is not None:
            return _Group(case=item.case)
        about = str(item.fields["about"] if item.table == "duties" else item.key)
        if about in self._entries or about in self._cards:
            return _Group(entry=about, community=item.community)
        return _Group(community=item.community, work=str(item.fields.get("what", "")))

    def evidence(self, group: _Group) -> Evidence:
        """The rows of a group."""
        case, visits = self._cases.get(group.case), self._visits.get(group.case, ())
        places = {group.community, *(row.community for row in visits)}
        if case is not None:
            places |= {case.community, *case.moved_from}
        return Evidence(
            communities=[row for row in self._all.communities if row.id in places],
            postings=[] if group.entry else [row for place in places for row in self._postings.get(place, ())],
            cards=[self._cards[group.entry]] if group.entry in self._cards else [],
            visits=visits,
            meetings=self._meetings.get(group.community, ()) if group.work else (),
            cases=[] if case is None else [case],
            terms=[self._terms[group.case]] if group.case in self._terms else [],
            deeds=self._deeds(group),
            appeals=self._all.appeals,
            calendar=self._all.calendar,
        )

    def _deeds(self, group: _Group) -> Sequence[Any]:
        if group.entry:
            return [self._entries[group.entry]] if group.entry in self._entries else []
        works = {group.work, *((Work.STUDIO,) if group.community != WHOLE else ())}
        found = [row for work in sorted(works) for row in self._works.get(work, ())]
        return found if group.community == WHOLE else [row for row in found if row.community == group.community]


def _grouped(rows: Iterable[Any], name: str) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def all_positions(evidence: Evidence) -> Iterator[int]:
    """Where in the log all stands that made or changed a row."""
    rows: list[Sequence[Marked]] = [
        evidence.communities, evidence.postings, evidence.cards, evidence.visits, evidence.meetings, evidence.cases,
        evidence.deeds, evidence.appeals,
    ]  # fmt: skip
    yield from (at for some in rows for row in some for at in positions(row))
    yield from (at for row in evidence.terms for at in case_terms.told_at(row))
    yield from (one.position for row in evidence.calendar for one in (*row.earlier, row))


# which numbers --------------------------------------------------------------------------------------------------------


def differing(was: Score | scores.Row, now: Score | scores.Row) -> Iterable[tuple[str | None, str, str, str]]:
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


def _shown(holder: IndicatorScore | Score | scores.Row | None, name: str) -> str:
    value = None if holder is None else getattr(holder, name)
    if isinstance(value, Figure):
        return value.exact if len(value.exact) <= 80 else value.decimal
    return "–" if value is None else str(value)
