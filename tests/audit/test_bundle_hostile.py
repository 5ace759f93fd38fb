"""Zips that somebody made to do harm, and files that are no bundles: one clear line, exit code 1 or 2, little memory.

Everything is invented (synthetic).
"""

import io
import json
import os
import resource
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from shared.audit.bundle.checking import verify_bundle
from shared.audit.bundle.layout import EVENTS, LEAVES, MANIFEST, SCRIPT, SIGNATURE
from shared.errors import Unusable
from shared.log import keys
from shared.log.note import Signer, sign
from tests.audit.bundles import installation, leaves_of, packed, signed_anew, unpacked, verify, write
from tests.log.invented import LOG

BOMB_PIECES: Final = 400
"""Of a mebibyte."""
MOST_BYTES: Final = 384 << 20
"""What a process may have at all, the interpreter included."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Signer]]:
    """A bundle of thirty events, and its operator's key."""
    directory = tmp_path_factory.mktemp("made")
    with installation(directory / "data", 30, (10,)) as storage:
        write(storage, directory / "bundle.zip")
        yield directory / "bundle.zip", keys.load_or_create(storage.settings.data_dir, LOG)


@pytest.fixture(scope="module")
def files(made: tuple[Path, Signer]) -> Mapping[str, bytes]:
    return unpacked(made[0])


def codes(bundle: Path, tmp_path: Path) -> tuple[int, int]:
    """What the product and the script end with; each says one line, of people's length, and no traceback."""
    try:
        found = verify_bundle(bundle)
        product, said = (0 if found.ok else 1), found.as_text()
    except Unusable as unusable:
        product, said = 2, str(unusable)
    if product:
        assert len(said.splitlines()) == 1
        assert len(said) < 2_000
    done = by_itself(str(bundle))
    assert "Traceback" not in done.stderr + done.stdout
    if done.returncode:
        assert len(done.stdout.splitlines()) == 1
        assert len(done.stdout) < 2_000
    assert done.stderr == ""
    return product, done.returncode


def by_itself(*words: str) -> subprocess.CompletedProcess[str]:
    """The script, in a process that may have little memory."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *words], capture_output=True, encoding="utf-8", check=False, timeout=120,
        env={"PYTHONUTF8": "1"}, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES)),
    )  # fmt: skip


def zipped(entries: list[tuple[str, bytes]], **how: Any) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(made, "w", **how) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


# names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "scores/../../evil",
        "a\\b",
        "scores/",
        ".hidden",
        "scores//x",
        "scores/x\n",
        "\u202eevil",
    ],
)
def test_names_that_lead_elsewhere(
    files: Mapping[str, bytes], made: tuple[Path, Signer], tmp_path: Path, name: str
) -> None:
    """Though the operator's manifest names the file."""
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(packed(signed_anew({**files, name: b"harm"}, made[1])))
    assert codes(bundle, tmp_path) == (1, 1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle.zip"], "nothing is unpacked"


@pytest.mark.parametrize("name", [MANIFEST, EVENTS, "scores/17.json", "verify.py"])
def test_a_name_that_is_there_twice(files: Mapping[str, bytes], tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "bundle.zip"
    for entries in ([*files.items(), (name, files[name])], [(name, b"another"), *files.items()]):
        bundle.write_bytes(zipped(entries))
        assert codes(bundle, tmp_path) == (1, 1)


def test_two_names_in_one_entry(made: tuple[Path, Signer], tmp_path: Path) -> None:
    """The name in front of a file's bytes, and the one in the directory at the end, are not the same."""
    raw = made[0].read_bytes()
    at = raw.index(b"scores/17.json")
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(raw[:at] + b"scores/18.json" + raw[at + 14 :])
    assert all(codes(bundle, tmp_path))


# size -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [EVENTS, MANIFEST, *(pytest.param(name, marks=pytest.mark.long) for name in
             ("scores/bomb.json", LEAVES, SIGNATURE, "checkpoints/10.txt"))],
)  # fmt: skip
def test_a_bomb_is_not_unpacked_into_memory(files: Mapping[str, bytes], tmp_path: Path, name: str) -> None:
    """Some kilobytes that become more than the process may have."""
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, content in files.items():
            if other != name:
                archive.writestr(other, content)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as file:
            for _ in range(BOMB_PIECES):
                file.write(bytes(1 << 20))
    assert bundle.stat().st_size < 2 << 20
    assert all(codes(bundle, tmp_path))


@pytest.mark.long
def test_a_bomb_that_the_operator_signed(files: Mapping[str, bytes], made: tuple[Path, Signer], tmp_path: Path) -> None:
    """A large file that the manifest names is hashed piece by piece."""
    digest = sha256()
    for _ in range(BOMB_PIECES):
        digest.update(bytes(1 << 20))
    manifest = json.loads(files[MANIFEST])
    manifest["files"]["ledgers/bomb.ndjson"] = digest.hexdigest()
    manifest["ledgers"]["bomb"] = {"position": 0, "rows": 0, "digest": digest.hexdigest()}
    raw = json.dumps(manifest).encode()
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if name not in (MANIFEST, SIGNATURE):
                archive.writestr(name, content)
        archive.writestr(MANIFEST, raw)
        archive.writestr(SIGNATURE, sign(f"sanguan/{LOG}/bundle\n{sha256(raw).hexdigest()}\n", made[1]))
        info = zipfile.ZipInfo("ledgers/bomb.ndjson")
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as file:
            for _ in range(BOMB_PIECES):
                file.write(bytes(1 << 20))
    assert codes(bundle, tmp_path) == (0, 0)


@pytest.mark.parametrize(
    "line", [b"x" * (17 << 20), b'{"a":' * 200_000, b'"' + b"\\u0000" * (1 << 20) + b'"', b"9" * 100_000]
)
def test_an_enormous_line(files: Mapping[str, bytes], made: tuple[Path, Signer], tmp_path: Path, line: bytes) -> None:
    lines = files[EVENTS].splitlines(keepends=True)
    events = b"".join([*lines[:7], line + b"\n", *lines[8:]])
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(packed(signed_anew({**files, EVENTS: events, LEAVES: leaves_of(events)}, made[1])))
    assert codes(bundle, tmp_path) == (1, 1)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", [MANIFEST, "scores/17.json"])
def test_ways_of_packing_that_unpack_without_a_limit(
    files: Mapping[str, bytes], tmp_path: Path, how: int, name: str
) -> None:
    """Some hundred bytes of bzip2 become gigabytes in one call of Python's zipfile."""
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for other, content in files.items():
            archive.writestr(other, bytes(64 << 20) if other == name else content, how if other == name else None)
    assert codes(bundle, tmp_path) == (2, 2)


def test_nobody_reads_the_answer(made: tuple[Path, Signer]) -> None:
    for ending in ("> /dev/full", ">&-", "| true"):
        words = f'"$0" -I "$1" "$2" {ending}; echo "${{PIPESTATUS[0]}}" >&2'
        done = subprocess.run(
            ["bash", "-c", words, sys.executable, str(SCRIPT), str(made[0])], capture_output=True, encoding="utf-8",
            check=False, timeout=60,
        )  # fmt: skip
        assert done.stderr in (("2\n",) if ending != "| true" else ("2\n", "0\n")), ending


def test_files_that_lie_over_each_other(files: Mapping[str, bytes], tmp_path: Path) -> None:
    """Many names for the same compressed bytes: what unpacks to more than any zip of its size can hold."""
    raw = bytearray(zipped([("scores/0.json", bytes(10 << 20))], compression=zipfile.ZIP_DEFLATED))
    end = raw.rindex(b"PK\x05\x06")
    (at,) = struct.unpack_from("<I", raw, end + 16)
    entry = bytes(raw[at:end])
    names = [b"scores/%d.json" % number for number in range(10)]
    directory = b"".join(entry.replace(b"scores/0.json", name) for name in names)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(names), len(names), len(directory), at, 0)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(bytes(raw[:at]) + directory + tail)
    assert all(codes(bundle, tmp_path))


# what a zip can be ----------------------------------------------------------------------------------------------------


def test_files_that_are_encrypted_or_packed_in_another_way(made: tuple[Path, Signer], tmp_path: Path) -> None:
    raw, bundle = made[0].read_bytes(), tmp_path / "bundle.zip"
    central = raw.index(b"PK\x01\x02")
    for offset, value in ((8, 1), (10, 99), (10, 12), (10, 14)):  # flags; the way it is packed
        spoilt = bytearray(raw)
        for start in _entries(raw, central):
            struct.pack_into("<H", spoilt, start + offset, value)
        bundle.write_bytes(spoilt)
        assert all(codes(bundle, tmp_path))


def _entries(raw: bytes, at: int) -> Iterator[int]:
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        yield at
        at += 4


def test_a_link_in_a_directory_leads_nowhere(files: Mapping[str, bytes], tmp_path: Path) -> None:
    directory = tmp_path / "unpacked"
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    assert codes(directory, tmp_path) == (0, 0)
    (directory / "empty").mkdir()
    assert codes(directory, tmp_path) == (0, 0)
    for extra in ("scores/18.json", "README.txt", "pipe", "junk"):
        if extra == "junk":
            (directory / extra).symlink_to("/etc")
        elif extra == "README.txt":
            (directory / extra).write_text("lies")
        else:
            os.mkfifo(directory / extra)
        assert codes(directory, tmp_path) == (1, 1), extra
        (directory / extra).unlink()
    for name in ("scores/17.json", MANIFEST):
        (directory / name).unlink()
        os.mkfifo(directory / name)
        assert codes(directory, tmp_path) == (2, 2), "a pipe may never end"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00", b"PK\x05\x06" + bytes(18), b"PK\x03\x04", b"not a bundle\n" * 1000, bytes(1 << 20), zipped([]),
        zipped([("xl/workbook.xml", b"<workbook/>")]), zipped([(MANIFEST, b"")]), zipped([(MANIFEST, b"{}")]),
        zipped([(SIGNATURE, b"")]),
    ],
)  # fmt: skip
def test_what_is_no_bundle(tmp_path: Path, content: bytes) -> None:
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(content)
    product, script = codes(bundle, tmp_path)
    assert product
    assert script
    if MANIFEST.encode() not in content:
        assert (product, script) == (2, 2)


def test_what_is_not_there(tmp_path: Path) -> None:
    assert codes(Path("/dev/zero"), tmp_path) == (2, 2)
    os.mkfifo(tmp_path / "pipe")
    assert codes(tmp_path / "pipe", tmp_path) == (2, 2)
    assert codes(tmp_path / "nowhere.zip", tmp_path) == (2, 2)
    (tmp_path / "empty").mkdir()
    assert codes(tmp_path / "empty", tmp_path) == (2, 2)


@pytest.mark.parametrize(
    "said",
    [
        None, [], 7, "x", {}, {"format": "sanguan-bundle/1"}, {"from": "0"}, {"from": None}, {"to": 1.5}, {"size": [1]},
        {"files": []}, {"files": {"scores/17.json": 7}}, {"left": 7}, {"left": ["x"]}, {"right": [None]},
        {"public_key": "x"}, {"public_key": None}, {"log": 7}, {"ledgers": []}, {"ledgers": {"x": {}}},
        {"proofs": {"x": []}},
    ],
)  # fmt: skip
def test_a_signed_manifest_that_is_none(
    files: Mapping[str, bytes], made: tuple[Path, Signer], tmp_path: Path, said: Any
) -> None:
    manifest = {**json.loads(files[MANIFEST]), **said} if isinstance(said, dict) and said else said
    if said == {"format": "sanguan-bundle/1"}:
        manifest = said
    raw = json.dumps(manifest).encode()
    note = sign(f"sanguan/{LOG}/bundle\n{sha256(raw).hexdigest()}\n", made[1]).encode()
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(packed({**files, MANIFEST: raw, SIGNATURE: note}))
    product, script = codes(bundle, tmp_path)
    assert (product, script) == (2, 2)


@pytest.mark.parametrize("what", ["--key", "--checkpoint"])
def test_enormous_files_beside_the_bundle(made: tuple[Path, Signer], tmp_path: Path, what: str) -> None:
    enormous = tmp_path / "enormous"
    with enormous.open("wb") as file:
        file.truncate(3 << 30)
    done = by_itself(str(made[0]), what, str(enormous))
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (2, 1, "")
    for content in (b"", b"\xff" * 100, made[0].read_bytes()):
        enormous.write_bytes(content)
        done = by_itself(str(made[0]), what, str(enormous))
        assert (done.returncode, done.stdout.count("\n"), done.stderr) == (2, 1, ""), done.stdout


def test_the_script_in_a_console_that_knows_no_chinese(made: tuple[Path, Signer]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(made[0])], capture_output=True, check=False, timeout=60,
        env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"events 0 to 29 hold" in done.stdout
    assert verify.__doc__
