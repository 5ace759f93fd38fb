"""How two texts of a plan or a rulebook differ 条文差异: every place at which they do, and what stands there in each.

Items that have a code are told apart by it, wherever they stand; so a place is called as the text's writer calls it:
`indicators.resolve_rate.weight`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from shared.contracts.assessment import Plan, Rulebook
from shared.contracts.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place at which two texts differ, and what stands there in each; None where one has no such item."""

    at: str
    before: str | None
    after: str | None


def differences(before: Plan | Rulebook, after: Plan | Rulebook) -> tuple[Difference, ...]:
    """Every difference, in the order of the text; none where both are equal."""
    return tuple(
        Difference(at=".".join(at), before=_written(was), after=_written(now))
        for at, was, now in _places(before, after)
    )


_Place = tuple[tuple[str, ...], Any, Any]
_ABSENT = object()


def _places(before: Any, after: Any, at: tuple[str, ...] = ()) -> Iterator[_Place]:
    """The innermost places that differ."""
    if before == after:
        return
    if is_dataclass(before) and type(before) is type(after):
        for field in fields(before):
            yield from _places(getattr(before, field.name), getattr(after, field.name), (*at, field.name))
    elif isinstance(before, tuple) and isinstance(after, tuple) and _coded(before) and _coded(after):
        yield from _of_items(before, after, at)
    else:
        yield at, before, after


def _coded(items: Sequence[Any]) -> bool:
    """Whether each item has a code of its own."""
    codes = {getattr(item, "code", None) for item in items}
    return None not in codes and len(codes) == len(items)


def _of_items(before: Sequence[Any], after: Sequence[Any], at: tuple[str, ...]) -> Iterator[_Place]:
    was, now = {item.code: item for item in before}, {item.code: item for item in after}
    for code in dict.fromkeys((*was, *now)):
        yield from _places(was.get(code, _ABSENT), now.get(code, _ABSENT), (*at, code))
    order = [code for code in was if code in now], [code for code in now if code in was]
    if order[0] != order[1]:  # of exclusions the first that applies counts
        yield at, tuple(order[0]), tuple(order[1])


def _written(value: Any) -> str | None:
    """A value as YAML has it on one line; None where there is none."""
    if value is _ABSENT:
        return None
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(str(_written(one)) for one in value)}]"
    if is_dataclass(value):
        told = (f"{field.name}: {_written(getattr(value, field.name))}" for field in fields(value))
        return f"{{{', '.join(told)}}}"
    return str(value)
