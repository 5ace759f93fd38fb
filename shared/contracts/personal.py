"""Which fields of a command or an event are personal: found once per class, walked fast ever after."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from shared.contracts.fields import Sealed, Text
from shared.contracts.frozen import replace

SEALED_MARK = "sealed:"
_BOX: Text = get_args(Sealed)[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """The personal fields of a class, and the plans of the values within it."""

    fields: tuple[str, ...]
    """The personal ones."""
    lists: tuple[str, ...]
    """Those that hold a tuple of personal texts."""
    within: tuple[tuple[str, "Plan", bool], ...]
    """Field, its plan, and whether it holds a tuple of such values."""

    def __bool__(self) -> bool:
        return bool(self.fields or self.lists or self.within)


_PLANS: dict[type, Plan] = {}
"""Found plans; a class's plan never changes."""


def personal(cls: type) -> Plan:
    """The plan of a command's class (fields to be sealed) or an event's (fields that hold boxes)."""
    if (known := _PLANS.get(cls)) is None:
        _PLANS[cls] = Plan((), (), ())  # a row that remembers what it was holds rows of its own kind
        known = _PLANS[cls] = _find(cls)
    return known


def _find(cls: type) -> Plan:
    fields: list[str] = []
    lists: list[str] = []
    within: list[tuple[str, Plan, bool]] = []
    hints = get_type_hints(cls, include_extras=True)
    for name in (field.name for field in dataclasses.fields(cls)):
        hint = hints[name]
        marker, inner, many = _read(hint)
        if marker is not None and (marker.personal or marker == _BOX):
            (lists if many else fields).append(name)
        elif inner is not None and (plan := personal(inner)):
            within.append((name, plan, many))
    return Plan(tuple(fields), tuple(lists), tuple(within))


def _read(hint: Any) -> tuple[Text | None, type | None, bool]:
    """(marker, dataclass within, whether it is a tuple of them) of one field's type."""
    origin = get_origin(hint)
    if origin is Annotated:
        if get_origin(get_args(hint)[0]) is tuple:
            return _read(get_args(hint)[0])  # the marker counts the tuple, what is in it has its own
        marks = [mark for mark in get_args(hint)[1:] if isinstance(mark, Text)]
        return (marks[0] if marks else None), None, False
    if origin in (UnionType, Union):
        return next((found for arm in get_args(hint) if any(found := _read(arm))), (None, None, False))
    if origin is tuple:
        marker, inner, _ = _read(get_args(hint)[0])
        return marker, inner, True
    return None, (hint if isinstance(hint, type) and is_dataclass(hint) else None), False


def sealed_copy(value: Any, plan: Plan, seal: Callable[[str, str], str], scope: str = "") -> Any:
    """The value with each personal field replaced by `seal(scope, text)`; a scope is the path of what it belongs to."""
    changed: dict[str, Any] = {}
    for name in plan.fields:
        if (text := getattr(value, name)) is not None:
            changed[name] = seal(scope, text)
    for name in plan.lists:
        if texts := getattr(value, name):
            changed[name] = tuple(seal(scope, text) for text in texts)
    for name, inner, many in plan.within:
        held = getattr(value, name)
        if held is None:
            continue
        if many:
            changed[name] = tuple(
                sealed_copy(item, inner, seal, f"{scope}{name}/{number}") for number, item in enumerate(held)
            )
        else:
            changed[name] = sealed_copy(held, inner, seal, f"{scope}{name}")
    return replace(value, **changed) if changed else value


def unsealed_field(value: Any, plan: Plan) -> str | None:
    """The first personal field that is not in a sealed box: such an event must never be appended."""
    for name in plan.fields:
        text = getattr(value, name)
        if text is not None and not text.startswith(SEALED_MARK):
            return name
    for name in plan.lists:
        if not all(text.startswith(SEALED_MARK) for text in getattr(value, name) or ()):
            return name
    for name, inner, many in plan.within:
        held = getattr(value, name)
        for item in (held or ()) if many else (() if held is None else (held,)):
            if (found := unsealed_field(item, inner)) is not None:
                return f"{name}.{found}"
    return None


def boxes(value: Any, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The sealed boxes in these fields of a row or an event, each with its place: `parties/0/name`."""
    return (found for name in names for found in _boxes(getattr(value, name), name))


def _boxes(held: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(held, str):
        if held.startswith(SEALED_MARK):
            yield place, held
    elif isinstance(held, tuple):
        for number, item in enumerate(held):
            yield from _boxes(item, f"{place}/{number}")
    elif is_dataclass(held):
        for field in dataclasses.fields(held):
            yield from _boxes(getattr(held, field.name), f"{place}/{field.name}")


def key_of(box: str) -> str:
    """The name of the key that seals a box: `case/0f3a#parties/0` of `sealed:2:case/0f3a#parties/0:…`."""
    return box.split(":", 2)[2].rpartition(":")[0]  # a key's name may hold colons, base64 holds none
