"""Checks a bundle of sanguan's record 核验包, with nothing but Python's standard library (3.9 or newer).

    python3 verify.py BUNDLE [--key FILE] [--checkpoint FILE]

BUNDLE is the zip, or the directory that it was unpacked to. The FILE of --key holds the log's public key, as you were
given it once by another way than this bundle; that of --checkpoint a signed checkpoint that you kept, from which the
bundle must go on. Exit code 0: all of it holds; 1: the first thing that is wrong is named; 2: the input is unusable.
This shares no code with the program that made the bundle. Scores are recomputed by rescore.py.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import re
import sys
import zipfile
from functools import partial
from hashlib import sha256, sha512
from typing import Any, Callable  # noqa: UP035  # as Python 3.9 has them

Key = tuple[str, bytes, bytes]  # the name that it signs under, the public key, what its signatures begin with
Files = dict[str, Callable[[], Any]]  # how to open each file of the bundle
MOST_LINE, MOST_FILE = 16 << 20, 64 << 20  # bytes: what is larger is no event, and no file that is read as a whole


class Found(Exception):
    """What is wrong: the exit code, and a sentence in Chinese and in English."""


def need(holds: bool, chinese: str, english: str, code: int = 1) -> None:
    """Raises `Found` where something does not hold."""
    if not holds:
        raise Found(code, chinese, english)


# Ed25519 (RFC 8032 §5.1). A point is (X, Y, Z, T), with x = X/Z, y = Y/Z, x·y = T/Z.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
BASE_X, BASE_Y = 0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A, 4 * pow(5, P - 2, P) % P
D, BASE = -121665 * pow(121666, P - 2, P) % P, (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def point(encoded: bytes) -> tuple[int, ...]:
    """The point that 32 bytes encode (§5.1.3); nothing where they encode none."""
    odd, y = divmod(int.from_bytes(encoded, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and odd):
        return ()
    x = x if x % 2 == odd else P - x
    return x, y, 1, x * y % P


def plus(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The sum of two points (§5.1.4)."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]), (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * D * one[3] * other[3], 2 * one[2] * other[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of a message is this key's (§5.1.7): whether R = s·B − k·A."""
    a, s = point(public), int.from_bytes(signature[32:], "little")
    if not a or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - a[0], a[1], a[2], P - a[3])
    terms: list[tuple[int, ...]] = [(), BASE, minus, plus(BASE, minus)]
    r: tuple[int, ...] = (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        r, which = plus(r, r), (s >> bit & 1) + 2 * (k >> bit & 1)
        r = plus(r, terms[which]) if which else r
    x, y = (number * pow(r[2], P - 2, P) % P for number in r[:2])
    return (y + (x % 2 << 255)).to_bytes(32, "little") == signature[:32]


def plain(encoded: str) -> bytes:
    """What base64 in its one canonical form stands for; nothing for anything else."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
    return raw if base64.b64encode(raw).decode() == encoded else b""


def key_of(text: str) -> Key:
    """Read a key: `<name>+<what its signatures begin with, in hexadecimal>+<base64(0x01 ‖ public key)>`."""
    name, _, rest = text.strip().partition("+")
    raw = plain(rest[9:])
    begin = sha256(name.encode() + b"\n" + raw).digest()[:4]
    sound = len(raw) == 33 and raw[0] == 1 and rest[:9] == begin.hex() + "+"
    need(sound, "公钥不可用。", "The public key is not a verifier key of signed notes.", 2)
    return name, raw[1:], begin


def note_of(raw: bytes, what: str, count: int, *keys: Key, code: int = 1) -> list[str]:
    """The lines of a note's text (C2SP signed-note), which are so many and signed by each of these keys. Signatures of
    other keys, such as witnesses', are passed over."""
    text, _, tail = raw.decode("utf-8", "replace").rpartition("\n\n")
    found = re.findall(r"(?m)^— ([^\s+]+) ([A-Za-z0-9+/]+=*)\n", tail)
    sound = tail[-1:] == "\n" and len(found) == tail.count("\n") <= 100 and text.count("\n") == count - 1
    need(sound, f"{what} 不是应有的签名文本。", f"{what} is not such a signed note.", code)
    for name, public, begin in keys:
        own = [raw for raw in (plain(value) for signer, value in found if signer == name) if raw[:4] == begin]
        sound = bool(own) and all(fits(public, text.encode() + b"\n", raw[4:]) for raw in own)
        need(sound, f"{what} 没有应有密钥的有效签名。", f"{what} is not signed by the key that it needs, of {name}.")
    return text.split("\n")


class Tree:
    """A tree that grows to the right (RFC 9162 §2.1): the heights and roots of the complete subtrees it consists of."""

    def __init__(self) -> None:
        self.size = 0
        self.parts: list[tuple[int, bytes]] = []

    def add(self, height: int, root: bytes) -> None:
        """Put a complete subtree of 2^height leaves at the end; two of one height become one."""
        self.size += 1 << height
        while self.parts and self.parts[-1][0] == height:
            root = sha256(b"\x01" + self.parts.pop()[1] + root).digest()
            height += 1
        self.parts.append((height, root))

    def filled(self, hashes: list[str], upto: int) -> bytes:
        """Grow to a size by the roots of the largest complete subtrees that lie on the way; gives the root there."""
        while self.size < upto:
            height = min((upto - self.size).bit_length(), (self.size & -self.size or upto).bit_length()) - 1
            self.add(height, plain(hashes.pop(0) if hashes else "")[:32].ljust(32))
        return self.root()

    def root(self) -> bytes:
        """The root over all leaves."""
        root = b""
        for _, part in reversed(self.parts):
            root = sha256(b"\x01" + part + root).digest() if root else part
        return root or sha256(b"").digest()


def files_of(path: str) -> Files:
    """The files of a bundle. Nothing is unpacked, so that no name leads anywhere."""
    if os.path.isdir(path):
        there = filter(os.path.isfile, (os.path.join(at, name) for at, _, names in os.walk(path) for name in names))
        opens: list[Any] = [(os.path.relpath(f, path).replace(os.sep, "/"), partial(open, f, "rb")) for f in there]
    else:
        archive, size, digest = zipfile.ZipFile(path), os.path.getsize(path), sha256()
        with open(path, "rb") as whole:  # the zip's comment ends with the SHA-256 of all that is before
            for piece in iter(lambda: whole.read(min(1 << 20, max(0, size - 64 - whole.tell()))), b""):
                digest.update(piece)
            sealed = not archive.comment or whole.read() == digest.hexdigest().encode()
        sealed &= sum(info.compress_size for info in archive.infolist()) <= size  # else files lie over each other
        need(sealed, "压缩包已被改动。", "The bytes of the zip are not those that were written.")
        opens = [(info.filename, partial(archive.open, info)) for info in archive.infolist()]
    sound = all(re.fullmatch(r"\w[\w.:-]*(/\w[\w.:-]*)*", name) for name, _ in opens) and len(dict(opens)) == len(opens)
    need(sound, "有重复或不当的文件名。", "The name of a file is there twice, or is none that a bundle has.")
    return dict(opens)


def read(opened: Callable[[], Any], what: str) -> bytes:
    """A file as a whole, if it is not enormous."""
    with opened() as file:
        raw: bytes = file.read(MOST_FILE + 1)
    need(len(raw) <= MOST_FILE, f"{what} 过大。", f"{what} is too large.", 2)
    return raw


def manifest_of(files: Files) -> dict[str, Any]:
    """The manifest, after its signature by the key that it names, and that every file is there and no other."""
    need("manifest.json" in files, "这不是核验包。", "This is not a bundle: it has no manifest.json.", 2)
    raw = read(files["manifest.json"], "manifest.json")
    note = read(files.get("manifest.sig", io.BytesIO), "manifest.sig")
    origin, digest = note_of(note, "manifest.sig", 2)
    need(digest == sha256(raw).hexdigest(), "清单并非所签名的。", "The manifest is not the one that was signed.")
    said: dict[str, Any] = json.loads(raw)
    sound = said["format"] == "sanguan-bundle/1" and origin == f"sanguan/{said['log']}/bundle"
    sound &= 0 <= said["from"] <= said["to"] < said["size"] < 2**63
    need(sound, "清单不是 sanguan-bundle/1 格式。", "The manifest is not that of a sanguan-bundle/1.", 2)
    note_of(note, "manifest.sig", 2, key_of(said["public_key"]))
    name = min(said["files"].keys() ^ files.keys() - {"manifest.json", "manifest.sig"}, default="")
    need(not name, f"文件 {name} 缺失或多余。", f"The file {name} is missing, or is not one of the manifest's.")
    return said


class Roots:
    """What was signed: the keys of the log in turn, and the roots that its tree must have."""

    def __init__(self, files: Files, said: dict[str, Any]) -> None:
        self.origin, upto, current = f"sanguan/{said['log']}", 0, ""
        self.keys: list[tuple[int, Key]] = []  # each with the largest size that it signs
        self.due: dict[int, list[tuple[bytes, str]]] = {}
        while (name := f"keys/{len(self.keys) + 1}.txt") in files:  # one rotation of keys after another
            raw = read(files[name], name)
            first, size, root, old, new = note_of(raw, name, 5)
            sound = first == self.origin + "/rotation" and current in ("", old) and upto <= int(size) <= said["size"]
            need(sound, f"{name} 与前一次换钥不衔接。", f"{name} does not follow the rotation of keys before it.")
            note_of(raw, name, 5, key_of(old), key_of(new))
            upto, current = int(size), new
            self.keys.append((upto, key_of(old)))
            self.due.setdefault(upto, []).append((plain(root), name))
        self.keys.append((2**63, key_of(said["public_key"])))
        for name in sorted(name for name in files if name.startswith("checkpoints/")):
            self.checkpoint(read(files[name], name), name)
        sound = current in ("", said["public_key"]) and said["size"] in self.due
        need(sound, "缺少末尾的公钥或检查点。", "The last key, or the last checkpoint, is not the manifest's.")

    def checkpoint(self, raw: bytes, name: str, code: int = 1) -> None:
        """Take up a checkpoint, signed by the key of its size."""
        size = int(note_of(raw, name, 3, code=code)[1])
        origin, _, root = note_of(raw, name, 3, next(key for upto, key in self.keys if size <= upto))
        need(origin == self.origin, f"{name} 属于另一日志。", f"{name} is another log's.")
        self.due.setdefault(size, []).append((plain(root), name))

    def meet(self, size: int, root: bytes) -> None:
        """Compare the tree's root at a size with those that were signed."""
        for due, name in self.due.pop(size, ()):
            need(due == root, f"{name} 所签的前 {size} 个事件并非这些。", f"{name} signs other first {size} events.")


def walk(files: Files, said: dict[str, Any], roots: Roots) -> Tree:
    """Hash every event into the tree, and count."""
    tree, versions = Tree(), dict[str, int]()
    canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode  # RFC 8785
    tree.filled(said["left"], said["from"])
    with io.BufferedReader(files["events.ndjson"](), 1 << 20) as events, files["leaves.bin"]() as leaves:
        for position in range(said["from"], said["to"] + 1):
            if position in roots.due:
                roots.meet(position, tree.root())
            line = events.readline(MOST_LINE)
            leaf = sha256(b"\x00" + line[:-1]).digest()
            if line[-1:] != b"\n" or leaf != leaves.read(32):
                raise Found(1, f"第 {position} 号事件缺失或已被改动。", f"Event {position} is missing or was altered.")
            try:
                event = json.loads(line)
                stream, version = event["stream"], event["version"]
                before = versions.get(stream, version - 1 if said["from"] else 0)
                sound = canonical(event).encode() == line[:-1] and event["log"] == said["log"]
            except (ValueError, KeyError, TypeError, RecursionError):
                sound = False
            if not sound or not 0 < version == before + 1:
                raise Found(1, f"第 {position} 号事件次序或格式不对。", f"Event {position} is none, or out of turn.")
            versions[stream] = version
            tree.add(0, leaf)
        need(not events.read(1) + leaves.read(1), "事件多于清单所述。", "There are more events than the manifest says.")
    roots.meet(tree.size, tree.root())
    roots.meet(said["size"], tree.filled(said["right"], said["size"]))
    need(not said["left"] + said["right"], "清单中有多余的哈希。", "The manifest has more hashes than it takes.")
    return tree


def check(bundle: str, key: str | None, checkpoint: str | None) -> str:
    """Check all of it; gives what to say where all of it holds."""
    files = files_of(bundle)
    roots = Roots(files, said := manifest_of(files))
    if key:
        known = key_of(read(partial(open, key, "rb"), key).decode()) in [own for _, own in roots.keys]
        need(known, "此包不是由所给公钥的日志签名的。", "The bundle is not signed by the log whose key you gave.")
    if checkpoint:
        roots.checkpoint(read(partial(open, checkpoint, "rb"), checkpoint), checkpoint, 2)
    tree = walk(files, said, roots)
    for size in sorted(roots.due):  # what was signed of sizes that were not passed
        grown, proof = Tree(), said["proofs"].get(str(size), [])
        need(size < said["size"], f"已签名 {size} 个事件，此包没有。", f"{size} events were signed: here are fewer.")
        need(str(size) in said["proofs"], f"没有 {size} 的证明。", f"No proof goes on from the first {size} events.")
        roots.meet(size, grown.filled(proof, size))
        need(grown.filled(proof, said["size"]) == tree.root(), f"{size} 的证明不对。", f"The proof of {size} is wrong.")
    for name, digest in sorted(said["files"].items()):
        sha, rows = sha256(), 0
        with files[name]() as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                sha.update(piece)
                rows += piece.count(b"\n")
        stated = said["ledgers"][name[8:-7]]["rows"] if name.startswith("ledgers/") else rows
        need((sha.hexdigest(), rows) == (digest, stated), f"{name} 与清单不符。", f"{name} is not the manifest's.")
    return f"""日志 {said["log"]} 第 {said["from"]} 至 {said["to"]} 号事件完好，在 {said["size"]} 个事件的签名树根之下。
Log {said["log"]}: events {said["from"]} to {said["to"]} hold, under the signed root over {said["size"]} events:
{tree.root().hex()}\nPublic key{"" if key else " (you gave none: compare it with yours)"}: {said["public_key"]}"""


def main() -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("bundle", "--key", "--checkpoint"):
        parser.add_argument(option)
    try:
        code, text = 0, check(**vars(parser.parse_args()))
    except Found as found:
        code, text = found.args[0], " ".join(found.args[1:])
    except Exception as error:  # whatever a damaged or foreign file may bring about
        code, text = 2, f"无法读取。 This cannot be read as a bundle: {type(error).__name__}: {error}"
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "replace") + b"\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
