"""`GET /{service}/{question}`: what a service answers beside its ledgers, each for those who may ask."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.model import Asking, Look, Question, Refused, Within
from shared.ledger.prefix import prefix
from shared.log.codec import canonical
from shared.queries import visible
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.heavy import HEAVY
from shared.web.ledgers import known_parameters, only


def question_routes(node: Node, service: str, doorkeeper: Doorkeeper, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """A route for each question of a service that its ledgers answer."""
    return [
        doorkeeper.route(question_rule(service, one), QuestionEndpoint(node, service, one, clock).answer)
        for one in node.followers[service].service.questions if one.ask is not None
    ]  # fmt: skip


def question_rule(service: str, question: Question) -> Rule:
    """A question's row in the policy."""
    return Rule(
        method="GET", path=f"/{service}/{question.path}", kind=Kind.QUESTION, roles=frozenset(map(Role, question.by)),
        within=question.within, clause=question.clause,
    )  # fmt: skip


def asking(node: Node, service: str, log: str, said: Mapping[str, str], by: Actor, today: date) -> Asking:
    """A question to a running process."""
    storage, declared = node.storage, node.followers[service].service
    return Asking(
        said=said, by=by, today=today, stream=partial(storage.log.stream, log),
        at=lambda position: prefix(declared, storage.log, log, position, storage.root),
    )  # fmt: skip


def answer(body: Any) -> Response:
    """An answer as JSON: canonical, so that the same answer has the same bytes."""
    return Response(canonical(body), media_type="application/json")


class QuestionEndpoint:
    """One question."""

    def __init__(self, node: Node, service: str, question: Question, clock: Callable[[], datetime]) -> None:
        self._node, self._service, self._question, self._clock = node, service, question, clock

    async def answer(self, request: Request, visitor: Visitor) -> Response:
        """The answer, for who may have it; raises `Refused`."""
        question = self._question
        known_parameters(request, question.parameters)
        said = dict(request.query_params)
        if question.within is Within.ROWS and (community := only(visitor, said.get("community"))) is not None:
            said["community"] = community
        said |= {name: visible(text, name) for name, text in request.path_params.items()}
        asked = asking(self._node, self._service, visitor.log, said, visitor.actor, civil_day(self._clock()))
        return await (HEAVY.run if question.heavy else asyncio.to_thread)(self._found, visitor, asked)

    def _found(self, visitor: Visitor, asked: Asking) -> Response:
        assert self._question.ask is not None, "it has a route"
        with self._node.look(self._service, visitor.log, decides=self._question.again) as look:
            require_place(self._question, visitor, look, asked)
            found = self._question.ask(look, asked)
        return answer(found)


def require_place(question: Question, visitor: Visitor, look: Look, asked: Asking) -> None:
    """That what is asked about lies in the one community that the visitor reaches; raises `Refused("not_found")`."""
    if visitor.community is None or question.place is None:
        return
    if question.place(look, asked) != visitor.community:
        raise Refused("not_found", field="id")
