"""Domain tests that read as sentences: `spec(DECIDER).given(reported).when(AcceptCase()).then(CaseAccepted(...))`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.event import Actor
from shared.contracts.model import Context, Dated, Decider, Refused

START = datetime.fromisoformat("2015-06-11T09:00:00+08:00")
CLERK = Actor(id="clerk-1", role="clerk")
OFFICE = Actor(id="office-1", role="office")


@dataclass(frozen=True)
class At:
    """An event or a command, with the time at which it happened (days after START unless a moment is given)."""

    what: Any
    at: datetime


def at(moment: str | int, what: Any) -> At:
    """`at("2015-06-12T10:00:00+08:00", event)` or `at(2, event)`: two days after START."""
    return At(what, START + timedelta(days=moment) if isinstance(moment, int) else datetime.fromisoformat(moment))


@dataclass(frozen=True)
class Spec:
    """A decider in a given state, asked something. Events given without a time happened an hour after each other."""

    decider: Decider[Any]
    history: tuple[At, ...] = ()
    asked: At | None = None
    now: datetime | None = None
    facts: Any = None
    by: Actor = CLERK
    id: str = "1"

    def given(self, *events: Any) -> "Spec":
        timed = [
            e if isinstance(e, At) else At(e, START + timedelta(hours=n))
            for n, e in enumerate(events, start=len(self.history))
        ]
        return replace(self, history=self.history + tuple(timed))

    def when(
        self, command: Any, *, facts: Any = None, by: Actor | None = None, id: str | None = None, now: At | None = None
    ) -> "Spec":
        """Ask. It is asked at the moment at which it happened, unless `now` says later (or earlier)."""
        asked = command if isinstance(command, At) else At(command, START + timedelta(hours=len(self.history)))
        by, id = by or self.by, id or self.id
        return replace(self, asked=asked, facts=facts or self.facts, by=by, id=id, now=now.at if now else None)

    def state(self) -> Any:
        state = self.decider.initial
        for past in self.history:
            state = self.decider.evolve(state, past.what, past.at)
        return state

    def decided(self) -> Sequence[Any]:
        assert self.asked is not None, "say when(...) first"
        context = Context(
            id=self.id, at=self.asked.at, now=self.now or self.asked.at, by=self.by, command_id="c-1",
            log="410105010", facts=self.facts,
        )  # fmt: skip
        return self.decider.decide(self.asked.what, self.state(), context)

    def then(self, *events: Any) -> None:
        assert tuple(self.decided()) == events
        state = self.state()
        assert self.asked is not None
        for decided in events:  # what was decided can be folded
            dated = decided if isinstance(decided, Dated) else Dated(decided, self.asked.at)
            state = self.decider.evolve(state, dated.event, dated.at)

    def then_refused(self, code: str, *, field: str | None = None) -> Refused:
        with pytest.raises(Refused) as caught:
            self.decided()
        assert caught.value.code == code
        if field is not None:
            assert caught.value.field == field
        return caught.value


def spec(decider: Decider[Any]) -> Spec:
    return Spec(decider)
