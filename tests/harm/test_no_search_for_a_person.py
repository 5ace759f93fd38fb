"""Rule 2: no location, travel, contact graph or search for a person across cases; a person's keys are a case's own."""

import asyncio
import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from sqlalchemy import Engine, inspect, text
from starlette.routing import Route

from services.installation import SERVICES
from shared.contracts.codes import Role
from shared.contracts.model import Ledger
from shared.contracts.personal import personal
from shared.delivery import cloudevent
from shared.log.vault import Unreadable
from shared.web.columns import COLUMNS
from shared.web.documents import asyncapi, openapi
from tests.harm.invented import ID_NUMBER, NAME, OTHER_ID_NUMBER, OTHER_NAME, OTHER_PHONE, PHONE
from tests.harm.language import classes, everything, inner_types
from tests.harm.office import Office, office, person
from tests.web.campaign import LOG

LEDGERS = [(service.name, ledger) for service in SERVICES for ledger in service.ledgers]
IDS = [f"{service}.{ledger.name}" for service, ledger in LEDGERS]

# what can be asked --------------------------------------------------------------------------------------------------


FILTERS = {
    "community", "grid", "year", "month", "period", "period_kind", "publication", "code", "meeting", "inspection",
    # kinds and standings
    "kind", "dispute_type", "status", "topic", "outcome", "area", "passed", "venue", "hazard", "severity", "grade",
    "profession", "ended_as", "result", "form", "law", "place", "unit_kind", "helper", "team", "survey", "archive",
    "work", "flag",
    # who serves: the institution's own people, by pseudonym
    "handler", "officer", "leader",
    # one case that somebody has in hand already
    "case",
    # how personal data are guarded: who of the institution opens what, by pseudonym, and what is to be destroyed
    "actor", "unreviewed", "emergency", "category", "request", "erasure", "kept", "because", "approved",
}  # fmt: skip
"""All that any ledger can be filtered by: none of it is a resident's, nor anything that a resident gave."""


@pytest.mark.parametrize(("service", "ledger"), LEDGERS, ids=IDS)
def test_no_ledger_is_filtered_by_a_person(service: str, ledger: Ledger[Any]) -> None:
    assert set(ledger.filters) <= FILTERS, ledger.name
    sealed = personal(ledger.row)
    assert not set(ledger.filters) & {*ledger.sealed, *sealed.fields, *sealed.lists}


PARAMETERS = FILTERS | {
    "Idempotency-Key", "If-Match", "Last-Event-ID", "log", "as_of", "basis", "at_least", "cursor", "limit", "format",
    "after", "position", "size", "from", "to", "id", "type", "visit", "on", "day",
    "clause", "plan", "state", "rulebook", "phase",
    "before", "all", "other_plan", "other_rulebook", "appeal", "answer", "entry", "indicator",
    "version", "directory", "foot",
}  # fmt: skip
"""All that any documented operation can be asked with. The one body that names a person is that of the person's own
request (`/intake/people/find`): the privacy officer's alone, on a request that another person received, for a party of
the case that it is about, on record first, answered with ids (`tests/web/test_person_requests.py`)."""


def test_no_operation_is_asked_with_a_person() -> None:
    document = openapi(SERVICES)
    named = set()
    for item in document["paths"].values():
        for operation in item.values():
            for one in operation.get("parameters", []):
                found = document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                named.add(found["name"])
    assert named <= PARAMETERS, named - PARAMETERS
    assert "cursor" in named


GUESSES = {
    "name": (NAME, OTHER_NAME), "phone": (PHONE, OTHER_PHONE), "id_number": (ID_NUMBER, OTHER_ID_NUMBER),
    "q": (PHONE, OTHER_PHONE), "search": (NAME, OTHER_NAME), "party": (NAME, OTHER_NAME),
    "person": (ID_NUMBER, OTHER_ID_NUMBER), "parties": (NAME, OTHER_NAME),
    "cursor": ("MTk5MDAwMDEyMzQ=", "MTk5MDAwMDU2Nzg="),
    "community": (NAME, OTHER_NAME), "case": (PHONE, OTHER_PHONE), "handler": (NAME, OTHER_NAME),
    "grid": (PHONE, OTHER_PHONE),
}  # fmt: skip
"""What somebody might try: a parameter with what belongs to one who is there, and with the same of one who is not. A
cursor is a key in base64."""


ANEW = r'name="(?:command_id|occurred_at)"[^>]*value="[^"]*"'
"""What a form has that the same form shown again has not: its command's id, and what the clock says."""
UNKNOWN_TO_PAGES = ("name", "phone", "id_number", "q", "search", "party", "person", "parties")


def test_whoever_asks_for_somebody_learns_no_more_than_of_nobody(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        id = await made.case(person(NAME, PHONE, ID_NUMBER))
        asked = 0
        for path in addresses(made, id):
            if path == "/record/stream":
                continue  # it does not end; its parameters are those of /record/events
            for accept in ("application/json",) if "/ledgers" in path else ("application/json", "text/html"):
                headers = made.bearer(Role.OFFICE) | {
                    "accept": accept,
                    "cookie": f"sanguan_session={made.session(Role.OFFICE)}",
                }
                for guess in guesses(accept):
                    told = []
                    for which in (0, 1):
                        said = {name: values[which] for name, values in guess.items()}
                        answer = await made.web.get(path, params=said, headers=headers)
                        repeated = "|".join(spelt for value in said.values() for spelt in spellings(value))
                        told.append((answer.status_code, re.sub(f"{ANEW}|{repeated}", "·", answer.text)))
                        assert answer.status_code != 500, path
                    asked += len(guess)
                    assert told[0] == told[1], (path, *guess)
        assert asked > 700

    run(play, tmp_path)


def guesses(accept: str) -> Iterator[dict[str, tuple[str, str]]]:
    """What is tried at an address, one after the other. A program's address refuses a parameter that it does not know,
    so each is tried alone; a page passes it over, so those that no page knows are tried together."""
    together = {} if accept == "application/json" else {name: GUESSES[name] for name in UNKNOWN_TO_PAGES}
    if together:
        yield together
    yield from ({name: values} for name, values in GUESSES.items() if name not in together)


def spellings(value: str) -> Iterator[str]:
    """A value as an answer may repeat it in a link."""
    yield re.escape(value)
    yield re.escape(quote_plus(value))


ONE_FORM = ("/report-case", "/plan-visit", "/appeal-score", "/ask-unmasking", "/recorded")


def addresses(made: Office, case: str) -> Iterator[str]:
    """Every address of the application that is read, with an id in each place that wants one: a case's, and a name."""
    routes = [route for route in made.app.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    assert len(routes) > 25
    for route in routes:
        if route.path in ("/-/metrics", "/openapi.json", "/asyncapi.json", "/static/{name}"):
            continue  # they take nothing
        if "/forms/" in route.path and not route.path.endswith(ONE_FORM):
            continue  # all of them are made and shown by the same code
        if route.path.endswith(".pdf"):
            continue  # the page beside it, printed: it is asked for the same
        if "ledgers/{name}" in route.path:
            service = route.path.split("/")[1]
            yield from (f"/{name}/ledgers/{one.name}" for name, one in LEDGERS if name == service)
        else:
            yield (
                re.sub(r"{\w+:int}", "0", re.sub(r"{(log)}", LOG, route.path))
                .replace("{id}", case)
                .replace("{code}", f"{LOG}001")
                .replace("{type}", "x")
                .replace("{clause}", "5.1")
                .replace("{case}", case)
            )


def test_a_person_is_no_address(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        await made.case(person(NAME, PHONE, ID_NUMBER))
        headers = {**made.bearer(Role.OFFICE), "accept": "application/json"}
        headers["cookie"] = f"sanguan_session={made.session(Role.OFFICE)}"
        for path in ("/cases/{}", "/communities/{}", "/assessment/scores/{}", "/intake/cases/{}/possible-duplicates"):
            for value in (NAME, PHONE, ID_NUMBER):
                answer = await made.web.get(path.format(value), headers=headers)
                assert answer.status_code == 404, (path, answer.text)

    run(play, tmp_path)


def test_possible_duplicates_are_asked_of_a_case_and_of_nothing_else(tmp_path: Path) -> None:
    """The one answer that knows that two cases may name the same person takes a case's id, and no value."""

    async def play(made: Office) -> None:
        id = await made.case(person(NAME, PHONE))
        path = f"/intake/cases/{id}/possible-duplicates"
        assert (await made.web.get(path, headers=made.bearer(Role.OFFICE))).status_code == 200
        for name in ("phone", "name", "id_number", "q", "value"):
            answer = await made.web.get(path, params={name: PHONE}, headers=made.bearer(Role.OFFICE))
            assert answer.json()["code"] == "bad_parameter"
        for role in (Role.AUDITOR, Role.SUBSCRIBER, Role.OPERATOR, Role.LEADER):
            assert (await made.web.get(path, headers=made.bearer(role))).status_code == 403
        assert (await made.web.get(path)).status_code == 401

    run(play, tmp_path)


# what is not kept ---------------------------------------------------------------------------------------------------


WHEREABOUTS = re.compile(
    r"(^|_)(lat|lng|lon|latitude|longitude|gps|geo\w*|coord\w*|location|whereabouts|travel\w*|trip|route|itinerary|track\w*|"
    r"movement|vehicle|plate|face|biometric\w*|device|imei|mac|wechat|contacts|relation\w*|relative\w*|kin|friend\w*|"
    r"associate\w*|graph|network|neighbour_of|linked_person|same_person|person_id)($|_)|"
    "轨迹|坐标|定位|经度|纬度|行程|出行|车牌|人脸|指纹|关系图|同行人|亲属|社会关系|通讯录|活动范围",
    re.IGNORECASE,
)


MEANT_OTHERWISE = {"contacts", "contacts_at"}
"""How often, and when, the responsible unit was in touch about a handed-down case (§5.1)."""


def test_no_field_says_where_somebody_is_goes_or_whom_they_know() -> None:
    found = [told for told in everything() if WHEREABOUTS.search(told.name)]
    assert {told.name for told in found} <= MEANT_OTHERWISE
    for told in found:
        assert inner_types(told.hint) <= {int, datetime}
    assert [
        cls.__name__ for cls in classes() if WHEREABOUTS.search(re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__))
    ] == []
    titled = {name for name, titles in COLUMNS.items() for said in (name, *titles) if WHEREABOUTS.search(said)}
    assert titled <= MEANT_OTHERWISE


@pytest.mark.parametrize("make", [openapi, asyncapi])
def test_no_document_has_a_property_or_a_path_for_it(make: Callable[[Any], dict[str, Any]]) -> None:
    document = make(SERVICES)
    names = set(keys(document)) | {part for path in document.get("paths", {}) for part in re.split("[/.-]", path)}
    assert len(names) > 100
    assert {name for name in names if WHEREABOUTS.search(name)} <= MEANT_OTHERWISE


def keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, inner in node.items():
            yield key
            yield from keys(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from keys(inner)


def test_the_words_that_are_looked_for_would_be_found() -> None:
    for name in ("home_lat", "location", "travel_history", "contacts", "relatives", "same_person", "活动轨迹"):
        assert WHEREABOUTS.search(name), name


# the same person in two cases ---------------------------------------------------------------------------------------


def test_the_same_person_in_two_cases_cannot_be_joined_by_anything_that_is_kept(tmp_path: Path) -> None:
    """Two cases of one person have nothing in common that they do not share with a third, of another."""

    async def play(made: Office) -> None:
        first = await made.case(person(NAME, PHONE, ID_NUMBER))
        second = await made.case(person(NAME, PHONE, ID_NUMBER))
        third = await made.case(person(OTHER_NAME, OTHER_PHONE, OTHER_ID_NUMBER))
        one, two, other = (traces(made, id) for id in (first, second, third))
        assert len(one) > 300
        assert one & two, "they are of one office, so something is the same"
        assert one & two - other == set()

    run(play, tmp_path)


def test_a_trace_of_a_person_would_be_found(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        ids = [await made.case(person(name)) for name in (NAME, NAME, OTHER_NAME)]
        for id, planted in zip(ids, (PHONE, PHONE, OTHER_PHONE), strict=True):
            with made.node.storage.log_engine.begin() as connection:
                values = {"log": LOG, "subject": f"case/{id}#parties/9", "wrapped": planted.encode()}
                connection.execute(text("INSERT INTO vault_keys VALUES (:log, :subject, :wrapped)"), values)
        one, two, other = (traces(made, id) for id in ids)
        assert one & two - other != set()

    run(play, tmp_path)


def traces(made: Office, case: str) -> set[tuple[str, str]]:
    """All that is kept of a case, anywhere but in the keyed index that expires: each value with where it stands."""
    storage = made.node.storage
    found: set[tuple[str, str]] = set()
    for stream in (f"case/{case}", f"handling/{case}"):
        for recorded in storage.log.stream(LOG, stream):
            stored = storage.log.read(LOG, recorded.position - 1, 1)[0]
            found |= {
                *leaves("bytes", json.loads(stored.bytes)),
                *leaves("stream", json.loads(cloudevent.encode(stored))),
            }
    for engine in (storage.log_engine, storage.ledgers_engine):
        for table, row in rows(engine):
            if table != "vault_blind" and any(case in str(value) for value in row.values()):
                found |= {trace for name, value in row.items() for trace in leaves(f"{table}.{name}", value)}
    return {(where, value.replace(case, "<case>")) for where, value in found}


def rows(engine: Engine) -> Iterator[tuple[str, dict[str, Any]]]:
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")).mappings():
                yield table, dict(row)


def as_json(value: bytes) -> Any:
    """What bytes hold as JSON; None where they are sealed, and only begin like it by chance."""
    if value[:1] != b"{":
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def leaves(where: str, value: Any) -> Iterator[tuple[str, str]]:
    """The values within a value; of a box the name of its key and every eight bytes of what is sealed."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(f"{where}.{name}", inner)
        case list():
            for inner in value:
                yield from leaves(where, inner)
        case bytes() if (held := as_json(value)) is not None:
            yield from leaves(where, held)
        case bytes():
            yield from ((where, value[at : at + 8].hex()) for at in range(max(1, len(value) - 7)))
        case str() if value.startswith("sealed:"):
            name, _, box = value.rpartition(":")
            yield where, name
            yield from leaves(where, base64.b64decode(box))
        case str() if value[:1] in ("{", "["):
            yield from leaves(where, json.loads(value))
        case _:
            yield where, str(value)


def test_each_case_has_its_own_keys_and_forgetting_one_leaves_the_other(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        first, second = [await made.case(person(NAME, PHONE, ID_NUMBER)) for _ in range(2)]
        vault = made.node.storage.vault
        boxes = {id: made.node.storage.log.stream(LOG, f"case/{id}")[0].event.parties[0] for id in (first, second)}
        subjects = [str(row["subject"]) for table, row in rows(made.node.storage.log_engine) if table == "vault_keys"]
        of_cases = [subject for subject in subjects if subject.startswith("case/")]
        assert {subject.partition("#")[0] for subject in of_cases} == {f"case/{first}", f"case/{second}"}
        assert not [subject for subject in subjects for told in (NAME, PHONE, ID_NUMBER) if told in subject]
        for field in ("name", "phone", "id_number"):
            one, two = (getattr(boxes[id], field) for id in (first, second))
            assert one != two
            assert vault.open(LOG, one) == vault.open(LOG, two)
        vault.destroy(LOG, f"case/{first}", 1)
        with pytest.raises(Unreadable):
            vault.open(LOG, boxes[first].name)
        assert vault.open(LOG, boxes[second].name) == NAME

    run(play, tmp_path)


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())
