"""Plans and rulebooks as documents: their JSON Schema, and what an editor makes of the files that ship."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.assessment.rules import plan_file, rulebook_file
from services.assessment.rules.documents import DocumentFault, Form, read
from services.assessment.service import SERVICE
from shared.contracts.assessment import Given, Work
from shared.web.documents import document_schema
from tests.documents import DOCS
from tests.system.cli import called

FIXTURE = Path(__file__).parents[1] / "fixtures" / "plan-other.yaml"
SCHEMAS = {document.name: document_schema(document) for document in SERVICE.documents}
SHIPPED: tuple[tuple[Path, str, Form[Any]], ...] = (
    (plan_file.BUILT_IN, "plan", plan_file.FORM),
    (plan_file.STANDING, "plan", plan_file.FORM),
    (FIXTURE, "plan", plan_file.FORM),
    (rulebook_file.BUILT_IN, "rulebook", rulebook_file.FORM),
)


class Plainly(yaml.SafeLoader):
    """YAML as editors read it (1.2): a day is text, a number with a point is a number."""


Plainly.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def as_editors_read(text: str) -> Any:
    return yaml.load(text, Loader=Plainly)


def objections(name: str, data: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMAS[name], format_checker=jsonschema.FormatChecker())
    return [error.json_path for error in validator.iter_errors(data)]


@pytest.mark.parametrize(("file", "name", "form"), SHIPPED, ids=lambda value: getattr(value, "stem", ""))
def test_what_ships_fits_its_schema_as_editors_read_it(file: Path, name: str, form: Form[Any]) -> None:
    text = file.read_text(encoding="utf-8")
    read(text, file.name, form)
    assert objections(name, as_editors_read(text)) == []
    said = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / said).resolve() == DOCS / "schemas" / f"{name}.schema.json"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_refuses_unknown_fields_and_names_codes_in_both_languages(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/schemas/{name}.json"
    for part in (schema, *schema["$defs"].values()):
        if part["type"] == "object":
            assert part["additionalProperties"] is False
    assert Given.PROPOSAL.zh in schema["$defs"]["Given"]["description"]
    assert Given.PROPOSAL.en in schema["$defs"]["Given"]["description"]


def test_fields_have_titles_in_both_languages_and_days_their_format() -> None:
    duty = SCHEMAS["plan"]["$defs"]["Duty"]["properties"]
    assert duty["clause"]["title"] == "条款 Clause"
    assert {"format": "date", "type": "string"} in duty["due_on"]["anyOf"]
    assert SCHEMAS["plan"]["$defs"]["Work"]["enum"] == [one.value for one in Work]


SPOILT = [
    ("plan", "due_on: 2015-11-14", "due_on: 14 November", "schema"),
    ("plan", "lead: 街道班子", "led: 街道班子", "schema"),
    ("plan", "every: month", "every: fortnight", "schema"),
    ("plan", 'clause: "5.1"', "clause: 5.1", "schema, though it is read"),
    ("plan", 'share: "0.9"', "share: 0.9", "schema, though it is read"),
    ("plan", "posting_months: 12", "posting_months: 0", "schema"),
    ("plan", "code: studios,", "code: notices,", "faults"),
    ("plan", "to_day: 2015-12-20}", "to_day: 2015-06-10}", "faults"),
    ("plan", "concerns: summary", "concerns: nothing", "faults"),
    ("plan", 'code: no_section_four\n    clause: "4"', 'code: no_section_four\n    clause: "3"', "faults"),
    ("plan", "sequel: letter, days: 10", "sequel: letter", "faults"),
    ("rulebook", "op: in_period", "op: in_perod", "schema"),
    ("rulebook", 'weight: "15"', "weight: heavy", "schema"),
    ("rulebook", "table: postings", "table: persons", "faults"),
    ("rulebook", 'target: "0.9"', 'target: "90"', "faults"),
]


@pytest.mark.parametrize(("name", "old", "new", "by"), SPOILT)
def test_each_mistake_is_seen_by_the_schema_or_by_what_holds_a_document_together(
    name: str, old: str, new: str, by: str
) -> None:
    file, form = next((file, form) for file, of, form in SHIPPED if of == name)
    text = file.read_text(encoding="utf-8")
    assert old in text
    spoilt = text.replace(old, new, 1)
    assert bool(objections(name, as_editors_read(spoilt))) is by.startswith("schema")
    if by.endswith("read"):
        read(spoilt, "spoilt.yaml", form)
    else:
        with pytest.raises(DocumentFault):
            read(spoilt, "spoilt.yaml", form)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_command_line_prints_the_schema_that_is_committed(name: str) -> None:
    told = called("docs", "schema", name)
    assert told.code == 0
    committed = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert told.json == committed == SCHEMAS[name]


def test_a_schema_of_nothing_is_unusable() -> None:
    assert called("docs", "schema", "nothing").code == 2
