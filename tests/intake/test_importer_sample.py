"""The sample workbook against its truth file: every row as it should be judged and read."""

import json
from collections import Counter
from typing import Any

import pytest

from services.intake import importer
from services.intake.importer import FINDINGS, Level, Reading, read_workbook
from services.intake.importer.__main__ import main
from tests.intake.workbooks import SAMPLE, TRUTH

_READ = ("type", "source", "outcome", "backlog", "grid", "occurred_on", "resolved_on", "due_on")


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(TRUTH.read_text(encoding="utf-8"))["rows"]
    return rows


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_workbook(SAMPLE)


def test_every_row_is_judged_and_read_as_the_truth_says(truth: list[dict[str, Any]], reading: Reading) -> None:
    said = reading.to_json()
    rejected = {(row["sheet"], row["row"]): row["code"] for row in said["rejected"]}
    warned = Counter((row["sheet"], row["row"], row["code"]) for row in said["warnings"])
    read = {(row["sheet"], row["row"]): row for row in said["read"]}

    assert rejected == {(row["sheet"], row["row"]): row["reject"] for row in truth if row["reject"]}
    assert warned == Counter(
        (row["sheet"], row["row"], code) for row in truth if not row["reject"] for code in row["warn"]
    )
    accepted = [row for row in truth if not row["reject"]]
    assert [read[row["sheet"], row["row"]] for row in accepted] == [
        {name: row[name] for name in ("sheet", "row", *_READ)} for row in accepted
    ]
    assert said["rows"] == len(truth)
    assert said["accepted"] == len(accepted) == len(said["read"])


def test_every_row_has_a_key_of_its_own_and_the_summary_sheet_has_none(reading: Reading) -> None:
    keys = [row.key for row in reading.rows]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "文博社区/2015-06/1"
    assert {sheet.title: sheet.note for sheet in reading.sheets if sheet.note} == {"汇总": "no_table"}


def test_a_row_keeps_what_a_case_needs(reading: Reading) -> None:
    row = next(row for row in reading.rows if (row.sheet, row.row) == ("文博社区", 9))
    assert (row.community, row.month, row.number, row.grid) == ("文博社区", "2015-06", "3", "1网格")
    assert [(party.role, bool(party.phone), bool(party.id_number)) for party in row.parties] == [
        ("applicant", True, True),
        ("respondent", True, False),
    ]
    assert (row.unit, row.handler, row.measure, row.follow_up) == ("社区调委会", "驻区律师", "上门调解", "")


def test_reading_again_gives_the_same(reading: Reading) -> None:
    assert read_workbook(SAMPLE.read_bytes(), SAMPLE.name) == reading


def test_the_product_ships_the_sample() -> None:
    from importlib.resources import files

    assert files(importer).joinpath("sample", SAMPLE.name).read_bytes() == SAMPLE.read_bytes()


def test_every_finding_says_what_is_wrong_in_both_languages() -> None:
    for finding in FINDINGS.values():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in finding.zh)
        assert finding.en.isascii()
    assert {"date", "type", "summary_missing", "resolved_before_reported"} <= {
        finding.code for finding in FINDINGS.values() if finding.level is Level.REJECTION
    }


def test_the_command_prints_the_contracts_object(capsys: pytest.CaptureFixture[str], reading: Reading) -> None:
    assert main([str(SAMPLE), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == reading.to_json()


def test_the_command_answers_a_refused_workbook_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(TRUTH), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "workbook_not_xlsx"
    assert main([str(SAMPLE.with_name("missing.xlsx")), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "workbook_unreadable"
