"""The page that defines rulebooks says all that there is, and nothing that there is not."""

import re
from collections.abc import Iterator

import pytest

from services.assessment.documents import read
from services.assessment.due.obligation import State
from services.assessment.items import TABLES
from services.assessment.ledgers import case_results, deeds
from services.assessment.refusals import REFUSALS
from services.assessment.rulebook_file import FORM
from shared.contracts.assessment import FlagKind, IndicatorKind, Op, PeriodKind, RankUse, Sequel, Standing, Work
from shared.contracts.catalogue import EVENTS
from shared.contracts.codes import Profession
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


def test_every_table_is_defined() -> None:
    assert sorted(re.findall(r"\n\*\*(\w+)\*\* — ", PAGE)) == sorted(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_field_of_a_table_is_defined(name: str) -> None:
    text = of_table(name)
    fields = text.split("\n\n| `work` |")[0].split("\n\n| `what` |")[0]
    told = CODE.findall(fields) if name == "cards" else firsts(fields)
    assert set(TABLES[name]) == set(told) & set(TABLES[name])
    if name != "cards":
        assert set(firsts(fields)) == set(TABLES[name])


def test_every_work_and_every_sequel_is_defined() -> None:
    works = {deeds.HAZARD, deeds.KEY_AREA, deeds.RECTIFICATION, deeds.OPINION, deeds.MAJOR_FIRE, deeds.YOUTH_RATE}
    assert set(firsts(of_table("deeds").split("| `work` | entered by")[1])) == {*Work, *works}
    duties = of_table("duties")
    named = {code.partition(".")[0] for code in CODE.findall(duties)}
    assert set(Sequel) <= named
    assert set(State) <= set(CODE.findall(duties))
    assert {f"refill.{one}" for one in Profession} & set(CODE.findall(duties))


def test_every_way_in_which_a_case_ends_is_named() -> None:
    assert set(CODE.findall(of_table("cases"))) >= case_results.ENDINGS


def test_every_event_that_is_named_is_one() -> None:
    names = {event.NAME.split(".")[2] for event in EVENTS}
    said = {code for code in CODE.findall(section("The evidence")) if re.fullmatch(r"[a-z]+(-[a-z]+)+", code)}
    assert len(said) > 40
    assert said <= names


def test_every_refusal_that_is_named_is_one() -> None:
    checked = {
        "no_indicators",
        "repeated_code",
        "denominator_unfit",
        "target_unfit",
        "unknown_evidence",
        "filter_unfit",
    }
    told = set(firsts(section("Mistakes that `sanguan rulebook check` tells")))
    assert checked <= told & set(REFUSALS)


def test_the_example_is_a_rulebook() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    rulebook = read(example, "example.yaml", FORM)
    assert rulebook.indicators[0].target == "0.95"


def test_the_page_is_short_and_names_the_default() -> None:
    assert len(PAGE.splitlines()) <= 260
    assert (ROOT / "services/assessment/rulebooks/default.yaml").is_file()
    assert "services/assessment/rulebooks/default.yaml" in PAGE
