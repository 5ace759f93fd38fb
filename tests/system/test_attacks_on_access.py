"""Attacks on who may come in and how far: sessions and forms, readings, one community's reach, addresses, HTTP itself.

Beyond the table of attacks; on the same running server. All data are invented (synthetic).
"""

import json
import re
import socket
import uuid
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from services.installation import SERVICES
from shared.access.tokens import Tokens, load_token_key
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.settings import load
from shared.storage import Storage
from shared.web.app import SECURITY
from tests.system.server import AT, COMMUNITY, LOG, OTHER_LOG, Json, Server, case, is_problem

ELSEWHERE: Final = "evil.example"
NOBODYS: Final = "0" * 20
ACCESS_LOG: Final = f"{LOG}.access"
PASSWORD: Final = "correct horse battery 9"


@pytest.fixture(scope="module")
def storage(server: Server) -> Iterator[Storage]:
    """What an operator's command line opens beside the server."""
    opened = Storage(load(server.data), SERVICES)
    yield opened
    opened.close()


@contextmanager
def nothing_read(server: Server) -> Iterator[None]:
    """Nothing that is sealed may be opened within."""
    before = server.size(ACCESS_LOG)
    yield
    assert server.size(ACCESS_LOG) == before


def said_since(server: Server, size: int) -> str:
    """What the server has written to its log since it was so long."""
    with server.errors.open("rb") as errors:
        errors.seek(size)
        return errors.read().decode()


def sign_in(server: Server, said: dict[str, str], **more: Any) -> httpx.Response:
    """As a browser of its own: the server's client would keep the cookie, and end that session with the next."""
    return httpx.post(f"{server.url}/sign-in", data=said, timeout=30, trust_env=False, **more)


# sessions and forms -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def account(server: Server, storage: Storage) -> str:
    """An account with a password that only its owner knows."""
    storage.sign_in.accounts.open("office-gao", password=PASSWORD)
    storage.sign_in.accounts.grant("office-gao", Role.OFFICE, LOG, "test")
    return "office-gao"


def signed_in(server: Server, name: str) -> dict[str, str]:
    done = sign_in(server, {"name": name, "password": PASSWORD})
    assert done.status_code == 303, done.text
    return {"cookie": f"sanguan_session={done.cookies['sanguan_session']}"}


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found, page.status_code
    return found[1]


def test_a_form_is_taken_from_its_own_page_in_its_own_session_alone(server: Server, account: str) -> None:
    mine, others = signed_in(server, account), signed_in(server, account)
    token, other = (token_of(server.request("GET", "/account", headers=one)) for one in (mine, others))
    assert token != other
    forms = {
        "/account/password": {"old": PASSWORD, "new": "another good password"},
        "/account/role": {"held": f"office@{LOG}"},
        "/account/factor": {"note": "x", "code": "000000"},
        "/account/sessions": {"session": "x"},
    }
    served = {
        rule["path"] for rule in server.get("/-/policy.json", None).json()["rules"]
        if rule["method"] == "POST" and rule["kind"] == "own"
    }  # fmt: skip
    assert served == set(forms), "a new form is tried here too"
    for path, said in forms.items():
        for headers, given, status, code in (
            (mine, said, 403, "form_expired"),
            (mine, said | {"form_token": other}, 403, "form_expired"),
            (mine, said | {"form_token": ""}, 403, "form_expired"),
            (mine | {"origin": f"https://{ELSEWHERE}"}, said | {"form_token": token}, 400, "bad_request"),
            (mine | {"origin": "null"}, said | {"form_token": token}, 400, "bad_request"),
            (mine | {"sec-fetch-site": "same-site"}, said | {"form_token": token}, 400, "bad_request"),
            (mine | {"host": ELSEWHERE, "origin": server.url}, said | {"form_token": token}, 400, "bad_request"),
            (server.bearer("office"), said | {"form_token": token}, 401, "unauthenticated"),
            ({}, said | {"form_token": token}, 401, "unauthenticated"),
        ):
            answer = server.request("POST", path, headers=headers, data=given)
            is_problem(answer, status, code)
            assert "set-cookie" not in answer.headers, (path, code)
        in_the_address = server.request("GET", path, headers=mine, params=said | {"form_token": token})
        is_problem(in_the_address, 405, "method_not_allowed")
    assert signed_in(server, account), "the password is as it was"


@pytest.mark.parametrize(
    "to",
    [
        f"//{ELSEWHERE}", f"///{ELSEWHERE}", f"/\\{ELSEWHERE}", f"https://{ELSEWHERE}", f"https:{ELSEWHERE}",
        "/%0d%0aset-cookie:x=y", "/\r\nset-cookie: x=y", "/a\tb", f"@{ELSEWHERE}", "javascript:alert(1)", "",
        f"/;url=//{ELSEWHERE}", "/" + "a" * 20_000 + "//", f"\x01//{ELSEWHERE}", f"/．/{ELSEWHERE}",
    ],
    ids=range(15),
)  # fmt: skip
def test_a_sign_in_leads_to_no_other_site_whatever_is_asked_for(server: Server, to: str) -> None:
    done = sign_in(server, {"token": server.token("office")}, params={"next": to}, headers={"host": ELSEWHERE})
    assert done.status_code == 303
    # What is a path of this site is kept, and a browser stays here with it.
    assert re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", done.headers["location"])
    assert ELSEWHERE not in done.headers["location"].partition("?")[0]
    assert "x" not in done.cookies
    shown = server.request("GET", "/sign-in", params={"next": to}, headers={"host": ELSEWHERE, "accept": "text/html"})
    assert f"//{ELSEWHERE}" not in shown.text


def test_the_way_back_from_a_provider_opens_nothing_by_itself(server: Server) -> None:
    for cookie in ("", "sanguan_way=x", f"sanguan_way={b64encode(b'x' * 200).decode()}"):
        for query in ({}, {"code": "x", "state": "y"}, {"error": "<script>", "error_description": "<script>"}):
            headers = {"cookie": cookie, "accept": "text/html"}
            answer = server.request("GET", "/sign-in/oidc/callback", params=query, headers=headers)
            assert 400 <= answer.status_code < 500
            assert "sanguan_session" not in answer.cookies
            assert "<script" not in answer.text
    away = server.request("GET", "/sign-in/oidc", params={"next": f"//{ELSEWHERE}"})
    is_problem(away, 404, "no_provider")


def test_a_residents_session_is_for_nothing_but_their_case(server: Server) -> None:
    opened = server.request("POST", "/intake/residents/session", json={"log": LOG})
    assert opened.status_code == 200
    bearer = {"authorization": f"Bearer {opened.json()['token']}"}
    mine = server.report()["stream"].removeprefix("case/")
    with server.nothing_appended(), nothing_read(server):
        for method, path in (
            ("GET", "/intake/ledgers/cases"), ("GET", f"/cases/{mine}"), ("GET", "/record/events"), ("GET", "/privacy"),
            ("POST", f"/intake/cases/{mine}/personal"), ("POST", "/intake/people/find"),
            ("GET", f"/intake/cases/{mine}/possible-duplicates"),
        ):  # fmt: skip
            answer = server.request(method, path, headers=bearer, **({"json": {}} if method == "POST" else {}))
            is_problem(answer, 403, "role_not_allowed")
        is_problem(server.request("GET", "/intake/residents/case", headers=bearer), 404, "not_found")
        for id in (mine, NOBODYS):
            card = server.request("POST", f"/intake/cases/{id}/code", headers=bearer, json={})
            is_problem(card, 404, "not_found", "case")
            body = {"log": LOG, "occurred_at": AT, "stream": f"case/{id}", "data": {"reason": "虚构"}}
            sent = bearer | {"idempotency-key": uuid.uuid4().hex}
            is_problem(
                server.request("POST", "/intake/commands/withdraw-case", headers=sent, json=body), 404, "unknown_case",
                "stream",
            )  # fmt: skip
        signed = sign_in(server, {"token": opened.json()["token"]})
        if signed.status_code == 303:  # a browser's session of the same resident reaches no further
            cookie = {"cookie": f"sanguan_session={signed.cookies['sanguan_session']}"}
            for path in ("/intake/ledgers/cases", f"/cases/{mine}", "/record"):
                is_problem(server.request("GET", path, headers=cookie), 403, "role_not_allowed")
    for said in (
        {"log": ACCESS_LOG},
        {"log": OTHER_LOG},
        {"log": LOG, "case": f"case/{mine}"},
        {"log": LOG, "code": 5},
    ):
        answer = server.request("POST", "/intake/residents/session", json=said)
        assert answer.status_code in (404, 422)
        assert "token" not in answer.json()


# readings -----------------------------------------------------------------------------------------------------------


def read(server: Server, id: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    return server.request("POST", f"/intake/cases/{id}/personal", headers=headers, json=body)


@pytest.mark.parametrize(
    "purpose",
    ["", "curiosity", "AUDIT", "checking ", "ｃｈｅｃｋｉｎｇ", None, 5, ["checking"], {"a": 1}, "check\0ing", "*"],
)
def test_a_purpose_that_is_not_in_the_list_opens_nothing(server: Server, purpose: Any) -> None:
    id = server.report()["stream"].removeprefix("case/")
    with nothing_read(server):
        answer = read(server, id, server.bearer("clerk"), purpose=purpose, fields=["summary"])
    assert answer.status_code == 422
    is_problem(answer, 422, answer.json()["code"], "purpose")


def test_a_body_that_says_something_twice_opens_nothing(server: Server) -> None:
    """What stands on record as the purpose must be what everybody on the way has read."""
    id = server.report()["stream"].removeprefix("case/")
    twice = b'{"purpose": "checking", "purpose": "audit", "fields": ["summary"]}'
    privacy, clerk = server.bearer("privacy"), server.bearer("clerk")
    with nothing_read(server):
        for path, raw, headers in (
            (f"/intake/cases/{id}/personal", twice, clerk),
            (f"/intake/cases/{id}/held", b'{"purpose": "audit", "purpose": "subject_request", "party": 0}', privacy),
            ("/intake/people/find", b'{"purpose": "audit", "purpose": "subject_request", "name": "\xe8"}', privacy),
            ("/intake/people/find", b'{"purpose": "subject_request", "name": "a", "name": "b", "phone": "1"}', privacy),
            ("/intake/residents/session", b'{"log": "410105011", "log": "410105010"}', {}),
        ):
            answer = server.post(path, raw, headers)
            code = "malformed_json" if b"\xe8" in raw else "duplicate_key"
            is_problem(answer, 400, code)


def test_what_was_granted_to_one_opens_nothing_for_another(server: Server) -> None:
    id = server.report()["stream"].removeprefix("case/")
    subject, purpose = f"case/{id}", "supervision"
    server.quiet()
    at = utc_now().isoformat()
    asked = {"case": subject, "community": COMMUNITY, "purpose": purpose}
    stream = server.done("privacy/ask-unmasking", asked, role="leader", at=at)["stream"]
    itself = server.send("privacy/grant-unmasking", {"hours": 1}, role="leader", stream=stream, at=at)
    is_problem(itself, 403, "role_not_allowed")
    server.done("privacy/grant-unmasking", {"hours": 1}, role="privacy", stream=stream, at=utc_now().isoformat())
    mine, fields = server.bearer("leader"), ["summary"]
    assert read(server, id, mine, purpose=purpose, fields=fields).status_code == 200
    other = server.report()["stream"].removeprefix("case/")
    with nothing_read(server):
        for case_, headers, said in (
            (id, server.bearer("leader", who="leader-2"), purpose),
            (id, server.bearer("auditor", who="leader-1"), purpose),  # the same person in another role
            (id, server.bearer("privacy"), purpose),  # who granted it
            (id, mine, "audit"),
            (other, mine, purpose),
        ):
            answer = read(server, case_, headers, purpose=said, fields=fields)
            is_problem(answer, 403, "unmasking_needed")
        ended = {"role": "leader", "who": "leader-2", "stream": stream, "at": utc_now().isoformat()}
        is_problem(server.send("privacy/end-unmasking", {}, **ended), 403, "not_yours", "stream")
    server.done("privacy/end-unmasking", {}, role="leader", stream=stream, at=utc_now().isoformat())
    with nothing_read(server):
        is_problem(read(server, id, mine, purpose=purpose, fields=fields), 403, "unmasking_needed")


def test_a_glass_cannot_be_broken_for_later_or_for_another_purpose(server: Server) -> None:
    id = server.report()["stream"].removeprefix("case/")
    server.quiet()
    good = {"case": f"case/{id}", "community": COMMUNITY, "purpose": "danger_to_life"}
    later = (utc_now() + timedelta(hours=2)).isoformat()
    with server.nothing_appended():
        ahead = server.send("privacy/break-glass", good, role="leader", at=later)
        is_problem(ahead, 422, "in_the_future", "occurred_at")
        for changed, field in (({"purpose": "audit"}, "data.purpose"), ({"community": f"{LOG}002"}, "case")):
            refused = server.send("privacy/break-glass", good | changed, role="leader", at=utc_now().isoformat())
            assert refused.json()["field"] == field
            assert refused.status_code in (404, 422)
    early = (utc_now() - timedelta(hours=3)).isoformat()
    server.done("privacy/break-glass", good, role="leader", at=early)  # its hour has passed already
    with nothing_read(server):
        answer = read(server, id, server.bearer("leader"), purpose="danger_to_life", fields=["summary"])
        is_problem(answer, 403, "unmasking_needed")


def test_looking_for_a_person_is_no_oracle(server: Server) -> None:
    phone = f"199{uuid.uuid4().int % 10**8:08}"
    party = {"role": "applicant", "name": "虚构寻", "phone": phone, "id_number": None}
    stream = server.done("intake/report-case", case(parties=[party]))["stream"]
    id = stream.removeprefix("case/")
    server.quiet()
    asks = {"subject": stream, "community": COMMUNITY, "request": "access"}
    asked = server.done("privacy/receive-person-request", asks, role="clerk", at=utc_now().isoformat())["stream"]

    def find(headers: dict[str, str], **said: Any) -> httpx.Response:
        body = {"purpose": "subject_request", "request": asked.removeprefix("request/"), **said}
        return server.request("POST", "/intake/people/find", headers=headers, json=body)

    with nothing_read(server):
        for role in ("clerk", "officer", "leader", "office", "auditor", "operator", "subscriber"):
            there = find(server.bearer(role), name="虚构寻", phone=phone)
            nobody = find(server.bearer(role), name="虚构无", phone="19900000009")
            is_problem(there, 403, "role_not_allowed")
            assert there.content == nobody.content
        privacy = server.bearer("privacy")
        for said, field in (
            ({"name": "虚构寻"}, "phone"),
            ({"phone": phone}, "name"),
            ({"name": " ", "phone": phone}, "name"),
        ):
            assert find(privacy, **said).json()["field"] == field
        for request in ("none", id, NOBODYS):
            is_problem(find(privacy, name="虚构寻", phone=phone, request=request), 422, "no_open_request", "request")
    before = server.size(ACCESS_LOG)
    guesses = (
        {"name": "%", "phone": "%"}, {"name": "虚构%", "phone": phone}, {"name": "虚构寻", "phone": phone[:-1]},
        {"name": "虚构寻", "phone": "199*"}, {"name": "虚构", "phone": phone}, {"name": ".*", "phone": phone},
    )  # fmt: skip
    answers = [find(privacy, **guess) for guess in guesses]
    assert {answer.status_code for answer in answers} <= {403, 422}
    looked = [answer for answer in answers if answer.status_code == 403]
    assert {answer.json()["code"] for answer in looked} == {"not_who_asked"}
    assert server.size(ACCESS_LOG) == before + len(looked), "whoever looks in vain is on record too"
    found = find(privacy, name="虚构寻", phone=phone)
    assert [one["case"] for one in found.json()["cases"]] == [id]


# one community's reach ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neighbours(server: Server) -> tuple[str, str]:
    """Two communities by their codes: whose clerk asks, and another."""
    for number, name in ((701, "虚构东社区"), (702, "虚构西社区")):
        data = {"code": f"{LOG}{number}", "name": name, "grids": ["1网格"], "households": 9}
        server.done("assignment/register-community", data, role="office")
    server.quiet()
    return f"{LOG}701", f"{LOG}702"


@pytest.fixture(scope="module")
def at_home(server: Server, neighbours: tuple[str, str]) -> dict[str, str]:
    """The proof of the first one's clerk."""
    tokens = Tokens(load_token_key(load(server.data)), utc_now)
    token = tokens.mint(Role.CLERK, LOG, subject="clerk-701", valid=timedelta(hours=1), community=neighbours[0])
    return {"authorization": f"Bearer {token}"}


def send(server: Server, name: str, headers: dict[str, str], data: Json, stream: str | None = None) -> httpx.Response:
    body = {"log": LOG, "occurred_at": AT, "data": data} | ({"stream": stream} if stream else {})
    sent = headers | {"idempotency-key": uuid.uuid4().hex}
    return server.request("POST", f"/intake/commands/{name}", headers=sent, json=body)


def test_a_communitys_clerk_names_no_other_in_any_writing(
    server: Server, neighbours: tuple[str, str], at_home: dict[str, str]
) -> None:
    home, away = neighbours
    with server.nothing_appended():
        for said in (away, "虚构西社区", f" {away} ", " 虚构西社区 ", COMMUNITY):
            answer = send(server, "report-case", at_home, case(community=said))
            is_problem(answer, 403, "wrong_jurisdiction", "data.community")
        for said in (f"{OTHER_LOG}001", "虚构无社区"):  # neither there for them nor for anybody
            answer = send(server, "report-case", at_home, case(community=said))
            is_problem(answer, 403, "wrong_jurisdiction", "data.community")
    mine = send(server, "report-case", at_home, case(community="虚构东社区"))
    assert mine.status_code == 201
    with server.nothing_appended():  # nor does a case of theirs move away
        moved = send(
            server, "correct-case", at_home, {"reason": "虚构", "community": "虚构西社区"}, mine.json()["stream"]
        )
    is_problem(moved, 403, "wrong_jurisdiction", "data.community")


def test_a_communitys_clerk_reaches_no_other_by_stream_or_by_a_chosen_id(
    server: Server, neighbours: tuple[str, str], at_home: dict[str, str]
) -> None:
    chosen = f"case/chosen-{uuid.uuid4().hex}"
    away = server.done("intake/report-case", case(community=neighbours[1]), stream=chosen)["stream"]
    theirs = server.done("intake/report-case", case(community=neighbours[1]))["stream"]
    server.quiet()
    with server.nothing_appended():
        for name, data in (
            ("accept-case", {}), ("void-case", {"reason": "虚构"}),
            ("correct-case", {"reason": "虚构", "grid": "2网格"}),
            ("correct-case", {"reason": "虚构", "community": neighbours[0]}),
        ):  # fmt: skip
            for stream in (away, theirs):
                there = send(server, name, at_home, data, stream)
                is_problem(there, 404, "unknown_case", "stream")
                assert there.content == send(server, name, at_home, data, f"case/{NOBODYS}").content
        taken = send(server, "report-case", at_home, case(community=neighbours[0]), chosen)
        assert taken.status_code == 409
        assert neighbours[1] not in taken.text


def test_a_communitys_clerk_learns_of_no_other_by_linking_or_by_likeness(
    server: Server, neighbours: tuple[str, str], at_home: dict[str, str]
) -> None:
    """A telephone number that one gives to a case of one's own must not find its owner's cases elsewhere."""
    parties = [{"role": "applicant", "name": "虚构邻", "phone": f"199{uuid.uuid4().int % 10**8:08}", "id_number": None}]
    away = server.done("intake/report-case", case(community=neighbours[1], parties=parties))["stream"][5:]
    voided = server.done("intake/report-case", case(community=neighbours[1]))["stream"]
    server.done("intake/void-case", {"reason": "虚构"}, stream=voided)
    probe = send(server, "report-case", at_home, case(community=neighbours[0], parties=parties)).json()["stream"]
    position = server.quiet() - 1
    path, page = f"/intake/cases/{probe[5:]}/possible-duplicates", f"/cases/{probe[5:]}"
    whole = server.request("GET", path, headers=server.bearer("clerk")).json()
    assert away in [one["case"] for one in whole["possible"]], "the sub-district's clerk sees it"
    narrow = server.request("GET", path, headers=at_home).json()["possible"]
    assert {one["community"] for one in narrow} <= {neighbours[0]}
    assert away not in server.request("GET", page, headers=at_home | {"accept": "text/html"}).text
    assert away in server.request("GET", page, headers=server.bearer("clerk") | {"accept": "text/html"}).text
    with server.nothing_appended():
        answers = {
            send(server, "link-case", at_home, {"duplicate_of": other}, probe).content
            for other in (away, voided[5:], NOBODYS, "nowhere")
        }
    assert len(answers) == 1
    assert json.loads(answers.pop())["code"] == "unknown_duplicate"
    own = send(server, "report-case", at_home, case(community=neighbours[0])).json()["stream"]
    assert send(server, "link-case", at_home, {"duplicate_of": own[5:]}, probe).status_code == 201
    assert position < server.quiet()


# addresses ------------------------------------------------------------------------------------------------------------


def test_a_log_that_is_named_twice_is_the_one_that_was_admitted(server: Server) -> None:
    register = {"code": f"{OTHER_LOG}001", "name": "邻街社区", "grids": ["1网格"], "households": 1}
    server.send("assignment/register-community", register, role="office", log=OTHER_LOG)
    theirs = server.done("intake/report-case", case(community=f"{OTHER_LOG}001"), log=OTHER_LOG)["stream"][5:]
    server.quiet(OTHER_LOG)
    cookie = {"cookie": f"sanguan_session={server.session('auditor')}", "accept": "text/html"}
    with nothing_read(server), server.nothing_appended(OTHER_LOG):
        for path in ("/intake/ledgers/cases", "/record/events", "/cases", "/record", f"/cases/{theirs}"):
            for query in (
                f"log={LOG}&log={OTHER_LOG}", f"log={OTHER_LOG}&log={LOG}", f"log={OTHER_LOG}%00", f"LOG={OTHER_LOG}",
                f"log[]={OTHER_LOG}", f"log={OTHER_LOG}.access", f"log={LOG}.access", f"log=%20{OTHER_LOG}", "log=",
                f"log={LOG};log={OTHER_LOG}", f"log={LOG}%26log={OTHER_LOG}", f"log={LOG}#&log={OTHER_LOG}",
            ):  # fmt: skip
                for headers in (server.bearer("auditor"), cookie):
                    answer = server.request("GET", f"{path}?{query}", headers=headers)
                    assert answer.status_code < 500
                    if theirs not in path:
                        assert theirs not in answer.text, (path, query)
                    else:
                        assert answer.status_code in (400, 403, 404), query
        body = {"log": OTHER_LOG, "occurred_at": AT, "data": {"reason": "虚构"}, "stream": f"case/{theirs}"}
        sent = server.bearer("clerk") | {"idempotency-key": uuid.uuid4().hex}
        named = server.request("POST", f"/intake/commands/void-case?log={LOG}", headers=sent, json=body)
        is_problem(named, 403, "wrong_jurisdiction", "log")


TRICKS: Final = (
    "/intake/../record/events", "/%2e%2e/record/events", "//record/events", "/record/events/", "/RECORD/EVENTS",
    "/record%2fevents", "/record/./events", "/record/events;x", "/record/events%00", "/record/events%20",
    "/record//events", "/./cases", "/cases/", "/cases/..", "/cases/%2e%2e%2frecord", "/-/../cases", "/static/../cases",
    "/static/..%2fcases",
    "/sign-in/../account", "/sign-in/..%2f..%2fcases", "/public/../cases", "/public/410105010/../../cases",
    "/intake/commands/../ledgers/cases", "/intake/ledgers/cases/", "/account/", "/%61ccount", "/schemas/../cases",
    f"//{ELSEWHERE}/cases", f"//{ELSEWHERE}/%2f..", f"/\\{ELSEWHERE}/account/", f"http://{ELSEWHERE}/cases",
    f"/{ELSEWHERE}//", "/cases?x=/-/health/live", "/cases#/-/health/live", "/intake/commands/report-case/",
)  # fmt: skip


@pytest.mark.parametrize("host", ["test", ELSEWHERE, f"{ELSEWHERE}:80", f"a@{ELSEWHERE}", "test\\@x"])
def test_no_writing_of_an_address_gets_around_the_door_or_away_from_here(server: Server, host: str) -> None:
    """Without any proof: each is refused, or is nothing at all; none leads to the host that was named."""
    for method in ("GET", "POST"):
        for path in TRICKS:
            length = "Content-Length: 0\r\n" if method == "POST" else ""
            said = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}Connection: close\r\n\r\n"
            for answer in raw(server, said.encode()):
                assert answer.status in (400, 401, 404, 405), (path, answer.status)
                assert ELSEWHERE.encode() not in answer.head, path


def test_no_other_method_gets_around_the_door(server: Server) -> None:
    id = server.report()["stream"].removeprefix("case/")
    override = {"x-http-method-override": "POST", "x-method-override": "POST", "x-http-method": "POST"}
    with server.nothing_appended(), nothing_read(server):
        for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND"):
            for path in ("/intake/ledgers/cases", "/record/events", f"/cases/{id}", f"/intake/cases/{id}/personal"):
                answer = server.request(method, path, headers={"x-secret": "echo7431"} | override)
                assert answer.status_code in (400, 401, 404, 405), (method, path)
                assert "echo7431" not in answer.text
        for path in ("/intake/commands/report-case", f"/intake/cases/{id}/personal", f"/intake/cases/{id}/code"):
            answer = server.request("GET", path, headers=server.bearer("clerk") | override)
            assert answer.status_code in (404, 405), path


def test_every_answer_carries_the_same_defences(server: Server, account: str) -> None:
    cookie = {"cookie": f"sanguan_session={server.session('office')}", "accept": "text/html"}
    answers = [
        server.get("/-/health/live", None), server.get("/intake/ledgers", None), server.get("/nowhere", None),
        server.get("/record/events", "clerk"), server.request("PUT", "/cases"),
        server.send("intake/report-case", case()), server.send("intake/report-case", {}),
        server.post("/sign-in", b"token=" + b"x" * 50_000, {}),
        server.request("GET", "/cases", headers=cookie),
        server.request("GET", "/cases", headers={"accept": "text/html"}),
        server.request("GET", "/cases/none", headers=cookie), server.request("GET", "/static/site.css"),
        server.get("/intake/ledgers/cases", format="csv"), server.request("POST", "/sign-out"),
        server.request("GET", f"/public/{LOG}", headers={"accept": "text/html"}),
    ]  # fmt: skip
    assert len({answer.status_code for answer in answers}) >= 8
    for answer in answers:
        for name in SECURITY:
            assert name in answer.headers, (answer.request.url, name)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
    given = sign_in(server, {"token": server.token("office")}).headers["set-cookie"].lower()
    assert "httponly" in given
    assert "samesite=strict" in given


# HTTP itself ----------------------------------------------------------------------------------------------------------


class Answer:
    """An answer as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head, self.body = head, body
        self.status = int(head.split(b" ", 2)[1])


def raw(server: Server, said: bytes, *, ends: bool = False) -> Sequence[Answer]:
    """Bytes as they are; all that was answered until the server hung up, or had nothing more to say."""
    host, port = server.url.removeprefix("http://").split(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        try:
            connection.sendall(said)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            while got := connection.recv(65_536):
                heard += got
        except OSError:
            pass
    answers = []
    while heard.startswith(b"HTTP/1.1 "):
        head, _, heard = heard.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        size = int(length[1]) if length else len(heard)
        answers.append(Answer(head, heard[:size]))
        heard = heard[size:]
    return answers


def command(server: Server, *lines: str, body: bytes = b"") -> bytes:
    """`report-case` by a clerk, with these lines in its head; the last request of its connection."""
    said = [
        "POST /intake/commands/report-case HTTP/1.1", "Host: test", "Content-Type: application/json",
        f"Authorization: {server.bearer('clerk')['authorization']}", "Connection: close", *lines, "", "",
    ]  # fmt: skip
    return "\r\n".join(said).encode("latin-1") + body


GOOD: Final = json.dumps({"log": LOG, "occurred_at": AT, "data": case()}).encode()
CHUNKED: Final = b"%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)
SMUGGLED: Final = b"GET /record/events HTTP/1.1\r\nHost: test\r\n\r\n"
LENGTH: Final = f"Content-Length: {len(GOOD)}"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((LENGTH, "Transfer-Encoding: chunked"), CHUNKED + SMUGGLED),
        (("Transfer-Encoding: chunked", LENGTH), CHUNKED + SMUGGLED),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), CHUNKED),
        (("Transfer-Encoding: xchunked",), CHUNKED),
        (("Transfer-Encoding: chunked, identity",), CHUNKED),
        (("Transfer-Encoding : chunked",), CHUNKED),
        (("Transfer-Encoding:\x0bchunked",), CHUNKED),
        ((LENGTH, "Content-Length: 0"), GOOD),
        (("Content-Length: +5",), GOOD),
        (("Content-Length: -5",), GOOD),
        (("Content-Length: 0x5",), GOOD),
        (("Content-Length: 5, 5",), GOOD),
        (("Content-Length: \xb2",), GOOD),
        (("Content-Length: 99999999999999999999999",), GOOD),
        (("Transfer-Encoding: chunked",), b"fffffffffffffffff\r\n" + GOOD),
        (("Transfer-Encoding: chunked",), b"-1\r\n" + GOOD),
        (("Transfer-Encoding: chunked",), CHUNKED.replace(b"\r\n", b"\n")),
        (("Idempotency-Key: one\r\n two", LENGTH), GOOD),
        (("Idempotency-Key : one", LENGTH), GOOD),
        (("Idempotency-Key: o\0ne", LENGTH), GOOD),
        (("Idempotency-Key: o\rne", LENGTH), GOOD),
        (("Idempotency-Key: o\nset-cookie: x=y", LENGTH), GOOD),
        (("Idempotency-Key: o\xe9ne", LENGTH), GOOD),
        (("Idempotency-Key: one\ttwo", LENGTH), GOOD),
        (("Idempotency-Key: <script>alert(1)</script>\u00a0", LENGTH), GOOD),
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_none(server: Server, lines: tuple[str, ...], body: bytes) -> None:
    """What a proxy and we could see differently: the end of a request, or its id."""
    named = lines if any("Idempotency" in line for line in lines) else (*lines, f"Idempotency-Key: {uuid.uuid4().hex}")
    with server.nothing_appended():
        answers = raw(server, command(server, *named, body=body))
    assert [answer.status for answer in answers] == [400]
    assert b"set-cookie" not in answers[0].head.lower()
    assert b"<script" not in answers[0].body


def test_each_request_of_a_connection_shows_its_own_proof(server: Server) -> None:
    proof = f"Authorization: {server.bearer('auditor')['authorization']}\r\n"
    first = f"GET /record/events?limit=1 HTTP/1.1\r\nHost: test\r\n{proof}\r\n"
    second = "GET /record/events?limit=1 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    statuses = [answer.status for answer in raw(server, (first + second).encode())]
    assert statuses == [200, 401]
    body = b"x=" + SMUGGLED
    hidden = (
        f"POST /sign-out HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    )
    assert len(raw(server, hidden + body)) == 1, "what is a body is no request"


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\nHost: test\n\n", b"GET /-/health/live HTTP/1.1\r\nHost: test\r\nX: a\rY: b\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: test\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 64, b"GET / HTTP/9.9\r\nHost: test\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: test\r\n\r\n\r\n", b"HELO test\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_answered_without_a_word_too_many(server: Server, said: bytes) -> None:
    for answer in raw(server, said, ends=True):
        assert answer.status in (400, 401, 404, 405)
        assert b"Traceback" not in answer.body
    assert server.get("/-/health/live", None).status_code == 200


def test_no_connection_becomes_another_protocol(server: Server) -> None:
    proof = f"Authorization: {server.bearer('auditor')['authorization']}\r\n"
    for upgrade in (
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ):
        for path in ("/record/stream", "/intake/ledgers", "/nowhere"):
            said = (
                f"GET {path}?log={OTHER_LOG} HTTP/1.1\r\nHost: test\r\n{proof}Connection: Upgrade\r\n{upgrade}\r\n\r\n"
            )
            (answer,) = raw(server, said.encode(), ends=True)
            assert answer.status in (400, 403, 404), "as without it"


def test_who_leaves_in_the_middle_is_no_fault_of_ours(server: Server) -> None:
    logged = server.errors.stat().st_size
    bodies = {
        "/intake/commands/report-case": "clerk", f"/intake/cases/{NOBODYS}/personal": "clerk", "/sign-in": None,
        "/intake/residents/session": None,
    }  # fmt: skip
    with server.nothing_appended():
        for path, role in bodies.items():
            proof = f"Authorization: {server.bearer(role)['authorization']}\r\n" if role else ""
            proof += f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: 200\r\n"
            raw(server, f"POST {path} HTTP/1.1\r\nHost: test\r\n{proof}\r\n{{".encode(), ends=True)
    server.get("/-/health/live", None)
    said_of_it = said_since(server, logged)
    assert "fault" not in said_of_it
    assert "Exception" not in said_of_it
