"""Takes over a clerk's paper ledger 工作台账 kept as an .xlsx workbook (§3.1.4): a workbook in, judged rows out."""

from services.intake.importer.findings import FINDINGS, REFUSALS, Finding, Level, WorkbookRefused
from services.intake.importer.reading import LedgerParty, LedgerRow, Reading, read_workbook
from services.intake.importer.report import report
from services.intake.importer.vocabulary import Outcome

__all__ = [
    "FINDINGS",
    "REFUSALS",
    "Finding",
    "LedgerParty",
    "LedgerRow",
    "Level",
    "Outcome",
    "Reading",
    "WorkbookRefused",
    "read_workbook",
    "report",
]
