"""The suites 算法套件 that boxes and wrapped keys are sealed with. Each has a number, which stands in what it sealed.

A new suite gets a new number here, and what older ones sealed stays readable: no event is ever written again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher as Primitive
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3, Hash

from shared.errors import Unusable

NONCE: Final = 12
"""Bytes of a nonce, random for each box."""
_TAG: Final = 16


class Cipher(Protocol):
    """An authenticated cipher under one key; `decrypt` raises `InvalidTag`."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """How something is sealed."""

    number: str
    """One character, for ever."""
    name: str
    cipher: Callable[[bytes], Cipher]
    """The cipher under a key of 32 bytes."""


class _Sm4Gcm:
    """SM4-GCM (GB/T 32907, RFC 8998). Its keys have 16 bytes: SM3 makes one of the subject's key."""

    def __init__(self, key: bytes) -> None:
        digest = Hash(SM3())
        digest.update(b"sanguan sm4\0" + key)
        self._key = digest.finalize()[:16]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        encryptor = Primitive(SM4(self._key), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        if len(data) < _TAG or len(nonce) != NONCE:
            raise InvalidTag
        decryptor = Primitive(SM4(self._key), GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


AES: Final = Suite("2", "AES-256-GCM", AESGCM)
SM: Final = Suite("3", "SM4-GCM", _Sm4Gcm)
SUITES: Final[Mapping[str, Suite]] = {suite.number: suite for suite in (AES, SM)}
"""All that boxes are opened with. (Number 1 was never released.)"""


def usable(number: str) -> Suite:
    """The suite of that number, where the cryptographic library here has it; raises `Unusable`."""
    suite = SUITES.get(number)
    if suite is not None:
        try:
            suite.cipher(bytes(32)).encrypt(bytes(NONCE), b"", b"")
        except UnsupportedAlgorithm:
            suite = None
    if suite is None:
        there = ", ".join(f"{one.number} ({one.name})" for one in SUITES.values())
        raise Unusable(
            "suite_unusable", f"此处不能使用算法套件 {number}。已知：{there}",
            f"The suite {number} cannot be used here. Known: {there}",
        )  # fmt: skip
    return suite
