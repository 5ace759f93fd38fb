"""The page that defines rulebooks says all that there is, and nothing that there is not."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from services.assessment.due.obligation import State
from services.assessment.evidence.items import TABLES
from services.assessment.explaining.vocabulary import DUTIES, ENTERED
from services.assessment.ledgers import case_results
from services.assessment.rules import rulebook
from services.assessment.rules.documents import DocumentFault, load, read
from services.assessment.rules.rulebook_file import FORM
from shared.contracts.assessment import (
    FlagKind,
    Indicator,
    IndicatorKind,
    Op,
    PeriodKind,
    RankUse,
    Standing,
    Work,
)
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import MeetingKind, Profession
from tests.system.cli import ROOT

PAGE = (ROOT / "docs" / "rulebook.md").read_text()
CODE = re.compile(r"`([^`]+)`")


def section(title: str) -> str:
    """What stands under a heading, up to the next."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def firsts(text: str) -> Iterator[str]:
    """The codes in the first column of the tables of a text."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield from CODE.findall(line.split("|")[1])


def of_table(name: str) -> str:
    """What the page says of a table of evidence."""
    return section("The evidence").split(f"\n**{name}** — ")[1].split("\n**")[0]


def test_every_question_kind_and_flag_is_defined() -> None:
    assert set(firsts(section("Conditions"))) == set(Op)
    assert set(firsts(section("From rows to points"))) == set(IndicatorKind)
    assert set(firsts(section("Flags"))) == set(FlagKind)
    said = set(CODE.findall(re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
    assert {*Standing, *PeriodKind} <= said
    assert all(use in section("An example") for use in RankUse)


def test_every_field_of_an_indicator_is_defined() -> None:
    told = section("An example").split("```\n")[1]
    assert sorted(firsts(told)) == sorted(field.name for field in fields(Indicator))


def test_every_table_is_defined() -> None:
    assert sorted(re.findall(r"\n\*\*(\w+)\*\* — ", PAGE)) == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_field_of_a_table_is_defined(name: str) -> None:
    text = of_table(name)
    of_fields = text.split("\n\n| `work` |")[0].split("\n\n| `what` |")[0]
    told = CODE.findall(of_fields) if name == "cards" else firsts(of_fields)
    assert set(TABLES[name]) == set(told) & set(TABLES[name])
    if name != "cards":
        assert set(firsts(of_fields)) == set(TABLES[name])


def test_every_work_and_every_sequel_is_defined() -> None:
    assert set(firsts(of_table("deeds").split("| `work` | entered by")[1])) == set(ENTERED)
    duties = of_table("duties")
    named = {code.partition(".")[0] for code in CODE.findall(duties)}
    assert {code.partition(".")[0] for code in DUTIES} - {*Work, *MeetingKind} <= named
    assert set(State) <= set(CODE.findall(duties))
    assert {f"refill.{one}" for one in Profession} & set(CODE.findall(duties))


def test_every_way_in_which_a_case_ends_is_named() -> None:
    assert set(CODE.findall(of_table("cases"))) >= case_results.ENDINGS


def test_every_event_that_is_named_is_one() -> None:
    names = {event.NAME.split(".")[2] for event in EVENTS}
    said = {code for code in CODE.findall(section("The evidence")) if re.fullmatch(r"[a-z]+(-[a-z]+)+", code)}
    assert len(said) > 40
    assert said <= names


EXAMPLE = PAGE.split("```yaml\n")[1].split("```")[0]
NUMERATOR = re.findall(r"    numerator:\n(?:      .*\n)+", EXAMPLE)[0]
TWICE = EXAMPLE.replace("\nflags", EXAMPLE.partition("indicators:")[2].partition("\nflags")[0] + "\nflags")
FLAG = (
    "flags: [{code: f, kind: month_end, clause: '5.1', title_zh: 甲, title_en: a, share: '0', least: 1, "
    "days: 3, given: proposal}]"
)
MISTAKES: dict[str, str | tuple[str, str]] = {
    "not_yaml": "a: [",
    "empty": "",
    "too_deep": "[" * 30,
    "not_taken": "a: &b 1\nc: *b",
    "repeated_key": f"{EXAMPLE}code: ours\n",
    "repeated_code": TWICE,
    "unknown_field": f"{EXAMPLE}more: 1\n",
    "missing_field": ("grace_days: 7", ""),
    "not_in_list": ("ranks: office", "ranks: all"),
    "bad_format": ("code: ours", "code: 有 空"),
    "string_type": ("en: Our own rulebook", "en: 3"),
    "too_short": ("en: Our own rulebook", "en: ''"),
    "too_long": ("en: Our own rulebook", f"en: {'x' * 5000}"),
    "control_character": ("en: Our own rulebook", 'en: "a\\ab"'),
    "personal_in_plain_field": ("en: Our own rulebook", "en: call 13812345678"),
    "int_type": ("grace_days: 7", "grace_days: x"),
    "greater_than_equal": ("grace_days: 7", "grace_days: -1"),
    "less_than_equal": ("grace_days: 7", "grace_days: 999"),
    "tuple_type": ("flags: []", "flags: 3"),
    "dataclass_type": (NUMERATOR, "    numerator: 3\n"),
    "no_indicators": (EXAMPLE[EXAMPLE.index("indicators:") : EXAMPLE.index("\nflags")], "indicators: []"),
    "denominator_unfit": ("kind: on_time", "kind: count"),
    "target_unfit": ('target: "0.95"', 'target: "5"'),
    "unknown_evidence": ("table: deeds", "table: deals"),
    "measures_unfit": ("kind: on_time", "kind: zero_incident\n    measures_target: hazards"),
    "filter_unfit": ("op: passed, values: []", "op: passed, values: [x]"),
    "value_unfit": ("values: [hazard]", "values: [hazards]"),
    "flag_unfit": ("flags: []", FLAG),
}
"""Of each code a text that is mistaken so: whole, or the example with a part of it written otherwise."""


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_is_told_by_its_code(code: str) -> None:
    made = MISTAKES[code]
    assert isinstance(made, str) or made[0] in EXAMPLE
    with pytest.raises(DocumentFault) as caught:
        read(made if isinstance(made, str) else EXAMPLE.replace(*made, 1), "x.yaml", FORM)
    assert code in {one.code for one in caught.value.mistakes}


def test_so_is_a_file_that_holds_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(EXAMPLE.encode("gb18030"))
    with pytest.raises(DocumentFault) as caught:
        load(tmp_path / "x.yaml", FORM)
    assert [one.code for one in caught.value.mistakes] == ["not_utf8"]


def test_every_mistake_that_is_told_is_defined_and_no_other() -> None:
    assert set(firsts(section("Mistakes that `sanguan rulebook check` tells"))) == {*MISTAKES, "not_utf8"}
    calls = (node for node in ast.walk(ast.parse(inspect.getsource(rulebook))) if isinstance(node, ast.Call))
    faults = [ast.unparse(call.args[1]) for call in calls if ast.unparse(call.func) == "Fault"]
    assert len(faults) > 8
    assert {ast.literal_eval(code) for code in faults} <= MISTAKES.keys()


def test_the_example_is_a_rulebook() -> None:
    assert read(EXAMPLE, "example.yaml", FORM).indicators[0].target == "0.95"


def test_the_page_names_the_default() -> None:
    assert (ROOT / "services/assessment/rulebooks/default.yaml").is_file()
    assert "services/assessment/rulebooks/default.yaml" in PAGE
