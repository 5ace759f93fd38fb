"""The message: one stored event as a CloudEvent 1.0, structured mode."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.delivery.channels import DATA_FIELD

_Bytes = bytes  # `Stored` has a member of that name

_LOG: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)
_SEQUENCE: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class Stored(Protocol):
    """An event as the log gives it to the relay."""

    @property
    def log(self) -> str: ...
    @property
    def position(self) -> int:
        """In its log, from 0, without gaps."""

    @property
    def bytes(self) -> _Bytes:
        """The canonical envelope: what was hashed."""


class NotACloudEvent(ValueError):
    """A stream entry that is not one of our messages. It says why, and quotes nothing of the entry."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event on the stream: all that a stranger needs, and nothing that the log has not."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(description="`<log>/<position>`: the identity of the event, for ever the same.")]
    source: Annotated[str, Meta(description="`/logs/<log>`")]
    type: Annotated[str, Meta(description="The stored name of the event, with its version.")]
    subject: Annotated[str, Meta(description="The stream that the event belongs to: `<category>/<id>`.")]
    time: Annotated[str, Meta(description="When the log recorded it (recorded_at), with an offset.")]
    datacontenttype: Literal["application/json"]
    dataschema: Annotated[str, Meta(description="Where this service keeps the JSON Schema of `data`.")]
    sequence: Annotated[str, Meta(description="Its position in the log, from 0, without gaps.")]
    occurredat: Annotated[str, Meta(description="When it happened (occurred_at), with an offset.")]
    traceparent: (
        Annotated[str, Meta(description="W3C trace context: the events of one command have the same trace id.")]
        | UnsetType
    ) = UNSET
    data: Annotated[msgspec.Raw, Meta(description="The event itself, personal fields sealed.")]

    @property
    def log(self) -> str:
        return self.id.rpartition("/")[0]

    @property
    def position(self) -> int:
        return int(self.sequence)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """FastStream asks pydantic for the schema of a message; pydantic does not know msgspec's structs."""
        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return envelope_schema()


class _Envelope(msgspec.Struct, frozen=True):
    """The members of the canonical envelope that go out. `data` is passed on as it stands, byte for byte."""

    type: str
    stream: str
    occurred_at: str
    recorded_at: str
    data: msgspec.Raw
    command_id: str
    traceparent: str | None = None
    """None that our log has kept so far: one is made."""


_envelopes: Final = msgspec.json.Decoder(_Envelope)
_messages: Final = msgspec.json.Decoder(CloudEvent)
_FIELD: Final = DATA_FIELD.encode()
_encoder: Final = msgspec.json.Encoder()


def encode(stored: Stored) -> bytes:
    """A stored event as the JSON of its CloudEvent. Everything but the position is read from the hashed bytes."""
    envelope = _envelopes.decode(stored.bytes)
    return _encoder.encode(
        CloudEvent(
            specversion="1.0",
            id=f"{stored.log}/{stored.position}",
            source=f"/logs/{stored.log}",
            type=envelope.type,
            subject=envelope.stream,
            time=envelope.recorded_at,
            datacontenttype="application/json",
            dataschema=f"/schemas/{envelope.type}.json",
            sequence=str(stored.position),
            occurredat=envelope.occurred_at,
            traceparent=envelope.traceparent or _trace(stored, envelope.command_id),
            data=envelope.data,
        )
    )


def _trace(stored: Stored, command_id: str) -> str:
    """A W3C trace context that needs no keeping: one trace for a command, one parent for an event, and the same
    whenever the event is published again. Not sampled (00): nobody has recorded spans of it."""
    trace = hashlib.sha256(f"{stored.log} {command_id}".encode()).hexdigest()[:32]
    parent = hashlib.sha256(f"{stored.log}/{stored.position}".encode()).hexdigest()[:16]
    return f"00-{trace}-{parent}-00"


def decode(entry: Mapping[bytes, bytes]) -> CloudEvent:
    """A stream entry as a CloudEvent; `NotACloudEvent` if anyone but the relay could have meant it."""
    try:
        event = _messages.decode(entry[_FIELD])
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotACloudEvent(type(error).__name__) from None  # the cause may quote the entry
    log = event.log
    if not _LOG.fullmatch(log) or not _SEQUENCE.fullmatch(event.sequence):
        raise NotACloudEvent("log or sequence")
    if event.id != f"{log}/{event.sequence}" or event.source != f"/logs/{log}":
        raise NotACloudEvent("identity")
    return event


def envelope_schema() -> dict[str, Any]:
    """The JSON Schema of the message, with `data` left open."""
    _, definitions = msgspec.json.schema_components([CloudEvent])
    schema: dict[str, Any] = definitions["CloudEvent"]
    return schema
