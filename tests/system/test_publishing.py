"""Scores published, restated and amended by themselves (§3.3.5), on a real node. Everyone in it is invented."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from services.assessment.commands import AdoptRulebook, AmendPlan
from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.service import SERVICE
from services.assignment.commands import IssueContactCards
from services.together import settled, together
from shared.audit.compare import Compared, compare
from shared.clock import utc_now
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


@dataclass(frozen=True, slots=True)
class Life:
    """One process that served the record: what it published or restated each time that it looked."""

    looks: Mapping[str, Sequence[Recorded]]
    cause: Recorded | None = None
    """What had been entered meanwhile."""


@dataclass(frozen=True, slots=True)
class Lives:
    """Three processes that served one record in turn, and what an auditor says at the end."""

    publishing: Life
    restating: Life
    amending: Life
    audited: Compared
    refusals: Sequence[Any]

    @property
    def stated(self) -> int:
        lives = (self.publishing, self.restating, self.amending)
        return sum(len(found) for one in lives for found in one.looks.values())


async def looked(node: Node, text: str, hour: int = 9) -> Sequence[Recorded]:
    """What was published or restated when the service looked at the calendar."""
    size = node.storage.log.size(LOG)
    await tick(node, text, hour)
    return told(node, size - 1)


async def publishing(node: Node) -> Life:
    """Cards of the one community turn up when June has been published."""
    made = await founded(node)
    looks = {"the day itself": await looked(node, "07-20"), "the day after": await looked(node, "07-21")}
    looks["again"] = await looked(node, "07-21", 10)
    await made.send(IssueContactCards(households=40), day("06-29"), EAST, Role.CLERK)
    await made.settle()
    looks["later that day"] = await looked(node, "07-21", 18)
    return Life(looks, last(node, ContactCardsIssued))


async def restating(node: Node) -> Life:
    return Life({text: await looked(node, text) for text in ("07-22", "07-23")})


async def amending(node: Node) -> Life:
    """The community appeals and is right."""
    made, publication = Campaign(node, sent=1_000), MONTH.partition("/")[2]
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
    return Life({"07-27": await looked(node, "07-27")}, last(node, AppealDecided))


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    data = tmp_path_factory.mktemp("publishing")

    async def served(life: Callable[[Node], Awaitable[Any]]) -> Any:
        async with opened(data) as (node, _):
            return await life(node)

    async def audited(node: Node) -> tuple[Compared, Sequence[Any]]:
        await asyncio.to_thread(node.storage.seal, LOG)
        return await asyncio.to_thread(compare, node.storage, LOG), refused(node.storage.log_engine)

    found = [asyncio.run(served(one)) for one in (publishing, restating, amending)]
    return Lives(*found, *asyncio.run(served(audited)))


def causes(restated: Recorded) -> set[int]:
    event: Any = restated.event
    return {cause for change in event.changes for cause in change.causes}


def test_nothing_is_published_before_the_day_is_over(lives: Lives) -> None:
    """Phase 1 ended before anybody could have been scored."""
    assert lives.publishing.looks["the day itself"] == []


def test_a_month_and_a_quarter_are_published_without_anybody_asking(lives: Lives) -> None:
    published = lives.publishing.looks["the day after"]
    assert sorted({one.stream for one in published}) == [MONTH, QUARTER]
    assert len(published) == 2 * 3
    assert {type(one.event) for one in published} == {ScorePublished}
    assert {one.actor.id for one in published} == {"service:assessment"}
    assert {one.occurred_at for one in published} == {day("07-21")}


def test_looking_again_publishes_nothing_again_and_restates_once_a_day(lives: Lives) -> None:
    assert lives.publishing.looks["again"] == []
    assert lives.publishing.looks["later that day"] == []


def test_another_process_restates_what_came_late_and_names_it(lives: Lives) -> None:
    restated, cards = lives.restating.looks["07-22"], lives.publishing.cause
    assert cards is not None
    assert {type(one.event) for one in restated} == {ScoreRestated}
    assert {one.stream for one in restated} == {MONTH, QUARTER}
    assert [causes(one) for one in restated] == [{cards.position}] * len(restated)
    east = next(one for one in restated if one.event.score.subject == EAST)
    assert ("numerator", "600", "640") in numbers(east, "contact_cards")


def test_what_was_restated_is_not_restated_again(lives: Lives) -> None:
    assert lives.restating.looks["07-23"] == []


def test_an_appeal_that_is_upheld_amends_the_month_that_it_is_against_and_is_named(lives: Lives) -> None:
    """How a community stands in the quarter is another question, and nobody has appealed against that."""
    restated, decision = lives.amending.looks["07-27"], lives.amending.cause
    assert decision is not None
    assert {one.stream for one in restated} == {MONTH}
    assert {one.event.score.subject for one in restated} == {LOG, EAST}
    assert [causes(one) for one in restated] == [{decision.position}] * len(restated)


def test_an_auditor_finds_every_score_again(lives: Lives) -> None:
    assert lives.refusals == []
    assert lives.audited.ok
    assert lives.audited.scores_checked == lives.audited.scores_equal == lives.stated


def test_a_schedule_whose_rulebook_is_unknown_is_told_and_published_when_it_is_known(tmp_path: Path) -> None:
    """The quarter's asks for a rulebook that is not in force yet; the month goes on."""

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
            book = replace(load_rulebook(), code="no-such")
            await made.send(AdoptRulebook(rulebook=book, author="领导小组办公室", reason="试验"), day("07-23"))
            await made.settle()
            await tick(node, "07-24")
            assert {one.stream for one in told(node)} == {MONTH, QUARTER}
            assert refused(node.storage.log_engine) == []

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
