"""Taking back a step of a case, told in sentences (§3.1.4): the last of its life, of its clock, its escalation."""

from datetime import date
from typing import Any

import pytest

from services.intake import case
from services.intake.commands import CorrectCase, RetractStep
from services.intake.service import SERVICE
from shared.contracts.codes import CaseKind, CaseStatus, Tier
from shared.contracts.intake import (
    CaseClosed,
    CaseCorrected,
    CaseEscalated,
    CaseHandedDown,
    CaseReopened,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    ClockPaused,
    ClockResumed,
    ClockStanding,
    DeadlineExtended,
    Escalation,
    PauseReason,
)
from tests.declarations import assert_refusal_is_told
from tests.intake.invented import FOLLOWED_UP, HERE, RESOLVED, WENBO, accepted, reported
from tests.spec import OFFICE, START, at, spec

CASE = spec(case.DECIDER)
DUE = date(2015, 7, 11)
ACCEPTED = CASE.given(reported(), accepted())
REOPENED = CaseReopened(
    community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, reason="sealed:r",
    due_on=date(2015, 8, 1), due_rule="mediation-one-month",
)  # fmt: skip
PAUSED = at(3, ClockPaused(reason=PauseReason.APPRAISAL, note=None))
RESUMED = at(8, ClockResumed(paused_days=5, due_on=date(2015, 7, 16), due_provisional=False))
EXTENDED = at(
    9,
    DeadlineExtended(
        days=10, due_on=date(2015, 7, 26), due_provisional=False, approved_by="主任", reason="sealed:r"
    ),
)  # fmt: skip
UNPAUSED = ClockStanding(
    due_on=DUE, due_rule="mediation-one-month", due_provisional=False, extended_days=0, paused_days=0,
    paused_since=None,
)  # fmt: skip


def taken_back(step: CaseStep) -> RetractStep:
    return RetractStep(step=step, reason="sealed:r")


def retracted(step: CaseStep, back_to: CaseStatus = CaseStatus.ACCEPTED, **told: object) -> CaseStepRetracted:
    said: dict[str, Any] = {"handled": True, "due_on": DUE} | told
    return CaseStepRetracted(
        step=step,
        back_to=back_to,
        reason="sealed:r",
        community=WENBO,
        grid="1网格",
        kind=CaseKind.DISPUTE,
        parties=2,
        reported_at=START,
        **said,
    )  # fmt: skip


def test_the_step_that_led_to_a_status_is_taken_back_and_the_case_stands_as_before() -> None:
    ACCEPTED.given(RESOLVED).when(taken_back(CaseStep.RESOLVED)).then(retracted(CaseStep.RESOLVED, handled=False))
    voided = CaseVoided(reason="sealed:r", handled=True)
    ACCEPTED.given(voided).when(taken_back(CaseStep.VOIDED)).then(retracted(CaseStep.VOIDED, handled=False))
    ACCEPTED.when(taken_back(CaseStep.ACCEPTED)).then(
        retracted(CaseStep.ACCEPTED, CaseStatus.REPORTED, due_on=None)
    )  # fmt: skip


def test_only_the_last_step_is_taken_back() -> None:
    for step in (CaseStep.ACCEPTED, CaseStep.CLOSED, CaseStep.ESCALATED, CaseStep.PAUSED):
        refused = ACCEPTED.given(RESOLVED).when(taken_back(step)).then_refused("not_the_last_step", field="step")
        assert_refusal_is_told(SERVICE, refused)


def test_what_reopened_a_case_stays_and_the_case_is_ended_again() -> None:
    again = ACCEPTED.given(RESOLVED, FOLLOWED_UP, CaseClosed(), REOPENED)
    refused = again.when(taken_back(CaseStep.ACCEPTED)).then_refused("reopening_stays", field="step")
    assert "resolve-case" in refused.allowed
    assert "retract-step" not in refused.allowed
    assert_refusal_is_told(SERVICE, refused)


def test_an_escalation_taken_back_leaves_the_one_before() -> None:
    first, second = (CaseEscalated(to=tier, reason="sealed:r") for tier in (Tier.SUBDISTRICT, Tier.ABOVE))
    stands = Escalation(to=Tier.SUBDISTRICT, at=at(2, None).at)
    twice = ACCEPTED.given(at(2, first), at(3, second))
    twice.when(taken_back(CaseStep.ESCALATED)).then(retracted(CaseStep.ESCALATED, escalated=stands))
    once = twice.given(retracted(CaseStep.ESCALATED, escalated=stands))
    once.when(taken_back(CaseStep.ESCALATED)).then(retracted(CaseStep.ESCALATED))
    none = once.given(retracted(CaseStep.ESCALATED))
    none.when(taken_back(CaseStep.ESCALATED)).then_refused("not_the_last_step")


def test_the_last_step_of_the_clock_is_taken_back_and_the_deadline_stands_as_before() -> None:
    ACCEPTED.given(PAUSED).when(at(5, taken_back(CaseStep.PAUSED))).then(retracted(CaseStep.PAUSED, clock=UNPAUSED))
    stood = ClockStanding(
        due_on=DUE, due_rule="mediation-one-month", due_provisional=False, extended_days=0, paused_days=0,
        paused_since=PAUSED.at,
    )  # fmt: skip
    resumed = ACCEPTED.given(PAUSED, RESUMED)
    resumed.when(at(9, taken_back(CaseStep.RESUMED))).then(retracted(CaseStep.RESUMED, clock=stood))
    went = ClockStanding(
        due_on=date(2015, 7, 16), due_rule="mediation-one-month", due_provisional=False, extended_days=0,
        paused_days=5, paused_since=None,
    )  # fmt: skip
    extended = resumed.given(EXTENDED)
    extended.when(at(10, taken_back(CaseStep.EXTENDED))).then(
        retracted(CaseStep.EXTENDED, clock=went, due_on=date(2015, 7, 16))
    )
    extended.when(at(10, taken_back(CaseStep.RESUMED))).then_refused("not_the_last_step", field="step")


@pytest.mark.parametrize("over", [(), (RESOLVED,)])
def test_a_correction_of_the_deadline_is_taken_back_even_when_the_case_is_over(over: tuple[object, ...]) -> None:
    corrected = CaseCorrected(reason="sealed:r", due_on=date(2015, 9, 1))
    ACCEPTED.given(*over, corrected).when(taken_back(CaseStep.DUE_CORRECTED), by=OFFICE).then(
        retracted(
            CaseStep.DUE_CORRECTED, CaseStatus.RESOLVED if over else CaseStatus.ACCEPTED, clock=UNPAUSED,
            handled=not over,
        )
    )  # fmt: skip


def test_a_clock_that_was_paused_before_the_end_is_not_touched_after_it() -> None:
    ended = ACCEPTED.given(PAUSED, RESOLVED)
    ended.when(at(10, taken_back(CaseStep.PAUSED))).then_refused("not_the_last_step", field="step")


def test_what_was_backlog_is_backlog_again_where_the_correction_was_the_mistake() -> None:
    handed_down = CaseHandedDown(
        community=WENBO, grid="1网格", by_unit="区信访局", document=None, due_on=DUE, basis=accepted().basis
    )  # fmt: skip
    mistaken = CaseCorrected(reason="sealed:r", kind=CaseKind.DISPUTE)
    again = CorrectCase(reason="sealed:r", kind=CaseKind.BACKLOG)
    ACCEPTED.given(at(2, handed_down), mistaken).when(at(4, again), facts=HERE).then(
        CaseCorrected(reason="sealed:r", kind=CaseKind.BACKLOG, handed_down_at=at(2, None).at)
    )
    ACCEPTED.when(again, facts=HERE).then_refused("hand_down_instead", field="kind")
    as_reported = CASE.given(reported(kind=CaseKind.BACKLOG), mistaken).when(again, facts=HERE)
    as_reported.then(CaseCorrected(reason="sealed:r", kind=CaseKind.BACKLOG))
