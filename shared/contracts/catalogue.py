"""All events of the language."""

from typing import Any, Final

from shared.contracts import (
    access,
    assessment,
    assessment_entries,
    assignment,
    assignment_entries,
    intake,
    intake_entries,
    privacy,
)

EVENTS: Final[tuple[Any, ...]] = (
    *intake.EVENTS, *intake_entries.EVENTS, *assignment.EVENTS, *assignment_entries.EVENTS, *assessment.EVENTS,
    *assessment_entries.EVENTS, *privacy.EVENTS, *access.EVENTS,
)  # fmt: skip
"""Every event class, by owner."""
