"""Cosignatures: what a witness adds to a checkpoint (C2SP tlog-cosignature, `cosignature/v1`, Ed25519).

A cosignature says that at its time the witness had seen no larger tree of this log, and that every tree it saw before
is the beginning of this one. It is one more signature line of the note; whoever does not know the witness ignores it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.log.note import (
    PRIVATE,
    NoteRefused,
    check_name,
    hash_of_key,
    key_text,
    open_note,
    parse_key,
    parse_signature,
    signature_line,
)

_COSIGNATURE: Final = b"\x04"
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_LATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its public key: `<name>+<key hash>+<base64(0x04 ‖ public key)>`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Witness":
        """Raises `NoteRefused`."""
        return cls(*parse_key(text.rstrip("\n"), _COSIGNATURE, cls._hash_of))

    @property
    def key_hash(self) -> bytes:
        return self._hash_of(self.name, self.public)

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this witness cosigned a checkpoint's text, at the time that the signature names."""
        if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES or (at := time_of(signature)) > _LATEST:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[_TIME_BYTES:], _message(text, at))
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return key_text(self.name, self.key_hash, _COSIGNATURE, self.public)

    @staticmethod
    def _hash_of(name: str, public: bytes) -> bytes:
        return hash_of_key(name, _COSIGNATURE, public)


@dataclass(frozen=True, slots=True, repr=False)
class Cosigner:
    """A witness's private key: `PRIVATE+KEY+<name>+<key hash>+<base64(0x04 ‖ seed)>`. No log line can show it."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> "Cosigner":
        check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Cosigner":
        """Raises `NoteRefused`, whose message holds nothing of the key."""
        if not text.startswith(PRIVATE):
            raise NoteRefused("not a signer key")
        body = text.rstrip("\n").removeprefix(PRIVATE)
        return cls(*parse_key(body, _COSIGNATURE, lambda name, seed: cls(name, seed).witness.key_hash))

    @property
    def witness(self) -> Witness:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Witness(self.name, private.public_key().public_bytes_raw())

    def secret(self) -> str:
        """The key in its stored form."""
        return PRIVATE + key_text(self.name, self.witness.key_hash, _COSIGNATURE, self.seed)

    def line(self, text: str, at: int) -> str:
        """The signature line over a checkpoint's text, at a time in whole seconds since 1970."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_message(text, at))
        return signature_line(self.name, self.witness.key_hash, at.to_bytes(_TIME_BYTES) + signature)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness cosigned a checkpoint."""

    witness: Witness
    at: int
    """When, by the witness's clock: whole seconds since 1970."""
    line: str


def cosignatures(note: str, witnesses: Iterable[Witness]) -> list[Cosignature]:
    """The cosignatures of these witnesses on a checkpoint; lines of keys that nobody named are ignored.

    Raises `NoteRefused` where there is none, or where one of them does not fit the checkpoint.
    """
    known = {(one.name, one.key_hash): one for one in witnesses}
    text = open_note(note, known.values()).text
    found: dict[Witness, Cosignature] = {}
    for line in note.removeprefix(text + "\n").rstrip("\n").split("\n"):
        name, key_hash, signature = parse_signature(line)
        witness = known.get((name, key_hash))
        if witness is not None and witness not in found:  # of two lines by one key, the first was judged
            found[witness] = Cosignature(witness, time_of(signature), f"{line}\n")
    return [*found.values()]


@dataclass(frozen=True, slots=True)
class WitnessAt:
    """A witness, and where it is asked."""

    url: str
    witness: Witness


def witnesses_in(text: str) -> list[WitnessAt]:
    """The witnesses of a list `URL KEY`, separated by commas or on a line each. Raises `NoteRefused`."""
    found: dict[Witness, WitnessAt] = {}
    for entry in filter(None, (one.strip() for one in text.replace(",", "\n").split("\n"))):
        url, _, key = entry.partition(" ")
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise NoteRefused("a witness is its URL, a space and its key")
        witness = Witness.parse(key.strip())
        if witness in found:
            raise NoteRefused("a witness is named twice")
        found[witness] = WitnessAt(url.rstrip("/"), witness)
    return [*found.values()]


def time_of(signature: bytes) -> int:
    """The time that a cosignature names."""
    return int.from_bytes(signature[:_TIME_BYTES])


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
