"""Every refusal has a code that is told, documented and tried."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from services.installation import SERVICES
from shared.errors import CODES

TESTS: Final = Path(__file__).parent
OPENAPI: Final[Any] = json.loads((TESTS.parent / "docs" / "openapi.json").read_text(encoding="utf-8"))
STATUS: Final = {code: sentence.status for code, sentence in CODES.items()} | {
    code: service.statuses.get(code, 409) for service in SERVICES for code in service.refusals
}
"""Every code of the mechanism's and of the services'. Two services that have one code give it one status."""
OF_NO_OPERATION: Final = frozenset({"method_not_allowed"})
"""What is only said of methods that the document does not name."""


def test_services_that_refuse_alike_say_so_with_one_status() -> None:
    for service in SERVICES:
        for code in service.refusals:
            assert STATUS[code] == service.statuses.get(code, 409), f"{service.name}: {code}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_api_s_document_gives_each_refusal_of_a_service_its_status(service: Any) -> None:
    documented = documented_codes(f"{service.name}.commands")
    assert {code: documented.get(code) for code in service.refusals} == {
        code: {STATUS[code]} for code in service.refusals
    }


def test_the_api_s_document_gives_each_refusal_of_the_mechanism_its_status() -> None:
    documented = documented_codes("")
    missing = {code for code in CODES if documented.get(code) != {STATUS[code]}}
    assert missing == OF_NO_OPERATION


def documented_codes(group: str) -> dict[str, set[int]]:
    """The codes that the responses of a group of operations (of all, where none is named) may carry, with statuses."""
    found: dict[str, set[int]] = {}
    for name, response in OPENAPI["components"]["responses"].items():
        if name.startswith(group):
            for narrowed in parts_of(response):
                for code in narrowed["code"].get("enum", ()):
                    found.setdefault(code, set()).add(narrowed["status"]["const"])
    return found


def documented_of(path: str, status: int) -> set[str]:
    """The codes with which a question at a path may be answered under a status."""
    reference = OPENAPI["paths"][path]["get"]["responses"][str(status)]["$ref"].rpartition("/")[2]
    return {
        code for part in parts_of(OPENAPI["components"]["responses"][reference])
        for code in part["code"]["enum"]
    }  # fmt: skip


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_question_names_refusals_of_its_service_and_the_document_has_them(service: Any) -> None:
    for question in service.questions:
        assert set(question.refuses) <= set(service.refusals)
        for code in question.refuses:
            assert code in documented_of(f"/{service.name}/{question.path}", STATUS[code])


def parts_of(document: Any) -> Iterator[Any]:
    """Every schema's properties that narrow both a code and a status."""
    if isinstance(document, dict):
        if {"code", "status"} <= document.keys() and "const" in document["status"]:
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from parts_of(part)


def test_every_refusal_is_tried() -> None:
    """Somewhere in the tests its code is expected: in an assertion, in a table of cases, by a helper that asserts."""
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(TESTS.rglob("*.py"))]
    asserting = {"then_refused", "parametrize", *helpers_that_assert(modules)}
    expected = {text for module in modules for text in texts_expected(module, asserting)}
    assert STATUS.keys() - expected == set()


def helpers_that_assert(modules: Iterable[ast.Module]) -> set[str]:
    """The names of functions that assert something, or call one that does."""
    functions = [one for module in modules for one in ast.walk(module) if isinstance(one, ast.FunctionDef)]
    found = {one.name for one in functions if any(isinstance(part, ast.Assert) for part in ast.walk(one))}
    return found | {one.name for one in functions if called_in(one) & found}


def called_in(node: ast.AST) -> set[str]:
    return {name for part in ast.walk(node) if isinstance(part, ast.Call) for name in (name_of(part),) if name}


def name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def texts_expected(module: ast.Module, asserting: set[str]) -> Iterator[str]:
    """The texts of a module that something is compared with. That a refusal is made by hand expects nothing."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and name_of(node) in asserting):
            by_hand = {
                id(part) for call in ast.walk(node) if isinstance(call, ast.Call) and name_of(call) == "Refused"
                for part in ast.walk(call)
            }  # fmt: skip
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in by_hand:
                    yield part.value


def test_the_scan_sees_what_is_expected_and_nothing_else() -> None:
    module = ast.parse(
        """
def sent(code): assert answer == code
def test():
    spec.when(x).then_refused("one")
    sent("two")
    assert body["code"] == "three"
    raise Refused("four")
    told(Refused("five"))
"""
    )
    asserting = {"then_refused", *helpers_that_assert([module])}
    assert set(texts_expected(module, asserting)) == {"one", "two", "code", "three"}
    assert all(re.fullmatch(r"[a-z][a-z_]*", code) for code in STATUS)
