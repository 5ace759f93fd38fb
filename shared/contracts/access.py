"""Readings of what is sealed 查阅个人信息: who opened which field of which case, and what for; never what it said.

They stand in a log of their own beside a sub-district's, are never published, and belong to no service.
"""

from shared.contracts.codes import Named
from shared.contracts.event import Event, event, value
from shared.contracts.fields import Code


class Purpose(Named):
    """What a sealed field is opened for 查阅事由: a closed list, so that no purpose names anybody."""

    VISIT = "visit", "准备走访", "preparing a visit"
    HANDOVER = "handover", "移交案件", "handing a case over"
    SUPERVISION = "supervision", "督查督办", "supervision"
    CHECKING = "checking", "核对登记", "checking what was entered"
    SUBJECT_REQUEST = "subject_request", "本人申请查阅", "the person's own request"


@event("sanguan.record.sealed-field-read.v1")
class SealedFieldRead(Event):
    """A sealed field was about to be opened 查阅密封信息; the actor and the moment stand in the envelope (§3.3.2)."""

    case: Code
    """Of which case or entry, by its id."""
    field: Code
    """Which one, by its name."""
    item: Code | None
    """Of what in the case: a visit's id."""
    purpose: Purpose


@value
class ReadSealed:
    """Why a sealed field is to be opened 查阅申请."""

    purpose: Purpose


READINGS = (SealedFieldRead,)
"""All events of the logs of readings. They are no part of the published catalogue."""
