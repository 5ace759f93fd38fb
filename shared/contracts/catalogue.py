"""All events of the language."""

from typing import Any, Final

from shared.contracts import assessment, assignment, intake

EVENTS: Final[tuple[Any, ...]] = (*intake.EVENTS, *assignment.EVENTS, *assessment.EVENTS)
"""Every event class, by owner."""
