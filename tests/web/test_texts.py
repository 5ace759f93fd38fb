"""Every text that a page asks for by its name is there, in both languages, and is given all that it quotes."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from jinja2 import Environment, nodes

from services.together import SECTIONS
from shared.web.texts import TEXTS

ROOT: Final = Path(__file__).parents[2]
ALL: Final = dict(TEXTS) | {key: pair for section in SECTIONS for key, pair in section.texts.items()}
SOURCES: Final = sorted(
    path for part in ("shared/web", "services") for path in (ROOT / part).rglob("*")
    if path.suffix == ".html" or (path.suffix == ".py" and {"pages", "web"} & set(path.parts))
)  # fmt: skip

Asked = tuple[str, frozenset[str]]
"""A text's key, and the names of what is put into it."""


def asked_by_template(source: str) -> Iterator[Asked]:
    """`t("key", name=…)`, also of a choice between keys."""
    for call in Environment().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t" and call.args:
            for key in _choices(call.args[0]):
                yield key, frozenset(one.key for one in call.kwargs)


def _choices(said: nodes.Node) -> Iterator[str]:
    match said:
        case nodes.Const():
            yield said.value
        case nodes.CondExpr():
            yield from (key for side in (said.expr1, said.expr2) if side is not None for key in _choices(side))
        case _:
            pass  # made of parts: what it comes to is known only when it is asked for


def asked_by_code(source: str) -> Iterator[Asked]:
    """`words("key", name=…)`, whoever's words they are."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and _called(call.func) in ("words", "_words") and call.args:
            given = frozenset(one.arg for one in call.keywords if one.arg)
            match call.args[0]:
                case ast.Constant(value=str(key)) if len(given) == len(call.keywords):
                    yield key, given
                case _:
                    pass


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def quoted(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_that_is_asked_for_by_name_is_there_and_given_what_it_quotes(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for key, given in asked_by_template(source) if path.suffix == ".html" else asked_by_code(source):
        assert key in ALL, f"no text is called {key}"
        for text in ALL[key]:
            assert text.strip(), key
            assert quoted(text) == given, key


def test_what_is_asked_for_is_found_in_calls_and_in_choices() -> None:
    template = """{% macro m(t) %}{{ t("a" if x else "b", n=1) }}{{ t(key ~ "_c") }}{% endmacro %}{{ m(t("d")) }}"""
    assert set(asked_by_template(template)) == {("a", frozenset("n")), ("b", frozenset("n")), ("d", frozenset())}
    code = """ask.words("a"); self._words("b", n=1); words(key); words("c", **known); other("d")"""
    assert set(asked_by_code(code)) == {("a", frozenset()), ("b", frozenset("n"))}
