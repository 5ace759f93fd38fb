"""What is sealed, as papers show it 已封存: that there is something, and nothing of it."""

from typing import Final

MASK: Final = "•••"


def masked(box: str | None) -> str | None:
    """In a box's place; None where there is none."""
    return None if box is None else MASK
