"""Who serves where (§3.1.3, 6.2): postings, leave and who comes instead, those who leave and those who follow them.

Drawn before everything else, for it decides who can do what on which day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from services.assignment.commands import (
    CorrectOfficer,
    EndLeave,
    EndPosting,
    EnrolOfficer,
    PostOfficer,
    RecordLeave,
    RetractPostingEnd,
    SetVisitTimes,
    VoidOfficer,
    VoidPosting,
)
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year, dealt, wave_of
from shared.contracts.codes import PostingEnd, Profession, Role

LEAVERS: Final = 0.12
"""Postings that end in a year; the plan (§3.1.3) wants them kept for one."""
WHY: Final = (
    (PostingEnd.RETIRED, 20), (PostingEnd.TRANSFER, 45), (PostingEnd.TERM, 20), (PostingEnd.ILLNESS, 10),
    (PostingEnd.CONDUCT, 5),
)  # fmt: skip
VACANT_DAYS: Final = (10, 75)
"""Until another is posted: the unit has to name somebody."""
LATECOMERS: Final = 0.05
"""Of the first postings, how many are filled months after the others: lawyers are few."""
ON_LEAVE: Final = 0.35
"""Officers who are away for some days in a year, illness and holidays together."""
UNCOVERED: Final = 0.25
"""Leaves for which nobody could be found to come instead."""
SETTLED_AFTER: Final = timedelta(days=62)
"""Nobody leaves or is away in a year's first two months: so what is left of the year before is worked off by those who
had it, and a season's first year is the same however many follow it."""
AHEAD: Final = 1
"""Half-months by which postings and leave are entered before they begin, so that visits can be planned for then."""
_LAST: Final = timedelta(days=25)
"""Nor is anybody posted or sent away in the last weeks of a season."""
_UNITS: Final = {
    Profession.JUDGE: "示例法院", Profession.PROSECUTOR: "示例检察院", Profession.POLICE: "示例派出所",
    Profession.LAWYER: "示例律师事务所",
}  # fmt: skip
_TIMES: Final = ("每周二上午", "每周三上午", "每周四下午", "每月第一周的周一")
_HANDLE: Final = (Profession.POLICE, Profession.LAWYER, Profession.JUDGE, Profession.PROSECUTOR)
"""Who takes a case, in this order, as far as they are at work."""


@dataclass(slots=True)
class Away:
    """A leave as it was taken."""

    first_day: date
    last_day: date
    cover: str | None


@dataclass(slots=True)
class Posting:
    """An officer's posting to a community."""

    officer: str
    profession: Profession
    from_day: date
    last_day: date | None = None
    leaves: list[Away] = field(default_factory=list)

    def serves(self, day: date) -> bool:
        return self.from_day <= day and (self.last_day is None or day <= self.last_day)

    def away_on(self, day: date) -> Away | None:
        return next((one for one in self.leaves if one.first_day <= day <= one.last_day), None)


@dataclass(slots=True)
class Roster:
    """Who serves a community."""

    number: int
    code: str
    postings: list[Posting] = field(default_factory=list)

    def at_work(self, day: date, without: Sequence[str] = ()) -> str | None:
        """Who takes up a case on that day: the police officer, or who comes instead, or the next of the four."""
        for profession in _HANDLE:
            for one in self.postings:
                if one.profession is profession and one.serves(day):
                    away = one.away_on(day)
                    who = one.officer if away is None else away.cover
                    if who is not None and who not in without:
                        return who
        return None

    def serving(self, day: date, profession: Profession) -> str:
        """The officer of a profession, or whoever of them was posted last before that day, or first of all."""
        of_it = [one for one in self.postings if one.profession is profession]
        begun = [one for one in of_it if one.from_day <= day]
        return (begun[-1] if begun else of_it[0]).officer

    def leaves_next(self, officer: str, after: int, upto: int) -> Posting | None:
        """The officer's posting that ends in a wave behind `after`, up to `upto`."""
        found = (one for one in self.postings if one.officer == officer and one.last_day is not None)
        return next((one for one in found if after < left_in(one) <= upto), None)


def left_in(posting: Posting) -> int:
    """The wave in which the end of a posting is recorded: the one after its last day, when all that was done until then
    has been sent."""
    assert posting.last_day is not None, "it has ended"
    return wave_of(posting.last_day) + 1


class People:
    """The officers of a sub-district."""

    def __init__(self, scenario: Scenario, rhythm: Rhythm) -> None:
        self._scenario, self._rhythm = scenario, rhythm
        self.rosters = [Roster(number, scenario.code(number)) for number in range(len(scenario.communities))]
        self._enrolled: dict[tuple[int, Profession], int] = {}
        self.acts: list[Act] = [act for year in scenario.years for act in self._year(year)]

    def _year(self, year: Year) -> Iterator[Act]:
        random = self._scenario.chance("people", year.number)
        if year.from_day == self._scenario.from_day:
            yield from self._begin(random)
        else:
            yield from self._filled(year)
        yield from self._leaving(year, random)
        yield from self._leave(year, random)
        yield from self._mistaken(year, random)

    def _act(
        self, name: str, command: Any, at: datetime, turn: int, role: Role = Role.OFFICE, wave: int = 0,
        id: str | None = None,
    ) -> Act:  # fmt: skip
        return Act(
            name=f"people/{name}", service="assignment", command=command, at=at, role=role,
            wave=wave or wave_of(at.date()), turn=turn, id=id,
        )  # fmt: skip

    # joining and leaving

    def _begin(self, random: Random) -> Iterator[Act]:
        """Four to each community within the first week; a few come late."""
        joined = self._scenario.from_day + timedelta(days=7)
        for number in range(len(self.rosters)):
            for profession in Profession:
                late = profession is Profession.LAWYER and random.random() < LATECOMERS
                day = joined + timedelta(days=random.randint(40, 90) if late else 0)
                yield from self._join(number, profession, self._rhythm.working(day))

    def _filled(self, year: Year) -> Iterator[Act]:
        """What was still vacant at the end of the year before."""
        for roster in self.rosters:
            held = {one.profession for one in roster.postings if one.last_day is None}
            for profession in Profession:
                if profession not in held:
                    yield from self._join(roster.number, profession, year.from_day + SETTLED_AFTER)

    def _join(self, number: int, profession: Profession, day: date) -> Iterator[Act]:
        random = self._scenario.chance("join", number, profession, day)
        nth = self._enrolled[number, profession] = self._enrolled.get((number, profession), 0) + 1
        officer = f"{profession}-{number + 1:02}" + (f"-{nth}" if nth > 1 else "")
        roster, at = self.rosters[number], self._rhythm.on(random, self._rhythm.working(day))
        roster.postings.append(Posting(officer, profession, at.date()))
        enrol = EnrolOfficer(
            profession=profession, unit=_UNITS[profession], name=f"示例{profession.zh}{number + 1:02}之{nth}",
            phone=f"100{number + 1:05}{nth:02}" if random.random() < 0.5 else None,
        )  # fmt: skip
        wave = wave_of(at.date()) - AHEAD
        yield self._act(f"{officer}/enrol", enrol, at, Turn.FIRST, wave=wave, id=officer)
        post = PostOfficer(community=roster.code, officer=officer, from_day=at.date())
        yield self._act(f"{officer}/post", post, at, Turn.ROSTER, wave=wave)
        times = SetVisitTimes(community=roster.code, officer=officer, times=random.choice(_TIMES))
        later = self._rhythm.after(random, at, 0, 3)
        yield self._act(f"{officer}/times", times, later, Turn.ROSTER, Role.CLERK, wave)

    def _leaving(self, year: Year, random: Random) -> Iterator[Act]:
        """Some leave: a police officer at least, in the busy second half, so that cases are handed over."""
        first, last = self._within(year)
        if first >= last:
            return
        seats = [(number, profession) for number in range(len(self.rosters)) for profession in Profession]
        random.shuffle(seats)
        seats.sort(key=lambda seat: seat[1] is not Profession.POLICE)
        count = max(2, round(LEAVERS * len(seats) * year.days / 365))
        chosen = [seats[0], *random.sample(seats[1:], min(count - 1, len(seats) - 1))]
        for (number, profession), why in zip(chosen, dealt(random, WHY, count), strict=False):
            middle = first + (last - first) * 6 // 10
            day = self._rhythm.working(middle + (last - middle) * random.randrange(100) // 100)
            yield from self._leave_for_good(number, profession, day, why, random)

    def _leave_for_good(
        self, number: int, profession: Profession, day: date, why: PostingEnd, random: Random
    ) -> Iterator[Act]:
        roster = self.rosters[number]
        posting = next((p for p in roster.postings if p.profession is profession and p.last_day is None), None)
        if posting is None or day < posting.from_day + timedelta(days=30):
            return
        posting.last_day = day
        end = EndPosting(community=roster.code, officer=posting.officer, last_day=day, reason=why)
        at = self._rhythm.after(random, self._rhythm.on(random, day), 0, 2)
        yield self._act(f"{posting.officer}/end", end, at, Turn.ROSTER, wave=left_in(posting))
        following = day + timedelta(days=random.randint(*VACANT_DAYS))
        if following <= min(date(day.year, 12, 31) - _LAST, self._scenario.last_day):  # else in the next year
            yield from self._join(number, profession, following)

    def _within(self, year: Year) -> tuple[date, date]:
        return year.from_day + SETTLED_AFTER, year.to_day - _LAST

    # leave

    def _leave(self, year: Year, random: Random) -> Iterator[Act]:
        first, last = self._within(year)
        turns = ("as thought", "as thought", "earlier", "not taken", "as thought", "later")
        taken = 0
        for number, roster in enumerate(self.rosters):
            for posting in roster.postings:
                if random.random() >= ON_LEAVE and not (taken < len(turns) and number == 0):
                    continue
                day = self._rhythm.working(first + (last - first) * random.randrange(100) // 100)
                length = random.randint(4, 14)
                if posting.serves(day) and posting.serves(day + timedelta(days=2 * length)):
                    turn, taken = turns[taken % len(turns)], taken + 1
                    yield from self._absence(number, posting, day, length, turn, random)

    def _absence(
        self, number: int, posting: Posting, day: date, length: int, turn: str, random: Random
    ) -> Iterator[Act]:
        community, until = self.rosters[number].code, day + timedelta(days=length - 1)
        if any(one.first_day <= until + timedelta(days=15) and day <= one.last_day for one in posting.leaves):
            return
        cover = None if random.random() < UNCOVERED else self._cover(number, posting.profession, day)
        really = until + timedelta(days={"earlier": -2, "not taken": -length, "later": 3}.get(turn, 0))
        at = self._rhythm.on(random, day)
        asked = RecordLeave(
            community=community, officer=posting.officer, first_day=day, last_day=until, cover=cover
        )  # fmt: skip
        name, wave = f"{posting.officer}/leave-{day}", wave_of(day) - AHEAD
        yield self._act(name, asked, at, Turn.ROSTER, Role.OFFICE, wave)
        if really != until:
            back = EndLeave(community=community, officer=posting.officer, first_day=day, last_day=really)
            yield self._act(f"{name}/back", back, self._rhythm.after(random, at, 1, 3), Turn.ROSTER, wave=wave)
        if really >= day:
            posting.leaves.append(Away(day, really, cover))

    def _cover(self, number: int, profession: Profession, day: date) -> str | None:
        """The one of the next community, where there is one at work."""
        other = self.rosters[(number + 1) % len(self.rosters)]
        if other is self.rosters[number]:
            return None
        fit = (p for p in other.postings if p.profession is profession and p.serves(day) and p.away_on(day) is None)
        return next((one.officer for one in fit), None)

    # mistakes

    def _mistaken(self, year: Year, random: Random) -> Iterator[Act]:
        """What was entered wrongly and put right: an officer entered and posted twice, an end that was none; and a unit
        that has another name now."""
        first, last = self._within(year)
        if first >= last:
            return
        number = random.randrange(len(self.rosters))
        roster, day = self.rosters[number], self._rhythm.working(first + (last - first) // 3)
        at = self._rhythm.on(random, day)
        later = self._rhythm.after(random, at, 1, 2)
        wave = wave_of(at.date())
        judge = roster.serving(day, Profession.JUDGE)

        twice = f"{judge}-twice-{year.number}"
        enrol = EnrolOfficer(profession=Profession.JUDGE, unit=_UNITS[Profession.JUDGE], name="示例法官（重复）")
        yield self._act(f"{twice}/enrol", enrol, at, Turn.FIRST, id=twice)
        void = VoidOfficer(reason="重复入册")
        post = PostOfficer(community=roster.code, officer=twice, from_day=day)
        yield self._act(f"{twice}/post", post, at, Turn.ROSTER)
        wrong = VoidPosting(community=roster.code, officer=twice, reason="派驻登记有误")
        yield self._act(f"{twice}/void-posting", wrong, later, Turn.ROSTER, wave=wave)
        yield self._act(f"{twice}/void", void, later, Turn.AFTER, id=twice, wave=wave)

        right = CorrectOfficer(reason="单位更名", unit=f"{_UNITS[Profession.JUDGE]}（{year.number}年更名）")
        yield self._act(f"{judge}/unit-{year.number}", right, later, Turn.AFTER, id=judge)

        prosecutor = roster.serving(day, Profession.PROSECUTOR)
        posting = next(one for one in roster.postings if one.officer == prosecutor)
        if posting.serves(day) and posting.last_day is None:
            end = EndPosting(community=roster.code, officer=prosecutor, last_day=day, reason=PostingEnd.TRANSFER)
            yield self._act(f"{prosecutor}/mistaken-{year.number}", end, at, Turn.ROSTER)
            kept = RetractPostingEnd(community=roster.code, officer=prosecutor, reason="误登，仍在任")
            yield self._act(f"{prosecutor}/kept-{year.number}", kept, later, Turn.ROSTER, wave=wave)
