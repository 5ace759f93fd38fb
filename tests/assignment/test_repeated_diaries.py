"""Diaries that say the same (§3.3.7), on both databases: counted when one is entered, told by nothing but the number.
Everyone and every text is invented (synthetic)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.assignment.commands import (
    CompleteVisit,
    EnrolOfficer,
    PlanVisit,
    PostOfficer,
    RegisterCommunity,
    RetractWork,
)
from services.assignment.diaries import plain
from services.intake.commands import AcceptCase, CorrectCase, Person, ReportCase, VoidCase
from services.together import together
from shared.command import Asked
from shared.contracts.assignment import VisitCompleted, WorkAct
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import CaseKind, DisputeType, PartyRole, Profession, Role, Source
from shared.contracts.event import Actor, Envelope
from shared.log.codec import Codec
from shared.log.tables import vault_blind
from shared.runtime import Node
from shared.settings import load
from tests.web.campaign import LOG, OTHER_LOG, Campaign, day

DIARY = "入户了解情况，双方愿意调解（虚构）。"
EAST, WEST, ELSEWHERE = f"{LOG}001", f"{LOG}002", f"{OTHER_LOG}001"


@dataclass
class Office:
    """A running system with two communities in one sub-district and one in another, an officer in each."""

    node: Node
    made: Campaign
    officers: dict[str, str]

    async def case(self, community: str = EAST, on: str = "06-15") -> str:
        log = community[:9]
        report = ReportCase(
            community=community, grid="G1", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary="虚构的事由", parties=(Person(role=PartyRole.APPLICANT, name="虚构甲"),),
        )  # fmt: skip
        id = await self.made.send(report, day(on), role=Role.CLERK, log=log)
        await self.made.send(AcceptCase(), day(on, 10), id, Role.CLERK, log)
        await self.made.settle()
        return id

    async def planned(self, case: str, visit: str, community: str = EAST) -> None:
        plan = PlanVisit(officer=self.officers[community], on=date(2015, 6, 20), must=False, visit=visit)
        await self.made.send(plan, day("06-16"), case, Role.OFFICER, community[:9])

    async def visited(
        self, diary: str | None, community: str = EAST, case: str = "", visit: str = "v1"
    ) -> VisitCompleted:
        """A visit that took place, in a case of its own unless told; the event that tells of it."""
        case = case or await self.case(community)
        await self.planned(case, visit, community)
        done = CompleteVisit(visit=visit, diary=diary)
        await self.made.send(done, day("06-20"), case, Role.OFFICER, community[:9])
        await self.made.settle()
        return self.told(case, community[:9])[-1]

    def told(self, case: str, log: str = LOG) -> list[VisitCompleted]:
        """The visits of a case."""
        history = self.node.storage.log.stream(log, f"handling/{case}")
        return [one.event for one in history if isinstance(one.event, VisitCompleted)]

    def entries(self) -> list[tuple[int, str]]:
        """The index's entries of diaries: what is written there, and for which visit."""
        with self.node.storage.log_engine.connect() as connection:
            rows = [(row.token, row.subject) for row in connection.execute(select(vault_blind))]
        return [(token, subject) for token, subject in rows if "#visits/" in subject]


@asynccontextmanager
async def opened(data: Path, url: str) -> AsyncIterator[Office]:
    server = None if url.startswith("sqlite") else url
    async with together(load(data, database_url=server), stream=False) as node:
        office = Office(node, Campaign(node), {})
        for community in (EAST, WEST, ELSEWHERE):
            log, name = community[:9], f"虚构{community[-1]}社区"
            here = RegisterCommunity(code=community, name=name, grids=("G1",), households=800)
            await office.made.send(here, day("06-10"), log=log)
            enrol = EnrolOfficer(profession=Profession.POLICE, unit="虚构派出所", name="虚构警官")
            officer = await office.made.send(enrol, day("06-10"), log=log)
            await office.made.settle()
            post = PostOfficer(community=community, officer=officer, from_day=date(2015, 6, 11))
            await office.made.send(post, day("06-11"), log=log)
            office.officers[community] = officer
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


# counted --------------------------------------------------------------------------------------------------------------


def test_each_further_copy_of_a_diary_counts_those_before_it(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        assert (await office.visited(DIARY)).repeated == 0
        assert (await office.visited("另一户，反映楼道照明（虚构）。")).repeated == 0
        assert (await office.visited(DIARY)).repeated == 1
        assert (await office.visited(" 入户了解情况, 双方愿意调解 (虚构)")).repeated == 2, (
            "spaces and points are no words"
        )
        assert (await office.visited(f"{DIARY}下周再来")).repeated == 0, "a word more is another text"
        assert (await office.visited(None)).repeated == 0
        assert (await office.visited("。，！")).repeated == 0
        assert (await office.visited("……")).repeated == 0, "points alone say nothing, and nothing is not the same"

    in_office(scenario)


def test_a_second_visit_of_the_same_case_counts_as_well(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        case = await office.case()
        await office.visited(DIARY, case=case, visit="v1")
        assert (await office.visited(DIARY, case=case, visit="v2")).repeated == 1
        assert (await office.visited(DIARY, case=case, visit="v3")).repeated == 2

    in_office(scenario)


def test_another_community_and_another_sub_district_have_diaries_of_their_own(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        await office.visited(DIARY)
        assert (await office.visited(DIARY, WEST)).repeated == 0
        assert (await office.visited(DIARY, ELSEWHERE)).repeated == 0
        assert (await office.visited(DIARY, WEST)).repeated == 1
        assert len({token for token, _ in office.entries()}) == 3, "nor does the index show that they agree"

    in_office(scenario)


def test_what_was_entered_by_mistake_and_entered_anew_is_no_repetition(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        wrong = await office.case()
        await office.visited(DIARY, case=wrong)
        taken_back = RetractWork(act=WorkAct.VISIT, item="v1", reason="登错案件（虚构）")
        await office.made.send(taken_back, day("06-21"), wrong, Role.OFFICER)
        await office.made.settle()
        right = await office.case()
        assert (await office.visited(DIARY, case=right)).repeated == 0
        await office.made.send(VoidCase(reason="误登（虚构）"), day("06-22"), right, Role.CLERK)
        await office.made.settle()
        assert (await office.visited(DIARY)).repeated == 0

    in_office(scenario)


def test_a_case_that_was_moved_takes_its_diaries_along(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        case = await office.case()
        await office.visited(DIARY, case=case)
        await office.made.send(CorrectCase(reason="社区填错（虚构）", community=WEST), day("06-21"), case, Role.CLERK)
        await office.made.settle()
        assert (await office.visited(DIARY)).repeated == 0, "it is not this community's any more"

    in_office(scenario)


def test_of_copies_entered_at_the_same_moment_each_sees_those_before_it(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        cases = [await office.case() for _ in range(6)]
        for case in cases:
            await office.planned(case, "v1")
        await office.made.settle()
        done = CompleteVisit(visit="v1", diary=DIARY)
        await asyncio.gather(
            *(office.made.send(done, day("06-20"), case, Role.OFFICER) for case in cases)
        )  # fmt: skip
        assert sorted(office.told(case)[0].repeated for case in cases) == [0, 1, 2, 3, 4, 5]

    in_office(scenario)


def test_the_same_command_again_is_the_same_visit(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        case = await office.case()
        await office.planned(case, "v1")
        asked = Asked(
            log=LOG, command_id="once", command=CompleteVisit(visit="v1", diary=DIARY), occurred_at=day("06-20"),
            actor=Actor(id="officer-1", role=Role.OFFICER), id=case,
        )  # fmt: skip
        first = await office.node.desks["assignment"].send(asked)
        again = await office.node.desks["assignment"].send(asked)
        assert (again.position, again.repeated) == (first.position, True)
        assert [one.repeated for one in office.told(case)] == [0]
        assert len(office.entries()) == 1

    in_office(scenario)


def test_a_visit_that_was_recorded_before_anybody_counted_repeats_nothing() -> None:
    done = VisitCompleted(visit="v1", officer="o", community=EAST, grid=None, must=True, diary=None, repeated=3)
    told = Envelope(
        log=LOG, stream="handling/c", version=1, type=VisitCompleted.NAME, command_id="k", ordinal=0,
        actor=Actor(id="officer-1", role=Role.OFFICER), cause=None, occurred_at=day("06-20"),
        recorded_at=day("06-20"), facts_at=None, data=done,
    )  # fmt: skip
    codec = Codec(EVENTS)
    stored = codec.encode(told)
    assert codec.decode(0, stored).event == done
    assert stored.count(b',"repeated":3') == 1
    old = codec.decode(0, stored.replace(b',"repeated":3', b"")).event
    assert isinstance(old, VisitCompleted)
    assert old.repeated == 0


# forgotten ------------------------------------------------------------------------------------------------------------


def test_a_case_that_is_forgotten_takes_the_entry_with_it(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        case, other = await office.case(), await office.case()
        await office.visited(DIARY, case=case)
        await office.visited(DIARY, case=other)
        assert len(office.entries()) == 2
        office.node.storage.vault.destroy(LOG, f"case/{case}", 7)
        assert [subject.partition("#")[0] for _, subject in office.entries()] == [f"case/{other}"]
        assert (await office.visited(DIARY)).repeated == 1
        assert [one.repeated for one in office.told(other)] == [1], "what was recorded stays as it was"

    in_office(scenario)


def test_after_some_months_a_diary_is_known_no_more(in_office: Run) -> None:
    async def scenario(office: Office) -> None:
        await office.visited(DIARY)
        desk = office.node.desks["assignment"]
        now = desk._clock()
        desk._clock = lambda: now + timedelta(days=80)
        assert (await office.visited(DIARY)).repeated == 1
        desk._clock = lambda: now + timedelta(days=240)
        assert (await office.visited(DIARY)).repeated == 0

    in_office(scenario)


# given away by nothing ------------------------------------------------------------------------------------------------


def test_neither_the_text_nor_its_entry_is_anywhere_but_in_the_index(in_office: Run, tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        for _ in range(2):
            await office.visited(DIARY)
        await office.visited(DIARY, WEST)
        entries = office.entries()
        assert len(entries) == 3
        assert all(2**30 <= token < 2**31 for token, _ in entries), "and none is a telephone's"
        for log in (LOG, OTHER_LOG):
            for stored in office.node.storage.log.read(log, -1, 1000):
                for secret in (DIARY, plain(DIARY), *(str(token) for token, _ in entries)):
                    assert secret.encode() not in stored.bytes

    in_office(scenario)
    held = [file for file in tmp_path.rglob("*") if file.is_file()]
    for file in held:
        for secret in (DIARY, plain(DIARY)):
            assert secret.encode() not in file.read_bytes(), file.name
