"""The key pair that signs a log's checkpoints: `DATA_DIR/keys/<log>.key` and `<log>.pub`.

Both are signed-note keys; the first is secret. The public one is what an auditor or a witness is given, once.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Final

from shared.errors import Unusable
from shared.log.note import NoteRefused, Signer, Verifier

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
    try:
        signer = Signer.parse(secret_file.read_text(encoding="utf-8"))
    except (NoteRefused, UnicodeDecodeError):
        raise KeyUnusable(
            f"日志 {log} 的私钥文件不是签名密钥。", f"the secret key of log {log} is not a signer key"
        ) from None
    if signer.name != origin(log):
        raise KeyUnusable(f"日志 {log} 的私钥属于另一日志。", f"the secret key of log {log} belongs to another log")
    if not public_file.exists():
        _write_once(public_file, f"{signer.verifier}\n", mode=0o644)
    if load_verifier(data_dir, log) != signer.verifier:
        raise KeyUnusable(
            f"日志 {log} 的公钥与私钥不配对。", f"the public key of log {log} does not belong to its secret key"
        )
    return signer


def load_verifier(data_dir: Path, log: str) -> Verifier:
    """The log's public key. Raises `KeyUnusable`."""
    _, public_file = _files(data_dir, log)
    try:
        return Verifier.parse(public_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeyUnusable(f"此处没有日志 {log} 的公钥。", f"log {log} has no public key here") from None
    except (NoteRefused, UnicodeDecodeError):
        raise KeyUnusable(
            f"日志 {log} 的公钥文件不是验证密钥。", f"the public key of log {log} is not a verifier key"
        ) from None


def _files(data_dir: Path, log: str) -> tuple[Path, Path]:
    if not _LOG.fullmatch(log):
        raise KeyUnusable(
            "日志名只能由字母、数字、点、连字符和下划线组成。",
            "a log's name has letters, digits, dots, hyphens and underscores only",
        )
    return data_dir / "keys" / f"{log}.key", data_dir / "keys" / f"{log}.pub"


def _write_once(file: Path, text: str, mode: int) -> None:
    """Write a whole file or none, and leave one that is already there: the link is the moment of truth."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first, and its key is the key
    finally:
        draft.unlink()
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
