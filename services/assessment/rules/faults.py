"""What is wrong with a plan or a rulebook that can be read 文本问题.

Whoever writes one as a file is told of all faults at once; a command is refused for the first.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.contracts.model import Refused

At = tuple[str | int, ...]
"""The way to a place in a text: ("duties", 3, "phase")."""


class Fault(NamedTuple):
    """One thing that is wrong: where, and the refusal's code with what it quotes."""

    at: At
    code: str
    known: Mapping[str, object] = {}
    alone: bool = False
    """Whether it is wrong whatever else the text says: told even where other parts of it cannot be read yet."""


def refuse(part: str, faults: Iterable[Fault]) -> None:
    """Raises `Refused` for the first fault, if there is one; `part` is the command's field that holds the text."""
    for fault in faults:
        raise Refused(fault.code, field=".".join(map(str, (part, *fault.at))), allowed=(), **fault.known)
