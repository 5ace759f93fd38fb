"""A record in which every type of event stands once, with canaries in all that somebody could have typed (synthetic).

Beside them stands the life of one case, so that something becomes of an object.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from services.exporting.projection import category_of
from services.exporting.vocabulary import LEFT_OUT
from services.installation import SERVICES
from shared.contracts import assignment, intake
from shared.contracts.access import AccessAnchored
from shared.contracts.assessment import DecimalText, TotalText
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Basis, CaseKind, DisputeType, Role, Source, Tier
from shared.contracts.event import Actor
from shared.contracts.fields import Division, Month, Text, Whole
from shared.log.append import Appended, Proposal
from shared.log.store import Log
from shared.settings import load
from shared.storage import Storage

LOG: Final = "410105010"
COMMUNITY: Final = f"{LOG}001"
OFFICERS: Final = ("zhaoqian", "sunli", "zhouwu")
"""Ids of officers, as an office might choose them: they must not leave."""
CASE: Final = "life-1"
RECORDED_AT: Final = datetime(2015, 9, 1, 3, 4, 5, 678901, tzinfo=UTC)
_ABROAD: Final = timezone(timedelta(hours=-3, minutes=-30))
_IDS: Final[Mapping[str, str]] = {
    "case": CASE, "duplicate_of": "other-case", "meeting": "meeting-1", "inspection": "inspection-1",
    "publication": "month-2015-06.2015-07-20", "grid": "1网格", "due_rule": "act-33", "kind": "hazards",
    "flag": "month-end", "plan": "plan-1", "rulebook": "rulebook-1",
}  # fmt: skip
"""Codes that may leave."""


@dataclass(slots=True)
class Canaries:
    """Text that somebody could have typed: none of it may leave."""

    words: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new(self, form: str) -> str:
        word = form.format(next(self._numbers))
        self.words.append(word)
        return word


def sample(event: type, canaries: Canaries) -> Any:
    """An event of a type, filled wherever it can be."""
    hints = get_type_hints(event, include_extras=True)
    return event(**{one.name: _value(one.name, hints[one.name], canaries) for one in fields(event)})


def _value(name: str, hint: Any, canaries: Canaries) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return _value(name, next(arm for arm in get_args(hint) if arm is not type(None)), canaries)
    if hint in (DecimalText, TotalText):
        return "12.3456"
    if hint == Month:
        return "2015-06"
    if hint == Division:
        return f"{LOG}002" if name == "named_before" else COMMUNITY
    if get_origin(hint) is Annotated:
        return _marked(name, *get_args(hint), canaries=canaries)
    if get_origin(hint) is tuple:
        return (_value(name, get_args(hint)[0], canaries),)
    if hint is bool:
        return True
    return list(hint)[-1] if issubclass(hint, Enum) else sample(hint, canaries)


def _marked(name: str, bare: Any, *markers: Any, canaries: Canaries) -> Any:
    match bare, markers[0]:
        case _, Text() as text:
            return _text(name, text, canaries)
        case _, Whole() as whole:
            return max(whole.least, 7) if whole.most >= 7 else whole.least
        case type(), _ if bare is datetime:
            return datetime(2015, 6, 18, 22, 30, tzinfo=_ABROAD)
        case type(), _ if bare is date:
            return date(2015, 7, 18)
        case _:
            return _value(name, bare, canaries)


def _text(name: str, text: Text, canaries: Canaries) -> str:
    if text.pattern is not None and text.pattern.startswith("^sealed:"):
        return "sealed:2:case/x#:" + canaries.new("Qm94{:05}")
    if name in ("officer", "officers", "replaced", "cover", "leader", "holder", "by"):
        return OFFICERS[len(name) % len(OFFICERS)]
    if name == "name":
        return "示例社区"  # a community's: the one text that leaves
    if name in _IDS or name == "open_cases":
        return _IDS.get(name, CASE)
    return canaries.new("=机密{:05}")[: text.max_length]


def proposals(canaries: Canaries) -> Iterator[Proposal]:
    """Every type of event once, each in a stream of its own; then a life."""
    for number, event in enumerate(EVENTS):
        category = "anchor" if event is AccessAnchored else category_of(event)
        person = category == "officer"
        stream = f"{category}/{OFFICERS[0] if person else f'every-{number}'}"
        version = {assignment.OfficerCorrected: 1, assignment.OfficerVoided: 2}.get(event, 0)
        yield _proposal(event.OWNER, stream, version, sample(event, canaries), datetime(2015, 8, 1, tzinfo=UTC))
    yield from life()


def life(case: str = CASE, start: datetime = datetime(2015, 6, 18, 1, 30, tzinfo=UTC)) -> Iterator[Proposal]:
    """A case from its report to its closing."""
    told: tuple[tuple[str, Any], ...] = (
        ("case", intake.CaseReported(
            community=COMMUNITY, grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary="sealed:2:case/life#:QUJD", parties=(), basis=Basis.ACT, paper=None,
        )),
        ("case", intake.CaseAccepted(
            community=COMMUNITY, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=start,
            due_on=date(2015, 7, 18), due_rule="mediation-one-month", to_be_handled=True, basis=Basis.ACT,
        )),
        ("handling", assignment.HandlerAssigned(officer=OFFICERS[1])),
        ("handling", assignment.MediationHeld(
            officers=(OFFICERS[1], OFFICERS[2]), place="sealed:2:case/life#:QUJD", record=None
        )),
        ("case", intake.CaseReclassified(
            kind=CaseKind.DISPUTE, dispute_type=DisputeType.HOUSING, reason="sealed:2:case/life#:QUJD"
        )),
        ("case", intake.CaseResolved(tier=Tier.COMMUNITY, by_agreement=True, basis=Basis.ACT, handled=True)),
        ("case", intake.CaseClosed()),
    )  # fmt: skip
    versions = {"case": 0, "handling": 0}
    for step, (category, event) in enumerate(told):
        at = start + timedelta(days=step)
        yield _proposal(event.OWNER, f"{category}/{case}", versions[category], event, at)
        versions[category] += 1


def _proposal(owner: str, stream: str, expected: int, event: Any, at: datetime) -> Proposal:
    return Proposal(
        owner=owner, log=LOG, stream=stream, expected=expected, command_id=f"canary-{stream}-{expected}",
        actor=Actor(id="clerk-canary", role=Role.CLERK, on_behalf_of=OFFICERS[0]), cause=None, occurred_at=at,
        facts_at=None, events=[event], body_mac=b"",
    )  # fmt: skip


def append(log: Log, wanted: Iterator[Proposal]) -> None:
    """Append them, each as it comes."""
    for proposal in wanted:
        (outcome,) = log.append([proposal])
        assert isinstance(outcome, Appended), (proposal.stream, outcome)


def storage_at(directory: Any, **settings: Any) -> Storage:
    """An installation, its clock standing still."""
    storage = Storage(load(directory, **settings), SERVICES)
    storage.migrate()
    storage.log.clock = lambda: RECORDED_AT
    return storage


LEAVING: Final = len(EVENTS) - len(LEFT_OUT)
"""How many of them leave, beside the life."""
