"""Reading plans and rulebooks that people write as YAML: the edge of assessment, where every mistake is told at once.

YAML's own guesses are not trusted: a number with a point stays the text that was written (no float is ever made), a
day stays text until the contract reads it, and a key that is written twice is a mistake. What a document says is taken
whole or not at all.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml
from pydantic import TypeAdapter, ValidationError

from services.assessment.refusals import REFUSALS
from services.assessment.rules.faults import At, Fault
from shared.contracts.codes import Named
from shared.contracts.fields import LARGEST_INTEGER

_T = TypeVar("_T")

MOST_CHARACTERS: Final = 1_000_000
DEEPEST: Final = 20
_WHOLE: Final = re.compile(f"-?[0-9]{{1,{len(str(LARGEST_INTEGER))}}}")
_HALF: Final = re.compile("[\ud800-\udfff]")
MOST_TOLD: Final = 50
"""Mistakes of one document that are told; how many more there are is said."""
_MOST_SHOWN: Final = 60
"""Characters of what somebody wrote that are quoted."""


@dataclass(frozen=True, slots=True)
class Form(Generic[_T]):
    """What kind of document is read: its class, what can be wrong with one that can be read, and one that says
    nothing, whose parts stand in for those that cannot be read while the others are looked at."""

    kind: type[_T]
    faults: Callable[[_T], Iterable[Fault]]
    blank: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at one place of a document, and what to do, in Chinese and English."""

    line: int
    """From 1."""
    field: str
    """The way to it, with places in lists from 1: `duties.3.phase`."""
    item: str
    """The code of the item that it is in; empty where it is in none."""
    code: str
    why_zh: str
    why_en: str

    def __str__(self) -> str:
        field, item = f" {self.field}" if self.field else "", f" [{self.item}]" if self.item else ""
        return f"{self.line}{field}{item}: {self.why_zh} {self.why_en} ({self.code})"


class DocumentFault(Exception):
    """All mistakes of a document, in the order of their lines; `more` of them are not told. Where it cannot be read
    (`unread`), what depends on the whole of it could not be looked at: references and oddities."""

    def __init__(self, name: str, mistakes: Iterable[Mistake], *, unread: bool = True) -> None:
        self.unread = unread
        found = sorted(mistakes, key=lambda mistake: mistake.line)
        self.name, self.mistakes, self.more = name, tuple(found[:MOST_TOLD]), max(len(found) - MOST_TOLD, 0)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line for each, `name:line field: why (code)`, and what was not told or not looked at."""
        told = [f"{self.name}:{mistake}" for mistake in self.mistakes]
        if self.more:
            told.append(f"{self.name}: 另有 {self.more} 处错误，改正以上各处后再查。 And {self.more} more mistakes.")
        if self.unread:
            zh, en = "引用和疑点待以上错误改正后再查。", "References and oddities are looked at when these are mended."
            told.append(f"{self.name}: {zh} {en}")
        return told


def load(path: Path, form: Form[_T]) -> _T:
    """The document in a file; raises `DocumentFault`, and OSError where the file cannot be opened."""
    with path.open("rb") as file:
        data = file.read(4 * MOST_CHARACTERS + 1)  # more than the longest text that is taken, whatever the file is
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        mistake = Mistake(line, "", "", "not_utf8", "文件不是UTF-8编码。", "The file is not UTF-8.")
        raise DocumentFault(path.name, [mistake]) from error
    return read(text, path.name, form)


def read(text: str, name: str, form: Form[_T]) -> _T:
    """The document in a text, as a value of the contract that holds together; raises `DocumentFault`."""
    try:
        written = _Written(_composed(text))
    except _Unreadable as error:
        raise DocumentFault(name, [error.mistake]) from error
    found, unread = list(written.mistakes), False
    try:
        value = TypeAdapter(form.kind).validate_json(json.dumps(written.data))
    except ValidationError as error:
        unread = True
        found += _of_shape(error, form.kind, written)
        wrong = {*(at for at, _ in found)}
        found += _of_sense(_what_can_be_read(written.data, wrong, form), written)
    else:
        found += _of_sense(form.faults(value), written)
    if found:
        raise DocumentFault(name, (mistake for _, mistake in found), unread=unread)
    return value


def dump(value: Any) -> str:
    """The text of a document that is read back as the same value."""
    plain = json.loads(msgspec.json.encode(value))
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=MOST_CHARACTERS)


# what is written --------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """The text is no tree of YAML, so that nothing else can be said of it."""

    def __init__(self, line: int, code: str, why_zh: str, why_en: str) -> None:
        self.mistake = Mistake(line, "", "", code, why_zh, why_en)
        super().__init__(code)


def _composed(text: str) -> yaml.Node:
    """The tree of YAML nodes, which know their lines; raises `_Unreadable`."""
    if len(text) > MOST_CHARACTERS:
        raise _Unreadable(1, "too_long", "文件过大。", "The file is too large.")
    try:
        _refuse_shape(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: escapes of what is no character
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        zh, en = "不是合法的YAML，请检查缩进和符号。", "This is not YAML; check indentation and punctuation."
        raise _Unreadable(line, "not_yaml", zh, en) from error
    if root is None:
        raise _Unreadable(1, "empty", "文件为空。", "The file is empty.")
    return root


def _refuse_shape(text: str) -> None:
    """Refuse references, which can multiply without end, and nesting that no plan needs, before a tree is built."""
    depth = 0
    for part in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(part, yaml.CollectionStartEvent) - isinstance(part, yaml.CollectionEndEvent)
        line = part.start_mark.line + 1 if part.start_mark else 1
        if isinstance(part, yaml.AliasEvent):
            raise _Unreadable(line, "not_taken", "不支持引用（*）。", "References (*) are not taken.")
        if depth > DEEPEST:
            raise _Unreadable(line, "too_deep", "嵌套过深。", "This is nested too deeply.")
        if isinstance(part, yaml.ScalarEvent) and _HALF.search(part.value):
            raise _Unreadable(line, "not_yaml", "含有不完整的字符。", "This holds half a character.")


class _Written:
    """A document's plain data, where each part of it stands, and what is wrong with the writing itself."""

    def __init__(self, root: yaml.Node) -> None:
        self._lines: dict[At, int] = {}
        self._ill_written: list[tuple[At, str, tuple[str, str], int]] = []
        self.data = self._plain(root, ())
        self.mistakes = [self.mistake(*one) for one in self._ill_written]

    def mistake(self, at: At, code: str, why: tuple[str, str], line: int | None = None) -> tuple[At, Mistake]:
        """What is wrong at a place, with the line of the nearest thing that was written."""
        near = at
        while near not in self._lines:
            near = near[:-1]
        dotted = ".".join(str(part + 1) if isinstance(part, int) else _shown(part) for part in at)
        return at, Mistake(line or self._lines[near], dotted, self._item(at), code, *why)

    def _item(self, at: At) -> str:
        """The code of the innermost list's item that a place is in."""
        code, node = "", self.data
        for part in at:
            try:
                node = node[part]
            except (KeyError, IndexError, TypeError):
                break
            if isinstance(part, int) and isinstance(node, dict) and isinstance(node.get("code"), str):
                code = _shown(node["code"])
        return code

    def _plain(self, node: yaml.Node, at: At) -> Any:
        """Mappings, lists, whole numbers, true, false and null as they are; all other scalars as text."""
        self._lines[at] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(child, (*at, place)) for place, child in enumerate(node.value)]
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool" if node.value in ("true", "false"):
                return node.value == "true"
            case "int" if _WHOLE.fullmatch(node.value):
                return int(node.value)
            case _:
                return node.value

    def _mapping(self, node: yaml.MappingNode, at: At) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                why = "名称应为文字。", "A name must be text."
                self._ill_written.append((at, "not_taken", why, line))
            elif key.value in found:
                why = "同一项写了两次。", "The same key is written twice."
                self._ill_written.append(((*at, key.value), "repeated_key", why, line))
            else:
                found[key.value] = self._plain(child, (*at, key.value))
                self._lines[*at, key.value] = line
        return found


# what it should be ------------------------------------------------------------------------------------------------

_DAY = ("应为日期，如2015-06-10。", "This must be a day, like 2015-06-10.")
_CODES: Final = {
    "extra_forbidden": "unknown_field", "unexpected_keyword_argument": "unknown_field", "missing": "missing_field",
    "missing_keyword_only_argument": "missing_field", "enum": "not_in_list", "string_too_long": "too_long",
    "string_too_short": "too_short", "string_pattern_mismatch": "bad_format", "date_from_datetime_parsing": "bad_day",
}  # fmt: skip
"""pydantic's reasons under the codes that the gate of commands has for them."""
_REASONS: Final = {
    "string_type": ("应为文字；数字请加引号。", "This must be text; put numbers in quotes."),
    "bad_format": ("写法不合要求；日期应如2015-06-10。", "This is not written as it must be; a day is 2015-06-10."),
    "too_long": ("过长，或项目过多。", "This is too long, or there are too many."),
    "too_short": ("不能为空。", "This must not be empty."),
    "int_type": ("应为整数。", "This must be a whole number."),
    "greater_than_equal": ("数值过小。", "This number is too small."),
    "less_than_equal": ("数值过大。", "This number is too large."),
    "bad_day": _DAY,
    "wrong_type": _DAY,
    "out_of_range": ("年份超出范围。", "This year is out of range."),
    "control_character": ("含有控制字符。", "This holds control characters."),
    "personal_in_plain_field": (
        "此处不加密，不得填写电话或身份证号码。", "This is not sealed: leave out telephone and ID numbers.",
    ),
    "tuple_type": ("应为列表。", "This must be a list."),
    "dataclass_type": ("应为若干“名称: 值”。", "This must be a mapping of names to values."),
}  # fmt: skip
"""The reasons of pydantic and of our own fields (`Unfit`), as a writer of plans understands them."""


def _of_shape(error: ValidationError, kind: type, written: _Written) -> Iterator[tuple[At, Mistake]]:
    """What cannot be read, as the contract's gate says."""
    for one in error.errors(include_url=False, include_input=False):
        at = one["loc"]
        reason = str(getattr(one.get("ctx", {}).get("error"), "code", one["type"]))
        code = _CODES.get(reason, reason)
        match code:
            case "unknown_field":
                why = _unknown(at[-1], _type_at(kind, at[:-1]), written.data, at[:-1])
            case "missing_field":
                why = f"缺少“{at[-1]}”。", f"The field {at[-1]} is missing."
            case "not_in_list":
                why = _none_of(_type_at(kind, at), _at(written.data, at))
            case _:
                why = _REASONS.get(code, ("此值不合要求。", f"{one['msg']}."))
        yield written.mistake(at, code, why)


def _unknown(name: object, cls: Any, data: Any, at: At) -> tuple[str, str]:
    """A field that there is not: which one may have been meant, or which there are."""
    said = _shown(name)
    known = [field.name for field in fields(cls)] if is_dataclass(cls) else []
    given = _at(data, at)
    near = get_close_matches(said, [one for one in known if one not in given], 1)
    if near:
        return f"没有“{said}”这一项，是否应为“{near[0]}”？", f"There is no field {said}; is {near[0]} meant?"
    names = ", ".join(known)
    return f"没有“{said}”这一项；可用的有：{names}。", f"There is no field {said}; there are: {names}."


def _none_of(cls: Any, said: Any) -> tuple[str, str]:
    """A code that is not in the list: which one may have been meant, and the list with its names."""
    codes: list[Named] = list(cls) if isinstance(cls, type) and issubclass(cls, Named) else []
    said = _shown(said)
    near = get_close_matches(said, [code.value for code in codes], 1)
    zh = f"是否应为“{near[0]}”？" if near else ""
    en = f" Is {near[0]} meant?" if near else ""
    chinese = "、".join(f"{code.value} {code.zh}" for code in codes)
    english = "; ".join(f"{code.value} ({code.en})" for code in codes)
    return f"“{said}”不是可用的取值。{zh}可用：{chinese}。", f"{said} is none of the codes.{en} There are: {english}."


def _type_at(kind: Any, at: At) -> Any:
    """The type that the contract has at a place; None where it has nothing there."""
    for part in at:
        if isinstance(part, int):
            kind = next(iter(get_args(kind)), None)
        else:
            kind = get_type_hints(kind).get(part) if is_dataclass(kind) else None
        if get_origin(kind) in (UnionType, Union):
            kind = next(arm for arm in get_args(kind) if arm is not type(None))
    return kind


def _at(data: Any, at: At) -> Any:
    for part in at:
        data = data[part]
    return data


def _shown(text: object) -> str:
    """What somebody wrote, fit for one line of a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text)[:_MOST_SHOWN])


# what it says -----------------------------------------------------------------------------------------------------


def _of_sense(faults: Iterable[Fault], written: _Written) -> Iterator[tuple[At, Mistake]]:
    """What does not hold together, as the domain says."""
    for fault in faults:
        zh, en = REFUSALS[fault.code]
        known = fault.known.items()
        in_zh, in_en = ({name: _named(value, language) for name, value in known} for language in ("zh", "en"))
        why = zh.format_map(in_zh), en.format_map(in_en)
        yield written.mistake(fault.at, fault.code, why)


def _named(value: object, language: str) -> str:
    return str(getattr(value, language)) if isinstance(value, Named) else str(value)


def _what_can_be_read(data: Any, wrong: set[At], form: Form[Any]) -> Iterator[Fault]:
    """The faults that stand alone, of all items that can be read: a mistake elsewhere does not hide them."""
    if not isinstance(data, dict):
        return
    readable: dict[str, Any] = {}
    places: dict[str, Sequence[int]] = {}
    for name, blank in form.blank.items():
        value = data.get(name, blank)
        broken = {at[1] for at in wrong if len(at) > 1 and at[0] == name}
        if (name,) in wrong or (broken and not isinstance(value, list)):
            value = blank
        elif isinstance(value, list):
            places[name] = [place for place in range(len(value)) if place not in broken]
            value = [value[place] for place in places[name]]
        readable[name] = value
    for fault in form.faults(TypeAdapter(form.kind).validate_json(json.dumps(readable))):
        if fault.alone:
            part, *rest = fault.at
            if rest and isinstance(rest[0], int):
                rest[0] = places[str(part)][rest[0]]
            yield fault._replace(at=(part, *rest))
