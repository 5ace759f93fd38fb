"""Accounts 账号: who may sign in, by what, and in which roles and places. The operator keeps them (`sanguan user`)."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.access.passwords import Passwords
from shared.access.places import check_place, log_of
from shared.access.tables import accounts, memberships, sessions
from shared.access.tokens import FACTORED, pseudonym
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from shared.log.append import microseconds, moment
from shared.log.database import writing

NOT_GRANTED: Final = frozenset({Role.RESIDENT, Role.SERVICE})
"""A resident comes by the code of their case, a service from within."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A role held at a place 任职."""

    role: Role
    place: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and what its actor holds."""

    name: str
    actor: str
    password: str | None
    """Its digest."""
    password_at: datetime | None
    factor: bytes | None
    """The second factor's secret, wrapped."""
    issuer: str | None
    subject: str | None
    opened_at: datetime
    closed_at: datetime | None
    demo: bool
    memberships: tuple[Membership, ...] = ()
    """The one that was granted first comes first."""

    @property
    def factored(self) -> bool:
        """Whether a second factor must be shown. The sample campaign's accounts have a password that all know."""
        held = self.factor is not None or any(one.role in FACTORED for one in self.memberships)
        return held and not self.demo


class Accounts:
    """Opens, changes and closes accounts. What is changed ends the sessions that rest on it (see `Sessions`)."""

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        passwords: Passwords,
        synthetic: Callable[[], bool],
    ) -> None:
        """`synthetic` tells whether everything in this installation is declared to be invented."""
        self._engine, self._clock, self.passwords, self.synthetic = engine, clock, passwords, synthetic

    # reading ------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> Account:
        """The account of a name; raises `Refused("unknown_account")`."""
        if (found := self.find(name)) is None:
            raise Refused("unknown_account", field="name")
        return found

    def find(self, name: str) -> Account | None:
        """The account of a name, if there is one."""
        return self._one(accounts.c.name == name) if _storable(name) else None

    def linked(self, issuer: str, subject: str) -> Account | None:
        """The account of somebody whom a provider knows, if there is one."""
        same = (accounts.c.issuer == issuer) & (accounts.c.subject == subject)
        return self._one(same) if _storable(subject) else None

    def listed(self) -> list[Account]:
        """All accounts, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).all()
            return [_account(row, _held(connection, row.actor)) for row in rows]

    def _one(self, which: ColumnElement[bool]) -> Account | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(accounts).where(which)).first()
            return None if row is None else _account(row, _held(connection, row.actor))

    # changing -----------------------------------------------------------------------------------------------------

    def open(self, name: str, actor: str | None = None, password: str | None = None, *, demo: bool = False) -> Account:
        """Open an account; without a password it signs in by a provider. Raises `Refused`."""
        name, actor = _code(name, "name"), _code(actor or name, "actor")
        if demo and not self.synthetic():
            raise Refused("not_synthetic")
        now = self._clock()
        digest = None if password is None else self.passwords.digest(name, password)
        made = Account(name, actor, digest, now if digest else None, None, None, None, now, None, demo)
        kept = insert(accounts).values(
            name=name, actor=actor, password=digest, password_at=microseconds(now) if digest else None,
            opened_at=microseconds(now), demo=int(demo),
        )  # fmt: skip
        with _told_apart("account_exists", "name"), writing(self._engine) as connection:
            connection.execute(kept)
        return made

    def close(self, name: str) -> None:
        """Close an account for good: its name and its actor are never given to anybody else."""
        self._change(name, closed_at=microseconds(self._clock()))

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password; raises `Refused`."""
        digest = self.passwords.digest(name, password)
        self._change(name, password=digest, password_at=microseconds(self._clock()))

    def rehashed(self, account: Account, password: str) -> None:
        """Keep the digest of a right password by the parameters of now, unless it was changed meanwhile."""
        again = self.passwords.again(password)
        with writing(self._engine) as connection:
            same = (accounts.c.name == account.name) & (accounts.c.password == account.password)
            connection.execute(update(accounts).where(same).values(password=again))

    def link(self, name: str, issuer: str, subject: str) -> None:
        """Say who an account is at a provider; its sessions end. Raises `Refused`."""
        with _told_apart("subject_linked", "subject"):
            self._change(name, issuer=issuer, subject=subject)
        self.end_sessions(name)

    def reset_factor(self, name: str) -> None:
        """Forget an account's second factor, which was lost; its sessions end. The next sign-in sets another up."""
        self._change(name, factor=None, factor_step=None)
        self.end_sessions(name)

    def end_sessions(self, name: str) -> int:
        """End all sessions of an account; gives how many there were."""
        with writing(self._engine) as connection:
            running = (sessions.c.account == name) & sessions.c.ended_at.is_(None)
            ended = update(sessions).where(running).values(ended_at=microseconds(self._clock()))
            return connection.execute(ended).rowcount

    def grant(self, name: str, role: Role, place: str, by: str) -> None:
        """Give an account a role at a place. Again changes nothing. Raises `Refused`."""
        self.check_grant(role, place)
        account, by = self._open(name), _code(by, "by")
        if account.demo and not self.synthetic():
            raise Refused("not_synthetic")
        held = insert(memberships).values(
            actor=account.actor, role=str(role), place=place, granted_by=by, granted_at=microseconds(self._clock())
        )
        # That it was granted before changes nothing: sessions rest on when it was.
        with contextlib.suppress(IntegrityError), writing(self._engine) as connection:
            connection.execute(held)

    def check_grant(self, role: Role, place: str) -> None:
        """That there can be such a grant; raises `Refused`."""
        if role in NOT_GRANTED:
            raise Refused("role_not_granted", field="role")
        check_place(place)

    def revoke(self, name: str, role: Role, place: str) -> None:
        """Take a role at a place from an account; raises `Refused("no_such_membership")`."""
        account = self.named(name)
        with writing(self._engine) as connection:
            held = (memberships.c.actor == account.actor) & (memberships.c.role == str(role))
            if not connection.execute(delete(memberships).where(held, memberships.c.place == place)).rowcount:
                raise Refused("no_such_membership", field="place")

    def _open(self, name: str) -> Account:
        account = self.named(name)
        if account.closed_at is not None:
            raise Refused("account_closed", field="name")
        return account

    def _change(self, name: str, **values: Any) -> None:
        self._open(name)
        with writing(self._engine) as connection:
            connection.execute(update(accounts).where(accounts.c.name == name).values(**values))

    # the sample ---------------------------------------------------------------------------------------------------

    def open_demo(self, log: str, community: str, password: str) -> list[Account]:
        """One account for each role of the sample campaign, under the role's name, with a password that is told to
        all. Those that are there stay as they are. Raises `Refused("not_synthetic")` in any other installation."""
        if not self.synthetic():
            raise Refused("not_synthetic")
        for role in Role:
            name = f"demo-{role}"
            if role in NOT_GRANTED:
                continue
            if self.find(name) is None:
                self.open(name, f"{role}-1", password, demo=True)
            self.grant(name, role, community if role is Role.CLERK else log_of(log), "sample")
        return [one for one in self.listed() if one.demo]


@contextlib.contextmanager
def _told_apart(code: str, field: str) -> Iterator[None]:
    """What is somebody else's already is refused: the database knows, whoever was first."""
    try:
        yield
    except IntegrityError:
        raise Refused(code, field=field) from None


def _held(connection: Connection, actor: str) -> tuple[Membership, ...]:
    query = select(memberships).where(memberships.c.actor == actor)
    ordered = query.order_by(memberships.c.granted_at, memberships.c.role, memberships.c.place)
    return tuple(Membership(Role(r.role), r.place, moment(r.granted_at)) for r in connection.execute(ordered))


def _account(row: Any, held: Sequence[Membership]) -> Account:
    return Account(
        row.name, row.actor, row.password, _moment(row.password_at), row.factor, row.issuer, row.subject,
        moment(row.opened_at), _moment(row.closed_at), bool(row.demo), tuple(held),
    )  # fmt: skip


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment(us)


def _storable(said: str) -> bool:
    """Whether it can stand in a database at all: PostgreSQL's texts hold no NUL."""
    return "\0" not in said


def _code(said: str, field: str) -> str:
    """A code that stands in the record for ever; raises `Refused("bad_name")`, which does not repeat it."""
    try:
        return pseudonym(said)
    except ValueError:
        raise Refused("bad_name", field=field) from None
