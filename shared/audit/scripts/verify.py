"""Checks a bundle of sanguan's record 核验包, with nothing but Python's standard library (3.9 or newer).

    python3 verify.py BUNDLE [--key FILE] [--checkpoint FILE]... [--witness KEY]...

BUNDLE is the zip, or the directory that it was unpacked to. The FILE of --key holds the log's public key, as you were
given it once by another way than this bundle; that of --checkpoint a signed checkpoint that you kept, from which the
bundle must go on; KEY (or a file with it) is that of a witness who must have cosigned. Exit code 0: all of it holds; 1:
the first thing that is wrong is named; 2: the input is unusable. Scores are recomputed by rescore.py.
"""

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
from typing import Any

Key = tuple[str, bytes, bytes]  # the name that it signs under, the public key, what its signatures begin with
MOST_LINE, MOST_FILE = 16 << 20, 64 << 20  # bytes: what is larger is no event, and no file that is read as a whole
FILES = r"manifest\.(json|sig)|events\.ndjson|leaves\.bin|(verify|rescore)\.py|(checkpoints|keys)/[0-9]+\.txt"
FILES += r"|ledgers/[\w.]+\.ndjson|(plans|rulebooks|calendars|scores)/\w[\w.:-]*\.json"
EVENT = "actor cause command_id data facts_at log occurred_at ordinal recorded_at stream type version"
LINE, SIZE, HASH = r"([!-~]+)\n", r"(0|[1-9][0-9]{0,18})\n", r"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)\n"


class Found(Exception):
    """What is wrong: the exit code, and a sentence in Chinese and in English."""


def need(holds: object, chinese: str, english: str, code: int = 1) -> None:
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


def key_of(text: str, kind: int = 1) -> Key:
    """Read a log's key, or a witness's (kind 4): `<name>+<how it begins, in hexadecimal>+<base64(kind ‖ key)>`."""
    name, _, rest = text.rstrip("\n").partition("+")
    raw = plain(rest[9:])
    begin = sha256(name.encode() + b"\n" + raw).digest()[:4]
    sound = len(raw) == 33 and raw[0] == kind and rest[:9] == begin.hex() + "+" and re.fullmatch(r"\S+", name)
    need(sound and name.isprintable(), "公钥不可用。", "A key is no public key of signed notes, or was edited.", 2)
    return name, raw[1:], begin


class Note:
    """A signed note (C2SP): a text, an empty line, and signatures `— <name> <base64>`."""

    def __init__(self, raw: bytes, what: str, shape: str, code: int = 1) -> None:
        """Read one whose text has this shape, a regular expression; its groups are what the text says."""
        text, _, tail = raw.decode("utf-8", "surrogateescape").rpartition("\n\n")
        found, match = re.findall(r"— ([^\s+]+) (\S+)\n", tail), re.fullmatch(shape, text + "\n")
        self.what, self.text, self.said = what, text + "\n", match.groups() if match else ()
        self.signatures = [(name, plain(value)) for name, value in found]
        sound = 0 < len(found) <= 100 and tail == "".join(f"— {name} {value}\n" for name, value in found)
        sound &= all(name.isprintable() and len(raw) > 4 for name, raw in self.signatures)
        edited = "this copy was changed by an editor" if b"\r" in raw or raw[:1] == b"\xef" else "it is no signed note"
        need(match and sound, f"{what} 不是应有的签名文本，或已被编辑器改动。", f"{what}: {edited}.", code)

    def signed(self, *keys: Key) -> None:
        """That each of these keys signed it; signatures of others are passed over."""
        for key in keys:
            own = [raw[4:] for name, raw in self.signatures if (name, raw[:4]) == (key[0], key[2])]
            sound = own and fits(key[1], self.text.encode(), own[0])
            need(sound, f"{self.what} 没有应有密钥的有效签名。", f"{self.what} is not signed by the key that it needs.")


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
            need(hashes, "清单中的哈希不足。", "manifest.json has fewer hashes than it takes.")
            self.add(height, plain(hashes.pop(0)))
        return self.root()

    def root(self) -> bytes:
        """The root over all leaves."""
        root = b""
        for _, part in reversed(self.parts):
            root = sha256(b"\x01" + part + root).digest() if root else part
        return root or sha256(b"").digest()


def regular(path: str) -> Any:
    """Open a file that is one: a device or a pipe may never end."""
    need(os.path.isfile(path), f"{path} 不是普通文件。", f"{path} is not there, or is no regular file.", 2)
    return open(path, "rb")


def read(opened: Any) -> bytes:
    """A file as a whole, or so much of an enormous one that it is found to be none of ours."""
    with opened as file:
        return bytes(file.read(MOST_FILE))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON in which no key stands twice: readers differ in which of the two they take."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def parsed(raw: bytes, exact: bool = False) -> Any:
    """What JSON says whose numbers are whole; None for any other, and where it must be exact and is not (RFC 8785)."""
    try:
        said = json.loads(raw.decode(), object_pairs_hook=once, parse_float=int, parse_constant=int)
        written = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if exact else ""
        return said if not exact or written == raw.decode() else None
    except (ValueError, RecursionError):
        return None


def files_of(path: str) -> dict[str, Any]:
    """The files of a bundle, and how each is opened. Nothing is unpacked, so that no name leads anywhere."""
    if os.path.isdir(path):
        there = [os.path.join(at, name) for at, folders, names in os.walk(path) for name in folders + names]
        there = [file for file in there if os.path.islink(file) or not os.path.isdir(file)]
        opens: list[Any] = [(os.path.relpath(f, path).replace(os.sep, "/"), partial(regular, f)) for f in there]
    else:
        with regular(path) as file:  # the zip's comment ends with the SHA-256 of all that is before
            archive, size, digest = zipfile.ZipFile(path), os.path.getsize(path), sha256()
            for piece in iter(lambda: file.read(min(1 << 20, max(0, size - 64 - file.tell()))), b""):
                digest.update(piece)
            sealed = not archive.comment or file.read() == digest.hexdigest().encode()
        packed = {info.compress_type for info in archive.infolist()} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        need(packed, "压缩方式不当。", "A file is packed in another way than a bundle's.", 2)
        sealed &= sum(info.compress_size for info in archive.infolist()) <= size  # else files lie over each other
        need(sealed, "压缩包已被改动。", "The bytes of the zip are not those that were written.")
        opens = [(info.filename, partial(archive.open, info)) for info in archive.infolist()]
    names = sorted(name for name, _ in opens)
    need({"manifest.json", "manifest.sig"} <= {*names}, "这不是核验包。", "This is no bundle: it has no manifest.", 2)
    odd = [name for name in names if names.count(name) > 1 or not re.fullmatch(FILES, name)]
    need(not odd, f"不应有的文件，或有两个：{odd[:1]}", f"No file of a bundle, or there twice: {odd[:1]}")
    return dict(opens)


def manifest_of(files: dict[str, Any]) -> dict[str, Any]:
    """The manifest, after its signature by the key that it names, and that every file is there and no other."""
    raw = read(files["manifest.json"]())
    note = Note(read(files["manifest.sig"]()), "manifest.sig", LINE + "([0-9a-f]{64})\n")
    origin, digest = note.said
    need(digest == sha256(raw).hexdigest(), "清单并非所签名的。", "manifest.json is not the one that was signed.")
    said: dict[str, Any] = parsed(raw)
    hashes, key = sum(said["proofs"].values(), said["left"] + said["right"]), key_of(said["public_key"])
    sound = said["format"] == "sanguan-bundle/1" and re.fullmatch("[0-9A-Za-z][0-9A-Za-z._-]{0,99}", said["log"])
    sound = sound and (key[0], origin) == (f"sanguan/{said['log']}", f"sanguan/{said['log']}/bundle")
    sound = sound and {type(said[name]) for name in ("from", "to", "size")} == {int}
    sound = sound and 0 <= said["from"] <= said["to"] < said["size"] < 2**63
    sound = sound and all(re.fullmatch(HASH, one + "\n") for one in hashes)
    sound = sound and all(re.fullmatch(SIZE, one + "\n") for one in said["proofs"])
    sound = sound and all(type(one) is str for one in said["files"].values())
    kinds = {(type(one["digest"]), type(one["rows"]), type(one["position"])) for one in said["ledgers"].values()}
    sound = sound and kinds <= {(str, int, int)}
    need(sound, "清单不是 sanguan-bundle/1 格式。", "manifest.json is not that of a sanguan-bundle/1.", 2)
    note.signed(key)
    name = min(said["files"].keys() ^ files.keys() - {"manifest.json", "manifest.sig"}, default="")
    need(not name, f"文件 {name} 缺失或多余。", f"The file {name} is missing, or is not one of the manifest's.")
    return said


class Roots:
    """What was signed: the keys of the log in turn, and the roots that its tree must have."""

    def __init__(self, files: dict[str, Any], said: dict[str, Any], witnesses: list[Key]) -> None:
        self.origin, upto, current = f"sanguan/{said['log']}", 0, ""
        self.keys: list[tuple[int, Key]] = []  # each with the largest size that it signs
        self.due: dict[int, list[tuple[bytes, str]]] = {}
        self.vouched = dict.fromkeys(witnesses, 0)  # up to which size each witness has cosigned
        for number in range(1, 1 + sum(name.startswith("keys/") for name in files)):
            name = f"keys/{number}.txt"
            note = Note(read(files.get(name, io.BytesIO)()), name, LINE + SIZE + HASH + LINE + LINE)
            first, size, root, old, new = note.said
            sound = first == self.origin + "/rotation" and current in ("", old) and upto <= int(size) <= said["size"]
            sound &= key_of(old)[0] == key_of(new)[0] == self.origin and old != new
            need(sound, f"{name} 与前一次换钥不衔接。", f"{name} does not follow the rotation of keys before it.")
            note.signed(key_of(old), key_of(new))
            upto, current = int(size), new
            self.keys.append((upto, key_of(old)))
            self.due.setdefault(upto, []).append((plain(root), name))
        need(current in ("", said["public_key"]), "公钥不是最后启用的。", "manifest.json has not the last public key.")
        self.keys.append((2**63, key_of(said["public_key"])))

    def checkpoint(self, raw: bytes, name: str, code: int = 1) -> None:
        """Take up a checkpoint, signed by the key of its size; what is there in a witness's name must be his."""
        note = Note(raw, name, LINE + SIZE + HASH, code)
        origin, size, root = note.said
        note.signed(next(key for upto, key in self.keys if int(size) <= upto))
        sound = origin == self.origin and (code == 2 or name == f"checkpoints/{size}.txt")
        need(sound, f"{name} 是另一检查点。", f"{name} is another checkpoint.")
        self.due.setdefault(int(size), []).append((plain(root), name))
        for signer, line in note.signatures:  # C2SP tlog-cosignature
            message = f"cosignature/v1\ntime {int.from_bytes(line[4:12], 'big')}\n{note.text}".encode()
            named = [key for key in self.vouched if key[0] == signer]
            own = [key for key in named if key[2] == line[:4] and fits(key[1], message, line[12:])]
            need(own or not named, f"{name} 上 {signer} 的签名无效。", f"{name}: {signer} did not cosign this.")
            self.vouched.update((key, max(int(size), self.vouched[key])) for key in own)

    def meet(self, size: int, root: bytes) -> None:
        """Compare the tree's root at a size with those that were signed."""
        for due, name in self.due.pop(size, ()):
            need(due == root, f"{name} 所签的前 {size} 个事件并非这些。", f"{name} signs other first {size} events.")


def walk(files: dict[str, Any], said: dict[str, Any], roots: Roots) -> Tree:
    """Hash every event into the tree, and count."""
    tree, versions = Tree(), dict[str, int]()
    tree.filled(said["left"], said["from"])
    with io.BufferedReader(files["events.ndjson"](), 1 << 20) as events, files["leaves.bin"]() as leaves:
        for position in range(said["from"], said["to"] + 1):
            if position in roots.due:
                roots.meet(position, tree.root())
            line = events.readline(MOST_LINE)
            leaf = sha256(b"\x00" + line[:-1]).digest()
            if line[-1:] != b"\n" or leaf != leaves.read(32):
                raise Found(1, f"第 {position} 号事件缺失或已被改动。", f"Event {position} is missing or was altered.")
            event = parsed(line[:-1], exact=True)
            sound = type(event) is dict and " ".join(sorted(event)) == EVENT and event["log"] == said["log"]
            stream, version = (event["stream"], event["version"]) if sound else ("", 0)
            sound = sound and (type(stream), type(version)) == (str, int) and version > 0
            if not sound or version != versions.get(stream, version - 1 if said["from"] else 0) + 1:
                raise Found(1, f"第 {position} 号事件次序或格式不对。", f"Event {position} is none, or out of turn.")
            versions[stream] = version
            tree.add(0, leaf)
        roots.meet(tree.size, tree.root())
        more = events.read(1) + leaves.read(1)
        need(not more, "事件多于清单所述。", "events.ndjson, or leaves.bin, has more than manifest.json says.")
    roots.meet(said["size"], tree.filled(said["right"], said["size"]))
    need(not said["left"] + said["right"], "清单中有多余的哈希。", "manifest.json has more hashes than it takes.")
    return tree


def compare(files: dict[str, Any], said: dict[str, Any]) -> None:
    """Every file's bytes, every ledger's rows, and that no key of JSON stands twice."""
    ledgers = {f"ledgers/{name}.ndjson": ledger for name, ledger in said["ledgers"].items()}
    name = min(ledgers.keys() ^ {name for name in files if name.startswith("ledgers/")}, default="")
    need(not name, f"{name} 缺失或未列出。", f"{name} is missing, or manifest.json says nothing of its rows.")
    for name, digest in sorted(said["files"].items()):
        sha, rows, ledger = sha256(), 0, ledgers.get(name)
        with files[name]() as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                sha.update(piece)
                rows += piece.count(b"\n")
        sound = sha.hexdigest() == digest and (name[-5:] != ".json" or parsed(read(files[name]())) is not None)
        if ledger:
            sound &= (ledger["digest"], ledger["rows"]) == (digest, rows) and -1 <= ledger["position"] <= said["to"]
        need(sound, f"{name} 与清单不符，或 JSON 有重复键。", f"{name} is not as manifest.json says, or no sound JSON.")


def check(bundle: str, key: list[str], checkpoint: list[str], witness: list[str]) -> str:
    """Check all of it; gives what to say where all of it holds."""
    keys = {key_of(read(regular(path)).decode()) for path in key}
    kept = [(read(regular(path)), path) for path in checkpoint]
    witnesses = [key_of(read(regular(one)).decode() if os.path.exists(one) else one, 4) for one in witness]
    files = files_of(bundle)
    roots = Roots(files, said := manifest_of(files), witnesses)
    known = keys <= {own for _, own in roots.keys}
    need(known, "此包不是由所给公钥的日志签名的。", "manifest.json is not signed by the log whose key you gave.")
    for name in sorted(name for name in files if name.startswith("checkpoints/")):
        roots.checkpoint(read(files[name]()), name)
    for raw, path in kept:
        roots.checkpoint(raw, path, 2)
    need(said["size"] in roots.due, "缺少末尾的检查点。", "Nothing signs the size that manifest.json states.")
    for (name, _, _), size in roots.vouched.items():
        need(size, f"{name} 未见证任何检查点。", f"No checkpoint is cosigned by {name}.")
    tree = walk(files, said, roots)
    for size in sorted(roots.due):  # what was signed of sizes that were not passed
        grown, proof, name = Tree(), said["proofs"].get(str(size)), roots.due[size][0][1]
        sound = size < said["size"] and proof is not None
        need(sound, f"没有接续 {name} 的证明。", f"{name}: no proof goes on from the {size} events that it signs.")
        roots.meet(size, grown.filled(proof, size))
        holds = grown.filled(proof, said["size"]) == tree.root() and not proof
        need(holds, f"{name} 的证明不对。", f"{name}: the proof that goes on from it is wrong.")
    compare(files, said)
    return answer(said, tree.root().hex(), roots.vouched, bool(keys))


def answer(said: dict[str, Any], root: str, vouched: dict[Key, int], known: bool) -> str:
    """What to say where all of it holds, and what that does not say."""
    log, first, last, size = (said[name] for name in ("log", "from", "to", "size"))
    text = ""
    if not known:
        text = "未给出公钥，什么也未证明，只与包内自带的公钥相符。 NOTHING IS PROVEN BUT THAT IT AGREES WITH A KEY\n"
        text += "THAT CAME WITH IT: give --key, the log's public key as you got it by another way.\n"
    text += f"日志 {log} 第 {first} 至 {last} 号事件完好，在 {size} 个事件的签名树根之下。\n"
    text += f"Log {log}: events {first} to {last} hold, under the signed root over {size} events:\n{root}\n"
    text += f"Public key: {said['public_key']}"
    if last - first + 1 < size:
        text += "\n其前后的事件不在此包中。 The events before and behind these are not in this bundle."
    if said["ledgers"]:
        text += "\n台账是单位的陈述，未经此处证明。 ledgers/ is the office's statement, and not proven by this."
    for (name, _, _), upto in vouched.items():
        text += f"\n{name} 见证了前 {upto} 个事件。 {name} vouches for the first {upto} events."
    return text


def main() -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    for option in ("--key", "--checkpoint", "--witness"):
        parser.add_argument(option, action="append", default=[])
    try:
        code, text = 0, check(**vars(parser.parse_args()))
    except Found as found:
        code, text = found.args[0], " ".join(found.args[1:])
    except Exception as error:  # whatever a damaged or foreign file may bring about
        code, text = 2, f"无法读取。 This cannot be read as a bundle: {type(error).__name__}: {str(error)!a}"
    shown = "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign) for sign in text)
    try:
        sys.stdout.buffer.write(shown.encode(sys.stdout.encoding, "replace") + b"\n")
        sys.stdout.flush()
    except (OSError, AttributeError):  # nobody reads the answer
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
