"""Wrapping: what is wrapped says under which master key; keys of the installation outlive it."""

import hashlib
import hmac
import os
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine, delete, insert, select

from shared.contracts.model import Trace
from shared.errors import Unusable
from shared.log.codec import canonical
from shared.log.database import writing
from shared.log.keys import KeyUnusable
from shared.log.system_keys import BLIND, BODY, SystemKeys
from shared.log.tables import system_keys, vault_keys
from shared.log.vault import Vault
from shared.log.wrapping import (
    Masters,
    MasterUnknown,
    load_master,
    master_name,
    masters_of,
    older_files,
    promote,
    read_files,
)
from shared.settings import Settings, load
from tests.parts import LOG, NOW, log_on, proposal

OLD, NEW = b"an older master key of nobody...", b"a newer master key of nobody...."
RAW = bytes(range(32))


def wrapped_before(master: bytes, raw: bytes, context: bytes) -> bytes:
    """As it was done before masters had names."""
    nonce = os.urandom(12)
    return nonce + AESGCM(hashlib.sha256(b"sanguan wrap\0" + master).digest()).encrypt(nonce, raw, context)


def test_what_is_wrapped_names_its_master_and_is_opened_for_its_own_subject_only() -> None:
    masters = Masters([NEW])
    wrapped = masters.wrap(RAW, b"log|case/1#")
    assert wrapped[:9] == b"2" + bytes.fromhex(master_name(NEW))
    assert RAW not in wrapped
    assert masters.unwrap(wrapped, b"log|case/1#") == RAW
    assert wrapped != masters.wrap(RAW, b"log|case/1#"), "two wrappings of one key must not be seen to be equal"
    for altered, context in ((wrapped, b"log|case/2#"), (wrapped[:-1] + b"!", b"log|case/1#"), (b"", b"log|case/1#")):
        with pytest.raises(MasterUnknown):
            masters.unwrap(altered, context)


def test_two_masters_are_read_and_the_first_wraps() -> None:
    old, both, new = Masters([OLD]), Masters([NEW, OLD]), Masters([NEW])
    assert both.name == new.name == master_name(NEW)
    assert both.names == (master_name(NEW), master_name(OLD))
    before, after = old.wrap(RAW, b"c"), both.wrap(RAW, b"c")
    assert both.unwrap(before, b"c") == both.unwrap(after, b"c") == new.unwrap(after, b"c") == RAW
    assert (both.is_current(before), both.is_current(after)) == (False, True)
    for stranger, wrapped in ((old, after), (new, before)):
        with pytest.raises(MasterUnknown):
            stranger.unwrap(wrapped, b"c")


def test_what_was_wrapped_before_masters_had_names_opens_still() -> None:
    wrapped = wrapped_before(OLD, RAW, b"c")
    assert Masters([NEW, OLD]).unwrap(wrapped, b"c") == Masters([OLD]).unwrap(wrapped, b"c") == RAW
    assert not Masters([OLD]).is_current(wrapped)
    with pytest.raises(MasterUnknown):
        Masters([NEW]).unwrap(wrapped, b"c")
    with pytest.raises(MasterUnknown):
        Masters([OLD]).unwrap(wrapped, b"another")


# files and settings ---------------------------------------------------------------------------------------------------


def test_a_promoted_key_is_the_master_and_the_one_of_before_stays_beside_it(tmp_path: Path) -> None:
    old = load_master(tmp_path / "master.key")
    promote(tmp_path, NEW)
    assert read_files(tmp_path) == [NEW, old]
    assert [path.name for path in older_files(tmp_path)] == [f"master.{master_name(old)}.key"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    promote(tmp_path, NEW)  # the same again changes nothing
    assert read_files(tmp_path) == [NEW, old]
    (tmp_path / "master.key").write_text("half a k")
    with pytest.raises(KeyUnusable):
        read_files(tmp_path)


def test_a_running_process_learns_of_a_new_master(tmp_path: Path) -> None:
    now = [0.0]
    settings = load(tmp_path)
    masters = masters_of(settings)
    running = Masters(
        read_files(settings.keys_dir), again=lambda: read_files(settings.keys_dir), monotonic=lambda: now[0]
    )
    before = running.wrap(RAW, b"c")
    promote(settings.keys_dir, NEW)
    elsewhere = masters_of(settings).wrap(RAW, b"c")
    assert masters.unwrap(elsewhere, b"c") == RAW, "it meets what another has wrapped under the new one"
    now[0] = 2.0
    assert running.wrap(RAW, b"c")[:9] == elsewhere[:9], "and soon it wraps under it itself"
    older_files(settings.keys_dir)[0].unlink()
    now[0] = 4.0
    running.wrap(RAW, b"c")
    assert running.unwrap(before, b"c") == RAW, "what it holds in memory stays readable to it"


def given(key: bytes, *old: bytes) -> dict[str, object]:
    said: dict[str, object] = {"master_key": b64encode(key).decode()}
    return said | ({"master_key_old": ", ".join(b64encode(one).decode() for one in old)} if old else {})


def test_settings_give_master_keys_too(tmp_path: Path) -> None:
    settings = load(tmp_path, **given(NEW, OLD, RAW))
    assert masters_of(settings).names == tuple(map(master_name, (NEW, OLD, RAW)))
    assert not settings.keys_dir.exists()
    with pytest.raises(ValueError, match="at least 32 random bytes"):
        load(tmp_path, **given(NEW, b"short"))


def test_a_secret_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    monkeypatch.setenv("SANGUAN_SECRETS_DIR", str(secrets))

    def put(name: str, key: bytes) -> None:
        (secrets / f"sanguan_{name}").write_text(str(given(key)["master_key"]))

    put("master_key", OLD)
    running = masters_of(load(tmp_path))
    put("master_key", NEW)
    put("master_key_old", OLD)
    assert running.unwrap(masters_of(load(tmp_path)).wrap(RAW, b"c"), b"c") == RAW


def test_the_suite_is_a_setting(tmp_path: Path) -> None:
    assert masters_of(load(tmp_path, suite="3")).wrap(RAW, b"c")[:1] == b"3"
    with pytest.raises(Unusable, match="suite 7"):
        masters_of(load(tmp_path, suite="7"))
    assert Settings.model_fields["suite"].default == "2"


# keys of the installation ---------------------------------------------------------------------------------------------


def test_each_system_key_is_made_once_and_stored_wrapped(log_engine: Engine) -> None:
    ours, theirs = (SystemKeys(log_engine, Masters([NEW])) for _ in range(2))
    made = {name: ours.get(name) for name in (BODY, BLIND, "another")}
    assert len({*made.values()}) == 3
    assert {name: theirs.get(name) for name in made} == made
    with log_engine.connect() as connection:
        rows = {row.name: bytes(row.wrapped) for row in connection.execute(select(system_keys))}
    assert rows.keys() == made.keys()
    assert not any(key in b"".join(rows.values()) for key in made.values())
    with pytest.raises(MasterUnknown):
        SystemKeys(log_engine, Masters([OLD])).get(BODY)


def test_a_new_installation_derives_nothing_from_its_master_key(log_engine: Engine) -> None:
    vault = Vault(log_engine, Masters([NEW]))
    assert vault.body_mac("x") != hmac.digest(
        hashlib.sha256(b"sanguan body\0" + NEW).digest(), canonical("x"), "sha256"
    )
    log_on(log_engine).append([proposal("case/1", 0)])
    derived = hmac.digest(bytes(32), NEW, "sha256")
    assert SystemKeys(log_engine, Masters([NEW])).get(BLIND) != derived


@pytest.mark.parametrize("sealed", [True, False])
def test_an_installation_of_before_goes_on_with_what_it_remembers(log_engine: Engine, sealed: bool) -> None:
    """Digests of bodies and entries of the blind index are those that the master key gave; which of two masters it was,
    the wrapped keys tell, or else it is the oldest."""
    log_on(log_engine).append([proposal("case/1", 0)])
    if sealed:
        with writing(log_engine) as connection:
            row = {"log": LOG, "subject": "case/1#", "wrapped": wrapped_before(OLD, RAW, f"{LOG}|case/1#".encode())}
            connection.execute(insert(vault_keys), [row])
    vault = Vault(log_engine, Masters([NEW, OLD, *([b"older still"] if sealed else [])]))
    body = ["ReportCase", None, NOW]
    before = hmac.digest(hashlib.sha256(b"sanguan body\0" + OLD).digest(), canonical(body), "sha256")
    assert vault.body_mac(body) == before
    month = HKDF(SHA256(), 32, salt=None, info=f"sanguan blind index\0{LOG}\0002015-06".encode()).derive(OLD)
    token = int.from_bytes(hmac.digest(month, b"phone\x0013900001234", "sha256")[:2], "big")
    (entry,) = vault.blind.entries(LOG, [Trace("phone", "13900001234", "")], lambda of: of, NOW)
    assert entry.token == token
    with writing(log_engine) as connection:
        connection.execute(delete(vault_keys))
    assert Vault(log_engine, Masters([NEW])).body_mac(body) == before, "from now on the new master key is enough"


def test_a_wrong_master_key_is_told_at_the_start(log_engine: Engine) -> None:
    Vault(log_engine, Masters([OLD])).prepare()
    with pytest.raises(Unusable, match="master_key_wrong"):
        Vault(log_engine, Masters([NEW])).prepare()
