"""Logs in memory, for tests of witnesses: they tell one story, or two."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.audit.witness.submission import written
from shared.audit.witness.witness import Answer, Witness
from shared.log.keys import origin
from shared.log.note import Checkpoint, Signer, sign
from shared.log.proofs import consistency_proof
from shared.log.signing import Rotation
from shared.log.tree import Frontier, leaf_hash, root_of
from tests.log.invented import LOG

ORIGIN = origin(LOG)
AT = 1_434_000_000
"""The clock of these witnesses."""


@dataclass
class Story:
    """The leaves of a log, and who signs for them."""

    signer: Signer = field(default_factory=lambda: Signer.generate(ORIGIN))
    leaves: list[bytes] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)

    def read(self, level: int, index: int) -> bytes:
        """As a `TileReader`."""
        return self.tiles.get((level, index), b"")

    def grow(self, size: int, word: str = "") -> "Story":
        """Go on up to a size, in these words."""
        more = [leaf_hash(f"{n}{word}".encode()) for n in range(len(self.leaves), size)]
        self.leaves += more
        self.tiles |= self.frontier.extend(b"".join(more))
        return self

    def another(self, size: int) -> "Story":
        """The same up to a size; it may go on otherwise."""
        other = Story(self.signer)
        other.leaves = self.leaves[:size]
        other.tiles |= other.frontier.extend(b"".join(other.leaves))
        return other

    def root(self, size: int) -> bytes:
        return root_of(self, size)

    def note(self, size: int, *signers: Signer) -> str:
        return sign(Checkpoint(self.signer.name, size, self.root(size)).text(), *(signers or (self.signer,)))

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        return consistency_proof(self, old, size) if old < size else ()

    def shown(self, old: int, size: int, *signers: Signer) -> bytes:
        """The request that shows it."""
        return written(old, self.proof(old, size), self.note(size, *signers)).encode()

    def rotation(self, size: int, new: Signer) -> Rotation:
        """Change the key at this size."""
        made = Rotation.make(size, self.root(size), self.signer, new)
        self.signer = new
        return made


def witness(directory: Path, *stories: Story, rotations: Sequence[Rotation] = (), name: str | None = None) -> Witness:
    """A witness that was told of these logs' keys."""
    made = Witness(directory, lambda: AT, name)
    made.trust([story.signer.verifier for story in stories], rotations)
    return made


def statuses(witness: Witness, *bodies: bytes) -> list[int]:
    return [witness.add_checkpoint(body).status for body in bodies]


def cosigns(witness: Witness, story: Story, old: int, size: int) -> Answer:
    """It must."""
    answer = witness.add_checkpoint(story.shown(old, size))
    assert answer.status == 200, answer.body
    return answer
