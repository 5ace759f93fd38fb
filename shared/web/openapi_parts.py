"""The parts of the OpenAPI document that are the same whatever services run: parameters, problems, record, health."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from shared.contracts.codes import RECORD_READERS
from shared.errors import CODES, Sentence
from shared.web.readings import READINGS_BY

Json = dict[str, Any]
Codes = Mapping[str, Sentence]

ANYTHING: Final[Json] = {"type": "object"}
TEXT: Final[Json] = {"type": "string"}
LOG: Final[Json] = {"type": "string", "pattern": "^[0-9]{9}$"}
_WHOLE: Final[Json] = {"type": "integer", "minimum": 0}
_PAGE_SIZE: Final[Json] = {"type": "integer", "minimum": 1, "default": 200}
_BASE64: Final[Json] = {"type": "string", "contentEncoding": "base64"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str) -> Json:
    assert name in PARAMETERS
    return {"$ref": f"#/components/parameters/{name}"}


def query(name: str, schema: Json, meaning: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": meaning}


def path_parameter(name: str, schema: Json = TEXT) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def closed_object(properties: Json) -> Json:
    """An object that has all of these and nothing else."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def answer(meaning: str, schema: Json, media_type: str = "application/json") -> Json:
    return {"description": meaning, "content": {media_type: {"schema": schema}}}


def get(
    tag: str, name: str, meaning: str, answered: Json, parameters: Sequence[Json], group: str,
    codes: Codes | None = None,
) -> Json:  # fmt: skip
    """A reading operation; `group` says which problems it may answer with, and `codes` which those of a service's own
    group are."""
    return {
        "tags": [tag],
        "operationId": name,
        "summary": meaning,
        "parameters": list(parameters),
        "responses": {"200": answered, **problem_refs(group, GROUPS[group] if codes is None else codes)},
    }


def for_roles(by: Collection[str], operation: Json, *, clause: str = "") -> Json:
    """The operation with who may have it, and the § that it serves; for anyone where no role is named."""
    served = {"x-clause": clause} if clause else {}
    if not by:
        return {**operation, **served, "security": []}
    roles = f"Roles: {', '.join(sorted(by))}."
    said = "\n\n".join(part for part in (operation.get("description"), roles) if part)
    return {**operation, **served, "description": said, "x-roles": sorted(by)}


# problems ---------------------------------------------------------------------------------------------------------


def _codes(*names: str) -> Codes:
    return {name: CODES[name] for name in sorted(names)}


_OF_PARAMETERS: Final = ("bad_parameter", "missing_parameter", "malformed")
_OF_VISITORS: Final = (
    "unauthenticated",
    "role_not_allowed",
    "scope_not_granted",
    "wrong_jurisdiction",
    "wider_reach_needed",
    "too_many_requests",
)
"""What the door says; who need not sign in never hears it."""
_FOR_ANYONE: Final = (*_OF_PARAMETERS, "not_found", "internal")
_READING: Final = (*_FOR_ANYONE, *_OF_VISITORS)
_OF_BODIES: Final = (
    "malformed_json", "duplicate_key", "too_large", "missing_field", "unknown_field", "wrong_type", "not_in_list",
    "bad_format", "out_of_range", "too_long", "too_many", "too_short", "control_character", "personal_in_plain_field",
)  # fmt: skip
_OF_COMPARTMENTS: Final = ("not_of_this_case", "unmasking_needed", "restricted", "no_such_field")
_OF_QUERIES: Final = ("beyond_the_end", "no_such_community")
_OF_PRINTING: Final = ("no_cjk_font", "not_in_font", "too_long_to_print")
_OF_OTHERS: Final = {*_OF_COMPARTMENTS, *_OF_QUERIES, *_OF_PRINTING}
GROUPS: Final[Mapping[str, Codes]] = {
    "reading": _codes(*_READING),
    "ledgers": _codes(
        *_READING,
        "unknown_ledger",
        "ledger_behind",
        *_OF_QUERIES,
        *_OF_PRINTING,
        "offset_required",
        "out_of_range",
        "busy",
    ),
    "record": _codes(*_READING, "bad_header", "out_of_range", "beyond_the_end", "busy"),
    "public": _codes("bad_parameter", "not_found", "busy", "internal"),
    "system": _codes("internal"),
}
"""Which problems the operations that read may answer with."""
OF_COMPARTMENTS: Final[Codes] = _codes(*_READING, *_OF_BODIES, *_OF_COMPARTMENTS, "erased", "busy", "ledger_behind")
"""Those that the opening of sealed fields may answer with."""
OF_ERRANDS: Final[Codes] = _codes(*_READING, *_OF_BODIES, "person_needed")
OF_OPEN_ERRANDS: Final[Codes] = _codes(*_FOR_ANYONE, *_OF_BODIES)
"""The mechanism's problems that any errand may be answered with; and any for which nobody need sign in."""
OF_QUESTIONS: Final[Codes] = _codes(
    *_READING, "in_the_future", "beyond_the_end", "out_of_range", "busy", "ledger_behind"
)
"""The mechanism's problems that a question may be answered with."""
OF_COMMANDS: Final[Codes] = _codes(
    *(set(CODES) - {*_OF_PARAMETERS, "unknown_ledger", "not_found", "method_not_allowed"} - _OF_OTHERS)
)
"""The mechanism's problems that any command may be answered with."""


def problem_refs(group: str, codes: Codes) -> Json:
    """The responses of an operation: one per status."""
    return {str(status): {"$ref": f"#/components/responses/{group}.{status}"} for status in _by_status(codes)}


def problem_responses(groups: Mapping[str, Codes]) -> Json:
    """A response per group of operations and status, with the codes that it may carry and what they mean."""
    return {
        f"{group}.{status}": _problem(status, {name: codes[name] for name in names})
        for group, codes in groups.items()
        for status, names in _by_status(codes).items()
    }


def _by_status(codes: Codes) -> Mapping[int, Iterable[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for name, sentence in codes.items():
        found[sentence.status].append(name)
    return dict(sorted(found.items()))


def _problem(status: int, codes: Codes) -> Json:
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": sorted(codes)}}}
    meanings = "\n".join(f"- `{name}`: {codes[name].zh} {codes[name].en}" for name in sorted(codes))
    made = answer(meanings, {"allOf": [ref("Problem"), narrowed]}, "application/problem+json")
    return made | ({"headers": _HEADERS[status]} if status in _HEADERS else {})


_HEADERS: Final[Mapping[int, Json]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}, "description": "Show a token."}},
    429: {
        "Retry-After": {
            "required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait.",
        }
    },
}  # fmt: skip


# paths ------------------------------------------------------------------------------------------------------------


def record_paths() -> Json:
    """The log itself."""
    events = closed_object(
        {
            "log": TEXT,
            "events": {"type": "array", "items": closed_object({"position": _WHOLE, "bytes": _BASE64})},
            "next": {"type": ["integer", "null"], "description": "The next page's `after`; null at the log's end."},
        }
    )
    proof = answer(
        "The proof, in the order of the RFC.", closed_object({"hashes": {"type": "array", "items": _BASE64}})
    )
    after = query("after", {"type": "integer", "minimum": -1, "default": -1}, "The position after which to begin.")
    limit = query("limit", _PAGE_SIZE, "Events of the page, 1,000 at most.")
    last = {
        "name": "Last-Event-ID",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[0-9]{9}/[0-9]{1,15}$"},
        "description": "`<log>/<position>`: go on after it.",
    }

    def needed(name: str, meaning: str) -> Json:
        return {**query(name, _WHOLE, meaning), "required": True}

    listed: tuple[tuple[str, str, Json, list[Json]], ...] = (
        (
            "events", "A page of the log 事件, in the canonical bytes that were hashed.",
            answer("Events in order, none skipped.", events), [after, limit],
        ),
        (
            "stream", "Every event, and each new one as it is recorded.",
            answer("CloudEvents 1.0; the id of each is `<log>/<position>`.", TEXT, "text/event-stream"), [after, last],
        ),
        (
            "readings", "Who opened what is sealed, and what for 查阅记录; never what it said.",
            answer("Readings in order.", _readings()),
            [query("case", TEXT, "Only those of this case or entry."), after, limit],
        ),
        (
            "checkpoint", "The newest signed checkpoint 检查点.",
            answer("A C2SP checkpoint: a signed note over the log's size and root.", TEXT, "text/plain"), [],
        ),
        (
            "proof/inclusion", "That an event is in the tree of a size (RFC 9162 §2.1.3).",
            proof, [needed("position", "Of the event."), needed("size", "Of the tree.")],
        ),
        (
            "proof/consistency", "That one tree begins with another (RFC 9162 §2.1.4).",
            proof, [needed("from", "The smaller size."), needed("to", "The larger size.")],
        ),
    )  # fmt: skip
    paths: Json = {}
    for path, meaning, answered, parameters in listed:
        name = f"record.{path.replace('/', '.')}"
        made = get("record", name, meaning, answered, [parameter("log"), *parameters], "record")
        by, clause = (READINGS_BY, "3.1.4") if path == "readings" else (RECORD_READERS, "3.3.7")
        paths[f"/record/{path}"] = {"get": for_roles(by, made, clause=clause)}
    return paths


def _readings() -> Json:
    absent = {"type": ["string", "null"]}
    known = ("for_whom", "purpose", "case", "subject", "item", "field", "grant", "request", "card")
    reading = {
        "position": _WHOLE, "at": TEXT, **dict.fromkeys(("who", "role"), TEXT),
        **dict.fromkeys(known, absent),
        "found": {"type": ["integer", "null"], "description": "How many cases, where a person's were looked for."},
    }  # fmt: skip
    next_ = {"type": ["integer", "null"], "description": "The next page's `after`; null at the end."}
    return closed_object({"log": TEXT, "readings": {"type": "array", "items": closed_object(reading)}, "next": next_})


def open_paths(types: Iterable[str]) -> Json:
    """What needs no token: documents and health."""
    listed: tuple[tuple[str, str, str, Json], ...] = (
        ("openapi", "/openapi.json", "This document.", answer("OpenAPI 3.1.", ANYTHING)),
        ("asyncapi", "/asyncapi.json", "The document of the event stream.", answer("AsyncAPI 3.0.", ANYTHING)),
        (
            "schema", "/schemas/{type}.json",
            "The JSON Schema of an event's data, or of a document that an office writes.",
            answer("A JSON Schema.", ANYTHING, "application/schema+json"),
        ),
        ("live", "/-/health/live", "Whether the process runs.", answer("It does.", ANYTHING)),
        ("ready", "/-/health/ready", "Whether all that it needs is there.", answer("It is.", ANYTHING)),
        ("metrics", "/-/metrics", "The numbers, as Prometheus reads them.", answer("Numbers.", TEXT, "text/plain")),
        ("policy", "/-/policy.json", "Who may send which command, and read what.", answer("The policy.", ANYTHING)),
    )  # fmt: skip
    paths: Json = {
        path: {"get": for_roles((), get("system", f"system.{name}", meaning, answered, [], "system"))}
        for name, path, meaning, answered in listed
    }
    schema, ready = paths["/schemas/{type}.json"]["get"], paths["/-/health/ready"]["get"]
    schema["parameters"] = [path_parameter("type", {"enum": sorted(types)})]
    schema["responses"] |= problem_refs("public", _codes("not_found"))
    ready["responses"]["503"] = answer("Not yet; `missing` says what is not there.", ANYTHING)
    return paths


# components -------------------------------------------------------------------------------------------------------

STANDING: Final[Json] = {
    f"Sanguan-{name}": {"schema": TEXT, "description": f"Of a file or a printed page: {what}"}
    for name, what in {
        "Ledger": "which ledger it is of.", "Log": "which log.", "Position": "the last position that it follows.",
        "Rows": "how many rows it has.", "Root": "the tree's root there, in hexadecimal.",
        "Digest": "SHA-256 over the rows, as `sanguan audit replay --as-of` has it.",
        "Only": "which rows alone were asked for.", "Made": "when it was made.",
    }.items()
}  # fmt: skip
"""What a copy of a ledger says of itself."""

PARAMETERS: Final[Json] = {
    "idempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "The command's id, given by the client: unique for ever. Sent again, it gives the first answer.",
    },
    "ifMatch": {
        "name": "If-Match", "in": "header",
        "schema": {"type": "string", "pattern": r'^(\*|[0-9]{1,15}|"[0-9]{1,15}")$'},
        "description": "The stream's version that the client has seen, or `*` for any as long as there is the stream; "
        "409 `version_conflict` if it has moved on (or there is none).",
    },
    "log": query("log", LOG, "The sub-district's log; by default the token's own."),
    "asOf": query("as_of", TEXT, "As it stood then: a moment with an offset, or a day (its end, in China)."),
    "basis": query(
        "basis", {"enum": ["known", "occurred", ""], "default": "known"},
        "What `as_of` means: what was recorded by then, or what had happened by then.",
    ),
    "atLeast": query(
        "at_least", _WHOLE,
        "Wait until the ledger holds this position (read your own write); 503 `ledger_behind` if it does not in time, "
        "422 `beyond_the_end` if the log does not hold it.",
    ),
    "cursor": query("cursor", TEXT, "The last page's `next`."),
    "limit": query("limit", _PAGE_SIZE, "Rows of a page, 1,000 at most."),
    "format": query(
        "format", {"enum": ["json", "csv", "xlsx", "html", "pdf", ""], "default": "json"},
        "A file holds all rows; html and pdf are to print: of 5,000 rows, and of 40,000 cells, at most.",
    ),
    "foot": query(
        "foot", {"enum": ["true", "false", ""], "default": "false"},
        "true: a csv ends with a line that says where it stands in the record, as the headers of every file do.",
    ),
}  # fmt: skip

SCHEMAS: Final[Json] = {
    "Appended": closed_object(
        {
            "command_id": TEXT,
            "log": TEXT,
            "stream": TEXT,
            "version": {"type": "integer", "minimum": 1, "description": "The stream's version after it."},
            "positions": {"type": "array", "items": _WHOLE, "minItems": 1},
            "events": {"type": "array", "items": TEXT, "minItems": 1, "description": "The events' types."},
        }
    ),
    "Problem": {
        "type": "object",
        "description": "Why not, and what to do (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable: programs may rely on it."},
            "field": {"type": ["string", "null"]},
            "detail_zh": TEXT,
            "detail_en": TEXT,
            "allowed": {"type": "array", "items": TEXT, "description": "Commands that would be accepted now."},
        },
        "required": ["type", "title", "status", "code", "field", "detail_zh", "detail_en"],
    },
    "LedgerList": closed_object(
        {
            "ledgers": {
                "type": "array",
                "items": closed_object(
                    {
                        **dict.fromkeys(("name", "title_zh", "title_en", "clause"), TEXT),
                        **{name: {"type": "array", "items": TEXT} for name in ("columns", "filters")},
                    }
                ),
            }
        }
    ),
}
