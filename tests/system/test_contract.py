"""The names of the HTTP contract, asked of a running server by a client that knows nothing else. Invented data."""

import csv
import io
import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import openpyxl
import pytest

from services.installation import SERVICES
from shared.contracts.catalogue import EVENTS
from shared.log.keys import load_verifier
from shared.log.note import Checkpoint, open_checkpoint
from shared.log.proofs import verify_consistency, verify_inclusion
from shared.log.tree import leaf_hash
from shared.web.workbook import HEADERS
from tests.system.cli import ROOT
from tests.system.server import AT, LOG, Json, Server, case, is_problem, wait_for
from tests.web.campaign import joined

LEDGERS = [f"{service.name}/{ledger.name}" for service in SERVICES for ledger in service.served]


# commands -----------------------------------------------------------------------------------------------------------


def test_report_case_takes_the_contracts_body_and_answers_its_shape(server: Server) -> None:
    body = {
        "log": LOG, "occurred_at": AT,
        "data": {
            "community": "文博社区", "grid": "1网格", "kind": "dispute", "dispute_type": "neighbours",
            "source": "application", "summary": "虚构：楼上漏水",
            "parties": [
                {"role": "applicant", "name": "虚构甲", "phone": "19900000000", "id_number": "11010519491231002X"},
                {"role": "respondent", "name": "虚构乙", "phone": None, "id_number": None},
            ],
        },
    }  # fmt: skip
    headers = server.bearer("clerk") | {"idempotency-key": f"contract-{datetime.now(UTC).timestamp()}"}
    size = server.quiet()
    first, second = (server.request("POST", "/intake/commands/report-case", json=body, headers=headers) for _ in "ab")
    assert first.status_code == 201
    assert first.headers["content-type"] == "application/json"
    answer = first.json()
    assert answer == {
        "command_id": headers["idempotency-key"], "log": LOG, "stream": answer["stream"], "version": 1,
        "positions": [size], "events": ["sanguan.intake.case-reported.v1"],
    }  # fmt: skip
    assert answer["stream"].startswith("case/")
    assert (second.status_code, second.content) == (201, first.content)


def test_an_answer_says_what_may_be_done_instead(server: Server) -> None:
    stream = server.report()["stream"]
    answer = server.send("intake/close-case", {}, stream=stream)
    problem = is_problem(answer, 409, "not_possible_now")
    assert {"accept-case", "decline-case", "void-case"} <= set(problem["allowed"])


def test_a_command_is_posted(server: Server) -> None:
    is_problem(server.get("/intake/commands/report-case"), 405, "method_not_allowed")
    is_problem(server.send("intake/no-such-thing", {}), 404, "unknown_command", "name")
    is_problem(server.get("/no/such/page"), 404, "not_found")


# ledgers ------------------------------------------------------------------------------------------------------------


def test_each_service_lists_its_ledgers(server: Server) -> None:
    for service in SERVICES:
        listed = server.get(f"/{service.name}/ledgers").json()["ledgers"]
        assert [one["name"] for one in listed] == [ledger.name for ledger in service.served]
        assert all(one["title_zh"] and one["title_en"] and one["columns"] for one in listed)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_every_ledger_is_json_csv_and_xlsx_of_the_same_rows(server: Server, ledger: str) -> None:
    path = "/{}/ledgers/{}".format(*ledger.split("/"))
    server.quiet()
    body = server.get(path, log=LOG, limit=1000).json()
    assert set(body) == {"ledger", "log", "position", "rows", "next"}
    assert (body["ledger"], body["log"], body["position"]) == (ledger.split("/")[1], LOG, server.size() - 1)
    keys = [row["key"] for row in body["rows"]]
    assert keys == sorted(keys)
    assert keys
    text = server.get(path, format="csv")
    assert text.headers["content-type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"), newline="")))
    assert [line[0].removeprefix("'") for line in lines][1:] == keys  # what a spreadsheet might run has one before it
    file = server.get(path, format="xlsx")
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    sheet = openpyxl.load_workbook(io.BytesIO(file.content), read_only=True).worksheets[0]
    assert [row[1] for row in sheet.iter_rows(min_row=HEADERS + 1, values_only=True)] == keys
    for content in (json.dumps(body), text.content.decode("utf-8-sig")):
        assert "sealed:" not in content


def test_at_least_reads_ones_own_write(server: Server) -> None:
    for _ in range(5):
        answer = server.report()
        rows = server.get("/intake/ledgers/cases", at_least=answer["positions"][-1], limit=1000).json()["rows"]
        assert f"case/{next(row['id'] for row in rows if answer['stream'].endswith(row['id']))}" == answer["stream"]


def test_community_filters_rows(server: Server) -> None:
    everywhere = Counter(row["community"] for row in server.rows("intake/cases"))
    assert len(everywhere) >= 8
    for community, count in everywhere.items():
        rows = server.rows("intake/cases", community=community)
        assert {row["community"] for row in rows} == {community}
        assert len(rows) == count


def test_as_of_shows_the_ledger_as_it_was_known(server: Server) -> None:
    before = server.rows("intake/cases")
    server.quiet()
    then = datetime.now(UTC).isoformat()
    stream = server.report()["stream"]
    server.quiet()
    ids = {row["id"] for row in server.rows("intake/cases", as_of=then)}
    assert stream.partition("/")[2] not in ids
    assert {row["id"] for row in before} <= ids
    assert server.rows("intake/cases", as_of="2001-01-01") == []


def test_as_of_by_occurrence_shows_what_had_happened_by_then(server: Server) -> None:
    rows = server.rows("intake/cases", as_of="2015-06-30", basis="occurred")
    assert rows
    assert {row["reported_at"][:10] <= "2015-06-30" for row in rows} == {True}
    later = server.rows("intake/cases", as_of="2015-08-31T23:59:59+08:00", basis="occurred")
    assert len(later) > len(rows)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_paging_by_cursor_visits_every_row_once(server: Server, limit: int) -> None:
    ledger = "communities" if limit == 1 else "visits"
    everything = [row["key"] for row in server.rows(f"assignment/{ledger}")]
    visited: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = server.get(f"/assignment/ledgers/{ledger}", limit=limit, **more).json()
        assert 0 < len(page["rows"]) <= limit
        visited += [row["key"] for row in page["rows"]]
        cursor = page["next"]
    assert visited == everything


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"at_least": "x"}, "malformed"), ({"at_least": "-1"}, "malformed"), ({"cursor": "é"}, "malformed"),
        ({"format": "doc"}, "malformed"), ({"as_of": "yesterday"}, "malformed"), ({"nothing": "1"}, "bad_parameter"),
        ({"limit": "9" * 20}, "malformed"), ({"basis": "x"}, "malformed"),
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_by_its_name(server: Server, query: Json, code: str) -> None:
    is_problem(server.get("/intake/ledgers/cases", **query), 400, code, *query)


def test_personal_values_are_masked_in_every_form(server: Server) -> None:
    secret = "密文虚构人名"
    answer = server.done("intake/report-case", case(summary=secret, parties=[{"role": "other", "name": secret}]))
    for form in ("json", "csv"):
        shown = server.get("/intake/ledgers/cases", format=form, at_least=answer["positions"][0], limit=1000)
        assert secret not in shown.text
        assert "•••" in shown.text
    raw = b"".join(event for _, event in record(server))
    assert secret.encode() not in raw
    assert json.dumps(secret).encode() not in raw
    assert secret not in server.get("/-/metrics", None).text
    assert secret not in server.errors.read_text()


# scores -------------------------------------------------------------------------------------------------------------


def test_published_scores_are_listed_and_read_one_by_one(server: Server) -> None:
    listed = server.get("/assessment/scores", period="2015").json()
    assert listed["log"] == LOG
    assert len(listed["rows"]) == 9  # eight communities, and the sub-district
    for row in listed["rows"]:
        one = server.get(f"/assessment/scores/{row['id']}").json()
        assert one["log"] == LOG
        assert one["score"] == row


def all_rows(server: Server, id: str) -> dict[str, Any]:
    """A score's explanation, all its pages."""
    path, pages = f"/assessment/scores/{id}/explanation", list[dict[str, Any]]()
    while not pages or pages[-1]["next"]:
        pages.append(server.get(path, limit=1000, cursor=pages[-1]["next"] if pages else 0).json())
    return joined(pages)


def test_a_score_is_explained_down_to_its_events(server: Server) -> None:
    row = next(row for row in server.rows("assessment/scores", period="2015") if row["community"] == LOG)
    told = all_rows(server, row["id"])
    assert (told["log"], told["position"]) == (LOG, row["evidence_position"])
    published = {one["code"]: one for one in row["indicators"]}
    explained = {one["indicator"]: one for one in told["indicators"]}
    assert set(explained) == set(published)
    checked = 0
    for code, one in explained.items():
        if not one["missed"]:
            continue  # its numerator adds up or has a table of its own
        assert len(one["numerator"]) == published[code]["numerator"]
        assert len(one["numerator"]) + len(one["missed"]) == published[code]["denominator"]
        checked += 1
    assert checked >= 3
    types = {position: json.loads(data)["type"] for position, data in record(server)}
    events = [event for one in told["indicators"] for member in one["numerator"] for event in member["events"]]
    assert events
    for event in events:
        assert event["position"] <= row["evidence_position"]
        assert types[event["position"]].startswith("sanguan.")


def test_an_explanation_stays_the_same_when_work_goes_on(server: Server) -> None:
    row = next(row for row in server.rows("assessment/scores", period="2015-06") if row["community"] != LOG)
    path = f"/assessment/scores/{row['id']}/explanation"
    before = server.get(path).content
    stream = server.report()["stream"]
    server.done("intake/accept-case", {}, stream=stream)
    server.quiet()
    assert server.get(path).content == before


def test_scores_are_refused_like_everything_else(server: Server) -> None:
    for path in ("/assessment/scores/nothing", "/assessment/scores/nothing/explanation"):
        is_problem(server.get(path), 404, "not_found", "id")
        is_problem(server.get(path, role=None), 401, "unauthenticated")
        is_problem(server.get(path, role="operator"), 403, "role_not_allowed")
        is_problem(server.get(path, nothing="1"), 400, "bad_parameter", "nothing")


# the record ---------------------------------------------------------------------------------------------------------


def record(server: Server) -> Iterator[tuple[int, bytes]]:
    """Every event as it was hashed."""
    after: int | None = -1
    while after is not None:
        page = server.get("/record/events", log=LOG, after=after, limit=1000).json()
        assert set(page) == {"log", "events", "next"}
        for event in page["events"]:
            assert set(event) == {"position", "bytes"}
            yield event["position"], b64decode(event["bytes"], validate=True)
        after = page["next"]


def checkpoint(server: Server) -> Checkpoint:
    """The newest checkpoint, opened with the public key that stands beside the data."""
    answer = server.get("/record/checkpoint", log=LOG)
    assert answer.headers["content-type"].startswith("text/plain")
    return open_checkpoint(answer.text, load_verifier(server.data, LOG))


def proof(server: Server, kind: str, query: dict[str, Any]) -> list[bytes]:
    answer = server.get(f"/record/proof/{kind}", log=LOG, **query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"hashes"}
    return [b64decode(one, validate=True) for one in body["hashes"]]


def test_the_record_is_read_whole_and_in_order(server: Server) -> None:
    events = list(record(server))
    assert [position for position, _ in events] == list(range(len(events)))
    assert len(events) == server.size()
    versions: Counter[str] = Counter()
    for _, data in events:
        envelope = json.loads(data)
        assert envelope["log"] == LOG
        versions[envelope["stream"]] += 1
        assert envelope["version"] == versions[envelope["stream"]]


def test_every_event_is_proved_under_the_signed_root(server: Server) -> None:
    server.report()
    wait_for(lambda: checkpoint(server).size == server.size(), "the newest event to be sealed")
    signed = checkpoint(server)
    events = dict(record(server))
    for position in (0, 1, signed.size // 2, signed.size - 2, signed.size - 1):
        path = proof(server, "inclusion", {"position": position, "size": signed.size})
        leaf = leaf_hash(events[position])
        assert verify_inclusion(leaf, position, signed.size, path, signed.root)
        assert not verify_inclusion(leaf_hash(events[position] + b" "), position, signed.size, path, signed.root)


def test_the_record_only_grows(server: Server) -> None:
    early = checkpoint(server)
    server.report()
    wait_for(lambda: checkpoint(server).size > early.size, "another checkpoint")
    late = checkpoint(server)
    path = proof(server, "consistency", {"from": early.size, "to": late.size})
    assert verify_consistency(early.size, late.size, path, early.root, late.root)
    assert not verify_consistency(early.size, late.size, path, late.root, early.root)


def test_the_record_is_for_its_readers(server: Server) -> None:
    for path in ("events", "stream", "checkpoint", "proof/inclusion", "proof/consistency"):
        is_problem(server.get(f"/record/{path}", role="clerk"), 403, "role_not_allowed")
        is_problem(server.get(f"/record/{path}", role=None), 401, "unauthenticated")
    is_problem(server.get("/record/proof/inclusion", position=0), 400, "missing_parameter", "size")
    is_problem(server.get("/record/proof/inclusion", position=5, size=5), 422, "beyond_the_end", "position")
    beyond: dict[str, Any] = {"from": 1, "to": 10**9}
    is_problem(server.get("/record/proof/consistency", **beyond), 422, "beyond_the_end", "to")


def streamed(server: Server, count: int, after: str | None) -> list[tuple[str, Json]]:
    """The first server-sent events after an id."""
    headers = server.bearer("auditor") | ({"last-event-id": after} if after else {})
    found: list[tuple[str, Json]] = []
    with (
        httpx.Client(timeout=30, trust_env=False) as client,
        client.stream("GET", f"{server.url}/record/stream", params={"log": LOG}, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        id = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                id = value
            elif name == "data":
                found.append((id, json.loads(value)))
                if len(found) == count:
                    break
    return found


def test_the_stream_goes_on_after_the_last_event_that_was_seen(server: Server) -> None:
    first = streamed(server, 10, None)
    assert [id for id, _ in first] == [f"{LOG}/{position}" for position in range(10)]
    for id, event in first:
        assert (event["specversion"], event["id"], event["source"]) == ("1.0", id, f"/logs/{LOG}")
    more = streamed(server, 5, first[-1][0])
    assert [id for id, _ in more] == [f"{LOG}/{position}" for position in range(10, 15)]


def test_the_stream_tells_what_happens_while_one_listens(server: Server) -> None:
    last = f"{LOG}/{server.quiet() - 1}"
    answer = server.report()
    ((id, event),) = streamed(server, 1, last)
    assert id == f"{LOG}/{answer['positions'][0]}"
    assert (event["type"], event["subject"]) == (answer["events"][0], answer["stream"])


# health and documents -----------------------------------------------------------------------------------------------


def test_health_says_that_all_is_there(server: Server) -> None:
    assert server.get("/-/health/live", None).json() == {"status": "live"}
    assert server.ready()
    assert server.get("/-/health/ready", None).json() == {"status": "ready"}


def test_metrics_are_numbers_of_the_system(server: Server) -> None:
    size = server.quiet()
    text = server.get("/-/metrics", None).text
    assert f'sanguan_log_events{{log="{LOG}"}} {float(size)}' in text
    assert f'sanguan_ledger_lag_events{{ledger="intake.cases",log="{LOG}"}} 0.0' in text


def test_the_policy_names_every_command(server: Server) -> None:
    policy = server.get("/-/policy.json", None).json()
    for service in SERVICES:
        commands = policy["commands"][service.name]
        assert len(commands) == sum(len(decider.accepts) for decider in service.deciders)
        assert all(command["roles"] for command in commands.values())


def test_documents_are_those_that_are_committed(server: Server) -> None:
    for name in ("openapi.json", "asyncapi.json"):
        served: Any = server.get(f"/{name}", None).json()
        assert served == json.loads((ROOT / "docs" / name).read_text())
    assert server.get("/openapi.json", None).json()["openapi"].startswith("3.1")
    assert server.get("/asyncapi.json", None).json()["asyncapi"].startswith("3.")


def test_every_event_type_has_its_schema(server: Server) -> None:
    for event in EVENTS:
        answer = server.get(f"/schemas/{event.NAME}.json", None)
        assert answer.status_code == 200
        assert answer.json()["$id"] == f"/schemas/{event.NAME}.json"
    is_problem(server.get("/schemas/sanguan.intake.no-such.v1.json", None), 404, "not_found", "type")
