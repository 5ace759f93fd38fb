"""Possible duplicates over HTTP and on the case's page, on both databases. Everyone is invented (synthetic)."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import select

from services.assignment.commands import RegisterCommunity
from services.intake.commands import CorrectCase, LinkCase, Person, ReportCase, VoidCase
from services.together import application, together
from shared.contracts.codes import CaseKind, DisputeType, PartyRole, Role, Source
from shared.log.blind import BlindIndex
from shared.log.database import writing
from shared.log.tables import vault_blind, vault_keys
from shared.runtime import Node
from shared.settings import load
from tests.web.campaign import LOG, OTHER_LOG, Campaign, code, day, signed_in

NAME, PHONE, MORNING = "虚构张三", "13900001234", day("06-12")
QUARREL = "楼上住户在公共走道堆放纸箱和旧自行车，挡住通道，几次劝说都没有搬走。"
ANOTHER = "地下车库漏水，物业公司一直没有派人维修，业主拒绝交费。"
LINKERS = (Role.CLERK, Role.OFFICE)


@dataclass
class Office:
    """A running system with a community in each of two sub-districts."""

    node: Node
    app: Any
    made: Campaign

    async def reports(
        self, name: str, phone: str | None = None, summary: str = ANOTHER, log: str = LOG,
        at: datetime = MORNING,
    ) -> str:  # fmt: skip
        """A clerk registers a dispute; its id."""
        party = Person(role=PartyRole.APPLICANT, name=name, phone=phone)
        command = ReportCase(
            community=f"{log}001", grid="G01-1", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary=summary, parties=(party,),
        )  # fmt: skip
        id = await self.made.send(command, at, role=Role.CLERK, log=log)
        await self.made.settle()
        return id

    def browser(self, role: Role = Role.CLERK, log: str = LOG) -> httpx.AsyncClient:
        return signed_in(self.node, self.app, role, log)

    async def asks(
        self, case: str, role: Role = Role.CLERK, log: str = LOG, query: dict[str, str] | None = None
    ) -> httpx.Response:
        async with self.browser(role, log) as client:
            path = f"/intake/cases/{case}/possible-duplicates"
            return await client.get(path, params=query, headers={"accept": "application/json"})

    async def told(self, case: str, log: str = LOG) -> dict[str, list[str]]:
        """The cases that are suggested, each with why."""
        answer = await self.asks(case, log=log)
        assert answer.status_code == 200, answer.text
        return {one["case"]: one["why"] for one in answer.json()["possible"]}

    async def page(self, case: str, role: Role) -> str:
        async with self.browser(role) as client:
            answer = await client.get(f"/cases/{case}")
        assert answer.status_code == 200
        return answer.text

    def entries(self) -> list[tuple[Any, ...]]:
        with self.node.storage.log_engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(vault_blind))]


@asynccontextmanager
async def opened(data: Path, url: str) -> AsyncIterator[Office]:
    server = None if url.startswith("sqlite") else url
    async with together(load(data, database_url=server), stream=False) as node:
        office = Office(node, application(node), Campaign(node))
        for log in (LOG, OTHER_LOG):
            if node.storage.log.size(log) == 0:
                here = RegisterCommunity(code=f"{log}001", name="学院社区", grids=("G01-1",), households=800)
                await office.made.send(here, day("06-11"), log=log)
        await office.made.settle()
        yield office


Scenario = Callable[[Office], Coroutine[Any, Any, None]]
Run = Callable[[Scenario], None]


@pytest.fixture
def in_office(tmp_path: Path, log_url: str) -> Run:
    """Runs a scenario on each database."""

    def run(scenario: Scenario) -> None:
        async def play() -> None:
            async with opened(tmp_path, log_url) as office:
                await scenario(office)

        asyncio.run(play())

    return run


# told -----------------------------------------------------------------------------------------------------------------


def test_a_case_of_the_same_telephone_in_another_notation_is_suggested(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        before = await office.reports(NAME, "+86 139-0000-1234")
        case = await office.reports("虚构别名", "139 0000 1234", QUARREL, at=day("08-01"))
        answer = (await office.asks(case)).json()
        assert answer == {
            "log": LOG, "case": case, "possible": [
                {
                    "case": before, "why": ["same_contact"], "reported_on": "2015-06-12", "community": code(1),
                    "status": "reported",
                }
            ],
        }  # fmt: skip
        assert await office.told(before) == {case: ["same_contact"]}, "the earlier case knows the later one as well"

    in_office(scenario)


def test_a_touched_up_text_of_the_same_place_and_time_is_suggested(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        before = await office.reports(NAME, summary=QUARREL)
        case = await office.reports("虚构李四", summary=QUARREL.replace("几次", "多次"), at=day("06-26"))
        assert await office.told(case) == {before: ["similar_text", "same_place_and_time"]}
        assert await office.told(before) == {case: ["similar_text", "same_place_and_time"]}, "fourteen days later"
        later = await office.reports("虚构王五", summary=QUARREL, at=day("07-11"))
        assert await office.told(later) == {}, "fifteen days after the nearest of them"

    in_office(scenario)


def test_somebody_else_of_the_same_community_is_not(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        await office.reports("虚构李四", "13900009999")
        case = await office.reports(NAME, PHONE, QUARREL)
        assert await office.told(case) == {}

    in_office(scenario)


def test_another_sub_districts_case_never_is(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        theirs = await office.reports(NAME, PHONE, QUARREL, log=OTHER_LOG)
        case = await office.reports(NAME, PHONE, QUARREL)
        assert await office.told(case) == {}
        assert await office.told(theirs, OTHER_LOG) == {}

    in_office(scenario)


def test_what_was_corrected_is_known_by_its_new_parties_and_no_more_by_the_old(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        one = await office.reports("虚构甲某", "13900005555")
        right = (Person(role=PartyRole.APPLICANT, name=NAME, phone=PHONE),)
        await office.made.send(CorrectCase(reason="填错（虚构）", parties=right), day("06-13"), one)
        await office.made.settle()
        same = await office.reports("虚构乙某", PHONE, QUARREL, at=day("08-01"))
        old = await office.reports("虚构丙某", "13900005555", QUARREL, at=day("10-01"))
        assert await office.told(same) == {one: ["same_contact"]}
        assert await office.told(old) == {}
        with office.node.storage.log_engine.connect() as connection:
            keys = set(connection.scalars(select(vault_keys.c.subject)))
        entries = {subject for *_, subject in office.entries()}
        assert entries <= keys, "each goes with the key of its own part"
        assert sum(subject.startswith(f"case/{one}#") for subject in entries) == 2

    in_office(scenario)


def test_a_forgotten_case_is_not_suggested_and_asks_for_nothing(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        gone = await office.reports(NAME, PHONE, QUARREL)
        kept = await office.reports(NAME, PHONE, QUARREL)
        assert [*await office.told(kept)] == [gone]
        await asyncio.to_thread(office.node.storage.vault.destroy, LOG, f"case/{gone}", 7)
        assert await office.told(kept) == {}
        assert await office.told(gone) == {}
        assert {subject for *_, subject in office.entries()} == {f"case/{kept}#parties/0"}

    in_office(scenario)


def test_after_its_time_a_case_is_not_found_by_its_telephone(in_office: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(office: Office) -> None:
        before = await office.reports("虚构甲某", PHONE)
        case = await office.reports("虚构乙某", PHONE, QUARREL, at=day("08-01"))
        assert [*await office.told(case)] == [before]
        now = datetime.now().astimezone()
        monkeypatch.setattr("services.intake.api.utc_now", lambda: now + timedelta(days=124))
        assert await office.told(case) == {}
        monkeypatch.setattr("shared.runtime.utc_now", lambda: now + timedelta(days=124))
        await office.node._sweep()
        assert office.entries() == []

    in_office(scenario)


def test_a_linked_case_is_neither_suggested_nor_asks_any_more(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        first = await office.reports(NAME, PHONE)
        second = await office.reports(NAME, PHONE)
        third = await office.reports(NAME, PHONE)
        await office.made.send(LinkCase(duplicate_of=first), day("06-13"), second)
        await office.made.send(VoidCase(reason="误登（虚构）"), day("06-13"), third)
        await office.made.settle()
        for case in (first, second, third):
            assert await office.told(case) == {}

    in_office(scenario)


# to whom --------------------------------------------------------------------------------------------------------------


def test_only_those_who_may_link_are_told_by_answer_and_by_page(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        before, case = await office.reports(NAME, PHONE), await office.reports(NAME, PHONE)
        for role in set(Role) - {Role.SERVICE}:
            answer = await office.asks(case, role)
            assert answer.status_code == (200 if role in LINKERS else 403), role
        for role in (*LINKERS, Role.LEADER, Role.AUDITOR, Role.OFFICER):
            page = await office.page(case, role)
            assert (f'href="/cases/{before}"' in page) == (role in LINKERS), role
            assert ("疑似重复" in page) == (role in LINKERS), role
            assert not any(said in page for said in (NAME, PHONE, ANOTHER))
        alone = await office.reports("虚构李四", "13900009999", QUARREL, at=day("12-01"))
        assert "疑似重复" not in await office.page(alone, Role.CLERK)

    in_office(scenario)


def test_it_is_asked_about_a_case_and_about_nothing_else(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        case = await office.reports(NAME, PHONE)
        theirs = await office.reports(NAME, PHONE, log=OTHER_LOG)
        for name in ("phone", "name", "q", "community", "limit"):
            answer = await office.asks(case, query={name: PHONE})
            assert (answer.status_code, answer.json()["field"]) == (400, name)
        elsewhere = await office.asks(theirs, log=LOG)
        nowhere = await office.asks("no-such-case")
        assert elsewhere.status_code == nowhere.status_code == 404
        assert elsewhere.content == nowhere.content
        assert (await office.asks(theirs, query={"log": OTHER_LOG})).status_code == 403

    in_office(scenario)


# without a trace of the value -----------------------------------------------------------------------------------------


def test_each_answer_is_logged_by_how_many_were_told_and_appends_nothing(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        before, case = await office.reports(NAME, PHONE), await office.reports(NAME, PHONE)
        heads = office.node.storage.log.heads()
        with structlog.testing.capture_logs() as lines:
            await office.told(case)
        assert office.node.storage.log.heads() == heads, "a suggestion is no event"
        (line,) = lines
        assert {name: line[name] for name in ("log", "case", "actor", "role", "told")} == {
            "log": LOG, "case": case, "actor": "clerk-1", "role": "clerk", "told": 1,
        }  # fmt: skip
        said = json.dumps(line, ensure_ascii=False)
        assert not any(text in said for text in (NAME, PHONE, ANOTHER, before))

    in_office(scenario)


def test_the_index_holds_neither_a_value_nor_a_hash_of_one(in_office: Run, tmp_path: Path) -> None:
    """What a command leaves in the table, looked for as it is, in part, and under every hash without a key."""

    async def scenario(office: Office) -> None:
        for number in range(40):
            await office.reports(f"虚构{number:02}号", str(13_900_000_000 + number))
        entries = office.entries()
        assert len(entries) > 75, "a name and a number of each, but for those that meet by chance"
        written = json.dumps(entries, ensure_ascii=False)
        assert "虚构" not in written
        assert "139000000" not in written
        tokens = {subject: set[int]() for *_, subject in entries}
        for _, _, token, subject in entries:
            tokens[subject].add(token)
        for algorithm in sorted(hashlib.algorithms_guaranteed - {"shake_128", "shake_256"}):
            digests = [hashlib.new(algorithm, str(13_900_000_000 + n).encode()).digest() for n in range(40)]
            found = {int.from_bytes(digest[:2], "big") for digest in digests}
            assert sum(bool(found & held) for held in tokens.values()) <= 3, algorithm  # sixteen bits meet by chance

    in_office(scenario)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert "虚构01号".encode() not in file.read_bytes(), file.name
            assert b"13900000001" not in file.read_bytes(), file.name


# swept --------------------------------------------------------------------------------------------------------------


def test_what_has_lived_its_time_is_swept_when_the_system_starts(in_office: Run) -> None:
    async def leave(office: Office) -> None:
        await office.reports(NAME, PHONE)
        old = {"log": LOG, "epoch": "2015-01", "token": 7, "subject": "case/old#parties/0"}
        with writing(office.node.storage.log_engine) as connection:
            connection.execute(vault_blind.insert().values(old))

    async def find(office: Office) -> None:
        async with asyncio.timeout(60):
            while "2015-01" in {epoch for _, epoch, *_ in office.entries()}:  # noqa: ASYNC110  # nobody is told of it
                await asyncio.sleep(0)
        assert len(office.entries()) >= 1, "what is in use stays"

    in_office(leave)
    in_office(find)


def test_a_sweep_that_fails_is_seen_until_one_succeeds(in_office: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(office: Office) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(BlindIndex, "sweep", _away)
            await office.node._sweep()
        assert office.node.troubles() == ["sweeper: OSError"]
        await office.node._sweep()
        assert office.node.troubles() == []

    in_office(scenario)


def _away(index: BlindIndex, now: datetime) -> int:
    raise OSError("the database is away")
