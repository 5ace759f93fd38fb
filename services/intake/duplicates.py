"""Possible duplicates 疑似重复 (§3.1.4): by what a case may be known again, and what two cases have in common.

It is asked about one case that somebody has in hand, never about a person: nobody types a name or a number in. What is
compared is opened for that moment. Only a clerk who links two cases says that they are one matter; that is the event.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from services.intake.commands import CorrectCase, LinkCase, ReportCase, TakeOverCase
from services.intake.ledgers import cases
from services.intake.life import ACCEPTED_IN
from shared.contracts.codes import CaseStatus, Named
from shared.contracts.days import civil_day
from shared.contracts.frozen import dataclass
from shared.contracts.model import Trace

MOST_TOLD: Final = 10
NEAR_DAYS: Final = 14
"""As far apart as two reports of one quarrel mostly are."""
_ALIKE_PER_CENT: Final = 25
"""Of all pairs of characters in two accounts, those that both have: a copy that was touched up has more, accounts of
two quarrels have hardly any, and one that was told anew has no more than they."""
_FEWEST_PAIRS: Final = 4
_FEWEST_DIGITS: Final = 7
"""Shorter numbers are everybody's: 110, 12345."""
_ANYBODY: Final = frozenset({"不详", "未知", "匿名", "无名氏", "不愿透露"})
"""What is written where a name was not told."""
_BEYOND_WORDS: Final = re.compile(r"[\W_]+")
_ABROAD: Final = re.compile(r"(?:00)?86(?=1[0-9]{10}$)")


class Likeness(Named):
    """What two cases have in common 相同之处."""

    CONTACT = "same_contact", "联系电话相同", "the same telephone"
    ID_NUMBER = "same_id_number", "证件号码相同", "the same identity number"
    NAME = "same_name", "同一社区、姓名相同", "the same name in the same community"
    TEXT = "similar_text", "基本情况相近", "a similar account"
    PLACE_AND_TIME = "same_place_and_time", "同一地点、同类纠纷、时间相近", "the same place, the same type, days apart"


_TOLD_BY: Final = {"phone": Likeness.CONTACT, "id_number": Likeness.ID_NUMBER, "name": Likeness.NAME}


class Mark(NamedTuple):
    """A value by which a party is known again, in the one form in which two records of it agree."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a case says of its parties and its matter, opened while it is compared."""

    marks: frozenset[Mark]
    pairs: frozenset[str]
    """Of characters, in its summary: words are not told apart in Chinese writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A case that may be the same matter, and why; nothing of what it says."""

    case: str
    why: tuple[Likeness, ...]
    reported_on: date
    community: str
    status: CaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicates:
    """The cases of the same office that may be the same matter as one of them, the likeliest first."""

    log: str
    case: str
    possible: tuple[Suggestion, ...]


def marks_of(name: str | None, phone: str | None, id_number: str | None) -> Iterator[Mark]:
    """By what a party is known again."""
    plain = _BEYOND_WORDS.sub("", _plain(name)).casefold()
    if len(plain) > 1 and plain not in _ANYBODY:
        yield Mark("name", plain)
    digits = _ABROAD.sub("", "".join(one for one in _plain(phone) if one.isdecimal()))
    if len(digits) >= _FEWEST_DIGITS and len(set(digits)) > 1:
        yield Mark("phone", digits)
    if number := _BEYOND_WORDS.sub("", _plain(id_number)).upper():
        yield Mark("id_number", number)


def traces(command: ReportCase | TakeOverCase | CorrectCase) -> Iterator[Trace]:
    """What the blind index is told of a case's parties."""
    for place, person in enumerate(command.parties or ()):
        for mark in marks_of(person.name, person.phone, person.id_number):
            yield Trace(mark.kind, mark.value, f"parties/{place}")


def account(marks: Iterable[Mark], summary: str | None) -> Account:
    """What a case says, for comparing."""
    text = _BEYOND_WORDS.sub("", _plain(summary)).casefold()
    return Account(frozenset(marks), frozenset(one + other for one, other in pairwise(text)))


def in_hand(row: cases.Row) -> bool:
    """Whether it might be linked now: duplicates of a case are looked for while that is of use."""
    return LinkCase in ACCEPTED_IN[row.status]


def fit(row: cases.Row, other: cases.Row) -> bool:
    """Whether the one might be linked to the other."""
    return row.id != other.id and other.status not in (CaseStatus.VOIDED, CaseStatus.LINKED)


def near(row: cases.Row, other: cases.Row) -> bool:
    """Whether they are of one place, one type and about one time. A grid that is not told may be any."""
    same_grid = row.grid is None or other.grid is None or row.grid == other.grid
    same_type = (row.community, row.dispute_type) == (other.community, other.dispute_type)
    return same_grid and same_type and days_apart(row, other) <= NEAR_DAYS


def days_apart(row: cases.Row, other: cases.Row) -> int:
    return abs((civil_day(row.reported_at) - civil_day(other.reported_at)).days)


def suggestions(row: cases.Row, told: Account, others: Iterable[tuple[cases.Row, Account]]) -> Sequence[Suggestion]:
    """Those of the others that may be the same matter, the likeliest first."""
    found = [
        (other, why) for other, its in others if fit(row, other) and (why := _in_common(row, told, other, its))
    ]  # fmt: skip
    found.sort(key=lambda one: (-len(one[1]), days_apart(row, one[0]), one[0].id))
    return [
        Suggestion(
            case=other.id, why=why, reported_on=civil_day(other.reported_at), community=other.community,
            status=other.status,
        )
        for other, why in found[:MOST_TOLD]
    ]  # fmt: skip


def _in_common(row: cases.Row, told: Account, other: cases.Row, its: Account) -> tuple[Likeness, ...]:
    """What they have in common; nothing where that says too little.

    A number says enough by itself. A name is many people's, or a firm's that everybody has to do with; a place and a
    time are everybody's, and a text may be a form's: of these it takes two.
    """
    found = {_TOLD_BY[mark.kind] for mark in told.marks & its.marks}
    if row.community != other.community:
        found.discard(Likeness.NAME)
    if _alike(told.pairs, its.pairs):
        found.add(Likeness.TEXT)
    if near(row, other):
        found.add(Likeness.PLACE_AND_TIME)
    enough = len(found) > 1 or not found.isdisjoint((Likeness.CONTACT, Likeness.ID_NUMBER))
    return tuple(one for one in Likeness if one in found) if enough else ()


def _alike(pairs: frozenset[str], others: frozenset[str]) -> bool:
    enough = min(len(pairs), len(others)) >= _FEWEST_PAIRS
    return enough and 100 * len(pairs & others) >= _ALIKE_PER_CENT * len(pairs | others)


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "")
