"""What two cases must have in common to be told as possible duplicates. Everyone is invented (synthetic)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.commands import CorrectCase, Person
from services.intake.duplicates import (
    MOST_TOLD,
    NEAR_DAYS,
    Account,
    Likeness,
    Mark,
    account,
    in_hand,
    marks_of,
    suggestions,
    traces,
)
from services.intake.ledgers.cases import Row
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, PartyRole
from shared.contracts.frozen import replace
from shared.contracts.model import Trace
from tests.intake.invented import PARTIES, WENBO, report, take_over
from tests.spec import START

QUARREL = "楼上住户在公共走道堆放纸箱和旧自行车，挡住通道，几次劝说都没有搬走。"
TOUCHED_UP = "楼上住户在公共走道堆放纸箱、旧自行车，挡住通道，多次劝说没有搬走"
TOLD_ANEW = "对门嫌杂物占了过道，跟他说了好几回也不听。"
ANOTHER = "地下车库漏水，物业公司一直没有派人维修，业主拒绝交费。"
ROW = Row(
    id="mine", community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=None,
    status=CaseStatus.REPORTED, basis=Basis.ACT, paper=None, summary="sealed:s", parties=PARTIES, reported_at=START,
)  # fmt: skip
FAR = {"reported_at": START + timedelta(days=NEAR_DAYS + 1)}
"""Weeks apart."""


def other(id: str = "other", **changed: Any) -> Row:
    return replace(ROW, id=id, **changed)


def says(summary: str = QUARREL, **party: str) -> Account:
    return account(marks_of(party.get("name"), party.get("phone"), party.get("id_number")), summary)


def why(mine: Account, its: Account, **changed: Any) -> tuple[Likeness, ...]:
    """What is told of another case; nothing where it is not suggested."""
    found = suggestions(ROW, mine, [(other(**changed), its)])
    return found[0].why if found else ()


# one form of a value --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "13900001234",
        "139-0000-1234",
        "139 0000 1234",
        "+86 139 0000 1234",
        "0086-13900001234",
        "１３９００００１２３４",
    ],
)
def test_a_telephone_number_is_the_same_in_every_notation(written: str) -> None:
    assert [*marks_of(None, written, None)] == [Mark("phone", "13900001234")]


def test_a_landline_that_begins_like_a_country_code_keeps_its_beginning() -> None:
    assert [*marks_of(None, "8613-9000", None)] == [Mark("phone", "86139000")]


@pytest.mark.parametrize("shared", ["12345", "110", "0000000", "11111111111", "---", ""])
def test_a_number_that_is_everybodys_is_no_mark(shared: str) -> None:
    assert [*marks_of(None, shared, None)] == []


def test_an_identity_number_is_the_same_in_either_case_and_width() -> None:
    assert {*marks_of(None, None, " xg-12345678x ")} == {*marks_of(None, None, "ＸＧ１２３４５６７８Ｘ")}


@pytest.mark.parametrize("unnamed", ["不详", " 匿 名 ", "甲", ""])
def test_what_is_written_for_want_of_a_name_is_no_mark(unnamed: str) -> None:
    assert [*marks_of(unnamed, None, None)] == []


def test_a_name_is_the_same_with_spaces_and_dots() -> None:
    assert {*marks_of("虚构 张三", None, None)} == {*marks_of("虚构·张三", None, None)} == {Mark("name", "虚构张三")}


def test_every_command_that_names_parties_leaves_their_traces_under_their_places() -> None:
    persons = (
        Person(role=PartyRole.APPLICANT, name="虚构张三", phone="139-0000-1234"),
        Person(role=PartyRole.RESPONDENT, name="虚构李四"),
    )
    told = {
        Trace("name", "虚构张三", "parties/0"), Trace("phone", "13900001234", "parties/0"),
        Trace("name", "虚构李四", "parties/1"),
    }  # fmt: skip
    for command in (report(parties=persons), take_over(parties=persons), CorrectCase(reason="虚构", parties=persons)):
        assert {*traces(command)} == told
    assert [*traces(CorrectCase(reason="虚构", grid="2网格"))] == []


# enough in common -----------------------------------------------------------------------------------------------------


def test_the_same_telephone_is_enough_wherever_and_whenever() -> None:
    mine, its = says(phone="13900001234"), says(ANOTHER, phone="139-0000-1234")
    assert why(mine, its, community="410105010002", **FAR) == (Likeness.CONTACT,)


def test_the_same_identity_number_is_enough() -> None:
    assert why(says(id_number="xg1"), says(ANOTHER, id_number="XG1"), **FAR) == (Likeness.ID_NUMBER,)


def test_a_name_alone_is_not_enough_but_with_place_and_time_it_is() -> None:
    mine, its = says(name="虚构张三"), says(ANOTHER, name="虚构张三")
    assert why(mine, its, **FAR) == ()
    assert why(mine, its) == (Likeness.NAME, Likeness.PLACE_AND_TIME)
    assert why(mine, its, community="410105010002") == ()


def test_a_name_of_another_community_is_another_persons() -> None:
    mine, its = says(QUARREL, name="虚构张三"), says(QUARREL, name="虚构张三")
    assert why(mine, its, **FAR) == (Likeness.NAME, Likeness.TEXT)
    assert why(mine, its, community="410105010002") == ()


def test_a_different_person_of_the_same_place_and_time_is_not_told() -> None:
    mine, its = says(name="虚构张三", phone="13900001234"), says(ANOTHER, name="虚构李四", phone="13900009999")
    assert why(mine, its) == ()


def test_a_text_that_was_touched_up_is_told_of_one_place_and_time_only() -> None:
    mine, its = says(QUARREL), says(TOUCHED_UP)
    assert why(mine, its) == (Likeness.TEXT, Likeness.PLACE_AND_TIME)
    assert why(mine, its, **FAR) == ()
    assert why(mine, its, dispute_type=DisputeType.HOUSING) == ()
    assert why(mine, its, grid="2网格") == ()
    assert why(mine, its, grid=None) == (Likeness.TEXT, Likeness.PLACE_AND_TIME)


def test_a_text_that_was_told_anew_is_not_known_again() -> None:
    """As FACTS has it: text alone does not find duplicates, and this does not pretend to."""
    assert why(says(QUARREL), says(TOLD_ANEW)) == ()


def test_texts_too_short_to_say_anything_are_not_alike() -> None:
    assert why(says("噪音"), says("噪音")) == ()
    assert why(says(""), says("")) == ()


def test_of_a_forgotten_case_nothing_is_known_again() -> None:
    forgotten = account(marks_of(None, None, None), None)
    assert why(says(phone="13900001234"), forgotten) == ()
    assert why(forgotten, forgotten) == ()


# which, and in what order ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(CaseStatus))
def test_what_nobody_could_link_to_is_not_told(status: CaseStatus) -> None:
    told = why(says(phone="13900001234"), says(phone="13900001234"), status=status)
    assert bool(told) == (status not in (CaseStatus.VOIDED, CaseStatus.LINKED))


def test_a_case_is_no_duplicate_of_itself() -> None:
    assert why(says(phone="13900001234"), says(phone="13900001234"), id=ROW.id) == ()


@pytest.mark.parametrize("status", list(CaseStatus))
def test_only_a_case_that_may_be_linked_is_in_hand(status: CaseStatus) -> None:
    assert in_hand(replace(ROW, status=status)) == (status in (CaseStatus.REPORTED, CaseStatus.ACCEPTED))


def told(others: Iterable[tuple[Row, Account]]) -> list[str]:
    return [one.case for one in suggestions(ROW, says(name="虚构张三", phone="13900001234"), others)]


def test_the_likeliest_come_first_then_the_nearest_in_time() -> None:
    same = says(ANOTHER, phone="13900001234")
    both = says(ANOTHER, phone="13900001234", name="虚构张三")
    later = START + timedelta(days=40)
    others = [
        (other("late", reported_at=later), same), (other("b"), same), (other("a"), same), (other("best"), both),
        (other("stranger"), says(ANOTHER)),
    ]  # fmt: skip
    assert told(others) == ["best", "a", "b", "late"]
    assert told(reversed(others)) == ["best", "a", "b", "late"]


def test_no_more_are_told_than_one_can_look_at() -> None:
    same = says(phone="13900001234")
    assert len(told((other(f"c{n}"), same) for n in range(3 * MOST_TOLD))) == MOST_TOLD == 10


def test_a_suggestion_says_where_the_case_is_found_and_nothing_that_it_says() -> None:
    (one,) = suggestions(ROW, says(phone="13900001234"), [(other(), says(phone="13900001234"))])
    assert (one.case, one.reported_on, one.community) == ("other", date(2015, 6, 11), WENBO)
    assert one.status is CaseStatus.REPORTED
    assert not any(said in repr(one) for said in ("13900001234", QUARREL, "sealed:"))
