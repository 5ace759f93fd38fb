"""The zip around a bundle: written whole or not at all, and read without trust.

Its comment ends with the SHA-256 of all that is before it, so that no single bit of the file can change unseen, not
even one that a zip's readers pass over. Times and modes are constant: the same bundle is the same file.
"""

import os
import secrets
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from shared.audit.bundle.findings import Finding
from shared.audit.bundle.layout import MANIFEST, MOST_FILE, SIGNATURE, is_name
from shared.errors import Unusable

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_SEAL: Final = b"sha256 "
_DIGEST_BYTES: Final = 64
"""In hexadecimal."""
_PIECE: Final = 1 << 20
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


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
        if not path.is_dir() and not path.is_file():  # a device or a pipe may never end
            raise Unusable("bundle_unusable", f"没有 {path}，或它不是文件。", f"There is no {path}, or it is no file.")
        try:
            names = self._in_directory(path) if path.is_dir() else self._in_zip(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OverflowError, struct.error):
            raise _no_bundle(path) from None
        if not {MANIFEST, SIGNATURE} <= {*names}:
            self.__exit__()
            raise Unusable("bundle_unusable", "这不是核验包：没有清单。", "This is no bundle: it has no manifest.")
        if odd := sorted(name for name, count in Counter(names).items() if count > 1 or not is_name(name)):
            raise Finding("names", file=ascii(odd[0]))
        self.names = frozenset(names)

    def _in_directory(self, path: Path) -> list[str]:
        """All that is there, of whatever kind; a link is not followed to look for more."""
        found = [Path(at) / name for at, folders, names in os.walk(path) for name in (*folders, *names)]
        there = {one.relative_to(path).as_posix(): one for one in found if one.is_symlink() or not one.is_dir()}
        self._open: Callable[[str], IO[bytes]] = lambda name: _regular(there[name])
        return [*there]

    def _in_zip(self, path: Path) -> list[str]:
        size = path.stat().st_size
        self._archive = archive = zipfile.ZipFile(path)
        try:
            if any(info.compress_type not in _PACKED for info in archive.infolist()):
                raise NotImplementedError  # other ways unpack without a limit
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
        """A file as a whole, or so much of an enormous one that it is found to be none of a bundle."""
        with self.open(name) as file:
            return file.read(MOST_FILE)


def _regular(file: Path) -> IO[bytes]:
    if not file.is_file():
        raise Unusable("bundle_unusable", f"{file} 不是普通文件。", f"{file} is no regular file.")
    return file.open("rb")


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
