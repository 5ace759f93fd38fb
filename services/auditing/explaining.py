"""`sanguan audit explain`: what a published score rests on, and the proof that the log holds it."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from services.assessment.evidence.items import Item
from services.assessment.explaining.deciding import decides
from services.assessment.explaining.explanation import Explained, Explanation, RowPage, explanation
from services.assessment.explaining.happenings import Event, happened
from services.assessment.explaining.reading import Reading, reading
from services.assessment.explaining.telling import at as told_at
from services.assessment.ledgers import scores
from services.assessment.scoring.membership import memberships
from services.assessment.scoring.proving import STATES, Recomputed, recomputed, row_of, statements
from services.auditing.app import audit_app
from services.cli import Data, Json, LogName, bar, existing, known_log, say, settings
from services.installation import LOG, opened
from shared.audit.proven import Proven, Signature, proven
from shared.contracts.assessment import Indicator
from shared.contracts.event import Recorded
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.ledger.replay import PAGE
from shared.log.codec import UnreadableEvent, canonical
from shared.log.store import Log
from shared.queries import visible, whole
from shared.storage import Storage

_FEW: Final = 12
_ROWS: Final = 200


@audit_app.command("explain")
def audit_explain(
    score: Annotated[
        str,
        typer.Argument(help="A score's id, as pages and API name it, or the position of an event that stated one."),
    ],
    indicator: Annotated[str, typer.Option(help="One indicator alone, by its code.")] = "",
    rows: Annotated[int, typer.Option(min=1, help="Rows of evidence that --json tells of in full.")] = _ROWS,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say what a published score rests on, indicator by indicator, with its events' positions; compute it again from
    the prefix of the log that it names; and prove that the log holds it.

    By its id it is the score as last stated, by a position as stated there. Exits with 1 where it is computed to other
    digits, or a root or a proof does not hold.

    Example: sanguan audit explain month-2015-06.2015-07-20.410105010001 --data data/sample
    """
    with opened(existing(settings(data)), audits=True) as storage, bar() as progress:
        known_log(storage, log)
        try:
            stated = _stated(storage.log, log, visible(score, "SCORE"))
        except UnreadableEvent as unread:
            reason = "an event that states it cannot be read: `sanguan audit verify` says why"
            first_bad = {"position": unread.position, "reason": reason}
            body = {"ok": False, "log": log, "score": score, "first_bad": first_bad}
            say(body, as_json, f"{score}: first bad: position {unread.position}: {reason}")
            raise typer.Exit(1) from None
        task = progress.add_task("replaying", total=stated[-1].event.score.position + 1)
        found = _explained(storage, log, stated, indicator, rows, lambda done: progress.update(task, completed=done))
    say(found.as_json(), as_json, "\n".join(found.as_text()))
    raise typer.Exit(0 if found.ok else 1)


# which score ----------------------------------------------------------------------------------------------------------


def _stated(log: Log, name: str, said: str) -> list[Recorded]:
    """The events that state the score, up to the one that is meant; raises `Unusable` where there is none, and
    `UnreadableEvent`."""
    at = whole(said, "SCORE") if said.isdigit() else None
    if at is not None:
        named = [one for one in log.recorded(name, at - 1, 1) if one.position == at and one.type in STATES]
        if not named:
            raise _no_score()
        publication, subject = named[0].id, named[0].event.score.subject
    else:
        publication, _, subject = said.rpartition(".")
    history = statements(log, name, publication, subject)
    found = [one for one in history if at is None or one.position <= at]
    if not found:
        raise _no_score()
    return found


def _no_score() -> Unusable:
    return Unusable(
        "no_such_score", "没有这个考核得分：请给出页面或接口所示的编号，或公布它的事件的位置。",
        "There is no such score: give its id as pages and API show it, or the position of an event that stated it.",
    )  # fmt: skip


# what it rests on -----------------------------------------------------------------------------------------------------


_SIGNED: Final = {
    Signature.GOOD: "signed checkpoint", Signature.BAD: "CHECKPOINT DOES NOT FIT",
    Signature.UNKNOWN: "signature not checked: no public key here", Signature.NONE: "not signed yet",
}  # fmt: skip


def _proof_as_json(proof: Proven, evidence: int) -> dict[str, Any]:
    """That the log holds the event that states the score, and goes on from the prefix that it names (RFC 9162)."""
    return {
        "inclusion": {
            "position": proof.position, "size": proof.size, "leaf": _text(proof.leaf), "hashes": _texts(proof.path),
        },
        "consistency": {"from": evidence + 1, "to": proof.size, "hashes": _texts(proof.extends)},
        "root": proof.root.hex(), "checkpoint": proof.note, "signature": proof.signature, "holds": proof.holds,
    }  # fmt: skip


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [_text(one) for one in hashes]


@dataclass(frozen=True, slots=True)
class Found:
    """A score, explained and proven."""

    log: str
    row: scores.Row
    again: Recomputed
    proof: Proven
    explanation: Explanation | None
    """None where the evidence lacks what it names."""
    rests_on: Mapping[str, Sequence[int]]
    """Of each indicator, where the events stand that tell of what it looks at in its rows, those that are left out and
    those that wait too."""

    @property
    def ok(self) -> bool:
        return self.again.wrong is None and self.again.same_root and self.proof.holds

    def as_json(self) -> dict[str, Any]:
        """For a program; the explanation is that of the API."""
        again, stated = self.again, self.again.stated
        reason = again.wrong or (None if again.same_root else "names another root than its evidence has")
        reason = reason or (None if self.proof.holds else "the proof does not hold")
        return {
            "ok": self.ok, "log": self.log, "size": self.proof.size, "root": self.proof.root.hex(),
            "score": self.row.id, "position": stated.position, "type": stated.type, "stream": stated.stream,
            "occurred_at": stated.occurred_at.isoformat(), "recorded_at": stated.recorded_at.isoformat(),
            "evidence": {"position": self.row.evidence_position, "root": self.row.root, "recomputed_root": again.root},
            "recomputed": again.wrong is None,
            "first_bad": None if reason is None else {"position": stated.position, "reason": reason},
            "proof": _proof_as_json(self.proof, self.row.evidence_position),
            "rests_on": self.rests_on,
            "explanation": None if self.explanation is None else json.loads(canonical(self.explanation)),
        }  # fmt: skip

    def as_text(self) -> Iterator[str]:
        """For a person."""
        row, proof = self.row, self.proof
        sum_ = f"{row.per_cent or '—'}% ({row.points.decimal}/{row.possible.decimal})"
        yield f"{row.id}: {sum_}, stated by #{row.position}"
        yield f"  plan {row.plan}@{row.plan_version}, rulebook {row.rulebook}@{row.rulebook_version}, as of {row.as_of}"
        state = "the same" if self.again.same_root else f"DIFFERS: {self.again.root}"
        yield f"  evidence to #{row.evidence_position}, root {row.root} (computed from the bytes: {state})"
        yield f"  digits: {self.again.wrong or 'computed again to the same'}"
        for one in self.explanation.indicators if self.explanation else ():
            yield from _told(one, self.rests_on[one.indicator])
        signed = _SIGNED[proof.signature]
        yield f"  in the tree of {proof.size} events, root {proof.root.hex()} ({signed}): " + (
            "inclusion and consistency hold" if proof.holds else "THE PROOF DOES NOT HOLD"
        )
        yield f"    leaf {proof.leaf.hex()}"
        yield from (f"    {hash_.hex()}" for hash_ in proof.path)


def _told(one: Explained, behind: Sequence[int]) -> Iterator[str]:
    said = one.score
    points = "—" if said.points is None else said.points.decimal
    yield f"  {one.title_zh} {one.title_en} [{one.indicator}, §{one.clause}]"
    yield f"    {said.numerator}/{said.denominator}, {said.excluded} excluded, {points} of {said.weight} points"
    yield f"    {one.rule_zh} {one.rule_en}"
    more = "" if len(behind) <= _FEW else f" and {len(behind) - _FEW} more"
    yield f"    rests on {len(behind)} events: {', '.join(f'#{at}' for at in behind[:_FEW]) or '—'}{more}"


def _positions(read: Reading, community: str, indicator: str) -> dict[str, list[int]]:
    """What `rests_on` says, of all indicators or of one."""
    return {
        code: sorted({at for item, _ in memberships(one).values() for at in _deciding(read, item, one.indicator)})
        for code, one in read.of(community).items()
        if indicator in ("", code)
    }


def _deciding(read: Reading, item: Item, indicator: Indicator) -> Iterator[int]:
    """Where the events stand that tell of what an indicator looks at in a row."""
    return (mark.position for mark in decides(read.marks(item, indicator.code), item, indicator))


def _explained(
    storage: Storage, log: str, stated: Sequence[Recorded], indicator: str, most: int, progress: Callable[[int], None]
) -> Found:
    """Replay what the score rests on, compute it again, and prove it."""
    row, event = row_of(stated), stated[-1]
    if indicator and indicator not in {one.code for one in row.indicators}:
        raise Refused("unknown_indicator", field="--indicator")
    again = recomputed(storage.log, log, event, progress)
    told, behind = None, dict[str, list[int]]()
    if again.computed is not None:
        read, page = reading(row, again.rows, _InOrder(storage.log, log).at), RowPage(0, most)
        told = explanation(
            log, row, read, stated, lambda at: told_at(storage.log, log, at), indicator=indicator or None, choose=page
        )
        told, behind = replace(told, next=page.next), _positions(read, row.community, indicator)
    proof = proven(storage, log, event.position, again.read if again.read.size else None)
    return Found(log, row, again, proof, told, behind)


class _InOrder:
    """The log's events one after another, as they are asked for from the first to the last: a page at a time, so that
    not all that ever happened is in memory."""

    def __init__(self, log: Log, name: str) -> None:
        self._log, self._name = log, name
        self._page: dict[int, bytes] = {}

    def at(self, position: int) -> Event:
        if position not in self._page:
            self._page = dict(self._log.raw(self._name, position - 1, PAGE))
        return happened(self._log.codec.decode(position, self._page[position]))
