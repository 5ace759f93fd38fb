"""The monthly report 月报 (§3.3.3, 3.3.7): what came in, was done, was owed, was published and looked odd in a month.

It is the sub-district's, with its communities side by side, or one community's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.assessment.due.ground import ground_at
from services.assessment.due.listing import Line as DutyLine
from services.assessment.due.of_people import VACANCY, of_people
from services.assessment.evidence import Evidence, evidence_at
from services.assessment.in_force import by_day
from services.assessment.items import Item
from services.assessment.ledgers import case_results, deeds, meetings_held, plans, rulebooks, scores
from services.assessment.ledgers.meetings_held import voided
from services.assessment.marks import first, last
from services.assessment.papers import entered, owed
from services.assessment.papers.asking import Asked, known, needed
from services.assessment.papers.outcome import InstitutionOutcome, of_row
from services.assessment.papers.raised import Raised, raised
from services.assessment.vocabulary import ENDINGS, WORKS
from shared.contracts.assessment import PeriodKind, Sequel
from shared.contracts.codes import MeetingKind
from shared.contracts.days import civil_day, last_day_of
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line
from shared.contracts.model import Look, Refused

_FINDINGS: Final = (deeds.HAZARD, deeds.KEY_AREA, deeds.RECTIFICATION, deeds.OPINION)


@value
class Ended:
    """How many cases ended so in the month 办结."""

    code: Code
    title_zh: Line
    title_en: Line
    count: Count


@value
class Cases:
    """Cases of the month 案件."""

    reported: Count
    accepted: Count
    handed_down: Count
    reopened: Count
    ended: tuple[Ended, ...]
    open: Count
    """Accepted and not over, at the month's end."""


@value
class Visits:
    """Visits of the month 走访; the must-visits among them are counted again."""

    completed: Count
    declined: Count
    must_completed: Count
    must_declined: Count


@value
class Meeting:
    """A meeting that answers for the month 会议."""

    id: Code
    community: Division
    kind: MeetingKind
    held_on: Day
    attended: Count
    minutes_on: Day | None
    """When its minutes reached the office; None while they have not."""
    position: Count


@value
class WorkDone:
    """Public work of one kind 工作."""

    code: Code
    title_zh: Line
    title_en: Line
    entries: Count
    count: Count
    """What the entries tell of, added up: services given, questions answered; of other work, the entries themselves."""


@value
class Found:
    """What was found, and what became of it 隐患、重点地区、整改、意见."""

    code: Code
    title_zh: Line
    title_en: Line
    found: Count
    dealt_with: Count
    """In the month, whenever they had been found."""
    open: Count
    """At the month's end."""


@value
class Vacancy:
    """A post in which nobody was 空缺, for all or some of the month."""

    community: Division
    title_zh: Line
    title_en: Line
    since: Day
    filled_on: Day | None
    days: Count
    """Of the month."""


@value
class CommunityMonth:
    """A community's month in one line."""

    community: Division
    name: Line
    reported: Count
    resolved: Count
    open: Count
    visits: Count
    mediations: Count
    meetings: Count
    minutes: Count
    unmet: Count
    """Overdue, vacant or not kept, at the month's end."""


@value
class PublishedOutcome:
    """What was published of the month 公布结果."""

    publication: entered.Publication
    outcomes: tuple[InstitutionOutcome, ...]


@value
class MonthlyReport:
    """A month 月报."""

    community: Division
    """Whose it is; the sub-district's code where it is that of all communities together."""
    name: Line | None
    month: Code
    from_day: Day
    to_day: Day
    stands_on: Day
    """How things stood is said of this day: the month's last, or the day that was asked for where it had not come."""
    cases: Cases
    visits: Visits
    mediations: Count
    meetings: tuple[Meeting, ...]
    work: tuple[WorkDone, ...]
    findings: tuple[Found, ...]
    duties: tuple[owed.StateCount, ...]
    """Those that fell due in the month, as they stand on the day that was asked for."""
    unmet: tuple[DutyLine, ...]
    """Those that were overdue, vacant or not kept at the month's end."""
    vacancies: tuple[Vacancy, ...]
    communities: tuple[CommunityMonth, ...]
    published: tuple[PublishedOutcome, ...]
    restatements: tuple[entered.Restatement, ...]
    flags: tuple[Raised, ...]


def monthly_report(look: Look, asked: Asked) -> MonthlyReport:
    """The report of a month. Raises `Refused`: bad_parameter, period_not_begun."""
    month, names = needed(asked.month, "month"), entered.names_of(look)
    known(asked.community, names, "community")
    first_day, last_day = date.fromisoformat(f"{month}-01"), last_day_of(month)
    if asked.as_of < first_day:
        raise Refused("period_not_begun", field="as_of", from_day=first_day.isoformat())
    stands_on = min(last_day, asked.as_of)
    worked = _Worked(evidence_at(look), look.rows(meetings_held.LEDGER), month, first_day, stands_on, asked.as_of)
    codes = tuple(names) if asked.community is None else (asked.community,)

    def of(line: DutyLine) -> bool:
        return asked.community in (None, line.community)

    lines = [line for line in owed.stood(look, asked.as_of) if of(line)]
    then = [line for line in owed.stood(look, stands_on) if of(line)]
    unmet = owed.unmet(then)
    published = tuple(_published(look, asked, month, names))
    ids = tuple(one.publication.publication for one in published)
    return MonthlyReport(
        community=asked.community or look.log, name=None if asked.community is None else names[asked.community],
        month=month, from_day=first_day, to_day=last_day, stands_on=stands_on, cases=worked.cases(codes),
        visits=worked.visits(codes), mediations=worked.mediations(codes), meetings=tuple(worked.meetings(codes)),
        work=tuple(worked.work(None if asked.community is None else codes)),
        findings=tuple(worked.findings(codes)),
        duties=owed.counted(line for line in lines if _within(line.due_on, first_day, last_day)), unmet=unmet,
        vacancies=tuple(_vacancies(look, first_day, stands_on, asked.community)),
        communities=tuple(_community(worked, code, names[code], unmet) for code in codes),
        published=published,
        restatements=tuple(
            one for one in entered.restated(look, ids, asked.as_of) if asked.community in (None, one.community)
        ),
        flags=raised(look, first_day, last_day, asked.as_of, asked.community),
    )  # fmt: skip


def _within(day: object, first_day: date, last_day: date) -> bool:
    return isinstance(day, date) and first_day <= day <= last_day


def _vacancies(look: Look, first_day: date, by: date, community: str | None) -> Iterator[Vacancy]:
    """Under the plan to which the day belongs: where several ask for the same posts, a vacancy is told once."""
    in_force = by_day([row for row in look.rows(plans.LEDGER) if civil_day(row.adopted_at) <= by], by)
    for one in of_people(in_force[0].plan, ground_at(look, by, by)) if in_force else ():
        since, after = one.begins_on, one.done_on or by + timedelta(days=1)
        if one.kind.what.partition(".")[0] not in (Sequel.REFILL, VACANCY) or since is None or after <= first_day:
            continue
        if community in (None, one.subject):
            yield Vacancy(
                community=one.subject, title_zh=one.kind.title_zh, title_en=one.kind.title_en, since=since,
                filled_on=one.done_on, days=(after - max(since, first_day)).days,
            )  # fmt: skip


def _published(look: Look, asked: Asked, month: str, names: Mapping[str, str]) -> Iterator[PublishedOutcome]:
    rows = [
        row for row in look.rows(scores.LEDGER, period=month)
        if row.period_kind is PeriodKind.MONTH
    ]  # fmt: skip
    books = {(row.code, row.version): row.rulebook for row in look.rows(rulebooks.LEDGER)}
    for publication in entered.publications(rows, asked.as_of):
        yield PublishedOutcome(
            publication=publication,
            outcomes=tuple(
                of_row(row, books[row.rulebook, row.rulebook_version], names)
                for row in sorted(rows, key=lambda row: row.community)
                if row.publication == publication.publication and asked.community in (None, row.community)
            ),
        )  # fmt: skip


def _community(worked: "_Worked", code: str, name: str, unmet: Iterable[DutyLine]) -> CommunityMonth:
    cases, visits = worked.cases((code,)), worked.visits((code,))
    held = list(worked.meetings((code,)))
    return CommunityMonth(
        community=code, name=name, reported=cases.reported, open=cases.open,
        resolved=sum(one.count for one in cases.ended if one.code == "resolved"), visits=visits.completed,
        mediations=worked.mediations((code,)), meetings=len(held),
        minutes=sum(one.minutes_on is not None for one in held), unmet=sum(line.community == code for line in unmet),
    )  # fmt: skip


# what was done ----------------------------------------------------------------------------------------------------


class _Worked:
    """The month's work by community, as the ledgers tell of it."""

    def __init__(
        self, evidence: Evidence, meetings: Sequence[meetings_held.Row], month: str, first_day: date, by: date,
        as_of: date,
    ) -> None:  # fmt: skip
        self._evidence, self._meetings, self._month, self._as_of = evidence, meetings, month, as_of
        self._first, self._by = first_day, by
        self._cases = {row.id: item for row in evidence.cases if (item := case_results.item(row, by)).counts}

    def cases(self, codes: Sequence[str]) -> Cases:
        """Cases of these communities; those that were void are none."""
        items = [item for item in self._cases.values() if item.community in codes]

        def in_month(name: str) -> int:
            return sum(self._in_month(item.fields[name]) for item in items)

        ended = [item.fields["ended"] for item in items if self._in_month(item.fields["ended_on"])]
        return Cases(
            reported=in_month("reported_on"), accepted=in_month("accepted_on"), handed_down=in_month("handed_down_on"),
            reopened=sum(m.what == "reopened" and self._in_month(m.on) for item in items for m in item.marks),
            ended=tuple(
                Ended(code=code, title_zh=zh, title_en=en, count=ended.count(code))
                for code, (zh, en) in ENDINGS.items() if code in ended
            ),
            open=sum(item.fields["accepted_on"] is not None and item.fields["ended"] is None for item in items),
        )  # fmt: skip

    def visits(self, codes: Sequence[str]) -> Visits:
        counts = {(what, must): 0 for what in ("completed", "declined") for must in (True, False)}
        for visit in self._evidence.visits:
            case = self._cases.get(visit.case)
            if case is not None and case.community in codes and first(visit, "voided", date.max) is None:
                for m in visit.marks:
                    if m.what in ("completed", "declined") and self._in_month(m.on):
                        counts[m.what, visit.must] += 1
        return Visits(
            completed=counts["completed", True] + counts["completed", False], must_completed=counts["completed", True],
            declined=counts["declined", True] + counts["declined", False], must_declined=counts["declined", True],
        )  # fmt: skip

    def mediations(self, codes: Sequence[str]) -> int:
        """Sessions."""
        return sum(
            m.what == "mediated" and self._in_month(m.on)
            for terms in self._evidence.terms
            if (case := self._cases.get(terms.id)) is not None and case.community in codes
            for m in terms.marks
        )

    def meetings(self, codes: Sequence[str]) -> Iterator[Meeting]:
        """Those that answer for the month and were held by the day that was asked for."""
        for row in sorted(self._meetings, key=lambda row: (row.community, row.marks[0].position)):
            held = row.marks[0]
            if row.month != self._month or row.community not in codes or held.on > self._as_of or voided(row):
                continue
            minutes = last(row.marks, "submitted", by=self._as_of)
            yield Meeting(
                id=row.id, community=row.community, kind=row.kind, held_on=held.on, attended=row.attended,
                minutes_on=minutes.on if minutes else None, position=held.position,
            )  # fmt: skip

    def work(self, codes: Sequence[str] | None) -> Iterator[WorkDone]:
        """By kind, in the language's order; for all communities and what the sub-district does as a whole (None), or
        for some."""
        done = [item for item in self._deeds(codes) if self._in_month(item.fields["begun_on"])]
        for work, (zh, en) in WORKS.items():
            of = [item for item in done if item.fields["work"] == work]
            if of and work not in _FINDINGS:
                yield WorkDone(code=work, title_zh=zh, title_en=en, entries=len(of), count=_sum(of))

    def findings(self, codes: Sequence[str]) -> Iterator[Found]:
        items = list(self._deeds(codes))
        for work in _FINDINGS:
            of = [item for item in items if item.fields["work"] == work]
            zh, en = WORKS[work]
            yield Found(
                code=work, title_zh=zh, title_en=en, found=sum(self._in_month(item.fields["begun_on"]) for item in of),
                dealt_with=sum(self._in_month(item.fields["done_on"]) for item in of),
                open=sum(item.fields["done_on"] is None for item in of),
            )  # fmt: skip

    def _deeds(self, codes: Sequence[str] | None) -> Iterator[Item]:
        for row in self._evidence.deeds:
            item = deeds.item(row, self._by)
            if item.counts and (codes is None or item.community in codes):
                yield item

    def _in_month(self, day: object) -> bool:
        return _within(day, self._first, self._by)


def _sum(items: Iterable[Item]) -> int:
    return sum(count for item in items if isinstance(count := item.fields["count"], int))
