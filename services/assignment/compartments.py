"""What assignment keeps sealed and some may open: the class that makes a household a must-visit 必访类别 (§3.3.2)."""

from collections.abc import Sequence
from typing import Final

from services.assignment.entries import LEADERS_LEDGER
from services.assignment.ledgers import handling, visits
from shared.contracts.assignment import VisitPlanned
from shared.contracts.codes import Role, VisitResult
from shared.contracts.event import Actor, Recorded
from shared.contracts.model import Compartment, Look


def class_of(history: Sequence[Recorded], visit: str) -> str | None:
    """The box that holds the class of a planned visit's household; None where none was given."""
    planned = (recorded.event for recorded in history if isinstance(recorded.event, VisitPlanned))
    return next((event.household_class for event in planned if event.visit == visit), None)


def may_know(actor: Actor, case: str, look: Look) -> bool:
    """Whether an actor's work needs the class: an officer's who handles this case or is to visit, as long as it is
    handled; a leader's who answers for its community; the office's."""
    row = look.row(handling.LEDGER, case)
    if row is None:
        return False
    if actor.role == Role.OFFICE:
        return True
    if actor.role == Role.LEADER:
        return any(
            one.leader == actor.id and one.relieved_at is None and one.voided_at is None
            for one in look.rows(LEADERS_LEDGER, community=row.community)
        )
    if actor.role != Role.OFFICER or row.ended_as is not None or actor.id in row.conflicted:
        return False
    return actor.id == row.handler or any(
        visit.officer == actor.id and visit.result is VisitResult.PLANNED
        for visit in look.rows(visits.LEDGER, case=case)
    )


HOUSEHOLD_CLASS: Final = Compartment(
    path="visits/{case}/{visit}/class",
    field="household_class",
    category="handling",
    by=frozenset({Role.OFFICER, Role.LEADER, Role.OFFICE}),
    clause="3.3.2",
    title_zh="必访类别",
    title_en="Why a household must be visited",
    box=class_of,
    may=may_know,
)
