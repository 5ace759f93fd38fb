"""What was announced of the working calendar 放假安排, by which answers to persons are counted (§3.1.4)."""

from shared.calendar import calendar_ledger

LEDGER = calendar_ledger("答复用工作日历", "Working calendar of answers to persons", "3.1.4")
