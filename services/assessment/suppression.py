"""Small numbers kept back 小数抑制: what may be shown of a table of counts, so that none of the small ones can be told.

Counts below a threshold are hidden first, totals among them (primary suppression). From what remains one could subtract
them out of the totals, so further cells are hidden (complementary suppression), until every hidden cell could be any of
a wide enough range of numbers to whoever knows all that is shown, and that counts are whole and not negative.

How wide the range of a cell is, is worked out exactly. In a table with its totals every cell stands in one equation of
a row and in one of a column, with opposite signs once totals are turned around: hidden cells are the edges of a network
between rows and columns, and what a cell can gain or lose is a largest flow around it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from shared.contracts.frozen import dataclass

THRESHOLD: Final = 5
"""Counts of people's matters below this are kept back, and what hides them is at least as uncertain (this product's
proposal: neither the plan nor the law names a number)."""

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


def suppress(counts: Table, threshold: int = THRESHOLD) -> Shown:
    """The table with its totals as it may be shown; a count of nought is no small number."""
    full = with_totals(counts)
    hidden = {(i, j) for i, row in enumerate(full) for j, count in enumerate(row) if 0 < count < threshold}
    while (weak := _weakest(full, hidden, threshold)) is not None:
        hidden |= _complement(full, hidden, weak, threshold)
    return tuple(
        tuple(None if (i, j) in hidden else count for j, count in enumerate(row)) for i, row in enumerate(full)
    )


def _weakest(full: Table, hidden: set[Cell], threshold: int) -> Cell | None:
    """The first hidden cell that is known too well."""
    return next((cell for cell in sorted(hidden) if span(full, hidden, cell, threshold) < threshold), None)


# what a cell may be -------------------------------------------------------------------------------------------------


def span(full: Table, hidden: set[Cell], cell: Cell, enough: int) -> int:
    """How far apart the largest and the smallest possible count of a hidden cell are; no more than `enough`."""
    start, end = _edge(full, cell)
    gain = _flow(_room(full, hidden - {cell}, enough), end, start, enough)
    loss = _flow(_room(full, hidden - {cell}, enough), start, end, min(enough, full[cell[0]][cell[1]]))
    return min(enough, gain + loss)


Node = tuple[str, int]


def _edge(full: Table, cell: Cell) -> tuple[Node, Node]:
    """The cell's edge: from its row to its column, and the other way where just one of them is that of the totals."""
    i, j = cell
    row, column = ("row", i), ("column", j)
    turned = (i == len(full) - 1) != (j == len(full[0]) - 1)
    return (column, row) if turned else (row, column)


def _room(full: Table, hidden: set[Cell], enough: int) -> dict[Node, dict[Node, int]]:
    """What each hidden cell may gain along its edge, and lose against it: any number, and all that it has."""
    room: dict[Node, dict[Node, int]] = {}
    for i, j in hidden:
        start, end = _edge(full, (i, j))
        room.setdefault(start, {})[end] = enough
        room.setdefault(end, {})[start] = full[i][j]
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


def _complement(full: Table, hidden: set[Cell], weak: Cell, threshold: int) -> set[Cell]:
    """Further cells to hide: of the rectangles around a cell that make it uncertain enough, the one that hides least;
    the one that helps most where none is enough; all cells where nothing else is left."""
    best: tuple[tuple[int, int, int], set[Cell]] | None = None
    for corners in _rectangles(full, weak):
        new = {corner.cell for corner in corners} - hidden
        if not new:
            continue
        gives = min(threshold, _uncertainty(full, weak, corners, threshold))
        rank = (-gives, sum(full[i][j] for i, j in new), len(new))
        if best is None or rank < best[0]:
            best = (rank, new)
    return best[1] if best is not None else {(i, j) for i, row in enumerate(full) for j, _ in enumerate(row)}


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


def _uncertainty(full: Table, cell: Cell, corners: Sequence[Corner], enough: int) -> int:
    """How far a cell could move if just these corners moved with it."""
    held = {corner: full[corner.cell[0]][corner.cell[1]] for corner in corners}
    gain = min((count for corner, count in held.items() if corner.loses), default=enough)
    loss = min(full[cell[0]][cell[1]], *(count for corner, count in held.items() if not corner.loses))
    return gain + loss
