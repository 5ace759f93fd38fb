"""What every service's declaration must keep to: tried on each service by its own tests."""

import ast
import inspect
import re
from string import Formatter
from typing import Any

from shared.contracts.model import Refused, Service
from shared.errors import CODES


def assert_refusal_is_told(service: Service, refused: Refused) -> None:
    """The code has its sentences, they quote only what the refusal knows, and `allowed` names real commands."""
    sentences = service.refusals.get(refused.code)
    if sentences is None:
        assert refused.code in CODES, f"{refused.code} has no sentence"
        sentences = (CODES[refused.code].zh, CODES[refused.code].en)
    for sentence in sentences:
        quoted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        assert quoted <= refused.known.keys(), f"{refused.code} quotes {quoted - refused.known.keys()}"
    assert set(refused.allowed) <= {_slug(a.command) for d in service.deciders for a in d.accepts}
    assert not refused.known.keys() & {"type", "title", "status", "code", "field", "detail_zh", "detail_en"}


def codes_raised(module: Any) -> set[str]:
    """The codes that a module's source refuses with."""
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call))
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Refused" and isinstance(call.args[0], ast.Constant)
    }


def assert_exhaustive(function: Any) -> None:
    """Every `match` of the function ends in `assert_never`: what it does not know fails the type checker."""
    matches = [node for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Match)]
    assert matches, f"{function.__qualname__} matches nothing"
    for match in matches:
        last = match.cases[-1]
        assert isinstance(last.pattern, ast.MatchAs), ast.unparse(last)
        assert last.pattern.pattern is None
        assert "assert_never(" in ast.unparse(last), f"{function.__qualname__}: {ast.unparse(last)}"


def assert_tables_are_bilingual(service: Service) -> None:
    """Each refusal speaks Chinese and English, quotes the same in both, and has a fitting status."""
    for code, (zh, en) in service.refusals.items():
        assert re.fullmatch(r"[a-z][a-z_]*", code)
        assert re.search(r"[\u4e00-\u9fff]", zh)
        assert not re.search(r"[\u4e00-\u9fff]", en)
        assert {name for _, name, _, _ in Formatter().parse(zh) if name and name != "standing_zh"} == {
            name for _, name, _, _ in Formatter().parse(en) if name and name != "standing"
        } or "standing" in zh + en
        assert service.statuses.get(code, 409) in {404, 409, 422}
    assert service.statuses.keys() <= service.refusals.keys()


def _slug(command: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", command.__name__).lower()
