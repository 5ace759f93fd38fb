"""A record to be audited: an invented campaign (synthetic) whose scores are published, put right after a late entry,
and gone beyond. With it is kept what its ledgers said while it stood at an earlier position."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from services.assessment.commands import PublishScores
from services.installation import SERVICES
from services.intake.commands import AcceptCase, CorrectCase, ResolveCase
from services.together import together
from shared.audit.workers import Several
from shared.contracts.assessment import PeriodKind
from shared.ledger.tables import digest
from shared.settings import load
from shared.storage import Storage
from tests.web.campaign import LOG, Campaign, day, fill, report

SCORE: Final = "phase-2.2015-08-10"
"""The publication that is put right."""
DECLARED: Final = tuple(f"services.{service.name}.service:SERVICE" for service in SERVICES)


def several(count: int) -> Several:
    """So many processes of the whole system's services."""
    return Several(count, DECLARED)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """An installation that stands still."""

    data: Path
    then: int
    """A position at which its ledgers stood once."""
    served: dict[str, str]
    """The digests of their rows at that time."""
    late: str
    """The stream of a case that was resolved before the day of the scores, and recorded after them."""
    restated: int
    """The position of the first event that put a score right for it."""
    size: int


def made(data: Path) -> Record:
    """The record, made in a directory."""
    return asyncio.run(_made(data))


async def _made(data: Path) -> Record:
    async with together(load(data), stream=False) as node:
        campaign, storage = await fill(node), node.storage
        then = storage.log.size(LOG) - 1
        served = _served(storage)
        late = await report(campaign, day("07-02"), 1)
        await campaign.send(AcceptCase(), day("07-02", 11), late)
        await campaign.settle()
        await campaign.send(ResolveCase(), day("07-20"), late)
        await campaign.settle()
        restated = storage.log.size(LOG)
        await _publish(campaign, PeriodKind.PHASE, "2", date(2015, 8, 10), day("08-14"))
        await _publish(campaign, PeriodKind.MONTH, "2015-06", date(2015, 7, 31), day("08-15"))
        await campaign.send(CorrectCase(reason="网格填错", grid="G01-1"), day("08-20"), campaign.cases["handled"])
        await campaign.settle()
        storage.seal(LOG)
        return Record(data, then, served, f"case/{late}", restated, storage.log.size(LOG))


async def _publish(campaign: Campaign, kind: PeriodKind, period: str, as_of: date, at: datetime) -> None:
    publish = PublishScores(plan="dongfeng-2015-28", rulebook="default", period_kind=kind, period=period, as_of=as_of)
    await campaign.send(publish, at)
    await campaign.settle()


def _served(storage: Storage) -> dict[str, str]:
    with storage.ledgers_engine.connect() as connection:
        return {
            rows.follower: digest(rows.all(connection, LOG))
            for tables in storage.tables.values() for rows in tables.values()
        }  # fmt: skip
