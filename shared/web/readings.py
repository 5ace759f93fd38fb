"""`GET /record/readings`: who opened what, and what for 查阅记录. For the privacy officer and auditors: nobody else
sees who reads. What was opened stands nowhere in it."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.access import CardIssued, PersonSought, SealedFieldRead
from shared.contracts.codes import Role
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.delivery.channels import is_published
from shared.log.access import access_log, of_subject
from shared.log.codec import canonical
from shared.log.store import Log
from shared.queries import page_size, visible, whole
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.heavy import HEAVY

READINGS_BY: Final = frozenset({Role.PRIVACY, Role.AUDITOR})
PAGE_READINGS: Final = 200
MOST_READINGS: Final = 1_000
"""Readings of a page: usually, and at the most."""
_LOOKED_AT: Final = 50_000
"""Readings looked through for one page: a case that was hardly read takes several."""
_PAGE: Final = 5_000
_BEFORE: Final = "reading/"
"""How the streams of readings began before they named their subject."""


def reading_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The route."""
    rule = Rule(method="GET", path="/record/readings", kind=Kind.RECORD, roles=READINGS_BY, clause="3.1.4")
    return [doorkeeper.route(rule, ReadingsEndpoint(node).page)]


class ReadingsEndpoint:
    """The logs of readings, for those who watch over them."""

    def __init__(self, node: Node) -> None:
        self._log = node.storage.log

    async def page(self, request: Request, visitor: Visitor) -> Response:
        """A page of readings after a position: all of them, or those of one case."""
        given = dict(request.query_params)
        for name, said in given.items():
            if name not in ("log", "case", "after", "limit"):
                raise Refused("bad_parameter", field=name)
            visible(said, name)
        if not is_published(visitor.log):
            raise Refused("not_found", field="log")
        after = -1 if given.get("after") in (None, "-1") else whole(given["after"], "after")
        limit = page_size(given.get("limit"), PAGE_READINGS, MOST_READINGS)
        case = given.get("case")
        found, next_ = await HEAVY.run(
            self._found, visitor.log, after, limit, lambda one: case is None or of(one, case)
        )
        body = {"log": visitor.log, "readings": [told(one) for one in found], "next": next_}
        return Response(canonical(body), media_type="application/json")

    def _found(
        self, log: str, after: int, limit: int, wanted: Callable[[Recorded], bool]
    ) -> tuple[list[Recorded], int | None]:
        """Those that are wanted, and where the next page begins; None at the end."""
        found: list[Recorded] = []
        for one in readings(self._log, log, after):
            if len(found) == limit or one.position > after + _LOOKED_AT:
                return found, one.position - 1
            if wanted(one):
                found.append(one)
        return found, None


def readings(log: Log, name: str, after: int = -1) -> Iterator[Recorded]:
    """All readings of a sub-district's sealed fields after a position, in order."""
    while page := log.recorded(access_log(name), after, _PAGE):
        yield from page
        after = page[-1].position


def readings_of(log: Log, name: str, subject: str) -> list[Recorded]:
    """All readings of what one subject's keys seal (`case/0f3a`), in order, without looking through the others; only
    those of before they were kept by subject are looked through."""
    kept = access_log(name)
    before = (one for one in log.beneath(kept, _BEFORE) if of(one, subject))
    return sorted((*before, *log.beneath(kept, of_subject(subject))), key=lambda one: one.position)


def of(one: Recorded, case: str) -> bool:
    """Whether a reading is of a case or entry, by its id (`0f3a`) or as its keys are named (`case/0f3a`); or a card
    with a code was handed out that opens the case."""
    if isinstance(one.event, CardIssued):
        return case in (one.event.case, f"case/{one.event.case}")
    return isinstance(one.event, SealedFieldRead) and case in (one.event.case, one.event.subject)


def told(one: Recorded) -> dict[str, Any]:
    """A reading as it is shown: who, for whom, in which role, what of which case, what for, by whose leave. A card that
    was handed out has no purpose, and its name instead: what is done with its code is done by `resident-<card>`."""
    event = one.event
    shown = {
        "position": one.position, "at": one.recorded_at, "who": one.actor.id, "role": one.actor.role,
        "for_whom": one.actor.on_behalf_of, "purpose": getattr(event, "purpose", None), "case": None, "subject": None,
        "item": None, "field": None, "grant": None, "request": None, "found": None, "card": None,
    }  # fmt: skip
    if isinstance(event, PersonSought):
        return {**shown, "request": event.request, "found": event.found}
    if isinstance(event, CardIssued):
        return {**shown, "case": event.case, "card": event.card}
    names = ("case", "subject", "item", "field", "grant")
    return {**shown, **{name: getattr(event, name) for name in names}}
