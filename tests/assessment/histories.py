"""Synthetic histories of a campaign, drawn by hypothesis: all evidence that scores and duties rest on, and every way in
which it is corrected, taken back or made void."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st

from services.assessment.rules.periods import period
from shared.contracts.assessment import Period, PeriodKind, PlanAmended
from shared.contracts.assessment_entries import AppealDecided, Excused, Finding, ScoreAppealed
from shared.contracts.assignment import (
    AgreementReached,
    CardsLeft,
    CommunityAct,
    CommunityCorrected,
    CommunityVoided,
    CommunityWorkRetracted,
    HandlerStanding,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    Leave,
    LeaveEnded,
    LeaveRecorded,
    MediationHeld,
    MeetingVoided,
    Performance,
    PerformanceChecked,
    PostingEndRetracted,
    PostingVoided,
    StudioClosed,
    StudioOpened,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import (
    AgreementForm,
    Basis,
    CaseKind,
    CaseStatus,
    DeclineReason,
    DisputeType,
    MeetingKind,
    PostingEnd,
    Profession,
    Tier,
)
from shared.contracts.frozen import replace
from shared.contracts.intake import (
    CalendarAmended,
    CaseCorrected,
    CaseDeclined,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseResolved,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    CaseWithdrawn,
    ClockPaused,
    ClockResumed,
    ClockStanding,
    DeadlineExtended,
    PauseReason,
)
from tests.assessment.campaign import EAST, PLAN, WEST, Campaign, moment
from tests.assessment.entered import ENTRIES, VOID

FIRST = date(2015, 5, 25)
DAYS = st.integers(0, 75).map(lambda n: str(FIRST + timedelta(days=n)))
COMMUNITIES = st.sampled_from([EAST, WEST])
PROFESSIONS = st.sampled_from(list(Profession))
MONTHS = st.sampled_from(["2015-05", "2015-06", "2015-07"])
Act = Callable[[Campaign], object]
Parts = list[list[Act]]

PERIODS: Sequence[Period] = [
    period(PeriodKind.MONTH, "2015-06", PLAN), period(PeriodKind.PHASE, "1", PLAN), period(PeriodKind.PHASE, "2", PLAN),
    period(PeriodKind.QUARTER, "2015-Q2", PLAN), period(PeriodKind.YEAR, "2015", PLAN),
    period(PeriodKind.DATES, "2015-06-05_2015-07-20", PLAN),
]  # fmt: skip
AS_OF: Sequence[date] = [date(2015, 6, 30), date(2015, 7, 31), date(2016, 1, 31)]
ASKED = st.tuples(st.sampled_from(PERIODS), st.sampled_from(AS_OF))
"""What is scored: a period of every kind, and the as-of day."""


def put(stream: str, event: Any, on: str, recorded: str | None = None) -> Act:
    return partial(Campaign.put, stream=stream, event=event, on=on, recorded=recorded)


def _sorted_days(draw: Any, count: int) -> list[str]:
    return sorted(draw(st.lists(DAYS, min_size=count, max_size=count)))


def _after(day: str, days: int) -> str:
    return str(date.fromisoformat(day) + timedelta(days=days))


def either(draw: Any) -> bool:
    return bool(draw(st.booleans()))


# cases ----------------------------------------------------------------------------------------------------------------


def case(draw: Any, id: str, code: str | None = None) -> list[Act]:
    """A case's own streams, in an order in which intake and assignment would let it happen."""
    code, kind, basis = (
        code or draw(COMMUNITIES),
        draw(st.sampled_from(list(CaseKind))),
        draw(st.sampled_from(list(Basis))),
    )
    reported, *days = _sorted_days(draw, 7)
    told, handling = f"case/{id}", f"handling/{id}"
    if draw(st.integers(0, 7)) == 0:
        acts: list[Act] = [partial(Campaign.reported, id=id, on=reported, code=code, kind=kind, basis=basis)]
        if either(draw):
            acts.append(put(told, CaseDeclined(reason=DeclineReason.OTHER_AUTHORITY, remedy="sealed:r"), days[0]))
        return acts
    over = basis is Basis.PAPER_LEDGER and either(draw)
    due = _after(reported, draw(st.integers(0, 60)))
    acts = [partial(Campaign.case, id=id, on=reported, code=code, kind=kind, basis=basis, due=due, handled=not over)]
    if not over:
        acts += _meanwhile(draw, id, code, kind, due, days[:3])
    acts += _ended(draw, id, code, days[3], over)
    if either(draw):
        acts += _afterwards(draw, id, code, days[4:])
    if draw(st.integers(0, 3)) == 0:
        acts.append(put(told, _correction(draw), days[5]))
    if draw(st.integers(0, 7)) == 0:
        acts.append(put(told, CaseVoided(reason="误录"), days[5]))
    acts += [put(handling, MediationHeld(officers=("police-1",), place="sealed:p", record=None), days[1])]
    return acts


def _meanwhile(
    draw: Any, id: str, code: str, kind: CaseKind, due: str, days: Sequence[str], clock: bool = True
) -> list[Act]:
    """What may happen to a case that is open; letters, visits and clocks among it."""
    told, handling, acts = f"case/{id}", f"handling/{id}", list[Act]()
    what = draw(st.sets(st.sampled_from(["assigned", "down", "kind", "letters", "visits", "clock", "handover"])))
    if "assigned" in what:
        acts.append(partial(Campaign.assign, id=id, on=days[0]))
        if draw(st.integers(0, 3)) == 0:
            nobody = HandlerStanding(officer=None, since=None, handover_since=None)
            acts.append(put(handling, taken_back(code, WorkAct.HANDLER, handler=nobody), days[0]))
    if kind is CaseKind.BACKLOG:  # it was handed down already, and stays so
        what -= {"down", "kind"}
    if "down" in what:
        acts.append(
            put(told, CaseHandedDown(
                community=code, grid=None, by_unit=None, document=None, due_on=None, basis=Basis.ACT
            ), days[0])
        )  # fmt: skip
    elif "kind" in what:  # it becomes backlog only by being handed down
        other = draw(st.sampled_from([CaseKind.DISPUTE, CaseKind.INSTABILITY]))
        acts.append(put(told, CaseReclassified(kind=other, dispute_type=DisputeType.OTHER, reason="查明"), days[1]))
    if "letters" in what:
        for on in days[: draw(st.integers(1, 3))]:
            acts.append(partial(Campaign.sign, id=id, on=on, contact_days=draw(st.integers(1, 20)), code=code))
        if draw(st.integers(0, 2)) == 0:
            acts.append(put(handling, taken_back(code, WorkAct.LETTER), days[2]))
    if "visits" in what:
        for n in range(draw(st.integers(1, 3))):
            acts += visit(draw, id, f"v{n}", code)
    if "clock" in what and clock:
        acts += _clock(draw, told, code, due, days)
    if "handover" in what:
        acts.append(put(handling, HandoverOpened(officer="police-x"), days[1]))
        if either(draw):
            acts.append(put(handling, HandoverCompleted(officer="new", replaced="police-x", note=None), days[2]))
    return acts


def open_case(draw: Any, id: str, code: str) -> tuple[list[Act], tuple[date, date]]:
    """A case of any kind that is open, with letters, visits, a handover …; and the days on which it can be settled in
    time."""
    kind, (reported, *days) = draw(st.sampled_from(list(CaseKind))), _sorted_days(draw, 4)
    due = _after(days[-1], draw(st.integers(0, 40)))
    acts: list[Act] = [partial(Campaign.case, id=id, on=reported, code=code, kind=kind, due=due)]
    acts += _meanwhile(draw, id, code, kind, due, days, clock=False)
    return acts, (date.fromisoformat(days[-1]), date.fromisoformat(due))


def taken_back(code: str, act: WorkAct, item: str | None = None, handler: HandlerStanding | None = None) -> Any:
    return WorkRetracted(act=act, item=item, visit=None, community=code, reason="误录", handler=handler)


def _clock(draw: Any, told: str, code: str, due: str, days: Sequence[str]) -> list[Act]:
    later = date.fromisoformat(_after(due, draw(st.integers(1, 30))))
    how = draw(st.sampled_from(["pause", "resume", "extend", "extend_not", "correct"]))
    paused = put(told, ClockPaused(reason=PauseReason.APPRAISAL, note=None), days[0])
    match how:
        case "pause":
            return [paused]
        case "resume":
            return [paused, put(told, ClockResumed(paused_days=3, due_on=later, due_provisional=False), days[1])]
        case "extend" | "extend_not":
            extended = DeadlineExtended(
                days=30, due_on=later, due_provisional=False, approved_by="主任", reason="复杂"
            )  # fmt: skip
            acts = [put(told, extended, days[0])]
            if how == "extend_not":
                acts.append(put(told, retracted(code, CaseStep.EXTENDED, CaseStatus.ACCEPTED, due), days[1]))
            return acts
        case _:
            return [put(told, CaseCorrected(reason="期限", due_on=later), days[1])]


def retracted(code: str, step: CaseStep, back_to: CaseStatus, due: str | None = None) -> CaseStepRetracted:
    clock = None if due is None else ClockStanding(
        due_on=date.fromisoformat(due), due_rule="synthetic", due_provisional=False, extended_days=0, paused_days=0,
        paused_since=None,
    )  # fmt: skip
    return CaseStepRetracted(
        step=step, back_to=back_to, reason="误录", handled=True, community=code, grid="01", kind=CaseKind.DISPUTE,
        parties=2, reported_at=moment("2015-06-01"), due_on=None, clock=clock,
    )  # fmt: skip


def visit(draw: Any, case: str, visit: str, code: str) -> list[Act]:
    """A visit that is planned or not, made, declined or neither, and perhaps taken back."""
    due, planned, done, must = draw(DAYS), draw(DAYS), draw(DAYS), either(draw)
    how = draw(st.sampled_from(["open", "done", "declined", "unplanned", "again"]))
    acts: list[Act] = []
    if how != "unplanned":
        acts.append(lambda c: c.plan_visit(case, visit, due, planned, must, code))
    if how == "again":
        acts.append(lambda c: c.plan_visit(case, visit, done, planned, must, code))
    if how in ("done", "unplanned"):
        acts.append(lambda c: c.visit(case, visit, done, must, code))
    if how == "declined":
        acts.append(lambda c: c.decline(case, visit, done, must, code))
    if draw(st.integers(0, 3)) == 0:
        acts.append(put(f"handling/{case}", taken_back(code, WorkAct.VISIT, visit), done))
    return acts


def _ended(draw: Any, id: str, code: str, on: str, over: bool) -> list[Act]:
    """How it ended, and perhaps that it did not after all."""
    told = f"case/{id}"
    kinds = ["resolve", "terminate", "refer", "withdraw", "link"]
    how = draw(st.sampled_from(kinds if over else ["open", *kinds]))
    step = CaseStep.RESOLVED
    match how:
        case "open":
            return []
        case "resolve":
            acts = _resolved(draw, id, on)
        case "terminate":
            step = CaseStep.TERMINATED
            acts = [partial(Campaign.terminate, id=id, on=on, told=draw(st.sampled_from([True, False, None])))]
        case "refer":
            step = CaseStep.REFERRED
            acts = [partial(Campaign.refer, id=id, on=on, outside=either(draw))]
        case "withdraw":
            step = CaseStep.WITHDRAWN
            acts = [put(told, CaseWithdrawn(reason=None), on)]
        case _:
            step = CaseStep.LINKED
            acts = [put(told, CaseLinkedAsDuplicate(duplicate_of="other"), on)]
    if draw(st.integers(0, 5)) == 0:
        acts += [
            put(told, retracted(code, step, CaseStatus.ACCEPTED), on),
            put(f"handling/{id}", HandlingResumed(), on),
        ]
    return acts


def _resolved(draw: Any, id: str, on: str) -> list[Act]:
    tier = draw(st.sampled_from(list(Tier)))
    agreed = [put(f"handling/{id}", AgreementReached(form=AgreementForm.ORAL, terms=None), on)] if either(draw) else []
    return [*agreed, put(f"case/{id}", CaseResolved(tier=tier, by_agreement=True, basis=Basis.ACT), on)]


def _afterwards(draw: Any, id: str, code: str, days: Sequence[str]) -> list[Act]:
    """What follows an ending: follow-ups, a check, or that it was opened again and settled once more."""
    told, acts = f"case/{id}", list[Act]()
    for on in days[: draw(st.integers(0, 2))]:
        acts.append(put(told, CaseFollowedUp(satisfied=None, stable=either(draw), note=None), on))
    if either(draw):
        acts.append(put(f"handling/{id}", PerformanceChecked(performance=Performance.PERFORMED, note=None), days[0]))
    if either(draw):
        due = _after(days[0], draw(st.integers(0, 40)))
        acts.append(partial(Campaign.reopen, id=id, on=days[0], code=code, due=due))
        if either(draw):
            acts += visit(draw, id, "again", code)
        if either(draw):
            acts += _resolved(draw, id, days[1])
    return acts


def _correction(draw: Any) -> CaseCorrected:
    of = draw(st.sampled_from(["community", "kind", "reported_on", "resolved_on", "grid"]))
    said: dict[str, Any] = {
        "community": draw(COMMUNITIES), "kind": draw(st.sampled_from(list(CaseKind))), "grid": "02",
        "reported_on": date.fromisoformat(draw(DAYS)), "resolved_on": date.fromisoformat(draw(DAYS)),
    }  # fmt: skip
    return CaseCorrected(reason="更正", **{of: said[of]})


# communities, people, meetings, entries -------------------------------------------------------------------------------


def community(draw: Any, code: str) -> list[Act]:
    stream, on = f"community/{code}", draw(DAYS)
    acts: list[Act] = [partial(Campaign.community, code=code, households=draw(st.integers(0, 50)), on=on)]
    given = draw(st.lists(st.tuples(st.integers(1, 30), DAYS), max_size=2))
    acts += [partial(Campaign.cards, households=amount, on=day, code=code) for amount, day in given]
    if given and either(draw):
        left = CardsLeft(version=2, households=draw(st.integers(0, given[0][0])))
        fewer = CommunityWorkRetracted(act=CommunityAct.CARDS, households=1, reason="误录", cards=(left,))
        acts.append(put(stream, fewer, draw(DAYS)))
    if draw(st.integers(0, 2)) == 0:
        said = CommunityCorrected(
            code=code, reason="更正", name=None, grids=None, households=draw(st.integers(0, 50))
        )  # fmt: skip
        acts.append(put(stream, said, draw(DAYS)))
    studio = [StudioOpened(place="警务室"), StudioClosed(reason="搬迁"), StudioOpened(place="警务室")]
    studio = studio[: draw(st.integers(0, 3))]
    acts += [put(stream, event, day) for event, day in zip(studio, _sorted_days(draw, 3), strict=False)]
    if studio and draw(st.integers(0, 3)) == 0:
        act = CommunityAct.STUDIO_CLOSED if len(studio) == 2 else CommunityAct.STUDIO_OPENED
        acts.append(put(stream, CommunityWorkRetracted(act=act, households=None, reason="误录"), draw(DAYS)))
    if draw(st.integers(0, 15)) == 0:
        acts.append(put(stream, CommunityVoided(code=code, names=("虚构",), reason="误录"), draw(DAYS)))
        if either(draw):
            acts.append(partial(Campaign.community, code=code, households=9, on=draw(DAYS)))
    return acts


def roster(draw: Any, code: str) -> list[Act]:
    """Postings, their ends, ends that were taken back, postings that never were, and leave."""
    acts: list[Act] = []
    for one in sorted(draw(st.sets(PROFESSIONS))):
        officer, (start, middle, late) = f"{one.value}-x", _sorted_days(draw, 3)
        known: dict[str, Any] = {"officer": officer, "from_day": date.fromisoformat(start)}
        acts.append(partial(Campaign.post, officer=officer, profession=one, on=start, code=code))
        if draw(st.integers(0, 2)) == 0:
            leave = Leave(first_day=date.fromisoformat(middle), last_day=date.fromisoformat(late), cover=None)
            acts.append(put(f"roster/{code}", LeaveRecorded(**known, leave=leave), start))
            if either(draw):
                ended = LeaveEnded(**known, first_day=leave.first_day, last_day=leave.first_day)
                acts.append(put(f"roster/{code}", ended, middle))
        for last in (late, middle)[: draw(st.integers(0, 2))]:
            reason = draw(st.sampled_from(list(PostingEnd)))
            acts.append(
                partial(
                    Campaign.end, officer=officer, profession=one, last=last, reason=reason, from_day=start, code=code
                )
            )
            if draw(st.integers(0, 2)) == 0 or last == late:
                taken_back = PostingEndRetracted(**known, last_day=date.fromisoformat(last), reason="误录")
                acts.append(put(f"roster/{code}", taken_back, last))
        if draw(st.integers(0, 5)) == 0:
            acts.append(put(f"roster/{code}", PostingVoided(**known, reason="误录", open_cases=()), late))
            if either(draw):
                acts.append(partial(Campaign.post, officer=officer, profession=one, on=start, code=code))
    return acts


def meetings(draw: Any, code: str) -> Parts:
    found: Parts = []
    for kind in sorted(draw(st.sets(st.sampled_from(list(MeetingKind)), max_size=2))):
        for named in sorted(draw(st.sets(MONTHS, max_size=2))):
            held, filed, recorded = _sorted_days(draw, 3)
            acts: list[Act] = [partial(Campaign.meet, month=named, on=held, code=code, kind=kind)]
            if filing := either(draw):
                acts.append(
                    partial(Campaign.minutes, month=named, on=filed, recorded=recorded, code=code, kind=kind)
                )  # fmt: skip
            if draw(st.integers(0, 4)) == 0:
                void = MeetingVoided(
                    community=code, kind=kind, month=named, held_at=moment(held),
                    minutes_at=moment(filed) if filing else None, reason="误录",
                )  # fmt: skip
                acts.append(put(f"meeting/{code}-{kind}-{named}", void, draw(DAYS)))
            found.append(acts)
    return found


def entry(draw: Any, id: str, kinds: Sequence[str] = tuple(ENTRIES)) -> list[Act]:
    """An entry of work or a finding, what follows it, and perhaps that it is void."""
    made = ENTRIES[draw(st.sampled_from(sorted(kinds)))]
    stream, (on, *later) = f"{made.category}/{id}", _sorted_days(draw, 4)
    acts = [put(stream, made.begins(draw(COMMUNITIES), date.fromisoformat(draw(DAYS))), on, _recorded(draw, on))]
    following = made.goes_on[: draw(st.integers(0, len(made.goes_on)))]
    acts += [put(stream, event, day, _recorded(draw, day)) for event, day in zip(following, later, strict=False)]
    if draw(st.integers(0, 4)) == 0:
        acts.append(put(stream, VOID[made.category], draw(DAYS)))
    return acts


def _recorded(draw: Any, on: str) -> str:
    """The day itself as a rule, or some days later."""
    return _after(on, draw(st.sampled_from([0, 0, 0, 5, 12])))


def calendar(draw: Any, log: str) -> list[Act]:
    """Days that are off or worked after all, announced then and entered now; and perhaps that some were not."""
    days = sorted(draw(st.sets(st.integers(0, 75), min_size=1, max_size=3)))
    known = [FIRST + timedelta(days=n) for n in days]
    announced = date.fromisoformat(draw(DAYS))
    amended = CalendarAmended(
        year=None, off=tuple(known[:2]), worked=tuple(known[2:]), announced_on=announced, document="示例通知"
    )  # fmt: skip
    acts = [put(f"calendar/{log}", amended, draw(DAYS))]
    if either(draw):
        undone = replace(amended, off=(), worked=(), withdrawn=(known[0],))
        acts.append(put(f"calendar/{log}", undone, draw(DAYS)))
    return acts


def appeal(draw: Any, id: str) -> list[Act]:
    """An appeal that leaves something out of the scores, and perhaps that it was entered by mistake."""
    table, member = draw(
        st.sampled_from([
            ("cases", "a"), ("communities", EAST), ("deeds", "finding/e0"),
            ("duties", f"monthly_meeting.minutes/{EAST}/2015-06"), ("duties", f"first_visit_term/{EAST}/a"),
        ])
    )  # fmt: skip
    indicator = {
        "cases": "resolve_rate", "communities": "four_roles", "deeds": "hazards",
    }.get(table, "minutes_on_time" if "minutes" in member else "must_visits")  # fmt: skip
    on, decided, later = _sorted_days(draw, 3)
    lodged = ScoreAppealed(community=EAST, publication="p", indicator=indicator, grounds="sealed:g")
    excused = Excused(indicator=indicator, table=table, member=member)
    decision = AppealDecided(
        finding=Finding.UPHELD, decided_by="领导小组", decision="sealed:d", excused=(excused,),
        excused_in=draw(st.sampled_from(PERIODS)),
    )  # fmt: skip
    acts = [put(f"supervision/{id}", lodged, on), put(f"supervision/{id}", decision, decided)]
    if draw(st.integers(0, 2)) == 0:
        acts.append(put(f"supervision/{id}", replace(VOID["supervision"], kind="appeals"), later))
    return acts


def amended_plan(draw: Any) -> list[Act]:
    """Another version of the plan: other days for letters, visits and minutes."""
    days = draw(st.integers(1, 20))
    changed = replace(
        PLAN,
        terms=tuple(replace(one, days=days) if one.days is not None else one for one in PLAN.terms),
        cadences=tuple(replace(one, due_day=days) for one in PLAN.cadences),
    )
    amended = PlanAmended(plan=changed, version=2, author="办公室", reason="调整")
    return [put(f"plan/{PLAN.code}", amended, draw(DAYS))]


# all together ---------------------------------------------------------------------------------------------------------


@st.composite
def streams(draw: Any, calendar_changes: bool = True) -> Parts:
    """Lists of acts; within a list the order means something, between lists it does not."""
    found: Parts = []
    for code in (EAST, WEST):
        found += [community(draw, code), roster(draw, code), *meetings(draw, code)]
    found += [case(draw, id) for id in ("a", "b", "c", "d")[: draw(st.integers(0, 4))]]
    found += [entry(draw, f"e{n}") for n in range(draw(st.integers(0, 5)))]
    if calendar_changes and draw(st.integers(0, 2)) == 0:
        found.append(calendar(draw, "410105010"))
    if draw(st.integers(0, 3)) == 0:
        found.append(appeal(draw, "appeal"))
    return found


@st.composite
def later(draw: Any) -> list[Act]:
    """What may be written after a publication: more of everything, corrections and voids of what there was."""
    acts: list[Act] = [act for id in ("x", "y")[: draw(st.integers(0, 2))] for act in case(draw, id)]
    acts += [act for n in range(draw(st.integers(0, 3))) for act in entry(draw, f"l{n}")]
    for code in (EAST, WEST):
        acts += [act for some in meetings(draw, code) for act in some] if either(draw) else []
        acts += [partial(Campaign.cards, households=3, on=draw(DAYS), code=code)] if either(draw) else []
    for _ in range(draw(st.integers(0, 3))):
        note = CaseVoided(reason="误录") if draw(st.integers(0, 2)) == 0 else _correction(draw)
        acts.append(partial(_about, id=draw(st.sampled_from(["a", "b", "c"])), note=note, on=draw(DAYS)))
    for id in sorted(draw(st.sets(st.sampled_from(["a", "b", "c"]), max_size=2))):
        acts += [partial(_known, id=id, act=act) for act in _going_on(draw, id)]
    for code in sorted(draw(st.sets(COMMUNITIES))):
        said = CommunityCorrected(code=code, reason="更正", name=None, grids=None, households=draw(st.integers(0, 50)))
        acts.append(partial(_registered, code=code, note=said, on=draw(DAYS)))
        acts += roster(draw, code) if either(draw) else []
    if draw(st.integers(0, 2)) == 0:
        acts += calendar(draw, "410105010")
    if draw(st.integers(0, 2)) == 0:
        acts += appeal(draw, "later")
    if draw(st.integers(0, 3)) == 0:
        acts += amended_plan(draw)
    return acts


def _about(campaign: Campaign, id: str, note: Any, on: str) -> None:
    if campaign.known(id):
        campaign.put(f"case/{id}", note, on)


def _going_on(draw: Any, id: str) -> list[Act]:
    """What may happen to a case that there is: its deadline, visits, letters, that it ends, or did not."""
    days, due = _sorted_days(draw, 4), draw(DAYS)
    acts = _clock(draw, f"case/{id}", EAST, due, days) if either(draw) else []
    acts += _meanwhile(draw, id, EAST, CaseKind.BACKLOG, due, days, clock=False) if either(draw) else []
    return [*acts, *_ended(draw, id, EAST, days[3], over=False)]


def _known(campaign: Campaign, id: str, act: Act) -> None:
    if campaign.known(id):
        act(campaign)


def _registered(campaign: Campaign, code: str, note: Any, on: str) -> None:
    if any(one.stream == f"community/{code}" for one in campaign.written):
        campaign.put(f"community/{code}", note, on)


def written(parts: Parts) -> Campaign:
    """The campaign that comes of it."""
    campaign = Campaign().adopt()
    for acts in parts:
        for act in acts:
            act(campaign)
    return campaign


def shuffled(draw: Any, parts: Parts) -> Parts:
    """The same acts in another order: within a list as they stood, between lists in any."""
    queues = [list(acts) for acts in parts]
    found: Parts = []
    while any(queues):
        queue = draw(st.sampled_from([queue for queue in queues if queue]))
        found.append([queue.pop(0)])
    return found
