"""An invented service 取号 with one rule of each kind, for tests of the command path (synthetic)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.event import Event, Recorded, event, value
from shared.contracts.fields import Code, Line, PersonName, Sealed, Statement
from shared.contracts.model import Accepts, Context, Dated, Decider, Ledger, Look, Refused, Service

ANYBODY = frozenset({"clerk", "service"})


@value
class OpenWindow:
    code: Code


@value
class Holder:
    name: PersonName


@value
class DrawTicket:
    window: Code
    matter: Statement
    holders: tuple[Holder, ...] = ()


@value
class NoteTicket:
    note: Statement


@value
class CountTicket:
    pass


@value
class CloseTicket:
    reason: Line


@value
class ReopenTicket:
    pass


@event("sanguan.ticketing.window-opened.v1")
class WindowOpened(Event):
    code: Code


@value
class SealedHolder:
    name: Sealed


@event("sanguan.ticketing.ticket-drawn.v1")
class TicketDrawn(Event):
    window: Code
    matter: Sealed
    holders: tuple[SealedHolder, ...]


@event("sanguan.ticketing.ticket-noted.v1")
class TicketNoted(Event):
    note: Sealed


@event("sanguan.ticketing.ticket-counted.v1")
class TicketCounted(Event):
    number: int


@event("sanguan.ticketing.ticket-closed.v1")
class TicketClosed(Event):
    reason: Line


@event("sanguan.ticketing.ticket-reopened.v1")
class TicketReopened(Event):
    pass


EVENTS = (WindowOpened, TicketDrawn, TicketNoted, TicketCounted, TicketClosed, TicketReopened)


@dataclass(frozen=True, slots=True)
class Ticket:
    open: bool
    counted: int = 0
    closed_at: datetime | None = None


SEEN: list[Any] = []
"""The commands as the decider was given them."""


def _decide_ticket(command: Any, ticket: Ticket | None, context: Context) -> Sequence[Any]:
    SEEN.append(command)
    if isinstance(command, DrawTicket):
        if ticket is not None:
            raise Refused("already_drawn")
        if not context.facts:
            raise Refused("no_such_window", field="window")
        holders = tuple(SealedHolder(name=holder.name) for holder in command.holders)
        return [TicketDrawn(window=command.window, matter=command.matter, holders=holders)]
    if ticket is None:
        raise Refused("no_such_ticket", field="stream")
    match command:
        case NoteTicket(note=note):
            return [TicketNoted(note=note)]
        case CountTicket():
            return [TicketCounted(number=ticket.counted + 1)]
        case CloseTicket(reason="fault"):
            raise ZeroDivisionError("the decider is broken")
        case CloseTicket() if not ticket.open:
            raise Refused("already_closed", allowed=("reopen-ticket",))
        case CloseTicket(reason=reason):
            counted = TicketCounted(number=ticket.counted + 1)  # two events that happened at different moments
            return [counted, Dated(TicketClosed(reason=reason), context.at - timedelta(hours=1))]
        case _ if ticket.open:
            raise Refused("not_closed")
        case _:
            return [TicketReopened()]


def _evolve_ticket(ticket: Ticket | None, event: Any, at: datetime) -> Ticket:
    match event:
        case TicketDrawn():
            return Ticket(open=True)
        case TicketCounted(number=number):
            assert ticket is not None
            assert number == ticket.counted + 1, "each decision rests on the last one"
            return replace(ticket, counted=number)
        case TicketClosed():
            assert ticket is not None
            return replace(ticket, open=False, closed_at=at)
        case TicketReopened():
            assert ticket is not None
            return replace(ticket, open=True)
        case _:
            assert ticket is not None
            return ticket


def _decide_window(command: OpenWindow, opened: bool, context: Context) -> Sequence[Any]:
    if opened:
        raise Refused("already_open")
    return [WindowOpened(code=command.code)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    code: str


def _window(row: Window | None, recorded: Recorded, key: str) -> Window:
    return Window(code=recorded.event.code)


WINDOWS: Ledger[Window] = Ledger(
    name="windows", row=Window, handles=(WindowOpened,), keys=lambda recorded: (recorded.event.code,), evolve=_window,
    title_zh="窗口", title_en="windows", clause="0", filters=(),
)  # fmt: skip


def _window_exists(command: DrawTicket, _id: str, look: Look) -> bool:
    return look.row(WINDOWS, command.window) is not None


TICKET: Decider[Any] = Decider(
    category="ticket",
    accepts=(
        Accepts(DrawTicket, ANYBODY, "0", creates=True, facts=_window_exists),
        *(Accepts(command, ANYBODY, "0") for command in (NoteTicket, CountTicket, CloseTicket, ReopenTicket)),
    ),
    events=EVENTS[1:],
    initial=None,
    decide=_decide_ticket,
    evolve=_evolve_ticket,
)
WINDOW: Decider[Any] = Decider(
    category="window",
    accepts=(Accepts(OpenWindow, ANYBODY, "0", id=lambda command: str(command.code), creates=True),),
    events=EVENTS[:1],
    initial=False,
    decide=_decide_window,
    evolve=lambda _opened, _event, _at: True,
)
SERVICE = Service(
    name="ticketing", title_zh="取号", title_en="ticketing", events=EVENTS, deciders=(TICKET, WINDOW),
    ledgers=(WINDOWS,), reactions=(), refusals={},
)  # fmt: skip
