"""Folding: the one way in which events become rows, for live batches, rebuilds, as-of replays and audits alike.

An event whose type this program does not know halts every ledger that follows its owner, because its keys are
unknown. A known event that a fold cannot take parks its key, and later events of that key queue behind it. Nothing is
skipped, and both are seen (invariant 9).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shared.contracts.event import Recorded
from shared.contracts.model import Ledger, of_aggregate
from shared.log.codec import Codec, UnreadableEvent


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
    """What a ledger's fold goes on from and comes to: rows, the keys that were parked on the way, where it halted."""

    rows: dict[str, Any] = field(default_factory=dict)
    """By key; None where there is none any more."""
    parked: dict[str, Parked] = field(default_factory=dict)
    halt: Halt | None = None


def decoded(codec: Codec, page: Iterable[tuple[int, bytes]]) -> list[Recorded | Unknown]:
    """A page of the log (positions and bytes), read once for all ledgers."""
    items: list[Recorded | Unknown] = []
    decode = codec.decode
    for position, data in page:
        try:
            items.append(decode(position, data))
        except UnreadableEvent as unread:  # one of another shape than its name says is as good as unknown
            items.append(Unknown(position, unread.type))
    return items


class Page:
    """A page of the log, as all ledgers look at it: what kind of event stands where."""

    def __init__(self, items: Sequence[Recorded | Unknown]) -> None:
        self.last = items[-1].position if items else -1
        self.unknown = [item for item in items if type(item) is Unknown]
        self.known = (
            [item for item in items if type(item) is Recorded] if self.unknown else cast("list[Recorded]", items)
        )
        self.kinds = [type(item.event) for item in self.known]
        self._there = frozenset(self.kinds)

    def concerning(self, kinds: frozenset[type], after: int) -> list[Recorded]:
        """The known events of those kinds, after a position."""
        if kinds.isdisjoint(self._there):
            return []
        found = [item for item, kind in zip(self.known, self.kinds, strict=True) if kind in kinds]
        return found if not found or found[0].position > after else [item for item in found if item.position > after]

    def halts(self, ledger: Ledger[Any], after: int) -> Unknown | None:
        """The first event after a position that might concern the ledger, for all that this program knows."""
        if not self.unknown:
            return None
        owners = {event.OWNER for event in ledger.handles}
        found = (item for item in self.unknown if item.position > after)
        return next((item for item in found if item.owner in owners or not item.owner), None)


Touch = tuple[str, Recorded]
"""A row's key and the event that touches it."""


def touched(ledger: Ledger[Any], page: Page, after: int) -> tuple[list[Touch], Halt | None]:
    """What the events after a position touch of the ledger, in the log's order; and where it must stop."""
    concerned = page.concerning(frozenset(ledger.handles), after)
    stop = page.halts(ledger, after)
    if stop is not None:
        concerned = [item for item in concerned if item.position < stop.position]
    halt = None if stop is None else Halt(stop.position, f"unknown event type {stop.type}")
    keys = ledger.keys
    if keys is of_aggregate:  # most ledgers' way, without a call for each
        return [(item.id, item) for item in concerned], halt
    touches: list[Touch] = []
    for item in concerned:
        try:
            touches += [(key, item) for key in keys(item)]
        except Exception as error:  # its keys are unknown: all of the ledger must wait
            return touches, Halt(item.position, f"keys: {type(error).__name__}")
    return touches, halt


def fold(ledger: Ledger[Any], touches: Iterable[Touch], folded: Folded, parked: set[str]) -> None:
    """Fold events into the rows that `folded` holds. `parked`, the keys that wait already, grows by those that are
    parked here."""
    evolve, rows = ledger.evolve, folded.rows
    for key, recorded in touches:
        if key in parked:
            folded.parked.setdefault(key, Parked([], "")).positions.append(recorded.position)
            continue
        try:
            rows[key] = evolve(rows.get(key), recorded, key)
        except Exception as error:  # the key waits, visibly; the type alone, as a message may quote data
            parked.add(key)
            folded.parked[key] = Parked([recorded.position], type(error).__name__)
