"""What is sealed of a case is opened field by field, for those whose work it is or whom a second person let, and never
without a trace. Everyone in it is invented (synthetic)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from services.assignment.commands import DeclareConflict, ReplaceHandler
from services.intake.commands import CorrectCase, VoidCase
from services.intake.service import SERVICE as INTAKE
from services.privacy.commands import (
    AskUnmasking,
    BreakGlass,
    EndUnmasking,
    GrantUnmasking,
    LiftRestriction,
    PlaceRestriction,
    RefuseUnmasking,
)
from services.together import application
from shared.clock import utc_now
from shared.contracts.access import Purpose
from shared.contracts.codes import Profession, Role
from shared.contracts.privacy import Emergency, LiftReason, RestrictionReason, UnmaskingRefusal
from shared.log.access import access_log
from shared.log.anchoring import anchors
from shared.runtime import Node
from tests.harm.invented import ID_NUMBER, NAME, OTHER_NAME, PHONE
from tests.harm.office import COMMUNITY, SUMMARY, Office, office, person
from tests.web.campaign import COMMUNITIES, LOG, code, day, halted, join, signed_in

ALL = {
    "summary": SUMMARY, "parties/0/name": NAME, "parties/0/phone": PHONE, "parties/0/id_number": ID_NUMBER,
    "parties/1/name": OTHER_NAME,
}  # fmt: skip


@dataclass
class Case:
    """A case of two parties, and the means to read it."""

    office: Office
    id: str

    @property
    def subject(self) -> str:
        return f"case/{self.id}"

    @property
    def officer(self) -> str:
        """Who handles it."""
        return self.office.officer(Profession.POLICE)

    async def read(
        self, role: Role, who: str | None = None, *fields: str, purpose: str = "visit", community: str | None = None,
        path: str = "", **body: Any,
    ) -> Any:  # fmt: skip
        """The answer to somebody who wants to read."""
        token = self.office.node.storage.tokens.mint(
            role, LOG, subject=who or f"{role}-1", valid=timedelta(hours=1), community=community
        )
        path = path or f"/intake/cases/{self.id}/personal"
        said = {"purpose": purpose, "fields": list(fields or ("summary",)), **body}
        return await self.office.web.post(path, json=said, headers={"authorization": f"Bearer {token}"})

    async def refusal(self, *given: Any, **more: Any) -> tuple[int, str]:
        answer = await self.read(*given, **more)
        assert not any(value in answer.text for value in ALL.values())
        return answer.status_code, answer.json()["code"]

    def readings(self) -> list[Any]:
        return list(self.office.node.storage.log.recorded(access_log(LOG), -1, 1_000))

    async def ask(self, who: str, role: Role, purpose: Purpose, subject: str = "") -> str:
        """Ask for an unmasking; its id."""
        asked = AskUnmasking(case=subject or self.subject, community=COMMUNITY, purpose=purpose)
        return await self.office.campaign.send(asked, utc_now(), role=role, who=who)

    async def grant(self, who: str, role: Role, purpose: Purpose, subject: str = "") -> str:
        """An unmasking that another person granted; its id."""
        id = await self.ask(who, role, purpose, subject)
        await self.office.campaign.send(GrantUnmasking(hours=2), utc_now(), id, Role.PRIVACY, who="privacy-9")
        return id


@asynccontextmanager
async def a_case(data: Path) -> AsyncIterator[Case]:
    async with office(data) as made:
        id = await made.case(person(NAME, PHONE, ID_NUMBER), person(OTHER_NAME), household_class="kanari_class")
        yield Case(made, id)


def run(play: Callable[[Case], Any], data: Path) -> None:
    async def whole() -> None:
        async with a_case(data) as made:
            await play(made)

    asyncio.run(whole())


# fields -------------------------------------------------------------------------------------------------------------


def test_several_fields_are_opened_in_one_request_and_recorded_one_by_one(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        answer = await case.read(Role.CLERK, None, *ALL, purpose="contact")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["values"] == ALL
        assert told["erased"] == []
        assert told["readings"] == {field: f"{access_log(LOG)}/{number}" for number, field in enumerate(ALL)}
        assert answer.headers["cache-control"] == "no-store"
        read = case.readings()
        assert [one.event.field for one in read] == [*ALL]
        assert {one.event.subject for one in read} == {case.subject}
        assert {(one.event.case, one.event.item, one.event.grant) for one in read} == {(case.id, None, None)}
        assert {(one.actor.id, one.event.purpose) for one in read} == {("clerk-1", Purpose.CONTACT)}
        assert len({one.command_id for one in read}) == 1, "one append: all or nothing"
        assert not any(value in str(read) for value in ALL.values())

    run(play, tmp_path)


def test_for_whom_it_is_read_is_on_record(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        tokens = case.office.node.storage.tokens
        token = tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(hours=1), on_behalf_of="unit-7")
        path, headers = f"/intake/cases/{case.id}/personal", {"authorization": f"Bearer {token}"}
        body = {"purpose": "contact", "fields": ["summary"]}
        assert (await case.office.web.post(path, json=body, headers=headers)).status_code == 200
        assert case.readings()[0].actor.on_behalf_of == "unit-7"

    run(play, tmp_path)


def test_a_field_that_is_not_there_opens_none_of_them(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        refused = await case.read(Role.CLERK, None, "summary", "parties/7/name")
        assert (refused.status_code, refused.json()["code"]) == (404, "no_such_field")
        assert refused.json()["fields"] == ", ".join(ALL), "who may open it is told what there is"
        for fields, code_ in (
            ([], "too_short"), (["summary"] * 61, "too_many"), (["Summary!"], "bad_format"), (None, "missing_field"),
            (["parties/0/name' OR 1=1"], "bad_format"), ([7], "wrong_type"),
        ):  # fmt: skip
            body = {"purpose": "visit"} | ({} if fields is None else {"fields": fields})
            headers = case.office.bearer(Role.CLERK)
            answer = await case.office.web.post(f"/intake/cases/{case.id}/personal", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, code_), fields
        assert case.readings() == []

    run(play, tmp_path)


def test_what_was_said_at_a_step_is_opened_by_its_version_but_the_class_of_a_household_has_its_own_address(
    tmp_path: Path,
) -> None:
    async def play(case: Case) -> None:
        await case.office.campaign.send(
            CorrectCase(reason="虚构的更正理由", grid="G01-2"), day("06-17"), case.id, Role.CLERK
        )  # fmt: skip
        history = case.office.node.storage.log.stream(LOG, f"case/{case.id}")
        step = f"/intake/cases/{case.id}/steps/{history[-1].version}"
        assert (await case.read(Role.CLERK, None, "reason", path=step)).json()["values"] == {"reason": "虚构的更正理由"}
        handling = case.office.node.storage.log.stream(LOG, f"handling/{case.id}")
        versions = {one.type.split(".")[2]: one.version for one in handling}
        visit = f"/assignment/handling/{case.id}/steps/{versions['visit-completed']}"
        assert (await case.read(Role.OFFICER, case.officer, "diary", path=visit)).json()["values"] == {"diary": SUMMARY}
        plan = f"/assignment/handling/{case.id}/steps/{versions['visit-planned']}"
        assert await case.refusal(Role.OFFICER, case.officer, "household_class", path=plan) == (404, "not_found")
        for none in ("0", "99", "x", "-1", "١"):
            path = f"/intake/cases/{case.id}/steps/{none}"
            assert await case.refusal(Role.CLERK, None, "summary", path=path) == (404, "not_found")

    run(play, tmp_path)


def test_what_was_erased_of_one_party_is_told_as_erased_and_the_rest_is_opened(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        case.office.node.storage.vault.destroy(LOG, f"{case.subject}#parties/1", 1)
        told = (await case.read(Role.CLERK, None, "parties/0/name", "parties/1/name")).json()
        assert told["values"] == {"parties/0/name": NAME}
        assert told["erased"] == ["parties/1/name"]
        assert await case.refusal(Role.CLERK, None, "parties/1/name") == (409, "erased")
        assert len(case.readings()) == 3, "attempts at what is gone stay on record"

    run(play, tmp_path)


# whose work it is -----------------------------------------------------------------------------------------------------


def test_a_case_is_the_work_of_who_reported_it_of_its_community_s_clerk_and_of_who_handles_it(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        await join(case.office.campaign, 2, COMMUNITIES[1])
        await case.office.campaign.settle()
        lawyer = case.office.officer(Profession.LAWYER)
        for role, who, community, allowed in (
            (Role.CLERK, "clerk-1", None, True),  # who reported it
            (Role.CLERK, "clerk-2", COMMUNITY, True),
            (Role.CLERK, "clerk-2", None, False),
            (Role.CLERK, "clerk-1", code(2), False),  # of another community by now
            (Role.CLERK, "clerk-3", code(2), False),
            (Role.OFFICER, case.officer, None, True),
            (Role.OFFICER, lawyer, None, False),
            (Role.OFFICE, "office-1", None, False),
        ):  # fmt: skip
            answer = await case.read(role, who, community=community)
            assert answer.status_code == (200 if allowed else 403), (role, who, community)
            assert allowed or answer.json()["code"] == "not_of_this_case"
        for role in (Role.LEADER, Role.AUDITOR, Role.PRIVACY):
            assert await case.refusal(role) == (403, "unmasking_needed")
        for role in (Role.OPERATOR, Role.SUBSCRIBER):
            assert await case.refusal(role) == (403, "role_not_allowed")
        assert len(case.readings()) == 3

    run(play, tmp_path)


def test_who_stands_aside_or_was_replaced_opens_no_more_and_who_is_to_visit_does(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        send, lawyer = case.office.campaign.send, case.office.officer(Profession.LAWYER)
        await send(ReplaceHandler(officer=lawyer, reason="虚构"), day("06-17"), case.id)
        assert await case.refusal(Role.OFFICER, case.officer) == (403, "not_of_this_case")
        assert (await case.read(Role.OFFICER, lawyer)).status_code == 200
        await send(DeclareConflict(officer=lawyer, reason="虚构"), day("06-18"), case.id)
        assert await case.refusal(Role.OFFICER, lawyer) == (403, "not_of_this_case")
        await send(VoidCase(reason="虚构"), day("06-19"), case.id, Role.CLERK)
        assert await case.refusal(Role.CLERK) == (403, "not_of_this_case"), "nobody's work any more"

    run(play, tmp_path)


@pytest.mark.parametrize("path", ["", "/intake/cases/none/steps/1", "/assignment/handling/none/personal"])
def test_a_case_that_there_is_not_is_told_apart_by_nobody(tmp_path: Path, path: str) -> None:
    async def play(case: Case) -> None:
        nothing = path or "/intake/cases/none/personal"
        there = nothing.replace("none", case.id)
        for role in (Role.CLERK, Role.OFFICER, Role.AUDITOR, Role.LEADER, Role.OFFICE):
            answers = [await case.read(role, "nobody-1", path=one) for one in (nothing, there)]
            assert [one.status_code for one in answers] == [403, 403]
            assert answers[0].text == answers[1].text
        assert case.readings() == []

    run(play, tmp_path)


def test_the_house_opens_its_own_books(tmp_path: Path) -> None:
    """Names of officers for those who make up the roster, and an officer's own; each reading on record."""

    async def play(case: Case) -> None:
        await join(case.office.campaign, 2, COMMUNITIES[1])
        await case.office.campaign.settle()
        officer = case.officer
        path = f"/assignment/officers/{officer}/personal"
        for role, who, community, allowed in (
            (Role.OFFICE, None, None, True), (Role.CLERK, None, None, True), (Role.CLERK, None, COMMUNITY, True),
            (Role.CLERK, None, code(2), False), (Role.OFFICER, officer, None, True),
            (Role.OFFICER, case.office.officer(Profession.JUDGE), None, False), (Role.AUDITOR, None, None, False),
        ):  # fmt: skip
            answer = await case.read(role, who, "name", "phone", path=path, community=community, purpose="contact")
            assert answer.status_code == (200 if allowed else 403), (role, community)
        assert {one.event.subject for one in case.readings()} == {f"officer/{officer}"}

    run(play, tmp_path)


# two people -----------------------------------------------------------------------------------------------------------


def test_an_unmasking_that_another_granted_opens_that_case_for_that_purpose_and_is_named_in_the_record(
    tmp_path: Path,
) -> None:
    async def play(case: Case) -> None:
        send = case.office.campaign.send
        other = await case.office.case(person("虚构旁人"))
        pending = await case.ask("auditor-1", Role.AUDITOR, Purpose.AUDIT)
        assert await case.refusal(Role.AUDITOR, purpose="audit") == (403, "unmasking_needed")
        await send(GrantUnmasking(hours=2), utc_now(), pending, Role.PRIVACY, who="privacy-9")
        answer = await case.read(Role.AUDITOR, None, "summary", "parties/0/name", purpose="audit")
        assert answer.json()["values"] == {"summary": SUMMARY, "parties/0/name": NAME}
        assert {one.event.grant for one in case.readings()} == {pending}
        for given in (
            {"purpose": "supervision"}, {"who": "auditor-2", "purpose": "audit"},
            {"purpose": "audit", "path": f"/intake/cases/{other}/personal"},
        ):  # fmt: skip
            assert await case.refusal(Role.AUDITOR, **given) == (403, "unmasking_needed")
        assert await case.refusal(Role.LEADER, "auditor-1", purpose="audit") == (403, "unmasking_needed")
        assert len(case.readings()) == 2

    run(play, tmp_path)


def test_one_that_has_ended_a_moment_ago_or_was_refused_opens_nothing(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        send = case.office.campaign.send
        granted = await case.grant("leader-1", Role.LEADER, Purpose.SUPERVISION)
        assert (await case.read(Role.LEADER, purpose="supervision")).status_code == 200
        await send(EndUnmasking(), utc_now(), granted, Role.PRIVACY, who="privacy-9")
        assert await case.refusal(Role.LEADER, purpose="supervision") == (403, "unmasking_needed")
        again = await case.ask("leader-1", Role.LEADER, Purpose.SUPERVISION)
        refuse = RefuseUnmasking(reason=UnmaskingRefusal.NOT_NEEDED)
        await send(refuse, utc_now(), again, Role.PRIVACY, who="privacy-9")
        assert await case.refusal(Role.LEADER, purpose="supervision") == (403, "unmasking_needed")
        late = await case.ask("leader-2", Role.LEADER, Purpose.SUPERVISION)
        assert late != again
        assert await case.refusal(Role.LEADER, "leader-2", purpose="supervision") == (403, "unmasking_needed")

    run(play, tmp_path)


def test_one_whose_hours_are_over_opens_nothing(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        before, send = utc_now() - timedelta(hours=3), case.office.campaign.send
        asked = AskUnmasking(case=case.subject, community=COMMUNITY, purpose=Purpose.AUDIT)
        id = await send(asked, before, role=Role.AUDITOR)
        await send(GrantUnmasking(hours=2), before, id, Role.PRIVACY, who="privacy-9")
        assert await case.refusal(Role.AUDITOR, purpose="audit") == (403, "unmasking_needed")

    run(play, tmp_path)


def test_one_party_s_unmasking_opens_that_party_s_fields_alone(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        await case.grant("office-1", Role.OFFICE, Purpose.COMPLAINT, f"{case.subject}#parties/0")
        answer = await case.read(Role.OFFICE, None, "parties/0/name", "parties/0/phone", purpose="complaint")
        assert answer.json()["values"] == {"parties/0/name": NAME, "parties/0/phone": PHONE}
        for more in ("summary", "parties/1/name"):
            refused = await case.refusal(Role.OFFICE, None, "parties/0/name", more, purpose="complaint")
            assert refused == (403, "not_of_this_case")

    run(play, tmp_path)


def test_a_broken_glass_opens_at_once_for_its_purpose_and_by_the_same_path_on_record(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        glass = BreakGlass(case=case.subject, community=COMMUNITY, purpose=Emergency.MISSING_PERSON)
        assert await case.refusal(Role.LEADER, purpose="missing_person") == (403, "unmasking_needed")
        id = await case.office.campaign.send(glass, utc_now(), role=Role.LEADER)
        answer = await case.read(Role.LEADER, None, "parties/0/phone", purpose="missing_person")
        assert answer.json()["values"] == {"parties/0/phone": PHONE}
        (read,) = case.readings()
        assert (read.event.grant, read.event.purpose) == (id, Purpose.MISSING_PERSON)
        assert await case.refusal(Role.LEADER, purpose="supervision") == (403, "unmasking_needed")
        await case.office.campaign.send(EndUnmasking(), utc_now(), id, Role.LEADER)
        assert await case.refusal(Role.LEADER, purpose="missing_person") == (403, "unmasking_needed")

    run(play, tmp_path)


def test_every_purpose_of_an_emergency_is_one_that_a_reading_may_have() -> None:
    assert {one.value for one in Emergency} <= {one.value for one in Purpose}


def test_what_is_restricted_is_opened_for_the_person_or_a_claim_alone_and_by_two(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        send = case.office.campaign.send
        place = PlaceRestriction(subject=case.subject, because=RestrictionReason.OBJECTION)
        await send(place, utc_now(), role=Role.PRIVACY)
        assert await case.refusal(Role.CLERK) == (409, "restricted")
        assert await case.refusal(Role.OFFICER, case.officer) == (409, "restricted")
        assert await case.refusal(Role.CLERK, purpose="legal_claim") == (409, "restricted"), "it takes two"
        await case.grant("auditor-1", Role.AUDITOR, Purpose.AUDIT)
        assert await case.refusal(Role.AUDITOR, purpose="audit") == (409, "restricted")
        granted = await case.grant("clerk-1", Role.CLERK, Purpose.LEGAL_CLAIM)
        assert (await case.read(Role.CLERK, purpose="legal_claim")).json()["values"] == {"summary": SUMMARY}
        assert case.readings()[-1].event.grant == granted
        await send(LiftRestriction(subject=case.subject, because=LiftReason.WITHDRAWN), utc_now(), role=Role.PRIVACY)
        assert (await case.read(Role.CLERK)).status_code == 200
        assert len(case.readings()) == 2

    run(play, tmp_path)


def test_one_party_s_restriction_leaves_the_others_open(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        place = PlaceRestriction(subject=f"{case.subject}#parties/0", because=RestrictionReason.OBJECTION)
        await case.office.campaign.send(place, utc_now(), role=Role.PRIVACY)
        assert await case.refusal(Role.CLERK, None, "parties/0/phone") == (409, "restricted")
        assert (await case.read(Role.CLERK, None, "parties/1/name")).status_code == 200

    run(play, tmp_path)


def test_where_it_is_not_known_what_is_restricted_nothing_is_opened(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        for ledger in ("privacy.restrictions", "intake.cases"):
            with halted(case.office.node, ledger):
                assert await case.refusal(Role.CLERK) == (503, "ledger_behind")
        with halted(case.office.node, "privacy.unmaskings"):
            assert await case.refusal(Role.AUDITOR) == (503, "ledger_behind")
        assert case.readings() == []
        assert (await case.read(Role.CLERK)).status_code == 200

    run(play, tmp_path)


# recorded, or not opened ----------------------------------------------------------------------------------------------


def test_where_one_of_the_readings_cannot_be_recorded_none_is_and_nothing_is_opened(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        with case.office.node.storage.log_engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TRIGGER third BEFORE INSERT ON events WHEN NEW.log LIKE '%.access' AND NEW.ordinal = 2"
                    " BEGIN SELECT RAISE(ABORT, 'away'); END"
                )
            )
        opened = spy(case)
        answer = await case.read(Role.CLERK, None, *ALL)
        assert answer.status_code == 500
        assert not any(value in answer.text for value in ALL.values())
        assert (opened, case.readings()) == ([], [])
        assert (await case.read(Role.CLERK, None, "summary", "parties/0/name")).status_code == 200

    run(play, tmp_path)


def test_where_the_disk_is_full_nothing_is_opened(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        engine = case.office.node.storage.log_engine

        def full(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are, and no more

        for number in range(12):  # what is left of the last pages
            await case.read(Role.CLERK, f"filler-{number}")
        opened = spy(case)
        sqlalchemy_event.listen(engine, "begin", full)
        codes: list[int] = []
        while 500 not in codes and len(codes) < 200:
            before = len(opened)
            codes.append((await case.read(Role.CLERK, None, *ALL)).status_code)
        sqlalchemy_event.remove(engine, "begin", full)
        assert codes[-1] == 500, "the disk was full at last"
        assert len(opened) == before, "and then nothing was opened"

    run(play, tmp_path)


def spy(case: Case) -> list[str]:
    """The boxes that are opened from now on."""
    vault, opened = case.office.node.storage.vault, list[str]()
    really = vault.open_all

    def watched(log: str, boxes: Any) -> dict[str, str]:
        opened.extend(boxes)
        return really(log, boxes)

    vault.open_all = watched  # type: ignore[method-assign]  # the test watches it
    return opened


# who has read ---------------------------------------------------------------------------------------------------------


def test_who_has_read_what_is_read_by_the_privacy_officer_and_auditors(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        other = await case.office.case(person("虚构旁人"))
        await case.read(Role.CLERK, None, "summary", "parties/0/name")
        await case.read(Role.CLERK, None, path=f"/intake/cases/{other}/personal")
        await case.read(Role.OFFICER, case.officer, purpose="handover")

        async def ask(role: Role, **query: Any) -> Any:
            return await case.office.web.get("/record/readings", params=query, headers=case.office.bearer(role))

        for role in Role:
            if role is not Role.SERVICE:
                allowed = role in (Role.PRIVACY, Role.AUDITOR)
                assert (await ask(role)).status_code == (200 if allowed else 403), role
        told = (await ask(Role.AUDITOR)).json()
        assert [(one["position"], one["who"], one["field"]) for one in told["readings"]] == [
            (0, "clerk-1", "summary"), (1, "clerk-1", "parties/0/name"), (2, "clerk-1", "summary"),
            (3, case.officer, "summary"),
        ]  # fmt: skip
        assert told["next"] is None
        for named in (case.id, case.subject):
            of_case = (await ask(Role.PRIVACY, case=named)).json()["readings"]
            assert [one["position"] for one in of_case] == [0, 1, 3]
            assert {one["purpose"] for one in of_case} == {"visit", "handover"}
        first = (await ask(Role.PRIVACY, limit=2)).json()
        rest = (await ask(Role.PRIVACY, after=first["next"])).json()
        assert [one["position"] for one in (*first["readings"], *rest["readings"])] == [0, 1, 2, 3]
        assert not any(value in str(told) for value in ALL.values())
        for query, refused in (({"q": "x"}, 400), ({"after": "x"}, 400), ({"log": "410105011"}, 403)):
            assert (await ask(Role.PRIVACY, **query)).status_code == refused
        assert len(case.readings()) == 4, "looking who has read is no reading"

    run(play, tmp_path)


# in a process of its own ----------------------------------------------------------------------------------------------


def test_a_process_of_one_service_knows_what_was_granted_and_restricted_by_another(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        alone = Node(case.office.node.storage, (INTAKE,), record=False, redis_url=None)
        async with alone.running():
            transport = httpx.ASGITransport(application(alone), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
                there = Case(replace(case.office, web=web), case.id)
                assert await there.refusal(Role.AUDITOR, purpose="audit") == (403, "unmasking_needed")
                granted = await case.grant("auditor-1", Role.AUDITOR, Purpose.AUDIT)
                assert (await there.read(Role.AUDITOR, purpose="audit")).status_code == 200
                assert case.readings()[-1].event.grant == granted
                place = PlaceRestriction(subject=case.subject, because=RestrictionReason.OBJECTION)
                await case.office.campaign.send(place, utc_now(), role=Role.PRIVACY)
                assert await there.refusal(Role.CLERK) == (409, "restricted")
                with halted(case.office.node, "privacy.restrictions"):
                    assert await there.refusal(Role.CLERK) == (503, "ledger_behind")

    run(play, tmp_path)


def test_a_day_s_readings_are_anchored_in_the_log_that_is_published(tmp_path: Path) -> None:
    async def play(case: Case) -> None:
        await case.read(Role.CLERK, None, "summary", "parties/0/name")
        node = case.office.node
        await node.anchoring.tick(utc_now() + timedelta(days=1))
        await case.office.campaign.settle()
        (anchor,) = anchors(node.storage.log, LOG)
        assert (anchor.event.size, anchor.event.root) == (2, node.storage.root(access_log(LOG), 2))
        async with signed_in(node, case.office.app, Role.AUDITOR) as browser:
            assert "查阅日志存证" in (await browser.get("/record")).text
        assert not node.troubles()

    run(play, tmp_path)
