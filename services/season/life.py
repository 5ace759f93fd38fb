"""How a case's acts are written down: in order, each in a wave in which all that it rests on is there.

The office's acts go to intake, the work to assignment, and each service hears of the other's by reactions: so where
the acts of a case go over from one to the other, the next wave begins.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from services.assignment.commands import CompleteHandover, ReplaceHandler
from services.season.pace import Pace
from services.season.people import Roster, left_in
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, wave_of
from shared.contracts.codes import Role

LATE_ENTRY: Final = (1, 5)
"""Half-months by which what an officer wrote on paper first is entered late."""


class PastTheEnd(Exception):
    """The season ends before this would happen: the case stays as it is."""


class Life:
    """A case's acts so far."""

    def __init__(
        self, id: str, scenario: Scenario, rhythm: Rhythm, roster: Roster, pace: Pace, random: Random, at: datetime,
        number: int, parties: int,
    ) -> None:  # fmt: skip
        self.id, self.scenario, self.rhythm, self.roster, self.pace = id, scenario, rhythm, roster, pace
        self.random, self.at, self.number, self.parties = random, at, number, parties
        self.acts: list[Act] = []
        self.wave, self.turn = wave_of(at.date()), Turn.WORK
        self.handler: str | None = None
        self.conflicted: list[str] = []
        self.over = False
        """Whether it is in nobody's hands (any more)."""
        self._service = "intake"
        self._since = 0
        """The wave in which the handler took it over, or got it back."""

    # when

    def later(self, least: int, most: int) -> None:
        """Time goes on by so many days; raises `PastTheEnd`."""
        self.at = self.rhythm.after(self.random, self.at, least, most)
        if self.at.date() > self.scenario.last_day:
            raise PastTheEnd

    def soon(self) -> None:
        """The same matter, a little later."""
        self.at += timedelta(minutes=self.random.randint(5, 25))

    # who

    def whoever(self) -> str:
        """Who is at work for the case now; raises `PastTheEnd` where nobody is, and nothing goes on."""
        who = self.roster.at_work(self.at.date(), self.conflicted)
        if who is None:
            raise PastTheEnd
        return who

    # what

    def clerk(self, what: str, command: Any, role: Role = Role.CLERK, turn: int = Turn.WORK) -> None:
        """An act of the office, at intake."""
        self._add("intake", what, command, role, f"{role}-{self.number + 1:02}", turn)

    def officer(self, what: str, command: Any, late: bool = False) -> None:
        """An act of the officer who is at work."""
        self._add("assignment", what, command, Role.OFFICER, self.whoever(), late=late)

    def leader(self, what: str, command: Any) -> None:
        """An act of the leader who answers for the community."""
        self._add("assignment", what, command, Role.LEADER, f"leader-{self.number + 1:02}")

    def replaced(self, what: str, reason: str) -> None:
        """Another takes it over, unless whoever is at work has it."""
        self._next("assignment")
        who = self.whoever()
        if who != self.handler:
            self.leader(what, ReplaceHandler(officer=who, reason=reason))
            self.taken_by(who)

    def taken_by(self, officer: str) -> None:
        """From the last act on an officer answers for the case."""
        self.handler, self._since = officer, self.wave

    def resumed(self) -> None:
        """It is in its handler's hands again, as soon as the reactions of the last act are through."""
        self.over, self._since = False, self.wave

    def _add(
        self, service: str, what: str, command: Any, role: Role, who: str, turn: int = Turn.WORK, late: bool = False
    ) -> None:
        wave = self._next(service)
        entered = wave + (self.random.randint(*LATE_ENTRY) if late else 0)
        self._write(service, what, command, self.at, role, who, entered, turn)
        if not late:
            self.wave, self._service = wave, service

    def _next(self, service: str) -> int:
        """The wave of the next act, after what has to be handed over before."""
        wave = max(wave_of(self.at.date()), self.wave + (self._service != service))
        while self._hand_over(wave):
            wave = max(wave, self.wave + (self._service != service))
        return wave

    def _write(
        self, service: str, what: str, command: Any, at: datetime, role: Role, who: str, wave: int, turn: int
    ) -> None:
        if wave == self.wave:
            turn = max(turn, self.turn)
        if wave >= self.wave:
            self.turn = turn
        name = f"case/{self.id}/{len(self.acts)}-{what}"
        self.acts.append(
            Act(
                name=name, service=service, command=command, at=at, role=role, wave=wave, turn=turn, id=self.id, who=who
            )
        )

    # handing over

    def _hand_over(self, upto: int) -> bool:
        """Where the handler has left by that wave, the case is handed over first, in the wave after."""
        handed = False
        while self.handler is not None and not self.over:
            left = self.roster.leaves_next(self.handler, self._since, upto)
            if left is None:
                break
            assert left.last_day is not None, "who has left has a last day"
            self._since = left_in(left)
            at = self.rhythm.after(self.random, self.rhythm.on(self.random, left.last_day), 1, 6)
            who = self.roster.at_work(at.date(), [*self.conflicted, left.officer])
            if who is not None and at.date() <= self.scenario.last_day:
                wave = max(self._since, self.wave) + 1
                over = CompleteHandover(officer=who, note="示例：案卷已交接。")
                leader = f"leader-{self.number + 1:02}"
                self._write("assignment", "handover", over, at, Role.LEADER, leader, wave, Turn.WORK)
                self.wave, self.turn, self._service, self.handler, self._since = (
                    wave, Turn.WORK, "assignment", who, wave,
                )  # fmt: skip
            else:
                self.wave = max(self.wave, self._since + 1)
            upto = max(upto, self.wave)
            handed = True
        return handed

    def closing(self) -> None:
        """The season is over: what is still in hand of somebody who left is handed over, too."""
        self._hand_over(wave_of(self.scenario.last_day))
