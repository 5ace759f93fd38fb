"""The command path: fold the state, look up the facts, decide, seal, append. Pages, API, importer and reactions alike.

`Desk` serves one service. A refusal is never given on stale facts: what is refused is decided once more after the
ledgers have caught up with the log. A stale state is loaded again and decided again. A command that was answered
before gets its first answer, whatever the state is now.
"""

import asyncio
import dataclasses
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

import structlog

from shared.contracts.event import Actor
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Compared, Context, Dated, Decider, Look, Refused, Service, Trace
from shared.contracts.personal import personal
from shared.ledger.memory import NotHeld
from shared.log.append import Appended, Outcome, Proposal, Reused, microseconds
from shared.log.appender import Appender
from shared.log.blind import Entry
from shared.log.gathered import Gathered
from shared.log.store import Log
from shared.log.vault import NewKey, SubjectKeys, Vault, part_of

logger: Final = structlog.get_logger(__name__)

_TRIES = 3
_STATES = 50_000
"""States kept in memory."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command on its way: validated, by a known actor."""

    log: str
    command_id: str
    command: Any
    occurred_at: datetime
    actor: Actor
    id: str | None = None
    """The aggregate's id, where the body names the stream."""
    if_match: int | Literal["*"] | None = None
    """The stream's version that the asker has seen; `*` for any, as long as there is the stream (RFC 9110 §13.1.1)."""
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class _Folded:
    version: int
    state: Any


@dataclasses.dataclass(slots=True)
class _Turn:
    """Who waits for a stream."""

    lock: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclasses.dataclass(slots=True, eq=False)
class _Question:
    """A decision that needs facts."""

    decider: Decider[Any]
    accepts: Accepts
    command: Any
    state: Any
    context: Context
    refused: tuple[int, Refused] | None = None
    """By the ledgers as they stood at this position: there, they need not be asked again."""


@dataclasses.dataclass(slots=True, eq=False)
class _Text:
    """A command's text that is to be compared with earlier ones."""

    asked: Asked
    compared: Compared
    text: str
    state: Any
    id: str

    def among(self, look: Look) -> str:
        """With whose it is compared."""
        return self.compared.among(self.state, self.id, look)

    def trace(self, among: str) -> Trace:
        """What the index knows it by."""
        value, of = f"{among}\0{self.text}", self.compared.part(self.asked.command)
        return Trace(self.compared.kind, value, of, whole=True)


@dataclasses.dataclass(slots=True)
class _Sealing:
    """What a command's personal fields are sealed under."""

    asked: Asked
    subject: str
    apart: bool
    """Whether the parties that it names are others than those who stand in their places."""
    held: SubjectKeys | None = None
    """What was known of the subject's keys when it was sealed: the append must look whether they stand still."""
    text: Trace | None = None
    """The text of it that was compared with earlier ones, on its way into the index."""

    def named_apart(self) -> str:
        """What tells those parties from the others, in the names of their keys."""
        return derived_id(self.asked.command_id)[:12] if self.apart else ""


_Answer = tuple[tuple[Dated, ...], int] | Exception
"""What was decided and the position of its facts, or why not."""


class Desk:
    """Decides and appends the commands of one service."""

    def __init__(
        self,
        service: Service,
        log: Log,
        appender: Appender,
        vault: Vault,
        look: Callable[[str], AbstractContextManager[Look]],
        recall: Callable[[str], AbstractContextManager[Look]],
        caught_up: Callable[[str], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        """`look(log)` opens the ledgers, `recall(log)` what memory holds of them; `caught_up(log)` waits until they
        hold what the log holds now."""
        self.service = service
        self._log, self._appender, self._vault = log, appender, vault
        self._look, self._recall, self._caught_up, self._clock = look, recall, caught_up, clock
        self._routes: dict[type, tuple[Decider[Any], Accepts]] = {
            accepts.command: (decider, accepts) for decider in service.deciders for accepts in decider.accepts
        }
        self._states: OrderedDict[tuple[str, str], _Folded] = OrderedDict()
        self._turns: dict[tuple[str, str], _Turn] = {}
        self._histories = Gathered(log.streams)
        self._keys = Gathered(vault.keys_of)
        self._texts = Gathered(self._compare)
        self._questions, self._heavy = Gathered(self._look_up), Gathered(self._look_up)
        self.outcomes: Counter[str] = Counter()
        """How often commands were accepted, repeated, or refused by which code; for the metrics."""

    def route(self, command: type) -> tuple[Decider[Any], Accepts]:
        """Who decides a command and how it is accepted."""
        return self._routes[command]

    async def send(self, asked: Asked) -> Appended:
        """Decide and append; the answer, durable. Raises `Refused`."""
        try:
            answer = await self._send(asked)
        except Refused as refused:
            self.outcomes[refused.code] += 1
            raise
        self.outcomes["repeated" if answer.repeated else "accepted"] += 1
        if (warns := self._routes[type(asked.command)][1].warns) is not None and not answer.repeated:
            logger.warning(warns, log=asked.log, actor=asked.actor.id, role=asked.actor.role)
        return answer

    async def _send(self, asked: Asked) -> Appended:
        decider, accepts = self._routes[type(asked.command)]
        mac = self._mac(asked)
        id, fresh = self._aggregate(asked, accepts)
        decide = partial(self._decide, asked, decider, accepts, id, fresh, mac)
        if (compared := accepts.compared) is not None and (text := compared.text(asked.command)) is not None:
            # One command of a text at a time, too: of two that say the same, one comes after the other.
            decide = partial(self._in_turn, (asked.log, f"{compared.kind}\0{text}"), decide)
        try:
            # One command of a stream at a time: the next decides on its result.
            return await self._in_turn((asked.log, f"{decider.category}/{id}"), decide)
        except Refused as refused:
            return await self._first_answer(asked, mac, refused)

    async def _in_turn(self, at: tuple[str, str], act: Callable[[], Awaitable[Appended]]) -> Appended:
        """What is done when nobody else is at it."""
        turn = self._turns.get(at) or self._turns.setdefault(at, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                return await act()
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[at]

    def _mac(self, asked: Asked) -> bytes:
        """What remembers the body under this command's id alone: the same body under another id has another digest, so
        that nobody sees from two of them that the same was said twice."""
        under = [asked.log, asked.command_id, type(asked.command).__name__, asked.id, asked.occurred_at]
        return self._vault.body_mac([*under, said(asked.command)])

    def _aggregate(self, asked: Asked, accepts: Accepts) -> tuple[str, bool]:
        """The aggregate's id, and whether it cannot exist yet but by the same command."""
        said = accepts.id(asked.command) if accepts.id else None
        if said is not None and asked.id is not None and said != asked.id:
            raise Refused("stream_mismatch", field="stream", expected=said)
        if (id := said or asked.id) is not None:
            return id, False
        if not accepts.creates:
            raise Refused("stream_required", field="stream")
        return derived_id(asked.command_id), True

    async def _decide(
        self, asked: Asked, decider: Decider[Any], accepts: Accepts, id: str, fresh: bool, mac: bytes
    ) -> Appended:
        stream = f"{decider.category}/{id}"
        subject = f"{decider.sealed_under or decider.category}/{id}"
        sealing = _Sealing(asked, subject, apart=not accepts.creates)
        command, keys = await self._sealed(sealing, fresh)
        context = Context(
            id=id, at=asked.occurred_at, now=self._clock(), by=asked.actor, command_id=asked.command_id, log=asked.log
        )
        for _ in range(_TRIES):
            known = None if fresh else self._states.get((asked.log, stream))
            folded = _Folded(0, decider.initial) if fresh else known or await self._load(asked.log, stream, decider)
            try:
                if asked.if_match is not None and not _matches(asked.if_match, folded.version):
                    raise Refused("version_conflict", field="If-Match", version=folded.version)
                if accepts.compared is not None:
                    said_before = await self._said_before(sealing, accepts.compared, folded.state, id)
                    context = replace(context, said_before=said_before)
                events, facts_at = await self._events(decider, accepts, command, folded.state, context)
            except Refused:
                if known is None or (await self._load(asked.log, stream, decider)).version == known.version:
                    raise
                # Another process has gone on: decide on what the log says. (It may have been evicted meanwhile.)
                self._states.pop((asked.log, stream), None)
                continue
            if accepts.destroys is not None:
                await self._destroy(asked.log, accepts.destroys(command, id))
            outcome = await self._append(asked, stream, folded.version, facts_at, events, mac, keys, sealing)
            if isinstance(outcome, Appended):
                if not outcome.repeated:
                    self._remember(asked, decider, stream, folded, events)
                    if keys:
                        self._vault.learn(asked.log, subject, keys, fresh=fresh)
                return outcome
            if isinstance(outcome, Reused):
                raise Refused("command_id_reused", field="Idempotency-Key")
            self._states.pop((asked.log, stream), None)
            self._vault.forget(asked.log, subject)
            fresh = False
            command, keys = await self._sealed(sealing, fresh)
        raise Refused("busy")

    async def _destroy(self, log: str, subject: str) -> None:
        """Destroy a subject's keys, before the log tells of it. Where the append then fails, it is sent again, and
        there is nothing left to destroy."""
        await asyncio.to_thread(self._vault.destroy, log, subject, microseconds(self._clock()))

    async def _sealed(self, sealing: "_Sealing", fresh: bool) -> tuple[Any, tuple[NewKey, ...]]:
        """The command with its personal fields in boxes, and the new keys that these need."""
        asked, subject, sealing.held = sealing.asked, sealing.subject, None
        if fresh or not personal(type(asked.command)):
            return self._vault.seal(asked.log, subject, asked.command, fresh=True)
        stored = self._vault.held(asked.log, subject) or await self._keys.get((asked.log, subject))
        sealing.held = stored
        apart = sealing.named_apart()
        return self._vault.seal(asked.log, subject, asked.command, fresh=False, stored=stored, apart=apart)

    async def _said_before(self, sealing: "_Sealing", compared: Compared, state: Any, id: str) -> int:
        """How many earlier texts said the same as the command's."""
        asked = sealing.asked
        if (text := compared.text(asked.command)) is None:
            return 0
        sealing.text, count = await self._texts.get(_Text(asked, compared, text, state, id))
        return count

    def _compare(self, texts: Sequence["_Text"]) -> dict["_Text", tuple[Trace | None, int]]:
        """Their traces, and how many earlier ones say the same: for several at one look."""
        told: dict[_Text, tuple[Trace | None, int]] = {}
        for log in {text.asked.log for text in texts}:
            with self._look(log) as look:
                among = {text: text.among(look) for text in texts if text.asked.log == log}
                traces = {text: text.trace(whom) for text, whom in among.items() if whom}
                sharing = self._vault.blind.sharing(log, traces.values(), self._clock())
                for text, whom in among.items():
                    trace = traces.get(text)
                    names = sharing[trace] if trace else ()
                    told[text] = trace, sum(text.compared.counts(name, whom, look) for name in names)
        return told

    async def _events(
        self, decider: Decider[Any], accepts: Accepts, command: Any, state: Any, context: Context
    ) -> tuple[tuple[Dated, ...], int | None]:
        """What is decided, and the position of the facts it rests on."""
        if accepts.facts is None:
            return _dated(decider.decide(command, state, context), context), None
        question = _Question(decider, accepts, command, state, context)
        questions = self._heavy if accepts.heavy else self._questions
        if accepts.at_head:
            await self._caught_up(context.log)
        try:
            return self._recalled(question) or _or_raised(await questions.get(question))
        except Refused:
            await self._caught_up(context.log)
            return _or_raised(await questions.get(question))

    def _recalled(self, question: _Question) -> tuple[tuple[Dated, ...], int] | None:
        """What is decided on what memory holds; None where that is not enough."""
        if question.accepts.heavy:
            return None
        try:
            with self._recall(question.context.log) as memory:
                return _decided(question, memory), memory.position
        except NotHeld:
            return None

    def _look_up(self, questions: Sequence[_Question]) -> dict[_Question, _Answer]:
        """Decide on what the ledgers say, for several commands at one look."""
        answers: dict[_Question, _Answer] = {}
        for log in {question.context.log for question in questions}:
            with self._look(log) as look:
                answers |= {one: _answer(one, look) for one in questions if one.context.log == log}
        return answers

    async def _append(
        self, asked: Asked, stream: str, version: int, facts_at: int | None, events: tuple[Dated, ...], mac: bytes,
        keys: Any, sealing: "_Sealing",
    ) -> Outcome:  # fmt: skip
        assert events, f"{type(asked.command).__name__}: a command gives at least one event or a refusal"
        held = sealing.held
        proposal = Proposal(
            self.service.name, asked.log, stream, version, asked.command_id, asked.actor, asked.cause,
            asked.occurred_at, facts_at, [dated.event for dated in events], mac, keys,
            None if all(dated.at == asked.occurred_at for dated in events) else [dated.at for dated in events],
            None if held is None else sealing.subject, () if held is None else tuple(held.wrapped),
            self._entries(sealing),
        )  # fmt: skip
        return await self._appender.append(proposal)

    def _entries(self, sealing: "_Sealing") -> tuple[Entry, ...]:
        """What the blind index gets to know of a command: by this alone its matter can be known again."""
        asked = sealing.asked
        traces = self._routes[type(asked.command)][1].traces
        if traces is None and sealing.text is None:
            return ()
        known = [*(traces(asked.command) if traces else ()), *([sealing.text] if sealing.text else ())]
        apart = sealing.named_apart()
        return self._vault.blind.entries(
            asked.log, known, lambda of: part_of(sealing.subject, of, apart), self._clock()
        )

    async def _first_answer(self, asked: Asked, mac: bytes, refused: Refused) -> Appended:
        """The first answer of a command that was answered before; else the refusal stands."""
        before = await asyncio.to_thread(self._log.answered, asked.log, asked.command_id)
        if before is None:
            raise refused
        if before.body_mac != mac:
            raise Refused("command_id_reused", field="Idempotency-Key")
        return before.answer

    # states -----------------------------------------------------------------------------------------------------

    async def _load(self, log: str, stream: str, decider: Decider[Any]) -> _Folded:
        """The state as the log has it."""
        history = await self._histories.get((log, stream))
        state = decider.initial
        for recorded in history:
            state = decider.evolve(state, recorded.event, recorded.occurred_at)
        return _Folded(len(history), state)

    def _remember(
        self, asked: Asked, decider: Decider[Any], stream: str, folded: _Folded, events: tuple[Dated, ...]
    ) -> None:
        state = folded.state
        for dated in events:
            state = decider.evolve(state, dated.event, dated.at)
        self._states[asked.log, stream] = _Folded(folded.version + len(events), state)
        if len(self._states) > _STATES:
            self._states.popitem(last=False)


def _decided(question: _Question, look: Look) -> tuple[Dated, ...]:
    """Look up the facts, and decide."""
    assert question.accepts.facts is not None
    facts = question.accepts.facts(question.command, question.context.id, look)
    given = question.context
    context = Context(
        given.id, given.at, given.now, given.by, given.command_id, given.log, facts, given.said_before
    )  # fmt: skip
    return _dated(question.decider.decide(question.command, question.state, context), context)


def _answer(question: _Question, look: Look) -> _Answer:
    """What is decided; the same again where it was refused at this position."""
    if question.refused is not None and question.refused[0] == look.position:
        return question.refused[1]
    try:
        return _decided(question, look), look.position
    except Refused as refused:
        if refused.code != "ledger_behind":  # one of them may come to the position of the others
            question.refused = look.position, refused
        return refused
    except Exception as error:  # whatever it is, it is this command's alone
        return error


def _matches(if_match: int | Literal["*"], version: int) -> bool:
    """Whether a stream is at the version that the asker has seen; at any, for `*`."""
    return version > 0 if if_match == "*" else version == if_match


def _or_raised(answer: _Answer) -> tuple[tuple[Dated, ...], int]:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _dated(decided: Sequence[Any], context: Context) -> tuple[Dated, ...]:
    """What was decided, each with the moment at which it happened."""
    return tuple(one if isinstance(one, Dated) else Dated(one, context.at) for one in decided)


def said(value: Any) -> Any:
    """A command as its sender said it, without what stands at its default: so that the same body has the same digest
    after a field was added."""
    if isinstance(value, tuple):
        return [said(one) for one in value]
    if (defaults := _defaults(type(value))) is None:
        return value
    return {
        name: said(held)
        for name, default in defaults
        if (held := getattr(value, name)) is not default and held != default
    }


_DEFAULTS: Final[dict[type, tuple[tuple[str, Any], ...] | None]] = {}


def _defaults(cls: type) -> tuple[tuple[str, Any], ...] | None:
    """A class's fields with their defaults (MISSING for none); None for what is no dataclass."""
    if cls not in _DEFAULTS:
        known = dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else None
        _DEFAULTS[cls] = None if known is None else tuple((one.name, one.default) for one in known)
    return _DEFAULTS[cls]


def own_id(id: str) -> str:
    """The id of a command of the system's own (a reaction, an import, the sample season): it begins with a space, which
    no client's header can carry, so that nobody can take it first."""
    return f" {id}"


def derived_id(command_id: str) -> str:
    """The id of an aggregate that a command opens: the same for the same command, on any machine."""
    return hashlib.sha256(command_id.encode()).hexdigest()[:20]
