"""A plan's life (§3.4), what is odd about one, the plan of the seed as it ships, and mistakes in a plan's file.

The other sub-district's plan is invented (synthetic).
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment.commands import AdoptPlan, AmendPlan
from services.assessment.ledgers.plans import Row
from services.assessment.rules import plan
from services.assessment.rules.documents import MOST_TOLD, DocumentFault, Form, dump, read
from services.assessment.rules.plan import Odd
from services.assessment.rules.plan_file import BUILT_IN, FORM, STANDING, load_plan
from services.assessment.rules.versions import by_day, chosen
from shared.contracts.assessment import (
    Anomaly,
    Duty,
    Every,
    Given,
    Indicator,
    MustVisitRule,
    Phase,
    Plan,
    PlanAdopted,
    PlanAmended,
    Target,
    Term,
)
from shared.contracts.model import Refused
from tests.assessment.campaign import OFFICE, PLAN, moment
from tests.spec import Spec, spec
from tests.strategies import instances

OTHER = load_plan(Path(__file__).parents[1] / "fixtures" / "plan-other.yaml")
STANDING_PLAN = load_plan(STANDING)
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
        (replace(PLAN, since=date(2015, 6, 1)), "standing_with_phases"),
        (replace(PLAN, targets=(replace(PLAN.targets[0], share="1.5"),), anomalies=()), "share_unfit"),
        (replace(STANDING_PLAN, until=date(2014, 12, 31)), "ends_before_since"),
        (replace(PLAN, terms=(replace(PLAN.terms[0], working_days=5),)), "term_without_length"),
        (replace(PLAN, must_visits=replace(PLAN.must_visits, classes=PLAN.must_visits.classes * 2)), "repeated_code"),
    ],
)
def test_a_plan_that_does_not_hold_together_is_refused(spoilt: Plan, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan.check(spoilt)
    assert caught.value.code == code


# what is odd ----------------------------------------------------------------------------------------------------


def odd(one: Plan) -> list[tuple[str, Odd]]:
    return [(oddity.names, oddity.what) for oddity in plan.oddities(one)]


def test_the_seed_plan_keeps_its_oddities_and_flags_them() -> None:
    plan.check(PLAN)
    assert odd(PLAN) == [
        ("1", Odd.BEGAN_BEFORE_ISSUE), ("summary", Odd.DUE_BEFORE_PHASE), ("summary", Odd.DUE_WHEN_OFF),
        ("debriefing", Odd.OUTLASTS), ("4", Odd.NO_SUCH_SECTION),
    ]  # fmt: skip
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
        "weights_elsewhere", "letters_in_phase_1",
    }  # fmt: skip


def due(day: date, issued_on: date = PLAN.issued_on) -> Plan:
    """The other plan, issued on a day, with its first duty due on another."""
    return replace(OTHER, issued_on=issued_on, duties=(replace(OTHER.duties[0], due_on=day), *OTHER.duties[1:]))


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (due(date(2016, 2, 29), date(2016, 2, 15)), ("opening", Odd.DUE_BEFORE_PHASE)),
        (due(date(2016, 6, 1), date(2016, 2, 15)), ("opening", Odd.DUE_AFTER_PHASE)),
        (due(date(2016, 2, 1), date(2016, 2, 15)), ("opening", Odd.DUE_BEFORE_ISSUE)),
        # Victory Day of 2015 was announced as a day off in May of that year.
        (due(date(2015, 9, 3), date(2015, 5, 13)), ("opening", Odd.DUE_WHEN_OFF)),
        # Of 2016 nobody knew in June 2015: a Saturday is all that can be said.
        (due(date(2016, 3, 12), date(2015, 6, 10)), ("opening", Odd.DUE_ON_WEEKEND)),
        (replace(OTHER, phases=(OTHER.phases[0], replace(OTHER.phases[1], from_day=date(2016, 5, 31)))),
         ("autumn", Odd.OVERLAP)),
        (replace(OTHER, cadences=(replace(OTHER.cadences[0], every=Every.YEAR),)), ("quarterly_meeting", Odd.OUTLASTS)),
        (replace(OTHER, rounds=(replace(OTHER.rounds[0], every=Every.YEAR),)), ("outreach_turn", Odd.OUTLASTS)),
        (replace(OTHER, terms=(replace(OTHER.terms[0], clause="5"),)), ("4", Odd.NO_SUCH_SECTION)),
    ],
)  # fmt: skip
def test_what_is_odd_is_found_and_must_be_flagged(one: Plan, found: tuple[str, Odd]) -> None:
    assert found in odd(one)
    assert found not in odd(OTHER)
    bare = replace(one, anomalies=())
    fault = next(fault for fault in plan.faults(bare) if fault.known.get("what") is found[1])
    assert (fault.code, fault.known["names"]) == ("oddity_not_flagged", found[0])
    flag = replace(OTHER.anomalies[0], code="said")
    says = {"clause": found[0]} if found[1] is Odd.NO_SUCH_SECTION else {"concerns": found[0]}
    said = replace(bare, anomalies=(replace(flag, **says),))
    assert found in odd(said), "it is flagged, and not mended"
    assert not [fault for fault in plan.faults(said) if fault.known.get("what") is found[1]]


@pytest.mark.parametrize("worked", [date(2015, 9, 2), date(2015, 9, 6)])
def test_a_day_that_is_worked_is_not_odd(worked: date) -> None:
    days = {what for names, what in odd(due(worked, date(2015, 5, 13))) if names == "opening"}
    assert not days & {Odd.DUE_WHEN_OFF, Odd.DUE_ON_WEEKEND}


def test_a_plan_with_a_thousand_sections_is_not_searched_for_all_of_them() -> None:
    assert ("4", Odd.NO_SUCH_SECTION) not in odd(replace(OTHER, terms=(replace(OTHER.terms[0], clause="9" * 60),)))


def test_the_seed_plan_covers_every_clause_that_sets_a_duty_and_says_what_it_added() -> None:
    clauses = {duty.clause for duty in PLAN.duties}
    wanted = ["2", *(f"3.{part}.{n}" for part, last in ((1, 4), (2, 6), (3, 7), (4, 3)) for n in range(1, last + 1))]
    assert set(wanted) - clauses == set()
    proposed = {cadence.code for cadence in PLAN.cadences if cadence.due_day_given is Given.PROPOSAL}
    assert proposed == {"monthly_meeting", "debriefing"}
    assert {one.code for one in PLAN.must_visits.classes} == {"dispute", "petition", "released"}


# several at once ------------------------------------------------------------------------------------------------


def row(one: Plan, position: int, version: int = 1) -> Row:
    return Row(
        code=one.code, version=version, plan=one, author="办公室", reason="印发", adopted_at=moment("2016-02-15"),
        position=position,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2015, 7, 1), PLAN.code),  # a campaign goes before the standing plan
        (date(2016, 1, 15), STANDING_PLAN.code),
        (date(2016, 4, 1), OTHER.code),
        (date(2016, 7, 1), OTHER.code),  # between its two campaigns, it is still this plan
        (date(2017, 1, 1), STANDING_PLAN.code),
    ],
)
def test_a_day_belongs_to_the_plan_that_is_carried_out_then(day: date, code: str) -> None:
    rows = [row(PLAN, 3), row(OTHER, 1), row(STANDING_PLAN, 9)]
    found = chosen(rows, "", day)
    assert found is not None
    assert found.code == code
    assert {one.code for one in by_day(rows, day)} == {PLAN.code, OTHER.code, STANDING_PLAN.code}


def test_where_no_plan_has_the_day_it_is_the_nearest_one_in_its_newest_version() -> None:
    rows = [row(OTHER, 1), row(PLAN, 2), row(replace(OTHER, posting_months=9), 3, version=2)]
    found = chosen(rows, "", date(2016, 12, 24))
    assert found is not None
    assert (found.code, found.version) == (OTHER.code, 2)
    assert chosen([], "", date(2016, 12, 24)) is None


def test_a_reader_may_choose_another_plan_but_not_one_that_is_not_there() -> None:
    rows = [row(OTHER, 1), row(PLAN, 2)]
    found = chosen(rows, PLAN.code, date(2016, 4, 1))
    assert found is not None
    assert found.code == PLAN.code
    with pytest.raises(Refused) as caught:
        chosen(rows, "nothing", date(2016, 4, 1))
    assert (caught.value.code, caught.value.field) == ("not_found", "plan")


# mistakes in a file ---------------------------------------------------------------------------------------------

TEXT = Path(BUILT_IN).read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def faulty(text: str) -> DocumentFault:
    with pytest.raises(DocumentFault) as caught:
        read(text, "plan.yaml", FORM)
    for mistake in caught.value.mistakes:
        assert mistake.why_zh.endswith(("。", "？"))
        assert mistake.why_en.endswith((".", "?"))
    return caught.value


MISTAKES = [
    ("issued_on: 2015-06-10", "issued_on: 10 June", "issued_on:", "issued_on", "bad_format"),
    ("issuer: 东风路", "isuer: 东风路", "isuer", "isuer", "unknown_field"),
    ("to_day: 2015-12-20}", "to_day: 2015-12-20, colour: red}", "colour", "phases.2.colour", "unknown_field"),
    ("posting_months: 12", "posting_months: 1.5", "posting_months", "posting_months", "int"),
    ("posting_months: 12", "posting_months: 12\nposting_months: 6", "posting_months: 6", "posting_months", "rep"),
    ("every: month", "every: fortnight", "fortnight", "cadences.1.every", "not_in_list"),
    ('share: "0.95"', 'share: "95 %"', "95 %", "targets.3.share", "bad_format"),
    ("title: 东风路", "title: *东风路", "title: *", "", "not_yaml"),
    ('phase: "2", due_on', 'phase: "7", due_on', 'phase: "7"', "duties.22.phase", "unknown_reference"),
    ("code: studios,", "code: notices,", "3.1.2", "duties.3.code", "repeated_code"),
    ("concerns: summary", "concerns: commend", "due_on: 2015-11-14", "duties.23.due_on", "oddity_not_flagged"),
    ("to_day: 2015-12-20}", "to_day: 2015-12-10}", "2015-12-31", "phases.3.from_day", "oddity_not_flagged"),
    ("sequel: letter, days: 10", "sequel: letter", "letter_term", "terms.1", "term_without_length"),
    ("lead: 信访办", "lead: 电话13800138000", "13800138000", "duties.6.lead", "personal_in_plain_field"),
]


@pytest.mark.parametrize(("old", "new", "at", "field", "code"), MISTAKES)
def test_a_mistake_in_a_plan_file_is_told_with_line_field_and_reason(
    old: str, new: str, at: str, field: str, code: str
) -> None:
    assert old in TEXT
    spoilt = TEXT.replace(old, new, 1)
    found = {mistake.field: mistake for mistake in faulty(spoilt).mistakes}
    assert found[field].code.startswith(code)
    assert found[field].line == line_of(spoilt, at)


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    spoilt = TEXT
    for old, new in (
        ("issued_on: 2015-06-10", "issued_on: 10 June"),
        ("to_day: 2015-12-31}", "to_day: 2015-12-01}"),
        ("lead: 街道班子", "led_by: 街道班子"),
        ("done_by: summary", "done_by: sumary"),
        ("every: month", "every: fortnight"),
        ("sequel: handover, working_days: 5", "sequel: handover"),
        ("code: what_lasts", "code: keep_staff"),
    ):
        assert old in spoilt
        spoilt = spoilt.replace(old, new, 1)
    fault = faulty(spoilt)
    assert [(mistake.field, mistake.item, mistake.code) for mistake in fault.mistakes] == [
        ("issued_on", "", "bad_format"),
        ("phases.3.to_day", "3", "phase_backwards"),
        ("duties.12.lead", "leaders_answer", "missing_field"),
        ("duties.12.led_by", "leaders_answer", "unknown_field"),
        ("duties.23.done_by", "summary", "not_in_list"),
        ("duties.27.code", "keep_staff", "repeated_code"),
        ("cadences.1.every", "monthly_meeting", "not_in_list"),
        ("terms.4", "handover_term", "term_without_length"),
    ]
    assert [mistake.line for mistake in fault.mistakes] == sorted(mistake.line for mistake in fault.mistakes)
    assert fault.more == 0
    assert len(fault.lines()) == 9
    assert "looked at when these are mended" in fault.lines()[-1]
    assert not faulty(TEXT.replace("code: studios,", "code: notices,", 1)).unread
    assert fault.lines()[1].startswith(f"plan.yaml:{line_of(spoilt, 'Summary and commendation')} phases.3.to_day [3]: ")
    assert fault.lines()[1].endswith("(phase_backwards)")


def test_a_misspelt_field_or_code_is_told_with_what_was_meant() -> None:
    spoilt = TEXT.replace("lead: 街道班子", "led: 街道班子", 1).replace("done_by: summary", "done_by: sumary", 1)
    why = {mistake.field: mistake.why_en for mistake in faulty(spoilt).mistakes}
    assert why["duties.12.led"] == "There is no field led; is lead meant?"
    assert why["duties.23.done_by"].startswith("sumary is none of the codes. Is summary meant? There are: ")
    assert "circular (circular)" in why["duties.23.done_by"]


def test_a_flood_of_mistakes_is_cut_short_and_the_rest_is_counted() -> None:
    spoilt = TEXT.replace("lead: ", "led: ")
    fault = faulty(spoilt)
    assert len(fault.mistakes) == MOST_TOLD
    may_be_left_out = TEXT.count("lead: 社区}")  # of a term: only the name that there is not is a mistake
    assert fault.more == 2 * TEXT.count("lead: ") - may_be_left_out - MOST_TOLD
    assert str(fault.more) in fault.lines()[-2]


def test_what_somebody_wrote_is_quoted_on_one_line() -> None:
    spoilt = TEXT.replace("every: month", 'every: "a\\nb\\e[31m"', 1).replace("issuer:", '"iss\\ner":', 1)
    told = faulty(spoilt).lines()
    assert len(told) == 4
    assert all(line.isprintable() for line in told)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "just words",
        "a: &x 1\nb: *x\n",
        "? [",
        "? [a]\n: b\n",
        "\x00",
        "- " * 5,
        'a: "\\ud800"',
        'a: "\\UFFFFFFFF"',
    ],
)
def test_what_is_no_plan_at_all_is_a_fault_and_not_a_crash(text: str) -> None:
    with pytest.raises(DocumentFault):
        read(text, "plan.yaml", FORM)


def test_deep_nesting_is_a_fault_and_not_a_crash() -> None:
    with pytest.raises(DocumentFault):
        read("[" * 20_000, "plan.yaml", FORM)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, len(TEXT)), st.integers(0, 400), st.text(max_size=12))
def test_whatever_is_cut_out_or_put_in_is_read_whole_or_told_but_never_taken_half(at: int, cut: int, put: str) -> None:
    spoilt = TEXT[:at] + put + TEXT[at + cut :]
    with suppress(DocumentFault):
        found = read(spoilt, "plan.yaml", FORM)
        plan.check(found)
        assert read(dump(found), "again.yaml", FORM) == found


@settings(deadline=None)
@given(st.one_of(*map(instances, (Phase, Duty, Term, Target, MustVisitRule, Anomaly, Indicator))))
def test_whatever_a_document_may_say_is_written_as_text_that_reads_back_equal(one: Any) -> None:
    assert read(dump(one), "any.yaml", Form(type(one), lambda _: (), {})) == one
