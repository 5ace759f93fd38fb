"""`audit diff`: which ledger rows are others at one position of the log than at an earlier one, and by which events.

The log is walked once. Of each row that is touched between the two it is kept what it was at the first, and which
events made another of it; nothing of what rows say is told, but the names of the columns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select

from shared.contracts.model import Ledger, Service
from shared.ledger.fold import Folded, Touch, fold
from shared.ledger.replay import Replay
from shared.log import sealer
from shared.log.append import moment
from shared.log.sealer import LogDamaged
from shared.log.store import Log
from shared.log.tables import events
from shared.log.tree import Frontier, TreeDamaged

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Stand:
    """The log up to a position: how many events, and their root, as computed from the bytes that were read."""

    position: int
    size: int
    root: str
    sound: bool
    """Whether the stored tree has that root there."""


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that is another than it was."""

    key: str
    what: str
    """`added`, `removed` or `changed`."""
    columns: tuple[str, ...]
    """Those that say something else; empty unless it was changed."""
    events: tuple[int, ...]
    """The positions of those that made it another."""


@dataclass(slots=True)
class _Noted:
    """A ledger's rows since they are noted."""

    was: dict[str, Any] = field(default_factory=dict)
    """Each row that was touched, as it was at first; None where there was none."""
    by: dict[str, list[int]] = field(default_factory=dict)


class Noting(Replay):
    """A replay that notes, from `note` on, which events make another of a row."""

    def __init__(self, log: Log, name: str, ledgers: Sequence[tuple[Service, Ledger[Any]]]) -> None:
        super().__init__(log, name, ledgers)
        self._noted: dict[str, _Noted] | None = None

    def note(self) -> None:
        """From now on."""
        self._noted = {follower: _Noted() for follower in self.ledgers}

    def _apply(self, follower: str, ledger: Ledger[Any], touches: Sequence[Touch], waiting: set[str]) -> None:
        if self._noted is None:
            super()._apply(follower, ledger, touches, waiting)
            return
        folded, noted = self.ledgers[follower], self._noted[follower]
        for touch in touches:
            key, recorded = touch
            before = folded.rows.get(key)
            fold(ledger, (touch,), folded, waiting)
            after = folded.rows.get(key)
            if after is not before and after != before:
                noted.was.setdefault(key, before)
                noted.by.setdefault(key, []).append(recorded.position)

    def changed(self, follower: str) -> Iterator[ChangedRow]:
        """The rows that are others than they were, in the order of their keys."""
        noted = (self._noted or {}).get(follower, _Noted())
        rows = self.ledgers[follower].rows
        for key in sorted(noted.was):
            was, now = noted.was[key], rows.get(key)
            if was != now:
                what = "added" if was is None else "removed" if now is None else "changed"
                yield ChangedRow(key, what, _columns(was, now), tuple(noted.by[key]))


def _columns(was: Any, now: Any) -> tuple[str, ...]:
    if was is None or now is None:
        return ()
    return tuple(name for name in was.__dataclass_fields__ if getattr(was, name) != getattr(now, name))


@dataclass(frozen=True, slots=True)
class Differences:
    """What is another at the second position than at the first."""

    log: str
    first: Stand
    second: Stand
    noting: Noting = field(repr=False)
    troubles: Mapping[str, str]
    """Ledgers that could not be folded to the end, and why."""

    @property
    def ledgers(self) -> tuple[str, ...]:
        return tuple(self.noting.ledgers)

    def rows(self, ledger: str) -> Iterator[ChangedRow]:
        """The rows of a ledger (`<service>.<ledger>`) that differ."""
        return self.noting.changed(ledger)


def differences(
    log: Log, name: str, services: Iterable[Service], first: int, second: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Differences:  # fmt: skip
    """Replay to the first position and on to the second."""
    replay = Noting(log, name, [(service, ledger) for service in services for ledger in service.ledgers])
    frontier = Frontier()
    replay.to(first, progress=progress, raw=frontier.read)
    then = _stand(log, name, first, frontier)
    replay.note()
    replay.to(second, progress=progress, raw=frontier.read)
    troubles = {follower: why for follower, one in replay.ledgers.items() if (why := _trouble(one))}
    return Differences(name, then, _stand(log, name, second, frontier), replay, troubles)


def _trouble(folded: Folded) -> str:
    if folded.halt is not None:
        return f"HALTED at {folded.halt.position}: {folded.halt.reason}"
    return f"PARKED: {len(folded.parked)} keys wait" if folded.parked else ""


def _stand(log: Log, name: str, position: int, frontier: Frontier) -> Stand:
    root = frontier.root()
    try:
        sound = frontier.size == position + 1 and sealer.root_at(log.engine, name, position + 1) == root
    except (ValueError, LogDamaged, TreeDamaged):
        sound = False
    return Stand(position, position + 1, root.hex(), sound)


# events by their positions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """An event as an auditor is told of it: where it stands, what it is, of which stream, and when. Nothing of what it
    says."""

    position: int
    type: str
    stream: str
    occurred_at: datetime | None
    """None where its bytes cannot be read."""
    recorded_at: datetime


class _When(msgspec.Struct):
    occurred_at: datetime


def named(log: Log, name: str, positions: Iterable[int]) -> dict[int, Named]:
    """The events at these positions, as far as there are any, whatever this program knows of their types."""
    wanted, found = sorted(set(positions)), dict[int, Named]()
    when = msgspec.json.Decoder(_When)
    columns = (events.c.position, events.c.type, events.c.stream, events.c.recorded_at, events.c.bytes)
    with log.engine.connect() as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            query = select(*columns).where(events.c.log == name, events.c.position.in_(some))
            for position, type_, stream, recorded_us, data in connection.execute(query):
                found[position] = Named(position, type_, stream, _occurred_at(when, data), moment(recorded_us))
    return found


def _occurred_at(when: msgspec.json.Decoder[_When], data: bytes) -> datetime | None:
    try:
        return when.decode(data).occurred_at
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
