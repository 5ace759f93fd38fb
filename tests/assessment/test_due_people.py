"""What the roster makes due on any day: vacancies, tenure, leave (§3.1.3, 6.2, 6.3). All synthetic.

The plan of the seed asks that a vacancy be filled within 30 days, and a posting kept for 12 months.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.assessment.due.obligation import State
from shared.contracts.assignment import Leave, LeaveEnded, LeaveRecorded, PostingEndRetracted, PostingVoided
from shared.contracts.codes import PostingEnd, Profession
from tests.assessment.campaign import EAST, PLAN, STANDING_PLAN, WEST, Campaign

JUDGE, LAWYER = Profession.JUDGE, Profession.LAWYER
REFILL, COVER, TENURE = "refill_term.lawyer", "cover", "tenure"
DONE = (State.DONE, 0)
JUNE_1 = date(2015, 6, 1)


def campaign(*, lawyer: str | None = "2015-06-01") -> Campaign:
    """The plan in force, and one community that all four serve; the lawyer from a day of one's own on."""
    begun = Campaign().adopt()
    begun.community(EAST)
    for one in Profession:
        if one is not LAWYER:
            begun.post(f"{one.value}-1", one)
    if lawyer is not None:
        begun.post("lawyer-1", LAWYER, lawyer)
    return begun


def leave(begun: Campaign, first: str, last: str, cover: str | None = None, officer: str = "lawyer-1") -> None:
    away = Leave(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last), cover=cover)
    begun.put(f"roster/{EAST}", LeaveRecorded(officer=officer, from_day=JUNE_1, leave=away), first)


def back(begun: Campaign, first: str, last: str) -> None:
    ended = LeaveEnded(
        officer="lawyer-1", from_day=JUNE_1, first_day=date.fromisoformat(first), last_day=date.fromisoformat(last)
    )
    begun.put(f"roster/{EAST}", ended, last)


def stays(begun: Campaign, last: str, on: str) -> None:
    """The lawyer's end is taken back."""
    taken_back = PostingEndRetracted(
        officer="lawyer-1", from_day=JUNE_1, last_day=date.fromisoformat(last), reason="误登"
    )  # fmt: skip
    begun.put(f"roster/{EAST}", taken_back, on)


# vacancy and refill


def test_a_community_that_all_four_serve_has_no_vacancy() -> None:
    begun = campaign()
    assert [one for one in begun.obligations("2015-06-01") if one.kind.code.startswith("refill_term")] == []


@pytest.mark.parametrize(
    ("on", "stands"),
    [
        ("2015-06-01", (State.VACANT, 1)), ("2015-06-30", (State.VACANT, 30)), ("2015-07-01", (State.OVERDUE, 1)),
        ("2015-07-10", (State.OVERDUE, 10)),
    ],
)  # fmt: skip
def test_a_post_that_nobody_had_is_vacant_from_the_campaigns_first_day_on(on: str, stands: Any) -> None:
    assert campaign(lawyer=None).stands(REFILL, on) == stands


@pytest.mark.parametrize(
    ("came", "stands"), [("2015-06-20", DONE), ("2015-07-20", DONE), ("2015-07-21", (State.LATE, 1))]
)
def test_a_vacancy_is_refilled_in_time_or_late(came: str, stands: Any) -> None:
    """The last day is 06-18: thirty days later is 07-18, a Saturday, which gives way to Monday the 20th."""
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    begun.post("lawyer-2", LAWYER, came)
    assert begun.stands(REFILL, "2015-06-18") is None
    assert begun.stands(REFILL, "2015-06-19") == (State.VACANT, 1)
    assert begun.stands(REFILL, came) == stands
    assert begun.stands(REFILL, "2015-12-31") == stands
    (refill,) = begun.owed(REFILL, came)
    assert (refill.due_on, refill.done_on) == (date(2015, 7, 20), date.fromisoformat(came))
    assert (refill.begins_on, refill.works) == (date(2015, 6, 19), True)


def test_somebody_who_is_to_come_fills_no_post_before_that_day() -> None:
    begun = campaign(lawyer="2015-06-15")
    assert begun.stands(REFILL, "2015-06-14") == (State.VACANT, 14)
    assert begun.stands(REFILL, "2015-06-15") == DONE


def test_somebody_who_is_to_leave_leaves_no_vacancy_before_that_day() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-07-31", PostingEnd.TRANSFER)
    begun.written[-1] = replace(begun.written[-1], on="2015-06-20", recorded="2015-06-20")
    assert begun.stands(REFILL, "2015-07-31") is None
    assert begun.stands(REFILL, "2015-08-01") == (State.VACANT, 1)


def test_each_vacancy_is_one_of_its_own() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    begun.post("lawyer-2", LAWYER, "2015-06-25")
    begun.end("lawyer-2", LAWYER, "2015-08-31", PostingEnd.ILLNESS, from_day="2015-06-25")
    found = [(one.about, one.state) for one in begun.owed(REFILL, "2015-09-10")]
    assert found == [("2015-06-19", State.DONE), ("2015-09-01", State.VACANT)]


def test_postings_that_overlap_leave_no_vacancy_between_them() -> None:
    begun = campaign()
    begun.post("lawyer-2", LAWYER, "2015-06-10")
    begun.post("lawyer-3", LAWYER, "2015-07-01")
    begun.end("lawyer-2", LAWYER, "2015-06-20", PostingEnd.TRANSFER, from_day="2015-06-10")  # within lawyer-1's
    begun.end("lawyer-1", LAWYER, "2015-07-15", PostingEnd.TRANSFER)  # lawyer-3 has come
    assert begun.owed(REFILL, "2015-09-01") == []
    begun.end("lawyer-3", LAWYER, "2015-07-31", PostingEnd.TRANSFER, from_day="2015-07-01")
    assert [one.about for one in begun.owed(REFILL, "2015-09-01")] == ["2015-08-01"]


def test_the_next_on_the_following_day_leaves_no_vacancy() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    begun.post("lawyer-2", LAWYER, "2015-06-19")
    assert begun.owed(REFILL, "2015-12-31") == []


def test_an_end_that_was_taken_back_left_no_vacancy() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    stays(begun, "2015-06-18", "2015-07-01")
    assert [begun.owed(REFILL, on) for on in ("2015-06-25", "2015-09-01")] == [[], []]
    begun.end("lawyer-1", LAWYER, "2015-08-31", PostingEnd.TRANSFER)
    assert [one.about for one in begun.owed(REFILL, "2015-09-05")] == ["2015-09-01"]


def test_a_posting_that_never_was_filled_no_post() -> None:
    begun = campaign()
    begun.put(
        f"roster/{EAST}", PostingVoided(officer="lawyer-1", from_day=JUNE_1, reason="误登", open_cases=()), "2015-06-25"
    )
    assert begun.stands(REFILL, "2015-06-10") == (State.VACANT, 10)
    assert begun.owed(TENURE, "2016-06-30", about="lawyer/2015-06-01") == []


def test_a_vacancy_of_the_campaign_that_is_filled_after_its_end_is_done() -> None:
    """The last day is 12-20: thirty days later is 01-19."""
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-12-20", PostingEnd.TRANSFER)
    assert begun.stands(REFILL, "2016-01-19") == (State.VACANT, 30)
    begun.post("lawyer-2", LAWYER, "2016-01-10")
    assert begun.stands(REFILL, "2016-01-09") == (State.VACANT, 20)
    assert begun.stands(REFILL, "2016-03-01") == DONE


def test_a_vacancy_that_begins_after_the_campaign_is_not_the_campaigns() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-12-31", PostingEnd.TRANSFER)
    assert begun.owed(REFILL, "2016-02-01") == []


def test_the_posts_of_a_community_are_vacant_from_the_day_on_which_it_joins() -> None:
    begun = campaign()
    begun.community(WEST, on="2015-08-20")
    assert begun.owed(REFILL, "2015-08-19", WEST) == []
    assert begun.stands(REFILL, "2015-08-20", WEST) == (State.VACANT, 1)


def test_a_vacancy_is_not_overdue_before_the_plan_was_issued() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, issued_on=date(2015, 8, 3)))
    begun.community(EAST)
    assert begun.stands(REFILL, "2015-08-03") == (State.VACANT, 64)
    assert begun.stands(REFILL, "2015-08-04") == (State.OVERDUE, 1)


def test_a_plan_without_a_term_has_vacancies_that_are_never_overdue() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, terms=()))
    begun.community(EAST)
    (vacancy,) = begun.owed("vacancy.judge", "2015-12-31")
    assert (vacancy.state, vacancy.days, vacancy.due_on) == (State.VACANT, 214, None)


def test_somebody_who_is_posted_again_after_a_mistaken_posting_counts_from_then_on() -> None:
    begun = campaign()
    voided = PostingVoided(officer="lawyer-1", from_day=JUNE_1, reason="误登", open_cases=())
    begun.put(f"roster/{EAST}", voided, "2015-06-25")
    begun.post("lawyer-1", LAWYER, "2015-06-10")
    assert [(one.about, one.done_on) for one in begun.owed(REFILL, "2015-07-01")] == [
        ("2015-06-01", date(2015, 6, 10))
    ]  # fmt: skip


# tenure


def tenure(begun: Campaign, on: str) -> tuple[State, int] | None:
    return begun.stands(TENURE, on, about="lawyer/2015-06-01")


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-01", State.NOT_YET_DUE), ("2016-05-30", State.NOT_YET_DUE), ("2016-05-31", State.DONE),
     ("2017-01-01", State.DONE)],
)  # fmt: skip
def test_a_posting_is_not_yet_kept_before_twelve_months_are_over(on: str, stands: State) -> None:
    assert tenure(campaign(), on) == (stands, 0)


@pytest.mark.parametrize("reason", [PostingEnd.TRANSFER, PostingEnd.CONDUCT])
def test_a_posting_that_ends_early_was_not_kept_and_short_by_so_many_days(reason: PostingEnd) -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2016-05-01", reason)
    assert tenure(begun, "2016-04-30") == (State.NOT_YET_DUE, 0)
    assert tenure(begun, "2016-05-01") == (State.BROKEN, 30)
    assert tenure(begun, "2018-01-01") == (State.BROKEN, 30)
    assert begun.owed(TENURE, "2018-01-01", about="lawyer/2015-06-01")[0].done_on is None


@pytest.mark.parametrize("reason", [PostingEnd.TERM, PostingEnd.RETIRED, PostingEnd.ILLNESS])
def test_a_reason_that_excuses_ends_the_duty_with_the_posting(reason: PostingEnd) -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-09-30", reason)
    assert tenure(begun, "2015-09-29") == (State.NOT_YET_DUE, 0)
    assert tenure(begun, "2015-09-30") is None
    assert tenure(begun, "2016-12-31") is None


def test_a_posting_that_ends_on_the_last_day_of_the_twelve_months_was_kept() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2016-05-31", PostingEnd.TRANSFER)
    assert tenure(begun, "2016-06-30") == DONE


def test_an_end_that_was_taken_back_broke_nothing() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    assert tenure(begun, "2015-06-20") == (State.BROKEN, 348)
    stays(begun, "2015-06-18", "2015-07-01")
    assert tenure(begun, "2015-06-20") == (State.NOT_YET_DUE, 0)


def test_a_posting_from_before_the_plan_is_not_the_plans_to_keep() -> None:
    begun = campaign(lawyer="2015-05-01")
    assert begun.owed(TENURE, "2015-09-01", about="lawyer/2015-05-01") == []
    begun.plan(STANDING_PLAN)
    (kept,) = begun.owed(TENURE, "2015-09-01", about="lawyer/2015-05-01")
    assert (kept.kind.plan, kept.due_on) == (STANDING_PLAN.code, date(2016, 4, 30))


# leave and cover


def test_leave_without_cover_leaves_the_post_vacant_as_long_as_it_lasts() -> None:
    begun = campaign()
    leave(begun, "2015-07-06", "2015-07-10")
    days = ("2015-07-05", "2015-07-06", "2015-07-10", "2015-07-11")
    assert [begun.stands(COVER, on) for on in days] == [None, (State.VACANT, 1), (State.VACANT, 5), None]


def test_leave_with_cover_leaves_nothing_vacant() -> None:
    begun = campaign()
    leave(begun, "2015-07-06", "2015-07-10", cover="lawyer-2")
    assert begun.owed(COVER, "2015-07-08") == []


def test_no_cover_is_needed_where_another_of_the_profession_serves() -> None:
    begun = campaign()
    leave(begun, "2015-07-06", "2015-07-20")
    begun.post("lawyer-2", LAWYER, "2015-07-08")
    assert [len(begun.owed(COVER, on)) for on in ("2015-07-07", "2015-07-08")] == [1, 0]
    begun.post("judge-2", JUDGE, "2015-07-01")
    leave(begun, "2015-07-06", "2015-07-20", officer="judge-1")
    assert begun.owed(COVER, "2015-07-10") == []


def test_leave_that_ended_early_and_leave_that_was_not_taken() -> None:
    early, untaken = campaign(), campaign()
    for begun in (early, untaken):
        leave(begun, "2015-07-06", "2015-07-20")
    back(early, "2015-07-06", "2015-07-08")
    back(untaken, "2015-07-06", "2015-07-05")
    assert [len(early.owed(COVER, on)) for on in ("2015-07-08", "2015-07-09")] == [1, 0]
    assert untaken.owed(COVER, "2015-07-06") == []


def test_leave_in_a_posting_that_ended_is_a_vacancy_and_no_want_of_cover() -> None:
    begun = campaign()
    leave(begun, "2015-07-06", "2015-07-20")
    begun.end("lawyer-1", LAWYER, "2015-07-10", PostingEnd.ILLNESS)
    assert (len(begun.owed(COVER, "2015-07-10")), begun.owed(REFILL, "2015-07-10")) == (1, [])
    assert (begun.owed(COVER, "2015-07-11"), begun.stands(REFILL, "2015-07-11")) == ([], (State.VACANT, 1))


def test_leave_after_the_campaign_is_not_the_campaigns() -> None:
    begun = campaign()
    leave(begun, "2016-01-04", "2016-01-08")
    assert begun.owed(COVER, "2016-01-05") == []


# the same by the scores


def test_whoever_scores_four_of_four_has_no_vacancy_and_the_other_way_round() -> None:
    begun = campaign()
    begun.end("lawyer-1", LAWYER, "2015-06-18", PostingEnd.TRANSFER)
    begun.post("lawyer-2", LAWYER, "2015-07-20")
    begun.post("judge-2", JUDGE, "2015-07-01")
    for day in (date(2015, 6, 15) + timedelta(days=n) for n in range(40)):
        served = day <= date(2015, 6, 18) or day >= date(2015, 7, 20)
        assert all(one.done_on is not None for one in begun.owed(REFILL, str(day))) == served
