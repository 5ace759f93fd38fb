"""The case ledger as a page, and a case with all that happened to it.

What is sealed stays masked: these pages never open a box. A case of another sub-district's log is not found, just as
one that does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from sqlalchemy import Connection, func, select

from services.intake.calendar import Calendar
from services.intake.deadlines import BY_CODE, Clock, Counted, Rule, Standing, counted, due, standing
from services.intake.ledgers.cases import Row
from shared.access import utc_now
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Named, Role
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.words import Words

PAGE_CASES: Final = 30
_FILTERS: Final[Mapping[str, type[Named] | None]] = {
    "community": None, "status": CaseStatus, "kind": CaseKind, "dispute_type": DisputeType,
}  # fmt: skip
_LIFE: Final = (CaseStatus.REPORTED, CaseStatus.ACCEPTED, None, CaseStatus.FOLLOWED_UP, CaseStatus.CLOSED)
"""The steps of a case; None stands for whatever ended it."""

logger: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the case's life, and when it was taken."""

    name: str
    at: datetime | None
    state: str
    """done, now, or ahead."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when, by which rule, and how it stands."""

    on: date
    rule: str
    standing: str
    """A text's key."""
    mood: str
    """good, bad, or none: never by colour alone, the text says the same."""
    provisional: bool
    law: Rule | None = None
    """The rule; none where a person gave the day."""
    steps: Sequence[Counted] = ()
    """How it is counted, by the calendar as it is known now."""
    now: date | None = None
    """Where that leads: another day than was told, where the calendar has changed since."""


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

    # the ledger ---------------------------------------------------------------------------------------------------

    def ledger(self, ask: Ask) -> Page:
        """Cases, the newest first."""
        equal = {name: ask.query(name) for name in _FILTERS if ask.query(name)}
        with self._node.storage.ledgers_engine.connect() as connection:
            found, older = self._newest(connection, ask.log, equal, ask.query("before"))
            statuses = self._counts(connection, ask.log, {k: v for k, v in equal.items() if k != "status"})
            places = self._places(connection, ask.log)
        shows = {
            "rows": found,
            "older": urlencode({**equal, "before": older}) if older else None,
            "newest": urlencode(equal) if ask.query("before") else None,
            "equal": equal,
            "total": sum(count for status, count in statuses.items() if equal.get("status") in (None, status)),
            "statuses": [(status, count) for status in CaseStatus if (count := statuses.get(status))],
            "scale": max(statuses.values(), default=1),
            "without_status": {name: value for name, value in equal.items() if name != "status"},
            "choices": _choices(places, ask.words),
            "places": places,
            "exports": [
                (form.upper(), "/intake/ledgers/cases?" + urlencode({**equal, "format": form}))
                for form in ("xlsx", "csv", "json")
            ],
            "urlencode": urlencode,
        }  # fmt: skip
        return Page("intake/cases.html", ask.words("cases_title"), shows)

    def _newest(
        self, connection: Connection, log: str, equal: Mapping[str, str], before: str
    ) -> tuple[list[Row], str | None]:
        """A page of cases by their report, the latest first, and where the next page begins."""
        rows = self._tables["cases"]
        table = rows.table
        query = select(table.c.key, *(table.c[name] for name in rows.names)).where(table.c.log == log)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        if before:
            at, _, key = before.partition("|")
            later = (table.c.reported_at < at) | ((table.c.reported_at == at) & (table.c.key < key))
            query = query.where(later)
        query = query.order_by(table.c.reported_at.desc(), table.c.key.desc()).limit(PAGE_CASES + 1)
        found: list[Row] = [rows.row(values) for _, *values in connection.execute(query)]
        page = found[:PAGE_CASES]
        more = len(found) > PAGE_CASES
        return page, f"{page[-1].reported_at.isoformat()}|{page[-1].id}" if more else None

    def _counts(self, connection: Connection, log: str, equal: Mapping[str, str]) -> dict[str, int]:
        """How many cases there are in each status."""
        table = self._tables["cases"].table
        query = select(table.c.status, func.count()).where(table.c.log == log).group_by(table.c.status)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        return {row[0]: row[1] for row in connection.execute(query)}

    def _places(self, connection: Connection, log: str) -> dict[str, str]:
        """The communities' names by their codes."""
        rows = self._tables["places"].query(connection, log, {})
        return {key: row.name for key, row in rows if key == row.community}

    # a case -------------------------------------------------------------------------------------------------------

    def case(self, ask: Ask) -> Page:
        """One case; raises `Refused("not_found")`, the same for another jurisdiction's."""
        id, log = ask.request.path_params["id"], ask.log
        with self._node.storage.ledgers_engine.connect() as connection:
            row = self._tables["cases"].fetch(connection, log, [id]).get(id)
            places = self._places(connection, log)
            amended = [one for _, one in self._tables["calendar"].query(connection, log, {})]
        today = civil_day(utc_now())
        if row is None:
            actor = ask.visitor.actor
            logger.warning("no such case in the visitor's log", log=log, actor=actor.id, role=actor.role)
            raise Refused("not_found")
        stored = self._node.storage.log
        events = [*stored.stream(log, f"case/{id}"), *stored.stream(log, f"handling/{id}")]
        events.sort(key=lambda recorded: recorded.position)
        shows = {
            "row": row,
            "places": places,
            "steps": _steps(row, ask.words),
            "deadline": _deadline(row, today, Calendar(today, amended)),
            "periods": _periods(row, today, Calendar(today, amended)),
            "span": _span(row, events),
            "happened": [_happened(recorded, ask.words, places) for recorded in events],
        }
        return Page("intake/case.html", ask.words("case", id=id), shows)


def _choices(places: Mapping[str, str], words: Words) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be asked for: the filter, its label, its choices."""
    return [
        (name, words.field(name), [(str(c), words.shown(c)) for c in codes] if codes else sorted(places.items()))
        for name, codes in _FILTERS.items()
    ]


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


def _deadline(row: Row, today: date, calendar: Calendar) -> Deadline | None:
    """How the case stands to its deadline, on a day."""
    if row.due_on is None:
        return None
    verdict, mood = _standing(row, row.due_on, today)
    told = Deadline(row.due_on, row.due_rule or "", verdict, mood, row.due_provisional)
    rule, began = BY_CODE.get(row.due_rule or ""), row.reopened_at or row.accepted_at
    if rule is None or began is None:
        return told
    steps = [*counted(rule, civil_day(began), calendar, extended=row.extended_days, paused=row.paused_days)]
    return replace(told, law=rule, steps=steps, now=steps[-1].on)


@dataclass(frozen=True, slots=True)
class Period:
    """Another period that the law sets for the case."""

    on: date
    rule: str
    standing: Standing
    provisional: bool


def _periods(row: Row, today: date, calendar: Calendar) -> list[Period]:
    """By when it was to be said whether the case is taken on, and by when one might object to its handing down."""
    answered = row.accepted_at or (row.ended_at if row.ending is CaseStatus.DECLINED else None)
    began = [(Clock.REGISTER, row.reported_at, answered), (Clock.OBJECT, row.handed_down_at, row.accepted_at)]
    periods = []
    for clock, since, done in began:
        told = since and due(clock, row.kind, civil_day(since), calendar)
        if told and row.basis is Basis.ACT:  # what is on paper does not say when it was answered
            now = standing(told.on, today, done_on=done and civil_day(done))
            periods.append(Period(told.on, told.rule, now, told.provisional))
    return periods


def _standing(row: Row, due_on: date, today: date) -> tuple[str, str]:
    if row.status is CaseStatus.VOIDED:
        return "due_void", "none"
    if row.ended_at is not None:
        if not row.day_known:
            return "due_unclear", "none"
        return ("due_in_time", "good") if civil_day(row.ended_at) <= due_on else ("due_late", "bad")
    now = standing(due_on, today, paused=row.paused_since is not None)
    return {
        Standing.PAUSED: ("due_paused", "none"),
        Standing.OVERDUE: ("due_overdue", "bad"),
        Standing.SOON: ("due_soon", "none"),
    }.get(now, ("due_running", "none"))


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
