"""The witness's judgement: whether a checkpoint goes on from the one that it holds, and what is kept where it does not.

What is proof and what is not: two signed roots for one size, or a proof that leads to the signed root from another
beginning than the one that was signed, prove a fork; whoever holds the log's key has told two stories, and from then on
nothing of that log is cosigned. A proof that leads nowhere proves nothing: anybody can send one with a checkpoint that
is public. It is refused, kept and told, and the log may go on with one that holds.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from shared.audit.witness.memory import Contradiction, Held, Memory, Step
from shared.audit.witness.submission import Submission
from shared.errors import Unusable
from shared.log.cosigning import Witness as WitnessKey
from shared.log.note import NoteRefused, Verifier, parse_signature
from shared.log.proofs import roots_of
from shared.log.signing import KeyChain, Rotation, notes_in
from shared.log.tree import EMPTY_ROOT

SIZE: Final = "text/x.tlog.size"
_TEXT: Final = "text/plain; charset=utf-8"
_FORKED: Final = "This log has told two stories; nothing of it is cosigned any more: GET /fork?origin=<origin>\n"

logger: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a submission."""

    status: int
    body: str
    media_type: str = _TEXT


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one log."""

    origin: str
    keys: KeyChain
    held: Held | None
    fork: Contradiction | None
    doubt: Contradiction | None


class Witness:
    """A witness on its memory. Safe to be asked from many threads and processes at once."""

    def __init__(self, directory: Path, now: Callable[[], int], name: str | None = None) -> None:
        """`now` gives whole seconds since 1970. Raises `Unusable`."""
        self._memory, self._now = Memory(directory, name), now
        self._counting = threading.Lock()
        self.outcomes: Counter[tuple[str, int]] = Counter()
        """How many submissions were answered how, by log and status; the empty name stands for logs unknown here."""

    @property
    def key(self) -> WitnessKey:
        return self._memory.cosigner.witness

    @property
    def is_new(self) -> bool:
        """Whether it was made just now, with a new key."""
        return self._memory.is_new

    def can_remember(self) -> bool:
        """Whether it could keep what it cosigns."""
        return self._memory.can_remember()

    def close(self) -> None:
        self._memory.close()

    # whom it trusts -----------------------------------------------------------------------------------------------

    def trust(self, keys: Sequence[Verifier], rotations: Sequence[Rotation]) -> None:
        """Take logs' keys, and rotations that lead from a key that is trusted to another, from the witness's operator.

        Raises `Unusable` where a key is another than the one that is trusted, and nothing leads to it.
        """
        origins = {*(key.name for key in keys), *(one.old.name for one in rotations)}
        with self._memory.step() as step:
            for origin in sorted(origins):
                told = [one for one in rotations if one.old.name == origin]
                chain = _extended(step.chain(origin), [key for key in keys if key.name == origin], told)
                step.trust(origin, chain)
                for rotation in chain.rotations:
                    self._compare(step, origin, rotation)

    def _compare(self, step: Step, origin: str, rotation: Rotation) -> None:
        """A rotation says what the root was; and nothing larger was signed by the key that it ends."""
        same, chain = step.cosigned_at(origin, rotation.size), step.chain(origin)
        held = step.held(origin)
        if same is not None and same.root != rotation.root:
            self._caught(step, Contradiction(origin, same.note, rotation.note, "", self._now()))
        elif held is not None and held.size > rotation.size and chain is not None:
            try:
                chain.open(held.note)
            except NoteRefused:
                self._caught(step, Contradiction(origin, held.note, rotation.note, "", self._now()))

    # what it is shown ---------------------------------------------------------------------------------------------

    def add_checkpoint(self, body: bytes) -> Answer:
        """Judge a submission, and cosign what goes on from what is held."""
        try:
            shown = Submission.parse(body)
        except NoteRefused as refused:
            return self._counted("", Answer(400, f"{refused}\n"))
        with self._memory.step() as step:
            chain = step.chain(shown.checkpoint.origin)
            answer = Answer(404, "This log is not known here.\n") if chain is None else self._judged(step, shown, chain)
        return self._counted("" if chain is None else shown.checkpoint.origin, answer)

    def _counted(self, origin: str, answer: Answer) -> Answer:
        with self._counting:
            self.outcomes[origin, answer.status] += 1
        return answer

    def _judged(self, step: Step, shown: Submission, chain: KeyChain) -> Answer:
        origin, size, held = shown.checkpoint.origin, shown.checkpoint.size, step.held(shown.checkpoint.origin)
        if step.fork(origin) is not None:
            return Answer(403, _FORKED)
        try:
            chain.open(shown.note)
        except NoteRefused as refused:
            return Answer(403, f"{refused}\n")
        here = held.size if held else 0
        if (other := self._other_story(step, shown, chain)) is not None:
            self._caught(step, other)
            return Answer(409, f"{here}\n", SIZE)
        if shown.old > size:
            return Answer(400, "The old size is larger than the checkpoint's.\n")
        if shown.old != here:
            return Answer(409, f"{here}\n", SIZE)
        if any(here < rotation.size < size for rotation in chain.rotations):
            return Answer(403, "The log's key was changed in between: show the checkpoint of that size first.\n")
        if (why := self._inconsistent(step, shown, held)) is not None:
            return Answer(422, f"{why}\n")
        return self._cosigned(step, shown, chain)

    def _other_story(self, step: Step, shown: Submission, chain: KeyChain) -> Contradiction | None:
        """What the log has signed for the same size with another root, if this witness knows of it."""
        said = shown.checkpoint
        same = step.cosigned_at(said.origin, said.size)
        signed = [(same.root, same.note)] if same else []
        signed += [(one.root, one.note) for one in chain.rotations if one.size == said.size]
        held = next((note for root, note in signed if root != said.root), None)
        return None if held is None else Contradiction(said.origin, held, _bare(shown.note, chain), "", self._now())

    def _inconsistent(self, step: Step, shown: Submission, held: Held | None) -> str | None:
        """Why a checkpoint does not go on from what is held; None where it does."""
        size, root = shown.checkpoint.size, shown.checkpoint.root
        if held is None or held.size in (0, size):  # there is nothing to be proved
            if shown.proof:
                return "The proof should be empty."
            return "A log of no events has another root." if size == 0 and root != EMPTY_ROOT else None
        roots = roots_of(held.size, size, shown.proof, held.root)
        if roots == (held.root, root):
            return None
        proof = shown.body().partition("\n\n")[0] + "\n"
        chain = step.chain(shown.checkpoint.origin)
        assert chain is not None, "its note was opened"
        found = Contradiction(shown.checkpoint.origin, held.note, _bare(shown.note, chain), proof, self._now())
        if roots is not None and roots[1] == root:
            self._caught(step, found)
            return "This log has told another story before."
        step.keep_doubt(found)
        logger.warning("a checkpoint was shown without a proof that holds", origin=found.origin, size=size)
        return "The proof does not hold."

    def _cosigned(self, step: Step, shown: Submission, chain: KeyChain) -> Answer:
        said, at = shown.checkpoint, self._now()
        line = self._memory.cosigner.line(said.text(), at)
        step.hold(said.origin, Held(said.size, said.root, _bare(shown.note, chain) + line, at))
        return Answer(200, line)

    def _caught(self, step: Step, found: Contradiction) -> None:
        step.keep_fork(found)
        logger.error("FORK: a log has told two stories", origin=found.origin)

    # what it says of itself ---------------------------------------------------------------------------------------

    def standings(self) -> Mapping[str, Standing]:
        """How things stand with each log."""
        with self._memory.step() as step:
            return {origin: _standing(step, origin) for origin in step.origins()}


def _standing(step: Step, origin: str) -> Standing:
    chain = step.chain(origin)
    assert chain is not None, "a log that is known has a key"
    return Standing(origin, chain, step.held(origin), step.fork(origin), step.doubt(origin))


def _extended(there: KeyChain | None, keys: Sequence[Verifier], rotations: Sequence[Rotation]) -> KeyChain:
    """The chain of a log with what an operator has told. Raises `Unusable`."""
    try:
        known = there or KeyChain(rotations[0].old if rotations else keys[0])
        new = [one for one in rotations if one.new not in known.keys]
        chain = KeyChain(known.first, (*known.rotations, *new))
        if any(key not in chain.keys for key in keys):
            raise NoteRefused("the key is another than the one that is trusted, and no rotation leads to it")
    except NoteRefused as refused:
        raise Unusable(
            "log_key_changed", "所给公钥与已信任的不同：请一并给出密钥更换记录（<log>.rotations），并向管理机构核实。",
            "A log's key is another than the one that is trusted here: give its rotations (<log>.rotations) too, and"
            f" ask the office whether it has changed its key ({refused}).",
        ) from None  # fmt: skip
    return chain


def read_keys(text: str) -> tuple[list[Verifier], list[Rotation]]:
    """What a file of keys holds: public keys, each on its line, and rotations after them. Raises `NoteRefused`."""
    lines = text.split("\n")
    notes_from = next((n for n, line in enumerate(lines) if line.endswith("/rotation")), len(lines))
    keys = [Verifier.parse(line.strip()) for line in lines[:notes_from] if line.strip()]
    return keys, [Rotation.parse(note) for note in notes_in("\n".join(lines[notes_from:]))]


def _bare(note: str, chain: KeyChain) -> str:
    """A note of the log's with the log's own signature alone: what others added is not this witness's to pass on."""
    text, _, signatures = note.rpartition("\n\n")
    keys = {(key.name, key.key_hash) for key in chain.keys}
    own = [line for line in signatures.split("\n") if line and parse_signature(line)[:2] in keys]
    return f"{text}\n\n" + "".join(f"{line}\n" for line in own)
