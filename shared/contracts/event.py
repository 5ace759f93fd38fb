"""Events, the envelope that is hashed, and what a fold is given."""

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, dataclass_transform

from typing_extensions import TypeVar

from shared.contracts.fields import Code, Moment
from shared.contracts.frozen import dataclass

_T = TypeVar("_T")

STRICT: Final[dict[str, Any]] = {"extra": "forbid", "strict": True, "use_attribute_docstrings": True}
"""pydantic's configuration for every class of the language: unknown keys and loose types are refused, and a field's
docstring describes it in the documents."""


class Event:
    """A fact that was decided. Subclasses are frozen, slotted dataclasses made by `event`."""

    __slots__ = ()
    NAME: ClassVar[str]
    """The stored name, `sanguan.<owner>.<kebab-name>.v<n>`: explicit and versioned, never a Python path."""
    OWNER: ClassVar[str]
    """The one service that may append it."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str) -> Callable[[type[_T]], type[_T]]:
    """Make a class a stored event of that name (`sanguan.intake.case-reported.v1`)."""

    def make(cls: type[_T]) -> type[_T]:
        made: Any = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.NAME, made.OWNER = name, name.split(".")[1]
        made.__pydantic_config__ = STRICT
        return made  # type: ignore[no-any-return]  # dataclass() gives Any for a class made from a variable

    return make


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[_T]) -> type[_T]:
    """Make a class a value of the language: a command's data, or a part of a command or an event."""
    made: Any = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    made.__pydantic_config__ = STRICT
    return made  # type: ignore[no-any-return]  # as above


@value
class Actor:
    """Who decided, in which role, and for whom (the institution or person on whose behalf it was entered)."""

    id: Code
    role: Code
    on_behalf_of: Code | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """All that is hashed of one event. The position is not in it: it is the leaf's index."""

    log: str
    stream: str
    version: int
    """Of the stream, dense from 1."""
    type: str
    command_id: str
    ordinal: int
    """The event's place among those of its command, from 0."""
    actor: Actor
    cause: str | None
    """`<log>/<position>` of the event whose reaction this is, or the import that it belongs to."""
    occurred_at: Moment
    recorded_at: Moment
    facts_at: int | None
    """The position up to which the ledgers had been applied that the decision looked into; none if it did not."""
    data: Any


_E = TypeVar("_E", default=Any)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Generic[_E]):
    """An event as a fold, a reaction or an auditor meets it: decoded, with where and when."""

    log: str
    position: int = -1
    """Not in the bytes: whoever reads them says where they stood."""
    stream: str
    id: str = ""
    """The aggregate's id: the stream without its category."""
    version: int
    type: str
    command_id: str
    actor: Actor
    cause: str | None
    occurred_at: datetime
    recorded_at: datetime
    event: _E = field(metadata={"name": "data"})
