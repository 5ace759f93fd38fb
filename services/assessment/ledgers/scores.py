"""Published scores 考核结果 (§3.3.5): one row per institution and publication, as last published or restated."""

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from services.assessment.scoring.exact import exactly
from shared.contracts.assessment import (
    Change,
    Figure,
    IndicatorScore,
    Period,
    PeriodKind,
    Score,
    ScorePublished,
    ScoreRestated,
)
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The score of an institution; `community` is the sub-district's code where it is that of the whole."""

    id: str
    publication: str
    community: str
    period_kind: PeriodKind
    period: str
    from_day: date
    to_day: date
    as_of: date
    plan: str
    plan_version: int
    rulebook: str
    rulebook_version: int
    evidence_position: int
    root: str
    indicators: tuple[IndicatorScore, ...]
    points: Figure
    possible: Figure
    per_cent: str | None
    rankable: bool
    published_at: datetime
    recorded_on: date
    """When the log took it first: from then on it may be appealed against."""
    first_position: int
    """Of the event that first stated it."""
    position: int
    """Of the event that last stated it."""
    restated_at: datetime | None
    restatements: int
    changes: tuple[Change, ...]
    """Of the last restatement."""

    @property
    def full_period(self) -> Period:
        """The period with its kind and its days."""
        return Period(kind=self.period_kind, name=self.period, from_day=self.from_day, to_day=self.to_day)

    @property
    def share(self) -> Fraction | None:
        """Of what could be measured, how much was attained; none where nothing could."""
        return exactly(self.points) / possible if (possible := exactly(self.possible)) else None


def stating(score: Score) -> dict[str, Any]:
    """What a row says of a score, in its columns."""
    return {
        "period_kind": score.period.kind, "period": score.period.name, "from_day": score.period.from_day,
        "to_day": score.period.to_day, "as_of": score.as_of, "plan": score.plan, "plan_version": score.plan_version,
        "rulebook": score.rulebook, "rulebook_version": score.rulebook_version, "evidence_position": score.position,
        "root": score.root, "indicators": score.indicators, "points": score.points, "possible": score.possible,
        "per_cent": score.per_cent, "rankable": score.rankable,
    }  # fmt: skip


def stated(row: Row) -> Score:
    """The score that a row tells of, as it was stated last."""
    return Score(
        subject=row.community, period=row.full_period, as_of=row.as_of, plan=row.plan, plan_version=row.plan_version,
        rulebook=row.rulebook, rulebook_version=row.rulebook_version, position=row.evidence_position, root=row.root,
        indicators=row.indicators, points=row.points, possible=row.possible, per_cent=row.per_cent,
        rankable=row.rankable,
    )  # fmt: skip


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    restated = isinstance(event, ScoreRestated)
    return Row(
        id=key,
        publication=recorded.id,
        community=event.score.subject,
        **stating(event.score),
        published_at=row.published_at if row else recorded.occurred_at,
        recorded_on=row.recorded_on if row else civil_day(recorded.recorded_at),
        first_position=row.first_position if row else recorded.position,
        position=recorded.position,
        restated_at=recorded.occurred_at if restated else None,
        restatements=row.restatements + 1 if row and restated else int(restated),
        changes=event.changes if restated else (),
    )


def _keys(recorded: Recorded) -> Iterable[str]:
    return (f"{recorded.id}.{recorded.event.score.subject}",)


LEDGER = Ledger(
    name="scores",
    row=Row,
    handles=(ScorePublished, ScoreRestated),
    keys=_keys,
    evolve=_evolve,
    title_zh="考核得分",
    title_en="Scores",
    clause="3.3.5",
    filters=("community", "publication", "period_kind", "period"),  # `as_of` is every ledger's own parameter
)
