"""What days alone bring about: what was kept long enough is restricted 限制处理, and what goes on again is not."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from services.privacy.commands import LiftRestriction, PlaceRestriction
from services.privacy.ledgers import invented, restrictions, retention
from services.privacy.ledgers.restrictions import Erasure
from shared.contracts.model import Look, Timely, Timer
from shared.contracts.privacy import LiftReason, RestrictionReason

_MOOT: Final = frozenset(
    {"already_restricted", "already_erased", "erasure_approved", "not_due_yet", "clock_not_running"}
)  # fmt: skip
_MOOT_TO_LIFT: Final = frozenset({"not_restricted", "already_erased", "erasure_approved"})


def over(look: Look, today: date) -> Sequence[Timely]:
    """A restriction for each subject that has been kept long enough. Who lifted one had a reason: it is not placed
    again for the same day. Where everyone is invented, nobody's data are kept too long."""
    if look.row(invented.LEDGER, look.log) is not None:
        return []
    restricted = {row.id for row in look.rows(restrictions.LEDGER)}
    return [
        Timely(
            f"{row.id}/{row.due_on}", PlaceRestriction(subject=row.id, because=RestrictionReason.RETENTION),
            moot=_MOOT,
        )
        for row in look.rows(retention.LEDGER)
        if row.erased_at is None and row.due_on is not None and row.due_on <= today and row.id not in restricted
    ]  # fmt: skip


def again(look: Look, today: date) -> Sequence[Timely]:
    """The end of a restriction whose clock does not say so any more: a case was reopened, an officer posted again."""
    found = []
    for row in look.rows(restrictions.LEDGER, because=RestrictionReason.RETENTION):
        kept = look.row(retention.LEDGER, row.id)
        if row.erasure in (Erasure.NONE, Erasure.PROPOSED) and (
            kept is None or kept.due_on is None or kept.due_on > today
        ):
            command = LiftRestriction(subject=row.id, because=LiftReason.NOT_DUE)
            found.append(Timely(f"{row.id}/{row.since.isoformat()}", command, moot=_MOOT_TO_LIFT))
    return found


TIMERS: Final = (Timer("restrict", over, daily=True), Timer("release", again))
