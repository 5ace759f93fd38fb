"""What a witness is shown: the size that it holds, a proof, and a checkpoint (C2SP tlog-witness, add-checkpoint)."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.log.note import Checkpoint, NoteRefused, read_hash, read_size, text_of

MOST_BYTES: Final = 64 * 1024
"""Of a request: a proof has 2.8 kB at most, a note a few signatures."""
_MOST_HASHES: Final = 63
_LARGEST: Final = 2**63 - 1
_OLD: Final = "old "


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that it goes on from one of `old` events."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint
    """What the note says; who signed it is not looked at yet."""

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Read a request's body; raises `NoteRefused`."""
        try:
            head, gap, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise NoteRefused("the request is not UTF-8") from None
        old, *proof = head.split("\n")
        if not gap or not old.startswith(_OLD) or len(proof) > _MOST_HASHES:
            raise NoteRefused("a request is `old <size>`, at most 63 hashes, an empty line and a checkpoint")
        checkpoint = Checkpoint.parse(text_of(note))
        size = read_size(old.removeprefix(_OLD))
        if max(size, checkpoint.size) > _LARGEST:
            raise NoteRefused("no log is that large")
        return cls(size, tuple(read_hash(line) for line in proof), note, checkpoint)

    def body(self) -> str:
        """As it is sent."""
        return written(self.old, self.proof, self.note)


def written(old: int, proof: Sequence[bytes], note: str) -> str:
    """A request's body."""
    return "".join([f"{_OLD}{old}\n", *(f"{b64encode(hash_).decode()}\n" for hash_ in proof), "\n", note])
