"""The key pair that signs a log's checkpoints: `DATA_DIR/keys/<log>.key` and `<log>.pub`.

Both are signed-note keys; the first is secret. The public one is what an auditor or a witness is given, once. Where the
pair was changed (`shared.log.key_rotation`), `<log>.rotations` holds the notes that say so, one after another: what it
says is true from the moment that it is there, and whoever looks next puts the files in order.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from shared.errors import Unusable
from shared.log.note import NoteRefused, Signer, Verifier
from shared.log.signing import KeyChain, Rotation

_LOG: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")  # a log's name is part of a file's name


class KeyUnusable(Unusable):
    """A stored key is missing, incomplete, malformed, or not of its pair. The sentences hold nothing secret."""

    def __init__(self, detail_zh: str, detail_en: str) -> None:
        super().__init__("key_unusable", detail_zh, detail_en)


def origin(log: str) -> str:
    """The name under which a log's key signs, and the first line of its checkpoints."""
    return f"sanguan/{log}"


def load_or_create(data_dir: Path, log: str) -> Signer:
    """The log's signer; on the very first use a new pair is made (the secret file has mode 0600).

    Of two processes that start at once, both get the same key. A public key without its secret is refused: a
    new key in its place would make every checkpoint signed so far look forged. Raises `KeyUnusable`.
    """
    secret_file, public_file = _files(data_dir, log)
    # The public file is written last, and therefore looked for first: where it is, the secret has been.
    if public_file.exists() and not secret_file.exists():
        raise KeyUnusable(
            f"日志 {log} 的私钥丢失：请从备份恢复。", f"the secret key of log {log} is gone: restore it from its backup"
        )
    if not secret_file.exists():
        secret_file.parent.mkdir(parents=True, exist_ok=True)
        _write_once(secret_file, Signer.generate(origin(log)).secret() + "\n", mode=0o600)
    signer = _signer_in(secret_file, log)
    if not public_file.exists():
        _write_once(public_file, f"{signer.verifier}\n", mode=0o644)
    if (chain := load_chain(data_dir, log)).rotations:
        signer = _put_in_order(data_dir, log, chain, signer)
    if chain.current != signer.verifier:
        raise KeyUnusable(
            f"日志 {log} 的公钥与私钥不配对。", f"the public key of log {log} does not belong to its secret key"
        )
    return signer


def load_verifier(data_dir: Path, log: str) -> Verifier:
    """The public key that the log signs with now. Raises `KeyUnusable`."""
    return load_chain(data_dir, log).current


def load_chain(data_dir: Path, log: str) -> KeyChain:
    """All public keys of the log, in order. Raises `KeyUnusable`."""
    _, public_file = _files(data_dir, log)
    rotations_file = rotations_of(data_dir, log)
    try:
        # The public key first: while it is being changed, the rotation is there before it.
        public = public_file.read_text(encoding="utf-8")
        rotations = rotations_file.read_text(encoding="utf-8") if rotations_file.exists() else ""
        return KeyChain.parse(public, rotations)
    except FileNotFoundError:
        raise KeyUnusable(f"此处没有日志 {log} 的公钥。", f"log {log} has no public key here") from None
    except (NoteRefused, UnicodeDecodeError):
        raise KeyUnusable(
            f"日志 {log} 的公钥文件不是验证密钥，或与密钥更换记录不符。",
            f"the public key of log {log} is not a verifier key, or not the one that its rotations lead to",
        ) from None


def rotations_of(data_dir: Path, log: str) -> Path:
    """The file with the notes of the log's rotations; where its key was never changed, it is not there."""
    return _files(data_dir, log)[1].with_suffix(".rotations")


@contextmanager
def signing(data_dir: Path, log: str) -> Iterator[tuple[Signer, int]]:
    """The log's signer, and the size up to which its predecessors signed. While it is held, the key is not changed."""
    with unchanging(data_dir):
        signer = load_or_create(data_dir, log)
        yield signer, load_chain(data_dir, log).since


@contextmanager
def unchanging(data_dir: Path, *, alone: bool = False) -> Iterator[None]:
    """Any number of processes may hold this at once, or one that changes a key (`alone`). The directory itself is the
    lock: whoever only signs need not be able to write there."""
    directory = data_dir / "keys"
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def next_signer(data_dir: Path, log: str) -> tuple[Signer, bool]:
    """The key that is to follow the current one, and whether it was there already: a rotation was broken off."""
    file = _next_file(data_dir, log)
    there = file.exists()
    if not there:
        _write_once(file, Signer.generate(origin(log)).secret() + "\n", mode=0o600)
    return _signer_in(file, log), there


def state_rotation(data_dir: Path, log: str, rotation: Rotation) -> None:
    """Write a rotation down: from here on the new key is the key. `load_or_create` puts it in its place."""
    file = rotations_of(data_dir, log)
    _replace(file, (file.read_text(encoding="utf-8") if file.exists() else "") + rotation.note, mode=0o644)


def is_in_order(data_dir: Path, log: str) -> bool:
    """Whether the log's key is the one that its rotations lead to; else one was broken off after it was stated."""
    secret_file, public_file = _files(data_dir, log)
    current = load_chain(data_dir, log).current
    return _signer_in(secret_file, log).verifier == current == Verifier.parse(public_file.read_text(encoding="utf-8"))


def _put_in_order(data_dir: Path, log: str, chain: KeyChain, signer: Signer) -> Signer:
    """Bring the files to where the last rotation leads. Several processes may do so at once."""
    secret_file, public_file = _files(data_dir, log)
    if signer.verifier != chain.current:
        with suppress(FileNotFoundError):  # another process has just done so
            if _signer_in(_next_file(data_dir, log), log).verifier == chain.current:
                os.replace(_next_file(data_dir, log), secret_file)
                _settle(secret_file.parent)
        signer = _signer_in(secret_file, log)
    if signer.verifier == chain.current and public_file.read_text(encoding="utf-8").rstrip("\n") != str(chain.current):
        _replace(public_file, f"{chain.current}\n", mode=0o644)
    return signer


def _signer_in(file: Path, log: str) -> Signer:
    """The secret key in a file; raises `KeyUnusable`."""
    try:
        signer = Signer.parse(file.read_text(encoding="utf-8"))
    except (NoteRefused, UnicodeDecodeError):
        raise KeyUnusable(
            f"日志 {log} 的私钥文件不是签名密钥。", f"the secret key of log {log} is not a signer key"
        ) from None
    if signer.name != origin(log):
        raise KeyUnusable(f"日志 {log} 的私钥属于另一日志。", f"the secret key of log {log} belongs to another log")
    return signer


def _next_file(data_dir: Path, log: str) -> Path:
    return _files(data_dir, log)[0].with_suffix(".key.next")


def _files(data_dir: Path, log: str) -> tuple[Path, Path]:
    if not _LOG.fullmatch(log):
        raise KeyUnusable(
            "日志名只能由字母、数字、点、连字符和下划线组成。",
            "a log's name has letters, digits, dots, hyphens and underscores only",
        )
    return data_dir / "keys" / f"{log}.key", data_dir / "keys" / f"{log}.pub"


def _write_once(file: Path, text: str, mode: int) -> None:
    """Write a whole file or none, and leave one that is already there: the link is the moment of truth."""
    with _draft(file, text, mode) as draft, suppress(FileExistsError):  # another was first, and its key is the key
        os.link(draft, file)
    _settle(file.parent)


def _replace(file: Path, text: str, mode: int) -> None:
    """Put a whole file in the place of one that may be there."""
    with _draft(file, text, mode) as draft:
        os.replace(draft, file)
    _settle(file.parent)


@contextmanager
def _draft(file: Path, text: str, mode: int) -> Iterator[Path]:
    """The whole file on the disk, under a name of its own for as long as it is needed."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _settle(directory: Path) -> None:
    """A directory's entries are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
