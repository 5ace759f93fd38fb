"""What the API's document says of who may ask, and of what everybody may be answered."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from services.installation import SERVICES
from services.intake.service import CARD, FIND, HELD, SESSION
from services.together import whole_policy
from shared.access.policy import Kind
from shared.contracts.model import Errand
from shared.web.documents import openapi
from shared.web.openapi import Schemas
from tests.web.toy import Running, scene

Json = dict[str, Any]
NO_OPERATIONS = {Kind.PAGE, Kind.FORM, Kind.OWN, Kind.SIGN_IN, Kind.PUBLIC, Kind.DOCUMENT}
"""Kinds that are pages too: what people look at is no part of the API."""


@pytest.fixture(scope="module")
def document() -> Json:
    return openapi(SERVICES)


def codes(document: Json, operation: Json, status: int) -> set[str]:
    """Those with which an operation may be answered under a status."""
    name = operation["responses"][str(status)]["$ref"].rpartition("/")[2]
    schema = document["components"]["responses"][name]["content"]["application/problem+json"]["schema"]
    return set(schema["allOf"][1]["properties"]["code"]["enum"])


def test_each_operation_is_for_those_whom_the_policy_lets_in(document: Json) -> None:
    rules = {(rule.method, rule.path): rule for rule in whole_policy()}
    told = {
        (method.upper(), path): operation for path, item in document["paths"].items()
        for method, operation in item.items()
    }  # fmt: skip
    for at, operation in told.items():
        assert set(operation.get("x-roles", ())) == set(rules[at].roles), at
        assert (operation.get("security") == []) == (not rules[at].roles), at
        assert operation.get("x-clause", "") in ("", rules[at].clause), at
    untold = {at for at, rule in rules.items() if rule.kind not in NO_OPERATIONS} - told.keys()
    assert {path for _, path in untold} == {f"/{service.name}/ledgers/{{name}}" for service in SERVICES}


def test_who_is_asked_for_a_token_may_be_turned_away_and_nobody_else(document: Json) -> None:
    denials = {"role_not_allowed", "scope_not_granted", "wrong_jurisdiction", "wider_reach_needed"}
    for path, item in document["paths"].items():
        for operation in item.values():
            if operation.get("security") == []:
                assert not {"401", "403"} & operation["responses"].keys(), path
            else:
                assert codes(document, operation, 401) == {"unauthenticated"}
                assert denials <= codes(document, operation, 403), path
                assert codes(document, operation, 429) == {"too_many_requests"}
            assert "internal" in codes(document, operation, 500), path


def test_a_refusal_that_says_when_to_come_again_says_so_in_its_header_too(document: Json) -> None:
    for name, response in document["components"]["responses"].items():
        headers = {".401": {"WWW-Authenticate"}, ".429": {"Retry-After"}}.get(name[-4:], set())
        assert set(response.get("headers", ())) == headers, name


@pytest.mark.parametrize("errand", [SESSION, CARD, HELD, FIND], ids=lambda one: str(one.path))
def test_an_errand_is_told_as_it_is_declared(document: Json, errand: Errand) -> None:
    operation = document["paths"][f"/intake/{errand.path}"]["post"]
    assert operation["description"].startswith(errand.told)
    assert ("recorded first" in operation["description"]) == (errand in (HELD, FIND))
    listed = {
        code for status in operation["responses"] if status != "200" for code in codes(document, operation, status)
    }
    assert set(errand.refuses) <= listed
    assert {"malformed_json", "missing_field", "too_large"} <= listed


def test_who_guesses_codes_is_told_to_wait(document: Json) -> None:
    operation = document["paths"][f"/intake/{SESSION.path}"]["post"]
    assert codes(document, operation, 429) == {"too_many_attempts", "too_many_requests"}
    assert codes(document, operation, 404) == {"unknown_code", "not_found"}


@dataclass(frozen=True)
class Appended:
    """An answer that is called like a part of every document."""

    text: str


def test_a_part_that_is_called_like_one_of_every_document_is_refused() -> None:
    service = next(one for one in SERVICES if one.questions)

    @dataclass(frozen=True)
    class Told:
        appended: Appended

    answering = replace(service, questions=(replace(service.questions[0], answer=Told),))
    with pytest.raises(ValueError, match=r"names that the document's own parts have: Appended"):
        Schemas((answering,))


def test_who_uses_another_method_is_told_which_there_are(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        for path, methods in (
            ("/intake/commands/open-file", {"POST"}), ("/intake/ledgers/files", {"GET", "HEAD"}),
            ("/-/health/live", {"GET", "HEAD"}),
        ):  # fmt: skip
            answer = await toy.client.request("DELETE", path)
            assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
            assert set(re.split(", *", answer.headers["allow"])) == methods

    scene(play, tmp_path)
