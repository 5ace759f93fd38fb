"""The forms that are made from the commands, as a browser without scripts meets them. Everyone in them is invented."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assignment.service import SERVICE as ASSIGNMENT
from services.installation import SERVICES
from services.together import SECTIONS, application, whole_policy
from shared.access.policy import Kind
from shared.access.visitor import Visitor
from shared.contracts.codes import Role
from shared.contracts.days import CIVIL
from shared.contracts.event import Actor, value
from shared.contracts.fields import Line
from shared.contracts.model import Accepts, Decider, Within, slug
from shared.errors import ACCESS_CODES, CODES
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.forms.drawing import label_of
from shared.web.forms.filling import Filled, data, empty, filled, nested, without_blanks
from shared.web.forms.form import Draft, roles_of
from shared.web.forms.tree import ABSENT, NO, OCCURRED_AT, YES, Control, Group, Leaf, Part, Picks, Rows, tree
from shared.web.gate import Gate
from shared.web.session import FORM_TOKEN
from tests.strategies import MOMENTS, instances
from tests.web.campaign import LOG, Campaign, client_of, code, day, join, opened, report, signed_in

FORMS: Final[Mapping[str, tuple[str, Decider[Any], Accepts]]] = {
    f"/{service.name}/forms/{slug(accepts.command)}": (service.name, decider, accepts)
    for service in SERVICES for decider in service.deciders for accepts in decider.accepts if roles_of(accepts)
}  # fmt: skip
WORDS: Final = {section.service: section.forms for section in SECTIONS}
SECRETS: Final = ("虚构丙", "13900000007", "为晾晒衣物争执")

Scenario = Callable[[Node, Any], Coroutine[Any, Any, None]]


def on(path: Path, scenario: Scenario) -> None:
    """Run a scenario on a node of its own, with two communities."""

    async def work() -> None:
        async with opened(path) as (node, app):
            campaign = Campaign(node)
            await join(campaign, 1, "学院社区")
            await join(campaign, 2, "河畔社区")
            await campaign.settle()
            await scenario(node, app)

    asyncio.run(work())


def of_community(node: Node, app: Any, number: int, role: Role = Role.CLERK) -> httpx.AsyncClient:
    """A browser of somebody who belongs to one community."""
    visitor = Visitor(Actor(id=f"{role}-{number}", role=role), LOG, place=code(number))
    return client_of(app, {Doorkeeper.COOKIE: node.storage.sessions.open_for(visitor)})


@dataclass
class Field:
    """A control as a browser sees it."""

    tag: str
    attributes: dict[str, str]
    legend: str
    value: str | None
    """What stands in it; None where it is not ticked."""

    @property
    def sends(self) -> str | None:
        """What a browser sends: of a text area without its first line break, the others as mail has them."""
        if self.tag != "textarea" or self.value is None:
            return self.value
        return self.value.removeprefix("\n").replace("\n", "\r\n")


class Sheet(HTMLParser):
    """A page's form: what a browser would send, what a reader would hear."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[Field] = []
        self.labels: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        """By id: what is said about a field."""
        self.ids = Counter[str]()
        self.links: set[str] = set()
        self._legends: list[str] = []
        self._into: list[Callable[[str], None]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: text or "" for name, text in attrs}
        if "id" in said:
            self.ids[said["id"]] += 1
        if tag == "a":
            self.links.add(said.get("href", ""))
        if tag == "form":
            self._inside = said.get("class", "").startswith("sheet form")
        if not self._inside:
            return
        if tag == "fieldset":
            self._legends.append("")
        self._into.append(lambda text: None)
        match tag:
            case "legend":
                self._into[-1] = self._legend
            case "label":
                self._into[-1] = lambda text, to=said["for"]: self._add(self.labels, to, text)  # type: ignore[misc]
            case "p" if "id" in said:
                self._into[-1] = lambda text, to=said["id"]: self._add(self.texts, to, text)  # type: ignore[misc]
            case "input":
                ticked = said.get("type") not in ("radio", "checkbox") or "checked" in said
                self._field(tag, said, said.get("value", "on") if ticked else None)
            case "select":
                self._field(tag, said, "")
            case "textarea":
                self._field(tag, said, "")
                self._into[-1] = self._typed
            case "option" if "selected" in said:
                self.fields[-1].value = said["value"]
            case _:
                pass
        if tag == "input":
            self._into.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if self._inside and self._into:
            self._into.pop()
            if tag == "fieldset":
                self._legends.pop()

    def handle_data(self, data: str) -> None:
        if self._inside and self._into:
            for into in reversed(self._into[-2:]):
                into(data)

    def _field(self, tag: str, said: dict[str, str], held: str | None) -> None:
        self.fields.append(Field(tag, said, " ".join(self._legends), held))

    def _legend(self, text: str) -> None:
        self._legends[-1] += text.strip()

    def _typed(self, text: str) -> None:
        self.fields[-1].value = (self.fields[-1].value or "") + text

    @staticmethod
    def _add(texts: dict[str, str], to: str, text: str) -> None:
        texts[to] = texts.get(to, "") + text.strip()

    @property
    def sends(self) -> dict[str, str]:
        """What is sent as it stands."""
        return {one.attributes["name"]: one.sends for one in self.fields if one.sends is not None}

    @property
    def asked(self) -> list[Field]:
        """The controls that somebody sees."""
        return [one for one in self.fields if one.attributes.get("type") != "hidden"]

    def wrong(self, path: str) -> str:
        """What is said to be wrong with a field, where the field says so itself."""
        for one in self.fields:
            if one.attributes.get("name") == path and one.attributes.get("aria-invalid") == "true":
                assert f"{path}-wrong" in one.attributes.get("aria-describedby", f"{path}-wrong")
                return self.texts[f"{path}-wrong"]
        return ""


# words ----------------------------------------------------------------------------------------------------------------


def test_every_command_that_people_send_is_called_something_in_both_languages_and_nothing_else_is() -> None:
    for service in SERVICES:
        mine = [path for path, (name, _, _) in FORMS.items() if name == service.name]
        forms = WORDS[service.name]
        assert set(forms.commands) == {path.rpartition("/")[2] for path in mine}
        assert set(forms.groups) >= {FORMS[path][1].category for path in mine}
        for words in forms.commands.values():
            for zh, en in (words.title, words.lead):
                assert re.search("[\u4e00-\u9fff]", zh)
                assert en
                assert not re.search("[\u4e00-\u9fff]", en)
    left = {accepts.command.__name__ for s in SERVICES for d in s.deciders for accepts in d.accepts} - {
        accepts.command.__name__ for _, _, accepts in FORMS.values()
    }
    assert left == {"OpenHandling", "ResumeHandling", "OpenHandover", "EndHandling", "CompleteErasure"}, "no person's"


def paths(part: Part, path: str) -> Iterator[str]:
    """The places of a form, those of rows once."""
    yield path
    match part:
        case Group():
            for one in part.parts:
                yield from paths(one, f"{path}/{one.name}")
        case Rows():
            yield from paths(part.of, path)
        case Leaf() | Picks():
            pass


def test_every_field_has_a_label_in_both_languages_and_every_label_a_field() -> None:
    used: dict[str, set[str]] = {service.name: set() for service in SERVICES}
    for path, (service, _, accepts) in FORMS.items():
        own = WORDS[service].commands[path.rpartition("/")[2]]
        inner = set(paths(tree(accepts.command), "data")) - {"data"}
        for one in inner:
            zh, en = label_of(one, own, WORDS[service])
            assert re.search("[\u4e00-\u9fff]", zh), f"{path}: {one} has no label"
            assert en != one.rpartition("/")[2], f"{path}: {one} has no English label"
        names = {one.rpartition("/")[2] for one in inner} | {one.removeprefix("data/") for one in inner}
        assert set(own.fields) <= names, f"{path}: labels of nothing"
        used[service] |= names
    for service, names in used.items():
        assert set(WORDS[service].fields) <= names


def test_a_command_that_nobody_has_named_yet_has_a_form_all_the_same() -> None:
    @value
    class PaintWall:
        """Paint a wall."""

        colour: Line

    assert tree(PaintWall).parts[0].name == "colour"
    assert label_of("data/colour", None, WORDS["intake"]) == ("colour", "colour")


# every form -----------------------------------------------------------------------------------------------------------


def test_every_form_stands_in_both_languages_with_a_label_for_each_field(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        browsers = {role: signed_in(node, app, role) for role in Role}
        for path, (_, _, accepts) in FORMS.items():
            browser = browsers[min(roles_of(accepts))]
            for language in ("zh", "en"):
                page = await browser.get(f"{path}?lang={language}")
                assert page.status_code == 200, (path, page.text)
                assert "<script" not in page.text
                assert not re.search(r"\s(style|on[a-z]+)=", page.text)
                _labelled(path, Sheet(page.text))
        for browser in browsers.values():
            await browser.aclose()

    on(tmp_path, scenario)


def _labelled(path: str, sheet: Sheet) -> None:
    assert set(sheet.ids.values()) == {1}, (path, sheet.ids.most_common(1))
    assert sheet.asked
    for one in sheet.asked:
        assert sheet.labels[one.attributes["id"]], (path, one)
        if one.attributes.get("type") in ("radio", "checkbox"):
            assert one.legend, (path, one)
        for said in one.attributes.get("aria-describedby", "").split():
            assert sheet.texts[said]
    names = [one.attributes["name"] for one in sheet.asked if one.attributes.get("type") != "radio"]
    assert len(names) == len(set(names)), path


def test_controls_and_limits_are_those_of_the_types() -> None:
    report, publish = tree(FORMS["/intake/forms/report-case"][2].command), FORMS["/assessment/forms/publish-scores"]
    known = {part.name: part for part in (*report.parts, *tree(publish[2].command).parts)}
    controls = {name: part.control for name, part in known.items() if isinstance(part, Leaf)}
    assert controls["summary"] is Control.AREA
    assert controls["kind"] is Control.CODE
    assert controls["as_of"] is Control.DAY
    assert controls["plan_version"] is Control.NUMBER
    assert isinstance(known["parties"], Rows)
    assert known["parties"].most == 50
    assert known["summary"].given
    assert not known["grid"].given
    follow = {part.name: part for part in tree(FORMS["/intake/forms/follow-up-case"][2].command).parts}
    assert (follow["satisfied"].given, follow["stable"].given) == (False, True)
    ask = {part.name: part for part in tree(FORMS["/privacy/forms/ask-unmasking"][2].command).parts}
    assert ask["community"].emptied is None, "that it is of no one community has to be said"
    assert follow["satisfied"].emptied is ABSENT


# who may --------------------------------------------------------------------------------------------------------------


def test_each_form_has_the_row_of_its_command() -> None:
    rows = {(rule.method, rule.path): rule for rule in whole_policy()}
    for path in FORMS:
        sent, shown, command = rows["POST", path], rows["GET", path], rows["POST", path.replace("forms", "commands")]
        assert (sent.kind, shown.kind) == (Kind.FORM, Kind.PAGE)
        assert sent.roles == shown.roles == command.roles - {Role.SERVICE, Role.RESIDENT}
        assert sent.within == command.within
        assert (shown.within is Within.CLOSED) == (command.within is Within.CLOSED)
        for rule in (sent, shown):
            assert (rule.clause, rule.by_person) == (command.clause, command.by_person)


def test_what_is_listed_is_what_may_be_sent(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        for role in Role:
            mine = {path for path, (_, _, accepts) in FORMS.items() if role in roles_of(accepts)}
            async with signed_in(node, app, role) as browser:
                page = await browser.get("/forms")
                assert page.status_code == (200 if mine else 403)
                assert {link for link in Sheet(page.text).links if link in FORMS} == mine
        async with of_community(node, app, 1, Role.OFFICE) as browser:
            listed = Sheet((await browser.get("/assignment/forms")).text).links & FORMS.keys()
            assert "/assignment/forms/register-community" not in listed, "it concerns the whole sub-district"
            assert "/assignment/forms/plan-visit" in listed
            assert (await browser.get("/assignment/forms/register-community")).status_code == 403
        above = Visitor(Actor(id="district-1", role=Role.OFFICE), LOG, place="410105", logs=frozenset({LOG}))
        async with client_of(app, {Doorkeeper.COOKIE: node.storage.sessions.open_for(above)}) as browser:
            assert not Sheet((await browser.get("/forms")).text).links & FORMS.keys(), "they look on"

    on(tmp_path, scenario)


def test_who_may_not_is_refused_as_at_the_api(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.CLERK) as clerk:
            given = {**(await shown(clerk, path)).sends, **CASE}
            size = node.storage.log.size(LOG)
            for token in ({}, {FORM_TOKEN: ""}, {FORM_TOKEN: "0" * 64}):
                bare = {name: text for name, text in given.items() if name != FORM_TOKEN}
                answer = await clerk.post(path, data=bare | token)
                assert answer.status_code == 403
                assert ACCESS_CODES["form_expired"].zh in answer.text
            elsewhere = await clerk.post(path, data=given, headers={"sec-fetch-site": "cross-site"})
            assert elsewhere.status_code == 400
            for role, status in ((Role.AUDITOR, 403), (Role.OFFICER, 403)):
                async with signed_in(node, app, role) as other:
                    answer = await other.post(path, data=given)
                    assert answer.status_code == status
                    assert CODES["role_not_allowed"].zh in answer.text
            async with client_of(app) as nobody:
                assert (await nobody.post(path, data=given)).headers["location"] == "/sign-in"
                machine = node.storage.machines.open("portal", Role.CLERK, LOG, ("command", "form"), timedelta(days=1))
                program = {"authorization": f"Bearer {machine}", "accept": "application/json"}
                assert (await nobody.post(path, data=given, headers=program)).status_code == 401
            no_form = await clerk.post(path, data={**given, "command_id": "k"})
            assert no_form.status_code == 400
            assert node.storage.log.size(LOG) == size

    on(tmp_path, scenario)


def test_a_guest_may_look_at_a_form_and_is_asked_to_sign_in(tmp_path: Path) -> None:
    async def work() -> None:
        guest = Visitor(Actor(id="guest", role=Role.LEADER), LOG)
        async with opened(tmp_path, guest) as (_, app), client_of(app) as browser:
            assert "/assignment/forms/assign-handler" in Sheet((await browser.get("/forms")).text).links
            page = await browser.get("/assignment/forms/assign-handler")
            sheet = Sheet(page.text)
            assert "/sign-in?next=/assignment/forms/assign-handler" in sheet.links
            assert sheet.sends[FORM_TOKEN] == ""
            assert (await browser.post("/assignment/forms/assign-handler", data=sheet.sends)).status_code == 303

    asyncio.run(work())


def test_a_process_of_one_service_leads_to_the_forms_of_the_others(tmp_path: Path) -> None:
    """Behind one front each service has a process of its own, and `/forms` is one of them."""

    async def scenario(node: Node, _: Any) -> None:
        alone = application(Node(node.storage, (ASSIGNMENT,), record=False, redis_url=None))
        for role, there in (
            (Role.CLERK, {"intake", "assignment", "assessment", "privacy"}),
            (Role.PRIVACY, {"privacy"}),
        ):
            async with signed_in(node, alone, role) as browser:
                answer = await browser.get("/forms")
            assert answer.status_code == 200
            linked = set(re.findall(r'href="/(\w+)/forms', answer.text))
            assert there <= linked, role

    on(tmp_path, scenario)


def test_who_belongs_to_one_community_fills_in_for_it_alone(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"

    async def scenario(node: Node, app: Any) -> None:
        campaign = Campaign(node, sent=100)
        theirs = await report(campaign, day("06-20"), 2)
        await campaign.settle()
        async with of_community(node, app, 1) as browser:
            page = await browser.get(path)
            sheet = Sheet(page.text)
            assert sheet.sends["data/community"] == code(1)
            assert "data/community" not in {one.attributes.get("id") for one in sheet.asked}, "it is not asked"
            assert "学院社区" in page.text
            assert "河畔社区" not in page.text
            answer = await browser.post(path, data={**sheet.sends, **CASE, "data/community": code(2)})
            assert answer.status_code == 403
            assert CODES["wrong_jurisdiction"].zh in answer.text
            accept = f"/intake/forms/accept-case?stream=case/{theirs}"
            sends = (await shown(browser, accept)).sends
            there = await browser.post(accept, data=sends)
            nowhere = await browser.post(accept.replace(theirs, "f" * 20), data=sends)
            assert there.status_code == nowhere.status_code == 404
            assert there.text.replace(theirs, "f" * 20) == nowhere.text, "what lies elsewhere does not exist"
            done = await browser.post(path, data={**sheet.sends, **CASE, "data/community": code(1)})
            assert done.status_code == 303

    on(tmp_path, scenario)


async def shown(browser: httpx.AsyncClient, path: str) -> Sheet:
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    return Sheet(page.text)


# a form that is sent --------------------------------------------------------------------------------------------------

CASE: Final = {
    "data/community": code(1), "data/kind": "dispute", "data/dispute_type": "neighbours", "data/source": "sweep",
    "data/summary": f"{SECRETS[2]}\r\n第二行 <b>&amp;", "data/parties/0/role": "applicant",
    "data/parties/0/name": SECRETS[0], "data/parties/0/phone": SECRETS[1],
}  # fmt: skip


def test_a_case_is_reported_by_the_form_and_stands_in_the_ledger_once(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.CLERK) as browser:
            given = {**(await shown(browser, path)).sends, **CASE}
            size = node.storage.log.size(LOG)
            with structlog.testing.capture_logs() as logged:
                done = await browser.post(path, data=given)
                again = await browser.post(path, data=given)
            assert done.status_code == again.status_code == 303
            assert done.headers["location"] == again.headers["location"], "sent twice, it is one command"
            assert node.storage.log.size(LOG) == size + 1
            where = done.headers["location"]
            page = await browser.get(where)
            assert page.status_code == 200
            rows = (await browser.get("/intake/ledgers/cases", headers={"accept": "application/json"})).json()["rows"]
            (row,) = rows
            assert where == f"/cases/{row['id']}"
            assert (row["community"], row["dispute_type"], row["source"]) == (code(1), "neighbours", "sweep")
            for secret in SECRETS:
                assert secret not in page.text + str(done.headers) + str(logged) + str(rows)
            (recorded,) = node.storage.log.stream(LOG, f"case/{row['id']}")
            assert recorded.command_id == given["command_id"]
            assert recorded.occurred_at.isoformat() == given["occurred_at"] + "+08:00"
            assert recorded.actor == Actor(id="clerk-1", role=Role.CLERK)
            changed = await browser.post(path, data={**given, "data/source": "hotline"})
            assert changed.status_code == 409
            sheet = Sheet(changed.text)
            assert sheet.sends["command_id"] != given["command_id"]
            assert (await browser.post(path, data=sheet.sends)).headers["location"] != where, "now it is another case"

    on(tmp_path, scenario)


def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"
    second = {
        "data/parties/1/name": "", "data/parties/1/phone": "",  # an empty row in between is none
        "data/parties/2/role": "respondent", "data/parties/2/name": "虚构丁", "data/parties/2/phone": "not a phone",
    }  # fmt: skip
    bad = {
        "data/grid": "a b", "data/source": "", "data/summary": "x" * 5000, "occurred_at": "2015-06-31T09:00",
        "data/dispute_type": "no such type",
    }  # fmt: skip

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.CLERK) as browser:
            given = {**(await shown(browser, path)).sends, **CASE, **second, **bad}
            size = node.storage.log.size(LOG)
            answer = await browser.post(path, data=given)
            assert answer.status_code == 422
            sheet = Sheet(answer.text)
            expected = {
                "data/grid": "bad_format", "data/source": "missing_field", "data/summary": "too_long",
                "data/dispute_type": "not_in_list", "data/parties/1/phone": "bad_format", "occurred_at": "bad_format",
            }  # fmt: skip
            assert {path: sheet.wrong(path) for path in expected} == {p: CODES[c].zh for p, c in expected.items()}
            assert {f"#{path}" for path in expected} <= sheet.links, "the summary leads to each"
            kept = {**given, "data/summary": bad["data/summary"]}
            for part in ("role", "name", "phone"):  # the empty row is gone
                kept[f"data/parties/1/{part}"] = kept.pop(f"data/parties/2/{part}")
            del kept["data/dispute_type"], kept["data/source"]
            sends = sheet.sends
            assert {name: sends[name] for name in kept} == kept
            assert set(sends) - set(kept) == {
                "data/dispute_type", "data/source", "data/parties/1/id_number",
            }  # fmt: skip
            assert node.storage.log.size(LOG) == size
            mended = {
                "data/grid": "G01-1", "data/source": "sweep", "data/summary": CASE["data/summary"],
                "occurred_at": "2015-06-30T09:00", "data/dispute_type": "neighbours",
                "data/parties/1/phone": "13900000008", "data/parties/1/id_number": "41010519800101001X",
            }  # fmt: skip
            digit = await browser.post(path, data={**sends, **mended})
            assert Sheet(digit.text).wrong("data/parties/1/id_number") == CODES["bad_check_digit"].zh
            del mended["data/parties/1/id_number"]
            done = await browser.post(path, data={**sends, **mended})
            assert done.status_code == 303
            (recorded,) = node.storage.log.stream(LOG, done.headers["location"].replace("/cases/", "case/"))
            assert recorded.occurred_at == datetime(2015, 6, 30, 9, tzinfo=CIVIL)
            assert len(recorded.event.parties) == 2

    on(tmp_path, scenario)


def test_a_row_is_added_and_taken_out_without_a_script_and_nothing_is_lost(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.CLERK) as browser:
            given = {**(await shown(browser, path)).sends, **CASE}
            size = node.storage.log.size(LOG)
            more = await browser.post(path, data={**given, "add": "data/parties"})
            assert more.status_code == 200
            sends = Sheet(more.text).sends
            assert sends["data/parties/1/name"] == ""
            assert {name: sends[name] for name in given} == {**given}
            fewer = await browser.post(path, data={**sends, "data/parties/1/name": "虚构丁", "drop": "data/parties/0"})
            left = Sheet(fewer.text).sends
            assert left["data/parties/0/name"] == "虚构丁"
            assert "data/parties/1/name" not in left
            assert SECRETS[0] not in fewer.text
            for nonsense in ("", "data", "data/summary", "data/parties/9", "data/parties/x/y", "x" * 99, "/" * 99):
                for button in ("add", "drop"):
                    assert (await browser.post(path, data={**given, button: nonsense})).status_code == 200
            assert node.storage.log.size(LOG) == size, "a row is no command"

    on(tmp_path, scenario)


def test_a_step_of_a_case_is_taken_by_its_form_and_what_comes_too_early_names_what_may_come(tmp_path: Path) -> None:
    async def scenario(node: Node, app: Any) -> None:
        campaign = Campaign(node, sent=100)
        case = await report(campaign, day("06-20"), 1)
        await campaign.settle()
        async with signed_in(node, app, Role.CLERK) as browser:
            close = f"/intake/forms/close-case?stream=case/{case}"
            early = await browser.post(close, data=(await shown(browser, close)).sends)
            assert early.status_code == 409
            accept = f"/intake/forms/accept-case?stream=case%2F{case}"
            assert accept in Sheet(early.text).links
            assert f"/intake/forms/hand-down-case?stream=case%2F{case}" not in Sheet(early.text).links, "the office's"
            bare = await shown(browser, "/intake/forms/accept-case")
            without = await browser.post("/intake/forms/accept-case", data=bare.sends)
            assert Sheet(without.text).wrong("stream") == CODES["stream_required"].zh
            done = await browser.post("/intake/forms/accept-case", data={**bare.sends, "stream": case})
            assert (done.status_code, done.headers["location"]) == (303, f"/cases/{case}")
            past = {**(await shown(browser, close)).sends, "occurred_at": "2999-01-01T00:00"}
            answer = await browser.post(close, data=past)
            assert Sheet(answer.text).wrong("occurred_at")

    on(tmp_path, scenario)


def test_what_has_no_page_of_its_own_is_told_to_who_sent_it(tmp_path: Path) -> None:
    path = "/assignment/forms/complete-patrol"

    async def scenario(node: Node, app: Any) -> None:
        patrol = {
            "data/team": "volunteers", "data/participants": "4", "data/minutes": "50", "data/matters": "0",
            "data/community": code(1),
        }  # fmt: skip
        team = FORMS[path][2].command
        codes = next(part.codes for part in tree(team).parts if isinstance(part, Leaf) and part.name == "team")
        patrol["data/team"] = codes[0].value
        for browser, linked in ((signed_in(node, app, Role.CLERK), True), (of_community(node, app, 1), False)):
            async with browser:
                given = {**(await shown(browser, path)).sends, **patrol}
                done = await browser.post(path, data=given)
                assert done.status_code == 303, done.text
                where = done.headers["location"]
                assert where == f"/assignment/forms/recorded?command={given['command_id']}"
                page = await browser.get(where)
                position = node.storage.log.size(LOG) - 1
                assert (f'href="/record/{position}"' in page.text) is linked
                assert f"记录位置 {position}" in page.text
                for none in ("", "0" * 32, "x"):
                    assert (await browser.get(f"/assignment/forms/recorded?command={none}")).status_code == 404

    on(tmp_path, scenario)


def test_what_is_no_form_of_ours_breaks_nothing(tmp_path: Path) -> None:
    path = "/intake/forms/report-case"

    async def scenario(node: Node, app: Any) -> None:
        async with signed_in(node, app, Role.CLERK) as browser:
            given = (await shown(browser, path)).sends
            size = node.storage.log.size(LOG)
            for odd in (
                {"data": "x"}, {"data/parties": "x"}, {"data/parties/0": "x"}, {"data/summary/0/1": "x"},
                {"data/parties/99999999/name": "x"}, {"data/parties/-1/name": "x"}, {"data/parties/0/role/x": "x"},
                {"/": "x"}, {"": "x"}, {"data/" + "a/" * 500: "x"}, {"data/log": OTHER}, {"log": OTHER},
                {"data/parties/٣/name": "x"}, {"stream": "case/0" * 2000},
            ):  # fmt: skip
                answer = await browser.post(path, data=given | odd)
                assert answer.status_code == 422, odd
            wide = {f"data/parties/{number}/name": "甲" * 100 for number in range(900)}
            assert (await browser.post(path, data=given | wide)).status_code in (413, 422)
            assert (await browser.post(path, data=given | {f"x{n}": "" for n in range(6000)})).status_code == 400
            assert (await browser.post(path, data=given | {"data/summary": "x" * 2_000_000})).status_code == 413
            program = await browser.post(path, data=given, headers={"accept": "application/json"})
            assert (program.status_code, program.json()["code"]) == (422, "missing_field")
            assert node.storage.log.size(LOG) == size

    on(tmp_path, scenario)


OTHER: Final = "410105011"


# there and back -------------------------------------------------------------------------------------------------------


def sent(part: Part, held: Any, path: str) -> Iterator[tuple[str, str]]:
    """The fields that a browser sends where a value has been filled in."""
    match part:
        case Leaf():
            yield path, "" if held is None else _typed(held)
        case Group():
            for one in part.parts:
                below = None if held is None else getattr(held, one.name)
                yield from sent(one, below, f"{path}/{one.name}")
        case Rows():
            for number, row in enumerate(held or ()):
                yield from sent(part.of, row, f"{path}/{number}")
        case Picks():
            for one in held or ():
                yield f"{path}/{part.codes.index(one)}", one.value


def _typed(held: Any) -> str:
    if isinstance(held, bool):
        return YES if held else NO
    if isinstance(held, str):
        return held.replace("\n", "\r\n")
    return held.isoformat() if isinstance(held, date) else str(held)


def as_asked(part: Part, held: Any) -> Any:
    """A value as a form can ask for it: an empty list that may be left out is one that was left out, and codes are
    picked once each, in the order in which they stand there."""
    match part:
        case Rows() | Picks() if held == () and part.emptied is None:
            return None
        case Picks():
            return tuple(one for one in part.codes if one in held)
        case Rows() if held:
            return tuple(as_asked(part.of, row) for row in held)
        case Group() if held is not None:
            usual = {one.name: one.default for one in fields(held)}
            known = {one.name: as_asked(one, getattr(held, one.name)) for one in part.parts}
            return type(held)(
                **{name: None if said == () and usual[name] is None else said for name, said in known.items()}
            )
        case _:
            return held


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(drawn=st.data())
def test_what_is_filled_in_is_what_the_api_is_sent(service: str, drawn: st.DataObject) -> None:
    accepts = drawn.draw(st.sampled_from([one for name, _, one in FORMS.values() if name == service]))
    shape = tree(accepts.command)
    command = as_asked(shape, drawn.draw(instances(accepts.command)))
    at = drawn.draw(MOMENTS).astimezone(CIVIL)
    written = {**dict(sent(shape, command, "data")), OCCURRED_AT.name: at.replace(tzinfo=None).isoformat()}
    arrived = nested(dict(parse_qsl(urlencode(written), keep_blank_values=True)))
    held: Filled = without_blanks(shape, filled(shape, arrived.get("data")))
    draft = Draft("0" * 32, "", filled(OCCURRED_AT, arrived[OCCURRED_AT.name]), held)
    body = Gate(accepts.command).read(draft.body(LOG, "x", shape), datetime(2300, 1, 1, tzinfo=UTC))
    assert body.data == command
    assert (body.log, body.occurred_at, body.stream) == (LOG, at, None)


def test_an_empty_form_says_nothing_but_what_stands_there_first() -> None:
    for _, _, accepts in FORMS.values():
        shape = tree(accepts.command)
        said = data(shape, without_blanks(shape, empty(shape)))
        given = {part.name for part in shape.parts if isinstance(part, Leaf) and part.given}
        assert not given & said.keys(), "nothing has been given yet"
