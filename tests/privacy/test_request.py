"""What a person asks about their own data is answered in time, with a reason. All data is invented (synthetic)."""

from datetime import date
from typing import Any

import pytest

from services.privacy.commands import AnswerPersonRequest, ReceivePersonRequest
from services.privacy.request import ANSWER_WORKING_DAYS, DECIDER, Facts
from shared.contracts.model import Refused
from shared.contracts.privacy import (
    AnswerReason,
    PersonRequestAnswered,
    PersonRequestReceived,
    RequestKind,
    RequestOutcome,
)
from tests.assignment.invented import WENBO
from tests.privacy.invented import GUARD, PARTY, kept
from tests.spec import Spec, at
from tests.spec import spec as of_decider

KNOWN = Facts(kept())
RECEIVE = ReceivePersonRequest(subject=PARTY, community=WENBO, request=RequestKind.ACCESS)
DUE = date(2015, 7, 3)
"""Fifteen working days after 11 June 2015: Dragon Boat, Monday the 22nd, is off."""


def received(request: RequestKind = RequestKind.ACCESS) -> PersonRequestReceived:
    return PersonRequestReceived(subject=PARTY, community=WENBO, request=request, due_on=DUE)


def spec(*given: Any) -> Spec:
    return of_decider(DECIDER).given(*given)


def answer(outcome: RequestOutcome, reason: AnswerReason, position: int | None = None) -> AnswerPersonRequest:
    return AnswerPersonRequest(outcome=outcome, reason=reason, corrected_position=position)


GRANT = answer(RequestOutcome.GRANTED, AnswerReason.AS_ASKED)


def test_it_is_due_within_fifteen_working_days() -> None:
    assert ANSWER_WORKING_DAYS == 15
    spec().when(RECEIVE, facts=KNOWN).then(received())
    spec().when(RECEIVE, facts=Facts()).then_refused("unknown_subject", field="subject")
    spec().when(RECEIVE, facts=Facts(kept(community=None))).then_refused("unknown_subject", field="subject")
    spec(received()).when(RECEIVE, facts=KNOWN).then_refused("already_received", field="stream")


def test_it_is_answered_once_and_not_before_it_came() -> None:
    told = PersonRequestAnswered(
        subject=PARTY, request=RequestKind.ACCESS, outcome=RequestOutcome.GRANTED, reason=AnswerReason.AS_ASKED,
        corrected_position=None,
    )  # fmt: skip
    spec(received()).when(GRANT, by=GUARD, facts=KNOWN).then(told)
    spec(received(), told).when(GRANT, by=GUARD, facts=KNOWN).then_refused("already_answered", field="stream")
    spec().when(GRANT, by=GUARD, facts=Facts()).then_refused("unknown_person_request", field="stream")
    spec(received()).when(at(-1, GRANT), by=GUARD, facts=KNOWN).then_refused("before_last_act")


@pytest.mark.parametrize("outcome", RequestOutcome)
def test_every_outcome_has_reasons_that_fit_and_others_that_do_not(outcome: RequestOutcome) -> None:
    taken = set()
    for reason in AnswerReason:
        asked = spec(received()).when(answer(outcome, reason), by=GUARD, facts=KNOWN)
        try:
            asked.decided()
            taken.add(reason)
        except Refused:
            asked.then_refused("reason_unfit", field="reason")
    assert taken
    assert taken < set(AnswerReason)


def test_a_correction_that_was_granted_has_been_made_and_is_named() -> None:
    asked = spec(received(RequestKind.CORRECTION))
    corrected = Facts(kept(corrected_position=7))
    named = answer(RequestOutcome.GRANTED, AnswerReason.AS_ASKED, 7)
    (told,) = asked.when(named, by=GUARD, facts=corrected).decided()
    assert told.corrected_position == 7
    asked.when(GRANT, by=GUARD, facts=corrected).then_refused("correction_missing", field="corrected_position")
    other = answer(RequestOutcome.GRANTED, AnswerReason.AS_ASKED, 6)
    for facts in (corrected, KNOWN, Facts()):
        asked.when(other, by=GUARD, facts=facts).then_refused("not_its_correction", field="corrected_position")
    refused = answer(RequestOutcome.REFUSED, AnswerReason.IS_RIGHT, 7)
    asked.when(refused, by=GUARD, facts=corrected).then_refused("correction_not_needed")
    spec(received()).when(named, by=GUARD, facts=corrected).then_refused("correction_not_needed")
