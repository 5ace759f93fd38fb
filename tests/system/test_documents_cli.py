"""`sanguan plan` and `sanguan rulebook`: what an office writes, checked and put in force. All in it is invented."""

import re
from pathlib import Path

import pytest

from services.assessment.rules.plan_file import BUILT_IN, load_plan
from services.assessment.rules.rulebook_file import BUILT_IN as RULES
from services.assessment.rules.rulebook_file import load_rulebook
from tests.system.cli import Done, called, sanguan
from tests.system.server import LOG, count

OTHER = Path(__file__).parents[1] / "fixtures" / "plan-other.yaml"
BY = ("--author", "领导小组办公室（虚构）", "--reason", "印发（虚构）")


def adopt(data: Path, file: Path, kind: str = "plan", *words: str) -> Done:
    return sanguan(kind, "adopt", file, *BY, "--data", data, "--json", *words)


def size(data: Path) -> int:
    return count(data / "log.db", "SELECT count(*) FROM events WHERE log = ?", LOG)


def spoilt(to: Path) -> Path:
    text = OTHER.read_text(encoding="utf-8")
    for old, new in (("every: quarter", "every: querter"), ("lead: 街道", "led: 街道"), ("2016-05-31", "2016-02-01")):
        text = text.replace(old, new, 1)
    to.write_text(text, encoding="utf-8")
    return to


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which two plans and a rulebook were put in force."""
    made = tmp_path_factory.mktemp("office") / "data"
    for file, kind in ((BUILT_IN, "plan"), (OTHER, "plan"), (RULES, "rulebook")):
        done = adopt(made, file, kind)
        assert done.code == 0, done.err
        assert (done.json["done"], done.json["version"]) == ("adopted", 1)
    return made


def test_a_faulty_document_is_told_line_by_line_and_nothing_is_adopted(data: Path, tmp_path: Path) -> None:
    file, before = spoilt(tmp_path / "spoilt.yaml"), size(data)
    checked = called("plan", "check", file, "--json")
    assert (checked.code, checked.json["ok"]) == (1, False)
    assert [(one["field"], one["item"], one["code"]) for one in checked.json["mistakes"]] == [
        ("phases.1.to_day", "spring", "phase_backwards"),
        ("duties.1.lead", "opening", "missing_field"),
        ("duties.1.led", "opening", "unknown_field"),
        ("cadences.1.every", "quarterly_meeting", "not_in_list"),
    ]
    people = called("plan", "check", file)
    assert people.code == 1
    *told, last = people.out.splitlines()
    assert len(told) == 4
    assert "References and oddities are looked at when these are mended." in last
    assert all(re.match(r"spoilt\.yaml:\d+ [a-z_.0-9]+ \[\w+\]: .+ \(\w+\)$", line) for line in told)
    refused = adopt(data, file)
    assert (refused.code, refused.json["code"]) == (2, "document_faulty")
    assert refused.json["mistakes"] == checked.json["mistakes"]
    assert size(data) == before


def test_the_same_text_again_changes_nothing_and_another_amends(data: Path, tmp_path: Path) -> None:
    before = size(data)
    again = adopt(data, BUILT_IN)
    assert (again.code, again.json["done"], again.json["positions"]) == (0, "unchanged", [])
    assert size(data) == before
    changed = tmp_path / "changed.yaml"
    text = BUILT_IN.read_text(encoding="utf-8")
    changed.write_text(text.replace("posting_months: 12", "posting_months: 18"), encoding="utf-8")
    amended = adopt(data, changed)
    assert (amended.json["done"], amended.json["version"], amended.json["positions"]) == ("amended", 2, [before])
    back = adopt(data, BUILT_IN)
    assert (back.json["done"], back.json["version"]) == ("amended", 3)
    replayed = sanguan("audit", "replay", "--data", data, "--json")
    assert (replayed.code, replayed.json["ok"]) == (0, True), replayed.out


def test_what_is_in_force_is_shown_as_text_that_reads_back_equal(data: Path, tmp_path: Path) -> None:
    for kind, code, load, said in (
        ("plan", "liuxi-2016-3", load_plan, load_plan(OTHER)),
        ("plan", "dongfeng-2015-28", load_plan, load_plan(BUILT_IN)),
        ("rulebook", "default", load_rulebook, load_rulebook(RULES)),
    ):
        shown = called(kind, "show", code, "--data", data)
        assert shown.code == 0, shown.err
        file = tmp_path / f"{code}.yaml"
        file.write_text(shown.out, encoding="utf-8")
        assert load(file) == said
        assert called(kind, "show", code, "--data", data, "--json").json["code"] == code
    newest = called("plan", "show", "--data", data, "--json")
    assert newest.json["code"] == "liuxi-2016-3", "both campaigns are over: the later one is nearer to today"


def test_oddities_are_told_with_the_notes_that_flag_them() -> None:
    told = called("plan", "check", BUILT_IN, "--json")
    assert told.code == 0
    assert {(one["names"], one["what"], one["flagged_by"]) for one in told.json["oddities"]} >= {
        ("summary", "due_when_off", "summary_before_phase_3"), ("4", "no_such_section", "no_section_four"),
    }  # fmt: skip
    assert "⚑ summary" in called("plan", "check", BUILT_IN).out


def test_what_is_not_there_is_unusable(data: Path, tmp_path: Path) -> None:
    called("plan", "show", "nothing", "--data", data, "--json").problem("unknown_plan")
    called("rulebook", "show", "nothing", "--data", data, "--json").problem("unknown_rulebook")
    called("plan", "show", "--data", tmp_path / "none", "--json").problem("no_record")
    called("plan", "adopt", OTHER, *BY, "--log", "12", "--data", tmp_path / "none", "--json").problem("bad_log")
    assert called("plan", "check", tmp_path / "none.yaml", "--json").json["code"] == "file_or_network"
    assert not (tmp_path / "none").exists()
