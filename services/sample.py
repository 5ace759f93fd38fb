"""The sample campaign: the seed's plan, a clerk's workbook, a season of work, published scores. All synthetic."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import as_file, files
from typing import Final

from services.assessment.service import SERVICE as ASSESSMENT
from services.installation import LOG
from services.intake.compartments import OVER
from services.intake.importer import Reading, read_workbook
from services.intake.ledgers import cases
from services.season import Scenario, drawn, names_of, paper, play
from services.season.playing import command_id
from services.season.scores import year_published
from services.taking_over import Office, Taken, import_id, take_over
from services.together import settled
from shared.clock import utc_now
from shared.contracts.access import Purpose
from shared.contracts.codes import CaseKind, CaseStatus, Role
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.log.access import Reading as Opens
from shared.log.access import read_sealed
from shared.log.anchoring import anchors
from shared.runtime import Node

WORKBOOK: Final = files("services.intake.importer") / "sample" / "ledger-2015-06.xlsx"
DEMO_PASSWORD: Final = "sample-campaign-2015"  # noqa: S105  # it is meant to be known
"""Of the sample's accounts: known to all, as everything in the sample is invented."""
SAMPLE: Final = Scenario(
    log=LOG, seed=2015, from_day=date(2015, 6, 1), to_day=date(2015, 12, 31), communities=names_of(8), cases=20
)  # fmt: skip
"""The eight communities are the workbook's; what it holds comes on top."""


@dataclass(slots=True)
class Campaign:
    """What the sample did."""

    reading: Reading
    taken: Taken
    commands: Counter[str]
    """Of the season, by name."""


async def ensure(node: Node, say: Callable[[str], None]) -> None:
    """Run the campaign, unless it has been run."""
    last = command_id(year_published(SAMPLE, SAMPLE.years[-1]))
    if await asyncio.to_thread(node.storage.log.answered, LOG, last) is None:
        say("The sample campaign is being set up (synthetic data) …")
        await campaign(node, say)
    await asyncio.to_thread(_accounts, node, say)


def _accounts(node: Node, say: Callable[[str], None]) -> None:
    """An account for each role, to try the sample with; none where there are other data beside it."""
    accounts = node.storage.sign_in.accounts
    if accounts.synthetic():
        opened = accounts.open_demo(LOG, f"{LOG}001", DEMO_PASSWORD)
        say(f"Accounts to try it with: {', '.join(one.name for one in opened)} (password: {DEMO_PASSWORD})")


async def campaign(
    node: Node, say: Callable[[str], None], step: Callable[[int, int], None] = lambda done, total: None
) -> Campaign:
    """The whole campaign. Run again it changes nothing. `step` is told how many of how many acts were sent since."""
    acts = drawn(SAMPLE)
    say("方案与人员  plan, rulebook, communities, roster")
    begun = await play(node, {LOG: [act for act in acts if act.wave <= SAMPLE.founding]})
    say("导入六月台账  importing the clerk's workbook")
    with as_file(WORKBOOK) as file:
        reading = await asyncio.to_thread(read_workbook, file)
        taken = Taken(import_id(file))
    await take_over(Office(LOG, taken.import_id, node.storage, node), reading, taken, lambda: None)
    await settled(node)
    left_open = paper.drawn(SAMPLE, await asyncio.to_thread(_left_open, node))
    season = [*(act for act in acts if act.wave > SAMPLE.founding), *left_open]
    say("一个年份的工作  a season: cases, visits, meetings, patrols, inspections, published scores")
    worked = await play(node, {LOG: season}, lambda done: step(done, len(season)))
    say("到期公布，迟到的更正  what is due is published, what came late is restated")
    await node.timers[ASSESSMENT.name].tick(max(act.at for act in acts) + timedelta(days=1))
    await settled(node)
    say("查阅记录及其存证  who handles a case opens it; the log of readings is anchored")
    await _read_and_anchored(node)
    return Campaign(reading, taken, begun.commands + worked.commands)


async def _read_and_anchored(node: Node) -> None:
    """An officer opens what the case in his hands is about, and the log of readings is made fast; once only."""
    if await asyncio.to_thread(anchors, node.storage.log, LOG):
        return
    with node.look("intake", LOG) as look:
        rows = look.rows(cases.LEDGER)
    row = next(row for row in rows if row.handler is not None and row.status not in OVER)
    now = utc_now()
    reading = Opens(
        id=secrets.token_hex(16), log=LOG, actor=Actor(id=str(row.handler), role=Role.OFFICER),
        subject=f"case/{row.id}", case=row.id, item=None, purpose=Purpose.VISIT, boxes={"summary": row.summary}, at=now,
    )  # fmt: skip
    await read_sealed(reading, node.appender, node.storage.vault)
    await node.anchoring.anchor(LOG, civil_day(now), now)
    await settled(node)


def _left_open(node: Node) -> list[paper.Open]:
    """What the workbook left open. (A season that is played again finds less; what it sends changes nothing then.)"""
    with node.look("intake", LOG) as look:
        rows = look.rows(cases.LEDGER, status=CaseStatus.ACCEPTED)
    return [
        paper.Open(
            id=row.id, community=row.community, accepted_at=row.accepted_at, parties=len(row.parties),
            backlog=row.kind is CaseKind.BACKLOG,
        )
        for row in rows
        if row.paper is not None and row.accepted_at is not None
    ]  # fmt: skip
