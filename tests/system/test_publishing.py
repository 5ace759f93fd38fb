"""Scores published, restated and amended by themselves (§3.3.5), on a real node. Everyone in it is invented."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.assessment.commands import AmendPlan
from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal
from services.assessment.plan_file import load_plan
from services.assessment.service import SERVICE
from services.assignment.commands import IssueContactCards
from services.together import settled, together
from shared.access import utc_now
from shared.audit.compare import compare
from shared.contracts.assessment import PeriodKind, ScorePublished, ScoreRestated
from shared.contracts.assessment_entries import AppealDecided, Excused, Finding
from shared.contracts.assignment import ContactCardsIssued
from shared.contracts.codes import Role
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.ledger.waiting import refused
from shared.runtime import Node
from shared.settings import load
from tests.system.demo import Demo
from tests.web.campaign import LOG, Campaign, adopt_plan, code, day, join, opened

MONTH, QUARTER = "score/month-2015-06.2015-07-20", "score/quarter-2015-Q2.2015-07-20"
EAST = code(2)
"""Not all of its households have a card."""


async def founded(node: Node) -> Campaign:
    """Two communities in June."""
    made = Campaign(node)
    await adopt_plan(made)
    for number, name in enumerate(("虚构东社区", "虚构西社区"), 1):
        await join(made, number, name)
    await made.settle()
    return made


async def tick(node: Node, text: str, hour: int = 9) -> None:
    """The service looks at the calendar."""
    assert await node.timers[SERVICE.name].tick(day(text, hour))
    await settled(node)


def told(node: Node, after: int = -1) -> Sequence[Recorded]:
    """What was published since."""
    taken = node.storage.log.recorded(LOG, after, 5_000)
    return [one for one in taken if isinstance(one.event, ScorePublished | ScoreRestated)]


def last(node: Node, kind: type) -> Recorded:
    return [one for one in node.storage.log.recorded(LOG, -1, 5_000) if isinstance(one.event, kind)][-1]


def numbers(restated: Recorded, indicator: str) -> set[tuple[str, str, str]]:
    event: Any = restated.event
    return {(one.number, one.before, one.after) for one in event.changes if one.indicator == indicator}


def test_a_month_is_published_restated_and_amended_without_anybody_asking(tmp_path: Path) -> None:
    async def first_process() -> None:
        async with opened(tmp_path) as (node, _):
            made = await founded(node)
            await tick(node, "07-20")
            assert {one.stream for one in told(node)} == set()  # phase 1 ended before anybody could have been scored
            await tick(node, "07-21")
            await tick(node, "07-21", 10)
            published = told(node)
            assert sorted({one.stream for one in published}) == [MONTH, QUARTER]
            assert len(published) == 2 * 3
            assert {one.actor.id for one in published} == {"service:assessment"}
            assert {one.occurred_at for one in published} == {day("07-21")}
            late = IssueContactCards(households=40)
            await made.send(late, day("06-29"), EAST, Role.CLERK)
            await made.settle()
            await tick(node, "07-21", 18)
            assert len(told(node)) == len(published)  # once a day is enough

    async def second_process() -> None:
        async with opened(tmp_path) as (node, _):
            before, cards = told(node), last(node, ContactCardsIssued)
            await tick(node, "07-22")
            restated = told(node, before[-1].position)
            assert {type(one.event) for one in restated} == {ScoreRestated}
            assert {one.stream for one in restated} == {MONTH, QUARTER}
            for one in restated:
                assert {cause for change in one.event.changes for cause in change.causes} == {cards.position}
            east = next(one for one in restated if one.event.score.subject == EAST)
            assert ("numerator", "600", "640") in numbers(east, "contact_cards")
            await tick(node, "07-23")
            assert len(told(node)) == len(before) + len(restated)

    async def third_process() -> None:
        async with opened(tmp_path) as (node, _):
            made = Campaign(node, sent=1_000)
            before = told(node)
            publication = MONTH.partition("/")[2]
            appeal = AppealScore(community=EAST, publication=publication, grounds="示例：拆迁户未计")
            id = await made.send(appeal, day("07-24"), role=Role.CLERK)
            hear = HearAppeal(heard_by="虚构的领导小组", account="示例：双方各执一词")
            with pytest.raises(Refused, match="lodged_it"):
                await made.send(hear, day("07-25"), id, who="clerk-1")
            await made.send(hear, day("07-25"), id)
            decide = DecideAppeal(
                finding=Finding.UPHELD, decided_by="虚构的领导小组", decision="示例：该社区正在拆迁",
                excused=(Excused(indicator="contact_cards", table="communities", member=EAST),),
            )  # fmt: skip
            await made.send(decide, day("07-26"), id)
            await made.settle()
            await tick(node, "07-27")
            restated, decision = told(node, before[-1].position), last(node, AppealDecided)
            assert {one.stream for one in restated} == {MONTH, QUARTER}
            assert {one.event.score.subject for one in restated} == {LOG, EAST}
            for one in restated:
                assert {cause for change in one.event.changes for cause in change.causes} == {decision.position}
            assert refused(node.storage.log_engine) == []
            await asyncio.to_thread(node.storage.seal, LOG)
            compared = await asyncio.to_thread(compare, node.storage, LOG)
            assert compared.ok
            assert compared.scores_checked == compared.scores_equal == len(told(node))

    for process in (first_process, second_process, third_process):
        asyncio.run(process())


def test_a_schedule_whose_rulebook_is_unknown_is_told_once_and_the_others_go_on(tmp_path: Path) -> None:
    """The quarter's asks for a rulebook that is not in force."""

    async def work() -> None:
        async with opened(tmp_path) as (node, _):
            made = await founded(node)
            await made.send(amended(), day("06-30"))
            await made.settle()
            for text in ("07-21", "07-22"):
                await tick(node, text)
            assert {one.stream for one in told(node)} == {MONTH}
            (trouble,) = refused(node.storage.log_engine)
            assert (trouble.log, trouble.why) == (LOG, "unknown_rulebook")
            assert "2015-Q2" in trouble.follower
            assert node.troubles() == []

    asyncio.run(work())


def amended() -> AmendPlan:
    plan = load_plan()
    given = tuple(
        replace(one, rulebook="no-such") if one.period_kind is PeriodKind.QUARTER else one for one in plan.publishing
    )
    return AmendPlan(plan=replace(plan, publishing=given), author="领导小组办公室", reason="试验")


def test_what_serves_the_sample_leaves_it_as_it_is(demo: Demo, tmp_path: Path) -> None:
    """Its days are long over: nothing of 2015 is published or restated years later."""
    data = demo.copy(tmp_path / "data")

    async def work() -> None:
        async with together(load(data), stream=False, timed=True) as node:
            before = node.storage.log.heads()
            assert await node.timers[SERVICE.name].tick(utc_now())
            assert node.storage.log.heads() == before

    asyncio.run(work())
