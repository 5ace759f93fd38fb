"""What is done about an agreement and a handed-down case besides mediating 协议履行、司法确认、包案稳控 (人民调解法 31,
33; §3.4.1, 5.1). Agreements are looked after when the case is over, too."""

from datetime import date, timedelta
from typing import Final, assert_never

from services.assignment.commands import (
    CheckPerformance,
    OfferJudicialConfirmation,
    RecordJudicialConfirmation,
    SignResponsibilityLetter,
)
from shared.calendar import Calendar
from shared.contracts.assignment import (
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    PerformanceChecked,
    ResponsibilityLetterSigned,
)
from shared.contracts.codes import CaseKind
from shared.contracts.model import Refused

CONFIRMATION_DAYS: Final = 30
"""人民调解法 33: the parties may ask the court within thirty days of the agreement's taking effect. The day of the
agreement is not counted, and a last day that is not worked is put off to the first that is (民法典 201, 203)."""

OfAgreement = CheckPerformance | OfferJudicialConfirmation | RecordJudicialConfirmation


def about_the_agreement(
    command: OfAgreement, agreed_on: date | None, offered: bool, day: date, calendar: Calendar
) -> PerformanceChecked | JudicialConfirmationOffered | JudicialConfirmationRecorded:
    """What is done about an agreement; raises `Refused`."""
    if agreed_on is None:
        raise Refused("no_agreement")
    match command:
        case CheckPerformance():
            return PerformanceChecked(performance=command.performance, note=command.note)
        case OfferJudicialConfirmation():
            apply_by = calendar.from_day(agreed_on + timedelta(days=CONFIRMATION_DAYS))
            if day > apply_by:
                raise Refused("confirmation_too_late", apply_by=apply_by.isoformat())
            return JudicialConfirmationOffered(apply_by=apply_by)
        case RecordJudicialConfirmation():
            if not offered:
                raise Refused("confirmation_not_offered", allowed=("offer-judicial-confirmation",))
            return JudicialConfirmationRecorded(confirmation=command.confirmation, document=command.document)
        case _:
            assert_never(command)


def letter(command: SignResponsibilityLetter, kind: CaseKind, community: str) -> ResponsibilityLetterSigned:
    """The letter; raises `Refused` where the case was not handed down."""
    if kind is not CaseKind.BACKLOG:
        raise Refused("not_handed_down")
    return ResponsibilityLetterSigned(
        community=community, unit=command.unit, person=command.person, contact_days=command.contact_days
    )
