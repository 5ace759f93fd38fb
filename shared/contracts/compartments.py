"""Compartments by kind: the sealed columns of a ledger's row, and what was sealed at one step of an aggregate's stream.

Between them they reach everything that is sealed (a test walks the declarations); a field that has an address of its
own, with fewer roles, is left out of both.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared.contracts.codes import Role
from shared.contracts.event import Event, Recorded
from shared.contracts.model import Compartment, Ledger, Opening
from shared.contracts.personal import boxes, personal

ASKING: Final = frozenset({Role.CLERK, Role.OFFICER, Role.LEADER, Role.OFFICE, Role.AUDITOR, Role.PRIVACY})
"""Roles that may ask for an unmasking of what is not their work. Operators, subscribers and residents open nothing."""
May = Callable[[Opening, Any], bool]
"""`may(opening, row)`: whether it is this actor's work, by the row that it is about."""


def of_row(
    path: str, ledger: Ledger[Any], category: str, work: frozenset[Role], may: May,
    key: Callable[[Opening], str] = lambda opening: opening.id,
    place: Callable[[Opening, Any], str] = lambda opening, row: str(getattr(row, "community", "")),
) -> Compartment:  # fmt: skip
    """The sealed columns of a ledger's row, of which who asks names some."""

    def row(opening: Opening) -> Any:
        return opening.look.row(ledger, key(opening))

    def found(opening: Opening) -> Mapping[str, str]:
        held = row(opening)
        return {} if held is None else dict(boxes(held, ledger.sealed))

    return Compartment(
        path=path, category=category, by=ASKING | work, work=work, clause=ledger.clause, ledger=ledger, boxes=found,
        may=lambda opening: (held := row(opening)) is not None and may(opening, held),
        place=lambda opening: None if (held := row(opening)) is None else place(opening, held),
        title_zh=f"{ledger.title_zh}中密封的内容", title_en=f"What is sealed in: {ledger.title_en}",
    )  # fmt: skip


def of_step(
    path: str, title: tuple[str, str], category: str, clause: str, work: frozenset[Role],
    row: Callable[[Opening], Any], may: May, *, apart: frozenset[str] = frozenset(),
) -> Compartment:  # fmt: skip
    """What was sealed at one step of an aggregate, by its version in the stream; `apart` are fields with an address of
    their own, and `row(opening)` is what says where the aggregate lies."""

    def found(opening: Opening) -> Mapping[str, str]:
        for told in opening.stream(f"{category}/{opening.id}"):
            if str(told.version) == opening.item:
                plan = personal(type(told.event))
                names = (*plan.fields, *plan.lists, *(name for name, _, _ in plan.within))
                return dict(boxes(told.event, [name for name in names if name not in apart]))
        return {}

    return Compartment(
        path=path, category=category, by=ASKING | work, work=work, clause=clause, boxes=found,
        may=lambda opening: (held := row(opening)) is not None and may(opening, held),
        place=lambda opening: None if (held := row(opening)) is None else str(getattr(held, "community", "")),
        title_zh=title[0], title_en=title[1],
    )  # fmt: skip


def told_last(event: type[Event], field: str, category: str) -> Callable[[Opening], Mapping[str, str]]:
    """Finds a box by its field: a stream may tell of a thing more than once, and the last word stands."""

    def found(opening: Opening) -> Mapping[str, str]:
        told = (one.event for one in reversed(opening.stream(f"{category}/{opening.id}")) if type(one.event) is event)
        box = next((getattr(one, field) for one in told), None)
        return {} if box is None else {field: box}

    return found


def entered_by(opening: Opening, category: str) -> bool:
    """Whether this actor began the aggregate: who reported a case, who wrote an entry down."""
    told: Sequence[Recorded] = opening.stream(f"{category}/{opening.id}")
    return bool(told) and told[0].actor.id == opening.by.id


def first_row(opening: Opening, ledgers: Sequence[Ledger[Any]]) -> Any:
    """The aggregate's row in the first of these ledgers that has one."""
    return next((row for ledger in ledgers if (row := opening.look.row(ledger, opening.id)) is not None), None)
