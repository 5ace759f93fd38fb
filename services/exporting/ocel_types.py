"""The types of an OCEL 2.0 log, as our declarations give them: the same in every export, whatever happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from services.exporting.projection import COMMON, Shape, shapes
from services.exporting.vocabulary import OBJECTS, ObjectType, Type

SINCE_EVER: Final = "1970-01-01T00:00:00Z"
"""When an object was what it was from the beginning, as the specification writes it."""

TYPES: Final[Mapping[Type, str]] = {
    Type.TEXT: "string", Type.WHOLE: "integer", Type.TRUTH: "boolean", Type.MOMENT: "time", Type.EXACT: "float",
    Type.DAY: "string",  # no moment: the specification has no type for a day
}  # fmt: skip
"""What a value is called in OCEL 2.0."""


@dataclass(frozen=True, slots=True)
class Described:
    """A type of events or of objects."""

    name: str
    map: str
    """What its table is called after, and so letters alone."""
    attributes: Mapping[str, Type]


@cache
def event_types() -> tuple[Described, ...]:
    """Of the events that leave."""
    return tuple(described(shape) for shape in shapes())


@cache
def described(shape: Shape) -> Described:
    """A type of events."""
    own = {attribute.name: attribute.type for attribute in shape.attributes}
    return Described(shape.activity, _camel(shape.activity), {**COMMON, **own})


@cache
def object_types() -> tuple[Described, ...]:
    """Of the objects that they are about."""
    return tuple(Described(one.name, _camel(one.name), dict(one.attributes)) for one in OBJECTS)


@cache
def object_type(name: str) -> ObjectType:
    """A declared type of objects."""
    return next(one for one in OBJECTS if one.name == name)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("-"))
