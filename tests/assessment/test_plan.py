"""A plan's life (§3.4), and the plan of the seed as it ships."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from services.assessment import plan
from services.assessment.commands import AdoptPlan, AmendPlan
from services.assessment.documents import DocumentFault, read
from services.assessment.plan_file import BUILT_IN
from shared.contracts.assessment import Given, Plan, PlanAdopted, PlanAmended
from shared.contracts.model import Refused
from tests.assessment.campaign import OFFICE, PLAN
from tests.spec import Spec, spec

ADOPT = AdoptPlan(plan=PLAN, author="领导小组办公室", reason="印发")
ADOPTED = PlanAdopted(plan=PLAN, version=1, author="领导小组办公室", reason="印发")
CHANGED = replace(PLAN, posting_months=18)


def asked() -> Spec:
    return replace(spec(plan.DECIDER), id=PLAN.code, by=OFFICE)


def test_a_plan_is_adopted_as_its_first_version() -> None:
    asked().when(ADOPT).then(ADOPTED)


def test_a_plan_is_adopted_once_and_then_amended() -> None:
    refused = asked().given(ADOPTED).when(ADOPT).then_refused("plan_adopted")
    assert refused.allowed == ("amend-plan",)
    amend = AmendPlan(plan=CHANGED, author="领导小组办公室", reason="调整")
    asked().given(ADOPTED).when(amend).then(
        PlanAmended(plan=CHANGED, version=2, author="领导小组办公室", reason="调整")
    )


def test_an_amendment_needs_a_plan_and_a_change() -> None:
    amend = AmendPlan(plan=PLAN, author="领导小组办公室", reason="调整")
    asked().when(amend).then_refused("plan_not_adopted")
    asked().given(ADOPTED).when(amend).then_refused("nothing_changed", field="plan")
    replace(asked(), id="another").when(ADOPT).then_refused("other_code", field="plan.code")


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (replace(PLAN, phases=()), "no_phases"),
        (replace(PLAN, phases=(replace(PLAN.phases[0], to_day=date(2015, 5, 1)),)), "phase_backwards"),
        (replace(PLAN, phases=(*PLAN.phases, PLAN.phases[0])), "repeated_code"),
        (replace(PLAN, phases=PLAN.phases[:2]), "unknown_reference"),
        (replace(PLAN, anomalies=()), "oddity_not_flagged"),
    ],
)
def test_a_plan_that_does_not_hold_together_is_refused(spoilt: Plan, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan.check(spoilt)
    assert caught.value.code == code


# the plan of the seed -------------------------------------------------------------------------------------------


def test_the_seed_plan_keeps_its_oddities_and_flags_them() -> None:
    plan.check(PLAN)
    assert plan.oddities(PLAN) == ["1", "summary"]
    summary = next(duty for duty in PLAN.duties if duty.code == "summary")
    third = PLAN.phases[2]
    assert summary.due_on == date(2015, 11, 14)
    assert summary.due_on.isoweekday() == 6
    assert summary.due_on < third.from_day == date(2015, 12, 21)
    assert PLAN.issued_on == PLAN.phases[0].to_day == date(2015, 6, 10)
    assert (third.to_day - PLAN.phases[0].from_day).days + 1 == 214
    assert {anomaly.code for anomaly in PLAN.anomalies} == {
        "summary_before_phase_3", "half_year_of_214_days", "issued_on_last_day_of_phase_1",
        "yearly_duties_outlast_campaign", "ten_kinds_name_fewer", "no_section_four", "rates_without_denominators",
        "weights_elsewhere",
    }  # fmt: skip


def test_the_seed_plan_covers_every_clause_that_sets_a_duty_and_says_what_it_added() -> None:
    clauses = {duty.clause for duty in PLAN.duties}
    wanted = ["2", *(f"3.{part}.{n}" for part, last in ((1, 4), (2, 6), (3, 7), (4, 3)) for n in range(1, last + 1))]
    assert set(wanted) - clauses == set()
    proposed = {cadence.code for cadence in PLAN.cadences if cadence.due_day_given is Given.PROPOSAL}
    assert proposed == {"monthly_meeting", "debriefing"}
    assert {one.code for one in PLAN.must_visits.classes} == {"dispute", "petition", "released"}


# mistakes in a file ---------------------------------------------------------------------------------------------

TEXT = Path(BUILT_IN).read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "at", "field", "code"),
    [
        ("issued_on: 2015-06-10", "issued_on: 10 June", "issued_on:", "issued_on", "bad_format"),
        ("issuer: 东风路", "isuer: 东风路", "code: dongfeng", "issuer", "missing"),
        ("to_day: 2015-12-20}", "to_day: 2015-12-20, colour: red}", "colour", "phases.2.colour", "unexpected"),
        ("posting_months: 12", "posting_months: 1.5", "posting_months", "posting_months", "int"),
        ("posting_months: 12", "posting_months: 12\nposting_months: 6", "posting_months: 6", "posting_months", "rep"),
        ("every: month", "every: fortnight", "fortnight", "cadences.1.every", "enum"),
        ('share: "0.95"', 'share: "95 %"', "95 %", "targets.3.share", "string_pattern_mismatch"),
        ("title: 东风路", "title: *东风路", "title: *", "", "not_yaml"),
    ],
)
def test_a_mistake_in_a_plan_file_is_told_with_line_field_and_reason(
    old: str, new: str, at: str, field: str, code: str
) -> None:
    assert old in TEXT
    spoilt = TEXT.replace(old, new, 1)
    with pytest.raises(DocumentFault) as caught:
        read(spoilt, "plan.yaml", Plan)
    fault = caught.value
    assert (fault.line, fault.field) == (line_of(spoilt, at), field)
    assert fault.code.startswith(code)
    assert fault.why_zh.endswith("。")
    assert fault.why_en.endswith(".")


@pytest.mark.parametrize("text", ["", "[]", "just words", "a: &x 1\nb: *x\n", "? [", "? [a]\n: b\n", "\x00", "- " * 5])
def test_what_is_no_plan_at_all_is_a_fault_and_not_a_crash(text: str) -> None:
    with pytest.raises(DocumentFault):
        read(text, "plan.yaml", Plan)


def test_deep_nesting_is_a_fault_and_not_a_crash() -> None:
    with pytest.raises(DocumentFault):
        read("[" * 20_000, "plan.yaml", Plan)
