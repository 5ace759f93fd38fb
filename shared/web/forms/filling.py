"""A form as somebody filled it: from the fields that a browser sent, and to the data that the API takes.

A filled tree has a text for each leaf, a mapping for each group, a list for rows and for picked codes. What was typed
is kept as it was typed; whether it can be accepted is the gate's to say. A row in which nothing stands is no row.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from shared.web.forms.tree import ABSENT, NO, YES, Control, Group, Leaf, Part, Picks, Rows

Filled = Any
"""str, dict[str, Filled] or list[Filled]."""
_WHOLE: Final = re.compile("-?[0-9]{1,40}")
_LOCAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_ROW: Final = re.compile("[0-9]{1,4}")
OFFSET: Final = "+08:00"
"""A browser's control for a moment has no offset: what is written in it is China's civil time."""


def empty(part: Part) -> Filled:
    """A part as it stands at first: a list that cannot be left out has one row to begin with."""
    match part:
        case Leaf():
            return part.default
        case Group():
            return {one.name: empty(one) for one in part.parts}
        case Rows():
            return [empty(part.of)] if part.given else []
        case Picks():
            return []


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """Fields named by paths, such as `data/parties/0/phone`, as a tree."""
    root: dict[str, Any] = {}
    for path, text in form.items():
        *outer, name = path.split("/")
        at: Any = root
        for step in outer:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                break  # a value and a group of one name: nothing that a form of ours sends
        else:
            at.setdefault(name, text)
    return root


def filled(part: Part, sent: Any) -> Filled:
    """What was sent of a part; what no form of ours sends is left aside."""
    below: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
    match part:
        case Leaf():
            return _lines(sent) if isinstance(sent, str) else ""
        case Group():
            return {one.name: filled(one, below.get(one.name)) for one in part.parts}
        case Rows():
            return [filled(part.of, below[row]) for row in sorted(filter(_ROW.fullmatch, below), key=int)]
        case Picks():
            return [code.value for number, code in enumerate(part.codes) if str(number) in below]


def _lines(text: str) -> str:
    """Browsers end lines as mail does; the language knows one end of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_blank(part: Part, held: Filled) -> bool:
    """Whether nothing was given: what stood there from the beginning was not."""
    match part:
        case Leaf():
            return held.strip() in ("", part.default)
        case Group():
            return all(is_blank(one, held[one.name]) for one in part.parts)
        case Rows():
            return all(is_blank(part.of, row) for row in held)
        case Picks():
            return not held


def without_blanks(part: Part, held: Filled) -> Filled:
    """The same without empty rows: so that a place in a list is the same in the form and in the data."""
    match part:
        case Group():
            return {one.name: without_blanks(one, held[one.name]) for one in part.parts}
        case Rows():
            return [without_blanks(part.of, row) for row in held if not is_blank(part.of, row)]
        case Leaf() | Picks():
            return held


def data(part: Part, held: Filled) -> Any:
    """What the API would be told; `ABSENT` for nothing. Expects no empty rows."""
    match part:
        case Leaf():
            return _value(part, held) if held.strip() else part.emptied
        case Group():
            if not part.given and is_blank(part, held):
                return part.emptied
            told = {one.name: data(one, held[one.name]) for one in part.parts}
            return {name: value for name, value in told.items() if value is not ABSENT}
        case Rows():
            if not held and not part.given:
                return part.emptied
            return [data(part.of, row) for row in held]
        case Picks():
            return part.emptied if not held and not part.given else held


def _value(leaf: Leaf, text: str) -> Any:
    """A value as JSON has it. What is none of its kind is told as it was typed, and the gate says what is wrong."""
    match leaf.control:
        case Control.NUMBER if _WHOLE.fullmatch(text.strip()):
            return int(text)
        case Control.TRUTH if text in (YES, NO):
            return text == YES
        case Control.MOMENT if _LOCAL.fullmatch(text.strip()):
            return text.strip() + OFFSET
        case Control.DAY | Control.MONTH:
            return text.strip()
        case _:
            return text


def add_row(part: Part, held: Filled, path: str) -> str:
    """Add an empty row to the list at a path, where there is one; the row's path."""
    found = _list_at(part, held, path.split("/")[1:])
    if found is None:
        return ""
    rows, listed = found
    listed.append(empty(rows.of))
    return f"{path}/{len(listed) - 1}"


def drop_row(part: Part, held: Filled, path: str) -> None:
    """Take a row out of the list that it stands in, where there is one."""
    *outer, row = path.split("/")[1:] or [""]
    found = _list_at(part, held, outer)
    if found is not None and _ROW.fullmatch(row) and int(row) < len(found[1]):
        del found[1][int(row)]


def _list_at(part: Part, held: Filled, path: list[str]) -> tuple[Rows, list[Filled]] | None:
    """The list at a path, with what it is made of; None where there is none."""
    for step in path:
        match part:
            case Group():
                below = next((one for one in part.parts if one.name == step), None)
                if below is None:
                    return None
                part, held = below, held[step]
            case Rows() if _ROW.fullmatch(step) and int(step) < len(held):
                part, held = part.of, held[int(step)]
            case _:
                return None
    return (part, held) if isinstance(part, Rows) else None
