"""The OpenAPI 3.1 document, made from the declarations: commands with their bodies, ledgers with their rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from shared.contracts.access import FieldName, Purpose
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import READERS
from shared.contracts.model import Accepts, Compartment, Decider, Errand, Ledger, Question, Service, slug
from shared.errors import Sentences
from shared.printing.typesetting import PDF_TYPE
from shared.web import openapi_parts as parts
from shared.web.columns import title_en, title_zh
from shared.web.exports import XLSX_TYPE
from shared.web.gate import Gate
from shared.web.openapi_parts import TEXT, Codes, Json

VERSION: Final = "0.1.0"
"""Of the product, and so of its documents."""

_PURPOSE: Final[Json] = {"enum": [purpose.value for purpose in Purpose], "description": "查阅事由 What it is for."}

_FIELD: Final[Json] = TypeAdapter(FieldName).json_schema()
_FILES: Final[Json] = {"text/csv": {"schema": TEXT}, XLSX_TYPE: {}}
_PRINTED: Final[Json] = {"text/html": {"schema": TEXT}, PDF_TYPE: {}}
"""What rows may be had as, beside JSON."""

_DESCRIPTION: Final = """\
A command either appends events, and is answered with their positions after they are durable, or it is refused with a
stable `code`, a field, and a sentence in Chinese and English. The same `Idempotency-Key` with the same body gives the
same answer for ever, and has one effect.

Ledgers follow the log. To read your own write, pass the last position of a command's answer as `at_least`.
"""


def openapi(services: Sequence[Service], *, record: bool = True) -> Json:
    """The document of a process that runs these services, and perhaps the record."""
    schemas = Schemas(services)
    paths: Json = {}
    for service in services:
        paths |= _service_paths(service)
    if record:
        paths |= parts.record_paths()
    written = [document.name for service in services for document in service.documents]
    paths |= parts.open_paths([*(event.NAME for event in EVENTS), *written])
    problems = {
        **parts.GROUPS,
        "compartments": parts.OF_COMPARTMENTS,
        **{f"{service.name}.commands": _command_codes(service) for service in services},
        **{f"{service.name}.questions": _question_codes(service) for service in services},
        **{_errand_name(service, one): _errand_codes(service, one) for service in services for one in service.errands},
    }
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "sanguan 三官一师",
            "version": VERSION,
            "summary": "An event-sourced record of community dispute work that anyone can replay and verify.",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [
            *({"name": service.name, "description": f"{service.title_zh} {service.title_en}"} for service in services),
            *([{"name": "record", "description": "记录 The log itself"}] if record else []),
            {"name": "system", "description": "系统 Documents and health"},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "parameters": parts.PARAMETERS,
            "responses": parts.problem_responses(problems),
            "schemas": {**parts.SCHEMAS, **schemas.definitions},
        },
    }
    _drop_unused(document)
    return document


def _drop_unused(document: Json) -> None:
    """Leave out what only a masked column would have shown, and the problems of operations that are not there."""
    components: Json = document["components"]
    for kind in ("responses", "schemas"):
        prefix = f"#/components/{kind}/"
        while unused := {f"{prefix}{name}" for name in components[kind]} - set(_references(document)):
            for reference in unused:
                del components[kind][reference.removeprefix(prefix)]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(target := node.get("$ref"), str):
            yield target
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _references(value)


def _service_paths(service: Service) -> Json:
    paths: Json = {
        f"/{service.name}/commands/{slug(accepts.command)}": {"post": _command(service, decider, accepts)}
        for decider in service.deciders
        for accepts in decider.accepts
    }
    listing = parts.answer("The ledgers.", parts.ref("LedgerList"))
    index = parts.get(
        service.name, f"{service.name}.ledgers", "What ledgers there are 台账目录.", listing, [], "reading"
    )
    paths[f"/{service.name}/ledgers"] = {"get": parts.for_roles(READERS, index)}
    for ledger in service.served:
        paths[f"/{service.name}/ledgers/{ledger.name}"] = {"get": _ledger(service, ledger)}
    for compartment in service.compartments:
        paths[f"/{service.name}/{compartment.path}"] = {"post": _compartment(service, compartment)}
    for errand in service.errands:
        paths[f"/{service.name}/{errand.path}"] = {"post": _errand(service, errand)}
    for question in service.questions:
        paths[f"/{service.name}/{question.path}"] = {"get": _question(service, question)}
    if service.scorer is not None:
        paths |= _scores(service)
        paths["/public/{log}.json"] = {"get": _public_figures(service)}
    return paths


def _command(service: Service, decider: Decider[Any], accepts: Accepts) -> Json:
    summary, description = _documented(accepts.command)
    named = "" if accepts.id else ", which `stream` may name" if accepts.creates else ", which `stream` names"
    command = {
        "tags": [service.name],
        "operationId": f"{service.name}.{slug(accepts.command)}",
        "summary": summary,
        "description": f"{description}\n\nAppends to `{decider.category}/<id>`{named}.",
        "parameters": [parts.parameter("idempotencyKey"), parts.parameter("ifMatch")],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": parts.ref(_body_name(accepts.command))}},
        },
        "responses": {
            "201": parts.answer("What was appended; the same each time it is sent.", parts.ref("Appended")),
            **parts.problem_refs(f"{service.name}.commands", _command_codes(service)),
        },
    }
    return parts.for_roles(accepts.by, command, clause=accepts.clause)


def _command_codes(service: Service) -> Codes:
    """What a service's commands may be answered with: the mechanism's problems, and the service's own refusals."""
    known = Sentences((service,)).codes
    return {**parts.OF_COMMANDS, **{code: known[code] for code in service.refusals}}


def _question_codes(service: Service) -> Codes:
    """What a service's questions may be answered with: the mechanism's problems, and its own that they name."""
    known = Sentences((service,)).codes
    return {**parts.OF_QUESTIONS, **{code: known[code] for one in service.questions for code in one.refuses}}


def _errand_codes(service: Service, errand: Errand) -> Codes:
    """What an errand may be answered with: the mechanism's problems, and those that it names."""
    known = Sentences((service,)).codes
    return {
        **(parts.OF_ERRANDS if errand.by else parts.OF_OPEN_ERRANDS),
        **{code: known[code] for code in errand.refuses},
    }


def _ledger(service: Service, ledger: Ledger[Any]) -> Json:
    page = parts.closed_object(
        {
            "ledger": {"const": ledger.name},
            "log": TEXT,
            "position": {"type": "integer", "minimum": -1, "description": "The last position that the ledger holds."},
            "rows": {"type": "array", "items": _row(service, ledger)},
            "next": {"type": ["string", "null"], "description": "The next page's `cursor`; null on the last page."},
        }
    )
    answered = parts.answer("A page of rows as JSON, or all rows as a file or a page to print.", page)
    answered["content"] |= _FILES | _PRINTED
    answered["headers"] = parts.STANDING
    filters = [
        parts.query(name, TEXT, f"Only rows with this value: {title_zh(name)} {title_en(name)}.")
        for name in ledger.filters
    ]
    others = ("log", "asOf", "basis", "atLeast", "cursor", "limit", "format", "foot")
    meaning = f"{ledger.title_zh} {ledger.title_en} (§{ledger.clause})."
    parameters = [*filters, *(parts.parameter(name) for name in others)]
    get = parts.get(service.name, f"{service.name}.ledgers.{ledger.name}", meaning, answered, parameters, "ledgers")
    return parts.for_roles(ledger.by, get, clause=ledger.clause)


def _row(service: Service, ledger: Ledger[Any]) -> Json:
    """A row as it is shown: with its key."""
    key = {"properties": {"key": {"type": "string", "description": "The row's key."}}, "required": ["key"]}
    return {"allOf": [parts.ref(_row_name(service, ledger)), key]}


def _scores(service: Service) -> Json:
    """The published results of a service that has a scorer: its ledger `scores`, and each one."""
    ledger = next(ledger for ledger in service.ledgers if ledger.name == "scores")
    one = {"log": TEXT, "position": {"type": "integer", "minimum": 0, "description": "Of the ledgers looked at."}}
    meaning = "One published score, as last published or restated 考核得分."
    answered = parts.answer(meaning, parts.closed_object({**one, "score": _row(service, ledger)}))
    parameters = [parts.path_parameter("id"), parts.parameter("log")]
    get = parts.get(service.name, f"{service.name}.score", meaning, answered, parameters, "reading")
    return {
        f"/{service.name}/scores": {"get": {**_ledger(service, ledger), "operationId": f"{service.name}.scores"}},
        f"/{service.name}/scores/{{id}}": {"get": parts.for_roles(ledger.by, get, clause=ledger.clause)},
    }


def _question(service: Service, question: Question) -> Json:
    """What a service answers beside its ledgers."""
    meaning = f"{question.title_zh} {question.title_en} (§{question.clause})."
    answered = parts.answer(meaning, parts.ref(_answer_name(service, question)))
    named = [parts.path_parameter(name) for name in re.findall(r"{(\w+)}", question.path)]
    name = _answer_name(service, question)
    if "format" in question.parameters:
        answered["content"] |= _FILES
    own = [parts.query(name, TEXT, what) for name, what in question.parameters.items()]
    parameters, group = [*named, parts.parameter("log"), *own], f"{service.name}.questions"
    asked = parts.get(service.name, name, meaning, answered, parameters, group, _question_codes(service))
    return parts.for_roles(question.by, asked, clause=question.clause)


def _public_figures(service: Service) -> Json:
    """What a service that has a scorer shows to everybody."""
    counts = {"type": "array", "items": {"type": "array", "items": {"type": ["integer", "null"], "minimum": 0}}}
    quarter = {
        "quarter": TEXT,
        "position": {"type": "integer", "minimum": 0, "description": "Of the publication whose edition it is."},
        "types": {"type": "array", "items": TEXT},
        "communities": {"type": "array", "items": parts.closed_object({"code": TEXT, "name": TEXT})},
        "counts": {**counts, "description": "A row per community and one of totals; null where a count is kept back."},
    }
    body = {
        "log": TEXT,
        "threshold": {"type": "integer"},
        "quarters": {"type": "array", "items": parts.closed_object(quarter)},
    }
    meaning = "Cases by community and type, quarter by quarter; small numbers are kept back 公开数据."
    answered = parts.answer(meaning, parts.closed_object(body))
    parameters = [parts.path_parameter("log", parts.LOG)]
    get = parts.get(service.name, f"{service.name}.public", meaning, answered, parameters, "public")
    return parts.for_roles((), get)


def _compartment(service: Service, compartment: Compartment) -> Json:
    """Opening sealed fields, for a purpose."""
    of = {**dict.fromkeys(("log", "case"), TEXT), "purpose": _PURPOSE}
    of["item"] = {"type": ["string", "null"], "description": "Of what in it; null where there is but one."}
    if compartment.field is not None:
        asked: Json = {"purpose": _PURPOSE}
        opened = {**of, **dict.fromkeys(("field", "value", "reading"), TEXT)}
    else:
        asked = {"purpose": _PURPOSE, "fields": {"type": "array", "items": _FIELD, "minItems": 1, "maxItems": 60}}
        by_field = {"type": "object", "additionalProperties": TEXT}
        opened = {**of, "values": by_field, "erased": {"type": "array", "items": TEXT}, "readings": by_field}
    names = [part for part in compartment.path.split("/") if "{" not in part]
    own = {
        "operationId": f"{service.name}.compartments.{compartment.field or '.'.join(names)}",
        "description": "Opens what is sealed for those whose work it is; for everybody else once another person granted"
        " it. The reading is recorded first, with its purpose, in the log of readings, which is never published.",
        "responses": {
            "200": parts.answer("What the fields hold, and where each reading stands.", parts.closed_object(opened)),
            **parts.problem_refs("compartments", parts.OF_COMPARTMENTS),
        },
    }
    return _asking(service, compartment, parts.closed_object(asked), own)


def _errand(service: Service, errand: Errand) -> Json:
    """What a service does beside commands and compartments."""
    name = _errand_name(service, errand)
    found = parts.answer("What was found, or made.", parts.ref(name))
    own = {
        "operationId": name, "description": errand.told,
        "responses": {"200": found, **parts.problem_refs(name, _errand_codes(service, errand))},
    }  # fmt: skip
    return _asking(service, errand, parts.ref(_asked_name(service, errand)), own)


def _asking(service: Service, one: Compartment | Errand, asked: Json, own: Json) -> Json:
    """What the opening of a compartment and an errand have in common, and what is the operation's own."""
    named = [parts.path_parameter(part) for part in re.findall(r"{(\w+)}", one.path)]
    operation = {
        "tags": [service.name],
        "summary": f"{one.title_zh} {one.title_en} (§{one.clause}).",
        "parameters": [*named, *([parts.parameter("log")] if one.by else [])],
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
    }
    return parts.for_roles(one.by, operation | own, clause=one.clause)


def _documented(cls: type) -> tuple[str, str]:
    """A class's docstring: its first sentence's lines, and all of it."""
    text = cls.__doc__ or ""
    if text.startswith(f"{cls.__name__}("):
        text = ""  # the dataclass made it up
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return paragraphs[0] or cls.__name__, "\n\n".join(paragraphs)


# schemas ----------------------------------------------------------------------------------------------------------


class Schemas:
    """The schemas of all commands' bodies and all ledgers' rows, each under a name of its own."""

    def __init__(self, services: Sequence[Service]) -> None:
        """Raises `ValueError` where two commands, or two parts of bodies, rows or answers, have one name."""
        adapters: list[tuple[str, Any, TypeAdapter[Any]]] = []
        for service in services:
            for decider in service.deciders:
                for accepts in decider.accepts:
                    adapters.append((_body_name(accepts.command), "validation", Gate(accepts.command).adapter))
            for ledger in service.served:
                adapters.append((_row_name(service, ledger), "serialization", TypeAdapter(ledger.row)))
            for question in service.questions:
                adapters.append((_answer_name(service, question), "serialization", TypeAdapter(question.answer)))
            for one in service.errands:
                adapters.append((_errand_name(service, one), "serialization", TypeAdapter(one.answer)))
                adapters.append((_asked_name(service, one), "validation", TypeAdapter(one.asked)))
        if len({name for name, _, _ in adapters}) < len(adapters):
            raise ValueError("two commands of one name")
        made, whole = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
        # Every ledger's row class is called `Row`, and pydantic tells them apart by their modules.
        refs = {name: schema["$ref"].rpartition("/")[2] for (name, _), schema in made.items()}
        names = {ref: name for name, ref in refs.items()}
        found: Json = whole.get("$defs", {})
        inner = {name: name for name in found.keys() - names.keys()}
        if ambiguous := sorted(name for name in inner if "__" in name):  # pydantic names them after Python paths
            raise ValueError(f"two parts of one name: {', '.join(ambiguous)}")
        # Ledgers of one row class (each service's calendar) have a schema each, as each has its own title.
        self.definitions: Json = {
            name: _renamed(found[ref], names) for name, ref in sorted({**inner, **refs}.items())
        }  # fmt: skip
        if taken := sorted(self.definitions.keys() & parts.SCHEMAS.keys()):
            raise ValueError(f"names that the document's own parts have: {', '.join(taken)}")
        for service in services:
            for ledger in service.served:
                row = self.definitions[_row_name(service, ledger)]
                row["title"] = f"{ledger.title_zh} {ledger.title_en}"
                for name in ledger.sealed:
                    row["properties"][name] = {"description": "Sealed: shown masked."}


def _body_name(command: type) -> str:
    return f"{command.__name__}Body"


def _row_name(service: Service, ledger: Ledger[Any]) -> str:
    return f"{service.name}.{ledger.name}"


def _answer_name(service: Service, question: Question) -> str:
    return f"{service.name}.{question.answer.__name__}"


def _errand_name(service: Service, errand: Errand) -> str:
    return f"{service.name}.{errand.answer.__name__}"


def _asked_name(service: Service, errand: Errand) -> str:
    return f"{service.name}.{errand.asked.__name__}.body"


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    match schema:
        case {"$ref": str(target), **others}:
            head, _, name = target.rpartition("/")
            return {"$ref": f"{head}/{names.get(name, name)}", **_renamed(others, names)}
        case dict():
            return {key: _renamed(value, names) for key, value in schema.items()}
        case list():
            return [_renamed(value, names) for value in schema]
        case _:
            return schema
