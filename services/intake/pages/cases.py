"""The case ledger as a page, and a case with all that happened to it.

What is sealed stays masked: nothing of what a box holds is shown. A case of another sub-district's log is not found,
just as one that does not exist.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, false, func, select

from services.intake.case import CLERKS
from services.intake.clocks import agreement_of, clocks, foremost
from services.intake.deadlines import Level, due_between, escalation
from services.intake.duplicates import Suggestion
from services.intake.ledgers.cases import Row
from services.intake.pages.printed import may_be_agreed
from services.intake.suggestions import Suggestions
from shared.calendar import Calendar
from shared.clock import utc_now
from shared.contracts.codes import CaseKind, CaseStatus, DisputeType, Named, Role
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.log.database import reading
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.words import Words

PAGE_CASES: Final = 30
_FILTERS: Final[Mapping[str, type[Named] | None]] = {
    "community": None, "status": CaseStatus, "kind": CaseKind, "dispute_type": DisputeType,
}  # fmt: skip
_WARNED: Final = "escalation"
"""The filter by who is to be told of a deadline: it is no column, but follows from the day."""
_LIFE: Final = (CaseStatus.REPORTED, CaseStatus.ACCEPTED, None, CaseStatus.FOLLOWED_UP, CaseStatus.CLOSED)
"""The steps of a case; None stands for whatever ended it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the case's life, and when it was taken."""

    name: str
    at: datetime | None
    state: str
    """done, now, or ahead."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event in the timeline."""

    position: int
    type: str
    title: str
    sentence: str
    occurred_at: datetime
    recorded_at: datetime
    later: bool
    """Whether it was recorded on a later day than it happened."""
    role: str
    fields: Sequence[tuple[str, str]]


class CasePages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tables = node.followers["intake"].runner.tables
        self._suggestions = Suggestions(node)

    # the ledger ---------------------------------------------------------------------------------------------------

    def ledger(self, ask: Ask) -> Page:
        """Cases, the newest first."""
        equal = {name: ask.query(name) for name in (*_FILTERS, _WARNED) if ask.query(name)}
        if ask.community is not None:
            equal["community"] = ask.community
        today = civil_day(utc_now())
        with reading(self._node.storage.ledgers_engine, ask.log) as connection:
            found, older = self._newest(connection, ask.log, self._chosen(equal, today), ask.query("before"))
            without_status = {name: value for name, value in equal.items() if name != "status"}
            statuses = self._counts(connection, ask.log, self._chosen(without_status, today))
            warned = self._warned(connection, ask, today)
            places = self._places(connection, ask.log)
            calendar = self._calendar(connection, ask.log, today)
        if ask.community is not None:
            places = {code: name for code, name in places.items() if code == ask.community}
        shows = {
            "rows": [(row, foremost(row, calendar, today)) for row in found],
            "older": urlencode({**equal, "before": older}) if older else None,
            "newest": urlencode(equal) if ask.query("before") else None,
            "equal": equal,
            "warned": [(level, count) for level in reversed(Level) if (count := warned.get(level))],
            "most_warned": max(warned.values(), default=1),
            "total": sum(count for status, count in statuses.items() if equal.get("status") in (None, status)),
            "statuses": [(status, count) for status in CaseStatus if (count := statuses.get(status))],
            "scale": max(statuses.values(), default=1),
            "without_status": without_status,
            "choices": _choices(places, ask.words),
            "places": places,
            "exports": [
                (called, "/intake/ledgers/cases?" + urlencode({**equal, "format": form}))
                for form, called in (
                    ("xlsx", "XLSX"), ("csv", "CSV"), ("json", "JSON"), ("pdf", "PDF"), ("html", ask.words("print"))
                )
                if _WARNED not in equal  # it follows from the day, and is no column
            ],
            "urlencode": urlencode,
        }  # fmt: skip
        return Page("intake/cases.html", ask.words("cases_title"), shows)

    def _newest(
        self, connection: Connection, log: str, chosen: Sequence[ColumnElement[bool]], before: str
    ) -> tuple[list[Row], str | None]:
        """A page of cases by their report, the latest first, and where the next page begins."""
        rows = self._tables["cases"]
        table = rows.table
        query = select(table.c.key, *(table.c[name] for name in rows.names)).where(table.c.log == log, *chosen)
        if before:
            at, _, key = before.partition("|")
            later = (table.c.reported_at < at) | ((table.c.reported_at == at) & (table.c.key < key))
            query = query.where(later)
        query = query.order_by(table.c.reported_at.desc(), table.c.key.desc()).limit(PAGE_CASES + 1)
        found: list[Row] = [rows.row(values) for _, *values in connection.execute(query)]
        page = found[:PAGE_CASES]
        more = len(found) > PAGE_CASES
        return page, f"{page[-1].reported_at.isoformat()}|{page[-1].id}" if more else None

    def _chosen(self, equal: Mapping[str, str], today: date) -> list[ColumnElement[bool]]:
        """What the filters ask of a row."""
        table = self._tables["cases"].table
        chosen = [table.c[name] == value for name, value in equal.items() if name != _WARNED]
        if (level := equal.get(_WARNED)) is None:
            return chosen
        if level not in set(Level):
            return [*chosen, false()]
        first, last = due_between(Level(level), today)
        if first is not None:
            chosen.append(table.c.due_on >= first.isoformat())
        if last is not None:
            chosen.append(table.c.due_on <= last.isoformat())
        return [*chosen, *self._going()]

    def _going(self) -> Sequence[ColumnElement[bool]]:
        """Cases whose clock goes."""
        table = self._tables["cases"].table
        return table.c.status == CaseStatus.ACCEPTED.value, table.c.paused_since.is_(None)

    def _warned(self, connection: Connection, ask: Ask, today: date) -> Mapping[Level, int]:
        """Of how many cases that are to be settled somebody is to be told, by who."""
        table = self._tables["cases"].table
        query = (
            select(table.c.due_on, func.count()).where(table.c.log == ask.log, *self._going()).group_by(table.c.due_on)
        )
        if ask.community is not None:
            query = query.where(table.c.community == ask.community)
        found: Counter[Level] = Counter()
        for due_on, count in connection.execute(query):
            found[escalation(date.fromisoformat(due_on), today)] += count
        del found[Level.NONE]
        return found

    def _counts(self, connection: Connection, log: str, chosen: Sequence[ColumnElement[bool]]) -> dict[str, int]:
        """How many cases there are in each status."""
        table = self._tables["cases"].table
        query = select(table.c.status, func.count()).where(table.c.log == log, *chosen).group_by(table.c.status)
        return {row[0]: row[1] for row in connection.execute(query)}

    def _calendar(self, connection: Connection, log: str, today: date) -> Calendar:
        """The working calendar as it is known today."""
        return Calendar(today, [row for _, row in self._tables["calendar"].query(connection, log, {})])

    def _places(self, connection: Connection, log: str) -> dict[str, str]:
        """The communities' names by their codes."""
        rows = self._tables["places"].query(connection, log, {})
        return {key: row.name for key, row in rows if key == row.community}

    # a case -------------------------------------------------------------------------------------------------------

    def case(self, ask: Ask) -> Page:
        """One case; raises `Refused("not_found")`, the same for another jurisdiction's."""
        id, log, today = ask.request.path_params["id"], ask.log, civil_day(utc_now())
        with reading(self._node.storage.ledgers_engine, log) as connection:
            row = self._tables["cases"].fetch(connection, log, [id]).get(id)
            places = self._places(connection, log)
            calendar = self._calendar(connection, log, today)
        if row is None:
            raise Refused("not_found")
        ask.require(row.community)
        stored = self._node.storage.log
        handling = stored.stream(log, f"handling/{id}")
        events = [*stored.stream(log, f"case/{id}"), *handling]
        events.sort(key=lambda recorded: recorded.position)
        shows = {
            "row": row,
            "places": places,
            "steps": _steps(row, ask.words),
            "clocks": clocks(row, agreement_of(handling), calendar, today),
            "span": _span(row, events),
            "possible": self._possible(ask, row),
            "agreement": may_be_agreed(row),
            "happened": [_happened(recorded, ask.words, places) for recorded in events],
        }
        return Page("intake/case.html", ask.words("case", id=id), shows)

    def _possible(self, ask: Ask, row: Row) -> Sequence[Suggestion]:
        """Which cases may be the same matter, for those who may link them."""
        actor = ask.visitor.actor
        if actor.role not in CLERKS:
            return ()
        return self._suggestions.of(ask.log, row, actor, ask.community, utc_now()).possible


def _choices(places: Mapping[str, str], words: Words) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be asked for: the filter, its label, its choices."""
    levels = [(str(level), words.shown(level)) for level in Level if level is not Level.NONE]
    of_columns = [
        (name, words.field(name), [(str(c), words.shown(c)) for c in codes] if codes else sorted(places.items()))
        for name, codes in _FILTERS.items()
    ]
    return [*of_columns, (_WARNED, words("warned"), levels)]


def _steps(row: Row, words: Words) -> list[Step]:
    """The case's life as far as it has come, and what is ahead."""
    if row.status in (CaseStatus.DECLINED, CaseStatus.LINKED, CaseStatus.VOIDED):
        at = row.voided_at if row.status is CaseStatus.VOIDED else row.ended_at
        last = Step(words.shown(row.status), at, "now")
        return [replace(_step(row, CaseStatus.REPORTED, words), state="done"), last]
    steps = [_step(row, status, words) for status in _LIFE]
    now = max(number for number, step in enumerate(steps) if step.at is not None)
    return [
        replace(step, state="now" if number == now else "done" if number < now else "ahead")
        for number, step in enumerate(steps)
    ]


def _step(row: Row, status: CaseStatus | None, words: Words) -> Step:
    match status:
        case CaseStatus.REPORTED:
            at: datetime | None = row.reported_at
        case CaseStatus.ACCEPTED:
            at = row.reopened_at or row.accepted_at
        case CaseStatus.FOLLOWED_UP:
            at = row.followed_up_at
        case CaseStatus.CLOSED:
            at = row.closed_at
        case _:
            at, status = row.ended_at, row.ending or CaseStatus.RESOLVED
    return Step(words.shown(status), at, "ahead")


@dataclass(frozen=True, slots=True)
class Span:
    """The case on a line of time, from its report to its deadline or its latest event; places in per cent."""

    from_day: date
    to_day: date
    dots: Sequence[int]
    due: int | None


def _span(row: Row, events: Sequence[Recorded]) -> Span:
    days = [civil_day(recorded.occurred_at) for recorded in events]
    start = min([civil_day(row.reported_at), *days])
    end = max([start, *days, *([row.due_on] if row.due_on else [])])
    width = max(1, (end - start).days)

    def place(day: date) -> int:
        return 2 + 96 * (day - start).days // width

    return Span(start, end, sorted({place(day) for day in days}), place(row.due_on) if row.due_on else None)


def _happened(recorded: Recorded, words: Words, places: Mapping[str, str]) -> Happened:
    role: Any = Role(recorded.actor.role) if recorded.actor.role in set(Role) else recorded.actor.role
    return Happened(
        position=recorded.position,
        type=recorded.type,
        title=words.event_title(recorded.type),
        sentence=words.event_sentence(recorded, places),
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        later=civil_day(recorded.recorded_at) > civil_day(recorded.occurred_at),
        role=words.shown(role),
        fields=[
            (words.field(field.name), words.shown(getattr(recorded.event, field.name), places))
            for field in fields(recorded.event)
        ],
    )
