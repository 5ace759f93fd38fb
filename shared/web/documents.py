"""The documents that describe the system to other programs, made from the declarations: OpenAPI 3.1, AsyncAPI 3, and
the JSON Schema of every event. None says anything that is not declared elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from shared.contracts.catalogue import EVENTS
from shared.contracts.model import Refused, Service
from shared.delivery.asyncapi import asyncapi_document
from shared.runtime import Node
from shared.web.openapi import VERSION, openapi

__all__ = ["asyncapi", "document_routes", "event_schema", "openapi"]

_EVENTS: Final[Mapping[str, Any]] = {event.NAME: event for event in EVENTS}


def document_routes(node: Node) -> list[BaseRoute]:
    """`/openapi.json`, `/asyncapi.json` and `/schemas/{type}.json` of a running process."""
    shards = node.storage.settings.shards
    return [
        Route("/openapi.json", _document(lambda: openapi(node.storage.services))),
        Route("/asyncapi.json", _document(lambda: asyncapi(node.storage.services, shards=shards))),
        Route("/schemas/{type}.json", _schema),
    ]


def asyncapi(services: Sequence[Service], *, shards: int = 1) -> dict[str, Any]:
    """The AsyncAPI document: the relay's stream, its readers, and a message per event type."""
    schemas = {name: TypeAdapter(event).json_schema() for name, event in _EVENTS.items()}
    return asyncapi_document([service.name for service in services], schemas, version=VERSION, shards=shards)


def event_schema(event: Any) -> dict[str, Any]:
    """The JSON Schema of an event's data, at the address that the stream's `dataschema` names."""
    schema = TypeAdapter(event).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/{event.NAME}.json",
        **schema,
    }


def _document(make: Callable[[], dict[str, Any]]) -> Callable[[Request], Response]:
    """An endpoint that makes its document when it is first asked for: Starlette runs it in a thread."""
    made: list[bytes] = []

    def serve(request: Request) -> Response:
        if not made:
            made.append(msgspec.json.encode(make()))
        return Response(made[0], media_type="application/json")

    return serve


def _schema(request: Request) -> Response:
    event = _EVENTS.get(request.path_params["type"])
    if event is None:
        raise Refused("not_found", field="type")
    return JSONResponse(event_schema(event), media_type="application/schema+json")
