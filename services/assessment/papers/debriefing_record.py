"""The debriefing record 述职评议记录 (§3.3.4): that the officers reported to residents' representatives, how many came,
when the minutes were filed, how the representatives voted, and whether the officers had their say."""

from collections.abc import Iterator, Sequence
from datetime import date

from services.assessment.evidence.marks import last
from services.assessment.ledgers import communities_served, meetings_held
from services.assessment.papers import entered
from services.assessment.papers.asking import Asked, known, needed
from shared.contracts.assessment_entries import ArchiveKind
from shared.contracts.codes import MeetingKind
from shared.contracts.days import civil_day
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line
from shared.contracts.model import Look


@value
class Review:
    """A public review 群众评议: the votes, as they were cast."""

    id: Code
    officer: Code | None
    """Whom it is about; None for the community's whole team."""
    on: Day
    good: Count
    fair: Count
    poor: Count


@value
class Reply:
    """An officer's own word on a review 本人意见. What it says is sealed."""

    archive: Code
    """The archive entry's id."""
    officer: Code
    on: Day


@value
class Debriefing:
    """One debriefing 述职会."""

    meeting: Code
    month: Code
    """The month that it answers for."""
    held_on: Day
    attended: Count
    minutes_on: Day | None
    """When the minutes reached the office; None while they have not."""
    position: Count
    reviews: tuple[Review, ...]
    replies: tuple[Reply, ...]


@value
class DebriefingRecord:
    """A community's debriefings."""

    community: Division
    name: Line
    debriefings: tuple[Debriefing, ...]


def debriefing_record(look: Look, asked: Asked) -> DebriefingRecord:
    """A community's debriefings, or those that answer for a month; raises `Refused`."""
    community, names = needed(asked.community, "community"), communities_served.names(look)
    known(community, names, "community")
    rows = look.rows(meetings_held.LEDGER, community=community)
    reviews = list(_reviews(look, community, asked.as_of))
    found = (
        _debriefing(look, row, [review for of, review in reviews if of == row.id], asked.as_of)
        for row in sorted(rows, key=lambda row: row.marks[0].position)
        if row.kind is MeetingKind.DEBRIEFING and asked.month in (None, row.month) and row.marks[0].on <= asked.as_of
        and not meetings_held.voided(row)
    )  # fmt: skip
    return DebriefingRecord(community=community, name=names[community], debriefings=tuple(found))


def _reviews(look: Look, community: str, by: date) -> Iterator[tuple[str, Review]]:
    for row in entered.standing(look, "reviews", by, community=community):
        yield row.meeting, Review(
            id=row.id, officer=row.officer, on=civil_day(row.happened_at), good=row.good, fair=row.fair, poor=row.poor
        )  # fmt: skip


def _debriefing(look: Look, row: meetings_held.Row, reviews: Sequence[Review], by: date) -> Debriefing:
    held, minutes = row.marks[0], last(row.marks, "submitted", by=by)
    officers = {review.officer for review in reviews if review.officer is not None}
    return Debriefing(
        meeting=row.id, month=row.month, held_on=held.on, attended=row.attended,
        minutes_on=minutes.on if minutes else None, position=held.position, reviews=tuple(reviews),
        replies=tuple(
            Reply(archive=entry.id, officer=entry.officer, on=civil_day(entry.replied_at))
            for entry in entered.standing(look, "archives", by, since=held.on)
            if entry.officer in officers and entry.archive is ArchiveKind.REVIEW and entry.replied_at is not None
            and civil_day(entry.replied_at) <= by
        ),
    )  # fmt: skip
