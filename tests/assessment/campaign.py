"""A synthetic campaign for the tests: everyone and everything in it is invented.

`Campaign` keeps events in the order in which a log would take them, and folds them with the service's own ledgers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from services.assessment.due import obligations
from services.assessment.due.ground import ground_at, plans_of
from services.assessment.due.obligation import Obligation, State
from services.assessment.evidence.gathered import LEDGERS, Evidence, evidence_of
from services.assessment.rules.periods import period
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.scoring.measuring import Institution, Scores, Tally, score
from services.assessment.service import SERVICE
from shared.contracts.assessment import IndicatorScore, Period, PeriodKind, Plan, PlanAdopted, RulebookAdopted
from shared.contracts.assignment import (
    CommunityRegistered,
    ContactCardsIssued,
    HandlerAssigned,
    MediationHeld,
    MeetingConvened,
    MinutesSubmitted,
    OfficerPosted,
    PostingEnded,
    ResponsibilityLetterSigned,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import (
    Basis,
    CaseKind,
    DisputeType,
    MeetingKind,
    PostingEnd,
    Profession,
    Source,
    Termination,
    Tier,
)
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import (
    CaseAccepted,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseTerminated,
)
from shared.contracts.model import Asking, Context
from tests.assessment.entered import ENTRIES, VOID

LOG = "410105010"
WHOLE = Institution(LOG)
EAST, WEST = "410105010001", "410105010002"
OFFICE = Actor(id="office-1", role="office")
PLAN = load_plan()
RULEBOOK = load_rulebook()
STANDING_PLAN = load_plan(STANDING)


@cache
def moment(day: str | date, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00+08:00")


def month(name: str) -> Period:
    return period(PeriodKind.MONTH, name, PLAN)


@dataclass(frozen=True)
class Written:
    """An event before it has a position."""

    stream: str
    event: Any
    on: str
    recorded: str
    by: Actor = OFFICE


@dataclass
class Campaign:
    """What was written, in order."""

    written: list[Written] = field(default_factory=list)

    def put(self, stream: str, event: Any, on: str, recorded: str | None = None, by: Actor = OFFICE) -> int:
        """Write an event that happened on a day (and was recorded the same day, unless told); gives its position."""
        self.written.append(Written(stream, event, on, recorded or on, by))
        return len(self.written) - 1

    def send(
        self, command: Any, on: str, id: str | None = None, by: Actor = OFFICE, recorded: str | None = None
    ) -> list[int]:
        """Have the service decide a command on the campaign as it stands (asked on the day on which it happened, unless
        told); gives the positions of what it wrote. Raises `Refused`."""
        decider, accepts = next(
            (decider, one) for decider in SERVICE.deciders for one in decider.accepts if one.command is type(command)
        )
        id = (accepts.id(command) if accepts.id else id) or f"a{len(self.written)}"
        stream, state = f"{decider.category}/{id}", decider.initial
        for one in self.written:
            if one.stream == stream:
                state = decider.evolve(state, one.event, moment(one.on))
        known = accepts.facts(command, id, Looking(self)) if accepts.facts else None
        context = Context(
            id=id, at=moment(on), now=moment(recorded or on), by=by, command_id=f"k{len(self.written)}", log=LOG,
            facts=known,
        )  # fmt: skip
        return [self.put(stream, event, on, recorded, by) for event in decider.decide(command, state, context)]

    # the work ---------------------------------------------------------------------------------------------------

    def adopt(self) -> "Campaign":
        self.plan(PLAN)
        self.put(
            f"rulebook/{RULEBOOK.code}",
            RulebookAdopted(rulebook=RULEBOOK, version=1, author="办公室", reason="施行"),
            "2015-06-10",
        )
        return self

    def plan(self, plan: Plan) -> int:
        adopted = PlanAdopted(plan=plan, version=1, author="办公室", reason="印发")
        return self.put(f"plan/{plan.code}", adopted, str(plan.issued_on))

    def community(
        self, code: str = EAST, households: int = 100, on: str = "2015-06-01", recorded: str | None = None
    ) -> int:
        registered = CommunityRegistered(code=code, name=f"虚构社区{code[-1]}", grids=("01",), households=households)
        return self.put(f"community/{code}", registered, on, recorded)

    def taken_in(self, on: str, code: str = EAST) -> None:
        """Have the log take a community in on that day: what it tells of days before was taken over from paper."""
        at = next(at for at, one in enumerate(self.written) if one.stream == f"community/{code}")
        self.written[at] = replace(self.written[at], recorded=on)

    def cards(self, households: int, on: str, code: str = EAST) -> int:
        return self.put(f"community/{code}", ContactCardsIssued(households=households), on)

    def post(self, officer: str, profession: Profession, on: str = "2015-06-01", code: str = EAST) -> int:
        posted = OfficerPosted(officer=officer, profession=profession, from_day=date.fromisoformat(on))
        return self.put(f"roster/{code}", posted, on)

    def post_all(self, code: str = EAST, on: str = "2015-06-01") -> None:
        for one in Profession:
            self.post(f"{one.value}-{code[-1]}", one, on, code)

    def end(
        self,
        officer: str,
        profession: Profession,
        last: str,
        reason: PostingEnd,
        from_day: str = "2015-06-01",
        code: str = EAST,
    ) -> int:
        ended = PostingEnded(
            officer=officer, profession=profession, from_day=date.fromisoformat(from_day),
            last_day=date.fromisoformat(last), reason=reason,
        )  # fmt: skip
        return self.put(f"roster/{code}", ended, last)

    def case(
        self,
        id: str,
        on: str,
        code: str = EAST,
        kind: CaseKind = CaseKind.DISPUTE,
        basis: Basis = Basis.ACT,
        due: str | None = None,
        handled: bool = True,
    ) -> int:
        """A case that was reported and accepted, due the same day unless told; gives the position of its acceptance."""
        self.reported(id, on, code, kind, basis)
        return self.put(
            f"case/{id}",
            CaseAccepted(
                community=code, grid="01", kind=kind, parties=2, reported_at=moment(on),
                due_on=date.fromisoformat(due or on), due_rule="synthetic", to_be_handled=handled, basis=basis,
            ),
            on,
        )  # fmt: skip

    def reported(
        self, id: str, on: str, code: str = EAST, kind: CaseKind = CaseKind.DISPUTE, basis: Basis = Basis.ACT
    ) -> int:
        """A case that was reported, and not accepted yet."""
        told = CaseReported(
            community=code, grid="01", kind=kind, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
            summary="sealed:synthetic", parties=(), basis=basis, paper=None,
        )  # fmt: skip
        return self.put(f"case/{id}", told, on)

    def known(self, id: str) -> bool:
        """Whether the case was reported."""
        return any(one.stream == f"case/{id}" for one in self.written)

    def resolve(self, id: str, on: str, recorded: str | None = None) -> int:
        resolved = CaseResolved(tier=Tier.COMMUNITY, by_agreement=True, basis=Basis.ACT)
        return self.put(f"case/{id}", resolved, on, recorded)

    def terminate(self, id: str, on: str, told: bool | None = True) -> int:
        ended = CaseTerminated(reason=Termination.NO_AGREEMENT, remedies_told=told, basis=Basis.ACT)
        return self.put(f"case/{id}", ended, on)

    def refer(self, id: str, on: str, outside: bool) -> int:
        return self.put(f"case/{id}", CaseReferred(to_unit="虚构机关", outside=outside, basis=Basis.ACT), on)

    def reopen(self, id: str, on: str, code: str = EAST, due: str | None = None) -> int:
        return self.put(
            f"case/{id}",
            CaseReopened(
                community=code, grid="01", kind=CaseKind.DISPUTE, parties=2, reported_at=moment(on),
                reason="复发", due_on=date.fromisoformat(due or on), due_rule="synthetic",
            ),
            on,
        )  # fmt: skip

    def assign(self, id: str, on: str) -> int:
        return self.put(f"handling/{id}", HandlerAssigned(officer="police-1"), on)

    def sign(self, id: str, on: str, contact_days: int = 30, code: str = EAST) -> int:
        signed = ResponsibilityLetterSigned(community=code, unit="综治办", person="sealed:p", contact_days=contact_days)
        return self.put(f"handling/{id}", signed, on)

    def plan_visit(self, case: str, visit: str, due: str, planned: str, must: bool = True, code: str = EAST) -> int:
        planning = VisitPlanned(
            visit=visit, officer="police-1", community=code, grid="01", on=date.fromisoformat(due), must=must
        )
        return self.put(f"handling/{case}", planning, planned)

    def visit(self, case: str, visit: str, on: str, must: bool = True, code: str = EAST) -> int:
        done = VisitCompleted(visit=visit, officer="police-1", community=code, grid="01", must=must, diary=None)
        return self.put(f"handling/{case}", done, on)

    def decline(self, case: str, visit: str, on: str, must: bool = True, code: str = EAST) -> int:
        declined = VisitDeclined(visit=visit, officer="police-1", community=code, grid="01", must=must, reason="不便")
        return self.put(f"handling/{case}", declined, on)

    def mediate(self, id: str, on: str) -> int:
        return self.put(f"handling/{id}", MediationHeld(officers=("police-1",), place="sealed:p", record=None), on)

    def retract(self, id: str, act: WorkAct, on: str, item: str | None = None, code: str = EAST) -> int:
        """Take back an act of a case: the last of its kind, or the visit that is named."""
        undone = WorkRetracted(act=act, item=item, visit=None, community=code, reason="sealed:r")
        return self.put(f"handling/{id}", undone, on)

    def meet(self, month: str, on: str, code: str = EAST, kind: MeetingKind = MeetingKind.MONTHLY) -> int:
        held = MeetingConvened(community=code, kind=kind, month=month, attended=9, subject="研判")
        return self.put(f"meeting/{code}-{kind}-{month}", held, on)

    def minutes(
        self,
        month: str,
        on: str,
        recorded: str | None = None,
        code: str = EAST,
        kind: MeetingKind = MeetingKind.MONTHLY,
    ) -> int:
        filed = MinutesSubmitted(
            community=code, kind=kind, month=month, held_at=moment(f"{month}-28"), decisions=("跟进",)
        )
        return self.put(f"meeting/{code}-{kind}-{month}", filed, on, recorded)

    def enter(
        self, work: str, id: str, on: str, code: str = EAST, due: str | None = None, recorded: str | None = None
    ) -> int:
        """An entry of work or a finding (`entered.ENTRIES`), to be dealt with by the day itself unless told."""
        entry = ENTRIES[work]
        return self.put(f"{entry.category}/{id}", entry.begins(code, date.fromisoformat(due or on)), on, recorded)

    def go_on(self, work: str, id: str, on: str, recorded: str | None = None, step: int = -1) -> int:
        """What follows an entry: its last step, unless told."""
        entry = ENTRIES[work]
        return self.put(f"{entry.category}/{id}", entry.goes_on[step], on, recorded)

    def void(self, work: str, id: str, on: str) -> int:
        """Make an entry void."""
        category = ENTRIES[work].category
        return self.put(f"{category}/{id}", VOID[category], on)

    # what comes of it -------------------------------------------------------------------------------------------

    def recorded(self) -> list[Recorded]:
        versions: dict[str, int] = {}
        found = []
        for position, one in enumerate(self.written):
            version = versions[one.stream] = versions.get(one.stream, 0) + 1
            found.append(
                Recorded(
                    log=LOG, position=position, stream=one.stream, id=one.stream.partition("/")[2], version=version,
                    type=one.event.NAME, command_id=f"c-{position}", actor=one.by, cause=None,
                    occurred_at=moment(one.on), recorded_at=moment(one.recorded, 18), event=one.event,
                )
            )  # fmt: skip
        return found

    def rows(self, up_to: int | None = None) -> dict[str, Sequence[Any]]:
        """The rows of every ledger of the service, by name, in the order of their keys."""
        taken = self.recorded()[: None if up_to is None else up_to + 1]
        return {ledger.name: list(folded(ledger, taken).values()) for ledger in SERVICE.ledgers}

    def evidence(self, up_to: int | None = None) -> Evidence:
        """What scores and duties rest on, at a position (None: at the end)."""
        taken = self.recorded()[: None if up_to is None else up_to + 1]
        return evidence_of({ledger.name: list(folded(ledger, taken).values()) for ledger in LEDGERS})

    def scores(self, period: Period, as_of: str) -> Scores:
        return score(RULEBOOK, PLAN, self.evidence(), period, date.fromisoformat(as_of), whole=WHOLE)

    def tally(self, period: Period, as_of: str, subject: str = EAST) -> Tally:
        return next(one for one in self.scores(period, as_of).tallies if one.subject.code == subject)

    def obligations(self, as_of: str | date, today: str = "2020-01-01") -> list[Obligation]:
        """What is owed on a day, as it is known on another."""
        look = Looking(self)
        day = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
        return list(obligations(plans_of(look), ground_at(look, day, date.fromisoformat(today))))

    def owed(self, code: str, as_of: str, subject: str = EAST, about: str | None = None) -> list[Obligation]:
        """The obligations of that code and subject (about one thing), in the order of the days on which they begin."""
        found = [
            one for one in self.obligations(as_of)
            if (one.kind.code, one.subject) == (code, subject) and about in (None, one.about)
        ]  # fmt: skip
        return sorted(found, key=lambda one: one.begins_on or date.min)

    def stands(self, code: str, as_of: str, subject: str = EAST, about: str | None = None) -> tuple[State, int] | None:
        """How the one such obligation stands, and by how many days; None where it is not owed."""
        found = self.owed(code, as_of, subject, about)
        assert len(found) <= 1, found
        return (found[0].state, found[0].days) if found else None

    def indicator(self, code: str, period: Period, as_of: str, subject: str = EAST) -> IndicatorScore:
        return next(one for one in self.tally(period, as_of, subject).indicators if one.code == code)


def folded(ledger: Any, events: Iterable[Recorded]) -> dict[str, Any]:
    """A ledger's rows after the events, as the runner and the replay fold them."""
    rows: dict[str, Any] = {}
    handles = frozenset(ledger.handles)
    for one in events:
        if type(one.event) in handles:
            for key in ledger.keys(one):
                rows[key] = ledger.evolve(rows.get(key), one, key)
    return {key: rows[key] for key in sorted(rows) if rows[key] is not None}


@dataclass(frozen=True)
class Looking:
    """A look into the ledgers of a campaign, at its last position."""

    campaign: Campaign
    log: str = LOG

    @property
    def position(self) -> int:
        return len(self.campaign.written) - 1

    @cached_property
    def taken(self) -> Sequence[Recorded]:
        return self.campaign.recorded()

    def row(self, ledger: Any, key: str) -> Any:
        return folded(ledger, self.taken).get(key)

    def rows(self, ledger: Any, **equal: object) -> Sequence[Any]:
        found = folded(ledger, self.taken).values()
        return [row for row in found if all(getattr(row, name) == value for name, value in equal.items())]

    def root(self) -> str:
        return f"{self.position:064x}"  # stands for the tree's root: the campaign has no tree


def inquiry(campaign: Campaign, said: Mapping[str, str], today: date, by: Actor = OFFICE) -> Asking:
    """A question about a campaign."""
    return Asking(
        said=said, by=by, today=today, at=lambda position: Looking(Campaign(campaign.written[: position + 1])),
        stream=lambda stream: [one for one in campaign.recorded() if one.stream == stream],
    )  # fmt: skip
