"""`docs/export-schema.md`: what an export holds, made of the declarations, so that it cannot say anything else."""

from collections.abc import Iterator

from services.exporting.ocel_types import SINCE_EVER, TYPES
from services.exporting.parquet_files import FORMAT
from services.exporting.projection import COMMON, Shape, category_of, kept_behind, shapes
from services.exporting.tables import TABLES, Table
from services.exporting.vocabulary import CATEGORIES, LEFT_OUT, OBJECTS, SUBJECT, TIES

_COMMON_MEANS = {
    "position": "where the event stands in the log; of two at one moment, the earlier was recorded first",
    "recorded_at": "when the record took it",
    "role": "in which role it was entered (`clerk`, `office`, `service` for what the product does by itself …)",
}


def as_markdown() -> str:
    """The document."""
    return "\n".join([*_beginning(), *_objects(), *_events(), *_left_out(), *_parquet()]) + "\n"


_BEGINNING = f"""\
# What an export holds

Made from the code by `make docs`. `sanguan export ocel` writes objects and events as OCEL 2.0 (JSON or SQLite),
`sanguan export parquet` the same as tables. Decision 31 says why it is so.

- **Ids.** An event is `<log>/<position>`: its place in the record, by which proofs are asked for. An object is
  `<type>/<id>`; a person's id is a pseudonym, keyed by the installation.
- **Times.** An event's time is when it happened (`occurred_at`). Moments have the offset +08:00 and six decimals of a
  second. `{SINCE_EVER}` in OCEL says: from the beginning.
- **Values.** Codes as the record has them (`docs/openapi.json` lists them with their names), days as `YYYY-MM-DD`. In
  OCEL's JSON all values are texts, as its schema asks, under their declared types.
- **From what.** The sub-district's object (Parquet: each file's metadata) says up to which position of the log it was
  made, and the root of the tree there.
"""


def _beginning() -> Iterator[str]:
    yield _BEGINNING


def _objects() -> Iterator[str]:
    yield "## Objects"
    yield ""
    yield "| type | | what it is | attributes |"
    yield "|---|---|---|---|"
    for one in OBJECTS:
        attributes = ", ".join(f"`{name}` ({type})" for name, type in one.attributes.items())
        yield f"| `{one.name}` | {one.zh} | {one.means} | {attributes or '–'} |"
    yield ""
    yield (
        "Tied to each other: "
        + "; ".join(sorted(set(_ties())))
        + ". Entries of findings, work and supervision are `in`"
    )
    yield "their community."
    yield ""


def _ties() -> Iterator[str]:
    for shape in shapes():
        objects = {relation.reference.qualifier: relation.reference.object for relation in shape.relations}
        objects[SUBJECT] = CATEGORIES[category_of(shape.event)]
        for one, other, how in TIES.get(shape.event, ()):
            yield f"{objects[one]} `{how}` {objects[other]}"


def _events() -> Iterator[str]:
    yield "## Events"
    yield ""
    common = "; ".join(f"`{name}` ({type}): {_COMMON_MEANS[name]}" for name, type in COMMON.items())
    yield f"Every event has {common}."
    yield ""
    yield "| activity | subject | its attributes | relates to, as | changes of the object | stays in the record |"
    yield "|---|---|---|---|---|---|"
    for shape in shapes():
        yield f"| {' | '.join(_row(shape))} |"
    yield ""


def _row(shape: Shape) -> Iterator[str]:
    def listed(items: list[str]) -> str:
        return ", ".join(items) or "–"

    yield f"`{shape.activity}`"
    yield CATEGORIES[category_of(shape.event)]
    yield listed([f"`{one.name}` ({one.type})" for one in shape.attributes])
    yield listed([f"{one.reference.object}: {one.reference.qualifier}" for one in shape.relations])
    changes = dict.fromkeys(name for name, _ in (*shape.makes, *shape.sets))
    yield listed([f"`{name}`" for name in changes])
    yield listed([f"`{path}`" for path in kept_behind(shape.event)])


def _left_out() -> Iterator[str]:
    yield "## Events that stay in the record"
    yield ""
    for event, because in LEFT_OUT.items():
        yield f"- `{event.NAME}`: {because}"
    yield ""
    yield "How many of each stayed is said by the command (`left_out` of `--json`)."
    yield ""


def _parquet() -> Iterator[str]:
    yield "## OCEL 2.0"
    yield ""
    types = ", ".join(f"{type} → `{name}`" for type, name in TYPES.items())
    yield f"Types of attributes: {types}. Qualifiers are the words above, and `{SUBJECT}` for the object that the"
    yield "stream of an event is about, where nothing more is said of it. An event relates to each object once."
    yield ""
    yield "## Parquet"
    yield ""
    yield f"Format `{FORMAT}`, which every file's metadata names (`sanguan.format`, `sanguan.log`, `sanguan.position`,"
    yield "`sanguan.root`). Text is `string`, a whole number `int64`, yes or no `bool`, a day `date32`, a moment"
    yield "`timestamp[us, tz=+08:00]`, a decimal `decimal128(19, 4)`. Each column's metadata has its `description`."
    for table in TABLES:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield ""
    yield f"### {table.name}"
    yield ""
    yield table.means
    yield ""
    yield "| column | type | may be empty | what it is |"
    yield "|---|---|---|---|"
    for column in table.columns:
        type = f"list of {column.type}" if column.many else column.type
        yield f"| `{column.name}` | {type} | {'no' if column.always else 'yes'} | {column.means} |"
