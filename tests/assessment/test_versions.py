"""Which plan and which rulebook are meant, where several stand side by side in several versions (synthetic)."""

from dataclasses import replace
from datetime import date

import pytest

from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules.versions import current, edition, newest, rulebook_of, rulebook_on
from shared.contracts.assessment import PeriodKind
from tests.assessment.campaign import PLAN, RULEBOOK, STANDING_PLAN, moment

DAY = date(2015, 7, 1)


def plan(position: int, version: int = 1, publishes_by: str = "default", of: str = PLAN.code) -> plans.Row:
    base = STANDING_PLAN if of == STANDING_PLAN.code else PLAN
    text = replace(base, code=of, publishing=tuple(replace(one, rulebook=publishes_by) for one in base.publishing))
    return plans.Row(
        code=of, version=version, plan=text, author="办公室", reason="印发", adopted_at=moment("2015-06-10"),
        position=position,
    )  # fmt: skip


def book(code: str, position: int, version: int = 1) -> rulebooks.Row:
    return rulebooks.Row(
        code=code, version=version, rulebook=replace(RULEBOOK, code=code), author="办公室", reason="施行",
        adopted_at=moment("2015-06-10"), position=position,
    )  # fmt: skip


ROWS = (book("default", 1), book("trial", 5), book("default", 7, 2), book("trial", 9, 2))


def test_the_newest_of_each_code_comes_last_put_in_force_first() -> None:
    assert [(row.code, row.version) for row in newest(ROWS)] == [("trial", 2), ("default", 2)]


def test_a_version_is_found_by_its_number_and_without_one_the_last() -> None:
    assert [row.position for version in (1, 2, None) if (row := current(ROWS, "default", version))] == [1, 7, 7]
    assert current(ROWS, "default", 3) is None
    assert current((), "default") is None
    assert edition(ROWS, "trial", 1).position == 5
    with pytest.raises(LookupError, match="trial version 3"):
        edition(ROWS, "trial", 3)


def test_a_plan_is_scored_by_the_rulebook_that_it_publishes_by_whatever_was_adopted_since() -> None:
    assert rulebook_of(plan(2).plan, ROWS) == ROWS[2]
    assert rulebook_of(plan(2, publishes_by="trial").plan, ROWS) == ROWS[3]


def test_at_an_earlier_position_it_is_the_version_of_that_position() -> None:
    assert rulebook_of(plan(2).plan, [row for row in ROWS if row.position <= 6]) == ROWS[0]


def test_where_the_plan_names_none_that_is_in_force_it_is_the_one_put_in_force_last() -> None:
    assert rulebook_of(replace(PLAN, publishing=()), ROWS) == ROWS[3]
    assert rulebook_of(plan(2, publishes_by="nowhere").plan, ROWS) == ROWS[3]
    assert rulebook_of(None, ROWS) == ROWS[3]
    assert rulebook_of(None, ()) is None


def test_a_plan_that_publishes_a_kind_of_periods_by_a_rulebook_of_its_own_is_scored_by_it() -> None:
    yearly = replace(
        PLAN,
        publishing=tuple(
            replace(one, rulebook="trial") if one.period_kind is PeriodKind.YEAR else one for one in PLAN.publishing
        ),
    )
    assert rulebook_of(yearly, ROWS, PeriodKind.YEAR) == ROWS[3]
    assert rulebook_of(yearly, ROWS, PeriodKind.MONTH) == ROWS[2]
    assert rulebook_of(yearly, ROWS) == ROWS[2]


def test_a_day_s_rulebook_is_that_of_the_day_s_plan() -> None:
    rows = [plan(2), plan(3, publishes_by="trial", of=STANDING_PLAN.code)]
    assert rulebook_on(DAY, rows, ROWS) == ROWS[2]
    assert rulebook_on(date(2099, 1, 1), rows, ROWS) == ROWS[3], "the campaign is over, the standing plan goes on"
    assert rulebook_on(DAY, (), ROWS) == ROWS[3]
