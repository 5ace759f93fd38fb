"""Values that nobody changes: made, compared and changed as the standard library would, only cheaper."""

import dataclasses
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.catalogue import EVENTS
from shared.contracts.event import Actor
from shared.contracts.fields import Code
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import CaseReported, CaseWithdrawn
from tests.strategies import instances


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    name: str
    at: Point | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Another class with the fields of `Place`."""

    name: str
    at: Point | None = None


class Fixed:
    """A base with a constant that is no field."""

    __slots__ = ()
    KIND: str = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stone(Fixed):
    weight: int


@dataclass(frozen=True, slots=True)
class Basket:
    fruit: Mapping[str, int] = field(default_factory=dict)


EAST = Place(name="east", at=Point(1, 2))


# replacing ----------------------------------------------------------------------------------------------------------


def test_only_what_is_named_changes_and_the_original_does_not() -> None:
    west = replace(EAST, name="west")
    assert (type(west), west.name, west.at) == (Place, "west", Point(1, 2))
    assert west.at is EAST.at, "what is not named is the very same"
    assert Place(name="east", at=Point(1, 2)) == EAST
    assert replace(EAST, name="west", at=None) == Place(name="west", at=None)
    assert replace(EAST, at=None).at is None, "a default is a value like any other"


def test_nothing_named_gives_an_equal_value_of_its_own() -> None:
    copy = replace(EAST)
    assert copy == EAST
    assert copy is not EAST


def test_a_value_is_not_derived_from_another() -> None:
    with pytest.raises(AssertionError):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Gem(Stone):
            colour: str


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (EAST, "nmae"), (Point(1), "sum"), (Stone(weight=1), "KIND"),
        (Actor(id="a", role="clerk"), "name"), (CaseWithdrawn(reason="sealed:1:case/1#:AAAA"), "NAME"),
    ],
    ids=["misspelt", "a property", "a constant", "of a value", "of an event"],
)  # fmt: skip
def test_a_field_that_it_has_not_is_an_error(value: Any, name: str) -> None:
    before = repr(value)
    with pytest.raises(TypeError):
        replace(value, **{name: "x"})
    assert repr(value) == before


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: cls.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_it_replaces_as_the_standard_library_does(cls: Any, data: st.DataObject) -> None:
    one, other = data.draw(instances(cls)), data.draw(instances(cls))
    names = data.draw(st.sets(st.sampled_from([field.name for field in fields(cls)]))) if fields(cls) else set()
    changes = {name: getattr(other, name) for name in names}
    before = repr(one)
    made = replace(one, **changes)
    assert made == dataclasses.replace(one, **changes)
    assert hash(made) == hash(dataclasses.replace(one, **changes))
    assert repr(made) == repr(dataclasses.replace(one, **changes))
    assert repr(one) == before


# made, compared, hashed ---------------------------------------------------------------------------------------------


def test_equality_and_hash_are_by_fields_and_class() -> None:
    same, other = Place(name="east", at=Point(1, 2)), Place(name="east", at=Point(1, 3))
    assert same == EAST
    assert hash(same) == hash(EAST)
    assert other != EAST
    assert len({EAST, same, other}) == 2
    assert {EAST: "here"}[same] == "here"
    spot: object = Spot(name="east")
    assert Place(name="east") != spot, "of the same fields, but another class"


@given(one=instances(CaseReported), other=instances(CaseReported), data=st.data())
def test_two_values_are_equal_where_all_of_their_fields_are(
    one: CaseReported, other: CaseReported, data: st.DataObject
) -> None:
    names = [field.name for field in fields(CaseReported)]
    taken = data.draw(st.sets(st.sampled_from(names), max_size=2))
    mixed = CaseReported(**{name: getattr(other if name in taken else one, name) for name in names})
    alike = all(getattr(one, name) == getattr(other, name) for name in taken)
    assert (one == mixed) == alike
    assert not alike or hash(one) == hash(mixed)


def test_fields_may_have_to_be_named() -> None:
    by_place: Any = Place
    with pytest.raises(TypeError):
        by_place("east")
    assert Point(1, 2) == Point(x=1, y=2)
    assert Point(1).y == 0


def test_nobody_can_change_one() -> None:
    for made, name in ((EAST, "name"), (Stone(weight=1), "weight"), (Actor(id="a", role="clerk"), "id")):
        before = repr(made)
        with pytest.raises(AttributeError):
            setattr(made, name, "x")
        with pytest.raises(AttributeError):
            delattr(made, name)
        assert repr(made) == before


def test_a_default_that_is_made_anew_is_not_shared() -> None:
    one, other = Basket(), Basket()
    assert one.fruit == {}
    assert one.fruit is not other.fruit
    assert Basket(fruit={"pear": 1}).fruit == {"pear": 1}


def test_there_is_no_room_for_what_is_not_declared() -> None:
    for made in (EAST, Stone(weight=1), Actor(id="a", role="clerk")):
        assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("how", [{"frozen": False, "slots": True}, {"frozen": True, "slots": False}])
def test_what_may_change_is_not_made_here(how: dict[str, bool]) -> None:
    class Loose:
        name: Code

    make: Any = dataclass
    with pytest.raises(AssertionError):
        make(**how)(Loose)
