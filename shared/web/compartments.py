"""`POST /{service}/{compartment}`: one sealed field opened, for one purpose, recorded first (see `shared.log.access`).

A reading is no command: it changes nothing in the log that is published, and asking again is another reading.
"""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.access.visitor import Visitor
from shared.contracts.access import Purpose, ReadSealed
from shared.contracts.codes import Role
from shared.contracts.model import Compartment, Refused
from shared.delivery.channels import is_published
from shared.log.access import Reading, access_log, read_sealed
from shared.log.codec import canonical
from shared.queries import visible
from shared.runtime import Node
from shared.web.commands import body_within
from shared.web.gate import refusal

_BODY_BYTES: Final = 1024
_BODY: Final[TypeAdapter[ReadSealed]] = TypeAdapter(ReadSealed)


def compartment_routes(
    node: Node, service: str, visitor: Callable[[Request], Visitor], clock: Callable[[], datetime]
) -> list[BaseRoute]:
    """A route per compartment of a service."""
    return [
        Route(f"/{service}/{one.path}", CompartmentEndpoint(node, service, one, visitor, clock).read, methods=["POST"])
        for one in node.followers[service].service.compartments
    ]


class CompartmentEndpoint:
    """One compartment's way out."""

    def __init__(
        self, node: Node, service: str, compartment: Compartment, visitor: Callable[[Request], Visitor],
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._node, self._service, self._compartment = node, service, compartment
        self._visitor, self._clock = visitor, clock
        self._roles = frozenset(map(Role, compartment.by))

    async def read(self, request: Request) -> Response:
        """The field's value, for who may have it and says what for; raises `Refused`."""
        visitor = self._visitor(request)
        visitor.may_read(self._roles)
        log, case, item = self._asked(request, visitor)
        purpose = await self._purpose(request)
        await self._node.followers[self._service].caught_up(log)  # nobody reads on after being relieved
        box = await asyncio.to_thread(self._box, visitor, log, case, item)
        if box is None:
            raise Refused("not_found")
        reading = Reading(
            id=secrets.token_hex(16), log=log, actor=visitor.actor, case=case, field=self._compartment.field,
            item=item or None, purpose=purpose, at=self._clock(),
        )  # fmt: skip
        opened = await read_sealed(reading, box, self._node.appender, self._node.storage.vault)
        body = {
            "log": log, "case": case, "item": reading.item, "field": reading.field, "purpose": purpose,
            "value": opened.value, "reading": f"{access_log(log)}/{opened.position}",
        }  # fmt: skip
        return Response(canonical(body), media_type="application/json")

    def _asked(self, request: Request, visitor: Visitor) -> tuple[str, str, str]:
        """Log, aggregate and, where the compartment has several of a kind, item of the address; raises `Refused`."""
        for name in request.query_params:
            if name != "log":
                raise Refused("bad_parameter", field=name)
        log = request.query_params.get("log", visitor.log)
        visitor.may_reach(log)
        if not is_published(log):
            raise Refused("not_found", field="log")
        case, *items = (visible(said, name) for name, said in request.path_params.items())
        return log, case, items[0] if items else ""

    @staticmethod
    async def _purpose(request: Request) -> Purpose:
        try:
            return _BODY.validate_json(await body_within(request, _BODY_BYTES)).purpose
        except ValidationError as error:
            raise refusal(error) from None

    def _box(self, visitor: Visitor, log: str, case: str, item: str) -> str | None:
        """The sealed box; raises `Refused("not_of_this_case")`, whether or not there is such a case."""
        with self._node.look(self._service, log) as look:
            if not self._compartment.may(visitor.actor, case, look):
                raise Refused("not_of_this_case")
        history = self._node.storage.log.stream(log, f"{self._compartment.category}/{case}")
        return self._compartment.box(history, item)
