"""Intake's entries, told in sentences (synthetic)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.entries import ENTRIES
from services.intake.entry_commands import (
    AnswerOpinion,
    ClearHazard,
    InspectVenue,
    ListKeyArea,
    RecordOpinion,
    ReinspectKeyArea,
    ReportHazard,
    ReportMajorFire,
    VoidFinding,
)
from services.intake.ledgers import places
from services.intake.service import SERVICE
from shared.contracts.intake_entries import (
    AreaKind,
    FindingVoided,
    FireGrade,
    HazardCleared,
    HazardFound,
    HazardKind,
    KeyAreaListed,
    KeyAreaReinspected,
    MajorFireReported,
    OpinionAnswered,
    OpinionChannel,
    OpinionOutcome,
    OpinionRecorded,
    OpinionTopic,
    Severity,
    VenueInspected,
    VenueKind,
)
from tests.declarations import assert_refusal_is_told, recorded
from tests.intake.invented import WENBO
from tests.spec import START, at, spec

FINDING = spec(ENTRIES.decider)
HERE = places.Row(community=WENBO, name="文博社区")
DUE = date(2015, 7, 1)
NAMED: dict[str, Any] = {"community": "文博社区"}
CODED: dict[str, Any] = {"community": WENBO}
OPINION: dict[str, Any] = {
    "grid": None, "topic": OpinionTopic.LAW, "channel": OpinionChannel.CARD, "opinion": "sealed:o",
}  # fmt: skip
AREA: dict[str, Any] = {
    "grid": None, "area": AreaKind.MARKET, "place": "示例市场", "lead_unit": "综治办", "due_on": DUE,
}  # fmt: skip
VENUE: dict[str, Any] = {
    "venue": VenueKind.HOTEL, "place": "示例旅馆", "inspected_by": "派出所", "faults": 1, "ordered": "补台账",
}  # fmt: skip
HAZARD: dict[str, Any] = {
    "grid": "1网格", "hazard": HazardKind.GAS, "severity": Severity.MAJOR, "place": "示例小区",
    "responsible_unit": "物业", "due_on": DUE,
}  # fmt: skip
FIRE: dict[str, Any] = {"grade": FireGrade.LARGER, "place": "示例厂房", "dead": 0, "injured": 1, "loss_fen": None}
TAKEN = (
    (RecordOpinion(**NAMED, **OPINION), OpinionRecorded(**CODED, **OPINION)),
    (ListKeyArea(**NAMED, **AREA), KeyAreaListed(**CODED, **AREA)),
    (InspectVenue(**NAMED, **VENUE), VenueInspected(**CODED, **VENUE)),
    (ReportHazard(**NAMED, **HAZARD), HazardFound(**CODED, **HAZARD)),
    (ReportMajorFire(**NAMED, **FIRE), MajorFireReported(**CODED, **FIRE)),
)


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_an_entry_stands_under_the_code_of_the_community_it_names(command: Any, event: Any) -> None:
    FINDING.when(command, facts=HERE).then(event)
    assert_refusal_is_told(SERVICE, FINDING.when(command).then_refused("unknown_community", field="community"))


@pytest.mark.parametrize(("command", "event"), TAKEN)
def test_a_mistaken_entry_is_made_void_and_its_ledger_follows(command: Any, event: Any) -> None:
    kind = next(kind for kind in ENTRIES.kinds if type(event) in kind.events)
    voided = FindingVoided(kind=kind.name, reason="sealed:r")
    FINDING.given(event).when(VoidFinding(reason="sealed:r")).then(voided)
    ledger = next(ledger for ledger in ENTRIES.ledgers if ledger.name == kind.name)
    row: Any = ledger.evolve(None, recorded(event), "1")
    assert row.voided_at is None
    row = ledger.evolve(row, recorded(voided, position=1), "1")
    assert (row.community, row.voided_at) == (WENBO, recorded(voided).occurred_at)
    others = [one for one in ENTRIES.ledgers if one is not ledger]
    assert not any(tuple(other.keys(recorded(voided))) for other in others)


@pytest.mark.parametrize("command", [TAKEN[1][0], TAKEN[3][0]])
def test_nothing_is_due_before_it_was_found(command: Any) -> None:
    refused = FINDING.when(at(30, command), facts=HERE).then_refused("due_before_found", field="due_on")
    assert refused.known == {"due_on": "2015-07-01", "found_on": "2015-07-11"}
    assert_refusal_is_told(SERVICE, refused)


@pytest.mark.parametrize("command", [TAKEN[1][0], TAKEN[3][0]])
def test_nothing_is_due_more_than_a_year_after_it_was_found(command: Any) -> None:
    found_on = START.date()
    FINDING.when(replace(command, due_on=found_on + timedelta(days=366)), facts=HERE).decided()
    far = replace(command, due_on=found_on + timedelta(days=367))
    refused = FINDING.when(far, facts=HERE).then_refused("due_too_far", field="due_on")
    assert refused.known == {"due_on": "2016-06-12", "most": 366}
    assert_refusal_is_told(SERVICE, refused)


def test_an_opinion_is_answered_and_the_last_answer_stands() -> None:
    answered = OpinionAnswered(outcome=OpinionOutcome.EXPLAINED, answered_by="社区", answer="sealed:a")
    command = AnswerOpinion(outcome=OpinionOutcome.EXPLAINED, answered_by="社区", answer="sealed:a")
    FINDING.given(TAKEN[0][1]).when(command).then(answered)
    FINDING.given(TAKEN[0][1], answered).when(command).then(answered)


def test_a_key_area_is_inspected_until_it_passes_and_beyond() -> None:
    failed = KeyAreaReinspected(passed=False, inspected_by="综治办", inspection_note=None)
    again = ReinspectKeyArea(passed=True, inspected_by="综治办")
    FINDING.given(TAKEN[1][1], failed).when(again).then(
        KeyAreaReinspected(passed=True, inspected_by="综治办", inspection_note=None)
    )


def test_a_hazard_is_cleared_once() -> None:
    cleared = HazardCleared(checked_by="综治办", how=None)
    FINDING.given(TAKEN[3][1]).when(ClearHazard(checked_by="综治办")).then(cleared)
    refused = FINDING.given(TAKEN[3][1], cleared).when(ClearHazard(checked_by="综治办")).then_refused("entry_not_now")
    assert refused.allowed == ("void-finding",)


def test_crime_clues_have_no_place_to_be_written() -> None:
    """§5.2: a clue is referred out, and its content is not kept: no entry has a field or a kind for it."""
    codes = {code.value for codes in (OpinionTopic, HazardKind, AreaKind, VenueKind) for code in codes}
    assert not [code for code in codes if "clue" in code or "crime" in code or "intelligence" in code]
