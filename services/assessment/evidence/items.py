"""Evidence as a rulebook sees it: rows of a few flat tables, as they stood at the end of a day."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date

from services.assessment.evidence.marks import Mark
from shared.contracts.frozen import dataclass

Value = str | int | date | bool | None
Fields = dict[str, Value]


WHOLE = ""
"""In a community's place: of the sub-district as a whole."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of evidence. It belongs to a community; there is no place in it for a person."""

    table: str
    key: str
    community: str
    fields: Mapping[str, Value]
    marks: tuple[Mark, ...]
    counts: bool = True
    """False for what is void or had not begun by then: it is kept only to explain changes."""
    taken_over: bool = False
    moved_from: tuple[str, ...] = ()
    excused_from: frozenset[str] = frozenset()
    """Indicators that an appeal leaves it out of (`ledgers/appeal_results.py`)."""
    appeals: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    """By indicator, the decisions that left it out, or did until they were made void."""
    case: str | None = None
    """The case that it is, or is about."""
    day: date = date.max
    """At whose end it is looked at."""
    told_by: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    """By field, what tells of it, where that is not all that is told of the row."""


TABLES: Mapping[str, Mapping[str, type]] = {
    "communities": {
        "registered_on": date, "households": int, "studio": date,
        "judge": date, "prosecutor": date, "police": date, "lawyer": date,
    },
    "postings": {
        "profession": str, "from_day": date, "in_force_until": date, "ended_on": date, "ended_early": bool,
        "reason": str,
    },
    "cards": {"issued_on": date, "households": int},
    "visits": {"must": bool, "due_on": date, "done_on": date, "result": str},
    "cases": {
        "grid": str, "kind": str, "reported_on": date, "accepted_on": date, "handed_down_on": date,
        "ended": str, "ended_on": date, "tier": str, "kept_since": date, "unstable_on": date, "letter_on": date,
        "contact_missed_on": date, "letter_owed": bool, "over_on_paper": bool,
        "settled_in_time": bool, "settle_by": date, "settled_entered_on": date,
    },
    "voids": {"reported_on": date, "voided_on": date, "ended": str},
    "deeds": {
        "work": str, "detail": str, "grid": str, "begun_on": date, "due_on": date, "done_on": date,
        "entered_on": date, "told_from": date, "told_to": date, "whole": bool,
        "count": int, "of": int,
    },
    "duties": {
        "what": str, "about": str, "begins_on": date, "due_on": date, "turn_ends_on": date, "done_on": date,
        "entered_on": date, "belongs_on": date, "decided_on": date,
        "state": str, "days": int, "vacant_days": int, "settled_in_time": bool, "settle_by": date,
        "settled_entered_on": date, "planned_in_time": bool,
    },
}  # fmt: skip
"""The closed list of tables and fields that a rulebook may name.

communities: `judge` … `lawyer` = since when one is posted there, `studio` = since when it has one that is open.
postings: `in_force_until` = the last day, of those looked at, on which it was in force.
cases: `ended` = declined, linked, withdrawn, resolved, terminated, terminated_untold, referred or referred_outside;
`tier` = where it was settled; `kept_since` = since when a handler answers for it or, failing that, it is resolved;
`unstable_on` = when a follow-up found it unsettled; `letter_on` = when somebody first signed for keeping it stable,
`letter_owed` = the time to sign had come and gone without it, or the plan gives none; `contact_missed_on` = the first
day by which its parties should have been seen and were not; `over_on_paper` = it was over when it was taken over from
paper, which tells of neither; `settled_in_time` = resolved by its deadline, which is `settle_by`, whenever that was
recorded; `settled_entered_on` = when it was; `accepted_on` = where nobody decided within the plan's term whether to
take it on, that term's last day.
voids: the cases that were made void; `ended` = how they had ended by then, none where they were open.
deeds: what was entered of work and findings (`ledgers/deeds.py`), of the sub-district as a whole where the entry
names no community, and the mediation sessions of cases; `done_on` = since when it stands as done, `entered_on` = when
that was recorded; `told_from`, `told_to` = the year that a figure tells of; `whole` = it names no community.
duties: the plan's obligations (`due/`); `what` = the work, the sequel, the kind of meeting (`.minutes` behind it for
its minutes), or this product's own code; `turn_ends_on` = of what comes round, the last day of the turn; `entered_on`
= when what was done was recorded (for what is taken over from paper, the day written there); `days` = by how many it
is late; `vacant_days` = how many days of the period a post was vacant; `settled_in_time`, `settle_by`,
`settled_entered_on` = of a duty about a case: the case's; `planned_in_time` = of a first visit: a must-visit of the
case is due by then, and is a duty of its own. `belongs_on` = the day by which it is of a period: the earliest of the
day on which it was done, its due day and the plan's last day; `decided_on` = from when on it is known whether it was
done.
"""


def text_of(value: Value) -> str | None:
    """A value as a rulebook writes it."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case _:
            return str(value)
