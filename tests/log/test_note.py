"""Signed notes: the published vector of Go's sumdb/note, and those who alter them; keys on disk."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log.keys import KeyUnusable, load_or_create, load_verifier, origin
from shared.log.note import Checkpoint, NoteRefused, Signer, Verifier, open_checkpoint, open_note, sign
from shared.log.tree import leaf_hash

# golang.org/x/mod/sumdb/note, note_test.go
VERIFIER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNER_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOTE = TEXT + "\n" + SIGNATURE
PETER = Verifier.parse(VERIFIER_KEY)

WITNESS = Signer.generate("witness.example/one")
LOG = Signer.generate(origin("410105010"))


def test_the_published_note() -> None:
    signer = Signer.parse(SIGNER_KEY)
    assert str(signer.verifier) == VERIFIER_KEY == str(PETER)
    assert signer.secret() == SIGNER_KEY
    assert sign(TEXT, signer) == NOTE
    opened = open_note(NOTE, [PETER])
    assert (opened.text, opened.signed_by, opened.unknown) == (TEXT, (PETER,), ())


def test_a_signer_never_shows_its_key() -> None:
    signer = Signer.parse(SIGNER_KEY)
    assert SIGNER_KEY[-20:] not in repr(signer) + str(signer)
    assert repr(signer.seed) not in repr(signer)


def test_mangled_verifier_keys() -> None:
    for start in range(len(VERIFIER_KEY)):
        for end in range(start + 1, len(VERIFIER_KEY) + 1):
            if end - start < len(VERIFIER_KEY):
                with pytest.raises(NoteRefused):
                    Verifier.parse(VERIFIER_KEY[start:end])
    for at, letter in enumerate(VERIFIER_KEY):
        with pytest.raises(NoteRefused):
            Verifier.parse(VERIFIER_KEY[:at] + chr(ord(letter) + 1) + VERIFIER_KEY[at + 1 :])
    for key in (
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ):
        with pytest.raises(NoteRefused, match=r"Ed25519|base64"):
            Verifier.parse(key)
    with pytest.raises(NoteRefused):
        Signer.parse(VERIFIER_KEY)
    with pytest.raises(NoteRefused, match="belong together"):
        Signer.parse(SIGNER_KEY.replace("+AYEK", "+AYEL"))


@pytest.mark.parametrize(
    ("altered", "reason"),
    [
        (NOTE.replace("cryptography", "cryptographx"), "does not fit"),
        (NOTE.replace("x08go/ZJ", "x08go/ZK"), "does not fit"),
        (NOTE.replace("x08go", "x08gp"), "not signed by a known key"),  # another key hash
        (NOTE.replace("— PeterNeumann", "— PeterNeuman"), "not signed by a known key"),
        ("An extra line.\n" + NOTE, "does not fit"),
        (TEXT + "An extra line.\n\n" + SIGNATURE, "does not fit"),
        (TEXT + "\n" + TEXT + "\n" + SIGNATURE, "does not fit"),
        (NOTE + "An extra line.\n", "begins with a dash"),
        (NOTE + "\n", "text, an empty line and signatures"),
        (NOTE[:-1], "text, an empty line and signatures"),
        (TEXT + SIGNATURE, "text, an empty line and signatures"),
        (TEXT + "\n", "text, an empty line and signatures"),
        ("", "text, an empty line and signatures"),
        (NOTE.replace("—", "-"), "begins with a dash"),
        (NOTE.replace("— PeterNeumann ", "— PeterNeumann  "), "not base64"),
        (NOTE.replace("wJnAM=\n", "wJnAN=\n"), "not canonical base64"),
        (NOTE.replace("\n", "\r\n"), "text, an empty line and signatures"),
        (TEXT[:-1] + "\t\n\n" + SIGNATURE, "control characters"),
        (TEXT[:-1] + "\ud800\n\n" + SIGNATURE, "not Unicode"),
        (TEXT + "\n" + "— PeterNeumann x08go/ZJ\n", "does not fit"),
        (TEXT + "\n" + "— PeterNeumann x08g\n", "too short"),
        (NOTE + SIGNATURE.replace("Peter", "P") * 100, "too many signatures"),
        ("x" * 1_000_001 + NOTE, "too large"),
    ],
)
def test_altered_notes(altered: str, reason: str) -> None:
    with pytest.raises(NoteRefused, match=reason):
        open_note(altered, [PETER])


def test_signatures_of_unknown_keys_are_kept_and_not_judged() -> None:
    signed = sign(TEXT, WITNESS, Signer.parse(SIGNER_KEY), LOG)
    lines = signed.removeprefix(TEXT + "\n").splitlines()
    opened = open_note(signed, [PETER])
    assert opened.signed_by == (PETER,)
    assert opened.unknown == (lines[0], lines[2])
    assert open_note(signed, [PETER, WITNESS.verifier]).signed_by == (WITNESS.verifier, PETER)
    with pytest.raises(NoteRefused, match="known key"):
        open_note(signed, [Signer.generate("PeterNeumann").verifier])
    with pytest.raises(NoteRefused, match="known key"):
        open_note(signed, [])


def test_a_repeated_signature_counts_once() -> None:
    assert open_note(NOTE + SIGNATURE, [PETER]).signed_by == (PETER,)


def test_another_key_under_the_same_name_and_hash_is_not_taken() -> None:
    forged = Signer("PeterNeumann", WITNESS.seed).signature_line(TEXT)
    with pytest.raises(NoteRefused, match="known key"):
        open_note(TEXT + "\n" + forged, [PETER])


def test_names_and_texts_that_cannot_be_signed() -> None:
    for name in ("", "a b", "a+b", "a\u3000b", "a\nb"):
        with pytest.raises(NoteRefused):
            Signer.generate(name)
    for text in ("", "no newline", "a\x00b\n"):
        with pytest.raises(NoteRefused):
            sign(text, LOG)


CHECKPOINT = Checkpoint(LOG.name, 20_852_163, leaf_hash(b"any hash will do"))


def test_a_checkpoint_says_origin_size_and_root() -> None:
    signed = sign(CHECKPOINT.text(), LOG)
    assert signed.split("\n")[:2] == ["sanguan/410105010", "20852163"]
    assert open_checkpoint(signed, LOG.verifier) == CHECKPOINT
    empty = Checkpoint(LOG.name, 0, leaf_hash(b""))
    assert Checkpoint.parse(empty.text()) == empty


@given(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["C"]), min_size=1),
    st.integers(0, 2**60),
    st.binary(min_size=32, max_size=32),
)
def test_every_checkpoint_comes_back(name: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(name, size, root)
    assert Checkpoint.parse(open_note(sign(checkpoint.text(), LOG), [LOG.verifier]).text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        CHECKPOINT.text() + "an extension line\n",
        CHECKPOINT.text() + "\n",
        CHECKPOINT.text()[:-1],
        CHECKPOINT.text().replace("20852163", "020852163"),
        CHECKPOINT.text().replace("20852163", "-1"),
        CHECKPOINT.text().replace("20852163", "\uff12\uff10\uff18"),
        CHECKPOINT.text().replace("20852163", "9" * 5000),
        CHECKPOINT.text().replace(LOG.name, ""),
        Checkpoint(LOG.name, 1, b"short").text(),
        "",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused_though_the_key_is_right() -> None:
    other = Checkpoint(origin("410105011"), 1, CHECKPOINT.root)
    with pytest.raises(NoteRefused, match="another log"):
        open_checkpoint(sign(other.text(), LOG), LOG.verifier)


def test_a_key_pair_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    signer = load_or_create(tmp_path, "410105010")
    secret, public = tmp_path / "keys/410105010.key", tmp_path / "keys/410105010.pub"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert public.read_text() == f"{signer.verifier}\n"
    assert signer.name == "sanguan/410105010"
    assert sorted(tmp_path.joinpath("keys").iterdir()) == [secret, public]
    assert load_or_create(tmp_path, "410105010") == signer
    assert load_verifier(tmp_path, "410105010") == signer.verifier
    assert load_or_create(tmp_path, "410105010.access") != signer


def _public_key(data_dir: Path) -> str:
    return str(load_or_create(data_dir, "410105010").verifier)


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(_public_key, [tmp_path] * 16, chunksize=1))) == 1


def test_a_broken_pair_is_refused_and_never_replaced(tmp_path: Path) -> None:
    load_or_create(tmp_path, "a")
    load_or_create(tmp_path, "b")
    keys = tmp_path / "keys"
    secret = (keys / "a.key").read_text()
    (keys / "a.key").write_text((keys / "b.key").read_text())
    with pytest.raises(KeyUnusable, match="another log"):
        load_or_create(tmp_path, "a")
    (keys / "a.key").write_text("nonsense")
    with pytest.raises(KeyUnusable, match="not a signer key"):
        load_or_create(tmp_path, "a")
    (keys / "a.key").unlink()
    with pytest.raises(KeyUnusable, match="restore"):
        load_or_create(tmp_path, "a")
    (keys / "a.key").write_text(secret)
    (keys / "a.pub").write_text((keys / "b.pub").read_text())
    with pytest.raises(KeyUnusable, match="does not belong"):
        load_or_create(tmp_path, "a")
    (keys / "a.pub").unlink()
    assert str(load_or_create(tmp_path, "a").verifier) + "\n" == (keys / "a.pub").read_text()


@pytest.mark.parametrize("log", ["", "..", "../a", "a/b", "a+b", "a b", ".a", "a\n"])
def test_a_log_name_cannot_lead_out_of_the_key_directory(tmp_path: Path, log: str) -> None:
    with pytest.raises(KeyUnusable, match="name"):
        load_or_create(tmp_path, log)
    assert list(tmp_path.iterdir()) == []
