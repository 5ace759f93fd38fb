"""Sessions 会话: how long a sign-in holds. A cookie holds 256 random bits; what is stored is their digest.

A session rests on what it was opened with. It is over when it was ended, has run out or lay idle; and also when its
account was closed, got another password, or does not hold the role any more. That is not noted down but looked up
each time, so that no session can slip through between the two. A role that was granted later wants a new sign-in.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, delete, insert, or_, select, update

from shared.access.accounts import Account, Membership
from shared.access.places import log_of, logs_within
from shared.access.tables import accounts, memberships, sessions
from shared.access.tokens import FACTORED
from shared.access.visitor import Visitor, Way
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.model import Refused
from shared.log.append import microseconds, moment
from shared.log.database import writing

_COOKIE_BYTES: Final = 32
_NAME_BYTES: Final = 8
_SEEN_SECONDS: Final = 60
"""A session's last use is written down at most this often."""
_KEPT: Final = timedelta(days=30)
"""How long a session that is over can still be listed by an operator with a database client."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session, as its owner sees it."""

    name: str
    role: Role
    place: str
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """When a session ends by itself."""

    whole: timedelta
    idle: timedelta


class Sessions:
    """Opens, knows and ends sessions."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], limits: Limits, key: bytes, random: Callable[[int], bytes]
    ) -> None:
        """`key` is what the tokens in forms are made under."""
        self._engine, self._clock, self._limits, self._key, self._random = engine, clock, limits, key, random

    # opening ------------------------------------------------------------------------------------------------------

    def open(self, account: Account, held: Membership, since: datetime) -> str:
        """Open a session in one of an account's roles; gives what the cookie holds. `since` is when the account was
        looked up for it: what was changed after that ends the session."""
        return self._opened(
            since, microseconds(since + self._limits.whole), account=account.name, actor=account.actor,
            role=str(held.role), place=held.place,
        )  # fmt: skip

    def open_for(self, visitor: Visitor, until: datetime | None = None) -> str:
        """Open a session for who showed something else than an account: a token, until it expires. Raises `Refused`:
        `unauthenticated` for what is a program's, and for what the code of a card opened, as that ends with the code;
        `factor_needed` for a token of a role that takes a second factor, as a token shows none."""
        if visitor.scopes is not None or visitor.card is not None:
            raise Refused("unauthenticated")
        if until is not None and visitor.actor.role in FACTORED:
            raise Refused("factor_needed")
        now = self._clock()
        ends = min(now + self._limits.whole, until or now + self._limits.whole)
        return self._opened(
            now, microseconds(ends), actor=visitor.actor.id, on_behalf_of=visitor.actor.on_behalf_of,
            role=str(visitor.actor.role), place=visitor.place or visitor.log, case=visitor.case,
        )  # fmt: skip

    def choose(self, cookie: str, role: Role, place: str) -> str:
        """Go on in another of the account's roles: the old session ends, and the new one is no longer than it would
        have been. Raises `Refused`."""
        now = microseconds(self._clock())
        with self._engine.connect() as connection:
            row = self._row(connection, cookie, now)
            chosen = memberships.c.actor, memberships.c.role, memberships.c.place
            held = select(memberships.c.granted_at).where(
                *(column == value for column, value in zip(chosen, (row.actor, str(role), place), strict=True)),
                memberships.c.granted_at <= row.opened_at,
            )
            if row.account is None or connection.execute(held).first() is None:
                raise Refused("no_such_membership", field="held")
        opened = self._opened(
            moment(row.opened_at), row.ends_at, account=row.account, actor=row.actor, role=str(role), place=place
        )
        self.end(cookie)
        return opened

    def _opened(self, since: datetime, ends_at: int, **values: Any) -> str:
        cookie = urlsafe_b64encode(self._random(_COOKIE_BYTES)).rstrip(b"=").decode()
        made = insert(sessions).values(
            digest=_digest(cookie), name=self._random(_NAME_BYTES).hex(), opened_at=microseconds(since),
            seen_at=microseconds(self._clock()), ends_at=ends_at, **values,
        )  # fmt: skip
        with writing(self._engine) as connection:
            connection.execute(made)
        return cookie

    # knowing ------------------------------------------------------------------------------------------------------

    def visitor(self, cookie: str) -> Visitor:
        """Whose session it is; raises `Refused("unauthenticated")` without saying why."""
        now = microseconds(self._clock())
        with self._engine.connect() as connection:
            row = self._row(connection, cookie, now)
            log = log_of(row.place)
            logs = frozenset() if log else logs_within(connection, row.place)
        if row.seen_at <= now - _SEEN_SECONDS * 1_000_000:
            self._seen(cookie, now)
        return Visitor(
            Actor(id=row.actor, role=Role(row.role), on_behalf_of=row.on_behalf_of),
            log or min(logs, default=""), place=row.place, logs=logs, case=row.case, way=Way.SESSION, session=row.name,
        )  # fmt: skip

    def of(self, visitor: Visitor) -> list[Session]:
        """The sessions of whoever has this one: all of the account's, else this alone. The newest first."""
        own = select(sessions.c.account).where(sessions.c.name == visitor.session).scalar_subquery()
        which = or_(sessions.c.account == own, sessions.c.name == visitor.session)
        return self._listed(which)

    def of_account(self, account: str) -> list[Session]:
        """The running sessions of an account, the newest first."""
        return self._listed(sessions.c.account == account)

    def account_of(self, visitor: Visitor) -> str | None:
        """The account whose session it is, if it is one's."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(sessions.c.account).where(sessions.c.name == visitor.session)
            ).scalar()  # fmt: skip

    def _listed(self, which: ColumnElement[bool]) -> list[Session]:
        query = self._running(microseconds(self._clock())).where(which).order_by(sessions.c.opened_at.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Session(r.name, Role(r.role), r.place, moment(r.opened_at), moment(r.seen_at), moment(r.ends_at))
            for r in rows
        ]

    def _row(self, connection: Connection, cookie: str, now: int) -> Any:
        row = connection.execute(self._running(now).where(sessions.c.digest == _digest(cookie))).first()
        if row is None:
            raise Refused("unauthenticated")
        return row

    def _running(self, now: int) -> Select[Any]:
        """Sessions that are not over, by themselves or by what they rest on."""
        held = and_(
            memberships.c.actor == sessions.c.actor, memberships.c.role == sessions.c.role,
            memberships.c.place == sessions.c.place, memberships.c.granted_at <= sessions.c.opened_at,
        )  # fmt: skip
        still = and_(
            accounts.c.closed_at.is_(None), memberships.c.actor.is_not(None),
            or_(accounts.c.password_at.is_(None), accounts.c.password_at <= sessions.c.opened_at),
        )  # fmt: skip
        idle = self._limits.idle // timedelta(microseconds=1)
        return (
            select(sessions)
            .outerjoin(accounts, accounts.c.name == sessions.c.account)
            .outerjoin(memberships, held)
            .where(
                sessions.c.ended_at.is_(None), sessions.c.ends_at > now, sessions.c.seen_at > now - idle,
                or_(sessions.c.account.is_(None), still),
            )
        )  # fmt: skip

    def _seen(self, cookie: str, now: int) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(sessions).where(sessions.c.digest == _digest(cookie)).values(seen_at=now))

    # ending -------------------------------------------------------------------------------------------------------

    def end(self, cookie: str) -> None:
        """End the session of a cookie, if it is one's."""
        self._end(sessions.c.digest == _digest(cookie))

    def end_named(self, visitor: Visitor, name: str) -> None:
        """End one of the visitor's own sessions; raises `Refused("unknown_session")`."""
        if name not in {one.name for one in self.of(visitor)}:
            raise Refused("unknown_session", field="session")
        self._end(sessions.c.name == name)

    def sweep(self) -> int:
        """Delete what has been over for long; gives how many there were."""
        with writing(self._engine) as connection:
            over = sessions.c.ends_at < microseconds(self._clock() - _KEPT)
            return connection.execute(delete(sessions).where(over)).rowcount

    def _end(self, which: ColumnElement[bool]) -> None:
        ended = update(sessions).where(which, sessions.c.ended_at.is_(None))
        with writing(self._engine) as connection:
            connection.execute(ended.values(ended_at=microseconds(self._clock())))

    # forms --------------------------------------------------------------------------------------------------------

    def form_token(self, visitor: Visitor) -> str:
        """What every form of a session carries, so that no other site can send one in its name."""
        return hmac.digest(self._key, f"form\0{visitor.session}".encode(), "sha256").hex()

    def check_form(self, visitor: Visitor, said: str) -> None:
        """That a form is of the visitor's session; raises `Refused("form_expired")`."""
        if visitor.session is None or not hmac.compare_digest(self.form_token(visitor).encode(), said.encode()):
            raise Refused("form_expired")


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()
