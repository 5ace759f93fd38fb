"""What somebody signs who holds the log's key and knows both verifiers: the product and `verify.py` say the same of it,
and name the same thing. The product is asked as `sanguan audit verify --exact` asks it. Everything is invented."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from shared.audit.bundle.checking import verify_bundle
from shared.audit.bundle.layout import EVENTS, checkpoint_name, key_name, signed_text
from shared.log import keys
from shared.log.note import Signer, sign
from shared.log.signing import Rotation
from tests.audit.bundles import installation, packed, signed_anew, told_anew, unpacked, write
from tests.audit.test_bundle import both
from tests.log.invented import LOG
from tests.log.test_tree import mth

SIZE: Final = 30
AT: Final = 17
"""The event that is another."""

Files = Mapping[str, bytes]
Line = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Signer]]:
    """A bundle of thirty events, and its operator's key."""
    directory = tmp_path_factory.mktemp("made")
    with installation(directory / "data", SIZE, (10,)) as storage:
        write(storage, directory / "bundle.zip")
        yield directory / "bundle.zip", keys.load_or_create(storage.settings.data_dir, LOG)


@pytest.fixture(scope="module")
def files(made: tuple[Path, Signer]) -> Files:
    return unpacked(made[0])


@pytest.fixture
def signer(made: tuple[Path, Signer]) -> Signer:
    return made[1]


def said(line: bytes, **other: Any) -> bytes:
    """An event that says otherwise, in canonical form."""
    return json.dumps(json.loads(line) | other, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def without(line: bytes, name: str) -> bytes:
    event = json.loads(line)
    del event[name]
    return json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


FORM: Final[Mapping[str, Line]] = {
    "a space": lambda line: line.replace(b'"version":', b'"version": '),
    "a space within": lambda line: line.replace(b'"number":', b'"number": '),
    "another order": lambda line: json.dumps(dict(reversed(json.loads(line).items())), separators=(",", ":")).encode(),
    "a key twice": lambda line: b'{"version":999,' + line[1:],
    "a key twice within": lambda line: line.replace(b'"number":', b'"number":1,"number":'),
    "an escaped letter": lambda line: line.replace("合".encode(), b"\\u5408"),
    "no UTF-8": lambda line: line.replace("合".encode(), b"\xff"),
    "a fraction": lambda line: line.replace(b'"number":', b'"half":0.5,"number":'),
    "an exponent": lambda line: line.replace(b'"number":', b'"many":1e5,"number":'),
    "a minus nothing": lambda line: line.replace(b'"number":', b'"none":-0,"number":'),
    "an endless number": lambda line: line.replace(b'"number":', b'"many":' + b"9" * 4_301 + b',"number":'),
    "no member missing but one": lambda line: without(line, "cause"),
    "a member more": lambda line: said(line, extra=1),
    "three members": lambda line: json.dumps(
        {name: json.loads(line)[name] for name in ("log", "stream", "version")}, separators=(",", ":")
    ).encode(),
}
"""What is no event in canonical form; the last that only `--exact` and `verify.py` look for."""
NONE: Final[Mapping[str, Line]] = {
    "no number": lambda line: line.replace(b'"number":', b'"none":NaN,"number":'),
    "a version that is none": lambda line: said(line, version=True),
    "a version with a point": lambda line: said(line, version=float(json.loads(line)["version"])),
    "no stream": lambda line: said(line, stream=None),
    "another log's": lambda line: said(line, log="410105011"),
    "out of turn": lambda line: said(line, version=json.loads(line)["version"] + 1),
}


@pytest.mark.parametrize("name", [*FORM, *NONE])
def test_an_event_that_is_none(files: Files, signer: Signer, tmp_path: Path, name: str) -> None:
    lines = files[EVENTS].splitlines()
    spoil = {**FORM, **NONE}[name]
    assert spoil(lines[AT]) != lines[AT]
    bundle = tmp_path / "forged.zip"
    bundle.write_bytes(packed(told_anew(files, signer, [*lines[:AT], spoil(lines[AT]), *lines[AT + 1 :]], (10,))))
    found = both(bundle)
    assert found[0] == 1
    assert f"Event {AT} " in found[2]
    if name in NONE:
        assert not verify_bundle(bundle).ok, "these are found without --exact"


def renamed(files: Files, old: str, new: str) -> dict[str, bytes]:
    return {new if name == old else name: content for name, content in files.items()}


def checkpoint(files: Files, signer: Signer, size: str, root: str | None = None) -> dict[str, bytes]:
    """The last checkpoint, its size or root written in another way."""
    _, _, own = files[checkpoint_name(SIZE)].decode().split("\n")[:3]
    text = f"{keys.origin(LOG)}\n{size}\n{root or own}\n"
    return {**files, checkpoint_name(SIZE): (text + "\n" + signer.signature_line(text)).encode()}


def test_checkpoints_that_are_written_or_named_in_another_way(files: Files, signer: Signer, tmp_path: Path) -> None:
    root = files[checkpoint_name(SIZE)].decode().split("\n")[2]
    other = chr(ord(root[-2]) + 1)  # the bits of it that count are the same
    for forged in (
        renamed(files, checkpoint_name(SIZE), "checkpoints/7.txt"),
        renamed(files, checkpoint_name(10), "checkpoints/010.txt"),
        *(checkpoint(files, signer, size) for size in (" 30", "3_0", "030", "٣٠", "+30")),
        checkpoint(files, signer, "30", f"{root[:-2]}{other}="),
        {**files, checkpoint_name(SIZE): files[checkpoint_name(SIZE)] + b"\xe2\x80\x94 \xff AAAAAAAA\n"},
        {**files, checkpoint_name(SIZE): files[checkpoint_name(SIZE)] + "— a\x1bb AAAAAAAA\n".encode()},
        {**files, checkpoint_name(SIZE): files[checkpoint_name(SIZE)] + "— a AAAAAAB=\n".encode()},
    ):  # fmt: skip
        bundle = tmp_path / "forged.zip"
        bundle.write_bytes(packed(signed_anew(forged, signer)))
        assert both(bundle)[:2] == (1, "checkpoint")


def rotated(files: Files, signer: Signer, name: str, number: int = 1) -> dict[str, bytes]:
    """The log's key changed to one of that name, in a bundle where all fits it."""
    new = Signer.generate(name)
    root = b64encode(mth([files["leaves.bin"][at : at + 32] for at in range(0, 320, 32)])).decode()
    text = f"{keys.origin(LOG)}/rotation\n10\n{root}\n{signer.verifier}\n{new.verifier}\n"
    note = text + "\n" + signer.signature_line(text) + new.signature_line(text)
    last = sign(files[checkpoint_name(SIZE)].decode().partition("\n\n")[0] + "\n", new)
    made = {**files, key_name(number): note.encode(), checkpoint_name(SIZE): last.encode()}
    return signed_anew(made, new, public_key=str(new.verifier))


def test_keys_of_another_name_or_place(files: Files, signer: Signer, tmp_path: Path) -> None:
    bundle = tmp_path / "forged.zip"
    expected = {
        (keys.origin(LOG), 1): (0, ""), (keys.origin(LOG), 2): (1, "rotation"), (keys.origin(LOG), 9): (1, "rotation"),
        ("sanguan/other", 1): (2, "bundle_unusable"),
    }  # fmt: skip
    for (name, number), found in expected.items():
        bundle.write_bytes(packed(rotated(files, signer, name, number)))
        assert both(bundle)[:2] == found, (name, number)
    through = rotated(files, signer, "sanguan/other")
    bundle.write_bytes(packed(signed_anew(through, signer, public_key=str(signer.verifier))))
    assert both(bundle)[:2] == (1, "rotation")
    bundle.write_bytes(packed(signed_anew({**files, "keys/9.txt": b"x"}, signer)))
    assert both(bundle)[:2] == (1, "rotation")
    with pytest.raises(ValueError):
        Rotation.parse(through[key_name(1)].decode())


Ledgers = dict[str, dict[str, Any]]


def test_what_the_manifest_says_of_ledgers(files: Files, signer: Signer, tmp_path: Path) -> None:
    name = "intake.cases"
    stated: Ledgers = json.loads(files["manifest.json"])["ledgers"]
    bundle = tmp_path / "forged.zip"

    def forged(ledgers: Ledgers) -> None:
        manifest = signed_anew(files, signer)
        whole = json.loads(manifest["manifest.json"]) | {"ledgers": ledgers}
        raw = json.dumps(whole).encode()
        bundle.write_bytes(packed(manifest | {"manifest.json": raw, "manifest.sig": signature(raw, signer)}))

    for wrong in ({"digest": "0" * 64}, {"position": SIZE}, {"position": -2}, {"rows": 1}):
        forged(stated | {name: stated[name] | wrong})
        assert both(bundle)[:2] == (1, "ledger"), wrong
    for odd in ({"position": "x"}, {"rows": None}, {"digest": 7}):
        forged(stated | {name: stated[name] | odd})
        assert both(bundle)[:2] == (2, "bundle_unusable"), odd
    forged(stated | {"intake.more": stated[name]})
    assert both(bundle)[:2] == (1, "ledger")
    forged({one: ledger for one, ledger in stated.items() if one != name})
    assert both(bundle)[:2] == (1, "ledger")


def signature(raw: bytes, signer: Signer) -> bytes:
    return sign(signed_text(LOG, raw), signer).encode()


def test_json_in_which_a_key_stands_twice(files: Files, signer: Signer, tmp_path: Path) -> None:
    bundle = tmp_path / "forged.zip"
    for name in ("scores/17.json", "rulebooks/default-v1.json", "plans/invented-v1.json", "calendars/2015.json"):
        for content in (b'{"points":"1","points":"2"}', b'[{"a":{"b":1,"b":1}}]', b'{"a":0.5}', b"[NaN]", b"", b"\xff"):
            bundle.write_bytes(packed(signed_anew({**files, name: content}, signer)))
            assert both(bundle)[:2] == (1, "json"), (name, content)
    raw = b'{"log":"999",' + files["manifest.json"].lstrip()[1:]
    bundle.write_bytes(packed({**files, "manifest.json": raw, "manifest.sig": signature(raw, signer)}))
    assert both(bundle)[:2] == (2, "bundle_unusable")


@pytest.mark.parametrize("name", ["README.txt", "keys/old.txt", "scores/17.json.bak", "x.py", "scores/\x1b[2K.json"])
def test_a_file_that_no_bundle_has(files: Files, signer: Signer, tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "forged.zip"
    bundle.write_bytes(packed(signed_anew({**files, name: b"lies"}, signer)))
    found = both(bundle)
    assert found[:2] == (1, "names")
    assert found[2].isprintable()


@pytest.mark.parametrize("log", ["\x1b[1G\x1b[2K410105010", "410105010\n", "", "../410105010", "x" * 101])
def test_a_log_whose_name_would_fake_the_answer(files: Files, tmp_path: Path, log: str) -> None:
    """Its key says the same name, and everything fits."""
    own = Signer(f"sanguan/{log}", bytes(32))
    raw = json.dumps(json.loads(files["manifest.json"]) | {"log": log, "public_key": str(own.verifier)}).encode()
    text = f"sanguan/{log}/bundle\n{sha256(raw).hexdigest()}\n"
    bundle = tmp_path / "forged.zip"
    bundle.write_bytes(
        packed({**files, "manifest.json": raw, "manifest.sig": (text + "\n" + own.signature_line(text)).encode()})
    )
    found = both(bundle)
    assert found[0] in (1, 2)
    assert found[2].isprintable()
