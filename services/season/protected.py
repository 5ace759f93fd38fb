"""How personal data are guarded in a season (个人信息保护法 44–50): what is opened by two, an emergency, a person who
asks for erasure, a hold. It is about opinions 民情意见 that were answered: nothing more is said of them afterwards."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from services.intake.entry_commands import AnswerOpinion, RecordOpinion
from services.privacy import commands as privacy
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year, wave_of
from shared.contracts.access import Purpose
from shared.contracts.codes import Role
from shared.contracts.frozen import replace
from shared.contracts.privacy import (
    AnswerReason,
    Emergency,
    ErasureReason,
    ErasureRefusal,
    HoldReason,
    LiftReason,
    RequestKind,
    RequestOutcome,
    RestrictionReason,
    UnmaskingRefusal,
)

GUARD: Final = "privacy-01"
OFFICE: Final = "office-02"
"""The two who must agree."""
AUDITOR: Final = "auditor-01"
CLERK: Final = "clerk-01"
_ROLES: Final = {GUARD: Role.PRIVACY, OFFICE: Role.OFFICE, AUDITOR: Role.AUDITOR, CLERK: Role.CLERK}
DAYS_NEEDED: Final = 40
"""How long before the year's end an opinion must have been answered."""


def drawn(scenario: Scenario, rhythm: Rhythm, acts: Sequence[Act]) -> Iterator[Act]:
    """What the guards do each year about the opinions that were answered first. `acts` are all others."""
    for year in scenario.years:
        for (opinion, community), story in zip(_answered(year, acts), (_erased, _objected, _opened), strict=False):
            guard = _Guard(scenario, rhythm, year, opinion, community)
            story(guard)
            yield from guard.acts


def _answered(year: Year, acts: Sequence[Act]) -> list[tuple[Act, str]]:
    """The year's opinions that were answered in it, with time left, and their communities: the first answered first."""
    heard = {act.id: act.command.community for act in acts if isinstance(act.command, RecordOpinion)}
    latest = year.to_day - timedelta(days=DAYS_NEEDED)
    found = [
        act for act in acts
        if isinstance(act.command, AnswerOpinion) and year.from_day <= act.at.date() <= latest and act.id in heard
    ]  # fmt: skip
    return [(act, heard[act.id]) for act in sorted(found, key=lambda act: (act.at, act.name))]


class _Guard:
    """Writes down what is done about an opinion, one thing after the other."""

    def __init__(self, scenario: Scenario, rhythm: Rhythm, year: Year, opinion: Act, community: str) -> None:
        self._rhythm, self._random = rhythm, scenario.chance("protected", year.number, opinion.id)
        self._at, self._wave = opinion.at, max(opinion.wave, wave_of(opinion.at.date()))
        self._of, self.case, self.community = f"protected-{opinion.id}", f"finding/{opinion.id}", community
        self.acts: list[Act] = []

    def settled(self) -> None:
        """What comes now rests on what went before."""
        self._wave += 1

    def does(self, who: str, command: Any, what: str | None = None, days: tuple[int, int] = (1, 2)) -> None:
        """Somebody does something some days later; `what` names the request or the unmasking that it is about."""
        self._at = self._rhythm.after(self._random, self._at, *days)
        self._wave = max(self._wave, wave_of(self._at.date()))
        self.acts.append(
            Act(
                name=f"{self._of}/{len(self.acts):02}", service="privacy", command=command, at=self._at,
                role=_ROLES[who], wave=self._wave, turn=Turn.AFTER, id=None if what is None else self.named(what),
                who=who,
            )
        )  # fmt: skip

    def named(self, what: str) -> str:
        return f"{self._of}-{what}"


def _erased(guard: _Guard) -> None:
    """The person asks for erasure; a lawsuit holds it for a while; it is refused once, and approved then."""
    case, request = guard.case, guard.named("erasure")
    guard.settled()
    receive = privacy.ReceivePersonRequest(subject=case, community=guard.community, request=RequestKind.ERASURE)
    guard.does(CLERK, receive, "erasure")
    guard.does(OFFICE, privacy.HoldErasure(subject=case, because=HoldReason.LITIGATION))
    answer = privacy.AnswerPersonRequest(outcome=RequestOutcome.GRANTED, reason=AnswerReason.AS_ASKED)
    guard.does(GUARD, answer, "erasure")
    guard.settled()
    place = privacy.PlaceRestriction(subject=case, because=RestrictionReason.ERASURE_REQUEST, request=request)
    guard.does(GUARD, place)
    guard.does(OFFICE, privacy.ReleaseErasureHold(subject=case))
    propose = privacy.ProposeErasure(subject=case, because=ErasureReason.REQUEST, request=request)
    guard.does(GUARD, propose)
    guard.does(OFFICE, privacy.RefuseErasure(subject=case, reason=ErasureRefusal.STILL_NEEDED))
    guard.does(GUARD, propose)
    guard.does(OFFICE, privacy.ApproveErasure(subject=case))


def _objected(guard: _Guard) -> None:
    """The person objects to the use of what they said, and withdraws that."""
    guard.settled()
    guard.does(GUARD, privacy.PlaceRestriction(subject=guard.case, because=RestrictionReason.OBJECTION))
    guard.does(GUARD, privacy.LiftRestriction(subject=guard.case, because=LiftReason.WITHDRAWN))


def _opened(guard: _Guard) -> None:
    """One unmasking is granted and ended early, one refused; an emergency is looked at afterwards."""
    case, community = guard.case, guard.community
    ask = privacy.AskUnmasking(case=case, community=community, purpose=Purpose.SUPERVISION)
    guard.settled()
    guard.does(AUDITOR, ask, "granted")
    guard.does(GUARD, privacy.GrantUnmasking(hours=72), "granted")
    guard.does(AUDITOR, privacy.EndUnmasking(), "granted")
    guard.does(CLERK, replace(ask, purpose=Purpose.CHECKING), "refused")
    guard.does(OFFICE, privacy.RefuseUnmasking(reason=UnmaskingRefusal.OTHER_WAY), "refused")
    broken = privacy.BreakGlass(case=case, community=community, purpose=Emergency.MISSING_PERSON)
    guard.does(CLERK, broken, "emergency")
    guard.does(GUARD, privacy.ReviewGlass(justified=True), "emergency")
