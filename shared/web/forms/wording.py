"""What a service calls its forms and their fields. A test fails where one lacks words in either language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.web.words import Pair


@dataclass(frozen=True, slots=True)
class FormWords:
    """What one command's form is called, and a line of what it is for."""

    title: Pair
    lead: Pair
    fields: Mapping[str, Pair] = field(default_factory=dict)
    """Labels where the common ones mislead: by name, or by path (`plan/terms`)."""


@dataclass(frozen=True, slots=True)
class ServiceForms:
    """The words of a service's forms, and where what they recorded can be seen."""

    commands: Mapping[str, FormWords] = field(default_factory=dict)
    """By the command's slug."""
    groups: Mapping[str, Pair] = field(default_factory=dict)
    """What the aggregates are called, by the category of their streams."""
    fields: Mapping[str, Pair] = field(default_factory=dict)
    """Labels of fields that no ledger has as a column, and of those that are called otherwise here."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """The page of an aggregate, by category: `/cases/{id}`."""
