"""`sanguan import` on the sample workbook, and on what clerks make of it later. All in it are invented (synthetic)."""

import io
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from tests.system.cli import TRUTH, WORKBOOK, Done, called, sanguan
from tests.system.server import LOG, Server, count

ROWS, ACCEPTED = 333, 310
NOTHING_DONE = {"taken_over": 0, "unchanged": 0, "corrected": 0, "restored": 0, "voided": 0, "registered": 0}


@dataclass(frozen=True, slots=True)
class Office:
    """An installation into which a clerk imports."""

    data: Path

    def imports(self, workbook: Path, *words: str) -> Done:
        return sanguan("import", workbook, "--data", self.data, "--json", *words)

    def takes(self, workbook: Path, *words: str) -> dict[str, Any]:
        """An import that must go through; its JSON."""
        done = self.imports(workbook, *words)
        assert done.code == 0, done.err
        return done.json

    def size(self) -> int:
        return count(self.data / "log.db", "SELECT count(*) FROM events WHERE log = ?", LOG)

    def events(self, after: int = 0) -> Counter[str]:
        """How many events of each type there are from a position on."""
        connection = sqlite3.connect(self.data / "log.db")
        query = "SELECT type, count(*) FROM events WHERE log = ? AND position >= ? GROUP BY type"
        found = Counter(dict(connection.execute(query, (LOG, after)).fetchall()))
        connection.close()
        return found

    def case(self, sheet: str, number: str) -> dict[str, Any]:
        """What the ledger says of a row of the paper that is not void."""
        connection = sqlite3.connect(self.data / "ledgers.db")
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM ledger_intake_cases WHERE status <> 'voided'").fetchall()
        connection.close()
        papers = [(dict(row), json.loads(row["paper"])) for row in rows if row["paper"] not in (None, "null")]
        (found,) = [row for row, paper in papers if (paper["sheet"], paper["number"]) == (sheet, number)]
        return found

    def statuses(self) -> Counter[str]:
        connection = sqlite3.connect(self.data / "ledgers.db")
        found = Counter(row[0] for row in connection.execute("SELECT status FROM ledger_intake_cases"))
        connection.close()
        return found


@pytest.fixture(scope="module")
def first_import(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, dict[str, Any]]:
    """An installation that began with the sample workbook, and what the import said."""
    office = Office(tmp_path_factory.mktemp("office") / "data")
    return office, office.takes(WORKBOOK)


@pytest.fixture
def office(first_import: tuple[Office, dict[str, Any]], tmp_path: Path) -> Office:
    """A copy of it."""
    shutil.copytree(first_import[0].data, tmp_path / "data")
    return Office(tmp_path / "data")


def corrected(to: Path, change: Callable[[Workbook], None]) -> Path:
    """The sample workbook as a clerk changed it."""
    book = openpyxl.load_workbook(WORKBOOK)
    change(book)
    book.save(to)
    return to


# the first time -----------------------------------------------------------------------------------------------------


def test_a_dry_run_changes_nothing_and_says_the_same(
    first_import: tuple[Office, dict[str, Any]], tmp_path: Path
) -> None:
    record = (first_import[0].data / "log.db").read_bytes()
    dry = first_import[0].takes(WORKBOOK, "--dry-run")
    assert (first_import[0].data / "log.db").read_bytes() == record
    assert Office(tmp_path / "data").takes(WORKBOOK, "--dry-run")["read"] == dry["read"]
    assert not (tmp_path / "data").exists()
    assert dry["dry_run"] is True
    assert dry["done"] == NOTHING_DONE
    wet = first_import[1]
    for name in ("rows", "accepted", "rejected", "warnings", "read"):
        assert dry[name] == wet[name]


def test_an_import_takes_every_accepted_row_over(first_import: tuple[Office, dict[str, Any]]) -> None:
    office, told = first_import
    truth = json.loads(TRUTH.read_text())["rows"]
    assert (
        (told["rows"], told["accepted"])
        == (len(truth), sum(row["reject"] is None for row in truth))
        == (ROWS, ACCEPTED)
    )
    assert {(one["sheet"], one["row"], one["code"]) for one in told["rejected"]} == {
        (row["sheet"], row["row"], row["reject"]) for row in truth if row["reject"]
    }
    assert told["done"] == {
        "taken_over": ACCEPTED,
        "unchanged": 0,
        "corrected": 0,
        "restored": 0,
        "voided": 0,
        "registered": 8,
    }
    events = office.events()
    assert events["sanguan.intake.case-reported.v1"] == ACCEPTED
    assert sum(office.statuses().values()) == ACCEPTED
    assert called("audit", "replay", "--data", office.data, "--json").code == 0


# again --------------------------------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(office: Office, tmp_path: Path) -> None:
    size = office.size()
    again = office.takes(WORKBOOK)
    assert again["done"] == NOTHING_DONE | {"unchanged": ACCEPTED}
    resaved = corrected(tmp_path / "台账（另存）.xlsx", lambda book: None)
    assert office.takes(resaved)["done"] == NOTHING_DONE | {"unchanged": ACCEPTED}
    assert office.size() == size


def test_it_changes_nothing_after_a_season_of_work_either(data: Path) -> None:
    office = Office(data)
    size = office.size()
    assert office.takes(WORKBOOK)["done"] == NOTHING_DONE | {"unchanged": ACCEPTED}
    assert office.size() == size


# corrected ----------------------------------------------------------------------------------------------------------

SHEET = "文博社区"
CORRECTIONS = {7: "2", 9: "3", 10: "4", 13: "7"}
"""Rows of the sheet that a clerk corrects: their numbers 序号."""


def correct(book: Workbook) -> None:
    sheet = book[SHEET]
    sheet["P7"], sheet["Q7"] = "化解", datetime(2015, 6, 30)  # from open to resolved
    sheet["J9"] = "虚构：诊疗费用争议，已另行核实。"  # the statement
    sheet["B10"] = "2015年6月11日"  # the day of the report
    sheet["P13"], sheet["Q13"] = "未化解", None  # from resolved to open


def test_a_corrected_file_corrects_what_it_changed_and_nothing_else(office: Office, tmp_path: Path) -> None:
    assert office.case(SHEET, "2")["status"] == "accepted"
    assert office.case(SHEET, "7")["status"] == "resolved"
    others = {number: office.case(SHEET, number) for number in ("6", "8", "9")}
    size = office.size()
    book = corrected(tmp_path / "corrected.xlsx", correct)
    told = office.takes(book)
    assert told["done"] == NOTHING_DONE | {"unchanged": ACCEPTED - 4, "corrected": 4}
    changed = [(one["sheet"], one["row"]) for one in told["warnings"] if one["code"] == "row_changed"]
    assert sorted(changed) == [(SHEET, row) for row in sorted(CORRECTIONS)]
    # the ledger follows
    resolved = office.case(SHEET, "2")
    assert resolved["status"] == "resolved"
    assert resolved["ended_at"].startswith("2015-06-30")
    assert office.case(SHEET, "4")["reported_at"].startswith("2015-06-11")
    assert office.case(SHEET, "7")["status"] == "accepted"
    assert {number: office.case(SHEET, number) for number in others} == others
    # and nothing else happened
    events = office.events(size)
    assert events["sanguan.intake.case-corrected.v1"] == 3
    assert events["sanguan.intake.case-resolved.v1"] == 1
    assert events["sanguan.intake.case-voided.v1"] == events["sanguan.intake.case-reported.v1"] == 1
    assert {type for type in events if ".intake." in type} == {
        f"sanguan.intake.case-{what}.v1" for what in ("corrected", "resolved", "voided", "reported", "accepted")
    }
    # and it can be corrected back, and again, each with an effect of its own
    assert office.takes(WORKBOOK)["done"] == NOTHING_DONE | {"unchanged": ACCEPTED - 4, "corrected": 4}
    assert office.case(SHEET, "2")["status"] == "accepted"
    assert office.case(SHEET, "4")["reported_at"].startswith("2015-06-10")
    assert office.case(SHEET, "7")["status"] == "resolved"
    assert office.takes(book)["done"] == NOTHING_DONE | {"unchanged": ACCEPTED - 4, "corrected": 4}
    size = office.size()
    assert office.takes(book)["done"] == NOTHING_DONE | {"unchanged": ACCEPTED}
    assert office.size() == size
    assert called("audit", "replay", "--data", office.data, "--json").code == 0


def insert(book: Workbook) -> None:
    """A case that was forgotten, entered between two others under the next free number."""
    sheet = book[SHEET]
    sheet.insert_rows(10)
    for column in range(1, 21):
        sheet.cell(10, column).value = sheet.cell(9, column).value
    sheet["A10"], sheet["B10"], sheet["E10"] = 901, "2015.6.24", "虚构补登"


def test_an_inserted_row_is_taken_over_and_moves_no_other(office: Office, tmp_path: Path) -> None:
    size = office.size()
    told = office.takes(corrected(tmp_path / "inserted.xlsx", insert))
    assert told["rows"] == ROWS + 1
    assert told["done"] == NOTHING_DONE | {"taken_over": 1, "unchanged": ACCEPTED}
    assert not [one for one in told["warnings"] if one["code"] == "row_changed"]
    assert office.events(size)["sanguan.intake.case-reported.v1"] == 1
    assert office.case(SHEET, "901")["reported_at"].startswith("2015-06-24")


# undone -------------------------------------------------------------------------------------------------------------


def test_an_import_is_undone_as_a_whole_and_can_be_done_again(office: Office) -> None:
    told = office.takes(WORKBOOK, "--undo")
    assert told["done"] == NOTHING_DONE | {"voided": ACCEPTED}
    assert office.statuses() == {"voided": ACCEPTED}
    again = office.takes(WORKBOOK)
    assert again["done"] == NOTHING_DONE | {"taken_over": ACCEPTED}
    assert office.statuses()["voided"] == ACCEPTED
    assert sum(office.statuses().values()) == 2 * ACCEPTED
    assert called("audit", "replay", "--data", office.data, "--json").code == 0


def test_undoing_a_file_that_was_never_imported_does_nothing(office: Office, tmp_path: Path) -> None:
    size = office.size()
    assert office.takes(corrected(tmp_path / "other.xlsx", correct), "--undo")["done"] == NOTHING_DONE
    assert office.size() == size


# what clerks are told ---------------------------------------------------------------------------------------------


def test_strict_and_report(tmp_path: Path) -> None:
    done = sanguan(
        "import", WORKBOOK, "--dry-run", "--strict", "--report", tmp_path / "意见.xlsx", "--data", tmp_path / "data"
    )
    assert done.code == 1, "rows were rejected"
    assert str(ROWS) in done.out
    assert str(ACCEPTED) in done.out
    reported = openpyxl.load_workbook(io.BytesIO((tmp_path / "意见.xlsx").read_bytes()))
    given = openpyxl.load_workbook(WORKBOOK)
    assert reported.sheetnames == given.sheetnames
    truth = json.loads(TRUTH.read_text())["rows"]
    for row in truth:
        sheet = reported[row["sheet"]]
        said = str(sheet.cell(row["row"], given[row["sheet"]].max_column + 1).value)
        assert said.startswith("✗") == bool(row["reject"])


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 not a workbook", None], ids=["empty", "csv", "damaged", "missing"]
)
def test_a_file_that_is_no_workbook_is_refused_in_a_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "台账.xlsx"
    if content is not None:
        file.write_bytes(content)
    done = sanguan("import", file, "--data", tmp_path / "data")
    assert done.code == 2
    assert done.one_line_for_people()
    assert not (tmp_path / "data").exists()


# while a server runs ------------------------------------------------------------------------------------------------


def test_an_import_beside_a_running_server_is_seen_by_it(server: Server, tmp_path: Path) -> None:
    def another_month(book: Workbook) -> None:
        insert(book)
        book[SHEET]["A10"] = 902

    size = server.quiet()
    told = Office(server.data).takes(corrected(tmp_path / "more.xlsx", another_month))
    assert told["done"] == NOTHING_DONE | {"taken_over": 1, "unchanged": ACCEPTED}
    rows = server.rows("intake/cases", at_least=server.quiet() - 1)
    assert server.size() > size
    (mine,) = [row for row in rows if row["paper"] and row["paper"]["number"] == "902"]
    answer = server.done("intake/correct-case", {"reason": "虚构", "grid": "2网格"}, stream=f"case/{mine['id']}")
    assert answer["positions"] == [server.size() - 1]
    assert server.ready()
