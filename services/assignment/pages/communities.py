"""The communities, who serves them, and their meetings. Officers are shown by post and unit, never by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.assignment.ledgers import communities, meetings, officers, roster
from shared.clock import utc_now
from shared.contracts.codes import MeetingKind, Profession
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.log.database import reading
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page

_MOST_MONTHS: Final = 24
"""Months shown at a glance, the latest ones."""
_PAGE_MEETINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Post:
    """One of the four posts of a community, and whether someone serves in it."""

    profession: Profession
    filled: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A community and who serves it on a day."""

    row: communities.Row
    posts: Sequence[Post]

    @property
    def missing(self) -> int:
        """How many of the four posts are vacant."""
        return sum(not post.filled for post in self.posts)

    @property
    def cards_share(self) -> int:
        """Households with a contact card, in per cent, whole."""
        return min(100, 100 * self.row.cards_issued // self.row.households) if self.row.households else 0


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting, with the unit that the officer comes from."""

    row: roster.Row
    unit: str | None


class CommunityPages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tables = node.followers["assignment"].runner.tables

    def _rows(self, ledger: str, log: str, **equal: object) -> list[Any]:
        equal = {name: value for name, value in equal.items() if value is not None}
        with reading(self._node.storage.ledgers_engine, log) as connection:
            return [row for _, row in self._tables[ledger].query(connection, log, equal)]

    def all(self, ask: Ask) -> Page:
        """Every community with its four posts as a picture."""
        today = civil_day(utc_now())
        served = _served(
            self._rows(communities.LEDGER.name, ask.log, community=ask.community),
            self._rows(roster.LEDGER.name, ask.log, community=ask.community), today,
        )  # fmt: skip
        complete = sum(one.missing == 0 for one in served)
        shows = {"served": served, "complete": complete, "today": today}
        return Page("assignment/communities.html", ask.words("communities_title"), shows)

    def one(self, ask: Ask) -> Page:
        """A community: who serves it, who did, its meetings; raises `Refused("not_found")`."""
        code, today = ask.request.path_params["code"], civil_day(utc_now())
        ask.require(code)
        found: list[communities.Row] = self._rows(communities.LEDGER.name, ask.log, community=code)
        if not found:
            raise Refused("not_found")
        postings: list[roster.Row] = self._rows(roster.LEDGER.name, ask.log, community=code)
        units = {row.id: row.unit for row in self._rows(officers.LEDGER.name, ask.log)}
        known = [Posting(row, units.get(row.officer)) for row in postings]
        held: list[meetings.Row] = self._rows(meetings.LEDGER.name, ask.log, community=code)
        shows = {
            "one": _served(found, postings, today)[0],
            "now": [posting for posting in known if posting.row.serves(today)],
            "before": [
                posting for posting in known if posting.row.last_day is not None and posting.row.last_day < today
            ],
            "meetings": sorted(held, key=lambda row: row.held_at, reverse=True),
            "places": {code: found[0].name},
            "today": today,
        }
        return Page("assignment/community.html", found[0].name, shows)

    def meetings(self, ask: Ask) -> Page:
        """Monthly meetings at a glance, and all meetings."""
        places = {
            row.community: row.name for row in self._rows(communities.LEDGER.name, ask.log, community=ask.community)
        }
        held: list[meetings.Row] = self._rows(meetings.LEDGER.name, ask.log, community=ask.community)
        monthly = [row for row in held if row.kind is MeetingKind.MONTHLY]
        months = _months(row.month for row in monthly)
        newest = sorted(held, key=lambda row: (row.held_at, row.id), reverse=True)
        skipped = whole(ask.query("skip") or "0", "skip")
        shows = {
            "places": places,
            "months": months,
            "cells": _cells(monthly, months, {*places, *(row.community for row in monthly)}),
            "meetings": newest[skipped : skipped + _PAGE_MEETINGS],
            "newer": max(0, skipped - _PAGE_MEETINGS) if skipped else None,
            "older": skipped + _PAGE_MEETINGS if len(newest) > skipped + _PAGE_MEETINGS else None,
        }
        return Page("assignment/meetings.html", ask.words("meetings_title"), shows)


def _served(found: Iterable[communities.Row], postings: Iterable[roster.Row], day: date) -> list[Served]:
    """The communities with their posts on a day."""
    filled: dict[str, set[Profession]] = defaultdict(set)
    for posting in postings:
        if posting.serves(day):
            filled[posting.community].add(posting.profession)
    return [
        Served(row, [Post(profession, profession in filled[row.community]) for profession in Profession])
        for row in found
    ]


def _months(named: Iterable[str]) -> list[str]:
    """Every month from the first to the last of those named; at most two years, the latest."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in named]
    if not numbers:
        return []
    first = max(min(numbers), max(numbers) - _MOST_MONTHS + 1)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in range(first, max(numbers) + 1)]


def _cells(monthly: Iterable[meetings.Row], months: Sequence[str], codes: Iterable[str]) -> Mapping[str, list[str]]:
    """Per community, a state per month: filed, held or none."""
    states = {(row.community, row.month): "filed" if row.minutes_at else "held" for row in monthly}
    return {code: [states.get((code, month), "none") for month in months] for code in sorted(codes)}
