"""Between events and their canonical bytes: made once, stored, hashed, replayed.

The canonical form is RFC 8785 (JCS): msgspec's sorted encoding equals it for our payloads, which hold no floats,
integers within 2^53 and keys of plain letters; a property test holds it to the `rfc8785` package.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from shared.contracts.event import Actor, Envelope, Event, Recorded
from shared.contracts.personal import Plan, personal, unsealed_field

_Data = TypeVar("_Data")


class UnknownEvent(Exception):
    """An event whose type this program does not know: written by a newer one. What depends on it must stop."""

    def __init__(self, log: str, position: int, type: str) -> None:
        self.log, self.position, self.type = log, position, type
        super().__init__(f"{log}/{position}: {type}")


class NotSealed(Exception):
    """A personal value was about to be hashed in the clear: a fault of the program, never let through."""


class _Read(msgspec.Struct, Generic[_Data], gc=False):
    """The envelope, and its data in one of their shapes."""

    log: str
    stream: str
    version: int
    type: str
    command_id: str
    actor: Actor
    cause: str | None
    occurred_at: datetime
    recorded_at: datetime
    data: _Data


_encoder = msgspec.json.Encoder(order="sorted")


def leaf_of(data: bytes) -> bytes:
    """A leaf of the tree (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def type_of(data: bytes) -> bytes:
    """The stored name of the event in canonical bytes.

    Their keys are sorted, and after the type there is only the version: so the last "type" is the envelope's.
    """
    return data.rpartition(b'"type":"')[2].partition(b'"')[0]


class Codec:
    """Encodes and decodes the events of a catalogue."""

    def __init__(self, catalogue: Iterable[type[Event]]) -> None:
        self.types: Mapping[str, type[Event]] = {event.NAME: event for event in catalogue}
        self._decoders = {name.encode(): msgspec.json.Decoder(_Read[event]) for name, event in self.types.items()}  # type: ignore[valid-type]  # each event's own envelope
        self._plans: dict[type, Plan] = {event: personal(event) for event in self.types.values()}
        self._any = msgspec.json.Decoder(_Read[msgspec.Raw])

    def encode(self, envelope: Envelope) -> bytes:
        """The canonical bytes; raises `NotSealed` rather than hash a personal value in the clear."""
        plan = self._plans[type(envelope.data)]
        if plan and (found := unsealed_field(envelope.data, plan)) is not None:
            raise NotSealed(f"{envelope.type}: {found}")
        return _encoder.encode(envelope)

    def decode(self, position: int, data: bytes) -> Recorded:
        """The event at a position; raises `UnknownEvent`."""
        decoder = self._decoders.get(type_of(data))
        if decoder is None:
            head = self._any.decode(data)
            raise UnknownEvent(head.log, position, head.type)
        read = decoder.decode(data)
        return Recorded(
            read.log, position, read.stream, read.version, read.type, read.command_id, read.actor, read.cause,
            read.occurred_at, read.recorded_at, read.data,
        )  # fmt: skip


def canonical(value: Any) -> bytes:
    """Canonical JSON of anything that the language is made of."""
    return _encoder.encode(value)
