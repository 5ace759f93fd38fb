"""The product's own verification of a bundle, in one pass and flat memory (but for the last version of each stream).

With `exact` it says what `verify.py` says. They share no line, so that one checks the other: here msgspec decodes,
OpenSSL verifies signatures, and hashes are folded a page at a time.
"""

import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec

from shared.audit.bundle.container import Container
from shared.audit.bundle.findings import BadBundle, Finding
from shared.audit.bundle.layout import (
    CHECKPOINTS,
    EVENTS,
    LEAVES,
    LEDGERS,
    MANIFEST,
    MOST_LINE,
    SIGNATURE,
    Manifest,
    ManifestRefused,
    checkpoint_name,
    ledger_name,
    read_json,
    rotation_names,
    signed_text,
)
from shared.audit.bundle.subtrees import Growing, pieces
from shared.audit.vouching import NotCosigned, vouching
from shared.errors import Unusable
from shared.log.cosigning import Witness
from shared.log.keys import origin
from shared.log.note import Checkpoint, NoteRefused, Verifier, open_note, text_of
from shared.log.signing import KeyChain, Rotation
from shared.log.tree import HASH_BYTES

_PIECE: Final = 2 << 20
_SIGNED: Final = re.compile(r"[!-~]+\n[0-9a-f]{64}\n")
"""What `manifest.sig` says."""
_NO_KEY: Final = (
    "未给出公钥（none was given），什么也未证明，只与包内自带的公钥相符。\n"
    "NOTHING IS PROVEN but that this agrees with a key that came with it: give --key."
)
_TURN_SECONDS: Final = 0.0005
"""How long a thread keeps the interpreter while the other waits: by default 5 ms, many times a piece."""
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, MemoryError)
"""What reading a damaged zip brings about: a wrong checksum, a broken stream, a file that is encrypted or larger than
this machine's memory."""

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BundleVerified:
    """What was found."""

    ok: bool
    manifest: Manifest | None
    """None where it is not the one that was signed."""
    root: bytes | None
    """Over `manifest.size` events, recomputed; none when something was found."""
    key_given: bool
    checkpoints: int
    vouched: Mapping[Witness, int]
    """Up to which size each witness that was given has cosigned."""
    exact: bool
    """Whether events were held to canonical form, too."""
    bad: BadBundle | None

    def as_json(self) -> dict[str, Any]:
        """The contract's shape; scores are recomputed by `rescore.py`, ledgers by a replay."""
        said = self.manifest
        about: dict[str, Any] = dict.fromkeys(("log", "from", "to", "size", "public_key"))
        if said is not None:
            about = {
                "log": said.log, "from": said.first, "to": said.last, "size": said.size,
                "public_key": str(said.public_key),
            }  # fmt: skip
        return {
            "ok": self.ok, **about, "root": None if self.root is None else self.root.hex(), "ledgers": [],
            "scores": {"checked": 0, "equal": 0}, "checkpoints": self.checkpoints, "key_given": self.key_given,
            "exact": self.exact, "witnesses": [{"key": str(one), "size": size} for one, size in self.vouched.items()],
            "first_bad": None if self.bad is None else self.bad.as_json(),
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        if self.bad is not None:
            return f"{self.bad.reason_zh} {self.bad.reason}"
        said = self.manifest
        assert said is not None, "what is well has a manifest"
        lines = [
            f"log {said.log}: events {said.first} to {said.last} hold, under the signed root over {said.size} events:",
            "" if self.root is None else self.root.hex(),
            f"{self.checkpoints} signed checkpoints hold.",
            f"Public key: {said.public_key}",
        ]
        if not self.key_given:
            lines = [_NO_KEY, *lines]
        if not self.exact:
            lines.append(
                "事件是否为规范格式未查，--exact 或 verify.py 查。 Canonical form was not looked at: --exact does."
            )
        if said.last - said.first + 1 < said.size:
            lines.append("其前后的事件不在此包中。 The events before and behind these are not in this bundle.")
        if said.ledgers:
            lines.append("台账是单位的陈述，未经此处证明。 ledgers/ is the office's statement, and not proven by this.")
        lines += [f"{one.name} vouches for the first {size} events." for one, size in self.vouched.items()]
        return "\n".join(lines)


def verify_bundle(
    path: Path, key: str | None = None, held: Sequence[str] = (), told: Told = lambda done, total: None,
    witnesses: Sequence[Witness] = (), *, exact: bool = False,
) -> BundleVerified:  # fmt: skip
    """Verify a bundle against its manifest, the log's public key, and checkpoints that were kept.

    `key` may be any of the log's keys. Without one the bundle is held against the key that it names itself, which shows
    that it agrees with itself. Each of the `witnesses` must have cosigned a checkpoint. `exact` asks, as `verify.py`
    does, that every event has the members of one and is in canonical form, which takes twice as long. Raises
    `Unusable` for what is no bundle, no key, or no checkpoint.
    """
    trusted = _key(key) if key is not None else None
    kept = [_readable(note) for note in held]
    checking = _Checking(trusted, kept, witnesses, told, exact=exact)
    try:
        with Container(path) as container, _short_turns():
            checking.run(container)
    except Finding as found:
        return checking.verified(found.bad)
    except _DAMAGED as error:
        raise Unusable(
            "bundle_unusable", f"{path} 已损坏，无法读完。", f"{path} is damaged: {type(error).__name__}: {error}"
        ) from None
    return checking.verified(None)


@contextmanager
def _short_turns() -> Iterator[None]:
    """For as long as one thread unpacks what the other looks at."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _key(text: str) -> Verifier:
    try:
        return Verifier.parse(text)
    except NoteRefused as refused:
        raise Unusable(
            "key_unusable", "所给公钥不是验证密钥。", f"The given key is no verifier key: {refused}."
        ) from None


def _readable(note: str) -> str:
    """A checkpoint that was kept, whoever signed it; raises `Unusable` for what is none."""
    try:
        Checkpoint.parse(text_of(note))
    except NoteRefused as refused:
        raise Unusable(
            "checkpoint_refused", "所给文件不是检查点。", f"A given file is not a checkpoint: {refused}."
        ) from None
    return note


@dataclass(frozen=True, slots=True)
class _Due:
    """A root that the tree must have, and what signed it."""

    root: bytes
    by: str


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Checking:
    """One verification, to its first finding or to its end."""

    def __init__(
        self, trusted: Verifier | None, held: Sequence[str], witnesses: Sequence[Witness], told: Told, *, exact: bool
    ) -> None:  # fmt: skip
        self._trusted, self._held, self._told, self._exact = trusted, held, told, exact
        self._vouched = dict.fromkeys(witnesses, 0)
        self._manifest: Manifest | None = None
        self._due: dict[int, list[_Due]] = {}
        self._root: bytes | None = None
        self._hashed: Mapping[str, str] = {}
        self._met = 0

    def verified(self, bad: BadBundle | None) -> BundleVerified:
        root = self._root if bad is None else None
        given = self._trusted is not None
        return BundleVerified(
            bad is None, self._manifest, root, given, self._met, self._vouched, self._exact, bad
        )  # fmt: skip

    def run(self, container: Container) -> None:
        """Raises `Finding`, or `Unusable` for what is no bundle."""
        said = self._manifest_of(container)
        self._manifest = said
        chain = self._chain(container, said)
        self._take_checkpoints(container, said, chain)
        growing = Growing()
        if not growing.fill(said.left, said.first):
            raise Finding("hashes", file=MANIFEST)
        self._hashed = _Walk(said, growing, self._meet, self._told, exact=self._exact).run(container)
        if not growing.fill(said.right, said.size):
            raise Finding("hashes", file=MANIFEST)
        self._meet(growing)
        self._root = growing.root()
        self._prove(said, self._root)
        self._files(container, said)

    def _manifest_of(self, container: Container) -> Manifest:
        """The manifest, signed by the key that it names, and naming every file."""
        raw, note = container.read(MANIFEST), container.read(SIGNATURE)
        try:
            stated = text_of(note.decode())
        except (NoteRefused, UnicodeDecodeError):
            raise Finding("manifest", file=SIGNATURE) from None
        if _SIGNED.fullmatch(stated) is None:
            raise Finding("manifest", file=SIGNATURE)
        if stated.split("\n")[1] != sha256(raw).hexdigest():
            raise Finding("manifest", file=MANIFEST)
        try:
            said = Manifest.parse(raw)
            if stated != signed_text(said.log, raw):
                raise ManifestRefused("it was signed as another log's")
        except ManifestRefused:
            raise Unusable(
                "bundle_unusable", "清单不是 sanguan-bundle/1 格式。", "The manifest is not that of a sanguan-bundle/1."
            ) from None
        try:
            open_note(note.decode(), [said.public_key])
        except NoteRefused as refused:
            raise Finding("manifest_signature", file=SIGNATURE, why=refused) from None
        if differing := {*said.files} ^ (container.names - {MANIFEST, SIGNATURE}):
            raise Finding("files", file=min(differing))
        return said

    def _chain(self, container: Container, said: Manifest) -> KeyChain:
        """The log's keys, in turn."""
        rotations: list[Rotation] = []
        for name in rotation_names(container.names):
            try:
                rotation = Rotation.parse(_text(container, name) if name in container.names else "")
                KeyChain((rotations or [rotation])[0].old, (*rotations, rotation))
                if rotation.size > said.size or rotation.new.name != origin(said.log):
                    raise NoteRefused("it is of another size or log")
            except NoteRefused as refused:
                raise Finding("rotation", file=name, why=refused) from None
            rotations.append(rotation)
            self._due.setdefault(rotation.size, []).append(_Due(rotation.root, name))
        chain = KeyChain(rotations[0].old if rotations else said.public_key, tuple(rotations))
        if chain.current != said.public_key:
            raise Finding("last_key", file=MANIFEST)
        if self._trusted is not None and self._trusted not in chain.keys:
            raise Finding("other_key", file=MANIFEST)
        return chain

    def _take_checkpoints(self, container: Container, said: Manifest, chain: KeyChain) -> None:
        notes = {name: _text(container, name) for name in sorted(container.names) if name.startswith(CHECKPOINTS)}
        own = {*notes}
        notes |= {f"a kept checkpoint ({number})": note for number, note in enumerate(self._held, 1)}
        for name, note in notes.items():
            try:
                signed = chain.open(note)
                self._cosigned(name, signed.size, note)
            except NoteRefused as refused:
                raise Finding("checkpoint", file=name, why=refused) from None
            if name in own and name != checkpoint_name(signed.size):
                raise Finding("checkpoint", file=name, why="it is another checkpoint")
            self._due.setdefault(signed.size, []).append(_Due(signed.root, name))
        if said.size not in self._due:
            raise Finding("no_checkpoint", file=MANIFEST)
        for witness, size in self._vouched.items():
            if not size:
                raise Finding("not_witnessed", witness=witness.name)

    def _cosigned(self, name: str, size: int, note: str) -> None:
        """Take up who of the witnesses cosigned a checkpoint."""
        try:
            found = vouching(note, [*self._vouched])
        except NotCosigned as refused:
            raise Finding("cosignature", file=name, witness=refused.witness) from None
        self._vouched |= {witness: max(size, self._vouched[witness]) for witness in found}

    def _meet(self, growing: Growing) -> int | None:
        """Compare the tree with what was signed of its size; gives the next size of which something was."""
        for due in self._due.pop(growing.size, ()):
            if due.root != growing.root():
                raise Finding("root", file=due.by, size=growing.size)
            self._met += due.by.startswith(CHECKPOINTS)
        return min((size for size in self._due if size > growing.size), default=None)

    def _prove(self, said: Manifest, root: bytes) -> None:
        """What was signed of sizes that were not passed: the manifest's proofs lead from there to the root."""
        for size, due in sorted(self._due.items()):
            by = due[0].by
            if size > said.size:
                raise Finding("shorter", file=by, size=size)
            if size not in said.proofs:
                raise Finding("no_proof", file=by, size=size)
            proof, grown = said.proofs[size], Growing()
            upto = len([*pieces(0, size)])
            grown.fill(proof[:upto], size)
            if any(one.root != grown.root() for one in due):
                raise Finding("root", file=by, size=size)
            if not grown.fill(proof[upto:], said.size) or grown.root() != root:
                raise Finding("proof", file=by, size=size)

    def _files(self, container: Container, said: Manifest) -> None:
        """The bytes of every file, the rows of every ledger, and that no key of JSON stands twice."""
        ledgers = {ledger_name(name): ledger for name, ledger in said.ledgers.items()}
        for name in sorted({name for name in said.files if name.startswith(LEDGERS)} ^ ledgers.keys()):
            raise Finding("ledger", file=name)
        for name in sorted(said.files):
            if name in self._hashed:
                if self._hashed[name] != said.files[name]:
                    raise Finding("file", file=name)
                continue
            digest, rows = sha256(), 0
            with container.open(name) as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    rows += piece.count(b"\n")
            if digest.hexdigest() != said.files[name]:
                raise Finding("file", file=name)
            if (ledger := ledgers.get(name)) is not None and (
                (rows, said.files[name]) != (ledger.rows, ledger.digest) or not -1 <= ledger.position <= said.last
            ):
                raise Finding("ledger", file=name)
            if name.endswith(".json"):
                try:
                    _ = read_json(container.read(name))
                except (ValueError, RecursionError):
                    raise Finding("json", file=name) from None


class _Event(msgspec.Struct, gc=False):
    """What is looked at of an event."""

    log: str
    stream: str
    version: int


class _Whole(_Event, gc=False, forbid_unknown_fields=True):
    """All of an event: it has these members and no others."""

    actor: Any
    cause: Any
    command_id: Any
    data: Any
    facts_at: Any
    occurred_at: Any
    ordinal: Any
    recorded_at: Any
    type: Any


def _no_float(written: str) -> float:
    raise ValueError("the record's numbers are whole")


_decoder: Final = msgspec.json.Decoder(_Event)
_exact: Final = msgspec.json.Decoder(_Whole, float_hook=_no_float)
_canonical: Final = msgspec.json.Encoder(order="sorted")
_NO_EVENT: Final = (msgspec.MsgspecError, ValueError, RecursionError)


class _Walk:
    """One pass over the events."""

    def __init__(
        self, said: Manifest, growing: Growing, meet: Callable[[Growing], int | None], told: Told, *, exact: bool
    ) -> None:  # fmt: skip
        self._said, self._growing, self._meet, self._told, self._exact = said, growing, meet, told, exact
        self._next: int | None = None
        self._versions: dict[str, int] = {}

    def run(self, container: Container) -> Mapping[str, str]:
        """The digests of the two files that are read. Raises `Finding`."""
        said, total = self._said, self._said.last + 1 - self._said.first
        self._next = self._meet(self._growing)
        digests = {name: sha256() for name in (EVENTS, LEAVES)}
        for name in digests:
            if name not in container.names:
                raise Finding("files", file=name)
        with container.open(EVENTS) as events, container.open(LEAVES) as leaves:
            for piece, lines in _lines(_pieces(events, digests[EVENTS]), self._growing, said.last + 1):
                stated = leaves.read(len(lines) * HASH_BYTES)
                digests[LEAVES].update(stated)
                sound, fault = self._judged(piece, lines, stated)
                self._grow(sound)  # may find something in front of the fault
                if fault is not None:
                    raise fault
                self._told(self._growing.size - said.first, total)
            if self._growing.size <= said.last:
                raise Finding("event", position=self._growing.size, file=EVENTS)
            if leaves.read(1):
                raise Finding("file", file=LEAVES)
        return {name: digest.hexdigest() for name, digest in digests.items()}

    def _judged(self, piece: memoryview, lines: Sequence[bytes], stated: bytes) -> tuple[bytes, Finding | None]:
        """The leaves of the events that are sound, and what ended them."""
        hashes = b"".join([sha256(b"\x00" + line).digest() for line in lines])
        at, count = self._growing.size, len(lines)
        altered = count if hashes == stated else _first_difference(hashes, stated)
        at_once = altered == count and not self._exact
        events = _read(piece, lines) if at_once else _read_one_by_one(lines[:altered], exact=self._exact)
        for number, code in self._out_of_turn(events):
            return hashes[: number * HASH_BYTES], Finding(code, position=at + number, file=EVENTS)
        if (sound := len(events)) < altered:
            return hashes[: sound * HASH_BYTES], Finding("no_event", position=at + sound, file=EVENTS)
        if altered < count:
            return hashes[: altered * HASH_BYTES], Finding("event", position=at + altered, file=EVENTS)
        return hashes, None

    def _out_of_turn(self, events: Sequence[_Event]) -> Iterator[tuple[int, str]]:
        """Which event does not follow those before it, and in what."""
        versions, log, part = self._versions, self._said.log, self._said.first > 0
        for number, event in enumerate(events):
            stream, version = event.stream, event.version
            # In a part of a log a stream may go on from anywhere.
            if versions.get(stream, version - 1 if part else 0) + 1 != version or version < 1:
                yield number, "version"
            if event.log != log:
                yield number, "no_event"
            versions[stream] = version

    def _grow(self, leaves: bytes) -> None:
        """Extend the tree, and stop at every size of which something was signed."""
        while leaves:
            room = len(leaves) if self._next is None else (self._next - self._growing.size) * HASH_BYTES
            self._growing.extend(leaves[:room])
            leaves = leaves[room:]
            if self._growing.size == self._next:
                self._next = self._meet(self._growing)


def _read(piece: memoryview, lines: Sequence[bytes]) -> Sequence[_Event]:
    """The events of these lines, up to the first that is none. The piece holds all of them but the beginning of the
    first: read at once they take half the time."""
    try:
        events = [*map(_decoder.decode, lines[:1]), *_decoder.decode_lines(piece)]
        if len(events) == len(lines):
            return events
    except _NO_EVENT:
        pass
    return _read_one_by_one(lines, exact=False)


def _read_one_by_one(lines: Iterable[bytes], *, exact: bool) -> Sequence[_Event]:
    events: list[_Event] = []
    for line in lines:
        try:
            event = _exact.decode(line) if exact else _decoder.decode(line)
            if exact and _canonical.encode(event) != line:
                break
        except _NO_EVENT:
            break
        events.append(event)
    return events


def _text(container: Container, name: str) -> str:
    """A note; what is no text is none, which whoever reads it says."""
    try:
        return container.read(name).decode()
    except UnicodeDecodeError:
        return ""


def _pieces(file: IO[bytes], digest: _Digest) -> Iterator[bytes]:
    """A file, piece by piece, and its digest: while one piece is looked at, the next is unpacked and hashed."""

    def read() -> bytes:
        piece = file.read(_PIECE)
        digest.update(piece)
        return piece

    with ThreadPoolExecutor(1, thread_name_prefix="bundle") as reader:
        coming = reader.submit(read)
        while piece := coming.result():
            coming = reader.submit(read)
            yield piece


def _lines(pieces: Iterator[bytes], growing: Growing, end: int) -> Iterator[tuple[memoryview, list[bytes]]]:
    """Whole lines as they come, and the piece of the file that holds all but the first of them. Raises `Finding` where
    one does not end, or where there are more than events."""
    rest = b""
    for piece in pieces:
        lines = piece.split(b"\n")
        lines[0], within = rest + lines[0], len(lines[0])
        rest = lines.pop()
        if growing.size + len(lines) > end:
            yield memoryview(b""), lines[: end - growing.size]
            raise Finding("more_events", file=EVENTS)
        if lines and len(lines[0]) >= MOST_LINE:
            raise Finding("event", position=growing.size, file=EVENTS)
        if lines:
            yield memoryview(piece)[within + 1 : len(piece) - len(rest)], lines
        if len(rest) >= MOST_LINE:
            raise Finding("event", position=growing.size, file=EVENTS)
    if rest and growing.size == end:
        raise Finding("more_events", file=EVENTS)
    if rest:
        raise Finding("event", position=growing.size, file=EVENTS)


def _first_difference(hashes: bytes, stated: bytes) -> int:
    """Which hash is the first that differs, or is not there."""
    starts = range(0, len(hashes), HASH_BYTES)
    return next(n for n, at in enumerate(starts) if hashes[at : at + HASH_BYTES] != stated[at : at + HASH_BYTES])
