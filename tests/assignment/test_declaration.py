"""Assignment's declaration keeps to what every declaration must, and reacts to intake as it should."""

from datetime import date
from typing import get_args

import pytest

from services.assignment import (
    aftercare,
    commands,
    community,
    directory,
    entries,
    handling,
    meeting,
    officer,
    retraction,
    roster,
)
from services.assignment.ledgers import communities, meetings, visits
from services.assignment.ledgers import handling as handling_ledger
from services.assignment.ledgers import roster as roster_ledger
from services.assignment.reactions import REACTIONS
from services.assignment.refusals import REFUSALS
from services.assignment.service import SERVICE
from services.intake.refusals import REFUSALS as INTAKES
from shared.contracts.assignment import (
    CommunityRegistered,
    HandlingEvent,
    HandlingOpened,
    MeetingConvened,
    OfficerEnrolled,
    OfficerPosted,
    VisitEvent,
    VisitPlanned,
    WorkRetracted,
)
from shared.contracts.codes import Basis, CaseKind, CaseStatus, Role, Termination, Tier
from shared.contracts.intake import (
    CaseAccepted,
    CaseLinkedAsDuplicate,
    CaseReferred,
    CaseReopened,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
)
from shared.contracts.model import Sent
from tests.assignment.invented import WENBO
from tests.declarations import (
    assert_commands_are_declared_well,
    assert_exhaustive,
    assert_ledgers_are_declared_well,
    assert_ledgers_take_what_they_handle,
    assert_tables_are_bilingual,
    codes_raised,
    recorded,
)
from tests.spec import START


def test_every_refusal_has_its_sentences_and_no_sentence_is_idle() -> None:
    modules = (directory, community, officer, roster, handling, retraction, meeting, entries, aftercare)
    assert set().union(*(codes_raised(module) for module in modules)) == set(REFUSALS)
    assert_tables_are_bilingual(SERVICE)


def test_a_code_that_both_services_use_says_the_same() -> None:
    both = REFUSALS.keys() & INTAKES.keys()
    assert both == {"before_reported", "unknown_community", "nothing_changes"}
    for code in both:
        assert REFUSALS[code] == INTAKES[code]


def test_what_is_not_known_fails_the_type_checker() -> None:
    for module in (community, roster, handling, meeting):
        assert_exhaustive(module.decide)
        assert_exhaustive(module.evolve)
    for part in (handling._handled_by, handling._visited, handling._mediated):
        assert_exhaustive(part)
    for fold in (communities, meetings, roster_ledger):
        assert_exhaustive(fold._evolve)


def test_the_ledgers_take_every_event_of_what_they_tell() -> None:
    assert set(handling_ledger.LEDGER.handles) >= set(get_args(HandlingEvent))
    assert set(visits.LEDGER.handles) == {*get_args(VisitEvent), WorkRetracted}


def test_commands_ledgers_and_events_are_declared_well() -> None:
    assert_commands_are_declared_well(SERVICE)
    assert_ledgers_are_declared_well(SERVICE)
    beginnings: list[type] = [
        CommunityRegistered, OfficerEnrolled, OfficerPosted, HandlingOpened, VisitPlanned, MeetingConvened,
    ]  # fmt: skip
    beginnings += [kind.events[0] for kind in entries.ENTRIES.kinds]
    assert_ledgers_take_what_they_handle(SERVICE, beginnings)


def test_who_may_do_what() -> None:
    by = {accepts.command: accepts.by for decider in SERVICE.deciders for accepts in decider.accepts}
    for command, roles in by.items():
        assert Role.OFFICE in roles or roles == {Role.SERVICE}, command
        if Role.CLERK in roles:
            assert Role.OFFICE in roles, "the office may do all that a clerk may"
    for command in (commands.RegisterCommunity, commands.EnrolOfficer, commands.PostOfficer, commands.EndPosting):
        assert by[command] == {Role.OFFICE}
    assert by[commands.OpenHandling] == by[commands.EndHandling] == {Role.SERVICE}
    assert Role.OFFICER in by[commands.CompleteVisit] & by[commands.HoldMediation]
    assert by[commands.AssignHandler] == {Role.LEADER, Role.OFFICE}


# reactions


OPEN = commands.OpenHandling(
    community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, due_on=date(2015, 7, 11)
)  # fmt: skip


def accepted(to_be_handled: bool) -> CaseAccepted:
    return CaseAccepted(
        community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, due_on=date(2015, 7, 11),
        due_rule="mediation-one-month", to_be_handled=to_be_handled, basis=Basis.ACT,
    )  # fmt: skip


def test_an_accepted_case_is_handled_unless_it_was_over_on_paper() -> None:
    assert REACTIONS[0].react(recorded(accepted(True), id="case-1")) == (Sent(OPEN, "case-1"),)
    assert REACTIONS[0].react(recorded(accepted(False), id="case-1")) == ()


def test_a_reopened_case_is_handled_again() -> None:
    reopened = CaseReopened(
        community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, parties=2, reported_at=START, reason="反复",
        due_on=date(2015, 7, 11), due_rule="mediation-one-month",
    )  # fmt: skip
    assert REACTIONS[0].react(recorded(reopened, id="case-1")) == (Sent(OPEN, "case-1"),)


@pytest.mark.parametrize("handled", [True, False])
def test_handling_ends_with_the_case_if_it_was_ever_open(handled: bool) -> None:
    act = Basis.ACT
    for event, status in (
        (CaseLinkedAsDuplicate(duplicate_of="other", handled=handled), CaseStatus.LINKED),
        (CaseReferred(to_unit="区法院", outside=True, basis=act, handled=handled), CaseStatus.REFERRED),
        (CaseWithdrawn(reason="和解", handled=handled), CaseStatus.WITHDRAWN),
        (CaseResolved(tier=Tier.COMMUNITY, by_agreement=True, basis=act, handled=handled), CaseStatus.RESOLVED),
        (
            CaseTerminated(reason=Termination.REFUSED, remedies_told=True, basis=act, handled=handled),
            CaseStatus.TERMINATED,
        ),
        (CaseVoided(reason="误登", handled=handled), CaseStatus.VOIDED),
    ):
        sent = REACTIONS[1].react(recorded(event, id="case-1"))
        assert sent == ((Sent(commands.EndHandling(status=status), "case-1"),) if handled else ())
