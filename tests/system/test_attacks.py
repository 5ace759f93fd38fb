"""Bad inputs and attacks on a running server, by their rows in the table of attacks. All data are invented (synthetic).

What is refused is a problem document, appends nothing and repeats nothing of what was sent. A test whose attack must
append something says so by not standing under `nothing_appended`.
"""

import csv
import io
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import jwt
import openpyxl
import pytest

from services.installation import SERVICES
from shared.access.tokens import Tokens, load_token_key
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.intake import CaseWithdrawn
from shared.contracts.model import slug
from shared.log.append import NotTheOwner, Proposal
from shared.settings import load
from shared.storage import Storage
from tests.intake.test_importer_refusals import ATTACKS as WORKBOOKS
from tests.system.cli import TRUTH, WORKBOOK, called
from tests.system.server import AT, COMMUNITY, LOG, OTHER_LOG, Json, Server, case, count, is_problem, wait_for

MARK = "回声echo7431"
"""Stands in what is sent, and must not come back."""
GOOD_ID, FULL_WIDTH_ID = "11010519491231002X", "１１０１０５１９４９１２３１００２Ｘ"
"""The standard's own example number (GB 11643); nobody's."""


def refused(server: Server, raw: bytes, status: int, code: str, field: str | None = None) -> Json:
    """Send bytes as `report-case`; they must be refused with nothing appended and nothing repeated."""
    with server.nothing_appended():
        answer = post(server, raw)
    assert MARK not in answer.text
    return is_problem(answer, status, code, field)


def post(server: Server, raw: bytes | Iterator[bytes], **headers: str) -> httpx.Response:
    """Bytes as `report-case`, by a clerk, under a new id."""
    sent = {
        **server.bearer("clerk"),
        "idempotency-key": uuid.uuid4().hex,
        "content-type": "application/json",
        **headers,
    }
    return server.post("/intake/commands/report-case", raw, sent)


def body(data: Json | None = None, more: Json | None = None, **changed: Any) -> bytes:
    """A good body of `report-case` with something changed, or with something more."""
    good = {"log": LOG, "occurred_at": AT, "data": data or case(summary=MARK)}
    return json.dumps(good | changed | (more or {})).encode()


def spliced(text: str) -> bytes:
    """A good body with the summary's JSON text replaced by another text."""
    good = body(case(summary="SUMMARY")).decode()
    assert '"SUMMARY"' in good
    return good.replace('"SUMMARY"', text).encode()


# 1 to 4: the same again, stale, racing ------------------------------------------------------------------------------


def test_row_01_the_same_command_again_has_one_effect_and_the_first_answer(server: Server) -> None:
    id = uuid.uuid4().hex
    first = server.send("intake/report-case", case(), id=id)
    with server.nothing_appended():
        again = [server.send("intake/report-case", case(), id=id) for _ in range(3)]
    assert first.status_code == 201
    assert {(answer.status_code, answer.content) for answer in again} == {(201, first.content)}


def test_row_01_holds_after_the_case_has_gone_on(server: Server) -> None:
    id = uuid.uuid4().hex
    first = server.send("intake/report-case", case(), id=id)
    server.done("intake/void-case", {"reason": "虚构"}, stream=first.json()["stream"])
    with server.nothing_appended():
        assert server.send("intake/report-case", case(), id=id).content == first.content


def test_row_02_the_same_id_with_another_body_is_refused(server: Server) -> None:
    id = uuid.uuid4().hex
    server.report(id=id)
    with server.nothing_appended():
        other = server.send("intake/report-case", case(summary=MARK), id=id)
        elsewhere = server.send("intake/void-case", {"reason": MARK}, id=id, stream="case/nowhere")
    for answer in (other, elsewhere):
        is_problem(answer, 409, "command_id_reused", "Idempotency-Key")
        assert MARK not in answer.text


def test_row_03_a_stale_if_match_is_refused_with_the_current_version(server: Server) -> None:
    stream = server.report()["stream"]
    reason = {"reason": MARK, "summary": MARK}
    assert server.done("intake/correct-case", reason, stream=stream, If_Match='"1"')["version"] == 2
    with server.nothing_appended():
        answer = server.send("intake/correct-case", reason, stream=stream, If_Match="1")
    assert is_problem(answer, 409, "version_conflict", "If-Match")["version"] == 2
    assert MARK not in answer.text
    assert server.done("intake/correct-case", reason, stream=stream, If_Match="2")["version"] == 3


def test_row_04_of_50_racing_closes_one_is_taken(server: Server) -> None:
    stream = followed_up(server)
    before = server.quiet()

    def close(number: int) -> httpx.Response:
        return server.send("intake/close-case", {}, stream=stream, id=f"race-{stream}-{number}")

    with ThreadPoolExecutor(50) as racing:
        answers = list(racing.map(close, range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + 49 * [409]
    for answer in answers:
        if answer.status_code == 409:
            assert is_problem(answer, 409, "not_possible_now")["allowed"] == [
                "reopen-case",
                "retract-step",
                "correct-case",
                "void-case",
            ]
    assert server.quiet() == before + 1


def test_of_communities_of_one_name_the_first_is_registered_however_soon_the_others_come(server: Server) -> None:
    def register(number: int, name: str) -> httpx.Response:
        data = {"code": f"{LOG}{number}", "name": name, "grids": [], "households": 1}
        return server.send("assignment/register-community", data, role="office")

    with server.nothing_appended(OTHER_LOG):
        first, second = register(501, "虚构同名社区"), register(502, "虚构同名社区")
    assert first.status_code == 201
    is_problem(second, 422, "name_taken", "name")
    is_problem(register(501, "虚构异名社区"), 409, "already_registered", "code")
    before = server.quiet()
    with ThreadPoolExecutor(20) as racing:
        answers = list(racing.map(lambda number: register(number, "虚构争名社区"), range(510, 530)))
    assert sorted(answer.status_code for answer in answers) == [201] + 19 * [422]
    assert server.quiet() == before + 1


def followed_up(server: Server) -> str:
    """The stream of a case that may be closed."""
    stream: str = server.report()["stream"]
    server.done("intake/accept-case", {}, stream=stream)
    server.done("intake/refer-case", {"to_unit": "虚构的机关", "outside": True}, stream=stream)
    server.done("intake/follow-up-case", {"stable": True}, stream=stream)
    reacted(server, stream, 2)
    return stream


def reacted(server: Server, stream: str, steps: int) -> None:
    """Wait until the other service has opened, or ended, the handling of a case: it reacts when it has heard of it."""
    query = "SELECT count(*) FROM events WHERE log = ? AND stream = ?"
    handling = stream.replace("case/", "handling/", 1)
    wait_for(lambda: count(server.data / "log.db", query, LOG, handling) == steps, "the handling")


# 5, 6: what only the log may say -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["position", "version", "recorded_at", "positions", "actor"])
@pytest.mark.parametrize("place", ["body", "data", "party"])
def test_row_05_what_the_log_alone_gives_is_no_field_of_the_client(server: Server, name: str, place: str) -> None:
    value = AT if name == "recorded_at" else 7
    person = case()["parties"][0]
    match place:
        case "body":
            raw, field = body(more={name: value}), name
        case "data":
            raw, field = body(case(**{name: value})), f"data.{name}"
        case _:
            raw, field = body(case(parties=[{**person, name: value}])), f"data.parties.0.{name}"
    refused(server, raw, 422, "unknown_field", field)


def test_row_06_an_event_put_into_redis_by_hand_changes_no_ledger(server: Server) -> None:
    answer = server.report()
    server.quiet()
    before = everything(server)
    size = server.size()
    forged = [
        message(position=size + 5, stream="case/forged"),
        message(position=answer["positions"][0], stream=answer["stream"]),
        message(position=size, stream=answer["stream"]),
        message(position=0, stream="case/forged", log="410105099"),
        message(position=2**60, stream="case/forged"),
    ]
    inject(server, [{"__data__": json.dumps(one)} for one in forged])
    inject(server, [{"__data__": "{"}, {"__data__": b"\xff\xfe"}, {"other": "field"}, {"__data__": "[" * 50_000}])
    wait_for(lambda: delivered(server), "the forged messages to be taken")
    assert server.quiet() == size
    assert everything(server) == before
    later = server.report()  # and the followers still follow
    assert server.get("/intake/ledgers/cases", at_least=later["positions"][-1]).status_code == 200
    assert server.ready()


def everything(server: Server) -> dict[str, bytes]:
    """All ledgers, in the bytes that are served."""
    return {
        f"{service.name}/{ledger.name}": server.get(f"/{service.name}/ledgers/{ledger.name}", format="csv").content
        for service in SERVICES
        for ledger in service.ledgers
    }


def message(position: int, stream: str, log: str = LOG) -> Json:
    """A well-formed message of an event that no one decided."""
    return {
        "specversion": "1.0", "id": f"{log}/{position}", "source": f"/logs/{log}", "type": CaseWithdrawn.NAME,
        "subject": stream, "time": AT, "datacontenttype": "application/json",
        "dataschema": f"/schemas/{CaseWithdrawn.NAME}.json", "sequence": str(position), "occurredat": AT,
        "data": {"reason": MARK, "basis": "act", "handled": False},
    }  # fmt: skip


def inject(server: Server, entries: list[dict[str, Any]]) -> None:
    with server.redis() as client:
        for entry in entries:
            client.xadd("sanguan:events:{0}", entry)


def delivered(server: Server) -> bool:
    """Whether every group has been given and has acknowledged everything."""
    with server.redis() as client:
        groups: Any = client.xinfo_groups("sanguan:events:{0}")
    mine = [group for group in groups if group["name"] != b"example"]
    assert len(mine) == len(SERVICES)
    return all(group["pending"] == 0 and group["lag"] == 0 for group in mine)


# 9 to 13: numbers, text and syntax ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "true", "9" * 5_000, "9" * 400, "1.5", '"5"', "-1", "2e3"],
    ids=lambda n: n[:9],
)
def test_row_09_what_is_no_whole_number_is_refused(server: Server, number: str) -> None:
    data = {"code": f"{LOG}099", "name": "虚构社区", "grids": [], "households": "HOUSEHOLDS"}
    raw = body(data).decode().replace('"HOUSEHOLDS"', number).encode()
    sent = {**server.bearer("office"), "idempotency-key": uuid.uuid4().hex}
    with server.nothing_appended():
        answer = server.post("/assignment/commands/register-community", raw, sent)
    # Of thousands of digits the reader does not say where they stand.
    problem = is_problem(answer, 422, answer.json()["code"], "data.households" if len(number) < 1_000 else None)
    assert problem["code"] in ("wrong_type", "out_of_range")
    assert "9999" not in answer.text


def test_row_10_a_lone_surrogate_is_no_text(server: Server) -> None:
    for text in (r'"\ud800"', r'"\udc00x"', r'"\ud800A"'):
        refused(server, spliced(text), 400, "malformed_json")
    in_utf_8 = spliced('"@"').replace(b'"@"', b'"\xed\xa0\x80"')
    refused(server, in_utf_8, 400, "malformed_json")


@pytest.mark.parametrize(
    "code", ["0000", "0001", "0008", "000b", "001b", "007f", "0085", "202e", "2066", "feff", "ffff"]
)
def test_row_11_control_characters_are_refused(server: Server, code: str) -> None:
    refused(server, spliced(f'"{MARK}\\u{code}{MARK}"'), 422, "control_character", "data.summary")


def test_row_11_a_raw_control_character_is_no_json(server: Server) -> None:
    refused(server, spliced('"@"').replace(b'"@"', b'"\x00"'), 400, "malformed_json")


@pytest.mark.parametrize(
    "raw",
    [
        body().replace(b'{"log"', b'{"log": "410105011", "log"'),
        body().replace(b'"kind": "dispute"', b'"kind": "dispute", "kind": "dispute"'),
        body().replace(b'"role": "applicant"', b'"role": "applicant", "role": "other"'),
        body().replace(b'"kind": "dispute"', b'"kind": "dispute", "kind": 5'),
        body().replace(b'"kind": "dispute"', b'"x": 1, "x": 2, "kind": "dispute"'),
    ],
    ids=["body", "data", "party", "of another type", "unknown"],
)
def test_row_12_a_key_that_stands_twice_is_refused(server: Server, raw: bytes) -> None:
    refused(server, raw, 400, "duplicate_key")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        spliced("[" * 50_000 + "]" * 50_000),
        spliced('{"x": ' + "[" * 50_000 + "]" * 50_000 + "}"),
    ],
    ids=["open", "closed", "objects", "within", "unknown within"],
)
def test_row_13_deep_nesting_is_refused(server: Server, raw: bytes) -> None:
    refused(server, raw, 400, "malformed_json")


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"text"', b"{", b"\xff", b"{} {}", b"{'a': 1}"])
def test_row_13_what_is_no_json_object_is_refused(server: Server, raw: bytes) -> None:
    with server.nothing_appended():
        answer = post(server, raw)
    assert answer.status_code in (400, 422)
    is_problem(answer, answer.status_code, answer.json()["code"], answer.json()["field"])


# 15 to 17: times ----------------------------------------------------------------------------------------------------


def test_row_15_times_outside_of_what_can_be_known_are_refused(server: Server) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for at, code in {
        "0001-01-01T00:00:00+08:00": "out_of_range",
        "1899-12-31T23:59:59+08:00": "out_of_range",
        "9999-12-31T23:59:59+08:00": "out_of_range",
        "2015-02-30T09:00:00+08:00": "bad_format",
        ahead: "in_the_future",
    }.items():
        problem = refused(server, body(occurred_at=at), 422, code, "occurred_at")
        assert at not in json.dumps(problem)


def test_row_15_days_of_what_happened_are_held_to_the_same(server: Server) -> None:
    stream = server.report()["stream"]
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    with server.nothing_appended():
        for day, code in {
            "0001-01-01": "out_of_range",
            "1899-12-31": "out_of_range",
            tomorrow: "in_the_future",
        }.items():
            answer = server.send("intake/correct-case", {"reason": MARK, "reported_on": day}, stream=stream)
            problem = is_problem(answer, 422, code, answer.json()["field"])
            assert problem["field"].endswith("reported_on")
            assert MARK not in answer.text


@pytest.mark.parametrize(
    "at",
    [
        "2015-06-18T09:30:00",
        "2015-06-18",
        "2015-06-18 09:30",
        1434591000,
        1434591000.5,
        "1434591000",
        "-5.0",
        None,
        True,
    ],
    ids=repr,
)
def test_row_16_a_time_without_an_offset_is_refused(server: Server, at: Any) -> None:
    problem = refused(server, body(occurred_at=at), 422, "offset_required", "occurred_at")
    assert "+08:00" in problem["detail_zh"]


def test_row_17_a_visit_before_its_case_was_reported_is_refused_with_both_times(server: Server) -> None:
    visit = next(row for row in server.rows("assignment/visits") if row["result"] == "planned")
    handling = next(row for row in server.rows("assignment/handling") if row["id"] == visit["case"])
    early = (datetime.fromisoformat(handling["reported_at"]) - timedelta(days=1)).isoformat()
    with server.nothing_appended():
        answer = server.send(
            "assignment/complete-visit", {"visit": visit["visit"], "diary": MARK}, role="officer", at=early,
            stream=f"handling/{visit['case']}",
        )  # fmt: skip
    problem = is_problem(answer, 422, "before_reported", "occurred_at")
    quoted = [datetime.fromisoformat(problem[name]) for name in ("occurred_at", "reported_at")]
    assert quoted == [datetime.fromisoformat(early), datetime.fromisoformat(handling["reported_at"])]
    for sentence in (problem["detail_zh"], problem["detail_en"]):
        assert problem["occurred_at"] in sentence
        assert problem["reported_at"] in sentence
    assert MARK not in answer.text


# 18, 19: numbers of people ------------------------------------------------------------------------------------------


def person(**changed: Any) -> Json:
    return {"role": "applicant", "name": "虚构甲", "phone": None, "id_number": None, **changed}


def test_row_18_full_width_digits_are_the_same_number(server: Server) -> None:
    id = uuid.uuid4().hex
    wide = case(parties=[person(phone="１９９００００００００", id_number=FULL_WIDTH_ID)])
    plain = case(parties=[person(phone="19900000000", id_number=GOOD_ID)])
    first = server.send("intake/report-case", wide, id=id)
    assert first.status_code == 201
    with server.nothing_appended():
        again = server.send("intake/report-case", plain, id=id)
        other = server.send("intake/report-case", case(parties=[person(phone="19900000001", id_number=GOOD_ID)]), id=id)
    assert again.content == first.content, "the body is remembered in its one normal form"
    is_problem(other, 409, "command_id_reused", "Idempotency-Key")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("110105194912310021", "bad_check_digit"),
        ("1101051949123100２1", "bad_check_digit"),
        ("11010519491231002 1", "bad_check_digit"),
        ("110105-19491231-0021", "bad_check_digit"),
        (GOOD_ID + "\n", "control_character"),
        (GOOD_ID[:6] + "\t" + GOOD_ID[6:], "control_character"),
    ],
)
def test_row_19_an_id_number_that_cannot_be_one_is_refused(server: Server, number: str, code: str) -> None:
    problem = refused(
        server, body(case(parties=[person(), person(id_number=number)])), 422, code, "data.parties.1.id_number"
    )
    assert number.strip() not in json.dumps(problem)


@pytest.mark.parametrize(
    "number",
    [GOOD_ID, GOOD_ID.lower(), "110105491231002", "E12345678", "MA0000001", "91110000MA0000000A", "H0123456700"],
)
def test_row_19_what_has_no_check_digit_passes_as_it_was_given(server: Server, number: str) -> None:
    assert server.send("intake/report-case", case(parties=[person(id_number=number)])).status_code == 201


def test_row_19_the_same_in_a_workbook_is_a_warning() -> None:
    read = called("import", WORKBOOK, "--dry-run", "--json").json
    rows = json.loads(TRUTH.read_text())["rows"]
    wrong = {(row["sheet"], row["row"]) for row in rows if "id_check_digit" in row["warn"]}
    assert wrong
    assert wrong == {(one["sheet"], one["row"]) for one in read["warnings"] if one["code"] == "id_check_digit"}
    assert not wrong & {(one["sheet"], one["row"]) for one in read["rejected"]}


# 20, 21: names ------------------------------------------------------------------------------------------------------

UNKIND = ("\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069")
"""Marks that turn the direction of a text around."""


def test_row_20_a_name_of_a_megabyte_is_not_even_read(server: Server) -> None:
    problem = refused(server, body(case(parties=[person(name="甲" * 350_000)])), 413, "too_large")
    assert problem["limit"] == 256 * 1024
    refused(server, body(case(parties=[person(name="甲" * 20_000)])), 422, "too_long", "data.parties.0.name")


@pytest.mark.parametrize("mark", UNKIND, ids=lambda mark: f"{ord(mark):04x}")
def test_row_20_marks_that_turn_a_text_around_are_in_no_name(server: Server, mark: str) -> None:
    named = body(case(parties=[person(name=f"甲{mark}乙{MARK}")]))
    refused(server, named, 422, "control_character", "data.parties.0.name")
    community = {"code": f"{LOG}098", "name": f"虚构{mark}社区", "grids": [], "households": 1}
    with server.nothing_appended():
        is_problem(
            server.send("assignment/register-community", community, role="office"), 422, "control_character",
            "data.name",
        )  # fmt: skip


def test_row_20_a_limit_is_held_after_normalisation(server: Server) -> None:
    """U+FDFA is one sign and eighteen letters: five of them fit into a name, six do not."""
    assert server.send("intake/report-case", case(parties=[person(name="\ufdfa" * 5)])).status_code == 201
    for name in ("\ufdfa" * 6, "\ufdfa" * 3_000):
        refused(server, body(case(parties=[person(name=name)])), 422, "too_long", "data.parties.0.name")
    refused(server, body(case(parties=[person(name="\u3164" * 3)])), 422, "too_short", "data.parties.0.name")


ELSEWHERE = "../../etc/passwd"


def test_row_21_an_export_is_named_by_the_server(server: Server) -> None:
    named = server.done(
        "assignment/register-community", {"code": f"{LOG}890", "name": ELSEWHERE, "grids": [], "households": 1},
        role="office",
    )  # fmt: skip
    given = {"content-disposition": f'attachment; filename="{ELSEWHERE}"', "x-filename": ELSEWHERE, "slug": ELSEWHERE}
    for format in ("csv", "xlsx"):
        query = {"format": format, "at_least": named["positions"][-1]}
        path = "/assignment/ledgers/communities"
        answer = server.request("GET", path, params=query, headers=server.bearer("auditor") | given)
        assert answer.status_code == 200
        chosen = re.fullmatch(r'attachment; filename="([0-9A-Za-z._-]+)"', answer.headers["content-disposition"])
        assert chosen
        assert re.fullmatch(rf"communities-{LOG}-[0-9]+\.{format}", chosen[1])


def test_row_21_nothing_in_an_address_leads_to_a_file(server: Server) -> None:
    for name in ("filename", "name", "file", "path"):
        query = {"format": "csv", name: ELSEWHERE}
        answer = server.request("GET", "/intake/ledgers/cases", params=query, headers=server.bearer("auditor"))
        is_problem(answer, 400, "bad_parameter", name)
    is_problem(server.get("/intake/ledgers/cases", format=ELSEWHERE), 400, "malformed", "format")
    quoted = ELSEWHERE.replace("/", "%2f")
    for path in (f"/intake/ledgers/{quoted}", f"/static/{quoted}", f"/static/{ELSEWHERE}", f"/schemas/{quoted}"):
        answer = server.get(path)
        assert answer.status_code == 404, path
        assert "root:" not in answer.text


# 23: files that are no harmless workbook ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack", ["bomb", "bomb with a lying directory", "external entity", "laughs", "macros", "macro type", "csv"]
)
def test_row_23_a_file_that_is_no_harmless_workbook_is_refused_beside_a_running_server(
    server: Server, tmp_path: Path, attack: str
) -> None:
    code, made = WORKBOOKS[attack]
    file = tmp_path / "台账.xlsx"
    file.write_bytes(made())
    with server.nothing_appended():
        done = called("import", file, "--data", server.data, "--json")
    told = done.problem(code)
    assert "root:" not in json.dumps(told)
    assert server.ready()


# 22: text that a spreadsheet would run ------------------------------------------------------------------------------

FORMULAS = ('=HYPERLINK("http://example.invalid","x")', "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "\t=2+2", " =3+3", "a\t=1")


@pytest.fixture(scope="module")
def dangerous(server: Server) -> dict[str, str]:
    """Communities with such names: what is stored, by the code."""
    named = {}
    for number, name in enumerate(FORMULAS):
        code = f"{LOG}{900 + number}"
        answer = server.done(
            "assignment/register-community", {"code": code, "name": name, "grids": [], "households": 1}, role="office"
        )
        named[code] = name.strip()
    server.get("/assignment/ledgers/communities", at_least=answer["positions"][-1])
    return named


def test_row_22_formulas_are_inert_in_csv(server: Server, dangerous: dict[str, str]) -> None:
    text = server.get("/assignment/ledgers/communities", format="csv").content.decode("utf-8-sig")
    cells = {row[0]: row for row in csv.reader(io.StringIO(text, newline=""))}
    for code, name in dangerous.items():
        found = next(cell for cell in cells[code] if name in cell)
        assert found == (name if name.startswith("a") else f"'{name}")
    assert not [cell for row in cells.values() for cell in row if cell.startswith(tuple("=+-@＝\t"))]


def test_row_22_formulas_are_inert_in_xlsx(server: Server, dangerous: dict[str, str]) -> None:
    file = server.get("/assignment/ledgers/communities", format="xlsx").content
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    assert sheet is not None
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    for name in dangerous.values():
        assert cells[name].data_type == "s"
        assert cells[name].quotePrefix or name.startswith("a")
        assert cells[name].hyperlink is None


def test_row_22_the_text_itself_is_kept(server: Server, dangerous: dict[str, str]) -> None:
    rows = {row["community"]: row["name"] for row in server.rows("assignment/communities")}
    assert {code: rows[code] for code in dangerous} == dangerous


# 24: text that a browser would run ----------------------------------------------------------------------------------

SCRIPT = "<script>alert(24)</script>"


def sites_pages(server: Server, wanted: set[str]) -> Iterator[tuple[str, httpx.Response]]:
    """Pages as the office sees them: those that are wanted, and from the front page on some of every kind there is."""
    rules = [rule for rule in server.get("/-/policy.json", None).json()["rules"] if rule["method"] == "GET"]
    kinds = {
        rule["path"]: re.compile(re.sub(r"{\w+(:int)?}", "[^/?]+", rule["path"])) for rule in rules
        if rule["kind"] in ("page", "own", "public", "document") and "json" not in rule["path"]
    }  # fmt: skip
    cookie = {"cookie": f"sanguan_session={server.session('office')}", "accept": "text/html"}
    seen: Counter[str] = Counter()
    to_see, known = ["/", *sorted(wanted)], {"/", *wanted}
    while to_see:
        path = to_see.pop(0)
        kind = next((one for one, form in kinds.items() if form.fullmatch(path.partition("?")[0])), None)
        if kind is None or (path not in wanted and seen[kind] >= 2):
            continue
        seen[kind] += 1
        answer = server.request("GET", path, headers=cookie)
        yield path, answer
        if answer.headers["content-type"].startswith("text/html"):
            found = {unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.text)}
            to_see += sorted(found - known)
            known |= found
    assert len([kind for kind, times in seen.items() if times]) > 20, seen


def test_row_24_a_script_in_a_disputes_title_is_inert_on_every_page(server: Server) -> None:
    code, name = f"{LOG}024", f"虚构{SCRIPT}"
    register = {"code": code, "name": name, "grids": ["1网格"], "households": 1}
    server.done("assignment/register-community", register, role="office")
    server.done("assignment/open-studio", {"place": SCRIPT}, role="office", stream=f"community/{code}")
    told = case(community=code, summary=SCRIPT, parties=[person(name=SCRIPT)])
    stream = server.done("intake/report-case", told)["stream"]
    server.done("intake/accept-case", {}, stream=stream)
    reacted(server, stream, 1)
    position = server.quiet() - 1
    id = stream.removeprefix("case/")
    shown = 0
    wanted = {f"/cases/{id}", f"/communities/{code}", f"/cases?community={code}", f"/record/{position}"}
    for path, answer in sites_pages(server, wanted):
        assert answer.status_code in (200, 404, 422), (path, answer.status_code)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text, path
        assert not re.search(r"<[a-zA-Z][^>]*\son[a-z]+\s*=", answer.text), path
        shown += SCRIPT in unescape(answer.text)
    assert shown >= 3, "it is shown where it belongs, as text"


def test_row_24_what_a_program_gets_is_no_page(server: Server) -> None:
    """Opened in a browser, JSON and files are not looked at for markup."""
    stream = server.report(stream=f"case/script-{uuid.uuid4().hex}")["stream"]
    server.done("intake/correct-case", {"reason": SCRIPT, "summary": SCRIPT}, stream=stream)
    path = f"/intake/{stream.replace('case', 'cases', 1)}/personal"
    opened = server.request(
        "POST", path, json={"purpose": "checking", "fields": ["summary"]}, headers=server.bearer("clerk")
    )
    assert opened.json()["values"] == {"summary": SCRIPT}
    files = [server.get("/intake/ledgers/cases", format=format) for format in ("json", "csv", "xlsx")]
    for answer in (opened, *files):
        assert answer.status_code == 200
        assert "html" not in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"]
    assert all("attachment" in answer.headers["content-disposition"] for answer in files[1:])


# 25: what lies in another jurisdiction --------------------------------------------------------------------------------


@contextmanager
def nothing_read(server: Server) -> Iterator[None]:
    """Nothing that is sealed may be opened within."""
    logs = f"{LOG}.access", f"{OTHER_LOG}.access"
    before = [server.size(log) for log in logs]
    yield
    assert [server.size(log) for log in logs] == before


def test_row_25_another_jurisdictions_case_is_like_one_that_does_not_exist_and_the_attempt_is_logged(
    server: Server,
) -> None:
    mine = server.report()["stream"].removeprefix("case/")
    server.quiet()
    nobodys = "0" * 20
    theirs = {role: server.bearer(role, OTHER_LOG) for role in ("clerk", "officer", "office", "auditor", "privacy")}
    page = {"accept": "text/html"}

    def ask(id: str) -> dict[str, httpx.Response]:
        def read(path: str, role: str) -> httpx.Response:
            return server.request("POST", path, json={"purpose": "audit", "fields": ["summary"]}, headers=theirs[role])

        return {
            "a command": server.send("intake/void-case", {"reason": MARK}, stream=f"case/{id}", log=OTHER_LOG),
            "a question": server.request("GET", f"/intake/cases/{id}/possible-duplicates", headers=theirs["clerk"]),
            "a page": server.request("GET", f"/cases/{id}", headers=theirs["office"] | page),
            "a page for a program": server.request("GET", f"/cases/{id}", headers=theirs["office"]),
            "a reading": read(f"/intake/cases/{id}/personal", "clerk"),
            "an auditor's reading": read(f"/intake/cases/{id}/personal", "auditor"),
            "a step": read(f"/intake/cases/{id}/steps/1", "officer"),
            "what is held": server.request(
                "POST", f"/intake/cases/{id}/held", json={"purpose": "subject_request", "party": 0},
                headers=theirs["privacy"],
            ),
            "a card": server.request("POST", f"/intake/cases/{id}/code", json={}, headers=theirs["clerk"]),
        }  # fmt: skip

    logged = server.errors.stat().st_size
    with server.nothing_appended(), server.nothing_appended(OTHER_LOG), nothing_read(server):
        there, nowhere = ask(mine), ask(nobodys)
    for what, answer in there.items():
        # Whoever may not open what there is learns no more of what there is not: the same refusal for both.
        assert answer.status_code in (404, 403), (what, answer.text)
        assert (answer.status_code == 403) == (what in ("a reading", "an auditor's reading", "a step", "what is held"))
        bytes_ = [one.content.replace(id.encode(), b"") for id, one in ((mine, answer), (nobodys, nowhere[what]))]
        assert bytes_[0] == bytes_[1], what
        assert COMMUNITY.encode() not in bytes_[0], what
    with server.errors.open("rb") as errors:
        errors.seek(logged)
        said = errors.read().decode()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    tried = Counter((line["path"], line["code"], line["actor"]) for line in lines if line["event"] == "refused")
    assert tried["/intake/commands/void-case", "unknown_case", "clerk-1"] == 2
    assert tried["/intake/cases/{id}/possible-duplicates", "not_found", "clerk-1"] == 2
    assert tried["/cases/{id}", "not_found", "office-1"] == 4
    assert tried["/intake/cases/{case}/personal", "not_of_this_case", "clerk-1"] == 2
    assert tried["/intake/cases/{case}/personal", "unmasking_needed", "auditor-1"] == 2
    assert tried["/intake/cases/{case}/held", "unmasking_needed", "privacy-1"] == 2
    assert tried["/intake/cases/{case}/code", "not_found", "clerk-1"] == 2
    assert mine not in said
    assert MARK not in said


def test_row_25_asking_about_another_log_is_refused_before_anything_is_looked_up(server: Server) -> None:
    mine = server.report()["stream"].removeprefix("case/")
    theirs = server.bearer("clerk", OTHER_LOG)
    with server.nothing_appended(), nothing_read(server):
        for id in (mine, "0" * 20):
            answers = [
                server.request("GET", f"/intake/cases/{id}/possible-duplicates", params={"log": LOG}, headers=theirs),
                server.request("GET", f"/cases/{id}", params={"log": LOG}, headers=theirs),
                server.request(
                    "POST", f"/intake/cases/{id}/personal", params={"log": LOG}, headers=theirs,
                    json={"purpose": "audit", "fields": ["summary"]},
                ),
                server.request("POST", f"/intake/cases/{id}/code", params={"log": LOG}, headers=theirs, json={}),
            ]  # fmt: skip
            for answer in answers:
                is_problem(answer, 403, "wrong_jurisdiction", "log")


# 26: proofs that are none any more ------------------------------------------------------------------------------------


@pytest.fixture
def storage(server: Server) -> Iterator[Storage]:
    """What an operator's command line opens beside the server."""
    opened = Storage(load(server.data), SERVICES)
    yield opened
    opened.close()


def test_row_26_a_machines_token_that_was_ended_opens_nothing_more(server: Server, storage: Storage) -> None:
    name = f"portal-{uuid.uuid4().hex[:8]}"
    token = storage.machines.open(name, Role.SUBSCRIBER, LOG, ("record",), timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}"}
    assert server.request("GET", "/record/events?limit=1", headers=bearer).status_code == 200
    is_problem(server.request("GET", "/intake/ledgers", headers=bearer), 403, "scope_not_granted")
    storage.machines.end(name)
    none = [{"authorization": f"Bearer {one}"} for one in (token, token[:-1], f"{token}x", "sgm_", "sgm_" + "A" * 43)]
    answers = {server.request("GET", "/record/events?limit=1", headers=one).content for one in none}
    over = server.request("GET", "/record/events?limit=1", headers=bearer)
    is_problem(over, 401, "unauthenticated")
    assert answers == {over.content}


def test_row_26_a_session_that_was_ended_is_not_replayed(server: Server) -> None:
    cookie = {"cookie": f"sanguan_session={server.session('clerk')}"}
    page = server.request("GET", "/account", headers=cookie)
    assert page.status_code == 200
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token
    out = server.request("POST", "/sign-out", headers=cookie)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    for path in ("/account", "/intake/ledgers", "/cases", "/record"):
        is_problem(server.request("GET", path, headers=cookie), 401, "unauthenticated")
    form = server.request("POST", "/account/role", headers=cookie, data={"form_token": token[1], "held": "clerk@"})
    is_problem(form, 401, "unauthenticated")
    other = {"cookie": f"sanguan_session={server.session('clerk')}"}
    form = server.request("POST", "/account/sessions", headers=other, data={"form_token": token[1], "session": "x"})
    is_problem(form, 403, "form_expired")


# 30: another's events, and another way in ---------------------------------------------------------------------------


def test_row_30_the_log_refuses_another_services_event(server: Server) -> None:
    storage = Storage(load(server.data), SERVICES)
    event = CaseWithdrawn(reason=MARK)
    proposal = Proposal(
        owner="assignment", log=LOG, stream="case/x", expected=0, command_id=uuid.uuid4().hex,
        actor=Actor(id="a", role="service"), cause=None, occurred_at=datetime.now(UTC), facts_at=None, events=[event],
        body_mac=b"x",
    )  # fmt: skip
    with server.nothing_appended(), pytest.raises(NotTheOwner) as raised:
        storage.log.append([proposal])
    storage.close()
    assert MARK not in str(raised.value)


def test_row_30_a_service_has_no_route_for_anothers_commands(server: Server) -> None:
    with server.nothing_appended():
        for service in SERVICES:
            for other in SERVICES:
                names = [slug(accepts.command) for decider in other.deciders for accepts in decider.accepts]
                for name in names if other is not service else ():
                    answer = server.send(f"{service.name}/{name}", case(summary=MARK), role="office")
                    is_problem(answer, 404, "unknown_command", "name")
                    assert MARK not in answer.text


def test_row_30_no_route_takes_events(server: Server) -> None:
    headers = server.bearer("office") | {"idempotency-key": uuid.uuid4().hex}
    sent = {"log": LOG, "events": [{"type": EVENTS[0].NAME, "data": {"reason": MARK}}]}
    with server.nothing_appended():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in (
                "/record/events",
                "/record/stream",
                "/record/checkpoint",
                "/intake/ledgers/cases",
                "/intake/events",
            ):
                answer = server.request(method, path, json=sent, headers=headers)
                assert answer.status_code in (404, 405), (method, path)
                is_problem(answer, answer.status_code, answer.json()["code"], answer.json()["field"])
                assert MARK not in answer.text


# who asks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["officer", "leader", "auditor", "operator", "subscriber"])
def test_a_role_that_may_not_is_refused(server: Server, role: str) -> None:
    with server.nothing_appended():
        answer = server.send("intake/report-case", case(summary=MARK), role=role)
    is_problem(answer, 403, "role_not_allowed")
    assert MARK not in answer.text


def test_another_jurisdiction_is_refused(server: Server) -> None:
    with server.nothing_appended(), server.nothing_appended(OTHER_LOG):
        into = server.send("intake/report-case", case(summary=MARK), log=OTHER_LOG)
        raw = body(log=OTHER_LOG)
        outside = post(server, raw)
    is_problem(outside, 403, "wrong_jurisdiction", "log")
    is_problem(into, 422, "unknown_community", "community")  # its own log, which has no such community
    for path in ("/intake/ledgers/cases", "/assessment/scores", "/record/events", "/record/checkpoint"):
        answer = server.request("GET", path, params={"log": OTHER_LOG}, headers=server.bearer("auditor"))
        is_problem(answer, 403, "wrong_jurisdiction", "log")


def test_row_26_tokens_that_are_none_are_refused_without_a_word_why(server: Server) -> None:
    key = load_token_key(load(server.data))
    now = datetime.now(UTC)
    good = {
        "iss": "sanguan", "aud": "sanguan", "sub": "x", "role": "clerk", "log": LOG, "iat": now,
        "exp": now + timedelta(hours=1),
    }  # fmt: skip
    past = Tokens(key, lambda: now - timedelta(days=2))
    tokens = {
        "expired": past.mint(Role.CLERK, LOG, subject="x", valid=timedelta(hours=1)),
        "of no algorithm": jwt.encode(good, "", algorithm="none"),
        "of another audience": jwt.encode(good | {"aud": "other"}, key, algorithm="HS256"),
        "of another issuer": jwt.encode(good | {"iss": "other"}, key, algorithm="HS256"),
        "under another key": jwt.encode(good, b"another key, of thirty-two bytes", algorithm="HS256"),
        "under another algorithm": jwt.encode(good, key * 2, algorithm="HS512"),
        "without an end": jwt.encode({n: v for n, v in good.items() if n != "exp"}, key, algorithm="HS256"),
        "of an unknown role": jwt.encode(good | {"role": "emperor"}, key, algorithm="HS256"),
        "of no role": jwt.encode({n: v for n, v in good.items() if n != "role"}, key, algorithm="HS256"),
        "cut short": server.token("clerk")[:-4],
        "no token": MARK.encode().hex(),
    }
    answers = {}
    with server.nothing_appended():
        for name, token in tokens.items():
            answer = post(server, body(), authorization=f"Bearer {token}")
            is_problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
            answers[name] = answer.content
        none = server.post("/intake/commands/report-case", body(), {"idempotency-key": "x"})
        basic = post(server, body(), authorization="Basic eDp5")
    assert {*answers.values(), none.content, basic.content} == {answers["expired"]}


def test_a_cookie_is_no_proof_for_a_command(server: Server) -> None:
    with server.nothing_appended():
        cookie = f"sanguan_session={server.session('clerk')}"
        answer = server.post("/intake/commands/report-case", body(), {"idempotency-key": "x", "cookie": cookie})
    is_problem(answer, 401, "unauthenticated")


def test_a_command_without_an_id_is_refused(server: Server) -> None:
    with server.nothing_appended():
        answer = server.post("/intake/commands/report-case", body(), server.bearer("clerk"))
        odd = [post(server, body(), **{"idempotency-key": key}) for key in ("", "a b", "x" * 201)]
    is_problem(answer, 400, "idempotency_key_required", "Idempotency-Key")
    for one in odd:
        is_problem(one, 400, "bad_header", "Idempotency-Key")


def test_another_logs_case_looks_like_one_that_does_not_exist(server: Server) -> None:
    mine = server.report()["stream"]
    with server.nothing_appended(), server.nothing_appended(OTHER_LOG):
        answers = [
            server.send("intake/void-case", {"reason": MARK}, stream=stream, log=OTHER_LOG)
            for stream in (mine, "case/00000000000000000000")
        ]
    is_problem(answers[0], 404, "unknown_case", "stream")
    assert answers[0].content == answers[1].content
    assert COMMUNITY not in answers[0].text


# what stands unsealed, and how much ---------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [GOOD_ID, FULL_WIDTH_ID, "138 0000 0000", "tel13800000000"])
def test_no_id_or_telephone_number_gets_into_the_log_in_clear(server: Server, told: str) -> None:
    stream = server.report()["stream"]
    with server.nothing_appended():
        answers = {
            "data.by_unit": server.send(
                "intake/hand-down-case", {"by_unit": f"虚构 {told} 报错"}, role="office", stream=stream
            ),
            "data.community": server.send("intake/report-case", case(community=told)),
            "stream": server.send("intake/void-case", {"reason": "误登"}, stream=f"case/{told.replace(' ', '-')}"),
        }
        if told.isascii() and " " not in told:
            answers["Idempotency-Key"] = server.send("intake/report-case", case(), id=told)
    for field, answer in answers.items():
        is_problem(answer, 422, "personal_in_plain_field", field)
        assert told not in answer.text


def test_who_reports_a_case_may_choose_its_id_where_nobody_has_it(server: Server) -> None:
    mine = f"case/office-{uuid.uuid4().hex}"
    assert server.report(stream=mine)["stream"] == mine
    assert server.done("intake/accept-case", {}, stream=mine)["version"] == 2
    with server.nothing_appended():
        taken = server.send("intake/report-case", case(), stream=mine)
        unfit = [
            server.send("intake/report-case", case(), stream=stream)
            for stream in ("case/张三", f"case/{'0' * 20}", f"case/{COMMUNITY}-2015-06-1", f"case/{'x' * 65}")
        ]
        elsewhere = server.send("intake/report-case", case(), stream="meeting/1")
    is_problem(taken, 409, "already_reported")
    for answer in unfit:
        is_problem(answer, 422, "stream_not_chosen", "stream")
    is_problem(elsewhere, 422, "stream_mismatch", "stream")


def test_thousands_of_parties_are_refused(server: Server) -> None:
    refused(server, body(case(parties=3_000 * [{"role": "applicant", "name": "甲"}])), 422, "too_many", "data.parties")


def test_nobody_gets_the_services_own_role(server: Server) -> None:
    minted = called("token", "--role", "service", "--log", LOG, "--data", server.data)
    assert (minted.code, minted.out) == (2, "")
    named = called("token", "--role", "clerk", "--log", LOG, "--subject", GOOD_ID, "--data", server.data)
    assert (named.code, named.out) == (2, "")
    assert GOOD_ID not in named.err
    now = datetime.now(UTC)
    claims = {
        "iss": "sanguan", "aud": "sanguan", "sub": "x", "role": "service", "log": LOG, "iat": now,
        "exp": now + timedelta(hours=1),
    }  # fmt: skip
    token = jwt.encode(claims, load_token_key(load(server.data)), algorithm="HS256")
    answer = server.request("GET", "/intake/ledgers/cases", headers={"authorization": f"Bearer {token}"})
    is_problem(answer, 401, "unauthenticated")


def test_control_characters_in_an_address_are_refused(server: Server) -> None:
    for address, field in (
        ("/intake/ledgers/cases?community=%00", "community"),
        ("/intake/ledgers/cases?cursor=AA==", "cursor"),
        ("/assessment/scores?period_name=%00", "period_name"),
        ("/assessment/scores/%00", "id"),
    ):
        answer = server.request("GET", address, headers=server.bearer("auditor"))
        is_problem(answer, 400, "bad_parameter", field)
