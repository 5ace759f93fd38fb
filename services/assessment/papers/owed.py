"""What was owed, as papers tell it: how many obligations stand how, and which were not met."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from services.assessment.due.listing import Line, Wanted, duties
from services.assessment.due.obligation import State
from shared.contracts.event import value
from shared.contracts.fields import Code, Count
from shared.contracts.model import Look

UNMET: Final = frozenset({State.OVERDUE, State.VACANT, State.BROKEN})


@value
class StateCount:
    """How many obligations stand so."""

    state: State
    count: Count


@value
class ClauseDuties:
    """The obligations under one clause."""

    clause: Code
    counts: tuple[StateCount, ...]


def stood(look: Look, day: date) -> Sequence[Line]:
    """Every obligation as it stood on a day, by the calendar that was known on it."""
    return duties(look, Wanted(as_of=day), day).lines


def counted(lines: Iterable[Line]) -> tuple[StateCount, ...]:
    """How many stand in each state; states in which none stands are left out."""
    counts = Counter(line.state for line in lines)
    return tuple(StateCount(state=state, count=counts[state]) for state in State if counts[state])


def by_clause(lines: Iterable[Line]) -> tuple[ClauseDuties, ...]:
    """The same for each clause."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.clause, []).append(line)
    return tuple(ClauseDuties(clause=clause, counts=counted(of)) for clause, of in sorted(found.items()))


def unmet(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Those that are overdue, vacant, or were not kept."""
    return tuple(line for line in lines if line.state in UNMET)
