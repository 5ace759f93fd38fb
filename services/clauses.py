"""`sanguan docs clauses`: each clause of the plan with everything that serves it, down to the tests that try it."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from services.assessment.clauses import CLAUSES, Living, living
from services.assessment.rules.rulebook_file import load_rulebook
from shared.contracts.model import Service, slug

_TESTS: Final = Path(__file__).parents[1] / "tests"


def clauses(services: Sequence[Service], tests: Path = _TESTS) -> list[dict[str, Any]]:
    """The rows of the contract, each with its commands, events, ledgers, indicators, pages and tests."""
    rulebook, tried = load_rulebook(), _tried(tests)
    commands = {f"{service.name}/{slug(a.command)}": a.command for service in services for d in service.deciders
                for a in d.accepts}  # fmt: skip
    rows = []
    for clause in CLAUSES:
        found = living(clause.clause, services, rulebook)
        rows.append(
            {
                **clause._asdict(),
                "commands": list(found.commands),
                "events": [event.NAME for event in found.events],  # type: ignore[attr-defined]  # every event has one
                "ledgers": list(found.ledgers),
                "indicators": list(found.indicators),
                "pages": list(found.pages),
                "tests": sorted(_of(found, commands, tried)),
            }
        )
    return rows


def _of(found: Living, commands: Mapping[str, type], tried: Mapping[str, Iterable[str]]) -> set[str]:
    """The tests that name one of the clause's commands or events, or ask for one of its pages."""
    names = {commands[one].__name__ for one in found.commands} | {event.__name__ for event in found.events}
    return {test for name in names for test in tried.get(name, ())}


def _tried(tests: Path) -> Mapping[str, set[str]]:
    """Name of a class → the test functions whose source names it, or a constant of their file that is made of it."""
    found: dict[str, set[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: _names(node)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                used = _names(node)
                used |= {name for constant in used & constants.keys() for name in constants[constant]}
                for name in used:
                    found.setdefault(name, set()).add(f"{file.relative_to(tests.parent).as_posix()}::{node.name}")
    return found


def _names(node: ast.AST) -> set[str]:
    held = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return held | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
