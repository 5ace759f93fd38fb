"""The sample campaign: the seed's plan, a clerk's workbook, a season of work, published scores. All synthetic."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from random import Random
from typing import Final

from services import season
from services.intake.importer import Reading, read_workbook
from services.taking_over import Office, Taken, import_id, take_over
from services.together import LOG, settled
from shared.command import own_id
from shared.runtime import Node

SEED: Final = 2015
WORKBOOK: Final = files("services.intake.importer") / "sample" / "ledger-2015-06.xlsx"


@dataclass(slots=True)
class Campaign:
    """What the sample did."""

    reading: Reading
    taken: Taken
    commands: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)


async def ensure(node: Node, say: Callable[[str], None]) -> None:
    """Run the campaign, unless it has been run."""
    if await asyncio.to_thread(node.storage.log.answered, LOG, own_id("season:publish:year:2015")) is None:
        say("The sample campaign is being set up (synthetic data) …")
        await campaign(node, say)


async def campaign(node: Node, say: Callable[[str], None]) -> Campaign:
    """The whole campaign, stage by stage. Run again it changes nothing."""
    desks, random = season.Desks(node, LOG), Random(SEED)
    say("方案与人员  plan, rulebook, communities, roster")
    await season.begin(desks)
    await settled(node)
    say("导入六月台账  importing the clerk's workbook")
    with as_file(WORKBOOK) as file:
        reading = await asyncio.to_thread(read_workbook, file)
        taken = Taken(import_id(file))
    await take_over(Office(LOG, taken.import_id, node.storage, node), reading, taken, lambda: None)
    say("例会与联系卡  meetings, minutes, contact cards")
    await season.meet(desks, random)
    say("案件办理  cases: visits, mediation, follow-up")
    await season.work(desks, random)
    say("群众工作与督导  notices, patrols, outreach, hazards, surveys, inspections")
    await season.keep(desks, random)
    say("考核公布  publishing scores")
    published = await season.publish(desks)
    return Campaign(reading, taken, desks.sent, published)
