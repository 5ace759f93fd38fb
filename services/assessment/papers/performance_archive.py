"""An officer's performance archive 实绩档案 (§3.3.6): dated facts, each with its place in the log, reviews as they were
voted, what the office put on it, and the officer's own word.

Nothing in it is counted, compared or added up: it has no score, rank or risk of a person. The office, auditors and the
officer read it whole. Cases stand in it by ids that say nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from services.assessment.evidence.marks import Mark, first
from services.assessment.ledgers import (
    case_results,
    communities_served,
    meetings_held,
    officer_acts,
    officers_enrolled,
    postings,
)
from services.assessment.ledgers.officer_acts import Done
from services.assessment.papers import entered
from services.assessment.papers.asking import Asked, needed
from services.assessment.papers.debriefing_record import Review
from services.assessment.papers.masked import masked
from shared.contracts.assessment_entries import ArchiveKind
from shared.contracts.codes import PostingEnd, Profession, Role
from shared.contracts.days import civil_day
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line
from shared.contracts.model import Look, Refused


@value
class Absence:
    """Leave 请假."""

    first_day: Day
    last_day: Day
    cover: Code | None
    """Who came in the officer's place 顶岗."""


@value
class Posting:
    """A posting 派驻."""

    community: Division
    name: Line | None
    from_day: Day
    last_day: Day | None
    """None while it goes on."""
    ended_for: PostingEnd | None
    leave: tuple[Absence, ...]
    positions: tuple[Count, ...]


@value
class Covered:
    """Days on which the officer came in another's place 顶岗."""

    community: Division
    first_day: Day
    last_day: Day


@value
class Fact:
    """Something that the officer did 工作情况."""

    on: Day
    done: Done
    community: Division | None
    about: Code
    """The case or the entry, by its id."""
    position: Count


@value
class ArchiveEntry:
    """What the office put on the archive, and the officer's word on it. Both texts are sealed."""

    id: Code
    on: Day
    archive: ArchiveKind
    period: Code
    entry: Line
    reply: Line | None
    replied_on: Day | None
    filed_with: Line | None
    filing: Code | None
    filed_on: Day | None


@value
class PerformanceArchive:
    """An officer's archive 实绩档案."""

    officer: Code
    """The pseudonym."""
    profession: Profession
    unit: Line
    enrolled_on: Day
    postings: tuple[Posting, ...]
    covered: tuple[Covered, ...]
    facts: tuple[Fact, ...]
    reviews: tuple[Review, ...]
    entries: tuple[ArchiveEntry, ...]
    commendations: tuple[entered.Commendation, ...]


def performance_archive(look: Look, asked: Asked) -> PerformanceArchive:
    """The archive of an officer. Officers read their own alone; that is asked before whether there is such an officer.

    Raises `Refused`: missing_parameter, archive_of_another, unknown_officer.
    """
    officer = needed(asked.officer, "officer")
    if asked.by.role == Role.OFFICER and asked.by.id != officer:
        raise Refused("archive_of_another", field="officer")
    row = look.row(officers_enrolled.LEDGER, officer)
    if row is None or officers_enrolled.voided(row) or row.marks[0].on > asked.as_of:
        raise Refused("unknown_officer", field="officer")
    rows, by = look.rows(postings.LEDGER), asked.as_of
    return PerformanceArchive(
        officer=officer, profession=row.profession, unit=row.unit, enrolled_on=row.marks[0].on,
        postings=tuple(_postings(look, rows, officer, by)), covered=tuple(_covered(rows, officer, by)),
        facts=tuple(_facts(look, officer, by)), reviews=tuple(_reviews(look, officer, by)),
        entries=tuple(
            _entry(one, by) for one in entered.standing(look, "archives", by) if one.officer == officer
        ),
        commendations=tuple(
            one for one in entered.commendations(look, date.min, by)
            if one.commended == "officer" and one.subject == officer
        ),
    )  # fmt: skip


def _stand(rows: Iterable[postings.Row], by: date) -> Iterator[postings.Row]:
    for row in rows:
        if row.from_day <= by and first(row, "voided", date.max) is None:
            yield row


def _postings(look: Look, rows: Iterable[postings.Row], officer: str, by: date) -> Iterator[Posting]:
    names = communities_served.names(look)
    for row in sorted(_stand(rows, by), key=lambda row: (row.from_day, row.community)):
        if postings.of_whom(row) != f"{row.community}/{officer}":
            continue
        over = postings.ended(row) and row.last_day is not None and row.last_day <= by
        yield Posting(
            community=row.community, name=names.get(row.community), from_day=row.from_day,
            last_day=row.last_day if over else None, ended_for=PostingEnd(row.reason) if over and row.reason else None,
            leave=tuple(
                Absence(first_day=one.first_day, last_day=one.last_day, cover=one.cover)
                for one in row.leaves if one.first_day <= by
            ),
            positions=_positions(row.marks),
        )  # fmt: skip


def _covered(rows: Iterable[postings.Row], officer: str, by: date) -> Iterator[Covered]:
    found = [
        Covered(community=row.community, first_day=one.first_day, last_day=one.last_day)
        for row in _stand(rows, by) for one in row.leaves if one.cover == officer and one.first_day <= by
    ]  # fmt: skip
    yield from sorted(found, key=lambda one: (one.first_day, one.community))


def _facts(look: Look, officer: str, by: date) -> Iterator[Fact]:
    """The officer's acts in the order of their days; what was done in a case that never was is left out."""
    cases = {row.id: case_results.item(row, by) for row in look.rows(case_results.LEDGER)}
    found = []
    for row in look.rows(officer_acts.LEDGER):
        about = row.id.partition("/")[2]
        case = cases.get(about) if row.id.startswith("handling/") else None
        if case is not None and not case.counts:
            continue
        for act in row.acts:
            if officer in act.officers and act.at.on <= by:
                community = case.community if case is not None else act.community
                found.append(
                    Fact(on=act.at.on, done=act.did, community=community, about=about, position=act.at.position)
                )
    yield from sorted(found, key=lambda fact: (fact.on, fact.position))


def _reviews(look: Look, officer: str, by: date) -> Iterator[Review]:
    """The votes on this officer, at debriefings that were held."""
    void = {row.id for row in look.rows(meetings_held.LEDGER) if meetings_held.voided(row)}
    for row in entered.standing(look, "reviews", by):
        if row.officer == officer and row.meeting not in void:
            yield Review(
                id=row.id, officer=officer, on=civil_day(row.happened_at), good=row.good, fair=row.fair, poor=row.poor
            )  # fmt: skip


def _entry(row: Any, by: date) -> ArchiveEntry:
    replied, filed = _by(row.replied_at, by), _by(row.filed_at, by)
    return ArchiveEntry(
        id=row.id, on=civil_day(row.happened_at), archive=row.archive, period=row.period,
        entry=masked(row.entry) or "", reply=masked(row.reply) if replied else None, replied_on=replied,
        filed_with=row.filed_with if filed else None, filing=row.filing if filed else None, filed_on=filed,
    )  # fmt: skip


def _by(moment: datetime | None, by: date) -> date | None:
    day = None if moment is None else civil_day(moment)
    return day if day is not None and day <= by else None


def _positions(marks: Iterable[Mark]) -> tuple[int, ...]:
    return tuple(sorted({m.position for m in marks}))
