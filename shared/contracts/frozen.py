"""Values that nobody changes, made and changed cheaply: making them is most of what a log does.

The type checker sees the standard library's `dataclass` and `replace`. At run time the class becomes a `msgspec.Struct`
of the same fields: frozen, slotted, made, copied, compared and hashed in C, in a third of the time. It keeps the
dataclass's description of its fields, so that `dataclasses.fields` and pydantic read it like any other.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:
    import dataclasses
    from collections.abc import Callable

    import msgspec
    from msgspec.structs import replace as replace

    class _Value:
        """Before `Struct`, so that pydantic can make one empty and fill it, as it makes dataclasses."""

        __slots__ = ()

    _STRUCT = type(msgspec.Struct)
    _OWN = ("__dict__", "__weakref__")
    """What the interpreter adds to a class, and would add again."""

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """Make a class a value: frozen, slotted, hashed and compared by its fields."""
        assert frozen, "for what may change, the standard library has its own"
        assert slots, "without slots there is nothing to be gained"

        def make(cls: type) -> type:
            assert not isinstance(cls, _STRUCT), "one value is not derived from another"
            described = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=kw_only)(cls)
            namespace = {name: held for name, held in vars(described).items() if name not in _OWN}
            for field in dataclasses.fields(described):
                if field.default_factory is not dataclasses.MISSING:
                    namespace[field.name] = msgspec.field(default_factory=field.default_factory)
                elif "name" in field.metadata:  # under which it is written
                    namespace[field.name] = msgspec.field(name=field.metadata["name"])
            bases = tuple(base for base in cls.__bases__ if base is not object)
            # No cycle can lead through what never changes: the collector need not look.
            return _STRUCT(
                cls.__name__, (_Value, *bases, msgspec.Struct), namespace, frozen=True, kw_only=kw_only, gc=False
            )

        return make
