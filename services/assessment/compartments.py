"""What assessment keeps sealed and some may open: the reasons of an appeal and of its decision (§3.3.5), what is said
about a flag (§3.3.7), what stands in an officer's archive and the officer's own word on it (§3.3.6), names of the
leading group, orders of inspections, what is worth keeping of a model case."""

from collections.abc import Callable
from typing import Any, Final

from services.assessment.entries import ARCHIVES_LEDGER, ENTRIES, FLAG_ANSWERS_LEDGER
from services.assessment.ledgers import appeal_results, took_part
from shared.contracts.assessment_entries import (
    AppealDecided,
    AppealHeard,
    ArchiveEntryAdded,
    ArchiveReplyRecorded,
    FlagAnswered,
    ScoreAppealed,
)
from shared.contracts.codes import Role
from shared.contracts.compartments import first_row, of_row, of_step, told_last
from shared.contracts.event import Event
from shared.contracts.model import Compartment, Opening

_OFFICE: Final = frozenset({Role.OFFICE})
_APPEALS: Final = frozenset({Role.OFFICE, Role.CLERK})
_ARCHIVES: Final = frozenset({Role.OFFICE, Role.OFFICER})
_AUDITED: Final = frozenset({Role.AUDITOR, Role.PRIVACY})
"""Who may ask for an unmasking of them, beside those whose work it is."""
_APART: Final = frozenset({"appeals", "archives", "flag_answers"})
"""Ledgers whose sealed columns have an address each."""


def _may_know_appeal(opening: Opening) -> bool:
    """The office; of clerks, the one who lodged it."""
    if opening.look.row(appeal_results.LEDGER, opening.id) is None:
        return False
    lodged = opening.look.row(took_part.LEDGER, took_part.of_appeal(opening.id))
    return opening.by.role != Role.CLERK or (lodged is not None and opening.by.id in lodged.who)


def _may_know_answer(opening: Opening) -> bool:
    return opening.look.row(FLAG_ANSWERS_LEDGER, opening.id) is not None


def _may_know_archive(opening: Opening) -> bool:
    """The office; of officers, the one whose archive it is."""
    row = opening.look.row(ARCHIVES_LEDGER, opening.id)
    return row is not None and (opening.by.role != Role.OFFICER or opening.by.id == row.officer)


def _of_the_office(opening: Opening, row: Any) -> bool:
    return True


def _row(opening: Opening) -> Any:
    return first_row(opening, ENTRIES.ledgers)


def _place(opening: Opening) -> str | None:
    return None if (row := _row(opening)) is None else str(getattr(row, "community", None) or "")


def _of(
    path: str, event: type[Event], work: frozenset[Role], clause: str, title: tuple[str, str],
    may: Callable[[Opening], bool],
) -> Compartment:  # fmt: skip
    """A compartment of an entry; the field is called as its event and, at the end, its path call it."""
    of, _, field = path.rpartition("/")
    name = of.partition("/")[0].replace("-", "_")
    return Compartment(
        path=path, field=field, category="supervision", by=work | _AUDITED, work=work, clause=clause, place=_place,
        title_zh=title[0], title_en=title[1], boxes=told_last(event, field, "supervision"), may=may,
        ledger=next(ledger for ledger in ENTRIES.ledgers if ledger.name == name),
    )  # fmt: skip


COMPARTMENTS: Final = (
    _of(
        "appeals/{appeal}/grounds", ScoreAppealed, _APPEALS, "3.3.5",
        ("申诉理由", "Why a score is appealed against"), _may_know_appeal,
    ),
    _of(
        "appeals/{appeal}/account", AppealHeard, _APPEALS, "3.3.5",
        ("申诉听取记录", "What both sides said of an appeal"), _may_know_appeal,
    ),
    _of(
        "appeals/{appeal}/decision", AppealDecided, _APPEALS, "3.3.5",
        ("申诉答复理由", "Why an appeal was decided so"), _may_know_appeal,
    ),
    _of(
        "flag-answers/{answer}/answer", FlagAnswered, _OFFICE, "3.3.7",
        ("疑点说明内容", "What was said about a flag"), _may_know_answer,
    ),
    _of(
        "archives/{entry}/entry", ArchiveEntryAdded, _ARCHIVES, "3.3.6",
        ("实绩档案内容", "What was put on an officer's archive"), _may_know_archive,
    ),
    _of(
        "archives/{entry}/reply", ArchiveReplyRecorded, _ARCHIVES, "3.3.6",
        ("实绩档案本人意见", "The officer's own word on the archive"), _may_know_archive,
    ),
    *(
        of_row(f"{ledger.name.replace('_', '-')}/{{entry}}/personal", ledger, "supervision", _OFFICE, _of_the_office)
        for ledger in ENTRIES.ledgers if ledger.sealed and ledger.name not in _APART
    ),
    of_step(
        "supervision/{entry}/steps/{version}", ("督导考评登记中密封的内容", "What is sealed in a step of an entry"),
        "supervision", "3.1.4", _OFFICE, _row, _of_the_office,
    ),
)  # fmt: skip
