"""Flags on institutions, as a page 疑点提示 (§3.3.7): community by community, each in words, with what is behind it and
what was answered. Beside the scores, and in none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from services.assessment.flag_words import raised_from
from services.assessment.flagged import flagged, flags_at, wanted
from services.assessment.flags import Flag, Member, months_of, rules_of
from services.assessment.ledgers import communities_served
from shared.access import utc_now
from shared.contracts.days import civil_day
from shared.contracts.frozen import replace
from shared.contracts.model import Look
from shared.runtime import Node
from shared.web.ledgers import whole
from shared.web.pages import Ask, Page

PAGE_FLAGS: Final = 10
MOST_MEMBERS: Final = 20
"""How many of what looks odd are listed; the program's answer has all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A flag, and as much of what is behind it as a page holds."""

    flag: Flag
    members: Sequence[tuple[Member, str | None]]
    """Each with its case's address."""
    answers_at: str
    """Where the ledger has what was answered."""


class FlagPages:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def all(self, ask: Ask) -> Page:
        """How many there are of each kind in each community, and then one by one, the newest month first."""
        today = civil_day(utc_now())
        said = {name: ask.query(name) for name in ("month", "community", "as_of", "rulebook")}
        asked = wanted(said, today)
        with self._node.look("assessment", ask.log) as look:
            found = flagged(look, replace(asked, month=None, community=None))
            book = rules_of(look, found.rulebook)
            names = {row.id: row.name for row in look.rows(communities_served.LEDGER)}
        flags = [
            one for one in found.flags
            if asked.month in (None, one.month) and asked.community in (None, one.community)
        ]  # fmt: skip
        rules = book.flags if book else ()
        months = sorted({one.month for one in found.flags}, reverse=True)
        skipped = whole(ask.query("skip") or "0", "skip")
        following = skipped + PAGE_FLAGS
        shows = {
            "asked": asked, "names": names, "months": [(one, one) for one in months], "rules": rules,
            "told": [(one, raised_from(one)) for one in rules], "raised": _raised(flags),
            "flags": [_shown(one) for one in flags[skipped:following]], "total": len(flags),
            "more": urlencode(_given({**said, "skip": str(following)})) if following < len(flags) else None,
            "first": urlencode(_given(said)) if skipped else None,
            "json": f"/assessment/flags?{urlencode(_given({**said, 'log': ask.log}))}",
            "urlencode": urlencode, "given": _given(said),
        }  # fmt: skip
        return Page("assessment/flags.html", ask.words("flags_title"), shows)


def flags_beside(
    look: Look, community: str | None, rulebook: str, from_day: date, to_day: date, as_of: date
) -> Sequence[Flag]:
    """The flags of a score's months, under its rulebook: a community's own, or all of them."""
    months = frozenset(months_of(from_day, min(to_day, as_of)))
    return flags_at(look, rulebook=rulebook, months=months, community=community, as_of=as_of)


def _shown(flag: Flag) -> Shown:
    members = [(one, _case(flag, one)) for one in flag.members[:MOST_MEMBERS]]
    which = {"community": flag.community, "month": flag.month, "flag": flag.code}
    return Shown(flag, members, f"/assessment/ledgers/flag_answers?{urlencode(which)}")


def _case(flag: Flag, member: Member) -> str | None:
    """Where a case stands; an entry of another kind has no page."""
    return None if flag.kind == "backdated" else f"/cases/{member.key.partition('/')[0]}"


def _raised(flags: Sequence[Flag]) -> Mapping[str, Mapping[str, int]]:
    """How many of each rule there are, by community."""
    found: dict[str, Counter[str]] = {}
    for one in flags:
        found.setdefault(one.community, Counter())[one.code] += 1
    return dict(sorted(found.items()))


def _given(said: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}
