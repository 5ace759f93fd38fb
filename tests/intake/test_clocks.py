"""The clocks of a case, each of which explains itself (synthetic)."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.intake.clocks import Agreement, ExplainedDeadline, agreement_of, clocks, foremost
from services.intake.deadlines import Clock, Due, DueStanding, Level, put_off, settle_by
from services.intake.ledgers.cases import Row
from shared.calendar import Calendar, Entered
from shared.contracts.assignment import (
    AgreementReached,
    Confirmation,
    HandlingOpened,
    HandlingResumed,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import AgreementForm, Basis, CaseKind, CaseStatus, DisputeType, Source
from tests.declarations import recorded
from tests.intake.invented import PAPER, PARTIES, WENBO, box
from tests.spec import START

KNOWN_2015, KNOWN_2022 = Calendar(date(2015, 12, 31)), Calendar(date(2022, 12, 31))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:00:00+08:00")


def case(**changed: Any) -> Row:
    """A petition that came straight from people."""
    given: dict[str, Any] = {
        "id": "case-1", "community": WENBO, "grid": None, "kind": CaseKind.BACKLOG,
        "dispute_type": DisputeType.HOUSING, "source": Source.APPLICATION, "status": CaseStatus.REPORTED,
        "basis": Basis.ACT, "paper": None, "summary": box("s"), "parties": PARTIES,
        "reported_at": moment("2022-06-01"),
    }  # fmt: skip
    return Row(**(given | changed))


def told(row: Row, today: str, agreement: Agreement | None = None) -> list[ExplainedDeadline]:
    return [*clocks(row, agreement, KNOWN_2022, date.fromisoformat(today))]


ACCEPTED: dict[str, Any] = {
    "status": CaseStatus.ACCEPTED, "accepted_at": moment("2022-06-10"), "due_on": date(2022, 8, 9),
    "due_rule": "petition-60-days-2022",
}  # fmt: skip
HANDED_DOWN: dict[str, Any] = {"handed_down_at": moment("2022-06-02"), "source": Source.SWEEP}


# before it is accepted


def test_a_petition_that_was_reported_is_to_be_answered_within_fifteen_days() -> None:
    (only,) = told(case(), "2022-06-03")
    assert (only.clock, only.on, only.rule) == (Clock.REGISTER, date(2022, 6, 16), "petition-register-15-days-2022")
    assert (only.law, only.verified, only.told) == ("信访工作条例（2022）第二十三条", True, False)
    assert "15日" in (only.quote or "")
    assert only.counting is not None
    assert only.counting.law == "民法典 第二百零一条至第二百零三条"
    assert [(step.step, step.on) for step in only.steps] == [("from", date(2022, 6, 1)), ("days", date(2022, 6, 16))]
    assert [one.document for one in only.announced] == [
        "国务院办公厅关于2022年部分节假日安排的通知（国办发明电〔2021〕11号）"
    ]
    assert (only.standing, only.escalation) == (DueStanding.RUNNING, Level.NONE)
    late = told(case(), "2022-06-17")[0]
    assert (late.standing, late.escalation) == (DueStanding.OVERDUE, Level.OFFICE)


def test_what_was_handed_down_is_counted_from_then_and_may_be_objected_to() -> None:
    register, against = told(case(**HANDED_DOWN), "2022-06-08")
    assert (register.clock, register.on) == (Clock.REGISTER, date(2022, 6, 17))
    assert register.rule == "petition-register-handed-down-15-days-2022"
    # Thursday 2 June: 3 June is Dragon Boat; 6, 7, 8, 9 and 10 are worked
    assert (against.clock, against.on) == (Clock.OBJECT, date(2022, 6, 10))
    assert (against.standing, against.escalation) == (DueStanding.SOON, Level.HANDLER)
    lapsed = told(case(**HANDED_DOWN), "2022-06-13")[1]
    assert (lapsed.standing, lapsed.escalation) == (DueStanding.LAPSED, Level.NONE), "who does not object is not late"


def test_a_petition_reported_as_handed_down_or_passed_on_needs_no_second_act() -> None:
    for source in (Source.HANDED_DOWN, Source.TRANSFERRED):
        assert [one.clock for one in told(case(source=source), "2022-06-02")] == [Clock.REGISTER, Clock.OBJECT]
    before = case(source=Source.HANDED_DOWN, reported_at=moment("2015-06-11"))
    (only,) = clocks(before, None, KNOWN_2015, date(2015, 6, 12))
    assert only.rule == "petition-register-handed-down-15-days", "信访条例 knows no such objection"


def test_a_dispute_has_no_clock_before_it_is_accepted() -> None:
    assert told(case(kind=CaseKind.DISPUTE), "2022-06-03") == []
    assert foremost(case(kind=CaseKind.DISPUTE), KNOWN_2022, date(2022, 6, 3)) is None


def test_a_petition_that_was_declined_in_time_was_answered_in_time() -> None:
    declined = case(status=CaseStatus.DECLINED, ending=CaseStatus.DECLINED, ended_at=moment("2022-06-16"))
    assert [one.standing for one in told(declined, "2022-09-01")] == [DueStanding.IN_TIME]


# accepted


def test_an_accepted_petition_is_to_be_settled_and_was_answered() -> None:
    settle, register, against = told(case(**HANDED_DOWN, **ACCEPTED), "2022-08-03")
    assert (settle.clock, settle.on, settle.told, settle.now) == (
        Clock.HANDLE, date(2022, 8, 9), True, date(2022, 8, 9),
    )  # fmt: skip
    assert (settle.standing, settle.escalation) == (DueStanding.SOON, Level.HANDLER)
    assert (register.standing, register.escalation) == (DueStanding.IN_TIME, Level.NONE)
    assert against.standing is DueStanding.MOOT, "it was taken on instead"


def test_extensions_and_pauses_are_told_as_steps() -> None:
    row = case(**{**ACCEPTED, "due_on": date(2022, 9, 5)}, extended_days=20, paused_days=7)
    settle = told(row, "2022-08-30")[0]
    assert [(step.step, step.length, step.on) for step in settle.steps] == [
        ("from", 0, date(2022, 6, 10)), ("days", 60, date(2022, 8, 9)), ("extended", 20, date(2022, 8, 29)),
        ("paused", 7, date(2022, 9, 5)),
    ]  # fmt: skip
    assert (settle.on, settle.now) == (date(2022, 9, 5), date(2022, 9, 5))


def test_what_was_accepted_before_it_was_handed_down_may_still_be_objected_to() -> None:
    row = case(**{**ACCEPTED, "accepted_at": moment("2022-06-01")}, **HANDED_DOWN)
    assert [one.standing for one in told(row, "2022-06-07")] == [
        DueStanding.RUNNING, DueStanding.IN_TIME, DueStanding.SOON,
    ]  # fmt: skip


def test_a_settled_paused_or_void_case_warns_nobody() -> None:
    rows = {
        DueStanding.IN_TIME: case(**{**ACCEPTED, "status": CaseStatus.RESOLVED, "ended_at": moment("2022-08-09")}),
        DueStanding.LATE: case(**{**ACCEPTED, "status": CaseStatus.RESOLVED, "ended_at": moment("2022-08-10")}),
        DueStanding.PAUSED: case(**ACCEPTED, paused_since=moment("2022-07-01")),
        DueStanding.MOOT: case(**{**ACCEPTED, "status": CaseStatus.VOIDED}),
    }
    for standing, row in rows.items():
        first = told(row, "2022-09-30")[0]
        assert (first.standing, first.escalation) == (standing, Level.NONE)
    assert told(case(**ACCEPTED), "2022-09-30")[0].escalation is Level.GROUP
    stopped_late = case(**ACCEPTED, paused_since=moment("2022-08-20"))
    assert told(stopped_late, "2022-09-30")[0].standing is DueStanding.OVERDUE, "a pause does not hide what was late"


def test_a_day_that_a_person_gave_has_no_law_and_paper_tells_no_more() -> None:
    paper = case(
        basis=Basis.PAPER_LEDGER, paper=PAPER, status=CaseStatus.ACCEPTED, accepted_at=moment("2022-06-01"),
        due_on=date(2022, 7, 1), due_rule="paper",
    )  # fmt: skip
    (only,) = told(paper, "2022-07-02")
    assert (only.on, only.rule, only.law, only.steps, only.now) == (date(2022, 7, 1), "paper", None, (), None)
    assert (only.standing, only.escalation) == (DueStanding.OVERDUE, Level.OFFICE)
    settled = case(
        basis=Basis.PAPER_LEDGER, paper=PAPER, status=CaseStatus.RESOLVED, accepted_at=moment("2022-06-01"),
        due_on=date(2022, 7, 1), due_rule="paper", ended_at=moment("2022-06-30"), day_known=False,
    )  # fmt: skip
    assert told(settled, "2022-07-02")[0].standing is DueStanding.UNCLEAR


# the agreement

OPENED = HandlingOpened(
    community=WENBO, grid=None, kind=CaseKind.DISPUTE, parties=2, reported_at=START, due_on=date(2015, 7, 11)
)
AGREED = AgreementReached(form=AgreementForm.ORAL, terms=box("t"))
OFFERED = JudicialConfirmationOffered(apply_by=date(2015, 7, 13))
UNOFFERED = WorkRetracted(
    act=WorkAct.CONFIRMATION_OFFER, item=None, visit=None, community=WENBO, reason=box("r")
)  # fmt: skip
CONFIRMED = JudicialConfirmationRecorded(confirmation=Confirmation.NOT_ASKED, document=None)


def test_the_agreement_that_stands_is_read_off_the_handling() -> None:
    def after(*events: Any) -> Agreement | None:
        return agreement_of([recorded(event, position=n) for n, event in enumerate(events)])

    on = date(2015, 6, 21)  # when all of it is recorded to have happened
    assert after(OPENED) is None
    assert after(OPENED, AGREED) == Agreement(on)
    assert after(OPENED, AGREED, OFFERED) == Agreement(on, OFFERED.apply_by)
    assert after(OPENED, AGREED, OFFERED, CONFIRMED) == Agreement(on, OFFERED.apply_by, answered=True)
    assert after(OPENED, AGREED, OFFERED, UNOFFERED) == Agreement(on)
    assert after(OPENED, AGREED, OFFERED, OPENED) is None, "mediation begins anew"
    assert after(OPENED, AGREED, HandlingResumed()) is None


def test_a_court_may_be_asked_within_thirty_days_and_nobody_is_late() -> None:
    row = case(kind=CaseKind.DISPUTE, status=CaseStatus.RESOLVED, reported_at=moment("2015-06-11"))

    def confirm(agreement: Agreement, today: date) -> ExplainedDeadline:
        (only,) = clocks(row, agreement, KNOWN_2015, today)
        return only

    agreed = Agreement(date(2015, 6, 12))
    only = confirm(agreed, date(2015, 6, 20))
    assert (only.clock, only.on, only.told) == (Clock.CONFIRM, date(2015, 7, 13), False), "12 July is a Sunday"
    assert (only.law, only.standing, only.escalation) == ("人民调解法 第三十三条", DueStanding.RUNNING, Level.NONE)
    offered = Agreement(date(2015, 6, 12), apply_by=date(2015, 7, 12))
    late = confirm(offered, date(2015, 7, 13))
    assert (late.on, late.told, late.now, late.standing) == (
        date(2015, 7, 12), True, date(2015, 7, 13), DueStanding.LAPSED,
    )  # fmt: skip
    assert confirm(offered, date(2015, 7, 8)).escalation is Level.HANDLER
    unannounced = Calendar(date(2026, 12, 20))
    (far,) = clocks(row, Agreement(date(2026, 12, 18), apply_by=date(2027, 1, 18)), unannounced, date(2026, 12, 20))
    assert (far.on, far.provisional) == (date(2027, 1, 18), True), "17 Jan 2027 is a Sunday, of a year not announced"
    answered = Agreement(date(2015, 6, 12), apply_by=date(2015, 7, 13), answered=True)
    assert confirm(answered, date(2015, 7, 8)).standing is DueStanding.MOOT


# when the calendar changes

CHANGES = st.dictionaries(st.dates(date(2022, 8, 1), date(2022, 9, 30)), st.booleans(), max_size=20)


@given(CHANGES, st.integers(1, 30))
def test_what_was_told_stays_and_only_what_is_decided_later_follows_an_amended_calendar(
    changes: dict[date, bool], more: int
) -> None:
    accepted = date(2022, 6, 10)
    was_told = settle_by(CaseKind.BACKLOG, accepted, KNOWN_2022)
    row = case(**{**ACCEPTED, "due_on": was_told.on, "due_rule": was_told.rule})
    entered = [
        Entered(
            id=str(on),
            year=None,
            day=on,
            works=works,
            announced_on=date(2022, 7, 1),
            document="示例发电1号",
            position=0,
        )
        for on, works in changes.items()
    ]
    amended = Calendar(date(2022, 12, 31), entered)
    settle = clocks(row, None, amended, date(2022, 7, 2))[0]
    assert settle.on == was_told.on
    assert settle.now == settle_by(CaseKind.BACKLOG, accepted, amended).on
    assert settle.steps[-1].on == settle.now
    later = put_off(was_told, accepted, amended, extended=more, paused=0, by=more)
    assert later == settle_by(CaseKind.BACKLOG, accepted, amended, extended=more)
    assert later == Due(amended.from_day(accepted + timedelta(days=60 + more)), was_told.rule)
    before = Calendar(date(2022, 6, 30), entered)
    assert settle_by(CaseKind.BACKLOG, accepted, before) == was_told, "what was announced later was not known"
