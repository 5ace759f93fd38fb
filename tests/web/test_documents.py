"""The documents say what the running application does: checked against it, answer by answer."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.routing import Match, Route

from services.installation import SERVICES
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Role
from shared.contracts.model import Service, slug
from shared.errors import CODES
from shared.web.documents import asyncapi, event_schema, openapi
from shared.web.openapi import VERSION, Schemas
from shared.web.openapi_parts import GROUPS, OF_COMMANDS, OF_COMPARTMENTS
from tests.web.toy import COMMUNITY, LOG, TOY, Running, scene

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
METHODS = {"get", "post"}


@pytest.fixture(scope="module")
def toy_document() -> Json:
    return openapi((TOY,))


@pytest.fixture(scope="module")
def whole_document() -> Json:
    return openapi(SERVICES)


@pytest.fixture(params=["toy", "whole"])
def document(request: pytest.FixtureRequest) -> Json:
    made: Json = request.getfixturevalue(f"{request.param}_document")
    return made


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def at(document: Json, reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def check(document: Json, schema: Json, value: Any) -> None:
    """Validate a value by a schema of the document; raises where it does not fit."""
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
    jsonschema.Draft202012Validator(absolute, registry=registry).validate(value)


# shape ------------------------------------------------------------------------------------------------------------


def test_every_reference_leads_somewhere(document: Json) -> None:
    found = set(references(document))
    assert len(found) > 10
    for reference in found:
        assert at(document, reference)


def test_every_component_is_used(document: Json) -> None:
    found = set(references(document))
    for kind in ("schemas", "parameters", "responses"):
        for name in document["components"][kind]:
            assert f"#/components/{kind}/{name}" in found
            assert re.fullmatch(r"[A-Za-z0-9._-]+", name)


def test_every_schema_is_one(document: Json) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_it_has_the_shape_of_openapi_3_1(document: Json) -> None:
    assert document["openapi"] == "3.1.0"
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        named = set(re.findall(r"{(\w+)}", path))
        given = [at(document, p["$ref"]) if "$ref" in p else p for p in operation.get("parameters", [])]
        assert {p["name"] for p in given if p["in"] == "path"} == named
        assert all(p.get("required") for p in given if p["in"] == "path")
        for status, answer in operation["responses"].items():
            assert re.fullmatch("[1-5][0-9][0-9]", status)
            assert (at(document, answer["$ref"]) if "$ref" in answer else answer)["description"]


def test_all_but_documents_health_public_figures_and_a_residents_code_need_a_token(document: Json) -> None:
    assert document["security"] == [{"bearer": []}]
    open_paths = {path for _, path, operation in operations(document) if operation.get("security") == []}
    without = ("/-/", "/schemas", "/openapi", "/async", "/public/", "/intake/residents/session")
    assert open_paths == {path for path in document["paths"] if path.startswith(without)}


# against the application ------------------------------------------------------------------------------------------


def test_every_route_is_documented_and_every_documented_path_is_served(toy_document: Json, tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        routes = [route for route in toy.app.routes if isinstance(route, Route)]
        listed = [(method.upper(), path) for method, path, _ in operations(toy_document)]
        for route in routes:
            methods = (route.methods or set()) - {"HEAD"}
            assert any(method in methods and route.path_regex.match(path) for method, path in listed), route.path
        for method, path in listed:
            scope = {"type": "http", "method": method, "path": path}
            assert any(route.matches(scope)[0] is Match.FULL for route in routes), path

    scene(play, tmp_path)


def test_answers_are_as_the_document_says(toy_document: Json, tmp_path: Path) -> None:
    def schema(method: str, path: str, status: int, media_type: str) -> Json:
        answer = toy_document["paths"][path][method]["responses"][str(status)]
        found: Json = at(toy_document, answer["$ref"]) if "$ref" in answer else answer
        made: Json = found["content"][media_type]["schema"]
        return made

    async def play(toy: Running) -> None:
        command = "/intake/commands/open-file"
        answer = await toy.open_file("k-1")
        check(toy_document, schema("post", command, 201, "application/json"), answer)
        close = await toy.send("close-file", {}, "k-2", answer["stream"])
        assert close.status_code == 201
        problem = "application/problem+json"
        refused = [
            (await toy.send("close-file", {}, "k-3", answer["stream"]), 409, "close-file"),
            (await toy.send("count-to", {"most": 3}, "k-4", answer["stream"]), 422, "count-to"),
            (await toy.send("count-to", {"most": True}, "k-5", answer["stream"]), 422, "count-to"),
            (await toy.send("close-file", {}, "a b", answer["stream"]), 400, "close-file"),
        ]
        for response, status, name in refused:
            assert response.status_code == status
            check(toy_document, schema("post", f"/intake/commands/{name}", status, problem), response.json())
        for path in ("/intake/ledgers", "/intake/ledgers/files", "/record/events", "/-/health/ready", "/openapi.json"):
            query = "?at_least=2" if path.endswith("files") else ""
            response = await toy.get(path + query)
            assert response.status_code == 200
            check(toy_document, schema("get", path, 200, "application/json"), response.json())
        for path in ("/intake/ledgers/files?cursor=?", "/record/events?after=x"):
            response = await toy.get(path)
            check(toy_document, schema("get", path.partition("?")[0], 400, problem), response.json())
        nobody = await toy.client.get("/intake/ledgers/files")
        check(toy_document, schema("get", "/intake/ledgers/files", 401, problem), nobody.json())

    scene(play, tmp_path)


def test_a_body_that_fits_the_document_is_accepted_and_one_that_does_not_is_refused(
    toy_document: Json, tmp_path: Path
) -> None:
    operation = toy_document["paths"]["/intake/commands/open-file"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    data = {"community": COMMUNITY, "by_unit": "某街道（虚构）", "name": "测试甲（虚构）", "summary": "漏水（虚构）"}
    body: Json = {"log": LOG, "occurred_at": "2015-06-18T09:30:00+08:00", "data": data}
    wrong = [
        {**body, "position": 3}, {**body, "data": {**data, "community": "12"}}, {**body, "data": {**data, "extra": 1}},
        {**body, "data": {**data, "name": ""}}, {name: body[name] for name in ("log", "data")},
        {**body, "data": {**data, "summary": "长" * 4001}},
    ]  # fmt: skip

    async def play(toy: Running) -> None:
        async def send(value: Json, id: str) -> int:
            headers = {**toy.token(Role.CLERK), "idempotency-key": id}
            return (await toy.client.post("/intake/commands/open-file", json=value, headers=headers)).status_code

        check(toy_document, schema, body)
        assert await send(body, "right") == 201
        for number, value in enumerate(wrong):
            with pytest.raises(jsonschema.ValidationError):
                check(toy_document, schema, value)
            assert await send(value, f"wrong-{number}") == 422

    scene(play, tmp_path)


# against the declarations -----------------------------------------------------------------------------------------


def test_a_command_is_described_by_its_declaration(toy_document: Json) -> None:
    operation = toy_document["paths"]["/intake/commands/open-file"]["post"]
    assert operation["summary"] == "Open a file 立案."
    assert "It is the toy's only way in." in operation["description"]
    assert (operation["x-clause"], operation["x-roles"]) == ("3.2.1", ["clerk"])
    data = toy_document["components"]["schemas"]["OpenFile"]
    assert data["properties"]["community"]["description"] == "Where it happened."
    codes = at(toy_document, operation["responses"]["409"]["$ref"])
    assert "not_open" in codes["description"]
    assert "请先立案" in codes["description"]


def test_what_is_sealed_has_no_other_schema_than_its_mask(toy_document: Json) -> None:
    row = toy_document["components"]["schemas"]["intake.files"]
    assert row["properties"]["summary"] == row["properties"]["parties"] == {"description": "Sealed: shown masked."}
    assert row["properties"]["due_on"]["anyOf"][0]["format"] == "date"


def test_every_code_of_the_mechanism_is_documented_somewhere() -> None:
    documented = set(OF_COMMANDS).union(OF_COMPARTMENTS, *GROUPS.values())
    assert set(CODES) - documented == {"method_not_allowed"}  # no operation takes a method that it does not take


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_every_declared_thing_is_in_the_whole_document(service: Service, whole_document: Json) -> None:
    paths = whole_document["paths"]
    for decider in service.deciders:
        for accepts in decider.accepts:
            operation = paths[f"/{service.name}/commands/{slug(accepts.command)}"]["post"]
            assert operation["x-roles"] == sorted(accepts.by)
            assert operation["summary"] != accepts.command.__name__, f"{accepts.command.__name__} has no docstring"
    for ledger in service.ledgers:
        if ledger.internal:
            assert not [path for path in paths if path.endswith(f"/{ledger.name}")]
            continue
        assert f"/{service.name}/ledgers/{ledger.name}" in paths
        row = whole_document["components"]["schemas"][f"{service.name}.{ledger.name}"]
        assert set(row["properties"]) == set(ledger.row.__dataclass_fields__)
    listed = {
        code
        for name, answer in whole_document["components"]["responses"].items()
        if name.startswith(f"{service.name}.commands.")
        for code in answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    }
    assert set(service.refusals) <= listed


def test_two_commands_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two commands of one name"):
        Schemas((TOY, TOY))


class _Here:
    @dataclass(frozen=True)
    class Part:
        text: str


class _There:
    @dataclass(frozen=True)
    class Part:
        number: int


@dataclass(frozen=True)
class _Both:
    """An answer with two parts of one name."""

    here: _Here.Part
    there: _There.Part


def test_two_parts_of_one_name_are_refused_and_no_schema_is_called_by_a_python_path(whole_document: Json) -> None:
    service = next(one for one in SERVICES if one.questions)
    answering = replace(service, questions=(replace(service.questions[0], answer=_Both),))
    with pytest.raises(ValueError, match=r"two parts of one name: .*_Here__Part, .*_There__Part"):
        Schemas((answering,))
    assert not [name for name in whole_document["components"]["schemas"] if "__" in name]


# events -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.NAME))
def test_every_event_has_a_schema_with_its_meaning(event: Any) -> None:
    schema = event_schema(event)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/schemas/{event.NAME}.json"
    assert schema["description"]
    assert schema["additionalProperties"] is False
    assert set(schema.get("properties", {})) == set(event.__dataclass_fields__)


def test_a_stored_event_fits_the_schema_that_its_message_names(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-1")
        for stored in toy.node.storage.log.read(LOG, -1, 10):
            answer = await toy.client.get(f"/schemas/{stored.type}.json")
            assert answer.headers["content-type"] == "application/schema+json"
            data = json.loads(stored.bytes)["data"]
            jsonschema.Draft202012Validator(answer.json()).validate(data)
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.Draft202012Validator(answer.json()).validate({**data, "another": 1})
        unknown = await toy.client.get("/schemas/sanguan.intake.nothing.v1.json")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")

    scene(play, tmp_path)


def test_asyncapi_has_every_event_and_every_service() -> None:
    document = asyncapi(SERVICES)
    assert set(document["components"]["messages"]) == {event.NAME for event in EVENTS}
    assert {name.partition(".")[0] for name in document["operations"]} == {"relay", *(s.name for s in SERVICES)}
    for reference in references(document):
        assert at(document, reference)
    title = TypeAdapter(EVENTS[0]).json_schema()["title"]
    assert document["components"]["messages"][EVENTS[0].NAME]["title"] == title


# what is committed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "make"), [("openapi", openapi), ("asyncapi", asyncapi)])
def test_the_committed_document_is_current(name: str, make: Any) -> None:
    """`sanguan docs openapi > docs/openapi.json` (and asyncapi) makes it current again."""
    committed = json.loads((ROOT / "docs" / f"{name}.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(make(SERVICES)))


def test_the_documents_have_the_products_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
