"""Suites of boxes: each says its number, what one sealed no other opens, and a new one leaves the old ones readable."""

import os

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from shared.contracts.event import value
from shared.contracts.fields import PersonName
from shared.errors import Unusable
from shared.log import suites
from shared.log.suites import AES, NONCE, SM, SUITES, Suite, usable
from shared.log.vault import Unreadable, Vault
from shared.log.wrapping import Masters
from tests.log.test_vault import CASE, REPORT, SUMMARY, boxes, report
from tests.parts import LOG, MASTER

KEY = bytes(range(32))


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
@given(plain=st.binary(max_size=200), context=st.binary(max_size=50))
def test_what_a_suite_seals_it_opens_and_nothing_that_was_altered(suite: Suite, plain: bytes, context: bytes) -> None:
    cipher, nonce = suite.cipher(KEY), bytes(NONCE)
    sealed = cipher.encrypt(nonce, plain, context)
    assert cipher.decrypt(nonce, sealed, context) == plain
    assert len(sealed) == len(plain) + 16
    for altered in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b""):
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, altered, context)
    with pytest.raises(InvalidTag):
        cipher.decrypt(nonce, sealed, context + b"!")
    with pytest.raises(InvalidTag):
        suite.cipher(bytes(32)).decrypt(nonce, sealed, context)


def test_sm4_gcm_is_that_of_rfc_8998(monkeypatch: pytest.MonkeyPatch) -> None:
    """Appendix A.1 of the RFC; the key is given as it stands there, past the derivation from a subject's key."""
    cipher = suites._Sm4Gcm(bytes(32))
    monkeypatch.setattr(cipher, "_key", bytes.fromhex("0123456789abcdeffedcba9876543210"))
    plain = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffff"
        "eeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    sealed = cipher.encrypt(
        bytes.fromhex("00001234567800000000abcd"), plain, bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    )
    assert sealed[:8].hex() == "17f399f08c67d5ee"
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"


def test_a_box_names_its_suite_and_all_suites_are_opened(log_engine: Engine) -> None:
    older = Vault(log_engine, MASTER)
    first = report(log_engine, older)
    newer = Vault(log_engine, MASTER, suite=SM)
    again, keys = newer.seal(LOG, CASE, REPORT, fresh=False)
    assert keys == (), "the subject's key serves every suite"
    assert first.summary.startswith(f"sealed:2:{CASE}#:")
    assert again.summary.startswith(f"sealed:3:{CASE}#:")
    for vault in (older, newer):
        assert [vault.open(LOG, box) for box in boxes(again)] == [vault.open(LOG, box) for box in boxes(first)]
        assert vault.open_all(LOG, [first.summary, again.summary]) == {first.summary: SUMMARY, again.summary: SUMMARY}
    with pytest.raises(Unreadable):  # what one suite sealed is nothing to another
        newer.open(LOG, again.summary.replace("sealed:3", "sealed:2"))


def test_a_suite_that_is_not_known_is_named(log_engine: Engine) -> None:
    vault = Vault(log_engine, MASTER)
    box = report(log_engine, vault).summary
    with pytest.raises(Unreadable, match="suite '9', which this version does not know"):
        vault.open(LOG, box.replace("sealed:2", "sealed:9"))
    with pytest.raises(Unusable, match=r"suite 9 cannot be used.*2 \(AES-256-GCM\), 3 \(SM4-GCM\)"):
        usable("9")
    assert usable("2") is AES


@value
class Named:
    name: PersonName


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_a_box_s_length_does_not_tell_what_is_in_it(log_engine: Engine, suite: Suite) -> None:
    vault = Vault(log_engine, MASTER, suite=suite)
    sealed = [
        vault.seal(LOG, CASE, Named(name=name), fresh=True)[0].name for name in ("甲", "虚构甲乙丙", "虚构甲乙丙丁")
    ]
    assert len({len(box) for box in sealed}) == 1


def test_another_suite_may_wrap_too() -> None:
    aes, sm = Masters([KEY]), Masters([KEY], suite=SM)
    raw = os.urandom(32)
    wrapped = sm.wrap(raw, b"context")
    assert wrapped[:1] == b"3"
    assert aes.unwrap(wrapped, b"context") == sm.unwrap(wrapped, b"context") == raw
    assert sm.is_current(wrapped)
    assert not aes.is_current(wrapped), "a rotation wraps it again"
