"""The blind index 盲索引: which records may name the same person, told without anything that names one.

An entry is sixteen bits of an HMAC of a value, under a key for one log and one month, derived from a key of the
installation's own (`shared.log.system_keys`). Sixteen bits are few on purpose: in a busy month unlike values share an
entry as often as like ones, and each fits some hundred thousand telephone numbers. So an entry proves nothing; it says
whose boxes are worth opening, and what these hold decides. An entry goes with the keys of the part that it stands for,
or else after a few months.

A whole text (a diary) is compared by its entry alone, and no box is opened: its entry is thirty bits, so that unlike
texts hardly ever share one (docs/decisions/0019).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import Engine, bindparam, delete, select

from shared.contracts.days import civil_day
from shared.contracts.frozen import dataclass
from shared.contracts.model import Trace
from shared.log.database import reading, writing
from shared.log.tables import vault_blind

MONTHS_KEPT: Final = 3
"""An entry lives to the end of the third month after its own: 90 to 123 days."""
_TOKEN_BYTES: Final = 2
_TEXT_BYTES: Final = 4
_TEXTS: Final = 1 << 30
"""This bit is set in the entries of whole texts and the one above it is not: none is a value's, and a column of 32 bits
with a sign holds them."""


_SHARING: Final = select(vault_blind.c.epoch, vault_blind.c.token, vault_blind.c.subject).where(
    vault_blind.c.log == bindparam("log"),
    vault_blind.c.epoch.in_(bindparam("epochs", expanding=True)),
    vault_blind.c.token.in_(bindparam("tokens", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry on its way into the index, in the same transaction as the events that were sealed with its value."""

    epoch: str
    """The month in which it was written, YYYY-MM."""
    token: int
    subject: str
    """The part whose value it stands for, under the name of its key: `case/<id>#parties/0`."""


class BlindIndex:
    """Makes entries, and finds them again."""

    def __init__(self, engine: Engine, root: Callable[[], bytes]) -> None:
        """`root` gives the key that those of each log and month are derived from."""
        self._engine, self._root = engine, root
        self._keys: dict[tuple[str, str], hmac.HMAC] = {}

    def entries(
        self, log: str, traces: Iterable[Trace], named: Callable[[str], str], now: datetime
    ) -> tuple[Entry, ...]:
        """The entries of what a command says; `named` gives the key's name of a part of it."""
        epoch = _epoch(now)
        key = self._key(log, epoch)
        return tuple([Entry(epoch, _token(key, trace), named(trace.of)) for trace in traces])

    def subjects(self, log: str, traces: Iterable[Trace], now: datetime) -> set[str]:
        """The parts that share one of these values, and those that share an entry with one by chance."""
        return set().union(*self.sharing(log, traces, now).values())

    def sharing(self, log: str, traces: Iterable[Trace], now: datetime) -> dict[Trace, set[str]]:
        """The same for each of these values, at one look."""
        keys = {epoch: self._key(log, epoch) for epoch in _epochs(now)}
        found: dict[Trace, set[str]] = {trace: set() for trace in traces}
        wanted: dict[tuple[str, int], list[set[str]]] = {}
        for trace, subjects in found.items():
            for epoch, key in keys.items():
                wanted.setdefault((epoch, _token(key, trace)), []).append(subjects)
        if wanted:
            # Not pairs of month and token, which take longer to write down than to find: the few that fit only
            # crosswise fall out below.
            given = {"log": log, "epochs": [*keys], "tokens": [token for _, token in wanted]}
            with reading(self._engine, log) as connection:
                for epoch, token, subject in connection.execute(_SHARING, given):
                    for subjects in wanted.get((epoch, token), ()):
                        subjects.add(subject)
        return found

    def sweep(self, now: datetime) -> int:
        """Delete what has lived its time, in every log; gives how many entries there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(vault_blind).where(vault_blind.c.epoch < _epochs(now)[-1])).rowcount

    def _key(self, log: str, epoch: str) -> hmac.HMAC:
        if (key := self._keys.get((log, epoch))) is None:
            info = f"sanguan blind index\0{log}\0{epoch}".encode()
            derived = HKDFExpand(SHA256(), 32, info).derive(self._root())
            key = self._keys[log, epoch] = hmac.new(derived, digestmod=hashlib.sha256)
        return key


def _token(key: hmac.HMAC, trace: Trace) -> int:
    mac = key.copy()
    mac.update(f"{trace.kind}\0{trace.value}".encode())
    if trace.whole:
        return _TEXTS | int.from_bytes(mac.digest()[:_TEXT_BYTES], "big") >> 2
    return int.from_bytes(mac.digest()[:_TOKEN_BYTES], "big")


def _epoch(now: datetime) -> str:
    return f"{civil_day(now):%Y-%m}"


def _epochs(now: datetime) -> list[str]:
    """The months whose entries are in use, the newest first."""
    today = civil_day(now)
    months = (today.year * 12 + today.month - 1 - back for back in range(MONTHS_KEPT + 1))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]
