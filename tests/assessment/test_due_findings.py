"""What was begun makes due on any day: hazards, key areas, orders to rectify, opinions, archives (§3.3.2, 3.3.6, 3.3.7,
5.4, 5.5). All synthetic. An opinion is answered within 10 working days, as the plan of the seed has it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessment.due.obligation import State
from shared.contracts.assessment import Work
from shared.contracts.assessment_entries import RectificationCompleted, RectificationOrdered, SupervisionVoided
from shared.contracts.intake_entries import (
    AreaKind,
    FindingVoided,
    HazardCleared,
    HazardFound,
    HazardKind,
    KeyAreaListed,
    KeyAreaReinspected,
    OpinionAnswered,
    OpinionChannel,
    OpinionOutcome,
    OpinionRecorded,
    OpinionTopic,
    Severity,
)
from tests.assessment.campaign import EAST, LOG, PLAN, STANDING_PLAN, Campaign

DUE, DONE = (State.DUE, 0), (State.DONE, 0)
ANSWER = "answer_term"


def campaign() -> Campaign:
    """The plan in force, and a community."""
    begun = Campaign().adopt()
    begun.community(EAST)
    return begun


HAZARD = HazardFound(
    community=EAST, grid=None, hazard=HazardKind.FIRE, severity=Severity.GENERAL, place="楼道", responsible_unit="物业",
    due_on=date(2015, 7, 5),
)  # fmt: skip
AREA = KeyAreaListed(
    community=EAST, grid=None, area=AreaKind.MARKET, place="市场", lead_unit="综治办", due_on=date(2015, 7, 5)
)
ORDER = RectificationOrdered(community=EAST, inspection="i", due_on=date(2015, 7, 5), order="sealed:o")
CLEARED = HazardCleared(checked_by="消防", how=None)
PASSED = KeyAreaReinspected(passed=True, inspected_by="综治办", inspection_note=None)
RECTIFIED = RectificationCompleted(passed=True, rechecked_by="综治办", outcome=None)
FINDINGS = [
    ("hazard", "finding/1", HAZARD, CLEARED, FindingVoided(kind="hazards", reason="误录")),
    ("key_area", "finding/1", AREA, PASSED, FindingVoided(kind="key_areas", reason="误录")),
    ("rectification", "supervision/1", ORDER, RECTIFIED, SupervisionVoided(kind="rectifications", reason="误录")),
]


@pytest.mark.parametrize(("code", "stream", "found", "dealt_with", "voided"), FINDINGS)
def test_what_was_found_is_dealt_with_by_the_day_of_its_entry(
    code: str, stream: str, found: Any, dealt_with: Any, voided: Any
) -> None:
    """Their own day stands as it was given, though it is a Sunday."""
    begun = campaign()
    begun.put(stream, found, "2015-06-15")
    assert [begun.stands(code, on) for on in ("2015-06-14", "2015-06-15", "2015-07-05")] == [None, DUE, DUE]
    assert begun.stands(code, "2015-07-06") == (State.OVERDUE, 1)
    (owed,) = begun.owed(code, "2015-07-01")
    assert (owed.works, owed.kind.plan, owed.about) == (False, None, stream)
    begun.put(stream, dealt_with, "2015-07-08")
    assert begun.stands(code, "2015-07-07") == (State.OVERDUE, 2)
    assert begun.stands(code, "2015-07-08") == (State.LATE, 3)
    begun.put(stream, voided, "2015-07-20")
    assert [begun.owed(code, on) for on in ("2015-06-20", "2015-07-21")] == [[], []]


@pytest.mark.parametrize(("code", "stream", "found", "dealt_with", "_"), FINDINGS)
def test_what_was_due_and_dealt_with_before_the_log_knew_the_community_is_judged_by_the_days_on_paper(
    code: str, stream: str, found: Any, dealt_with: Any, _: Any
) -> None:
    """Entered in August, of a community that came in then; what was due later was told late."""
    for joined, entered_on in (("2015-08-01", date(2015, 7, 3)), ("2015-07-05", date(2015, 8, 2))):
        begun = Campaign().adopt()
        begun.community(EAST, recorded=joined)
        begun.put(stream, found, "2015-06-15", recorded="2015-08-02")
        begun.put(stream, dealt_with, "2015-07-03", recorded="2015-08-02")
        (owed,) = begun.owed(code, "2015-08-05")
        from_paper = entered_on == owed.done_on
        assert (owed.state, owed.taken_over, owed.entered_on) == (State.DONE, from_paper, entered_on)


@pytest.mark.parametrize(("code", "stream", "found", "passed", "_"), FINDINGS[1:])
def test_a_second_look_that_fails_clears_nothing_and_takes_an_earlier_pass_away(
    code: str, stream: str, found: Any, passed: Any, _: Any
) -> None:
    begun = campaign()
    begun.put(stream, found, "2015-06-15")
    begun.put(stream, replace(passed, passed=False), "2015-06-25")
    assert begun.stands(code, "2015-06-26") == DUE
    begun.put(stream, passed, "2015-07-03")
    assert begun.stands(code, "2015-07-03") == DONE
    begun.put(stream, replace(passed, passed=False), "2015-07-04")
    assert [begun.stands(code, on) for on in ("2015-07-03", "2015-07-04")] == [DONE, DUE]
    assert begun.stands(code, "2015-07-06") == (State.OVERDUE, 1)
    begun.put(stream, passed, "2015-07-07")
    assert begun.stands(code, "2015-07-07") == (State.LATE, 2)


OPINION = OpinionRecorded(
    community=EAST, grid=None, topic=OpinionTopic.SECURITY, channel=OpinionChannel.VISIT, opinion="sealed:o"
)
ANSWERED = OpinionAnswered(outcome=OpinionOutcome.ADOPTED, answered_by="综治办", answer="sealed:a")


@pytest.mark.parametrize(
    ("on", "stands"),
    [("2015-06-14", None), ("2015-06-15", DUE), ("2015-06-30", DUE), ("2015-07-01", (State.OVERDUE, 1))],
)
def test_an_opinion_is_answered_within_ten_working_days(on: str, stands: Any) -> None:
    """After Monday 06-15: 16 to 19, 23 to 26 (the 22nd is off), 29, 30."""
    begun = campaign()
    begun.put("finding/1", OPINION, "2015-06-15")
    assert begun.stands(ANSWER, on) == stands


def test_an_opinion_that_was_answered_in_time_stays_so_when_it_is_answered_again() -> None:
    begun = campaign()
    begun.put("finding/1", OPINION, "2015-06-15")
    begun.put("finding/1", ANSWERED, "2015-06-30")
    begun.put("finding/1", ANSWERED, "2015-08-01")
    assert [begun.stands(ANSWER, on) for on in ("2015-06-29", "2015-06-30", "2015-09-01")] == [DUE, DONE, DONE]


def test_an_opinion_from_before_the_plan_is_not_the_plans() -> None:
    begun = campaign()
    begun.put("finding/1", OPINION, "2015-05-20")
    assert begun.owed(ANSWER, "2015-07-01") == []


def test_an_opinion_is_not_late_before_the_plan_was_issued() -> None:
    begun = Campaign()
    begun.plan(replace(PLAN, issued_on=date(2015, 8, 3)))
    begun.community(EAST)
    begun.put("finding/1", OPINION, "2015-06-15")
    assert begun.stands(ANSWER, "2015-08-03") == DUE
    assert begun.stands(ANSWER, "2015-08-04") == (State.OVERDUE, 1)


# archives -------------------------------------------------------------------------------------------------------------

FILING = "archive.filing"


def test_each_archive_that_was_begun_is_the_sub_district_s_to_file_by_the_plan_s_end() -> None:
    made = campaign()
    made.enter(Work.ARCHIVE, "a", "2015-06-20")
    made.enter(Work.ARCHIVE, "b", "2015-06-21")
    made.go_on(Work.ARCHIVE, "b", "2015-12-10")
    assert made.owed(FILING, "2015-06-19", LOG) == []
    assert [(one.about, one.due_on) for one in made.owed(FILING, "2015-06-21", LOG)] == [
        ("supervision/a", date(2015, 12, 31)), ("supervision/b", date(2015, 12, 31))
    ]  # fmt: skip
    assert made.stands(FILING, "2015-12-31", LOG, "supervision/a") == DUE
    assert made.stands(FILING, "2016-01-03", LOG, "supervision/a") == (State.OVERDUE, 3)
    assert made.stands(FILING, "2016-01-03", LOG, "supervision/b") == DONE
    assert made.owed(FILING, "2016-01-03", EAST) == []
    made.void(Work.ARCHIVE, "a", "2016-01-03")
    assert made.stands(FILING, "2016-01-03", LOG, "supervision/a") is None


def test_under_a_plan_without_an_end_an_archive_is_filed_by_the_end_of_its_year() -> None:
    made = Campaign()
    made.plan(STANDING_PLAN)
    made.enter(Work.ARCHIVE, "a", "2016-03-20")
    (filing,) = made.owed(FILING, "2016-12-31", LOG)
    assert (filing.due_on, filing.state) == (date(2016, 12, 31), State.DUE)


def test_an_archive_from_after_the_plan_is_not_the_plan_s() -> None:
    made = campaign()
    made.enter(Work.ARCHIVE, "a", "2016-01-02")
    assert made.owed(FILING, "2016-01-31", LOG) == []
