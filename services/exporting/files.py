"""Files that are there as a whole or not at all: written beside their place, and put there at the end."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shared.errors import Unusable

_CHUNK_BYTES: Final = 1 << 20


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Where to write what is to stand at `out`, in the place of what stands there; nothing is left of it where the
    writing fails. Raises `Unusable`."""
    _require_room(out)
    if out.is_dir():
        raise Unusable(
            "out_is_directory", f"{out} 是目录：请给出文件名。", f"{out} is a directory: give the name of a file."
        )
    partial = _partial(out)
    try:
        yield partial
        os.replace(partial, out)
    finally:
        for left in (partial, *(partial.with_name(partial.name + end) for end in ("-journal", "-wal", "-shm"))):
            left.unlink(missing_ok=True)


@contextmanager
def whole_directory(out: Path) -> Iterator[Path]:
    """The same for a directory, which is not there yet, or is empty."""
    _require_room(out)
    if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
        raise Unusable(
            "out_exists", f"{out} 已存在且不是空目录：请另选一个。",
            f"{out} is there already, and is no empty directory: choose another.",
        )  # fmt: skip
    partial = _partial(out)
    partial.mkdir()
    try:
        yield partial
        os.replace(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def ending(out: Path, known: tuple[str, ...]) -> str:
    """The ending of a file's name, which says in which form it is wanted; raises `Unusable`."""
    for one in known:
        if out.name.lower().endswith(one):
            return one
    said = "、".join(known)
    raise Unusable(
        "unknown_ending", f"不认识 {out.name} 的文件类型：请用 {said}。",
        f"What {out.name} is to be cannot be told from its name: let it end in {', '.join(known)}.",
    )  # fmt: skip


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal: what is handed on with it."""
    sha = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            sha.update(chunk)
    return sha.hexdigest()


def _require_room(out: Path) -> None:
    """Before anything is read: that there is a place for it."""
    parent = out.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise Unusable(
            "no_directory",
            f"目录 {parent} 不存在或不能写入。",
            f"There is no directory {parent} that can be written to.",
        )


def _partial(out: Path) -> Path:
    """A name that nobody has: in a container every process may have the same number."""
    return out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
