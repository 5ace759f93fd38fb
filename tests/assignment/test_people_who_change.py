"""People who change (§3.1.3, 6.2, 6.3), across the services: who leaves hands each open case over, who is away is
covered, who has a conflict of interest is refused, and what fell vacant is filled. All data is invented (synthetic).
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.assessment.due import obligations
from services.assessment.due.ground import ground_at
from services.assessment.due.obligation import Obligation, State
from services.assessment.rules.plan_file import load_plan
from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment import commands as work
from services.intake import commands as intake
from shared.contracts.codes import AgreementForm, CaseKind, DisputeType, PartyRole, PostingEnd, Profession, Source
from shared.contracts.model import Refused
from tests.assignment.invented import WENBO
from tests.spec import START
from tests.world import ALL, Looking, World

JUNE_1 = date(2015, 6, 1)
HANDLED, OTHERS, OVER = "case-handled", "case-of-another", "case-that-is-over"
OFFICERS = {
    "judge-1": Profession.JUDGE, "judge-2": Profession.JUDGE, "judge-far": Profession.JUDGE,
    "lawyer-1": Profession.LAWYER, "police-1": Profession.POLICE,
}  # fmt: skip
PERSONS = (
    intake.Person(role=PartyRole.APPLICANT, name="某甲"), intake.Person(role=PartyRole.RESPONDENT, name="某乙")
)  # fmt: skip
REPORT = intake.ReportCase(
    community="文博社区", grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
    summary="某事", parties=PERSONS,
)  # fmt: skip


def on(day: str) -> datetime:
    """That day of 2015, at nine."""
    return datetime.fromisoformat(f"2015-{day}T09:00:00+08:00")


def office() -> World:
    """judge-1 handles two cases, one of which is settled; lawyer-1 handles a third. judge-far is posted nowhere."""
    world = World(ALL)
    world.send(work.RegisterCommunity(code=WENBO, name="文博社区", grids=("1网格",), households=900), at=on("06-01"))
    for officer, profession in OFFICERS.items():
        enrol = work.EnrolOfficer(profession=profession, unit="某单位", name="某人")
        world.send(enrol, officer, on("06-01"))
        if officer != "judge-far":
            post(world, officer)
    for case, handler in ((HANDLED, "judge-1"), (OTHERS, "lawyer-1"), (OVER, "judge-1")):
        world.send(REPORT, case)
        world.send(intake.AcceptCase(), case)
        world.send(work.AssignHandler(officer=handler), case)
    world.send(intake.ResolveCase(), OVER, on("06-15"))
    assert world.refused_reactions == []
    return world


def post(world: World, officer: str, from_day: date = JUNE_1) -> None:
    world.send(work.PostOfficer(community=WENBO, officer=officer, from_day=from_day), at=on("06-01"))


def leaves(world: World, day: str = "06-18", officer: str = "judge-1") -> None:
    """The officer's posting ends on that day, and is told the same day."""
    last = on(day).date()
    ends = work.EndPosting(community=WENBO, officer=officer, last_day=last, reason=PostingEnd.TRANSFER)
    world.send(ends, at=on(day))


def away(world: World, first: str, last: str, cover: str | None = None) -> None:
    """judge-1 is on leave."""
    world.send(work.RecordLeave(
        community=WENBO, officer="judge-1", first_day=on(first).date(), last_day=on(last).date(), cover=cover
    ), at=on(first))  # fmt: skip


def handling(world: World, case: str) -> Any:
    return world.rows["handling"][case]


def waiting(world: World) -> list[str]:
    """The cases that wait to be handed over."""
    return [id for id, row in sorted(world.rows["handling"].items()) if row.handover_since is not None]


def refused(world: World, command: Any, id: str | None = None, at: datetime = START) -> Refused:
    with pytest.raises(Refused) as caught:
        world.send(command, id, at)
    return caught.value


def owed(world: World, code: str, day: str) -> list[Obligation]:
    """What assessment's ledgers say is owed on a day, under the plan of the seed."""
    asked = on(day).date()
    ground = ground_at(Looking(world.rows, len(world.log) - 1, ASSESSMENT), asked, asked)
    return [one for one in obligations([load_plan()], ground) if one.kind.code == code]


# handover


def test_the_end_of_a_posting_opens_a_handover_of_each_open_case_and_of_none_that_is_over() -> None:
    world = office()
    leaves(world)
    assert waiting(world) == [HANDLED]
    assert handling(world, HANDLED).handler == "judge-1"
    assert world.refused_reactions == []
    assert [(one.about, one.state, one.due_on) for one in owed(world, "handover_term", "06-18")] == [
        (HANDLED, State.DUE, date(2015, 6, 26))
    ]  # fmt: skip


def test_a_handover_is_completed_by_a_successor_who_serves_the_community() -> None:
    world = office()
    leaves(world)
    stranger = refused(world, work.CompleteHandover(officer="judge-far"), HANDLED, on("06-19"))
    assert (stranger.code, stranger.field) == ("not_posted", "officer")
    gone = refused(world, work.CompleteHandover(officer="judge-1"), HANDLED, on("06-19"))
    assert (gone.code, gone.field) == ("not_posted", "officer")
    world.send(work.CompleteHandover(officer="judge-2"), HANDLED, on("06-19"))
    assert (waiting(world), handling(world, HANDLED).handler) == ([], "judge-2")
    assert [one.state for one in owed(world, "handover_term", "06-19")] == [State.DONE]
    assert refused(world, work.CompleteHandover(officer="judge-2"), HANDLED, on("06-20")).code == "no_handover"


def test_replacing_the_handler_hands_the_case_over_too() -> None:
    world = office()
    leaves(world)
    world.send(work.ReplaceHandler(officer="judge-2", reason="调整"), HANDLED, on("06-29"))
    assert waiting(world) == []
    assert [(one.state, one.days) for one in owed(world, "handover_term", "06-29")] == [(State.LATE, 3)]


def test_who_left_may_do_nothing_more_about_the_case() -> None:
    world = office()
    world.send(work.PlanVisit(officer="judge-1", on=date(2015, 6, 20), must=True, visit="v1"), HANDLED, on("06-12"))
    leaves(world)
    assert refused(world, work.CompleteVisit(visit="v1"), HANDLED, on("06-20")).code == "not_posted"
    world.send(work.CompleteVisit(visit="v1", officer="judge-2"), HANDLED, on("06-20"))


def test_an_end_that_is_taken_back_leaves_the_cases_where_they_were() -> None:
    world = office()
    leaves(world)
    world.send(work.RetractPostingEnd(community=WENBO, officer="judge-1", reason="误登"), at=on("06-22"))
    assert (waiting(world), handling(world, HANDLED).handler) == ([], "judge-1")
    assert owed(world, "handover_term", "06-30") == []
    assert owed(world, "tenure", "06-30")[0].state is State.NOT_YET_DUE
    again = refused(world, work.RetractPostingEnd(community=WENBO, officer="judge-1", reason="误登"), at=on("06-22"))
    assert (again.code, again.field) == ("no_ended_posting", "officer")


def test_taking_back_an_end_leaves_a_case_with_the_successor_who_took_it_over_meanwhile() -> None:
    world = office()
    leaves(world)
    world.send(work.CompleteHandover(officer="judge-2"), HANDLED, on("06-19"))
    world.send(work.RetractPostingEnd(community=WENBO, officer="judge-1", reason="误登"), at=on("06-22"))
    assert (waiting(world), handling(world, HANDLED).handler) == ([], "judge-2")
    assert [one.state for one in owed(world, "handover_term", "06-30")] == [State.DONE]


def test_a_posting_that_never_was_leaves_its_cases_to_be_handed_over() -> None:
    world = office()
    world.send(work.VoidPosting(community=WENBO, officer="judge-1", reason="误登"), at=on("06-18"))
    assert waiting(world) == [HANDLED]
    assert refused(world, work.VoidPosting(community=WENBO, officer="judge-1", reason="误登")).code == "no_open_posting"
    assert {one.about for one in owed(world, "tenure", "06-20")} == {
        f"{post}/2015-06-01" for post in ("judge", "lawyer", "police")
    }


def test_a_case_that_is_settled_while_it_waits_is_not_handed_over() -> None:
    world = office()
    leaves(world)
    world.send(intake.ResolveCase(), HANDLED, on("06-22"))
    assert refused(world, work.CompleteHandover(officer="judge-2"), HANDLED, on("06-23")).code == "handling_ended"
    assert owed(world, "handover_term", "06-30") == []


# conflict of interest


def test_a_case_is_refused_to_whoever_has_a_conflict_of_interest() -> None:
    world = office()
    world.send(work.DeclareConflict(officer="judge-2", reason="近亲属"), HANDLED)
    leaves(world)
    for command, field in (
        (work.CompleteHandover(officer="judge-2"), "officer"),
        (work.ReplaceHandler(officer="judge-2", reason="调整"), "officer"),
        (work.PlanVisit(officer="judge-2", on=date(2015, 6, 20), must=False), "officer"),
    ):
        conflicted = refused(world, command, HANDLED, on("06-19"))
        assert (conflicted.code, conflicted.field) == ("conflict_of_interest", field)
    agree(world)
    held = refused(world, work.HoldMediation(officers=("lawyer-1", "judge-2"), place="工作室"), HANDLED, on("06-19"))
    assert (held.code, held.field) == ("conflict_of_interest", "officers")
    world.send(work.CompleteHandover(officer="lawyer-1"), HANDLED, on("06-19"))
    assert waiting(world) == []


def test_a_conflict_is_of_one_case_only() -> None:
    world = office()
    world.send(work.DeclareConflict(officer="judge-2", reason="近亲属"), HANDLED)
    world.send(work.ReplaceHandler(officer="judge-2", reason="调整"), OTHERS, on("06-12"))
    assert handling(world, OTHERS).handler == "judge-2"


def agree(world: World, case: str = HANDLED) -> None:
    for party in (1, 2):
        world.send(work.RecordConsent(party=party), case, on("06-12"))


# leave and cover


def test_a_cover_acts_in_the_place_of_whoever_is_on_leave_and_only_then() -> None:
    world = office()
    agree(world)
    for visit in ("v1", "v2"):
        world.send(work.PlanVisit(officer="judge-1", on=date(2015, 6, 12), must=True, visit=visit), HANDLED)
    away(world, "07-06", "07-10", cover="judge-far")
    before = refused(world, work.CompleteVisit(visit="v1", officer="judge-far"), HANDLED, on("07-05"))
    assert before.code == "not_posted"
    world.send(work.CompleteVisit(visit="v1", officer="judge-far"), HANDLED, on("07-06"))
    world.send(work.HoldMediation(officers=("judge-far",), place="工作室"), HANDLED, on("07-10"))
    after = refused(world, work.HoldMediation(officers=("judge-far",), place="工作室"), HANDLED, on("07-11"))
    assert after.code == "not_posted"
    world.send(work.ReachAgreement(form=AgreementForm.ORAL), HANDLED, on("07-10"))


def test_whoever_is_on_leave_acts_on_nothing_until_it_is_over() -> None:
    world = office()
    agree(world)
    world.send(work.PlanVisit(officer="judge-1", on=date(2015, 6, 12), must=True, visit="v1"), HANDLED)
    away(world, "07-06", "07-10", cover="judge-far")
    for command, id in (
        (work.CompleteVisit(visit="v1"), HANDLED),
        (work.HoldMediation(officers=("judge-1",), place="工作室"), HANDLED),
        (work.ReplaceHandler(officer="judge-1", reason="调整"), OTHERS),
        (work.PlanVisit(officer="judge-1", on=date(2015, 7, 10), must=False), HANDLED),
    ):
        assert refused(world, command, id, on("07-08")).code == "on_leave"
    world.send(work.CompleteVisit(visit="v1"), HANDLED, on("07-11"))


def test_a_case_of_whoever_is_on_leave_stays_theirs() -> None:
    world = office()
    away(world, "07-06", "07-10", cover="judge-far")
    assert (waiting(world), handling(world, HANDLED).handler) == ([], "judge-1")


@pytest.mark.parametrize("cover", ["lawyer-1", "nobody", "judge-1"])
def test_a_cover_is_another_enrolled_officer_of_the_same_profession(cover: str) -> None:
    unfit = work.RecordLeave(
        community=WENBO, officer="judge-1", first_day=date(2015, 7, 6), last_day=date(2015, 7, 10), cover=cover
    )
    caught = refused(office(), unfit)
    assert (caught.code, caught.field, caught.known) == ("cover_unfit", "cover", {"profession": "judge"})


def test_a_cover_with_a_conflict_of_interest_is_refused_all_the_same() -> None:
    world = office()
    world.send(work.DeclareConflict(officer="judge-far", reason="近亲属"), HANDLED)
    world.send(work.PlanVisit(officer="judge-1", on=date(2015, 6, 12), must=True, visit="v1"), HANDLED)
    away(world, "07-06", "07-10", cover="judge-far")
    caught = refused(world, work.CompleteVisit(visit="v1", officer="judge-far"), HANDLED, on("07-06"))
    assert caught.code == "conflict_of_interest"


def test_leave_that_ends_early_gives_the_work_back_and_leave_that_was_not_taken_never_took_it() -> None:
    for last in (on("07-07").date(), on("07-05").date()):
        world = office()
        world.send(work.PlanVisit(officer="judge-1", on=date(2015, 6, 12), must=True, visit="v1"), HANDLED)
        away(world, "07-06", "07-20", cover="judge-far")
        back = work.EndLeave(community=WENBO, officer="judge-1", first_day=on("07-06").date(), last_day=last)
        world.send(back, at=on("07-08"))
        caught = refused(world, work.CompleteVisit(visit="v1", officer="judge-far"), HANDLED, on("07-08"))
        assert caught.code == "not_posted"
        world.send(work.CompleteVisit(visit="v1"), HANDLED, on("07-08"))


def test_leave_fits_its_posting_and_no_other_leave() -> None:
    world = office()
    away(world, "07-06", "07-10")
    overlapping = work.RecordLeave(
        community=WENBO, officer="judge-1", first_day=date(2015, 7, 10), last_day=date(2015, 7, 12)
    )
    backwards = work.RecordLeave(
        community=WENBO, officer="judge-1", first_day=date(2015, 8, 10), last_day=date(2015, 8, 9)
    )
    unknown = work.EndLeave(
        community=WENBO, officer="judge-1", first_day=date(2015, 7, 7), last_day=date(2015, 7, 8)
    )  # fmt: skip
    nobody = work.RecordLeave(
        community=WENBO, officer="judge-far", first_day=date(2015, 7, 6), last_day=date(2015, 7, 7)
    )
    codes = [refused(world, one).code for one in (overlapping, backwards, unknown, nobody)]
    assert codes == ["leave_overlaps", "leave_days_wrong", "no_such_leave", "no_open_posting"]


def test_leave_that_nobody_covers_shows_as_a_want_of_cover_where_no_other_of_the_profession_serves() -> None:
    world = office()
    away(world, "07-06", "07-10")
    assert owed(world, "cover", "07-08") == []  # judge-2 serves
    leaves(world, "07-07", "judge-2")
    assert [(one.state, one.days) for one in owed(world, "cover", "07-08")] == [(State.VACANT, 3)]
    assert owed(world, "cover", "07-11") == []


# vacancy and refill


def test_what_falls_vacant_is_filled_by_posting_another() -> None:
    world = office()
    leaves(world, "06-18", "police-1")
    vacant = owed(world, "refill_term.police", "06-20")
    assert [(one.state, one.days, one.due_on) for one in vacant] == [(State.VACANT, 2, date(2015, 7, 20))]
    enrol = work.EnrolOfficer(profession=Profession.POLICE, unit="某单位", name="某人")
    world.send(enrol, "police-2", on("06-25"))
    world.send(work.PostOfficer(community=WENBO, officer="police-2", from_day=date(2015, 7, 1)), at=on("06-25"))
    assert [one.state for one in owed(world, "refill_term.police", "06-30")] == [State.VACANT]
    assert [one.state for one in owed(world, "refill_term.police", "07-01")] == [State.DONE]
    assert refused(world, work.AssignHandler(officer="police-2"), new_case(world), on("06-30")).code == "not_posted"


def new_case(world: World) -> str:
    id = world.send(REPORT, at=START + timedelta(days=8))
    world.send(intake.AcceptCase(), id, START + timedelta(days=8))
    return id


def test_who_left_comes_back_only_after_the_last_day_and_then_acts_again() -> None:
    world = office()
    leaves(world)
    again = work.PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 6, 18))
    assert refused(world, again, at=on("06-18")).code == "posting_overlaps"
    world.send(work.PostOfficer(community=WENBO, officer="judge-1", from_day=date(2015, 7, 1)), at=on("06-30"))
    assert refused(world, work.CompleteHandover(officer="judge-1"), HANDLED, on("06-30")).code == "not_posted"
    world.send(work.CompleteHandover(officer="judge-1"), HANDLED, on("07-01"))
    assert waiting(world) == []
