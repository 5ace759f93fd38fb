"""Folding: the one way in which events become rows, for live batches, rebuilds, as-of replays and audits alike.

An event whose type this program does not know halts every ledger that follows its owner, because its keys are
unknown. A known event that a fold cannot take parks its key, and later events of that key queue behind it. Nothing is
skipped, and both are seen (invariant 9).
"""

from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shared.contracts.event import Recorded
from shared.contracts.model import Ledger
from shared.log.codec import Codec, UnknownEvent, type_of

Rows = MutableMapping[str, Any]
"""Key → row, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A stored event that this program cannot read."""

    position: int
    type: str

    @property
    def owner(self) -> str:
        return self.type.split(".")[1] if self.type.count(".") > 1 else ""


@dataclass(frozen=True, slots=True)
class Halt:
    """Where a ledger stopped, and why. It holds all before `position`."""

    position: int
    reason: str


@dataclass(slots=True)
class Parked:
    """A key that a fold could not go on with: the events that wait, and what went wrong with the first."""

    positions: list[int]
    error: str


@dataclass(slots=True)
class Folded:
    """What a ledger's fold made of a page: the rows that changed, the keys that were parked, and where it halted."""

    rows: dict[str, Any] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)
    halt: Halt | None = None


def decoded(codec: Codec, page: Iterable[tuple[int, bytes]]) -> list[Recorded | Unknown]:
    """A page of the log (positions and bytes), read once for all ledgers."""
    items: list[Recorded | Unknown] = []
    decode = codec.decode
    for position, data in page:
        try:
            items.append(decode(position, data))
        except UnknownEvent as unknown:
            items.append(Unknown(position, unknown.type))
        except (msgspec.MsgspecError, UnicodeDecodeError):  # of another shape than its name says: as good as unknown
            items.append(Unknown(position, type_of(data).decode(errors="replace")))
    return items


class Page:
    """A page of the log, as all ledgers look at it: what kind of event stands where."""

    def __init__(self, items: Sequence[Recorded | Unknown]) -> None:
        self.last = items[-1].position if items else -1
        self.known = [item for item in items if isinstance(item, Recorded)]
        self.kinds = [type(item.event) for item in self.known]
        self._there = frozenset(self.kinds)
        self.unknown = [item for item in items if isinstance(item, Unknown)]

    def concerning(self, kinds: frozenset[type]) -> list[Recorded]:
        """The known events of those kinds."""
        if kinds.isdisjoint(self._there):
            return []
        return [item for item, kind in zip(self.known, self.kinds, strict=True) if kind in kinds]

    def halts(self, ledger: Ledger[Any], after: int) -> Unknown | None:
        """The first event after a position that might concern the ledger, for all that this program knows."""
        if not self.unknown:
            return None
        owners = {event.OWNER for event in ledger.handles}
        found = (item for item in self.unknown if item.position > after)
        return next((item for item in found if item.owner in owners or not item.owner), None)


def touched(ledger: Ledger[Any], page: Page, after: int) -> tuple[list[tuple[Recorded, Iterable[str]]], Halt | None]:
    """The events after a position that concern the ledger, each with the keys it touches; and where it must stop."""
    keys = ledger.keys
    stop = page.halts(ledger, after)
    found: list[tuple[Recorded, Iterable[str]]] = []
    for item in page.concerning(frozenset(ledger.handles)):
        if item.position <= after:
            continue
        if stop is not None and item.position > stop.position:
            break
        try:
            found.append((item, tuple(keys(item))))
        except Exception as error:  # its keys are unknown: all of the ledger must wait
            return found, Halt(item.position, f"keys: {type(error).__name__}")
    return found, None if stop is None else Halt(stop.position, f"unknown event type {stop.type}")


def fold(
    ledger: Ledger[Any], concerned: Sequence[tuple[Recorded, Iterable[str]]], rows: Rows, parked: set[str]
) -> Folded:
    """Fold events into rows (which are changed in place); `parked` are keys that wait already."""
    folded = Folded()
    evolve = ledger.evolve
    for recorded, keys in concerned:
        for key in keys:
            if key in parked:
                waiting = folded.parked.setdefault(key, Parked([], ""))
                waiting.positions.append(recorded.position)
                continue
            try:
                rows[key] = folded.rows[key] = evolve(rows.get(key), recorded, key)
            except Exception as error:  # the key waits, visibly; the type alone, as a message may quote data
                parked.add(key)
                folded.parked[key] = Parked([recorded.position], type(error).__name__)
    return folded
