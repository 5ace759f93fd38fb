"""What was announced of the working calendar 放假安排, by which intake counts deadlines (§5.1)."""

from shared.calendar import calendar_ledger

LEDGER = calendar_ledger("工作日历", "Working calendar", "5.1")
