"""A command's class as a tree of inputs: which control, whether it has to be given, its limits.

Everything is read off the types that the gate validates by. Nothing is validated here: the tree says what to ask for.
"""

from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from shared.contracts.codes import Named
from shared.contracts.fields import LARGEST_INTEGER, Many, Month, Phone, Text, Whole


class Absent(Enum):
    """What is not said at all."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
_AREA_FROM: Final = 200
"""Characters from which on a text that may hold several lines gets room for them."""
_MONTH: Final[Text] = get_args(Month)[1]
_PHONE: Final[Text] = get_args(Phone)[1]
YES: Final = "yes"
NO: Final = "no"


class Control(Enum):
    """What a single value is asked with."""

    LINE = "text"
    AREA = "area"
    PHONE = "tel"
    NUMBER = "number"
    DAY = "date"
    MONTH = "month"
    MOMENT = "datetime-local"
    CODE = "code"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    name: str
    given: bool
    """Whether it has to be given."""
    emptied: Any = ABSENT
    """What is said where nothing is given: nothing, or None where the command wants to hear that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(_Part):
    """A single value."""

    control: Control
    default: str = ""
    """What stands in it first."""
    codes: tuple[Named, ...] = ()
    text: Text | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(_Part):
    """A value of several fields."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(_Part):
    """Any number of values of a kind, one row each."""

    of: "Part"
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks(_Part):
    """Any of a list of codes."""

    codes: tuple[Named, ...]


Part = Leaf | Group | Rows | Picks


@cache
def tree(command: type) -> Group:
    """The inputs of a command's data."""
    return Group(name="data", given=True, parts=_parts(command))


OCCURRED_AT: Final = Leaf(name="occurred_at", given=True, control=Control.MOMENT)
"""When it happened: asked beside every command's data."""
STREAM: Final = Leaf(name="stream", given=True, control=Control.LINE)
"""Which aggregate it is about: asked where neither the data nor the address says so."""


def _parts(cls: type) -> tuple[Part, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_part(field.name, hints[field.name], field) for field in fields(cls))


def _part(name: str, hint: Any, field: "Field[Any] | None" = None) -> Part:
    bare, marks, nullable = _opened(hint)
    default = MISSING if field is None else field.default
    own: dict[str, Any] = {
        "name": name,
        "given": default is MISSING and not nullable,
        "emptied": None if nullable and default is not None else ABSENT,  # None by itself where that is the default
    }
    if get_origin(bare) is tuple:
        item = get_args(bare)[0]
        if isinstance(item, type) and issubclass(item, Named):
            return Picks(codes=tuple(item), **own)
        most = next((mark.most for mark in marks if isinstance(mark, Many)), None)
        return Rows(of=_part(name, item), most=most, **own)
    if is_dataclass(bare):
        assert isinstance(bare, type)
        return Group(parts=_parts(bare), **own)
    return Leaf(default="" if default in (MISSING, None) else _written(default), **_control(bare, marks), **own)


def _opened(hint: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """A type without what is around it: the bare one, its markers, and whether it may be None."""
    if get_origin(hint) is Annotated:
        bare, *found = get_args(hint)
        return bare, tuple(found), False
    if get_origin(hint) in (UnionType, Union):
        (arm,) = (arm for arm in get_args(hint) if arm is not type(None))
        bare, marks, _ = _opened(arm)
        return bare, marks, True
    return hint, (), False


def _control(bare: Any, marks: tuple[Any, ...]) -> dict[str, Any]:
    if bare is bool:
        return {"control": Control.TRUTH}
    if isinstance(bare, type) and issubclass(bare, Named):
        return {"control": Control.CODE, "codes": tuple(bare)}
    if bare is int:
        whole = next((mark for mark in marks if isinstance(mark, Whole)), Whole())
        return {
            "control": Control.NUMBER,
            "least": whole.least,
            "most": None if whole.most == LARGEST_INTEGER else whole.most,
        }
    if bare is date:
        return {"control": Control.DAY}
    if bare is datetime:
        return {"control": Control.MOMENT}
    if bare is str:
        text = next(mark for mark in marks if isinstance(mark, Text))
        return {"control": _for_text(text), "text": text}
    raise TypeError(f"no control for {bare}")


def _for_text(text: Text) -> Control:
    if text == _MONTH:
        return Control.MONTH
    if text == _PHONE:
        return Control.PHONE
    several = not (text.line or text.code) and text.max_length >= _AREA_FROM
    return Control.AREA if several else Control.LINE


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return YES if default else NO
    return default.isoformat() if isinstance(default, date) else str(default)
