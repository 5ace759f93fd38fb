"""A mark 痕迹: what happened to a row of evidence, on which day, and where in the log it stands.

Rows keep every mark, so that any day can be scored later and every number explained down to its events. What an event
changes of a row besides is kept, too (`earlier`), so that the row can be had as it was at any position of the log.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import date
from typing import Any, Protocol, TypeVar

from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mark:
    """One transition. `on` is the civil day on which it happened, `recorded_on` the day on which the log took it."""

    what: str
    on: date
    recorded_on: date
    position: int


STRUCK = "struck:"
"""Before the name of a mark that was struck out."""
RETROACTIVE = frozenset({"voided", "corrected", "posted", "ended", "planned", "excused"})
"""Marks of events that say how things were or will be: the day of the act does not bound what they change."""


class Marked(Protocol):
    """A row of evidence, with its marks in the order of the log."""

    @property
    def id(self) -> str: ...
    @property
    def marks(self) -> tuple[Mark, ...]: ...
    @property
    def earlier(self) -> "tuple[tuple[int, Any], ...]":
        """What it was before a position; without marks where these have only grown since."""


_Row = TypeVar("_Row", bound=Marked)


def mark(recorded: Recorded, what: str) -> Mark:
    """The mark that an event leaves."""
    return Mark(what, civil_day(recorded.occurred_at), civil_day(recorded.recorded_at), recorded.position)


def marked(row: _Row, recorded: Recorded, what: str, **values: Any) -> _Row:
    """The row with a further mark, and with whatever else the event changed."""
    known = {name: getattr(row, name) for name in values}
    said_otherwise = any(was not in (None, ()) and was != values[name] for name, was in known.items())
    row = changed(row, recorded, **values) if said_otherwise else replace(row, **values)  # type: ignore[type-var]  # every row is a dataclass; a protocol cannot say so
    return replace(row, marks=(*row.marks, mark(recorded, what)))  # type: ignore[type-var]  # as above


def anew(row: _Row | None, recorded: Recorded, again: _Row) -> _Row:
    """What begins in the place of a row that was void, and remembers it."""
    if row is None:
        return again
    return replace(again, earlier=(*row.earlier, (recorded.position, replace(row, earlier=()))))  # type: ignore[type-var]  # as above


def changed(row: _Row, recorded: Recorded, **values: Any) -> _Row:
    """The row with what an event changed of it, which remembers what it was before."""
    kept = {} if "marks" in values else {"marks": ()}
    was = replace(row, earlier=(), **kept)  # type: ignore[type-var]  # as above
    return replace(row, earlier=(*row.earlier, (recorded.position, was)), **values)  # type: ignore[type-var]  # as above


def struck(row: _Row, recorded: Recorded, names: Set[str], on: date | None = None) -> _Row:
    """The row with the last mark of those names (of that day) struck out 撤销: what it told never was.

    The correction counts from the row's first day, for it says how things were. Nothing changes without such a mark.
    """
    marks = row.marks
    last = max((at for at, m in enumerate(marks) if m.what in names and on in (None, m.on)), default=None)
    if last is None:
        return row
    out = replace(marks[last], what=f"{STRUCK}{marks[last].what}")
    note = replace(mark(recorded, "corrected"), on=marks[0].on)
    return changed(row, recorded, marks=(*marks[:last], out, *marks[last + 1 :], note))


def last(marks: Sequence[Mark], *names: str, by: date = date.max) -> Mark | None:
    """The last mark of those names in the log that had happened by a day."""
    return next((m for m in reversed(marks) if m.what in names and m.on <= by), None)


def earliest(marks: Iterable[Mark], *names: str, by: date, after: int = -1) -> Mark | None:
    """Of the marks of those names, the one with the first day, as far as it had come by a day. Only what stands in the
    log after a position is looked at: what stands before it was about something else."""
    found = (m for m in marks if m.what in names and m.on <= by and m.position > after)
    return min(found, key=lambda m: m.on, default=None)


def rewound(row: _Row, position: int) -> _Row | None:
    """The row as it was at a position; None where there was none yet."""
    since = [was for until, was in row.earlier if until > position]
    marks = next((was.marks for was in since if was.marks), row.marks)
    known = marks if marks[-1].position <= position else tuple(m for m in marks if m.position <= position)
    if not since and known is row.marks:
        return row
    earlier = tuple(one for one in row.earlier if one[0] <= position)
    return replace(since[0] if since else row, marks=known, earlier=earlier) if known else None  # type: ignore[type-var]  # as above


def positions(row: Marked) -> Iterator[int]:
    """Where in the log all stands that made or changed the row, or what it was before it was void, or put right."""
    for until, was in row.earlier:
        yield until
        yield from (m.position for m in was.marks)
    yield from (m.position for m in row.marks)


def told(row: Marked) -> Iterator[tuple[int, date]]:
    """Where in the log all stands that made or changed the row, each with the first day of which it says anything."""
    ever = {until for until, _ in row.earlier} | {m.position for m in row.marks if m.what in RETROACTIVE}
    yield from ((at, date.min) for at in ever)
    yield from ((m.position, m.on) for m in row.marks if m.position not in ever)


def first(row: Marked, what: str, by: date) -> Mark | None:
    """The first mark of that name in the log that had happened by a day."""
    return next((mark for mark in row.marks if mark.what == what and mark.on <= by), None)
