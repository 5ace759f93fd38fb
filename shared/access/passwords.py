"""Passwords 口令: kept as argon2id digests that say their own parameters, so that these can rise with the machines."""

import unicodedata
from base64 import b32encode
from collections.abc import Callable
from functools import cached_property
from os import urandom
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shared.contracts.model import Refused

SHORTEST: Final = 12
LONGEST: Final = 1_024
_BESIDE_THE_NAME: Final = 8
"""Characters that a password must have beside the account's name."""
_SALT_BYTES: Final = 16
_DRAWN_BYTES: Final = 15


class Passwords:
    """Makes digests and holds passwords against them."""

    def __init__(self, hasher: PasswordHasher | None = None, random: Callable[[int], bytes] = urandom) -> None:
        """`hasher` says what a digest costs; by default what argon2-cffi advises (RFC 9106)."""
        self._hasher, self._random = hasher or PasswordHasher(), random

    def digest(self, account: str, password: str) -> str:
        """The digest of a new password of an account; raises `Refused` where it may not be one."""
        plain = _normal(password)
        if len(plain) < SHORTEST:
            raise Refused("password_too_short", field="password", least=SHORTEST)
        if len(plain) > LONGEST:
            raise Refused("too_long", field="password")
        if len(plain.casefold().replace(account.casefold(), "")) < _BESIDE_THE_NAME:
            raise Refused("password_like_name", field="password")
        return self._digest(plain)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Where there is none it takes as long to say so."""
        plain = _normal(password[: 2 * LONGEST])
        try:
            self._hasher.verify(stored or self._nobodys, plain)
        except VerificationError:
            return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a digest was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(stored)

    def again(self, password: str) -> str:
        """The digest of a password that was found right, by the parameters of now."""
        return self._digest(_normal(password))

    def _digest(self, plain: str) -> str:
        return self._hasher.hash(plain, salt=self._random(_SALT_BYTES))

    @cached_property
    def _nobodys(self) -> str:
        return self._digest(self._random(_SALT_BYTES).hex())


def drawn(random: Callable[[int], bytes] = urandom) -> str:
    """A password of 120 random bits, to be told once."""
    text = b32encode(random(_DRAWN_BYTES)).decode().lower()
    return "-".join(text[at : at + 6] for at in range(0, len(text), 6))


def _normal(password: str) -> str:
    """The same password, whichever keyboard wrote it: full-width letters are letters (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
