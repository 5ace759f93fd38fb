"""Seasons to recompute: drawn and played through the real desks, then read from the log."""

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from services.assessment.commands import AdoptPlan, AdoptRulebook
from services.assessment.entry_commands import AppealScore
from services.assessment.evidence.gathered import Evidence, evidence_at
from services.assessment.ledgers import plans, rulebooks
from services.assessment.rescoring import enclosures
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.season import Scenario, drawn, names_of, play
from services.together import settled, together
from shared.command import Asked
from shared.contracts.assessment import Plan, Rulebook
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.runtime import Node
from shared.settings import load
from tests.recomputed.bundles import whole
from tests.recomputed.mishaps import happen

PATIENT = replace(load_rulebook(), grace_days=16)
"""Every other season's rulebook: what is done in half a month is sent together, and recorded at its end."""
FIRST_YEAR = 2015


@dataclass(frozen=True, slots=True)
class Season:
    """A season that was played: the bytes of its events, and the evidence that the product made of it."""

    log: str
    events: Sequence[bytes]
    evidence: Evidence
    plans: Sequence[Plan]
    """Each in the version in force."""
    rulebook: Rulebook
    enclosed: Mapping[str, bytes]
    """What assessment puts into a bundle of it."""


class Clock:
    """When the log takes an event: at the latest moment of all that was sent so far. So things come late, but for the
    communities' appeals: these are asked for when they happen, so that they are in time."""

    def __init__(self, node: Node) -> None:
        self._now = datetime.fromisoformat("2015-01-01T00:00:00+08:00")
        self._asked = ContextVar("asked", default=self._now)
        node.storage.log.clock = lambda: self._now
        for desk in node.desks.values():
            self._watch(desk)

    def _watch(self, desk: Any) -> None:
        send = desk.send

        async def sent(asked: Asked) -> Any:
            self._now = max(self._now, asked.occurred_at)
            self._asked.set(asked.occurred_at if isinstance(asked.command, AppealScore) else self._now)
            return await send(asked)

        desk.send, desk._clock = sent, self._asked.get


def scenario(number: int) -> Scenario:
    """The n-th: most lie in the campaign, some go on under the standing plan; of one to three communities."""
    spans = (
        (date(2015, 6, 1), date(2015, 9, 30)), (date(2015, 6, 1), date(2015, 8, 31)),
        (date(2015, 8, 1), date(2015, 11, 30)), (date(2015, 10, 1), date(2016, 1, 31)),
        (date(2015, 6, 1), date(2015, 10, 31)), (date(2015, 12, 1), date(2016, 3, 31)),
    )  # fmt: skip
    first, last = spans[number % len(spans)]
    return Scenario(
        log=f"41010{5100 + number}", seed=number, from_day=first, to_day=last,
        communities=names_of(1 + (number % 4 == 1) + (number % 8 == 5)), cases=4 + 4 * (number % 4),
    )  # fmt: skip


async def played(data: Path, scenarios: Sequence[Scenario]) -> list[Season]:
    """The seasons, each in a log of its own, with what seldom happens; the seeds decide."""
    async with together(load(data, seal_seconds=0.05), stream=False) as node:
        Clock(node)
        await play(node, {one.log: drawn(one) for one in scenarios})
        await asyncio.gather(*(happen(node, one) for one in scenarios))
        for one in scenarios:
            if one.seed % 2:
                await _adopt(node, one.log, AdoptRulebook(rulebook=PATIENT, author="领导小组办公室", reason="放宽"))
            if one.seed % 3 == 0 and one.last_day.year == FIRST_YEAR:  # else the season has it
                await _adopt(node, one.log, AdoptPlan(plan=load_plan(STANDING), author="街道办事处", reason="常设"))
        await settled(node)
        return [_read(node, one.log) for one in scenarios]


async def _adopt(node: Node, log: str, command: AdoptRulebook | AdoptPlan) -> None:
    asked = Asked(
        log=log, command_id=f"adopt-{log}-{type(command).__name__}", command=command,
        occurred_at=datetime.fromisoformat("2016-06-01T09:00:00+08:00"), actor=Actor(id="office-1", role=Role.OFFICE),
    )  # fmt: skip
    await node.desks["assessment"].send(asked)


def _read(node: Node, log: str) -> Season:
    events = [data for _, data in node.storage.log.raw(log, -1, node.storage.log.size(log))]
    with node.look("assessment", log) as look:
        newest_plans = {row.code: row.plan for row in sorted(look.rows(plans.LEDGER), key=lambda row: row.version)}
        newest = max(look.rows(rulebooks.LEDGER), key=lambda row: row.version)
        enclosed = {name: whole(content) for name, content in enclosures(node.storage, log, 0, len(events) - 1)}
        return Season(log, events, evidence_at(look), list(newest_plans.values()), newest.rulebook, enclosed)
