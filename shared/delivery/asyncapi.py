"""The AsyncAPI 3.0 document: what FastStream knows of the broker, completed with one message per event type."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from faststream.specification import AsyncAPI

from shared.delivery import channels
from shared.delivery.broker import make_broker
from shared.delivery.cloudevent import envelope_schema
from shared.delivery.subscriber import Subscription

JsonSchema = Mapping[str, Any]
CONTENT_TYPE: Final = "application/cloudevents+json"


def asyncapi_document(
    services: Sequence[str],
    event_schemas: Mapping[str, JsonSchema],
    *,
    version: str,
    shards: int = 1,
    url: str = "redis://localhost:6379",
) -> dict[str, Any]:
    """The document for the services' subscriptions and the relay, given each event type's JSON Schema of `data`.

    FastStream gives a channel per endpoint, all at the same address, and one message for each. Here they become one
    channel per shard, with the message of every event type, and one operation per endpoint.
    """
    broker = make_broker(url, shards=shards)
    for service in services:
        Subscription(broker, service, _nobody, shards=shards, consumer="host-pid")
    generated = AsyncAPI(
        broker,
        title="sanguan 三官一师",
        version=version,
        description="Every event of the published logs, as CloudEvents 1.0 (structured mode) on Redis Streams.",
    ).to_specification()
    document: dict[str, Any] = generated.to_jsonable()

    endpoints = document["channels"]
    document["channels"] = {f"events.{shard}": _channel(shard, event_schemas) for shard in range(shards)}
    shard_at = {channels.stream_key(shard): shard for shard in range(shards)}
    document["operations"] = {
        name: {
            "action": operation["action"],
            "channel": {"$ref": f"#/channels/events.{shard_at[endpoints[name]['address']]}"},
            "summary": endpoints[name]["description"],
            "bindings": {"redis": endpoints[name]["bindings"]["redis"]},
        }
        for name, operation in sorted(document["operations"].items())
    }
    document["components"] = _components(event_schemas)
    document["defaultContentType"] = CONTENT_TYPE
    return document


def _channel(shard: int, event_schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    key = channels.stream_key(shard)
    braced = f"{{{shard}}}"
    return {
        "address": key,
        "title": f"Events, shard {shard}",
        "description": (
            f"The Redis stream `{key}`; each entry has one field, `{channels.DATA_FIELD}`: the CloudEvent as JSON. "
            "A log belongs to shard CRC-32(log) modulo the number of shards. At least once, in order per log; "
            "trimmed, so whoever lags reads the log by `/record/events`."
        ),
        # AsyncAPI reads braces as a parameter; in Redis they are part of the key. This parameter stands for itself.
        "parameters": {str(shard): {"enum": [braced], "default": braced, "description": "Literally so, with braces."}},
        "servers": [{"$ref": "#/servers/development"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(event_schemas)},
        "bindings": {"redis": {"channel": key, "method": "xadd", "bindingVersion": "custom"}},
    }


def _components(event_schemas: Mapping[str, JsonSchema]) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {"CloudEvent": envelope_schema()}
    for name, schema in sorted(event_schemas.items()):
        for part, definition in schema.get("$defs", {}).items():
            schemas[f"{name}.{part}"] = _hoisted(name, definition)
        schemas[name] = _hoisted(name, {key: value for key, value in schema.items() if key != "$defs"})
        messages[name] = {
            "name": name,
            "title": schema.get("title", name),
            "contentType": CONTENT_TYPE,
            "payload": {
                "allOf": [
                    {"$ref": "#/components/schemas/CloudEvent"},
                    {
                        "type": "object",
                        "properties": {
                            "type": {"const": name},
                            "data": {"$ref": f"#/components/schemas/{name}"},
                        },
                    },
                ]
            },
        }
    return {"messages": messages, "schemas": schemas}


def _hoisted(name: str, schema: Any) -> Any:
    """A schema whose `#/$defs/X` point to the document's components, where X is called `<name>.X`."""
    match schema:
        case {"$ref": str(target), **others} if target.startswith("#/$defs/"):
            return {
                "$ref": f"#/components/schemas/{name}.{target.removeprefix('#/$defs/')}",
                **_hoisted(name, others),
            }
        case dict():
            return {key: _hoisted(name, value) for key, value in schema.items()}
        case list():
            return [_hoisted(name, value) for value in schema]
        case _:
            return schema


async def _nobody(log: str, position: int) -> None:
    """The wake of a subscription that is declared for the document only."""
