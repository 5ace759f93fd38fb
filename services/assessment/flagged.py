"""Flags as they are asked for 疑点提示 (§3.3.7): of some months, a community, a day; each with what was answered."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.assessment.entries import FLAG_ANSWERS_LEDGER
from services.assessment.flags import Answer, Flag, flags_of, rules_of
from shared.contracts.days import civil_day, read_day
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Look, Refused

_MONTH: Final = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """What is raised 疑点, of all that was asked for."""

    log: str
    position: int
    """Of the ledgers that were looked at."""
    as_of: date
    rulebook: str | None
    """The code of the rulebook that gives the rules; none where none is in force."""
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which flags are asked for; None where any will do."""

    as_of: date
    month: str | None = None
    community: str | None = None
    rulebook: str | None = None


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a query asks for; raises `Refused("bad_parameter")` that names what cannot be read, or lies ahead."""
    as_of = read_day(said["as_of"]) if said.get("as_of") else today
    if as_of is None or as_of > today:
        raise Refused("bad_parameter", field="as_of")
    month = said.get("month") or None
    if month is not None and not _MONTH.fullmatch(month):
        raise Refused("bad_parameter", field="month")
    return Wanted(
        as_of=as_of, month=month, community=said.get("community") or None, rulebook=said.get("rulebook") or None
    )  # fmt: skip


def flagged(look: Look, asked: Wanted) -> Flagged:
    """What fits; raises `Refused("bad_parameter")` for a rulebook that there is not."""
    rules = rules_of(look, asked.rulebook)
    if rules is None and asked.rulebook is not None:
        raise Refused("bad_parameter", field="rulebook")
    found = flags_at(
        look, rulebook=asked.rulebook, months=None if asked.month is None else {asked.month},
        community=asked.community, as_of=asked.as_of,
    )  # fmt: skip
    return Flagged(
        log=look.log, position=look.position, as_of=asked.as_of, rulebook=rules.code if rules else None, flags=found
    )  # fmt: skip


def flags_at(
    look: Look,
    *,
    rulebook: str | None = None,
    months: Collection[str] | None = None,
    community: str | None = None,
    as_of: date = date.max,
) -> tuple[Flag, ...]:
    """The flags that the ledgers raise, each with its answers: of those months (YYYY-MM; of all where none are named),
    under the rulebook of that code, else under the one put in force last."""
    found = flags_of(look, rulebook=rulebook, months=months, community=community, as_of=as_of)
    if not found:
        return ()
    said = list(_answers(look.rows(FLAG_ANSWERS_LEDGER)))
    return tuple(
        replace(flag, answers=tuple(answer for to, answer in said if to == (flag.community, flag.month, flag.code)))
        for flag in found
    )


def _answers(rows: Sequence[Any]) -> Iterable[tuple[tuple[str, str, str], Answer]]:
    """What was answered and stands, the first first."""
    standing = (row for row in rows if row.voided_at is None)
    for row in sorted(standing, key=lambda row: (row.happened_at, row.id)):
        yield (row.community, row.month, row.flag), Answer(id=row.id, on=civil_day(row.happened_at))
