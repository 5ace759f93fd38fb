"""What a case makes due: its statutory deadline, must-visits, the letter and its contacts, handover, performance,
follow-up (§3.2.1, 3.3.2, 3.4.1, 5.1)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.assessment.due.ground import Ground
from services.assessment.due.obligation import Kind, Obligation, State, demanded, lead_of, planned, term_of
from services.assessment.evidence.items import Item
from services.assessment.evidence.marks import Mark, earliest, first, last
from services.assessment.ledgers import case_terms, postings, visit_duties
from services.assessment.ledgers.case_results import ENDINGS
from services.assessment.rules.periods import span
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

    def ended(self, by: date) -> Mark | None:
        """The mark of its ending."""
        return None if self.ended_on is None else last(self.item.marks, *ENDINGS, by=by)

    def over_on_paper(self, day: date) -> bool:
        return self.item.taken_over and case_terms.over_on_paper(self.terms, day)


def of_cases(plans: Sequence[Plan], ground: Ground) -> Iterator[Obligation]:
    """What the cases make due that were accepted by the day, and stand."""
    posted = _by_officer(ground.postings)
    for case in _cases(ground):
        yield _settled(case, ground)
        yield from _contacts(plans, case, ground)
        for plan in plans:
            for sequel in (_letter, _first_visit, _follow_up, _performance):
                yield from sequel(plan, case, ground)
            yield from _handovers(plan, case, posted, ground)
        yield from _must_visits(plans, case, ground)
    for item in ground.cases.values():
        for plan in plans:
            yield from _registered(plan, item, ground)


def _cases(ground: Ground) -> Iterator[_Case]:
    visits: Mapping[str, list[visit_duties.Row]] = defaultdict(list)
    for visit in ground.visits:
        visits[visit.case].append(visit)
    for id, terms in ground.terms.items():
        item = ground.cases.get(id)
        if item is not None and item.counts and item.fields["accepted_on"] is not None:
            yield _Case(item, terms, visits.get(id, ()))


def _settled(case: _Case, ground: Ground) -> Obligation:
    clock, ended = case_terms.clock(case.terms, ground.as_of), case.ended(ground.as_of)
    known_from = ground.known_from.get(case.item.community, date.min)
    stands_still = clock.paused and clock.on <= clock.due_on  # a pause holds up what is not late yet, and hides nothing
    return ground.frame.obligation(
        SETTLE, case.item.community, about=case.item.key, begins_on=case.day("accepted_on"), due_on=clock.due_on,
        done=ended, state=State.PAUSED if stands_still and ended is None else None, provisional=clock.provisional,
        taken_over=case.item.taken_over and (ended is None or ended.on < known_from), marks=case.item.marks,
        case=case.item.key,
    )  # fmt: skip


# what follows ---------------------------------------------------------------------------------------------------------


def _follows(
    plan: Plan, sequel: Sequel, case: _Case, begun: date, done: Mark | None, ground: Ground, marks: Iterable[Mark] = ()
) -> Iterator[Obligation]:  # fmt: skip
    """What the plan gives a term for, when it began while the plan was in force. What was not done before the case was
    over is owed no more, unless it had become overdue by then: then it is late by the days until the case was over.
    What still waits when the case is reopened begins with that."""
    term, again = term_of(plan, sequel), last(case.terms.marks, "reopened", by=ground.as_of)
    if again is not None and (done is None or done.on >= again.on):
        begun = max(begun, again.on)
    if term is None or not span(plan).has(begun):
        return
    due_on, provisional = ground.frame.by_term(term, begun)
    due_on, late = max(due_on, plan.issued_on), None
    if done is None and case.ended_on is not None and sequel not in (Sequel.FOLLOW_UP, Sequel.PERFORMANCE):
        if case.ended_on <= due_on:
            return
        late = (case.ended_on - due_on).days
    yield ground.frame.obligation(
        planned(plan, term), case.item.community, about=case.item.key, begins_on=begun, due_on=due_on,
        done=done, days=late, provisional=provisional, taken_over=case.item.taken_over,
        marks=(*marks, *((done,) if done else ())), case=case.item.key,
    )  # fmt: skip


def _letter(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    """For what was handed down while the plan was in force, or stood open when it began."""
    handed_down = case.day("handed_down_on")
    if handed_down is None or case.over_on_paper(ground.as_of):
        return
    begun = max(handed_down, span(plan).first)
    if begun <= ground.as_of and (case.ended_on is None or begun <= case.ended_on):
        signed = earliest((letter.signed for letter in case.terms.letters), "letter", by=ground.as_of)
        yield from _follows(plan, Sequel.LETTER, case, begun, signed, ground)


def _first_visit(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    """Every family with a dispute must be visited (§3.3.2), whether somebody planned it or not; one that declines has
    been. Of a case taken over from paper nobody knows who was visited."""
    accepted = case.day("accepted_on")
    if accepted is not None and not case.item.taken_over:
        seen = min(_days_seen(case, ground.as_of), key=lambda m: m.on, default=None)
        yield from _follows(plan, Sequel.VISIT, case, accepted, seen, ground)


def _registered(plan: Plan, item: Item, ground: Ground) -> Iterator[Obligation]:
    """Of every case it is said within the plan's term whether it is taken on; of a petition that is handed down before
    that it is counted from the handing down. Of what was taken over from paper nobody knows."""
    reported, handed_down = item.fields["reported_on"], item.fields["handed_down_on"]
    term = term_of(plan, Sequel.REGISTER)
    if term is None or not item.counts or item.taken_over or not isinstance(reported, date):
        return
    answered = earliest(item.marks, "accepted", "declined", "linked", by=ground.as_of)
    begun = reported
    if isinstance(handed_down, date) and (answered is None or handed_down <= answered.on):
        begun = max(reported, handed_down)
    if not span(plan).has(begun) or (answered is not None and answered.on < begun):
        return
    due_on, provisional = ground.frame.by_term(term, begun)
    yield ground.frame.obligation(
        planned(plan, term), item.community, about=item.key, begins_on=begun, due_on=max(due_on, plan.issued_on),
        provisional=provisional, done=answered, marks=item.marks, case=item.key,
    )  # fmt: skip


def _follow_up(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    ended = case.ended(ground.as_of)
    if ended is None or case.item.fields["ended"] not in _FOLLOWED or case.over_on_paper(ground.as_of):
        return
    asked = earliest(
        case.item.marks, "found_stable", "found_unstable", by=ground.as_of, after=ended.position
    )  # fmt: skip
    yield from _follows(plan, Sequel.FOLLOW_UP, case, ended.on, asked, ground, (ended,))


def _performance(plan: Plan, case: _Case, ground: Ground) -> Iterator[Obligation]:
    """Of an agreement; a case that was reopened is mediated anew, and has none."""
    agreed = last(case.terms.marks, "agreed", "reopened", by=ground.as_of)
    if agreed is not None and agreed.what == "agreed":
        checked = earliest(case.terms.marks, "performed", by=ground.as_of, after=agreed.position)
        yield from _follows(plan, Sequel.PERFORMANCE, case, agreed.on, checked, ground, (agreed,))


# handover -------------------------------------------------------------------------------------------------------------

Posted = Mapping[str, Sequence[postings.Row]]
"""Postings by `postings.of_whom`."""


def _by_officer(rows: Iterable[postings.Row]) -> Posted:
    found: dict[str, list[postings.Row]] = defaultdict(list)
    for row in rows:
        found[postings.of_whom(row)].append(row)
    return found


def _handovers(plan: Plan, case: _Case, posted: Posted, ground: Ground) -> Iterator[Obligation]:
    """Each time a handler leaves; counted from the last day in the community, where that was told before it came."""
    for one in case.terms.handovers:
        if one.opened.on > ground.as_of:
            continue
        whose = posted.get(f"{case.item.community}/{one.officer}", ())
        rows = [row for row in whose if row.from_day <= one.opened.on and first(row, "voided", date.max) is None]
        done = one.done if one.done is not None and one.done.on <= ground.as_of else None
        if done is None and not all(map(postings.ended, rows)):
            continue  # the end was taken back
        left_on = max((row.last_day for row in rows if row.last_day is not None), default=one.opened.on)
        begun = max(one.opened.on, min(left_on, done.on if done else left_on))
        yield from _follows(plan, Sequel.HANDOVER, case, begun, done, ground, (one.opened,))


# contacts and visits --------------------------------------------------------------------------------------------------


def _contacts(plans: Sequence[Plan], case: _Case, ground: Ground) -> Iterator[Obligation]:
    """From the first letter on, the parties are seen at least once in so many days, as long as the case is open; a
    household that declines has been visited. Whatever a letter says, it is never longer than by a plan's term."""
    letters = [one for one in case.terms.letters if one.signed.on <= ground.as_of]
    signed = earliest((one.signed for one in letters), "letter", by=ground.as_of)
    if signed is None:
        return
    seen = _days_seen(case, ground.as_of)
    for opened, closed in _open(case, ground.as_of):
        since, until = max(opened, signed.on), ground.as_of if closed is None else closed
        for met in (m for m in seen if since < m.on <= until):
            yield _contact(plans, case, letters, since, met, None, ground)
            since = met.on
        if since <= until:
            missed = _contact(plans, case, letters, since, None, closed, ground)
            if closed is None or (missed.due_on is not None and missed.due_on < closed):
                yield missed


def _days_seen(case: _Case, by: date) -> Sequence[Mark]:
    """The visits in the order of their days, one of a day."""
    found: dict[date, Mark] = {}
    for visit in case.visits:
        if first(visit, "voided", date.max) is None:
            for m in visit.marks:
                if m.what in visit_duties.DONE and m.on <= by:
                    found.setdefault(m.on, m)
    return [found[on] for on in sorted(found)]


def _open(case: _Case, by: date) -> Iterator[tuple[date, date | None]]:
    """The stretches of days on which the case was open; without a last day while it is."""
    since = case.day("accepted_on")
    for m in case.item.marks:
        if m.on <= by and m.what in ENDINGS and since is not None:
            yield since, m.on
            since = None
        elif m.on <= by and m.what == "reopened":
            since = m.on
    if since is not None:
        yield since, None


def _contact(
    plans: Sequence[Plan], case: _Case, letters: Sequence[case_terms.Letter], since: date, met: Mark | None,
    closed: date | None, ground: Ground,
) -> Obligation:  # fmt: skip
    """The contact that is due after the one before, or the letter; missed for good where the case was closed. A letter
    that is signed meanwhile can only bring it forward."""
    letter = next((one for one in reversed(letters) if one.signed.on <= since), letters[0])
    until = met.on if met is not None else closed or ground.as_of
    signed = (one for one in letters if since < one.signed.on <= until)
    meanwhile = (one.signed.on + timedelta(days=one.contact_days) for one in signed)
    terms = (term_of(plan, Sequel.CONTACT) for plan in plans if span(plan).has(since))
    longest = (ground.frame.by_term(term, since)[0] for term in terms if term is not None)
    due_on = min((since + timedelta(days=letter.contact_days), *meanwhile, *longest))
    return ground.frame.obligation(
        CONTACT, case.item.community, about=case.item.key, begins_on=since, due_on=due_on,
        done=met, days=(closed - due_on).days if closed else None,
        marks=[letter.signed, *((met,) if met else ())], case=case.item.key,
    )  # fmt: skip


def _must_visits(plans: Sequence[Plan], case: _Case, ground: Ground) -> Iterator[Obligation]:
    """Must-visits 必访; a household that declines has been visited. A visit is one obligation, however many plans are
    in force on its day: that of the plan that began last, so that a campaign goes before a standing plan."""
    for row in case.visits:
        plan = max((one for one in plans if span(one).has(row.on)), key=lambda one: span(one).first, default=None)
        if plan is None or not row.must or row.marks[0].on > ground.as_of:
            continue
        item = visit_duties.item(row, case.item, plan.issued_on, ground.as_of)
        due_on, done_on = item.fields["due_on"], item.fields["done_on"]
        clause = plan.must_visits.clause
        kind = Kind(MUST_VISIT, clause, "必访", "Must-visit", lead_of(plan, clause), plan.code)
        if item.counts and isinstance(due_on, date):
            yield ground.frame.obligation(
                kind, item.community, about=row.id, begins_on=min(row.marks[0].on, due_on), due_on=due_on,
                done=done_on if isinstance(done_on, date) else None, taken_over=item.taken_over, marks=row.marks,
                case=row.case,
            )  # fmt: skip
