"""The policy over HTTP, cell by cell: every address × every role × how far the asker reaches × own and other.

What is expected is read off the served policy alone; that the policy is the right one is held below, sentence by
sentence. All data are invented (synthetic).
"""

import json
import re
import uuid
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from http.client import HTTPConnection
from io import BytesIO
from threading import local
from typing import Any, Final
from urllib.parse import urlencode
from zipfile import ZipFile

import httpx
import pytest
from pydantic import TypeAdapter

from services.installation import SERVICES
from shared.access.places import Places
from shared.access.policy import Kind
from shared.access.tokens import Tokens, load_token_key
from shared.contracts.codes import Role
from shared.contracts.model import Within, slug
from shared.settings import load
from shared.storage import Storage
from shared.web.reach import NOWHERE
from tests.declarations import sample
from tests.system.cli import environment
from tests.system.demo import Demo
from tests.system.server import AT, LOG, OTHER_LOG, Server, is_problem

DISTRICT, OTHER_DISTRICT = "410105", "410106"
ROLES: Final = tuple(role for role in Role if role is not Role.SERVICE)
DENIALS: Final = frozenset(
    {
        "unauthenticated",
        "role_not_allowed",
        "wrong_jurisdiction",
        "scope_not_granted",
        "wider_reach_needed",
        "person_needed",
    }
)
ABOUT_A_LOG: Final = {
    kind.value for kind in (Kind.LEDGER, Kind.QUESTION, Kind.READING, Kind.CARD, Kind.RECORD, Kind.PAGE)
}
CHANGES: Final = {"command", "card"}
HOW_FAR: Final = ("own", "other", "above", "beside", "community", "elsewhere", "scopeless")
"""Of the log that is asked about; of another; of the district that it lies in; of another district; of a community,
about what lies in it, and about what does not; of the log, with a token for something else."""
_COMMANDS: Final = {
    f"/{service.name}/commands/{slug(accepts.command)}": (decider, accepts)
    for service in SERVICES for decider in service.deciders for accepts in decider.accepts
}  # fmt: skip
_COMPARTMENTS: Final = {
    f"/{service.name}/{one.path}": one.category for service in SERVICES for one in service.compartments
}
_BY_SEGMENT: Final = {"cases": "case", "communities": "community", "scores": "score"}
_DISTRICTS: Final = {DISTRICT: LOG, OTHER_DISTRICT: OTHER_LOG}


@dataclass
class World:
    """A running server, who asks, and what lies where."""

    server: Server
    _own: local = field(default_factory=local)
    connections: list[HTTPConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = load(self.server.data)
        storage = Storage(settings, SERVICES)
        try:
            for district, log in _DISTRICTS.items():
                Places(storage.log_engine).put(log, district)
            scopes = [kind.value for kind in Kind]
            self.machines: dict[tuple[Role, str], str] = {
                (role, district): storage.machines.open(
                    f"m-{role}-{district}-{uuid.uuid4().hex[:6]}", role, district, scopes, timedelta(days=1)
                )
                for role in ROLES if role is not Role.RESIDENT for district in _DISTRICTS
            }  # fmt: skip
        finally:
            storage.close()
        self.tokens = Tokens(load_token_key(settings), lambda: datetime.now(UTC))
        self.client = httpx.Client(base_url=self.server.url, timeout=60, trust_env=False)
        self.rules: list[dict[str, Any]] = self.client.get("/-/policy.json").json()["rules"]

    @cached_property
    def record(self) -> Sequence[Mapping[str, Any]]:
        """All events, as the record has them."""
        told: list[Mapping[str, Any]] = []
        after: int | None = -1
        while after is not None:
            page = self.client.get(
                "/record/events", params={"after": after, "limit": 1000}, headers=self.header(Role.AUDITOR, "own")
            ).json()
            told += [json.loads(b64decode(one["bytes"])) for one in page["events"]]
            after = page["next"]
        return told

    @cached_property
    def items(self) -> Mapping[str, Mapping[str, str]]:
        """By category and community, the id of something that lies there: read off the record."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for envelope in self.record:
            category, _, id = envelope["stream"].partition("/")
            community = envelope["data"].get("community")
            if community:
                found[category].setdefault(community, id)
        for community in self.communities_of(found["case"]):
            found["community"][community] = community
        for row in self.server.rows("assessment/scores"):
            found["score"][row["community"]] = row["id"]
        return found

    @staticmethod
    def communities_of(cases: Mapping[str, str]) -> list[str]:
        return sorted(cases)

    @cached_property
    def elsewhere(self) -> Sequence[str]:
        """What gives another community away than the one whose members ask: its code, its name, and the ids of all that
        lies there and nowhere else."""
        lies: dict[str, set[str]] = defaultdict(set)
        named: set[str] = set()
        for envelope in self.record:
            category, _, id = envelope["stream"].partition("/")
            data = envelope["data"]
            if category == "directory" and "name" in data and data["code"] != self.home:
                named |= {data["code"], data["name"]}
            elif community := data.get("community"):
                lies[id].add(community)
        return [*named, *(id for id, places in lies.items() if self.home not in places and len(id) > 7)]

    @cached_property
    def home(self) -> str:
        """The community whose members ask."""
        return sorted(self.items["case"])[0]

    @cached_property
    def away(self) -> str:
        """The community in which they have no part."""
        return sorted(self.items["case"])[1]

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, str | None, bytes]:
        """One request over a connection that is kept, one for each thread: twenty thousand of them are made."""
        if not hasattr(self._own, "connection"):
            self._own.connection = HTTPConnection(self.server.url.removeprefix("http://"), timeout=60)
            self.connections.append(self._own.connection)
        connection: HTTPConnection = self._own.connection
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        except ConnectionError:  # it was kept for too long
            connection.close()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
        said = answer.read()
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        return answer.status, json.loads(said)["code"] if is_problem else None, said

    def header(self, role: Role | None, far: str) -> dict[str, str]:
        """The proof of somebody of a role who reaches so far."""
        if role is None:
            return {}
        if far in ("above", "beside"):
            return {"authorization": f"Bearer {self.machines[role, DISTRICT if far == 'above' else OTHER_DISTRICT]}"}
        token = self.tokens.mint(
            role, OTHER_LOG if far == "other" else LOG, subject=f"{role}-9", valid=timedelta(hours=1),
            community=self.home if far in ("community", "elsewhere") else None,
            scopes=["nothing"] if far == "scopeless" else None,
        )  # fmt: skip
        return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def world(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = demo.copy(tmp_path_factory.mktemp("policy") / "data")
    many = {**environment(), "SANGUAN_READINGS_PER_MINUTE": "100000"}  # else the limit would answer for the policy
    with Server.on(data, env=many) as server:
        made = World(server)
        for community in (made.home, made.away):  # of which the sample campaign has none
            fire = {"community": community, "grade": "major", "place": "虚构路", "dead": 0, "injured": 1}
            server.done("intake/report-major-fire", fire, role="office")
            funds = {"community": community, "amount_fen": 100, "purpose": "虚构"}
            server.done("assessment/allocate-funds", funds, role="office")
            youths = {"community": community, "period": "2015", "offenders": 0, "youths": 900, "by_unit": "虚构派出所"}
            server.done("assessment/report-youth-offence-rate", youths, role="office")
        yield made
        for connection in made.connections:
            connection.close()
        made.client.close()


@dataclass(frozen=True)
class Cell:
    """One row of the policy, asked by one role that reaches so far."""

    rule: Mapping[str, Any]
    role: Role | None
    far: str

    @property
    def of_place(self) -> bool:
        return self.far in ("community", "elsewhere")

    def expected(self) -> str | None:
        """The code of the denial, by the policy's words alone; None where they are let in."""
        kind, roles = self.rule["kind"], self.rule["roles"]
        if roles == "anyone":
            return None
        if self.role is None:
            return "unauthenticated"
        if kind == Kind.FORM.value or (kind == Kind.OWN.value and self.rule["path"].startswith("/account")):
            # A form, and one's own account, are a session's alone, and nobody here has signed in.
            return (
                "scope_not_granted" if self.far == "scopeless" and self.rule["method"] == "GET" else "unauthenticated"
            )
        if self.role not in roles:
            return "role_not_allowed"
        if self.rule["by_person"] and self.far in ("above", "beside", "scopeless"):  # those are programs'
            return "person_needed"
        if self.far == "scopeless":
            return "scope_not_granted"
        if self.far in ("above", "beside") and kind in CHANGES:
            return "wrong_jurisdiction"
        if self.of_place and self.rule["within"] == Within.CLOSED.value and kind in ABOUT_A_LOG | CHANGES:
            return "wider_reach_needed"
        if self.far in ("other", "beside") and kind in ABOUT_A_LOG | CHANGES:
            return "wrong_jurisdiction"
        return None


def cells(world: World) -> Iterator[Cell]:
    """All of them."""
    for rule in world.rules:
        yield Cell(rule, None, "own")
        for role in ROLES:
            for far in HOW_FAR:
                if not (role is Role.RESIDENT and far in ("above", "beside")):  # no district has residents by code
                    yield Cell(rule, role, far)


def ask(world: World, cell: Cell, *, probing: bool = False, nowhere: bool = False) -> tuple[int, str | None, bytes]:
    """Ask over HTTP: the status, the problem's code where it is one, and the body. Who only probes adds a parameter
    that nothing takes: whether they are let in shows before it is looked at."""
    rule, headers = cell.rule, world.header(cell.role, cell.far)
    community = world.away if cell.far == "elsewhere" else world.home
    query = {"log": LOG} if rule["kind"] in ABOUT_A_LOG else {}
    body: dict[str, Any] = {}
    if rule["kind"] == Kind.COMMAND.value:
        headers |= {"idempotency-key": uuid.uuid4().hex, "if-match": "424242"}
        body = _command(world, rule["path"], community, valid=cell.of_place and not probing, nowhere=nowhere)
    elif probing:
        query["probe"] = "\x01"
    path = _path(world, rule["path"], community, nowhere=nowhere) + (f"?{urlencode(query)}" if query else "")
    return world.ask(rule["method"], path, headers, json.dumps(body).encode() if rule["method"] == "POST" else None)


def _path(world: World, path: str, community: str, *, nowhere: bool) -> str:
    """The address with something of the community in it; with what nobody has, where that is wanted."""
    category = _COMPARTMENTS.get(path) or _BY_SEGMENT.get(next(iter(re.findall(r"(\w+)/{", path)), ""), "")
    id = NOWHERE if nowhere else world.items.get(category, {}).get(community, NOWHERE)
    first = re.sub(r"{log}", LOG, path)
    first = re.sub(r"{position:int}", "0", first)
    first = re.sub(r"{clause}", "3.1.1", re.sub(r"/static/{name}", "/static/site.css", first))
    first = re.sub(r"{type}", "plan", first)
    return re.sub(r"{\w+}", "1", re.sub(r"{\w+}", id, first, count=1))


@cache
def _sample(command: type) -> dict[str, Any]:
    """Data that the gate takes."""
    said: dict[str, Any] = TypeAdapter(command).dump_python(sample(command), mode="json")
    return said


def _command(world: World, path: str, community: str, *, valid: bool, nowhere: bool) -> dict[str, Any]:
    decider, accepts = _COMMANDS[path]
    body: dict[str, Any] = {"log": LOG, "occurred_at": AT, "data": {}}
    if not valid:  # whether they are let in shows before what the data say
        return body
    body["data"] = dict(_sample(accepts.command))
    if any(field.name == "community" for field in fields(accepts.command)):
        body["data"]["community"] = community
    if not accepts.creates and accepts.id is None:
        id = NOWHERE if nowhere else world.items.get(decider.category, {}).get(community, NOWHERE)
        body["stream"] = f"{decider.category}/{id}"
    return body


@pytest.mark.long
def test_every_cell_is_as_the_policy_says(world: World) -> None:
    everything = list(cells(world))
    assert len(everything) > 15_000
    _as_the_policy_says(world, everything)


def test_every_address_is_as_the_policy_says_to_every_role(world: World) -> None:
    """Each address to each role of the log itself; each of the other ways to reach it, to one role after the other."""
    some = [
        cell for number, cell in enumerate(cells(world))
        if cell.far == "own" or number % 8 == 0
    ]  # fmt: skip
    assert {(cell.rule["path"], cell.role) for cell in some} == {(c.rule["path"], c.role) for c in cells(world)}
    assert {(cell.rule["kind"], cell.far) for cell in some} == {(c.rule["kind"], c.far) for c in cells(world)}
    _as_the_policy_says(world, some)


def _as_the_policy_says(world: World, everything: Sequence[Cell]) -> None:
    assert len(world.rules) > 300
    assert world.items
    with ThreadPoolExecutor(4) as asking:
        answers = list(asking.map(lambda cell: ask(world, cell, probing=True), everything))
    wrong = []
    for cell, (status, code, _) in zip(everything, answers, strict=True):
        denied = code if code in DENIALS else None
        named = cell.rule["kind"] == Kind.COMMAND.value and cell.far == "elsewhere" and code == "wrong_jurisdiction"
        failed = status >= 500 and code not in ("ledger_behind", "busy")
        other = denied != cell.expected() and not (named and cell.expected() is None)
        if failed or other:
            wrong.append((cell, status, code))
    assert not wrong, [(c.rule["method"], c.rule["path"], c.role, c.far, s, k, c.expected()) for c, s, k in wrong[:20]]
    assert Counter(cell.expected() for cell in everything).keys() == DENIALS | {None}


def test_what_lies_in_another_community_is_like_what_does_not_exist(world: World) -> None:
    """Every address that keeps the members of a community to what lies in it: own, another's, nobody's."""
    held, own = 0, 0
    for rule in world.rules:
        if rule["within"] != Within.AGGREGATE.value or rule["roles"] == "anyone":
            continue
        if rule["kind"] == Kind.FORM.value:  # a session's alone: tests/web/test_forms.py
            continue
        role = next((Role(one) for one in rule["roles"] if one not in (Role.RESIDENT, Role.SERVICE)), None)
        if role is None:
            continue
        there, nobody = (
            ask(world, Cell(rule, role, "elsewhere")),
            ask(world, Cell(rule, role, "elsewhere"), nowhere=True),
        )
        at = rule["method"], rule["path"]
        if there[1] == "wrong_jurisdiction":  # it named the other community itself
            continue
        assert there == nobody, at
        assert there[0] in (404, 409, 403, 422), (at, there)
        assert not re.search(rb"41010501[0-9]{4}", there[2].replace(NOWHERE.encode(), b"")), at
        held += 1
        mine = ask(world, Cell(rule, role, "community"))
        own += mine[:2] != there[:2] or mine[2] != there[2]
    assert held > 50
    assert own > held / 2, "own things are there"


Row = tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, str]]
"""A rule that keeps the members of a community to its part; what they ask it with; and what somebody of the
sub-district asks it with, to whom it must show another community's part."""


def rows(world: World) -> Iterator[Row]:
    """Every such address, in every form and at every time that it can be asked for."""
    last = max(one["data"]["publication"] for one in world.record if "publication" in one["data"])
    asked: dict[str, dict[str, str]] = {
        "/assessment/papers/monthly-report": {"month": "2015-09"}, "/assessment/papers/circular": {"publication": last},
    }  # fmt: skip
    others = {"/assessment/papers/debriefing-record": {"community": world.away}}
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    of_ledgers = [
        {"as_of": tomorrow}, {"as_of": AT[:10], "basis": "occurred"}, {"as_of": tomorrow, "format": "csv"},
        {"as_of": tomorrow, "format": "xlsx"},
    ]  # fmt: skip
    for rule in world.rules:
        if rule["within"] != Within.ROWS.value:
            continue
        query = asked.get(rule["path"], {})
        ledger, files = rule["kind"] == Kind.LEDGER.value, rule["path"] in ("/assessment/duties", "/assessment/scores")
        forms: list[dict[str, str]] = [{}]
        forms += [{"format": "csv"}, {"format": "xlsx"}] if ledger or files else []
        for form in (*forms, *(of_ledgers if ledger else ())):
            yield rule, {**query, **form}, {**query, **form, **others.get(rule["path"], {})}


def shown(world: World, rule: Mapping[str, Any], query: Mapping[str, str], far: str) -> tuple[int, str]:
    """What somebody gets to see at an address: the text of a page, an answer or a workbook."""
    role = Role.OFFICE if Role.OFFICE in rule["roles"] else Role(rule["roles"][0])
    path = f"{rule['path']}?{urlencode({'log': LOG, **query})}"
    status, _, body = world.ask(rule["method"], path, world.header(role, far), None)
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return status, body.decode()


def _sees_its_own_alone(world: World, some: Sequence[Row]) -> None:
    def looked(row: Row) -> tuple[Any, ...]:
        rule, members, others = row
        (status, own), (wide, whole) = shown(world, rule, members, "community"), shown(world, rule, others, "own")
        found = [mark for mark in world.elsewhere if mark in own]
        return rule["path"], members, status, wide, found[:5], any(mark in whole for mark in world.elsewhere)

    assert len(world.elsewhere) > 500
    with ThreadPoolExecutor(4) as asking:
        seen = list(asking.map(looked, some))
    assert not [one for one in seen if one[4]], "another community's code, name or things"
    assert not [one for one in seen if one[2:4] != (200, 200)]
    assert not [one for one in seen if not one[5]], "nothing of another community is there at all: it proves nothing"


def test_a_community_s_members_see_no_row_of_another(world: World) -> None:
    """Each address as it is asked for by itself, and in one of its other forms after the other."""
    every = list(rows(world))
    some = [row for number, row in enumerate(every) if number % 5 == 0 or not {"format", "as_of"} & row[1].keys()]
    assert {row[0]["path"] for row in some} == {r["path"] for r in world.rules if r["within"] == Within.ROWS.value}
    assert len({row[0]["kind"] for row in some}) == 3
    assert {(row[1].get("format"), row[1].get("basis")) for row in some} >= {("csv", None), ("xlsx", None)}
    _sees_its_own_alone(world, some)


@pytest.mark.long
def test_a_community_s_members_see_no_row_of_another_in_any_form(world: World) -> None:
    every = list(rows(world))
    assert len(every) > 400
    _sees_its_own_alone(world, every)


def test_who_asks_for_another_community_s_rows_learns_nothing_of_it(world: World) -> None:
    """By its code, by its name, or by those of a community that nobody has heard of."""
    name = next(
        one["data"]["name"] for one in world.record
        if one["stream"].startswith("directory/") and one["data"].get("code") == world.away and "name" in one["data"]
    )  # fmt: skip
    some = [(rule, query) for rule, query, _ in rows(world) if not {"format", "as_of"} & query.keys()]
    for rule, query in some:
        answers = [
            shown(world, rule, {**query, "community": said}, "community") for said in (world.away, name, f"{LOG}998")
        ]
        for (status, text), said in zip(answers, (world.away, name, f"{LOG}998"), strict=True):
            told = [mark for mark in world.elsewhere if mark in text.replace(said, "") and mark not in said]
            assert not told, (rule["path"], said, told[:5])
            assert status == answers[-1][0], (rule["path"], said)
        if rule["kind"] != Kind.PAGE.value:
            assert answers[0] == answers[-1] == answers[1], rule["path"]


def test_a_community_s_member_is_told_where_more_is_needed(world: World) -> None:
    for path in ("/assessment/grids", "/record/events", "/papers"):
        answer = world.client.get(path, headers=world.header(Role.OFFICE, "community"))
        is_problem(answer, 403, "wider_reach_needed")
    scopeless = world.client.get("/intake/ledgers/cases", headers=world.header(Role.OFFICE, "scopeless"))
    is_problem(scopeless, 403, "scope_not_granted")


def test_a_resident_reaches_their_own_case_alone(world: World) -> None:
    own, other = world.items["case"][world.home], world.items["case"][world.away]
    token = world.tokens.mint(Role.RESIDENT, LOG, subject="resident-9", valid=timedelta(minutes=9), case=f"case/{own}")
    bearer = {"authorization": f"Bearer {token}"}
    seen = world.client.get("/intake/residents/case", headers=bearer)
    assert seen.status_code == 200
    assert seen.json()["case"] == own
    open_to = {(r["method"], r["path"]) for r in world.rules if r["roles"] != "anyone" and "resident" in r["roles"]}
    assert {path for _, path in open_to if not path.startswith("/account")} == {
        "/intake/commands/report-case", "/intake/commands/withdraw-case", "/intake/residents/case",
        "/intake/cases/{case}/code",
    }  # fmt: skip

    def withdraw(id: str) -> httpx.Response:
        body = {"log": LOG, "occurred_at": AT, "stream": f"case/{id}", "data": {"reason": "虚构"}}
        given = {**bearer, "idempotency-key": uuid.uuid4().hex, "if-match": "424242"}
        return world.client.post("/intake/commands/withdraw-case", json=body, headers=given)

    assert withdraw(own).json()["version"] > 0
    assert withdraw(other).content == withdraw(NOWHERE).content
    assert withdraw(other).json()["version"] == 0
    for id in (own, other):  # the code of a case goes to who reported it in this very session
        assert world.client.post(f"/intake/cases/{id}/code", json={}, headers=bearer).status_code == 404


def test_the_policy_itself(world: World) -> None:
    """What must hold of it, whatever is added."""

    def roles(kind: Kind) -> set[str]:
        return {role for rule in world.rules if rule["kind"] == kind.value for role in rule["roles"]}

    assert "operator" not in roles(Kind.COMMAND) | roles(Kind.LEDGER) | roles(Kind.QUESTION) | roles(Kind.READING)
    assert roles(Kind.RECORD) <= {"auditor", "office", "subscriber", "leader", "privacy"}
    assert "auditor" not in {
        role for rule in world.rules if rule["kind"] == "command" and not rule["path"].startswith("/privacy/")
        for role in rule["roles"]
    }  # fmt: skip
    assert not {"subscriber", "operator"} & roles(Kind.READING)
    anyone = {rule["kind"] for rule in world.rules if rule["roles"] == "anyone"}
    assert anyone == {kind.value for kind in (Kind.SIGN_IN, Kind.PUBLIC, Kind.DOCUMENT, Kind.HEALTH)}
    assert all(rule["roles"] == "anyone" or rule["roles"] for rule in world.rules)


def test_an_address_without_a_row_is_not_served() -> None:
    from starlette.routing import Route

    from shared.access.policy import ANYONE, Policy, Rule

    policy = Policy()
    policy.add(Rule(method="GET", path="/known", kind=Kind.PUBLIC, roles=ANYONE))
    policy.require([("GET", "/known")])
    with pytest.raises(LookupError, match="POST /new"):
        policy.require([("GET", "/known"), ("POST", "/new")])
    with pytest.raises(LookupError, match="GET /known"):
        policy.require([])
    assert Route("/known", lambda request: None).path == "/known"
