"""What a person may ask the office for 本人查阅 (个人信息保护法 45): their cases, and what is held about them in one.

Both go through the privacy officer, and are on record before anything is opened. To look for somebody's cases opens the
parties' boxes within this process and tells ids alone; it takes a request of theirs that another person received, and
the name and a number of a party of the very case that the request is about: nobody is looked for who did not ask. What
is held is opened under an unmasking that a second person granted for this very purpose.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.intake.compartments import CASE
from services.intake.duplicates import Mark, marks_of
from services.intake.held import (
    FoundCase,
    FoundCases,
    Held,
    HeldClock,
    facts,
    happened,
    own_fields,
    person,
    read,
    recipients,
)
from services.intake.ledgers import cases
from services.intake.service import FIND, HELD, SERVICE
from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.access import AskForHeld, FindPerson
from shared.contracts.frozen import dataclass
from shared.contracts.model import Errand, Refused, Within
from shared.contracts.personal import key_of
from shared.contracts.persons import same_person
from shared.log.access import access_log, sought
from shared.log.codec import canonical
from shared.log.database import snapshot
from shared.queries import visible
from shared.runtime import Node
from shared.web.compartments import CompartmentEndpoint, Wanted
from shared.web.door import Doorkeeper
from shared.web.gate import body_within, validated
from shared.web.grants import Grants
from shared.web.heavy import HEAVY
from shared.web.ledgers import known_parameters
from shared.web.readings import readings_of

_BODY_BYTES: Final = 4_096
_CASES_AT_ONCE: Final = 500
"""Whose boxes are opened at one look at the keys."""
_HELD: Final[TypeAdapter[AskForHeld]] = TypeAdapter(AskForHeld)
_FIND: Final[TypeAdapter[FindPerson]] = TypeAdapter(FindPerson)
_T = TypeVar("_T", AskForHeld, FindPerson)


def disclosure_routes(node: Node, doorkeeper: Doorkeeper, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """The routes of what a person may ask for."""
    endpoint = DisclosureEndpoint(node, clock)
    return [
        doorkeeper.route(disclosure_rule(HELD), endpoint.held),
        doorkeeper.route(disclosure_rule(FIND), endpoint.find),
    ]


def disclosure_rule(one: Errand) -> Rule:
    """A disclosure's row in the policy: it concerns the whole sub-district."""
    return Rule(
        method="POST", path=f"/{SERVICE.name}/{one.path}", kind=Kind.READING, roles=one.by, within=Within.CLOSED,
        clause=one.clause, by_person=True,
    )  # fmt: skip


class DisclosureEndpoint:
    """What the privacy officer opens for the person."""

    def __init__(self, node: Node, clock: Callable[[], datetime]) -> None:
        self._node, self._clock, self._grants = node, clock, Grants(node)
        self._cases = CompartmentEndpoint(node, SERVICE.name, CASE, clock, self._grants)

    async def held(self, request: Request, visitor: Visitor) -> Response:
        """All that is held about a party of a case; raises `Refused`."""
        known_parameters(request)
        asked = await _body(request, _HELD)
        id, log = visible(request.path_params["case"], "case"), visitor.log
        await self._node.followers[SERVICE.name].caught_up(log)
        row = await asyncio.to_thread(self._case, log, id)
        fields = [] if row is None else own_fields(row, asked.party) or own_fields(row, 0)
        if row is None or not fields:  # told apart from a case that there is only for who may open that
            raise Refused("unmasking_needed")
        wanted = Wanted(log=log, id=id, item="", purpose=asked.purpose, fields=fields)
        leave = await self._cases.leave(visitor, wanted)
        if asked.party >= len(row.parties):
            raise Refused("out_of_range", field="party")
        before = await asyncio.to_thread(self._read, log, id, asked.party)
        opened = await self._cases.opened(visitor, wanted, leave)
        told = Held(
            log=log, case=id, party=asked.party, person=person(row, asked.party, opened.values, opened.erased),
            facts=facts(row), readings=before, events=await asyncio.to_thread(self._happened, log, id),
            clock=await asyncio.to_thread(self._clock_of, log, id),
            recipients=await asyncio.to_thread(self._recipients, log),
            reading=f"{access_log(log)}/{opened.position}",
        )  # fmt: skip
        return Response(canonical(told), media_type="application/json")

    async def find(self, request: Request, visitor: Visitor) -> Response:
        """The cases in which somebody is a party, who asked for that; raises `Refused`."""
        known_parameters(request)
        asked, log = await _body(request, _FIND), visitor.log
        known = _marks(asked)
        await self._node.followers[SERVICE.name].caught_up(log)
        await self._grants.caught_up(log)
        about = await asyncio.to_thread(self._about, visitor, asked.request)
        begun = await self._sought(visitor, asked, None)
        if not await asyncio.to_thread(self._is_party, log, about, known):
            raise Refused("not_who_asked", field="name")
        found = await HEAVY.run(self._found, log, known)
        await self._sought(visitor, asked, len({one.case for one in found}), begun)
        told = FoundCases(log=log, cases=tuple(found), reading=f"{access_log(log)}/{begun}")
        return Response(canonical(told), media_type="application/json")

    async def _sought(self, visitor: Visitor, asked: FindPerson, found: int | None, begun: int | None = None) -> int:
        """Record that somebody is looked for, or how many cases there were; gives where that stands."""
        return await sought(
            secrets.token_hex(16), visitor.log, visitor.actor, asked.purpose, found, self._clock(),
            self._node.appender, self._node.storage.vault, request=asked.request, begun=begun,
        )  # fmt: skip

    def _about(self, visitor: Visitor, request: str) -> str:
        """What a request is about on which this visitor may look for its person's cases; raises `Refused`."""
        row = self._grants.request(visitor.log, request)
        if row is None:
            raise Refused("no_open_request", field="request")
        if same_person(visitor.actor, (row.received_by, row.received_for)):
            raise Refused("own_request", field="request")
        return str(row.case)

    def _is_party(self, log: str, subject: str, known: "_Known") -> bool:
        """Whether who is looked for is a party of the case that the request is about; of one party's, that party."""
        stream, _, part = subject.partition("#")
        category, _, id = stream.partition("/")
        row = self._case(log, id) if category == CASE.category else None
        if row is None:
            return False
        boxes = [box for party in row.parties for box in _boxes(party)]
        opened = self._node.storage.vault.open_all(log, boxes)
        return any(
            _same(party, opened, known) for party in row.parties
            if not part or any(key_of(box) == subject for box in _boxes(party))
        )  # fmt: skip

    def _case(self, log: str, id: str) -> cases.Row | None:
        with self._node.look(SERVICE.name, log, decides=True) as look:
            return look.row(cases.LEDGER, id)

    def _read(self, log: str, id: str, party: int) -> Any:
        return read(readings_of(self._node.storage.log, log, f"case/{id}"), f"case/{id}", party)

    def _happened(self, log: str, id: str) -> Any:
        streams = self._node.storage.log.streams([(log, f"case/{id}"), (log, f"handling/{id}")])
        return happened(chain.from_iterable(streams.values()))

    def _clock_of(self, log: str, id: str) -> HeldClock:
        kept, restricted = self._grants.kept(log, f"case/{id}")
        return HeldClock(
            kept=getattr(kept, "kept", None), over_on=getattr(kept, "over_on", None),
            due_on=getattr(kept, "due_on", None), restricted_since=getattr(restricted, "since", None),
        )  # fmt: skip

    def _recipients(self, log: str) -> Any:
        storage, now = self._node.storage, self._clock()
        machines = [
            one.name for one in storage.machines.listed()
            if one.ended_at is None and now < one.ends_at and log.startswith(one.place[: len(log)])
            and any(scope.split(":")[0] == Kind.RECORD.value for scope in one.scopes)
        ]  # fmt: skip
        return recipients([service.name for service in storage.services], machines)

    def _found(self, log: str, known: "_Known") -> list[FoundCase]:
        """Every case of the log is opened, compared, and dropped."""
        vault = self._node.storage.vault
        found: list[FoundCase] = []
        all_of_them = self._parties(log)
        while rows := list(islice(all_of_them, _CASES_AT_ONCE)):
            opened = vault.open_all(log, {box for row in rows for party in row.parties for box in _boxes(party)})
            for row in rows:
                parties = enumerate(row.parties)
                found += (FoundCase(case=row.id, party=n) for n, party in parties if _same(party, opened, known))
        return found

    def _parties(self, log: str) -> Iterator[cases.Row]:
        table = self._node.followers[SERVICE.name].runner.tables[cases.LEDGER.name]
        with snapshot(self._node.storage.ledgers_engine, log) as connection:
            for _, row in table.all(connection, log):
                yield row


def _boxes(party: Any) -> Iterable[str]:
    return (box for box in (party.name, party.phone, party.id_number) if box is not None)


@dataclass(frozen=True, slots=True)
class _Known:
    """By what a person is known again: the name, and one of the numbers."""

    name: Mark
    numbers: frozenset[Mark]


def _same(party: Any, opened: Mapping[str, str], known: _Known) -> bool:
    """Whether a party, by what its boxes hold, is the person."""
    marks = {*marks_of(*(opened.get(box or "") for box in (party.name, party.phone, party.id_number)))}
    return known.name in marks and not known.numbers.isdisjoint(marks)


def _marks(asked: FindPerson) -> _Known:
    """By what the person is known again: the name, and the numbers; raises `Refused`."""
    marks: Mapping[str, Mark] = {mark.kind: mark for mark in marks_of(asked.name, asked.phone, asked.id_number)}
    if "name" not in marks:
        raise Refused("too_short", field="name")
    numbers = frozenset(mark for kind, mark in marks.items() if kind != "name")
    if not numbers:
        raise Refused("missing_field", field="phone")
    return _Known(marks["name"], numbers)


async def _body(request: Request, adapter: TypeAdapter[_T]) -> _T:
    """The body; raises `Refused`."""
    return validated(adapter, await body_within(request, _BODY_BYTES))
