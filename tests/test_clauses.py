"""Every clause of the plan lives: commands, events, ledgers, pages and tests, read off the code."""

import pytest

from services.assessment.clauses import CLAUSES, KNOWN, clauses_of
from services.assessment.plan_file import load_plan
from services.clauses import clauses
from services.together import SERVICES

ROWS = {row["clause"]: row for row in clauses(SERVICES)}
INDICATORS = {
    "3.1.3": {"four_roles", "early_ends"}, "3.3.2": {"must_visits", "contact_cards"}, "3.3.3": {"minutes_on_time"},
}  # fmt: skip


@pytest.mark.parametrize("clause", [clause.clause for clause in CLAUSES])
def test_a_clause_has_all_that_makes_it_live(clause: str) -> None:
    row = ROWS[clause]
    for part in ("title_zh", "title_en", "lead", "commands", "events", "ledgers", "pages", "tests"):
        assert row[part], f"§{clause} lacks {part}"
    assert INDICATORS.get(clause, set()) <= set(row["indicators"])


def test_every_command_and_event_belongs_to_a_clause() -> None:
    commands = {one for row in ROWS.values() for one in row["commands"]}
    events = {one for row in ROWS.values() for one in row["events"]}
    for service in SERVICES:
        assert {event.NAME for event in service.events} <= events
        for decider in service.deciders:
            for accepts in decider.accepts:
                assert accepts.clause in KNOWN or any(one.startswith(accepts.clause) for one in KNOWN), accepts.command
            assert all(set(clauses_of(event, decider)) <= KNOWN.keys() for event in decider.events)
        assert len([one for one in commands if one.startswith(f"{service.name}/")]) == sum(
            len(decider.accepts) for decider in service.deciders
        )


def test_the_leads_are_the_document_s() -> None:
    for duty in load_plan().duties:
        if duty.clause in KNOWN and duty.clause not in ("3.4.1", "3.4.3"):  # each of their duties has its own
            assert KNOWN[duty.clause].lead == duty.lead, duty.code


def test_tests_are_named_as_they_can_be_run() -> None:
    assert all("::test_" in test for row in ROWS.values() for test in row["tests"])
