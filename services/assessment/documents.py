"""Reading plans and rulebooks that people write as YAML: the edge of assessment, where a mistake is told precisely.

YAML's own guesses are not trusted: a number with a point stays the text that was written (no float is ever made), a
day stays text until the contract reads it, and a key that is written twice is a mistake.
"""

import json
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

_T = TypeVar("_T")
_Lines = dict[tuple[str | int, ...], int]

MOST_CHARACTERS = 1_000_000
DEEPEST = 20


class DocumentFault(Exception):
    """What is wrong with a document: where (line from 1, field), and why, in Chinese and English."""

    def __init__(self, name: str, line: int, field: str, code: str, why_zh: str, why_en: str) -> None:
        self.name, self.line, self.field, self.code = name, line, field, code
        self.why_zh, self.why_en = why_zh, why_en
        super().__init__(f"{name}:{line} {field}: {why_zh} {why_en}")


def load(path: Path, kind: type[_T]) -> _T:
    """The document in a file; raises `DocumentFault`, and OSError where the file cannot be opened."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DocumentFault(path.name, line, "", "not_utf8", "文件不是UTF-8编码。", "The file is not UTF-8.") from error
    return read(text, path.name, kind)


def read(text: str, name: str, kind: type[_T]) -> _T:
    """The document in a text, as a value of the contract; raises `DocumentFault`."""
    if len(text) > MOST_CHARACTERS:
        raise DocumentFault(name, 1, "", "too_long", "文件过大。", "The file is too large.")
    lines: _Lines = {}
    data = _plain(_composed(text, name), (), lines, name)
    try:
        return TypeAdapter(kind).validate_json(json.dumps(data))
    except ValidationError as error:
        raise _fault(name, error, lines) from None


def _composed(text: str, name: str) -> yaml.Node:
    """The tree of YAML nodes, which know their lines."""
    try:
        _refuse_shape(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        zh, en = "不是合法的YAML，请检查缩进和符号。", "This is not YAML; check indentation and punctuation."
        raise DocumentFault(name, line, "", "not_yaml", zh, en) from error
    if root is None:
        raise DocumentFault(name, 1, "", "empty", "文件为空。", "The file is empty.")
    return root


def _refuse_shape(text: str, name: str) -> None:
    """Refuse references, which can multiply without end, and nesting that no plan needs, before a tree is built."""
    depth = 0
    for part in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(part, yaml.CollectionStartEvent) - isinstance(part, yaml.CollectionEndEvent)
        line = part.start_mark.line + 1 if part.start_mark else 1
        if isinstance(part, yaml.AliasEvent):
            raise DocumentFault(name, line, "", "not_taken", "不支持引用（*）。", "References (*) are not taken.")
        if depth > DEEPEST:
            raise DocumentFault(name, line, "", "too_deep", "嵌套过深。", "This is nested too deeply.")


def _plain(node: yaml.Node, path: tuple[str | int, ...], lines: _Lines, name: str) -> Any:
    """Mappings, lists, whole numbers, true, false and null as they are; all other scalars as text."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                zh, en = "名称应为文字。", "A name must be text."
                raise DocumentFault(name, key.start_mark.line + 1, _dotted(path), "not_taken", zh, en)
            if key.value in found:
                zh, en = "同一项写了两次。", "The same key is written twice."
                raise DocumentFault(name, key.start_mark.line + 1, _dotted((*path, key.value)), "repeated_key", zh, en)
            found[key.value] = _plain(child, (*path, key.value), lines, name)
            lines[(*path, key.value)] = key.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, place), lines, name) for place, child in enumerate(node.value)]
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool" if node.value in ("true", "false"):
            return node.value == "true"
        case "int" if node.value.isascii() and node.value.isdecimal() and len(node.value) < 16:
            return int(node.value)
        case _:
            return node.value


_DAY = ("应为日期，如2015-06-10。", "This must be a day, like 2015-06-10.")
_REASONS = {
    "missing": ("缺少此项。", "This field is missing."),
    "extra_forbidden": ("没有这一项，请检查拼写。", "There is no such field; check its spelling."),
    "unexpected_keyword_argument": ("没有这一项，请检查拼写。", "There is no such field; check its spelling."),
    "missing_keyword_only_argument": ("缺少此项。", "This field is missing."),
    "enum": ("不在允许的取值之内。", "This is none of the values that are allowed."),
    "string_type": ("应为文字；数字请加引号。", "This must be text; put numbers in quotes."),
    "string_pattern_mismatch": ("写法不合要求。", "This is not written as it must be."),
    "string_too_long": ("过长。", "This is too long."),
    "string_too_short": ("不能为空。", "This must not be empty."),
    "int_type": ("应为整数。", "This must be a whole number."),
    "greater_than_equal": ("数值过小。", "This number is too small."),
    "less_than_equal": ("数值过大。", "This number is too large."),
    "date_from_datetime_parsing": _DAY,
    "bad_format": _DAY,
    "wrong_type": _DAY,
    "out_of_range": ("年份超出范围。", "This year is out of range."),
    "control_character": ("含有控制字符。", "This holds control characters."),
    "tuple_type": ("应为列表。", "This must be a list."),
    "dataclass_type": ("应为若干“名称: 值”。", "This must be a mapping of names to values."),
}
"""The reasons of pydantic and of our own fields (`Unfit`), as a writer of plans understands them."""


def _fault(name: str, error: ValidationError, lines: _Lines) -> DocumentFault:
    """The first mistake, with the line of the nearest thing that was written."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = tuple(part for part in first["loc"] if part != "function-before")
    near = path
    while near not in lines:
        near = near[:-1]
    code = getattr(first.get("ctx", {}).get("error"), "code", first["type"])
    zh, en = _REASONS.get(code, ("此值不合要求。", f"{first['msg']}."))
    return DocumentFault(name, lines[near], _dotted(path), code, zh, en)


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
