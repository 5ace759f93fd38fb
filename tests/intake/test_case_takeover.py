"""A row of a paper ledger is taken over as what the office wrote, on the days that it gives."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from services.intake.case import DECIDER
from services.intake.commands import CorrectCase, PaperOutcome, ResolveCase
from services.intake.takeover import taken_over_id
from shared.contracts.codes import Basis, CaseKind, Termination, Tier
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseHandedDown,
    CaseReferred,
    CaseReported,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
)
from shared.contracts.model import Dated
from tests.intake.invented import HERE, NOWHERE, PAPER, PARTIES, WENBO, accepted, reported, take_over
from tests.spec import Spec, at, spec

CASE = replace(spec(DECIDER), facts=HERE)
DAY = "2015-06-18T00:00:00+08:00"
REPORTED_AT = datetime.fromisoformat(DAY)
LATER = at("2015-07-02T09:00:00+08:00", None)
ON_PAPER = reported(basis=Basis.PAPER_LEDGER, paper=PAPER)


def taken_on(**changed: object) -> CaseAccepted:
    given = {
        "reported_at": REPORTED_AT, "due_on": date(2015, 7, 20), "to_be_handled": False, "basis": Basis.PAPER_LEDGER,
    } | changed  # fmt: skip
    return accepted(**given)


def row(**changed: object) -> Spec:
    return CASE.when(at(DAY, take_over(**changed)), now=LATER)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_open_row_is_reported_and_accepted_and_is_to_be_handled() -> None:
    row().then(ON_PAPER, taken_on(to_be_handled=True))


def test_the_papers_own_due_day_stands() -> None:
    row(due_on=date(2015, 7, 5)).then(
        ON_PAPER, taken_on(to_be_handled=True, due_on=date(2015, 7, 5), due_rule="paper")
    )  # fmt: skip


def test_a_resolved_row_is_over_on_its_day_and_is_not_handled() -> None:
    resolved = CaseResolved(tier=Tier.COMMUNITY, by_agreement=False, basis=Basis.PAPER_LEDGER)
    row(outcome=PaperOutcome.RESOLVED, ended_on=date(2015, 6, 25)).then(
        ON_PAPER, taken_on(), Dated(resolved, moment("2015-06-25T00:00:00+08:00"))
    )


def test_a_row_without_a_day_of_ending_is_over_by_the_end_of_its_month_and_says_so() -> None:
    terminated = CaseTerminated(
        reason=Termination.NO_AGREEMENT, remedies_told=None, basis=Basis.PAPER_LEDGER, day_known=False
    )
    row(outcome=PaperOutcome.TERMINATED).then(
        ON_PAPER, taken_on(), Dated(terminated, moment("2015-06-30T00:00:00+08:00"))
    )


def test_the_end_of_a_month_that_is_not_over_is_today() -> None:
    withdrawn = CaseWithdrawn(reason=None, basis=Basis.PAPER_LEDGER, day_known=False)
    today = at("2015-06-20T09:00:00+08:00", None)
    CASE.when(at(DAY, take_over(outcome=PaperOutcome.WITHDRAWN)), now=today).then(
        ON_PAPER, taken_on(), Dated(withdrawn, moment("2015-06-20T00:00:00+08:00"))
    )


def test_an_ending_on_the_day_of_the_report_does_not_come_before_it() -> None:
    referred = CaseReferred(to_unit="公安机关", outside=True, basis=Basis.PAPER_LEDGER)
    command = take_over(outcome=PaperOutcome.REFERRED, referred_to="公安机关", ended_on=date(2015, 6, 18))
    noon = "2015-06-18T12:00:00+08:00"
    CASE.when(at(noon, command), now=LATER).then(
        ON_PAPER, taken_on(reported_at=moment(noon)), Dated(referred, moment(noon))
    )


def test_marked_backlog_is_handed_down_by_a_unit_that_the_paper_may_not_name() -> None:
    handed_down = CaseHandedDown(
        community=WENBO, grid="1网格", by_unit=None, document=None, due_on=date(2015, 8, 17), basis=Basis.PAPER_LEDGER
    )
    row(kind=CaseKind.BACKLOG, handed_down=True).then(
        reported(kind=CaseKind.BACKLOG, basis=Basis.PAPER_LEDGER, paper=PAPER),
        taken_on(
            kind=CaseKind.BACKLOG, to_be_handled=True, due_on=date(2015, 8, 17), due_rule="petition-60-days"
        ),
        handed_down,
    )  # fmt: skip


def test_a_row_that_was_not_taken_on_is_only_reported() -> None:
    row(taken_on=False).then(ON_PAPER)


def test_paper_may_name_no_party_and_no_source() -> None:
    row(parties=(), source=None).then(
        reported(basis=Basis.PAPER_LEDGER, paper=PAPER, parties=(), source=None),
        taken_on(to_be_handled=True, parties=0),
    )


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"outcome": PaperOutcome.RESOLVED, "ended_on": date(2015, 6, 17)}, "resolved_before_reported", "ended_on"),
        ({"outcome": PaperOutcome.RESOLVED, "ended_on": date(2015, 7, 3)}, "in_the_future", "ended_on"),
        ({"ended_on": date(2015, 6, 25)}, "ended_but_open", "ended_on"),
        ({"outcome": PaperOutcome.RESOLVED, "taken_on": False}, "outcome_without_acceptance", "outcome"),
        ({"outcome": PaperOutcome.REFERRED}, "referred_to_missing", "referred_to"),
        ({"handed_down": True}, "backlog_kind", "kind"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changed: dict[str, object], code: str, field: str) -> None:
    row(**changed).then_refused(code, field=field)


def test_a_row_of_a_community_that_is_not_registered_is_refused() -> None:
    CASE.when(at(DAY, take_over()), now=LATER, facts=NOWHERE).then_refused("unknown_community")


def test_the_same_row_has_the_same_id_wherever_it_stands_in_whichever_file() -> None:
    moved = take_over(paper=replace(PAPER, row=9, import_id="imp-2", sheet="文博"))
    assert taken_over_id(moved) == taken_over_id(take_over()) == "410105010001-2015-06-1"


def test_another_number_month_or_community_is_another_case() -> None:
    others = [
        take_over(paper=replace(PAPER, number="2")),
        take_over(paper=replace(PAPER, month="2015-07")),
        take_over(community="410105010002"),
        take_over(undone=1),
    ]
    assert len({taken_over_id(command) for command in [take_over(), *others]}) == 5


def test_a_row_is_taken_over_once_even_after_it_was_undone() -> None:
    here = CASE.given(at(DAY, ON_PAPER), at(DAY, taken_on()))
    here.when(at(DAY, take_over()), now=LATER).then_refused("already_reported")
    undone = here.given(CaseVoided(reason="撤销导入"))
    undone.when(at(DAY, take_over()), now=LATER).then_refused("already_reported")


def test_the_report_day_of_a_row_is_put_right_together_with_its_acceptance() -> None:
    here = CASE.given(at(DAY, ON_PAPER), at(DAY, taken_on()))
    corrected = CaseCorrected(reason="更正导入", reported_on=date(2015, 6, 20))
    here.when(at(20, CorrectCase(reason="更正导入", reported_on=date(2015, 6, 20)))).then(corrected)


def test_a_row_that_has_ended_since_is_resolved_on_paper() -> None:
    here = CASE.given(at(DAY, ON_PAPER), at(DAY, taken_on(to_be_handled=True)))
    here.when(at(20, ResolveCase(basis=Basis.PAPER_LEDGER))).then(
        CaseResolved(tier=Tier.COMMUNITY, by_agreement=False, basis=Basis.PAPER_LEDGER, handled=True)
    )


def test_no_act_is_made_up() -> None:
    for outcome in PaperOutcome:
        command = take_over(outcome=outcome, referred_to="公安机关", kind=CaseKind.BACKLOG, handed_down=True)
        decided = CASE.when(at(DAY, command), now=LATER).decided()
        kinds = [type(one.event if isinstance(one, Dated) else one) for one in decided]
        assert kinds[:3] == [CaseReported, CaseAccepted, CaseHandedDown]
        assert len(kinds) == (3 if outcome is PaperOutcome.OPEN else 4)
        assert decided[0].parties == PARTIES
