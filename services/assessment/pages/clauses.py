"""The plan, clause by clause: who answers for each, what is recorded of it, community by community."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, assert_never

from sqlalchemy import Connection, func, select

from services.assessment.clauses import CLAUSES, DOCUMENT, KNOWN, Clause, Living, living
from services.assessment.ledgers import plans
from services.assessment.pages.scores import choices_of
from services.assessment.rules.plan import flag_of, oddities
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.rules.versions import chosen
from shared.clock import utc_now
from shared.contracts.assessment import Anomaly, Cadence, Duty, Phase, Plan, Publishing, Round, Target, Term
from shared.contracts.days import civil_day
from shared.contracts.model import Ledger, Refused
from shared.ledger.tables import Rows
from shared.log.database import reading
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.words import Words

_CHAPTERS: Final = ("2", "3.1", "3.2", "3.3", "3.4", "5", "6")


@dataclass(frozen=True, slots=True)
class Kept:
    """A ledger that a clause keeps, and how much stands in it by community."""

    service: str
    name: str
    title: tuple[str, str]
    count: int
    by_community: Sequence[tuple[str, int]]
    """Names and counts, for ledgers that know communities."""


@dataclass(frozen=True, slots=True)
class Told:
    """A clause with what the plan in force says of it."""

    clause: Clause
    duties: Sequence[Duty]
    targets: Sequence[Target]
    anomalies: Sequence[Anomaly]
    count: int
    """Lines in its ledgers."""
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a plan, whatever part of it, as a line."""

    clause: str
    part: str
    """The text's key that says which part of a plan it belongs to."""
    title: tuple[str, str]
    says: Sequence[str]


_PARTS: Final[Mapping[str, str]] = {
    "phases": "plan_part.phases", "duties": "plan_part.duties", "cadences": "plan_part.cadences",
    "rounds": "plan_part.rounds", "terms": "plan_part.terms", "targets": "plan_part.targets",
    "publishing": "plan_part.publishing",
}  # fmt: skip


def items_of(plan: Plan, words: Words) -> list[Item]:
    """What a plan asks, in the order of its own clauses."""
    found = [
        Item(one.clause, text, (one.title_zh, one.title_en), _says(one, words))
        for part, text in _PARTS.items()
        for one in getattr(plan, part)
    ]
    found += [
        Item(plan.must_visits.clause, "plan_part.must_visits", (one.title_zh, one.title_en), ())
        for one in plan.must_visits.classes
    ]
    return sorted(found, key=lambda item: _numbered(item.clause))


def _numbered(clause: str) -> tuple[tuple[int, str], ...]:
    """The order of clauses: 3.10 comes after 3.9."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in clause.split("."))


def _says(one: Phase | Duty | Cadence | Round | Term | Target | Publishing, words: Words) -> Sequence[str]:
    match one:
        case Phase():
            return [f"{words.day(one.from_day)} – {words.day(one.to_day)}"]
        case Duty():
            return [one.lead, *([words("clause_due", day=one.due_on)] if one.due_on else ())]
        case Cadence():
            return [words.shown(one.meeting), words.shown(one.every)]
        case Round():
            return [words.shown(one.work), words.shown(one.every), words.shown(one.per)]
        case Term():
            length = ("plan_days", one.days) if one.working_days is None else ("plan_working_days", one.working_days)
            return [words.shown(one.sequel), words(length[0], count=length[1])]
        case Publishing():
            return [words.shown(one.period_kind), words("plan_published", count=one.after_days)]
        case Target():
            return [f"{words.shown(one.comparison)} {words.share(one.share)}"]
        case _:
            assert_never(one)


class ClausePages:
    """The views. Counts are of lines in ledgers; nothing of what stands in them is shown here."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._rulebook = load_rulebook()
        self._living = {one.clause: living(one.clause, node.services, self._rulebook) for one in CLAUSES}
        self._ledgers: Mapping[str, tuple[str, Ledger[Any]]] = {
            f"{service.name}.{ledger.name}": (service.name, ledger)
            for service in node.services
            for ledger in service.served
        }

    def index(self, ask: Ask) -> Page:
        """All clauses, by chapter; a plan of another document item by item, as it numbers them itself."""
        with self._node.look("assessment", ask.log) as look:
            rows = look.rows(plans.LEDGER)
        row = chosen(rows, ask.query("plan"), civil_day(utc_now()))
        plan, choices = row.plan if row else load_plan(), choices_of(rows, row)
        odd = [(one, flag_of(plan, one)) for one in oddities(plan)]
        if DOCUMENT not in plan.document:
            shows = {"plan": plan, "choices": choices, "items": items_of(plan, ask.words), "oddities": odd}
            return Page("assessment/plan.html", plan.title, shows)
        with reading(self._node.storage.ledgers_engine, ask.log) as connection:
            told = [self._told(connection, ask.log, clause, plan) for clause in CLAUSES]
        chapters = [
            (chapter, [one for one in told if _in(chapter, one.clause.clause)]) for chapter in _CHAPTERS
        ]  # fmt: skip
        most = max((one.count for one in told), default=1) or 1
        shows = {
            "plan": plan, "choices": choices, "chapters": chapters, "most": most, "anomalies": plan.anomalies,
            "oddities": odd,
        }  # fmt: skip
        return Page("assessment/clauses.html", ask.words("clauses_title"), shows)

    def clause(self, ask: Ask) -> Page:
        """One clause; raises `Refused("not_found")`."""
        clause = KNOWN.get(ask.request.path_params["clause"])
        if clause is None:
            raise Refused("not_found")
        plan, found = self._plan(ask), self._living[clause.clause]
        with reading(self._node.storage.ledgers_engine, ask.log) as connection:
            told = self._told(connection, ask.log, clause, plan)
            kept = [self._kept(connection, ask.log, name) for name in self._own(found, clause)]
        indicators = [one for one in self._rulebook.indicators if one.code in found.indicators]
        shows = {
            "told": told, "kept": kept, "found": found, "indicators": indicators,
            "events": [ask.words.event_title(event.NAME) for event in found.events],  # type: ignore[attr-defined]  # every event has one
        }  # fmt: skip
        return Page(
            "assessment/clause.html", f"§{clause.clause} {ask.words.pick(clause.title_zh, clause.title_en)}", shows
        )

    def _plan(self, ask: Ask) -> Plan:
        """The plan that these clauses are read in: the one that is asked for, else today's, of those of this document;
        before any, the one that ships with the product."""
        with self._node.look("assessment", ask.log) as look:
            rows = [row for row in look.rows(plans.LEDGER) if DOCUMENT in row.plan.document]
        code = ask.query("plan")
        row = chosen(rows, code if any(row.code == code for row in rows) else "", civil_day(utc_now()))
        return row.plan if row else load_plan()

    def _told(self, connection: Connection, log: str, clause: Clause, plan: Plan) -> Told:
        of = [duty for duty in plan.duties if duty.clause == clause.clause]
        ledgers = self._own(self._living[clause.clause], clause)
        return Told(
            clause=clause, duties=of,
            targets=[target for target in plan.targets if target.clause == clause.clause],
            anomalies=[one for one in plan.anomalies if one.clause == clause.clause],
            count=sum(self._count(connection, log, name) for name in ledgers),
            due_on=min((duty.due_on for duty in of if duty.due_on), default=None),
        )  # fmt: skip

    def _own(self, found: Living, clause: Clause) -> Sequence[str]:
        """The ledgers that are kept for this clause, rather than another's that know of its events."""
        return [name for name in found.ledgers if self._ledgers[name][1].clause == clause.clause]

    def _count(self, connection: Connection, log: str, name: str) -> int:
        table = self._rows(name).table
        return connection.execute(select(func.count()).where(table.c.log == log)).scalar_one()

    def _kept(self, connection: Connection, log: str, name: str) -> Kept:
        service, ledger = self._ledgers[name]
        table = self._rows(name).table
        by_community: list[tuple[str, int]] = []
        if "community" in table.c:
            query = (
                select(table.c.community, func.count()).where(table.c.log == log, table.c.community.is_not(None))
                .group_by(table.c.community).order_by(table.c.community)
            )  # fmt: skip
            by_community = [(row[0], row[1]) for row in connection.execute(query)]
        count = self._count(connection, log, name)
        return Kept(service, ledger.name, (ledger.title_zh, ledger.title_en), count, by_community)

    def _rows(self, name: str) -> Rows[Any]:
        service, ledger = self._ledgers[name]
        return self._node.storage.tables[service][ledger.name]


def _in(chapter: str, clause: str) -> bool:
    return clause == chapter or clause.startswith(f"{chapter}.")
