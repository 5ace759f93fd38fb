"""`GET /{service}/{question}`: what a service answers beside its ledgers, each for those who may ask."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.access.visitor import Visitor
from shared.contracts.days import civil_day
from shared.contracts.event import Actor
from shared.contracts.model import Asking, Question
from shared.ledger.prefix import prefix
from shared.log.codec import canonical
from shared.queries import visible
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import log_asked


def question_routes(
    node: Node, service: str, visitor: Callable[[Request], Visitor], clock: Callable[[], datetime]
) -> list[BaseRoute]:
    """A route for each question of a service that its ledgers answer."""
    return [
        Route(f"/{service}/{one.path}", QuestionEndpoint(node, service, one, visitor, clock).answer)
        for one in node.followers[service].service.questions if one.ask is not None
    ]  # fmt: skip


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

    def __init__(
        self, node: Node, service: str, question: Question, visitor: Callable[[Request], Visitor],
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._node, self._service, self._question = node, service, question
        self._visitor, self._clock = visitor, clock

    async def answer(self, request: Request) -> Response:
        """The answer, for who may have it; raises `Refused`."""
        question, visitor = self._question, self._visitor(request)
        log = log_asked(request, visitor, question.by, question.parameters)
        named = {name: visible(text, name) for name, text in request.path_params.items()}
        asked = asking(
            self._node, self._service, log, {**request.query_params, **named}, visitor.actor, civil_day(self._clock())
        )
        return await (HEAVY.run if question.heavy else asyncio.to_thread)(self._found, log, asked)

    def _found(self, log: str, asked: Asking) -> Response:
        assert self._question.ask is not None, "it has a route"
        with self._node.look(self._service, log, decides=self._question.again) as look:
            found = self._question.ask(look, asked)
        return answer(found)
