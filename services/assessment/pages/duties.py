"""What is due on a day, as a page: the office's view of who owes what 应办事项 (§3.3.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from services.assessment.due.listing import Line, by_institution, duties, wanted
from services.assessment.due.obligation import State
from services.assessment.due.of_cases import CONTACT, MUST_VISIT, SETTLE
from services.assessment.ledgers import communities_served, plans
from shared.clock import utc_now
from shared.contracts.days import civil_day
from shared.contracts.frozen import replace
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page

PAGE_LINES: Final = 50
SHOWN: Final = (State.OVERDUE, State.VACANT, State.DUE, State.NOT_YET_DUE, State.LATE, State.DONE)
"""The states that have a column; the rare others are found by the filter."""
_OPEN: Final = frozenset({State.OVERDUE, State.VACANT, State.DUE, State.PAUSED, State.BROKEN})
"""What is shown where no state is asked for: what somebody has to see to."""
_OF_CASES: Final = frozenset({SETTLE.code, CONTACT.code, MUST_VISIT})
"""Obligations that are about a case, which has a page."""


@dataclass(frozen=True, slots=True)
class Owing:
    """An institution and how much it owes in each state."""

    code: str
    name: str
    counts: Sequence[tuple[State, int]]


class DutyPages:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def all(self, ask: Ask) -> Page:
        """Institution by institution, then line by line, what presses first."""
        today = civil_day(utc_now())
        said = {name: ask.query(name) for name in ("as_of", "plan", "community", "clause", "state")}
        said["community"] = ask.own(said["community"])
        asked = wanted(said, today)
        with self._node.look("assessment", ask.log) as look:
            found = duties(look, replace(asked, state=None), today)
            names = {code: name for code, name in communities_served.names(look).items() if ask.own(code) == code}
            titles = {row.code: row.plan.title for row in look.rows(plans.LEDGER)}
        names[ask.log] = ask.words("whole")
        lines = [line for line in found.lines if _fits(line, asked.state)]
        skipped = whole(ask.query("skip") or "0", "skip")
        shows = {
            "asked": asked, "today": today, "states": [state for state in State if found.counts[state]],
            "counts": found.counts, "most": max(found.counts.values(), default=0) or 1, "names": names,
            "titles": titles, "owing": _owing(found.lines, names), "shown": SHOWN,
            "lines": lines[skipped : skipped + PAGE_LINES], "total": len(lines),
            "more": _more(said, skipped, len(lines)), "first": urlencode(_given(said)) if skipped else None,
            "exports": [(form.upper(), f"/assessment/duties?{urlencode(_given({**said, 'format': form}))}")
                        for form in ("csv", "xlsx")],
            "without_state": _given({**said, "state": ""}), "urlencode": urlencode, "of_cases": _OF_CASES,
            "states_named": [(state.value, ask.words.pick(state.zh, state.en)) for state in State],
        }  # fmt: skip
        return Page("assessment/duties.html", ask.words("duties_title"), shows)


def _fits(line: Line, state: State | None) -> bool:
    return line.state in _OPEN if state is None else line.state is state


def _owing(lines: Sequence[Line], names: Mapping[str, str]) -> list[Owing]:
    return [
        Owing(code, names.get(code, code), [(state, counts.get(state, 0)) for state in SHOWN])
        for code, counts in by_institution(lines).items()
    ]


def _given(said: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}


def _more(said: Mapping[str, str], skipped: int, total: int) -> str | None:
    following = skipped + PAGE_LINES
    return urlencode({**_given(said), "skip": following}) if following < total else None
