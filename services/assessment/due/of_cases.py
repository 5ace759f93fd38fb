"""What a case makes due: its statutory deadline, must-visits, the letter and its contacts, handover, performance,
follow-up (§3.2.1, 3.3.2, 3.4.1, 5.1)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Kind, Obligation, State, demanded, lead_of, planned, term_of
from services.assessment.items import Item
from services.assessment.ledgers import case_terms, visit_duties
from services.assessment.marks import Mark, last
from services.assessment.periods import span
from shared.contracts.assessment import Plan, Sequel
from shared.contracts.frozen import dataclass

SETTLE: Final = demanded("case_deadline", "5.1", "案件按期办结", "Settle the case in time")
CONTACT: Final = demanded("contact", "5.1", "按责任书约定联系当事人", "Be in touch as the responsibility letter says")
MUST_VISIT: Final = "must_visit"
_FOLLOWED: Final = frozenset({"resolved", "terminated", "terminated_untold"})
"""Endings after which the office asks whether it holds."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A case as it stood on the day, with what it makes due."""

    item: Item
    terms: case_terms.Row
    visits: Sequence[visit_duties.Row]

    def day(self, name: str) -> date | None:
        found = self.item.fields[name]
        return found if isinstance(found, date) else None

    @property
    def ended_on(self) -> date | None:
        return self.day("ended_on")

    def mark(self, what: str, by: date) -> Mark | None:
        return last(self.terms.marks, what, by=by)


def of_cases(plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """What the cases make due that were accepted by the day, and stand."""
    for case in _cases(ground):
        accepted_on = case.day("accepted_on")
        assert accepted_on is not None, "only accepted cases are looked at"
        yield _settled(case, accepted_on, ground)
        yield from _contacts(case, ground)
        for plan in plans:
            for sequel in (_letter, _follow_up, _performance, _handover):
                yield from sequel(plan, case, ground)
            yield from _must_visits(plan, case, ground)


def _cases(ground: Ground) -> Iterator[_Case]:
    visits: Mapping[str, list[visit_duties.Row]] = defaultdict(list)
    for visit in ground.visits:
        visits[visit.case].append(visit)
    for id, terms in ground.terms.items():
        item = ground.cases.get(id)
        if item is not None and item.counts and item.fields["accepted_on"] is not None:
            yield _Case(item, terms, visits.get(id, ()))


def _settled(case: _Case, accepted_on: date, ground: Ground) -> Obligation:
    paused = case.terms.paused and case.ended_on is None
    return ground.frame.obligation(
        SETTLE, case.item.community, about=case.item.key, begins_on=accepted_on, due_on=case.terms.due_on,
        done_on=case.ended_on, state=State.PAUSED if paused else None, provisional=case.terms.provisional,
        taken_over=case.item.taken_over, marks=case.item.marks,
    )  # fmt: skip


def _follows(
    plan: Plan, sequel: Sequel, case: _Case, began: Mark | date | None, done: Mark | None, ground: Ground
) -> Iterator[Obligation]:  # fmt: skip
    """What the plan gives a term for, when it began while the plan was in force. What was not done before the case was
    over for good is owed no more, unless it had become overdue by then."""
    term, days = term_of(plan, sequel), span(plan)
    begun = began.on if isinstance(began, Mark) else began
    if term is None or begun is None or begun < days.first or (days.last is not None and begun > days.last):
        return
    due_on, provisional = ground.frame.by_term(term, begun)
    due_on = max(due_on, plan.issued_on)
    owed_after_end = sequel in (Sequel.FOLLOW_UP, Sequel.PERFORMANCE)
    if done is None and not owed_after_end and case.ended_on is not None and case.ended_on <= due_on:
        return
    marks = [one for one in (began, done) if isinstance(one, Mark)]
    yield ground.frame.obligation(
        planned(plan, term), case.item.community, about=case.item.key, begins_on=begun, due_on=due_on,
        done_on=done.on if done else None, provisional=provisional, marks=marks,
    )  # fmt: skip


def _letter(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    handed_down = case.day("handed_down_on")
    if not case.item.taken_over or case.ended_on is None:  # what was over on paper needs no letter any more
        yield from _follows(plan, Sequel.LETTER, case, handed_down, case.mark("letter", ground.as_of), ground)


def _follow_up(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    if case.item.fields["ended"] not in _FOLLOWED or case.item.taken_over:
        return
    asked = last(case.item.marks, "found_stable", "found_unstable", by=ground.as_of)
    if asked is not None and case.ended_on is not None and asked.on < case.ended_on:
        asked = None  # that was about an earlier ending
    yield from _follows(plan, Sequel.FOLLOW_UP, case, case.ended_on, asked, ground)


def _performance(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    agreed, checked = case.mark("agreed", ground.as_of), case.mark("performed", ground.as_of)
    if agreed is not None and checked is not None and checked.position < agreed.position:
        checked = None  # of an earlier agreement
    yield from _follows(plan, Sequel.PERFORMANCE, case, agreed, checked, ground)


def _handover(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    waiting, done = case.mark("handover", ground.as_of), case.mark("handed_over", ground.as_of)
    if waiting is not None and done is not None and done.position < waiting.position:
        done = None  # of an earlier handover
    yield from _follows(plan, Sequel.HANDOVER, case, waiting, done, ground)


def _contacts(case: _Case, ground: Ground) -> Iterator[Obligation]:
    """After the letter the parties are seen at least once in so many days, until the case is over."""
    letter, every = case.mark("letter", ground.as_of), case.terms.contact_days
    if letter is None or every is None:
        return
    until = min(case.ended_on or ground.as_of, ground.as_of)
    seen = sorted(
        (m for visit in case.visits for m in visit.marks if m.what == "completed" and m.on <= ground.as_of),
        key=lambda m: m.on,
    )
    since = letter.on
    while since <= until:
        due_on = since + timedelta(days=every)
        met = next((m for m in seen if since < m.on <= due_on), None)
        if met is None and case.ended_on is not None and case.ended_on <= due_on:
            return
        yield ground.frame.obligation(
            CONTACT, case.item.community, about=case.item.key, begins_on=since, due_on=due_on,
            done_on=met.on if met else None, marks=[met or letter],
        )  # fmt: skip
        since = met.on if met else due_on


def _must_visits(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    """Must-visits 必访 that fell due while the plan was in force; a household that declines has been visited."""
    clause, days = plan.must_visits.clause, span(plan)
    kind = Kind(MUST_VISIT, clause, "必访", "Must-visit", lead_of(plan, clause), plan.code)
    for row in case.visits:
        if not row.must or row.on < days.first or (days.last is not None and row.on > days.last):
            continue
        item = visit_duties.item(row, case.item, plan.issued_on, ground.as_of)
        due_on, done_on = item.fields["due_on"], item.fields["done_on"]
        if item.counts and isinstance(due_on, date) and row.marks[0].on <= ground.as_of:
            yield ground.frame.obligation(
                kind, item.community, about=row.id, begins_on=row.marks[0].on, due_on=due_on,
                done_on=done_on if isinstance(done_on, date) else None, taken_over=item.taken_over, marks=row.marks,
            )  # fmt: skip
