"""A service whose ledgers claim that no event touches another aggregate's rows, which is not so."""

from dataclasses import replace
from typing import Final

from services.assignment.service import SERVICE as ASSIGNMENT
from shared.contracts.model import Service

SERVICE: Final[Service] = replace(
    ASSIGNMENT, ledgers=tuple(replace(ledger, across=()) for ledger in ASSIGNMENT.ledgers)
)
