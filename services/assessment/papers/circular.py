"""The circular 通报 (§3.3.7, 6.5): how the communities stand in a publication, with every number's numerator and
denominator; what was missed, what is overdue, what was restated and why, and what is under appeal.

Whom a circular praises or criticises is the office's decision: those that it issued are listed as they were entered.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.assessment.due.listing import Line as DutyLine
from services.assessment.ledgers import communities_served, deeds, plans, rulebooks, scores
from services.assessment.papers import entered, owed
from services.assessment.papers.asking import Asked, known, needed
from services.assessment.papers.outcome import InstitutionOutcome, of_row
from services.assessment.papers.raised import Raised, raised
from services.assessment.rules.versions import edition
from services.assessment.scoring.ranking import NoPlace, Place, ranks, reasons
from shared.contracts.assessment import Rulebook
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line
from shared.contracts.model import Look


@value
class WithoutPlace:
    """Why a community is in no order 不排名: which indicator is below the rulebook's minimum."""

    why: NoPlace
    indicator: Code | None
    denominator: Count
    minimum: Count


@value
class Rectification:
    """An order to put something right 整改."""

    id: Code
    ordered_on: Day
    due_on: Day | None
    done_on: Day | None


@value
class CommunityStanding:
    """How a community stands."""

    outcome: InstitutionOutcome
    place: Count | None
    """Its place in the order; None where it has none, or where the rulebook does not show it to whoever asks."""
    place_shared: bool | None
    """Whether others have the same place 并列; None where it has none, or none is shown."""
    without_place: tuple[WithoutPlace, ...]
    unmet: tuple[DutyLine, ...]
    """Overdue, vacant or not kept, on the paper's day."""
    rectifications: tuple[Rectification, ...]


@value
class PublicationCircular:
    """A circular 通报 of one publication."""

    publication: entered.Publication
    plan_title: Line
    rulebook_title_zh: Line
    rulebook_title_en: Line
    whole: InstitutionOutcome | None
    communities: tuple[CommunityStanding, ...]
    """In the order of their codes."""
    restatements: tuple[entered.Restatement, ...]
    appeals_pending: tuple[entered.Appeal, ...]
    appeals_decided: tuple[entered.Appeal, ...]
    flags: tuple[Raised, ...]
    """What looked odd in the period's months: beside the standing, and never in it."""
    issued: tuple[entered.Circular, ...]
    """The circulars that the office issued since the period began."""


def circular(look: Look, asked: Asked) -> PublicationCircular:
    """The circular of a publication; raises `Refused`."""
    wanted = needed(asked.publication, "publication")
    rows = entered.stood(look, asked.as_of, publication=wanted)
    published = entered.publications(rows)
    known(wanted, {one.publication: one for one in published}, "publication")
    names, publication = communities_served.names(look), published[0]
    known(asked.community, {row.community: row for row in rows}, "community")
    books = {row.id: edition(look.rows(rulebooks.LEDGER), row.rulebook, row.rulebook_version).rulebook for row in rows}
    plan = edition(look.rows(plans.LEDGER), publication.plan, publication.plan_version)
    book = edition(look.rows(rulebooks.LEDGER), publication.rulebook, publication.rulebook_version).rulebook
    places = ranks(rows, book.ranks, asked.by.role)
    unmet, orders = owed.unmet(owed.stood(look, asked.as_of)), list(_orders(look, asked))
    shown = [row for row in rows if asked.community in (None, row.community)]
    whole = next((row for row in rows if row.community == look.log), None)
    appeals = [one for one in entered.appeals(look, (wanted,), asked.as_of) if asked.community in (None, one.community)]
    return PublicationCircular(
        publication=publication, plan_title=plan.plan.title, rulebook_title_zh=book.title_zh,
        rulebook_title_en=book.title_en,
        whole=None if whole is None else of_row(whole, books[whole.id], names),
        communities=tuple(
            _standing(row, books[row.id], names, places.get(row.id), unmet, orders)
            for row in sorted(shown, key=lambda row: row.community) if row.community != look.log
        ),
        restatements=tuple(
            one for one in entered.restated(look, (wanted,), asked.as_of) if asked.community in (None, one.community)
        ),
        appeals_pending=tuple(one for one in appeals if one.decided_on is None),
        appeals_decided=tuple(one for one in appeals if one.decided_on is not None),
        flags=raised(
            look, book.flags, publication.period.from_day, publication.period.to_day, asked.as_of, asked.community
        ),
        issued=entered.circulars(look, publication.period.from_day, asked.as_of),
    )  # fmt: skip


def _standing(
    row: scores.Row, book: Rulebook, names: Mapping[str, str], place: Place | None, unmet: Sequence[DutyLine],
    orders: Iterable[tuple[Division, Rectification]],
) -> CommunityStanding:  # fmt: skip
    return CommunityStanding(
        outcome=of_row(row, book, names), place=None if place is None else place.place,
        place_shared=None if place is None else place.shared,
        without_place=tuple(
            WithoutPlace(why=one.why, indicator=one.indicator, denominator=one.denominator, minimum=one.minimum)
            for one in reasons(row, book)
        ),
        unmet=tuple(line for line in unmet if line.community == row.community),
        rectifications=tuple(order for code, order in orders if code == row.community),
    )  # fmt: skip


def _orders(look: Look, asked: Asked) -> Iterator[tuple[Division, Rectification]]:
    for row in look.rows(deeds.LEDGER, work=deeds.RECTIFICATION):
        item, done = deeds.item(row, asked.as_of), deeds.stands(row, asked.as_of)
        if item.counts and row.community is not None:
            yield row.community, Rectification(
                id=row.id.partition("/")[2], ordered_on=row.marks[0].on, due_on=row.due_on,
                done_on=done.on if done else None,
            )  # fmt: skip
