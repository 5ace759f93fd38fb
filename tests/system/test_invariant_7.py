"""Invariant 7: nothing personal is in the stream, the logs, the metrics or on a page; and, of invariant 6, a case is
forgotten as a whole, its reasons included.

Every field of every command in which a person may be named is given a word of its own, a canary. All are invented.
"""

import base64
import io
import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx
import pytest

from services.together import SERVICES
from shared.contracts.codes import READERS, Role
from shared.contracts.event import Recorded
from shared.contracts.model import slug
from shared.contracts.personal import Plan, personal, sealed_copy
from shared.log.vault import Unreadable
from shared.runtime import Storage
from shared.settings import load
from tests.system.server import AT, COMMUNITY, LOG, Json, Server

PLACE = f"{LOG}777"


@dataclass
class Aviary:
    """A server, the canaries that were sent to it, and what it answered."""

    server: Server
    sent: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Canaries by command and path of the field."""
    answers: list[bytes] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)

    def bird(self, command: str, path: str) -> str:
        """A word that stands nowhere else, in the form of its field."""
        digits = str(10**9 + secrets.randbelow(9 * 10**9))
        forms = {"phone": f"1{digits}", "id_number": f"KN{digits}"}
        word = forms.get(path.rpartition(".")[2], f"kanari{secrets.token_hex(8)}")
        self.sent.setdefault((command, path), []).append(word)
        return word

    def does(
        self, command: str, data: Json, stream: str | None = None, role: str = "office", at: str = AT, who: str = ""
    ) -> str:
        """A command whose personal fields are filled in here; the stream. Before that it is refused in several ways,
        each time with canaries."""
        service, _, name = command.partition("/")
        full = data | _filled(personal(_COMMANDS[name]), lambda path: self.bird(name, path))
        for wrong, stranger, code in ((full | {"other": 1}, role, 422), (full, "subscriber", 403)):
            refused = self.server.send(command, wrong, role=stranger, stream=stream, at=at)
            assert refused.status_code == code
            self.answers.append(refused.content)
        answer = self.server.send(command, full, role=role, stream=stream, at=at, who=who)
        assert answer.status_code == 201, answer.text
        self.answers.append(answer.content)
        again = self.server.send(command, full, role=role, stream=answer.json()["stream"], at=at, who=who)
        self.answers.append(again.content)
        self.streams.append(answer.json()["stream"])
        return str(answer.json()["stream"])

    def words(self) -> list[str]:
        return [word for words in self.sent.values() for word in words]


_COMMANDS = {
    slug(accepts.command): accepts.command
    for service in SERVICES
    for decider in service.deciders
    for accepts in decider.accepts
}


def _filled(plan: Plan, bird: Any, path: str = "") -> Json:
    """All personal fields of a plan, two of each list."""
    data: Json = {name: bird(path + name) for name in plan.fields}
    data |= {name: [bird(path + name), bird(path + name)] for name in plan.lists}
    for name, inner, many in plan.within:
        assert many
        data[name] = [beside | _filled(inner, bird, f"{path}{name}.") for beside in _BESIDE[name]]
    return data


_BESIDE = {
    "parties": ({"role": "applicant"}, {"role": "respondent"}),
    "seats": ({"post": "head", "office": "副书记"}, {"post": "member", "office": "科员"}),
}
"""What else stands in each of a list of values that hold names."""


def paths(plan: Plan, before: str = "") -> set[str]:
    """Where the personal fields of a plan are."""
    inner = {path for name, plan, _ in plan.within for path in paths(plan, f"{before}{name}.")}
    return {before + name for name in (*plan.fields, *plan.lists)} | inner


@pytest.fixture(scope="module")
def aviary(server: Server) -> Aviary:
    """All commands with canaries, and time for what follows from them."""
    made = Aviary(server)
    _institutions(made)
    _lives(made)
    _entries(made)
    _supervised(made)
    server.quiet()
    return made


def _institutions(made: Aviary) -> None:
    made.does("assignment/enrol-officer", {"profession": "lawyer", "unit": "虚构的律师事务所"})
    registration = {"code": PLACE, "name": "金丝雀社区", "grids": ["1网格"], "households": 9}
    made.server.done("assignment/register-community", registration, role="office")
    made.server.done("assignment/open-studio", {"place": "警务室"}, role="office", stream=f"community/{PLACE}")
    made.does("assignment/close-studio", {}, f"community/{PLACE}")
    meeting = {"community": COMMUNITY, "kind": "joint", "month": "2016-02", "attended": 5}
    minutes = made.does("assignment/submit-minutes", {}, made.does("assignment/convene-meeting", meeting))
    made.does("assignment/void-meeting", {}, minutes)
    _institutions_corrected(made)


def _institutions_corrected(made: Aviary) -> None:
    """What was entered of an officer, a community and a posting by mistake."""
    server = made.server
    made.does("assignment/retract-community-work", {"act": "studio_closed"}, f"community/{PLACE}")
    mistaken = {"code": f"{LOG}098", "name": "误登社区", "grids": ["1网格"], "households": 9}
    server.done("assignment/register-community", mistaken, role="office")
    made.does("assignment/correct-community", {"code": f"{LOG}098", "households": 10})
    made.does("assignment/void-community", {"code": f"{LOG}098"})
    officer = made.does("assignment/enrol-officer", {"profession": "judge", "unit": "虚构的法院"})
    made.does("assignment/correct-officer", {"unit": "另一虚构法院"}, officer)
    server.quiet()
    posting = {"community": PLACE, "officer": officer.partition("/")[2]}
    server.done("assignment/post-officer", posting | {"from_day": "2016-02-01"}, role="office")
    server.done("assignment/end-posting", posting | {"last_day": AT[:10], "reason": "illness"}, role="office")
    made.does("assignment/retract-posting-end", posting)
    made.does("assignment/void-posting", posting)
    server.quiet()
    made.does("assignment/void-officer", {}, officer)


def _lives(made: Aviary) -> None:
    report = {
        "community": COMMUNITY, "grid": "1网格", "kind": "dispute", "dispute_type": "neighbours", "source": "sweep",
    }  # fmt: skip
    declined, voided = (made.does("intake/report-case", report) for _ in range(2))
    made.does("intake/decline-case", {"reason": "not_in_scope"}, declined)
    made.does("intake/void-case", {}, voided)
    paper = {"import_id": "by-hand", "sheet": "六月", "row": 4, "month": "2016-01", "number": secrets.token_hex(4)}
    made.does(
        "intake/take-over-case",
        {"community": COMMUNITY, "kind": "dispute", "dispute_type": "other", "source": None, "outcome": "open",
         "paper": paper},
    )  # fmt: skip
    case = made.does("intake/report-case", report)
    made.server.done("intake/accept-case", {}, stream=case)
    made.server.quiet()
    _handled(made, f"handling/{case.partition('/')[2]}")
    made.server.quiet()
    made.does("intake/follow-up-case", {"satisfied": True, "stable": True}, case)
    made.does("intake/retract-step", {"step": "followed_up"}, case)
    made.server.done("intake/follow-up-case", {"satisfied": True, "stable": True}, stream=case)
    made.server.done("intake/close-case", {}, stream=case)
    made.does("intake/reopen-case", {}, case)
    made.does("intake/correct-case", {}, case)
    made.does("intake/reclassify-case", {"kind": "dispute", "dispute_type": "damages"}, case)
    made.does("intake/escalate-case", {"to": "subdistrict"}, case)
    made.does("intake/extend-deadline", {"days": 3, "approved_by": "主任"}, case)
    made.does("intake/pause-clock", {"reason": "appraisal"}, case)
    made.does("intake/withdraw-case", {}, case)
    _handed_over(made, report)


def _handed_over(made: Aviary, report: Json) -> None:
    """A handed-down case: a letter for it, and a handler who leaves."""
    server = made.server
    case = made.does("intake/report-case", report)
    handling = f"handling/{case.partition('/')[2]}"
    server.done("intake/accept-case", {}, stream=case)
    server.quiet()
    server.done("intake/hand-down-case", {"by_unit": "区信访局"}, role="office", stream=case)
    leaves, stays = _posted(server)[:2]
    server.done("assignment/assign-handler", {"officer": leaves}, role="office", stream=handling)
    server.quiet()
    made.does("assignment/sign-responsibility-letter", {"unit": "信访办", "contact_days": 7}, handling)
    end = {"community": COMMUNITY, "officer": leaves, "last_day": AT[:10], "reason": "illness"}
    server.done("assignment/end-posting", end, role="office")
    server.quiet()
    made.does("assignment/complete-handover", {"officer": stays}, handling)


def _entries(made: Aviary) -> None:
    """Public work, and what is found."""
    server, here = made.server, {"community": COMMUNITY}
    officer = _posted(server)[0]
    made.does("assignment/complete-coached-case", here | {"officer": officer, "mediators": 1})
    joint = made.does("assignment/convene-meeting", here | {"kind": "joint", "month": "2016-02", "attended": 5})
    server.quiet()
    made.does("assignment/settle-issue", here | {"meeting": joint.partition("/")[2], "units": ["派出所"]})
    leader = made.does("assignment/appoint-leader", here | {"leader": "leader-77", "post": "班子成员"})
    server.quiet()
    visit = made.does("assignment/complete-leader-visit", here | {"leader": "leader-77", "purpose": "调研"})
    made.does("assignment/relieve-leader", {}, leader)
    made.does("assignment/enrol-helper", here | {"helper": "guard"})
    made.does("assignment/void-work", {}, visit)
    opinion = made.does("intake/record-opinion", here | {"topic": "law", "channel": "card"})
    made.does("intake/answer-opinion", {"outcome": "adopted", "answered_by": "社区"}, opinion)
    area = here | {"area": "market", "place": "示例市场", "lead_unit": "综治办", "due_on": "2016-04-01"}
    listed = server.done("intake/list-key-area", area, role="office")["stream"]
    made.does("intake/reinspect-key-area", {"passed": True, "inspected_by": "综治办"}, listed)
    hazard = here | {"hazard": "fire", "severity": "general", "place": "示例小区", "responsible_unit": "物业"}
    found = server.done("intake/report-hazard", hazard | {"due_on": "2016-04-01"})["stream"]
    made.does("intake/clear-hazard", {"checked_by": "综治办"}, found)
    made.does("intake/void-finding", {}, found)


def _supervised(made: Aviary) -> None:
    """What assessment enters beside plans and scores."""
    server, here = made.server, {"community": COMMUNITY}
    made.does("assessment/constitute-leading-group", {"office_at": "综治办"})
    newest = max(server.rows("assessment/scores", community=COMMUNITY), key=lambda row: str(row["published_at"]))
    publication = newest["publication"]
    appeal = made.does("assessment/appeal-score", here | {"publication": publication})
    made.does("assessment/hear-appeal", {"heard_by": "复核组"}, appeal, who="office-2")
    made.does("assessment/decide-appeal", {"finding": "dismissed", "decided_by": "复核组"}, appeal, who="office-2")
    flag = server.get("/assessment/flags", log=LOG).json()["flags"][0]
    raised = {"community": flag["community"], "flag": flag["code"], "month": flag["month"]}
    made.does("assessment/answer-flag", raised)
    archive = made.does("assessment/add-archive-entry", {"officer": "judge-77", "archive": "work", "period": "2016"})
    made.does("assessment/record-archive-reply", {}, archive)
    seen = here | {"inspected_by": "综治办", "looked_at": "台账", "faults": 1}
    inspection = server.done("assessment/conduct-inspection", seen, role="office")["stream"].partition("/")[2]
    server.quiet()
    order = made.does("assessment/order-rectification", here | {"inspection": inspection, "due_on": "2016-04-01"})
    made.does("assessment/complete-rectification", {"passed": True, "rechecked_by": "综治办"}, order)
    model = made.does("assessment/recommend-model-case", here | {"title": "议事会"})
    made.does("assessment/void-supervision", {}, model)


def _handled(made: Aviary, handling: str) -> None:
    server = made.server
    first, second, third = _posted(server)[:3]
    server.done("assignment/assign-handler", {"officer": first}, role="office", stream=handling)
    made.does("assignment/replace-handler", {"officer": second}, handling)
    made.does("assignment/declare-conflict", {"officer": third}, handling)
    for visit in ("v1", "v2"):
        plan = {"officer": second, "on": "2016-02-18", "must": True, "visit": visit}
        made.does("assignment/plan-visit", plan, handling)
    made.does("assignment/complete-visit", {"visit": "v1"}, handling)
    made.does("assignment/decline-visit", {"visit": "v2"}, handling)
    made.does("assignment/retract-work", {"act": "visit", "item": "v2"}, handling)
    for party in (1, 2):
        server.done("assignment/record-consent", {"party": party}, role="office", stream=handling)
    made.does("assignment/hold-mediation", {"officers": [second]}, handling)
    made.does("assignment/reach-agreement", {"form": "written"}, handling)
    made.does("assignment/check-performance", {"performance": "performed"}, handling)


def _posted(server: Server) -> list[str]:
    """Those who serve the community on the day."""
    rows = server.rows("assignment/roster", community=COMMUNITY)
    day = date.fromisoformat(AT[:10]).isoformat()
    return [row["officer"] for row in rows if row["from_day"] <= day and (row["last_day"] or day) >= day]


def clean(aviary: Aviary, content: bytes, where: str) -> None:
    """No canary is in it, whatever it is."""
    found = [path for path, words in aviary.sent.items() for word in words if word.encode() in content]
    assert not found, f"{where}: {found}"


# nowhere ------------------------------------------------------------------------------------------------------------


def test_every_field_that_may_name_somebody_was_tried(aviary: Aviary) -> None:
    wanted = {(name, path) for name, command in _COMMANDS.items() for path in paths(personal(command))}
    assert set(aviary.sent) == wanted
    assert len(set(aviary.words())) == len(aviary.words()) > 50


def test_no_canary_is_in_a_file_of_the_installation(aviary: Aviary) -> None:
    files = [file for file in aviary.server.data.rglob("*") if file.is_file()]
    assert {"log.db", "ledgers.db"} <= {file.name for file in files}
    for file in files:
        clean(aviary, file.read_bytes(), file.name)


def test_no_canary_is_in_the_stream_or_under_any_key_of_valkey(aviary: Aviary) -> None:
    streamed = 0
    with aviary.server.redis() as client:
        for key in client.scan_iter():
            clean(aviary, key, "a key")
            match client.type(key):
                case b"stream":
                    entries: Any = client.xrange(key)
                    streamed += len(entries)
                    content = repr(entries).encode()
                case b"string":
                    content = bytes(client.get(key) or b"")
                case b"hash":
                    content = repr(client.hgetall(key)).encode()
                case b"set":
                    content = repr(client.smembers(key)).encode()
                case b"zset":
                    content = repr(client.zrange(key, 0, -1)).encode()
                case b"list":
                    content = repr(client.lrange(key, 0, -1)).encode()
                case kind:
                    raise AssertionError(f"{key!r} is a {kind!r}, which is not looked into here")
            clean(aviary, content, key.decode())
    assert streamed >= len(aviary.streams)


def test_no_canary_is_in_what_the_process_said(aviary: Aviary) -> None:
    said = aviary.server.errors.read_bytes()
    assert b"sanguan is at" in said
    clean(aviary, said, "stderr")


def test_no_canary_comes_back_in_an_answer(aviary: Aviary) -> None:
    assert len(aviary.answers) > 4 * 20
    clean(aviary, b"\n".join(aviary.answers), "answers")


def everything_served(aviary: Aviary, role: Role | None) -> Iterator[tuple[str, httpx.Response]]:
    """All that may be asked for about those streams, as an actor of a role sees it, or nobody."""
    server = aviary.server
    ids = {stream.partition("/")[2] for stream in aviary.streams if stream.startswith("case/")}
    pages = ["/", "/cases", "/communities", "/meetings", f"/communities/{COMMUNITY}", f"/communities/{PLACE}"]
    pages += [f"/public/{LOG}", f"/public/{LOG}.json", "/scores", "/duties", "/grids", "/flags", "/papers", "/clauses"]
    pages += ["/assessment/duties", "/assessment/flags", "/assessment/grids"]
    paths = [*pages, *(f"/cases/{id}" for id in ids), "/record", f"/record/{server.size() - 1}"]
    paths += [f"/intake/cases/{id}/possible-duplicates" for id in ids]
    paths += ["/-/metrics", "/-/health/ready", "/-/policy.json", "/openapi.json", "/asyncapi.json"]
    for service in SERVICES:
        for ledger in service.ledgers:
            base = f"/{service.name}/ledgers/{ledger.name}"
            paths += [f"{base}?limit=1000", f"{base}?format=csv", f"{base}?format=xlsx", f"{base}?as_of=2099-01-01"]
    headers: dict[str, str] = {}
    if role is not None:
        headers = server.bearer(role) | {"cookie": f"sanguan_session={server.session(role)}"}
    for path in paths:
        yield path, server.request("GET", path, headers=headers)


@pytest.mark.parametrize("role", [*sorted(set(Role) - {Role.SERVICE}), None], ids=str)
def test_no_canary_is_served_to_anyone(aviary: Aviary, role: Role | None) -> None:
    served = 0
    for path, answer in everything_served(aviary, role):
        assert answer.status_code < 500, path
        served += answer.status_code == 200
        content = answer.content
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                content = b"\n".join(book.read(name) for name in book.namelist())
        clean(aviary, content, path)
    assert served >= (60 if role in READERS else 4)


def test_no_canary_is_in_the_records_own_bytes(aviary: Aviary) -> None:
    after, read = -1, 0
    while page := aviary.server.get("/record/events", log=LOG, after=after, limit=1000).json()["events"]:
        for one in page:
            clean(aviary, base64.b64decode(one["bytes"]), f"event {one['position']}")
        after, read = page[-1]["position"], read + len(page)
    assert read == aviary.server.size()


# and yet ------------------------------------------------------------------------------------------------------------


def opened(storage: Storage, recorded: Recorded) -> list[str | None]:
    """What the boxes of an event hold, for who has the vault's key; None for one whose key was destroyed."""
    found: list[str | None] = []

    def look(_: str, box: str) -> str:
        try:
            found.append(storage.vault.open(LOG, box))
        except Unreadable:
            found.append(None)
        return box

    sealed_copy(recorded.event, personal(type(recorded.event)), look)
    return found


def test_who_holds_the_vault_reads_every_canary_until_a_case_is_forgotten_as_a_whole(aviary: Aviary) -> None:
    storage = Storage(load(aviary.server.data), SERVICES)
    try:
        streams = dict.fromkeys(aviary.streams)
        events = {stream: storage.log.stream(LOG, stream) for stream in streams}
        told = [text for held in events.values() for recorded in held for text in opened(storage, recorded)]
        assert set(aviary.words()) <= set(told)
        root = storage.root(LOG, aviary.server.size())
        case = next(stream for stream in streams if stream.startswith("handling/")).partition("/")[2]
        storage.vault.destroy(LOG, f"case/{case}", 1)
        mine = [*storage.log.stream(LOG, f"case/{case}"), *storage.log.stream(LOG, f"handling/{case}")]
        boxes = [text for recorded in mine for text in opened(storage, recorded)]
        assert len(boxes) > 15
        assert set(boxes) == {None}
        assert storage.root(LOG, aviary.server.size()) == root
    finally:
        storage.close()
