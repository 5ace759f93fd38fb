"""A planned visit opens a case to whom it was given, and to nobody who took it (§3.2.1, 3.3.2). Everyone is invented
(synthetic)."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.assignment.commands import (
    CompleteVisit,
    DeclareConflict,
    DeclineVisit,
    PlanVisit,
    ReplaceHandler,
    RetractWork,
)
from shared.contracts.assignment import WorkAct
from shared.contracts.codes import Profession, Role
from tests.harm.invented import ID_NUMBER, NAME, PHONE
from tests.harm.office import Office, office, person
from tests.web.campaign import day

CLASS = "虚构类别"


def run(play: Any, data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made, await made.case(person(NAME, PHONE, ID_NUMBER), household_class=CLASS))

    asyncio.run(whole())


async def plan(made: Office, case: str, visitor: str, by: Role, who: str, visit: str) -> None:
    """A visit is planned by somebody, and every ledger knows of it."""
    command = PlanVisit(officer=visitor, on=date(2015, 6, 20), must=False, visit=visit)
    await made.campaign.send(command, day("06-17"), case, by, who=who)
    await made.campaign.settle()


async def opens(made: Office, case: str, officer: str) -> set[int]:
    """With what an officer is answered who asks for what is sealed of a case, at each of its addresses."""
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"/intake/cases/{case}/personal", {"fields": ["summary", "parties/0/name", "parties/0/phone"]}),
        (f"/intake/cases/{case}/steps/1", {"fields": ["summary"]}),
        (f"/assignment/visits/{case}/v1/class", {}),
        (f"/assignment/visits/{case}/v1/personal", {"fields": ["diary"]}),
    )
    headers = made.bearer(Role.OFFICER, officer)
    answers = [
        await made.web.post(path, json={"purpose": "visit", **body}, headers=headers) for path, body in asked
    ]  # fmt: skip
    return {one.status_code for one in answers}


def test_what_an_officer_plans_for_themselves_opens_nothing(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        judge, prosecutor = made.officer(Profession.JUDGE), made.officer(Profession.PROSECUTOR)
        await plan(made, case, judge, Role.OFFICER, judge, "own")
        assert await opens(made, case, judge) == {403}
        await plan(made, case, judge, Role.OFFICER, prosecutor, "obliged")
        await plan(made, case, prosecutor, Role.OFFICER, judge, "returned")
        assert await opens(made, case, judge) == await opens(made, case, prosecutor) == {403}, "nor for each other"
        assert await opens(made, case, made.officer(Profession.POLICE)) == {200}, "the handler's it is"

    run(play, tmp_path)


@pytest.mark.parametrize("by", ["handler", Role.CLERK, Role.OFFICE])
def test_who_is_sent_may_prepare_until_they_have_been_there(tmp_path: Path, by: Role | str) -> None:
    async def play(made: Office, case: str) -> None:
        judge, police = made.officer(Profession.JUDGE), made.officer(Profession.POLICE)
        role, who = (Role.OFFICER, police) if by == "handler" else (Role(by), f"{by}-1")
        send = made.campaign.send

        async def sent(visit: str) -> None:
            await plan(made, case, judge, role, who, visit)
            assert await opens(made, case, judge) == {200}

        await sent("v2")
        await send(CompleteVisit(visit="v2"), day("06-20"), case, Role.OFFICER, who=judge)
        await made.campaign.settle()
        assert await opens(made, case, judge) == {403}
        await sent("v3")
        await send(RetractWork(act=WorkAct.VISIT, item="v3", reason="虚构"), day("06-20"), case, role, who=who)
        await made.campaign.settle()
        assert await opens(made, case, judge) == {403}
        await sent("v4")
        await send(DeclineVisit(visit="v4", reason="虚构"), day("06-20"), case, Role.OFFICER, who=judge)
        await made.campaign.settle()
        assert await opens(made, case, judge) == {403}
        await sent("v5")
        await send(DeclareConflict(officer=judge, reason="虚构"), day("06-20"), case, Role.OFFICER, who=judge)
        await made.campaign.settle()
        assert await opens(made, case, judge) == {403}

    run(play, tmp_path)


def test_whose_it_is_to_send_goes_by_who_handled_the_case_then(tmp_path: Path) -> None:
    async def play(made: Office, case: str) -> None:
        judge, police = made.officer(Profession.JUDGE), made.officer(Profession.POLICE)
        lawyer, send = made.officer(Profession.LAWYER), made.campaign.send
        await send(ReplaceHandler(officer=lawyer, reason="虚构"), day("06-17"), case)
        await made.campaign.settle()
        await plan(made, case, judge, Role.OFFICER, police, "late")
        assert await opens(made, case, judge) == {403}, "by whom it was taken from"
        await send(RetractWork(act=WorkAct.HANDLER, reason="虚构"), day("06-17"), case)
        await made.campaign.settle()
        await plan(made, case, judge, Role.OFFICER, lawyer, "mistaken")
        assert await opens(made, case, judge) == {403}, "by whom it never was given to"
        await plan(made, case, judge, Role.OFFICER, police, "sent")
        await send(ReplaceHandler(officer=lawyer, reason="虚构"), day("06-18"), case)
        await made.campaign.settle()
        assert await opens(made, case, judge) == {200}, "who was sent still goes"

    run(play, tmp_path)
