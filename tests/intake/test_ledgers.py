"""Intake's ledgers, told in a few histories; that they follow every history is tried in tests/assignment."""

from datetime import date, datetime
from typing import Any

import pytest

from services.assignment import commands as work
from services.intake.commands import (
    AcceptCase,
    CloseCase,
    CorrectCase,
    FollowUpCase,
    HandDownCase,
    PaperOutcome,
    ReclassifyCase,
    ReopenCase,
    ResolveCase,
    VoidCase,
)
from services.intake.ledgers import backlog, cases, places
from shared.contracts.assignment import CommunityRegistered
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Tier
from shared.contracts.intake import CaseAccepted
from shared.contracts.model import Misplaced
from tests.declarations import recorded, sample
from tests.intake.invented import PAPER, PARTIES, WENBO, box, report, take_over
from tests.spec import at
from tests.world import World


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


DAY = moment("2015-06-18T00:00:00+08:00")


@pytest.fixture
def world() -> World:
    world = World()
    world.send(work.RegisterCommunity(code=WENBO, name="文博社区", grids=("1网格",), households=900))
    return world


def case_row(world: World, id: str = "case-1") -> Any:
    return world.rows["cases"][id]


# places


def test_a_community_is_found_by_code_and_by_name(world: World) -> None:
    here = places.Row(community=WENBO, name="文博社区")
    assert world.rows["places"] == {WENBO: here, "文博社区": here}


def test_a_name_belongs_to_the_community_that_had_it_first() -> None:
    first = places.LEDGER.evolve(None, named("410105010001", "文博社区"), "文博社区")
    assert places.LEDGER.evolve(first, named("410105010002", "文博社区"), "文博社区") == first


def named(code: str, name: str) -> Any:
    return recorded(CommunityRegistered(code=code, name=name, grids=(), households=1), id=code)


def test_a_case_is_reported_by_the_name_of_its_community(world: World) -> None:
    world.send(report(community="文博社区"), "case-1")
    assert case_row(world).community == WENBO


# cases


def test_a_reported_case_shows_its_boxes_and_not_what_is_in_them(world: World) -> None:
    world.send(report(), "case-1")
    row = case_row(world)
    assert (row.summary, row.parties, row.status) == (box("s"), PARTIES, CaseStatus.REPORTED)
    assert set(cases.LEDGER.sealed) == {"summary", "parties", "follow_up_note"}


def test_a_reopened_case_stands_as_accepted_again(world: World) -> None:
    world.send(report(), "case-1")
    accepted = at(1, None).at
    world.send(AcceptCase(), "case-1", accepted)
    world.send(ResolveCase(tier=Tier.COMMUNITY), "case-1", at(5, None).at)
    assert (case_row(world).ending, case_row(world).ended_at) == (CaseStatus.RESOLVED, at(5, None).at)
    world.send(FollowUpCase(satisfied=True, stable=True), "case-1", at(9, None).at)
    world.send(CloseCase(), "case-1", at(10, None).at)
    assert (case_row(world).status, case_row(world).closed_at) == (CaseStatus.CLOSED, at(10, None).at)
    world.send(ReopenCase(reason="协议未履行"), "case-1", at(20, None).at)
    row = case_row(world)
    assert (row.status, row.reopened, row.reopened_at) == (CaseStatus.ACCEPTED, 1, at(20, None).at)
    assert (row.ending, row.ended_at, row.satisfied, row.closed_at) == (None, None, None, None)
    assert (row.accepted_at, row.due_on) == (accepted, date(2015, 8, 3))


def test_a_voided_case_stays_in_the_ledger(world: World) -> None:
    world.send(report(), "case-1")
    world.send(VoidCase(reason="重复录入"), "case-1")
    assert case_row(world).status is CaseStatus.VOIDED


def test_a_correction_changes_what_it_names_and_is_counted(world: World) -> None:
    world.send(report(), "case-1")
    world.send(CorrectCase(reason="录入有误", grid="2网格", reported_on=date(2015, 6, 9)), "case-1", at(1, None).at)
    row = case_row(world)
    assert (row.grid, row.reported_at, row.corrections) == ("2网格", moment("2015-06-09T00:00:00+08:00"), 1)
    assert (row.summary, row.kind) == (box("s"), CaseKind.DISPUTE)


def test_a_paper_row_keeps_where_it_stands_and_when_it_ended(world: World) -> None:
    command = take_over(outcome=PaperOutcome.RESOLVED, ended_on=date(2015, 6, 25), due_on=date(2015, 7, 18))
    id = world.send(command, at=DAY, now=at(30, None).at)
    row = case_row(world, id)
    assert (row.paper, row.basis, row.to_be_handled) == (PAPER, Basis.PAPER_LEDGER, False)
    assert (row.reported_at, row.accepted_at, row.ended_at) == (DAY, DAY, moment("2015-06-25T00:00:00+08:00"))
    assert (row.due_on, row.due_rule, row.day_known) == (date(2015, 7, 18), "paper", True)
    assert not world.rows.get("handling"), "nothing is assigned for a case that was over"


def test_an_open_paper_row_is_assigned_like_any_other(world: World) -> None:
    id = world.send(take_over(), at=DAY)
    assert world.rows["handling"][id].reported_at == DAY
    assert case_row(world, id).to_be_handled


def test_an_event_without_its_beginning_is_not_taken() -> None:
    with pytest.raises(Misplaced):
        cases.LEDGER.evolve(None, recorded(sample(CaseAccepted)), "1")


# backlog


def test_a_case_reported_as_backlog_and_then_handed_down(world: World) -> None:
    world.send(report(kind=CaseKind.BACKLOG), "case-1")
    assert world.rows["backlog"]["case-1"].by_unit is None
    world.send(HandDownCase(by_unit="区信访局", document="信交字5号"), "case-1", at(2, None).at)
    world.send(AcceptCase(), "case-1", at(3, None).at)
    row = world.rows["backlog"]["case-1"]
    assert row == backlog.Row(
        id="case-1", community=WENBO, grid="1网格", status=CaseStatus.ACCEPTED, by_unit="区信访局",
        document="信交字5号", handed_down_at=at(2, None).at, due_on=date(2015, 8, 13),
    )  # fmt: skip


def test_an_accepted_dispute_becomes_backlog_by_being_handed_down_and_keeps_its_day(world: World) -> None:
    world.send(report(), "case-1")
    world.send(AcceptCase(), "case-1")
    assert "case-1" not in world.rows.get("backlog", {})
    world.send(HandDownCase(by_unit="区信访局"), "case-1")
    row = world.rows["backlog"]["case-1"]
    assert (row.status, row.due_on) == (CaseStatus.ACCEPTED, date(2015, 7, 13))
    assert case_row(world).kind is CaseKind.BACKLOG


def test_contacts_and_stability_of_backlog(world: World) -> None:
    world.send(report(kind=CaseKind.BACKLOG), "case-1")
    world.send(AcceptCase(), "case-1")
    world.send(ResolveCase(), "case-1", at(5, None).at)
    world.send(FollowUpCase(stable=False), "case-1", at(9, None).at)
    row = world.rows["backlog"]["case-1"]
    assert (row.contacts, row.last_contact_at, row.stable) == (1, at(9, None).at, False)
    assert (row.status, row.ended_at) == (CaseStatus.FOLLOWED_UP, at(5, None).at)


def test_what_turns_out_to_be_no_backlog_leaves_the_ledger(world: World) -> None:
    change = ReclassifyCase(kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, reason="非信访积案")
    for id, command in (("case-1", change), ("case-2", CorrectCase(reason="误登", kind=CaseKind.DISPUTE))):
        world.send(report(kind=CaseKind.BACKLOG), id)
        world.send(command, id, at(1, None).at)
        assert world.rows["backlog"][id].no_backlog_since == at(1, None).at
        assert case_row(world, id).kind is CaseKind.DISPUTE
        world.send(CorrectCase(reason="误登", kind=CaseKind.BACKLOG), id, at(2, None).at)
        assert world.rows["backlog"][id].no_backlog_since is None, "and comes back where that was the mistake"
        assert case_row(world, id).kind is CaseKind.BACKLOG
