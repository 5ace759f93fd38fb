"""A scenario's acts, all of them, in the order in which they are sent."""

from datetime import date, datetime

from services.season import cases, entries, flagged, meetings, pace, protected, scores, supervised
from services.season.entries import Place
from services.season.founding import Founding
from services.season.people import People
from services.season.rhythm import Rhythm
from services.season.scenario import GRIDS, Act, Scenario
from shared.contracts.codes import Profession


def drawn(scenario: Scenario) -> list[Act]:
    """The same for the same scenario, on any machine; a year more adds to it, and changes nothing of those before."""
    rhythm, paces = Rhythm(scenario), pace.drawn(scenario)
    people = People(scenario, rhythm)
    held = list(meetings.drawn(scenario, rhythm, paces))
    acts = [*Founding(scenario, rhythm).acts, *people.acts, *held]
    acts += cases.drawn(scenario, rhythm, people, paces)
    for year in scenario.years:
        for number in range(len(scenario.communities)):
            joints = _joints(held, year.number, number)
            place = _place(scenario, people, number, joints)
            acts += entries.of_community(scenario, rhythm, year, place, paces[number].size)
            acts += supervised.of_community(scenario, rhythm, year, place)
            if number == 0:
                acts += supervised.of_whole(scenario, rhythm, year, place)
    acts += scores.drawn(scenario, rhythm, held)
    acts += list(protected.drawn(scenario, rhythm, acts))
    return sorted(flagged.told(scenario, rhythm, acts), key=lambda act: (act.wave, act.turn))


def _joints(held: list[Act], year: int, number: int) -> tuple[tuple[str, datetime], ...]:
    """A community's joint conferences of a year."""
    ids = {meetings.joint_of(year, month, number) for month in range(1, 13)}
    return tuple((act.id, act.at) for act in held if act.id in ids)


def _place(scenario: Scenario, people: People, number: int, joints: tuple[tuple[str, datetime], ...]) -> Place:
    roster = people.rosters[number]

    def judge(day: date) -> str:
        return roster.serving(day, Profession.JUDGE)

    return Place(number, scenario.code(number), GRIDS, judge, joints)
