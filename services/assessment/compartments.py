"""What assessment keeps sealed and some may open: the reasons of an appeal and of its decision (§3.3.5), what is said
about a flag (§3.3.7), what stands in an officer's archive and the officer's own word on it (§3.3.6)."""

from collections.abc import Callable, Sequence
from typing import Final

from services.assessment.entries import ARCHIVES_LEDGER, FLAG_ANSWERS_LEDGER
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
from shared.contracts.event import Actor, Event, Recorded
from shared.contracts.model import Compartment, Look

_APPEALS: Final = frozenset({Role.OFFICE, Role.AUDITOR, Role.CLERK})
_FLAGS: Final = frozenset({Role.OFFICE, Role.AUDITOR})
_ARCHIVES: Final = frozenset({Role.OFFICE, Role.OFFICER})


def _may_know_appeal(actor: Actor, appeal: str, look: Look) -> bool:
    """The office and auditors; of clerks, the one who lodged it."""
    if look.row(appeal_results.LEDGER, appeal) is None:
        return False
    lodged = look.row(took_part.LEDGER, took_part.of_appeal(appeal))
    return actor.role != Role.CLERK or (lodged is not None and actor.id in lodged.who)


def _may_know_answer(actor: Actor, answer: str, look: Look) -> bool:
    return look.row(FLAG_ANSWERS_LEDGER, answer) is not None


def _may_know_archive(actor: Actor, entry: str, look: Look) -> bool:
    """The office; of officers, the one whose archive it is."""
    row = look.row(ARCHIVES_LEDGER, entry)
    return row is not None and (actor.role != Role.OFFICER or actor.id == row.officer)


def _told_last(event: type[Event], field: str) -> Callable[[Sequence[Recorded], str], str | None]:
    """Finds the box: an entry's stream may tell of a thing more than once, and the last word stands."""

    def box(history: Sequence[Recorded], item: str) -> str | None:
        told = (recorded.event for recorded in reversed(history) if type(recorded.event) is event)
        return next((getattr(one, field) for one in told), None)

    return box


def _of(
    path: str, event: type[Event], by: frozenset[Role], clause: str, title: tuple[str, str],
    may: Callable[[Actor, str, Look], bool],
) -> Compartment:  # fmt: skip
    """A compartment of an entry; the field is called as its event and, at the end, its path call it."""
    field = path.rpartition("/")[2]
    return Compartment(
        path=path, field=field, category="supervision", by=frozenset(by), clause=clause, title_zh=title[0],
        title_en=title[1], box=_told_last(event, field), may=may,
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
        "flag-answers/{answer}/answer", FlagAnswered, _FLAGS, "3.3.7",
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
)  # fmt: skip
