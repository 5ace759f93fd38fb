"""Every command in which a person may be named, sent to a running server with words that are looked for afterwards:
canaries. What they are is said by who looks for them. All are invented.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final

import httpx

from services.installation import SERVICES
from shared.contracts.codes import Role
from shared.contracts.event import Recorded
from shared.contracts.model import slug
from shared.contracts.personal import Plan, personal, sealed_copy
from shared.log.vault import Unreadable
from shared.storage import Storage
from tests.system.server import AT, COMMUNITY, LOG, Json, Server

PLACE: Final = f"{LOG}777"


def word_of_its_own(command: str, path: str) -> str:
    """A word that stands nowhere else, in the form of its field."""
    digits = str(10**9 + secrets.randbelow(9 * 10**9))
    forms = {"phone": f"1{digits}", "id_number": f"KN{digits}"}
    return forms.get(path.rpartition(".")[2], f"kanari{secrets.token_hex(8)}")


@dataclass
class Aviary:
    """A server, the canaries that were sent to it, and what it answered."""

    server: Server
    word: Callable[[str, str], str] = word_of_its_own
    """What a command's field is given, by the command and the field's path."""
    sent: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Canaries by command and path of the field."""
    answers: list[bytes] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)

    def bird(self, command: str, path: str) -> str:
        """A canary for a field."""
        word = self.word(command, path)
        self.sent.setdefault((command, path), []).append(word)
        return word

    def does(
        self, command: str, data: Json, stream: str | None = None, role: str = "office", at: str = AT, who: str = ""
    ) -> str:
        """A command whose personal fields are filled in here; the stream. Before that it is refused in several ways,
        each time with canaries, and afterwards it is sent again."""
        service, _, name = command.partition("/")
        full = data | filled(personal(COMMANDS[name]), lambda path: self.bird(name, path))
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


COMMANDS: Final = {
    slug(accepts.command): accepts.command
    for service in SERVICES
    for decider in service.deciders
    for accepts in decider.accepts
}


def filled(plan: Plan, bird: Callable[[str], str], path: str = "") -> Json:
    """All personal fields of a plan, two of each list."""
    data: Json = {name: bird(path + name) for name in plan.fields}
    data |= {name: [bird(path + name), bird(path + name)] for name in plan.lists}
    for name, inner, many in plan.within:
        assert many
        data[name] = [beside | filled(inner, bird, f"{path}{name}.") for beside in _BESIDE[name]]
    return data


_BESIDE: Final = {
    "parties": ({"role": "applicant"}, {"role": "respondent"}),
    "seats": ({"post": "head", "office": "副书记"}, {"post": "member", "office": "科员"}),
}
"""What else stands in each of a list of values that hold names."""


def paths(plan: Plan, before: str = "") -> set[str]:
    """Where the personal fields of a plan are."""
    inner = {path for name, plan, _ in plan.within for path in paths(plan, f"{before}{name}.")}
    return {before + name for name in (*plan.fields, *plan.lists)} | inner


def play(made: Aviary) -> None:
    """All commands with canaries, and time for what follows from them."""
    _institutions(made)
    _lives(made)
    _entries(made)
    _supervised(made)
    made.server.quiet()


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
    leaves, stays = posted(server)[:2]
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
    officer = posted(server)[0]
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
    first, second, third = posted(server)[:3]
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


def posted(server: Server) -> list[str]:
    """Those who serve the community on the day."""
    rows = server.rows("assignment/roster", community=COMMUNITY)
    day = date.fromisoformat(AT[:10]).isoformat()
    return [row["officer"] for row in rows if row["from_day"] <= day and (row["last_day"] or day) >= day]


# what is to be seen of them -------------------------------------------------------------------------------------------


def pages(aviary: Aviary) -> list[str]:
    """Every page about those streams, the public one too."""
    found = ["/", "/cases", "/communities", "/meetings", f"/communities/{COMMUNITY}", f"/communities/{PLACE}"]
    found += [f"/public/{LOG}", "/scores", "/duties", "/grids", "/flags", "/papers", "/clauses"]
    return [*found, *(f"/cases/{id}" for id in _cases(aviary)), "/record", f"/record/{aviary.server.size() - 1}"]


def answers(aviary: Aviary) -> list[str]:
    """Every question that programs ask about them."""
    found = [f"/public/{LOG}.json", "/assessment/duties", "/assessment/flags", "/assessment/grids"]
    found += [f"/intake/cases/{id}/possible-duplicates" for id in _cases(aviary)]
    return [*found, "/-/metrics", "/-/health/ready", "/-/policy.json"]


def ledgers() -> list[str]:
    """Every ledger: its rows, those of another day, and its files."""
    forms = ("limit=1000", "format=csv", "format=xlsx", "as_of=2099-01-01")
    named = [f"/{service.name}/ledgers/{ledger.name}" for service in SERVICES for ledger in service.ledgers]
    return [f"{name}?{form}" for name in named for form in forms]


def _cases(aviary: Aviary) -> list[str]:
    streams = (stream.partition("/") for stream in aviary.streams)
    return [*dict.fromkeys(id for category, _, id in streams if category == "case")]


def asked(
    server: Server, paths: Iterable[str], role: Role | None, language: str = "zh-CN"
) -> Iterator[tuple[str, httpx.Response]]:
    """What is answered to an actor of a role, by token and by session, or to nobody."""
    headers = {"accept-language": language}
    if role is not None:
        headers |= server.bearer(role) | {"cookie": f"sanguan_session={server.session(role)}"}
    for path in paths:
        yield path, server.request("GET", path, headers=headers)


def opened(storage: Storage, recorded: Recorded, log: str = LOG) -> list[str | None]:
    """What the boxes of an event hold, for who has the vault's key; None for one whose key was destroyed."""
    found: list[str | None] = []

    def look(_: str, box: str) -> str:
        try:
            found.append(storage.vault.open(log, box))
        except Unreadable:
            found.append(None)
        return box

    sealed_copy(recorded.event, personal(type(recorded.event)), look)
    return found


# canaries who are persons ---------------------------------------------------------------------------------------------

_GIVEN: Final = ("沄泩洺浥涑淯湉溁溦滃", "炆烜焓煊熠燏爔牧玙珺")
_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person. What is theirs stands nowhere else, and begins alike for all of them."""

    number: int
    chinese: str
    latin: str
    phone: str
    id_number: str
    address: str

    @property
    def name(self) -> str:
        return f"{self.chinese} {self.latin}"

    @property
    def said(self) -> str:
        """A sentence that tells everything."""
        return f"虚构：{self.name}，电话{self.phone}，身份证{self.id_number}，住{self.address}，称楼上漏水。"

    @property
    def words(self) -> tuple[str, ...]:
        """What must be nowhere."""
        return (self.chinese, self.latin, self.phone, self.id_number, self.address)


def persons(count: int, seed: int) -> tuple[Person, ...]:
    """Invented persons, always the same of a seed; at most a hundred."""
    random = Random(seed)
    return tuple(_person(number, random) for number in range(count))


def _person(number: int, random: Random) -> Person:
    tens, ones = divmod(number, 10)
    digits = f"659999{1950 + number % 40}{number % 12 + 1:02}{number % 28 + 1:02}{number:03}"  # no such place
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11]
    return Person(
        number=number, chinese=f"鸢瓒{_GIVEN[0][tens]}{_GIVEN[1][ones]}", latin=f"kanari{random.getrandbits(40):010x}",
        phone=f"19907{random.randrange(10**4):04}{number:02}", id_number=digits + check,
        address=f"鹮沚巷{100 + number}弄{random.randrange(100, 999)}号",
    )  # fmt: skip


@dataclass
class Flock:
    """Gives each field that may name somebody the next person, in the form of the field."""

    persons: Sequence[Person]
    _turn: int = -1

    def next(self) -> Person:
        """Whose turn it is now."""
        self._turn += 1
        return self.persons[self._turn % len(self.persons)]

    def word(self, command: str, path: str) -> str:
        """What a field is given: a party's telephone is that of whose name it got."""
        of_the_register = command in ("correct-community", "void-community")
        if of_the_register:
            return (
                "虚构：登记有误"  # one stream for the whole sub-district, which is never erased: it names nobody here
            )
        field = path.rpartition(".")[2]
        if field in ("phone", "id_number"):
            return str(getattr(self.persons[self._turn % len(self.persons)], field))
        person = self.next()
        return {"name": person.name, "person": person.name, "household_class": person.latin}.get(field, person.said)
