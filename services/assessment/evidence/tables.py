"""The evidence as a rulebook sees it: flat tables, for a plan, a period and a day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from typing import Final

from services.assessment.due import obligations
from services.assessment.due.ground import ground_of
from services.assessment.due.obligation import Frame, Obligation, State, term_of
from services.assessment.due.of_cases import CONTACT, MUST_VISIT, SETTLE
from services.assessment.due.of_people import vacant_days
from services.assessment.due.of_plan import outlasts
from services.assessment.evidence.gathered import Evidence
from services.assessment.evidence.items import WHOLE, Fields, Item
from services.assessment.evidence.marks import STRUCK, earliest
from services.assessment.ledgers import (
    appeal_results,
    case_results,
    case_terms,
    communities_served,
    contact_cards,
    deeds,
    postings,
    visit_duties,
)
from services.assessment.rules.periods import span
from shared.calendar import Calendar
from shared.contracts.assessment import Period, Plan, Sequel, Work
from shared.contracts.frozen import replace

Tables = Mapping[str, Sequence[Item]]


def tables(evidence: Evidence, plan: Plan, period: Period, as_of: date) -> Tables:
    """The evidence as flat tables.

    Acts (cases, visits, deeds, duties) stand as they stood at the end of the as-of day; states (communities, postings,
    cards) as at the end of the period or of the as-of day, whichever comes first.
    """
    state_day = min(as_of, period.to_day)
    owed = _obligations(evidence, plan, as_of)
    known_from = communities_served.known_from(evidence.communities)
    done = [_as_written(deeds.item(row, as_of), known_from) for row in evidence.deeds]
    studios = {
        row.community: deeds.item(row, state_day) for row in evidence.deeds if row.work == Work.STUDIO
    }  # fmt: skip
    posted = _posted(evidence, plan, state_day)
    by_community: dict[str, list[Item]] = defaultdict(list)
    for posting in posted:
        by_community[posting.community].append(posting)
    cases, planned = _cases(evidence, owed, plan, as_of, known_from), _planned(owed)
    found = {
        "communities": [
            communities_served.item(row, by_community[row.id], studios.get(row.id), state_day)
            for row in evidence.communities
        ],
        "postings": posted,
        "cards": [contact_cards.item(row, state_day) for row in evidence.cards],
        "visits": [visit_duties.item(row, cases.get(row.case), plan.issued_on, as_of) for row in evidence.visits],
        "cases": list(cases.values()),
        "voids": [found for row in evidence.cases if (found := case_results.void(row, as_of)) is not None],
        "deeds": [*done, *_sessions(evidence, cases, as_of)],
        "duties": list(_told_apart(_duty(one, cases, planned, plan, period, as_of) for one in owed)),
    }
    return appeal_results.applied(found, evidence.appeals, period)


def _obligations(evidence: Evidence, plan: Plan, as_of: date) -> Sequence[Obligation]:
    """What the plan makes due, beside no other; the calendar is the one known on the day."""
    return list(obligations([plan], ground_of(evidence, WHOLE, Frame(as_of, Calendar(as_of, evidence.calendar)))))


def _posted(evidence: Evidence, plan: Plan, day: date) -> list[Item]:
    """The postings; of several to one post from one day on, the first entered comes first, and what is void last."""
    found = (postings.item(row, plan.posting_months, day) for row in evidence.postings)
    return list(_told_apart(sorted(found, key=lambda item: (not item.counts, item.marks[0].position))))


def _told_apart(items: Iterable[Item]) -> Iterator[Item]:
    """The rows, with a number behind the key of each that another has, too."""
    known = Counter[str]()
    for one in items:
        known[one.key] += 1
        yield one if known[one.key] == 1 else replace(one, key=f"{one.key}/{known[one.key]}")


def _as_written(deed: Item, registered: Mapping[str, date]) -> Item:
    """A deed. What was due before the log took its community in can only have been taken over from paper: it is judged
    by the day that was written there."""
    due_on, done_on = deed.fields["due_on"], deed.fields["done_on"]
    known_from = registered.get(deed.community)
    if known_from is None or done_on is None or not isinstance(due_on, date) or due_on >= known_from:
        return deed
    return replace(deed, fields={**deed.fields, "entered_on": done_on}, taken_over=True)


def _sessions(evidence: Evidence, cases: Mapping[str, Item], as_of: date) -> Iterator[Item]:
    """The mediation sessions of all cases."""
    for row in evidence.terms:
        if row.id in cases:
            yield from case_terms.sessions(row, cases[row.id], as_of)


def _duty(
    one: Obligation, cases: Mapping[str, Item], planned: Set[str], plan: Plan, period: Period, as_of: date
) -> Item:  # fmt: skip
    """An obligation, as a row. What comes round more seldom than its campaign lasts never falls due."""
    case = None if one.case is None else cases.get(one.case)
    due_on = None if outlasts(plan, one.turn_ends_on, one.done_on) else one.due_on
    fields: Fields = {
        "what": one.kind.what, "about": one.about, "begins_on": one.begins_on, "due_on": due_on,
        "turn_ends_on": one.turn_ends_on, "done_on": one.done_on, "entered_on": one.entered_on,
        "belongs_on": min((day for day in (one.done_on, one.due_on, span(plan).last) if day), default=None),
        "decided_on": one.done_on or due_on,
        "state": one.state.value, "days": one.days,
        "vacant_days": vacant_days(one, period.from_day, min(period.to_day, as_of)),
        **{name: case.fields[name] if case is not None else None for name in ("settle_by", "settled_entered_on")},
        "settled_in_time": case is not None and bool(case.fields["settled_in_time"]),
        "planned_in_time": one.kind.what == Sequel.VISIT and one.about in planned,
    }  # fmt: skip
    key = f"{one.kind.code}/{one.subject}/{one.about}"
    if one.kind is CONTACT or one.kind.what == Sequel.HANDOVER:  # of which a case may have several
        key = f"{key}/{one.begins_on}"
    return Item("duties", key, one.subject, fields, one.marks, True, one.taken_over, case=one.case, day=as_of)


def _planned(owed: Sequence[Obligation]) -> Set[str]:
    """The cases of which a must-visit is due by the day of the first visit: it is a duty of its own."""
    first_by = {one.case: one.due_on for one in owed if one.kind.what == Sequel.VISIT}
    return {
        one.case for one in owed if one.kind.what == MUST_VISIT and one.case is not None and one.due_on is not None
        if (by := first_by.get(one.case)) is not None and one.due_on <= by
    }  # fmt: skip


def _unsigned(owed: Sequence[Obligation], plan: Plan) -> Set[str] | None:
    """The cases whose letter did not come in time; None where the plan gives no time for it, so that every case that is
    handed down wants one at once."""
    if term_of(plan, Sequel.LETTER) is None:
        return None
    overdue = (State.OVERDUE, State.LATE)
    return {one.about for one in owed if one.kind.what == Sequel.LETTER and one.state in overdue}


def _undecided(item: Item, decided: Mapping[str, Obligation]) -> Item:
    """A case of which nobody said in time whether it is taken on counts as accepted on the last day for that, whatever
    came later: who leaves a report lying has no better rate than who takes it on."""
    one = decided.get(item.key)
    if one is None or one.state not in (State.OVERDUE, State.LATE):
        return item
    marks = tuple(m for m in item.marks if m.what.removeprefix(STRUCK) in _DECIDED)
    fields = {**item.fields, "accepted_on": one.due_on}
    return replace(item, fields=fields, told_by={**item.told_by, "accepted_on": marks})


_DECIDED: Final = frozenset({"reported", "accepted", "declined", "linked", "handed_down"})
"""What tells whether it was said in time that a case is taken on, or not."""


def _settled(item: Item, one: Obligation | None) -> Item:
    """With the day by which it was to be settled, and how that stands to the one on which it was."""
    if one is None:
        return item
    resolved = item.fields["ended"] == "resolved"
    known: Fields = {
        "settle_by": one.due_on, "settled_entered_on": one.entered_on if resolved else None,
        "settled_in_time": resolved and one.state is State.DONE,
    }  # fmt: skip
    return replace(item, fields={**item.fields, **known})


def _cases(
    evidence: Evidence, owed: Sequence[Obligation], plan: Plan, as_of: date, known_from: Mapping[str, date]
) -> Mapping[str, Item]:
    """The cases, with whether they were settled in time, the letter and the contacts that followed."""
    settle = {one.about: one for one in owed if one.kind is SETTLE}
    decided = {one.about: one for one in owed if one.kind.what == Sequel.REGISTER}
    unsigned = _unsigned(owed, plan)
    missed: dict[str, date] = {}
    for one in owed:
        if one.kind is CONTACT and one.state in (State.OVERDUE, State.LATE) and one.due_on is not None:
            missed[one.about] = min(one.due_on, missed.get(one.about, one.due_on))
    terms = {row.id: row for row in evidence.terms}
    found: dict[str, Item] = {}
    for row in evidence.cases:
        item = case_results.item(row, as_of, known_from.get(row.community, date.min))
        term = None if item.fields["accepted_on"] is None else terms.get(row.id)
        item = _settled(_undecided(item, decided), settle.get(row.id))
        left_lying = term is None and item.fields["ended"] is None
        owed_letter = unsigned is None or row.id in unsigned or left_lying
        item = replace(item, fields={**item.fields, "letter_owed": owed_letter})
        if term is not None:
            signed = earliest((letter.signed for letter in term.letters), "letter", by=as_of)
            letters = (letter.signed for letter in term.letters)
            marks = tuple(sorted({*item.marks, *letters}, key=lambda m: m.position))
            known: Fields = {
                "letter_on": signed.on if signed else None, "contact_missed_on": missed.get(row.id),
                "over_on_paper": item.taken_over and case_terms.over_on_paper(term, as_of),
            }  # fmt: skip
            item = replace(item, fields={**item.fields, **known}, marks=marks)
        found[row.id] = item
    return found
