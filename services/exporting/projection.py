"""An event of the record as an export tells it: made from the declarations in `vocabulary`, and from the event's types.

A `Shape` is found once for each type of event; then every event of that type is told by it. What is not an attribute, a
relation or a part that is declared stays behind: whatever is added to the language stays in the record until somebody
declares that it leaves, or it is of a kind that nobody can write anything personal into.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from services.exporting.pseudonyms import Pseudonyms
from services.exporting.vocabulary import (
    ABOUT,
    CATEGORIES,
    CODES,
    ENTRIES,
    LEFT_OUT,
    MAKES,
    OBJECTS,
    PARTS,
    REFERENCES,
    REFERENCES_OF,
    RENAMES,
    SETS,
    SUBJECT,
    TIES,
    UNRELATED,
    WITHHELD,
    Reference,
    Type,
)
from services.installation import SERVICES
from shared.contracts.assessment import DecimalText, TotalText
from shared.contracts.catalogue import EVENTS
from shared.contracts.days import CIVIL
from shared.contracts.event import Event, Recorded
from shared.contracts.fields import Month

Value = str | int | bool
"""Of an object's attribute: moments, days and decimals are text already."""

PERSONS: Final = frozenset(one.name for one in OBJECTS if one.person)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a type of event."""

    name: str
    type: Type
    path: str
    """Of the field that says it."""
    of: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """A field by which a type of event relates to other objects."""

    reference: Reference
    path: str
    of: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What leaves of a type of event."""

    event: type[Event]
    activity: str
    """`case-reported` of `sanguan.intake.case-reported.v1`: of all events, no two share one."""
    attributes: tuple[Attribute, ...]
    relations: tuple[Relation, ...]
    sets: tuple[tuple[str, Callable[[Any], Any]], ...]
    makes: tuple[tuple[str, Value], ...]
    about: str
    ties: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Told:
    """An event as an export tells it."""

    id: str
    """`<log>/<position>`: where it stands in the record."""
    position: int
    shape: Shape
    occurred_at: datetime
    recorded_at: datetime
    role: str
    subject: str
    """The object that its stream is about."""
    values: list[Any]
    """Of the shape's attributes, in their order, as the event has them; None where it does not say."""
    relations: dict[str, str]
    """Object → qualifier: each object once."""
    sets: list[tuple[str, str, Value]]
    """(object, attribute, value) that hold from then on."""
    ties: list[tuple[str, str, str]]
    """(object, other object, how)."""


COMMON: Final[Mapping[str, Type]] = {"position": Type.WHOLE, "recorded_at": Type.MOMENT, "role": Type.TEXT}
"""Attributes that every event has: where it stands in the log (of two at one moment, the earlier position was recorded
first), when the record took it, and in which role it was entered."""


class Projection:
    """Tells the events of one log."""

    def __init__(self, log: str, pseudonyms: Pseudonyms) -> None:
        self._log, self._pseudonym = log, pseudonyms
        self.left_out: dict[str, int] = {}
        """How many events stayed behind, by their type."""

    def tell(self, recorded: Recorded) -> Told | None:
        """The event as it leaves; None where it stays behind."""
        event = recorded.event
        if (shape := shape_of(type(event))) is None:
            self.left_out[recorded.type] = self.left_out.get(recorded.type, 0) + 1
            return None
        category = recorded.stream.partition("/")[0]
        subject = self._object(CATEGORIES[category], recorded.id)
        named: dict[str, list[str]] = {SUBJECT: [subject]}
        relations: dict[str, str] = {}
        for relation in shape.relations:
            qualifier = relation.reference.qualifier
            for id in _several(relation.of(event)):
                object = self._object(relation.reference.object, id)
                named.setdefault(qualifier, []).append(object)
                relations.setdefault(object, qualifier)
        relations.setdefault(subject, SUBJECT)  # last: where a field names it too, that says more
        (about, *_) = named[shape.about]
        said = ((name, plain(of(event))) for name, of in shape.sets)
        sets = [(about, name, value) for name, value in (*shape.makes, *said) if value is not None]
        within = ((SUBJECT, "community", "in"),) if category in ENTRIES else ()
        ties = [
            (one, other, how) for here, there, how in (*shape.ties, *within)
            for one in named.get(here, ()) for other in named.get(there, ())
        ]  # fmt: skip
        values = [attribute.of(event) for attribute in shape.attributes]
        return Told(
            f"{self._log}/{recorded.position}", recorded.position, shape, recorded.occurred_at, recorded.recorded_at,
            recorded.actor.role, subject, values, relations, sets, ties,
        )  # fmt: skip

    def _object(self, type: str, id: str) -> str:
        """An object's id in an export: that of its stream in the record, but for persons and the sub-district."""
        if type == "sub-district" or (type == "community" and len(id) == len(self._log)):
            return f"sub-district/{self._log}"
        return f"{type}/{self._pseudonym(id) if type in PERSONS else id}"


def type_of(object: str) -> str:
    """The type of an object, by its id."""
    return object.partition("/")[0]


def moment(at: datetime) -> str:
    """A moment as exports write it: civil time with its offset, always to the microsecond, so that a column of them is
    of one form."""
    return at.astimezone(CIVIL).isoformat(timespec="microseconds")


def plain(found: Any) -> Value | None:
    """A value in the form in which files of text have it."""
    match found:
        case None | bool() | int():
            return found
        case datetime():
            return moment(found)
        case date():
            return found.isoformat()
        case _:
            return str(found)


# shapes ---------------------------------------------------------------------------------------------------------


def shapes() -> Iterator[Shape]:
    """Those of all events that leave, in the catalogue's order."""
    return (shape for event in EVENTS if (shape := shape_of(event)) is not None)


_SHAPES: Final[dict[type[Event], Shape | None]] = {}
"""Found ones: a type's shape never changes."""


def shape_of(event: type[Event]) -> Shape | None:
    """What leaves of a type of event; None where it stays behind."""
    if event not in _SHAPES:
        _SHAPES[event] = None if event in LEFT_OUT else _found(event)
    return _SHAPES[event]


def _found(event: type[Event]) -> Shape:
    attributes, relations = [], []
    for path, hint in _leaves(event):
        reference = REFERENCES_OF.get((event, path)) or REFERENCES.get(path)
        if reference is not None and _element(hint) is str:
            if (event, path) not in UNRELATED:
                relations.append(Relation(reference, path, _getter(path)))
        elif (event, path) not in WITHHELD and (type := _type(path, hint)) is not None:
            attributes.append(Attribute(PARTS.get(path, path), type, path, _getter(path)))
    own = {attribute.name: attribute.of for attribute in attributes}
    renamed = {name: operator.attrgetter(path) for (of, path), name in RENAMES.items() if of is event}
    return Shape(
        event=event, activity=event.NAME.split(".")[2], attributes=tuple(attributes), relations=tuple(relations),
        sets=(*((name, own[name]) for name in SETS.get(event, ())), *renamed.items()),
        makes=tuple((name, str(value)) for name, value in MAKES.get(event, {}).items()),
        about=ABOUT.get(event, SUBJECT), ties=TIES.get(event, ()),
    )  # fmt: skip


def category_of(event: type[Event]) -> str:
    """The category of the streams in which a type of event stands."""
    return next(d.category for service in SERVICES for d in service.deciders if event in d.events)


def kept_behind(event: type[Event]) -> Iterator[str]:
    """The paths of what a type of event says and an export does not."""
    if (shape := shape_of(event)) is None:
        return
    leaves = {attribute.path for attribute in shape.attributes} | {relation.path for relation in shape.relations}
    leaves |= {path for of, path in RENAMES if of is event}
    yield from (path for path, _ in _leaves(event) if path not in leaves)


def _leaves(cls: type, within: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of an event, and of the values in it of which something is declared to leave, each by its path."""
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        path, hint = f"{within}{field.name}", _one(hints[field.name])
        declared = any(known.startswith(f"{path}.") for known in (*PARTS, *REFERENCES))
        if declared and isinstance(hint, type) and is_dataclass(hint):
            yield from _leaves(hint, f"{path}.")
        else:
            yield path, hints[field.name]


def _type(path: str, hint: Any) -> Type | None:
    """The type of an attribute; None for what does not leave."""
    if "." in path and path not in PARTS:
        return None
    hint = _one(hint)
    if hint == Month or (path in CODES and _bare(hint) is str):
        return Type.TEXT
    if hint in (DecimalText, TotalText):
        return Type.EXACT
    match _bare(hint):
        case type() as found if issubclass(found, Enum):
            return Type.TEXT
        case type() as found:
            return _PLAIN.get(found)
        case _:
            return None


_PLAIN: Final[Mapping[type, Type]] = {
    bool: Type.TRUTH, int: Type.WHOLE, date: Type.DAY, datetime: Type.MOMENT,
}  # fmt: skip


def _one(hint: Any) -> Any:
    """A field's type without None."""
    if get_origin(hint) in (Union, UnionType):
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        return arms[0] if len(arms) == 1 else hint
    return hint


def _bare(hint: Any) -> Any:
    """Without None and markers."""
    hint = _one(hint)
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _element(hint: Any) -> Any:
    """The same; of a tuple, what is in it: a reference may name several."""
    bare = _bare(hint)
    return _bare(get_args(bare)[0]) if get_origin(bare) is tuple else bare


def _getter(path: str) -> Callable[[Any], Any]:
    """What reads a path; None where a part on the way is none."""
    if "." not in path:
        return operator.attrgetter(path)
    names = path.split(".")

    def get(value: Any) -> Any:
        for name in names:
            if value is None:
                return None
            value = getattr(value, name)
        return value

    return get


def _several(found: Any) -> tuple[str, ...]:
    if found is None:
        return ()
    return found if isinstance(found, tuple) else (found,)
