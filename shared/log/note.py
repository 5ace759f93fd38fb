"""Signed notes and checkpoints, in the form that transparency logs exchange (C2SP; Ed25519).

A note is text, an empty line, and signature lines `— <name> <base64(key hash ‖ signature)>`. A checkpoint is
a note whose text states a log's size and root: `origin`, the size in decimals, the root in base64, each on
its line.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.log.tree import HASH_BYTES

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_KEY_HASH_BYTES: Final = 4
_MOST_SIGNATURES: Final = 100  # as the Go implementation: a bound on what a stranger can make us verify
_MOST_BYTES: Final = 1_000_000
PRIVATE: Final = "PRIVATE+KEY+"


class NoteRefused(ValueError):
    """A note, checkpoint or key that cannot be used: malformed, altered, or not signed by a known key."""


class Known(Protocol):
    """A public key whose signatures can be judged."""

    @property
    def name(self) -> str: ...

    @property
    def key_hash(self) -> bytes: ...

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key signed the text."""
        ...


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name that it signs under: `<name>+<key hash>+<base64(0x01 ‖ public key)>`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Raises `NoteRefused`."""
        return cls(*parse_key(text.rstrip("\n"), _ED25519, cls._hash_of))

    @property
    def key_hash(self) -> bytes:
        return self._hash_of(self.name, self.public)

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return key_text(self.name, self.key_hash, _ED25519, self.public)

    @staticmethod
    def _hash_of(name: str, public: bytes) -> bytes:
        return hash_of_key(name, _ED25519, public)


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A private key and the name that it signs under: `PRIVATE+KEY+<name>+<key hash>+<base64(0x01 ‖ seed)>`.

    It has no readable form but `secret()`, so that no log line can show it.
    """

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> "Signer":
        check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Raises `NoteRefused`, whose message holds nothing of the key."""
        if not text.startswith(PRIVATE):
            raise NoteRefused("not a signer key")
        body = text.rstrip("\n").removeprefix(PRIVATE)
        return cls(*parse_key(body, _ED25519, lambda name, seed: cls(name, seed).verifier.key_hash))

    @property
    def verifier(self) -> Verifier:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Verifier(self.name, private.public_key().public_bytes_raw())

    def secret(self) -> str:
        """The key in its stored form."""
        return PRIVATE + key_text(self.name, self.verifier.key_hash, _ED25519, self.seed)

    def signature_line(self, text: str) -> str:
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return signature_line(self.name, self.verifier.key_hash, signature)


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: its text, who is shown to have signed it, and the signature lines of unknown keys."""

    text: str
    signed_by: tuple[Known, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: at this size, this root (the tree head of RFC 9162 §4.9, in C2SP's form)."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text. Our logs write no extension lines, and none are taken. Raises `NoteRefused`."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise NoteRefused("a checkpoint has three lines: origin, size and root")
        origin, size, root = lines[:3]
        return cls(origin, read_size(size), read_hash(root))

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def sign(text: str, *signers: Signer) -> str:
    """The note that says `text`, signed. Raises `NoteRefused` when the text cannot be that of a note."""
    _check_text(text)
    return text + "\n" + "".join(signer.signature_line(text) for signer in signers)


def open_note(note: str, verifiers: Iterable[Known]) -> Note:
    """The text of a note that at least one of these keys signed.

    Signatures of other keys are kept, not judged: witnesses add theirs. Raises `NoteRefused` when the note is
    malformed, when a signature of one of these keys does not fit, or when none of them signed.
    """
    text, signatures = _split(note)
    known = {(verifier.name, verifier.key_hash): verifier for verifier in verifiers}
    signed_by: dict[Known, None] = {}
    unknown: list[str] = []
    for line in signatures:
        name, key_hash, signature = parse_signature(line)
        verifier = known.get((name, key_hash))
        if verifier is None:
            unknown.append(line)
        elif verifier not in signed_by:
            if not verifier.verifies(text, signature):
                raise NoteRefused(f"the signature of {name} does not fit the text")
            signed_by[verifier] = None
    if not signed_by:
        raise NoteRefused("the note is not signed by a known key")
    return Note(text, tuple(signed_by), tuple(unknown))


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint of the log whose key this is: the key's name is the origin. Raises `NoteRefused`."""
    checkpoint = Checkpoint.parse(open_note(note, [verifier]).text)
    if checkpoint.origin != verifier.name:
        raise NoteRefused("the checkpoint is another log's")
    return checkpoint


def text_of(note: str) -> str:
    """The text of a note, whoever signed it: nothing is shown by it yet. Raises `NoteRefused`."""
    return _split(note)[0]


def read_size(said: str) -> int:
    """A size as notes write it: decimal, without leading zeros. Raises `NoteRefused`."""
    if not (said.isascii() and said.isdigit()) or len(said) > 19 or str(int(said)) != said:
        raise NoteRefused("the size is not a plain decimal number")
    return int(said)


def read_hash(said: str) -> bytes:
    """A SHA-256 hash as notes write it: base64 in its one canonical form. Raises `NoteRefused`."""
    hash_ = decode(said)
    if len(hash_) != HASH_BYTES:
        raise NoteRefused("this is not a SHA-256 hash")
    return hash_


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > _MOST_BYTES:
        raise NoteRefused("the note is too large")
    head, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise NoteRefused("a note is text, an empty line and signatures")
    _check_text(head + "\n")
    signatures = tail[:-1].split("\n")
    if len(signatures) > _MOST_SIGNATURES:
        raise NoteRefused("the note has too many signatures")
    return head + "\n", signatures


def parse_signature(line: str) -> tuple[str, bytes, bytes]:
    """Name, key hash and signature of a line. Raises `NoteRefused`."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—":
        raise NoteRefused("a signature line begins with a dash")
    check_name(name)
    raw = decode(encoded)
    if len(raw) <= _KEY_HASH_BYTES:
        raise NoteRefused("a signature is too short")
    return name, raw[:_KEY_HASH_BYTES], raw[_KEY_HASH_BYTES:]


def signature_line(name: str, key_hash: bytes, signature: bytes) -> str:
    """A signature as a note has it."""
    return f"— {name} {b64encode(key_hash + signature).decode()}\n"


def hash_of_key(name: str, algorithm: bytes, public: bytes) -> bytes:
    """What tells a key from others of its name."""
    return sha256(name.encode() + b"\n" + algorithm + public).digest()[:_KEY_HASH_BYTES]


def parse_key(text: str, algorithm: bytes, hash_of: Callable[[str, bytes], bytes]) -> tuple[str, bytes]:
    """Name and value of a key of 32 bytes. Raises `NoteRefused`."""
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    check_name(name)
    raw = decode(encoded)
    if len(raw) != 1 + _KEY_BYTES or raw[:1] != algorithm:
        raise NoteRefused("not an Ed25519 key of this kind")
    if hash_of(name, raw[1:]).hex() != key_hash:
        raise NoteRefused("the key's name, hash and value do not belong together")
    return name, raw[1:]


def key_text(name: str, key_hash: bytes, algorithm: bytes, key: bytes) -> str:
    """A key as it is handed on."""
    return f"{name}+{key_hash.hex()}+{b64encode(algorithm + key).decode()}"


def check_name(name: str) -> None:
    """Raises `NoteRefused` for what is no key's name."""
    if not name or "+" in name or any(letter.isspace() or not letter.isprintable() for letter in name):
        raise NoteRefused("a key's name is not empty and has no spaces and no plus signs")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise NoteRefused("a note's text ends with a newline and has no control characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteRefused("a note's text is not Unicode") from None


def decode(encoded: str) -> bytes:
    """Base64 in its one canonical form: two spellings of one note would be two notes."""
    try:
        raw = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused("not base64") from None
    if b64encode(raw).decode() != encoded:
        raise NoteRefused("not canonical base64")
    return raw
