"""What was announced of the working calendar 放假安排, by which terms of duties are counted (§3.3.7)."""

from shared.calendar import calendar_ledger

LEDGER = calendar_ledger("应办事项用工作日历", "Working calendar of duties", "3.3.7")
