"""What assignment keeps sealed and some may open: names of officers, leaders and helpers, diaries, records and terms of
mediation, meetings; and, apart from all of these, the class that makes a household a must-visit 必访类别 (§3.3.2).
"""

from typing import Any, Final

from services.assignment.entries import ENTRIES, LEADERS_LEDGER
from services.assignment.ledgers import communities, handling, meetings, officers, roster, visits
from shared.contracts.assignment import VisitPlanned, entrusted
from shared.contracts.codes import Role
from shared.contracts.compartments import entered_by, first_row, of_row, of_step
from shared.contracts.model import Compartment, Ledger, Opening

CLASS: Final = "household_class"
_ENTERING: Final = frozenset({Role.CLERK, Role.OFFICE})
_WORKING: Final = _ENTERING | {Role.OFFICER}
_LEADING: Final = _WORKING | {Role.LEADER}


def _class_of(opening: Opening) -> dict[str, str]:
    """The box that holds the class of a planned visit's household, where one was given."""
    told = opening.stream(f"handling/{opening.id}")
    planned = (one.event for one in told if isinstance(one.event, VisitPlanned) and one.event.visit == opening.item)
    box = next((event.household_class for event in planned), None)
    return {} if box is None else {CLASS: box}


def _place(opening: Opening) -> str | None:
    row = opening.look.row(handling.LEDGER, opening.id)
    return None if row is None else row.community


def _may_know_class(opening: Opening) -> bool:
    """Whether an actor's work needs the class: an officer's who handles this case or was sent to visit, as long as it
    is handled; a leader's who answers for its community; the office's."""
    row = opening.look.row(handling.LEDGER, opening.id)
    if row is None:
        return False
    if opening.by.role == Role.OFFICE:
        return True
    if opening.by.role == Role.LEADER:
        return _answers_for(opening, row.community)
    return row.ended_as is None and _handles(opening, row)


def _answers_for(opening: Opening, community: str) -> bool:
    return any(
        one.leader == opening.by.id and one.relieved_at is None and one.voided_at is None
        for one in opening.look.rows(LEADERS_LEDGER, community=community)
    )


def _handles(opening: Opening, row: handling.Row) -> bool:
    """Whether an officer answers for a case or was sent to visit, and has not stood aside."""
    if opening.by.id in row.conflicted:
        return False
    return opening.by.id == row.handler or entrusted(opening.stream(f"handling/{opening.id}"), opening.by.id)


def _in_hand(opening: Opening, row: handling.Row) -> bool:
    """The work on a case: of those who handle it, and of the clerk of its community, as long as it is not void."""
    if row.voided_at is not None:
        return False
    if opening.by.role == Role.OFFICER:
        return _handles(opening, row)
    return opening.by.role == Role.CLERK and opening.community == row.community


def _of_visit(opening: Opening, visit: visits.Row) -> bool:
    """A visit: of who made it, and of those who have the case in hand."""
    row = opening.look.row(handling.LEDGER, opening.id)
    if row is None or opening.by.id in row.conflicted:
        return False
    return visit.officer == opening.by.id or _in_hand(opening, row)


def _of_the_house(opening: Opening, row: Any) -> bool:
    """The institution's own books: the office's, clerks' of the sub-district or of this community, and of those who are
    named in them or wrote them down."""
    community = getattr(row, "community", None)
    match opening.by.role:
        case Role.OFFICE:
            return True
        case Role.CLERK:
            return opening.community is None or opening.community == community
        case Role.LEADER:
            return opening.by.id == getattr(row, "leader", None) or (
                community is not None and _answers_for(opening, community)
            )
        case _:
            return opening.by.id == getattr(row, "officer", None) or entered_by(opening, "work")


def _of_officers(opening: Opening, row: officers.Row) -> bool:
    """An officer's name and telephone: of those who make up the roster, where the officer serves; and the officer's."""
    if opening.by.role == Role.OFFICER:
        return opening.by.id == row.id
    return opening.by.role == Role.OFFICE or opening.community is None or bool(_served(opening, row))


def _served(opening: Opening, row: officers.Row) -> str:
    """The community of who asks, where the officer is or was posted to it; else none."""
    posted = opening.look.rows(roster.LEDGER, officer=row.id)
    return next((one.community for one in posted if one.community == opening.community and not one.voided), "")


def _personal(path: str, ledger: Ledger[Any], category: str) -> Compartment:
    return of_row(path, ledger, category, _LEADING, _of_the_house)


def _of_community(opening: Opening) -> communities.Row | None:
    return opening.look.row(communities.LEDGER, opening.id)


def _steps(path: str, of: tuple[str, str], category: str, clause: str, row: Any) -> Compartment:
    title = f"{of[0]}登记中密封的内容", f"What is sealed in a step of {of[1]}"
    return of_step(path, title, category, clause, _ENTERING, row, _of_the_house)


HOUSEHOLD_CLASS: Final = Compartment(
    path="visits/{case}/{visit}/class",
    field=CLASS,
    category="handling",
    by=frozenset({Role.OFFICER, Role.LEADER, Role.OFFICE}),
    work=frozenset({Role.OFFICER, Role.LEADER, Role.OFFICE}),
    clause="3.3.2",
    title_zh="必访类别",
    title_en="Why a household must be visited",
    boxes=_class_of,
    may=_may_know_class,
    place=_place,
)

COMPARTMENTS: Final = (
    HOUSEHOLD_CLASS,
    of_row(
        "visits/{case}/{visit}/personal", visits.LEDGER, "handling", _WORKING, _of_visit,
        key=lambda opening: f"{opening.id}/{opening.item}",
    ),
    of_row("handling/{case}/personal", handling.LEDGER, "handling", _WORKING, _in_hand),
    of_step(
        "handling/{case}/steps/{version}", ("办理登记中密封的内容", "What is sealed in a step of handling a case"),
        "handling", "3.2.1", _WORKING, lambda opening: opening.look.row(handling.LEDGER, opening.id), _in_hand,
        apart=frozenset({CLASS}),
    ),
    of_row("officers/{officer}/personal", officers.LEDGER, "officer", _WORKING, _of_officers, place=_served),
    _steps(
        "officers/{officer}/steps/{version}", ("名册", "an officer's entry"), "officer", "3.1.3",
        lambda opening: opening.look.row(officers.LEDGER, opening.id),
    ),
    _personal("meetings/{meeting}/personal", meetings.LEDGER, "meeting"),
    _steps(
        "meetings/{meeting}/steps/{version}", ("会议", "a meeting"), "meeting", "3.3.3",
        lambda opening: opening.look.row(meetings.LEDGER, opening.id),
    ),
    *(
        _personal(f"{ledger.name.replace('_', '-')}/{{entry}}/personal", ledger, "work")
        for ledger in ENTRIES.ledgers if ledger.sealed
    ),
    _steps(
        "work/{entry}/steps/{version}", ("台账条目", "an entry"), "work", "3.1.4",
        lambda opening: first_row(opening, ENTRIES.ledgers),
    ),
    _steps("communities/{community}/steps/{version}", ("社区", "a community"), "community", "3.1.1", _of_community),
    _steps("roster/{community}/steps/{version}", ("派驻", "a roster"), "roster", "3.1.3", _of_community),
    _steps(
        "directory/{directory}/steps/{version}", ("社区名录", "the directory"), "directory", "3.1.1",
        lambda opening: opening.id if opening.id == opening.look.log else None,
    ),
)  # fmt: skip
