"""Published scores once more: each from the log's prefix that it names, under the root that this prefix has."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from shared.contracts.event import Recorded
from shared.contracts.model import Scorer, Service
from shared.ledger.replay import Replay
from shared.log import sealer
from shared.log.codec import UnreadableEvent, canonical
from shared.log.sealer import LogDamaged
from shared.log.store import Log
from shared.log.tables import events
from shared.log.tree import TreeDamaged

UNREADABLE: Final = "cannot be read"
STALE: Final = timedelta(hours=1)
"""A score is decided on all that the log holds when it is asked for; only what comes while it is being worked out may
be missing. That takes minutes at most, so what was recorded longer before the score was left out on purpose."""


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
        except UnreadableEvent:
            yield position, None
        else:
            if span.holds(stated):
                yield position, stated


def again(
    log: Log, name: str, service: Service, span: Span = EVERYTHING,
    progress: Callable[[int], None] = lambda done: None, replay: Replay | None = None,
) -> Iterator[Again]:  # fmt: skip
    """Every score of a service in the span, computed again. One walk through the log serves them all; `progress` is
    told how many events of it were read. `replay`, of the scorer's ledgers and perhaps of others, is taken along."""
    if service.scorer is None:
        return
    scorer, order = service.scorer, Order(log, name, service.scorer)
    named: dict[tuple[int, str], list[tuple[int, Any]]] = defaultdict(list)
    for position, stated in published(log, name, scorer, Span(last=span.last)):  # those before it, for their order
        wrong = UNREADABLE if stated is None else order.wrong(stated)
        if position <= span.after or (stated is not None and not span.holds(stated)):
            continue
        if stated is None or wrong is not None:
            yield Again(position, wrong, "")
        else:
            named[scorer.names(stated.event)].append((position, stated.event))
    replay = replay or Replay(log, name, [(service, ledger) for ledger in scorer.ledgers])
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


class Order:
    """The statements of scores one after the other: each rests on all that was known when it was made."""

    def __init__(self, log: Log, name: str, scorer: Scorer) -> None:
        self._log, self._name, self._scorer = log, name, scorer
        self._stated: dict[str, Recorded] = {}
        """What each stream stated last."""
        self._before: dict[str, int] = {}
        """And where it stated what came before that command."""
        self._recorded: dict[int, datetime | None] = {}

    def wrong(self, stated: Recorded) -> str | None:
        """Why the next one may not rest on the part of the log that it names; None where it may."""
        last = self._stated.get(stated.stream)
        if last is None or last.command_id != stated.command_id:
            self._before[stated.stream] = -1 if last is None else last.position
        self._stated[stated.stream] = stated
        at, _ = self._scorer.names(stated.event)
        if at >= stated.position:
            return "names evidence that comes after it"
        if at < (before := self._before[stated.stream]):
            return f"rests on the record up to position {at} only, though position {before} stated it since"
        if (known := self._recorded_at(at + 1)) is not None and stated.recorded_at - known > STALE:
            return f"leaves out position {at + 1}, which was recorded more than an hour before it"
        return None

    def _recorded_at(self, position: int) -> datetime | None:
        """When an event was recorded; None where it cannot be read, which whoever folds it is told."""
        if position not in self._recorded:
            try:
                found = self._log.recorded(self._name, position - 1, 1)
            except UnreadableEvent:
                found = []
            self._recorded[position] = found[0].recorded_at if found else None
        return self._recorded[position]


def misplaced(log: Log, name: str, scorer: Scorer, stated: Recorded) -> str | None:
    """Why a single score may not rest on the part of the log that it names; None where it may."""
    order, names, wrong = Order(log, name, scorer), {event.NAME for event in scorer.events}, None
    for one in log.stream(name, stated.stream):
        if one.type in names and one.position <= stated.position:
            wrong = order.wrong(one)
    return wrong


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
