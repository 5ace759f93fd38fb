"""Whatever is asked, in whatever order: every aggregate keeps its invariants, and the ledgers follow.

Commands are drawn at random, most of them such as would be taken; all services decide, fold and react in an
office at work. A case and its handling have histories of their own (`tests/assignment/test_case_and_handling.py`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assessment import commands as assessment
from services.assessment.rules.plan import State as PlanState
from services.assessment.scoring.recomputing import SCORER
from services.assignment import commands as work
from services.assignment.roster import Roster
from services.intake import commands as intake
from services.privacy import commands as privacy
from services.privacy.ledgers.restrictions import Erasure
from shared.calendar import Calendar
from shared.contracts.access import Purpose
from shared.contracts.assessment import PeriodKind, ScorePublished, ScoreRestated
from shared.contracts.assignment import (
    CommunityAct,
    MeetingConvened,
    MeetingVoided,
    MinutesSubmitted,
    SyntheticDeclared,
)
from shared.contracts.codes import MeetingKind, PostingEnd, Profession
from shared.contracts.entries import Entries, Step
from shared.contracts.event import Recorded
from shared.contracts.intake import CalendarAmended
from shared.contracts.model import Refused, slug
from shared.contracts.privacy import (
    AnswerReason,
    Emergency,
    ErasureApproved,
    ErasureHeld,
    ErasureHoldReleased,
    ErasureProposed,
    ErasureReason,
    ErasureRefusal,
    ErasureRefused,
    HoldReason,
    LiftReason,
    PersonalDataErased,
    RequestKind,
    RequestOutcome,
    RestrictionLifted,
    RestrictionPlaced,
    RestrictionReason,
    UnmaskingRefusal,
)
from tests import entered
from tests.assignment.invented import WENBO
from tests.declarations import assert_refusal_is_told
from tests.mistakes import CASE, ERROR, FLAGGED, LANE, OFFICE, OTHER, PLAN, RULEBOOK, YOUSHENG, Say, day, publish
from tests.spec import START
from tests.world import ALL, LOG, World, fold

Ask = Callable[[st.DrawFn, World], Say]
Check = Callable[[World], None]
PLENTY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MORE = settings(PLENTY, max_examples=120)
FEW = settings(PLENTY, max_examples=12)
"""For what is dear to decide."""


@dataclass(frozen=True)
class Play:
    """Histories of one category of streams: how they begin, what is asked, and what must hold of them."""

    ask: Ask
    checks: tuple[Check, ...]
    begins: World = field(default_factory=lambda: OFFICE)
    steps: int = 25
    effort: settings = PLENTY


@st.composite
def histories(draw: st.DrawFn, play: Play) -> World:
    """An office of which things were asked."""
    world = play.begins.copy()
    for _ in range(draw(st.integers(0, play.steps))):
        ask(world, play.ask(draw, world))
    return world


def ask(world: World, said: Say) -> None:
    """Ask; a refusal changes nothing, is told well, and allows what would be taken instead."""
    before = len(world.log)
    try:
        world.send(said.command, said.id, START + timedelta(hours=said.hours))
    except Refused as told:
        refused = told
    else:
        return
    assert len(world.log) == before
    service = next(s for s in ALL for d in s.deciders for a in d.accepts if a.command is type(said.command))
    assert_refusal_is_told(service, refused)
    assert slug(type(said.command)) not in refused.allowed, f"{refused.code}: what is allowed was refused"


def history(world: World, category: str) -> Mapping[str, Sequence[Recorded]]:
    """What was decided, stream by stream."""
    found: dict[str, list[Recorded]] = {}
    for recorded in world.log:
        if recorded.stream.startswith(f"{category}/"):
            found.setdefault(recorded.stream, []).append(recorded)
    return found


def one_of(draw: st.DrawFn, *choices: Any) -> Any:
    return draw(st.sampled_from(choices))


# all of them


def folding_again_and_key_by_key_give_the_same_rows(world: World) -> None:
    assert fold(world.log, {}, ALL) == {name: rows for name, rows in world.rows.items() if rows or name in world.rows}
    for service in ALL:
        for ledger in service.ledgers:
            rows: dict[str, Any] = {}
            for recorded in world.log:
                if isinstance(recorded.event, ledger.handles):
                    for key in ledger.keys(recorded):
                        rows[key] = ledger.evolve(rows.get(key), recorded, key)
            held = world.rows.get(_kept(service.name, ledger.name), {})
            assert {key: row for key, row in rows.items() if row is not None} == held, ledger.name


def no_reaction_was_refused(world: World) -> None:
    assert world.refused_reactions == []


def versions_of_streams_are_dense(world: World) -> None:
    seen: Counter[str] = Counter()
    for recorded in world.log:
        seen[recorded.stream] += 1
        assert recorded.version == seen[recorded.stream]


@cache
def _kept(service: str, ledger: str) -> str:
    shared = [one for one in ALL for held in one.ledgers if held.name == ledger]
    return ledger if len(shared) == 1 else f"{service}.{ledger}"


ALWAYS: Final = (
    folding_again_and_key_by_key_give_the_same_rows, no_reaction_was_refused, versions_of_streams_are_dense,
)  # fmt: skip

# the directory

CODES: Final = (WENBO, YOUSHENG, LANE)
NAMES: Final = ("文博社区", "优胜社区", "里巷社区", "文博里社区")


def of_the_directory(draw: st.DrawFn, world: World) -> Say:
    code, name = one_of(draw, *CODES), one_of(draw, *NAMES)
    known = world.states.get(f"directory/{LOG}")
    if known is None and draw(st.booleans()):
        return Say(work.DeclareSynthetic(code=LOG, made_by="示例"))
    commands = (
        work.RegisterCommunity(code=code, name=name, grids=("1网格",), households=900),
        work.RegisterCommunity(code=one_of(draw, "410105011001", code), name=name, grids=(), households=1),
        work.CorrectCommunity(
            code=code, reason=ERROR, name=one_of(draw, None, name), households=one_of(draw, None, 900, 901)
        ),
        work.VoidCommunity(code=code, reason=ERROR),
        work.DeclareSynthetic(code=one_of(draw, LOG, "410105011"), made_by="示例"),
        work.OpenStudio(place="警务室"),
        work.CloseStudio(reason="搬迁"),
    )
    command = one_of(draw, *commands[:3], *commands)
    return Say(command, code if isinstance(command, work.OpenStudio | work.CloseStudio) else None, len(world.log))


def no_two_communities_have_one_name(world: World) -> None:
    rows = world.rows.get("communities", {})
    assert len({row.name for row in rows.values()}) == len(rows)
    state = world.states.get(f"directory/{LOG}")
    assert {code: row.name for code, row in rows.items()} == (state.called if state else {})


def a_community_is_found_under_its_name(world: World) -> None:
    places = world.rows.get("places", {})
    for code, row in world.rows.get("communities", {}).items():
        assert (places[row.name].community, places[code].community, places[code].name) == (code, code, row.name)
    for key, place in places.items():
        assert place.community in world.rows["communities"], f"{key} stands for a community that there is not"


def only_an_empty_log_is_declared_synthetic(world: World) -> None:
    assert all(r.position == 0 for r in world.log if isinstance(r.event, SyntheticDeclared))


# a community


def of_a_community(draw: st.DrawFn, world: World) -> Say:
    cards = draw(st.integers(1, 40))
    command = one_of(
        draw, work.OpenStudio(place=one_of(draw, "警务室", "综治站")), work.CloseStudio(reason="搬迁"),
        work.IssueContactCards(households=cards), work.IssueContactCards(households=cards),
        work.RetractCommunityWork(act=CommunityAct.CARDS, households=one_of(draw, None, 1, cards, 60), reason=ERROR),
        work.RetractCommunityWork(
            act=one_of(draw, *CommunityAct), households=one_of(draw, None, None, cards), reason=ERROR
        ),
    )  # fmt: skip
    return Say(command, one_of(draw, WENBO, WENBO, YOUSHENG, LANE), 5 * len(world.log))


def a_community_s_ledgers_say_what_it_did(world: World) -> None:
    for code, row in world.rows["communities"].items():
        state = world.states.get(f"community/{code}")
        if state is None:
            continue
        last = state.studios[-1] if state.studios else None
        assert row.studio_open == state.studio_open
        assert (row.studio_place, row.studio_opened_at, row.studio_closed_at) == (
            (last.place, last.opened_at, last.closed_at) if last else (None, None, None)
        )
        given_out = [one for one in world.rows.get("contact_cards", {}).values() if one.community == code]
        assert row.cards_issued == state.cards == sum(one.households for one in given_out)
        assert all(one.households >= 0 for one in given_out)


# officers and the roster

PEOPLE: Final = ("judge-1", "judge-2", "police-1", "nobody")


def of_officers(draw: st.DrawFn, world: World) -> Say:
    id, professions = one_of(draw, *PEOPLE), (Profession.JUDGE, Profession.POLICE)
    command = one_of(
        draw, work.EnrolOfficer(profession=one_of(draw, *professions), unit="某单位", name="示例"),
        work.CorrectOfficer(
            reason=ERROR, profession=one_of(draw, None, *professions), unit=one_of(draw, None, "别处")
        ),
        work.VoidOfficer(reason=ERROR), work.VoidOfficer(reason=ERROR),
        work.VoidPosting(community=WENBO, officer=id, reason=ERROR),
        work.PostOfficer(community=WENBO, officer=id, from_day=day(1)),
    )  # fmt: skip
    return Say(command, id if isinstance(command, work.EnrolOfficer | work.CorrectOfficer | work.VoidOfficer) else None,
               5 * len(world.log))  # fmt: skip


def whoever_serves_is_enrolled_in_the_profession(world: World) -> None:
    for row in world.rows["roster"].values():
        if not row.voided:
            assert world.rows["officers"][row.officer].profession is row.profession


def the_register_holds_whoever_is_enrolled(world: World) -> None:
    states = {stream.partition("/")[2]: s for stream, s in world.states.items() if stream.startswith("officer/")}
    enrolled = {id: state.profession for id, state in states.items() if not state.voided}
    assert {id: row.profession for id, row in world.rows["officers"].items()} == enrolled


def of_the_roster(draw: st.DrawFn, world: World) -> Say:
    officer, first = one_of(draw, "judge-1", "judge-1", "judge-2", "police-1", "nobody"), draw(st.integers(-12, 20))
    of: dict[str, Any] = {"community": one_of(draw, WENBO, WENBO, WENBO, YOUSHENG, LANE), "officer": officer}
    roster: Roster = world.states.get(f"roster/{of['community']}", Roster())
    leaves = tuple(roster.open[officer].leaves) if officer in roster.open else ()
    last = day(first + draw(st.integers(-2, 6)))
    commands: dict[type, Any] = {
        work.PostOfficer: work.PostOfficer(**of, from_day=day(first)),
        work.SetVisitTimes: work.SetVisitTimes(**of, times="周五"),
        work.EndPosting: work.EndPosting(**of, last_day=last, reason=PostingEnd.TRANSFER),
        work.RetractPostingEnd: work.RetractPostingEnd(**of, reason=ERROR),
        work.VoidPosting: work.VoidPosting(**of, reason=ERROR),
        work.RecordLeave: work.RecordLeave(
            **of, first_day=day(first), last_day=last, cover=one_of(draw, None, "judge-2", officer, "police-1")
        ),
        work.EndLeave: work.EndLeave(
            **of, first_day=one_of(draw, day(first), *leaves, *leaves), last_day=one_of(draw, last, day(20))
        ),
        work.AssignHandler: work.AssignHandler(officer=officer),
        work.ReplaceHandler: work.ReplaceHandler(officer=officer, reason="调整"),
        work.CompleteHandover: work.CompleteHandover(officer=officer),
    }
    open_ = (work.EndPosting, work.RecordLeave, work.RecordLeave, work.SetVisitTimes, work.VoidPosting)
    ended = (work.RetractPostingEnd, work.PostOfficer)
    likely: tuple[type, ...] = open_ if officer in roster.open else ended
    likely = (*likely, *[work.EndLeave] * 3) if leaves else likely
    command = commands[one_of(draw, *likely, *likely, *commands)]
    of_case = isinstance(command, work.AssignHandler | work.ReplaceHandler | work.CompleteHandover)
    return Say(command, CASE if of_case else None, 24 * 6 + len(world.log))


def postings(world: World) -> Mapping[tuple[str, str], Sequence[Any]]:
    """The postings of each officer in each community that stand."""
    found: dict[tuple[str, str], list[Any]] = {}
    for row in world.rows["roster"].values():
        if not row.voided:
            found.setdefault((row.community, row.officer), []).append(row)
    return found


def no_officer_has_two_postings_at_once_in_a_community(world: World) -> None:
    for rows in postings(world).values():
        for earlier, later in pairwise(sorted(rows, key=lambda row: row.from_day)):
            assert earlier.last_day is not None, "only the last is open"
            assert earlier.last_day < later.from_day
        assert all(row.last_day is None or row.from_day <= row.last_day for row in rows)


def leaves_lie_in_their_posting_and_do_not_overlap(world: World) -> None:
    for rows in postings(world).values():
        for row in rows:
            leaves = sorted(row.leaves, key=lambda leave: leave.first_day)
            assert all(row.from_day <= leave.first_day <= leave.last_day for leave in leaves)
            for earlier, later in pairwise(leaves):
                assert earlier.last_day < later.first_day
            for leave in leaves:
                assert leave.cover is None or world.rows["officers"][leave.cover].profession is row.profession


def the_roster_and_the_evidence_say_the_same(world: World) -> None:
    for key, row in world.rows["roster"].items():
        evidence = world.rows["postings"][key]
        assert (evidence.community, evidence.profession, evidence.from_day) == (
            row.community, row.profession.value, row.from_day,
        )  # fmt: skip
        assert (evidence.last_day, evidence.leaves) == (row.last_day, row.leaves)
        assert any(m.what == "voided" for m in evidence.marks) == row.voided


def a_case_waits_to_be_handed_over_only_where_its_handler_left(world: World) -> None:
    row = world.rows["handling"][CASE]
    if row.handover_since is not None:
        theirs = [one for one in world.rows["roster"].values() if one.officer == row.handler]
        assert any(one.voided or one.last_day is not None for one in theirs)


# meetings


def of_meetings(draw: st.DrawFn, world: World) -> Say:
    id = one_of(draw, "m-1", "m-2", "m-3")
    state = world.states.get(f"meeting/{id}")
    convene = work.ConveneMeeting(
        community=one_of(draw, WENBO, WENBO, WENBO, LANE), kind=one_of(draw, *MeetingKind),
        month=one_of(draw, "2015-06", "2015-07"), attended=20, subject="示例",
    )  # fmt: skip
    submit, void = work.SubmitMinutes(decisions=("示例",)), work.VoidMeeting(reason=ERROR)
    likely = (convene,) if state is None else (submit, submit, void)
    return Say(one_of(draw, *likely, *likely, *likely, convene, submit, void), id, 24 * draw(st.integers(0, 20)))


def minutes_come_once_after_the_meeting_and_nothing_after_it_was_voided(world: World) -> None:
    for recorded in history(world, "meeting").values():
        kinds = [type(one.event) for one in recorded]
        assert kinds in [
            [MeetingConvened], [MeetingConvened, MinutesSubmitted], [MeetingConvened, MeetingVoided],
            [MeetingConvened, MinutesSubmitted, MeetingVoided],
        ]  # fmt: skip
        for one in recorded[1:]:
            assert one.occurred_at >= recorded[0].occurred_at or isinstance(one.event, MeetingVoided)


def what_was_held_is_what_the_ledger_of_meetings_holds(world: World) -> None:
    standing = [row for row in world.rows["meetings"].values() if row.voided_at is None]
    held = Counter((row.community, row.kind.value, row.month) for row in standing)
    filed = Counter((row.community, row.kind.value, row.month) for row in standing if row.minutes_at)
    for row in world.rows["meeting_duties"].values():
        key = (row.community, row.kind, row.month)
        assert Counter(m.what for m in row.marks if m.what in ("held", "submitted")) == Counter(
            {"held": held[key], "submitted": filed[key]}
        )


# entries


def of_entries(entries: Entries) -> Ask:
    """One of a dozen entries is begun, gone on with, or made void."""
    steps: Mapping[type, Step] = {step.command: step for kind in entries.kinds for step in kind.steps}
    one_off = {kind.steps[0].event for kind in entries.kinds if len(kind.steps) == 1}
    void, category = entered.VOIDS[entries.decider.category], entries.decider.category

    def ask_of(draw: st.DrawFn, world: World) -> Say:
        id = f"e-{draw(st.integers(1, 12))}"
        state = world.states.get(f"{category}/{id}")
        likely: list[type] = [
            command
            for command, step in steps.items()
            for _ in range(1 if step.event in one_off else 3)
            if (not step.after if state is None else state.last in step.after and not state.voided)
        ]
        often = draw(st.integers(0, 9)) > 0
        if likely and often:
            command: Any = entered.COMMANDS[one_of(draw, *likely)]
        else:
            command = draw(st.sampled_from([void, *(entered.COMMANDS[one] for one in steps)]))
        return Say(command, id, 24 * 27 + draw(st.integers(0, 30)) + len(world.log))

    return ask_of


def entries_go_on_in_order_until_they_are_made_void(entries: Entries) -> Check:
    steps: Mapping[type, tuple[str, Step]] = {
        step.event: (kind.name, step) for kind in entries.kinds for step in kind.steps
    }
    voided = entries.decider.events[-1]

    def check(world: World) -> None:
        for recorded in history(world, entries.decider.category).values():
            kind, first = steps[type(recorded[0].event)]
            assert not first.after
            for before, one in pairwise(recorded):
                says: Any = one.event
                assert type(before.event) is not voided, "nothing after that"
                assert one.occurred_at >= before.occurred_at
                if type(one.event) is voided:
                    assert says.kind == kind
                    continue
                assert steps[type(one.event)][0] == kind
                assert type(before.event) in steps[type(one.event)][1].after

    return check


def an_entry_s_row_says_what_was_entered_last(entries: Entries) -> Check:
    voided = entries.decider.events[-1]

    def check(world: World) -> None:
        for stream, recorded in history(world, entries.decider.category).items():
            kind = next(kind for kind in entries.kinds if type(recorded[0].event) in kind.events)
            row = world.rows[kind.name][stream.partition("/")[2]]
            last: dict[str, Any] = {}
            for one in recorded:
                if type(one.event) is not voided:
                    last |= {said.name: getattr(one.event, said.name) for said in fields(one.event)}
            assert {name: getattr(row, name) for name in last} == last
            ends = recorded[-1]
            assert row.voided_at == (ends.occurred_at if type(ends.event) is voided else None)

    return check


# the working calendar


def of_the_calendar(draw: st.DrawFn, world: World) -> Say:
    days = st.lists(st.integers(0, 20).map(lambda n: date(2015, 12, 25) + timedelta(days=n)), max_size=4).map(tuple)
    command = intake.AmendCalendar(
        year=one_of(draw, None, None, 2016), off=draw(days), worked=draw(days),
        announced_on=date(2015, 6, 1) + timedelta(days=draw(st.integers(0, 40))), document="示例通知",
    )  # fmt: skip
    return Say(command, None, 24 * 20 + len(world.log))


def what_was_entered_last_of_a_day_stands(world: World) -> None:
    entered_days: dict[date, bool] = {}
    for recorded in world.log:
        if isinstance(recorded.event, CalendarAmended):
            assert not set(recorded.event.off) & set(recorded.event.worked)
            entered_days |= dict.fromkeys(recorded.event.off, False) | dict.fromkeys(recorded.event.worked, True)
    rows = world.rows.get("intake.calendar", {})
    calendar = Calendar(date(2015, 12, 1), rows.values())
    assert {day_: calendar.works(day_) for day_ in entered_days} == entered_days


def all_services_have_the_same_calendar(world: World) -> None:
    told = [
        {key: (row.year, row.day, row.works, row.announced_on, row.document) for key, row in rows.items()}
        for service in ALL
        if (rows := world.rows.get(f"{service.name}.calendar")) is not None
    ]
    assert all(one == told[0] for one in told)


# plans and rulebooks


def of_plans(draw: st.DrawFn, world: World) -> Say:
    plan = replace(PLAN, code=one_of(draw, PLAN.code, "other"), posting_months=one_of(draw, 12, 18, 24))
    plan = one_of(draw, plan, plan, plan, replace(plan, phases=()))
    cls = assessment.AmendPlan if f"plan/{plan.code}" in world.states else assessment.AdoptPlan
    cls = one_of(draw, cls, cls, cls, assessment.AdoptPlan, assessment.AmendPlan)
    return Say(cls(plan=plan, author="领导小组办公室", reason="调整"), None, 24 * 27 + len(world.log))


def of_rulebooks(draw: st.DrawFn, world: World) -> Say:
    few = RULEBOOK.indicators[: draw(st.integers(0, len(RULEBOOK.indicators)))]
    rulebook = replace(RULEBOOK, code=one_of(draw, RULEBOOK.code, "other"), indicators=few)
    command = assessment.AdoptRulebook(rulebook=rulebook, author="领导小组办公室", reason="调整")
    return Say(command, None, 24 * 27 + len(world.log))


def versions_are_dense_and_each_differs_from_the_one_before(of: str) -> Check:
    def check(world: World) -> None:
        for stream, recorded in history(world, of).items():
            texts = [getattr(one.event, of) for one in recorded]
            assert [one.event.version for one in recorded] == list(range(1, len(recorded) + 1))
            assert all(before != after for before, after in pairwise(texts))
            code = stream.partition("/")[2]
            rows = {row.version: getattr(row, of) for row in world.rows[f"{of}s"].values() if row.code == code}
            assert rows == dict(enumerate(texts, start=1))
            state: PlanState | Any = world.states[stream]
            assert (state.version, getattr(state, of)) == (len(texts), texts[-1])

    return check


# scores


def of_scores(draw: st.DrawFn, world: World) -> Say:
    hours, later = 24 * 30 + len(world.log), 24 * draw(st.integers(1, 20))
    june = replace(publish(), as_of=date(2015, 7, 6 + draw(st.integers(0, 1))))
    unfit = one_of(
        draw, replace(june, plan="none"), replace(june, rulebook="none"), replace(june, period="2015-13"),
        replace(june, as_of=date(2030, 1, 1)), replace(june, as_of=date(2015, 5, 1)),
        replace(june, period_kind=PeriodKind.YEAR, period="1999", as_of=date(2015, 7, 6)),
    )  # fmt: skip
    said: Say = one_of(
        draw,
        Say(june, None, hours),
        Say(june, None, hours),
        Say(unfit, None, hours),
        Say(intake.ResolveCase(), one_of(draw, CASE, OTHER), later),
        Say(intake.AcceptCase(), OTHER, later),
        Say(intake.VoidCase(reason=ERROR), one_of(draw, CASE, OTHER), hours),
        Say(work.IssueContactCards(households=draw(st.integers(1, 99))), WENBO, later),
        Say(work.PostOfficer(community=WENBO, officer="judge-2", from_day=day(1)), None, later),
    )
    return said


def a_score_is_published_once_and_restated_only_where_it_differs(world: World) -> None:
    last: dict[tuple[str, str], Any] = {}
    for recorded in world.log:
        if isinstance(recorded.event, ScorePublished | ScoreRestated):
            key, event = (recorded.id, recorded.event.score.subject), recorded.event
            assert isinstance(event, ScorePublished) == (key not in last)
            if isinstance(event, ScoreRestated):
                assert event.was == last[key]
                assert event.changes
                assert any(change.before != change.after for change in event.changes)
                assert all(
                    event.was.position < cause <= event.score.position for c in event.changes for cause in c.causes
                )
            last[key] = event.score
    rows = world.rows["scores"].values()
    assert {(row.publication, row.community): row.points for row in rows} == {k: s.points for k, s in last.items()}


def an_auditor_computes_each_score_again(world: World) -> None:
    for recorded in world.log:
        if isinstance(recorded.event, ScorePublished | ScoreRestated):
            position, root = SCORER.names(recorded.event)
            rows = fold(world.log[: position + 1], {}, ALL)
            evidence = {ledger.name: list(rows.get(ledger.name, {}).values()) for ledger in SCORER.ledgers}
            assert SCORER.rescored(evidence, position, root)(recorded.event) == recorded.event


# what guards personal data

SUBJECTS: Final = (f"case/{CASE}", f"case/{OTHER}", f"case/{CASE}#parties/0", "officer/judge-1", "case/none")
LATER: Final = 24 * 365 * 12
"""Hours: what was over in the first year has been kept long enough by then."""


def guarded_world() -> World:
    """The office, with a case that is over and an officer who has left, years later."""
    world = OFFICE.copy()
    resolved = (intake.ResolveCase(), intake.FollowUpCase(satisfied=True, stable=True), intake.CloseCase())
    for number, command in enumerate(resolved):
        ask(world, Say(command, CASE, 48 + number))
    left = work.EndPosting(community=WENBO, officer="judge-1", last_day=day(9), reason=PostingEnd.TRANSFER)
    ask(world, Say(left, None, 24 * 10))
    for id, subject in (("r-1", SUBJECTS[2]), ("r-2", SUBJECTS[0])):
        asked = privacy.ReceivePersonRequest(subject=subject, community=WENBO, request=RequestKind.ERASURE)
        ask(world, Say(asked, id, LATER - 48))
    granted = privacy.AnswerPersonRequest(outcome=RequestOutcome.GRANTED, reason=AnswerReason.AS_ASKED)
    ask(world, Say(granted, "r-1", LATER - 24))
    assert len(world.log) == len(OFFICE.log) + 8, "nothing was refused; the handling ended, too"
    return world


def of_subjects(draw: st.DrawFn, world: World) -> Say:
    subject, request = one_of(draw, *SUBJECTS[:4], *SUBJECTS), one_of(draw, None, "r-1", "r-2")
    commands = (
        privacy.PlaceRestriction(subject=subject, because=one_of(draw, *RestrictionReason), request=request),
        privacy.PlaceRestriction(subject=subject, because=RestrictionReason.OBJECTION),
        privacy.ProposeErasure(subject=subject, because=ErasureReason.RETENTION),
        privacy.ProposeErasure(subject=subject, because=ErasureReason.REQUEST, request=request),
        privacy.ApproveErasure(subject=subject),
        privacy.RefuseErasure(subject=subject, reason=one_of(draw, *ErasureRefusal)),
        privacy.LiftRestriction(subject=subject, because=one_of(draw, *LiftReason)),
        privacy.HoldErasure(subject=subject, because=one_of(draw, *HoldReason)),
        privacy.ReleaseErasureHold(subject=subject),
    )
    return Say(one_of(draw, *commands[:5], *commands), None, LATER + 24 * 35 * (len(world.log) - 40))


def nothing_is_erased_but_what_another_approved_while_it_was_restricted(world: World) -> None:
    for recorded in history(world, "subject").values():
        restricted, proposed_by, held, approved = False, None, False, False
        for one in recorded:
            match one.event:
                case RestrictionPlaced():
                    restricted = True
                case RestrictionLifted():
                    restricted = False
                case ErasureProposed():
                    assert restricted
                    assert not held
                    proposed_by = one.actor.id
                case ErasureRefused():
                    proposed_by = None
                case ErasureHeld():
                    held = True
                case ErasureHoldReleased():
                    held = False
                case ErasureApproved():
                    assert proposed_by not in (None, one.actor.id)
                    assert not held
                    approved = True
                case PersonalDataErased():
                    assert approved
                    assert one is recorded[-1], "nothing comes after it"
                case other:
                    raise AssertionError(other)


def what_is_restricted_and_erased_the_ledgers_say(world: World) -> None:
    for stream, state in world.states.items():
        category, _, id = stream.partition("/")
        if category != "subject":
            continue
        row = world.rows.get("restrictions", {}).get(id)
        assert (row is not None) is (state.restricted_at is not None)
        if row is not None:
            assert (row.erasure is Erasure.ERASED) is state.erased
        if state.erased and "#" not in id:
            assert world.rows["retention"][id].erased_at is not None


def of_unmaskings(draw: st.DrawFn, world: World) -> Say:
    id, case = f"u-{draw(st.integers(1, 4))}", one_of(draw, *SUBJECTS[:3])
    begun = f"unmasking/{id}" in world.states
    commands = (
        privacy.AskUnmasking(case=case, community=WENBO, purpose=Purpose.SUPERVISION),
        privacy.BreakGlass(case=case, community=one_of(draw, WENBO, WENBO, None), purpose=one_of(draw, *Emergency)),
        privacy.GrantUnmasking(hours=draw(st.integers(1, 72))),
        privacy.RefuseUnmasking(reason=one_of(draw, *UnmaskingRefusal)),
        privacy.EndUnmasking(),
        privacy.ReviewGlass(justified=draw(st.booleans())),
    )
    likely = commands[2:] if begun else commands[:2]
    return Say(one_of(draw, *likely, *likely, *likely, *commands), id, LATER + len(world.log))


def nothing_opens_but_by_another_or_for_an_hour(world: World) -> None:
    for row in world.rows.get("unmaskings", {}).values():
        if row.until is not None and row.emergency:
            assert row.until - row.asked_at == timedelta(hours=1)
            assert row.granted is None
            assert row.unreviewed is (row.justified is None)
            assert row.reviewed_by != row.actor
        elif row.until is not None:
            assert row.granted
            assert row.decided_by != row.actor
            assert row.decided_at < row.until <= row.decided_at + timedelta(hours=72)


def of_requests(draw: st.DrawFn, world: World) -> Say:
    id = f"q-{draw(st.integers(1, 4))}"
    correction = world.rows["retention"][SUBJECTS[0]].corrected_position
    commands = (
        privacy.ReceivePersonRequest(
            subject=one_of(draw, *SUBJECTS), community=one_of(draw, WENBO, WENBO, None),
            request=one_of(draw, *RequestKind),
        ),
        privacy.AnswerPersonRequest(
            outcome=one_of(draw, *RequestOutcome), reason=one_of(draw, *AnswerReason),
            corrected_position=one_of(draw, None, None, correction),
        ),
        intake.CorrectCase(reason=ERROR, summary="示例"),
    )  # fmt: skip
    command = one_of(draw, commands[f"request/{id}" in world.states], *commands)
    return Say(command, CASE if command is commands[2] else id, LATER + 24 * len(world.log))


def a_request_is_answered_once_and_due_days_are_worked(world: World) -> None:
    for recorded in history(world, "request").values():
        assert len(recorded) <= 2
    for row in world.rows.get("person_requests", {}).values():
        assert row.due_on - row.received_at.date() >= timedelta(days=15)
        assert (row.outcome is None) is (row.answered_at is None)
        assert row.corrected_position is None or row.request is RequestKind.CORRECTION


# the plays

GUARDED: Final = guarded_world()
EMPTY: Final = World(ALL)
PLAYS: Final[Mapping[str, Play]] = {
    "directory": Play(
        of_the_directory,
        (
            no_two_communities_have_one_name, a_community_is_found_under_its_name,
            only_an_empty_log_is_declared_synthetic,
        ),
        begins=EMPTY,
    ),
    "community": Play(of_a_community, (a_community_s_ledgers_say_what_it_did,)),
    "officer": Play(
        of_officers, (whoever_serves_is_enrolled_in_the_profession, the_register_holds_whoever_is_enrolled)
    ),
    "roster": Play(
        of_the_roster,
        (
            no_officer_has_two_postings_at_once_in_a_community, leaves_lie_in_their_posting_and_do_not_overlap,
            the_roster_and_the_evidence_say_the_same, a_case_waits_to_be_handed_over_only_where_its_handler_left,
        ),
        steps=40,
    ),
    "meeting": Play(
        of_meetings,
        (
            minutes_come_once_after_the_meeting_and_nothing_after_it_was_voided,
            what_was_held_is_what_the_ledger_of_meetings_holds,
        ),
    ),
    **{
        entries.decider.category: Play(
            of_entries(entries),
            (
                entries_go_on_in_order_until_they_are_made_void(entries),
                an_entry_s_row_says_what_was_entered_last(entries),
            ),
            steps=60, effort=MORE, begins=FLAGGED if entries.decider.category == "supervision" else OFFICE,
        )
        for entries in entered.ALL
    },
    "calendar": Play(
        of_the_calendar, (what_was_entered_last_of_a_day_stands, all_services_have_the_same_calendar), steps=6
    ),
    "plan": Play(of_plans, (versions_are_dense_and_each_differs_from_the_one_before("plan"),), steps=10),
    "rulebook": Play(of_rulebooks, (versions_are_dense_and_each_differs_from_the_one_before("rulebook"),), steps=10),
    "score": Play(
        of_scores, (a_score_is_published_once_and_restated_only_where_it_differs, an_auditor_computes_each_score_again),
        steps=10, effort=FEW,
    ),
    "subject": Play(
        of_subjects,
        (
            nothing_is_erased_but_what_another_approved_while_it_was_restricted,
            what_is_restricted_and_erased_the_ledgers_say,
        ),
        begins=GUARDED, steps=40, effort=MORE,
    ),
    "unmasking": Play(of_unmaskings, (nothing_opens_but_by_another_or_for_an_hour,), begins=GUARDED),
    "request": Play(of_requests, (a_request_is_answered_once_and_due_days_are_worked,), begins=GUARDED),
}  # fmt: skip
OF_CASES: Final = frozenset({"case", "handling"})
"""What `test_case_and_handling` tries."""


@pytest.mark.parametrize("category", PLAYS)
def test_whatever_is_asked_the_invariants_hold(category: str) -> None:
    play = PLAYS[category]

    @given(histories(play))
    @play.effort
    def tried(world: World) -> None:
        for check in (*play.checks, *ALWAYS):
            check(world)

    tried()


@pytest.mark.parametrize("category", PLAYS)
def test_the_histories_tried_go_deep(category: str) -> None:
    """Commands drawn at random would prove little if they never got anywhere."""
    play, reached = PLAYS[category], set[type]()

    @given(histories(play))
    @settings(play.effort, database=None, derandomize=True)
    def look(world: World) -> None:
        before = len(play.begins.log)
        reached.update(type(r.event) for r in world.log[before:])

    look()
    (decider,) = (one for service in ALL for one in service.deciders if one.category == category)
    assert set(decider.events) <= reached, {event.__name__ for event in set(decider.events) - reached}


def test_every_decider_has_histories() -> None:
    assert PLAYS.keys() | OF_CASES == {decider.category for service in ALL for decider in service.deciders}
