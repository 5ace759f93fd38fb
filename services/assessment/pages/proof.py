"""A published score proven there and then 核验: computed again from the log, under a root that is signed.

Nothing that is stored about the score is believed. The address says which one is meant, the log what was published and
what it rests on; the row that the other pages show is held against that too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode

from services.assessment.ledgers import communities_served, scores
from services.assessment.pages.scores import rules_of
from services.assessment.scoring.measuring import Institution
from services.assessment.scoring.proving import Known, Recomputed, row_of, statements
from shared.audit.proven import Proven, Signature, Verdict, proven
from shared.contracts.assessment import IndicatorKind, IndicatorScore, Score, Standing
from shared.contracts.event import Recorded
from shared.contracts.model import Refused
from shared.ledger.look import LedgerLook
from shared.log.codec import UnreadableEvent
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page
from shared.web.words import Words

LONG: Final = 50_000
"""Events that take a few seconds to be folded: whoever waits for more is told that it is under way."""
_SIGNATURES: Final[Mapping[Signature, tuple[str, bool | None]]] = {
    Signature.GOOD: ("proven_signature_good", True), Signature.BAD: ("proven_signature_bad", False),
    Signature.UNKNOWN: ("proven_signature_unknown", None), Signature.NONE: ("proven_signature_none", None),
}  # fmt: skip
"""The text of each, and whether it is well; None where it cannot be told."""
_SUM: Final = ("points", "possible", "per_cent", "rankable")


@dataclass(frozen=True, slots=True)
class Line:
    """A number as it was published, and as the log gives it."""

    title: str
    published: str
    again: str
    differs: Sequence[str]
    """The names of what is not the same."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, in words, and whether it is so; None where it cannot be told yet."""

    text: str
    holds: bool | None


class ProofPage:
    """The view behind the verify button of every score."""

    def __init__(self, node: Node) -> None:
        self._node, self._known = node, Known()

    def proof(self, ask: Ask) -> Page:
        """The last statement of a score proven, or (`at=`) the one at a position; raises `Refused("not_found")` where
        there is none and no page shows such a score."""
        id = ask.request.path_params["id"]
        publication, _, subject = id.rpartition(".")
        ask.require(subject)
        log, storage = ask.log, self._node.storage
        with self._node.look("assessment", log) as look:
            shown, reached = look.row(scores.LEDGER, id), look.position
            names = communities_served.names(look)
            try:  # after the look, so that it is all that the look holds, at least
                stated = statements(storage.log, log, publication, subject)
            except UnreadableEvent as unread:
                return self._nothing(ask, id, ask.words("proven_unreadable", position=unread.position))
            if shown is not None and not stated:
                return self._nothing(ask, id, ask.words("proven_not_stated"))
            meant = self._meant(ask, stated)
            titles = _titles(look, meant)
        if meant.event.score.position >= LONG and not (ask.query("now") or self._known.holds(log, meant)):
            query = {"now": "1", **({"at": ask.query("at")} if ask.query("at") else {})}
            return Page("assessment/proof_underway.html", ask.words("proven_title"), {
                "count": meant.event.score.position + 1,
            }, onward=f"/scores/{id}/proof?{urlencode(query)}")  # fmt: skip
        found = self._known.recomputed(storage.log, log, meant)
        proof = proven(storage, log, meant.position, found.read if found.read.size else None)
        checks = _checks(ask.words, found, _row_same(stated, meant, shown, reached)) + _signed(ask.words, proof)
        verdict = proof.verdict if all(one.holds is not False for one in checks) else Verdict.FAILS
        return self._page(
            ask, id,
            {
                "why": None, "found": found, "proof": proof, "checks": checks, "verdict": verdict, "stated": stated,
                "meant": meant, "lines": _lines(ask.words, found, titles),
                "name": ask.words("whole") if Institution(subject).whole else names.get(subject, subject),
            },
        )  # fmt: skip

    @staticmethod
    def _meant(ask: Ask, stated: Sequence[Recorded]) -> Recorded:
        at = whole(ask.query("at"), "at") if ask.query("at") else None
        found = [one for one in stated if at is None or one.position == at]
        if not found:
            raise Refused("not_found")
        return found[-1]

    def _nothing(self, ask: Ask, id: str, why: str) -> Page:
        """There is nothing that could be computed again: what is shown elsewhere is nothing that the record says."""
        return self._page(ask, id, {"why": why, "verdict": Verdict.FAILS})

    def _page(self, ask: Ask, id: str, shows: Mapping[str, Any]) -> Page:
        title = ask.words("proven_title")
        return Page("assessment/proof.html", title, {"id": id, **shows})


def _row_same(stated: Sequence[Recorded], meant: Recorded, shown: scores.Row | None, reached: int) -> bool | None:
    """Whether the row that the other pages show is the one that the log gives; of an older statement none is shown.

    The ledger of scores holds what every ledger has reached, and may be further: then it is as a later one states it.
    """
    known = sum(one.position <= reached for one in stated)
    if meant is not stated[-1] or not known:
        return None
    return any(shown == row_of(stated[:count]) for count in range(known, len(stated) + 1))


def _titles(look: LedgerLook, stated: Recorded) -> Mapping[str, tuple[str, str]]:
    """What the indicators are called; nothing where the rulebook's row is gone."""
    try:
        _, rulebook = rules_of(look, row_of([stated]))
    except LookupError:
        return {}
    return {one.code: (one.title_zh, one.title_en) for one in rulebook.rulebook.indicators}


# what was checked -----------------------------------------------------------------------------------------------------


def _checks(words: Words, found: Recomputed, row_same: bool | None) -> list[Check]:
    """The digits, the root of what they rest on, and what the other pages show."""
    at = found.published.position
    checks = [
        Check(words("proven_digits", count=at + 1), found.same),
        Check(words("proven_evidence", count=at + 1), found.same_root),
    ]
    return checks if row_same is None else [*checks, Check(words("proven_row"), row_same)]


def _signed(words: Words, proof: Proven) -> list[Check]:
    """The way to the root, and the signatures over it."""
    text, good = _SIGNATURES[proof.signature]
    checks = [
        Check(words("proven_included", position=proof.position, size=proof.size), proof.included),
        Check(words("proven_goes_on"), proof.goes_on),
        Check(words(text), good),
    ]
    return checks + [
        Check(words("proven_cosigned", witness=one.witness, at=one.at), one.holds) for one in proof.witnessed
    ]


# the digits -----------------------------------------------------------------------------------------------------------


def _lines(words: Words, found: Recomputed, titles: Mapping[str, tuple[str, str]]) -> list[Line]:
    """Every indicator, then the sum: what was published beside what was computed."""
    was, now = found.published, found.computed
    computed = {} if now is None else {one.code: one for one in now.indicators}
    stated = {one.code: one for one in was.indicators}
    lines = []
    for code in dict.fromkeys((*stated, *computed)):
        before, after = stated.get(code), computed.get(code)
        title = words.pick(*titles.get(code, (code, code)))
        lines.append(Line(title, _digits(words, before), _digits(words, after), _unequal(words, before, after)))
    sums = () if now is None else [words.field(one) for one in _SUM if getattr(was, one) != getattr(now, one)]
    return [*lines, Line(words("proven_sum"), _sum(words, was), _sum(words, now), sums)]


def _digits(words: Words, score: IndicatorScore | None) -> str:
    """What an indicator's score says: in what else two differ is told beside them."""
    if score is None:
        return "—"
    if score.standing is not Standing.MEASURED:
        return words.shown(score.standing)
    if score.kind is IndicatorKind.COUNT:
        said = [words.number(score.numerator)]
    else:
        rate = "—" if score.rate is None else score.rate
        said = [words("formula", numerator=score.numerator, denominator=score.denominator, rate=rate)]
    if score.excluded:
        said.append(words("excluded", count=score.excluded))
    if score.points is not None:
        said.append(words("total_of", points=score.points.decimal, possible=score.weight))
    return " · ".join(said)


def _sum(words: Words, score: Score | None) -> str:
    if score is None:
        return "—"
    per_cent = "—" if score.per_cent is None else f"{score.per_cent}%"
    return words("proven_total", points=score.points.decimal, possible=score.possible.decimal, per_cent=per_cent)


def _unequal(words: Words, one: IndicatorScore | None, other: IndicatorScore | None) -> list[str]:
    """What two scores of an indicator differ in; the indicator itself where one has none."""
    if one is None or other is None:
        return [words.field("indicator")]
    return [words.field(field.name) for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)]
