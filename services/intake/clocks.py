"""The clocks of a case 案件时限, each of which explains itself: by when, which rule of which law, how it was counted,
on which announcements of the working calendar it rests, how it stands today and who is to be told of it.

What was told of a deadline (to settle the case, to ask a court) stays as it was told; the other days follow from the
case's own and the calendar as it is known.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from services.intake.deadlines import (
    BY_CODE,
    CHOICES,
    Clock,
    Counted,
    Counting,
    Due,
    DueStanding,
    Level,
    Rule,
    announced_in,
    counted,
    counting_of,
    due_of,
    escalation,
    rule_of,
    standing,
)
from services.intake.ledgers import cases, work_calendar
from services.intake.ledgers.cases import Row
from shared.calendar import Announcement, Calendar
from shared.contracts.assignment import (
    AgreementReached,
    HandlingOpened,
    HandlingResumed,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import Basis, CaseStatus, Source
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Asking, Look, Refused

_PASSED_ON: Final = frozenset({Source.HANDED_DOWN, Source.TRANSFERRED})
_OPEN: Final = frozenset({DueStanding.RUNNING, DueStanding.SOON, DueStanding.OVERDUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDeadline:
    """A deadline and all that explains it 期限说明."""

    clock: Clock
    on: date
    told: bool
    """Whether the day was told in the record, and so stays; else it follows from the case and the calendar."""
    rule: str
    """The rule's code; `paper` or `correction` where a person gave the day."""
    law: str | None = None
    quote: str | None = None
    verified: bool | None = None
    """Whether the quoted text was compared with a published copy."""
    counting: Counting | None = None
    """The law by which periods were counted then."""
    provisional: bool
    """暂定: it rests on a year whose calendar had not been announced."""
    steps: tuple[Counted, ...] = ()
    """How it is counted, by the calendar as it is known now; none where a person gave the day."""
    now: date | None = None
    """Where that leads: another day than was told, where the calendar has changed since."""
    announced: tuple[Announcement, ...] = ()
    """The announcements of the working calendar that decided which day it is."""
    standing: DueStanding
    escalation: Level


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the handling says of the agreement that stands."""

    on: date
    apply_by: date | None = None
    """As the parties were told; none before that."""
    answered: bool = False
    """Whether it was recorded what came of asking the court."""


def agreement_of(handling: Iterable[Recorded]) -> Agreement | None:
    """The agreement that a case's handling came to; none, or none any more since it was opened again."""
    found: Agreement | None = None
    for recorded in handling:
        event = recorded.event
        if isinstance(event, AgreementReached):
            found = Agreement(civil_day(recorded.occurred_at))
        elif isinstance(event, HandlingOpened | HandlingResumed) or found is None:
            found = None
        elif isinstance(event, JudicialConfirmationOffered):
            found = replace(found, apply_by=event.apply_by)
        elif isinstance(event, JudicialConfirmationRecorded):
            found = replace(found, answered=True)
        elif isinstance(event, WorkRetracted) and event.act is WorkAct.CONFIRMATION_OFFER:
            found = replace(found, apply_by=None, answered=False)
    return found


def clocks(row: Row, agreement: Agreement | None, calendar: Calendar, today: date) -> Sequence[ExplainedDeadline]:
    """The clocks of a case that were ever started, the one by which it is to be settled, or else answered, first."""
    found = (
        _settled(row, calendar, today),
        _answered(row, calendar, today),
        _objected(row, calendar, today),
        None if agreement is None else _confirmed(row, agreement, calendar, today),
    )
    return [one for one in found if one is not None]


def foremost(row: Row, calendar: Calendar, today: date) -> ExplainedDeadline | None:
    """The clock by which the case is to be settled, or else answered."""
    return _settled(row, calendar, today) or _answered(row, calendar, today)


def _settled(row: Row, calendar: Calendar, today: date) -> ExplainedDeadline | None:
    if row.due_on is None:
        return None
    stands = _standing_of_settling(row, row.due_on, today)
    told = Due(row.due_on, row.due_rule or "", row.due_provisional)
    rule, began = BY_CODE.get(told.rule), row.reopened_at or row.accepted_at
    if rule is None or began is None:
        return _without_law(Clock.HANDLE, told, stands, today)
    return _explained(
        rule, civil_day(began), calendar, today, stands, told=told, extended=row.extended_days, paused=row.paused_days
    )


def _standing_of_settling(row: Row, on: date, today: date) -> DueStanding:
    if row.status is CaseStatus.VOIDED:
        return DueStanding.MOOT
    if row.ended_at is not None and not row.day_known:
        return DueStanding.UNCLEAR
    done_on = None if row.ended_at is None else civil_day(row.ended_at)
    paused = row.paused_since is not None and civil_day(row.paused_since) <= on  # a pause does not hide what is late
    return standing(on, today, done_on=done_on, paused=paused)


def _answered(row: Row, calendar: Calendar, today: date) -> ExplainedDeadline | None:
    """By when the people are to be told whether the case is taken on."""
    began_on, handed_down = _arrived(row)
    rule = rule_of(Clock.REGISTER, row.kind, began_on, handed_down=handed_down)
    if rule is None or row.basis is not Basis.ACT:  # what is on paper does not say when it was answered
        return None
    done = row.accepted_at or row.ended_at
    on = _last(rule, began_on, calendar)
    stands = standing(on, today, done_on=None if done is None else civil_day(done))
    return _explained(rule, began_on, calendar, today, DueStanding.MOOT if row.status is CaseStatus.VOIDED else stands)


def _objected(row: Row, calendar: Calendar, today: date) -> ExplainedDeadline | None:
    """By when the office may object to what was handed down to it; taking the case on is no objection."""
    began_on, handed_down = _arrived(row)
    rule = rule_of(Clock.OBJECT, row.kind, began_on, handed_down=handed_down)
    if rule is None or row.basis is not Basis.ACT:
        return None
    taken_on = row.accepted_at is not None and civil_day(row.accepted_at) >= began_on
    over = taken_on or row.ended_at is not None or row.status is CaseStatus.VOIDED
    return _chosen(rule, began_on, calendar, today, over)


def _arrived(row: Row) -> tuple[date, bool]:
    """When the petition reached the office, and whether by another authority."""
    if row.handed_down_at is not None:
        return civil_day(row.handed_down_at), True
    return civil_day(row.reported_at), row.source in _PASSED_ON


def _confirmed(row: Row, agreement: Agreement, calendar: Calendar, today: date) -> ExplainedDeadline | None:
    """By when the parties may ask a court to confirm their agreement."""
    rule = rule_of(Clock.CONFIRM, row.kind, agreement.on)
    if rule is None:
        return None
    over = agreement.answered or row.status is CaseStatus.VOIDED
    told = None if agreement.apply_by is None else Due(agreement.apply_by, rule.code)
    return _chosen(rule, agreement.on, calendar, today, over, told)


def _chosen(
    rule: Rule, began_on: date, calendar: Calendar, today: date, over: bool, told: Due | None = None
) -> ExplainedDeadline:
    """A clock of what may be done, or left."""
    stands = standing(told.on if told else _last(rule, began_on, calendar), today)
    lapsed = DueStanding.LAPSED if stands is DueStanding.OVERDUE else stands
    return _explained(rule, began_on, calendar, today, DueStanding.MOOT if over else lapsed, told=told)


def _last(rule: Rule, began_on: date, calendar: Calendar) -> date:
    return [*counted(rule, began_on, calendar)][-1].on


def _explained(
    rule: Rule, began_on: date, calendar: Calendar, today: date, stands: DueStanding, *,
    told: Due | None = None, extended: int = 0, paused: int = 0,
) -> ExplainedDeadline:  # fmt: skip
    steps = tuple(counted(rule, began_on, calendar, extended=extended, paused=paused))
    now = due_of(rule, steps, calendar)
    found = now if told is None else told
    provisional = now.provisional if rule.clock is Clock.CONFIRM else found.provisional  # its event does not say
    level = _level(rule.clock, found.on, stands, today)
    return ExplainedDeadline(
        clock=rule.clock, on=found.on, told=told is not None, rule=rule.code, law=rule.law, quote=rule.quote,
        verified=rule.verified, counting=counting_of(began_on), provisional=provisional, steps=steps, now=now.on,
        announced=announced_in(steps, calendar), standing=stands, escalation=level,
    )  # fmt: skip


def _without_law(clock: Clock, told: Due, stands: DueStanding, today: date) -> ExplainedDeadline:
    """A day that a person gave."""
    return ExplainedDeadline(
        clock=clock, on=told.on, told=True, rule=told.rule, provisional=told.provisional, standing=stands,
        escalation=_level(clock, told.on, stands, today),
    )  # fmt: skip


def _level(clock: Clock, on: date, stands: DueStanding, today: date) -> Level:
    """Who is to be told: of what may be left, only the handler, in time."""
    if clock in CHOICES:
        return Level.HANDLER if stands is DueStanding.SOON else Level.NONE
    return escalation(on, today) if stands in _OPEN else Level.NONE


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of a case on a day 案件时限说明."""

    log: str
    position: int
    """The last position that the ledgers hold."""
    case: str
    today: date
    clocks: tuple[ExplainedDeadline, ...]
    """The one by which the case is to be settled, or else answered, first; none where none was started."""


def clocks_asked(look: Look, asking: Asking) -> Clocks:
    """The clocks of the case that is named; raises `Refused("not_found")`."""
    id, today = asking.said["id"], asking.today
    row, entered = look.row(cases.LEDGER, id), look.rows(work_calendar.LEDGER)
    if row is None:
        raise Refused("not_found", field="id")
    found = clocks(row, agreement_of(asking.stream(f"handling/{id}")), Calendar(today, entered), today)
    return Clocks(log=look.log, position=look.position, case=id, today=today, clocks=tuple(found))
