"""Persons in an export 导出中的代号: by a keyed pseudonym, never by the id that the record has for them.

An officer's id is a code that an office chose, and perhaps the beginning of a name. What leaves is an HMAC of it under
a key of this installation, which never leaves: nobody outside can come from one to the other, nor try ids until one
fits. The same officer is the same pseudonym in every export of one log, so that a later export goes on with an earlier
one; `--fresh-pseudonyms` takes a key of that export alone, for recipients who are not to lay theirs side by side.
"""

import base64
import hashlib
import hmac
import os
from typing import Self

from shared.log.system_keys import EXPORTS
from shared.storage import Storage

_CHARACTERS = 16
"""Of base32: eighty bits, so that no two of a million persons share one."""


class Pseudonyms:
    """What the persons of one log are called in an export."""

    def __init__(self, key: bytes, log: str) -> None:
        self._mac = hmac.new(key, f"sanguan export\0{log}\0".encode(), hashlib.sha256)
        self._known: dict[str, str] = {}

    @classmethod
    def of(cls, storage: Storage, log: str, *, fresh: bool) -> Self:
        """Under the installation's own key, or under one that is thrown away; raises `MasterUnknown`."""
        key = os.urandom(32) if fresh else storage.vault.system_keys.get(EXPORTS)
        return cls(key, log)

    def __call__(self, person: str) -> str:
        """The pseudonym of a person's id: 16 characters of a-z and 2-7."""
        if (known := self._known.get(person)) is None:
            mac = self._mac.copy()
            mac.update(person.encode())
            known = base64.b32encode(mac.digest()).decode()[:_CHARACTERS].lower()
            self._known[person] = known  # as many as serve in a sub-district: a few dozen
        return known
