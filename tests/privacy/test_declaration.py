"""Privacy's declaration: what it says of itself is so."""

from typing import Any, get_args

from pydantic import TypeAdapter

from services.privacy import request, subject, unmasking
from services.privacy.ledgers import erasures, person_requests, restrictions, retention, unmaskings
from services.privacy.reactions import REACTIONS
from services.privacy.refusals import REFUSALS
from services.privacy.service import SERVICE
from shared.contracts.assignment import CommunityRegistered, MeetingConvened, OfficerEnrolled, OfficerPosted
from shared.contracts.codes import Role
from shared.contracts.frozen import replace
from shared.contracts.intake import CaseReported
from shared.contracts.intake_entries import HazardFound, KeyAreaListed, OpinionRecorded
from shared.contracts.model import Sent
from shared.contracts.personal import personal
from shared.contracts.privacy import (
    EVENTS,
    ErasureApproved,
    ErasureProposed,
    ErasureReason,
    GlassBroken,
    PersonRequestReceived,
    RequestEvent,
    RestrictionPlaced,
    SubjectEvent,
    UnmaskingEvent,
)
from tests.declarations import (
    assert_commands_are_declared_well,
    assert_exhaustive,
    assert_ledgers_are_declared_well,
    assert_ledgers_take_what_they_handle,
    assert_tables_are_bilingual,
    codes_raised,
    recorded,
)
from tests.privacy.invented import CASE


def test_every_refusal_has_its_sentences_and_no_sentence_is_idle() -> None:
    raised = set().union(*(codes_raised(module) for module in (subject, unmasking, request)))
    made = {"correction_missing", "correction_not_needed"}  # chosen by an expression
    assert raised | made == set(REFUSALS)
    assert_tables_are_bilingual(SERVICE)


def test_what_is_not_known_fails_the_type_checker() -> None:
    for decider in (subject, unmasking, request):
        assert_exhaustive(decider.decide)
        assert_exhaustive(decider.evolve)
    for fold in (erasures, restrictions, person_requests, unmaskings):
        assert_exhaustive(fold._evolve)


def test_commands_ledgers_and_events_are_declared_well() -> None:
    assert_commands_are_declared_well(SERVICE)
    assert_ledgers_are_declared_well(SERVICE)
    beginnings: list[type] = [
        CaseReported, CommunityRegistered, OfficerEnrolled, OfficerPosted, MeetingConvened, OpinionRecorded,
        KeyAreaListed, HazardFound, RestrictionPlaced, ErasureProposed, GlassBroken, PersonRequestReceived,
    ]  # fmt: skip
    known = [one for one in SERVICE.ledgers if one.name != retention.LEDGER.name]
    assert_ledgers_take_what_they_handle(_of(known), beginnings)


def _of(ledgers: list[Any]) -> Any:
    """The service as far as these ledgers go: the samples have one id for every stream, which retention tells apart."""
    return replace(SERVICE, ledgers=tuple(ledgers))


def test_every_event_is_some_ledger_s() -> None:
    told = {event for ledger in SERVICE.ledgers for event in ledger.handles}
    assert set(EVENTS) <= told
    assert {*get_args(SubjectEvent), *get_args(UnmaskingEvent), *get_args(RequestEvent)} == set(EVENTS)


def test_nothing_is_sealed_in_events_and_every_text_has_a_pattern() -> None:
    """Codes, ids, subjects and times: no event has room for what somebody might say."""
    for event in EVENTS:
        assert not personal(event), event
        for name, schema in TypeAdapter(event).json_schema()["properties"].items():
            for arm in schema.get("anyOf", (schema,)):
                if arm.get("type") == "string":
                    assert "pattern" in arm or "format" in arm, f"{event.__name__}.{name}"


def test_no_command_holds_a_text() -> None:
    for decider in SERVICE.deciders:
        for accepts in decider.accepts:
            assert not personal(accepts.command), accepts.command


def test_who_may_do_what() -> None:
    by = {one.command.__name__: one.by for decider in SERVICE.deciders for one in decider.accepts}
    guards = {Role.PRIVACY, Role.OFFICE}
    for two in ("ApproveErasure", "RefuseErasure", "GrantUnmasking", "RefuseUnmasking"):
        assert by[two] == guards, two
    assert by["ProposeErasure"] == by["ReviewGlass"] == by["AnswerPersonRequest"] == {Role.PRIVACY}
    assert by["CompleteErasure"] == {Role.SERVICE}
    assert Role.AUDITOR in by["AskUnmasking"]
    assert Role.AUDITOR not in by["BreakGlass"]
    for roles in by.values():
        assert not roles & {Role.OPERATOR, Role.SUBSCRIBER, Role.RESIDENT}
    for ledger in SERVICE.served:
        if ledger.name != "calendar":
            assert ledger.by == {*guards, Role.AUDITOR}, ledger.name


def test_what_two_agreed_to_is_done() -> None:
    approved = ErasureApproved(subject=CASE, because=ErasureReason.RETENTION)
    (reaction,) = REACTIONS
    (sent,) = reaction.react(recorded(approved, id=CASE))
    assert isinstance(sent, Sent)
    assert sent.command.subject == CASE
