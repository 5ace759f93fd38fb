"""The tables of a Parquet export, declared: what each column is and means. No library is needed to read this."""

from dataclasses import dataclass
from typing import Final

from services.exporting.projection import shapes
from services.exporting.vocabulary import OBJECTS, Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: Type
    means: str
    many: bool = False
    """Whether it holds a list."""
    always: bool = False
    """Whether every row has it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: in a directory, the file of its name."""

    name: str
    means: str
    columns: tuple[Column, ...]


def _said() -> tuple[Column, ...]:
    """The attributes of all events, each a column: those of one name are of one type and mean the same."""
    found: dict[str, Type] = {}
    for shape in shapes():
        for attribute in shape.attributes:
            found.setdefault(attribute.name, attribute.type)
    return tuple(
        Column(name, type, f"`{name}` of the events that say it") for name, type in sorted(found.items())
    )  # fmt: skip


SAID: Final = _said()

EVENTS: Final = Table(
    "events", "An event in each row, in the order of the log.",
    (
        Column("id", Type.TEXT, "`<log>/<position>`: where the event stands in the record", always=True),
        Column("position", Type.WHOLE, "Its position in the log", always=True),
        Column("activity", Type.TEXT, "What happened: the event's type in short", always=True),
        Column("type", Type.TEXT, "Its stored name", always=True),
        Column("occurred_at", Type.MOMENT, "When it happened, as was said", always=True),
        Column("recorded_at", Type.MOMENT, "When the record took it", always=True),
        Column("role", Type.TEXT, "In which role it was entered", always=True),
        Column("subject", Type.TEXT, "The object that its stream is about", always=True),
        Column("case", Type.TEXT, "The case that it is about"),
        Column("community", Type.TEXT, "The community that it names, or is about"),
        Column("officers", Type.TEXT, "The officers that it names, by pseudonym", many=True, always=True),
        *SAID,
    ),
)  # fmt: skip
EVENT_OBJECTS: Final = Table(
    "event_objects", "What each event is about: every object once.",
    (
        Column("event", Type.TEXT, "`id` of the event", always=True),
        Column("object", Type.TEXT, "`id` of the object", always=True),
        Column("qualifier", Type.TEXT, "How the event relates to it", always=True),
    ),
)  # fmt: skip
THINGS: Final = Table(
    "objects", "An object in each row, as it stands at the export's position.",
    (
        Column("id", Type.TEXT, "`<type>/<id>`; of a person, a pseudonym", always=True),
        Column("type", Type.TEXT, "What it is", always=True),
        *(
            Column(name, type, f"`{name}` of a {' or a '.join(one.name for one in OBJECTS if name in one.attributes)}")
            for name, type in sorted({n: t for one in OBJECTS for n, t in one.attributes.items()}.items())
        ),
    ),
)  # fmt: skip
CHANGES: Final = Table(
    "object_changes", "What an object was, and what became of it: a row for each value of an attribute.",
    (
        Column("object", Type.TEXT, "`id` of the object", always=True),
        Column("at", Type.MOMENT, "When it got the value; none for what it was from the beginning"),
        Column("attribute", Type.TEXT, "Which", always=True),
        Column("value", Type.TEXT, "The value as text", always=True),
    ),
)  # fmt: skip
TIES: Final = Table(
    "object_objects", "How objects are tied to each other.",
    (
        Column("object", Type.TEXT, "`id` of the one", always=True),
        Column("other", Type.TEXT, "`id` of the other", always=True),
        Column("qualifier", Type.TEXT, "How", always=True),
    ),
)  # fmt: skip
TABLES: Final = (EVENTS, EVENT_OBJECTS, THINGS, CHANGES, TIES)
