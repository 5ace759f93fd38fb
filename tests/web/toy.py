"""A small declared service, and a real application around it. Everyone and everything in it is invented (synthetic)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from shared.contracts.codes import Basis, CaseKind, DisputeType, PartyRole, Role
from shared.contracts.event import Recorded, value
from shared.contracts.fields import Count, Division, Line, PersonName, Statement
from shared.contracts.intake import EVENTS, CaseClosed, CaseHandedDown, CaseReported, Party
from shared.contracts.model import Accepts, Context, Decider, Ledger, Refused, Service
from shared.runtime import Node
from shared.settings import load
from shared.storage import Storage
from shared.web.app import make_app
from shared.web.door import Doorkeeper

LOG = "410105010"
COMMUNITY = "410105010001"
OTHER_COMMUNITY = "410105010002"
AT = "2015-06-18T09:30:00+08:00"


@value
class OpenFile:
    """Open a file 立案.

    It is the toy's only way in.
    """

    community: Division
    """Where it happened."""
    by_unit: Line
    name: PersonName
    summary: Statement


@value
class CloseFile:
    """Close the file 结案."""


@value
class CountTo:
    """Close the file so often: it never works, so that a refusal with a field can be seen."""

    most: Count


Command = OpenFile | CloseFile | CountTo


def _decide(command: Command, state: str, context: Context) -> Sequence[Any]:
    match command:
        case OpenFile():
            party = Party(role=PartyRole.APPLICANT, name=command.name, phone=None, id_number=None)
            return [
                CaseReported(
                    community=command.community, grid=None, kind=CaseKind.BACKLOG, dispute_type=DisputeType.NEIGHBOURS,
                    source=None, summary=command.summary, parties=(party,), basis=Basis.ACT, paper=None,
                ),
                CaseHandedDown(
                    community=command.community, grid=None, by_unit=command.by_unit, document=None,
                    due_on=date(2015, 7, 18), basis=Basis.ACT,
                ),
            ]  # fmt: skip
        case CloseFile() if state == "open":
            return [CaseClosed()]
        case CloseFile():
            raise Refused("not_open", allowed=("open-file",))
        case CountTo():
            raise Refused("not_counted", field="data.most")


def _evolve(state: str, event: Any, at: datetime) -> str:
    return "closed" if isinstance(event, CaseClosed) else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A file."""

    id: str
    community: str
    by_unit: str
    kind: CaseKind
    summary: str
    parties: tuple[Party, ...]
    reported_at: datetime
    due_on: date | None
    closed: bool
    marks: tuple[str, ...]
    happenings: int


def _row(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if isinstance(event, CaseReported):
        return Row(
            id=key, community=event.community, by_unit="", kind=event.kind, summary=event.summary,
            parties=event.parties, reported_at=recorded.occurred_at, due_on=None, closed=False, marks=("reported",),
            happenings=1,
        )  # fmt: skip
    assert row is not None
    row = replace(row, happenings=row.happenings + 1, marks=(*row.marks, recorded.type.split(".")[2]))
    if isinstance(event, CaseHandedDown):
        return replace(row, by_unit=event.by_unit or "", due_on=event.due_on)
    return replace(row, closed=True)


FILES = Ledger(
    name="files",
    row=Row,
    handles=(CaseReported, CaseHandedDown, CaseClosed),
    keys=lambda recorded: (recorded.id,),
    evolve=_row,
    title_zh="案卷台账",
    title_en="Files",
    clause="3.2.1",
    sealed=("summary", "parties"),
)

CLERKS = frozenset({Role.CLERK})
TOY = Service(
    name="intake",
    title_zh="受理",
    title_en="Intake",
    events=EVENTS,
    deciders=(
        Decider(
            category="case",
            accepts=(
                Accepts(OpenFile, CLERKS, "3.2.1", creates=True),
                Accepts(CloseFile, CLERKS | {Role.OFFICE}, "3.2.1"),
                Accepts(CountTo, CLERKS, "3.2.1"),
            ),
            events=(CaseReported, CaseHandedDown, CaseClosed),
            initial="none",
            decide=_decide,
            evolve=_evolve,
        ),
    ),
    ledgers=(FILES,),
    reactions=(),
    refusals={
        "not_open": ("案卷未立，不能结案：请先立案。", "The file is not open: open it first."),
        "not_counted": ("数目不对。", "The number does not fit."),
    },
    statuses={"not_counted": 422},
)


@dataclass(frozen=True, slots=True)
class Running:
    """The application of a running node, and clients of it by role."""

    node: Node
    app: Starlette
    client: httpx.AsyncClient

    def token(self, role: Role = Role.AUDITOR, log: str = LOG) -> dict[str, str]:
        """The header that a visitor of that role sends."""
        minted = self.node.storage.tokens.mint(role, log, subject=f"{role}-1", valid=timedelta(hours=1))
        return {"authorization": f"Bearer {minted}"}

    async def get(
        self, path: str, role: Role = Role.AUDITOR, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await self.client.get(path, headers={**self.token(role), **(headers or {})})

    async def send(self, name: str, data: Mapping[str, Any], id: str, stream: str | None = None) -> httpx.Response:
        body = {"log": LOG, "occurred_at": AT, "data": data, **({"stream": stream} if stream else {})}
        headers = {**self.token(Role.CLERK), "idempotency-key": id}
        return await self.client.post(f"/intake/commands/{name}", json=body, headers=headers)

    async def open_file(self, id: str, by_unit: str = "某街道（虚构）", community: str = COMMUNITY) -> dict[str, Any]:
        """A file of an invented person; gives the answer."""
        data = {"community": community, "by_unit": by_unit, "name": "测试甲（虚构）", "summary": "楼上漏水（虚构）"}
        answer = await self.send("open-file", data, id)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body


@contextlib.asynccontextmanager
async def running(data_dir: Path, service: Service = TOY, redis_url: str | None = None) -> AsyncIterator[Running]:
    """The toy at work on SQLite files."""
    storage = Storage(load(data_dir, seal_seconds=3600), (service,))
    storage.migrate()
    node = Node(storage, (service,), record=True, redis_url=redis_url)
    try:
        async with node.running():
            app = make_app(node, Doorkeeper(node))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
                yield Running(node, app, client)
    finally:
        storage.close()


def scene(play: Callable[[Running], Coroutine[Any, Any, None]], data_dir: Path, **options: Any) -> None:
    """Run a coroutine against the toy."""

    async def act() -> None:
        async with running(data_dir, **options) as toy:
            await play(toy)

    asyncio.run(act())
