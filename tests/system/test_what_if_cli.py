"""`sanguan what-if`: the demo's record under drafts and other rules. All in it is invented."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.assessment.ledgers import scores
from services.assessment.rules.documents import dump
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.installation import opened
from shared.contracts.frozen import replace
from shared.settings import load
from tests.system.cli import Done, called
from tests.system.demo import Demo
from tests.system.server import LOG, count

YEAR = ("--period-kind", "year", "--period", "2015", "--as-of", "2016-01-15")
MONTH = ("--period-kind", "month", "--period", "2015-09", "--as-of", "2015-10-31")


@pytest.fixture
def ask(demo: Demo) -> Callable[..., Done]:
    assert demo.done.code == 0, demo.done.err
    return lambda *words: called("what-if", *words, "--data", demo.data)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A rulebook that asks less and weighs it more: as an office would try it."""
    book = load_rulebook()
    eased = tuple(
        replace(one, target="0.5", weight="30") if one.code == "resolve_rate" else one for one in book.indicators
    )
    file = tmp_path / "draft.yaml"
    file.write_text(dump(replace(book, code="draft", indicators=eased)), encoding="utf-8")
    return file


def differing(body: dict[str, Any]) -> set[str]:
    return {one["code"] for institution in body["institutions"] for one in institution["indicators"]}


def test_a_draft_is_tried_on_the_record_and_changes_nothing(ask: Callable[..., Done], draft: Path, demo: Demo) -> None:
    before = count(demo.data / "log.db", "SELECT count(*) FROM events WHERE log = ?", LOG)
    done = ask(*MONTH, "--rulebook", draft, "--json")
    assert done.code == 0, done.err
    body = done.json
    assert (body["ok"], body["same"], body["log"]) == (True, False, LOG)
    assert (body["after"]["rulebook"], body["after"]["rulebook_version"]) == ("draft", None)
    assert body["before"]["rulebook_version"] >= 1
    assert {one["at"]: one["after"] for one in body["rulebook"]} == {
        "code": "draft", "indicators.resolve_rate.target": "0.5", "indicators.resolve_rate.weight": "30",
    }  # fmt: skip
    assert differing(body) == {"resolve_rate"}
    assert len(body["institutions"]) == 9
    assert count(demo.data / "log.db", "SELECT count(*) FROM events WHERE log = ?", LOG) == before


def test_people_read_a_table_of_what_differs(ask: Callable[..., Done], draft: Path) -> None:
    done = ask(*MONTH, "--rulebook", draft)
    assert done.code == 0, done.err
    assert "假设推算" in done.out
    assert "never published" in done.out
    assert re.search(r"≠ indicators\.resolve_rate\.weight: \d+ → 30", done.out)
    assert "草案 draft" in done.out
    assert "全街道 whole" in done.out
    assert "文博社区" in done.out
    assert "four_roles" not in done.out
    assert "four_roles" in ask(*MONTH, "--rulebook", draft, "--all").out


def test_rules_are_not_compared_with_themselves(ask: Callable[..., Done]) -> None:
    ask(*MONTH, "--json").problem("same_rules")
    ask(*MONTH, "--rulebook", "default", "--json").problem("same_rules")


def test_a_draft_that_scores_alike_differs_in_no_number(ask: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "renamed.yaml"
    file.write_text(dump(replace(load_rulebook(), code="renamed")), encoding="utf-8")
    done = ask(*MONTH, "--rulebook", file)
    assert done.code == 0, done.err
    assert "No number differs." in done.out
    assert ask(*MONTH, "--rulebook", file, "--json").json["same"] is True


def test_an_earlier_prefix_gives_the_numbers_that_were_published_from_it(
    ask: Callable[..., Done], draft: Path, demo: Demo
) -> None:
    with opened(load(demo.data), audits=True) as storage, storage.ledgers_engine.connect() as connection:
        rows: list[Any] = [
            row for _, row in storage.tables["assessment"][scores.LEDGER.name].query(connection, LOG, {})
        ]
    published = max((row for row in rows if row.period_kind == "year"), key=lambda row: row.evidence_position)
    book, plan = f"{published.rulebook}@{published.rulebook_version}", f"{published.plan}@{published.plan_version}"
    body = ask(
        "--period-kind", "year", "--period", published.period, "--as-of", published.as_of, "--against-plan", plan,
        "--against-rulebook", book, "--rulebook", draft, "--position", published.evidence_position, "--all", "--json",
    ).json  # fmt: skip
    assert body["position"] == published.evidence_position
    known = {row.community: row for row in rows if row.publication == published.publication}
    for one in body["institutions"]:
        assert one["before"]["points"]["exact"] == known[one["community"]].points.exact
        assert one["before"]["per_cent"] == known[one["community"]].per_cent


def test_a_draft_of_a_plan_is_tried_too(ask: Callable[..., Done], tmp_path: Path) -> None:
    plan = load_plan()
    sooner = replace(plan, code="sooner", cadences=tuple(replace(one, due_day=1) for one in plan.cadences))
    file = tmp_path / "sooner.yml"
    file.write_text(dump(sooner), encoding="utf-8")
    body = ask(*YEAR, "--plan", file, "--against-plan", f"{plan.code}@1", "--json").json
    assert "minutes_on_time" in differing(body)
    parts = {
        (moved["before"]["part"], moved["after"]["part"])
        for institution in body["institutions"] for one in institution["indicators"] for moved in one["moved"]
        if one["code"] == "minutes_on_time"
    }  # fmt: skip
    assert ("numerator", "missed") in parts
    table = ask(*YEAR, "--plan", file, "--against-plan", f"{plan.code}@1").out
    assert "× 计入分子 →" in table


def test_a_faulty_draft_is_told_line_by_line_and_is_unusable(ask: Callable[..., Done], draft: Path) -> None:
    text = draft.read_text(encoding="utf-8")
    draft.write_text(text.replace("kind: ratio", "kind: rate", 1).replace("ranks: office", "ranks: all", 1), "utf-8")
    done = ask(*MONTH, "--rulebook", draft, "--json")
    assert (done.code, done.json["code"]) == (2, "document_faulty")
    assert {one["code"] for one in done.json["mistakes"]} == {"not_in_list"}
    assert len(done.json["mistakes"]) == 2
    people = ask(*MONTH, "--rulebook", draft)
    assert (people.code, people.out) == (2, "")
    assert people.err.count("draft.yaml:") == 3, "two mistakes, and what was not looked at"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--rulebook", "none"), "unknown_rulebook"), (("--plan", "dongfeng-2015-28@9"), "unknown_version"),
        (("--against-rulebook", "default@0"), "unknown_version"), (("--against-plan", "x"), "unknown_plan"),
        (("--rulebook", "none.yaml"), "file_or_network"), (("--position", "99999999"), "beyond_the_end"),
        (("--position", "x"), "malformed"),
        (("--as-of", "2015-02-30"), "malformed"), (("--as-of", "2199-01-01"), "in_the_future"),
        (("--as-of", "2015-08-31"), "period_not_begun"), (("--period", "2015-9"), "unknown_period"),
        (("--period-kind", "week"), "bad_usage"), (("--log", "410105099"), "unknown_log"), (("--log", "x"), "bad_log"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_unusable(
    ask: Callable[..., Done], draft: Path, words: tuple[str, str], code: str
) -> None:
    rules = () if "--rulebook" in words else ("--rulebook", draft)
    told = ask(*MONTH, *rules, *words, "--json").problem(code)
    if code.startswith("unknown_") and code != "unknown_log":
        assert words[0] in told["detail_en"], "the option that was meant"


def test_an_installation_without_rules_has_nothing_to_compare(tmp_path: Path) -> None:
    called("what-if", *MONTH, "--data", tmp_path / "none", "--json").problem("no_record")


def test_the_help_says_how() -> None:
    told = called("what-if", "--help").out
    assert "Example: sanguan what-if" in told
    assert "--against-rulebook" in told
