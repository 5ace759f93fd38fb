"""The mediation agreement of a case 人民调解协议书 (人民调解法 28, 29), as a PDF to be filled in and signed.

Who the parties are and what they agreed is sealed: the paper names their roles, and has lines for the rest.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from services.intake.clocks import agreement_of
from services.intake.ledgers import cases, places
from shared.contracts.assignment import MediationHeld
from shared.contracts.codes import CaseStatus
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.printing.typesetting import about, chinese_day, pdf_response, typeset
from shared.runtime import Node
from shared.web.pages import Ask

AGREEMENT: Final = Path(__file__).parent / "templates" / "agreement.typ"
MEDIATED: Final = frozenset({CaseStatus.ACCEPTED, CaseStatus.RESOLVED, CaseStatus.FOLLOWED_UP, CaseStatus.CLOSED})
"""Statuses of a case in which there may be an agreement."""


class PrintedPages:
    """The paper."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def agreement(self, ask: Ask) -> Response:
        """The agreement of a case that is or was mediated; raises `Refused("not_found")`."""
        id = ask.request.path_params["id"]
        with self._node.look("intake", ask.log) as look:
            row, position = look.row(cases.LEDGER, id), look.position
            if row is None:
                raise Refused("not_found")
            ask.require(row.community)
            place = look.row(places.LEDGER, row.community)
        handling = self._node.storage.log.stream(ask.log, f"handling/{id}")
        if not may_be_agreed(row):
            raise Refused("not_found")
        data = agreement_as_data(row, handling, place.name if place else row.community, f"{ask.log} #{position}")
        content = typeset(AGREEMENT, data, self._node.storage.settings)
        return pdf_response(content, "agreement", "调解协议书", ask.log, id)


def may_be_agreed(row: cases.Row) -> bool:
    """Whether a case is handled here, and not ended without an agreement."""
    return row.to_be_handled and row.status in MEDIATED and row.by_agreement is not False


def agreement_as_data(row: cases.Row, handling: Sequence[Recorded], community: str, foot: str) -> dict[str, Any]:
    """A case, as the template takes it. The day is that of the agreement, or the case's while there is none."""
    agreed = agreement_of(handling)
    sessions = [one for one in handling if isinstance(one.event, MediationHeld)]
    accepted = civil_day(row.accepted_at or row.reported_at)
    return {
        **about("人民调解协议书", agreed.on if agreed else accepted, foot),
        "facts": [
            ["案件编号", row.id], ["所在社区", community], ["纠纷类型", row.dispute_type.zh],
            ["受理日期", chinese_day(accepted)],
            ["调解日期", "、".join(chinese_day(civil_day(one.occurred_at)) for one in sessions) or None],
        ],
        "parties": [party.role.zh for party in row.parties], "agreed": chinese_day(agreed.on) if agreed else None,
        "confirm_by": chinese_day(agreed.apply_by) if agreed and agreed.apply_by else None,
    }  # fmt: skip
