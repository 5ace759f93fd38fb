"""What is sealed can be opened by somebody, for a purpose and on record; and nothing opens it by another way."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.installation import SERVICES
from shared.contracts.codes import Role
from shared.contracts.model import Compartment, Decider, Ledger, Service
from shared.contracts.personal import SEALED_MARK, boxes, key_of, personal

ROOT = Path(__file__).parents[2]
NEVER = {Role.OPERATOR, Role.SUBSCRIBER, Role.RESIDENT, Role.SERVICE}
LEDGERS = [(service, ledger) for service in SERVICES for ledger in service.served if ledger.sealed]
DECIDERS = [
    (service, decider) for service in SERVICES for decider in service.deciders
    if any(personal(event) for event in decider.events)
]  # fmt: skip
COMPARTMENTS = [(service, one) for service in SERVICES for one in service.compartments]


@pytest.mark.parametrize(("service", "ledger"), LEDGERS, ids=lambda one: one.name)
def test_every_sealed_column_of_a_ledger_that_is_shown_is_opened_by_a_compartment(
    service: Service, ledger: Ledger[Any]
) -> None:
    opening = [one for one in service.compartments if one.ledger is not None and one.ledger.name == ledger.name]
    assert opening, "it has an address"
    if all(one.field is not None for one in opening):
        assert {one.field for one in opening} == set(ledger.sealed)
    else:
        assert [one.field for one in opening] == [None], "one address opens all of them, by their names"


@pytest.mark.parametrize(("service", "decider"), DECIDERS, ids=lambda one: getattr(one, "category", "of"))
def test_what_is_sealed_at_any_step_of_an_aggregate_is_opened_by_a_compartment(
    service: Service, decider: Decider[Any]
) -> None:
    steps = [one for one in service.compartments if one.category == decider.category and "/steps/" in one.path]
    assert len(steps) == 1


def test_the_walk_meets_what_there_is() -> None:
    assert {decider.category for _, decider in DECIDERS} >= {"case", "finding", "handling", "officer", "supervision"}
    assert len(LEDGERS) > 15


@pytest.mark.parametrize(("service", "one"), COMPARTMENTS, ids=lambda one: getattr(one, "path", ""))
def test_nobody_opens_anything_who_runs_the_system_or_follows_the_stream(service: Service, one: Compartment) -> None:
    assert not one.by & NEVER
    assert one.work <= one.by
    assert one.category in {decider.category for decider in service.deciders}


def test_a_box_is_found_by_its_place_and_says_whose_keys_seal_it() -> None:
    box = f"{SEALED_MARK}2:case/2015:7#parties/0.ab12:QUJD"
    assert key_of(box) == "case/2015:7#parties/0.ab12"
    ledger = next(ledger for _, ledger in LEDGERS if ledger.name == "meetings")
    row = type("Row", (), {"subject": box, "decisions": (box, "in clear", box)})()
    assert dict(boxes(row, ledger.sealed)) == {"subject": box, "decisions/0": box, "decisions/2": box}


# one way out ----------------------------------------------------------------------------------------------------------

SHOWING = "shared/log/access.py"
COMPARING = {
    "services/intake/suggestions.py",  # possible duplicates: what is opened is compared and dropped
    "services/intake/disclosures.py",  # whose cases: likewise
    "services/taking_over.py",  # an import that is run again: what a row says against what it said
}
"""Sources that open boxes: the one that shows what they hold, and those that show nothing of it."""


def opens(tree: ast.AST) -> Iterator[str]:
    """Where a source opens boxes, or unwraps keys."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("open", "open_all") and "vault" in ast.unparse(node.value):
            yield ast.unparse(node)


def test_boxes_are_opened_in_one_place_to_be_shown_and_elsewhere_to_be_compared() -> None:
    found = {
        source.relative_to(ROOT).as_posix()
        for part in ("services", "shared")
        for source in (ROOT / part).rglob("*.py")
        if source.name != "vault.py" and list(opens(ast.parse(source.read_text(encoding="utf-8"))))
    }
    assert found == {SHOWING, *COMPARING}


def test_no_other_source_takes_a_box_apart() -> None:
    """Ciphers are the vault's and the wrapping's own."""
    found = {
        source.relative_to(ROOT).as_posix()
        for part in ("services", "shared")
        for source in (ROOT / part).rglob("*.py")
        if "hazmat" in source.read_text(encoding="utf-8")
    }
    assert all(source.startswith(("shared/log/", "shared/access/")) for source in found), found
    assert SHOWING not in found
