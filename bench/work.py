"""The work of a run: an invented sub-district (synthetic), its commands as clients send them, and a desk to take them.

Two kinds of command stand for all: `plan-visit` and `complete-visit` in turn on open handlings (facts from two ledgers,
the diary sealed), and `report-case` with two parties (seven sealed values under three new keys), the heaviest there is.
"""

import itertools
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment.service import SERVICE as ASSIGNMENT
from services.intake.service import SERVICE as INTAKE
from shared.clock import utc_now
from shared.command import Asked
from shared.contracts.assignment import (
    CommunityRegistered,
    HandlerAssigned,
    HandlingOpened,
    OfficerEnrolled,
    OfficerPosted,
)
from shared.contracts.codes import Basis, CaseKind, DisputeType, Profession, Role, Source
from shared.contracts.event import Actor
from shared.contracts.intake import CaseReported
from shared.contracts.model import Service
from shared.log.append import Appended, Proposal
from shared.log.store import Log
from shared.runtime import Node
from shared.settings import load
from shared.storage import Storage
from shared.web.commands import commands_of
from shared.web.gate import Gate

SERVICES: Final[tuple[Service, ...]] = (INTAKE, ASSIGNMENT, ASSESSMENT)
LOG: Final = "410105010"
CLERK: Final = Actor(id="clerk-1", role=Role.OFFICE)
COMMUNITIES: Final = tuple(f"{LOG}{number:03}" for number in range(1, 13))
DIARY: Final = "上门走访，双方情绪平稳，约定下周再谈。（虚构）"
_BEGAN: Final = datetime.fromisoformat("2015-05-04T09:00:00+08:00")
_AT: Final = "2015-06-11T09:30:00+08:00"
_SEALED: Final = "sealed:1:case/0#:" + "A" * 60
_ids = itertools.count(os.getpid() * 10**9)  # several processes may be at work on one log


@dataclass(frozen=True, slots=True)
class Ask:
    """A command as a client sends it."""

    service: str
    slug: str
    body: bytes


class Lane(Iterator[Ask]):
    """One client's commands: what it draws up beforehand it need not write while the clock runs."""

    def __init__(self, asks: Iterator[Ask]) -> None:
        self._asks, self._ready = asks, deque[Ask]()

    def draw_up(self, count: int) -> None:
        """Have so many ready."""
        self._ready.extend(itertools.islice(self._asks, count - len(self._ready)))

    def __next__(self) -> Ask:
        return self._ready.popleft() if self._ready else next(self._asks)


def draw_up(lanes: Sequence["Lane"], seconds: float) -> None:
    """Have as many commands ready as will be taken, and more."""
    for lane in lanes:
        lane.draw_up(int(seconds * min(2_500, 30_000 / len(lanes))))


def visits(case: str) -> Iterator[Ask]:
    """Visits to one case without end: planned, then completed."""
    for number in itertools.count(1):
        plan = {"officer": officer_of(_community(case)), "on": "2015-06-11", "must": False, "visit": f"v{number}"}
        yield _ask("assignment", "plan-visit", plan, f"handling/{case}")
        # Each diary says something else: of those that say the same, one is decided after the other.
        diary = f"{DIARY}{case} {number}"
        yield _ask("assignment", "complete-visit", {"visit": f"v{number}", "diary": diary}, f"handling/{case}")


def reports() -> Lane:
    """Cases without end, each with two parties."""
    return Lane(_reports())


def _reports() -> Iterator[Ask]:
    for number in itertools.count():
        parties = [
            {"role": role, "name": "甲某（虚构）", "phone": "13800000000", "id_number": "11010519491231002X"}
            for role in ("applicant", "respondent")
        ]
        data = {
            "community": COMMUNITIES[number % len(COMMUNITIES)], "grid": "grid-1", "kind": "dispute",
            "dispute_type": "neighbours", "source": "sweep", "summary": DIARY, "parties": parties,
        }  # fmt: skip
        yield _ask("intake", "report-case", data)


def _ask(service: str, slug: str, data: dict[str, Any], stream: str | None = None) -> Ask:
    body: dict[str, Any] = {"log": LOG, "occurred_at": _AT, "data": data}
    if stream is not None:
        body["stream"] = stream
    return Ask(service, slug, msgspec.json.encode(body))


def rounds_of(cases: Sequence[str]) -> Lane:
    """Visits to several cases in turn."""

    def rounds() -> Iterator[Ask]:
        each = [visits(case) for case in cases]
        while True:
            for one in each:
                yield next(one)
                yield next(one)

    return Lane(rounds())


class Counter:
    """Where a command's body becomes an answer: the gate and the desk of a process, without HTTP between."""

    def __init__(self, node: Node) -> None:
        self._desks = node.desks
        self._gates = {
            (service.name, slug): Gate(command)
            for service in node.services
            for slug, command in commands_of(service).items()
        }

    async def take(self, ask: Ask) -> Appended:
        """Validate, decide, seal, append; raises `Refused`."""
        body = self._gates[ask.service, ask.slug].read(ask.body, utc_now())
        id = body.stream.partition("/")[2] if body.stream else None
        asked = Asked(
            log=body.log, command_id=f"bench-{next(_ids)}", command=body.data, occurred_at=body.occurred_at,
            actor=CLERK, id=id,
        )  # fmt: skip
        return await self._desks[ask.service].send(asked)


@contextmanager
def storage(database_url: str | None, directory: Path) -> Iterator[Storage]:
    """An empty installation."""
    data = Path(tempfile.mkdtemp(dir=directory))
    made = Storage(load(data, database_url=database_url), SERVICES)
    made.migrate()
    try:
        yield made
    finally:
        made.close()


def case_ids(count: int) -> list[str]:
    return [f"case{number:06}" for number in range(count)]


def found(log: Log, cases: Sequence[str]) -> None:
    """Register the communities, post an officer to each, and open the handling of each case."""
    for community in COMMUNITIES:
        register = CommunityRegistered(code=community, name=f"虚构{community[-3:]}", grids=("grid-1",), households=900)
        append(log, [proposal("assignment", f"community/{community}", 0, register)])
        officer = officer_of(community)
        enrol = OfficerEnrolled(profession=Profession.JUDGE, unit="虚构法院", name=_SEALED, phone=None)
        append(log, [proposal("assignment", f"officer/{officer}", 0, enrol)])
        post = OfficerPosted(officer=officer, profession=Profession.JUDGE, from_day=date(2015, 5, 1))
        append(log, [proposal("assignment", f"roster/{community}", 0, post)])
    append(log, [one for case in cases for one in _opened(case)])


def _opened(case: str) -> Iterator[Proposal]:
    reported = CaseReported(
        community=_community(case), grid="grid-1", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
        source=Source.SWEEP, summary=_SEALED, parties=(), basis=Basis.ACT, paper=None,
    )  # fmt: skip
    yield proposal("intake", f"case/{case}", 0, reported)
    opened = HandlingOpened(
        community=_community(case), grid="grid-1", kind=CaseKind.DISPUTE, parties=2, reported_at=_BEGAN,
        due_on=date(2015, 7, 4),
    )  # fmt: skip
    yield proposal("assignment", f"handling/{case}", 0, opened, HandlerAssigned(officer=officer_of(_community(case))))


def _community(case: str) -> str:
    return COMMUNITIES[int(case.removeprefix("case")) % len(COMMUNITIES)]


def officer_of(community: str) -> str:
    """Who is posted there."""
    return f"officer-{community}"


def proposal(owner: str, stream: str, expected: int, *events: Any, at: timedelta = timedelta()) -> Proposal:
    """Events as a service would want them appended."""
    return Proposal(
        owner=owner, log=LOG, stream=stream, expected=expected, command_id=f"bench-{next(_ids)}", actor=CLERK,
        cause=None, occurred_at=_BEGAN + at, facts_at=None, events=events, body_mac=bytes(32),
    )  # fmt: skip


def append(log: Log, proposals: Sequence[Proposal], progress: Callable[[int], None] = lambda done: None) -> None:
    """Append in batches, outside of any measurement."""
    for start in range(0, len(proposals), 400):
        outcomes = log.append(proposals[start : start + 400])
        assert all(isinstance(outcome, Appended) for outcome in outcomes), "the bench's own events fit"
        progress(start)
