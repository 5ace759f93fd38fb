"""What becomes of a case: the stories that a season deals out, with how often each is told."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from shared.contracts.assignment import WorkAct
from shared.contracts.intake import CaseStep


class Fate(Enum):
    """How a case ends."""

    AGREED = auto()
    SETTLED_AT_ONCE = auto()
    """Without mediation: a word of the clerk was enough."""
    NO_AGREEMENT = auto()
    REFUSED = auto()
    CONSENT_WITHDRAWN = auto()
    DECLINED = auto()
    WITHDRAWN = auto()
    REFERRED_OUTSIDE = auto()
    REFERRED_WITHIN = auto()
    VOIDED = auto()
    STAYS_OPEN = auto()


class Twist(Enum):
    """What happens on the way."""

    NONE = auto()
    HANDED_DOWN = auto()
    CLOCK = auto()
    """An appraisal for which the clock stands, an extension, and a word from above."""
    RECLASSIFIED = auto()
    CORRECTED = auto()
    REPORTED_TWICE = auto()
    """By the hotline, too: a clerk links the second report."""
    CONFLICT = auto()
    UNWILLING = auto()
    """A party withdraws its consent and gives it again."""
    VISIT_DECLINED = auto()
    REOPENED = auto()
    CONFIRMED = auto()
    """By a court."""


Slip = CaseStep | WorkAct


@dataclass(frozen=True, slots=True)
class Story:
    """A fate, what happens on the way, and what is recorded by mistake and taken back."""

    fate: Fate
    twist: Twist = Twist.NONE
    slip: Slip | None = None


_APART: Final = (WorkAct.VISIT, WorkAct.LETTER, WorkAct.HANDOVER)
"""Told elsewhere; and what is taken back by a reaction alone, with the end of a posting."""
_AGREED: Final = Fate.AGREED
STORIES: Final[tuple[tuple[Story, int], ...]] = (
    # Each is told once in the year's first two thirds, as long as there is room, in this order; beyond that by its
    # weight, per thousand or nearly.
    (Story(_AGREED, Twist.HANDED_DOWN), 50),
    (Story(_AGREED, Twist.REOPENED), 30),
    (Story(_AGREED, Twist.REPORTED_TWICE), 35),
    (Story(_AGREED, Twist.CLOCK), 40),
    (Story(_AGREED, Twist.CONFIRMED), 40),
    (Story(_AGREED, Twist.CONFLICT), 20),
    (Story(_AGREED, Twist.UNWILLING), 20),
    (Story(_AGREED, Twist.VISIT_DECLINED), 40),
    (Story(_AGREED, Twist.RECLASSIFIED), 20),
    (Story(_AGREED, Twist.CORRECTED), 40),
    (Story(Fate.DECLINED), 25),
    (Story(Fate.WITHDRAWN), 25),
    (Story(Fate.REFERRED_OUTSIDE), 20),
    (Story(Fate.VOIDED), 15),
    (Story(Fate.REFUSED), 30),
    *((Story(_AGREED, slip=slip), 3) for slip in (WorkAct.VISIT, CaseStep.TERMINATED, CaseStep.CLOSED)),
    *((Story(_AGREED, Twist.CLOCK, slip), 3) for slip in CaseStep if not slip.of_life),
    (Story(_AGREED, Twist.HANDED_DOWN, WorkAct.LETTER), 3),
    *((Story(_AGREED, slip=slip), 3) for slip in WorkAct if slip not in _APART),
    *(
        (Story(_AGREED, slip=slip), 3)
        for slip in CaseStep
        if slip.of_life and slip not in (CaseStep.TERMINATED, CaseStep.CLOSED)
    ),
    (Story(Fate.CONSENT_WITHDRAWN), 10),
    (Story(Fate.NO_AGREEMENT), 50),
    (Story(Fate.REFERRED_WITHIN), 5),
    (Story(Fate.REFUSED, Twist.HANDED_DOWN), 5),
    (Story(Fate.STAYS_OPEN), 25),
    (Story(Fate.SETTLED_AT_ONCE), 60),
    (Story(_AGREED), 330),
)  # fmt: skip
