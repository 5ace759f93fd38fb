"""The handling of a case, told in sentences (§3.2.1, 3.3.2; 人民调解法 17, 26, 28, 29)."""

from dataclasses import replace
from datetime import date

import pytest

from services.assignment.commands import (
    AssignHandler,
    CheckPerformance,
    CompleteHandover,
    CompleteVisit,
    DeclareConflict,
    DeclineVisit,
    EndHandling,
    HoldMediation,
    OfferJudicialConfirmation,
    OpenHandling,
    OpenHandover,
    PlanVisit,
    ReachAgreement,
    RecordConsent,
    RecordJudicialConfirmation,
    ReplaceHandler,
    SignResponsibilityLetter,
    TerminateMediation,
    WithdrawConsent,
)
from services.assignment.handling import DECIDER, Command, Facts
from shared.calendar import Entered
from shared.contracts.assignment import (
    AgreementReached,
    Confirmation,
    ConflictDeclared,
    ConsentRecorded,
    ConsentWithdrawn,
    HandlerAssigned,
    HandlerReplaced,
    HandlingEnded,
    HandoverCompleted,
    HandoverOpened,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    MediationHeld,
    MediationTerminated,
    Performance,
    PerformanceChecked,
    ResponsibilityLetterSigned,
    VisitDeclined,
    VisitPlanned,
)
from shared.contracts.codes import AgreementForm, CaseKind, CaseStatus, Role, Termination, Tier, VisitResult
from shared.contracts.event import Actor
from tests.assignment.invented import POSTED, WENBO, box, known, opened, planned, posting, visited
from tests.spec import START, at, spec

HANDLING = replace(spec(DECIDER), facts=POSTED)
OPENED = HANDLING.given(opened())
ASSIGNED = OPENED.given(HandlerAssigned(officer="judge-1"))
PLANNED = OPENED.given(planned())
CONSENTED = OPENED.given(ConsentRecorded(party=1), ConsentRecorded(party=2))
SESSION = HoldMediation(officers=("judge-1", "police-1"), place="社区工作室", record=box("r"))
HELD = MediationHeld(officers=("judge-1", "police-1"), place="社区工作室", record=box("r"))
MEDIATED = CONSENTED.given(HELD)
AGREED = AgreementReached(form=AgreementForm.WRITTEN, terms=box("t"))
ENDED = PLANNED.given(HandlingEnded(status=CaseStatus.RESOLVED))


# opened and ended by reactions


def open_again() -> OpenHandling:
    return OpenHandling(
        community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, due_on=date(2015, 7, 11)
    )


def test_an_accepted_case_comes_to_those_who_handle_it() -> None:
    HANDLING.when(open_again()).then(opened())


def test_a_reaction_is_not_refused_because_this_clock_is_behind() -> None:
    service = Actor(id="service:assignment", role=Role.SERVICE)
    HANDLING.when(at(0, open_again()), by=service, now=at(-1, None)).then(opened())


def test_a_case_in_hand_is_not_opened_again() -> None:
    OPENED.when(open_again()).then_refused("already_open")


def test_handling_ends_once() -> None:
    OPENED.when(EndHandling(status=CaseStatus.REFERRED)).then(HandlingEnded(status=CaseStatus.REFERRED))
    ENDED.when(EndHandling(status=CaseStatus.VOIDED)).then_refused("handling_ended")
    HANDLING.when(EndHandling(status=CaseStatus.VOIDED)).then_refused("unknown_handling")


def test_a_reopened_case_keeps_handler_conflicts_and_visits_and_begins_mediation_anew() -> None:
    over = MEDIATED.given(
        HandlerAssigned(officer="judge-1"), ConflictDeclared(officer="police-1", reason="近亲属"), planned(), AGREED,
        HandlingEnded(status=CaseStatus.RESOLVED),
    )  # fmt: skip
    again = over.given(opened())
    again.when(CompleteVisit(visit="v1")).then(visited())
    again.when(AssignHandler(officer="judge-1")).then_refused("handler_assigned")
    again.when(PlanVisit(officer="police-1", on=date(2015, 6, 20), must=False)).then_refused("conflict_of_interest")
    again.when(SESSION).then_refused("consent_missing")
    again.when(ReachAgreement(form=AgreementForm.ORAL)).then_refused("consent_missing")


# handlers


def test_a_leader_makes_an_officer_answer_for_the_case() -> None:
    OPENED.when(AssignHandler(officer="judge-1")).then(HandlerAssigned(officer="judge-1"))


def test_a_case_has_one_handler_who_can_be_replaced_by_another() -> None:
    refused = ASSIGNED.when(AssignHandler(officer="police-1")).then_refused("handler_assigned")
    assert "replace-handler" in refused.allowed
    assert "assign-handler" not in refused.allowed
    ASSIGNED.when(ReplaceHandler(officer="police-1", reason="工作调动")).then(
        HandlerReplaced(officer="police-1", replaced="judge-1", reason="工作调动")
    )
    ASSIGNED.when(ReplaceHandler(officer="judge-1", reason="工作调动")).then_refused("same_handler", field="officer")
    OPENED.when(ReplaceHandler(officer="judge-1", reason="工作调动")).then_refused("no_handler")


def test_only_officers_posted_to_the_community_handle_its_cases() -> None:
    refused = OPENED.when(AssignHandler(officer="lawyer-9")).then_refused("not_posted", field="officer")
    assert refused.known == {"officer": "lawyer-9", "day": "2015-06-11", "community": WENBO}
    ASSIGNED.when(ReplaceHandler(officer="lawyer-9", reason="工作调动")).then_refused("not_posted")


@pytest.mark.parametrize(
    ("from_day", "last_day", "serves"),
    [
        (date(2015, 6, 15), None, True),
        (date(2015, 6, 16), None, False),
        (date(2015, 6, 1), date(2015, 6, 15), True),
        (date(2015, 6, 1), date(2015, 6, 14), False),
    ],
)
def test_an_officer_works_while_the_posting_lasts(from_day: date, last_day: date | None, serves: bool) -> None:
    facts = Facts(case=known(), postings=(posting("judge-1", from_day, last_day),))
    asked = PLANNED.when(at("2015-06-15T10:00:00+08:00", CompleteVisit(visit="v1")), facts=facts)
    if serves:
        asked.then(visited())
    else:
        asked.then_refused("not_posted", field="officer")


def test_an_officer_with_a_conflict_of_interest_is_refused_for_this_case_from_then_on() -> None:
    OPENED.when(DeclareConflict(officer="judge-1", reason="近亲属")).then(
        ConflictDeclared(officer="judge-1", reason="近亲属")
    )
    conflicted = PLANNED.given(
        ConsentRecorded(party=1), ConsentRecorded(party=2), ConflictDeclared(officer="judge-1", reason="近亲属")
    )
    for command, field in (
        (AssignHandler(officer="judge-1"), "officer"),
        (PlanVisit(officer="judge-1", on=date(2015, 6, 20), must=False), "officer"),
        (CompleteVisit(visit="v1"), "officer"),
        (CompleteVisit(visit="never-planned", officer="judge-1"), "officer"),
        (SESSION, "officers"),
    ):
        conflicted.when(command).then_refused("conflict_of_interest", field=field)
    conflicted.when(CompleteVisit(visit="v1", officer="police-1")).then(visited(officer="police-1"))
    conflicted.when(DeclareConflict(officer="judge-1", reason="近亲属")).then_refused("conflict_already_declared")


def test_a_handler_with_a_conflict_gives_the_case_to_another() -> None:
    conflicted = ASSIGNED.given(ConflictDeclared(officer="judge-1", reason="近亲属"))
    conflicted.when(ReplaceHandler(officer="police-1", reason="回避")).then(
        HandlerReplaced(officer="police-1", replaced="judge-1", reason="回避")
    )


# visits


def test_visits_are_planned_and_numbered() -> None:
    plan = PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=True)
    OPENED.when(plan).then(planned("v1"))
    PLANNED.when(plan).then(planned("v2"))
    OPENED.given(planned("v2")).when(plan).then(planned("v3"))


def test_a_visit_may_be_given_an_id_of_its_own_once() -> None:
    plan = PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=True, visit="diary-7")
    OPENED.when(plan).then(planned("diary-7"))
    OPENED.given(planned("diary-7")).when(plan).then_refused("visit_exists", field="visit")


def test_a_visit_is_planned_for_a_day_on_which_the_officer_serves_and_the_case_exists() -> None:
    leaves = Facts(case=known(), postings=(posting("judge-1", last_day=date(2015, 6, 14)),))
    OPENED.when(PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=True), facts=leaves).then_refused("not_posted")
    early = PlanVisit(officer="judge-1", on=date(2015, 6, 10), must=True)
    OPENED.when(early).then_refused("before_reported", field="on")


def test_a_planned_visit_takes_place_with_its_diary_sealed() -> None:
    PLANNED.when(CompleteVisit(visit="v1", diary=box("d"))).then(visited(diary=box("d")))


def test_another_officer_may_come() -> None:
    PLANNED.when(CompleteVisit(visit="v1", officer="police-1")).then(visited(officer="police-1"))


def test_a_household_may_decline_and_the_duty_counts_as_done() -> None:
    declined = VisitDeclined(
        visit="v1", officer="judge-1", community=WENBO, grid="1网格", must=True, reason="对方谢绝"
    )  # fmt: skip
    PLANNED.when(DeclineVisit(visit="v1", reason="对方谢绝")).then(declined)
    PLANNED.given(declined).when(CompleteVisit(visit="v1")).then_refused("visit_already_done")


def test_a_visit_is_completed_once_and_only_as_planned() -> None:
    PLANNED.given(visited()).when(CompleteVisit(visit="v1")).then_refused("visit_already_done", field="visit")
    OPENED.when(CompleteVisit(visit="v1")).then_refused("unknown_visit", field="visit")
    OPENED.when(DeclineVisit(visit="v1", reason="谢绝")).then_refused("unknown_visit", field="visit")


def test_no_visit_takes_place_before_its_case_was_reported() -> None:
    early = at("2015-06-11T08:00:00+08:00", CompleteVisit(visit="v1"))
    refused = PLANNED.when(early).then_refused("before_reported", field="occurred_at")
    assert refused.known == {"occurred_at": "2015-06-11T08:00:00+08:00", "reported_at": "2015-06-11T09:00:00+08:00"}
    never_planned = at("2015-06-11T08:00:00+08:00", CompleteVisit(visit="v9"))
    PLANNED.when(never_planned).then_refused("before_reported", field="occurred_at")


def test_moments_are_compared_whatever_their_offset() -> None:
    PLANNED.when(at("2015-06-11T00:59:59+00:00", CompleteVisit(visit="v1"))).then_refused("before_reported")
    PLANNED.when(at("2015-06-11T01:00:00+00:00", CompleteVisit(visit="v1"))).then(visited())


def test_what_intake_has_put_right_is_what_counts() -> None:
    corrected = Facts(
        case=known(community="410105010002", grid="3网格", parties=1, reported_at=at(5, None).at),
        postings=POSTED.postings,
    )
    PLANNED.when(at(4, CompleteVisit(visit="v1")), facts=corrected).then_refused("before_reported")
    PLANNED.when(at(6, CompleteVisit(visit="v1")), facts=corrected).then(
        replace(visited(), community="410105010002", grid="3网格")
    )
    PLANNED.when(at(6, RecordConsent(party=2)), facts=corrected).then_refused("unknown_party", field="party")


def test_a_visit_that_took_place_before_the_end_may_be_entered_after_it() -> None:
    over_at = at("2015-06-20T12:00:00+08:00", HandlingEnded(status=CaseStatus.RESOLVED))
    over = PLANNED.given(over_at)
    over.when(at("2015-06-20T11:00:00+08:00", CompleteVisit(visit="v1"))).then(visited())
    refused = over.when(at("2015-06-20T13:00:00+08:00", CompleteVisit(visit="v1"))).then_refused("visit_after_end")
    assert refused.known == {"occurred_at": "2015-06-20T13:00:00+08:00", "ended_at": "2015-06-20T12:00:00+08:00"}
    refused = over.when(at(10, DeclareConflict(officer="judge-1", reason="近亲属"))).then_refused("handling_ended")
    assert refused.allowed == ("complete-visit", "decline-visit", "retract-work")


def test_nothing_is_entered_for_a_void_case() -> None:
    void = PLANNED.given(at("2015-06-20T12:00:00+08:00", HandlingEnded(status=CaseStatus.VOIDED)))
    refused = void.when(at("2015-06-19T12:00:00+08:00", CompleteVisit(visit="v1"))).then_refused("handling_ended")
    assert refused.allowed == ()


# mediation


def test_every_party_agrees_before_mediation_is_held() -> None:
    OPENED.when(RecordConsent(party=2)).then(ConsentRecorded(party=2))
    OPENED.when(SESSION).then_refused("consent_missing")
    half = OPENED.given(ConsentRecorded(party=2))
    assert half.when(SESSION).then_refused("consent_missing").known == {"parties": "1"}
    CONSENTED.when(SESSION).then(HELD)


def test_consent_is_a_partys_own_and_given_once() -> None:
    OPENED.when(RecordConsent(party=3)).then_refused("unknown_party", field="party")
    CONSENTED.when(RecordConsent(party=1)).then_refused("consent_already_recorded", field="party")


def test_consent_may_be_withdrawn_and_then_nothing_is_agreed() -> None:
    CONSENTED.when(WithdrawConsent(party=1)).then(ConsentWithdrawn(party=1))
    OPENED.when(WithdrawConsent(party=1)).then_refused("consent_not_recorded", field="party")
    withdrawn = MEDIATED.given(ConsentWithdrawn(party=1))
    withdrawn.when(ReachAgreement(form=AgreementForm.ORAL)).then_refused("consent_missing")
    withdrawn.when(SESSION).then_refused("consent_missing")
    withdrawn.when(RecordConsent(party=1)).then(ConsentRecorded(party=1))


def test_mediation_is_held_by_officers_each_named_once() -> None:
    CONSENTED.when(replace(SESSION, officers=())).then_refused("officers_missing", field="officers")
    CONSENTED.when(replace(SESSION, officers=("judge-1", "lawyer-9"))).then_refused("not_posted", field="officers")
    CONSENTED.when(replace(SESSION, officers=("judge-1", "police-1", "judge-1"))).then(HELD)


def test_a_case_that_names_no_party_is_not_mediated() -> None:
    nobody = Facts(case=known(parties=0), postings=POSTED.postings)
    HANDLING.given(opened(parties=0)).when(SESSION, facts=nobody).then_refused("parties_unknown")


def test_an_agreement_comes_of_mediation() -> None:
    CONSENTED.when(ReachAgreement(form=AgreementForm.ORAL)).then_refused("mediation_missing")
    MEDIATED.when(ReachAgreement(form=AgreementForm.WRITTEN, terms=box("t"), tier=Tier.SUBDISTRICT)).then(
        AgreementReached(form=AgreementForm.WRITTEN, terms=box("t"), tier=Tier.SUBDISTRICT)
    )


def test_mediation_ends_lawfully_without_an_agreement() -> None:
    def terminate(reason: Termination) -> TerminateMediation:
        return TerminateMediation(reason=reason, remedies_told=True)

    OPENED.when(terminate(Termination.REFUSED)).then(
        MediationTerminated(reason=Termination.REFUSED, remedies_told=True)
    )
    CONSENTED.when(terminate(Termination.NO_AGREEMENT)).then_refused("nothing_was_tried", field="reason")
    MEDIATED.when(terminate(Termination.NO_AGREEMENT)).then(
        MediationTerminated(reason=Termination.NO_AGREEMENT, remedies_told=True)
    )


MEDIATING: tuple[Command, ...] = (
    RecordConsent(party=1),
    WithdrawConsent(party=1),
    SESSION,
    ReachAgreement(form=AgreementForm.ORAL),
    TerminateMediation(reason=Termination.REFUSED, remedies_told=True),
)


@pytest.mark.parametrize("command", MEDIATING, ids=lambda command: type(command).__name__)
def test_when_mediation_is_over_it_is_over(command: Command) -> None:
    refused = MEDIATED.given(AGREED).when(command).then_refused("mediation_over")
    assert "plan-visit" in refused.allowed
    assert "hold-mediation" not in refused.allowed


ALL: tuple[Command, ...] = (
    AssignHandler(officer="judge-1"),
    ReplaceHandler(officer="police-1", reason="工作调动"),
    DeclareConflict(officer="judge-1", reason="近亲属"),
    PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=True),
    CompleteVisit(visit="v1"),
    DeclineVisit(visit="v1", reason="谢绝"),
    *MEDIATING,
)


@pytest.mark.parametrize("command", ALL, ids=lambda command: type(command).__name__)
def test_nothing_is_done_before_acceptance_after_the_end_in_the_future_or_before_the_report(command: Command) -> None:
    HANDLING.when(command).then_refused("unknown_handling", field="stream")
    visit = isinstance(command, CompleteVisit | DeclineVisit)
    ENDED.when(at(1, command)).then_refused("visit_after_end" if visit else "handling_ended")
    OPENED.when(at(1, command), now=at(0, None)).then_refused("in_the_future", field="occurred_at")
    OPENED.when(at(-1, command)).then_refused("before_reported", field="occurred_at")


def test_planning_is_no_visit() -> None:
    assert isinstance(
        PLANNED.when(PlanVisit(officer="judge-1", on=date(2015, 6, 15), must=False)).decided()[0], VisitPlanned
    )
    assert PLANNED.state().visits["v1"].result is VisitResult.PLANNED


# what comes after an agreement; letters; handovers

SETTLED = HANDLING.given(at(0, opened()), at(5, AGREED))
KEPT = CheckPerformance(performance=Performance.PERFORMED)
CHECKED = PerformanceChecked(performance=Performance.PERFORMED, note=None)
OFFERED = JudicialConfirmationOffered(apply_by=date(2015, 7, 16))
CONFIRMED = RecordJudicialConfirmation(confirmation=Confirmation.CONFIRMED, document="确1")


def test_an_agreement_is_looked_after_even_when_the_case_is_over() -> None:
    over = SETTLED.given(at(6, HandlingEnded(status=CaseStatus.RESOLVED)))
    for handling in (SETTLED, over):
        handling.when(at(20, KEPT), facts=POSTED).then(CHECKED)
        handling.given(at(20, CHECKED)).when(at(40, KEPT), facts=POSTED).then(CHECKED)
    void = SETTLED.given(at(6, HandlingEnded(status=CaseStatus.VOIDED)))
    void.when(at(20, KEPT), facts=POSTED).then_refused("handling_ended")
    OPENED.when(KEPT, facts=POSTED).then_refused("no_agreement")


def test_judicial_confirmation_is_offered_within_thirty_days_and_recorded_after_that() -> None:
    SETTLED.when(at(35, OfferJudicialConfirmation()), facts=POSTED).then(OFFERED)
    late = SETTLED.when(at(36, OfferJudicialConfirmation()), facts=POSTED).then_refused("confirmation_too_late")
    assert late.known == {"apply_by": "2015-07-16"}
    SETTLED.when(at(9, CONFIRMED), facts=POSTED).then_refused("confirmation_not_offered")
    SETTLED.given(at(8, OFFERED)).when(at(50, CONFIRMED), facts=POSTED).then(
        JudicialConfirmationRecorded(confirmation=Confirmation.CONFIRMED, document="确1")
    )


def test_the_thirty_days_for_judicial_confirmation_do_not_end_on_a_day_off() -> None:
    agreed = HANDLING.given(at(0, opened()), at("2015-08-05T10:00:00+08:00", AGREED))  # 30 days: Friday 4 September
    offer = at("2015-08-20T10:00:00+08:00", OfferJudicialConfirmation())
    off_since_may = JudicialConfirmationOffered(apply_by=date(2015, 9, 6))  # 3–5 off, Sunday the 6th worked
    agreed.when(offer, facts=POSTED).then(off_since_may)
    entered = Entered(
        id="2015-09-06", year=None, day=date(2015, 9, 6), works=False, announced_on=date(2015, 8, 10),
        document="示例发电〔2015〕2号", position=0,
    )  # fmt: skip
    known_here = Facts(case=POSTED.case, postings=POSTED.postings, amended=(entered,))
    agreed.when(offer, facts=known_here).then(JudicialConfirmationOffered(apply_by=date(2015, 9, 7)))


def test_a_letter_is_signed_for_what_was_handed_down() -> None:
    sign = SignResponsibilityLetter(unit="综治办", person="sealed:p", contact_days=7)
    OPENED.when(sign, facts=POSTED).then_refused("not_handed_down")
    backlog = Facts(case=known(kind=CaseKind.BACKLOG), postings=POSTED.postings)
    OPENED.when(sign, facts=backlog).then(
        ResponsibilityLetterSigned(community=WENBO, unit="综治办", person="sealed:p", contact_days=7)
    )


def test_a_case_is_handed_over_to_someone_posted_and_without_a_conflict() -> None:
    handled = ASSIGNED
    leaving = HandoverOpened(officer="judge-1")
    handled.when(OpenHandover(officer="judge-1")).then(leaving)
    handled.when(OpenHandover(officer="police-1")).then_refused("no_handover")
    handled.when(CompleteHandover(officer="police-1"), facts=POSTED).then_refused("no_handover")
    waiting = handled.given(leaving)
    done = HandoverCompleted(officer="police-1", replaced="judge-1", note=None)
    waiting.when(CompleteHandover(officer="police-1"), facts=POSTED).then(done)
    stays = HandoverCompleted(officer="judge-1", replaced="judge-1", note=None)
    waiting.when(CompleteHandover(officer="judge-1"), facts=POSTED).then(stays)  # whose posting did not end after all
    waiting.when(CompleteHandover(officer="stranger"), facts=POSTED).then_refused("not_posted", field="officer")
    torn = waiting.given(ConflictDeclared(officer="police-1", reason="sealed:r"))
    torn.when(CompleteHandover(officer="police-1"), facts=POSTED).then_refused("conflict_of_interest")
    assert waiting.given(done).state().handler == "police-1"
