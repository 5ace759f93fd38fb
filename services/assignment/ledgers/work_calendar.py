"""What was announced of the working calendar 放假安排, by which handling counts deadlines (§3.2.1)."""

from shared.calendar import calendar_ledger

LEDGER = calendar_ledger("办理用工作日历", "Working calendar of handling", "3.2.1")
