"""What the privacy officer 个人信息保护负责人 sees to, on one page: what waits for a second person, emergencies to be
looked at, requests that are due, what was kept long enough. Ids, times and codes only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.privacy.ledgers import erasures, person_requests, restrictions, retention, unmaskings
from services.privacy.ledgers.restrictions import Erasure
from services.privacy.periods import PERIODS
from shared.clock import utc_now
from shared.contracts.access import Purpose
from shared.contracts.days import civil_day
from shared.contracts.model import Look
from shared.contracts.privacy import Emergency, RestrictionReason
from shared.runtime import Node
from shared.web.pages import Ask, Page

_PURPOSES: Final = {one.value: one for one in (*Purpose, *Emergency)}
PAGE_LINES: Final = 50
"""Lines of a list: what is more stands in the ledger."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A list as far as a page holds it."""

    shown: Sequence[Any]
    more: int


def _lines(rows: Sequence[Any]) -> Lines:
    return Lines(rows[:PAGE_LINES], max(0, len(rows) - PAGE_LINES))


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits for somebody, at a moment."""

    glasses: Sequence[unmaskings.Row]
    asked: Sequence[unmaskings.Row]
    open: Sequence[unmaskings.Row]
    proposed: Sequence[erasures.Row]
    requests: Sequence[person_requests.Row]
    restricted: Sequence[restrictions.Row]
    due: Sequence[retention.Row]
    by_year: Sequence[tuple[int, int]]


def waiting(look: Look, now: datetime) -> Waiting:
    """What waits, the longest first."""
    today, opened = civil_day(now), sorted(look.rows(unmaskings.LEDGER), key=lambda row: (row.asked_at, row.id))
    requests = [row for row in look.rows(person_requests.LEDGER) if row.outcome is None]
    restricted = [row for row in look.rows(restrictions.LEDGER) if row.erasure is not Erasure.ERASED]
    standing = {row.id for row in restricted}
    kept = [row for row in look.rows(retention.LEDGER) if row.erased_at is None and row.due_on is not None]
    proposed = [row for row in look.rows(erasures.LEDGER) if row.proposed_at is not None and row.approved is None]
    return Waiting(
        glasses=[row for row in opened if row.unreviewed],
        asked=[row for row in opened if not row.emergency and row.granted is None and row.ended_at is None],
        open=[row for row in opened if row.until is not None and row.until > now and row.ended_at is None],
        proposed=sorted(proposed, key=lambda row: (row.proposed_at or now, row.id)),
        requests=sorted(requests, key=lambda row: (row.due_on, row.id)),
        restricted=sorted(restricted, key=lambda row: (row.since, row.id)),
        due=sorted((row for row in kept if _is_due(row, today) and row.id not in standing), key=_due_first),
        by_year=sorted(Counter(row.due_on.year for row in kept if row.due_on is not None).items()),
    )


def _is_due(row: retention.Row, today: date) -> bool:
    return row.due_on is not None and row.due_on <= today


def _due_first(row: retention.Row) -> tuple[date, str]:
    return row.due_on or date.max, row.id


class GuardingPages:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def all(self, ask: Ask) -> Page:
        """What is to be seen to."""
        now = utc_now()
        today = civil_day(now)
        with self._node.look("privacy", ask.log) as look:
            found = waiting(look, now)
        proposable = {
            row.id
            for row in found.restricted
            if row.because is RestrictionReason.RETENTION and row.erasure is Erasure.NONE and row.propose_from <= today
        }
        shows = {
            "glasses": found.glasses,  # whatever their number: each stays in sight until it was looked at
            "asked": _lines(found.asked), "opened": _lines(found.open), "proposed": _lines(found.proposed),
            "requests": _lines(found.requests), "restrictions": _lines(found.restricted), "due": _lines(found.due),
            "by_year": found.by_year, "proposable": proposable, "today": today, "periods": PERIODS.items(),
            "purposes": _PURPOSES,
        }  # fmt: skip
        return Page("privacy/guarding.html", ask.words("privacy_title"), shows)
