"""How a command is kept within the reach of who sends it: one community's member to it, a resident to their case.

What lies beyond does not exist for them: they get what they would get for an id that nobody has, byte for byte.
"""

import asyncio
from dataclasses import fields, replace
from typing import Final

import structlog

from shared.access.visitor import Visitor
from shared.command import Asked, Desk
from shared.contracts.codes import Role
from shared.contracts.model import Refused, Within
from shared.runtime import Node

NOWHERE: Final = "0" * 20
"""An id of the form of those that are derived, which no command's id leads to."""

logger: Final = structlog.get_logger(__name__)


class Reach:
    """The reach of one command."""

    def __init__(self, node: Node, desk: Desk, command: type) -> None:
        self._node, self._service = node, desk.service.name
        self._decider, self._accepts = desk.route(command)
        self._named = any(field.name == "community" for field in fields(command))
        self._names = [
            ledger for ledger in desk.service.ledgers if {"community", "name"} <= {f.name for f in fields(ledger.row)}
        ]
        self._found = self._accepts.id is not None or not self._accepts.creates

    @property
    def within(self) -> Within:
        """What the policy says of it for those of one community."""
        place = self._decider.place is not None and self._found
        return Within.AGGREGATE if self._named or place else Within.CLOSED

    async def held(self, visitor: Visitor, asked: Asked) -> Asked:
        """The command, where it is within reach; else about nothing that there is. Raises `Refused`."""
        resident = visitor.actor.role == Role.RESIDENT
        if not resident and visitor.community is None:
            return asked
        if resident:
            await asyncio.to_thread(self._node.storage.case_codes.require, visitor)
        if resident and not self._accepts.creates:
            within = visitor.case == f"{self._decider.category}/{asked.id}"
        else:
            within = await self._in_community(visitor, asked)
        if within:
            return await self._naming_within(visitor, asked)
        logger.warning("beyond the visitor's reach", log=asked.log, actor=visitor.actor.id, service=self._service)
        return replace(asked, id=NOWHERE)

    async def _naming_within(self, visitor: Visitor, asked: Asked) -> Asked:
        """The command, with the other aggregate that it names as it is for the visitor: there, or not."""
        name = self._accepts.other
        if name is None or visitor.community is None:
            return asked
        if await self._found_in(asked.log, getattr(asked.command, name), visitor.community):
            return asked
        return replace(asked, command=replace(asked.command, **{name: NOWHERE}))

    async def _in_community(self, visitor: Visitor, asked: Asked) -> bool:
        """Whether what is asked lies in the visitor's community; raises `Refused` where it names another."""
        if visitor.community is None:
            return True
        said = getattr(asked.command, "community", None)
        if said is not None and not await asyncio.to_thread(self._is, asked.log, said, visitor.community):
            raise Refused("wrong_jurisdiction", field="data.community")
        id = self._accepts.id(asked.command) if self._accepts.id else asked.id
        if self._decider.place is None or id is None or (self._accepts.creates and self._named):
            return self._named  # which the policy let in for the community that it names
        return await self._found_in(asked.log, id, visitor.community)

    async def _found_in(self, log: str, id: str, community: str) -> bool:
        """Whether an aggregate lies in a community, or in no one community."""
        if await asyncio.to_thread(self._lies_in, log, id, community):
            return True
        await self._node.followers[self._service].caught_up(log)  # it may just have come to be
        return await asyncio.to_thread(self._lies_in, log, id, community)

    def _is(self, log: str, said: str, community: str) -> bool:
        """Whether a command names that community, by its code or its name."""
        if said == community:
            return True
        with self._node.look(self._service, log) as look:
            return any(row.community == community for names in self._names for row in look.rows(names, name=said))

    def _lies_in(self, log: str, id: str, community: str) -> bool:
        assert self._decider.place is not None, "it was looked for"
        with self._node.look(self._service, log) as look:
            return self._decider.place(id, look) in ("", community)
