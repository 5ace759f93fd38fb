"""A mark 痕迹: what happened to a row of evidence, on which day, and where in the log it stands.

Rows keep every mark, so that any day can be scored later and every number explained down to its events; a row
without its latest marks is the row as it was earlier.
"""

from collections.abc import Iterable, Sequence, Set
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
RETROACTIVE = frozenset({"voided", "corrected", "posted", "ended", "planned"})
"""Marks of events that say how things were or will be: the day of the act does not bound what they change."""


class Marked(Protocol):
    """A row of evidence, with its marks in the order of the log."""

    @property
    def id(self) -> str: ...
    @property
    def marks(self) -> tuple[Mark, ...]: ...


_Row = TypeVar("_Row", bound=Marked)


def mark(recorded: Recorded, what: str) -> Mark:
    """The mark that an event leaves."""
    return Mark(what, civil_day(recorded.occurred_at), civil_day(recorded.recorded_at), recorded.position)


def marked(row: _Row, recorded: Recorded, what: str, **changed: Any) -> _Row:
    """The row with a further mark, and with whatever else the event changed."""
    return replace(row, marks=(*row.marks, mark(recorded, what)), **changed)  # type: ignore[type-var]  # every row is a dataclass; a protocol cannot say so


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
    return replace(row, marks=(*marks[:last], out, *marks[last + 1 :], note))  # type: ignore[type-var]  # as above


def last(marks: Sequence[Mark], *names: str, by: date = date.max) -> Mark | None:
    """The last mark of those names in the log that had happened by a day."""
    return next((m for m in reversed(marks) if m.what in names and m.on <= by), None)


def earliest(marks: Iterable[Mark], *names: str, by: date, after: int = -1) -> Mark | None:
    """Of the marks of those names, the one with the first day, as far as it had come by a day. Only what stands in the
    log after a position is looked at: what stands before it was about something else."""
    found = (m for m in marks if m.what in names and m.on <= by and m.position > after)
    return min(found, key=lambda m: m.on, default=None)


def rewound(row: _Row, position: int) -> _Row | None:
    """The row with the marks up to a position only; None where it had none yet."""
    marks = tuple(mark for mark in row.marks if mark.position <= position)
    return replace(row, marks=marks) if marks else None  # type: ignore[type-var]  # as above


def first(row: Marked, what: str, by: date) -> Mark | None:
    """The first mark of that name in the log that had happened by a day."""
    return next((mark for mark in row.marks if mark.what == what and mark.on <= by), None)
