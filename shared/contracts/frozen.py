"""Values that nobody changes, made and changed cheaply: making them is most of what a log does.

The type checker sees the standard library's `dataclass` and `replace`, and holds everyone to `frozen=True`. At run time
nothing does: the guard makes a value five times as dear.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """Make a class a slotted dataclass, frozen for the type checker alone; hashed and compared by its fields."""
        assert frozen, "for what may change, the standard library has its own"
        assert slots, "without slots there is nothing to be gained"
        return dataclasses.dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)

    def replace(value: Any, **changes: Any) -> Any:
        """The value with some fields changed; raises `AttributeError` for a field that it has not."""
        cls = type(value)
        new = (_COPIES.get(cls) or _copy_of(cls))(value)
        for name, held in changes.items():
            setattr(new, name, held)
        return new


_COPIES: dict[type, Callable[[Any], Any]] = {}
"""How a class's values are copied; written once, and never changed."""


def _copy_of(cls: type) -> Callable[[Any], Any]:
    """A function that copies field by field, without a loop: as `dataclasses` itself writes a class's `__init__`."""
    fields = "\n ".join(f"new.{field.name} = value.{field.name}" for field in dataclasses.fields(cls))
    scope: dict[str, Any] = {"make": object.__new__, "cls": cls}
    exec(f"def copy(value):\n new = make(cls)\n {fields}\n return new", scope)  # noqa: S102  # nothing but a class's own names
    _COPIES[cls] = scope["copy"]
    return _COPIES[cls]
