"""Restricted first, then erased, by two persons, and never under a legal hold. All data is invented (synthetic)."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.privacy.commands import (
    ApproveErasure,
    CompleteErasure,
    HoldErasure,
    LiftRestriction,
    PlaceRestriction,
    ProposeErasure,
    RefuseErasure,
    ReleaseErasureHold,
)
from services.privacy.subject import DECIDER, Facts
from shared.contracts.event import Actor
from shared.contracts.privacy import (
    ErasureApproved,
    ErasureHeld,
    ErasureHoldReleased,
    ErasureProposed,
    ErasureReason,
    ErasureRefusal,
    ErasureRefused,
    HoldReason,
    LiftReason,
    PersonalDataErased,
    RequestKind,
    RequestOutcome,
    RestrictionLifted,
    RestrictionPlaced,
    RestrictionReason,
)
from tests.privacy.invented import CASE, CLOCK, GUARD, OTHER, PARTY, asked, kept, restricted
from tests.spec import START, Spec, at
from tests.spec import spec as of_decider

DUE = Facts(kept(due_on=date(2015, 6, 1)), restriction=restricted())
"""Of a case that has been kept long enough."""
RUNNING = Facts(kept(), restriction=restricted())
PLACED = RestrictionPlaced(subject=CASE, because=RestrictionReason.RETENTION, request=None)
PROPOSED = ErasureProposed(subject=CASE, because=ErasureReason.RETENTION, request=None, by=GUARD.id)
APPROVED = ErasureApproved(subject=CASE, because=ErasureReason.RETENTION)
HELD = ErasureHeld(subject=CASE, because=HoldReason.LITIGATION)
ERASED = PersonalDataErased(subject=CASE, kind="case", because=ErasureReason.RETENTION)
GRANTED = RequestOutcome.GRANTED
PROPOSE = ProposeErasure(subject=CASE, because=ErasureReason.RETENTION)
APPROVE, COMPLETE = ApproveErasure(subject=CASE), CompleteErasure(subject=CASE)


def spec(*given: Any) -> Spec:
    return of_decider(DECIDER).given(*given)


def by(actor: Actor, given: Spec, command: Any, facts: Facts = DUE) -> Spec:
    return given.when(command, by=actor, facts=facts)


def test_what_was_kept_long_enough_is_restricted_by_the_clock() -> None:
    command = PlaceRestriction(subject=CASE, because=RestrictionReason.RETENTION)
    by(CLOCK, spec(), command).then(PLACED)
    by(CLOCK, spec(), command, Facts(kept(due_on=date(2015, 6, 12)))).then_refused("not_due_yet")
    by(CLOCK, spec(), command, RUNNING).then_refused("clock_not_running")
    by(CLOCK, spec(), command, Facts()).then_refused("unknown_subject", field="subject")
    by(CLOCK, spec(PLACED), command).then_refused("already_restricted")


def test_a_person_s_objection_restricts_whether_or_not_a_clock_runs() -> None:
    command = PlaceRestriction(subject=PARTY, because=RestrictionReason.OBJECTION, request="r-1")
    request = asked(RequestKind.OBJECTION, RequestOutcome.GRANTED, PARTY)
    placed = RestrictionPlaced(subject=PARTY, because=RestrictionReason.OBJECTION, request="r-1")
    by(GUARD, spec(), command, Facts(kept(), request)).then(placed)
    of_another = asked(RequestKind.OBJECTION, RequestOutcome.GRANTED)
    by(GUARD, spec(), command, Facts(kept(), of_another)).then_refused("unknown_request", field="request")


def test_nothing_is_restricted_early_by_naming_a_day_to_come() -> None:
    command = at(300, PlaceRestriction(subject=CASE, because=RestrictionReason.RETENTION))
    later = Facts(kept(due_on=date(2015, 12, 1)))
    spec().when(command, by=CLOCK, facts=later, now=at(0, None)).then_refused("not_due_yet")


def test_a_restriction_is_lifted_and_a_proposal_falls_with_it() -> None:
    lift = LiftRestriction(subject=CASE, because=LiftReason.WITHDRAWN)
    lifted = RestrictionLifted(subject=CASE, because=LiftReason.WITHDRAWN)
    by(GUARD, spec(PLACED), lift).then(lifted)
    fallen = ErasureRefused(subject=CASE, reason=ErasureRefusal.RESTRICTION_LIFTED)
    by(GUARD, spec(PLACED, PROPOSED), lift).then(fallen, lifted)
    by(GUARD, spec(), lift).then_refused("not_restricted")
    by(GUARD, spec(PLACED, lifted), lift).then_refused("not_restricted")


def test_an_erasure_is_proposed_after_thirty_days_of_restriction() -> None:
    spec(PLACED).when(at(30, PROPOSE), by=GUARD, facts=DUE).then(PROPOSED)
    refused = spec(PLACED).when(at(29, PROPOSE), by=GUARD, facts=DUE).then_refused("restricted_too_short")
    assert refused.known["from_day"] == "2015-07-11"
    spec().when(at(40, PROPOSE), by=GUARD, facts=DUE).then_refused("not_restricted")
    spec(PLACED, PROPOSED).when(at(40, PROPOSE), by=GUARD, facts=DUE).then_refused("already_proposed")
    spec(PLACED, HELD).when(at(40, PROPOSE), by=GUARD, facts=DUE).then_refused("on_hold")
    spec(PLACED).when(at(40, PROPOSE), by=GUARD, facts=RUNNING).then_refused("clock_not_running")
    spec(PLACED).when(at(-1, PROPOSE), by=GUARD, facts=DUE).then_refused("before_last_act")


def test_the_thirty_days_are_counted_from_when_the_log_took_the_restriction_and_by_our_clock() -> None:
    """Whatever day somebody named, for the one or for the other."""
    entered = START + timedelta(days=31)
    backdated = Facts(kept(due_on=date(2015, 6, 1)), restriction=restricted(entered_at=entered, since=START))
    placed = spec(PLACED)
    for now in (31, 60):
        asked = placed.when(at(31, PROPOSE), by=GUARD, facts=backdated, now=at(now, None))
        refused = asked.then_refused("restricted_too_short", field="because")
        assert refused.known["from_day"] == "2015-08-11"
    placed.when(at(31, PROPOSE), by=GUARD, facts=backdated, now=at(61, None)).then(PROPOSED)


def test_who_acts_for_somebody_is_no_other_person() -> None:
    """Nor are two who act for the same one."""
    for_them = Actor(id="deputy-2", role="office", on_behalf_of=GUARD.id)
    proxy = Actor(id="privacy-9", role="privacy", on_behalf_of="unit-3")
    by_proxy = ErasureProposed(
        subject=CASE, because=ErasureReason.RETENTION, request=None, by=proxy.id, on_behalf_of="unit-3"
    )
    spec(PLACED).when(at(30, PROPOSE), by=proxy, facts=DUE).then(by_proxy)
    by(for_them, spec(PLACED, PROPOSED), APPROVE).then_refused("same_person")
    for other in (proxy, Actor(id="unit-3", role="office"), Actor(id="office-5", role="office", on_behalf_of="unit-3"),
                  Actor(id="office-5", role="office", on_behalf_of=proxy.id)):  # fmt: skip
        by(other, spec(PLACED, by_proxy), APPROVE).then_refused("same_person")
    by(OTHER, spec(PLACED, by_proxy), APPROVE).then(APPROVED)


def test_what_a_person_asked_for_and_got_granted_is_proposed_at_once() -> None:
    command = ProposeErasure(subject=CASE, because=ErasureReason.REQUEST, request="r-1")
    granted = Facts(kept(), asked(RequestKind.ERASURE, RequestOutcome.GRANTED))
    expected = ErasureProposed(subject=CASE, because=ErasureReason.REQUEST, request="r-1", by=GUARD.id)
    by(GUARD, spec(PLACED), command, granted).then(expected)
    for other in (None, asked(RequestKind.ACCESS, GRANTED), asked(RequestKind.ERASURE, GRANTED, PARTY)):
        by(GUARD, spec(PLACED), command, Facts(kept(), other)).then_refused("unknown_request", field="request")
    for outcome in (None, RequestOutcome.REFUSED, RequestOutcome.WITHDRAWN):
        not_granted = Facts(kept(), asked(RequestKind.ERASURE, outcome))
        by(GUARD, spec(PLACED), command, not_granted).then_refused("request_not_granted", field="request")


def test_another_person_approves_and_nobody_else_does() -> None:
    waiting = spec(PLACED, PROPOSED)
    by(OTHER, waiting, APPROVE).then(APPROVED)
    by(GUARD, waiting, APPROVE).then_refused("same_person")
    by(OTHER, spec(PLACED), APPROVE).then_refused("not_proposed")
    by(OTHER, spec(PLACED, PROPOSED, HELD), APPROVE).then_refused("on_hold")
    by(OTHER, waiting, APPROVE, RUNNING).then_refused("clock_not_running")
    waiting.when(at(-1, APPROVE), by=OTHER, facts=DUE).then_refused("before_last_act")


def test_another_person_refuses_and_who_proposed_withdraws() -> None:
    waiting = spec(PLACED, PROPOSED)
    refuse = RefuseErasure(subject=CASE, reason=ErasureRefusal.STILL_NEEDED)
    withdraw = RefuseErasure(subject=CASE, reason=ErasureRefusal.WITHDRAWN)
    by(OTHER, waiting, refuse).then(ErasureRefused(subject=CASE, reason=ErasureRefusal.STILL_NEEDED))
    by(GUARD, waiting, refuse).then_refused("same_person")
    by(GUARD, waiting, withdraw).then(ErasureRefused(subject=CASE, reason=ErasureRefusal.WITHDRAWN))
    by(OTHER, waiting, withdraw).then_refused("not_the_proposer", field="reason")
    by(GUARD, spec(PLACED), withdraw).then_refused("not_proposed")
    again = ErasureRefused(subject=CASE, reason=ErasureRefusal.STILL_NEEDED)
    spec(PLACED, PROPOSED, again).when(at(40, PROPOSE), by=OTHER, facts=DUE).then(
        ErasureProposed(subject=CASE, because=ErasureReason.RETENTION, request=None, by=OTHER.id)
    )


def test_a_hold_stands_until_it_is_released() -> None:
    hold = HoldErasure(subject=CASE, because=HoldReason.LITIGATION)
    release = ReleaseErasureHold(subject=CASE)
    by(OTHER, spec(), hold).then(HELD)
    by(OTHER, spec(HELD), hold).then_refused("already_held")
    by(OTHER, spec(HELD), release).then(ErasureHoldReleased(subject=CASE))
    by(OTHER, spec(), release).then_refused("not_held")
    by(OTHER, spec(), hold, Facts()).then_refused("unknown_subject")


def test_what_was_approved_is_erased_once_and_nothing_comes_between() -> None:
    approved = spec(PLACED, PROPOSED, APPROVED)
    by(CLOCK, approved, COMPLETE).then(ERASED)
    by(CLOCK, spec(PLACED, PROPOSED), COMPLETE).then_refused("not_approved")
    by(CLOCK, spec(), COMPLETE).then_refused("not_approved")
    others: tuple[Any, ...] = (
        APPROVE, PROPOSE, LiftRestriction(subject=CASE, because=LiftReason.MISTAKEN),
        HoldErasure(subject=CASE, because=HoldReason.AUDIT), ReleaseErasureHold(subject=CASE),
        RefuseErasure(subject=CASE, reason=ErasureRefusal.STILL_NEEDED),
        PlaceRestriction(subject=CASE, because=RestrictionReason.DISPUTED),
    )  # fmt: skip
    for command in others:
        by(OTHER, approved, command).then_refused("erasure_approved", field="subject")
    for command in (*others, COMPLETE):
        by(OTHER, spec(PLACED, PROPOSED, APPROVED, ERASED), command).then_refused("already_erased", field="subject")


def test_one_party_alone_can_be_erased() -> None:
    """By its own name, as the vault has it."""
    (accepts,) = (one for one in DECIDER.accepts if one.command is CompleteErasure)
    assert accepts.destroys is not None
    assert accepts.destroys(CompleteErasure(subject=PARTY), PARTY) == PARTY
    history = (
        RestrictionPlaced(subject=PARTY, because=RestrictionReason.ERASURE_REQUEST, request="r-1"),
        ErasureProposed(subject=PARTY, because=ErasureReason.REQUEST, request="r-1", by=GUARD.id),
        ErasureApproved(subject=PARTY, because=ErasureReason.REQUEST),
    )
    by(CLOCK, spec(*history), CompleteErasure(subject=PARTY)).then(
        PersonalDataErased(subject=PARTY, kind="case", because=ErasureReason.REQUEST)
    )


def test_only_what_destroys_destroys() -> None:
    assert [one.command for one in DECIDER.accepts if one.destroys is not None] == [CompleteErasure]


@pytest.mark.parametrize("command", [APPROVE, PROPOSE])
def test_nobody_decides_of_what_is_not_there(command: Any) -> None:
    by(OTHER, spec(PLACED, PROPOSED) if command is APPROVE else spec(PLACED), command, Facts()).then_refused(
        "unknown_subject", field="subject"
    )
