"""The monthly report 月报 (§3.3.3, 3.3.7): what came in, was done, was owed, was published and looked odd in a month.

It is the sub-district's, with its communities side by side, or one community's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from services.assessment.due.ground import ground_at
from services.assessment.due.listing import Line as DutyLine
from services.assessment.due.of_people import of_people, vacant_days
from services.assessment.evidence.acts import MUST, Act, Did, acts
from services.assessment.evidence.gathered import evidence_at
from services.assessment.evidence.items import WHOLE
from services.assessment.evidence.marks import last
from services.assessment.explaining.vocabulary import ENDINGS, WORKS
from services.assessment.ledgers import communities_served, deeds, meetings_held, plans, rulebooks
from services.assessment.ledgers.meetings_held import voided
from services.assessment.papers import entered, owed
from services.assessment.papers.asking import Asked, known, needed
from services.assessment.papers.outcome import InstitutionOutcome, of_row
from services.assessment.papers.raised import Raised, raised
from services.assessment.rules.versions import by_day, edition, rulebook_on
from shared.contracts.assessment import PeriodKind
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
    entered: Count
    """How many entries there are of it."""
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
    """The report of a month. Raises `Refused`."""
    month, names = needed(asked.month, "month"), communities_served.names(look)
    known(asked.community, names, "community")
    first_day, last_day = date.fromisoformat(f"{month}-01"), last_day_of(month)
    if asked.as_of < first_day:
        raise Refused("period_not_begun", field="as_of", from_day=first_day.isoformat())
    stands_on = min(last_day, asked.as_of)
    codes = tuple(names) if asked.community is None else (asked.community,)
    by_community = _counted(acts(evidence_at(look), first_day, stands_on))
    done = _sum(by_community[code] for code in (codes if asked.community else (*codes, WHOLE)))
    meetings = tuple(_meetings(look, month, codes, asked.as_of))

    def of(line: DutyLine) -> bool:
        return asked.community in (None, line.community)

    lines = [line for line in owed.stood(look, asked.as_of) if of(line)]
    then = [line for line in owed.stood(look, stands_on) if of(line)]
    unmet = owed.unmet(then)
    published = tuple(_published(look, asked, month, names))
    ids = tuple(one.publication.publication for one in published)
    book = rulebook_on(stands_on, look.rows(plans.LEDGER), look.rows(rulebooks.LEDGER))
    rules = () if book is None else book.rulebook.flags
    return MonthlyReport(
        community=asked.community or look.log, name=None if asked.community is None else names[asked.community],
        month=month, from_day=first_day, to_day=last_day, stands_on=stands_on, cases=_cases(done), visits=_visits(done),
        mediations=done[Did.MEDIATED, ""], meetings=meetings, work=tuple(_work(done)), findings=tuple(_findings(done)),
        duties=owed.counted(line for line in lines if _within(line.due_on, first_day, last_day)), unmet=unmet,
        vacancies=tuple(_vacancies(look, first_day, stands_on, asked.community)),
        communities=tuple(_community(code, names[code], by_community[code], meetings, unmet) for code in codes),
        published=published,
        restatements=tuple(
            one for one in entered.restated(look, ids, asked.as_of) if asked.community in (None, one.community)
        ),
        flags=raised(look, rules, first_day, last_day, asked.as_of, asked.community),
    )  # fmt: skip


def _within(day: object, first_day: date, last_day: date) -> bool:
    return isinstance(day, date) and first_day <= day <= last_day


def _vacancies(look: Look, first_day: date, by: date, community: str | None) -> Iterator[Vacancy]:
    """Under the plan to which the day belongs: where several ask for the same posts, a vacancy is told once."""
    in_force = by_day([row for row in look.rows(plans.LEDGER) if civil_day(row.adopted_at) <= by], by)
    for one in of_people(in_force[0].plan, ground_at(look, by, by)) if in_force else ():
        days = vacant_days(one, first_day, by)
        if days and one.begins_on is not None and community in (None, one.subject):
            yield Vacancy(
                community=one.subject, title_zh=one.kind.title_zh, title_en=one.kind.title_en, since=one.begins_on,
                filled_on=one.done_on, days=days,
            )  # fmt: skip


def _published(look: Look, asked: Asked, month: str, names: Mapping[str, str]) -> Iterator[PublishedOutcome]:
    rows = entered.stood(look, asked.as_of, period=month, period_kind=PeriodKind.MONTH)
    books = look.rows(rulebooks.LEDGER)
    for publication in entered.publications(rows):
        yield PublishedOutcome(
            publication=publication,
            outcomes=tuple(
                of_row(row, edition(books, row.rulebook, row.rulebook_version).rulebook, names)
                for row in sorted(rows, key=lambda row: row.community)
                if row.publication == publication.publication and asked.community in (None, row.community)
            ),
        )  # fmt: skip


# what was done ----------------------------------------------------------------------------------------------------

Counts = Counter[tuple[Did, str]]


def _counted(done: Iterable[Act]) -> Mapping[str, Counts]:
    """How often each thing was done, by community."""
    found: dict[str, Counts] = defaultdict(Counter)
    for one in done:
        found[one.community][one.did, one.of] += one.times
    return found


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())


def _cases(done: Counts) -> Cases:
    return Cases(
        reported=done[Did.REPORTED, ""], accepted=done[Did.ACCEPTED, ""], handed_down=done[Did.HANDED_DOWN, ""],
        reopened=done[Did.REOPENED, ""],
        ended=tuple(
            Ended(code=code, title_zh=zh, title_en=en, count=done[Did.ENDED, code])
            for code, (zh, en) in ENDINGS.items() if done[Did.ENDED, code]
        ),
        open=done[Did.OPEN, ""],
    )  # fmt: skip


def _visits(done: Counts) -> Visits:
    completed, declined = done[Did.VISITED, MUST], done[Did.DECLINED, MUST]
    return Visits(
        completed=completed + done[Did.VISITED, ""], declined=declined + done[Did.DECLINED, ""],
        must_completed=completed, must_declined=declined,
    )  # fmt: skip


def _work(done: Counts) -> Iterator[WorkDone]:
    """By kind, in the language's order."""
    for work, (zh, en) in WORKS.items():
        entered, count = done[Did.ENTERED, work], done[Did.COUNTED, work]
        if entered and work not in _FINDINGS:
            yield WorkDone(code=work, title_zh=zh, title_en=en, entered=entered, count=count)


def _findings(done: Counts) -> Iterator[Found]:
    for work in _FINDINGS:
        zh, en = WORKS[work]
        yield Found(
            code=work, title_zh=zh, title_en=en, found=done[Did.ENTERED, work], dealt_with=done[Did.DEALT_WITH, work],
            open=done[Did.LEFT, work],
        )  # fmt: skip


def _meetings(look: Look, month: str, codes: Sequence[str], as_of: date) -> Iterator[Meeting]:
    """Those that answer for the month and were held by the day that was asked for."""
    rows = look.rows(meetings_held.LEDGER, month=month)
    for row in sorted(rows, key=lambda row: (row.community, row.marks[0].position)):
        held = row.marks[0]
        if row.community in codes and held.on <= as_of and not voided(row):
            minutes = last(row.marks, "submitted", by=as_of)
            yield Meeting(
                id=row.id, community=row.community, kind=row.kind, held_on=held.on, attended=row.attended,
                minutes_on=minutes.on if minutes else None, position=held.position,
            )  # fmt: skip


def _community(
    code: str, name: str, done: Counts, meetings: Iterable[Meeting], unmet: Iterable[DutyLine]
) -> CommunityMonth:  # fmt: skip
    cases, held = _cases(done), [one for one in meetings if one.community == code]
    return CommunityMonth(
        community=code, name=name, reported=cases.reported, open=cases.open, resolved=done[Did.ENDED, "resolved"],
        visits=_visits(done).completed, mediations=done[Did.MEDIATED, ""], meetings=len(held),
        minutes=sum(one.minutes_on is not None for one in held), unmet=sum(line.community == code for line in unmet),
    )  # fmt: skip
