"""Wrapping 密钥封装: every stored key is sealed under a master key 主密钥, which no database holds.

`Wrapping` is all that the rest knows of it. `Masters` has the master keys in hand, from files or settings. A key
service (KMS) or a hardware module would be another class of the same three methods, made in `masters_of`: its `wrap`
and `unwrap` would ask the service, and its `name` be the name that the service gives to its key's version.

What is wrapped begins with the suite's number and the master's name, so that the master key can change while
everything stays readable (`shared.log.rotation`). What was wrapped before there were names begins with a nonce.
"""

import contextlib
import hashlib
import os
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag

from shared.log.keys import KeyUnusable
from shared.log.randomness import random_bytes
from shared.log.suites import AES, NONCE, SUITES, Cipher, Suite, usable
from shared.settings import Settings, load

_NAME: Final = 8
"""Bytes of a master's name as it stands in front of what it wrapped."""
HEADER: Final = 1 + _NAME
KEY_OF_BEFORE: Final = NONCE + 32 + 16
"""Bytes of a key that was wrapped before masters had names: none is as long today."""
LOOK_SECONDS: Final = 1.0
"""How long another process may go on wrapping under the master key of before, after it was changed."""


class MasterUnknown(Exception):
    """No master key at hand opens it."""


class Wrapping(Protocol):
    """Seals keys under a master key. `context` says whose key it is: what was wrapped for another does not open."""

    @property
    def name(self) -> str:
        """The name of the master key that wraps from now on."""

    def wrap(self, raw: bytes, context: bytes) -> bytes:
        """A key, sealed."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The key again; raises `MasterUnknown`."""

    def is_current(self, wrapped: bytes) -> bool:
        """Whether it would be wrapped the same way today."""


class Masters:
    """Master keys in hand: the first wraps, all of them unwrap."""

    def __init__(
        self,
        keys: Sequence[bytes],
        *,
        suite: Suite = AES,
        random: Callable[[int], bytes] = random_bytes,
        again: Callable[[], Sequence[bytes]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`again` gives the keys as they are now: a running process learns of a new one by it."""
        self._suite, self._random, self._again, self._monotonic = suite, random, again, monotonic
        self._known: dict[str, bytes] = {}
        self._ciphers: dict[tuple[str, bytes], Cipher] = {}
        self._hold(keys)
        self._looked_at = monotonic()

    @property
    def name(self) -> str:
        return self._current

    @property
    def names(self) -> tuple[str, ...]:
        """All that are known, the current one first."""
        return (self._current, *(name for name in self._known if name != self._current))

    def wrap(self, raw: bytes, context: bytes) -> bytes:
        if self._monotonic() - self._looked_at >= LOOK_SECONDS:
            self._look_again()
        header, cipher = self._wraps
        nonce = self._random(NONCE)
        return header + nonce + cipher.encrypt(nonce, raw, header + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        raw = self._opened(wrapped, context)
        if raw is None and self._again is not None:
            self._look_again()
            raw = self._opened(wrapped, context)
        if raw is None:
            raise MasterUnknown("it is wrapped under another master key")
        return raw

    def is_current(self, wrapped: bytes) -> bool:
        return wrapped[:HEADER] == self._wraps[0]

    def of_before(self, wrapped: bytes | None, context: bytes) -> bytes:
        """The master key under which something was wrapped before masters had names; the oldest for None."""
        for master in self._known.values():
            if wrapped is not None and _opened(self._cipher(AES, master), wrapped, context) is not None:
                return master
        return [*self._known.values()][-1]

    def _opened(self, wrapped: bytes, context: bytes) -> bytes | None:
        header, master = wrapped[:HEADER], self._known.get(wrapped[1:HEADER].hex())
        suite = SUITES.get(chr(wrapped[0])) if wrapped else None
        if master is not None and suite is not None:
            raw = _opened(self._cipher(suite, master), wrapped[HEADER:], header + context)
            if raw is not None:
                return raw
        for one in self._known.values():  # as it was wrapped before masters had names
            if (raw := _opened(self._cipher(AES, one), wrapped, context)) is not None:
                return raw
        return None

    def _cipher(self, suite: Suite, master: bytes) -> Cipher:
        at = suite.number, master
        if (cipher := self._ciphers.get(at)) is None:
            cipher = self._ciphers[at] = suite.cipher(hashlib.sha256(b"sanguan wrap\0" + master).digest())
        return cipher

    def _look_again(self) -> None:
        """Learn what has come. What was known stays known here: this process may hold what it wrapped."""
        self._looked_at = self._monotonic()
        if self._again is not None:
            self._hold(self._again())

    def _hold(self, keys: Sequence[bytes]) -> None:
        self._known = self._known | {master_name(key): key for key in keys}
        self._current = master_name(keys[0])
        header = self._suite.number.encode() + bytes.fromhex(self._current)
        self._wraps = header, self._cipher(self._suite, keys[0])  # at once: several threads wrap


def _opened(cipher: Cipher, wrapped: bytes, context: bytes) -> bytes | None:
    try:
        return cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], context)
    except (InvalidTag, ValueError):
        return None


def master_name(master: bytes) -> str:
    """The short name of a master key: it tells two apart, and nothing else."""
    return hashlib.sha256(b"sanguan master\0" + master).hexdigest()[: 2 * _NAME]


def wrapped_under(wrapped: bytes) -> str:
    """The name of the master that a key is wrapped under; empty for what was wrapped before masters had names."""
    return "" if len(wrapped) == KEY_OF_BEFORE else wrapped[1:HEADER].hex()


# where master keys are kept -------------------------------------------------------------------------------------------


def masters_of(settings: Settings) -> Masters:
    """The master keys of an installation: from the settings, else from its files, made on first use."""
    return Masters(_keys(settings), suite=usable(settings.suite), again=lambda: _keys(settings))


def _keys(settings: Settings) -> Sequence[bytes]:
    """The current one first. Settings that stand in secret files are read again."""
    if settings.master_key is None:
        return read_files(settings.keys_dir)
    now = load(settings.data_dir)
    given = settings if now.master_key is None else now
    assert given.master_key is not None
    return [b64decode(given.master_key), *map(b64decode, given.master_keys_old)]


def read_files(directory: Path) -> Sequence[bytes]:
    """`master.key`, and the older ones beside it, `master.<name>.key`."""
    current = load_master(directory / "master.key")
    found = [load_master(path) for path in older_files(directory)]
    return [current, *(key for key in found if key != current)]


def older_files(directory: Path) -> Sequence[Path]:
    """The files of older master keys."""
    return sorted(directory.glob("master.*.key"))


def promote(directory: Path, new: bytes) -> None:
    """Put a new master key in the place of the current one, which stays beside it under its name. A crash leaves the
    one or the other, and loses neither."""
    current = load_master(directory / "master.key")
    if new == current:
        return
    _keep(directory / f"master.{master_name(current)}.key", current)
    draft = _draft(directory / "master.key", new)
    draft.rename(directory / "master.key")
    _settle(directory)


def load_master(path: Path) -> bytes:
    """The secret key in a file of mode 0600, made on first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(path, secrets.token_bytes(32))
    try:
        key = b64decode(path.read_bytes())
    except ValueError:
        key = b""
    if len(key) < 32:
        raise KeyUnusable(
            f"{path} 中没有完整的 32 字节密钥：请从备份恢复。",
            f"{path} holds no key of 32 bytes: restore it from its backup",
        )
    return key


def _keep(path: Path, key: bytes) -> None:
    """Write a key to a file that is not there yet; whoever is first wins, the others read his."""
    draft = _draft(path, key)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    _settle(path.parent)


def _draft(path: Path, key: bytes) -> Path:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    part.touch(mode=0o600, exist_ok=False)
    with part.open("wb") as file:
        file.write(b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())  # a key that a power cut takes would take all that is sealed under it
    return part


def _settle(directory: Path) -> None:
    """The directory's entries survive a power cut, too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
