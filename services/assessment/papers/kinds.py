"""The kinds of papers 文书种类: what each is called, under which clause, who reads it, what it is asked with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass as plain_dataclass
from functools import partial
from typing import Annotated, Any, Final

from services.assessment.papers.asking import PARAMETERS, Asked, asked
from services.assessment.papers.circular import PublicationCircular, circular
from services.assessment.papers.debriefing_record import DebriefingRecord, debriefing_record
from services.assessment.papers.monthly_report import MonthlyReport, monthly_report
from services.assessment.papers.performance_archive import PerformanceArchive, performance_archive
from services.assessment.papers.responsibility_letters import ResponsibilityLetters, responsibility_letters
from services.assessment.papers.summary import Summary, summary_asked
from shared.contracts.codes import READERS, Role
from shared.contracts.event import value
from shared.contracts.fields import Code, Day, Line, Whole
from shared.contracts.model import Asking, Look, Question


@plain_dataclass(frozen=True, slots=True)
class Kind:
    """A kind of paper."""

    code: str
    title_zh: str
    title_en: str
    clause: str
    content: type
    assemble: Callable[[Look, Asked], Any]
    parameters: tuple[str, ...]
    """What it may be asked with, beside the day and the position."""
    needs: tuple[str, ...]
    """Of these, what it cannot do without."""
    by: frozenset[str] = READERS
    """Roles (see `codes.Role`) that may read it."""

    @property
    def asked_with(self) -> Mapping[str, str]:
        """The parameters, and what they mean."""
        return {name: PARAMETERS[name] for name in (*self.parameters, "as_of", "position")}


_ARCHIVE_READERS: Final = frozenset({Role.OFFICE, Role.AUDITOR, Role.OFFICER})
"""Officers their own alone."""
KINDS: Final = (
    Kind(
        "monthly-report", "月报", "Monthly report", "3.3.3", MonthlyReport, monthly_report, ("month", "community"),
        ("month",),
    ),
    Kind(
        "circular", "通报", "Circular", "6.5", PublicationCircular, circular, ("publication", "community"),
        ("publication",),
    ),
    Kind(
        "performance-archive", "实绩档案", "Performance archive", "3.3.6", PerformanceArchive, performance_archive,
        ("officer",), ("officer",), _ARCHIVE_READERS,
    ),
    Kind(
        "responsibility-letters", "包案稳控责任书", "Responsibility letters", "3.4.1", ResponsibilityLetters,
        responsibility_letters, ("community", "case"), (),
    ),
    Kind(
        "debriefing-record", "述职评议记录", "Debriefing record", "3.3.4", DebriefingRecord, debriefing_record,
        ("community", "month"), ("community",),
    ),
    Kind("summary", "总结", "Summary", "3.4.3", Summary, summary_asked, ("plan", "phase"), ()),
)  # fmt: skip
BY_CODE: Final[Mapping[str, Kind]] = {kind.code: kind for kind in KINDS}


Position = Annotated[int, Whole(-1)]
"""Up to which the log is told; -1 where it holds nothing yet."""


def _answer(kind: Kind) -> type:
    """What a paper of a kind is answered with."""
    said = {
        "log": Code, "position": Position, "kind": Code, "title_zh": Line, "title_en": Line, "as_of": Day,
        "paper": kind.content,
    }  # fmt: skip
    name = f"{kind.content.__name__}Paper"
    about = f"{kind.title_zh} {kind.title_en}, as the ledgers at `position` tell it of the day `as_of`."
    return value(type(name, (), {"__annotations__": said, "__doc__": about, "__module__": __name__}))


_ANSWERS: Final[Mapping[str, type]] = {kind.code: _answer(kind) for kind in KINDS}


def paper(kind: Kind, look: Look, asked: Asked) -> Any:
    """The paper, with where it stands: the same position, question and role give the same bytes. Raises `Refused`."""
    return _ANSWERS[kind.code](
        log=look.log, position=look.position, kind=kind.code, title_zh=kind.title_zh, title_en=kind.title_en,
        as_of=asked.as_of, paper=kind.assemble(look, asked),
    )  # fmt: skip


def paper_asked(kind: Kind, look: Look, asking: Asking) -> Any:
    """The paper that a query asks for, from the ledgers as they stand or as they stood at a position; raises
    `Refused`."""
    wanted = asked(asking.said, asking.by, asking.today)
    return paper(kind, look if wanted.position is None else asking.at(wanted.position), wanted)


_REFUSES: Final = (
    "unknown_community", "unknown_publication", "unknown_plan", "unknown_phase", "unknown_officer", "unknown_case",
    "no_plan", "no_rulebook", "period_not_begun", "archive_of_another",
)  # fmt: skip
QUESTIONS: Final = tuple(
    Question(
        path=f"papers/{kind.code}", by=kind.by, clause=kind.clause, title_zh=kind.title_zh, title_en=kind.title_en,
        answer=_ANSWERS[kind.code], parameters=kind.asked_with, ask=partial(paper_asked, kind), refuses=_REFUSES,
    )
    for kind in KINDS
)  # fmt: skip
