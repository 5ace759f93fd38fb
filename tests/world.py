"""The services' declarations at work in memory, without the mechanism: decide, fold, look, react.

Every event goes through its canonical bytes, so that folds get what a replay would give them. Nothing here is a
stand-in for the real runtime, which has tests of its own; this is the quick way to try the domain as a whole.
All data is invented (synthetic).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import DecideAppeal, HearAppeal
from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment.service import SERVICE as ASSIGNMENT
from services.intake.service import SERVICE as INTAKE
from services.privacy.commands import ApproveErasure, GrantUnmasking, RefuseErasure, RefuseUnmasking, ReviewGlass
from services.privacy.service import SERVICE as PRIVACY
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Role
from shared.contracts.event import Actor, Envelope, Recorded
from shared.contracts.model import Accepts, Context, Dated, Decider, Ledger, Refused, Service
from shared.contracts.personal import SEALED_MARK, personal, sealed_copy
from shared.log.codec import Codec
from tests.spec import START

LOG = "410105010"
CODEC = Codec(EVENTS)
SERVICES = (INTAKE, ASSIGNMENT)
"""Those between which cases go to and fro: what most worlds are about."""
ALL = (*SERVICES, ASSESSMENT, PRIVACY)
BY_OTHERS = {
    PublishScores: "a-2", HearAppeal: "a-3", DecideAppeal: "a-3", ApproveErasure: "a-2", RefuseErasure: "a-2",
    GrantUnmasking: "a-2", RefuseUnmasking: "a-2", ReviewGlass: "a-2",
}  # fmt: skip
"""Who sends what the same person may not do; all else is sent by `a-1`."""
_NAMES = Counter(ledger.name for service in ALL for ledger in service.ledgers)


@dataclass(repr=False)
class World:
    """A log, the ledgers that follow it, and the reactions to it."""

    services: tuple[Service, ...] = SERVICES
    log: list[Recorded] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    """By stream."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By ledger (see `kept_as`), then key."""
    versions: dict[str, int] = field(default_factory=dict)
    """By stream."""
    refused_reactions: list[str] = field(default_factory=list)
    commands: int = 0

    def __repr__(self) -> str:
        """The last events, each as far as a line goes: hypothesis refuses to show a whole long history."""
        told = (f"{r.position} {r.stream} {r.occurred_at:%m-%d %H} {r.event}" for r in self.log[-60:])
        return "\n".join(line[:300] for line in told)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis shows of a history that failed."""
        printer.text(repr(self))

    def copy(self) -> "World":
        """A world that goes its own way from here."""
        rows = {ledger: dict(held) for ledger, held in self.rows.items()}
        return World(
            self.services, list(self.log), dict(self.states), rows, dict(self.versions), list(self.refused_reactions),
            self.commands,
        )  # fmt: skip

    def send(
        self,
        command: Any,
        id: str | None = None,
        at: datetime = START,
        role: str | None = None,
        now: datetime | None = None,
    ) -> str:
        """Decide, append, fold and react; gives the aggregate's id. Raises `Refused`."""
        service, decider, accepts = _route(type(command), self.services)
        command = sealed_copy(command, personal(type(command)), _box)
        role = role or (Role.OFFICE if Role.OFFICE in accepts.by else min(accepts.by))
        assert role in accepts.by, f"{role} may not send {type(command).__name__}"
        self.commands += 1
        id = (accepts.id(command) if accepts.id else id) or f"c{self.commands}"
        stream = f"{decider.category}/{id}"
        look = Looking(self.rows, len(self.log) - 1, service)
        context = Context(
            id=id, at=at, now=now or at, by=Actor(id=BY_OTHERS.get(type(command), "a-1"), role=role),
            command_id=f"k{self.commands}", log=LOG,
            facts=accepts.facts(command, id, look) if accepts.facts else None,
        )  # fmt: skip
        decided = decider.decide(command, self.states.get(stream, decider.initial), context)
        assert decided, "a command gives at least one event or a refusal"
        first = len(self.log)
        for event in decided:
            self._append(service, decider, stream, event, context)
        for recorded in self.log[first:]:
            self._react(recorded)
        return id

    def _append(self, service: Service, decider: Decider[Any], stream: str, event: Any, context: Context) -> None:
        dated = event if isinstance(event, Dated) else Dated(event, context.at)
        assert type(dated.event) in decider.events, "an undeclared event"
        assert service.name == dated.event.OWNER, "another service's event"
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        envelope = Envelope(
            log=LOG, stream=stream, version=version, type=dated.event.NAME, command_id=context.command_id, ordinal=0,
            actor=context.by, cause=None, occurred_at=dated.at, recorded_at=context.now, facts_at=None,
            data=dated.event,
        )  # fmt: skip
        recorded = CODEC.decode(len(self.log), CODEC.encode(envelope))
        assert recorded.event == dated.event, "an event survives its canonical bytes"
        self.log.append(recorded)
        self.states[stream] = decider.evolve(self.states.get(stream, decider.initial), recorded.event, dated.at)
        fold((recorded,), self.rows, self.services)

    def _react(self, recorded: Recorded) -> None:
        for service in self.services:
            for reaction in service.reactions:
                if isinstance(recorded.event, reaction.on):
                    for sent in reaction.react(recorded):
                        try:
                            self.send(sent.command, sent.id, recorded.occurred_at, role=Role.SERVICE)
                        except Refused as refused:
                            self.refused_reactions.append(refused.code)


def _box(scope: str, said: str) -> str:
    """What stands for a box here: deciders and folds never look into one."""
    return said if said.startswith(SEALED_MARK) else f"{SEALED_MARK}1:{scope}#{said.encode().hex()}"


@dataclass
class Looking:
    """Satisfies `contracts.model.Look`."""

    held: dict[str, dict[str, Any]]
    position: int
    service: Service
    log: str = LOG

    def row(self, ledger: Ledger[Any], key: str) -> Any:
        return self.held.get(kept_as(self.service, ledger), {}).get(key)

    def rows(self, ledger: Ledger[Any], **equal: object) -> Sequence[Any]:
        rows = self.held.get(kept_as(self.service, ledger), {}).values()
        return [row for row in rows if all(getattr(row, name) == value for name, value in equal.items())]

    def root(self) -> str:
        return "00" * 32


def kept_as(service: Service, ledger: Ledger[Any]) -> str:
    """A ledger's name, with its service's before it where several have one of that name."""
    return ledger.name if _NAMES[ledger.name] == 1 else f"{service.name}.{ledger.name}"


def fold(
    log: Iterable[Recorded], rows: dict[str, dict[str, Any]], services: tuple[Service, ...] = SERVICES
) -> dict[str, dict[str, Any]]:
    """Fold events into the rows of the services' ledgers."""
    for recorded in log:
        for service in services:
            event: Any = type(recorded.event)
            for name, ledger in _following(service.name, event):
                _fold_one(ledger, recorded, rows.setdefault(name, {}))
    return rows


@cache
def _following(service: str, event: Any) -> Sequence[tuple[str, Ledger[Any]]]:
    """The ledgers of a service that an event concerns, by the names under which they are kept."""
    found = next(one for one in ALL if one.name == service)
    return [(kept_as(found, ledger), ledger) for ledger in found.ledgers if event in ledger.handles]


def _fold_one(ledger: Ledger[Any], recorded: Recorded, held: dict[str, Any]) -> None:
    for key in ledger.keys(recorded):
        row = ledger.evolve(held.get(key), recorded, key)
        if row is None:
            held.pop(key, None)
        else:
            held[key] = row


def _route(command: type, services: Sequence[Service]) -> tuple[Service, Decider[Any], Accepts]:
    for service in services:
        for decider in service.deciders:
            for accepts in decider.accepts:
                if accepts.command is command:
                    return service, decider, accepts
    raise LookupError(command)
