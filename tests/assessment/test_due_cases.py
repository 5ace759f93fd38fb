"""What cases make due on any day (§3.2.1, 3.3.2, 3.4.1, 5.1). All synthetic.

The plan of the seed: a letter within 10 days of the hand-down, a handover within 5 working days, a follow-up within 30
days of the ending, performance checked within 30 days of the agreement.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.due.obligation import State
from shared.contracts.assessment import Sequel
from shared.contracts.assignment import (
    AgreementReached,
    HandlerReplaced,
    HandlerStanding,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    Performance,
    PerformanceChecked,
    PerformanceStanding,
    PostingEndRetracted,
    ResponsibilityLetterSigned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import (
    AgreementForm,
    Basis,
    CaseKind,
    CaseStatus,
    DeclineReason,
    PostingEnd,
    Profession,
    VisitResult,
)
from shared.contracts.intake import (
    CalendarAmended,
    CaseCorrected,
    CaseDeclined,
    CaseFollowedUp,
    CaseHandedDown,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
    PauseReason,
)
from tests.assessment.campaign import EAST, PLAN, STANDING_PLAN, WEST, Campaign, moment

NOT_YET, DUE, DONE = (State.NOT_YET_DUE, 0), (State.DUE, 0), (State.DONE, 0)
SETTLE, LETTER, CONTACT, FOLLOW_UP = "case_deadline", "letter_term", "contact", "follow_up_term"
PERFORMANCE, HANDOVER, VISIT = "performance_term", "handover_term", "must_visit"


def campaign(known: str = "2015-06-01", **about_the_case: Any) -> Campaign:
    """The plan in force, a community that the log knows since a day, and a case a of 06-12 to be settled by 07-13."""
    begun = Campaign().adopt()
    begun.community(EAST, recorded=known)
    begun.case("a", "2015-06-12", due="2015-07-13", **about_the_case)
    return begun


def back(begun: Campaign, step: CaseStep, on: str, back_to: CaseStatus = CaseStatus.ACCEPTED) -> None:
    """A step of the case was recorded by mistake."""
    begun.put("case/a", CaseStepRetracted(
        step=step, back_to=back_to, reason="误录", handled=True, community=EAST, grid="01", kind=CaseKind.DISPUTE,
        parties=2, reported_at=moment("2015-06-12"), due_on=date(2015, 7, 13),
    ), on)  # fmt: skip


def work(begun: Campaign, event: Any, on: str) -> int:
    return begun.put("handling/a", event, on)


# the deadline of a case


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-11", None), ("2015-06-12", DUE), ("2015-07-13", DUE), ("2015-07-14", (State.OVERDUE, 1))],
)
def test_a_case_is_due_from_its_acceptance_until_its_deadline(on: str, stands: Any) -> None:
    assert campaign().stands(SETTLE, on) == stands


@pytest.mark.parametrize(("on", "stands"), [("2015-07-13", DONE), ("2015-07-15", (State.LATE, 2))])
@pytest.mark.parametrize("how", ["resolve", "terminate", "refer"])
def test_a_case_is_settled_in_time_or_late_however_it_ends(on: str, stands: Any, how: str) -> None:
    begun = campaign()
    {
        "resolve": lambda: begun.resolve("a", on), "terminate": lambda: begun.terminate("a", on),
        "refer": lambda: begun.refer("a", on, outside=True),
    }[how]()  # fmt: skip
    assert begun.stands(SETTLE, on) == stands
    assert begun.stands(SETTLE, "2016-06-30") == stands


def test_a_void_case_makes_nothing_due_on_any_day_and_one_that_is_void_no_more_does() -> None:
    begun = campaign()
    begun.put("case/a", CaseVoided(reason="误录"), "2015-06-20")
    assert [begun.stands(SETTLE, on) for on in ("2015-06-15", "2015-06-25")] == [None, None]
    back(begun, CaseStep.VOIDED, "2015-06-26")
    assert [begun.stands(SETTLE, on) for on in ("2015-06-15", "2015-06-27")] == [DUE, DUE]


def test_a_case_whose_acceptance_was_taken_back_makes_nothing_due() -> None:
    begun = campaign()
    back(begun, CaseStep.ACCEPTED, "2015-06-20", CaseStatus.REPORTED)
    assert begun.stands(SETTLE, "2015-06-25") is None


def test_a_clock_that_stands_makes_nothing_late_until_it_goes_on() -> None:
    begun = campaign()
    begun.put("case/a", ClockPaused(reason=PauseReason.APPRAISAL, note=None), "2015-07-01")
    assert begun.stands(SETTLE, "2015-06-30") == DUE
    assert begun.stands(SETTLE, "2015-07-01") == (State.PAUSED, 0)
    assert begun.stands(SETTLE, "2015-08-01") == (State.PAUSED, 0)
    begun.put("case/a", ClockResumed(paused_days=31, due_on=date(2015, 8, 13), due_provisional=False), "2015-08-01")
    days = ("2015-07-20", "2015-08-01", "2015-08-13", "2015-08-14")
    assert [begun.stands(SETTLE, on) for on in days] == [(State.PAUSED, 0), DUE, DUE, (State.OVERDUE, 1)]


def test_a_clock_that_is_stopped_when_the_case_is_late_hides_nothing() -> None:
    """The office may not stop it then; a deadline that is put right afterwards may come to lie before the pause."""
    begun = campaign()
    begun.put("case/a", ClockPaused(reason=PauseReason.APPRAISAL, note=None), "2015-07-08")
    begun.put("case/a", CaseCorrected(reason="误录", due_on=date(2015, 7, 6)), "2015-07-20")
    assert [begun.stands(SETTLE, on) for on in ("2015-07-06", "2015-07-10")] == [DUE, (State.OVERDUE, 4)]


def test_an_extension_counts_from_its_day_on_and_may_be_provisional() -> None:
    begun = campaign()
    begun.put("case/a", DeadlineExtended(
        days=30, due_on=date(2016, 1, 4), due_provisional=True, approved_by="主任", reason="复杂"
    ), "2015-07-10")  # fmt: skip
    before, after = begun.owed(SETTLE, "2015-07-09")[0], begun.owed(SETTLE, "2015-07-10")[0]
    assert (before.due_on, before.provisional) == (date(2015, 7, 13), False)
    assert (after.due_on, after.provisional) == (date(2016, 1, 4), True)
    assert begun.stands(SETTLE, "2016-01-05") == (State.OVERDUE, 1)


def test_a_corrected_deadline_was_so_from_when_it_was_told() -> None:
    begun = campaign()
    begun.put("case/a", CaseCorrected(reason="误录", due_on=date(2015, 7, 20)), "2015-07-16")
    assert begun.stands(SETTLE, "2015-07-14") == DUE
    assert begun.stands(SETTLE, "2015-07-21") == (State.OVERDUE, 1)


def test_a_deadline_that_is_corrected_while_the_clock_stands_was_so_before() -> None:
    begun = campaign()
    begun.put("case/a", ClockPaused(reason=PauseReason.APPRAISAL, note=None), "2015-07-01")
    begun.put("case/a", CaseCorrected(reason="误录", due_on=date(2015, 7, 20)), "2015-07-02")
    assert [one.due_on for one in begun.owed(SETTLE, "2015-06-30")] == [date(2015, 7, 20)]


def test_a_case_that_is_settled_while_its_clock_stands_is_settled() -> None:
    begun = campaign()
    begun.put("case/a", ClockPaused(reason=PauseReason.APPRAISAL, note=None), "2015-07-01")
    begun.resolve("a", "2015-07-10")
    assert begun.stands(SETTLE, "2015-07-10") == DONE


def test_a_reopened_case_is_due_again_and_what_was_late_before_stays_late() -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-20")
    begun.reopen("a", "2015-09-01", due="2015-10-08")
    assert begun.stands(SETTLE, "2015-08-31") == (State.LATE, 7)
    assert begun.stands(SETTLE, "2015-09-01") == DUE
    assert begun.stands(SETTLE, "2015-10-09") == (State.OVERDUE, 1)


def test_a_case_whose_ending_was_taken_back_is_due_as_before() -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-01")
    back(begun, CaseStep.RESOLVED, "2015-07-05")
    assert begun.stands(SETTLE, "2015-07-02") == DUE
    assert begun.stands(SETTLE, "2015-07-14") == (State.OVERDUE, 1)


def test_a_case_goes_with_its_correction_to_another_community() -> None:
    begun = campaign()
    begun.community(WEST)
    begun.put("case/a", CaseCorrected(reason="误录", community=WEST), "2015-07-01")
    assert begun.stands(SETTLE, "2015-06-20") is None
    assert begun.stands(SETTLE, "2015-06-20", WEST) == DUE


# taken over from paper


def test_a_paper_case_that_was_over_is_judged_by_its_days_and_makes_nothing_else_due() -> None:
    begun = campaign(basis=Basis.PAPER_LEDGER, handled=False, kind=CaseKind.BACKLOG, known="2015-08-03")
    begun.resolve("a", "2015-07-14", recorded="2015-08-03")
    (settled,) = begun.owed(SETTLE, "2015-08-03")
    assert (settled.state, settled.days, settled.taken_over) == (State.LATE, 1, True)
    of_the_case = {one.kind.code for one in begun.obligations("2015-10-01") if one.about == "a"}
    assert of_the_case == {SETTLE}


def test_a_paper_row_of_a_day_on_which_the_log_knew_the_community_owes_what_every_case_owes() -> None:
    begun = campaign(basis=Basis.PAPER_LEDGER, handled=False, kind=CaseKind.BACKLOG, known="2015-06-12")
    begun.resolve("a", "2015-07-10", recorded="2015-08-03")
    (settled,) = begun.owed(SETTLE, "2015-08-03")
    assert (settled.taken_over, settled.entered_on) == (False, date(2015, 8, 3))
    of_the_case = {one.kind.code for one in begun.obligations("2015-10-01") if one.about == "a"}
    assert of_the_case == {SETTLE, LETTER, "first_visit_term", FOLLOW_UP, "register_term"}


def test_a_paper_case_that_ended_when_the_log_knew_the_community_was_settled_when_that_was_entered() -> None:
    begun = campaign(basis=Basis.PAPER_LEDGER, known="2015-06-20")
    begun.resolve("a", "2015-07-10", recorded="2015-08-03")
    (settled,) = begun.owed(SETTLE, "2015-08-03")
    assert settled.entered_on == date(2015, 8, 3)


def test_an_open_paper_case_is_handled_like_any_other() -> None:
    begun = campaign(basis=Basis.PAPER_LEDGER, kind=CaseKind.BACKLOG)
    assert begun.stands(LETTER, "2015-06-20") == DUE
    begun.resolve("a", "2015-07-01")
    assert begun.stands(LETTER, "2015-07-01") == (State.OVERDUE, 8)  # due on 06-23: 06-22 is off
    assert begun.stands(FOLLOW_UP, "2015-07-01") == DUE


def test_a_paper_case_that_was_reopened_is_handled_like_any_other() -> None:
    begun = campaign(basis=Basis.PAPER_LEDGER, handled=False, known="2015-07-01")
    begun.resolve("a", "2015-07-01")
    assert begun.stands(FOLLOW_UP, "2015-07-20") is None
    begun.reopen("a", "2015-08-01", due="2015-09-01")
    begun.resolve("a", "2015-08-20")
    assert begun.stands(FOLLOW_UP, "2015-08-20") == DUE


# the letter and the contacts

LETTER_SIGNED = ResponsibilityLetterSigned(community=EAST, unit="综治办", person="sealed:p", contact_days=7)
NO_LETTER = WorkRetracted(act=WorkAct.LETTER, item=None, visit=None, community=EAST, reason="误录")


def handed_down(on: str = "2015-06-17") -> Campaign:
    begun = campaign()
    begun.put("case/a", CaseHandedDown(
        community=EAST, grid="01", by_unit="区信访局", document=None, due_on=date(2015, 7, 13), basis=Basis.ACT
    ), on)  # fmt: skip
    return begun


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-16", None), ("2015-06-17", DUE), ("2015-06-29", DUE), ("2015-06-30", (State.OVERDUE, 1))],
)
def test_a_letter_is_due_ten_days_after_the_hand_down(on: str, stands: Any) -> None:
    """Ten days after 06-17 is 06-27, a Saturday: Monday the 29th."""
    assert handed_down().stands(LETTER, on) == stands


def test_a_letter_is_signed_in_time_or_late_and_a_later_one_changes_nothing_of_that() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-25")
    work(begun, LETTER_SIGNED, "2015-08-01")
    assert begun.stands(LETTER, "2015-06-24") == DUE
    assert [begun.stands(LETTER, on) for on in ("2015-06-25", "2015-09-01")] == [DONE, DONE]
    late = handed_down()
    work(late, LETTER_SIGNED, "2015-07-01")
    assert late.stands(LETTER, "2015-07-01") == (State.LATE, 2)


def test_a_letter_that_was_taken_back_was_never_signed() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-25")
    work(begun, NO_LETTER, "2015-06-26")
    assert begun.stands(LETTER, "2015-06-25") == DUE
    assert begun.owed(CONTACT, "2015-09-01") == []


def test_no_letter_is_owed_for_a_case_that_was_over_in_time() -> None:
    begun = handed_down()
    begun.resolve("a", "2015-06-25")
    assert begun.stands(LETTER, "2015-06-24") == DUE
    assert begun.stands(LETTER, "2015-07-15") is None


def test_a_letter_that_was_overdue_when_the_case_ended_stays_so_by_the_days_until_then() -> None:
    begun = handed_down()
    begun.resolve("a", "2015-07-04")
    assert begun.stands(LETTER, "2015-12-01") == (State.OVERDUE, 5)


def test_a_letter_that_was_not_owed_any_more_is_owed_anew_when_the_case_is_reopened() -> None:
    begun = handed_down()
    begun.resolve("a", "2015-06-25")
    begun.reopen("a", "2015-09-01")
    assert begun.stands(LETTER, "2015-09-11") == DUE
    assert begun.stands(LETTER, "2015-09-12") == (State.OVERDUE, 1)
    work(begun, LETTER_SIGNED, "2015-09-10")
    assert begun.stands(LETTER, "2015-09-12") == DONE


def test_a_letter_signed_before_its_case_was_reopened_stays_signed_as_it_was() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-07-01")
    begun.resolve("a", "2015-07-02")
    begun.reopen("a", "2015-09-01")
    assert begun.stands(LETTER, "2015-09-12") == (State.LATE, 2)


def test_a_case_that_was_handed_down_before_the_campaign_and_is_open_needs_a_letter_in_it() -> None:
    begun = Campaign().adopt()
    begun.community(EAST, on="2015-05-01")
    begun.case("a", "2015-05-04", kind=CaseKind.BACKLOG)
    begun.case("over", "2015-05-04", kind=CaseKind.BACKLOG)
    begun.put("handling/over", LETTER_SIGNED, "2015-05-10")
    begun.resolve("over", "2015-05-20")
    assert begun.owed(LETTER, "2015-05-31") == []
    (letter,) = begun.owed(LETTER, "2015-06-01")
    assert (letter.about, letter.begins_on, letter.due_on) == ("a", date(2015, 6, 1), date(2015, 6, 11))


def contacts(begun: Campaign, on: str) -> list[tuple[str, State, int]]:
    return [(f"{one.due_on:%m-%d}", one.state, one.days) for one in begun.owed(CONTACT, on)]


def test_contacts_are_kept_each_counted_from_the_one_before() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    begun.visit("a", "v1", "2015-06-25", must=False)
    begun.decline("a", "v2", "2015-07-02", must=False)
    assert contacts(begun, "2015-06-21") == []
    assert contacts(begun, "2015-06-24") == [("06-29", State.DUE, 0)]
    assert contacts(begun, "2015-07-05") == [
        ("06-29", State.DONE, 0), ("07-02", State.DONE, 0), ("07-09", State.DUE, 0)
    ]  # fmt: skip


def test_a_contact_that_was_missed_is_overdue_until_the_parties_are_seen_and_then_late() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    assert contacts(begun, "2015-07-20") == [("06-29", State.OVERDUE, 21)]
    begun.visit("a", "v1", "2015-07-01", must=False)
    assert contacts(begun, "2015-06-30") == [("06-29", State.OVERDUE, 1)]
    assert contacts(begun, "2015-07-01") == [("06-29", State.LATE, 2), ("07-08", State.DUE, 0)]


def test_a_new_letter_does_not_wipe_out_what_was_missed_and_sets_its_own_days_from_the_next_contact_on() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    work(begun, replace(LETTER_SIGNED, contact_days=3), "2015-07-01")
    assert contacts(begun, "2015-07-02") == [("06-29", State.OVERDUE, 3)]
    begun.visit("a", "v1", "2015-07-02", must=False)
    assert contacts(begun, "2015-07-03") == [("06-29", State.LATE, 3), ("07-05", State.DUE, 0)]


def test_a_visit_that_was_taken_back_is_no_contact() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    begun.visit("a", "v1", "2015-06-25", must=False)
    work(begun, WorkRetracted(
        act=WorkAct.VISIT, item="v1", visit=VisitResult.COMPLETED, community=EAST, reason="误录"
    ), "2015-06-26")  # fmt: skip
    assert contacts(begun, "2015-06-30") == [("06-29", State.OVERDUE, 1)]


def test_contacts_end_with_the_case_and_begin_again_when_it_is_reopened() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    begun.resolve("a", "2015-06-26")
    assert contacts(begun, "2015-08-01") == []
    begun.reopen("a", "2015-09-01")
    assert contacts(begun, "2015-09-01") == [("09-08", State.DUE, 0)]


def test_a_contact_that_was_missed_when_the_case_ended_stays_so_by_the_days_until_then() -> None:
    begun = handed_down()
    work(begun, LETTER_SIGNED, "2015-06-22")
    begun.resolve("a", "2015-07-04")
    assert contacts(begun, "2015-12-01") == [("06-29", State.OVERDUE, 5)]


# follow-up

FOUND = CaseFollowedUp(satisfied=True, stable=True, note=None)


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-30", None), ("2015-07-01", DUE), ("2015-07-31", DUE), ("2015-08-01", (State.OVERDUE, 1))],
)
def test_a_settled_case_is_followed_up_within_thirty_days(on: str, stands: Any) -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-01")
    assert begun.stands(FOLLOW_UP, on) == stands


def test_a_follow_up_is_done_in_time_or_late_whatever_it_found() -> None:
    begun, late = campaign(), campaign()
    for one in (begun, late):
        one.terminate("a", "2015-07-01")
    begun.put("case/a", replace(FOUND, stable=False), "2015-07-31")
    late.put("case/a", FOUND, "2015-08-03")
    assert begun.stands(FOLLOW_UP, "2015-07-31") == DONE
    assert late.stands(FOLLOW_UP, "2015-08-03") == (State.LATE, 3)


def test_a_follow_up_is_not_late_before_the_plan_was_issued() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, issued_on=date(2015, 8, 3)))
    begun.community(EAST)
    begun.case("a", "2015-06-12")
    begun.resolve("a", "2015-06-20")
    assert begun.stands(FOLLOW_UP, "2015-08-03") == DUE
    assert begun.stands(FOLLOW_UP, "2015-08-04") == (State.OVERDUE, 1)


def test_what_was_referred_is_not_followed_up() -> None:
    begun = campaign()
    begun.refer("a", "2015-07-01", outside=True)
    assert begun.owed(FOLLOW_UP, "2015-09-01") == []


def test_a_follow_up_that_was_taken_back_is_due_again() -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-01")
    begun.put("case/a", FOUND, "2015-07-10")
    back(begun, CaseStep.FOLLOWED_UP, "2015-07-12", CaseStatus.RESOLVED)
    assert begun.stands(FOLLOW_UP, "2015-07-20") == DUE


def test_each_ending_of_a_reopened_case_is_followed_up_for_itself() -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-01")
    begun.put("case/a", FOUND, "2015-07-10")
    begun.reopen("a", "2015-07-10")
    assert begun.stands(FOLLOW_UP, "2015-07-09") == DUE
    assert begun.stands(FOLLOW_UP, "2015-07-15") is None
    begun.resolve("a", "2015-07-10")
    assert begun.stands(FOLLOW_UP, "2015-07-15") == DUE
    begun.put("case/a", FOUND, "2015-07-20")
    assert begun.stands(FOLLOW_UP, "2015-07-20") == DONE


def test_an_ending_in_the_campaigns_last_days_is_followed_up_after_it() -> None:
    """Thirty days after 12-28 is 01-27: nobody had announced 2016's calendar before 2015-12-10."""
    begun = campaign()
    begun.resolve("a", "2015-12-28")
    (follow_up,) = begun.owed(FOLLOW_UP, "2016-01-28")
    assert (follow_up.state, follow_up.days, follow_up.due_on) == (State.OVERDUE, 1, date(2016, 1, 27))


@pytest.mark.parametrize(("today", "provisional"), [("2015-12-09", True), ("2015-12-10", False)])
def test_a_day_in_a_year_that_was_not_announced_is_provisional(today: str, provisional: bool) -> None:
    begun = campaign()
    begun.resolve("a", "2015-12-07")
    found = [one for one in begun.obligations("2016-01-20", today) if one.kind.code == FOLLOW_UP]
    assert [(one.due_on, one.provisional) for one in found] == [(date(2016, 1, 6), provisional)]


def test_an_office_that_enters_a_day_off_puts_off_what_falls_on_it() -> None:
    begun = campaign()
    begun.resolve("a", "2015-07-01")
    begun.put("calendar/410105010", CalendarAmended(
        year=None, off=(date(2015, 7, 31),), worked=(), announced_on=date(2015, 7, 20), document="通知"
    ), "2015-07-20")  # fmt: skip
    assert [one.due_on for one in begun.owed(FOLLOW_UP, "2015-07-19")] == [date(2015, 7, 31)]
    assert [one.due_on for one in begun.owed(FOLLOW_UP, "2015-07-20")] == [date(2015, 8, 3)]


# performance

AGREED = AgreementReached(form=AgreementForm.WRITTEN, terms=None)
CHECKED = PerformanceChecked(performance=Performance.PARTLY, note=None)


def agreed(on: str = "2015-07-01") -> Campaign:
    begun = campaign()
    work(begun, AGREED, on)
    begun.resolve("a", on)
    return begun


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-30", None), ("2015-07-01", DUE), ("2015-07-31", DUE), ("2015-08-01", (State.OVERDUE, 1))],
)
def test_performance_is_checked_within_thirty_days_of_the_agreement(on: str, stands: Any) -> None:
    assert agreed().stands(PERFORMANCE, on) == stands


def test_performance_that_was_checked_in_time_stays_so_when_it_is_checked_again() -> None:
    begun = agreed()
    work(begun, CHECKED, "2015-07-20")
    work(begun, CHECKED, "2015-09-20")
    assert [begun.stands(PERFORMANCE, on) for on in ("2015-07-19", "2015-07-20", "2015-10-01")] == [DUE, DONE, DONE]


def test_a_check_that_was_taken_back_was_none() -> None:
    begun = agreed()
    work(begun, CHECKED, "2015-07-20")
    work(begun, WorkRetracted(
        act=WorkAct.PERFORMANCE, item=None, visit=None, community=EAST, reason="误录",
        performance=PerformanceStanding(performance=None, at=None),
    ), "2015-07-22")  # fmt: skip
    assert begun.stands(PERFORMANCE, "2015-07-25") == DUE


def test_an_agreement_that_was_taken_back_asks_for_nothing_and_the_next_for_its_own() -> None:
    begun = agreed()
    work(begun, CHECKED, "2015-07-03")
    back(begun, CaseStep.RESOLVED, "2015-07-05")
    work(begun, HandlingResumed(), "2015-07-05")
    assert [begun.owed(PERFORMANCE, on) for on in ("2015-07-02", "2015-08-15")] == [[], []]
    work(begun, AGREED, "2015-07-10")
    assert begun.stands(PERFORMANCE, "2015-07-10") == DUE


def test_a_reopened_case_has_no_agreement_to_be_kept() -> None:
    begun = agreed()
    begun.reopen("a", "2015-07-20")
    assert begun.stands(PERFORMANCE, "2015-07-19") == DUE
    assert begun.stands(PERFORMANCE, "2015-09-01") is None


def test_the_agreement_of_a_reopened_case_is_checked_for_itself() -> None:
    begun = agreed()
    work(begun, CHECKED, "2015-07-10")
    begun.reopen("a", "2015-07-20")
    work(begun, AGREED, "2015-08-03")
    begun.resolve("a", "2015-08-03")
    assert begun.stands(PERFORMANCE, "2015-07-15") == DONE
    assert begun.stands(PERFORMANCE, "2015-08-03") == DUE
    work(begun, CHECKED, "2015-08-10")
    assert begun.stands(PERFORMANCE, "2015-08-10") == DONE


def test_taking_back_a_later_termination_leaves_an_earlier_agreement_as_it_was() -> None:
    begun = agreed()
    begun.reopen("a", "2015-07-20")
    begun.terminate("a", "2015-07-25")
    back(begun, CaseStep.TERMINATED, "2015-07-26")
    work(begun, HandlingResumed(), "2015-07-26")
    assert begun.stands(PERFORMANCE, "2015-07-19") == DUE


# handover

LEAVES = HandoverOpened(officer="police-1")
HANDED_OVER = HandoverCompleted(officer="police-2", replaced="police-1", note=None)


def leaving(last: str = "2015-06-18", told: str = "2015-06-18") -> Campaign:
    """The handler's posting ends: the reaction opens the handover when it is told."""
    begun = campaign()
    begun.post("police-1", Profession.POLICE)
    begun.assign("a", "2015-06-13")
    begun.end("police-1", Profession.POLICE, last, PostingEnd.TRANSFER)
    begun.written[-1] = replace(begun.written[-1], on=told, recorded=told)
    work(begun, LEAVES, told)
    return begun


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-17", None), ("2015-06-18", DUE), ("2015-06-26", DUE), ("2015-06-27", (State.OVERDUE, 1))],
)
def test_a_case_is_handed_over_within_five_working_days(on: str, stands: Any) -> None:
    """After Thursday 06-18: 06-19, then (Monday the 22nd is the Dragon Boat Festival's) 06-23 to 06-26."""
    assert leaving().stands(HANDOVER, on) == stands


@pytest.mark.parametrize("how", [HANDED_OVER, HandlerReplaced(officer="police-2", replaced="police-1", reason="调整")])
def test_a_handover_is_done_by_either_way_of_giving_the_case_to_another(how: Any) -> None:
    begun, late = leaving(), leaving()
    work(begun, how, "2015-06-26")
    work(late, how, "2015-06-29")
    assert [begun.stands(HANDOVER, on) for on in ("2015-06-25", "2015-06-26")] == [DUE, DONE]
    assert late.stands(HANDOVER, "2015-06-29") == (State.LATE, 3)


def test_replacing_a_handler_who_does_not_leave_is_no_handover() -> None:
    begun = campaign()
    begun.assign("a", "2015-06-13")
    work(begun, HandlerReplaced(officer="police-2", replaced="police-1", reason="调整"), "2015-06-15")
    assert begun.owed(HANDOVER, "2015-12-01") == []


def test_a_handover_that_waited_when_the_case_ended_begins_anew_when_it_is_reopened() -> None:
    begun = leaving()
    begun.resolve("a", "2015-06-25")
    begun.reopen("a", "2015-10-12")
    assert [begun.stands(HANDOVER, on) for on in ("2015-10-19", "2015-10-20")] == [DUE, (State.OVERDUE, 1)]


def test_each_handover_is_one_of_its_own() -> None:
    begun = leaving()
    work(begun, HANDED_OVER, "2015-06-19")
    work(begun, replace(LEAVES, officer="police-2"), "2015-08-03")
    found = [(one.begins_on, one.state) for one in begun.owed(HANDOVER, "2015-08-04")]
    assert found == [(date(2015, 6, 18), State.DONE), (date(2015, 8, 3), State.DUE)]


def test_a_handover_is_counted_from_the_last_day_where_that_was_told_before() -> None:
    begun = leaving(last="2015-07-31", told="2015-06-18")
    days = ("2015-07-30", "2015-07-31", "2015-08-07", "2015-08-08")
    assert [begun.stands(HANDOVER, on) for on in days] == [NOT_YET, DUE, DUE, (State.OVERDUE, 1)]
    work(begun, HANDED_OVER, "2015-07-10")
    (handed_over,) = begun.owed(HANDOVER, "2015-08-08")
    assert (handed_over.state, handed_over.begins_on) == (State.DONE, date(2015, 7, 10))


def test_a_later_posting_of_who_left_puts_no_handover_off() -> None:
    begun = leaving()
    begun.post("police-1", Profession.POLICE, "2015-08-03")
    assert begun.stands(HANDOVER, "2015-08-04") == (State.OVERDUE, 39)
    begun.end("police-1", Profession.POLICE, "2015-10-30", PostingEnd.TRANSFER, from_day="2015-08-03")
    assert begun.stands(HANDOVER, "2015-11-02") == (State.OVERDUE, 129)


def test_no_handover_is_owed_where_the_end_was_taken_back() -> None:
    begun = leaving()
    begun.put(f"roster/{EAST}", PostingEndRetracted(
        officer="police-1", from_day=date(2015, 6, 1), last_day=date(2015, 6, 18), reason="误登"
    ), "2015-06-30")  # fmt: skip
    assert [begun.owed(HANDOVER, on) for on in ("2015-06-20", "2015-07-15")] == [[], []]
    begun.end("police-1", Profession.POLICE, "2015-08-03", PostingEnd.TRANSFER)
    work(begun, LEAVES, "2015-08-03")
    assert [(one.begins_on, one.state) for one in begun.owed(HANDOVER, "2015-08-04")] == [
        (date(2015, 8, 3), State.DUE)
    ]  # fmt: skip


def chosen(officer: str, waits: bool) -> WorkRetracted:
    """Who answers for the case once what was recorded last of that is taken back."""
    standing = HandlerStanding(
        officer=officer, since=moment("2015-06-13"), handover_since=moment("2015-06-18") if waits else None
    )
    act = WorkAct.HANDLER if waits else WorkAct.HANDOVER
    return WorkRetracted(act=act, item=None, visit=None, community=EAST, reason="误录", handler=standing)


def test_a_handover_that_was_taken_back_is_owed_again_and_its_need_may_be_taken_back_too() -> None:
    begun = leaving()
    work(begun, HANDED_OVER, "2015-06-23")
    work(begun, chosen("police-1", waits=True), "2015-06-25")
    assert begun.stands(HANDOVER, "2015-06-26") == DUE
    work(begun, chosen("police-1", waits=False), "2015-06-26")
    assert begun.stands(HANDOVER, "2015-07-20") is None


def test_a_case_that_ends_in_time_needs_no_handing_over() -> None:
    begun = leaving()
    begun.resolve("a", "2015-06-25")
    assert begun.owed(HANDOVER, "2015-07-15") == []


# must-visits


def test_a_must_visit_is_due_on_its_day_and_a_household_that_declines_has_been_visited() -> None:
    begun = campaign()
    for visit in ("v1", "v2", "v3"):
        begun.plan_visit("a", visit, "2015-06-20", "2015-06-13")
    begun.visit("a", "v2", "2015-06-20")
    begun.decline("a", "v3", "2015-06-22")
    assert begun.owed(VISIT, "2015-06-12") == []
    assert [one.state for one in begun.owed(VISIT, "2015-06-19")] == [State.DUE] * 3
    stands = [begun.stands(VISIT, "2015-06-23", about=f"a/{visit}") for visit in ("v1", "v2", "v3")]
    assert stands == [(State.OVERDUE, 3), DONE, (State.LATE, 2)]


def test_a_visit_that_is_no_must_or_was_taken_back_or_lapsed_with_its_case_is_not_owed() -> None:
    begun = campaign()
    begun.plan_visit("a", "free", "2015-06-20", "2015-06-13", must=False)
    begun.plan_visit("a", "undone", "2015-06-20", "2015-06-13")
    work(begun, WorkRetracted(
        act=WorkAct.VISIT, item="undone", visit=VisitResult.PLANNED, community=EAST, reason="误录"
    ), "2015-06-14")  # fmt: skip
    begun.plan_visit("a", "lapsed", "2015-06-30", "2015-06-13")
    begun.resolve("a", "2015-06-25")
    assert begun.owed(VISIT, "2015-07-15") == []
    assert begun.stands(VISIT, "2015-06-24", about="a/lapsed") == DUE


def test_a_visit_is_owed_once_even_where_two_plans_ask_for_it_and_by_the_campaign() -> None:
    begun = campaign()
    begun.plan(STANDING_PLAN)
    begun.plan_visit("a", "v1", "2015-06-20", "2015-06-13")
    begun.plan_visit("a", "v2", "2016-02-01", "2015-06-13")
    found = [(one.about, one.kind.plan) for one in begun.owed(VISIT, "2015-06-14")]
    assert found == [("a/v1", PLAN.code), ("a/v2", STANDING_PLAN.code)]


# every family with a dispute must be visited, and every petition answered


@pytest.mark.parametrize(
    ("on", "stands"), [("2015-06-23", DUE), ("2015-06-24", (State.OVERDUE, 1)), ("2015-06-30", (State.OVERDUE, 7))]
)
def test_a_family_is_to_be_visited_whether_somebody_planned_it_or_not(on: str, stands: Any) -> None:
    assert campaign().stands("first_visit_term", on) == stands  # accepted 06-12; 06-22 is a day off


def test_the_first_visit_or_a_household_that_declines_is_enough_and_one_taken_back_is_none() -> None:
    visited = campaign()
    visited.visit("a", "v1", "2015-06-16", must=False)
    assert visited.stands("first_visit_term", "2015-06-30") == DONE
    declined = campaign()
    declined.plan_visit("a", "v1", "2015-06-20", "2015-06-15")
    declined.decline("a", "v1", "2015-06-25")
    assert declined.stands("first_visit_term", "2015-06-30") == (State.LATE, 2)
    back = WorkRetracted(act=WorkAct.VISIT, item="v1", visit=VisitResult.COMPLETED, community=EAST, reason="误登")
    visited.put("handling/a", back, "2015-06-17")
    assert visited.stands("first_visit_term", "2015-06-30") == (State.OVERDUE, 7)


def test_of_every_case_it_is_said_within_fifteen_days_whether_it_is_taken_on() -> None:
    begun = campaign()
    begun.reported("p", "2015-06-15", kind=CaseKind.BACKLOG)
    begun.reported("d", "2015-06-15")
    assert begun.stands("register_term", "2015-06-30", about="p") == DUE
    assert begun.stands("register_term", "2015-07-01", about="p") == (State.OVERDUE, 1)
    assert begun.stands("register_term", "2015-07-01", about="d") == (State.OVERDUE, 1)
    assert begun.stands("register_term", "2015-07-01", about="a") == DONE
    begun.put("case/d", CaseDeclined(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉"), "2015-07-04")
    assert begun.stands("register_term", "2015-08-01", about="d") == (State.LATE, 4)


def test_that_a_case_was_taken_on_stays_done_though_it_is_handed_down_afterwards() -> None:
    assert handed_down("2015-06-17").stands("register_term", "2015-06-16", about="a") == DONE
    assert handed_down("2015-06-17").stands("register_term", "2015-06-30", about="a") == DONE


def test_nobody_owes_word_of_what_was_taken_over_from_paper() -> None:
    begun = campaign(known="2015-06-20")
    begun.reported("d", "2015-06-15", basis=Basis.PAPER_LEDGER)
    assert begun.stands("register_term", "2015-08-01", about="d") is None


def test_however_long_a_letter_says_the_parties_are_seen_by_the_plan_s_term() -> None:
    begun = handed_down()
    begun.sign("a", "2015-06-15", contact_days=3_650)
    assert [one.due_on for one in begun.owed(CONTACT, "2015-08-01")] == [date(2015, 7, 15)]
    assert begun.stands(CONTACT, "2015-07-16") == (State.OVERDUE, 1)
    begun.plan(replace(PLAN, terms=tuple(one for one in PLAN.terms if one.sequel != Sequel.CONTACT)))
    assert [one.due_on for one in begun.owed(CONTACT, "2015-08-01")] == [date(2025, 6, 12)]


def test_a_letter_is_the_community_s_to_sign() -> None:
    (letter,) = handed_down().owed(LETTER, "2015-06-20")
    assert letter.kind.lead == "社区"


def test_no_length_that_is_taken_leads_out_of_the_calendar() -> None:
    begun = campaign(kind=CaseKind.BACKLOG)
    begun.sign("a", "2015-06-12", contact_days=3_660)
    longest = tuple(replace(term, days=3_660, working_days=None) for term in PLAN.terms)
    begun.plan(replace(PLAN, terms=longest, posting_months=600))
    assert {one.state for one in begun.owed(CONTACT, "2015-06-30")} == {State.DUE}
    assert begun.owed("follow_up_term", "2015-06-30") == []
