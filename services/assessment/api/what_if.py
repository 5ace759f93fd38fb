"""`/assessment/what-if`: the same record scored under two sets of adopted rules, and what differs (§3.3.5)."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.assessment.api.answer import answer
from services.assessment.counterfactual import WhatIf, what_if
from services.assessment.evidence import LEDGERS, Evidence, evidence_at, evidence_of
from services.assessment.ledgers import plans, rulebooks
from services.assessment.service import SERVICE, WHAT_IF
from services.assessment.supposing import Wanted, sides, wanted
from shared.access import Visitor, utc_now
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.ledger.replay import Replay
from shared.runtime import Node
from shared.web.heavy import HEAVY
from shared.web.ledgers import log_asked


def routes(node: Node, visitor: Callable[[Request], Visitor]) -> list[BaseRoute]:
    """The route of what-ifs."""
    return [Route(f"/{SERVICE.name}/{WHAT_IF.path}", WhatIfEndpoint(node, visitor).what_if)]


class WhatIfEndpoint:
    """What other rules would give, for those who weigh rules."""

    def __init__(self, node: Node, visitor: Callable[[Request], Visitor]) -> None:
        self._node, self._visitor = node, visitor

    async def what_if(self, request: Request) -> Response:
        """Both numbers of every indicator that differs, and why."""
        log = log_asked(request, self._visitor(request), WHAT_IF.by, WHAT_IF.parameters)
        asked = wanted(request.query_params, civil_day(utc_now()))
        return answer(await HEAVY.run(supposed, self._node, log, asked))


def supposed(node: Node, log: str, asked: Wanted) -> WhatIf:
    """The answer, from the ledgers as they stand, or from the log replayed to the position that is asked for."""
    with node.look(SERVICE.name, log) as look:
        before, after = sides(asked, look.rows(plans.LEDGER), look.rows(rulebooks.LEDGER))
        position, evidence = _evidence(node, look, asked.position)
    return what_if(evidence, before, after, asked.as_of, log=log, position=position, everything=asked.everything)


def _evidence(node: Node, look: LedgerLook, position: int | None) -> tuple[int, Evidence]:
    if position is None or position == look.position:
        return look.position, evidence_at(look)
    if position > look.position:
        raise Refused("beyond_the_end", field="position", last=look.position)
    ledgers = [(SERVICE, ledger) for ledger in LEDGERS]
    replay = Replay(node.storage.log, look.log, ledgers).to(position)
    return position, evidence_of(
        {ledger.name: [row for _, row in replay.rows(f"{SERVICE.name}.{ledger.name}")] for ledger in LEDGERS}
    )
