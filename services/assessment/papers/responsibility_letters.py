"""Responsibility letters 包案稳控责任书 (§3.4.1, 5.1): for each handed-down case who answers for it, how often its
parties are seen, and which contacts were made and missed so far."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from services.assessment.due.listing import Line as DutyLine
from services.assessment.due.obligation import State
from services.assessment.due.of_cases import CONTACT
from services.assessment.evidence.items import Item
from services.assessment.explaining.vocabulary import ENDINGS
from services.assessment.ledgers import case_results, communities_served, plans
from services.assessment.ledgers import responsibility_letters as ledger
from services.assessment.papers import owed
from services.assessment.papers.asking import Asked, known
from services.assessment.papers.masked import MASK
from shared.contracts.assessment import Sequel
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Days, Division, Line
from shared.contracts.model import Look, Refused


@value
class SignedLetter:
    """A letter that was signed; a later one replaces an earlier one."""

    unit: Line
    """The unit that answers."""
    signer: Line
    """Sealed 已封存: that somebody signed in person is all that is told here."""
    signed_on: Day
    contact_days: Days
    """The parties are seen at least once in so many days."""
    position: Count


@value
class Contact:
    """A contact with the parties that was due 约定联系."""

    since: Day | None
    due_on: Day | None
    met_on: Day | None
    state: State
    positions: tuple[Count, ...]


@value
class LetterOwed:
    """By when a plan asks for a letter, and whether it came in time."""

    plan: Code | None
    due_on: Day | None
    done_on: Day | None
    state: State


@value
class CaseLetters:
    """A handed-down case, and the letters that were signed for it."""

    case: Code
    community: Division
    name: Line | None
    handed_down_on: Day
    by_unit: Line | None
    """Who handed it down; None where nobody said (a paper ledger)."""
    document: Code | None
    accepted_on: Day | None
    ended: Code | None
    """How it is over; None while it is not."""
    ended_zh: Line | None
    ended_en: Line | None
    ended_on: Day | None
    unstable_on: Day | None
    """When the last follow-up found it unsettled, where it did."""
    owed: tuple[LetterOwed, ...]
    letters: tuple[SignedLetter, ...]
    contacts: tuple[Contact, ...]
    met_in_time: Count
    late_or_missed: Count
    """Those that came late or not at all."""


@value
class ResponsibilityLetters:
    """The letters of the cases that were handed down."""

    community: Division
    """Whose they are; the sub-district's code where they are all."""
    cases: tuple[CaseLetters, ...]


def responsibility_letters(look: Look, asked: Asked) -> ResponsibilityLetters:
    """The letters of all handed-down cases, of a community's, or of one; raises `Refused`."""
    names = communities_served.names(look)
    known(asked.community, names, "community")
    signed, owing = {row.id: row for row in look.rows(ledger.LEDGER)}, _by_case(look, asked.as_of)
    found = [
        _of_case(item, names, signed.get(item.key), owing.get(item.key, ()), asked.as_of)
        for item in (case_results.item(row, asked.as_of) for row in look.rows(case_results.LEDGER))
        if item.counts and item.fields["handed_down_on"] is not None
        and asked.community in (None, item.community) and asked.case in (None, item.key)
    ]  # fmt: skip
    if asked.case is not None and not found:
        raise Refused("unknown_case", field="case")
    found.sort(key=lambda one: (one.community, one.handed_down_on, one.case))
    return ResponsibilityLetters(community=asked.community or look.log, cases=tuple(found))


def _by_case(look: Look, as_of: date) -> Mapping[str, Sequence[DutyLine]]:
    """The contacts and the letters that were owed, by the case that they are about."""
    letters = {
        (row.code, term.code) for row in look.rows(plans.LEDGER) for term in row.plan.terms
        if term.sequel is Sequel.LETTER
    }  # fmt: skip
    found: dict[str, list[DutyLine]] = defaultdict(list)
    for line in owed.stood(look, as_of):
        if line.code == CONTACT.code or (line.plan, line.code) in letters:
            found[line.about].append(line)
    return found


def _of_case(
    item: Item, names: Mapping[str, str], row: ledger.Row | None, owing: Sequence[DutyLine], as_of: date
) -> CaseLetters:  # fmt: skip
    def day(name: str) -> date | None:
        held = item.fields[name]
        return held if isinstance(held, date) else None

    handed_down, ended = day("handed_down_on"), item.fields["ended"]
    assert handed_down is not None, "only handed-down cases are looked at"
    zh, en = ENDINGS[ended] if isinstance(ended, str) else (None, None)
    contacts = [line for line in owing if line.code == CONTACT.code]
    return CaseLetters(
        case=item.key, community=item.community, name=names.get(item.community), handed_down_on=handed_down,
        by_unit=row.by_unit if row else None, document=row.document if row else None, accepted_on=day("accepted_on"),
        ended=ended if isinstance(ended, str) else None, ended_zh=zh, ended_en=en, ended_on=day("ended_on"),
        unstable_on=day("unstable_on"),
        owed=tuple(
            LetterOwed(plan=line.plan, due_on=line.due_on, done_on=line.done_on, state=line.state)
            for line in owing if line.code != CONTACT.code
        ),
        letters=tuple(_letter(one) for one in (row.letters if row else ()) if one.signed.on <= as_of),
        contacts=tuple(
            Contact(
                since=line.begins_on, due_on=line.due_on, met_on=line.done_on, state=line.state,
                positions=line.positions,
            )
            for line in sorted(contacts, key=lambda line: line.begins_on or date.min)
        ),
        met_in_time=sum(line.state is State.DONE for line in contacts),
        late_or_missed=sum(line.state in (State.LATE, State.OVERDUE) for line in contacts),
    )  # fmt: skip


def _letter(one: ledger.UnitLetter) -> SignedLetter:
    return SignedLetter(
        unit=one.unit, signer=MASK, signed_on=one.signed.on, contact_days=one.contact_days,
        position=one.signed.position,
    )  # fmt: skip
