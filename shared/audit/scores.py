"""Published scores once more: each from the log's prefix that it names, under the root that this prefix has."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select

from shared.contracts.event import Recorded
from shared.contracts.model import Scorer, Service
from shared.ledger.replay import Replay
from shared.log import sealer
from shared.log.codec import UnknownEvent, canonical
from shared.log.sealer import LogDamaged
from shared.log.store import Log
from shared.log.tables import events
from shared.log.tree import TreeDamaged

UNREADABLE: Final = "cannot be read"


@dataclass(frozen=True, slots=True)
class Again:
    """One published score, computed again."""

    position: int
    """Of the event that stated it."""
    wrong: str | None
    """What is wrong with it; None where every digit is the same."""
    digest: str
    """SHA-256 of the event as it must have been; empty where it cannot be computed."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which published scores are meant: those stated after a position, up to and including one, and by a moment."""

    after: int = -1
    last: int | None = None
    occurred_by: datetime | None = None

    def holds(self, stated: Recorded) -> bool:
        return self.occurred_by is None or stated.occurred_at <= self.occurred_by


EVERYTHING: Final = Span()


def published(log: Log, name: str, scorer: Scorer, span: Span = EVERYTHING) -> Iterator[tuple[int, Recorded | None]]:
    """The events that state scores, with their positions, in the order of the log; None for one that cannot be read."""
    query = (
        select(events.c.position, events.c.bytes)
        .where(events.c.log == name, events.c.type.in_([event.NAME for event in scorer.events]))
        .where(events.c.position > span.after)
        .order_by(events.c.position)
    )
    if span.last is not None:
        query = query.where(events.c.position <= span.last)
    with log.engine.connect() as connection:
        stored = connection.execute(query).all()
    for position, data in stored:
        try:
            stated = log.codec.decode(position, data)
        except (UnknownEvent, msgspec.MsgspecError, UnicodeDecodeError):
            yield position, None
        else:
            if span.holds(stated):
                yield position, stated


def again(
    log: Log, name: str, service: Service, span: Span = EVERYTHING, progress: Callable[[int], None] = lambda done: None
) -> Iterator[Again]:
    """Every score of a service in the span, computed again. One walk through the log serves them all; `progress` is
    told how many events of it were read."""
    if service.scorer is None:
        return
    scorer = service.scorer
    named: dict[tuple[int, str], list[tuple[int, Any]]] = defaultdict(list)
    for position, stated in published(log, name, scorer, span):
        if stated is None:
            yield Again(position, UNREADABLE, "")
            continue
        at, root = scorer.names(stated.event)
        if at >= position:
            yield Again(position, "names evidence that comes after it", "")
        else:
            named[at, root].append((position, stated.event))
    replay = Replay(log, name, [(service, ledger) for ledger in scorer.ledgers])
    for (at, root), scores in sorted(named.items(), key=lambda one: one[0]):
        replay.to(at, progress=progress)
        if _root(log, name, at + 1) != root:
            yield from (Again(position, "names another root than the tree has there", "") for position, _ in scores)
            continue
        evidence = {
            ledger.name: [row for _, row in replay.rows(f"{service.name}.{ledger.name}")] for ledger in scorer.ledgers
        }
        compute = scorer.rescored(evidence, at, root)
        yield from (_judged(position, event, compute) for position, event in scores)


def _judged(position: int, event: Any, compute: Callable[[Any], Any]) -> Again:
    """What is wrong with a score's digits, if anything."""
    try:
        must = compute(event)
    except (LookupError, ValueError) as missing:  # rules that are not there, or a subject that is no institution
        return Again(position, f"cannot be recomputed: {missing}", "")
    wrong = None if must == event else "is recomputed to other digits"
    return Again(position, wrong, hashlib.sha256(canonical(must)).hexdigest())


def _root(log: Log, name: str, size: int) -> str | None:
    """The tree's root over so many events; None where what is stored does not give it."""
    try:
        return sealer.root_at(log.engine, name, size).hex()
    except (ValueError, LogDamaged, TreeDamaged):
        return None
