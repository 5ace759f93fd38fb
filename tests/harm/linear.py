"""What can be worked out of a table with gaps by somebody who has all that is shown: exact linear programming.

Written for the tests and by another method than the product's: the equations of the rows and columns, and the simplex
method over fractions (Bland's rule, so that it ends).
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

Shown = Sequence[Sequence[int | None]]
Cell = tuple[int, int]
Known = Mapping[Cell, tuple[int, int | None]]
"""What is known of each gap beforehand: the least that it can be, and the most; None where there is no most."""


def range_of(shown: Shown, cell: Cell, known: Known) -> tuple[Fraction, Fraction | None]:
    """The least and the largest number that a hidden cell can be; None where there is no largest."""
    gaps = [(i, j) for i, row in enumerate(shown) for j, count in enumerate(row) if count is None]
    rows, right = _equations(shown, gaps)
    for n, row in enumerate(rows):  # each gap is reckoned from the least that it can be
        right[n] -= sum(one * known[gap][0] for one, gap in zip(row, gaps, strict=True))
    bounded = [(n, most - least) for n, gap in enumerate(gaps) for least, most in [known[gap]] if most is not None]
    rows = [[*row, *[Fraction(0)] * len(bounded)] for row in rows]
    for m, (n, most) in enumerate(bounded):  # a gap and what it lacks to its most are that most
        rows.append([Fraction(int(k in (n, len(gaps) + m))) for k in range(len(gaps) + len(bounded))])
        right.append(Fraction(most))
    goal = [Fraction(int(gap == cell)) for gap in gaps] + [Fraction(0)] * len(bounded)
    largest = _most(rows, right, goal)
    least_above = _most(rows, right, [-one for one in goal])
    assert least_above is not None, "no count is below its least"
    start = known[cell][0]
    return start - least_above, None if largest is None else start + largest


def _equations(shown: Shown, gaps: Sequence[Cell]) -> tuple[list[list[Fraction]], list[Fraction]]:
    """What every row and column says of the gaps: their sum without the total is the total."""
    last_row, last_column = len(shown) - 1, len(shown[0]) - 1
    lines = [[((i, j), -1 if j == last_column else 1) for j in range(last_column + 1)] for i in range(last_row + 1)]
    lines += [[((i, j), -1 if i == last_row else 1) for i in range(last_row + 1)] for j in range(last_column + 1)]
    rows, right = [], []
    for line in lines:
        signs = dict(line)
        known = sum(sign * (shown[i][j] or 0) for (i, j), sign in line if shown[i][j] is not None)
        rows.append([Fraction(signs.get(gap, 0)) for gap in gaps])
        right.append(Fraction(-known))
    return rows, right


def _most(rows: list[list[Fraction]], right: list[Fraction], goal: list[Fraction]) -> Fraction | None:
    """The largest value of the goal over all x ≥ 0 with rows · x = right; None where it has no bound."""
    count, width = len(rows), len(goal)
    table = []
    for n, (row, value) in enumerate(zip(rows, right, strict=True)):
        sign = -1 if value < 0 else 1
        helpers = [Fraction(int(m == n)) for m in range(count)]
        table.append([*(sign * one for one in row), *helpers, sign * value])
    basis = [width + n for n in range(count)]
    helping = [Fraction(0)] * width + [Fraction(-1)] * count
    assert _climb(table, basis, helping, width + count), "helpers have a bound"
    assert sum(table[n][-1] for n in range(count) if basis[n] >= width) == 0, "what is shown contradicts itself"
    for n in range(count):  # helpers leave, where anything can stand in their place
        if basis[n] >= width and (m := next((m for m in range(width) if table[n][m] != 0), None)) is not None:
            _pivot(table, basis, n, m)
    if not _climb(table, basis, [*goal, *[Fraction(0)] * count], width):
        return None
    return sum((goal[basis[n]] * table[n][-1] for n in range(count) if basis[n] < width), Fraction(0))


def _climb(table: list[list[Fraction]], basis: list[int], goal: list[Fraction], columns: int) -> bool:
    """Improve until nothing improves; false where it would never end."""
    while True:
        entering = None
        for column in range(columns):
            if column not in basis:
                gain = goal[column] - sum(goal[m] * table[n][column] for n, m in enumerate(basis) if goal[m] != 0)
                if gain > 0:
                    entering = column
                    break
        if entering is None:
            return True
        limits = [(table[n][-1] / table[n][entering], basis[n], n) for n in range(len(table)) if table[n][entering] > 0]
        if not limits:
            return False
        _pivot(table, basis, min(limits)[2], entering)


def _pivot(table: list[list[Fraction]], basis: list[int], row: int, column: int) -> None:
    by = table[row][column]
    table[row] = [one / by for one in table[row]]
    for n, line in enumerate(table):
        if n != row and line[column] != 0:
            by = line[column]
            table[n] = [one - by * pivot if pivot else one for one, pivot in zip(line, table[row], strict=True)]
    basis[row] = column
