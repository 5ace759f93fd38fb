"""Flags on institutions, as a page 疑点提示 (§3.3.7): community by community, each in words, with what is behind it and
what was answered. Beside the scores, and in none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from services.assessment.entries import ENTRIES
from services.assessment.flags.asked import flagged, flags_at, rules_asked, wanted
from services.assessment.flags.raising import Answer, Flag, FlagMember, months_of
from services.assessment.flags.words import raised_from
from services.assessment.ledgers import communities_served
from shared.clock import utc_now
from shared.contracts.assessment import Rulebook
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.frozen import replace
from shared.contracts.model import Look, Refused
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page

PAGE_FLAGS: Final = 10
MOST_MEMBERS: Final = 20
"""How many of what looks odd are listed; the program's answer has all."""


@dataclass(frozen=True, slots=True)
class Answered:
    """That a flag was answered: when, in which role, and where in the record; what was said stays sealed."""

    on: date
    role: str
    position: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A flag, and as much of what is behind it as a page holds."""

    flag: Flag
    members: Sequence[tuple[FlagMember, str | None]]
    """Each with its case's address."""
    answers: Sequence[Answered]


class FlagPages:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def all(self, ask: Ask) -> Page:
        """How many there are of each kind in each community, and then one by one, the newest month first."""
        today = civil_day(utc_now())
        said = {name: ask.query(name) for name in ("month", "community", "as_of", "rulebook")}
        said["community"] = ask.own(said["community"])
        asked = wanted(said, today)
        with self._node.look("assessment", ask.log) as look:
            book = rules_asked(look, asked)
            names = {code: name for code, name in communities_served.names(look).items() if ask.own(code) == code}
            if asked.community is not None and asked.community not in names:
                raise Refused("unknown_community", field="community")
            found = flagged(look, replace(asked, month=None, community=None), book)
        flags = [
            one for one in found.flags
            if asked.month in (None, one.month) and asked.community in (None, one.community)
        ]  # fmt: skip
        rules = book.rulebook.flags if book else ()
        months = sorted({one.month for one in found.flags}, reverse=True)
        skipped = whole(ask.query("skip") or "0", "skip")
        following = skipped + PAGE_FLAGS
        shows = {
            "asked": asked, "names": names, "months": [(one, one) for one in months], "rules": rules,
            "told": [(one, raised_from(one)) for one in rules], "raised": _raised(flags),
            "flags": [self._shown(ask, one) for one in flags[skipped:following]], "total": len(flags),
            "more": urlencode(_given({**said, "skip": str(following)})) if following < len(flags) else None,
            "first": urlencode(_given(said)) if skipped else None,
            "json": f"/assessment/flags?{urlencode(_given({**said, 'log': ask.log}))}",
            "urlencode": urlencode, "given": _given(said),
        }  # fmt: skip
        return Page("assessment/flags.html", ask.words("flags_title"), shows)

    def _shown(self, ask: Ask, flag: Flag) -> Shown:
        members = [(one, _path(one)) for one in flag.members[:MOST_MEMBERS]]
        return Shown(flag, members, [self._answered(ask, one) for one in flag.answers])

    def _answered(self, ask: Ask, answer: Answer) -> Answered:
        entered = self._node.storage.log.stream(ask.log, f"{ENTRIES.decider.category}/{answer.id}")[0]
        role = entered.actor.role
        return Answered(answer.on, ask.words.shown(Role(role) if role in set(Role) else role), entered.position)


def flags_beside(
    look: Look, community: str | None, rulebook: Rulebook, from_day: date, to_day: date, as_of: date
) -> Sequence[Flag]:
    """The flags of a score's months, under its rulebook: a community's own, or all of them."""
    months = frozenset(months_of(from_day, min(to_day, as_of)))
    return flags_at(look, rulebook.flags, months=months, community=community, as_of=as_of)


def _path(member: FlagMember) -> str | None:
    """Where a case stands; an entry of another kind has no page."""
    return None if member.case is None else f"/cases/{member.case}"


def _raised(flags: Sequence[Flag]) -> Mapping[str, Mapping[str, int]]:
    """How many of each rule there are, by community."""
    found: dict[str, Counter[str]] = {}
    for one in flags:
        found.setdefault(one.community, Counter())[one.code] += 1
    return dict(sorted(found.items()))


def _given(said: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}
