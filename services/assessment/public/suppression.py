"""Small numbers kept back 小数抑制: what may be shown of a table of counts, so that none of the small ones can be told.

Counts below a threshold are hidden first, noughts and totals among them (primary suppression). From what remains one
could subtract them out of the totals, so larger counts are hidden too (complementary suppression), until every small
one could be any of several numbers to whoever knows all that is shown, this rule, and even which of the hidden counts
are the small ones. Not reckoned with is who also repeats the choice of larger counts for every table that could be.

How wide the range of a cell is, is worked out exactly. In a table with its totals every cell stands in one equation of
a row and in one of a column, with opposite signs once totals are turned around: hidden cells are the edges of a network
between rows and columns, and what a cell can gain or lose is a largest flow around it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from shared.contracts.frozen import dataclass

THRESHOLD: Final = 5
"""Counts of people's matters below this are kept back (this product's proposal: neither the plan nor the law names a
number). Noughts are: where they were shown, a hidden one would be no nought, and six hidden ones of a total of six
would be six ones."""

SPAN: Final = 2
"""How far apart the largest and the smallest number are, at least, that a small count could be: it could be any of
three numbers in a row (this product's proposal)."""

Cell = tuple[int, int]
Table = Sequence[Sequence[int]]
Shown = tuple[tuple[int | None, ...], ...]
"""Rows of counts; None where one is kept back."""


@dataclass(frozen=True, slots=True)
class Corner:
    """A cell that balances another one: by its share of a rectangle it loses what the other gains, or gains it too."""

    cell: Cell
    loses: bool


def with_totals(counts: Table) -> tuple[tuple[int, ...], ...]:
    """The table with a total at the end of each row, and a row of totals."""
    rows = [(*row, sum(row)) for row in counts]
    return (*rows, tuple(sum(column) for column in zip(*rows, strict=True)))


def suppress(counts: Table) -> Shown:
    """The table with its totals as it may be shown. Each of its rows and columns has to count something.

    One look at each small count is enough: whatever else is hidden later only widens what it could be. Where all is
    hidden, nobody can tell which counts are small, and nothing is left to reckon with.
    """
    full = with_totals(counts)
    cells = {(i, j) for i, row in enumerate(full) for j, _ in enumerate(row)}
    small = {(i, j) for i, j in cells if full[i][j] < THRESHOLD}
    hidden = set(small)
    for cell in sorted(small):
        while hidden != cells and span(full, hidden, cell) < SPAN:
            hidden |= _complement(full, hidden, cell)
    return tuple(
        tuple(None if (i, j) in hidden else count for j, count in enumerate(row)) for i, row in enumerate(full)
    )


# what a cell may be -------------------------------------------------------------------------------------------------


def span(full: Table, hidden: set[Cell], cell: Cell) -> int:
    """How far apart the largest and the smallest possible count of a small hidden cell are."""
    start, end = _edge(full, cell)
    gain, loss = _slack(full, cell)
    others = hidden - {cell}
    return _flow(_room(full, others), end, start, gain) + _flow(_room(full, others), start, end, loss)


def _slack(full: Table, cell: Cell) -> tuple[int, int]:
    """What a hidden count could be more, and less, by the rule alone. A total is never nought: only communities and
    types that occur have one. A large count could be any larger one, which is: more than any small one can move."""
    i, j = cell
    count = full[i][j]
    if count >= THRESHOLD:
        return THRESHOLD, count - THRESHOLD
    total = i == len(full) - 1 or j == len(full[0]) - 1
    return THRESHOLD - 1 - count, count - int(total)


Node = tuple[str, int]


def _edge(full: Table, cell: Cell) -> tuple[Node, Node]:
    """The cell's edge: from its row to its column, and the other way where just one of them is that of the totals."""
    i, j = cell
    row, column = ("row", i), ("column", j)
    turned = (i == len(full) - 1) != (j == len(full[0]) - 1)
    return (column, row) if turned else (row, column)


def _room(full: Table, hidden: set[Cell]) -> dict[Node, dict[Node, int]]:
    """What each hidden cell may gain along its edge, and lose against it."""
    room: dict[Node, dict[Node, int]] = {}
    for cell in hidden:
        start, end = _edge(full, cell)
        gain, loss = _slack(full, cell)
        room.setdefault(start, {})[end] = gain
        room.setdefault(end, {})[start] = loss
    return room


def _flow(room: dict[Node, dict[Node, int]], start: Node, end: Node, most: int) -> int:
    """The largest flow between two nodes, no more than `most`, along shortest ways (Edmonds and Karp)."""
    total = 0
    while total < most and (way := _way(room, start, end)):
        step = min(most - total, *(room[a][b] for a, b in way))
        for a, b in way:
            room[a][b] -= step
            room[b][a] += step
        total += step
    return total


def _way(room: dict[Node, dict[Node, int]], start: Node, end: Node) -> list[tuple[Node, Node]]:
    """The shortest way along which something can still flow; empty where there is none."""
    came: dict[Node, Node] = {}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there, left in room.get(here, {}).items():
            if left > 0 and there not in came and there != start:
                came[there] = here
                waiting.append(there)
    way: list[tuple[Node, Node]] = []
    at = end
    while at in came:
        way.append((came[at], at))
        at = came[at]
    return way


# what hides it ------------------------------------------------------------------------------------------------------


def _complement(full: Table, hidden: set[Cell], weak: Cell) -> set[Cell]:
    """Further cells to hide: of the rectangles around a cell that make it uncertain enough, the one that hides least;
    the one that helps most where none is enough. Together they reach every cell, so that there is always one."""

    def rank(corners: Sequence[Corner]) -> tuple[int, int, int]:
        new = {corner.cell for corner in corners} - hidden
        return -min(SPAN, _uncertainty(full, weak, corners)), sum(full[i][j] for i, j in new), len(new)

    around = [one for one in _rectangles(full, weak) if any(corner.cell not in hidden for corner in one)]
    return {corner.cell for corner in min(around, key=rank)}


def _rectangles(full: Table, cell: Cell) -> Iterator[tuple[Corner, Corner, Corner]]:
    """The other corners of every rectangle that a cell is a corner of, totals included."""
    i, j = cell
    last_row, last_column = len(full) - 1, len(full[0]) - 1
    for k in range(len(full)):
        for m in range(len(full[0])):
            if k == i or m == j:
                continue
            in_row = last_column not in (j, m)  # a total gains what its part gains; two parts balance each other
            in_column = last_row not in (i, k)
            yield (
                Corner((i, m), loses=in_row),
                Corner((k, j), loses=in_column),
                Corner((k, m), loses=in_row != in_column),
            )


def _uncertainty(full: Table, cell: Cell, corners: Sequence[Corner]) -> int:
    """How far a cell could move if just these corners moved with it."""
    gain, loss = _slack(full, cell)
    for corner in corners:
        more, less = _slack(full, corner.cell)
        gain = min(gain, less if corner.loses else more)
        loss = min(loss, more if corner.loses else less)
    return gain + loss
