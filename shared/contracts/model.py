"""The shapes in which a service says what it does: deciders, ledgers, reactions, timers.

A declaration holds no mechanism. `shared.runtime` runs it, `shared.audit` replays it, the tests try it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from shared.contracts.codes import READERS, Named, Role
from shared.contracts.event import Actor, Event, Recorded
from shared.contracts.frozen import dataclass

Row = TypeVar("Row")
State = TypeVar("State")


class Refused(Exception):
    """A decision not to do what was asked: a stable code, and what the asker may do instead.

    `allowed` names the commands that would be accepted now; `known` quotes facts that the refusal rests on (times,
    versions, codes; never anything personal). The sentences in Chinese and English stand in `shared/errors.py`'s
    table for the mechanism's codes and in each service's `refusals.py` for the domain's.
    """

    def __init__(self, code: str, *, field: str | None = None, allowed: Sequence[str] = (), **known: object) -> None:
        self.code, self.field, self.allowed, self.known = code, field, tuple(allowed), known
        super().__init__(code)


class Look(Protocol):
    """What a fact may ask: the service's own ledgers, as they stand at one position."""

    @property
    def log(self) -> str: ...
    @property
    def position(self) -> int:
        """The last position that the ledgers hold; -1 for none."""

    def row(self, ledger: "Ledger[Row]", key: str) -> Row | None: ...
    def rows(self, ledger: "Ledger[Row]", **equal: object) -> Sequence[Row]:
        """The rows whose columns equal the given values, in the order of their keys."""

    def root(self) -> str:
        """The tree's root over all events up to and including `position`, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision is given beside the command and the state. Time, ids and facts come from outside."""

    id: str
    """The aggregate's id."""
    at: datetime
    """When it happened, as the asker says (occurred_at)."""
    now: datetime
    """When it is asked: for rules about the future, and for times that end on the day on which the log takes it."""
    by: Actor
    command_id: str
    log: str
    facts: Any = None
    said_before: int = 0
    """How many earlier texts said the same as the command's (see `Compared`)."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A decided event that happened at another moment than its command: a paper row tells of several days at once."""

    event: Any
    at: datetime
    """Its envelope's `occurred_at`, in place of the command's."""


class Within(Named):
    """What somebody who belongs to one community gets of what a whole sub-district can ask for 社区范围."""

    CLOSED = "closed", "不开放", "nothing: it concerns the whole sub-district"
    ROWS = "rows", "本社区", "their community's part"
    AGGREGATE = "aggregate", "本社区的事项", "what lies in their community; anything else does not exist for them"
    OPEN = "open", "全部", "all: it shows no other community's cases"


def slug(command: type) -> str:
    """A command's name as the contract has it: `ReportCase` is `report-case`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", command.__name__).lower()


@dataclass(frozen=True, slots=True)
class Trace:
    """A personal value by which a later record of the same matter may be known again (see `shared.log.blind`)."""

    kind: str
    """What it is: values of two kinds never meet."""
    value: str
    """In the one form in which two records of it agree."""
    of: str
    """The part of the command that it belongs to, as its key is named: `parties/0`."""
    whole: bool = False
    """A whole text, which is compared by its entry alone: its entry is longer, and no value's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A text of a command that is compared, word for word, with those told before 同文比对. What is decided gets to
    know how many said the same, and nothing of what they say (`Context.said_before`)."""

    kind: str
    """What it is: texts of two kinds never meet."""
    text: Callable[[Any], str | None]
    """`text(command)`, in the one form in which two copies of it agree; None where there is none."""
    part: Callable[[Any], str]
    """`part(command)`: the part of the aggregate that it stands for, as its entry is named."""
    among: Callable[[Any, str, Look], str]
    """`among(state, id, look)`: whose texts it is compared with; empty for nobody's."""
    counts: Callable[[str, str, Look], bool]
    """`counts(entry's name, among, look)`: whether an earlier text still counts."""


@dataclass(frozen=True, slots=True)
class Accepts:
    """A command that a decider takes: who may send it, and how it finds its aggregate."""

    command: type
    by: frozenset[str]
    """Roles (see `codes.Role`) that may send it."""
    clause: str
    """The § of the plan that it serves."""
    id: Callable[[Any], str] | None = None
    """The aggregate's id from the data, where the data say it; else the body's `stream` does."""
    creates: bool = False
    """Whether it opens a new aggregate, whose id is derived from the command id where none is given."""
    facts: Callable[[Any, str, Look], Any] | None = None
    """`facts(command, id, look)`: the declared look-ups of this decision."""
    other: str | None = None
    """The field that names another aggregate of the same category, where one does: whoever reaches one community alone
    can name none beyond it."""
    traces: Callable[[Any], Iterable[Trace]] | None = None
    """By which of its personal values the matter may be known again, where it is looked for at all."""
    compared: Compared | None = None
    """The text of it that is compared with earlier ones."""
    heavy: bool = False
    """Whether its facts are derived from whole ledgers: such decisions wait for each other, and no others for them."""
    at_head: bool = False
    """Whether it is decided only on ledgers that hold all that the log held when it came: where missing what was
    recorded a moment ago would be a wrong answer, and not only a refusal too many."""
    by_person: bool = False
    """Whether it takes a person: a program's token is refused, whatever its role. Two programs are not two people."""
    warns: str | None = None
    """What the process's log says, as a warning, each time that it was done: it happens seldom, and somebody should
    hear of it at once. Never anything personal."""
    destroys: Callable[[Any, str], str] | None = None
    """`destroys(command, id)`: the subject whose keys are destroyed once it was decided, and before its event is
    appended: that the log tells of it means that it was done. Nothing else may be decided about the aggregate in the
    state in which such a command is taken."""


@dataclass(frozen=True, slots=True)
class Decider(Generic[State]):
    """One aggregate: its commands, its state, how it decides and how it evolves.

    `decide(command, state, context) -> events` raises `Refused` (an event may come as `Dated`);
    `evolve(state, event, occurred_at) -> state`.
    """

    category: str
    """The stream's category: streams are `<category>/<id>`."""
    accepts: tuple[Accepts, ...]
    events: tuple[type[Event], ...]
    initial: State
    decide: Callable[[Any, State, Context], Sequence[Any]]
    evolve: Callable[[State, Any, datetime], State]
    place: Callable[[str, Look], str | None] | None = None
    """`place(id, look)`: the community in which an aggregate lies; empty where it is of no one community's, None where
    it does not exist. Without it those of one community may send only commands that name their community."""
    sealed_under: str | None = None
    """The category whose keys seal this aggregate's personal fields (a case's handling seals under `case`)."""


def of_aggregate(recorded: Recorded) -> Iterable[str]:
    """The keys of most ledgers: one row per aggregate, under its id."""
    return (recorded.id,)


@dataclass(frozen=True, slots=True)
class Ledger(Generic[Row]):
    """A ledger 台账: a table and the fold that fills it. The table's columns are the row's fields.

    `keys(recorded)` names the rows an event touches (several, or none); `evolve(row or None, recorded, key)` gives the
    new row, or None where there is none (any more). Both are pure and know every event in `handles`.
    """

    name: str
    row: type[Row]
    handles: tuple[type[Event], ...]
    evolve: Callable[[Row | None, Recorded, str], Row | None]
    title_zh: str
    title_en: str
    clause: str
    keys: Callable[[Recorded], Iterable[str]] = of_aggregate
    filters: tuple[str, ...] = ("community",)
    """Columns that a reader may filter by."""
    sealed: tuple[str, ...] = ()
    """Columns that hold sealed boxes: shown masked."""
    by: frozenset[Role] = READERS
    """Roles that may read it."""
    within: Within | None = None
    """What those of one community see of it; by default its rows where it has a column `community`, else nothing."""
    internal: bool = False
    """What the service looks things up in, and serves to nobody: it has no address and no file. It is replayed,
    verified and rebuilt as every ledger is."""
    across: tuple[type[Event], ...] = ()
    """Those of its events that touch rows of other aggregates too, as a visit touches the officer's. By all others an
    aggregate touches rows of its own alone, so that several processes may each replay some aggregates; where there are
    any, a row's key ends as its aggregate's id does."""

    @property
    def shown_within(self) -> Within:
        """What those of one community see of it."""
        if self.within is not None:
            return self.within
        return Within.ROWS if "community" in get_type_hints(self.row) else Within.CLOSED


def placed_in(*ledgers: Ledger[Any]) -> Callable[[str, Look], str | None]:
    """What tells the community of an aggregate by its row in the first of these ledgers that has one."""

    def place(id: str, look: Look) -> str | None:
        for ledger in ledgers:
            if (row := look.row(ledger, id)) is not None:
                return str(getattr(row, "community", "") or "")
        return None

    return place


class Misplaced(Exception):
    """An event about a row that does not exist: the fold cannot take it, and its key is parked."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(f"{recorded.log}/{recorded.position}: {recorded.type} before its beginning")


def held(row: Row | None, recorded: Recorded) -> Row:
    """The row that an event changes; raises `Misplaced` where there is none."""
    if row is None:
        raise Misplaced(recorded)
    return row


@dataclass(frozen=True, slots=True)
class Sent:
    """A command that a reaction sends: to one of its own service's deciders."""

    command: Any
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """An event of another service (or of one's own) → commands of ours. The name is part of the commands' ids."""

    name: str
    on: tuple[type[Event], ...]
    react: Callable[[Recorded], Sequence[Sent]]


@dataclass(frozen=True, slots=True)
class Timely:
    """A command whose day has come. The key, with the timer's name, is the command's id: it has one effect, however
    often and by however many processes it is found due."""

    key: str
    command: Any
    id: str | None = None
    moot: frozenset[str] = frozenset()
    """Refusals that say that there is nothing to do (yet, or any more): nobody need look at them."""
    passing: frozenset[str] = frozenset()
    """Refusals for a reason that somebody can remove: they are told, and the command is tried as long as it is due."""


@dataclass(frozen=True, slots=True)
class Timer:
    """What days alone bring about: a deadline → commands of ours. `due(look, today)` is pure.

    A day that was missed is made up for as long as `due` still names it. What was refused is recorded where people see
    it, and not tried again, unless the refusal may pass."""

    name: str
    due: Callable[[Look, date], Sequence[Timely]]
    daily: bool = False
    """Whether it is enough to look once a day, as the look is dear; else every few minutes."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """How an auditor computes a published result again, without knowing the service that published it.

    `names(event)` gives the position of the evidence and the tree's root that the event names. The auditor replays
    `ledgers` up to and including that position, computes the root for itself and asks once for
    `rescored(rows by ledger name, position, root)`. With what that gives for each event that names them it compares
    the event, digit for digit; it raises `LookupError` where the event cannot rest on the plan or rulebook that it
    names.
    """

    events: tuple[type[Event], ...]
    ledgers: tuple[Ledger[Any], ...]
    names: Callable[[Any], tuple[int, str]]
    rescored: Callable[[Mapping[str, Sequence[Any]], int, str], Callable[[Any], Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Who wants to open what of an aggregate, and where it can be looked up: the ledgers and the log as they stand."""

    by: Actor
    community: str | None
    """The one community that they belong to; None for who belongs to a whole sub-district."""
    id: str
    """The aggregate's."""
    item: str = ""
    """What in it, where the address names that too: a visit's id, a version."""
    look: Look
    stream: Callable[[str], Sequence[Recorded]]
    """What the log tells of an aggregate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """Sealed fields of an aggregate, opened for a purpose and never without a trace (`shared.log.access`).

    Those whose work it is open it by themselves. Everybody else of its roles needs a granted unmasking 解封许可 of this
    subject, or breaks the glass 紧急查阅 (`Service.unmaskings`).
    """

    path: str
    """Below the service: `cases/{case}/personal`; a second part in braces is an item: `visits/{case}/{visit}/class`."""
    category: str
    """Of the aggregate's stream."""
    by: frozenset[Role]
    """Roles that may open it at all."""
    work: frozenset[Role]
    """Roles of those whose work it may be."""
    may: Callable[[Opening], bool]
    """Whether it is the work of this actor, who has one of these roles."""
    boxes: Callable[[Opening], Mapping[str, str]]
    """The sealed boxes there are, each by its field's name."""
    place: Callable[[Opening], str | None]
    """The community in which it lies; empty where in none, None where there is no such thing."""
    clause: str
    title_zh: str
    title_en: str
    field: str | None = None
    """The one field that the address opens; None where who asks names the fields."""
    ledger: Ledger[Any] | None = None
    """The ledger whose sealed columns it opens, if it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a service does for who asks 代办, beside commands and compartments, at `POST /{service}/{path}`, by a route
    of its own: it appends nothing to the log that is published."""

    path: str
    by: frozenset[Role]
    """Roles that may ask; empty where nobody need sign in."""
    clause: str
    title_zh: str
    title_en: str
    told: str
    """What becomes of it, for the API's readers: a sentence or two."""
    asked: type
    """The value of the body."""
    answer: type
    """The dataclass whose JSON is the answer."""
    refuses: tuple[str, ...] = ()
    """The codes with which it may be answered beside those of every errand: the service's own and the mechanism's."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks a question, with what, and where else the answer may be looked for."""

    said: Mapping[str, str]
    """The parameters of the query and of the address."""
    by: Actor
    today: date
    at: Callable[[int], Look]
    """The service's ledgers as they stood at a position of the log; raises `Refused("beyond_the_end")`."""
    stream: Callable[[str], Sequence[Recorded]]
    """What the log tells of an aggregate."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a service answers beside its ledgers, at `GET /{service}/{path}`."""

    path: str
    """With the parts that vary in braces: `cases/{id}/possible-duplicates`."""
    by: frozenset[str]
    """Roles (see `codes.Role`) that may ask."""
    clause: str
    title_zh: str
    title_en: str
    answer: type
    """The dataclass whose JSON is the answer."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What may be asked beside the log: name → what it means."""
    ask: Callable[[Look, Asking], Any] | None = None
    """`ask(look, asking)` gives the answer, from the ledgers as they are served; raises `Refused`. None where more than
    the ledgers is needed: the service then has a route of its own."""
    heavy: bool = True
    """Whether it reads whole ledgers, or the log: such questions wait in line."""
    refuses: tuple[str, ...] = ()
    """The service's own codes with which it may be answered."""
    place: Callable[[Look, "Asking"], str | None] | None = None
    """`place(look, asking)`: the community in which what is asked about lies; None where there is no such thing."""
    open: bool = False
    """Whether it shows nothing of one community's cases, so that every community may ask."""

    @property
    def within(self) -> Within:
        """What those of one community get of it."""
        if self.open:
            return Within.OPEN
        if self.place is not None:
            return Within.AGGREGATE
        return Within.ROWS if "community" in self.parameters else Within.CLOSED

    @property
    def again(self) -> bool:
        """Whether it can be asked again of the position that the answer names: all that is read must stand there."""
        return "position" in self.parameters


@dataclass(frozen=True, slots=True)
class Document:
    """A text that an office writes itself, as YAML: its JSON Schema is at `/schemas/{name}.json`."""

    name: str
    kind: type
    """The class of the contract that it is read as."""
    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Service:
    """A whole service, declared."""

    name: str
    title_zh: str
    title_en: str
    events: tuple[type[Event], ...]
    deciders: tuple[Decider[Any], ...]
    ledgers: tuple[Ledger[Any], ...]
    reactions: tuple[Reaction, ...]
    refusals: Mapping[str, tuple[str, str]]
    """Code → (Chinese, English) sentence that says what is wrong and what to do; `{name}` quotes `Refused.known`."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """Code → HTTP status where it is not 409 (422 for input, 404 for what does not exist)."""
    timers: tuple[Timer, ...] = ()
    scorer: Scorer | None = None
    compartments: tuple[Compartment, ...] = ()
    errands: tuple[Errand, ...] = ()
    unmaskings: Ledger[Any] | None = None
    """The ledger of unmaskings 解封许可 and broken glasses 紧急查阅, in the service that decides about them: columns
    `id`, `case` (the subject), `actor`, `role`, `purpose`, `granted`, `until`, `emergency`, `unreviewed`,
    `ended_at`."""
    person_requests: Ledger[Any] | None = None
    """The ledger of what persons asked about their own data 本人请求, in the same service: columns `id`, `case` (the
    subject), `outcome` (None until it was answered), `received_by`, `received_for`."""
    restrictions: Ledger[Any] | None = None
    """The ledger of what is restricted 限制处理, in the same service: a row, by subject, as long as it is."""
    retention: Ledger[Any] | None = None
    """The ledger of how long what is kept 保管期限, in the same service: by subject `kept`, `over_on`, `due_on`."""
    questions: tuple[Question, ...] = ()
    documents: tuple[Document, ...] = ()

    @property
    def served(self) -> tuple[Ledger[Any], ...]:
        """The ledgers that readers may ask for."""
        return tuple(ledger for ledger in self.ledgers if not ledger.internal)
