"""How long what is kept: every kind of record that seals anything has a clock, which follows what happens to it.
All data is invented (synthetic)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assignment import commands as work
from services.assignment import entry_commands as public_work
from services.intake import commands as intake
from services.intake import entry_commands as findings
from services.intake.ledgers.cases import Row as Case
from services.privacy.commands import LiftRestriction, PlaceRestriction
from services.privacy.ledgers import retention
from services.privacy.periods import CLOCKS, ENDLESS, PERIODS, STAGES, Kept, due_on
from services.privacy.service import SERVICE as PRIVACY
from services.privacy.timers import again, over
from shared.contracts.assignment_entries import ReleaseReason
from shared.contracts.codes import CaseKind, CaseStatus, DeclineReason, MeetingKind, PostingEnd, Profession
from shared.contracts.days import civil_day
from shared.contracts.intake import CaseStep
from shared.contracts.model import Look
from shared.contracts.personal import personal
from shared.contracts.privacy import LiftReason, RestrictionReason
from tests import entered
from tests.assignment.invented import WENBO
from tests.assignment.test_case_and_handling import histories
from tests.mistakes import CASE, ENDED, ERROR, HAND_DOWN, OFFICE, OTHER, RESOLVE, Say, back, day, say
from tests.world import ALL, Looking, World, fold


def kept(world: World, subject: str) -> retention.Row:
    found: retention.Row = world.rows["retention"][subject]
    return found


def after(*said: Say) -> World:
    """The office at work, after something was asked."""
    world = OFFICE.copy()
    say(world, *said)
    return world


# every kind of record ----------------------------------------------------------------------------------------------


def test_everything_that_seals_anything_has_a_clock_or_says_why_not() -> None:
    sealing = {
        decider.sealed_under or decider.category
        for service in ALL
        for decider in service.deciders
        if any(personal(event) for event in decider.events)
    }
    assert sealing == {*CLOCKS, *ENDLESS}
    assert not CLOCKS.keys() & ENDLESS.keys()


def test_every_entry_that_seals_anything_moves_its_clock() -> None:
    for service in ALL:
        for decider in service.deciders:
            if decider.category in ("finding", "work", "supervision"):
                for event in decider.events:
                    if personal(event):
                        assert event in retention.LEDGER.handles, event
    kinds = [kind for entries in entered.ALL for kind in entries.kinds]
    for kind in kinds:
        stages = [STAGES[event] for event in kind.events if event in STAGES]
        assert not stages or any(stage.over for stage in stages), f"{kind.name}: its clock never runs"
        assert not stages or len({stage.kept for stage in stages}) == 1, kind.name


def test_every_period_says_what_it_rests_on_and_that_it_is_a_proposal() -> None:
    assert set(PERIODS) == set(Kept)
    for period in PERIODS.values():
        assert "建议" in period.rests_on
        assert period.years > 0


@given(st.sampled_from(Kept), st.dates(date(2015, 6, 1), date(2100, 12, 31)))
def test_years_are_counted_from_the_next_january(kind: Kept, day_: date) -> None:
    due = due_on(kind, day_)
    assert (due.month, due.day) == (1, 1)
    assert due.year - day_.year - 1 == PERIODS[kind].years


# cases -------------------------------------------------------------------------------------------------------------

VOID = Say(intake.VoidCase(reason=ERROR), CASE, 80)
DECLINE = Say(intake.DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉"), OTHER, 5)
REOPEN = Say(intake.ReopenCase(reason="反复"), CASE, 24 * 5)


@pytest.mark.parametrize(
    ("said", "subject", "kind", "due"),
    [
        ((), CASE, Kept.HANDLED, None),
        (ENDED, CASE, Kept.HANDLED, "2026-01-01"),
        ((HAND_DOWN, *ENDED), CASE, Kept.BACKLOG, "2046-01-01"),
        ((DECLINE,), OTHER, Kept.NOT_TAKEN_ON, "2018-01-01"),
        ((*ENDED, VOID), CASE, Kept.VOIDED, "2017-01-01"),
        ((*ENDED, VOID, back(CaseStep.VOIDED, 90)), CASE, Kept.HANDLED, "2026-01-01"),
        ((*ENDED, REOPEN), CASE, Kept.HANDLED, None),
        ((RESOLVE, back(CaseStep.RESOLVED, 60)), CASE, Kept.HANDLED, None),
    ],
)
def test_a_case_is_kept_for_its_period_once_it_is_over(
    said: tuple[Say, ...], subject: str, kind: Kept, due: str | None
) -> None:
    row = kept(after(*said), f"case/{subject}")
    assert (row.kept, row.due_on) == (kind, None if due is None else date.fromisoformat(due))


def expected(row: Case) -> tuple[Kept, date | None]:
    """The same, said once more from what intake's own ledger holds of the case."""
    moments = [at for at in (row.ended_at, row.followed_up_at, row.closed_at, row.voided_at) if at is not None]
    over_on = civil_day(max(moments)) if moments else None
    if row.status is CaseStatus.VOIDED:
        return Kept.VOIDED, over_on
    if row.kind is CaseKind.BACKLOG:
        return Kept.BACKLOG, over_on
    return (Kept.NOT_TAKEN_ON if row.status in (CaseStatus.DECLINED, CaseStatus.LINKED) else Kept.HANDLED), over_on


@given(histories())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_to_a_case_its_clock_says_what_the_ledger_of_cases_says(world: World) -> None:
    rows = fold(world.log, {}, ALL)
    for id, row in rows.get("cases", {}).items():
        clock = rows["retention"][f"case/{id}"]
        assert (clock.kept, clock.over_on, clock.community) == (*expected(row), row.community)
        assert (clock.due_on is None) is (row.status in (CaseStatus.REPORTED, CaseStatus.ACCEPTED))


# officers, meetings, entries -----------------------------------------------------------------------------------------


def of_officer(world: World, officer: str = "judge-1") -> date | None:
    return kept(world, f"officer/{officer}").over_on


def test_an_officer_s_name_is_kept_from_the_last_posting_s_end_on() -> None:
    of: dict[str, Any] = {"community": WENBO, "officer": "judge-1"}
    end = Say(work.EndPosting(**of, last_day=day(3), reason=PostingEnd.TRANSFER), hours=24 * 4)
    assert of_officer(OFFICE) is None, "is serving"
    assert of_officer(after(end)) == day(3)
    assert kept(after(end), "officer/judge-1").due_on == date(2021, 1, 1)
    assert of_officer(after(end, Say(work.RetractPostingEnd(**of, reason=ERROR), hours=24 * 5))) is None
    again_ = Say(work.PostOfficer(**of, from_day=day(9)), hours=24 * 9)
    assert of_officer(after(end, again_)) is None
    void = Say(work.VoidPosting(**of, reason=ERROR), hours=24 * 10)
    assert of_officer(after(end, again_, void)) == day(3)


def test_who_was_enrolled_and_never_posted_is_kept_from_the_enrolment_on() -> None:
    assert of_officer(OFFICE, "judge-2") == day(-20)
    void = Say(work.VoidOfficer(reason=ERROR), "judge-2", 24)
    assert kept(after(void), "officer/judge-2").kept is Kept.VOIDED
    anew = Say(work.EnrolOfficer(profession=Profession.JUDGE, unit="区法院", name="示例"), "judge-2", 24 * 2)
    assert of_officer(after(void, anew), "judge-2") == day(2)


def test_a_meeting_is_kept_from_its_minutes_on() -> None:
    convene = Say(
        work.ConveneMeeting(community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=9, subject="示例"),
        "m-1", 24 * 9,
    )  # fmt: skip
    minutes = Say(work.SubmitMinutes(decisions=("示例",)), "m-1", 24 * 10)
    void = Say(work.VoidMeeting(reason=ERROR), "m-1", 24 * 11)
    assert kept(after(convene), "meeting/m-1").over_on == day(9)
    assert kept(after(convene, minutes), "meeting/m-1").over_on == day(10)
    assert kept(after(convene, minutes, void), "meeting/m-1").kept is Kept.VOIDED


def test_an_office_that_is_held_has_no_clock() -> None:
    helper = Say(entered.COMMANDS[public_work.EnrolHelper], "h-1", 24)
    assert kept(after(helper), "work/h-1").due_on is None
    released = Say(public_work.ReleaseHelper(left_because=next(iter(ReleaseReason))), "h-1", 48)
    assert kept(after(helper, released), "work/h-1").over_on == day(2)
    assert kept(OFFICE, "work/leader-0").due_on is None


def test_what_is_to_be_looked_at_again_has_no_clock() -> None:
    area = Say(entered.COMMANDS[findings.ListKeyArea], "k-1", 24)
    failed = Say(findings.ReinspectKeyArea(passed=False, inspected_by="办公室"), "k-1", 48)
    passed = Say(findings.ReinspectKeyArea(passed=True, inspected_by="办公室"), "k-1", 72)
    assert kept(after(area), "finding/k-1").due_on is None
    assert kept(after(area, failed), "finding/k-1").due_on is None
    assert kept(after(area, failed, passed), "finding/k-1").over_on == day(3)


def test_a_community_s_notes_are_kept_as_long_as_it_is_one() -> None:
    for subject in (f"community/{WENBO}", f"roster/{WENBO}"):
        assert kept(OFFICE, subject).due_on is None
    code = "410105010002"
    gone = after(Say(work.VoidCommunity(code=code, reason=ERROR), hours=24))
    assert kept(gone, f"community/{code}").over_on == day(1)


# what the days bring about -------------------------------------------------------------------------------------------


def looking(world: World) -> Look:
    return Looking(world.rows, len(world.log) - 1, PRIVACY)


def named(timer: Callable[[Look, date], Any], world: World, on: date) -> list[str]:
    return [one.command.subject for one in timer(looking(world), on)]


def test_what_was_kept_long_enough_is_restricted_once_on_its_day() -> None:
    world = after(*ENDED)
    assert f"case/{CASE}" not in named(over, world, date(2025, 12, 31))
    assert f"case/{CASE}" in named(over, world, date(2026, 1, 1))
    place = PlaceRestriction(subject=f"case/{CASE}", because=RestrictionReason.RETENTION)
    say(world, Say(place, hours=24 * (date(2026, 1, 2) - day(0)).days))
    assert f"case/{CASE}" not in named(over, world, date(2026, 1, 3)), "it is restricted"
    assert named(again, world, date(2026, 1, 3)) == []


def test_what_goes_on_again_is_restricted_no_more() -> None:
    world = after(*ENDED)
    hours = 24 * (date(2026, 1, 2) - day(0)).days
    say(world, Say(PlaceRestriction(subject=f"case/{CASE}", because=RestrictionReason.RETENTION), hours=hours))
    say(world, Say(intake.ReopenCase(reason="反复"), CASE, hours + 24))
    assert named(again, world, date(2026, 1, 4)) == [f"case/{CASE}"]
    lift = LiftRestriction(subject=f"case/{CASE}", because=LiftReason.NOT_DUE)
    say(world, Say(lift, hours=hours + 48))
    assert named(again, world, date(2026, 1, 5)) == []
    objection = PlaceRestriction(subject=f"case/{CASE}", because=RestrictionReason.OBJECTION)
    say(world, Say(objection, hours=hours + 72))
    assert named(again, world, date(2026, 1, 6)) == [], "what a person asked for stays"


def test_where_everyone_is_invented_nobody_is_kept_too_long() -> None:
    world = World(ALL)
    say(world, Say(work.DeclareSynthetic(code="410105010", made_by="示例")))
    say(world, Say(work.RegisterCommunity(code=WENBO, name="文博社区", grids=(), households=1), hours=1))
    say(world, Say(work.VoidCommunity(code=WENBO, reason=ERROR), hours=2))
    assert kept(world, f"community/{WENBO}").due_on is not None
    assert named(over, world, date(2199, 1, 1)) == []


def test_the_clock_says_when_and_the_days_are_those_of_the_calendar() -> None:
    row = kept(after(*ENDED), f"case/{CASE}")
    assert row.over_on == day(3)
    assert row.due_on is not None
    assert row.due_on >= day(3) + timedelta(days=3650)
