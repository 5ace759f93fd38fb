"""Every clause of the plan lives: commands, events, ledgers, pages and tests, read off the code."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from services.assessment.clauses import CLAUSES, KNOWN, clauses_of
from services.assessment.rules.plan_file import load_plan
from services.clauses import clauses
from services.installation import SERVICES
from shared.contracts.catalogue import EVENTS

TABLE: dict[str, str] = {
    "2": "LeadingGroupConstituted PortfolioAssigned",
    "3.1.1": "CommunityRegistered StudioOpened StudioClosed",
    "3.1.2": "NoticePosted NoticeRevised SurveyConcluded",
    "3.1.3": "OfficerEnrolled OfficerPosted VisitTimesSet PostingEnded",
    "3.1.4": "ProcedureAdopted",
    "3.2.1": "CaseReported CaseAccepted CaseDeclined CaseHandedDown CaseLinkedAsDuplicate CaseReclassified "
    "CaseEscalated CaseReferred CaseWithdrawn CaseResolved CaseTerminated CaseFollowedUp CaseClosed CaseReopened "
    "ClockPaused ClockResumed DeadlineExtended CaseCorrected CaseVoided HandlerAssigned HandlerReplaced "
    "ConflictDeclared VisitPlanned VisitCompleted VisitDeclined ConsentRecorded ConsentWithdrawn MediationHeld "
    "AgreementReached "
    "MediationTerminated PerformanceChecked JudicialConfirmationOffered JudicialConfirmationRecorded "
    "HandoverCompleted",
    "3.2.2": "PatrolTeamFormed PatrolCompleted",
    "3.2.3": "TrainingHeld CoachedCaseCompleted",
    "3.2.4": "OutreachHeld LegalAdviceGiven LegalAidGranted",
    "3.2.5": "SupportProvided",
    "3.2.6": "MeetingConvened IssueSettled",
    "3.3.1": "LeaderAppointed LeaderVisitCompleted",
    "3.3.2": "VisitPlanned VisitCompleted VisitDeclined ContactCardsIssued OpinionRecorded OpinionAnswered",
    "3.3.3": "MeetingConvened MinutesSubmitted",
    "3.3.4": "MeetingConvened PublicReviewRecorded",
    "3.3.5": "RulebookAdopted ScorePublished ScoreRestated ScoreAppealed AppealDecided",
    "3.3.6": "ArchiveEntryAdded ArchiveReplyRecorded ArchiveFiled",
    "3.3.7": "InspectionConducted RectificationOrdered RectificationCompleted CircularIssued",
    "3.4.1": "MeetingConvened ResponsibilityLetterSigned CommunityPlanFiled",
    "3.4.2": "InspectionConducted RectificationOrdered RectificationCompleted",
    "3.4.3": "SummarySubmitted CommendationAwarded",
    "5.1": "CaseAccepted CaseHandedDown CaseResolved CaseTerminated CaseReferred CaseFollowedUp "
    "ResponsibilityLetterSigned",
    "5.2": "CaseReported VisitCompleted HazardFound OutreachHeld MediationHeld LegalAidGranted",
    "5.3": "EnterpriseSecurityEstablished HelperEnrolled HelperReleased",
    "5.4": "SafeUnitDesignated KeyAreaListed KeyAreaReinspected",
    "5.5": "VenueInspected HazardFound HazardCleared MajorFireReported SupportProvided",
    "5.6": "YouthOffenceRateReported OutreachHeld",
    "6.1": "SurveyConcluded",
    "6.2": "WorkingBodyFormed",
    "6.3": "FundsAllocated",
    "6.4": "ModelCaseRecommended",
    "6.5": "CircularIssued",
}
"""The design's table of clauses, written down a second time: the events that each must have."""
UNMEASURED = {"2", "3.1.4", "3.3.5", "3.4.2", "6.3", "6.4", "6.5"}
"""Clauses for which the table asks no indicator; that of 3.3.5 is the score itself."""


@cache
def rows() -> Mapping[str, Mapping[str, Any]]:
    """Read off the code when they are first asked for: every worker of a test run reads this file, and one runs it."""
    return {row["clause"]: row for row in clauses(SERVICES)}


@pytest.mark.parametrize("clause", [clause.clause for clause in CLAUSES])
def test_a_clause_has_all_that_makes_it_live(clause: str) -> None:
    row = rows()[clause]
    parts = ["title_zh", "title_en", "lead", "commands", "events", "ledgers", "pages", "tests"]
    for part in parts if clause in UNMEASURED else [*parts, "indicators"]:
        assert row[part], f"§{clause} lacks {part}"


@pytest.mark.parametrize("clause", list(TABLE))
def test_a_clause_has_the_events_of_the_design_s_table(clause: str) -> None:
    names = {event.__name__: event.NAME for event in EVENTS}
    assert {names[event] for event in TABLE[clause].split()} <= set(rows()[clause]["events"])


def test_the_table_is_of_every_clause() -> None:
    assert list(TABLE) == [clause.clause for clause in CLAUSES]


def test_every_command_and_event_belongs_to_a_clause() -> None:
    commands = {one for row in rows().values() for one in row["commands"]}
    events = {one for row in rows().values() for one in row["events"]}
    for service in SERVICES:
        assert {event.NAME for event in service.events} <= events
        for decider in service.deciders:
            for accepts in decider.accepts:
                assert accepts.clause in {*KNOWN, "3.4"}, accepts.command  # 3.4: the campaign's steps as a whole
            assert all(set(clauses_of(event, decider)) <= KNOWN.keys() for event in decider.events)
        assert len([one for one in commands if one.startswith(f"{service.name}/")]) == sum(
            len(decider.accepts) for decider in service.deciders
        )


def test_the_leads_are_the_document_s() -> None:
    for duty in load_plan().duties:
        if duty.clause in KNOWN and duty.clause not in ("3.4.1", "3.4.3"):  # each of their duties has its own
            assert KNOWN[duty.clause].lead == duty.lead, duty.code


def test_tests_are_named_as_they_can_be_run() -> None:
    assert all("::test_" in test for row in rows().values() for test in row["tests"])
