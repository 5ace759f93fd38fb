"""The chain of a log's signing keys: a key signs up to a size, its successor what is larger.

A rotation is a note of five lines, signed by both keys: `sanguan/<log>/rotation`, the size up to which the old key
signs, the root at that size, the old key, the new key. So a checkpoint has one key by its size alone, whenever it is
looked at; and the root keeps either key from telling another story of what was signed before.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.log.note import (
    Checkpoint,
    NoteRefused,
    Signer,
    Verifier,
    open_checkpoint,
    open_note,
    read_hash,
    read_size,
    sign,
    text_of,
)

_ROTATION: Final = "/rotation"
_SIGNATURE: Final = "— "


@dataclass(frozen=True, slots=True)
class Rotation:
    """That a log's key was changed: the old one signs up to `size`, the new one what is larger."""

    size: int
    root: bytes
    old: Verifier
    new: Verifier
    note: str

    @classmethod
    def make(cls, size: int, root: bytes, old: Signer, new: Signer) -> "Rotation":
        """State it, signed by both."""
        lines = (old.name + _ROTATION, str(size), b64encode(root).decode(), str(old.verifier), str(new.verifier))
        return cls.parse(sign("".join(f"{line}\n" for line in lines), old, new))

    @classmethod
    def parse(cls, note: str) -> "Rotation":
        """Read it; raises `NoteRefused` for what is no rotation, or not signed by both keys that it names."""
        lines = text_of(note).split("\n")
        if len(lines) != 6 or lines[5] or not lines[0].endswith(_ROTATION):
            raise NoteRefused("a rotation has five lines: its name, size, root, the old key, the new key")
        old, new = Verifier.parse(lines[3]), Verifier.parse(lines[4])
        if {old.name, new.name} != {lines[0].removesuffix(_ROTATION)} or old == new:
            raise NoteRefused("a rotation is between two keys of the log that it names")
        if {*open_note(note, (old, new)).signed_by} != {old, new}:
            raise NoteRefused("a rotation is signed by the old key and by the new one")
        return cls(read_size(lines[1]), read_hash(lines[2]), old, new, note)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """All signing keys of a log, in order. Raises `NoteRefused` where they are no chain."""

    first: Verifier
    rotations: tuple[Rotation, ...] = ()

    def __post_init__(self) -> None:
        key, size = self.first, 0
        for rotation in self.rotations:
            if rotation.old != key or rotation.size < size:
                raise NoteRefused("the rotations do not follow each other")
            key, size = rotation.new, rotation.size

    @classmethod
    def parse(cls, public: str, rotations: str) -> "KeyChain":
        """Put it together from the public key and the notes of the rotations, one after another.

        The public key may be the one before the last rotation: what that says is true from the moment that it is there.
        Raises `NoteRefused`.
        """
        made = tuple(Rotation.parse(note) for note in notes_in(rotations))
        key = Verifier.parse(public)
        if made and key not in (made[-1].old, made[-1].new):
            raise NoteRefused("the rotations do not lead to the public key")
        return cls(made[0].old if made else key, made)

    @property
    def current(self) -> Verifier:
        """The key that signs now."""
        return self.rotations[-1].new if self.rotations else self.first

    @property
    def since(self) -> int:
        """The size that the current key signs from, itself excluded."""
        return self.rotations[-1].size if self.rotations else 0

    @property
    def keys(self) -> tuple[Verifier, ...]:
        return (self.first, *(rotation.new for rotation in self.rotations))

    def at(self, size: int) -> Verifier:
        """The one key that signs a checkpoint of this size."""
        return next((rotation.old for rotation in self.rotations if size <= rotation.size), self.current)

    def open(self, note: str) -> Checkpoint:
        """The checkpoint of a note that the key of its size has signed. Raises `NoteRefused`."""
        return open_checkpoint(note, self.at(Checkpoint.parse(text_of(note)).size))


def notes_in(text: str) -> Iterator[str]:
    """The notes that a file holds one after another: one ends where a line follows its signatures that is none."""
    note, signed = "", False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        signature = line.startswith(_SIGNATURE)
        if signed and not signature:
            yield note
            note = ""
        note, signed = note + line, signature
    if note:
        yield note
