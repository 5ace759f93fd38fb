"""What the office and the communities entered, as papers list it: what was made void is left out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any, Final

from services.assessment.entries import ENTRIES
from services.assessment.ledgers import restatements, scores
from shared.contracts.assessment import Change, Period
from shared.contracts.assessment_entries import CircularKind, Commended, Finding
from shared.contracts.days import civil_day
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line, Ordinal
from shared.contracts.frozen import replace
from shared.contracts.model import Ledger, Look

_LEDGERS: Final[Mapping[str, Ledger[Any]]] = {one.name: one for one in ENTRIES.ledgers}


@value
class Appeal:
    """An appeal 申诉, and what came of it. Its grounds and its reasons are sealed."""

    id: Code
    community: Division
    publication: Code
    indicator: Code | None
    lodged_on: Day
    heard_on: Day | None
    heard_by: Line | None
    decided_on: Day | None
    """None while it waits."""
    decided_by: Line | None
    finding: Finding | None
    excused: Count
    """How many members of a denominator it left out."""


@value
class Restatement:
    """A published score was put right 更正: the numbers, and the events that changed them."""

    publication: Code
    community: Division
    restated_on: Day
    position: Count
    changes: tuple[Change, ...]


@value
class Commendation:
    """Who was commended 表彰, and on which published score it rests."""

    id: Code
    on: Day
    commended: Commended
    subject: Code
    award: Line
    publication: Code | None


@value
class Circular:
    """A circular that was sent round 通报. Whom it praises or criticises was the office's decision."""

    id: Code
    on: Day
    circular: CircularKind
    document: Code
    title: Line
    communities: tuple[Division, ...]


@value
class ModelCase:
    """A case or a way of working that was recommended 典型案例."""

    id: Code
    on: Day
    community: Division
    title: Line


@value
class CommunityPlan:
    """A community's own plan 社区方案."""

    id: Code
    on: Day
    community: Division
    title: Line
    measures: Ordinal


@value
class CommunitySummary:
    """A community's summary 活动总结."""

    id: Code
    on: Day
    community: Division
    title: Line
    practices: Count


@value
class Publication:
    """A publication of scores 公布批次, as it stood on the paper's day."""

    publication: Code
    period: Period
    as_of: Day
    plan: Code
    plan_version: Ordinal
    rulebook: Code
    rulebook_version: Ordinal
    position: Count
    """Of the evidence that its scores rest on; of those that were restated, each says its own."""
    root: Code
    restated: Count
    """How many restatements there were."""


def standing(look: Look, name: str, by: date, since: date = date.min, **equal: object) -> Iterator[Any]:
    """The lines of a ledger of entries that stand and were entered of days between two, both included, in the order of
    those days."""
    rows = look.rows(_LEDGERS[name], **equal)
    kept = (row for row in rows if row.voided_at is None and since <= civil_day(row.happened_at) <= by)
    yield from sorted(kept, key=lambda row: (row.happened_at, row.id))


def appeals(look: Look, publications: Sequence[str], by: date) -> tuple[Appeal, ...]:
    """The appeals against these publications, as far as they had come by a day."""
    return tuple(_appeal(row, by) for row in standing(look, "appeals", by) if row.publication in publications)


def _appeal(row: Any, by: date) -> Appeal:
    heard, decided = (_by(moment, by) for moment in (row.heard_at, row.decided_at))
    return Appeal(
        id=row.id, community=row.community, publication=row.publication, indicator=row.indicator,
        lodged_on=civil_day(row.happened_at), heard_on=heard, heard_by=row.heard_by if heard else None,
        decided_on=decided, decided_by=row.decided_by if decided else None, finding=row.finding if decided else None,
        excused=len(row.excused or ()) if decided else 0,
    )  # fmt: skip


def _by(moment: Any, by: date) -> date | None:
    day = None if moment is None else civil_day(moment)
    return day if day is not None and day <= by else None


def restated(look: Look, publications: Sequence[str], by: date) -> tuple[Restatement, ...]:
    """The restatements of these publications, in the order of the log."""
    rows = (row for row in look.rows(restatements.LEDGER) if row.publication in publications)
    return tuple(
        Restatement(
            publication=row.publication, community=row.community, restated_on=civil_day(row.restated_at),
            position=row.position, changes=row.changes,
        )
        for row in sorted(rows, key=lambda row: row.position) if civil_day(row.restated_at) <= by
    )  # fmt: skip


def commendations(look: Look, since: date, by: date) -> tuple[Commendation, ...]:
    """Who was commended between two days."""
    return tuple(
        Commendation(
            id=row.id, on=civil_day(row.happened_at), commended=row.commended, subject=row.subject, award=row.award,
            publication=row.publication,
        )
        for row in standing(look, "commendations", by, since)
    )  # fmt: skip


def circulars(look: Look, since: date, by: date) -> tuple[Circular, ...]:
    """What was sent round between two days."""
    return tuple(
        Circular(
            id=row.id, on=civil_day(row.happened_at), circular=row.circular, document=row.document, title=row.title,
            communities=tuple(row.communities),
        )
        for row in standing(look, "circulars", by, since)
    )  # fmt: skip


def model_cases(look: Look, since: date, by: date) -> tuple[ModelCase, ...]:
    """What was recommended between two days."""
    return tuple(
        ModelCase(id=row.id, on=civil_day(row.happened_at), community=row.community, title=row.title)
        for row in standing(look, "model_cases", by, since)
    )


def community_plans(look: Look, since: date, by: date) -> tuple[CommunityPlan, ...]:
    """The communities' own plans, filed between two days."""
    return tuple(
        CommunityPlan(
            id=row.id, on=civil_day(row.happened_at), community=row.community, title=row.title, measures=row.measures
        )
        for row in standing(look, "community_plans", by, since)
    )  # fmt: skip


def summaries(look: Look, since: date, by: date) -> tuple[CommunitySummary, ...]:
    """The communities' summaries, submitted between two days."""
    return tuple(
        CommunitySummary(
            id=row.id, on=civil_day(row.happened_at), community=row.community, title=row.title,
            practices=row.practices,
        )
        for row in standing(look, "summaries", by, since)
    )  # fmt: skip


def stood(look: Look, by: date, **equal: object) -> list[scores.Row]:
    """The scores that had been published by a day, as they stood then: what was restated later is as it had been."""
    restated: dict[str, list[restatements.Row]] = {}
    for one in sorted(look.rows(restatements.LEDGER), key=lambda one: one.position):
        restated.setdefault(f"{one.publication}.{one.community}", []).append(one)
    rows = look.rows(scores.LEDGER, **equal)
    return [_stood(row, restated.get(row.id, ()), by) for row in rows if civil_day(row.published_at) <= by]


def _stood(row: scores.Row, restated: Sequence[restatements.Row], by: date) -> scores.Row:
    before = [*takewhile(lambda one: civil_day(one.restated_at) <= by, restated)]
    if len(before) == len(restated):
        return row
    last = before[-1] if before else None
    return replace(
        row, **scores.stating(restated[len(before)].was), restatements=len(before),
        position=last.position if last else row.first_position,
        restated_at=last.restated_at if last else None, changes=last.changes if last else (),
    )  # fmt: skip


def publications(rows: Sequence[scores.Row]) -> tuple[Publication, ...]:
    """The publications that these scores belong to."""
    found: dict[str, list[scores.Row]] = {}
    for row in rows:
        found.setdefault(row.publication, []).append(row)
    return tuple(_publication(of) for _, of in sorted(found.items(), key=lambda one: (one[1][0].as_of, one[0])))


def _publication(rows: Sequence[scores.Row]) -> Publication:
    one = max(rows, key=lambda row: row.position)  # as it was stated last
    return Publication(
        publication=one.publication, as_of=one.as_of, plan=one.plan, plan_version=one.plan_version,
        period=one.full_period,
        rulebook=one.rulebook, rulebook_version=one.rulebook_version, position=one.evidence_position, root=one.root,
        restated=sum(row.restatements for row in rows),
    )  # fmt: skip
