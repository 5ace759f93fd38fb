"""Exact numbers and how they are published. No float ever holds a score."""

from fractions import Fraction

from shared.contracts.assessment import Figure


def decimal_of(number: Fraction) -> str:
    """A number that is not negative to four places, rounded half up 四舍五入: 2/3 → 0.6667."""
    tenthousandths = (20_000 * number.numerator + number.denominator) // (2 * number.denominator)
    return f"{tenthousandths // 10_000}.{tenthousandths % 10_000:04}"


def figure(number: Fraction) -> Figure:
    """A number as it is published: exactly, and to four places."""
    return Figure(exact=f"{number.numerator}/{number.denominator}", decimal=decimal_of(number))


def exactly(published: Figure) -> Fraction:
    """The number that was published."""
    return Fraction(published.exact)
