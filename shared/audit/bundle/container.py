"""The zip around a bundle: written whole or not at all, and read without trust.

Its comment ends with the SHA-256 of all that is before it, so that no single bit of the file can change unseen, not
even one that a zip's readers pass over. Times and modes are constant: the same bundle is the same file.
"""

import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from shared.audit.bundle.findings import Finding
from shared.audit.bundle.layout import MOST_FILE, is_name
from shared.errors import Unusable

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_SEAL: Final = b"sha256 "
_DIGEST_BYTES: Final = 64
"""In hexadecimal."""
_PIECE: Final = 1 << 20


class Draft:
    """A zip that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, str] = {}
        """The SHA-256 of each file so far."""

    def add(self, name: str, content: bytes | Iterable[bytes], *, compressed: bool = True) -> str:
        """Put a file in; gives its SHA-256. Raises `ValueError` for a name that no file of a bundle may have."""
        if not is_name(name) or name in self.files:
            raise ValueError(f"no file of a bundle can be called {name}, or one is already")
        info = zipfile.ZipInfo(name, _DATE)
        info.external_attr = _MODE
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        digest = sha256()
        whole = isinstance(content, bytes)
        with self._archive.open(info, "w", force_zip64=not whole) as file:
            for piece in (content,) if isinstance(content, bytes) else content:
                digest.update(piece)
                file.write(piece)
        self.files[name] = digest.hexdigest()
        return self.files[name]


@contextmanager
def draft(out: Path) -> Iterator[Draft]:
    """A zip to be written beside its place; it is put there when all went well, and else there is nothing.

    Raises `Unusable` where there is something already.
    """
    if out.exists():
        raise Unusable("bundle_exists", f"{out} 已存在：请另取名称。", f"{out} is there already: give another name.")
    part = out.with_name(f".{out.name}.{secrets.token_hex(8)}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = _SEAL + b"0" * _DIGEST_BYTES
            yield Draft(archive)
        _seal(part)
        os.replace(part, out)
        _settle(out.parent)
    finally:
        part.unlink(missing_ok=True)


class Container:
    """The zip of a bundle, or the directory that it was unpacked to, as it is read. Nothing is unpacked."""

    def __init__(self, path: Path) -> None:
        """Raises `Unusable` for what is no zip, `Finding` for one that was altered."""
        self._archive: zipfile.ZipFile | None = None
        if not path.exists():
            raise Unusable("bundle_unusable", f"没有 {path}。", f"There is no {path}.")
        try:
            names = self._in_directory(path) if path.is_dir() else self._in_zip(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OverflowError, struct.error):
            raise _no_bundle(path) from None
        if len({*names}) < len(names) or not all(map(is_name, names)):
            raise Finding("names")
        self.names = frozenset(names)

    def _in_directory(self, path: Path) -> list[str]:
        files = [Path(at) / name for at, _, names in os.walk(path) for name in names]
        there = {file.relative_to(path).as_posix(): file for file in files if file.is_file()}
        self._open: Callable[[str], IO[bytes]] = lambda name: there[name].open("rb")
        return [*there]

    def _in_zip(self, path: Path) -> list[str]:
        size = path.stat().st_size
        self._archive = archive = zipfile.ZipFile(path)
        try:
            if archive.comment and not _sealed(path, size):
                raise Finding("container")
            if sum(info.compress_size for info in archive.infolist()) > size:
                raise Finding("container")  # files lie over each other: they would unpack to more than any file can
        except BaseException:
            archive.close()
            raise
        self._open = archive.open
        return archive.namelist()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._archive is not None:
            self._archive.close()

    def open(self, name: str) -> IO[bytes]:
        """A file, to be read piece by piece."""
        return self._open(name)

    def read(self, name: str) -> bytes:
        """A file as a whole. Raises `Unusable` for an enormous one."""
        with self.open(name) as file:
            raw = file.read(MOST_FILE + 1)
        if len(raw) > MOST_FILE:
            raise Unusable("bundle_unusable", f"{name} 过大。", f"{name} is too large to be that file of a bundle.")
        return raw


def _no_bundle(path: Path) -> Unusable:
    return Unusable(
        "bundle_unusable", f"{path} 不是核验包，或已损坏。", f"{path} is not a bundle, or it is damaged: no zip."
    )


def _seal(part: Path) -> None:
    """Put the digest of all that is before it at the end, and the file on the disk."""
    size = part.stat().st_size
    with part.open("r+b") as file:
        digest = _digest(file, size - _DIGEST_BYTES)
        file.seek(size - _DIGEST_BYTES)
        file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def _sealed(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        return _digest(file, size - _DIGEST_BYTES) == file.read()


def _digest(file: IO[bytes], count: int) -> bytes:
    """The SHA-256 of so many bytes, in hexadecimal."""
    digest = sha256()
    while count > 0 and (piece := file.read(min(_PIECE, count))):
        digest.update(piece)
        count -= len(piece)
    return digest.hexdigest().encode()


def _settle(directory: Path) -> None:
    """A directory's entries are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
