"""What intake keeps sealed and some may open: who the parties of a case are and what it is about, opinions, remarks
(§3.2.1, 3.3.2, 5.4, 5.5).

A case is the work of the clerk of its community or of whoever reported it, and of the officer who handles it or was
sent to visit by the handler, a clerk or the office, until it is closed. Everybody else needs an unmasking that a second
person granted.
"""

from collections.abc import Sequence
from typing import Any, Final

from services.intake.entries import ENTRIES
from services.intake.ledgers import cases
from shared.contracts.assignment import (
    ConflictDeclared,
    WorkAct,
    WorkRetracted,
    entrusted,
)
from shared.contracts.codes import CaseStatus, Role
from shared.contracts.compartments import entered_by, first_row, of_row, of_step
from shared.contracts.event import Recorded
from shared.contracts.model import Opening

OVER: Final = frozenset({CaseStatus.CLOSED, CaseStatus.VOIDED})
"""Nobody's work any more."""
_OF_CASES: Final = frozenset({Role.CLERK, Role.OFFICER, Role.OFFICE})
_OF_FINDINGS: Final = frozenset({Role.CLERK, Role.OFFICER, Role.OFFICE})


def _in_hand(opening: Opening, row: cases.Row) -> bool:
    if row.status in OVER:
        return False
    if opening.by.role == Role.OFFICER:
        told = opening.stream(f"handling/{opening.id}")
        mine = row.handler == opening.by.id or entrusted(told, opening.by.id)
        return mine and not _stands_aside(told, opening.by.id)
    of_the_community = opening.by.role == Role.CLERK and opening.community == row.community
    return of_the_community or entered_by(opening, "case")


def _stands_aside(told: Sequence[Recorded], officer: str) -> bool:
    """Whether an officer declared a conflict of interest 回避, and has not taken that back."""
    aside = False
    for event in (one.event for one in told):
        if isinstance(event, ConflictDeclared) and event.officer == officer:
            aside = True
        elif isinstance(event, WorkRetracted) and event.act is WorkAct.CONFLICT and event.item == officer:
            aside = False
    return aside


def _of_findings(opening: Opening, row: Any) -> bool:
    """The office's, the clerk's of the community, and of whoever wrote it down."""
    if opening.by.role == Role.OFFICE or (opening.by.role == Role.CLERK and opening.community == row.community):
        return True
    return entered_by(opening, "finding")


CASE: Final = of_row("cases/{case}/personal", cases.LEDGER, "case", _OF_CASES, _in_hand)
COMPARTMENTS: Final = (
    CASE,
    of_step(
        "cases/{case}/steps/{version}", ("案件登记中密封的内容", "What is sealed in a step of a case"), "case", "3.2.1",
        _OF_CASES, lambda opening: opening.look.row(cases.LEDGER, opening.id), _in_hand,
    ),
    *(
        of_row(f"{ledger.name.replace('_', '-')}/{{entry}}/personal", ledger, "finding", _OF_FINDINGS, _of_findings)
        for ledger in ENTRIES.ledgers if ledger.sealed
    ),
    of_step(
        "findings/{entry}/steps/{version}", ("登记条目中密封的内容", "What is sealed in a step of an entry"), "finding",
        "3.1.4", _OF_FINDINGS, lambda opening: first_row(opening, ENTRIES.ledgers), _of_findings,
    ),
)  # fmt: skip
