"""The life of a case, told in sentences (§3.2.1, §5.1)."""

from dataclasses import replace
from datetime import date

import pytest

from services.intake.case import DECIDER, Facts
from services.intake.commands import (
    AcceptCase,
    CloseCase,
    Command,
    CorrectCase,
    DeclineCase,
    EscalateCase,
    ExtendDeadline,
    FollowUpCase,
    HandDownCase,
    LinkCase,
    PauseClock,
    ReclassifyCase,
    ReferCase,
    ReopenCase,
    ResolveCase,
    ResumeClock,
    RetractStep,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from services.intake.deadlines import Due
from services.intake.ledgers import cases
from services.intake.life import ACCEPTED_IN
from services.intake.service import SERVICE
from shared.contracts.codes import (
    Basis,
    CaseKind,
    CaseStatus,
    DeclineReason,
    DisputeType,
    Source,
    Tier,
)
from shared.contracts.intake import (
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseEscalated,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    CaseStep,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ClockPaused,
    ClockResumed,
    DeadlineExtended,
    PauseReason,
)
from shared.contracts.model import slug
from tests.declarations import assert_refusal_is_told
from tests.intake.invented import (
    FOLLOWED_UP,
    HERE,
    NO_AGREEMENT,
    NOWHERE,
    PARTIES,
    PERSONS,
    RESOLVED,
    WENBO,
    accepted,
    box,
    report,
    reported,
)
from tests.spec import CLERK, OFFICE, START, Spec, at, spec

CASE = replace(spec(DECIDER), facts=Facts())
REPORTED = CASE.given(reported())
ACCEPTED = REPORTED.given(accepted())
ENDED = ACCEPTED.given(RESOLVED)
ASKED = ENDED.given(FOLLOWED_UP)
CLOSED = ASKED.given(CaseClosed())
VOIDED = REPORTED.given(CaseVoided(reason="重复录入"))


def duplicate(status: CaseStatus = CaseStatus.ACCEPTED) -> Facts:
    row = cases.Row(
        id="other", community=WENBO, grid=None, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
        source=Source.SWEEP, status=status, basis=Basis.ACT, paper=None, summary=box("s"), parties=(),
        reported_at=START,
    )  # fmt: skip
    return Facts(duplicate=row)


# reported


def test_a_report_registers_the_case_under_the_code_of_the_community_it_names() -> None:
    CASE.when(report(), facts=HERE).then(reported())


def test_the_kind_the_source_and_an_absent_grid_stand_as_given() -> None:
    given = {"kind": CaseKind.INSTABILITY, "source": Source.HOTLINE, "grid": None}
    CASE.when(report(**given), facts=HERE).then(reported(**given))


def test_a_community_that_is_not_registered_is_refused() -> None:
    CASE.when(report(), facts=NOWHERE).then_refused("unknown_community", field="community")


def test_a_report_without_a_party_is_refused() -> None:
    CASE.when(report(parties=()), facts=HERE).then_refused("parties_missing", field="parties")


def test_a_case_is_reported_once() -> None:
    refused = REPORTED.when(report(), facts=HERE).then_refused("already_reported")
    assert "accept-case" in refused.allowed


def test_what_has_happened_does_not_lie_in_the_future() -> None:
    CASE.when(at(1, report()), facts=HERE, now=at(0, None)).then_refused("in_the_future", field="occurred_at")


def test_an_office_clock_may_be_a_little_ahead() -> None:
    CASE.when(at("2015-06-11T09:04:00+08:00", report()), facts=HERE, now=at(0, None)).then(reported())


# accepted, declined, linked, handed down, reclassified


def test_acceptance_gives_a_month_for_mediation() -> None:
    REPORTED.when(at("2015-06-30T09:00:00+08:00", AcceptCase())).then(accepted(due_on=date(2015, 7, 30)))


def test_a_month_ends_with_the_month_where_it_has_no_such_day() -> None:
    REPORTED.when(at("2016-01-31T09:00:00+08:00", AcceptCase())).then(accepted(due_on=date(2016, 2, 29)))
    REPORTED.when(at("2015-12-31T09:00:00+08:00", AcceptCase())).then(accepted(due_on=date(2016, 2, 1)))


def test_the_day_of_acceptance_is_that_of_china_whatever_the_offset() -> None:
    REPORTED.when(at("2015-06-30T16:30:00+00:00", AcceptCase())).then(accepted(due_on=date(2015, 8, 3)))


def test_petition_backlog_gets_sixty_days() -> None:
    backlog = CASE.given(reported(kind=CaseKind.BACKLOG))
    told = accepted(kind=CaseKind.BACKLOG, due_on=date(2015, 8, 10), due_rule="petition-60-days")
    backlog.when(AcceptCase()).then(told)


def test_a_case_is_not_accepted_before_it_was_reported() -> None:
    refused = REPORTED.when(at("2015-06-11T08:59:59+08:00", AcceptCase())).then_refused(
        "before_reported", field="occurred_at"
    )
    assert refused.known == {"occurred_at": "2015-06-11T08:59:59+08:00", "reported_at": "2015-06-11T09:00:00+08:00"}


def test_declining_says_why_and_tells_the_remedy() -> None:
    REPORTED.when(DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="可向法院起诉")).then(
        CaseDeclined(reason=DeclineReason.NOT_IN_SCOPE, remedy="可向法院起诉")
    )


def test_an_accepted_case_is_not_declined() -> None:
    ACCEPTED.when(DeclineCase(reason=DeclineReason.DUPLICATE, remedy="无")).then_refused("not_possible_now")


def test_a_case_is_linked_to_the_other_one() -> None:
    REPORTED.when(LinkCase(duplicate_of="other"), facts=duplicate()).then(CaseLinkedAsDuplicate(duplicate_of="other"))


def test_linking_a_case_in_hand_says_that_its_handling_ends() -> None:
    ACCEPTED.when(LinkCase(duplicate_of="other"), facts=duplicate()).then(
        CaseLinkedAsDuplicate(duplicate_of="other", handled=True)
    )


def test_a_case_is_no_duplicate_of_itself_or_of_none_or_of_one_that_is_gone() -> None:
    REPORTED.when(LinkCase(duplicate_of="1"), facts=duplicate()).then_refused("duplicate_of_itself")
    REPORTED.when(LinkCase(duplicate_of="other"), facts=Facts()).then_refused("unknown_duplicate")
    for gone in (CaseStatus.VOIDED, CaseStatus.LINKED):
        REPORTED.when(LinkCase(duplicate_of="other"), facts=duplicate(gone)).then_refused("duplicate_unfit")


def test_a_higher_office_hands_a_case_down_once() -> None:
    command = HandDownCase(by_unit="区信访局", document="信交字5号")
    event = CaseHandedDown(
        community=WENBO, grid="1网格", by_unit="区信访局", document="信交字5号", due_on=None, basis=Basis.ACT
    )
    REPORTED.when(command).then(event)
    REPORTED.given(event).when(command).then_refused("already_handed_down")


def test_a_case_handed_down_before_acceptance_gets_sixty_days() -> None:
    handed_down = CaseHandedDown(
        community=WENBO, grid="1网格", by_unit="区信访局", document=None, due_on=None, basis=Basis.ACT
    )
    told = accepted(kind=CaseKind.BACKLOG, due_on=date(2015, 8, 10), due_rule="petition-60-days")
    REPORTED.given(handed_down).when(AcceptCase()).then(told)


def test_handing_an_accepted_case_down_gives_no_more_time() -> None:
    ACCEPTED.when(HandDownCase(by_unit="区信访局")).then(
        CaseHandedDown(
            community=WENBO, grid="1网格", by_unit="区信访局", document=None, due_on=date(2015, 7, 11), basis=Basis.ACT
        )
    )


def test_a_matter_may_turn_out_to_be_of_another_type() -> None:
    command = ReclassifyCase(kind=CaseKind.INSTABILITY, dispute_type=DisputeType.HOUSING, reason="查明为宅基地纠纷")
    ACCEPTED.when(command).then(
        CaseReclassified(kind=CaseKind.INSTABILITY, dispute_type=DisputeType.HOUSING, reason="查明为宅基地纠纷")
    )


def test_reclassifying_changes_something_and_never_makes_or_unmakes_backlog() -> None:
    def reclassify(kind: CaseKind) -> ReclassifyCase:
        return ReclassifyCase(kind=kind, dispute_type=DisputeType.NEIGHBOURS, reason="改类")

    handed_down = CaseHandedDown(
        community=WENBO, grid=None, by_unit="区信访局", document=None, due_on=None, basis=Basis.ACT
    )
    REPORTED.when(reclassify(CaseKind.DISPUTE)).then_refused("nothing_changes")
    REPORTED.when(reclassify(CaseKind.BACKLOG)).then_refused("hand_down_instead")
    REPORTED.given(handed_down).when(reclassify(CaseKind.DISPUTE)).then_refused("handed_down_stays")


# ended


def test_the_four_endings_of_an_accepted_case() -> None:
    ACCEPTED.when(ResolveCase(tier=Tier.SUBDISTRICT, by_agreement=True)).then(
        CaseResolved(tier=Tier.SUBDISTRICT, by_agreement=True, basis=Basis.ACT, handled=True)
    )
    ACCEPTED.when(TerminateCase(reason=NO_AGREEMENT, remedies_told=True)).then(
        CaseTerminated(reason=NO_AGREEMENT, remedies_told=True, basis=Basis.ACT, handled=True)
    )
    ACCEPTED.when(ReferCase(to_unit="区法院", outside=True)).then(
        CaseReferred(to_unit="区法院", outside=True, basis=Basis.ACT, handled=True)
    )
    ACCEPTED.when(WithdrawCase(reason="已自行和解")).then(CaseWithdrawn(reason="已自行和解", handled=True))


def test_an_ending_written_on_paper_says_so() -> None:
    taken_over = CASE.given(reported(basis=Basis.PAPER_LEDGER), accepted(to_be_handled=False))
    taken_over.when(ResolveCase(basis=Basis.PAPER_LEDGER)).then(
        CaseResolved(tier=Tier.COMMUNITY, by_agreement=False, basis=Basis.PAPER_LEDGER, handled=False)
    )


def test_a_case_that_was_not_accepted_does_not_end() -> None:
    refused = REPORTED.when(ResolveCase()).then_refused("not_possible_now")
    assert refused.allowed == (
        "accept-case", "decline-case", "hand-down-case", "link-case", "reclassify-case", "correct-case", "void-case",
    )  # fmt: skip
    assert refused.known["standing"] == "reported"


def test_a_case_ends_once() -> None:
    ENDED.when(TerminateCase(reason=NO_AGREEMENT, remedies_told=True)).then_refused("not_possible_now")


# followed up, closed, reopened


def test_after_its_end_the_parties_are_asked_and_the_file_is_closed() -> None:
    ENDED.when(FollowUpCase(satisfied=None, stable=False, note=box("f"))).then(
        CaseFollowedUp(satisfied=None, stable=False, note=box("f"))
    )
    ASKED.when(CloseCase()).then(CaseClosed())


def test_a_file_is_not_closed_before_the_parties_were_asked() -> None:
    refused = ENDED.when(CloseCase()).then_refused("not_possible_now")
    assert "follow-up-case" in refused.allowed


def test_a_file_is_closed_once() -> None:
    refused = CLOSED.when(CloseCase()).then_refused("not_possible_now")
    assert refused.allowed == ("reopen-case", "retract-step", "correct-case", "void-case")


def test_a_reopened_case_gets_a_new_day_and_goes_on() -> None:
    event = CaseReopened(
        community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, reason="协议未履行",
        due_on=date(2015, 9, 11), due_rule="mediation-one-month",
    )  # fmt: skip
    CLOSED.when(at("2015-08-11T09:00:00+08:00", ReopenCase(reason="协议未履行"))).then(event)
    CLOSED.given(event).when(ResolveCase()).then(
        CaseResolved(tier=Tier.COMMUNITY, by_agreement=False, basis=Basis.ACT, handled=True)
    )


def test_only_a_closed_case_is_reopened() -> None:
    ENDED.when(ReopenCase(reason="反复")).then_refused("not_possible_now")


# corrected, voided


def correction(**given: object) -> CorrectCase:
    return CorrectCase(reason="录入有误", **given)  # type: ignore[arg-type]  # each test gives the fields it means


def test_a_wrong_entry_is_put_right() -> None:
    command = correction(community="文博社区", grid="2网格", source=Source.HOTLINE, parties=PERSONS[:1])
    CLOSED.when(command, facts=HERE).then(
        CaseCorrected(
            reason="录入有误", community=WENBO, grid="2网格", source=Source.HOTLINE, parties=PARTIES[:1]
        )
    )  # fmt: skip


def test_a_correction_changes_something_and_names_what_exists() -> None:
    REPORTED.when(correction()).then_refused("nothing_changes")
    REPORTED.when(correction(community="没有的社区"), facts=NOWHERE).then_refused("unknown_community")
    REPORTED.when(correction(parties=())).then_refused("parties_missing")
    REPORTED.when(correction(kind=CaseKind.BACKLOG)).then_refused("hand_down_instead")


def test_later_decisions_rest_on_the_corrected_entry() -> None:
    corrected = CaseCorrected(
        reason="录入有误", community="410105010002", kind=CaseKind.INSTABILITY, reported_on=date(2015, 6, 8),
        parties=PARTIES[:1],
    )  # fmt: skip
    reported_at = at("2015-06-08T00:00:00+08:00", None).at
    REPORTED.given(corrected).when(at("2015-06-08T10:00:00+08:00", AcceptCase())).then(
        accepted(
            community="410105010002", kind=CaseKind.INSTABILITY, parties=1, reported_at=reported_at,
            due_on=date(2015, 7, 8),
        )
    )  # fmt: skip


def test_the_office_alone_corrects_a_deadline_and_a_clerk_the_rest() -> None:
    later = date(2015, 12, 31)
    told = ACCEPTED.when(correction(due_on=later), by=CLERK).then_refused("deadline_of_the_office", field="due_on")
    assert_refusal_is_told(SERVICE, told)
    corrected = CaseCorrected(reason=correction().reason, due_on=later)
    ACCEPTED.when(correction(due_on=later), by=OFFICE).then(corrected)
    back = RetractStep(step=CaseStep.DUE_CORRECTED, reason="误改")
    ACCEPTED.given(corrected).when(back, by=CLERK).then_refused("deadline_of_the_office", field="step")
    ACCEPTED.when(correction(grid="2网格"), by=CLERK).then(CaseCorrected(reason=correction().reason, grid="2网格"))


def test_the_corrected_days_make_sense_together() -> None:
    REPORTED.when(correction(due_on=date(2015, 7, 1)), by=OFFICE).then_refused("not_accepted", field="due_on")
    ACCEPTED.when(correction(resolved_on=date(2015, 6, 11))).then_refused("not_ended", field="resolved_on")
    ENDED.when(correction(resolved_on=date(2015, 6, 10))).then_refused("resolved_before_reported", field="resolved_on")
    later = at("2015-06-20T09:00:00+08:00", correction(reported_on=date(2015, 6, 12)))
    ENDED.when(later).then_refused("resolved_before_reported", field="reported_on")
    ACCEPTED.when(later).then_refused("reported_after_first_step", field="reported_on")
    REPORTED.when(correction(reported_on=date(2015, 6, 12))).then_refused("in_the_future", field="reported_on")
    ENDED.when(correction(resolved_on=date(2015, 6, 12))).then_refused("in_the_future", field="resolved_on")


def test_a_corrected_due_day_says_that_it_was_put_right_by_hand() -> None:
    state = ACCEPTED.given(CaseCorrected(reason="录入有误", due_on=date(2015, 7, 1))).state()
    assert state.due == Due(date(2015, 7, 1), "correction")


def test_a_case_wrongly_marked_as_handed_down_can_be_put_right_and_handed_down_again() -> None:
    handed_down = CaseHandedDown(
        community=WENBO, grid="1网格", by_unit="区信访局", document=None, due_on=None, basis=Basis.ACT
    )
    wrong = REPORTED.given(handed_down)
    wrong.when(correction(kind=CaseKind.DISPUTE)).then(CaseCorrected(reason="录入有误", kind=CaseKind.DISPUTE))
    put_right = wrong.given(CaseCorrected(reason="录入有误", kind=CaseKind.DISPUTE))
    put_right.when(HandDownCase(by_unit="区信访局")).then(handed_down)


def test_a_void_case_takes_nothing_more() -> None:
    ACCEPTED.when(VoidCase(reason="重复录入")).then(CaseVoided(reason="重复录入", handled=True))
    ENDED.when(VoidCase(reason="重复录入")).then(CaseVoided(reason="重复录入", handled=False))
    for command in (AcceptCase(), VoidCase(reason="再次作废"), correction(grid="2网格")):
        VOIDED.when(command).then_refused("case_voided")


def test_nothing_is_done_about_a_case_that_does_not_exist() -> None:
    CASE.when(AcceptCase()).then_refused("unknown_case", field="stream")


# the whole table

ANY: dict[type[Command], Command] = {
    AcceptCase: AcceptCase(),
    DeclineCase: DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="可向法院起诉"),
    HandDownCase: HandDownCase(by_unit="区信访局"),
    LinkCase: LinkCase(duplicate_of="other"),
    ReclassifyCase: ReclassifyCase(kind=CaseKind.INSTABILITY, dispute_type=DisputeType.HOUSING, reason="改类"),
    ReferCase: ReferCase(to_unit="区法院", outside=True),
    WithdrawCase: WithdrawCase(reason="已自行和解"),
    ResolveCase: ResolveCase(),
    TerminateCase: TerminateCase(reason=NO_AGREEMENT, remedies_told=True),
    FollowUpCase: FollowUpCase(stable=True),
    CloseCase: CloseCase(),
    ReopenCase: ReopenCase(reason="协议未履行"),
    CorrectCase: CorrectCase(reason="录入有误", grid="2网格"),
    VoidCase: VoidCase(reason="重复录入"),
}
STANDING: dict[CaseStatus, Spec] = {
    CaseStatus.REPORTED: REPORTED,
    CaseStatus.ACCEPTED: ACCEPTED,
    CaseStatus.DECLINED: REPORTED.given(CaseDeclined(reason=DeclineReason.NOT_IN_SCOPE, remedy="可向法院起诉")),
    CaseStatus.LINKED: REPORTED.given(CaseLinkedAsDuplicate(duplicate_of="other")),
    CaseStatus.RESOLVED: ENDED,
    CaseStatus.TERMINATED: ACCEPTED.given(
        CaseTerminated(reason=NO_AGREEMENT, remedies_told=True, basis=Basis.ACT, handled=True)
    ),
    CaseStatus.REFERRED: ACCEPTED.given(CaseReferred(to_unit="区法院", outside=True, basis=Basis.ACT, handled=True)),
    CaseStatus.WITHDRAWN: ACCEPTED.given(CaseWithdrawn(reason="已自行和解", handled=True)),
    CaseStatus.FOLLOWED_UP: ASKED,
    CaseStatus.CLOSED: CLOSED,
    CaseStatus.VOIDED: VOIDED,
}


@pytest.mark.parametrize("status", CaseStatus)
@pytest.mark.parametrize("command", ANY.values(), ids=lambda command: slug(type(command)))
def test_in_each_status_just_what_is_allowed_is_taken(status: CaseStatus, command: Command) -> None:
    asked = STANDING[status].when(command, facts=duplicate())
    assert asked.state().status is status
    if type(command) in ACCEPTED_IN[status]:
        assert len(asked.decided()) == 1
    else:
        refused = asked.then_refused("case_voided" if status is CaseStatus.VOIDED else "not_possible_now")
        assert slug(type(command)) not in refused.allowed


# the deadline's clock, and escalation

PAUSE = PauseClock(reason=PauseReason.APPRAISAL)
PAUSED = ACCEPTED.given(at(10, ClockPaused(reason=PauseReason.APPRAISAL, note=None)))
EXTEND = ExtendDeadline(days=20, approved_by="街道办事处主任", reason="情况复杂")
EXTENDED = DeadlineExtended(
    days=20, due_on=date(2015, 7, 31), due_provisional=False, approved_by="街道办事处主任", reason="情况复杂"
)


def test_a_pause_puts_the_deadline_off_by_the_days_that_it_lasted() -> None:
    ACCEPTED.when(at(10, PAUSE)).then(ClockPaused(reason=PauseReason.APPRAISAL, note=None))
    # from the 11th of July, which was a Saturday: the 16th
    resumed = ClockResumed(paused_days=5, due_on=date(2015, 7, 16), due_provisional=False)
    PAUSED.when(at(15, ResumeClock())).then(resumed)
    again = PAUSED.given(at(15, resumed), at(16, ClockPaused(reason=PauseReason.OTHER_PROCEEDINGS, note=None)))
    again.when(at(18, ResumeClock())).then(ClockResumed(paused_days=2, due_on=date(2015, 7, 20), due_provisional=False))


def test_a_clock_stands_or_goes() -> None:
    for command in (PAUSE, EXTEND):
        assert PAUSED.when(at(11, command)).then_refused("clock_stands").known["since"] == "2015-06-21"
    ACCEPTED.when(at(10, ResumeClock())).then_refused("clock_goes")
    PAUSED.when(at(9, ResumeClock())).then_refused("resumed_before_paused", field="occurred_at")


def test_a_deadline_is_put_off_with_leave_by_thirty_days_at_most() -> None:
    ACCEPTED.when(at(10, EXTEND)).then(EXTENDED)
    refused = (
        ACCEPTED.given(at(10, EXTENDED))
        .when(at(11, ExtendDeadline(days=11, approved_by="主任", reason="情况复杂")))
        .then_refused("extended_too_far", field="days")
    )
    assert refused.known == {"left": 10}


def test_what_is_over_is_neither_paused_nor_put_off() -> None:
    for command in (PAUSE, EXTEND):
        ACCEPTED.when(at(40, command)).then_refused("deadline_passed", field="occurred_at")


def test_a_reopened_case_has_a_clock_of_its_own() -> None:
    life = ACCEPTED.given(at(10, EXTENDED), at(11, RESOLVED), at(12, FOLLOWED_UP), at(13, CaseClosed()))
    reopened = life.given(at(20, reopened_on(date(2015, 7, 31))))
    reopened.when(at(21, ExtendDeadline(days=30, approved_by="主任", reason="情况复杂"))).then(
        DeadlineExtended(
            days=30, due_on=date(2015, 8, 31), due_provisional=False, approved_by="主任", reason="情况复杂"
        )
    )


def reopened_on(due_on: date) -> CaseReopened:
    return CaseReopened(
        community=WENBO, grid=None, kind=CaseKind.DISPUTE, parties=2, reported_at=START, reason="协议未履行",
        due_on=due_on, due_rule="mediation-one-month",
    )  # fmt: skip


def test_a_case_is_passed_up_and_never_down() -> None:
    up = CaseEscalated(to=Tier.SUBDISTRICT, reason="久拖未决")
    ACCEPTED.when(EscalateCase(to=Tier.SUBDISTRICT, reason="久拖未决")).then(up)
    for tier in (Tier.COMMUNITY, Tier.SUBDISTRICT):
        ACCEPTED.given(up).when(EscalateCase(to=tier, reason="久拖未决")).then_refused("not_above", field="to")
