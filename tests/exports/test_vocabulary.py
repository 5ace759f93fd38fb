"""What leaves is declared, and what is declared is there: a new event, field or path fails here, not at a recipient."""

from collections import defaultdict
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from services.exporting.ocel_types import event_types, object_types
from services.exporting.projection import COMMON, category_of, kept_behind, shape_of, shapes
from services.exporting.tables import EVENTS as EVENTS_TABLE
from services.exporting.vocabulary import (
    ABOUT,
    CATEGORIES,
    CODES,
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
    Type,
)
from services.installation import SERVICES
from shared.contracts import privacy
from shared.contracts.catalogue import EVENTS
from shared.contracts.fields import Code, Line, Name, Sealed
from shared.contracts.personal import personal

LEAVING = [event for event in EVENTS if event not in LEFT_OUT]
ATTRIBUTES = {one.name: one.attributes for one in OBJECTS}


def hint_at(event: type, path: str) -> Any:
    """The type of a field, by its path."""
    found: Any = event
    for name in path.split("."):
        found = next((arm for arm in get_args(found) if is_dataclass(arm)), found)
        found = get_type_hints(found, include_extras=True)[name]
    return found


def arms(hint: Any) -> set[Any]:
    """A type and what it is made of."""
    return {hint, *(inner for arm in get_args(hint) for inner in arms(arm))} if _hashable(hint) else set()


def _hashable(hint: Any) -> bool:
    try:
        hash(hint)
    except TypeError:
        return False
    return True


def test_what_is_about_personal_data_or_persons_archives_stays_and_nothing_else_does() -> None:
    assert set(privacy.EVENTS) < set(LEFT_OUT) < set(EVENTS)
    assert {event.OWNER for event in LEFT_OUT} == {"privacy", "record", "assessment"}
    assert all(shape_of(event) is None for event in LEFT_OUT)
    assert [shape.event for shape in shapes()] == LEAVING


@pytest.mark.parametrize("event", LEAVING, ids=lambda event: event.NAME)
def test_nothing_that_somebody_typed_leaves(event: Any) -> None:
    shape = shape_of(event)
    assert shape is not None
    for attribute in shape.attributes:
        made_of = arms(hint_at(event, attribute.path))
        assert not made_of & {Sealed, Line, Name}, attribute.path
        assert Code not in made_of or attribute.path in CODES, attribute.path
    boxes = personal(event)
    leaving = {path.partition(".")[0] for path in _leaving(event)}
    assert not leaving & {*boxes.fields, *boxes.lists, *(name for name, _, _ in boxes.within)}
    said = {field.name for field in fields(event)}
    assert (
        leaving | {path.partition(".")[0] for path in kept_behind(event)} | {p for e, p in RENAMES if e is event}
        == said
    )


def test_names_are_told_apart_and_mean_one_thing() -> None:
    for types in (event_types(), object_types()):
        assert len({one.name for one in types}) == len({one.map.lower() for one in types}) == len(types)
        assert all(one.map.isalnum() and one.map.isascii() for one in types)
    assert not {"ObjectType", "MapType", "Object"} & {one.map for one in (*event_types(), *object_types())}
    found: dict[str, set[Type]] = defaultdict(set)
    for shape in shapes():
        names = [*COMMON, *(attribute.name for attribute in shape.attributes)]
        assert len({name.lower() for name in names}) == len(names), shape.activity
        for attribute in shape.attributes:
            found[attribute.name].add(attribute.type)
    assert all(len(types) == 1 for types in found.values())
    columns = [column.name for column in EVENTS_TABLE.columns]
    assert len(set(columns)) == len(columns)


def test_every_category_has_its_object() -> None:
    assert set(CATEGORIES.values()) <= set(ATTRIBUTES)
    assert {category_of(event) for event in LEAVING} == set(CATEGORIES)
    left = {d.category for service in SERVICES for d in service.deciders} - set(CATEGORIES)
    assert left == {"subject", "unmasking", "request"}, "categories of events that stay"


def test_what_is_declared_is_there() -> None:
    paths = {(event, path) for event in LEAVING for path in (*kept_behind(event), *_leaving(event))}
    assert set(REFERENCES_OF) | set(WITHHELD) | set(UNRELATED) <= paths
    assert all(hint_at(event, path) for event, path in RENAMES)
    assert set(REFERENCES) | set(PARTS) | set(CODES) <= {path for _, path in paths}
    assert {one.object for one in REFERENCES.values()} <= set(ATTRIBUTES)
    for event in (*SETS, *MAKES, *ABOUT, *TIES, *LEFT_OUT):
        assert event in EVENTS


@pytest.mark.parametrize("event", [*{**SETS, **MAKES, **TIES}], ids=lambda event: event.NAME)
def test_what_events_make_of_objects_fits_the_objects(event: Any) -> None:
    shape = shape_of(event)
    assert shape is not None
    objects = {relation.reference.qualifier: relation.reference.object for relation in shape.relations}
    objects[SUBJECT] = CATEGORIES[category_of(event)]
    types = {attribute.name: attribute.type for attribute in shape.attributes}
    about = ATTRIBUTES[objects[shape.about]]
    assert {name for name, _ in (*shape.sets, *shape.makes)} <= set(about)
    assert all(types[name] is about[name] for name in SETS.get(event, ()))
    assert {qualifier for one, other, _ in shape.ties for qualifier in (one, other)} <= set(objects)


def _leaving(event: Any) -> list[str]:
    shape = shape_of(event)
    assert shape is not None
    return [*(one.path for one in shape.attributes), *(one.path for one in shape.relations)]
