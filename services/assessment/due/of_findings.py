"""What was begun and must be dealt with: hazards, key areas, orders to rectify, opinions, archives (§3.3.2, 3.3.6,
3.3.7, 5.4, 5.5)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Kind, Obligation, demanded, lead_of, planned, term_of
from services.assessment.evidence.marks import Mark, first
from services.assessment.ledgers import deeds
from services.assessment.rules.periods import span
from shared.contracts.assessment import Plan, Sequel, Work

KINDS: Final = {
    deeds.HAZARD: demanded(deeds.HAZARD, "5.5", "隐患按期整改", "Clear the hazard in time"),
    deeds.KEY_AREA: demanded(deeds.KEY_AREA, "5.4", "重点地区按期整治合格", "Clean the key area up in time"),
    deeds.RECTIFICATION: demanded(deeds.RECTIFICATION, "3.3.7", "按期完成整改", "Rectify in time"),
}  # fmt: skip
FILING: Final = f"{Work.ARCHIVE}.filing"
"""Each archive that was begun is filed upward, beside the plan's own duty, which is owed once."""


def of_findings(plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """Each by the day that its own entry gives; opinions by the plan's term, archives by the plan's end."""
    for row in ground.deeds:
        begun = row.marks[0]
        if begun.on > ground.as_of or first(row, "voided", date.max) is not None:
            continue
        if row.work == Work.ARCHIVE:
            yield from _filing(plans, row, ground)
        elif row.community is None:
            continue
        elif row.work in KINDS:
            done = deeds.stands(row, ground.as_of)
            yield ground.frame.obligation(
                KINDS[row.work], row.community, about=row.id, begins_on=begun.on, due_on=row.due_on,
                done=done, taken_over=_taken_over(row.community, row.due_on, done, ground), marks=row.marks,
            )  # fmt: skip
        elif row.work == deeds.OPINION:
            yield from _answer(plans, row, row.community, ground)


def _taken_over(community: str, due_on: date | None, done: Mark | None, ground: Ground) -> bool:
    """Whether it was done, and due before the log knew the community: that can only be from paper."""
    return done is not None and due_on is not None and due_on < ground.known_from.get(community, date.min)


def _answer(plans: Sequence[Plan], row: deeds.Row, community: str, ground: Ground) -> Iterator[Obligation]:
    begun, done = row.marks[0].on, deeds.stands(row, ground.as_of)
    for plan in plans:
        term = term_of(plan, Sequel.ANSWER)
        if term is not None and span(plan).has(begun):
            due_on, provisional = ground.frame.by_term(term, begun)
            due_on = max(due_on, plan.issued_on)
            yield ground.frame.obligation(
                planned(plan, term), community, about=row.id, begins_on=begun, due_on=due_on, done=done,
                provisional=provisional, taken_over=_taken_over(community, due_on, done, ground), marks=row.marks,
            )  # fmt: skip


def _filing(plans: Sequence[Plan], row: deeds.Row, ground: Ground) -> Iterator[Obligation]:
    """The sub-district's; by the last day of the plan in whose days it was begun, and of a plan without an end by that
    of the year, whose assessment it serves."""
    begun, clause = row.marks[0].on, "3.3.6"
    for plan in plans:
        days = span(plan)
        if days.has(begun):
            title_zh, title_en = "实绩档案报送备案", "File an archive upward"
            yield ground.frame.obligation(
                Kind(FILING, clause, title_zh, title_en, lead_of(plan, clause), plan.code), ground.whole, about=row.id,
                begins_on=begun, due_on=max(days.last or date(begun.year, 12, 31), plan.issued_on),
                done=deeds.stands(row, ground.as_of), marks=row.marks,
            )  # fmt: skip
