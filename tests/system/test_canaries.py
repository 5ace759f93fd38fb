"""A hundred invented persons are put through the whole life of an installation: cases, a workbook, residents' own
sessions, refusals of every kind, readings, exports, a backup. Nothing of theirs stands or comes out anywhere but where
a person's own data must. Then all of them are erased by two persons: nothing opens any more, in a restored backup
neither, and everything that is proved or counted is what it was (invariants 6 and 7).
"""

import base64
import gzip
import json
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
import pytest
from sqlalchemy import select

from services.installation import SERVICES
from shared.contracts.codes import Role
from shared.errors import named
from shared.ledger.replay import Replay
from shared.ledger.tables import digest
from shared.log.codec import leaf_of
from shared.log.destroyed import NAME as DESTROYED
from shared.log.keys import load_verifier
from shared.log.note import open_checkpoint
from shared.log.proofs import verify_inclusion
from shared.log.tables import vault_blind, vault_keys
from shared.settings import load
from shared.storage import Storage
from shared.web.gate import LARGEST_BODY
from tests.intake.workbooks import ledger, workbook
from tests.system import searching
from tests.system.aviary import (
    Aviary,
    Flock,
    Person,
    answers,
    asked,
    ledgers,
    opened,
    pages,
    persons,
    play,
)
from tests.system.cli import ROOT, Done, called
from tests.system.searching import Found, Search
from tests.system.server import COMMUNITY, LOG, Json, Server, wait_for

MANY: Final = 100
ON_PAPER: Final = 40
"""So many of them stand in the workbook, two in each row."""
BY_THEMSELVES: Final = 10
"""So many come without a clerk."""
ASKING: Final = 8
"""So many ask what is held about them."""
STRANGER: Final = Person(MANY, "鸢瓒旁人", "kanari-a-stranger", "19907999999", "659999195001010000", "鹮沚巷999弄999号")
"""None of them."""
REGISTER: Final = "directory/"
"""The one stream whose keys are never destroyed (`ENDLESS`): it names nobody here."""
READS: Final = (Role.AUDITOR, Role.PRIVACY)
"""Who together may read every ledger."""


# what was looked at ---------------------------------------------------------------------------------------------------


@dataclass
class Looks:
    """What was looked at, by kind of place, and what was found there."""

    search: Search
    looked: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, str, Found]] = field(default_factory=list)
    _known: set[bytes] = field(default_factory=set)

    def at(self, place: str, where: str, content: bytes) -> None:
        """Look at something, unless the same was looked at."""
        self.looked[place] += 1
        if content not in self._known:
            self._known.add(content)
            self.found += [(place, where, one) for one in self.search.found(content)]

    def nothing(self, *places: str) -> int:
        """That nothing was found there; how much was looked at."""
        assert [(place, where, one) for place, where, one in self.found if place in places] == []
        assert all(self.looked[place] for place in places), self.looked
        return sum(self.looked[place] for place in places)

    def files(self, place: str, directory: Path) -> None:
        """Every file, and what lies in pieces in the pages of a database."""
        for name, content in searching.files(directory):
            self.at(place, name, content)
            if content.startswith(b"SQLite format 3"):
                for table, rows in searching.tables(directory / name):
                    self.at(f"{place}: tables", f"{name} {table}", rows)


@dataclass(frozen=True, slots=True)
class Proved:
    """What an auditor has in hand of the log's first events."""

    size: int
    bytes: tuple[tuple[int, bytes], ...]
    root: str
    """In hexadecimal."""
    digests: dict[str, str]
    """Of every ledger, as it follows from them."""

    @classmethod
    def of(cls, storage: Storage, size: int) -> "Proved":
        every = [(service, ledger) for service in SERVICES for ledger in service.ledgers]
        replay = Replay(storage.log, LOG, every).to(size - 1)
        digests = {follower: str(digest(replay.rows(follower))) for follower in replay.ledgers}
        return cls(size, tuple(storage.log.raw(LOG, -1, size)), storage.root(LOG, size), digests)


@dataclass
class Told:
    """What a server says that must be the same whenever it is asked."""

    scores: Any
    inclusion: list[Any]

    @classmethod
    def by(cls, server: Server, size: int, scores: set[str] | None = None) -> "Told":
        """`scores`: those of the ids alone."""
        rows = [row for row in server.rows("assessment/scores") if scores is None or row["key"] in scores]
        proofs = [
            server.get("/record/proof/inclusion", log=LOG, position=position, size=size).json()["hashes"]
            for position in range(0, size, 9)
        ]
        return cls(rows, proofs)


@dataclass
class Life:
    """All that happened. What is asked twice is asked before the erasure and after it."""

    home: Path
    people: tuple[Person, ...]
    before: Looks
    after: Looks
    opens: list[str] = field(default_factory=list)
    """All that the boxes of the log hold, twice, and once more of the restored backup."""
    proved: list[Proved] = field(default_factory=list)
    """The same three times."""
    told: list[Told] = field(default_factory=list)
    """Twice."""
    in_valkey: list[Found] = field(default_factory=list)
    """What was found, there and in its file, of a name that was put there to see whether it would be."""
    given_back: bytes = b""
    """The workbook, as the import gave it back with its remarks."""
    held: list[tuple[Person, Person, str]] = field(default_factory=list)
    """Who asked what is held about them, with whom they quarrel, and what they were told."""
    read: list[tuple[Person, str]] = field(default_factory=list)
    """Of whom a clerk opened what is sealed, and what the clerk got."""
    sought: list[tuple[str, str, Json]] = field(default_factory=list)
    """The case of somebody who asked for all of theirs, that request, and what was found."""
    checkpoints: list[str] = field(default_factory=list)
    """Signed before the erasure: on the way, and at its end."""
    wrapped: dict[str, list[bytes]] = field(default_factory=dict)
    """The keys before the erasure, by whose they are."""
    indexed: set[str] = field(default_factory=set)
    """Whose entries were in the blind index."""
    left: set[str] = field(default_factory=set)
    """Whose keys and entries in the blind index are there after it, here or in what was restored."""
    erasures: list[Json] = field(default_factory=list)
    """The ledger's rows."""
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    """What is answered after the erasure to who would open something."""

    @property
    def data(self) -> Path:
        """The installation's directory."""
        return self.home / "here" / "data"

    @property
    def backup(self) -> Path:
        """Made before the erasure."""
        return self.home / "backup"

    @property
    def restored(self) -> Path:
        """What was made of the backup after it."""
        return self.home / "restored"


@contextmanager
def storage_of(data: Path) -> Iterator[Storage]:
    """What an installation keeps, for who holds its master key."""
    storage = Storage(load(data), SERVICES)
    try:
        yield storage
    finally:
        storage.close()


def now() -> str:
    """This moment, as a command says it."""
    return datetime.now(UTC).isoformat()


# the life -------------------------------------------------------------------------------------------------------------


def founded(life: Life) -> None:
    """The workbook of forty of them, with rows that are refused; the plan and the rulebook."""
    pairs = list(zip(life.people[:ON_PAPER:2], life.people[1:ON_PAPER:2], strict=True))
    rows: list[Json] = [
        {
            "甲方姓名": one.name, "甲方电话": one.phone, "甲方身份证号": one.id_number, "乙方姓名": other.name,
            "基本情况": one.said + other.said, "备注": other.said,
        } for one, other in pairs
    ]  # fmt: skip
    rows += [row | {column: row["甲方姓名"]} for row in rows[:3] for column in ("登记日期", "纠纷类型", "处理结果")]
    book, given_back = life.home / "台账.xlsx", life.home / "意见.xlsx"
    book.write_bytes(workbook({"示例社区": ledger(*rows)}))
    calls = [called("import", book, "--data", life.data, "--report", given_back, *more) for more in ((), ("--json",))]
    life.given_back = given_back.read_bytes()
    for kind, file in ("plan", "plans/dongfeng-2015-28.yaml"), ("rulebook", "rulebooks/default.yaml"):
        words = ("--author", "领导小组办公室", "--reason", "印发", "--data", life.data)
        calls.append(called(kind, "adopt", ROOT / "services" / "assessment" / file, *words))
    for done in calls:
        said(life.before, done)


def said(looks: Looks, done: Done) -> None:
    """What a command printed that went well."""
    assert done.code == 0, done.err
    looks.at("command line", "stdout", done.out.encode())
    looks.at("command line", "stderr", done.err.encode())


def worked(life: Life, made: Aviary) -> None:
    """An office that publishes scores, and then everything in which a person may be named."""
    server = made.server
    for profession in ("judge", "prosecutor", "police", "lawyer"):
        officer = made.does("assignment/enrol-officer", {"profession": profession, "unit": "虚构机关"})
        server.quiet()
        posting = {"community": COMMUNITY, "officer": officer.partition("/")[2], "from_day": "2015-06-01"}
        server.done("assignment/post-officer", posting, role="office")
    for _ in range(5):  # all at the end of a month, so that there is a flag to be answered
        case = made.does("intake/report-case", DISPUTE, role="clerk", at="2015-07-20T09:00:00+08:00")
        server.done("intake/accept-case", {}, stream=case, at="2015-07-20T10:00:00+08:00")
        server.done("intake/resolve-case", {}, stream=case, at="2015-07-30T10:00:00+08:00")
    server.quiet()
    month = {"period_kind": "month", "period": "2015-06", "as_of": "2015-07-10"}
    published = {"plan": "dongfeng-2015-28", "rulebook": "default", **month}
    server.done("assessment/publish-scores", published, role="office", who="office-9")
    server.quiet()
    play(made)
    for answer in made.answers:
        life.before.at("answers", "a command", answer)


DISPUTE: Final = {
    "community": COMMUNITY, "grid": "1网格", "kind": "dispute", "dispute_type": "neighbours", "source": "sweep",
}  # fmt: skip


def party(person: Person, role: str) -> Json:
    """Somebody as a party."""
    return {"role": role, "name": person.name, "phone": person.phone, "id_number": person.id_number}


def quarrel(one: Person, other: Person, **more: Any) -> Json:
    """A case of two."""
    parties = [party(one, "applicant"), party(other, "respondent")]
    return {**DISPUTE, "summary": one.said + other.said, "parties": parties, **more}


def reported(life: Life, made: Aviary) -> None:
    """Those whom a clerk reports, and what becomes of their cases."""
    server, people = made.server, life.people[ON_PAPER:-BY_THEMSELVES]
    for number, (one, other) in enumerate(zip(people[::2], people[1::2], strict=True)):
        stream = server.done("intake/report-case", quarrel(one, other))["stream"]
        ends: tuple[tuple[str, Json], ...] = (
            ("decline-case", {"reason": "not_in_scope", "remedy": other.said}), ("void-case", {"reason": one.said}),
            ("accept-case", {}), ("correct-case", {"reason": one.said, **quarrel(other, one)}),
            ("reclassify-case", {"kind": "dispute", "dispute_type": "damages", "reason": other.said}),
        )  # fmt: skip
        name, data = ends[number % len(ends)]
        told = server.done(f"intake/{name}", data, stream=stream)
        life.before.at("answers", name, json.dumps(told, ensure_ascii=False).encode())


def by_themselves(life: Life, made: Aviary) -> None:
    """Residents who report, look how it goes with the code of their card, and take it back."""
    server = made.server

    def asks(path: str, body: Json, token: str = "") -> Json:
        headers = {"idempotency-key": uuid.uuid4().hex} | ({"authorization": f"Bearer {token}"} if token else {})
        answer = server.request("POST", path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        life.before.at("answers", path, answer.content)
        told: Json = answer.json()
        return told

    for one, other in zip(life.people[-BY_THEMSELVES::2], life.people[1 - BY_THEMSELVES :: 2], strict=True):
        token = asks("/intake/residents/session", {"log": LOG})["token"]
        body = {"log": LOG, "occurred_at": now(), "data": quarrel(one, other, source="application")}
        stream = asks("/intake/commands/report-case", body, token)["stream"]
        made.streams.append(stream)
        server.done("intake/accept-case", {}, stream=stream, at=now())
        code = asks(f"/intake/cases/{stream.removeprefix('case/')}/code", {}, token)["code"]
        token = asks("/intake/residents/session", {"log": LOG, "code": code})["token"]
        own = server.request("GET", "/intake/residents/case", headers={"authorization": f"Bearer {token}"})
        assert own.status_code == 200, own.text
        life.before.at("answers", "own case", own.content)
        body = {"log": LOG, "occurred_at": now(), "stream": stream, "data": {"reason": one.said}}
        asks("/intake/commands/withdraw-case", body, token)


def refused(life: Life, made: Aviary) -> None:
    """Whatever may go wrong with a request, each time with somebody in it. A page links to itself in the other
    language, with its visitor's own query: that alone is left out."""
    flock = Flock(life.people)
    case = next(stream for stream in made.streams if stream.startswith("case/"))
    for name, statuses, answer in (*broken(made.server, flock, case), *misplaced(made.server, flock)):
        assert answer.status_code in statuses, (name, answer.status_code, answer.text)
        told = _OTHER_LANGUAGE.sub(b"", answer.content) + repr(answer.headers.raw).encode()
        life.before.at("refusals", name, told)


_Answers = Iterator[tuple[str, tuple[int, ...], httpx.Response]]
_OTHER_LANGUAGE: Final = re.compile(rb'class="language" href="[^"]*"')


def broken(server: Server, flock: Flock, case: str) -> _Answers:
    """Commands that are wrong in some way, with the statuses that may come of it."""
    path, (who, other) = "/intake/commands/report-case", (flock.next(), flock.next())
    whole = {"log": LOG, "occurred_at": now(), "data": quarrel(who, other)}
    plain = json.dumps(whole, ensure_ascii=False)

    def posts(raw: str | bytes, **headers: str | bytes) -> httpx.Response:
        given = {"idempotency-key": uuid.uuid4().hex, **server.bearer("clerk"), **headers}
        return server.request("POST", path, content=raw, headers={n.replace("_", "-"): v for n, v in given.items()})

    yield "no JSON", (400,), posts(repr(whole))
    yield "cut short", (400,), posts(plain[:-9])
    yield "not UTF-8", (400,), posts(plain.encode("gb18030"))
    yield "a key twice", (400,), posts(f'{{"log": "{who.said}", {plain[1:]}')
    yield "a list", (422,), posts(f"[{plain}]")
    yield "too large", (413,), posts(who.said * (LARGEST_BODY // len(who.said)))
    yield "nobody", (401,), posts(plain, authorization="")
    yield "not yours", (403,), posts(plain, **server.bearer("auditor"))
    yield "too late", (409,), server.send("intake/reopen-case", {"reason": who.said}, stream=case)
    yield "the first of its key", (201,), posts(plain, idempotency_key="canaries-1")
    yield "the same again", (201,), posts(plain, idempotency_key="canaries-1")
    yield "another under its key", (409,), posts(plain.replace(who.name, other.name), idempotency_key="canaries-1")
    for number in (who.phone, who.id_number):  # in what stands unsealed; a name is not told from a grid's or an id
        yield "a grid", (422,), server.send("intake/report-case", quarrel(who, other, grid=number))
        yield "a key", (422,), posts(plain, idempotency_key=number)
        own = server.send("intake/report-case", quarrel(who, other), stream=f"case/{number}")
        yield "an id of its own", (422,), own
    yield "a key in Chinese", (400,), posts(plain, idempotency_key=who.chinese.encode())
    yield "a grid's longer", (422,), server.send("intake/report-case", quarrel(who, other, grid=who.said))
    for word in flock.next().words:
        yield from wrong_within(server, whole, word)


def wrong_within(server: Server, whole: Json, word: str) -> _Answers:
    """A report with a word where it does not belong."""

    def reports(data: Json, **beside: Any) -> httpx.Response:
        headers = server.bearer("clerk") | {"idempotency-key": uuid.uuid4().hex}
        body = whole | {"data": whole["data"] | data} | beside
        return server.request("POST", "/intake/commands/report-case", json=body, headers=headers)

    yield "a field of that name", (422,), reports({word: 1})
    yield "beside the data", (422,), reports({}, **{word: 1})
    yield "within a party", (422,), reports({"parties": [whole["data"]["parties"][0] | {word: {word: word}}]})
    yield "a party", (422,), reports({"parties": [word]})
    yield "a party's role", (422,), reports({"parties": [{"role": word, "name": word}]})
    yield "an ID number's place", (422,), reports({"parties": [{"role": "applicant", "name": [word]}]})
    yield "a statement in a list", (422,), reports({"summary": [word]})
    for name in ("community", "kind", "dispute_type", "source"):
        yield name, (404, 422), reports({name: word})
    yield "when", (422,), reports({}, occurred_at=word)
    yield "in which log", (403, 422), reports({}, log=word)
    yield "of another form", (422,), reports({}, stream=word)
    yield "of no case", (404, 422), server.send("intake/accept-case", {}, stream=f"case/{word}")


PLACES: Final = (
    "/{}", "/{}/{}", "/cases/{}", "/communities/{}", "/record/{}", "/static/{}", "/public/{}", "/intake/ledgers/{}",
    "/intake/commands/{}", "/intake/cases/{}/possible-duplicates", "/assessment/scores/{}/explanation",
    "/cases?q={}", "/cases?{}=1", "/nowhere?name={}", "/scores?period={}", "/duties?on={}", "/public/410105010?x={}",
    "/intake/ledgers/cases?name={}", "/intake/ledgers/cases?{}=1", "/intake/ledgers/cases?community={}",
    "/intake/ledgers/cases?cursor={}", "/intake/ledgers/cases?format={}", "/record/events?after={}",
    "/record/events?{}=1", "/assessment/flags?month={}", "/-/health/ready?{}=1", "/sign-in?next={}",
)  # fmt: skip
"""Addresses that name nobody."""
HEADERS: Final = (
    "accept", "accept-language", "cookie", "content-type", "forwarded", "if-match", "last-event-id", "origin",
    "referer", "traceparent", "user-agent", "x-forwarded-for", "x-request-id", "authorization",
)  # fmt: skip
_ANY: Final = (200, 303, 307, 400, 401, 403, 404, 405, 422)


def misplaced(server: Server, flock: Flock) -> _Answers:
    """Persons where nobody is asked for: in addresses, in headers, at the door, in the search for a person."""
    proof = server.bearer("office") | {"cookie": f"sanguan_session={server.session('office')}"}
    for word in (*flock.next().words, flock.next().said):
        for path in PLACES:
            for headers in (proof, {}):
                yield path, _ANY, server.request("GET", path.format(*2 * [quote(word)]), headers=headers)
        for name in HEADERS:
            given = server.bearer("office") | {name: word.encode()}
            yield name, _ANY, server.request("GET", "/record/checkpoint", headers=given)
        sign_in = {"name": word, "password": word, "token": word}
        yield "sign-in", (401, 403, 422, 429), server.request("POST", "/sign-in", data=sign_in)
        code = {"log": LOG, "code": word[:60]}
        yield "a code", (404, 422, 429), server.request("POST", "/intake/residents/session", json=code)
    who = flock.next()
    wrong: tuple[tuple[str, Json], ...] = (
        ("clerk", {}), ("privacy", {"id_number": [who.id_number]}), ("privacy", {"phone": who.said}),
        ("privacy", {who.latin: who.latin}), ("privacy", {"purpose": who.chinese}),
    )  # fmt: skip
    for role, changed in wrong:
        answer = server.request("POST", "/intake/people/find", json=seeks(who) | changed, headers=server.bearer(role))
        yield "people/find", (403, 422), answer


def opened_for_who_may(life: Life, made: Aviary) -> None:
    """Persons ask what is held about them, and a clerk opens a case: there, and there alone, it comes out."""
    server = made.server
    for one, other in zip(life.people[:ASKING], life.people[ASKING : 2 * ASKING], strict=True):
        stream = server.done("intake/report-case", quarrel(one, other), at=now())["stream"]
        made.streams.append(stream)
        id = stream.removeprefix("case/")
        server.quiet()
        ask = {"case": stream, "community": COMMUNITY, "purpose": "subject_request"}
        grant = server.done("privacy/ask-unmasking", ask, role="privacy", at=now())["stream"]
        server.done("privacy/grant-unmasking", {"hours": 24}, role="office", stream=grant, at=now())
        server.quiet()
        life.held.append((one, other, held(server, id).text))
        life.read.append((one, read(server, id).text))
        access = {"subject": stream, "community": COMMUNITY, "request": "access"}
        request = server.done("privacy/receive-person-request", access, at=now())["stream"].removeprefix("request/")
        server.quiet()
        found = sought(server, one, request)
        life.sought.append((id, request, found.json()))
        life.before.at("answers", "people/find", found.content)


def seeks(person: Person, request: str = "none") -> Json:
    """What the privacy officer asks to find the cases of somebody who asked for it."""
    return {
        "purpose": "subject_request", "request": request, "name": person.name, "id_number": person.id_number
    }  # fmt: skip


def sought(server: Server, person: Person, request: str) -> httpx.Response:
    """The cases of somebody."""
    headers = server.bearer("privacy")
    return server.request("POST", "/intake/people/find", json=seeks(person, request), headers=headers)


def held(server: Server, case: str) -> httpx.Response:
    """What the first party of a case is told of themselves."""
    body = {"purpose": "subject_request", "party": 0}
    return server.request("POST", f"/intake/cases/{case}/held", json=body, headers=server.bearer("privacy"))


def read(server: Server, case: str) -> httpx.Response:
    """What the clerk who entered a case reads of its first party."""
    body = {"purpose": "contact", "fields": [f"parties/0/{name}" for name in ("name", "phone", "id_number")]}
    return server.request("POST", f"/intake/cases/{case}/personal", json=body, headers=server.bearer("clerk"))


# looking --------------------------------------------------------------------------------------------------------------


def everywhere(looks: Looks, made: Aviary, roles: Sequence[Role | None]) -> None:
    """All that the running server keeps and tells."""
    server, served = made.server, set[str]()
    some = Aviary(server, streams=made.streams[::4])  # the auditor looks at all cases, the others at some of each kind
    for role in roles:
        shown = made if role is Role.AUDITOR else some
        for language in ("zh-CN", "en"):
            for path, answer in asked(server, pages(shown), role, language):
                looks.at("pages", f"{path} to {role} in {language}", _fine(answer))
        exports = [path for path in ledgers() if "as_of" not in path] if role in READS else []
        questions = [*answers(shown), *exports]
        for path, answer in asked(server, questions, role):
            place = "metrics" if path == "/-/metrics" else "exports" if "ledgers" in path else "pages"
            looks.at(place, f"{path} to {role}", _fine(answer))
            served |= {path} if answer.status_code == 200 else set()
    shows = {f"/{service.name}/ledgers/{one.name}?format=xlsx" for service in SERVICES for one in service.served}
    assert served >= shows, "somebody of them reads every ledger that is shown at all"
    after = -1
    while page := server.get("/record/events", log=LOG, after=after, limit=1000).json()["events"]:
        for one in page:
            looks.at("record", str(one["position"]), base64.b64decode(one["bytes"]))
        after = page[-1]["position"]
    with server.redis() as client:
        for key, content, entries in searching.keys(client):
            looks.at("Valkey", key, content)
            looks.looked["stream"] += entries
    at_rest(looks, server.data.parent)


def planted(life: Life, server: Server) -> None:
    """A name in Valkey would be found: that of somebody who is none of the hundred."""
    search = Search(STRANGER.words)
    with server.redis() as client:
        client.hset("canaries", "planted", STRANGER.chinese)
        life.in_valkey = [one for _, content, _ in searching.keys(client) for one in search.found(content)]
        client.delete("canaries")
    for _, content in searching.files(life.data / "valkey"):
        life.in_valkey += search.found(content)


def _fine(answer: httpx.Response) -> bytes:
    assert answer.status_code < 500, answer.url
    return answer.content


def at_rest(looks: Looks, home: Path) -> None:
    """The files of the installation, and what its process said."""
    looks.files("files", home / "data")
    for file in home.glob("stderr-*"):
        looks.at("logs", file.name, file.read_bytes())


def signed(life: Life, server: Server, size: int) -> None:
    """A checkpoint of all that is there."""

    def newest() -> str:
        return server.get("/record/checkpoint", log=LOG).text

    wait_for(lambda: newest().split("\n")[1] == str(size), "the checkpoint")
    life.checkpoints.append(newest())


def remembered(life: Life) -> None:
    """What is to be the same afterwards, and what the boxes hold."""
    with storage_of(life.data) as storage:
        size = life.proved[0].size if life.proved else storage.log.size(LOG)
        life.proved.append(Proved.of(storage, size))
        life.opens.append(all_opened(storage))


def all_opened(storage: Storage) -> str:
    """All that opens of all that the log holds."""
    every = storage.log.recorded(LOG, -1, 100_000)
    return "\n".join(text for recorded in every for text in opened(storage, recorded) if text is not None)


def wrapped_keys(storage: Storage) -> dict[str, list[bytes]]:
    """The keys that are stored, by whose they are."""
    found: dict[str, list[bytes]] = {}
    with storage.log_engine.connect() as connection:
        for row in connection.execute(select(vault_keys).where(vault_keys.c.log == LOG)):
            found.setdefault(row.subject.partition("#")[0], []).append(bytes(row.wrapped))
    return found


def indexed(storage: Storage) -> set[str]:
    """Whose entries are in the blind index."""
    with storage.log_engine.connect() as connection:
        return {name.partition("#")[0] for name in connection.scalars(select(vault_blind.c.subject))}


# the erasure ----------------------------------------------------------------------------------------------------------


def erased(server: Server) -> None:
    """Everything in which somebody is named is erased at a person's request: one proposes it, another approves."""
    kept = [row for row in asked_as(server, "privacy/retention") if row["erased_at"] is None]
    restricted = {row["id"] for row in asked_as(server, "privacy/restrictions")}
    for number, row in enumerate(kept):
        subject = row["id"]
        receive = {"subject": subject, "community": row["community"], "request": "erasure"}
        request = server.done("privacy/receive-person-request", receive, role="privacy", at=now())["stream"]
        answer = {"outcome": "granted", "reason": "as_asked"}
        server.done("privacy/answer-person-request", answer, role="privacy", stream=request, at=now())
        because = {"subject": subject, "request": request.removeprefix("request/")}
        if subject not in restricted:
            place = because | {"because": "erasure_request"}
            server.done("privacy/place-restriction", place, role="privacy", at=now())
        server.done("privacy/propose-erasure", because | {"because": "request"}, role="privacy", at=now())
        if number < ASKING:
            alone = server.send("privacy/approve-erasure", {"subject": subject}, role="privacy", at=now())
            assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
        other = ("office", "privacy")[number % 2]
        server.done("privacy/approve-erasure", {"subject": subject}, role=other, who=f"{other}-2", at=now())
    server.quiet()


def asked_as(server: Server, name: str, role: str = "privacy") -> list[Json]:
    """All rows of a ledger, as a role sees them."""
    service, _, ledger_name = name.partition("/")
    answer = server.get(f"/{service}/ledgers/{ledger_name}", role, limit=1000)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert body["next"] is None
    rows: list[Json] = body["rows"]
    return rows


def too_late(life: Life, made: Aviary) -> None:
    """What is told after the erasure to who would open something, or looks for somebody."""
    for (one, _, _), (id, request, _) in zip(life.held, life.sought, strict=True):
        found = sought(made.server, one, request)
        for what, answer in ("held", held(made.server, id)), ("read", read(made.server, id)), ("sought", found):
            life.refused.append((what, answer.status_code, answer.text))
            life.after.at("answers", what, answer.content)


def brought_back(life: Life) -> None:
    """The backup from before the erasure is restored: without the newest list it is not, with it everything is gone."""
    called("restore", life.backup, "--data", life.restored, "--json").problem("destroyed_list_required")
    assert not life.restored.exists()
    listed = life.data / "keys" / DESTROYED
    done = called("restore", life.backup, "--destroyed", listed, "--data", life.restored, "--json")
    said(life.after, done)
    with storage_of(life.restored) as storage:
        storage.migrate()
        life.proved.append(Proved.of(storage, life.proved[0].size))
        life.opens.append(all_opened(storage))
        life.left |= {*wrapped_keys(storage), *indexed(storage)}
    life.after.files("restored", life.restored)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The whole life."""
    people = persons(MANY, seed=5)
    search = Search(word for person in people for word in person.words)
    life = Life(tmp_path_factory.mktemp("canaries"), people, Looks(search), Looks(search))
    founded(life)
    with Server.on(life.data) as server:
        made = Aviary(server, Flock(people).word)
        worked(life, made)
        signed(life, server, server.quiet())
        reported(life, made)
        by_themselves(life, made)
        opened_for_who_may(life, made)
        refused(life, made)
        size = server.quiet()
        everywhere(life.before, made, [*sorted(set(Role) - {Role.SERVICE}), None])
        planted(life, server)
        signed(life, server, size)
        said(life.before, called("backup", life.backup, "--data", life.data, "--json"))
        life.before.files("backup", life.backup)
        remembered(life)
        with storage_of(life.data) as storage:
            life.wrapped, life.indexed = wrapped_keys(storage), indexed(storage)
        life.told.append(Told.by(server, size))
        erased(server)
        remembered(life)
        life.told.append(Told.by(server, size, {row["key"] for row in life.told[0].scores}))
        life.erasures = asked_as(server, "privacy/erasures")
        with storage_of(life.data) as storage:
            life.left = {*wrapped_keys(storage), *indexed(storage)}
        too_late(life, made)
        everywhere(life.after, made, READS)
    at_rest(life.after, life.data.parent)
    brought_back(life)
    return life


# a search that would find ---------------------------------------------------------------------------------------------

WHO: Final = persons(3, seed=5)[1]
TEXT: Final = f"虚构：{WHO.said}。"


def in_base64(before: int) -> bytes:
    return base64.b64encode(b"x" * before + TEXT.encode() + b"x")


WRITTEN: Final[dict[str, bytes]] = {
    "as it is": TEXT.encode(),
    "UTF-16, little end first": TEXT.encode("utf-16-le"),
    "UTF-16, big end first": TEXT.encode("utf-16-be"),
    "GB 18030": TEXT.encode("gb18030"),
    **{f"base64 after {before}": in_base64(before) for before in range(3)},
    **{
        f"base64 of URLs after {before}": base64.urlsafe_b64encode(b"x" * before + TEXT.encode()) for before in range(3)
    },
    "hexadecimal": TEXT.encode().hex().encode(),
    "hexadecimal in capitals": TEXT.encode().hex().upper().encode(),
    "an address": quote(TEXT).encode(),
    "an address in small letters": quote(TEXT).lower().encode(),
    "a form": urlencode({"name": TEXT}).encode(),
    "JSON": json.dumps({"name": TEXT}).encode(),
    "JSON within JSON": json.dumps(json.dumps({"name": TEXT})).encode(),
    "Python's bytes": repr(TEXT.encode()).encode(),
    "HTML": TEXT.encode("ascii", "xmlcharrefreplace"),
    "HTML in hexadecimal": "".join(one if one.isascii() else f"&#x{ord(one):X};" for one in TEXT).encode(),
    "compressed": gzip.compress(TEXT.encode()),
    "a workbook": workbook({"台账": [[TEXT]]}),
}
"""How the same sentence may be written, by what writes it so."""


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(WHO.words)


@pytest.mark.parametrize("how", WRITTEN)
def test_the_search_finds_every_word_however_it_is_written(search: Search, how: str) -> None:
    noise = Random(how).randbytes(50_000)
    content = WRITTEN[how] if how in ("compressed", "a workbook") else noise + WRITTEN[how] + noise
    assert {found.word for found in search.found(content)} == set(WHO.words)


def test_the_search_finds_nobody_else_and_nothing_by_chance(search: Search) -> None:
    for other in (persons(1, seed=5)[0], persons(3, seed=5)[2]):
        for codec in ("utf-8", "utf-16-le", "gb18030"):
            assert search.found(other.said.encode(codec)) == []
        assert search.found(base64.b64encode(other.said.encode())) == []
    assert search.found(Random(1).randbytes(2_000_000)) == []


@pytest.mark.parametrize("length", [0, 3_900, 4_050, 9_000])
def test_the_search_finds_a_value_that_a_database_keeps_in_pieces(search: Search, tmp_path: Path, length: int) -> None:
    with closing(sqlite3.connect(tmp_path / "log.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        with database:
            database.execute("CREATE TABLE events (bytes BLOB)")
            database.execute("INSERT INTO events VALUES (?)", (b"x" * length + TEXT.encode(),))
        looks = Looks(search)
        looks.files("files", tmp_path)
    assert {one.word for _, _, one in looks.found} == set(WHO.words)
    with pytest.raises(AssertionError):
        looks.nothing("files", "files: tables")


# while it lives -------------------------------------------------------------------------------------------------------


def test_all_of_them_were_put_through_it_and_all_is_in_the_vault(life: Life) -> None:
    assert len({word for person in life.people for word in person.words}) == 5 * MANY
    missing = [word for person in life.people for word in person.words if word not in life.opens[0]]
    assert missing == [], "who holds the vault's key reads everything, as long as it is there"


def test_nothing_of_theirs_is_in_redis_and_a_name_there_would_be_found(life: Life) -> None:
    assert life.before.nothing("Valkey", "stream") > 200
    assert [(one.word, one.form) for one in life.in_valkey] == 2 * [(STRANGER.chinese, "utf-8")]


def test_nothing_of_theirs_is_in_logs_metrics_or_what_commands_print(life: Life) -> None:
    life.before.nothing("logs", "metrics", "command line")


def test_nothing_of_theirs_is_in_a_file_a_table_or_the_record(life: Life) -> None:
    assert life.before.nothing("record") > 200
    assert life.before.nothing("files", "files: tables") > 90
    assert life.before.nothing("backup", "backup: tables") > 10


def test_nothing_of_theirs_is_on_a_page_or_in_an_export_for_anybody_in_either_language(life: Life) -> None:
    assert life.before.nothing("pages") > 600
    assert life.before.nothing("exports") > 400


def test_nothing_of_theirs_comes_back_in_an_answer_or_a_refusal(life: Life) -> None:
    assert life.before.nothing("answers") > 300
    assert life.before.nothing("refusals") > 500


def test_a_refusal_names_a_field_as_far_as_it_is_one_of_ours() -> None:
    for field_ in ("log", "data.parties.0.id_number", "parties/0/phone", "Idempotency-Key", None):
        assert named(field_) == field_
    for made_up, remains in (("data.%s", "data"), ("data.parties.1.%s", "data.parties.1"), ("%s", None)):
        assert {named(made_up % word) for word in WHO.words} == {remains}


def test_the_clerk_gets_the_workbook_back_as_it_was(life: Life) -> None:
    """The clerk's own file: the one that holds them, and that the search opens."""
    found = {one.word for one in life.before.search.found(life.given_back)}
    assert found >= {word for person in life.people[:ON_PAPER] for word in (person.chinese, person.latin)}


def test_a_person_is_told_what_is_held_about_them_and_nothing_of_anybody_else(life: Life) -> None:
    assert len(life.held) == len(life.read) == len(life.sought) == ASKING
    for (one, _, told), (_, read_), (case, _, found) in zip(life.held, life.read, life.sought, strict=True):
        own = {one.chinese, one.latin, one.phone, one.id_number}
        assert {here.word for here in life.before.search.found(told.encode())} == own
        assert {here.word for here in life.before.search.found(read_.encode())} == own
        assert {"case": case, "party": 0} in found["cases"]


# when they are erased -------------------------------------------------------------------------------------------------


def test_two_persons_erased_everything_in_which_anybody_was_named(life: Life) -> None:
    whose = {subject for subject in life.wrapped if not subject.startswith(REGISTER)}
    assert {row["id"] for row in life.erasures} >= whose
    for row in life.erasures:
        assert row["approved"] is True
        assert row["erased_at"] is not None
        assert row["proposed_by"] != row["decided_by"]
    assert len(whose) > 50


def test_nothing_opens_any_more(life: Life) -> None:
    assert life.after.search.found("\n".join(life.opens[1:]).encode()) == []
    assert set("\n".join(life.opens[1:]).split("\n")) == {Flock(life.people).word("correct-community", "reason")}
    assert len(life.indexed) > 30, "there were entries in the blind index"
    assert {subject for subject in life.left if not subject.startswith(REGISTER)} == set()
    assert Counter(what for what, _, _ in life.refused) == dict.fromkeys(("held", "read", "sought"), ASKING)
    for what, status, told in life.refused:
        if what == "sought":  # nobody is known any more, neither as who asked nor in a case
            assert status < 500
            assert json.loads(told).get("cases", []) == []
        else:  # to a clerk it says first that what was there is restricted
            assert (status, json.loads(told)["code"]) == (409, "erased" if what == "held" else "restricted")


def test_nothing_is_anywhere_a_restored_backup_included(life: Life) -> None:
    life.after.nothing("Valkey", "stream", "logs", "metrics", "record", "pages", "exports", "answers", "command line")
    assert life.after.nothing("files", "files: tables", "restored", "restored: tables") > 200


def test_no_key_of_theirs_is_in_any_file_but_the_backup_from_before(life: Life) -> None:
    gone = [key for subject, keys in life.wrapped.items() if not subject.startswith(REGISTER) for key in keys]
    assert len(gone) > 100
    for directory, wanted in ((life.data, 0), (life.restored, 0), (life.backup, len(gone))):
        content = b"".join(content for _, content in searching.files(directory))
        assert sum(key in content for key in gone) == wanted, directory.name


# and nothing else changed ---------------------------------------------------------------------------------------------


def test_record_root_and_digests_of_all_ledgers_are_what_they_were(life: Life) -> None:
    before, after, restored = life.proved
    assert before.size > 200
    assert len(before.digests) == sum(len(service.ledgers) for service in SERVICES)
    assert after == before
    assert restored == before


def test_scores_and_proofs_are_what_they_were(life: Life) -> None:
    before, after = life.told
    assert len(before.scores) >= 2
    assert len(before.inclusion) > 20
    assert after == before


@pytest.mark.parametrize("where", ["data", "restored"])
def test_old_checkpoints_hold_and_every_ledger_and_score_is_replayed(life: Life, where: str) -> None:
    data, before, words = getattr(life, where), life.proved[0], list[object]()
    for number, note in enumerate(life.checkpoints):
        (life.home / f"{number}.txt").write_text(note)
        words += ("--checkpoint", life.home / f"{number}.txt")
    verified = called("audit", "verify", "--data", data, *words, "--json")
    assert verified.code == 0, verified.err
    first, last = (open_checkpoint(note, load_verifier(data, LOG)) for note in life.checkpoints)
    assert 0 < first.size < last.size
    assert (last.size, last.root.hex()) == (before.size, before.root)
    for position, hashes in zip(range(0, before.size, 9), life.told[1].inclusion, strict=True):
        proof = [base64.b64decode(one) for one in hashes]
        assert verify_inclusion(leaf_of(before.bytes[position][1]), position, before.size, proof, last.root)
    if where == "data":
        replayed = called("audit", "replay", "--data", data, "--json")
        assert replayed.code == 0, replayed.err
        assert replayed.json["scores"]["checked"] == replayed.json["scores"]["equal"] >= 2
