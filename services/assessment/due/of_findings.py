"""What was found and must be dealt with: hazards, key areas, orders to rectify, opinions (§3.3.2, 3.3.7, 5.4, 5.5)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Obligation, demanded, planned, term_of
from services.assessment.ledgers import deeds
from services.assessment.marks import first
from services.assessment.periods import span
from shared.contracts.assessment import Plan, Sequel

KINDS: Final = {
    deeds.HAZARD: demanded(deeds.HAZARD, "5.5", "隐患按期整改", "Clear the hazard in time"),
    deeds.KEY_AREA: demanded(deeds.KEY_AREA, "5.4", "重点地区按期整治合格", "Clean the key area up in time"),
    deeds.RECTIFICATION: demanded(deeds.RECTIFICATION, "3.3.7", "按期完成整改", "Rectify in time"),
}  # fmt: skip


def of_findings(plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """Each by the day that its own entry gives; opinions by the plan's term."""
    for row in ground.deeds:
        begun = row.marks[0]
        if row.community is None or begun.on > ground.as_of or first(row, "voided", date.max) is not None:
            continue
        if row.work in KINDS:
            done = deeds.stands(row, ground.as_of)
            yield ground.frame.obligation(
                KINDS[row.work], row.community, about=row.id, begins_on=begun.on, due_on=row.due_on,
                done=done, marks=row.marks,
            )  # fmt: skip
        elif row.work == deeds.OPINION:
            yield from _answer(plans, row, row.community, ground)


def _answer(plans: Sequence[Plan], row: deeds.Row, community: str, ground: Ground) -> Iterator[Obligation]:
    begun, done = row.marks[0].on, deeds.stands(row, ground.as_of)
    for plan in plans:
        term = term_of(plan, Sequel.ANSWER)
        if term is not None and span(plan).has(begun):
            due_on, provisional = ground.frame.by_term(term, begun)
            yield ground.frame.obligation(
                planned(plan, term), community, about=row.id, begins_on=begun, due_on=max(due_on, plan.issued_on),
                done=done, provisional=provisional, marks=row.marks,
            )  # fmt: skip
