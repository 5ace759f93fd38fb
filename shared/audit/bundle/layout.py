"""What a bundle is made of: the names of its files, its manifest, and what services put in beside."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from shared.log.keys import origin
from shared.log.note import Verifier, read_hash, read_size

FORMAT: Final = "sanguan-bundle/1"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
EVENTS: Final = "events.ndjson"
LEAVES: Final = "leaves.bin"
VERIFY: Final = "verify.py"
SCRIPT: Final = Path(__file__).parents[1] / "scripts" / VERIFY
RESCORE: Final = "rescore.py"
CHECKPOINTS: Final = "checkpoints/"
KEYS: Final = "keys/"
LEDGERS: Final = "ledgers/"

MOST_LINE: Final = 16 << 20
"""Bytes of an event's line."""
MOST_FILE: Final = 64 << 20
"""Bytes of a file that is read as a whole."""

_NAME: Final = re.compile(
    r"manifest\.(json|sig)|events\.ndjson|leaves\.bin|(verify|rescore)\.py|(checkpoints|keys)/[0-9]+\.txt"
    r"|ledgers/[\w.]+\.ndjson|(plans|rulebooks|calendars|scores)/\w[\w.:-]*\.json"
)
_LOG: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_MOST_SIZE: Final = 2**63
_ON_LEDGERS: Final = (
    "台账是本单位的陈述，此包不能证明；sanguan audit replay 由事件重算。 The files in ledgers/ are what the office "
    "says, and are not proven by this bundle: `sanguan audit replay` computes them from the events."
)


class Enclosure(NamedTuple):
    """A file that a service puts into a bundle: what it scores by, what it published, the script that recomputes it."""

    name: str
    content: bytes | Iterable[bytes]


class LedgerFile(NamedTuple):
    """A ledger as it was served: up to which position, how many rows, and their digest, which is the file's."""

    position: int
    rows: int
    digest: str


class ManifestRefused(ValueError):
    """What is no manifest of this format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle says of itself."""

    log: str
    first: int
    """The position of its first event: `from`."""
    last: int
    """That of its last one: `to`."""
    size: int
    """Of the newest checkpoint, under which they are."""
    public_key: Verifier
    """The key that the log signs with now."""
    left: tuple[bytes, ...]
    """The roots of the largest complete subtrees left of the first event, from left to right."""
    right: tuple[bytes, ...]
    """Those right of the last one, up to `size`."""
    proofs: Mapping[int, tuple[bytes, ...]]
    """For other sizes of which something was signed: the roots of the subtrees up to that size, and on to `size`."""
    ledgers: Mapping[str, LedgerFile]
    files: Mapping[str, str]
    """The SHA-256 of every file but the manifest and its signature, by name."""

    def written(self) -> bytes:
        """As the file has it: for people, too."""
        said = {
            "format": FORMAT, "log": self.log, "from": self.first, "to": self.last, "size": self.size,
            "public_key": str(self.public_key), "left": _base64(self.left), "right": _base64(self.right),
            "proofs": {str(size): _base64(hashes) for size, hashes in self.proofs.items()},
            "ledgers": {name: ledger._asdict() for name, ledger in self.ledgers.items()}, "files": dict(self.files),
            "about_ledgers": _ON_LEDGERS,
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def parse(cls, raw: bytes) -> "Manifest":
        """Raises `ManifestRefused`."""
        try:
            said = msgspec.convert(read_json(raw), _Said)
            made = cls(
                log=said.log, first=said.first, last=said.last, size=said.size,
                public_key=Verifier.parse(said.public_key), left=_hashes(said.left), right=_hashes(said.right),
                proofs={read_size(size): _hashes(hashes) for size, hashes in said.proofs.items()},
                ledgers={name: LedgerFile(one.position, one.rows, one.digest) for name, one in said.ledgers.items()},
                files=said.files,
            )  # fmt: skip
        except (msgspec.MsgspecError, ValueError, RecursionError):  # NoteRefused is a ValueError
            raise ManifestRefused("not a manifest") from None
        named = _LOG.fullmatch(made.log) and made.public_key.name == origin(made.log)
        if not named or said.format != FORMAT or not 0 <= made.first <= made.last < made.size < _MOST_SIZE:
            raise ManifestRefused("not a manifest of this format")
        return made


def signed_text(log: str, manifest: bytes) -> str:
    """What `manifest.sig` signs."""
    return f"{origin(log)}/bundle\n{sha256(manifest).hexdigest()}\n"


def is_name(name: str) -> bool:
    """Whether a bundle may have a file of this name. There are no others: what nobody looks for, nobody looks at."""
    return _NAME.fullmatch(name) is not None


def read_json(raw: bytes) -> Any:
    """What JSON says, if no key stands twice in an object and every number is whole: readers differ in what they make
    of any other. Raises `ValueError` or `RecursionError`."""
    return json.loads(raw.decode(), object_pairs_hook=_once, parse_float=int, parse_constant=int)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def checkpoint_name(size: int) -> str:
    return f"{CHECKPOINTS}{size}.txt"


def key_name(number: int) -> str:
    """Of the rotation of that number, from 1."""
    return f"{KEYS}{number}.txt"


def ledger_name(ledger: str) -> str:
    return f"{LEDGERS}{ledger}.ndjson"


class _SaidLedger(msgspec.Struct):
    position: int
    rows: int
    digest: str


class _Said(msgspec.Struct):
    """A manifest as JSON has it."""

    format: str
    log: str
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")
    size: int
    public_key: str
    left: list[str]
    right: list[str]
    proofs: dict[str, list[str]]
    ledgers: dict[str, _SaidLedger]
    files: dict[str, str]


def _base64(hashes: Iterable[bytes]) -> list[str]:
    return [b64encode(hash_).decode() for hash_ in hashes]


def _hashes(written: Iterable[str]) -> tuple[bytes, ...]:
    """Raises `NoteRefused`."""
    return tuple(read_hash(hash_) for hash_ in written)


def rotation_names(names: Iterable[str]) -> Iterator[str]:
    """Those that as many rotations as are there must have, in turn."""
    count = sum(name.startswith(KEYS) for name in names)
    return map(key_name, range(1, count + 1))
