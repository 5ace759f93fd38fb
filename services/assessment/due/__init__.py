"""What is due, done, overdue, vacant or not yet due on any day 应办事项: derived, never stored."""

from collections.abc import Iterator, Sequence

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Obligation
from services.assessment.due.of_cases import of_cases
from services.assessment.due.of_findings import of_findings
from services.assessment.due.of_people import of_people
from services.assessment.due.of_plan import of_plan
from shared.contracts.assessment import Plan


def obligations(plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """Every obligation on the ground's day: the plans' first, each plan beside the others, then the record's own."""
    for plan in plans:
        yield from of_plan(plan, plans, ground)
        yield from of_people(plan, ground)
    yield from of_cases(plans, ground)
    yield from of_findings(plans, ground)
