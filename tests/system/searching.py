"""Looking for words that must be nowhere: in whatever form programs write text, in whatever keeps or tells anything.

A search that finds nothing proves something only where it would find: `test_canaries.py` plants each form and finds it.
"""

import gzip
import html
import io
import json
import sqlite3
import zipfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import redis

_HEAD: Final = 5
"""Bytes by which a form is looked for first: words that begin alike are looked for together."""
_SHORTEST: Final = 6
"""Bytes that a form must have: less stands in any file by chance."""


def forms(word: str) -> Iterator[tuple[str, bytes]]:
    """How programs write a word, each with its name. Capital letters are as small ones (see `Search`)."""
    raw = word.encode()
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield codec, word.encode(codec)
    for before in range(3):
        yield f"base64, {before} bytes into three", _base64(raw, before)
        yield f"base64 of a URL, {before} bytes into three", _base64(raw, before).translate(_OF_URLS)
    yield "hex", raw.hex().encode()
    yield "percent", quote(word, safe="").encode()
    yield "JSON", json.dumps(word)[1:-1].encode()
    yield "JSON within JSON", json.dumps(json.dumps(word)[1:-1])[1:-1].encode()
    yield "Python's bytes", repr(raw)[2:-1].encode()
    yield "HTML", html.escape(word).encode()
    yield "HTML, decimal", "".join(_entity(letter, "&#{};") for letter in word).encode()
    yield "HTML, hexadecimal", "".join(_entity(letter, "&#x{:x};") for letter in word).encode()


_OF_URLS: Final = bytes.maketrans(b"+/", b"-_")


def _base64(raw: bytes, before: int) -> bytes:
    """What stands of it in base64 whatever surrounds it, where so many bytes of its first three stand before it."""
    whole = b64encode(bytes(before) + raw).rstrip(b"=")
    first = -(-before * 8 // 6)  # the first letter that is of the word alone
    return whole[first : (before + len(raw)) * 8 // 6]


def _entity(letter: str, form: str) -> str:
    return letter if letter.isascii() else form.format(ord(letter))


@dataclass(frozen=True, slots=True)
class Found:
    """A word that stands where it must not."""

    word: str
    form: str
    at: int


class Search:
    """Looks for many words in all their forms, with one look for all that begin alike."""

    def __init__(self, words: Iterable[str]) -> None:
        needles: dict[bytes, dict[bytes, tuple[str, str]]] = defaultdict(dict)
        for word in words:
            for form, written in forms(word):
                assert len(written) >= _SHORTEST, (word, form)
                needle = written.lower()
                needles[needle[:_HEAD]].setdefault(needle, (word, form))
        self._needles = {head: tuple(alike.items()) for head, alike in needles.items()}

    def found(self, content: bytes) -> list[Found]:
        """Where the words are, in whatever form; with compressed content, in what is in it."""
        plain = unpacked(content).lower()
        return [found for head in self._needles for found in self._beginning(head, plain)]

    def _beginning(self, head: bytes, plain: bytes) -> Iterator[Found]:
        at = plain.find(head)
        while at >= 0:
            for needle, (word, form) in self._needles[head]:
                if plain.startswith(needle, at):
                    yield Found(word, form, at)
            at = plain.find(head, at + 1)


def unpacked(content: bytes) -> bytes:
    """The content; of a workbook or another archive the names and contents of all within."""
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                within = [name.encode() + b"\n" + unpacked(book.read(name)) for name in book.namelist()]
        except zipfile.BadZipFile:
            return content
        return b"\n".join((content, *within))
    if content.startswith(b"\x1f\x8b"):
        try:
            return content + b"\n" + unpacked(gzip.decompress(content))
        except (OSError, EOFError):
            return content
    return content


# where it is looked for -----------------------------------------------------------------------------------------------


def files(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every file beneath a directory, write-ahead files too, with its name."""
    for file in sorted(directory.rglob("*")):
        if file.is_file():
            try:
                yield str(file.relative_to(directory)), file.read_bytes()
            except FileNotFoundError:  # a running database removes its own
                continue


def tables(database: Path) -> Iterator[tuple[str, bytes]]:
    """Every table of a SQLite file, row by row: a long value lies in pieces on the pages of the file itself."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in named:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield table, b"\n".join(_bytes(value) for row in rows for value in row)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def keys(client: "redis.Redis") -> Iterator[tuple[str, bytes, int]]:
    """Every key of a Valkey: its name, all that it holds and, of a stream, how many entries that is."""
    for key in client.scan_iter():
        held = _held(client, key)
        yield key.decode(errors="replace"), b"\n".join((key, *_leaves(held))), len(held) if _is_stream(held) else 0


def _is_stream(held: Any) -> bool:
    return isinstance(held, list) and all(isinstance(entry, tuple) for entry in held)


def _held(client: "redis.Redis", key: bytes) -> Any:
    match client.type(key):
        case b"stream":
            return client.xrange(key)
        case b"string":
            return client.get(key)
        case b"hash":
            return client.hgetall(key)
        case b"set":
            return client.smembers(key)
        case b"zset":
            return client.zrange(key, 0, -1)
        case b"list":
            return [*client.lrange(key, 0, -1)]
        case kind:
            raise AssertionError(f"{key!r} is a {kind!r}, which is not looked into here")


def _leaves(held: Any) -> Iterator[bytes]:
    """All bytes within what Valkey answers."""
    if isinstance(held, dict):
        for name, value in held.items():
            yield from (*_leaves(name), *_leaves(value))
    elif isinstance(held, Collection) and not isinstance(held, bytes | str):
        for value in held:
            yield from _leaves(value)
    elif held is not None:
        yield _bytes(held)
