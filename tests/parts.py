"""What the suites of log, ledgers and command path have in common: an invented log of nobody (synthetic)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from shared.contracts.assignment import StudioOpened
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Basis, CaseKind, DisputeType, PartyRole
from shared.contracts.event import Actor
from shared.contracts.intake import CaseReported, CaseVoided, CaseWithdrawn, Party
from shared.log.append import Appended, Outcome, Proposal
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.store import Log, Stored
from shared.log.vault import NewKey
from shared.log.wrapping import Masters

LOG: Final = "410105010"
OTHER_LOG: Final = "410105011"
NOW: Final = datetime.fromisoformat("2015-06-11T09:00:00+08:00")
CLERK: Final = Actor(id="clerk-1", role="clerk")
CODEC: Final = Codec(EVENTS)
MASTER: Final = Masters([b"an invented master key of nobody"])


class Clock:
    """A clock that goes on by a millisecond each time it is read, and can be set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def log_on(engine: Engine, clock: Clock | None = None) -> Log:
    """A log of the whole language; what another process would open on the same database."""
    return open_log(engine, CODEC, clock or Clock())


def withdrawn(number: int = 0) -> CaseWithdrawn:
    """An event of intake; its reason is a box that nobody opens."""
    return CaseWithdrawn(reason=f"sealed:1:case/1#:{number}")


def voided(number: int = 0) -> CaseVoided:
    return CaseVoided(reason=f"sealed:1:case/1#:{number}")


def studio() -> StudioOpened:
    """An event of assignment."""
    return StudioOpened(place="虚构的地方")


def reported(summary: str, name: str = "sealed:1:case/1#parties/0:AAAA") -> CaseReported:
    """An event with personal fields, as given: they must be boxes."""
    party = Party(role=PartyRole.APPLICANT, name=name, phone=None, id_number=None)
    return CaseReported(
        community="410105010001", grid=None, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=None,
        summary=summary, parties=(party,), basis=Basis.ACT, paper=None,
    )  # fmt: skip


def proposal(
    stream: str,
    expected: int,
    *events: Any,
    command_id: str | None = None,
    body: bytes = b"a body",
    owner: str = "intake",
    log: str = LOG,
    keys: tuple[NewKey, ...] = (),
) -> Proposal:
    """What a command would want appended. Its id is made of stream and version where none is given."""
    return Proposal(
        owner=owner, log=log, stream=stream, expected=expected, command_id=command_id or f"{stream}@{expected}",
        actor=CLERK, cause=None, occurred_at=NOW, facts_at=None, events=events or (withdrawn(expected),), body_mac=body,
        keys=keys,
    )  # fmt: skip


def appended(outcome: Outcome) -> Appended:
    """The outcome, which must be that it was appended."""
    assert isinstance(outcome, Appended), outcome
    return outcome


def everything(log: Log, name: str = LOG, page: int = 1_000) -> list[Stored]:
    """The whole log, read by pages."""
    found: list[Stored] = []
    while some := log.read(name, len(found) - 1, page):
        found.extend(some)
    return found


def assert_dense(stored: Sequence[Stored]) -> None:
    """Positions have no gap; per stream, versions have none; recorded times never go back (invariant 1)."""
    versions: dict[str, int] = {}
    for position, event in enumerate(stored):
        assert event.position == position
        assert event.version == versions.get(event.stream, 0) + 1
        versions[event.stream] = event.version
    times = [event.recorded_us for event in stored]
    assert times == sorted(times)
