"""The list of what was destroyed 销毁清单, `keys/destroyed.jsonl`: beside the database, so that it does not go back in
time with it. A backup that is restored is made to forget what the newest list names.

A line names a log, a subject and when. It says nothing of whom it was about.
"""

import errno
import fcntl
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Unusable

NAME: Final = "destroyed.jsonl"
_LONGEST: Final = 4_096
"""Bytes of a line, at most: ids are short."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A subject whose keys were destroyed."""

    log: str
    subject: str
    at_us: int
    """Microseconds since 1970."""

    @property
    def at(self) -> tuple[str, str]:
        """Which it is."""
        return self.log, self.subject


class DestroyedList:
    """The list, in a file that is only added to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, those: Iterable[Destroyed]) -> None:
        """Put these down, durably: every line is written whole, by whatever process."""
        lines = [json.dumps({"log": d.log, "subject": d.subject, "at": d.at_us}, ensure_ascii=False) for d in those]
        if not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with io.FileIO(descriptor, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _mend(file)
            written = ("\n".join(lines) + "\n").encode()
            if file.write(written) != len(written):
                raise OSError(errno.ENOSPC, "the list of what was destroyed could not be written")
            os.fsync(file.fileno())

    def read(self) -> Sequence[Destroyed]:
        """All of it; none where there is no list yet. Raises `Unusable`."""
        return read_list(self.path, torn=True) if self.path.exists() else ()


def read_list(path: Path, *, torn: bool = False) -> Sequence[Destroyed]:
    """What a list names. Raises `Unusable` with the number of a line that is none; with `torn` the last one may be cut
    short, as a crash leaves it."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace" if torn else "strict").split("\n")
    except (OSError, UnicodeDecodeError):
        raise Unusable(
            "destroyed_list_unreadable", f"无法读取销毁清单 {path}。", f"The list {path} cannot be read."
        ) from None
    if torn and _parsed(lines[-1]) is None:
        del lines[-1]
    return [_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _mend(file: io.FileIO) -> None:
    """What a crash has cut short goes: nothing had come of it yet."""
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - _LONGEST))
    held = file.read(_LONGEST)
    tail = held[held.rfind(b"\n") + 1 :]
    if tail and _parsed(tail.decode(errors="replace")) is None:
        file.truncate(start + len(held) - len(tail))
    elif tail:
        file.write(b"\n")


def _line(path: Path, number: int, line: str) -> Destroyed:
    if (found := _parsed(line)) is None:
        raise Unusable(
            "destroyed_list_unreadable", f"销毁清单 {path} 第 {number} 行不是一条记录。",
            f"Line {number} of the list {path} is no entry of one.",
        )  # fmt: skip
    return found


def _parsed(line: str) -> Destroyed | None:
    """An entry; None for what is none."""
    try:
        said = json.loads(line)
        log, subject, at = said["log"], said["subject"], said["at"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    fits = isinstance(log, str) and isinstance(subject, str) and type(at) is int and log and subject
    return Destroyed(log, subject, at) if fits else None
