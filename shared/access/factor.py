"""The second factor 第二因素: a code that changes every thirty seconds (TOTP, RFC 6238). Each is good once."""

from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from typing import Final

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import Engine, or_, update

from shared.access.accounts import Account
from shared.access.tables import accounts
from shared.contracts.model import Refused
from shared.log.database import writing
from shared.log.wrapping import Wrapping

STEP_SECONDS: Final = 30
_EITHER_WAY: Final = 1
"""Steps that a telephone's clock may be off."""
_ISSUER: Final = "Sanguan"


def factor_context(account: str) -> bytes:
    """What a wrapped secret is bound to: it opens as this account's and as nothing else."""
    return f"factor|{account}".encode()


class Factors:
    """Sets second factors up, and checks their codes."""

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], wrapping: Wrapping, random: Callable[[int], bytes]
    ) -> None:
        self._engine, self._clock, self._wrapping, self._random = engine, clock, wrapping, random

    def drawn(self) -> str:
        """A new secret of 160 random bits, in base32, as RFC 4226 advises."""
        return b32encode(self._random(20)).decode()

    def uri(self, account: str, secret: str) -> str:
        """What an authenticator's camera reads."""
        return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=_ISSUER)

    def set_up(self, account: Account, secret: str, code: str) -> None:
        """Keep a new secret, once a code shows that an authenticator holds it. Raises `Refused`: one that is there is
        not replaced but reset by the operator, so that no stolen session can put another in its place."""
        step = self._step(secret, code)
        if step is None:
            raise Refused("factor_refused", field="code")
        wrapped = self._wrapping.wrap(secret.encode(), factor_context(account.name))
        with writing(self._engine) as connection:
            none = (accounts.c.name == account.name) & accounts.c.factor.is_(None)
            kept = update(accounts).where(none).values(factor=wrapped, factor_step=step)
            if not connection.execute(kept).rowcount:
                raise Refused("factor_there", field="code")

    def check(self, account: Account, code: str) -> None:
        """That it is the account's code, which nobody has used; raises `Refused("factor_refused")`."""
        if account.factor is None:
            raise Refused("factor_refused", field="code")
        secret = self._wrapping.unwrap(account.factor, factor_context(account.name)).decode()
        step = self._step(secret, code)
        if step is None or not self._first(account.name, step):
            raise Refused("factor_refused", field="code")

    def _step(self, secret: str, code: str) -> int | None:
        """The time step whose code it is."""
        totp, now = pyotp.TOTP(secret, interval=STEP_SECONDS), int(self._clock().timestamp())
        try:
            return totp.verify_and_get_timecode("".join(code.split()), for_time=now, valid_window=_EITHER_WAY)
        except OTPVerificationError:
            return None

    def _first(self, name: str, step: int) -> bool:
        """Whether this step, or a later one, was not used yet: then it is now, and for nobody else."""
        with writing(self._engine) as connection:
            unused = or_(accounts.c.factor_step.is_(None), accounts.c.factor_step < step)
            used = update(accounts).where(accounts.c.name == name, unused).values(factor_step=step)
            return connection.execute(used).rowcount == 1
