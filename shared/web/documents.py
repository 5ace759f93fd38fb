"""The documents that describe the system to other programs, made from the declarations: OpenAPI 3.1, AsyncAPI 3, and
the JSON Schema of every event and of every document that an office writes. None says anything that is not declared
elsewhere.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Final, get_args, get_type_hints

import msgspec
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from shared.access.policy import ANYONE, Kind, Rule
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Named
from shared.contracts.model import Document, Refused, Service
from shared.delivery.asyncapi import asyncapi_document
from shared.runtime import Node
from shared.web.columns import COLUMNS
from shared.web.door import Doorkeeper
from shared.web.openapi import VERSION, openapi

__all__ = ["asyncapi", "document_routes", "document_schema", "event_schema", "openapi"]

_EVENTS: Final[Mapping[str, Any]] = {event.NAME: event for event in EVENTS}


def document_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """`/openapi.json`, `/asyncapi.json` and `/schemas/{type}.json` of a running process."""
    shards = node.storage.settings.shards
    written = {document.name: document for service in node.storage.services for document in service.documents}

    def route(path: str, serve: Callable[[Request], Response]) -> BaseRoute:
        async def served(request: Request) -> Response:
            return await asyncio.to_thread(serve, request)

        return doorkeeper.open_route(Rule(method="GET", path=path, kind=Kind.DOCUMENT, roles=ANYONE), served)

    return [
        route("/openapi.json", _document(lambda: openapi(node.storage.services))),
        route("/asyncapi.json", _document(lambda: asyncapi(node.storage.services, shards=shards))),
        route("/schemas/{type}.json", _schemas(written)),
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


def document_schema(document: Document) -> dict[str, Any]:
    """The JSON Schema of a document, for editors: what is a code is told with its names in Chinese and English."""
    schema = TypeAdapter(document.kind).json_schema()
    for part in (schema, *schema["$defs"].values()):
        for name, field in part.get("properties", {}).items():
            if name in COLUMNS:
                field["title"] = " ".join(COLUMNS[name])
    for code in _codes(document.kind):
        named = "；".join(f"{one.value} {one.zh} {one.en}" for one in code)
        part = schema["$defs"][code.__name__]
        part["description"] = f"{part['description']}\n\n{named}"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/{document.name}.json",
        **schema,
        "title": f"{document.title_zh} {document.title_en}",
    }


def _codes(hint: Any) -> set[type[Named]]:
    """The lists of codes that a type leads to."""
    if isinstance(hint, type) and issubclass(hint, Named):
        return {hint}
    inner = get_type_hints(hint).values() if is_dataclass(hint) else get_args(hint)
    return {code for one in inner for code in _codes(one)}


def _document(make: Callable[[], dict[str, Any]]) -> Callable[[Request], Response]:
    """What makes its document when it is first asked for, which takes a while."""
    made: list[bytes] = []

    def serve(request: Request) -> Response:
        if not made:
            made.append(msgspec.json.encode(make()))
        return Response(made[0], media_type="application/json")

    return serve


def _schemas(written: Mapping[str, Document]) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        name = request.path_params["type"]
        if name in written:
            return JSONResponse(document_schema(written[name]), media_type="application/schema+json")
        event = _EVENTS.get(name)
        if event is None:
            raise Refused("not_found", field="type")
        return JSONResponse(event_schema(event), media_type="application/schema+json")

    return serve
