"""The AsyncAPI document says who publishes and who listens, and what each message looks like."""

import re
from typing import Any

import jsonschema
import msgspec
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from shared.delivery import cloudevent
from shared.delivery.asyncapi import asyncapi_document
from tests.delivery.parts import LOG, TYPE, MemoryLog

SERVICES = ("intake", "assignment")
SCHEMAS: dict[str, dict[str, Any]] = {
    TYPE: {
        "title": "CaseReported",
        "type": "object",
        "properties": {"case": {"$ref": "#/$defs/Code"}, "summary": {"type": "string"}},
        "required": ["case"],
        "$defs": {"Code": {"type": "string", "minLength": 2}},
    },
    "sanguan.assignment.visit-planned.v1": {"title": "VisitPlanned", "type": "object"},
}


@pytest.fixture
def document() -> dict[str, Any]:
    return asyncapi_document(SERVICES, SCHEMAS, version="1.2.3", shards=2)


def references(node: Any) -> list[str]:
    match node:
        case dict():
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        case list():
            return [found for value in node for found in references(value)]
        case _:
            return []


def test_it_has_the_shape_of_asyncapi_3(document: dict[str, Any]) -> None:
    ApplicationSchema.model_validate(document)
    assert document["asyncapi"] == "3.0.0"
    for kind in ("messages", "schemas"):
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in document["components"][kind])
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = references(document)
    assert found
    for reference in found:
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_publishers_and_subscribers_are_both_there(document: dict[str, Any]) -> None:
    operations = {name: operation["action"] for name, operation in document["operations"].items()}
    assert operations == {
        **{f"{s}.{role}.{k}": "receive" for s in SERVICES for role in ("reader", "claimer") for k in (0, 1)},
        **{f"relay.{k}": "send" for k in (0, 1)},
    }  # fmt: skip
    assert [channel["address"] for channel in document["channels"].values()] == [
        "sanguan:events:{0}",
        "sanguan:events:{1}",
    ]


def test_braces_of_an_address_stand_for_themselves(document: dict[str, Any]) -> None:
    channel = document["channels"]["events.1"]
    filled = re.sub(r"\{(\w+)\}", lambda name: channel["parameters"][name[1]]["default"], channel["address"])
    assert filled == "sanguan:events:{1}"


def test_what_the_relay_writes_is_what_the_document_says(document: dict[str, Any]) -> None:
    log = MemoryLog()
    log.append()
    message = msgspec.json.decode(cloudevent.encode(log.events[LOG][0]))
    registry: Registry[Any] = Registry().with_resource("urn:asyncapi", DRAFT202012.create_resource(document))
    validator = jsonschema.Draft202012Validator(
        {"$ref": f"urn:asyncapi#/components/messages/{TYPE}/payload"}, registry=registry
    )
    validator.validate(message)
    for wrong in ({"data": {"case": "c"}}, {"type": "sanguan.intake.other.v1"}, {"sequence": 0}):
        assert not validator.is_valid({**message, **wrong})


def test_it_is_the_same_in_every_process(document: dict[str, Any]) -> None:
    assert asyncapi_document(SERVICES, SCHEMAS, version="1.2.3", shards=2) == document
    assert "host-pid" in str(document)
