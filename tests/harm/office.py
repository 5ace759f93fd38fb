"""A small office on a real node: one community, its officers, and cases of invented people (synthetic)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from services.assignment.commands import AssignHandler, CompleteVisit, PlanVisit
from services.intake.commands import AcceptCase, Person, ReportCase
from services.together import application, together
from shared.access.visitor import Visitor
from shared.contracts.codes import CaseKind, DisputeType, PartyRole, Profession, Role, Source
from shared.contracts.event import Actor
from shared.runtime import Node
from shared.settings import load
from tests.web.campaign import LOG, Campaign, code, day, join

COMMUNITY = code(1)
SUMMARY = "虚构：楼道堆物"


@dataclass
class Office:
    """The node, its application, and the means to ask both."""

    node: Node
    app: Any
    campaign: Campaign
    web: httpx.AsyncClient

    def token(self, role: Role, who: str | None = None, log: str = LOG) -> str:
        return self.node.storage.tokens.mint(role, log, subject=who or f"{role}-1", valid=timedelta(hours=1))

    def bearer(self, role: Role, who: str | None = None, log: str = LOG) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(role, who, log)}"}

    def session(self, role: Role) -> str:
        """What the cookie of somebody who has signed in holds."""
        return self.node.storage.sessions.open_for(Visitor(Actor(id=f"{role}-1", role=role), LOG))

    def officer(self, profession: Profession) -> str:
        """The one who is posted to the community."""
        return self.campaign.cases[f"{profession}-1"]

    async def case(self, *people: Person, household_class: str | None = None) -> str:
        """A case that was accepted, given to the police officer, and visited once; its id."""
        report = ReportCase(
            community=COMMUNITY, grid="G01-1", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary=SUMMARY, parties=people or (person("虚构当事人"),),
        )  # fmt: skip
        send, police = self.campaign.send, self.officer(Profession.POLICE)
        id = await send(report, day("06-15"), role=Role.CLERK)
        await send(AcceptCase(), day("06-15", 10), id, Role.CLERK)
        await self.campaign.settle()
        await send(AssignHandler(officer=police), day("06-15", 11), id)
        plan = PlanVisit(officer=police, on=date(2015, 6, 16), must=True, household_class=household_class)
        await send(plan, day("06-15", 12), id)
        await send(CompleteVisit(visit="v1", diary=SUMMARY), day("06-16"), id)
        await self.campaign.settle()
        return id


@asynccontextmanager
async def office(data: Path, *, stream: bool = False) -> AsyncIterator[Office]:
    """A node at work with one community; `stream` brings an embedded Valkey."""
    async with together(load(data, seal_seconds=0.05), stream=stream) as node:
        app = application(node)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as web:
            made = Office(node, app, Campaign(node), web)
            await join(made.campaign, 1, "虚构社区")
            await made.campaign.settle()
            yield made


def person(name: str, phone: str | None = None, id_number: str | None = None) -> Person:
    return Person(role=PartyRole.APPLICANT, name=name, phone=phone, id_number=id_number)
