"""Everything that the product can say or be told, walked field by field: the rules are about all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from services.installation import SERVICES
from shared.contracts.access import READINGS
from shared.contracts.catalogue import EVENTS
from shared.contracts.personal import personal


class Told(NamedTuple):
    """A field of something that can be said."""

    owner: type
    name: str
    hint: Any

    @property
    def label(self) -> str:
        return f"{self.owner.__name__}.{self.name}"


@cache
def classes() -> tuple[type, ...]:
    """Every command, event and ledger row, and every value within one."""
    commands = [accepts.command for service in SERVICES for decider in service.deciders for accepts in decider.accepts]
    rows = [ledger.row for service in SERVICES for ledger in service.ledgers]
    found: dict[type, None] = {}
    for cls in (*commands, *EVENTS, *READINGS, *rows):
        gather(cls, found)
    return tuple(found)


def gather(cls: type, found: dict[type, None]) -> None:
    """Add a class, and every class of a value within it."""
    if cls in found:
        return
    found[cls] = None
    for told in told_by(cls):
        for inner in inner_types(told.hint):
            if is_dataclass(inner):
                gather(inner, found)


def told_by(cls: type) -> Iterator[Told]:
    """The fields of one class."""
    hints = get_type_hints(cls, include_extras=True)
    assert is_dataclass(cls)
    return (Told(cls, field.name, hints[field.name]) for field in fields(cls))


def everything() -> Iterator[Told]:
    """Every field of every class."""
    return (told for cls in classes() for told in told_by(cls))


def inner_types(hint: Any) -> set[type]:
    """The plain types within a hint."""
    if get_origin(hint) is Annotated:
        return inner_types(get_args(hint)[0])
    if get_origin(hint) in (UnionType, Union, tuple, frozenset, Mapping, Sequence):
        return set().union(*(inner_types(arm) for arm in get_args(hint)))
    return {hint} if isinstance(hint, type) else set()


PERSON_KEYS = {"officer", "officers", "cover", "handler", "leader", "replaced", "conflicted", "party", "parties"}
"""Names of fields that point at somebody: an officer, a leader, a party by its number."""


def about_a_person(cls: type) -> bool:
    """Whether a class names or points at somebody: a resident in a box, an officer by pseudonym."""
    names = {told.name for told in told_by(cls)}
    return bool(personal(cls)) or bool(names & PERSON_KEYS)
