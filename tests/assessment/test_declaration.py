"""The service's declaration holds together: codes have sentences, rows survive their tables, commands their JSON."""

import ast
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

import services.assessment
from services.assessment import entry_commands
from services.assessment.commands import AdoptPlan, AdoptRulebook, PublishScores
from services.assessment.entries import ENTRIES
from services.assessment.scoring.ranking import Place, ranks
from services.assessment.service import SERVICE
from shared.contracts.assessment import EVENTS, PeriodKind, RankUse
from shared.contracts.assignment import (
    HandoverCompleted,
    HandoverOpened,
    Leave,
    LeaveRecorded,
    OfficerEnrolled,
    ResponsibilityLetterSigned,
    StudioOpened,
)
from shared.contracts.codes import Profession
from shared.contracts.intake import CalendarAmended, ClockPaused, PauseReason
from shared.errors import CODES
from shared.ledger.tables import tables_of
from shared.log.codec import canonical
from tests.assessment.campaign import EAST, PLAN, RULEBOOK, WEST, Campaign
from tests.assessment.test_appeals import APPEAL, CLERK, HEAR, OTHER, UPHOLD
from tests.assessment.test_score import publish, season

OWED: list[tuple[str, Any]] = [
    (f"community/{EAST}", StudioOpened(place="警务室")),
    (f"roster/{EAST}", LeaveRecorded(
        officer="judge-1", from_day=date(2015, 6, 1),
        leave=Leave(first_day=date(2015, 6, 15), last_day=date(2015, 6, 16), cover=None),
    )),
    ("officer/judge-1", OfficerEnrolled(profession=Profession.JUDGE, unit="虚构法院", name="sealed:n", phone=None)),
    ("case/e5", ClockPaused(reason=PauseReason.APPRAISAL, note=None)),
    ("handling/e5", ResponsibilityLetterSigned(community=EAST, unit="综治办", person="sealed:p", contact_days=7)),
    ("handling/e5", HandoverOpened(officer="police-1")),
    ("handling/e5", HandoverCompleted(officer="police-2", replaced="police-1", note=None)),
    ("calendar/410105010", CalendarAmended(
        year=None, off=(date(2015, 9, 3),), worked=(), announced_on=date(2015, 6, 15), document="通知"
    )),
]  # fmt: skip
"""What obligations rest on beside the evidence of scores."""


def full() -> Campaign:
    campaign = season()
    campaign.plan_visit("e5", "v", "2015-06-15", "2015-06-12")
    campaign.visit("e5", "v", "2015-06-15")
    for stream, event in OWED:
        campaign.put(stream, event, "2015-06-15")
    publish(campaign)
    campaign.resolve("w0", "2015-06-25", recorded="2015-07-20")
    publish(campaign, "2015-07-20")
    campaign.send(APPEAL, "2015-07-21", "ap1", CLERK)
    campaign.send(HEAR, "2015-07-22", "ap1", OTHER)
    campaign.send(UPHOLD, "2015-07-23", "ap1", OTHER)
    return campaign


def _codes(source: str) -> set[str]:
    """The codes that a source refuses with, at once or as the fault of a text."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = ((call.func.id, call.args) for call in calls if isinstance(call.func, ast.Name))
    codes = (arguments[{"Refused": 0, "Fault": 1}[name]] for name, arguments in named if name in ("Refused", "Fault"))
    return {str(code.value) for code in codes if isinstance(code, ast.Constant)}


def test_every_refusal_that_the_code_can_give_has_its_sentences() -> None:
    root = Path(services.assessment.__file__).parent
    raised = {code for file in root.rglob("*.py") for code in _codes(file.read_text("utf-8"))}
    assert raised - set(CODES) == set(SERVICE.refusals)  # the mechanism's own codes have theirs
    assert set(SERVICE.statuses) <= raised


def test_the_office_alone_adopts_and_publishes() -> None:
    by = {accepted.command: accepted.by for decider in SERVICE.deciders for accepted in decider.accepts}
    for command, roles in by.items():
        assert "office" in roles
        if command.__module__ != entry_commands.__name__:
            by_itself = {"service"} if command is PublishScores else set()  # on the plan's day
            assert roles == {"office"} | by_itself


def test_every_event_of_the_service_is_decided_and_folded_somewhere() -> None:
    decided = {event for decider in SERVICE.deciders for event in decider.events}
    folded = {event for ledger in SERVICE.ledgers for event in ledger.handles}
    assert decided == set(SERVICE.events) <= folded
    assert all(event.OWNER == "assessment" for event in SERVICE.events)


def test_rows_come_out_of_their_tables_as_they_went_in() -> None:
    rows, tables = full().rows(), tables_of(SERVICE)
    for ledger in SERVICE.ledgers:
        if ledger in ENTRIES.ledgers:
            continue  # each of these has its own test
        assert rows[ledger.name], ledger.name
        table = tables[ledger.name]
        for row in rows[ledger.name]:
            again = table.row(table.values(row))
            assert again == row
            assert canonical(again) == canonical(row)


def test_both_decoders_read_every_event_alike_and_no_float_is_in_one() -> None:
    for one in full().recorded():
        text = canonical(one.event)
        kind: Any = type(one.event)
        assert msgspec.json.decode(text, type=kind) == one.event
        if kind in EVENTS:
            assert TypeAdapter(kind).validate_json(text) == one.event
            assert not any(isinstance(found, float) for found in _leaves(msgspec.json.decode(text)))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]


@pytest.mark.parametrize(
    "command",
    [
        AdoptPlan(plan=PLAN, author="办公室", reason="印发"),
        AdoptRulebook(rulebook=RULEBOOK, author="综治办", reason="施行"),
        PublishScores(plan="p", rulebook="r", period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 6)),
    ],
)
def test_commands_pass_the_gate_as_json_and_unknown_keys_do_not(command: Any) -> None:
    gate = TypeAdapter(type(command))
    text = canonical(command)
    assert gate.validate_json(text) == command
    with pytest.raises(ValidationError):
        gate.validate_json(b'{"person":"x",' + text[1:])


def test_ranks_are_for_those_who_may_see_them_and_only_where_there_is_enough_to_compare() -> None:
    rows = {row.community: row for row in full().rows()["scores"]}
    east, west = rows[EAST].id, rows[WEST].id
    assert ranks(rows.values(), RankUse.OFFICE, "office") == {east: Place(1, False), west: Place(2, False)}
    assert ranks(rows.values(), RankUse.OFFICE, "clerk") == {}
    assert ranks(rows.values(), RankUse.OFFICE, None) == {}
    assert ranks(rows.values(), RankUse.NOBODY, "office") == {}
    assert ranks(rows.values(), RankUse.PUBLIC, None) == {east: Place(1, False), west: Place(2, False)}
    few = Campaign().adopt()
    few.community(EAST)
    few.case("a", "2015-06-12")
    publish(few)
    assert ranks(few.rows()["scores"], RankUse.PUBLIC, None) == {}
