"""Intake's declaration keeps to what every declaration must."""

from typing import get_args

import services.intake.disclosures
import services.intake.residents
import services.intake.takeover
from services.intake import announced, case, commands, entries, entry_commands
from services.intake.ledgers import backlog, cases
from services.intake.reactions import REACTIONS
from services.intake.refusals import REFUSALS
from services.intake.service import SERVICE
from shared.contracts.assignment import AgreementReached, CommunityRegistered, MediationTerminated
from shared.contracts.codes import AgreementForm, Role, Termination, Tier
from shared.contracts.intake import EVENTS, CalendarAmended, CaseHandedDown, CaseReported, CaseVoided, Ending, ended_as
from shared.errors import ACCESS_CODES, CODES
from tests.declarations import (
    assert_commands_are_declared_well,
    assert_exhaustive,
    assert_ledgers_are_declared_well,
    assert_ledgers_take_what_they_handle,
    assert_tables_are_bilingual,
    codes_raised,
    recorded,
    sample,
)


def test_every_refusal_has_its_sentences_and_no_sentence_is_idle() -> None:
    raised = set().union(*map(codes_raised, (case, announced, entries, services.intake.takeover)))
    for way_in in (services.intake.residents, services.intake.disclosures):
        raised |= codes_raised(way_in) - set(CODES) - set(ACCESS_CODES)  # which are the mechanism's
    assert raised == set(REFUSALS)
    assert_tables_are_bilingual(SERVICE)


def test_what_is_not_known_fails_the_type_checker() -> None:
    for function in (case.decide, case._evolved, case._ended, case._clocked):
        assert_exhaustive(function)


def test_the_ledgers_take_every_event_of_a_case() -> None:
    for told in (cases.LEDGER, backlog.LEDGER):
        assert set(told.handles) >= set(EVENTS) - {CalendarAmended}, told.name


def test_every_ending_leaves_a_case_in_a_status_of_its_own() -> None:
    left = {ended_as(sample(ending)) for ending in (*get_args(Ending), CaseVoided)}
    assert len(left) == len(get_args(Ending)) + 1


def test_commands_ledgers_and_events_are_declared_well() -> None:
    assert_commands_are_declared_well(SERVICE)
    assert_ledgers_are_declared_well(SERVICE)
    beginnings = [kind.events[0] for kind in entries.ENTRIES.kinds]
    assert_ledgers_take_what_they_handle(SERVICE, [CommunityRegistered, CaseReported, CaseHandedDown, *beginnings])


def test_the_clerk_registers_and_follows_up_and_the_office_may_do_that_too() -> None:
    by = {accepts.command: accepts.by for decider in SERVICE.deciders for accepts in decider.accepts}
    for command, roles in by.items():
        assert Role.OFFICE in roles, command
        assert Role.AUDITOR not in roles
        assert Role.OFFICER not in roles or command.__module__ == entry_commands.__name__
    assert by[commands.HandDownCase] == {Role.OFFICE}
    reacting = {command for command, roles in by.items() if Role.SERVICE in roles}
    assert reacting == {commands.ResolveCase, commands.TerminateCase}


def test_an_agreement_resolves_the_case_at_its_tier() -> None:
    (sent,) = REACTIONS[0].react(
        recorded(AgreementReached(form=AgreementForm.ORAL, terms=None, tier=Tier.SUBDISTRICT), id="case-1")
    )
    assert sent.id == "case-1"
    assert sent.command == commands.ResolveCase(tier=Tier.SUBDISTRICT, by_agreement=True)


def test_mediation_that_ends_without_one_terminates_it() -> None:
    (sent,) = REACTIONS[1].react(
        recorded(MediationTerminated(reason=Termination.CONSENT_WITHDRAWN, remedies_told=False), id="case-1")
    )
    assert sent.id == "case-1"
    assert sent.command == commands.TerminateCase(reason=Termination.CONSENT_WITHDRAWN, remedies_told=False)
