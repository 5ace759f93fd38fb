"""Reasons are sealed and opened one by one: of appeals, of flags, in archives. Everyone in it is invented."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import (
    AddArchiveEntry,
    AnswerFlag,
    AppealScore,
    DecideAppeal,
    HearAppeal,
    RecordArchiveReply,
)
from services.assessment.service import SERVICE
from services.intake.commands import AcceptCase, ResolveCase
from shared.contracts.access import Purpose, SealedFieldRead
from shared.contracts.assessment import PeriodKind
from shared.contracts.assessment_entries import ArchiveKind, Finding
from shared.contracts.codes import Profession, Role
from shared.log.access import access_log
from tests.harm.office import COMMUNITY, Office, office
from tests.web.campaign import LOG, adopt_plan, day, report

APPEALS, FLAGS, ARCHIVES = "appeals", "flag-answers", "archives"
SAID: Final = {
    (APPEALS, "grounds"): "虚构的理由", (APPEALS, "account"): "虚构的双方说法", (APPEALS, "decision"): "虚构的答复",
    (FLAGS, "answer"): "虚构的说明", (ARCHIVES, "entry"): "虚构的实绩", (ARCHIVES, "reply"): "虚构的本人意见",
}  # fmt: skip
"""What was entered, by the ledger and the field that keep it."""
PUBLISH = PublishScores(
    plan="dongfeng-2015-28", rulebook="default", period_kind=PeriodKind.MONTH, period="2015-07",
    as_of=day("08-10").date(),
)  # fmt: skip


@dataclass
class Reasons:
    """An office with one entry of each kind."""

    office: Office
    ids: dict[str, str]
    officer: str
    """Whose the archive is."""

    async def open(self, ledger: str, field: str, role: Role, who: str | None = None, id: str = "", **body: Any) -> Any:
        """The answer to somebody who wants to read a field."""
        return await self.office.web.post(
            f"/assessment/{ledger}/{id or self.ids[ledger]}/{field}", json=body or {"purpose": Purpose.SUPERVISION},
            headers=self.office.bearer(role, who),
        )  # fmt: skip

    def readings(self) -> list[Any]:
        return list(self.office.node.storage.log.recorded(access_log(LOG), -1, 1_000))


@asynccontextmanager
async def reasons(data: Path) -> AsyncIterator[Reasons]:
    async with office(data) as made:
        send, settle = made.campaign.send, made.campaign.settle
        await adopt_plan(made.campaign)
        for _ in range(5):  # settled on July's last day but one: a flag
            case = await report(made.campaign, day("07-20"))
            await send(AcceptCase(), day("07-20", 11), case)
            await send(ResolveCase(), day("07-30"), case)
        await settle()
        await send(PUBLISH, day("08-11"), who="office-9")
        await settle()
        appeal = await send(
            AppealScore(community=COMMUNITY, publication="month-2015-07.2015-08-10", grounds=SAID[APPEALS, "grounds"]),
            day("08-12"), role=Role.CLERK,
        )  # fmt: skip
        await settle()
        await send(HearAppeal(heard_by="虚构的领导小组", account=SAID[APPEALS, "account"]), day("08-13"), appeal)
        decision = DecideAppeal(
            finding=Finding.DISMISSED, decided_by="虚构的领导小组", decision=SAID[APPEALS, "decision"]
        )
        await send(decision, day("08-14"), appeal)
        answer = AnswerFlag(community=COMMUNITY, flag="month_end", month="2015-07", answer=SAID[FLAGS, "answer"])
        officer = made.officer(Profession.JUDGE)
        entry = AddArchiveEntry(officer=officer, archive=ArchiveKind.WORK, period="2015", entry=SAID[ARCHIVES, "entry"])
        ids = {
            APPEALS: appeal, FLAGS: await send(answer, day("08-15"), role=Role.CLERK),
            ARCHIVES: await send(entry, day("08-16")),
        }  # fmt: skip
        await settle()
        reply = RecordArchiveReply(reply=SAID[ARCHIVES, "reply"])
        await send(reply, day("08-17"), ids[ARCHIVES], Role.OFFICER, who=officer)
        await settle()
        yield Reasons(made, ids, officer)


def run(play: Callable[[Reasons], Any], data: Path) -> None:
    async def whole() -> None:
        async with reasons(data) as made:
            await play(made)

    asyncio.run(whole())


def test_the_office_opens_each_of_them_and_the_reading_is_recorded_first(tmp_path: Path) -> None:
    async def play(made: Reasons) -> None:
        for number, ((ledger, field), text) in enumerate(SAID.items()):
            answer = await made.open(ledger, field, Role.OFFICE)
            assert answer.status_code == 200, answer.text
            assert answer.json() == {
                "log": LOG, "case": made.ids[ledger], "item": None, "field": field, "purpose": "supervision",
                "value": text, "reading": f"{access_log(LOG)}/{number}",
            }  # fmt: skip
        assert [one.event for one in made.readings()] == [
            SealedFieldRead(
                case=made.ids[ledger], field=field, item=None, purpose=Purpose.SUPERVISION,
                subject=f"supervision/{made.ids[ledger]}",
            )
            for ledger, field in SAID
        ]  # fmt: skip
        assert not any(text in str(made.readings()) for text in SAID.values())

    run(play, tmp_path)


def test_everyone_else_reads_what_concerns_them(tmp_path: Path) -> None:
    """The clerk who lodged the appeal, the officer of the archive; an auditor needs an unmasking."""

    async def play(made: Reasons) -> None:
        allowed = {
            (Role.AUDITOR, "auditor-1"): set(), (Role.CLERK, "clerk-1"): {APPEALS},
            (Role.CLERK, "clerk-2"): set(), (Role.OFFICER, made.officer): {ARCHIVES},
            (Role.OFFICER, made.office.officer(Profession.POLICE)): set(), (Role.LEADER, "leader-1"): set(),
        }  # fmt: skip
        for (role, who), ledgers in allowed.items():
            for (ledger, field), text in SAID.items():
                answer = await made.open(ledger, field, role, who)
                if ledger in ledgers:
                    assert answer.json()["value"] == text
                else:
                    assert answer.status_code == 403, (role, who, ledger)
                    assert text not in answer.text
        assert len(made.readings()) == 3 + 2, "what was refused is no reading"

    run(play, tmp_path)


def test_what_is_not_there_is_told_apart_by_nobody(tmp_path: Path) -> None:
    async def play(made: Reasons) -> None:
        for ledger, field in SAID:
            told = await made.open(ledger, field, Role.OFFICE, id="nothing")
            assert (told.status_code, told.json()["code"]) == (403, "not_of_this_case")
        without = await made.open(APPEALS, "grounds", Role.OFFICE, purpose="curiosity")
        assert without.status_code == 422
        assert made.readings() == []

    run(play, tmp_path)


def sealed_columns() -> Iterator[tuple[str, str]]:
    for ledger in SERVICE.ledgers:
        yield from ((ledger.name, column) for column in ledger.sealed)


@pytest.mark.parametrize(("ledger", "field"), SAID, ids=lambda one: one)
def test_every_one_of_them_stands_in_a_ledger_as_a_mask(ledger: str, field: str) -> None:
    assert (ledger.replace("-", "_"), field) in set(sealed_columns())
