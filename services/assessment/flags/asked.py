"""Flags as they are asked for 疑点提示 (§3.3.7): of some months, a community, a day; each with what was answered."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.assessment.entries import FLAG_ANSWERS_LEDGER
from services.assessment.flags.raising import Answer, Flag, flags_of
from services.assessment.ledgers import communities_served, plans, rulebooks
from services.assessment.rules.versions import current, rulebook_on
from shared.contracts.assessment import FlagRule
from shared.contracts.days import civil_day, last_day_of
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Asking, Look, Refused
from shared.queries import day_by, month


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

    @property
    def day(self) -> date:
        """The day whose plan's rulebook gives the rules where none is named: of a month that is asked for, its last."""
        return self.as_of if self.month is None else min(self.as_of, last_day_of(self.month))


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a query asks for; raises `Refused` that names what cannot be read, or lies ahead."""
    return Wanted(
        as_of=day_by(said, "as_of", today), month=month(said, "month"), community=said.get("community") or None,
        rulebook=said.get("rulebook") or None,
    )  # fmt: skip


def flags_asked(look: Look, asking: Asking) -> Flagged:
    """The answer to a query; raises `Refused`."""
    asked = wanted(asking.said, asking.today)
    return flagged(look, asked, rules_asked(look, asked))


def rules_asked(look: Look, asked: Wanted) -> rulebooks.Row | None:
    """The rulebook that gives the rules: the one that is named, else the plan's. Raises `Refused`: unknown_rulebook."""
    books = look.rows(rulebooks.LEDGER)
    if asked.rulebook is None:
        return rulebook_on(asked.day, look.rows(plans.LEDGER), books)
    row = current(books, asked.rulebook)
    if row is None:
        raise Refused("unknown_rulebook", field="rulebook", item=asked.rulebook)
    return row


def flagged(look: Look, asked: Wanted, book: rulebooks.Row | None) -> Flagged:
    """What fits, by a rulebook's rules; raises `Refused`: unknown_community."""
    if asked.community is not None and asked.community not in communities_served.names(look):
        raise Refused("unknown_community", field="community")
    found = flags_at(
        look, () if book is None else book.rulebook.flags, months=None if asked.month is None else {asked.month},
        community=asked.community, as_of=asked.as_of,
    )  # fmt: skip
    return Flagged(
        log=look.log, position=look.position, as_of=asked.as_of, rulebook=book.code if book else None, flags=found
    )  # fmt: skip


def flags_at(
    look: Look,
    rules: Collection[FlagRule],
    *,
    months: Collection[str] | None = None,
    community: str | None = None,
    as_of: date = date.max,
) -> tuple[Flag, ...]:
    """The flags that the ledgers raise by these rules, each with its answers: of those months (YYYY-MM; of all where
    none are named)."""
    found = flags_of(look, rules, months=months, community=community, as_of=as_of)
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
