"""Between events and their canonical bytes: made once, stored, hashed, replayed.

The canonical form is RFC 8785 (JCS): msgspec's sorted encoding equals it for our payloads, which hold no floats,
integers within 2^53 and keys of plain letters; a property test holds it to the `rfc8785` package.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shared.contracts.event import Envelope, Event, Recorded
from shared.contracts.personal import Plan, personal, unsealed_field


class UnreadableEvent(Exception):
    """A stored event whose bytes cannot be read: altered, or written by a newer program. What depends on it must stop;
    the audit's verifier says whether they are the bytes that were hashed."""

    def __init__(self, position: int, type: str) -> None:
        self.position, self.type = position, type
        super().__init__(f"position {position}")


class UnknownEvent(UnreadableEvent):
    """One whose type this program does not know: written by a newer one."""


class NotSealed(Exception):
    """A personal value was about to be hashed in the clear: a fault of the program, never let through."""


class _Head(msgspec.Struct):
    """What can be read of an event that is not known."""

    type: str


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What reading raises of bytes that are none of ours."""
_put: Any = msgspec.structs.force_setattr
_TYPE = b'"type":"'
_encoder = msgspec.json.Encoder(order="sorted")


def leaf_of(data: bytes) -> bytes:
    """A leaf of the tree (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def type_of(data: bytes) -> bytes:
    """The stored name of the event in canonical bytes.

    Their keys are sorted, and after the type there is only the version: so the last "type" is the envelope's.
    """
    start = data.rfind(_TYPE) + len(_TYPE)
    return data[start : data.find(b'"', start)]


class Codec:
    """Encodes and decodes the events of a catalogue."""

    def __init__(self, catalogue: Iterable[type[Event]]) -> None:
        self.types: Mapping[str, type[Event]] = {event.NAME: event for event in catalogue}
        self._decoders = {name.encode(): msgspec.json.Decoder(Recorded[event]) for name, event in self.types.items()}  # type: ignore[valid-type]  # each event's own
        self._plans: dict[type, Plan] = {event: personal(event) for event in self.types.values()}
        self._any = msgspec.json.Decoder(_Head)

    def encode(self, envelope: Envelope) -> bytes:
        """The canonical bytes; raises `NotSealed` rather than hash a personal value in the clear."""
        plan = self._plans[type(envelope.data)]
        if plan and (found := unsealed_field(envelope.data, plan)) is not None:
            raise NotSealed(f"{envelope.type}: {found}")
        return _encoder.encode(envelope)

    def decode(self, position: int, data: bytes) -> Recorded:
        """The event at a position; raises `UnreadableEvent`, and of that `UnknownEvent` where it is well otherwise."""
        decoder = self._decoders.get(type_of(data))
        try:
            if decoder is None:
                raise UnknownEvent(position, self._any.decode(data).type)
            read = decoder.decode(data)
        except _UNREADABLE:  # without its message, which may quote what people wrote
            raise UnreadableEvent(position, type_of(data).decode(errors="replace")) from None
        _put(read, "position", position)
        _put(read, "id", read.stream.partition("/")[2])
        return read


def canonical(value: Any) -> bytes:
    """Canonical JSON of anything that the language is made of."""
    return _encoder.encode(value)
