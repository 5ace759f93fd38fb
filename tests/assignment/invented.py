"""Commands, events and facts of assignment to try things with. All data is invented (synthetic)."""

from datetime import date
from typing import Any

from services.assignment.handling import Facts
from services.assignment.ledgers import communities, handling, officers, roster
from shared.contracts.assignment import HandlingOpened, VisitCompleted, VisitPlanned
from shared.contracts.codes import CaseKind, Profession
from tests.spec import START

WENBO = "410105010001"
COMMUNITY = communities.Row(
    community=WENBO, name="文博社区", grids=("1网格", "2网格"), households=1200, registered_at=START
)


def box(text: str) -> str:
    """A sealed box, as the edge would put one in the place of a personal value."""
    return f"sealed:{text}"


def enrolled(profession: Profession = Profession.JUDGE) -> officers.Row:
    return officers.Row(
        id="judge-1", profession=profession, unit="区法院", name=box("n"), phone=None, enrolled_at=START
    )  # fmt: skip


def posting(officer: str, from_day: date = date(2015, 6, 1), last_day: date | None = None) -> roster.Row:
    return roster.Row(
        community=WENBO, officer=officer, profession=Profession.JUDGE, from_day=from_day, last_day=last_day
    )  # fmt: skip


def opened(**changed: Any) -> HandlingOpened:
    given: dict[str, Any] = {
        "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "parties": 2, "reported_at": START,
        "due_on": date(2015, 7, 11),
    }  # fmt: skip
    return HandlingOpened(**(given | changed))


def known(**changed: Any) -> handling.Row:
    """The case as the ledger has it."""
    given: dict[str, Any] = {
        "id": "1", "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "parties": 2, "reported_at": START,
        "due_on": date(2015, 7, 11), "opened_at": START,
    }  # fmt: skip
    return handling.Row(**(given | changed))


def planned(visit: str = "v1", officer: str = "judge-1", must: bool = True) -> VisitPlanned:
    return VisitPlanned(
        visit=visit, officer=officer, community=WENBO, grid="1网格", on=date(2015, 6, 15), must=must
    )  # fmt: skip


def visited(visit: str = "v1", officer: str = "judge-1", must: bool = True, diary: str | None = None) -> VisitCompleted:
    return VisitCompleted(visit=visit, officer=officer, community=WENBO, grid="1网格", must=must, diary=diary)


POSTED = Facts(case=known(), postings=(posting("judge-1"), posting("police-1")))
"""Two officers serve the case's community."""
