"""The evidence as a rulebook sees it: flat tables, for a plan, a period and a day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, timedelta

from services.assessment.due import obligations
from services.assessment.due.ground import ground_of
from services.assessment.due.obligation import Frame, Obligation, State, term_of
from services.assessment.due.of_cases import CONTACT, SETTLE
from services.assessment.due.of_people import VACANCY
from services.assessment.due.of_plan import outlasts
from services.assessment.evidence import Evidence
from services.assessment.items import WHOLE, Fields, Item
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
from services.assessment.marks import earliest
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
    registered = {row.id: row.marks[0].recorded_on for row in evidence.communities}
    done = [_as_written(deeds.item(row, as_of), registered) for row in evidence.deeds]
    studios = {
        row.community: deeds.item(row, state_day) for row in evidence.deeds if row.work == Work.STUDIO
    }  # fmt: skip
    posted = _posted(evidence, plan, state_day)
    by_community: dict[str, list[Item]] = defaultdict(list)
    for posting in posted:
        by_community[posting.community].append(posting)
    cases = _cases(evidence, owed, plan, as_of)
    found = {
        "communities": [
            communities_served.item(row, by_community[row.id], studios.get(row.id), state_day)
            for row in evidence.communities
        ],
        "postings": posted,
        "cards": [contact_cards.item(row, state_day) for row in evidence.cards],
        "visits": [visit_duties.item(row, cases.get(row.case), plan.issued_on, as_of) for row in evidence.visits],
        "cases": list(cases.values()),
        "deeds": done,
        "duties": list(_told_apart(_duty(one, cases, plan, period, as_of) for one in owed)),
    }
    return appeal_results.applied(found, evidence.appeals)


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


def _duty(one: Obligation, cases: Mapping[str, Item], plan: Plan, period: Period, as_of: date) -> Item:
    """An obligation, as a row. What comes round more seldom than its campaign lasts never falls due."""
    case = cases.get(one.about.partition("/")[0])  # a visit is called by its case and its own id
    fields: Fields = {
        "what": one.kind.what, "about": one.about, "begins_on": one.begins_on,
        "due_on": None if outlasts(plan, one.turn_ends_on, one.done_on) else one.due_on,
        "turn_ends_on": one.turn_ends_on, "done_on": one.done_on, "entered_on": one.entered_on,
        "state": one.state.value, "days": one.days,
        "vacant_days": _vacant_days(one, period, as_of),
        "settled_in_time": case is not None and bool(case.fields["settled_in_time"]),
    }  # fmt: skip
    key = f"{one.kind.code}/{one.subject}/{one.about}"
    if one.kind is CONTACT or one.kind.what == Sequel.HANDOVER:  # of which a case may have several
        key = f"{key}/{one.begins_on}"
    return Item("duties", key, one.subject, fields, one.marks, True, one.taken_over)


def _unsigned(owed: Sequence[Obligation], plan: Plan) -> Set[str] | None:
    """The cases whose letter did not come in time; None where the plan gives no time for it, so that every case that is
    handed down wants one at once."""
    if term_of(plan, Sequel.LETTER) is None:
        return None
    overdue = (State.OVERDUE, State.LATE)
    return {one.about for one in owed if one.kind.what == Sequel.LETTER and one.state in overdue}


def _vacant_days(one: Obligation, period: Period, as_of: date) -> int:
    """For how many of the period's days, up to the as-of day, a post was vacant."""
    if one.kind.what.partition(".")[0] not in (Sequel.REFILL, VACANCY) or one.begins_on is None:
        return 0
    filled_on = one.done_on or as_of + timedelta(days=1)
    first, after = max(one.begins_on, period.from_day), min(filled_on, period.to_day + timedelta(days=1))
    return max((after - first).days, 0)


def _cases(evidence: Evidence, owed: Sequence[Obligation], plan: Plan, as_of: date) -> Mapping[str, Item]:
    """The cases, with whether they were settled in time, the letter and the contacts that followed."""
    in_time = {one.about for one in owed if one.kind is SETTLE and one.state is State.DONE}
    unsigned = _unsigned(owed, plan)
    missed: dict[str, date] = {}
    for one in owed:
        if one.kind is CONTACT and one.state in (State.OVERDUE, State.LATE) and one.due_on is not None:
            missed[one.about] = min(one.due_on, missed.get(one.about, one.due_on))
    terms = {row.id: row for row in evidence.terms}
    found: dict[str, Item] = {}
    for row in evidence.cases:
        item = case_results.item(row, as_of)
        term = None if item.fields["accepted_on"] is None else terms.get(row.id)
        settled = row.id in in_time and item.fields["ended"] == "resolved"
        item = replace(item, fields={**item.fields, "settled_in_time": settled})
        if term is not None:
            signed = earliest((letter.signed for letter in term.letters), "letter", by=as_of)
            letters = (letter.signed for letter in term.letters)
            marks = tuple(sorted({*item.marks, *letters}, key=lambda m: m.position))
            known: Fields = {
                "letter_on": signed.on if signed else None, "contact_missed_on": missed.get(row.id),
                "letter_owed": unsigned is None or row.id in unsigned,
                "over_on_paper": case_terms.over_on_paper(term, as_of),
            }  # fmt: skip
            item = replace(item, fields={**item.fields, **known}, marks=marks)
        found[row.id] = item
    return found
