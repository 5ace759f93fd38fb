"""What is announced of the working calendar 放假安排: one stream for a sub-district; what is entered later stands."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from services.intake.commands import AmendCalendar
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.intake import CalendarAmended
from shared.contracts.model import Accepts, Context, Decider, Refused


def decide(command: AmendCalendar, state: None, context: Context) -> Sequence[CalendarAmended]:
    """The event that a command leads to; raises `Refused`."""
    refuse_future(context)
    if command.announced_on > civil_day(context.now):
        days = {"announced_on": command.announced_on.isoformat(), "now": civil_day(context.now).isoformat()}
        raise Refused("not_announced_yet", field="announced_on", **days)
    if not (command.off or command.worked or command.year or command.withdrawn or command.withdrawn_year):
        raise Refused("nothing_changes", field="off")
    if both := set(command.off) & set(command.worked):
        raise Refused("off_and_worked", field="worked", day=min(both).isoformat())
    if both := {*command.off, *command.worked} & set(command.withdrawn):
        raise Refused("withdrawn_and_entered", field="withdrawn", said=min(both).isoformat())
    if command.year is not None and command.year == command.withdrawn_year:
        raise Refused("withdrawn_and_entered", field="withdrawn_year", said=command.year)
    if command.year is not None:
        for field, days_of in (("off", command.off), ("worked", command.worked)):
            if stray := [day for day in days_of if not _of_the_year(day, command.year)]:
                raise Refused("not_of_the_year", field=field, day=stray[0].isoformat(), year=command.year)
    return [
        CalendarAmended(
            year=command.year, off=command.off, worked=command.worked, announced_on=command.announced_on,
            document=command.document, withdrawn=command.withdrawn, withdrawn_year=command.withdrawn_year,
        )
    ]  # fmt: skip


def _of_the_year(day: date, year: int) -> bool:
    """New Year's holiday begins in the December before at times (2018-12-31)."""
    return day.year == year or (day.year == year - 1 and day.month == 12)


def evolve(state: None, event: CalendarAmended, occurred_at: datetime) -> None:
    """Nothing later rests on what was announced before."""


DECIDER: Final[Decider[None]] = Decider(
    category="calendar",
    accepts=(Accepts(AmendCalendar, frozenset({Role.OFFICE}), "5.1", creates=True),),
    events=(CalendarAmended,),
    initial=None,
    decide=decide,
    evolve=evolve,
)
