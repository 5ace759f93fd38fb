"""`dataclasses.replace` in a third of its time, for slotted classes: folding does little else."""

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace as replace  # the type checker knows its rules
else:

    def replace(value: Any, **changes: Any) -> Any:
        """The value with some fields changed; raises `KeyError` for a field that it has not."""
        cls = type(value)
        read, puts, put = _SHAPES.get(cls) or _shape(cls)
        new = object.__new__(cls)
        for into, held in zip(puts, read(value), strict=True):
            into(new, held)
        for name, held in changes.items():
            put[name](new, held)
        return new


_Puts = dict[str, Callable[[Any, Any], None]]
_SHAPES: dict[type, tuple[Callable[[Any], tuple[Any, ...]], tuple[Callable[[Any, Any], None], ...], _Puts]] = {}
"""How a class's fields are read all at once, and put one by one; found once, and never changed."""


def _shape(cls: type) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[Callable[[Any, Any], None], ...], _Puts]:
    names = [field.name for field in fields(cls)]
    put = {name: getattr(cls, name).__set__ for name in names}
    read: Any = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    _SHAPES[cls] = read, tuple(put.values()), put
    return _SHAPES[cls]
