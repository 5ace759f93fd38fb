"""`sanguan audit bundle` and `sanguan audit verify BUNDLE`, as people call them. Everything is invented (synthetic)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from services.installation import SERVICES
from shared.log.cosigning import Cosigner
from shared.log.keys import load_or_create
from shared.log.note import Signer, sign
from tests.audit.bundles import SIZE, installation, packed, signed_anew, unpacked
from tests.log.invented import LOG, append
from tests.system.cli import called, sanguan


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of an installation of all services; nobody changes its log."""
    data = tmp_path_factory.mktemp("record") / "data"
    with installation(data, services=SERVICES):
        pass
    return data


@pytest.fixture(scope="module")
def bundle(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle") / "whole.zip"
    assert called("audit", "bundle", out, "--data", data).code == 0
    return out


def test_a_bundle_is_written_and_verified(data: Path, bundle: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "bundle.zip", data / "keys" / f"{LOG}.pub"
    done = sanguan("audit", "bundle", out, "--data", data, "--json")
    assert done.code == 0, done.err
    told = done.json
    assert (told["ok"], told["log"], told["from"], told["to"], told["size"]) == (True, LOG, 0, SIZE - 1, SIZE)
    assert (told["file"], told["bytes"]) == (str(out), out.stat().st_size)
    assert told["public_key"] + "\n" == key.read_text()
    assert out.read_bytes() == bundle.read_bytes()
    done = called("audit", "verify", out, "--key", key, "--json")
    assert done.code == 0, done.err
    assert done.json["root"] == told["root"]
    assert (done.json["ok"], done.json["key_given"], done.json["first_bad"]) == (True, True, None)
    assert (done.json["log"], done.json["from"], done.json["to"], done.json["size"]) == (LOG, 0, SIZE - 1, SIZE)
    assert done.json["checkpoints"] == 4
    people = called("audit", "verify", out)
    assert people.code == 0
    assert "none was given" in people.out
    names = set(unpacked(out))
    assert {"rescore.py", "verify.py", "calendars/state-council.json"} <= names


def test_a_part_and_a_checkpoint_that_was_kept(data: Path, bundle: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "part.zip", tmp_path / "kept.txt"
    kept.write_bytes(unpacked(bundle)["checkpoints/100.txt"])
    done = called("audit", "bundle", out, "--data", data, "--from", 400, "--to", 450, "--checkpoint", kept, "--json")
    assert (done.code, done.json["from"], done.json["to"], done.json["ledger_files"]) == (0, 400, 450, 0)
    assert called("audit", "verify", out, "--checkpoint", kept, "--json").code == 0
    without = tmp_path / "without.zip"
    assert called("audit", "bundle", without, "--data", data, "--from", 400, "--to", 450).code == 0
    done = called("audit", "verify", without, "--checkpoint", kept, "--json")
    assert (done.code, done.json["ok"], done.json["first_bad"]["code"]) == (1, False, "no_proof")


def test_the_answer_says_what_is_not_proven(data: Path, bundle: Path, tmp_path: Path) -> None:
    key = data / "keys" / f"{LOG}.pub"
    people = called("audit", "verify", bundle)
    assert "NOTHING IS PROVEN" in people.out.splitlines()[1]
    assert "ledgers/ is the office's statement" in people.out
    assert "Canonical form was not looked at" in people.out
    done = called("audit", "verify", bundle, "--key", key, "--exact", "--json")
    assert (done.json["exact"], done.json["scripts"]) == (True, {"verify.py": True, "rescore.py": True})
    people = called("audit", "verify", bundle, "--key", key, "--exact")
    assert not any(word in people.out for word in ("NOTHING IS PROVEN", "Canonical form", "before and behind"))
    files = unpacked(bundle)
    other = tmp_path / "other.zip"
    other.write_bytes(packed(signed_anew({**files, "verify.py": b"print('all well')"}, load_or_create(data, LOG))))
    done = called("audit", "verify", other, "--json")
    assert (done.code, done.json["scripts"]) == (0, {"verify.py": False, "rescore.py": True})
    assert called("audit", "bundle", tmp_path / "part.zip", "--data", data, "--from", 4, "--to", 9).code == 0
    assert "before and behind" in called("audit", "verify", tmp_path / "part.zip", "--key", key).out


def test_a_witness_is_given_by_its_key_or_a_file(data: Path, bundle: Path, tmp_path: Path) -> None:
    court = Cosigner.generate("court.example/w1")
    files, file, cosigned = unpacked(bundle), tmp_path / "court.pub", tmp_path / "cosigned.zip"
    file.write_text(f"{court.witness}\n")
    note = files["checkpoints/600.txt"].decode()
    line = court.line(note.partition("\n\n")[0] + "\n", 1_433_145_600)
    own = load_or_create(data, LOG)
    cosigned.write_bytes(packed(signed_anew({**files, "checkpoints/600.txt": (note + line).encode()}, own)))
    for given in (file, court.witness):
        done = called("audit", "verify", cosigned, "--witness", given, "--json")
        assert (done.code, done.json["witnesses"]) == (0, [{"key": str(court.witness), "size": 600}])
        assert (
            called("audit", "verify", bundle, "--witness", given, "--json").json["first_bad"]["code"] == "not_witnessed"
        )
        assert called("audit", "verify", "--data", data, "--witness", given).code == 1
    called("audit", "verify", bundle, "--witness", "nonsense", "--json").problem("witness_key_unusable")


def test_a_copy_that_an_editor_changed_is_no_finding(data: Path, bundle: Path, tmp_path: Path) -> None:
    kept, files = tmp_path / "kept", unpacked(bundle)
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    for content in (files["checkpoints/100.txt"], (data / "keys" / f"{LOG}.pub").read_bytes()):
        option = "--key" if content.startswith(b"sanguan/410105010+") else "--checkpoint"
        for edited in (b"\xef\xbb\xbf" + content, content.replace(b"\n", b"\r\n")):
            kept.write_bytes(edited)
            called("audit", "verify", bundle, option, kept, "--json").problem("changed_by_editor")
            done = subprocess.run(
                [sys.executable, "-I", str(tmp_path / "verify.py"), str(bundle), option, str(kept)],
                capture_output=True, encoding="utf-8", check=False, timeout=60, env={"PYTHONUTF8": "1"},
            )  # fmt: skip
            assert (done.returncode, "edit" in done.stdout) == (2, True)
        kept.unlink()
    os.mkfifo(kept)
    called("audit", "verify", bundle, "--key", kept, "--json").problem("not_a_file")


def test_what_is_wrong_is_named(bundle: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.zip"
    files = unpacked(bundle)
    events = files["events.ndjson"].splitlines(keepends=True)
    spoilt.write_bytes(packed({**files, "events.ndjson": b"".join([*events[:310], *events[311:]])}))
    done = called("audit", "verify", spoilt, "--json")
    assert (done.code, done.json["ok"], done.json["root"]) == (1, False, None)
    assert (done.json["first_bad"]["position"], done.json["first_bad"]["code"]) == (310, "event")
    people = called("audit", "verify", spoilt)
    assert people.code == 1
    assert "第 310 号事件" in people.out
    spoilt.write_bytes(packed({**files, "scores/1.json": b"{}"}))
    done = called("audit", "verify", spoilt, "--json")
    assert (done.json["first_bad"]["position"], done.json["first_bad"]["file"]) == (None, "scores/1.json")


def test_what_is_no_bundle_is_said_in_one_line(bundle: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.zip"
    for content in (b"", b"nonsense", b"PK\x05\x06" + bytes(18), bundle.read_bytes()[:-300], packed({"x": b""})):
        foreign.write_bytes(content)
        called("audit", "verify", foreign, "--json").problem("bundle_unusable")
    called("audit", "verify", tmp_path / "nowhere.zip", "--json").problem("bundle_unusable")
    for content in (b"", b"nonsense", b"\xff" * 9):
        foreign.write_bytes(content)
        called("audit", "verify", bundle, "--key", foreign, "--json").problem("key_unusable")
        called("audit", "verify", bundle, "--checkpoint", foreign, "--json").problem("checkpoint_refused")
    foreign.write_bytes(bytes(1_000_001))
    called("audit", "verify", bundle, "--key", foreign, "--json").problem("file_too_large")
    called("audit", "verify", bundle, "--checkpoint", foreign, "--json").problem("file_too_large")
    called("audit", "verify", bundle, "--key", tmp_path / "nowhere", "--json").problem("file_or_network")
    called("audit", "verify", "--key", foreign, "--json").problem("bad_usage")


def test_what_cannot_be_bundled(data: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    with_data = ("--data", data, "--json")
    called("audit", "bundle", out, "--to", SIZE, *with_data).problem("beyond_the_end")
    called("audit", "bundle", out, "--from", SIZE, *with_data).problem("beyond_the_end")
    called("audit", "bundle", out, "--from", 9, "--to", 3, *with_data).problem("beyond_the_end")
    called("audit", "bundle", out, "--from", -1, *with_data).problem("bad_usage")
    called("audit", "bundle", out, "--log", "410105099", *with_data).problem("unknown_log")
    called("audit", "bundle", out, "--log", f"{LOG}.access", *with_data).problem("not_published")
    called("audit", "bundle", tmp_path / "no" / "out.zip", *with_data).problem("file_or_network")
    called("audit", "bundle", bundle, *with_data).problem("bundle_exists")
    called("audit", "bundle", out, "--data", tmp_path / "nowhere", "--json").problem("no_record")
    kept = tmp_path / "kept.txt"
    kept.write_text("nonsense")
    called("audit", "bundle", out, "--checkpoint", kept, *with_data).problem("checkpoint_refused")
    kept.write_text(sign(f"sanguan/{LOG}\n1\n{'A' * 43}=\n", Signer.generate(f"sanguan/{LOG}")))
    called("audit", "bundle", out, "--checkpoint", kept, *with_data).problem("checkpoint_refused")
    kept.unlink()
    assert list(tmp_path.iterdir()) == [], "nothing is written half"


def test_an_altered_log_is_a_finding_and_no_bundle(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "bundle.zip"
    with installation(data, 30, (10,), services=SERVICES) as storage, storage.log_engine.begin() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE events SET bytes = CAST('{}' AS BLOB) WHERE position = 5"))
    done = called("audit", "bundle", out, "--data", data, "--json")
    assert (done.code, done.json["ok"], done.json["code"]) == (1, False, "log_damaged")
    assert called("audit", "bundle", out, "--data", data).code == 1
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_while_the_log_grows_a_bundle_is_of_one_moment(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "bundle.zip"
    with installation(data, 30, (10,), services=SERVICES) as storage:
        assert called("audit", "bundle", out, "--data", data).code == 0
        append(storage.log_engine, 7)
        later = called("audit", "bundle", tmp_path / "later.zip", "--data", data, "--json")
        assert (later.json["to"], later.json["size"]) == (36, 37)
    assert called("audit", "verify", out, "--json").json["size"] == 30
    key = load_or_create(data, LOG)
    checkpoint = tmp_path / "kept.txt"
    checkpoint.write_bytes(unpacked(tmp_path / "later.zip")["checkpoints/37.txt"])
    done = called("audit", "verify", out, "--checkpoint", checkpoint, "--json")
    assert (done.code, done.json["first_bad"]["code"]) == (1, "shorter")
    assert key.verifier.name == f"sanguan/{LOG}"


def test_the_scripts_in_it_run(bundle: Path, tmp_path: Path) -> None:
    files = unpacked(bundle)
    for name in ("verify.py", "rescore.py"):
        (tmp_path / name).write_bytes(files[name])
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py"), str(bundle)], capture_output=True, encoding="utf-8",
        check=False, timeout=60, env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(files["manifest.json"])["public_key"] in done.stdout
