"""Machines' kept tokens 机器令牌: `sgm_` and 256 random bits, of which the digest is stored, with scopes and an end."""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import urandom
from typing import Any, Final

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.access.accounts import NOT_GRANTED
from shared.access.places import check_place, log_of, logs_within
from shared.access.policy import Kind
from shared.access.tables import machine_tokens
from shared.access.tokens import pseudonym
from shared.access.visitor import Visitor, Way
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.model import Refused
from shared.log.append import microseconds, moment
from shared.log.database import writing

PREFIX: Final = "sgm_"
"""By which a token is known that was left somewhere in the open."""
LONGEST: Final = timedelta(days=400)
_TOKEN_BYTES: Final = 32
_SCOPE: Final = re.compile("({})(:[a-z0-9/{{}}._-]{{1,200}})?".format("|".join(kind.value for kind in Kind)))


@dataclass(frozen=True, slots=True)
class Machine:
    """A kept token, as an operator sees it."""

    name: str
    actor: str
    role: Role
    place: str
    scopes: tuple[str, ...]
    opened_at: datetime
    ends_at: datetime
    ended_at: datetime | None


class Machines:
    """Opens, knows and ends kept tokens."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], random: Callable[[int], bytes] = urandom) -> None:
        self._engine, self._clock, self._random = engine, clock, random

    def open(
        self, name: str, role: Role, place: str, scopes: Collection[str], valid: timedelta, actor: str | None = None
    ) -> str:
        """Open a token and give it, this once. Raises `Refused`."""
        if role in NOT_GRANTED:
            raise Refused("role_not_granted", field="role")
        if not timedelta() < valid <= LONGEST:
            raise Refused("out_of_range", field="days")
        if not scopes or not all(_SCOPE.fullmatch(one) for one in scopes):
            raise Refused("bad_scope", field="scope")
        try:
            name, actor = pseudonym(name), pseudonym(actor or name)
        except ValueError:
            raise Refused("bad_name", field="name") from None
        token = PREFIX + urlsafe_b64encode(self._random(_TOKEN_BYTES)).rstrip(b"=").decode()
        now = self._clock()
        made = insert(machine_tokens).values(
            name=name, digest=_digest(token), actor=actor, role=str(role), place=check_place(place),
            scopes=json.dumps(sorted(scopes)), opened_at=microseconds(now), ends_at=microseconds(now + valid),
        )  # fmt: skip
        try:
            with writing(self._engine) as connection:
                connection.execute(made)
        except IntegrityError:
            raise Refused("machine_exists", field="name") from None
        return token

    def visitor(self, token: str) -> Visitor:
        """Whose token it is; raises `Refused("unauthenticated")` without saying why."""
        now, table = microseconds(self._clock()), machine_tokens.c
        query = select(machine_tokens).where(
            table.digest == _digest(token), table.ended_at.is_(None), table.ends_at > now
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                raise Refused("unauthenticated")
            log = log_of(row.place)
            logs = frozenset() if log else logs_within(connection, row.place)
        return Visitor(
            Actor(id=row.actor, role=Role(row.role)), log or min(logs, default=""), place=row.place, logs=logs,
            scopes=frozenset(json.loads(row.scopes)), way=Way.MACHINE,
        )  # fmt: skip

    def end(self, name: str) -> None:
        """End a token; raises `Refused("unknown_machine")`. One that is over already stays so."""
        ended = update(machine_tokens).where(machine_tokens.c.name == name, machine_tokens.c.ended_at.is_(None))
        with writing(self._engine) as connection:
            if not connection.execute(ended.values(ended_at=microseconds(self._clock()))).rowcount:
                raise Refused("unknown_machine", field="name")

    def listed(self) -> list[Machine]:
        """All of them, by name, those that are over too."""
        with self._engine.connect() as connection:
            return [_machine(row) for row in connection.execute(select(machine_tokens).order_by(machine_tokens.c.name))]


def _machine(row: Any) -> Machine:
    return Machine(
        row.name, row.actor, Role(row.role), row.place, tuple(json.loads(row.scopes)), moment(row.opened_at),
        moment(row.ends_at), None if row.ended_at is None else moment(row.ended_at),
    )  # fmt: skip


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
