"""The evidence as a rulebook sees it: flat tables, for a plan, a period and a day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.assessment.due import obligations
from services.assessment.due.ground import ground_of
from services.assessment.due.obligation import Frame, Obligation, State
from services.assessment.due.of_cases import CONTACT
from services.assessment.evidence import Evidence
from services.assessment.items import WHOLE, Fields, Item
from services.assessment.ledgers import (
    case_results,
    communities_served,
    contact_cards,
    deeds,
    meeting_duties,
    postings,
    visit_duties,
)
from services.assessment.marks import Mark, earliest
from services.assessment.periods import Turn, due_day, rounds
from shared.calendar import Calendar
from shared.contracts.assessment import Cadence, Period, Plan, Sequel, Work
from shared.contracts.frozen import replace

Tables = Mapping[str, Sequence[Item]]


def tables(evidence: Evidence, plan: Plan, period: Period, as_of: date) -> Tables:
    """The evidence as flat tables.

    Acts (cases, visits, minutes) stand as they stood at the end of the as-of day; states (communities, postings,
    cards) as at the end of the period or of the as-of day, whichever comes first.
    """
    state_day = min(as_of, period.to_day)
    owed = _obligations(evidence, plan, as_of)
    done = [deeds.item(row, as_of) for row in evidence.deeds]
    studios = {
        row.community: deeds.item(row, state_day) for row in evidence.deeds if row.work == Work.STUDIO
    }  # fmt: skip
    posted = [postings.item(row, plan.posting_months, state_day) for row in evidence.postings]
    by_community: dict[str, list[Item]] = defaultdict(list)
    for posting in posted:
        by_community[posting.community].append(posting)
    cases = _cases(evidence, owed, as_of)
    return {
        "communities": [
            communities_served.item(row, by_community[row.id], studios.get(row.id), state_day)
            for row in evidence.communities
        ],
        "postings": posted,
        "cards": [contact_cards.item(row, state_day) for row in evidence.cards],
        "visits": [visit_duties.item(row, cases.get(row.case), plan.issued_on, as_of) for row in evidence.visits],
        "minutes": _minutes(evidence, plan, as_of, max(as_of, period.to_day)),
        "cases": list(cases.values()),
        "deeds": done,
        "duties": [_duty(one, as_of) for one in owed],
    }


def _obligations(evidence: Evidence, plan: Plan, as_of: date) -> Sequence[Obligation]:
    """What the plan makes due, beside no other; the calendar is the one known on the day."""
    return list(obligations([plan], ground_of(evidence, WHOLE, Frame(as_of, Calendar(as_of, evidence.calendar)))))


def _duty(one: Obligation, as_of: date) -> Item:
    """An obligation. Days are those for which it is vacant, or late."""
    vacant = one.kind.what.partition(".")[0] in (Sequel.REFILL, "vacancy") and one.begins_on is not None
    lasted = ((one.done_on or as_of + timedelta(days=1)) - one.begins_on).days if one.begins_on else 0
    fields: Fields = {
        "what": one.kind.what, "about": one.about, "begins_on": one.begins_on, "due_on": one.due_on,
        "done_on": one.done_on, "state": one.state.value, "days": lasted if vacant else one.days,
    }  # fmt: skip
    key = f"{one.kind.code}/{one.subject}/{one.about}"
    return Item("duties", key, one.subject, fields, one.marks, True, one.taken_over)


def _cases(evidence: Evidence, owed: Sequence[Obligation], as_of: date) -> Mapping[str, Item]:
    """The cases, with the letter and the contacts that followed."""
    missed: dict[str, date] = {}
    for one in owed:
        if one.kind is CONTACT and one.state in (State.OVERDUE, State.LATE) and one.due_on is not None:
            missed[one.about] = min(one.due_on, missed.get(one.about, one.due_on))
    terms = {row.id: row for row in evidence.terms}
    found: dict[str, Item] = {}
    for row in evidence.cases:
        item, term = case_results.item(row, as_of), terms.get(row.id)
        if term is not None:
            signed = earliest((letter.signed for letter in term.letters), "letter", by=as_of)
            letters = (letter.signed for letter in term.letters)
            marks = tuple(sorted({*item.marks, *letters}, key=lambda m: m.position))
            known: Fields = {
                "letter_on": signed.on if signed else None, "contact_missed_on": missed.get(row.id),
                "over_on_paper": term.over_on_paper,
            }  # fmt: skip
            item = replace(item, fields={**item.fields, **known}, marks=marks)
        found[row.id] = item
    return found


def _minutes(evidence: Evidence, plan: Plan, as_of: date, by: date) -> list[Item]:
    """What the plan's cadences make due by a day, in each community, and what was done about it."""
    done = {row.id: row for row in evidence.meetings}
    return [
        _due(cadence, turn, community, done, plan.issued_on, as_of)
        for cadence in plan.cadences
        for turn in rounds(plan, cadence.every, by)
        for community in evidence.communities
    ]


def _due(
    cadence: Cadence,
    turn: Turn,
    community: communities_served.Row,
    done: Mapping[str, meeting_duties.Row],
    issued_on: date,
    as_of: date,
) -> Item:
    """One turn's duty, called by its last month. A community owes the turns at whose end it was in the programme.

    A month whose minutes were due before the log took the community in can only have been taken over from paper: it
    is judged by the day written there.
    """
    month = f"{turn.last:%Y-%m}"
    keys = [meeting_duties.key_of(community.id, cadence.meeting, one) for one in turn.months]
    met = sorted((m for key in keys if key in done for m in done[key].marks), key=lambda m: m.position)
    registered, due_on = community.marks[0], max(due_day(month, cadence.due_day), issued_on)
    filed, held = (next((m for m in met if m.what == what and m.on <= as_of), None) for what in ("submitted", "held"))
    taken_over = filed is not None and due_on < registered.recorded_on
    fields: Fields = {
        "meeting": cadence.meeting.value,
        "month": month,
        "month_ends_on": turn.last,
        "due_on": due_on,
        "held_on": held.on if held else None,
        "done_on": filed.on if filed else None,
        "entered_on": _entered(filed, taken_over),
    }
    marks = (*community.marks, *met)
    counts = registered.on <= turn.last and not communities_served.voided(community)
    return Item("minutes", keys[-1], community.id, fields, marks, counts, taken_over)


def _entered(filed: Mark | None, taken_over: bool) -> date | None:
    if filed is None:
        return None
    return filed.on if taken_over else filed.recorded_on
