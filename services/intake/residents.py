"""What a resident may do by themselves 居民自助: report, see how their own case goes, take it back (§3.3.2, 3.3.4).

Nobody signs in: the code on the card names the case, and opens that case alone, for half an hour at most and no longer
than the code is good. Who reports by themselves gets a session without a case first, and the case's code when they have
reported. Who hands a card out stands in the log of readings before its code opens anything, and what is done by the
code is done in the card's name: nobody acts as a resident without a trace.
"""

import asyncio
import secrets
from datetime import timedelta
from typing import Any, Final

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from services.intake.ledgers import cases
from services.intake.own_case import AskForCard, CaseCard, OpenSession, ResidentSession, told
from services.intake.service import CARD, OWN_CASE, SERVICE
from services.intake.service import SESSION as OPENING
from shared.access.case_codes import Card, on_card
from shared.access.policy import ANYONE, Kind, Rule
from shared.access.throttle import CASE_CODE, Rate
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.codes import Role
from shared.contracts.model import Refused, Within
from shared.delivery.channels import is_published
from shared.log.access import card_issued
from shared.queries import visible
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.gate import body_within, validated
from shared.web.ledgers import known_parameters
from shared.web.questions import answer, question_rule
from shared.web.session import source_of

VALID: Final = timedelta(minutes=30)
REPORTS_PER_MINUTE: Final = 60
"""Sessions to report with, from one address: a kiosk, or all who share a telephone company's address."""
_OPEN: Final[TypeAdapter[OpenSession]] = TypeAdapter(OpenSession)
_CARD: Final[TypeAdapter[AskForCard]] = TypeAdapter(AskForCard)
_BODY_BYTES: Final = 1_024


def resident_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The session, the own case, and the code that a card gets."""
    residents = Residents(node)
    return [
        doorkeeper.open_route(
            Rule(
                method="POST", path=f"/{SERVICE.name}/{OPENING.path}", kind=Kind.SIGN_IN, roles=ANYONE,
                clause=OPENING.clause,
            ),
            residents.session,
        ),
        doorkeeper.route(question_rule(SERVICE.name, OWN_CASE), residents.own),
        doorkeeper.route(
            Rule(
                method="POST", path=f"/{SERVICE.name}/{CARD.path}", kind=Kind.CARD, roles=CARD.by,
                within=Within.AGGREGATE, clause=CARD.clause,
            ),
            residents.card,
        ),
    ]  # fmt: skip


class Residents:
    """What residents ask for, and those who hand cards to them."""

    def __init__(self, node: Node) -> None:
        self._node, self._codes = node, node.storage.case_codes
        self._reporting = Rate("reporting", REPORTS_PER_MINUTE)  # whoever reports guesses nothing

    async def session(self, request: Request) -> Response:
        """A short session for the case of a code; without a code, for somebody who will report. Raises `Refused`."""
        asked = await _body(request, _OPEN)
        if not is_published(asked.log) or not await asyncio.to_thread(self._node.storage.log.size, asked.log):
            raise Refused("not_found", field="log")
        card = None
        if asked.code is None:
            self._reporting.count(source_of(request))
        else:
            card = await asyncio.to_thread(self._card, asked.log, asked.code, source_of(request))
        case, name = (None, None) if card is None else (f"case/{card.case}", card.name)
        token = self._node.storage.tokens.mint(
            Role.RESIDENT, asked.log, subject=f"resident-{name or secrets.token_hex(8)}", valid=VALID, case=case,
            card=name,
        )  # fmt: skip
        seconds = int(VALID.total_seconds())
        return answer(ResidentSession(token=token, role=Role.RESIDENT, log=asked.log, case=case, seconds=seconds))

    def _card(self, log: str, code: str, source: str) -> Card:
        """The card of a code. Who guesses waits longer each time."""
        throttle = self._node.storage.sign_in.throttle
        throttle.attempt(f"{log}/{code}", source, CASE_CODE)
        card = self._codes.card_of(log, code)
        if card is None:
            raise Refused("unknown_code", field="code")
        throttle.succeeded(f"{log}/{code}", source, CASE_CODE)
        return card

    async def own(self, request: Request, visitor: Visitor) -> Response:
        """The visitor's own case; raises `Refused`."""
        known_parameters(request)
        await asyncio.to_thread(self._codes.require, visitor)
        id = (visitor.case or "").removeprefix("case/")
        row = await self._row(visitor.log, id)
        if row is None:
            raise Refused("not_found")
        return answer(told(visitor.log, row))

    async def card(self, request: Request, visitor: Visitor) -> Response:
        """A new code for a case, told this once; the one before ends, and so does what it opened. Who asked for it
        is on record before it opens anything. Raises `Refused`."""
        known_parameters(request)
        await _body(request, _CARD)
        await asyncio.to_thread(self._codes.require, visitor)
        id = visible(request.path_params["case"], "case")
        row = await self._row(visitor.log, id)
        if row is None or visitor.community not in (None, row.community) or not await self._may(visitor, id):
            raise Refused("not_found", field="case")
        drawn = await asyncio.to_thread(self._codes.draw, visitor.log)
        await card_issued(
            secrets.token_hex(16), visitor.log, visitor.actor, id, drawn.card, utc_now(), self._node.appender,
            self._node.storage.vault,
        )  # fmt: skip
        await asyncio.to_thread(self._codes.issue, visitor.log, id, drawn.code, visitor.actor.id)
        return answer(CaseCard(log=visitor.log, case=id, code=on_card(drawn.code), card=drawn.card))

    async def _may(self, visitor: Visitor, id: str) -> bool:
        """A resident gets the code of the case that they reported in this session."""
        if visitor.actor.role != Role.RESIDENT:
            return True
        history = await asyncio.to_thread(self._node.storage.log.stream, visitor.log, f"case/{id}")
        return bool(history) and history[0].actor.id == visitor.actor.id

    async def _row(self, log: str, id: str) -> cases.Row | None:
        """The case, which may just have been reported."""
        if (row := await asyncio.to_thread(self._find, log, id)) is None:
            await self._node.followers[SERVICE.name].caught_up(log)
            row = await asyncio.to_thread(self._find, log, id)
        return row

    def _find(self, log: str, id: str) -> cases.Row | None:
        with self._node.look(SERVICE.name, log) as look:
            return look.row(cases.LEDGER, id)


async def _body(request: Request, adapter: TypeAdapter[Any]) -> Any:
    """What was asked; raises `Refused`."""
    return validated(adapter, await body_within(request, _BODY_BYTES))
