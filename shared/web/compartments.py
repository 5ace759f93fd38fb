"""`POST /{service}/{compartment}`: sealed fields opened, for one purpose, recorded first (see `shared.log.access`).

A reading is no command: it changes nothing in the log that is published, and asking again is another reading.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.access import THOUGH_RESTRICTED, Purpose, ReadSealed
from shared.contracts.frozen import dataclass
from shared.contracts.model import Compartment, Opening, Refused, Within
from shared.delivery.channels import is_published
from shared.log.access import Opened, Reading, access_log, read_sealed
from shared.log.codec import canonical
from shared.queries import visible
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.gate import body_within, validated
from shared.web.grants import Grants

_BODY_BYTES: Final = 8_192
_BODY: Final[TypeAdapter[ReadSealed]] = TypeAdapter(ReadSealed)


def compartment_routes(
    node: Node, service: str, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
) -> list[BaseRoute]:
    """A route per compartment of a service."""
    grants = Grants(node)
    return [
        doorkeeper.route(
            compartment_rule(service, one), CompartmentEndpoint(node, service, one, clock, grants).read
        )
        for one in node.followers[service].service.compartments
    ]  # fmt: skip


def compartment_rule(service: str, compartment: Compartment) -> Rule:
    """A compartment's row in the policy."""
    return Rule(
        method="POST", path=f"/{service}/{compartment.path}", kind=Kind.READING, roles=compartment.by,
        within=Within.AGGREGATE, clause=compartment.clause,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: of which aggregate, which fields, and what for."""

    log: str
    id: str
    item: str
    purpose: Purpose
    fields: Sequence[str]


@dataclass(frozen=True, slots=True)
class Leave:
    """What may be opened: the boxes by field, and what was granted for it, where it is not the asker's own work."""

    boxes: Mapping[str, str]
    grant: str | None


class CompartmentEndpoint:
    """One compartment's way out."""

    def __init__(
        self, node: Node, service: str, compartment: Compartment, clock: Callable[[], datetime], grants: Grants
    ) -> None:
        self._node, self._service, self._compartment, self._clock = node, service, compartment, clock
        self._grants = grants
        category = compartment.category
        deciders = node.followers[service].service.deciders
        self._sealed_under = next(one.sealed_under or category for one in deciders if one.category == category)

    async def read(self, request: Request, visitor: Visitor) -> Response:
        """The fields' values, for who may have them and says what for; raises `Refused`."""
        wanted = self._asked(request, visitor, await self._body(request))
        leave = await self.leave(visitor, wanted)
        opened = await self.opened(visitor, wanted, leave)
        return Response(canonical(self._told(wanted, leave, opened)), media_type="application/json")

    async def leave(self, visitor: Visitor, wanted: Wanted) -> Leave:
        """What this visitor may open of what is wanted, as of the log's head; raises `Refused`."""
        await self._node.followers[self._service].caught_up(wanted.log)  # nobody reads on after being relieved
        await self._grants.caught_up(wanted.log)
        return await asyncio.to_thread(self._leave, visitor, wanted)

    async def opened(self, visitor: Visitor, wanted: Wanted, leave: Leave) -> Opened:
        """The boxes' values, once the reading is on record; raises `Refused`."""
        reading = Reading(
            id=secrets.token_hex(16), log=wanted.log, actor=visitor.actor, subject=self._subject(wanted.id),
            case=wanted.id, item=wanted.item or None, purpose=wanted.purpose, boxes=leave.boxes, at=self._clock(),
            grant=leave.grant,
        )  # fmt: skip
        return await read_sealed(reading, self._node.appender, self._node.storage.vault)

    def _subject(self, id: str) -> str:
        return f"{self._sealed_under}/{id}"

    def _told(self, wanted: Wanted, leave: Leave, opened: Opened) -> dict[str, Any]:
        """The answer: a value where the address names the field, else values by field."""
        readings = access_log(wanted.log)
        said = {"log": wanted.log, "case": wanted.id, "item": wanted.item or None, "purpose": wanted.purpose}
        if (field := self._compartment.field) is not None:
            return {**said, "field": field, "value": opened.values[field], "reading": f"{readings}/{opened.position}"}
        places = {field: f"{readings}/{opened.position + number}" for number, field in enumerate(leave.boxes)}
        return {**said, "values": opened.values, "erased": opened.erased, "readings": places}

    def _asked(self, request: Request, visitor: Visitor, body: ReadSealed) -> Wanted:
        """What the address and the body ask for; raises `Refused`."""
        for name in request.query_params:
            if name != "log":
                raise Refused("bad_parameter", field=name)
        if not is_published(visitor.log):
            raise Refused("not_found", field="log")
        id, *items = (visible(said, name) for name, said in request.path_params.items())
        return Wanted(
            log=visitor.log, id=id, item=items[0] if items else "", purpose=body.purpose, fields=self._fields(body)
        )

    def _fields(self, body: ReadSealed) -> Sequence[str]:
        if self._compartment.field is not None:
            if body.fields is not None:
                raise Refused("unknown_field", field="fields")
            return (self._compartment.field,)
        if not body.fields:
            raise Refused("missing_field" if body.fields is None else "too_short", field="fields")
        return tuple(dict.fromkeys(body.fields))

    @staticmethod
    async def _body(request: Request) -> ReadSealed:
        return validated(_BODY, await body_within(request, _BODY_BYTES))

    def _leave(self, visitor: Visitor, wanted: Wanted) -> Leave:
        """Raises `Refused`; whoever may not learns the same of what there is and of what there is not."""
        asked = self._compartment
        with self._node.look(self._service, wanted.log, decides=True) as look:
            opening = Opening(
                by=visitor.actor, community=visitor.community, id=wanted.id, item=wanted.item, look=look,
                stream=partial(self._node.storage.log.stream, wanted.log),
            )  # fmt: skip
            within = visitor.community is None or asked.place(opening) == visitor.community
            work = within and visitor.actor.role in asked.work and asked.may(opening)
            boxes = asked.boxes(opening) if within else {}
        chosen = {field: boxes[field] for field in wanted.fields if field in boxes}
        by_two = not work or wanted.purpose in THOUGH_RESTRICTED  # of their own work, what is restricted stays closed
        grant = self._granted(visitor, wanted, chosen) if chosen and by_two else None
        if not work and grant is None:
            raise Refused("not_of_this_case" if visitor.actor.role in asked.work else "unmasking_needed")
        if len(chosen) < len(wanted.fields):
            raise self._missing(boxes)
        self._grants.require_use(wanted.log, chosen.values(), wanted.purpose, grant)
        return Leave(chosen, grant)

    def _granted(self, visitor: Visitor, wanted: Wanted, chosen: Mapping[str, str]) -> str | None:
        return self._grants.of(wanted.log, visitor.actor, chosen.values(), wanted.purpose, self._clock())

    def _missing(self, boxes: Mapping[str, str]) -> Refused:
        """What there is, for who may open it."""
        if self._compartment.field is not None or not boxes:
            return Refused("not_found")
        return Refused("no_such_field", field="fields", fields=", ".join(boxes))
