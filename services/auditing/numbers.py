"""Published numbers that changed between two positions of the log, and the events behind each.

A restatement says of every number that it changes by which events (`audit replay` recomputes that, digit for digit and
cause for cause). Of a score that was put right several times, all of them are behind a number. A score that was not
there at the first position came by its publication; what its numbers rest on, `audit explain` tells.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from services.assessment.scoring.recomputing import SCORER
from services.assessment.scoring.restating import differing
from shared.audit.scores import Span, published
from shared.contracts.assessment import Score, ScoreRestated
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.log.store import Log

NOTHING: Final = "–"
_SUM: Final = ("points", "possible", "per_cent", "rankable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A published number that is another."""

    indicator: str | None
    """None for the sum of all."""
    number: str
    before: str
    after: str
    events: tuple[int, ...]
    """The positions of those behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedScore:
    """A published score that is another, or new."""

    score: str
    """Its id."""
    community: str
    new: bool
    stated_at: tuple[int, ...]
    """The positions of the events that stated it between the two."""
    evidence_position: int
    numbers: tuple[Number, ...]


class _Stated(NamedTuple):
    was: Score | None
    since: list[Recorded]


def changed_scores(log: Log, name: str, first: int, second: int) -> list[ChangedScore]:
    """Every score that says something else at the second position, by id."""
    found: dict[str, _Stated] = {}
    for position, stated in published(log, name, SCORER, Span(last=second)):
        if stated is None:
            continue
        id = f"{stated.id}.{stated.event.score.subject}"
        before = found.get(id, _Stated(None, []))
        if position <= first:
            found[id] = _Stated(stated.event.score, [])
        else:
            found[id] = _Stated(before.was, [*before.since, stated])
    return [_changed(id, *found[id]) for id in sorted(found) if found[id].since]


def _changed(id: str, was: Score | None, since: Sequence[Recorded]) -> ChangedScore:
    now: Score = since[-1].event.score
    return ChangedScore(
        score=id, community=now.subject, new=was is None, stated_at=tuple(one.position for one in since),
        evidence_position=now.position, numbers=tuple(_numbers(was, now, since)),
    )  # fmt: skip


def _numbers(was: Score | None, now: Score, since: Sequence[Recorded]) -> Iterator[Number]:
    for code, number, before, after in _differing(was, now):
        causes = {at for one in since for at in _causes(one.event, code, number)}
        if was is None:
            causes.add(since[0].position)
        told = sorted(causes) or [one.position for one in since]
        yield Number(indicator=code, number=number, before=before, after=after, events=tuple(told))


def _differing(was: Score | None, now: Score) -> Iterator[tuple[str | None, str, str, str]]:
    if was is not None:
        yield from differing(was, now)
        return
    yield from differing(replace(now, indicators=()), now)
    for number in _SUM:
        value = getattr(now, number)
        yield None, number, NOTHING, getattr(value, "exact", NOTHING if value is None else str(value))


def _causes(event: Any, code: str | None, number: str) -> Iterator[int]:
    if isinstance(event, ScoreRestated):
        yield from (at for one in event.changes if (one.indicator, one.number) == (code, number) for at in one.causes)
