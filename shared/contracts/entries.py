"""Entries 台账条目: what an office writes down as one line of a ledger, each under an id of its own.

A patrol, a training, a survey, a hazard: one command enters it, further steps may follow (a hazard is cleared, an order
is carried out). What was entered by mistake is made void as a whole, with a reason, and entered anew with the days on
which things really happened: nothing is deleted, and the ledger follows. All entries of a service share one category of
streams and one decider; each kind of them has a ledger of its own.

A service declares its kinds; nothing else need be written, as an event says what its command said, under the same
names, and a ledger's row what its events said:

    PATROLS = kind(
        "patrols", ("群防群治台账", "Patrols"),
        Step(RecordPatrol, PatrolCompleted, CLERKS, "3.2.2", facts=_community, check=_is_registered),
    )
    ENTRIES = Entries("work", (PATROLS, …), VoidWork, WorkVoided, CLERKS)
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass as plain_dataclass
from dataclasses import fields
from datetime import datetime
from typing import Any, get_type_hints

from shared.contracts.days import refuse_future
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Ledger, Look, Refused, held, placed_in, slug
from shared.contracts.personal import personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as later decisions see it."""

    kind: str
    """Its ledger's name."""
    last: type[Event]
    """The last step."""
    last_at: datetime
    voided: bool = False


def _unchecked(command: Any, entry: Entry | None, context: Context) -> Mapping[str, Any]:
    """Whatever its fields allow is taken."""
    return {}


@plain_dataclass(frozen=True, slots=True)
class Step:
    """A command and the event that it leads to: the event's fields are those of the command of the same names."""

    command: type
    event: type[Event]
    by: frozenset[str]
    """Roles (see `codes.Role`) that may send it."""
    clause: str
    """The § of the plan that it serves."""
    after: tuple[type[Event], ...] = ()
    """The steps of which one must be the entry's last; none where it begins an entry."""
    at: str = "happened_at"
    """The row's column that says when it happened."""
    facts: Callable[[Any, str, Look], Any] | None = None
    check: Callable[[Any, Entry | None, Context], Mapping[str, Any]] = _unchecked
    """Raises `Refused` for what the fields' types cannot say; gives the event's fields that the command does not say
    as they are to stand (a community's code where its name was given)."""
    at_head: bool = False
    """See `Accepts.at_head`."""
    heavy: bool = False
    """See `Accepts.heavy`."""
    by_person: bool = False
    """See `Accepts.by_person`."""

    def made(self, command: Any, **known: Any) -> Any:
        """The event; what is `known` the command does not say."""
        event: Any = self.event
        said = {field.name: getattr(command, field.name) for field in fields(event) if field.name not in known}
        return event(**said, **known)


@plain_dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: how it begins, how it may go on, and what its ledger is called."""

    name: str
    """Its ledger's."""
    title: tuple[str, str]
    """Its ledger's, in Chinese and English."""
    steps: tuple[Step, ...]
    """The first begins it."""
    row: type
    """Made of what the events say: columns of the same names."""
    filters: tuple[str, ...]

    @property
    def clause(self) -> str:
        return self.steps[0].clause

    @property
    def events(self) -> tuple[type[Event], ...]:
        return tuple(step.event for step in self.steps)

    def ledger(self, voided: type[Event]) -> Ledger[Any]:
        """The kind's ledger; `voided` is the event that makes an entry of any kind void."""
        columns = {field.name for field in fields(self.row)}
        at = {step.event: step.at for step in self.steps}
        boxes = [personal(event) for event in self.events]
        sealed = dict.fromkeys(
            name for plan in boxes for name in (*plan.fields, *plan.lists, *(held for held, _, _ in plan.within))
        )

        def keys(recorded: Recorded) -> Iterable[str]:
            says: Any = recorded.event
            return (recorded.id,) if type(recorded.event) is not voided or says.kind == self.name else ()

        def evolve(row: Any, recorded: Recorded, key: str) -> Any:
            event = recorded.event
            if type(event) is voided:
                return replace(held(row, recorded), voided_at=recorded.occurred_at)
            said = {name: value for name, value in _said(event) if name in columns}
            said[at[type(event)]] = recorded.occurred_at
            if type(event) is self.steps[0].event:
                return self.row(id=key, **said)
            return replace(held(row, recorded), **said)

        return Ledger(
            name=self.name, row=self.row, handles=(*self.events, voided), evolve=evolve, keys=keys,
            title_zh=self.title[0], title_en=self.title[1], clause=self.clause, filters=self.filters,
            sealed=tuple(sealed),
        )  # fmt: skip


def kind(name: str, title: tuple[str, str], begins: Step, *goes_on: Step, filters: tuple[str, ...] = ()) -> Kind:
    """A kind of entry. `filters` are columns that a reader may filter by, beside the community where there is one."""
    steps = (begins, *goes_on)
    row = _row_of(name, steps)
    community = ("community",) if "community" in get_type_hints(row) else ()
    return Kind(name, title, steps, row, (*community, *filters))


class Entries:
    """All kinds of entries of a service: their decider and their ledgers."""

    def __init__(
        self, category: str, kinds: Sequence[Kind], void: type, voided: type[Event], by: frozenset[str],
        facts: Callable[[Any, str, Look], Any] | None = None,
        check: Callable[[Any, Entry | None, Context], Mapping[str, Any]] = _unchecked,
    ) -> None:  # fmt: skip
        """`void` is the command by which an entry of any kind is made void, `voided` its event (fields `kind`, a code,
        and `reason`), `by` who may send it, `facts` and `check` as a step has them."""
        self.kinds, self._void, self._voided = tuple(kinds), void, voided
        self._void_step = Step(void, voided, by, "3.1.4", facts=facts, check=check)
        self._steps: Mapping[type, tuple[Kind, Step]] = {
            step.command: (one, step) for one in self.kinds for step in one.steps
        }
        self._kind_of: Mapping[type[Event], str] = {event: one.name for one in self.kinds for event in one.events}
        self.ledgers: tuple[Ledger[Any], ...] = tuple(one.ledger(voided) for one in self.kinds)
        self.decider: Decider[Entry | None] = Decider(
            category=category,
            accepts=(
                *(
                    Accepts(
                        step.command,
                        step.by,
                        step.clause,
                        creates=not step.after,
                        facts=step.facts,
                        at_head=step.at_head,
                        heavy=step.heavy,
                        by_person=step.by_person,
                    )
                    for _, step in self._steps.values()
                ),
                Accepts(void, by, "3.1.4", facts=facts),
            ),
            events=(*self._kind_of, voided),
            initial=None,
            decide=self._decide,
            evolve=self._evolve,
            place=placed_in(*self.ledgers),
        )

    def _decide(self, command: Any, entry: Entry | None, context: Context) -> Sequence[Any]:
        """The event that a command leads to; raises `Refused`: already_entered, unknown_entry, entry_voided,
        entry_not_now, before_last_step, and what the step's own check refuses."""
        refuse_future(context)
        if isinstance(command, self._void):
            standing = self._standing(entry, context)
            self._void_step.check(command, standing, context)
            return [self._void_step.made(command, kind=standing.kind)]
        step = self._steps[type(command)][1]
        if not step.after:
            if entry is not None:
                raise Refused("already_entered", field="stream", allowed=self._allowed(entry))
        elif (standing := self._standing(entry, context)).last not in step.after:
            raise Refused("entry_not_now", allowed=self._allowed(standing))
        return [step.made(command, **step.check(command, entry, context))]

    def _standing(self, entry: Entry | None, context: Context) -> Entry:
        """The entry, where it exists, is not void, and had come so far when this happened."""
        if entry is None:
            raise Refused("unknown_entry", field="stream")
        if entry.voided:
            raise Refused("entry_voided")
        if context.at < entry.last_at:
            times = {"occurred_at": context.at.isoformat(), "last_at": entry.last_at.isoformat()}
            raise Refused("before_last_step", field="occurred_at", **times)
        return entry

    def _allowed(self, entry: Entry) -> Sequence[str]:
        """The commands that would be taken now, given fitting data."""
        if entry.voided:
            return ()
        return [*(slug(step.command) for _, step in self._steps.values() if entry.last in step.after), slug(self._void)]

    def _evolve(self, entry: Entry | None, event: Any, occurred_at: datetime) -> Entry:
        """The entry after an event that was decided about it."""
        if type(event) is self._voided:
            assert entry is not None, "what is made void was entered"
            return replace(entry, voided=True)
        last = type(event)
        return Entry(kind=self._kind_of[last], last=last, last_at=occurred_at)


def _said(event: Any) -> Iterable[tuple[str, Any]]:
    return ((field.name, getattr(event, field.name)) for field in fields(event))


def _row_of(name: str, steps: Sequence[Step]) -> type:
    """A row's class: the id, what the first event says, and what later ones say as far as they were reached."""
    types: dict[str, Any] = {"id": str}
    later: dict[str, Any] = {}
    for number, step in enumerate(steps):
        for field, type_ in get_type_hints(step.event).items():
            if field in ("NAME", "OWNER"):
                continue
            (types if number == 0 else later).setdefault(field, type_)
        (types if number == 0 else later)[step.at] = datetime
    later = {field: type_ | None for field, type_ in later.items() if field not in types}
    later["voided_at"] = datetime | None
    namespace: dict[str, Any] = dict.fromkeys(later)
    namespace["__annotations__"] = types | later
    namespace["__doc__"] = f"A line of the ledger {name}."
    title = "".join(part.title() for part in name.split("_"))
    return dataclass(frozen=True, slots=True, kw_only=True)(type(f"{title}Row", (), namespace))
