"""Notes that a browser carries for us between two requests: sealed, so that it can neither read nor change them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken

from shared.contracts.model import Refused

SECONDS: Final = 600
"""How long a note is good: to the provider and back, or to a telephone and back."""


class Notes:
    """Writes and reads them."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        """`key`: 32 bytes that are used for nothing else."""
        self._fernet, self._clock = Fernet(urlsafe_b64encode(key)), clock

    def write(self, about: str, said: Mapping[str, Any]) -> str:
        """A note about something."""
        return self._fernet.encrypt_at_time(json.dumps([about, dict(said)]).encode(), self._now()).decode()

    def read(self, about: str, note: str) -> dict[str, Any]:
        """What a note about something says; raises `Refused("form_expired")`."""
        try:
            of, said = json.loads(self._fernet.decrypt_at_time(note, SECONDS, self._now()))
        except (InvalidToken, ValueError):
            raise Refused("form_expired") from None
        if of != about:
            raise Refused("form_expired")
        return dict(said)

    def _now(self) -> int:
        return int(self._clock().timestamp())
